"""Pools of probabilities for binary questions: six simple rules and the entry to the Bayesian one.

Sources of the rules: Satopaa et al. 2014 (mean log odds and its extremising exponent), Baron et al. 2014 (why averages are too timid), Neyman and
Roughgarden 2022 (the factor by number of forecasters), Sevilla's overview of forecast pools (geometric mean of odds, and the factor applied to log odds).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.special import expit, logit

from inference_scaling.forecasts import bayes as _bayes
from inference_scaling.forecasts.crowd import CLIP, Crowd, check, crowd

TRIM = 0.1
EXPONENT = 1.5
EXPONENT_SCALE = 0.5
EXPONENT_RANGE = (0.1, 10.0)


def _clipped(data: Crowd, clip: float) -> np.ndarray:
    if not 0 < clip < 0.5:
        raise ValueError(f"clip must lie strictly between 0 and 0.5; got {clip}")
    return np.clip(data.probability, clip, 1 - clip)


def _sorted(data: Crowd, values: np.ndarray) -> np.ndarray:
    return values[np.lexsort((values, data.question))]


def mean_log_odds(data: Crowd, clip: float) -> np.ndarray:
    """Mean over forecasters of the log odds, shape (Q,)."""
    return data.sums(logit(_clipped(data, clip))) / data.size


def mean(data: Crowd, train: Crowd | None, clip: float = CLIP) -> np.ndarray:
    """Linear pool: the mean probability."""
    return data.sums(_clipped(data, clip)) / data.size


def median(data: Crowd, train: Crowd | None, clip: float = CLIP) -> np.ndarray:
    """Median probability; between the middle two of an even number."""
    ordered = _sorted(data, _clipped(data, clip))
    return (ordered[data.start + (data.size - 1) // 2] + ordered[data.start + data.size // 2]) / 2


def trimmed(data: Crowd, train: Crowd | None, clip: float = CLIP, trim: float = TRIM) -> np.ndarray:
    """Mean of what is left without the share `trim` at each end, rounded down: of nine forecasters none goes, of ten one at each end."""
    if not 0 <= trim < 0.5:
        raise ValueError(f"trim must lie in [0, 0.5); got {trim}")
    ordered = _sorted(data, _clipped(data, clip))
    cut = np.floor(trim * data.size + 1e-9).astype(int)
    total = np.concatenate([[0.0], np.cumsum(ordered)])
    return (total[data.start + data.size - cut] - total[data.start + cut]) / (data.size - 2 * cut)


def geometric_odds(data: Crowd, train: Crowd | None, clip: float = CLIP) -> np.ndarray:
    """Geometric mean of the odds."""
    return expit(mean_log_odds(data, clip))


def learned_exponent(train: Crowd, clip: float = CLIP) -> float:
    """Exponent with the highest log score on resolved questions plus log prior, log exponent ~ N(log 1.5, 0.5).

    The prior's 90 % range, 0.66 to 3.4, is about that of published exponents: 1.16 to 3.92 for large crowds (Satopaa et al. 2014), below 1 on Metaculus.
    """
    sign, x = 2 * train.outcome - 1, mean_log_odds(train, clip)

    def loss(log_exponent: float) -> float:
        return np.logaddexp(0, -sign * np.exp(log_exponent) * x).sum() + 0.5 * ((log_exponent - np.log(EXPONENT)) / EXPONENT_SCALE) ** 2

    return float(np.exp(minimize_scalar(loss, bounds=np.log(EXPONENT_RANGE), method="bounded", options={"xatol": 1e-6}).x))


def extremised(data: Crowd, train: Crowd | None, clip: float = CLIP, exponent: float | None = None) -> np.ndarray:
    """Geometric mean of the odds to the power `exponent`: as given, else learned from train, else 1.5.

    1.5 lies between no extremising and the limit of Neyman and Roughgarden, 1.73.
    """
    if exponent is None:
        exponent = learned_exponent(train, clip) if train else EXPONENT
    if not 0 < exponent < np.inf:
        raise ValueError(f"exponent must be positive and finite; got {exponent}")
    return expit(exponent * mean_log_odds(data, clip))


def neyman_roughgarden_factor(n: np.ndarray) -> np.ndarray:
    r"""Extremising factor for n forecasters, :math:`n(\sqrt{3n^2-3n+1}-2)/(n^2-n-1)`: 1 for one, 1.29 for two, towards the root of 3."""
    n = np.asarray(n, dtype=float)
    return n * (np.sqrt(3 * n**2 - 3 * n + 1) - 2) / (n**2 - n - 1)


def neyman_roughgarden(data: Crowd, train: Crowd | None, clip: float = CLIP) -> np.ndarray:
    """Mean log odds times the factor of Neyman and Roughgarden, with even odds as the prior (they state it for means of estimates)."""
    return expit(neyman_roughgarden_factor(data.size) * mean_log_odds(data, clip))


RULES: dict[str, Callable[..., np.ndarray]] = {
    "mean": mean,
    "median": median,
    "trimmed": trimmed,
    "geometric_odds": geometric_odds,
    "extremised": extremised,
    "neyman_roughgarden": neyman_roughgarden,
    "bayes": _bayes.pool,
}


def pool(forecasts: pd.DataFrame, method: str = "bayes", train: pd.DataFrame | None = None, **options) -> pd.Series:
    """Pool the forecasts of each question into one probability.

    Parameters
    ----------
    forecasts : DataFrame
        One row a forecaster and question: question, forecaster, probability in [0, 1]; optional date (of the forecast) and group (the set that the
        question comes from: one tournament, platform or panel). A forecaster's latest forecast on a question counts, where dates tell it.
        Probabilities of exactly 0 and 1 are allowed and kept finite: the simple rules move all probabilities to [clip, 1 - clip], clip 0.01 by
        default; `bayes` learns how far to trust extreme forecasts.
    method : {"mean", "median", "trimmed", "geometric_odds", "extremised", "neyman_roughgarden", "bayes"}
    train : DataFrame, optional
        Resolved questions: the same columns plus outcome, 0 or 1. Used by `extremised` and `bayes`. `bayes` takes questions of `forecasts` whose group
        stands in train (or where neither frame has groups) as more of the same set, and others as a new set; see `bayes.pool` for its warnings.
        Forecasters are the same where label and group are the same.
    **options
        Of the method: clip (all simple rules), trim (trimmed), exponent (extremised), priors (bayes; `evidence.Priors`).

    Returns
    -------
    Series
        Pooled probabilities in (0, 1), named after the method, index question, sorted.

    Raises
    ------
    ValueError
        If the method or an option is unknown, or the frames break a rule of `crowd.check`; if a question stands in both frames, for its outcome
        would be known to the pool.
    """
    if method not in RULES:
        raise ValueError(f"method must be one of {', '.join(RULES)}; got {method!r}")
    allowed = list(inspect.signature(RULES[method]).parameters)[2:]
    if set(options) - set(allowed):
        raise ValueError(f"method {method!r} takes the options {', '.join(allowed)}; got {', '.join(options)}")
    rows = check(forecasts, "forecasts", resolved=False)
    resolved = None
    if train is not None:
        resolved = check(train, "train", resolved=True)
        _refuse_overlap(rows, resolved, "group" in forecasts.columns and "group" in train.columns)
        resolved = crowd(resolved, resolved=True)
    data = crowd(rows, resolved=False)
    values = RULES[method](data, resolved, **options)
    return pd.Series(values, index=data.questions, name=method)


def _refuse_overlap(forecasts: pd.DataFrame, train: pd.DataFrame, by_group: bool) -> None:
    keys = ["group", "question"] if by_group else ["question"]
    both = pd.MultiIndex.from_frame(forecasts[keys].drop_duplicates()).intersection(pd.MultiIndex.from_frame(train[keys].drop_duplicates()))
    if len(both):
        raise ValueError(f"question {both[0][-1]!r} (and {len(both) - 1} more) stands in both forecasts and train, so the pool would know its outcome; take it out of train, or rename it")
