"""Models of the cost of a benchmark run against score and time, and their predictive densities."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pymc as pm
import pytensor.tensor as pt
from scipy import special, stats

DOCUMENT_DATE = pd.Timestamp("2025-01-14")
ORIGIN = pd.Timestamp("2025-01-01")
DAYS_PER_YEAR = 365.25
# Scores of 0 and 100 have no logit; half a point is the convention of the published fits.
CLIP = 0.005
PAPER_BENCHMARKS = ("gpqa_diamond", "otis_mock_aime", "swe_bench_verified")
RUN_COST_BENCHMARKS = (*PAPER_BENCHMARKS, "aider_edit", "aider_polyglot", "weirdml")
TOKEN_BENCHMARKS = ("mmlu", "gpqa_diamond", "humaneval", "math_500", "math_level_5", "chatbot_arena")
_EFFORT = re.compile(r"(?:_|\s*\()(?:none|minimal|low|medium|high|xhigh|max|\d+k)\b.*$", re.IGNORECASE)


@dataclass(frozen=True)
class Prior:
    """Settings of the priors that the sensitivity table varies.

    Attributes
    ----------
    typical : float
        Median fall on the typical benchmark.
    log_sd : float
        Normal standard deviation of its logarithm.
    between : float
        Scale of the half-normal for the standard deviation between benchmarks.
    noise : float
        Median of the residual standard deviation.
    """

    typical: float = 6.0
    log_sd: float = 1.0
    between: float = 0.5
    noise: float = 0.5


PRIOR = Prior()


@dataclass(frozen=True)
class CostRows:
    """Arrays of one fit, one entry a row.

    Attributes
    ----------
    log_cost : ndarray, shape (n,)
        Natural logarithm of US dollars (a run, or a million tokens).
    logit_score : ndarray, shape (n,)
    years : ndarray, shape (n,)
        Years of 365.25 days since 2025-01-01.
    benchmark : ndarray of int, shape (n,)
        Position in `benchmarks`.
    benchmarks : tuple of str
    """

    log_cost: np.ndarray
    logit_score: np.ndarray
    years: np.ndarray
    benchmark: np.ndarray
    benchmarks: tuple[str, ...]

    def mean_by_benchmark(self, values: np.ndarray) -> np.ndarray:
        """Mean of some values on each benchmark, 0 where it has no rows, shape (benchmark,)."""
        n = np.bincount(self.benchmark, minlength=len(self.benchmarks))
        return np.bincount(self.benchmark, values, minlength=len(self.benchmarks)) / np.maximum(n, 1)


def first_prices(table: pd.DataFrame) -> pd.DataFrame:
    """Rows not suspected of an error, each model setting once on each benchmark, at its first price."""
    table = table[~table["suspect"]]
    return table.sort_values(["price_date", "row_id"]).drop_duplicates(["benchmark", "model"]).sort_values("row_id")


def base_model(setting: str) -> str:
    """Name of a model setting without its effort or thinking budget."""
    return _EFFORT.sub("", setting).strip()


def years_since_origin(dates: pd.Series) -> np.ndarray:
    """Years of 365.25 days since 2025-01-01, shape (n,)."""
    return ((pd.to_datetime(dates) - ORIGIN) / pd.Timedelta(days=DAYS_PER_YEAR)).to_numpy()


def logit(score: np.ndarray) -> np.ndarray:
    """Log odds of a score in [0, 1], held half a point away from the ends."""
    return special.logit(np.clip(score, CLIP, 1 - CLIP))


def cost_rows(table: pd.DataFrame, cost: str = "run_cost_usd", benchmarks: tuple[str, ...] = RUN_COST_BENCHMARKS) -> CostRows:
    """Arrays for the models from rows with columns benchmark, score_pct, price_date and a cost column in US dollars.

    Raises
    ------
    ValueError
        If a benchmark is not in the declared set, or a cost is missing or not positive.
    """
    unknown = sorted(set(table["benchmark"]) - set(benchmarks))
    if unknown:
        raise ValueError(f"benchmarks {unknown} are not in the declared set {benchmarks}; add them or drop their rows")
    bad = ~(table[cost] > 0)
    if bad.any():
        raise ValueError(f"{int(bad.sum())} rows have no positive {cost}, the first is {table.loc[bad, 'model'].iloc[0]!r}; drop them in the table's script")
    position = {name: i for i, name in enumerate(benchmarks)}
    return CostRows(
        np.log(table[cost].to_numpy(dtype=float)),
        logit(table["score_pct"].to_numpy(dtype=float) / 100),
        years_since_origin(table["price_date"]),
        table["benchmark"].map(position).to_numpy(dtype="int64"),
        benchmarks,
    )


def token_price_rows(table: pd.DataFrame) -> CostRows:
    """Arrays from Epoch AI's prices per token; Elo differences are put on the logit scale (400 points are a factor of 10 in odds)."""
    table = table[~table["suspect"] & ~table["reasoning_model"]].drop_duplicates(["benchmark", "model", "price_usd_per_mtok"])
    elo = table["benchmark"].eq("chatbot_arena")
    x = np.where(elo, (table["score"] - table.loc[elo, "score"].mean()) * np.log(10) / 400, logit(table["score"].where(~elo, 50) / 100))
    position = {name: i for i, name in enumerate(TOKEN_BENCHMARKS)}
    return CostRows(np.log(table["price_usd_per_mtok"].to_numpy()), x, years_since_origin(table["price_date"]), table["benchmark"].map(position).to_numpy(dtype="int64"), TOKEN_BENCHMARKS)


