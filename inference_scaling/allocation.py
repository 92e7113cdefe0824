"""How a laboratory splits compute between inference and training: trade-off theory, and the few published accounts.

Theory: E. Erdil 2024, "Optimally Allocating Compute Between Inference and Training", on trade-offs of P. Villalobos and D. Atkinson 2023 and A. Jones 2021.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import special, stats

from inference_scaling import tables
from inference_scaling.estimates import Estimate

DOCUMENT_DATE = "2025-01-14"
BAND = 3.0
LEVEL = np.linspace(-7.0, 7.0, 141)
SPREAD = np.linspace(0.02, 4.0, 80)
Z90 = float(special.ndtri(0.95))


def training_share(training_decades: float, inference_decades: float) -> float:
    """Share of compute for training that does best when the two trade at a constant exchange rate.

    If beta decades of training compute do as much as alpha decades of inference compute, performance rises with log(training) / beta + log(inference) / alpha,
    and at equal prices a fixed total is best split alpha / (alpha + beta) on training (Erdil 2024).

    Parameters
    ----------
    training_decades, inference_decades : float
        beta and alpha, orders of magnitude that are worth the same.

    Raises
    ------
    ValueError
        If either is not positive and finite.
    """
    for name, value in (("training_decades", training_decades), ("inference_decades", inference_decades)):
        if not (np.isfinite(value) and value > 0):
            raise ValueError(f"{name} must be a positive number of orders of magnitude, got {value}")
    return inference_decades / (inference_decades + training_decades)


def inference_to_training(training_decades: float, inference_decades: float) -> float:
    """Best ratio of inference to training compute; arguments and errors as in `training_share`."""
    share = training_share(training_decades, inference_decades)
    return (1 - share) / share


@dataclass(frozen=True)
class Beliefs:
    """Priors and error model of the split; every factor holds with probability 0.9, either way.

    Attributes
    ----------
    level_mean, level_sd : float
        Normal prior of the typical log ratio of inference to training and research.
    spread : float
        Scale of the half-normal for the s.d. of log ratios between laboratory-years; log 2: they commonly differ by a factor of two.
    within : dict
        Factor within which an account of each kind gives the truth.
    omitted_research, omitted_within : float
        Training and research together over final training runs, where an account counts only the latter: 3, within a factor of 3, that is 1 to 9.
    shared : float
        Factor of the error that accounts of spending share because they divide by the same training and research bill, 4 or 5 billion.
    """

    level_mean: float = 0.0
    level_sd: float = float(np.log(10) / Z90)
    spread: float = float(np.log(2))
    within: dict[str, float] = field(default_factory=lambda: {"reported spending": 1.5, "leaked spending": 2.0, "token arithmetic": 10.0})
    omitted_research: float = 3.0
    omitted_within: float = 3.0
    shared: float = 1.25


def account_ratios(rows: pd.DataFrame) -> np.ndarray:
    """Ratio of inference to the rest in each account, geometric middle of its range."""
    return np.sqrt((rows["inference_low"] * rows["inference_high"] / (rows["other_low"] * rows["other_high"])).to_numpy())


def fit(rows: pd.DataFrame, beliefs: Beliefs = Beliefs()) -> Posterior:
    r"""Posterior by quadrature, all rows being accounts of one laboratory-year.

    .. math:: y_j = \theta + c_j + e_j, \quad \theta \sim N(m, s^2), \quad m \sim N(m_0, s_0^2), \quad s \sim \text{HalfNormal}

    with y the log ratio of an account, c its known omission, e its error, and theta the laboratory-year's own log ratio; m and s are summed over a grid, the
    rest is conjugate. Priors and their reasons: `Beliefs`.

    Raises
    ------
    ValueError
        If an account is of a kind without a stated error, or the rows are of more than one laboratory-year.
    """
    unknown = set(rows["kind"]) - set(beliefs.within)
    if unknown:
        raise ValueError(f"no error is stated for accounts of the kind {', '.join(sorted(unknown))}; known: {', '.join(beliefs.within)}")
    if len(rows.drop_duplicates(["laboratory", "period"])) > 1:
        raise ValueError("accounts of several laboratory-years given; fit() takes one")
    arithmetic = (rows["kind"] == "token arithmetic").to_numpy()
    sd = np.log([beliefs.within[kind] for kind in rows["kind"]]) / Z90
    variance = sd**2 + np.where(arithmetic, (np.log(beliefs.omitted_within) / Z90) ** 2, 0.0)
    spending = rows["kind"].str.endswith("spending").to_numpy()
    covariance = np.diag(variance) + np.outer(spending, spending) * (np.log(beliefs.shared) / Z90) ** 2
    observed = np.log(account_ratios(rows)) - np.where(arithmetic, np.log(beliefs.omitted_research), 0.0)
    log_prior = stats.norm.logpdf(LEVEL[:, None], beliefs.level_mean, beliefs.level_sd) + stats.halfnorm.logpdf(SPREAD, scale=beliefs.spread)
    log_likelihood = np.zeros((len(LEVEL), len(SPREAD)))
    if len(rows):
        # Precision-weighted mean of the accounts is sufficient for theta; the rest does not depend on (m, s).
        weights = np.linalg.solve(covariance, np.ones(len(rows)))
        middle, own = weights @ observed / weights.sum(), 1 / weights.sum()
        log_likelihood = stats.norm.logpdf(middle, LEVEL[:, None], np.sqrt(SPREAD**2 + own))
        apart = observed - middle
        constant = -0.5 * (apart @ np.linalg.solve(covariance, apart) + np.linalg.slogdet(covariance)[1] + (len(rows) - 1) * np.log(2 * np.pi) - np.log(own))
        log_likelihood = log_likelihood + constant
    normaliser = special.logsumexp(log_prior)
    log_joint = log_prior + log_likelihood
    evidence = special.logsumexp(log_joint)
    return Posterior(np.exp(log_joint - evidence), float(evidence - normaliser))


@dataclass(frozen=True)
class Posterior:
    """Joint posterior of the typical log ratio and the spread between laboratory-years.

    Attributes
    ----------
    weight : ndarray, shape (level, spread)
        Probability of each point of the grid `LEVEL` x `SPREAD`.
    log_evidence : float
        Log density of the accounts, in nats.
    """

    weight: np.ndarray
    log_evidence: float

    def cdf(self, log_ratio: float) -> float:
        """P(log ratio of the next laboratory-year is at most `log_ratio`)."""
        return float((self.weight * special.ndtr((log_ratio - LEVEL[:, None]) / SPREAD)).sum())

    def within(self, band: float = BAND) -> float:
        """P(ratio of the next laboratory-year lies in [1 / band, band])."""
        if band <= 1:
            raise ValueError(f"the band [1/x, x] needs x above 1, got {band}")
        return self.cdf(np.log(band)) - self.cdf(-np.log(band))

    def quantile(self, probability: float) -> float:
        """Quantile of the ratio of the next laboratory-year, by bisection on the log scale."""
        low, high = -12.0, 12.0
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (middle, high) if self.cdf(middle) < probability else (low, middle)
        return float(np.exp((low + high) / 2))

    def estimate(self) -> Estimate:
        """Median and central 90 % interval of the ratio of the next laboratory-year."""
        low, value, high = (self.quantile(p) for p in (0.05, 0.5, 0.95))
        return Estimate(value, low, high, 0.9, "inference / (training + research)")


def theory_beliefs(tradeoffs: pd.DataFrame) -> Beliefs:
    """Prior in which laboratories split as the trade-offs advise, within a factor of 3 in nine cases of ten.

    The advice concerns training alone, so the ratio to training and research is lower by the omitted research, as for token arithmetic. The advice itself
    scatters between techniques; the three spreads add.
    """
    advice = np.log([inference_to_training(row.training_decades, row.inference_decades) for row in tradeoffs.itertuples()])
    default = Beliefs()
    sd = float(np.sqrt(advice.var(ddof=1) + (np.log(3) / Z90) ** 2 + (np.log(default.omitted_within) / Z90) ** 2))
    return Beliefs(level_mean=float(advice.mean() - np.log(default.omitted_research)), level_sd=sd)


@dataclass(frozen=True)
class Study:
    """What the section shows.

    Attributes
    ----------
    ratio, probability, prior : dict of date -> model -> Estimate, P(ratio in [1/3, 3]), P before data
    forward : dict of model -> float
        Log density, nats, of the accounts published after the document's date given those before.
    sensitivity : DataFrame
        assumption, median, low, high, probability (first model, today).
    advice : DataFrame
        technique, training_share, ratio.
    accounts : DataFrame
        account, kind, ratio, low, high.
    outside_check : float
        P(ratio <= that of the outside estimate for 2025) under the first model, which did not see it.
    last_evidence : dict of date -> str
    """

    ratio: dict[str, dict[str, Estimate]]
    probability: dict[str, dict[str, float]]
    prior: dict[str, float]
    forward: dict[str, float]
    sensitivity: pd.DataFrame
    advice: pd.DataFrame
    accounts: pd.DataFrame
    outside_check: float
    last_evidence: dict[str, str]


AGNOSTIC, THEORY = "no view of the split", "split as the trade-offs advise"


def study() -> Study:
    """Fit both models at both dates, and all that the section reports."""
    table, tradeoffs = tables.load("compute_allocation"), tables.load("training_inference_tradeoffs")
    used = table[table["kind"] != "outside estimate"]
    rows = {"2025-01": used[used["available_from"] <= DOCUMENT_DATE], "today": used}
    known = {"2025-01": tradeoffs[tradeoffs["available_from"] <= DOCUMENT_DATE], "today": tradeoffs}
    beliefs = {date: {AGNOSTIC: Beliefs(), THEORY: theory_beliefs(known[date])} for date in rows}
    posteriors = {date: {name: fit(rows[date], b) for name, b in beliefs[date].items()} for date in rows}
    empty = used.iloc[:0]
    spending = rows["today"]["kind"]
    wide = {kind: factor**2 for kind, factor in Beliefs().within.items()}
    variants = {
        "main analysis": fit(used),
        "laboratory-years differ half as much": fit(used, Beliefs(spread=np.log(2) / 2)),
        "laboratory-years differ twice as much": fit(used, Beliefs(spread=2 * np.log(2))),
        "typical ratio known within a factor of 3 only": fit(used, Beliefs(level_sd=np.log(3) / Z90)),
        "errors of accounts doubled": fit(used, Beliefs(within=wide)),
        "without the leaked bill": fit(used[spending != "leaked spending"]),
        "without the reported spending": fit(used[spending != "reported spending"]),
    }
    outside = table[table["kind"] == "outside estimate"]
    first = posteriors["today"][AGNOSTIC]
    return Study(
        ratio={date: {name: p.estimate() for name, p in models.items()} for date, models in posteriors.items()},
        probability={date: {name: p.within() for name, p in models.items()} for date, models in posteriors.items()},
        prior={name: fit(empty, b).within() for name, b in beliefs["today"].items()},
        forward={name: p.log_evidence - posteriors["2025-01"][name].log_evidence for name, p in posteriors["today"].items()},
        sensitivity=pd.DataFrame([_line(name, p, BAND) for name, p in variants.items()] + [_line(f"parity within a factor of {band:g} instead of 3", first, band) for band in (2.0, 5.0)]),
        advice=pd.DataFrame([{"technique": r.technique, "training_share": training_share(r.training_decades, r.inference_decades), "ratio": inference_to_training(r.training_decades, r.inference_decades)} for r in tradeoffs.itertuples()]),
        accounts=_accounts(table),
        outside_check=first.cdf(float(np.log(account_ratios(outside)[0]))),
        last_evidence={date: str(part["available_from"].max())[:10] for date, part in rows.items()},
    )


def _line(assumption: str, posterior: Posterior, band: float) -> dict[str, float | str]:
    e = posterior.estimate()
    return {"assumption": assumption, "median": e.value, "low": e.low, "high": e.high, "probability": posterior.within(band)}


def _accounts(table: pd.DataFrame) -> pd.DataFrame:
    ends = {"low": table["inference_low"] / table["other_high"], "high": table["inference_high"] / table["other_low"]}
    return table[["account", "kind", "period"]].assign(ratio=account_ratios(table), **ends)
