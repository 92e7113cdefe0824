"""Thinking longer against thinking side by side: what ten times the tokens buy, as one longer answer and as a vote of several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pymc as pm
import pytensor.tensor as pt
from scipy import special

from inference_scaling import sampling

SAMPLER = {"draws": 2000, "tune": 1500, "target_accept": 0.95}
POINTS = 2.0
# 0 contest mathematics, 1 GPQA Diamond.
EXAMS = {"AIME 2024": 0, "AIME 2025": 0, "OTIS Mock AIME": 0, "GPQA Diamond": 1}
PROBLEMS = {"AIME 2024": 30, "AIME 2025": 30, "OTIS Mock AIME": 45, "GPQA Diamond": 198}
TENFOLD = 1.0
VOTES = 64


def binomial_error(score: np.ndarray, problems: np.ndarray) -> np.ndarray:
    """Standard error of the logit of a score in per cent over a set of problems, one attempt at each: an upper bound where several were made."""
    p = np.clip(score / 100, 0.5 / problems, 1 - 0.5 / problems)
    return 1 / np.sqrt(problems * p * (1 - p))


def score_logit(score: np.ndarray, problems: np.ndarray) -> np.ndarray:
    """Logit of a score in per cent, held half a problem away from the ends."""
    return special.logit(np.clip(score / 100, 0.5 / problems, 1 - 0.5 / problems))


def serial_gains(ladders: pd.DataFrame) -> pd.DataFrame:
    """Logits per tenfold tokens of each ladder of thinking lengths on an examination that votes were measured on too.

    Least squares over the rungs that think; the error is the regression's with binomial noise at each rung.
    """
    rows = ladders[(ladders["method"] == "effort") & ladders["thinking"] & ladders["benchmark"].isin(EXAMS)]
    found = []
    for name, rungs in rows.groupby("ladder", sort=True):
        x, n = rungs["decades"].to_numpy(), PROBLEMS[rungs["benchmark"].iloc[0]]
        if len(rungs) < 3 or np.ptp(x) < 0.3:
            continue
        score = rungs["score"].to_numpy()
        y, s = score_logit(score, n), binomial_error(score, n)
        w = (x - np.average(x, weights=s**-2)) * s**-2
        slope, error = (w * y).sum() / (w * x).sum(), 1 / np.sqrt((w * x).sum())
        found.append({"name": name, "model": rungs["model"].iloc[0], "benchmark": rungs["benchmark"].iloc[0], "way": "serial", "gain": slope, "error": error, "top": score.max(), "span": np.ptp(x), "available_from": rungs["available_from"].max()})
    return pd.DataFrame(found)


def parallel_gains(votes: pd.DataFrame, saturated: bool = True) -> pd.DataFrame:
    """Logits for tenfold tokens spent on a vote, each answer taken as equally long.

    Votes saturate, so that the vote measured nearest to ten answers counts. Where only 64 were measured, `saturated` says how the gain is taken to build up: all of it within the first ten
    (as in the models with a curve), or evenly over the decades, which gives ten answers the least.
    """
    distance = np.log10(votes["answers"] / 10).abs()
    votes = votes.loc[distance.groupby([votes["model"], votes["benchmark"]]).idxmin().sort_values()]
    single, combined, n = (votes[c].to_numpy(dtype=float) for c in ("single", "combined", "problems"))
    decades = np.log10(votes["answers"].to_numpy(dtype=float))
    decades = np.minimum(decades, TENFOLD) if saturated else decades
    gain = (score_logit(combined, n) - score_logit(single, n)) / decades
    # Both scores are on the same problems; the single one averages many answers, so the vote's own error dominates.
    error = binomial_error(combined, n) / decades
    return pd.DataFrame({"name": votes["model"] + " on " + votes["benchmark"] + ", votes", "model": votes["model"], "benchmark": votes["benchmark"], "way": "parallel", "gain": gain, "error": error, "top": combined, "span": decades, "available_from": votes["available_from"]})


def gain_model(gain: np.ndarray, error: np.ndarray, serial: np.ndarray, exam: np.ndarray) -> pm.Model:
    """Gains by way of spending tokens, in logits for ten times as many.

    g_i ~ Normal(m + d S_i + (e_i - 1/2) c_S, sqrt(s_i^2 + tau_S^2)),  S = 1 serial, 0 parallel; e = 0 contest mathematics, 1 GPQA Diamond

    Priors: m ~ Normal(0.7, 0.7); d ~ Laplace(0, 0.2), centred on the reply's view that the two ways are one, half of its mass within 0.14 logits (3.5 points
    in mid-scale), with tails that data can follow; c_S ~ Normal(0, 0.6), examinations differ for each way; tau_S ~ HalfNormal(0.5), models differ.

    Parameters
    ----------
    gain, error : ndarray, shape (n,)
    serial : ndarray of 0 and 1, shape (n,)
    exam : ndarray of 0 and 1, shape (n,)
    """
    with pm.Model(coords={"way": ("parallel", "serial")}) as model:
        y, s, d, e = pm.Data("gain", gain), pm.Data("error", error), pm.Data("serial", np.asarray(serial, dtype="int64")), pm.Data("exam", np.asarray(exam, dtype=float))
        level = pm.Normal("level", 0.7, 0.7)
        difference = pm.Laplace("difference", 0, 0.2)
        contrast = pm.Normal("contrast", 0, 0.6, dims="way")
        spread = pm.HalfNormal("spread", 0.5, dims="way")
        pm.Normal("observed", level + difference * d + (e - 0.5) * contrast[d], pt.sqrt(s**2 + spread[d] ** 2), observed=y)
    return model


def points_apart(level: np.ndarray, difference: np.ndarray, start: float = 0.5) -> np.ndarray:
    """Serial less parallel score in points, both after ten times the tokens, from a start where one answer is right half of the time.

    Raises
    ------
    ValueError
        If the start is not a probability strictly between 0 and 1.
    """
    if not 0 < start < 1:
        raise ValueError(f"start must lie in (0, 1), got {start}")
    base = special.logit(start)
    return 100 * (special.expit(base + TENFOLD * (level + difference)) - special.expit(base + TENFOLD * level))


def probability_equal(apart: np.ndarray, points: float = POINTS) -> float:
    """P(S): less than two points apart."""
    return float(np.mean(np.abs(apart) < points))


def prior_equal(n: int = 100_000, seed: int = 3) -> float:
    """P(S) before data."""
    rng = np.random.default_rng(seed)
    return probability_equal(points_apart(rng.normal(0.7, 0.7, n), rng.laplace(0, 0.2, n)))


@dataclass(frozen=True)
class Parallel:
    """Results at one date.

    Attributes
    ----------
    probabilities : dict of model to float
    apart, apart_even : ndarray, shape (chain, draw)
        Serial less parallel, points, primary model; the same if a vote's gain builds up evenly to 64 answers.
    beyond : ndarray, shape (draws,)
        Points that 64 votes add to the longest thinking.
    serial, parallel : ndarray, shape (chain * draw,)
        Typical gains, logits for tenfold tokens.
    n_serial, n_parallel : int
    pairs : DataFrame
        Models measured both ways: model, benchmark, serial, parallel, difference, error.
    by_prior : dict of float to float
        P(S) of the primary model under other scales of the Laplace prior.
    foretold : (int, int)
        Gains published later that lie within this fit's 90 % predictive intervals, and how many there are.
    last_evidence : str
    """

    probabilities: dict[str, float]
    apart: np.ndarray
    apart_even: np.ndarray
    beyond: np.ndarray
    serial: np.ndarray
    parallel: np.ndarray
    n_serial: int
    n_parallel: int
    pairs: pd.DataFrame
    by_prior: dict[float, float]
    foretold: tuple[int, int]
    last_evidence: str


ALL, EVEN, PAIRS = "all ladders and votes, votes saturate at ten", "all ladders and votes, votes build up evenly", "models measured both ways"
SAME_MODEL = {"o1-mini (asked to think long)": "o1-mini", "Qwen2.5-32B-Instruct": "s1-32B"}


def pairs(gains: pd.DataFrame) -> pd.DataFrame:
    """Models with a ladder and a vote on the same examination; s1 is compared with votes of the model that it was trained from, as its authors do."""
    rows = gains.assign(model=gains["model"].replace(SAME_MODEL))
    wide = rows.groupby(["model", "benchmark", "way"]).first().unstack("way")[["gain", "error"]].dropna()
    table = pd.DataFrame({"serial": wide["gain", "serial"], "parallel": wide["gain", "parallel"], "error": np.hypot(wide["error", "serial"], wide["error", "parallel"])})
    return table.assign(difference=table["serial"] - table["parallel"]).reset_index()


def pair_posterior(difference: np.ndarray, error: np.ndarray, n: int, seed: int) -> np.ndarray:
    """Draws of the difference common to few pairs, shape (n,): the Laplace prior of `gain_model` times normal likelihoods, spread between pairs HalfNormal(0.5), by quadrature."""
    grid, spread = np.linspace(-3, 4, 1401), np.linspace(0.02, 2.0, 60)
    log_joint = -np.abs(grid)[:, None] / 0.2 - 0.5 * (spread / 0.5) ** 2
    for d, s in zip(difference, error, strict=True):
        variance = s**2 + spread**2
        log_joint = log_joint - 0.5 * (d - grid[:, None]) ** 2 / variance - 0.5 * np.log(variance)
    weight = special.softmax(special.logsumexp(log_joint, axis=1))
    rng = np.random.default_rng(seed)
    return rng.choice(grid, n, p=weight) + rng.uniform(-0.0025, 0.0025, n)


def beyond_gain(votes: pd.DataFrame, n: int, seed: int) -> np.ndarray:
    """Points that 64 votes add on top of a reasoning model's longest thinking, shape (n,); no longer thinking is to be had there to compare with.

    Normal mean of the votes' logit gains over reasoning models with a flat prior, in points from a single answer's 70 %.
    """
    rows = votes[(votes["answers"] == VOTES) & votes["model"].str.match(r"o1|QwQ|DeepSeek-R1")]
    total = score_logit(rows["combined"], rows["problems"]) - score_logit(rows["single"], rows["problems"])
    error = binomial_error(rows["combined"], rows["problems"])
    weight = 1 / (error**2 + total.var(ddof=1))
    mean, sd = float((weight * total).sum() / weight.sum()), float(1 / np.sqrt(weight.sum()))
    draws = np.random.default_rng(seed).normal(mean, sd, n)
    return 100 * (special.expit(special.logit(0.7) + draws) - 0.7)


def equal_by_prior(level: np.ndarray, difference: np.ndarray, scale: float) -> float:
    """P(S) had the Laplace prior of the difference another scale, by importance weights.

    Raises
    ------
    ValueError
        If the weights leave fewer than 100 effective draws.
    """
    size = np.abs(difference).ravel()
    weight = special.softmax(size / 0.2 - size / scale)
    if 1 / np.sum(weight**2) < 100:
        raise ValueError(f"only {1 / np.sum(weight**2):.0f} effective draws at a scale of {scale}: fit the model with that prior instead")
    return float(weight @ (np.abs(points_apart(level, difference)).ravel() < POINTS))


def foretold(tree, later: pd.DataFrame, seed: int = 1) -> tuple[int, int]:
    """Later gains within the fit's 90 % predictive intervals, and how many there are."""
    d = {name: sampling.draws(tree, name) for name in ("level", "difference", "contrast", "spread")}
    serial, exam = (later["way"] == "serial").to_numpy().astype(int), later["benchmark"].map(EXAMS).to_numpy()
    mean = d["level"][:, None] + d["difference"][:, None] * serial + (exam - 0.5) * d["contrast"][:, serial]
    sd = np.sqrt(later["error"].to_numpy() ** 2 + d["spread"][:, serial] ** 2)
    low, high = np.quantile(mean + sd * np.random.default_rng(seed).normal(size=mean.shape), [0.05, 0.95], axis=0)
    gain = later["gain"].to_numpy()
    return int(((gain >= low) & (gain <= high)).sum()), len(gain)


