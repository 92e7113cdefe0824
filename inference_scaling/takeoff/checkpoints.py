"""Pythia checkpoints as measured points of a plane of training compute and samples: coverage of each, by exact quadrature.

Counts by checkpoint and problem: R. Schaeffer et al. 2025. Each checkpoint's problems have success rates from a Beta law, whose two parameters are summed over a grid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import betaln, gammaln, logit

from inference_scaling import tables
from inference_scaling.difficulty import BETA_PRIOR
from inference_scaling.passk import coverage

SAMPLES = 100
GRID = 31
REACH = 5.0
DRAWS = 1000
SEED = 20250224


@dataclass(frozen=True)
class Checkpoints:
    """Measured checkpoints.

    Attributes
    ----------
    rows : DataFrame
        One row a checkpoint: benchmark, params, tokens, flop (6 N D), single and hundred (posterior means of the log odds of pass@1 and pass@100), and the Cholesky
        factor of their posterior covariance (single_sd, coupling, hundred_sd).
    draws : ndarray, shape (checkpoints, DRAWS, 2)
        Posterior draws of the log odds of pass@1 and pass@100.
    unbiased : ndarray, shape (checkpoints, 2)
        Log odds of pass@1 and pass@100 by the unbiased estimator, without a law.
    rates : dict of index to ndarray, shape (problems,)
        Posterior mean success rate of each problem, in the order of `problems`.
    problems : dict of index to ndarray
        Problem numbers.
    """

    rows: pd.DataFrame
    draws: np.ndarray
    unbiased: np.ndarray
    rates: dict[int, np.ndarray]
    problems: dict[int, np.ndarray]


def log_odds_of_coverage(log_alpha: np.ndarray, location: np.ndarray, k: int) -> np.ndarray:
    """Log odds of solving a problem within `k` samples, for Beta(alpha, alpha exp(-location)) success rates; `location` is the logit of pass@1."""
    alpha = np.exp(log_alpha)
    beta = alpha * np.exp(-location)
    log_miss = gammaln(beta + k) - gammaln(beta) + gammaln(alpha + beta) - gammaln(alpha + beta + k)
    return np.log(-np.expm1(log_miss)) - log_miss


def beta_posterior(n: np.ndarray, s: np.ndarray, rng: np.random.Generator, size: int = DRAWS) -> np.ndarray:
    """Draws of (log alpha, logit of the mean) of a Beta law of success rates.

    Parameters
    ----------
    n, s : ndarrays of int, shape (problems,)
        Samples and successes. A number of samples that depends on earlier successes does not bias the posterior.
    rng : numpy.random.Generator
    size : int

    Returns
    -------
    ndarray, shape (size, 2)
        Drawn from a grid of GRID x GRID points about the mode, and spread evenly within its cells. Priors as for repeated sampling: alpha about 0.3 within a factor
        of e, mean at odds of exp(-4 +- 2).
    """
    (log_alpha, alpha_sd, _), (location, location_sd, _) = BETA_PRIOR["log_alpha"], BETA_PRIOR["logit_mean"]

    def log_posterior(theta: np.ndarray) -> np.ndarray:
        alpha = np.exp(theta[..., 0])
        beta = alpha * np.exp(-theta[..., 1])
        likelihood = (betaln(alpha[..., None] + s, beta[..., None] + n - s) - betaln(alpha, beta)[..., None]).sum(-1)
        return likelihood - 0.5 * ((theta[..., 0] - log_alpha) / alpha_sd) ** 2 - 0.5 * ((theta[..., 1] - location) / location_sd) ** 2

    start = np.array([log_alpha, logit((s.sum() + 0.5) / (n.sum() + 1))])
    mode = minimize(lambda theta: -log_posterior(theta), start, method="Nelder-Mead", options={"xatol": 1e-3, "fatol": 1e-3}).x
    step = 1e-2
    at, up, down = log_posterior(mode), *(log_posterior(mode + sign * step * np.eye(2)) for sign in (1, -1))
    spread = np.clip(1 / np.sqrt(np.maximum(-(up - 2 * at + down) / step**2, 1e-3)), 0.02, 2.0)
    z = np.linspace(-REACH, REACH, GRID)
    grid = mode + spread * np.stack(np.meshgrid(z, z, indexing="ij"), axis=-1).reshape(-1, 2)
    density = log_posterior(grid)
    weight = np.exp(density - density.max())
    chosen = rng.choice(len(grid), size, p=weight / weight.sum())
    return grid[chosen] + spread * (z[1] - z[0]) * rng.uniform(-0.5, 0.5, (size, 2))


def measure(counts: pd.DataFrame, seed: int = SEED) -> Checkpoints:
    """Coverage of every checkpoint of the table `pythia_grid`."""
    rng = np.random.default_rng(seed)
    rows, draws, unbiased, rates, problems = [], [], [], {}, {}
    for index, ((benchmark, params, tokens), cell) in enumerate(counts.groupby(["benchmark", "params", "tokens"])):
        n, s = cell["samples"].to_numpy(), cell["successes"].to_numpy()
        law = beta_posterior(n, s, rng)
        pair = np.stack([law[:, 1], log_odds_of_coverage(law[:, 0], law[:, 1], SAMPLES)], axis=-1)
        factor = np.linalg.cholesky(np.cov(pair.T))
        single, hundred = pair.mean(axis=0)
        rows.append(
            {"benchmark": benchmark, "params": params, "tokens": tokens, "flop": 6.0 * params * tokens, "single": single, "hundred": hundred}
            | {"single_sd": factor[0, 0], "coupling": factor[1, 0], "hundred_sd": factor[1, 1]}
        )
        draws.append(pair)
        unbiased.append(logit(coverage(n, s, np.array([1, SAMPLES]))))
        alpha = np.exp(law[:, 0].mean())
        rates[index] = (alpha + s) / (alpha * (1 + np.exp(-law[:, 1].mean())) + n)
        problems[index] = cell["problem"].to_numpy()
    return Checkpoints(pd.DataFrame(rows), np.array(draws), np.array(unbiased), rates, problems)


def load() -> Checkpoints:
    """The checkpoints of the table `pythia_grid`."""
    return measure(tables.load("pythia_grid"))
