r"""Pools that weigh forecasters by their record, and the equal-weight pool that they are measured against.

All three are one formula, a weighted mean of log odds to a power,

.. math:: \mathrm{logit}\, p_q = a \, \frac{\sum_j w_j\, \ell_{jq}}{\sum_j w_j}, \qquad y_q \sim \mathrm{Bernoulli}(p_q),

fitted with the same prior of :math:`a`, so that a difference between them is the weights' alone. An error that all forecasters of a question share flattens
the curve by a factor that only ever appears as a product with :math:`a`; it is fitted as part of it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import optimize
from scipy.special import expit

from inference_scaling.forecasts.crowd import CLIP, log_odds

EXPONENT_MEAN, EXPONENT_SCALE = np.log(1.5), 0.5
SKILL_SCALE = 0.5
RECORD_SCALE = 10.0
SHRINKAGE = 5.0
WAYS = ("equal", "fitted skill", "past scores")


def record_pool(forecasts: pd.DataFrame, train: pd.DataFrame, way: str, skill_scale: float = SKILL_SCALE) -> pd.Series:
    """Pool by one of `WAYS`, everything learned from resolved questions.

    Parameters
    ----------
    forecasts, train : DataFrame
        Columns question, forecaster, probability, and in train outcome.
    way : {"equal", "fitted skill", "past scores"}
        Weights: one; :math:`e^{s_j}` with :math:`s_j \\sim N(0, 0.5)`, a factor of 2.3 either way for nine in ten forecasters; or :math:`e^{-\\gamma b_j}`, with
        b_j the mean of a forecaster's Brier scores less the question's mean, shrunk by five questions, and gamma half-normal with scale 10, a factor of e
        for a difference of 0.1. While gamma is fitted, a forecaster's record leaves out the question at hand.
    skill_scale : float
        Prior standard deviation of s_j.

    Returns
    -------
    Series
        Pooled probabilities, index question. A forecaster without a record has the weight one.
    """
    if way not in WAYS:
        raise ValueError(f"way must be one of {', '.join(WAYS)}; got {way!r}")
    people, labels = pd.factorize(train["forecaster"])
    questions, names = pd.factorize(train["question"])
    new = labels.get_indexer(forecasts["forecaster"])
    x, outcome = log_odds(train["probability"]), train.groupby("question", sort=False)["outcome"].first().to_numpy(float)
    test, test_names = pd.factorize(forecasts["question"])
    if way == "past scores":
        excess = (train["probability"].clip(CLIP, 1 - CLIP) - train["outcome"]).to_numpy() ** 2
        excess = excess - (np.bincount(questions, excess) / np.bincount(questions))[questions]
        total, count = np.bincount(people, excess), np.bincount(people)
        others = (total[people] - excess) / (count[people] - 1 + SHRINKAGE)
        log_exponent, gamma = _fit_past_scores(x, others, questions, outcome)
        record = np.append(-gamma * total / (count + SHRINKAGE), 0.0)
    elif way == "fitted skill":
        log_exponent, skill = _fit_skill(x, people, questions, outcome, skill_scale)
        record = np.append(skill, 0.0)
    else:
        log_exponent, _ = _fit_past_scores(x, np.zeros(len(x)), questions, outcome)
        record = np.zeros(len(labels) + 1)
    weight = np.exp(record[new])
    pooled = np.bincount(test, weight * log_odds(forecasts["probability"])) / np.bincount(test, weight)
    return pd.Series(expit(np.exp(log_exponent) * pooled), index=pd.Index(test_names, name="question"), name=way)


def _fit_past_scores(x: np.ndarray, record: np.ndarray, question: np.ndarray, outcome: np.ndarray) -> tuple[float, float]:
    """Posterior mode of log exponent and gamma."""
    sign = 2 * outcome - 1

    def loss(parameters: tuple[float, float]) -> float:
        log_exponent, gamma = parameters
        weight = np.exp(-gamma * record)
        mean = np.bincount(question, weight * x) / np.bincount(question, weight)
        prior = 0.5 * ((log_exponent - EXPONENT_MEAN) / EXPONENT_SCALE) ** 2 + 0.5 * (gamma / RECORD_SCALE) ** 2
        return np.logaddexp(0, -sign * np.exp(log_exponent) * mean).sum() + prior

    if not record.any():
        return float(optimize.minimize_scalar(lambda value: loss((value, 0.0)), bounds=(-3, 3), method="bounded", options={"xatol": 1e-6}).x), 0.0
    fit = optimize.minimize(loss, [EXPONENT_MEAN, 1.0], bounds=[(-3, 3), (0, 100)], method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-6})
    return float(fit.x[0]), float(fit.x[1])


def _fit_skill(x: np.ndarray, people: np.ndarray, question: np.ndarray, outcome: np.ndarray, scale: float) -> tuple[float, np.ndarray]:
    """Posterior mode of log exponent and skills, by the analytic gradient."""
    sign, n = 2 * outcome - 1, people.max() + 1

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        exponent, skill = np.exp(parameters[0]), parameters[1:]
        weight = np.exp(skill)[people]
        total = np.bincount(question, weight)
        mean = np.bincount(question, weight * x) / total
        margin = sign * exponent * mean
        slope = -sign * expit(-margin)
        value = np.logaddexp(0, -margin).sum() + 0.5 * ((parameters[0] - EXPONENT_MEAN) / EXPONENT_SCALE) ** 2 + 0.5 * (skill**2).sum() / scale**2
        by_row = (slope * exponent / total)[question] * weight * (x - mean[question])
        gradient = np.concatenate([[(slope * exponent * mean).sum() + (parameters[0] - EXPONENT_MEAN) / EXPONENT_SCALE**2], np.bincount(people, by_row, minlength=n) + skill / scale**2])
        return value, gradient

    start = np.concatenate([[EXPONENT_MEAN], np.zeros(n)])
    fit = optimize.minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(-3, 3), *[(-5, 5)] * n])
    return float(fit.x[0]), fit.x[1:]