def date_sets(first: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Rows that each date admits: published by then; priced by then but published later; all."""
    return {
        "2025-01": first[first["available_from"] <= DOCUMENT_DATE],
        "2025-01 in hindsight": first[first["price_date"] <= DOCUMENT_DATE],
        "today": first,
    }


def sensitivity_sets(table: pd.DataFrame, first: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Rows of each variant of the primary fit."""
    one_setting = first.assign(base=first["model"].map(base_model)).sort_values(["price_date", "run_cost_usd"]).drop_duplicates(["benchmark", "base"])
    return {
        "three benchmarks of The Price of Progress only": first[first["benchmark"].isin(PAPER_BENCHMARKS)],
        "without Aider's two boards": first[~first["benchmark"].str.startswith("aider")],
        "without WeirdML": first[first["benchmark"] != "weirdml"],
        "one setting of each model, its first and cheapest": one_setting.sort_values("row_id"),
        "scores between 5 and 95 % only": first[first["score_pct"].between(5, 95)],
        "suspect rows kept": first_prices(table.assign(suspect=False)),
    }


def _trend(rows: CostRows, prior: Prior, start: float = 0.0) -> tuple[pt.TensorVariable, ...]:
    """Shared part of the models: data, coefficients, line; returns line, benchmark index, log cost, log noise scale. `start` is the levels' first value."""
    pm.modelcontext(None).add_coord("benchmark", rows.benchmarks)
    y = pm.Data("log_cost", rows.log_cost)
    x = pm.Data("logit_score", rows.logit_score)
    t = pm.Data("years", rows.years)
    b = pm.Data("benchmark_index", rows.benchmark)
    at = pm.Data("prior_settings", np.array([np.log(prior.typical), prior.log_sd, prior.between, np.log(prior.noise)]))
    typical = pm.Normal("typical_rate", at[0], at[1])
    between = pm.HalfNormal("between", at[2])
    offset = pm.Normal("rate_offset", 0, 1, dims="benchmark")
    rate = pm.Deterministic("rate", typical + between * offset, dims="benchmark")
    level = pm.Normal("level", 0, 3, dims="benchmark", initval=np.full(len(rows.benchmarks), start))
    slope = pm.Normal("score_slope", 1, 1, dims="benchmark")
    # Levels at each benchmark's mean score and date do not trade off against the slopes, so the sampler takes longer steps.
    x_mean = pm.Data("mean_logit_score", rows.mean_by_benchmark(rows.logit_score))
    t_mean = pm.Data("mean_years", rows.mean_by_benchmark(rows.years))
    intercept = pm.Deterministic("intercept", level - slope * x_mean + rate * t_mean, dims="benchmark")
    return intercept[b] + slope[b] * x - rate[b] * t, b, y, at[3]


def trend_model(rows: CostRows, prior: Prior = PRIOR) -> pm.Model:
    """Primary model: hierarchical linear trend of log cost with normal residuals.

    log cost_i = a_b + beta_b logit(score_i) - r_b t_i + e_i,  e_i ~ Normal(0, sigma_b),  r_b ~ Normal(mu, tau)

    for row i on benchmark b, costs in US dollars, t in years since 2025-01-01. exp(r_b) is the factor by which the cost of a fixed
    score falls in a year on b; exp(mu) the same on the typical benchmark, the quantity of the statement under test.

    Priors: mu ~ Normal(log 6, 1) puts 90 % between 1.2 and 31, wide enough for no decline and for every published headline but the
    extremes; tau ~ HalfNormal(0.5), rates that differ between benchmarks by a factor of 2 or so; beta_b ~ Normal(1, 1), a score
    with e times the odds costs about e times as much, of unknown sign; the cost of a run at
    the mean score and date of b ~ Normal(0, 3) in logarithm, between cents and hundreds of dollars; sigma_b ~ LogNormal(log 0.5, 0.5), models of one score differ in cost by factors between 1.2 and 4.

    Source of the regression: Gundlach et al. (2025), without their selection of Pareto rows.
    """
    with pm.Model(name="") as model:
        line, b, y, scale = _trend(rows, prior)
        sigma = pm.LogNormal("sigma", scale, 0.5, dims="benchmark")
        pm.Normal("cost", line, sigma[b], observed=y)
    return model


def student_model(rows: CostRows, prior: Prior = PRIOR) -> pm.Model:
    """Rival with heavy tails: as `trend_model`, residuals Student t with nu ~ Gamma(2, 0.1) (Juarez and Steel 2010).

    A few wrong prices or token counts then cannot tilt the line.
    """
    with pm.Model() as model:
        line, b, y, scale = _trend(rows, prior)
        sigma = pm.LogNormal("sigma", scale, 0.5, dims="benchmark")
        nu = pm.Gamma("nu", 2, 0.1)
        pm.StudentT("cost", nu=nu, mu=line, sigma=sigma[b], observed=y)
    return model


def _skew_width(sigma, ratio, sqrt=np.sqrt):
    """Width and mean offset of a skew normal of standard deviation sigma whose waste is `ratio` times its noise."""
    delta = ratio / sqrt(1 + ratio**2)
    width = sigma / sqrt(1 - 2 / np.pi * delta**2)
    return width, width * delta * np.sqrt(2 / np.pi)


def frontier_model(rows: CostRows, prior: Prior = PRIOR) -> pm.Model:
    """Rival: stochastic cost frontier, fitted to all rows rather than to the cheapest ones.

    log cost_i = frontier_i + v_i + u_i,  v_i ~ Normal(0, noise_b), u_i ~ HalfNormal(ratio * noise_b): skew normal residuals

    The frontier, the least cost at which a score can be had, is the line of `trend_model` less the mean of u. Written so, by mean and standard
    deviation sigma_b of the residuals (priors as there), neither trades off against ratio ~ HalfNormal(3), which
    allows anything from no waste to hardly any noise.
    Source: Aigner, Lovell and Schmidt (1977), "Formulation and estimation of stochastic frontier production function models".
    """
    with pm.Model() as model:
        # From above a row the density underflows, so the search starts below all of them.
        line, b, y, scale = _trend(rows, prior, start=-8.0)
        sigma = pm.LogNormal("sigma", scale, 0.5, dims="benchmark")
        ratio = pm.HalfNormal("waste_to_noise", 3)
        width, offset = _skew_width(sigma[b], ratio, pt.sqrt)
        pm.SkewNormal("cost", mu=line - offset, sigma=width, alpha=ratio, observed=y)
    return model


def helmert(values: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Orthonormal contrasts within groups: each entry against the mean of the group's entries before it.

    A common effect of the group drops out, and independent errors stay independent with the same variance.

    Parameters
    ----------
    values : ndarray, shape (n,)
    group : ndarray of int, shape (n,)

    Returns
    -------
    ndarray, shape (n - number of groups,)
    """
    frame = pd.DataFrame({"value": values, "group": group})
    before = frame.groupby("group").cumcount().to_numpy()
    mean_before = (frame.groupby("group")["value"].cumsum().to_numpy() - values) / np.maximum(before, 1)
    return ((values - mean_before) * np.sqrt(before / (before + 1)))[before > 0]


def within_between_model(rows: CostRows, first_years: np.ndarray, group: np.ndarray) -> pm.Model:
    """Two rates: of first prices between models, and of later prices within one model.

    log cost_ij = a_b + beta_b logit(score_i) - g_b first_i - w (t_ij - first_i) + m_i + e_ij,  m_i ~ Normal(0, omega)

    for price j of model i. g_b has the prior of the rates in `trend_model`; w ~ Normal(log 6, 1); omega ~ HalfNormal(2), the spread of
    models of one score; sigma ~ HalfNormal(0.5), month to month changes. The effects m_i are integrated out exactly: the mean of a model's
    log costs has variance omega^2 + sigma^2 / n_i, contrasts within the model have sigma^2. Setting all first_i to one date gives the usual
    model with random effects, whose single rate w mixes the two.

    Parameters
    ----------
    first_years : ndarray, shape (n,)
        Date of the model's first price, years since 2025-01-01.
    group : ndarray of int, shape (n,)
        Number of the model on its benchmark, from 0 without gaps.
    """
    n = np.bincount(group)
    mean = {name: np.bincount(group, values) / n for name, values in {"y": rows.log_cost, "x": rows.logit_score, "first": first_years, "t": rows.years, "b": rows.benchmark}.items()}
    means = CostRows(mean["y"], mean["x"], mean["first"], mean["b"].astype("int64"), rows.benchmarks)
    with pm.Model() as model:
        within = pm.Normal("within_rate", np.log(6), 1)
        omega = pm.HalfNormal("omega", 2)
        sigma = pm.HalfNormal("sigma", 0.5)
        line, _, y, _ = _trend(means, PRIOR)
        later = pm.Data("later_years", mean["t"] - mean["first"])
        pm.Normal("mean_cost", line - within * later, pt.sqrt(omega**2 + sigma**2 / pm.Data("n_prices", n)), observed=y)
        later_change = pm.Data("later_change", helmert(rows.years - first_years, group))
        pm.Normal("cost_change", -within * later_change, sigma, observed=pm.Data("log_cost_change", helmert(rows.log_cost, group)))
    return model


MODELS = {"normal trend": trend_model, "stochastic frontier": frontier_model, "Student t trend": student_model}


PRIOR_VARIANTS = {
    "prior: typical fall around 2 instead of 6": Prior(typical=2),
    "prior: typical fall twice as uncertain": Prior(log_sd=2),
    "prior: benchmarks may differ twice as much": Prior(between=1),
    "prior: residuals twice as large": Prior(noise=1),
}


def reweighted(posterior: Mapping[str, np.ndarray], prior: Prior, seed: int = 1) -> np.ndarray:
    """Draws of the typical log rate under another prior, by importance resampling of a posterior under `PRIOR`.

    Raises
    ------
    ValueError
        If the weights leave fewer than 400 effective draws.
    """

    def log_prior(p: Prior) -> np.ndarray:
        return (
            stats.norm.logpdf(posterior["typical_rate"], np.log(p.typical), p.log_sd)
            + stats.halfnorm.logpdf(posterior["between"], scale=p.between)
            + stats.norm.logpdf(np.log(posterior["sigma"]), np.log(p.noise), 0.5).sum(axis=1)
        )

    log_weights = log_prior(prior) - log_prior(PRIOR)
    weights = special.softmax(log_weights)
    effective = 1 / np.sum(weights**2)
    if effective < 400:
        raise ValueError(f"only {effective:.0f} effective draws under {prior}: fit the model with that prior instead")
    return posterior["typical_rate"][np.random.default_rng(seed).choice(len(weights), len(weights), p=weights)]


def log_density(name: str, posterior: Mapping[str, np.ndarray], rows: CostRows) -> np.ndarray:
    """Log predictive density of each row under each draw of a declared model.

    Parameters
    ----------
    name : str
        Key of `MODELS`.
    posterior : mapping
        Draws by variable name, shape (s,) or (s, benchmark).

    Returns
    -------
    ndarray, shape (s, n)
    """
    b = rows.benchmark
    line = posterior["intercept"][:, b] + posterior["score_slope"][:, b] * rows.logit_score - posterior["rate"][:, b] * rows.years
    if name == "normal trend":
        return stats.norm.logpdf(rows.log_cost, line, posterior["sigma"][:, b])
    if name == "Student t trend":
        return stats.t.logpdf(rows.log_cost, posterior["nu"][:, None], line, posterior["sigma"][:, b])
    ratio = posterior["waste_to_noise"][:, None]
    width, offset = _skew_width(posterior["sigma"][:, b], ratio)
    u = (rows.log_cost - line + offset) / width
    return np.log(2) + stats.norm.logpdf(u) - np.log(width) + special.log_ndtr(u * ratio)