def study(ladders: pd.DataFrame, votes: pd.DataFrame, dates: Mapping[str, str]) -> dict[str, Parallel]:
    """Fit every date's rows; `dates` maps a verdict's date to the last day admitted."""
    ladder_gains = serial_gains(ladders)
    every = {name: pd.concat([ladder_gains, parallel_gains(votes, saturated=name == ALL)], ignore_index=True) for name in (ALL, EVEN)}
    admitted = {(when, name): rows[rows["available_from"] <= last].reset_index(drop=True) for when, last in dates.items() for name, rows in every.items()}
    models = {
        f"serial and parallel, {when}, {name}": gain_model(rows["gain"].to_numpy(), rows["error"].to_numpy(), (rows["way"] == "serial").to_numpy(), rows["benchmark"].map(EXAMS).to_numpy())
        for (when, name), rows in admitted.items()
    }
    trees = dict(zip(admitted, sampling.fit_all(models, log_likelihood=False, **SAMPLER).values(), strict=True))
    found = {}
    for when, last in dates.items():
        rows, tree = admitted[when, ALL], trees[when, ALL]
        drawn = {name: [sampling.draws(trees[when, name], part, flatten=False) for part in ("level", "difference")] for name in (ALL, EVEN)}
        level, difference = drawn[ALL]
        apart, apart_even = (points_apart(*drawn[name]) for name in (ALL, EVEN))
        both = pairs(rows)
        common = pair_posterior(both["difference"].to_numpy(), both["error"].to_numpy(), 20_000, seed=1)
        base = np.random.default_rng(2).choice(level.ravel(), len(common))
        found[when] = Parallel(
            probabilities={ALL: probability_equal(apart), EVEN: probability_equal(apart_even), PAIRS: probability_equal(points_apart(base, common))},
            apart=apart,
            apart_even=apart_even,
            beyond=beyond_gain(votes[votes["available_from"] <= last], 20_000, seed=1),
            serial=(level + difference).ravel(),
            parallel=level.ravel(),
            n_serial=int((rows["way"] == "serial").sum()),
            n_parallel=int((rows["way"] == "parallel").sum()),
            pairs=both,
            by_prior={scale: equal_by_prior(level, difference, scale) for scale in (0.1, 0.4)},
            foretold=foretold(tree, every[ALL][~every[ALL]["name"].isin(rows["name"])]),
            last_evidence=str(rows["available_from"].max())[:10],
        )
    return found
