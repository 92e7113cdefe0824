"""Loss against parameters and tokens: an outside yardstick for the fitting machinery.

The published way is a Huber loss minimised by BFGS, with 4,000 bootstrap fits for the errors
(T. Besiroglu et al., "Chinchilla scaling: A replication attempt", arXiv:2404.10102). The model here
gives the same parameters with a full posterior.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pymc as pm
import pytensor.tensor as pt
import xarray as xr
from scipy.optimize import minimize
from scipy.special import log_ndtr, logsumexp

from inference_scaling import sampling

DELTA = 1e-3
PARAMETERS = ("A", "B", "E", "alpha", "beta")
# J. Hoffmann et al., arXiv:2203.15556, approach 3: a, b, e (logarithms), alpha, beta.
HOFFMANN = np.array([np.log(406.4), np.log(410.7), np.log(1.69), 0.34, 0.28])
START_LOG_SCALE = np.log(DELTA * 0.01)
_DENSITY_CONSTANT = np.log(
    np.sqrt(2 * np.pi) * (1 - 2 * np.exp(log_ndtr(-DELTA))) + 2 * np.exp(-0.5 * DELTA**2) / DELTA
)


@dataclass(frozen=True)
class Runs:
    """Training runs.

    Attributes
    ----------
    parameters, tokens, loss : ndarray
        Each of shape (run,); loss in nats per token.
    """

    parameters: np.ndarray
    tokens: np.ndarray
    loss: np.ndarray


def published_runs(table: pd.DataFrame) -> Runs:
    """Runs of the table chinchilla_points that the published fit used."""
    used = table[table["in_published_fit"]]
    return Runs(*(used[name].to_numpy() for name in ("parameters", "tokens", "loss")))


def loss_model(runs: Runs) -> pm.Model:
    r"""Loss of a model of N parameters trained on D tokens, with long-tailed errors.

    .. math:: \log L \sim \mathrm{Laplace}(\log(E + A N^{-\alpha} + B D^{-\beta}),\ s)

    Laplace, since the published density (Huber with a free scale and :math:`\delta = 0.001`) is
    quadratic only within :math:`\delta` scales, far below the spread of the residuals, and so is
    Laplace for all that matters.

    The runs determine A and B only together with the exponents, and E only together with both terms
    (a condition number of two thousand in the posterior's correlations, against twenty), so what is sampled is
    what they determine: the loss at the runs' geometric means of N and D, and the slopes of the two
    terms there, in nats for a factor e. Priors, wide beside the posterior: loss ~ LogNormal(log 2.5, 0.3), a
    language model loses two to four nats a token; slopes ~ LogNormal(log 0.1, 0.7), a doubling gains
    0.02 to 0.3 nats; exponents ~ LogNormal(log 0.35, 0.4), as in other studies of language models; s ~
    HalfNormal(0.05), a few per cent.
    """
    with pm.Model() as model:
        log_n = pm.Data("log_parameters", np.log(runs.parameters))
        log_d = pm.Data("log_tokens", np.log(runs.tokens))
        log_loss = pm.Data("log_loss", np.log(runs.loss))
        centre = pm.LogNormal("central_loss", np.log(2.5), 0.3)
        slope_n = pm.LogNormal("slope_parameters", np.log(0.1), 0.7)
        slope_d = pm.LogNormal("slope_tokens", np.log(0.1), 0.7)
        alpha = pm.LogNormal("alpha", np.log(0.35), 0.4)
        beta = pm.LogNormal("beta", np.log(0.35), 0.4)
        scale = pm.HalfNormal("scale", 0.05)
        mean_n, mean_d = log_n.mean(), log_d.mean()
        term_n, term_d = slope_n / alpha, slope_d / beta
        pm.Deterministic("E", centre - term_n - term_d)
        pm.Deterministic("A", term_n * pt.exp(alpha * mean_n))
        pm.Deterministic("B", term_d * pt.exp(beta * mean_d))
        loss = centre + term_n * pt.expm1(-alpha * (log_n - mean_n)) + term_d * pt.expm1(-beta * (log_d - mean_d))
        pm.Laplace("log_losses", pt.log(loss), scale, observed=log_loss)
    return model


def posterior(runs: Runs, **settings: int) -> xr.DataTree:
    """Posterior of `loss_model`; settings as for `sampling.fit`."""
    return sampling.fit(loss_model(runs), name="Chinchilla", **settings)


def huber_objective(position: np.ndarray, runs: Runs) -> tuple[float, np.ndarray]:
    """Sum of Huber losses of log residuals and its gradient in (a, b, e, alpha, beta)."""
    residual, jacobian = _residuals(position, runs)
    inside = np.abs(residual) <= DELTA
    value = np.where(inside, 0.5 * residual**2, DELTA * (np.abs(residual) - 0.5 * DELTA))
    slope = np.where(inside, residual, DELTA * np.sign(residual))
    return float(value.sum()), -jacobian @ slope


def huber_deviance(position: np.ndarray, runs: Runs) -> tuple[float, np.ndarray]:
    """Negative log-likelihood of the Huber density with log scale as sixth parameter, and gradient."""
    residual, jacobian = _residuals(position[:5], runs)
    scale = np.exp(position[5])
    z = residual / scale
    inside = np.abs(z) <= DELTA
    value = np.where(inside, 0.5 * z**2, DELTA * (np.abs(z) - 0.5 * DELTA))
    slope = np.where(inside, z, DELTA * np.sign(z))
    constant = z.size * (_DENSITY_CONSTANT + position[5])
    return float(value.sum() + constant), np.append(-jacobian @ slope / scale, z.size - slope @ z)


def _residuals(position: np.ndarray, runs: Runs) -> tuple[np.ndarray, np.ndarray]:
    """Residuals of log loss, shape (run,), and the prediction's Jacobian, shape (5, run)."""
    a, b, e, alpha, beta = position
    log_n, log_d = np.log(runs.parameters), np.log(runs.tokens)
    terms = np.stack([a - alpha * log_n, b - beta * log_d, np.full_like(log_n, e)])
    prediction = logsumexp(terms, axis=0)
    shares = np.exp(terms - prediction)
    jacobian = np.stack([*shares, -shares[0] * log_n, -shares[1] * log_d])
    return np.log(runs.loss) - prediction, jacobian


def published_fit(runs: Runs, with_scale: bool = True) -> dict[str, float]:
    """Point estimates in the published way.

    Parameters
    ----------
    runs : Runs
    with_scale : bool
        Whether the scale of the Huber density is estimated too, as for the published result.

    Returns
    -------
    dict of str to float
        A, B, E, alpha, beta.
    """
    return _named(_minimise(runs, with_scale))


def bootstrap(runs: Runs, fits: int = 4000, seed: int = 42) -> np.ndarray:
    """Estimates from resampled runs, in the published way: one BFGS fit each.

    Returns
    -------
    ndarray
        Shape (fits, 5), columns as PARAMETERS.
    """
    rng = np.random.default_rng(seed)
    found = np.empty((fits, 5))
    for row in found:
        chosen = rng.integers(runs.loss.size, size=runs.loss.size)
        resampled = Runs(runs.parameters[chosen], runs.tokens[chosen], runs.loss[chosen])
        row[:] = list(_named(_minimise(resampled, True)).values())
    return found


def _minimise(runs: Runs, with_scale: bool) -> np.ndarray:
    if with_scale:
        start, objective = np.append(HOFFMANN, START_LOG_SCALE), huber_deviance
    else:
        start, objective = HOFFMANN, huber_objective
    return minimize(objective, start, args=(runs,), jac=True, method="BFGS").x


def _named(position: np.ndarray) -> dict[str, float]:
    a, b, e, alpha, beta = position[:5]
    return dict(zip(PARAMETERS, map(float, (np.exp(a), np.exp(b), np.exp(e), alpha, beta)), strict=True))
