"""Few comparisons, each with its error: what they say about the next one, by quadrature.

Normal effects with a half-normal spread between comparisons; the spread is summed over a grid and the rest is closed form, so that nothing is sampled but the
final draws.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special, stats

DRAWS = 10_000
GRID = 400


@dataclass(frozen=True)
class Prior:
    """Prior of effects that differ between comparisons.

    Attributes
    ----------
    centre, scale : float
        Mean over comparisons ~ N(centre, scale).
    between : float
        Scale of the half-normal for the spread between comparisons.
    """

    centre: float
    scale: float
    between: float

    def __post_init__(self) -> None:
        if not (self.scale > 0 and self.between > 0):
            raise ValueError(f"scale and between must be positive; got {self.scale} and {self.between}")


@dataclass(frozen=True)
class Effects:
    """Posterior of the mean effect over comparisons, a mixture of normals over the grid of the spread; all arrays of shape (grid,).

    Attributes
    ----------
    weight, centre, deviation : ndarray
        Weight, mean and standard deviation of each part.
    between : ndarray
        Spread between comparisons in each part.
    """

    weight: np.ndarray
    centre: np.ndarray
    deviation: np.ndarray
    between: np.ndarray

    def mean_above(self, bound: float) -> float:
        """P(mean effect > bound)."""
        return float(self.weight @ special.ndtr((self.centre - bound) / self.deviation))

    def further_above(self, bound: float) -> float:
        """P(effect in a further comparison > bound)."""
        return float(self.weight @ special.ndtr((self.centre - bound) / np.hypot(self.deviation, self.between)))

    def draws(self, further: bool, size: int = DRAWS, seed: int = 0) -> np.ndarray:
        """Draws of the mean effect, or of that in a further comparison."""
        rng = np.random.default_rng(seed)
        part = rng.choice(len(self.weight), size, p=self.weight)
        width = np.hypot(self.deviation, self.between) if further else self.deviation
        return self.centre[part] + width[part] * rng.normal(size=size)


def hierarchical(effect, error, prior: Prior) -> Effects:
    r"""Posterior of :math:`\mu` and of :math:`\theta_{new}` from :math:`d_k \sim N(\theta_k, s_k)`, :math:`\theta_k \sim N(\mu, \tau)`.

    Parameters
    ----------
    effect, error : array_like, shape (K,)
        Observed effects and their standard errors; empty arrays give the prior.

    Raises
    ------
    ValueError
        If the shapes differ, or an error is not positive.
    """
    d, s = np.atleast_1d(np.asarray(effect, float)), np.atleast_1d(np.asarray(error, float))
    if d.shape != s.shape or not (s > 0).all():
        raise ValueError(f"effect and error must have one shape and errors must be positive; got {d.shape}, {s}")
    # Midpoints of equal prior probability, so that the grid itself carries the half-normal prior.
    tau = prior.between * stats.halfnorm.ppf((np.arange(GRID) + 0.5) / GRID)
    inverse = 1 / (s**2 + tau[:, None] ** 2)
    precision = inverse.sum(axis=1) + 1 / prior.scale**2
    centre = (inverse @ d + prior.centre / prior.scale**2) / precision
    # Log evidence of each tau: the normal density of the data at mu = centre, over the posterior density of mu there.
    log_weight = 0.5 * np.log(inverse).sum(axis=1) - 0.5 * (inverse * (d - centre[:, None]) ** 2).sum(axis=1) - 0.5 * ((centre - prior.centre) / prior.scale) ** 2 - 0.5 * np.log(precision)
    weight = np.exp(log_weight - special.logsumexp(log_weight))
    return Effects(weight, centre, precision**-0.5, tau)


def bounded_below(threshold: float, centre: float, scale: float, observed, error, ceilings, softness: float) -> float:
    """P(quantity < threshold), by quadrature, given noisy observations of a normal quantity and soft upper bounds.

    Parameters
    ----------
    centre, scale : float
        Prior N(centre, scale).
    observed, error : array_like
        Observations with standard errors.
    ceilings : array_like
        Values that the quantity hardly exceeds: each multiplies the density by a normal distribution function that falls from 1 to 0 around it.
    softness : float
        Standard deviation of that fall.
    """
    grid = np.linspace(centre - 6 * scale, centre + 6 * scale, 4001)
    log_density = -0.5 * ((grid - centre) / scale) ** 2
    for value, s in zip(np.atleast_1d(observed), np.atleast_1d(error), strict=True):
        log_density = log_density - 0.5 * ((value - grid) / s) ** 2
    for ceiling in np.atleast_1d(ceilings):
        log_density = log_density + special.log_ndtr((ceiling - grid) / softness)
    density = np.exp(log_density - log_density.max())
    cumulative = np.cumsum(density) - density / 2
    return float(np.interp(threshold, grid, cumulative / density.sum()))
