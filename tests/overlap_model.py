"""Central part of the Bayesian pool, bias, slope and overlap of several sets, as a model to be sampled: the check of the pool's approximation."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from scipy.special import expit

from inference_scaling.forecasts.evidence import BIAS, OVERLAP, PRIORS, SLOPE, Priors

CENTRAL = [BIAS, SLOPE, OVERLAP]


def overlap_model(
    centre: np.ndarray,
    size: np.ndarray,
    group: np.ndarray,
    outcome: np.ndarray,
    shift: np.ndarray,
    left: np.ndarray,
    priors: Priors = PRIORS,
) -> pm.Model:
    r"""Bias, calibration slope and overlap of every set, with partial pooling over the sets.

    .. math:: y_q \sim \mathrm{Bernoulli}\Big(\sigma\Big(a_g + c_g \frac{n_q}{1 + (n_q - 1)\rho_g} \bar x_q\Big)\Big)

    with :math:`(a, \log c, \mathrm{logit}\,\rho)_g \sim N(\psi + s_g, (l_g T)^2)` and :math:`T^2` inverse-gamma. Equal
    weights, no surprise; priors and their reasons as in `evidence.Priors`. The exponent of n forecasters is :math:`c\,n/(1+(n-1)\rho)`.

    Parameters
    ----------
    centre : ndarray, shape (Q,)
        Log odds of the crowd's mean, `evidence.centre`.
    size, outcome : ndarray, shape (Q,)
    group : ndarray of int, shape (Q,)
        Set of each question, 0 ... G - 1.
    shift, left : ndarray, shape (G,)
        What each set's own forecasts say of its logit overlap, `evidence.overlap_prior`: shift of the prior mean, share of the variance left.
    """
    sets = len(shift)
    shifts, scale = np.zeros((sets, len(CENTRAL))), np.ones((sets, len(CENTRAL)))
    shifts[:, -1], scale[:, -1] = shift, np.sqrt(left)
    with pm.Model() as model:
        x, n = pm.Data("centre", np.asarray(centre, float)), pm.Data("size", np.asarray(size, float))
        place = pm.Data("group", np.asarray(group, "int64"))
        population = pm.Normal("population", priors.centre[CENTRAL], priors.population[CENTRAL])
        freedom = priors.freedom
        variance = pm.InverseGamma("variance", alpha=freedom / 2, beta=freedom / 2 * priors.between[CENTRAL] ** 2, shape=len(CENTRAL))
        z = pm.Normal("z", 0, 1, shape=(sets, len(CENTRAL)))
        psi = pm.Deterministic("psi", population + pm.Data("shift", shifts) + pm.Data("scale", scale) * pt.sqrt(variance) * z)
        exponent = pt.exp(psi[place, 1]) * n / (1 + (n - 1) * pt.sigmoid(psi[place, 2]))
        pm.Bernoulli("outcome", logit_p=psi[place, 0] + exponent * x, observed=np.asarray(outcome, "int64"))
    return model


def exponents(psi: np.ndarray, size: float) -> np.ndarray:
    """Exponent for `size` forecasters from draws of psi, shape (..., G, 3)."""
    return np.exp(psi[..., 1]) * size / (1 + (size - 1) * expit(psi[..., 2]))
