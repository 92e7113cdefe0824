"""One set of problems against all problems like them: an item-response view of effort.

A curve measured on 30 problems says how those 30 respond. How far another 30 would differ follows from the spread of difficulty between problems.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pymc as pm
from scipy.linalg import helmert
from scipy.special import expit

from inference_scaling import sampling, tables
from inference_scaling.curves import GRID, SAG_LIMIT, Panel, least_squares, sag
from inference_scaling.estimates import Estimate

AIME_PROBLEMS = 30
THINNING = 2
SETTINGS = {"draws": 1000, "tune": 1000, "log_likelihood": False}


@dataclass(frozen=True)
class Study:
    """o1's test-time slope for its 30 problems and for problems like them.

    Attributes
    ----------
    these, alike
        Slope in points a decade: of o1 on its own problems, and on all problems of which its own are a draw.
    deviation, resampled
        S.d. of the slope between sets of 30 problems in points a decade: by the item-response model, and by resampling the problems of every ladder (median).
    probability_alike
        Probability that the curve over all such problems stays within the limit of its chord.
    spread
        S.d. of difficulty in logits, for one model.
    log_odds
        Mean gain of a problem's log-odds a decade, in logits.
    bend
        Sag in points that a constant gain in log-odds would leave between o1's first and last dot.
    last_evidence
        ISO date of the newest run.
    """

    these: Estimate
    alike: Estimate
    deviation: float
    resampled: float
    probability_alike: float
    spread: Estimate
    log_odds: Estimate
    bend: Estimate
    last_evidence: str


def study(panel: Panel) -> Study:
    """Carry o1's test-time panel over to problems like its own, by the spread of difficulty on OTIS Mock AIME."""
    counts = tables.load("otis_problem_counts")
    tree = sampling.fit(item_response(counts), name="answers by problem", **SETTINGS)
    spread = np.hypot(sampling.draws(tree, "difficulty_sd"), sampling.draws(tree, "match_sd"))
    response = sampling.draws(tree, "response_sd")
    x, y = panel.dots["decades"].to_numpy(), panel.dots["accuracy"].to_numpy()
    slope, level = least_squares(x, y)[0], y.mean()
    thin = slice(None, None, THINNING)
    slopes, sags = problem_sampling(spread[thin], response[thin], x, level + slope * (x - x.mean()))
    pick = np.random.default_rng(1).integers(len(panel.slope_draws), size=len(slopes))
    alike = panel.slope_draws[pick] - slopes
    return Study(
        these=panel.slope,
        alike=Estimate.from_draws(alike, unit="points per decade"),
        deviation=float(slopes.std()),
        resampled=float(resampled_slopes(counts).median()),
        probability_alike=float((np.abs(panel.sag_draws[pick] - sags) < SAG_LIMIT).mean()),
        spread=Estimate.from_draws(spread, unit="logit"),
        log_odds=Estimate.from_draws(sampling.draws(tree, "slope_mean"), unit="logit"),
        bend=Estimate.from_draws(implied_sag(spread[thin], (float(y[0]), float(y[-1]))), unit="points"),
        last_evidence=f"{counts['available_from'].max():%Y-%m-%d}",
    )


def resampled_slopes(counts: pd.DataFrame, n_problems: int = AIME_PROBLEMS, repeats: int = 1000, seed: int = 20250114) -> pd.Series:
    """S.d. of a ladder's least-squares slope when its problems are drawn anew with replacement, by model, in points a decade.

    Only ladders over at least half a decade enter. It holds the noise of few attempts as well as that of the problems.
    """
    rng, out = np.random.default_rng(seed), {}
    for model, rows in counts.groupby("model"):
        if rows["decades"].max() < 0.5:
            continue
        share = rows.assign(share=100 * rows["n_correct"] / rows["n_attempts"]).pivot(index="problem", columns="rung", values="share").dropna()
        x = rows.drop_duplicates("rung").sort_values("rung")["decades"].to_numpy()
        weight = (x - x.mean()) / ((x - x.mean()) @ (x - x.mean()))
        slope = share.to_numpy() @ weight
        out[model] = rng.choice(slope, size=(repeats, n_problems)).mean(1).std()
    return pd.Series(out)


