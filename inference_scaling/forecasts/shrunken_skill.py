"""Skill of forecasters from resolved questions, shrunk by empirical Bayes in closed form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import log_expit

from inference_scaling.forecasts.crowd import Crowd, log_odds

SMALLEST_GAIN = 0.01
LARGEST_RATIO = 1e9


@dataclass(frozen=True)
class Skills:
    """Advantage in log score over the others on the same question, in units of what the set gains by averaging; 0 is the set's average.

    Attributes
    ----------
    forecaster : ndarray, shape (F,)
        Posterior mean for each forecaster code.
    row : ndarray, shape (N,)
        The same for the forecaster of each row, learned without that row, so that a forecast's own outcome does not weight it.
    """

    forecaster: np.ndarray
    row: np.ndarray


def _ratio(noise: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Noise over variance, capped where the variance is 0."""
    return np.minimum(np.divide(noise, variance, out=np.full_like(noise, LARGEST_RATIO), where=variance > 0), LARGEST_RATIO)


def skills(data: Crowd) -> Skills:
    r"""Skill with partial pooling, set by set, in linear time.

    The log score of forecaster i on question j, less the mean of the question, is :math:`d_{ij} = s_i + z_j t_i + e_{ij}` with :math:`z_j = \pm 1` for an event
    that came or not: t is a leaning towards yes that pays when the answer is yes, and must not pass for skill s where the training questions happen to end one
    way. Variances of s, t and e by moments (all have mean zero within a question); s by the normal equations. The log score is the usual track record
    (Satopaa et al. 2014 and Budescu and Chen 2015 weight by past performance); the unit, the gain of the geometric mean of odds over single forecasts,
    is what idiosyncratic error costs, so that one unit of skill is about one forecaster without such error.

    Parameters
    ----------
    data : Crowd
        With outcomes.

    Returns
    -------
    Skills
        All 0 in a set without question that two forecasters answered.
    """
    x = log_odds(data.probability)
    sign = 2 * data.outcome - 1
    z = sign[data.question]
    score = log_expit(z * x)
    mean = data.sums(score) / data.size
    used = (data.size > 1)[data.question].astype(float)
    unbias = np.sqrt(data.size / np.maximum(data.size - 1, 1))
    d = used * (score - mean[data.question]) * unbias[data.question]
    gain = log_expit(sign * data.sums(x) / data.size) - mean

    f, people = data.forecaster, len(data.forecasters)
    group = np.zeros(people, dtype=int)
    group[f] = data.group[data.question]
    n, lean, total, turned = (np.bincount(f, values, people) for values in (used, used * z, d, z * d))

    def by_set(values: np.ndarray) -> np.ndarray:
        return np.bincount(group, values, len(data.groups))

    yes, no = (n + lean) / 2, (n - lean) / 2
    total_yes, total_no = (total + turned) / 2, (total - turned) / 2
    squares = np.bincount(data.group[data.question], d**2, len(data.groups))
    explained = np.divide(total_yes**2, yes, out=np.zeros(people), where=yes > 0) + np.divide(total_no**2, no, out=np.zeros(people), where=no > 0)
    freedom = by_set(n) - by_set((yes > 0).astype(float) + (no > 0))
    noise = np.maximum(np.divide(squares - by_set(explained), freedom, out=squares / np.maximum(by_set(n), 1), where=freedom > 0), 1e-9)
    same = np.divide(by_set(total_yes**2 + total_no**2) - by_set(n) * noise, by_set(yes**2 + no**2), out=np.zeros_like(noise), where=by_set(n) > 0)
    across = np.divide(by_set(total_yes * total_no), by_set(yes * no), out=np.zeros_like(noise), where=by_set(yes * no) > 0)
    k_skill, k_lean = _ratio(noise, np.maximum(same + across, 0) / 2), _ratio(noise, np.maximum(same - across, 0) / 2)
    unit = np.maximum(np.bincount(data.group, gain, len(data.groups)) / np.bincount(data.group, minlength=len(data.groups)), SMALLEST_GAIN)

    def posterior(at, n, lean, total, turned):
        a, b = n + k_skill[at], n + k_lean[at]
        return (b * total - lean * turned) / (a * b - lean**2) / unit[at]

    at = group[f]
    return Skills(posterior(group, n, lean, total, turned), posterior(at, n[f] - used, lean[f] - used * z, total[f] - d, turned[f] - z * d))
