"""How strongly a pool should be extremised, and how that depends on the crowd: the book's fitted model of the exponent."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pymc as pm
import pytensor.tensor as pt

SIZE_ORIGIN = 10.0
LOG_EXPONENT, LOG_EXPONENT_SCALE = np.log(1.5), 0.5
BETWEEN = 0.5
SLOPE_SCALE = 0.3
BIAS_SCALE = 0.3


def exponent_model(mean_log_odds: np.ndarray, size: np.ndarray, group: np.ndarray, outcome: np.ndarray) -> pm.Model:
    r"""Exponent of the mean log odds by set and number of forecasters.

    .. math:: y_q \sim \mathrm{Bernoulli}\big(\mathrm{logit}^{-1}(c_g + a_q \bar\ell_q)\big), \quad \log a_q = \alpha_g + \beta \log(n_q / 10),\quad \alpha_g \sim N(\mu, \tau)

    Priors: :math:`\mu` ~ N(log 1.5, 0.5), so that the exponent of a crowd of ten lies in 0.66 to 3.4 (90 %), about the range of published ones; :math:`\tau` = 0.5, a factor of 1.6
    between sets, which three sets cannot tell; :math:`\beta` ~ N(0, 0.3), no direction assumed, a factor of two per ten times the forecasters within one s.d.;
    :math:`c_g` ~ N(0, 0.3), a set whose events come less often than its forecasters say.

    Parameters
    ----------
    mean_log_odds, size, outcome : ndarray, shape (Q,)
    group : ndarray of int, shape (Q,)
        Set of each question, 0, 1, ...
    """
    sets = int(group.max()) + 1
    with pm.Model() as model:
        x = pm.Data("mean_log_odds", np.asarray(mean_log_odds, float))
        log_size = pm.Data("log_size", np.log(np.asarray(size, float) / SIZE_ORIGIN))
        place = pm.Data("group", np.asarray(group, "int64"))
        level = pm.Normal("level", LOG_EXPONENT, LOG_EXPONENT_SCALE)
        slope = pm.Normal("slope", 0, SLOPE_SCALE)
        # Each set's level is sampled at its own typical size, where the data pin it down, and carried to the common origin afterwards.
        typical = pm.Data("typical_log_size", np.array([np.log(np.asarray(size, float)[group == number] / SIZE_ORIGIN).mean() for number in range(sets)]))
        at_typical = pm.Normal("log_exponent_at_typical_size", level + slope * typical, BETWEEN, shape=sets)
        log_exponent = pm.Deterministic("log_exponent", at_typical - slope * typical)
        bias = pm.Normal("bias", 0, BIAS_SCALE, shape=sets)
        exponent = pt.exp(log_exponent[place] + slope * log_size)
        pm.Bernoulli("outcome", logit_p=bias[place] + exponent * x, observed=np.asarray(outcome, "int64"))
    return model


def exponent_bands(draws: Mapping[str, np.ndarray], sizes: Mapping[str, np.ndarray], probability: float = 0.9) -> pd.DataFrame:
    """Exponent against the number of forecasters, by set.

    Parameters
    ----------
    draws : mapping
        log_exponent, shape (S, G), and slope, shape (S,).
    sizes : mapping of set to ndarray
        Numbers of forecasters at which to give it, sets in the order of the model's.

    Returns
    -------
    DataFrame
        Columns set, size, low, exponent, high.
    """
    tail, parts = (1 - probability) / 2, []
    for number, (name, size) in enumerate(sizes.items()):
        curves = np.exp(draws["log_exponent"][:, number, None] + draws["slope"][:, None] * np.log(np.asarray(size, float) / SIZE_ORIGIN))
        low, middle, high = np.quantile(curves, [tail, 0.5, 1 - tail], axis=0)
        parts.append(pd.DataFrame({"set": name, "size": size, "low": low, "exponent": middle, "high": high}))
    return pd.concat(parts, ignore_index=True)


def free_exponent(mean_log_odds: np.ndarray, outcome: np.ndarray, probability: float = 0.9) -> dict[str, float]:
    """Exponent of some questions by themselves, under the model's prior for one set and without a bias.

    Returns
    -------
    dict
        low, exponent, high: median and central interval, by quadrature over the log exponent.
    """
    grid = np.linspace(-3, 3, 1201)
    sign, scale = 2 * np.asarray(outcome, float) - 1, np.hypot(LOG_EXPONENT_SCALE, BETWEEN)
    log_density = -np.logaddexp(0, -np.exp(grid)[:, None] * (sign * mean_log_odds)).sum(axis=1) - 0.5 * ((grid - LOG_EXPONENT) / scale) ** 2
    cumulative = np.cumsum(np.exp(log_density - log_density.max()))
    low, middle, high = np.exp(np.interp([(1 - probability) / 2, 0.5, (1 + probability) / 2], cumulative / cumulative[-1], grid))
    return {"low": float(low), "exponent": float(middle), "high": float(high)}