def item_response(counts: pd.DataFrame) -> pm.Model:
    """Log-odds of solving a problem rise with log tokens: eta = ability + (slope + response) x - difficulty - match.

    Parameters
    ----------
    counts
        Columns model, rung, problem, decades, n_attempts, n_correct; x is decades minus the mean over the model's runs.

    Notes
    -----
    An explanatory Rasch model [deboeck2004explanatory]. `difficulty` and `response` belong to the problem, `slope` to the model and `match` to their
    pair (what suits one model and not another); all are normal with estimated spread. Counts are binomial. Priors, in logits and logits a decade: difficulty s.d.
    HalfNormal(2.5), since contest problems range from certain to out of reach; mean slope N(2, 1.5), a few e-foldings a decade; ability N(1, 2); the other
    spreads HalfNormal(1). Difficulties and responses sum to zero (orthonormal Helmert contrasts), because abilities and
    slopes hold their means.
    """
    model_index, models = pd.factorize(counts["model"])
    problem_index, problems = pd.factorize(counts["problem"])
    runs = counts.drop_duplicates(["model", "rung"]).groupby("model")["decades"].mean()
    x = (counts["decades"] - counts["model"].map(runs)).to_numpy()
    contrasts = helmert(len(problems))
    with pm.Model(coords={"model": list(models), "problem": list(problems)}) as model:
        difficulty_sd = pm.HalfNormal("difficulty_sd", 2.5)
        match_sd = pm.HalfNormal("match_sd", 1.0)
        response_sd = pm.HalfNormal("response_sd", 1.0)
        slope = pm.Normal("slope", pm.Normal("slope_mean", 2, 1.5), pm.HalfNormal("slope_sd", 1.0), dims="model")
        ability = pm.Normal("ability", 1, 2, dims="model")
        difficulty = pm.Normal("difficulty_contrast", 0, difficulty_sd, shape=len(problems) - 1) @ contrasts
        response = response_sd * pm.Normal("response_contrast", shape=len(problems) - 1) @ contrasts
        match = match_sd * pm.Normal("match_raw", dims=("model", "problem"))
        eta = ability[model_index] + (slope[model_index] + response[problem_index]) * x - difficulty[problem_index] - match[model_index, problem_index]
        pm.Binomial("correct", n=counts["n_attempts"].to_numpy(), logit_p=eta, observed=counts["n_correct"].to_numpy())
    return model


def problem_sampling(
    spread: np.ndarray, response_sd: np.ndarray, decades: np.ndarray, accuracy: np.ndarray, n_problems: int = AIME_PROBLEMS, seed: int = 20250114
) -> tuple[np.ndarray, np.ndarray]:
    """How far the slope and the sag of one set of problems lie from those of all problems like them.

    A curve whose mean over all problems is `accuracy` is observed on `n_problems` problems drawn at random; the population is that of `item_response`.

    Parameters
    ----------
    spread
        S.d. of difficulty in logits, shape (draws,).
    response_sd
        S.d. between problems of the slope in logits a decade, shape (draws,).
    decades, accuracy
        Compute and population accuracy in points, shape (dots,); accuracy strictly between 0 and 100.

    Returns
    -------
    slope_deviation, sag_deviation : ndarray
        Points a decade and points, shape (draws,): set minus population.

    Raises
    ------
    ValueError
        If an accuracy is not strictly between 0 and 100.
    """
    x = np.asarray(decades, float)
    z = x - x.mean()
    ability = _ability(spread, response_sd, z, np.asarray(accuracy, float))
    rng = np.random.default_rng(seed)
    shape = (len(spread), n_problems)
    difficulty = spread[:, None] * rng.standard_normal(shape)
    response = response_sd[:, None] * rng.standard_normal(shape)
    score = 100 * expit(ability[:, None, :] + response[:, :, None] * z - difficulty[:, :, None]).mean(1)
    deviation = score - np.asarray(accuracy, float)
    half = (x.max() - x.min()) / 2
    design = np.column_stack([np.ones_like(x), x - x.min() - half, (x - x.min() - half) ** 2])
    coefficients = np.linalg.lstsq(design, deviation.T, rcond=None)[0]
    slope = deviation @ z / (z @ z)
    return slope, -coefficients[2] * half**2


def implied_sag(spread: np.ndarray, accuracy: tuple[float, float]) -> np.ndarray:
    """Sag of the mean curve if every problem's log-odds rise at one constant rate, between two accuracies in points.

    Returns
    -------
    ndarray
        Points, shape (draws,), sign as in `sag`.
    """
    ends = _ability(spread, np.zeros_like(spread), np.zeros(2), np.asarray(accuracy, float))
    path = ends[:, :1] + np.linspace(0, 1, GRID) * (ends[:, 1:] - ends[:, :1])
    return sag(100 * _mean_success(path, spread[:, None]))


_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(31)


def _mean_success(ability: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Mean of expit(ability - difficulty) over normal difficulty, by Gauss-Hermite quadrature."""
    return expit(ability[..., None] - spread[..., None] * _NODES) @ _WEIGHTS / _WEIGHTS.sum()


def _ability(spread: np.ndarray, response_sd: np.ndarray, z: np.ndarray, accuracy: np.ndarray) -> np.ndarray:
    """Ability at which the mean over all problems is the given accuracy, by bisection, shape (draws, dots)."""
    if not ((accuracy > 0) & (accuracy < 100)).all():
        raise ValueError(f"accuracy must lie strictly between 0 and 100 points, got {accuracy.min()} to {accuracy.max()}: leave such dots out")
    total = np.sqrt(spread[:, None] ** 2 + (response_sd[:, None] * z) ** 2)
    low, high = -8 * total - 8, 8 * total + 8
    for _ in range(40):
        middle = (low + high) / 2
        above = 100 * _mean_success(middle, total) > accuracy
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return (low + high) / 2
