"""How a cost a thousand times too high falls back: the price of an ARC-AGI score, the length of a model generation, forecasts and their scores."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pymc as pm
import pytensor.tensor as pt
from scipy import special, stats

from inference_scaling import prices, sampling
from inference_scaling.effort import DAYS_PER_YEAR
from inference_scaling.price_models import helmert, logit, years_since_origin

MULTIPLE = 1000.0
STEPS = (10.0, 100.0, 1000.0)
# Scores below a fifth come from models that do not reason on the task at all and say nothing about the cost of reasoning.
LOWEST_SCORE = 0.2
ANNOUNCED = pd.Timestamp("2024-12-20")
DOCUMENT_DATE = pd.Timestamp("2025-01-14")
# Day on which the leaderboard file was made.
LAST_DATA = pd.Timestamp("2026-06-04")
SAMPLER = {"draws": 2000, "tune": 1000, "target_accept": 0.9}
GAP_MEAN = np.linspace(np.log(0.1), np.log(5.0), 121)
GAP_SPREAD = np.linspace(0.05, 2.0, 60)
LONGEST_GAP = 20.0
ALGORITHMS_WITHIN = 2.0


def arc_rows(results: pd.DataFrame) -> pd.DataFrame:
    """Systems with at least a fifth of the tasks solved, each with the family that shares its level of cost."""
    rows = results[(results["score"] >= LOWEST_SCORE) & (results["cost_usd_per_task"] > 0)].copy()
    rows["family"] = rows["ladder"].where(rows["ladder"].fillna("") != "", rows["model"])
    return rows.reset_index(drop=True)


def arc_model(log_cost: np.ndarray, logit_score: np.ndarray, years: np.ndarray, family: np.ndarray) -> pm.Model:
    """Cost of an ARC-AGI-1 task against score and date, with a level for each model family.

    log cost_i = a + u_f(i) + beta logit(score_i) - r t_i + e_i,  u_f ~ Normal(0, omega),  e_i ~ Normal(0, sigma)

    in US dollars, t in years since 2025-01-01. exp(r) is the yearly fall of the cost of a fixed score, beta what a higher score costs within and between
    families. The u_f are integrated out: a family's mean has variance omega^2 + sigma^2 / n_f, contrasts within it sigma^2.

    Priors: r ~ Normal(log 6, 1) and beta ~ Normal(1, 1) as for run costs in the first chapter; level at the mean score and date ~ Normal(0, 3), between a cent
    and hundreds of dollars; omega ~ HalfNormal(1), families of one score and date differ in cost by factors up to seven or so; sigma ~ HalfNormal(0.5).

    Parameters
    ----------
    log_cost, logit_score, years : ndarray, shape (n,)
    family : ndarray of int, shape (n,)
        From 0 without gaps.
    """
    count = np.bincount(family)
    mean = {name: np.bincount(family, values) / count for name, values in {"y": log_cost, "x": logit_score, "t": years}.items()}
    contrast = {name: helmert(values, family) for name, values in {"y": log_cost, "x": logit_score, "t": years}.items()}
    with pm.Model() as model:
        rate = pm.Normal("rate", np.log(6), 1)
        slope = pm.Normal("score_slope", 1, 1)
        level = pm.Normal("level", 0, 3)
        omega = pm.HalfNormal("omega", 1)
        sigma = pm.HalfNormal("sigma", 0.5)
        x, t = pm.Data("score", mean["x"]), pm.Data("years", mean["t"])
        centre = pm.Data("centre", np.array([mean["x"].mean(), mean["t"].mean()]))
        line = level + slope * (x - centre[0]) - rate * (t - centre[1])
        pm.Normal("family_cost", line, pt.sqrt(omega**2 + sigma**2 / pm.Data("n", count)), observed=pm.Data("family_mean", mean["y"]))
        within = slope * pm.Data("score_contrast", contrast["x"]) - rate * pm.Data("years_contrast", contrast["t"])
        pm.Normal("cost", within, sigma, observed=pm.Data("cost_contrast", contrast["y"]))
        pm.Deterministic("intercept", level - slope * centre[0] + rate * centre[1])
    return model


ARC_PARAMETERS = ("rate", "score_slope", "intercept", "omega", "sigma")


def fit_arc(results: pd.DataFrame, until: Mapping[str, pd.Timestamp]) -> dict[str, dict[str, np.ndarray]]:
    """Draws of `arc_model`'s parameters, each of shape (chain, draw), for the systems released up to each date."""
    rows = arc_rows(results)
    models = {}
    for when, last in until.items():
        part = rows[rows["release_date"] <= last]
        models[f"ARC-AGI cost, {when}"] = arc_model(np.log(part["cost_usd_per_task"].to_numpy()), logit(part["score"].to_numpy()), years_since_origin(part["release_date"]), pd.factorize(part["family"])[0])
    trees = sampling.fit_all(models, log_likelihood=False, **SAMPLER)
    return {when: {name: sampling.draws(tree, name, flatten=False) for name in ARC_PARAMETERS} for when, tree in zip(until, trees.values(), strict=True)}


