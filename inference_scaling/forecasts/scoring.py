"""Scores of probabilities for yes-or-no questions, and what they are known to.

Two proper scores, both losses (lower is better): Brier's squared error and the log score in nats. Questions, not forecasts, are the independent units:
every interval resamples questions, and two rules are compared on the same questions.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import optimize, stats

# A pooled probability beyond these limits is scored as if it stood on them, so that one question costs at most 6.9 nats.
LIMITS = (0.001, 0.999)
EXPONENTS = (0.05, 20.0)


def _checked(probability, outcome) -> tuple[np.ndarray, np.ndarray]:
    p, y = np.asarray(probability, dtype=float), np.asarray(outcome, dtype=float)
    if p.shape != y.shape:
        raise ValueError(f"probability and outcome must have one shape; got {p.shape} and {y.shape}")
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError("probability must lie in [0, 1] and not be missing; divide percentages by 100")
    if not np.isin(y, (0, 1)).all():
        raise ValueError("outcome must be 0 or 1; drop questions that have not resolved")
    return p, y


def brier(probability, outcome) -> np.ndarray:
    """Squared error of each forecast, in [0, 1]."""
    p, y = _checked(probability, outcome)
    return (p - y) ** 2


def log_loss(probability, outcome, limits: tuple[float, float] = LIMITS) -> np.ndarray:
    """Negative log of the probability given to what happened, in nats, probabilities moved to `limits` first."""
    p, y = _checked(probability, outcome)
    p = np.clip(p, *limits)
    return -np.log(np.where(y == 1, p, 1 - p))


def bootstrap_means(values: np.ndarray, draws: int = 2000, seed: int = 0) -> np.ndarray:
    """Draws of the mean over questions: the Bayesian bootstrap (Rubin 1981), questions weighted by a flat Dirichlet.

    Parameters
    ----------
    values : ndarray, shape (Q,) or (Q, M)
        One row a question; columns share their weights, so that comparisons stay paired.

    Returns
    -------
    ndarray, shape (draws,) or (draws, M)

    Raises
    ------
    ValueError
        With fewer than two questions.
    """
    values = np.asarray(values, dtype=float)
    if len(values) < 2:
        raise ValueError(f"need at least two questions to resample; got {len(values)}")
    weights = np.random.default_rng(seed).exponential(size=(draws, len(values)))
    return weights @ values / weights.sum(axis=1).reshape(-1, *(1,) * (values.ndim - 1))


def student_upper(values: np.ndarray, probability: float = 0.9) -> float:
    """Upper end of the central t interval of a mean: wider than a bootstrap of few questions, which cannot see the outcomes that did not happen."""
    values = np.asarray(values, dtype=float)
    return float(values.mean() + stats.t.ppf((1 + probability) / 2, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))


def calibration_curve(probability, outcome, edges=(0, 0.05, 0.15, 0.25, 0.35, 0.5, 0.65, 0.75, 0.85, 0.95, 1), interval: float = 0.9) -> pd.DataFrame:
    """How often what was forecast came true, by range of the forecast.

    Parameters
    ----------
    edges : sequence
        Ends of the ranges; each holds its lower end, the last one both.
    interval : float
        Content of the central interval of the frequency, from a Beta(1/2, 1/2) prior (Jeffreys); questions taken as independent.

    Returns
    -------
    DataFrame
        Columns forecast (mean of the range), frequency, low, high, questions; ranges without a question are left out.
    """
    p, y = _checked(probability, outcome)
    place = np.clip(np.digitize(p, edges) - 1, 0, len(edges) - 2)
    table = pd.DataFrame({"place": place, "forecast": p, "outcome": y}).groupby("place").agg(forecast=("forecast", "mean"), frequency=("outcome", "mean"), yes=("outcome", "sum"), questions=("outcome", "size"))
    posterior = stats.beta(0.5 + table["yes"], 0.5 + table["questions"] - table["yes"])
    low, high = posterior.interval(interval)
    return table.assign(low=np.minimum(low, table["frequency"]), high=np.maximum(high, table["frequency"])).drop(columns="yes").reset_index(drop=True)


def best_exponent(mean_log_odds: np.ndarray, outcome: np.ndarray, score: str = "brier") -> float:
    """Multiple of the mean log odds with the lowest mean loss on these questions.

    Parameters
    ----------
    mean_log_odds, outcome : ndarray, shape (Q,)
    score : {"brier", "log"}

    Raises
    ------
    ValueError
        If the score is unknown.
    """
    losses = {"brier": brier, "log": log_loss}
    if score not in losses:
        raise ValueError(f"score must be one of {', '.join(losses)}; got {score!r}")

    def loss(log_exponent: float) -> float:
        return float(losses[score](1 / (1 + np.exp(-np.exp(log_exponent) * mean_log_odds)), outcome).mean())

    return float(np.exp(optimize.minimize_scalar(loss, bounds=np.log(EXPONENTS), method="bounded", options={"xatol": 1e-5}).x))
