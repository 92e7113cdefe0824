"""Published estimators of the price decline, and what selecting the cheapest rows does to them.

Both keep only prices that beat what came before, then fit a line: Epoch AI's follows the cheapest model at or above a score
(Cottier et al. 2025), that of Gundlach et al. (2025) the rows that no earlier row dominates in score and cost. Selection on
the outcome makes such lines fall even where prices do not, because later prices enter only if they are lower; `simulate_pareto` measures by
how much.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from inference_scaling.estimates import Estimate

# The published code of both groups divides days by 365.
DAYS_PER_YEAR = 365
# A perfect score has no logit; Gundlach et al. put half a point below it, and drop scores of zero.
HALF_POINT = 0.5
CONFIDENCE = 0.9
PHI_4 = re.compile(r"phi[- ]?4", re.IGNORECASE)


@dataclass(frozen=True)
class PublishedFall:
    """A least-squares estimate of the factor by which prices fall in a year.

    Attributes
    ----------
    fall, low, high : float
        Factor per year with its 90 % confidence interval (Student t).
    n_points : int
        Rows in the regression.
    r_squared : float
    coefficients : tuple of float
        Of the regression: constant, time, logit of the score where used.
    """

    fall: float
    low: float
    high: float
    n_points: int
    r_squared: float
    coefficients: tuple[float, ...]


def years_since(dates: pd.Series, origin: pd.Timestamp) -> np.ndarray:
    """Years of 365 days from `origin`, shape (n,)."""
    return ((pd.to_datetime(dates) - origin) / pd.Timedelta(days=DAYS_PER_YEAR)).to_numpy()


def least_squares_fall(log_cost: np.ndarray, years: np.ndarray, logit_score: np.ndarray | None = None) -> PublishedFall:
    """Regress log cost on time, and on the logit of the score if given; the fall is exp(-slope of time).

    Parameters
    ----------
    log_cost, years, logit_score : ndarray, shape (n,)

    Raises
    ------
    ValueError
        If fewer rows than coefficients plus one are given.
    """
    columns = [np.ones_like(years), years] + ([] if logit_score is None else [logit_score])
    design = np.column_stack(columns)
    n, k = design.shape
    if n <= k:
        raise ValueError(f"a line with {k} coefficients and an interval needs more than {k} rows, got {n}")
    coefficients, *_ = np.linalg.lstsq(design, log_cost, rcond=None)
    residual = log_cost - design @ coefficients
    variance = residual @ residual / (n - k) * np.linalg.inv(design.T @ design)[1, 1]
    half = stats.t.ppf(0.5 + CONFIDENCE / 2, n - k) * np.sqrt(variance)
    centred = log_cost - log_cost.mean()
    low, fall, high = np.exp(-coefficients[1] + np.array([-half, 0.0, half]))
    return PublishedFall(float(fall), float(low), float(high), n, float(1 - residual @ residual / (centred @ centred)), tuple(coefficients.tolist()))


def pareto_set(years: np.ndarray, score: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """Rows that no earlier or simultaneous row beats: at least the score for less money.

    Parameters
    ----------
    years, score : ndarray, shape (n,)
    cost : ndarray, shape (..., n)
        Costs or any increasing function of them; leading axes are replicates.

    Returns
    -------
    ndarray of bool, shape (..., n)
    """
    keep = np.empty(cost.shape, dtype=bool)
    for i in range(len(years)):
        could_beat = (years <= years[i]) & (score >= score[i])
        keep[..., i] = cost[..., i] <= cost[..., could_beat].min(axis=-1)
    return keep


def running_minimum(years: np.ndarray, score: np.ndarray, price: np.ndarray, threshold: float) -> np.ndarray:
    """Epoch AI's frontier: rows at or above a score that undercut all such rows before them, shape (n,) bool.

    Rows of one day compete: only the cheapest of them can enter.
    """
    keep = np.zeros(len(years), dtype=bool)
    best = np.inf
    eligible = np.flatnonzero(score >= threshold)
    for i in eligible[np.lexsort((price[eligible], years[eligible]))]:
        if price[i] < best:
            keep[i], best = True, price[i]
    return keep


def published_run_cost_fall(rows: pd.DataFrame, pareto: bool) -> PublishedFall:
    """Estimator of The Price of Progress on one benchmark's rows (columns price_date, score_pct, run_cost_usd).

    All rows are used, suspect ones and later prices of the same model included, as published.
    """
    rows = rows[rows["score_pct"] > 0]
    years = years_since(rows["price_date"], rows["price_date"].min())
    score = rows["score_pct"].to_numpy().clip(max=100 - HALF_POINT)
    log_cost = np.log(rows["run_cost_usd"].to_numpy())
    keep = pareto_set(years, score, log_cost) if pareto else np.ones(len(rows), dtype=bool)
    return least_squares_fall(log_cost[keep], years[keep], np.log(score / (100 - score))[keep])


def published_line(rows: pd.DataFrame, dates: pd.DatetimeIndex, score_pct: float) -> np.ndarray:
    """Run cost in US dollars at a score by the published Pareto regression of a benchmark, shape (len(dates),)."""
    constant, slope, score_slope = published_run_cost_fall(rows, pareto=True).coefficients
    years = years_since(pd.Series(dates), rows.loc[rows["score_pct"] > 0, "price_date"].min())
    return np.exp(constant + slope * years + score_slope * np.log(score_pct / (100 - score_pct)))


def published_token_price_fall(points: pd.DataFrame) -> PublishedFall:
    """Epoch AI's estimator on the points of one threshold (columns price_date, price_usd_per_mtok)."""
    years = years_since(points["price_date"], points["price_date"].min())
    return least_squares_fall(np.log(points["price_usd_per_mtok"].to_numpy()), years)