def arc_forward_check(posterior: Mapping[str, np.ndarray], results: pd.DataFrame, after: pd.Timestamp, seed: int = 1) -> tuple[int, int]:
    """How many of the later families' mean log costs lie within their 90 % predictive interval, and of how many."""
    rows = arc_rows(results)
    rows = rows[rows["release_date"] > after].assign(log_cost=lambda r: np.log(r["cost_usd_per_task"]), x=lambda r: logit(r["score"].to_numpy()), t=lambda r: years_since_origin(r["release_date"]))
    means = rows.groupby("family").agg(y=("log_cost", "mean"), x=("x", "mean"), t=("t", "mean"), n=("x", "size"))
    d = {name: values.ravel()[:, None] for name, values in posterior.items()}
    line = d["intercept"] + d["score_slope"] * means["x"].to_numpy() - d["rate"] * means["t"].to_numpy()
    spread = np.sqrt(d["omega"] ** 2 + d["sigma"] ** 2 / means["n"].to_numpy())
    low, high = np.quantile(line + spread * np.random.default_rng(seed).normal(size=line.shape), [0.05, 0.95], axis=0)
    return int(((means["y"] >= low) & (means["y"] <= high)).sum()), len(means)


def arc_cost(posterior: Mapping[str, np.ndarray], score: float, date: str | pd.Timestamp) -> np.ndarray:
    """Cost of a score at a date in the typical family, US dollars, shape (chain, draw)."""
    years = years_since_origin(pd.DatetimeIndex([date]))[0]
    return np.exp(posterior["intercept"] + posterior["score_slope"] * float(logit(np.array(score))) - posterior["rate"] * years)


def arc_system_cost(posterior: Mapping[str, np.ndarray], score: float, date: str | pd.Timestamp, seed: int) -> np.ndarray:
    """The same in a family drawn at random, so that the spread between families is in it, shape (chain, draw)."""
    typical = arc_cost(posterior, score, date)
    return typical * np.exp(posterior["omega"] * np.random.default_rng(seed).normal(size=typical.shape))


