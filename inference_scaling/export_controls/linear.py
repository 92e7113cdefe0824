"""Hierarchical linear models solved exactly: coefficients integrated out in closed form, standard deviations on a grid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import special, stats


def draw_posterior(
    design: np.ndarray, observed: np.ndarray, noise: np.ndarray, mean: np.ndarray, deviation: np.ndarray, hierarchical: np.ndarray,
    spread_scale: float, noise_scales: Sequence[float], draws: int, seed: int, points: int = 16,
) -> dict[str, np.ndarray]:
    """Draws of a linear model with one unknown spread of coefficients and an unknown noise for each group of observations.

    observed ~ N(design @ beta, noise_sd[noise]), beta ~ N(mean, deviation) but for the hierarchical ones, beta ~ N(0, spread); spread and noise s.d. half-normal.

    Parameters
    ----------
    design : ndarray, shape (n, p)
    observed : ndarray, shape (n,)
    noise : ndarray of int, shape (n,)
        Group of each observation, 0 to len(noise_scales) - 1.
    mean, deviation : ndarray, shape (p,)
        Prior of the coefficients that are not hierarchical.
    hierarchical : ndarray of bool, shape (p,)
    spread_scale : float
        Scale of the half-normal prior of the spread.
    noise_scales : sequence of float
        Scales of the half-normal priors of the noise.
    points : int
        Grid points of each standard deviation: equal steps in the logarithm, at first from a hundredth of its prior scale to five times it.

    Returns
    -------
    dict
        beta (draws, p), spread (draws,), noise (draws, groups).
    """
    parts = design, observed, noise, mean, deviation, hierarchical
    scales = np.array([spread_scale, *noise_scales])
    axes = [np.geomspace(0.01 * scale, 5 * scale, points) for scale in scales]
    # First a coarse grid, then as many points where the posterior is.
    for last in (False, True):
        grid, log_weight, precision, solved = _on_grid(axes, scales, *parts)
        weight = special.softmax(log_weight)
        if not last:
            axes = [_refined(axis, weight.reshape([points] * len(axes)), position, points) for position, axis in enumerate(axes)]
    rng = np.random.default_rng(seed)
    at = rng.choice(len(grid), size=draws, p=weight)
    unique, back = np.unique(at, return_inverse=True)
    # With precision L L', L'^-1 z has covariance precision^-1.
    factor = np.linalg.inv(np.linalg.cholesky(precision[unique])).transpose(0, 2, 1)
    beta = solved[at] + np.einsum("sij,sj->si", factor[back], rng.normal(size=(draws, len(mean))))
    # Points stand for cells: spread over them, so that quantiles do not jump with the grid.
    steps = np.array([np.log(axis[1] / axis[0]) for axis in axes])
    drawn = grid[at] * np.exp(steps * rng.uniform(-0.5, 0.5, (draws, len(axes))))
    return {"beta": beta, "spread": drawn[:, 0], "noise": drawn[:, 1:]}


def _refined(axis: np.ndarray, weight: np.ndarray, position: int, points: int) -> np.ndarray:
    """The part of an axis that carries weight, and one step more at each end."""
    marginal = weight.sum(axis=tuple(i for i in range(weight.ndim) if i != position))
    carries = np.flatnonzero(marginal > 1e-5 * marginal.max())
    return np.geomspace(axis[max(carries[0] - 1, 0)], axis[min(carries[-1] + 1, len(axis) - 1)], points)


def _on_grid(axes: list[np.ndarray], scales: np.ndarray, design: np.ndarray, observed: np.ndarray, noise: np.ndarray, mean: np.ndarray, deviation: np.ndarray, hierarchical: np.ndarray) -> tuple:
    """Grid (G, d), log weights (G,), and precision (G, p, p) and mean (G, p) of the coefficients given each point."""
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(scales))
    # Equal steps in the logarithm: the density of the logarithm carries the value itself.
    log_weight = (stats.halfnorm.logpdf(grid, scale=scales) + np.log(grid)).sum(axis=1)
    prior_sd = np.where(hierarchical, grid[:, :1], deviation)
    centre = np.where(hierarchical, 0.0, mean)
    precision = np.zeros((len(grid), len(mean), len(mean)))
    precision[:, np.arange(len(mean)), np.arange(len(mean))] = prior_sd**-2
    linear, constant = centre / prior_sd**2, (centre**2 / prior_sd**2).sum(axis=1) + 2 * np.log(prior_sd).sum(axis=1)
    for group in range(len(scales) - 1):
        x, y, inverse = design[noise == group], observed[noise == group], grid[:, 1 + group] ** -2
        precision += inverse[:, None, None] * (x.T @ x)
        linear = linear + inverse[:, None] * (x.T @ y)
        constant += inverse * (y @ y) - len(y) * np.log(inverse)
    solved = np.linalg.solve(precision, linear[..., None])[..., 0]
    log_weight += -0.5 * (constant + np.linalg.slogdet(precision)[1] - (linear * solved).sum(axis=1))
    return grid, log_weight, precision, solved