def frontier_facts(points: pd.DataFrame) -> dict[str, float]:
    """What Epoch AI's frontier points consist of (columns benchmark, threshold_model, model, price_date, price_usd_per_mtok)."""
    keys = ["benchmark", "threshold_model"]
    fits = {k: published_token_price_fall(g) for k, g in points.groupby(keys)}
    last = points.sort_values("price_date", kind="stable").groupby(keys)["model"].last()
    without = points[~points["model"].str.contains(PHI_4)]
    rest = [published_token_price_fall(g).fall for _, g in without.groupby(keys) if len(g) > 2]
    falls = np.array([f.fall for f in fits.values()])
    return {
        "points": len(points), "model_prices": len(points[["model", "price_usd_per_mtok"]].drop_duplicates()), "fits": len(fits),
        "ended_by_phi4": int(last.str.contains(PHI_4).sum()), "median": float(np.median(falls)), "lowest": float(falls.min()), "highest": float(falls.max()),
        "median_without_phi4": float(np.median(rest)), "distinct_fits": len(np.unique(falls.round(6))),
    }


def summary(true_falls: np.ndarray, falls: list[np.ndarray]) -> pd.DataFrame:
    """Estimates by true fall: true_fall, median, low, high (90 % of replicates), mcse (Monte Carlo errors of low, median and high)."""
    rows = [Estimate.from_draws(draws) for draws in falls]
    return pd.DataFrame({"true_fall": true_falls} | {c: [getattr(r, a) for r in rows] for c, a in (("median", "value"), ("low", "low"), ("high", "high"), ("mcse", "mcse"))})


def simulate_pareto(rows: pd.DataFrame, true_falls: np.ndarray, replicates: int, seed: int) -> pd.DataFrame:
    """What the Pareto estimator returns where the true yearly fall is known.

    Dates and scores stay as observed on one benchmark. Log costs are drawn from the line fitted to all rows, its time
    slope replaced by the true fall and its residuals by normal ones of the same standard deviation; rows are then selected and fitted as published.

    Parameters
    ----------
    rows : DataFrame
        Columns price_date, score_pct, run_cost_usd.
    true_falls : ndarray, shape (m,)
        Factors per year, 1 for no decline.
    replicates : int
        Data sets drawn for each true fall.
    seed : int

    Returns
    -------
    DataFrame
        As `summary`.
    """
    rows = rows[rows["score_pct"] > 0]
    years = years_since(rows["price_date"], rows["price_date"].min())
    score = rows["score_pct"].to_numpy().clip(max=100 - HALF_POINT)
    logit = np.log(score / (100 - score))
    design = np.column_stack([np.ones_like(years), logit, years])
    log_cost = np.log(rows["run_cost_usd"].to_numpy())
    coefficients, *_ = np.linalg.lstsq(design, log_cost, rcond=None)
    sd = np.std(log_cost - design @ coefficients, ddof=3)
    noise = np.random.default_rng(seed).normal(0, sd, (replicates, len(rows)))
    falls = []
    for true_fall in true_falls:
        simulated = design[:, :2] @ coefficients[:2] - np.log(true_fall) * years + noise
        keep = pareto_set(years, score, simulated)
        # Least squares with 0/1 weights solves all replicates at once.
        x = design[None] * keep[..., None]
        transposed = x.transpose(0, 2, 1)
        slopes = np.linalg.solve(transposed @ x, transposed @ simulated[..., None])[:, 2, 0]
        falls.append(np.exp(-slopes))
    return summary(true_falls, falls)