def new_benchmark(posterior: Mapping[str, np.ndarray], n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Log yearly rate and residual s.d. for a benchmark that the fit did not see, each of shape (n,)."""
    rng = np.random.default_rng(seed)
    i = rng.integers(len(posterior["typical_rate"]), size=n)
    return posterior["typical_rate"][i] + posterior["between"][i] * rng.normal(size=n), posterior["sigma"][i]


def algorithmic_rate(figure: pd.Series, n: int, seed: int) -> np.ndarray:
    """Log yearly fall of the cost of a fixed ability from algorithms alone, cheaper hardware and thinner margins taken out, shape (n,).

    Normal about the published factor; the source's abstract gives no interval, so that its 90 % range is a factor `ALGORITHMS_WITHIN` either way.

    Parameters
    ----------
    figure : Series
        Row of the table overhang_figures, with `value`.
    """
    return np.random.default_rng(seed).normal(np.log(figure["value"]), np.log(ALGORITHMS_WITHIN) / stats.norm.ppf(0.95), n)


# ---------------------------------------------------------------- generations


def generation_gaps(releases: pd.DataFrame, leading: bool, until: str | pd.Timestamp) -> tuple[np.ndarray, np.ndarray]:
    """Years between a laboratory's successive releases, and years since its last one.

    Parameters
    ----------
    leading : bool
        Count only releases that start a new leading number or series.
    until : date
        Day on which the list of releases was closed.

    Returns
    -------
    (gaps, still_open) : ndarray
        Gaps that ended, and one a laboratory that had not ended by then: its next release is known only to take longer.
    """
    rows = (releases[releases["leading"]] if leading else releases).sort_values("released")
    days = rows.groupby("laboratory")["released"].diff().dt.days.dropna()
    waiting = (pd.Timestamp(until) - rows.groupby("laboratory")["released"].max()).dt.days
    if (waiting < 0).any():
        raise ValueError(f"until must not lie before the last release, got {until}")
    return days.to_numpy() / DAYS_PER_YEAR, waiting[waiting > 0].to_numpy() / DAYS_PER_YEAR


def gap_draws(gaps: np.ndarray, n: int, seed: int, still_open: np.ndarray = (), steps: int = 3) -> np.ndarray:
    """Lengths of the next generations in years, shape (n, steps), by quadrature over mean and spread of a log-normal.

    log gap ~ Normal(m, s); m ~ Normal(log 1.3, 0.5), since GPT-2, GPT-3 and GPT-4 followed their predecessors after about eight months to three years; s ~
    HalfNormal(0.7), gaps that commonly differ by a factor of two; none longer than twenty years. Gaps of one draw share m and s. Gaps still open count by the
    probability that they last longer.
    """
    log_prior = stats.norm.logpdf(GAP_MEAN[:, None], np.log(1.3), 0.5) + stats.halfnorm.logpdf(GAP_SPREAD, scale=0.7)
    likelihood = stats.norm.logpdf(np.log(gaps)[:, None, None], GAP_MEAN[:, None], GAP_SPREAD).sum(axis=0) if len(gaps) else 0.0
    censored = stats.norm.logsf(np.log(still_open)[:, None, None], GAP_MEAN[:, None], GAP_SPREAD).sum(axis=0) if len(still_open) else 0.0
    weight = special.softmax((log_prior + likelihood + censored).ravel())
    rng = np.random.default_rng(seed)
    cell = rng.choice(len(weight), n, p=weight)
    mean, spread = GAP_MEAN[cell // len(GAP_SPREAD)], GAP_SPREAD[cell % len(GAP_SPREAD)]
    return np.minimum(np.exp(mean[:, None] + spread[:, None] * rng.normal(size=(n, steps))), LONGEST_GAP)


def collapse(log_rate: np.ndarray, gaps: np.ndarray) -> np.ndarray:
    """Multiple left of 1,000 after one, two and three generations, shape (n, 3).

    Raises
    ------
    ValueError
        If a gap is not positive.
    """
    if not (np.asarray(gaps) > 0).all():
        raise ValueError(f"gaps must be positive numbers of years, got {np.min(gaps)}")
    return MULTIPLE * np.exp(-np.asarray(log_rate)[:, None] * np.cumsum(gaps, axis=1))


def releases_needed(log_rate: np.ndarray, gaps: np.ndarray) -> np.ndarray:
    """Releases until a multiple of 1,000 is gone, shape (n,); the number of columns of `gaps` where they do not suffice."""
    gone = log_rate[:, None] * np.cumsum(gaps, axis=1) >= np.log(MULTIPLE)
    return np.where(gone.any(axis=1), gone.argmax(axis=1) + 1, gaps.shape[1])


def collapse_probability(log_rate: np.ndarray, gaps: np.ndarray) -> float:
    """P(S): at most 100, 10 and 1 left after one, two and three generations."""
    return float(np.mean(np.all(collapse(log_rate, gaps) <= MULTIPLE / np.array(STEPS), axis=1)))


def prior_collapse(n: int = 100_000, seed: int = 7) -> float:
    """P(S) before data, from the priors of the rate on a new benchmark and of the gaps."""
    rng = np.random.default_rng(seed)
    prior = prices.PRIOR
    rate = rng.normal(np.log(prior.typical), prior.log_sd, n) + np.abs(rng.normal(0, prior.between, n)) * rng.normal(size=n)
    return collapse_probability(rate, gap_draws(np.empty(0), n, seed))


# ---------------------------------------------------------------- forecasts from 2025-01


def observed_path(results: pd.DataFrame, first_costs: Mapping[float, float], dates: pd.DatetimeIndex) -> pd.DataFrame:
    """What was left of a multiple of 1,000, from the cheapest system at or above each of o3-preview's scores by each date.

    Parameters
    ----------
    first_costs : mapping of score to US dollars
        o3-preview's own cost of a task.

    Returns
    -------
    DataFrame
        score, date, multiple, model (o3-preview itself until another system reaches the score).
    """
    rows = []
    for score, first in first_costs.items():
        for date in dates:
            able = results[(results["score"] >= score) & (results["release_date"] > ANNOUNCED) & (results["release_date"] <= date)]
            best = able.loc[able["cost_usd_per_task"].idxmin()] if len(able) else None
            cost = first if best is None else min(first, best["cost_usd_per_task"])
            rows.append({"score": score, "date": date, "multiple": MULTIPLE * cost / first, "model": "o3-preview" if best is None else best["model"]})
    return pd.DataFrame(rows)


def forecast_band(log_rate: np.ndarray, dates: pd.DatetimeIndex, rule: str) -> pd.DataFrame:
    """Median and 90 % band of what is left of a multiple of 1,000 at each date, the trend without a system's own scatter."""
    years = (dates - DOCUMENT_DATE).days.to_numpy() / DAYS_PER_YEAR
    left = MULTIPLE * np.exp(-log_rate[:, None] * years)
    low, middle, high = np.quantile(left, [0.05, 0.5, 0.95], axis=0)
    return pd.DataFrame({"rule": rule, "date": dates, "low": low, "multiple": middle, "high": high})


def forecast_score(log_rate: np.ndarray, sigma: np.ndarray, observed: pd.DataFrame) -> np.ndarray:
    """Log predictive density, in nats, of each observed log multiple, shape (rows,).

    Both ends of a fall are single systems, each with the residual scatter sigma about its trend, so that the difference has sigma times root two.
    """
    years = (pd.DatetimeIndex(observed["date"]) - DOCUMENT_DATE).days.to_numpy() / DAYS_PER_YEAR
    density = stats.norm.logpdf(np.log(observed["multiple"].to_numpy() / MULTIPLE), -log_rate[:, None] * years, np.sqrt(2) * sigma[:, None])
    return special.logsumexp(density, axis=0) - np.log(len(log_rate))
