"""Who leads and for how long: price headroom, compute against algorithms between laboratories, and the time until a lead is matched.

Data: Epoch AI (benchmarks, capabilities index, chip stocks); list prices and runs of o1 and r1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pymc as pm
import pytensor.tensor as pt
from scipy.special import logsumexp, ndtr
from scipy.stats import gumbel_l, norm

from inference_scaling import sampling, tables
from inference_scaling.estimates import Estimate

DOCUMENT_DATE = "2025-01-16"
CAPITAL_DATE = "2025-01-21"
LAWS = ("log-normal", "Weibull")
YEAR = 365.25
LIMIT_DAYS = YEAR
SHORTEST_DAYS, MONTH = 7.0, 30
INDEX = "capabilities index"
SETTINGS = {"draws": 1000, "tune": 1000, "target_accept": 0.97, "log_likelihood": False}


def lags(rows: pd.DataFrame, as_of: str | None = None, step: float = 0.0) -> pd.DataFrame:
    """Leading results and the days until another laboratory equals them.

    A leading result is a score above all released before, once two laboratories have been measured. It ends with the first model of another laboratory that scores as high; if none does,
    it is censored at the last release measured on that benchmark (or at `as_of`).

    Parameters
    ----------
    rows : DataFrame
        The table benchmark_leaders.
    as_of : str, optional
        Releases after it are unknown.
    step : float
        Points by which a result must exceed the one before.

    Returns
    -------
    DataFrame
        benchmark, model, laboratory, released, score, days, censored.
    """
    out = []
    for benchmark, part in rows.groupby("benchmark"):
        part = part.sort_values(["released", "score"])
        end = part["released"].max()
        if as_of is not None:
            part, end = part[part["released"] <= as_of], pd.Timestamp(as_of)
        best, seen = -np.inf, set()
        for row in part.itertuples():
            rivals = part[(part["laboratory"] != row.laboratory) & (part["released"] >= row.released) & (part["score"] >= row.score)]
            leads = row.score > best + step
            best = max(best, row.score)
            seen.add(row.laboratory)
            if not leads or len(seen) < 2:
                continue
            matched = rivals["released"].min()
            until = end if rivals.empty else matched
            out.append({"benchmark": benchmark, "model": row.model, "laboratory": row.laboratory, "released": row.released, "score": row.score, "days": (until - row.released).days, "censored": rivals.empty})
    table = pd.DataFrame(out)
    return table[~(table["censored"] & (table["days"] <= 0))].reset_index(drop=True)


def lag_model(rows: pd.DataFrame, law: str) -> pm.Model:
    r"""Days until a leading result is matched, right-censored.

    .. math:: \log T_i = \mu + b_{\text{benchmark}} + u_{\text{model}} + \sigma \varepsilon_i

    with normal errors, or those of the Weibull law shifted to median zero, so that :math:`e^\mu` is the median for a typical benchmark and model under both.

    Parameters
    ----------
    rows : DataFrame
        As `lags`.
    law : {"log-normal", "Weibull"}

    Notes
    -----
    Priors: :math:`\mu` N(log 365, 1), so that the median is as likely below a year as above, and between 70 and 1,900 days with nine in ten; benchmarks
    LogNormal(log 0.25, 0.5); models and the rest together LogNormal(log 0.9, 0.3), of whose variance models take a part Beta(2, 6), since one model leads on several benchmarks. Matches within a week count as a week.

    Raises
    ------
    ValueError
        For an unknown law.
    """
    if law not in LAWS:
        raise ValueError(f"law must be one of {', '.join(LAWS)}; got {law!r}")
    benchmark, names = pd.factorize(rows["benchmark"])
    leader, leaders = pd.factorize(rows["model"])
    with pm.Model() as model:
        y = pm.Data("log_days", np.log(np.maximum(rows["days"].to_numpy(dtype=float), SHORTEST_DAYS)))
        censored = pm.Data("censored", rows["censored"].to_numpy().astype(float))
        normal = pm.Data("normal", float(law == LAWS[0]))
        of_benchmark, of_leader = pm.Data("benchmark", benchmark), pm.Data("leader", leader)
        b_size, u_size = pm.Data("b_zero", np.zeros(len(names))), pm.Data("u_zero", np.zeros(len(leaders)))
        mu = pm.Normal("mu", np.log(LIMIT_DAYS), 1)
        b_sd = pm.LogNormal("benchmark_sd", np.log(0.25), 0.5)
        total, part = pm.LogNormal("total_sd", np.log(0.9), 0.3), pm.Beta("leader_part", 2, 6)
        u_sd, sigma = pm.Deterministic("leader_sd", total * pt.sqrt(part)), pm.Deterministic("sigma", total * pt.sqrt(1 - part))
        b, u = pm.Normal("benchmark_z", 0, 1, shape=b_size.shape[0]), pm.Normal("leader_z", 0, 1, shape=u_size.shape[0])
        z = (y - mu - b_sd * b[of_benchmark] - u_sd * u[of_leader]) / sigma
        # Weibull: the log time is an extreme value, shifted so that its median is zero.
        w = z + np.log(np.log(2))
        log_normal = pt.switch(censored, pt.log(0.5 * pt.erfc(z / np.sqrt(2)) + 1e-300), -0.5 * z**2 - 0.5 * np.log(2 * np.pi) - pt.log(sigma))
        weibull = pt.switch(censored, -pt.exp(w), w - pt.exp(w) - pt.log(sigma))
        pm.Potential("log_likelihood", (normal * log_normal + (1 - normal) * weibull).sum())
    return model


def lag_forward(draws: dict[str, np.ndarray], rows: pd.DataFrame, law: str, seed: int = 3) -> float:
    """Summed log density, nats, of later leads under an earlier fit; benchmark and model are drawn anew for each lead."""
    rng = np.random.default_rng(seed)
    shape = (len(draws["mu"]), len(rows))
    centre = draws["mu"][:, None] + draws["benchmark_sd"][:, None] * rng.standard_normal(shape) + draws["leader_sd"][:, None] * rng.standard_normal(shape)
    y, sigma = np.log(np.maximum(rows["days"].to_numpy(dtype=float), SHORTEST_DAYS)), draws["sigma"][:, None]
    errors = norm if law == LAWS[0] else gumbel_l(-np.log(np.log(2)))
    z = (y - centre) / sigma
    density = np.where(rows["censored"].to_numpy(), errors.logsf(z), errors.logpdf(z) - np.log(sigma))
    return float((logsumexp(density, axis=0) - np.log(len(density))).sum())


def laboratory_model(models: pd.DataFrame, stock: pd.DataFrame) -> pm.Model:
    r"""Spread of laboratories in compute and in algorithms, both in decades of compute.

    .. math:: \text{index}_i = a + s\,(C_i + \alpha_{\text{lab}}) + c\,t_i + e_i, \qquad C_i = a' + c'\,t_i + v_{\text{lab}} + e'_i, \qquad \log_{10} K_j = m + k_j

    C: log10 training compute, t: years; :math:`\alpha`: what a laboratory's methods are worth in decades of compute; v: its compute beside others of the same date; K: chips owned.

    Parameters
    ----------
    models : DataFrame
        The table laboratory_compute.
    stock : DataFrame
        Owners at one date: h100e, log_error.

    Notes
    -----
    Priors: the three spreads (algorithms, training compute, chips) HalfNormal(0.5 decades), so that neither side is favoured; s N(8, 4) index points a decade; c N(8, 6) and c' N(0.4,
    0.4) a year; residuals HalfNormal(5 points) and HalfNormal(0.7 decades).
    """
    lab, labs = pd.factorize(models["laboratory"])
    years = ((models["released"] - pd.Timestamp("2024-07-01")).dt.days / YEAR).to_numpy()
    with pm.Model() as model:
        index, compute = pm.Data("index", models["index"].to_numpy()), pm.Data("compute", models["log10_flop"].to_numpy() - 24.5)
        t, of_lab, zero = pm.Data("years", years), pm.Data("lab", lab), pm.Data("lab_zero", np.zeros(len(labs)))
        chips, error = pm.Data("chips", np.log10(stock["h100e"].to_numpy(dtype=float)) - 6), pm.Data("chip_error", stock["log_error"].to_numpy() / np.log(10))
        algorithms, capital, owned = (pm.HalfNormal(name, 0.5) for name in ("algorithms_sd", "training_sd", "chips_sd"))
        alpha = algorithms * pm.Normal("alpha_z", 0, 1, shape=zero.shape[0])
        v = capital * pm.Normal("v_z", 0, 1, shape=zero.shape[0])
        slope = pm.Normal("slope", 8, 4)
        mean = pm.Normal("level", 130, 15) + slope * (compute + alpha[of_lab]) + pm.Normal("trend", 8, 6) * t
        pm.Normal("index_seen", mean, pm.HalfNormal("index_error", 5), observed=index)
        pm.Normal("compute_seen", pm.Normal("compute_level", 0, 1) + pm.Normal("compute_trend", 0.4, 0.4) * t + v[of_lab], pm.HalfNormal("compute_error", 0.7), observed=compute)
        pm.Normal("chips_seen", pm.Normal("chips_level", 0, 1), pt.sqrt(owned**2 + error**2), observed=chips)
    return model


def compute_share(compute_sd: np.ndarray, algorithms_sd: np.ndarray) -> np.ndarray:
    """Share of the variance of log output between laboratories that compute explains, shape (S,); the two taken as independent."""
    return compute_sd**2 / (compute_sd**2 + algorithms_sd**2)


@dataclass(frozen=True)
class Study:
    """Results.

    Attributes
    ----------
    prices : DataFrame
        The table r1_against_o1 with ratio.
    open_weights : DataFrame
        The table open_weights_lag.
    lag_probabilities, lag_priors : dict of date -> law -> P(median < 12 months); dict of law
    lag : dict of date -> law -> Estimate, months
    lag_log_scores : dict of law -> float
        Leads after the comment, from the fit to those before.
    lag_rows : dict of date -> DataFrame of `lags`
    survival : DataFrame
        months, unmatched (product-limit estimate), fitted, low, high (log-normal, typical benchmark and model).
    observed_median : dict of date -> float
        Months at which the product-limit estimate falls to one half.
    lag_sensitivity : DataFrame
        choice, median, low, high (months), probability.
    lag_neighbours : dict of months -> P(median below), log-normal today
    capital_probabilities, capital_priors : dict of date -> measure -> P(compute explains more than half)
    share : dict of date -> measure -> Estimate, per cent
    spreads : DataFrame
        date, what, value, low, high: decades.
    stock : DataFrame
        Owners at both dates.
    last_evidence : dict
    """

    prices: pd.DataFrame
    open_weights: pd.DataFrame
    lag_probabilities: dict
    lag_priors: dict
    lag: dict
    lag_log_scores: dict
    lag_rows: dict
    survival: pd.DataFrame
    observed_median: dict
    lag_sensitivity: pd.DataFrame
    lag_neighbours: dict
    capital_probabilities: dict
    capital_priors: dict
    share: dict
    spreads: pd.DataFrame
    stock: pd.DataFrame
    last_evidence: dict


MEASURES = ("chips owned", "chips owned, leading laboratories' methods", "training compute")
THEN = "2025-01 in hindsight"
LAG_PARAMETERS = ("mu", "sigma", "benchmark_sd", "leader_sd")
LEADING = ("OpenAI", "Anthropic", "Google DeepMind", "Meta AI", "xAI", "Microsoft", "Amazon", "DeepSeek", "Alibaba")


def study(seed: int = 20250121) -> Study:
    """Fit lags and laboratories at both dates."""
    leaders, models, chips = (tables.load(name) for name in ("benchmark_leaders", "laboratory_compute", "chip_stock"))
    rows = {THEN: lags(leaders, DOCUMENT_DATE), "today": lags(leaders)}
    keys = {(when, law): lag_model(part, law) for when, part in rows.items() for law in LAWS}
    later = rows["today"][rows["today"]["released"] > DOCUMENT_DATE]
    variants = {
        "capabilities index only": rows["today"][rows["today"]["benchmark"] == INDEX],
        "steps of two points or more": lags(leaders, step=2.0),
        "matches within a month count as a month": rows["today"].assign(days=rows["today"]["days"].clip(lower=MONTH)),
    }
    keys |= {("variant", name): lag_model(part, LAWS[0]) for name, part in variants.items()}
    dates = {THEN: ("2024-12-31", CAPITAL_DATE), "today": ("2025-12-31", None)}
    owned = {when: chips[chips["as_of"] == day] for when, (day, _) in dates.items()}
    seen = {when: models if until is None else models[models["released"] <= until] for when, (_, until) in dates.items()}
    keys |= {("laboratories", when): laboratory_model(seen[when], owned[when]) for when in dates}
    keys |= {("laboratories", f"{when}, leading"): laboratory_model(seen[when][seen[when]["laboratory"].isin(LEADING)], owned[when]) for when in dates}
    trees = sampling.fit_all({f"leads {' '.join(key)}": model for key, model in keys.items()}, seed=seed, **SETTINGS)
    fits = dict(zip(keys, trees.values(), strict=True))
    mu = {key: sampling.draws(fits[key], "mu") for key in keys if key[0] != "laboratories"}
    spreads = {when: {name: sampling.draws(fits["laboratories", when], f"{name}_sd") for name in ("algorithms", "training", "chips")} for when in (*dates, *(f"{when}, leading" for when in dates))}
    shares = {}
    for when in dates:
        every, leading = spreads[when], spreads[f"{when}, leading"]
        sides = ((every["chips"], every["algorithms"]), (leading["chips"], leading["algorithms"]), (every["training"], every["algorithms"]))
        shares[when] = {measure: compute_share(*pair) for measure, pair in zip(MEASURES, sides, strict=True)}
    limit = np.log(LIMIT_DAYS)
    table = [{"choice": "main analysis", **_months(mu["today", LAWS[0]])}] + [{"choice": name, **_months(mu["variant", name])} for name in variants]
    prices = tables.load("r1_against_o1")
    return Study(
        prices=prices.assign(ratio=prices["o1"] / prices["r1"]),
        open_weights=tables.load("open_weights_lag"),
        lag_probabilities={when: {law: float((mu[when, law] < limit).mean()) for law in LAWS} for when in rows},
        lag_priors=dict.fromkeys(LAWS, 0.5),
        lag={when: {law: Estimate.from_draws(12 / YEAR * np.exp(mu[when, law]).reshape(4, -1), "months") for law in LAWS} for when in rows},
        lag_log_scores={law: lag_forward({name: sampling.draws(fits[THEN, law], name) for name in LAG_PARAMETERS}, later, law) for law in LAWS},
        lag_rows=rows,
        survival=_survival(rows["today"], {name: sampling.draws(fits["today", LAWS[0]], name) for name in LAG_PARAMETERS}),
        observed_median={when: _observed_median(part) for when, part in rows.items()},
        lag_sensitivity=pd.DataFrame(table),
        lag_neighbours={months: float((mu["today", LAWS[0]] < np.log(months * YEAR / 12)).mean()) for months in (3, 6, 9, 12)},
        capital_probabilities={when: {measure: float((share > 0.5).mean()) for measure, share in part.items()} for when, part in shares.items()},
        capital_priors=dict.fromkeys(MEASURES, 0.5),
        share={when: {measure: Estimate.from_draws(100 * share.reshape(4, -1), "per cent") for measure, share in part.items()} for when, part in shares.items()},
        spreads=pd.DataFrame([{"date": when, "what": name, **dict(zip(("low", "value", "high"), np.quantile(values, [0.05, 0.5, 0.95]), strict=True))} for when, part in spreads.items() for name, values in part.items()]),
        stock=pd.concat(owned.values(), ignore_index=True),
        last_evidence={"lags": f"{leaders['available_from'].max():%Y-%m-%d}", "laboratories": f"{max(models['available_from'].max(), chips['available_from'].max()):%Y-%m-%d}", "prices": f"{prices['available_from'].max():%Y-%m-%d}"},
    )


def _months(mu: np.ndarray) -> dict[str, float]:
    low, middle, high = 12 / YEAR * np.exp(np.quantile(mu, [0.05, 0.5, 0.95]))
    return {"median": middle, "low": low, "high": high, "probability": float((mu < np.log(LIMIT_DAYS)).mean())}


def product_limit(days: np.ndarray, censored: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Kaplan-Meier estimate: times of events, and the share still unmatched just after each."""
    times = np.unique(days[~censored])
    at_risk = np.array([(days >= t).sum() for t in times])
    events = np.array([((days == t) & ~censored).sum() for t in times])
    return times, np.cumprod(1 - events / at_risk)


def _observed_median(rows: pd.DataFrame) -> float:
    times, left = product_limit(rows["days"].to_numpy(), rows["censored"].to_numpy())
    return float(12 / YEAR * times[np.argmax(left <= 0.5)])


def _survival(rows: pd.DataFrame, draws: dict[str, np.ndarray]) -> pd.DataFrame:
    """Step estimate and the fitted law of a new result (benchmark and model drawn anew), by month up to two years."""
    days = np.maximum(rows["days"].to_numpy(dtype=float), SHORTEST_DAYS)
    times, left = product_limit(days, rows["censored"].to_numpy())
    months = np.linspace(0.25, 24, 96)
    steps = np.concatenate([[1.0], left])[np.searchsorted(times, months * YEAR / 12, side="right")]
    spread = np.sqrt(draws["sigma"] ** 2 + draws["benchmark_sd"] ** 2 + draws["leader_sd"] ** 2)
    z = (np.log(months * YEAR / 12) - draws["mu"][:, None]) / spread[:, None]
    low, middle, high = np.quantile(ndtr(-z), [0.05, 0.5, 0.95], axis=0)
    return pd.DataFrame({"months": months, "unmatched": steps, "fitted": middle, "low": low, "high": high})