def simulate_running_minimum(prices: pd.DataFrame, thresholds: pd.DataFrame, true_fall: float, replicates: int, seed: int) -> np.ndarray:
    """Median of Epoch AI's fits where the true yearly fall is known, shape (replicates,).

    Dates and scores stay as observed. Log prices are drawn from a line in score fitted to each benchmark together with time, whose slope
    is replaced by the true fall; each threshold's running minimum is then fitted. Thresholds with fewer than three points are left out.

    Parameters
    ----------
    prices : DataFrame
        Columns benchmark, price_date, score, price_usd_per_mtok.
    thresholds : DataFrame
        Columns benchmark (as in `prices`) and score_threshold.
    """
    rng = np.random.default_rng(seed)
    falls = []
    for name, rows in prices.groupby("benchmark"):
        rows = rows.sort_values("price_date")
        years = years_since(rows["price_date"], rows["price_date"].min())
        score, log_price = rows["score"].to_numpy(), np.log(rows["price_usd_per_mtok"].to_numpy())
        design = np.column_stack([np.ones_like(years), score, years])
        coefficients, *_ = np.linalg.lstsq(design, log_price, rcond=None)
        sd = np.std(log_price - design @ coefficients, ddof=3)
        simulated = design[:, :2] @ coefficients[:2] - np.log(true_fall) * years + rng.normal(0, sd, (replicates, len(rows)))
        for threshold in thresholds.loc[thresholds["benchmark"] == name, "score_threshold"]:
            able = score >= threshold
            y, t = simulated[:, able], years[able]
            best_before = np.minimum.accumulate(np.pad(y, ((0, 0), (1, 0)), constant_values=np.inf), axis=1)[:, :-1]
            keep = y < best_before
            n = keep.sum(axis=1)
            t_centred = (t - (keep * t).sum(axis=1, keepdims=True) / n[:, None]) * keep
            spread = (t_centred**2).sum(axis=1)
            usable = (n >= 3) & (spread > 0)
            falls.append(np.where(usable, -(t_centred * y).sum(axis=1) / np.where(usable, spread, 1), np.nan))
    return np.exp(np.nanmedian(np.array(falls), axis=0))


def true_fall_behind(estimate: float, simulated: pd.DataFrame) -> float:
    """True yearly fall at which the selected estimator's median equals a published estimate, by interpolation of logarithms.

    Raises
    ------
    ValueError
        If the estimate lies outside the simulated medians, or these do not rise with the true fall.
    """
    medians = np.log(simulated["median"].to_numpy())
    if (np.diff(medians) <= 0).any():
        raise ValueError("simulated medians do not rise with the true fall; simulate more replicates or a narrower range")
    if not medians.min() <= np.log(estimate) <= medians.max():
        raise ValueError(f"estimate {estimate:.3g} lies outside the simulated medians {np.exp(medians.min()):.3g} to {np.exp(medians.max()):.3g}; simulate a wider range of true falls")
    return float(np.exp(np.interp(np.log(estimate), medians, np.log(simulated["true_fall"].to_numpy()))))


def within_model_fall(rows: pd.DataFrame, running: bool, replicates: int, seed: int) -> np.ndarray:
    """Yearly fall of the price of one and the same model: model effects, bootstrap over models.

    Parameters
    ----------
    rows : DataFrame
        Columns model, price_date, price_usd_per_mtok; several dates a model.
    running : bool
        Whether to keep only prices that undercut the model's earlier ones, as a table of price cuts does.

    Returns
    -------
    ndarray, shape (replicates,)
        Bootstrap draws of the factor per year.
    """
    rows = rows.sort_values(["model", "price_date"])
    if running:
        rows = rows[rows.groupby("model")["price_usd_per_mtok"].transform(lambda p: p.cummin().where(p.cummin() != p.cummin().shift())).notna()]
        rows = rows[rows.groupby("model")["model"].transform("size") > 1]
    years = pd.Series(years_since(rows["price_date"], rows["price_date"].min()), rows.index)
    log_price = np.log(rows["price_usd_per_mtok"])
    x = years - years.groupby(rows["model"]).transform("mean")
    y = log_price - log_price.groupby(rows["model"]).transform("mean")
    xy = (x * y).groupby(rows["model"]).sum().to_numpy()
    xx = (x * x).groupby(rows["model"]).sum().to_numpy()
    pick = np.random.default_rng(seed).integers(0, len(xx), (replicates, len(xx)))
    return np.exp(-xy[pick].sum(axis=1) / xx[pick].sum(axis=1))
