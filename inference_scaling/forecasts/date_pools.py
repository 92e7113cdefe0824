"""One distribution of a date from several: averages by rule, and a Bayesian pool that knows that sources err together.

``linear``
    Mean of the probabilities, year by year: the date of a forecaster drawn at random. As wide as the forecasters together.
``geometric``
    Mean of the log odds of "by then", year by year. Pooling distribution functions rather than densities makes the pooled date agree with the geometric mean of
    odds that is usual for single questions, whatever year is asked about; the price is that the order of pooling and conditioning on news matters.
``quantile``
    Mean of the years at each probability (Vincent 1912). Keeps the forecasters' typical width and shape.
``bayes``
    Forecasters as instruments that read one truth with a shared and a separate error (after Winkler 1981); see `BayesPrior`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from inference_scaling.forecasts.dates import DateDistribution, decimal_year
from inference_scaling.forecasts.scales import Law, LogTime, Spline

METHODS = ("linear", "geometric", "quantile", "bayes")
# Normal score of the ninth decile: the stated spread is read from the two outer deciles.
_DECILE = special.ndtri(0.9)
_TINY = 1e-15
_FREEDOM = 4
# Normal scores at which sources are compared: out to 99.99 %, with the outer deciles among them.
SCORES = _DECILE * np.arange(-30, 31) / 10
# Years; half a minute.
_SHORTEST = 1e-6


@dataclass(frozen=True)
class BayesPrior:
    """What the Bayesian pool assumes before it sees the sources; all on the log of the time to event, bent so that the sources' mean quantile curve is straight.

    Source i states a median m_i. With x the truth, ``m_i = x + bias + shared + group_g(i) + own_i``; the terms are independent, x is flat. ``shared`` is normal with
    standard deviation ``h S``, ``own_i`` is Student t with four degrees of freedom (some are far off) and standard deviation ``a S / sqrt(w_i)``, where S is the weighted
    mean of the spreads that the sources state and the weights w_i have mean one. A source that states a narrow spread is not taken to be more often right than the others.
    How far the sources lie apart speaks about a and the groups only: that they agree is no sign that they are right, as they read each other.

    Attributes
    ----------
    shared, shared_log_sd : float
        Median and log standard deviation of h.
    own, own_log_sd : float
        Median and log standard deviation of a. At the default medians h^2 + a^2 is 1.33^2, so that a single source's 80 % intervals hold the truth two times in
        three, and two thirds of its error variance are common to all.
    bias_sd : float
        Standard deviation of an error of all forecasters alike that their spreads do not include; 0.2 is a factor of 1.2 in the time left.
    group_sd : float
        Scale of the half-normal standard deviation between groups, if groups are given.
    """

    shared: float = 1.09
    shared_log_sd: float = 0.3
    own: float = 0.77
    own_log_sd: float = 0.5
    bias_sd: float = 0.2
    group_sd: float = 0.3

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not 0 < value < np.inf:
                raise ValueError(f"BayesPrior: {name} must be positive and finite, got {value}")


def pool_dates(
    distributions: Sequence[DateDistribution],
    weights: ArrayLike | None = None,
    method: str = "linear",
    *,
    as_of: float | str | pd.Timestamp | None = None,
    groups: Sequence[Hashable] | None = None,
    prior: BayesPrior | None = None,
) -> DateDistribution:
    """One distribution over the date of an event from several over the same event.

    Parameters
    ----------
    distributions : sequence of DateDistribution
    weights : array_like, shape (n,), optional
        Not negative, not all zero; divided by their sum. Equal unless given.
    method : str
        One of `METHODS`; see the module.
    as_of : float, str or Timestamp, optional
        Date of the pool, the latest statement's unless given. Each distribution is first told that the event had not happened by then.
    groups : sequence of hashable, optional
        Group of each source, for ``bayes`` only: sources of a group err together.
    prior : BayesPrior, optional
        For ``bayes`` only.

    Returns
    -------
    DateDistribution
        Probability of never: weighted mean (linear, bayes), that of the mean log odds (geometric), the largest (quantile: beyond it some source has no date to average).

    Raises
    ------
    ValueError
        If there is nothing to pool, or method, weights, groups or `as_of` are unusable.
    """
    if method not in METHODS:
        raise ValueError(f"pool_dates: method is {method!r}; choose one of {', '.join(METHODS)}")
    if len(distributions) == 0:
        raise ValueError("pool_dates: no distributions given; give at least one")
    if method != "bayes" and (groups is not None or prior is not None):
        raise ValueError(f"pool_dates: groups and prior are for method 'bayes', not {method!r}; leave them out")
    shares = _normalised(weights, len(distributions))
    if groups is not None and len(groups) != len(distributions):
        raise ValueError(f"pool_dates: {len(groups)} groups for {len(distributions)} distributions; give one each")
    latest = max(d.stated for d in distributions)
    now = latest if as_of is None else decimal_year(as_of)
    if now < latest:
        raise ValueError(f"pool_dates: as_of is {now:.2f}, but a distribution was stated in {latest:.2f}; pool at that date or later")
    used = shares > 0
    told = [d.given_not_by(now) for d, keep in zip(distributions, used) if keep]
    shares = shares[used]
    if method == "bayes":
        kept = None if groups is None else [g for g, keep in zip(groups, used) if keep]
        law, never = _bayes(told, shares, now, kept, prior or BayesPrior())
    else:
        law, never = {"linear": _linear, "geometric": _geometric, "quantile": _quantile}[method](told, shares, now)
    return DateDistribution(now, law, never, name=f"{method} pool of {len(told)}")


def _normalised(weights: ArrayLike | None, count: int) -> np.ndarray:
    if weights is None:
        return np.full(count, 1 / count)
    weights = np.asarray(weights, dtype=float)
    if weights.shape != (count,):
        raise ValueError(f"pool_dates: weights of shape {weights.shape} for {count} distributions; give one each")
    if not np.isfinite(weights).all() or weights.min() < 0 or weights.sum() == 0:
        raise ValueError(f"pool_dates: weights must be finite, none negative and not all zero; got {weights.tolist()}")
    return weights / weights.sum()


@dataclass(frozen=True, eq=False)
class _ByYear:
    """Law with a distribution function and a density; its quantiles by search."""

    cdf: Callable[[np.ndarray], np.ndarray]
    pdf: Callable[[np.ndarray], np.ndarray]

    def quantile(self, probability: np.ndarray) -> np.ndarray:
        return np.exp(_inverse(lambda log: self.cdf(np.exp(log)), np.asarray(probability), np.log(1e-9), np.log(1e15)))


@dataclass(frozen=True, eq=False)
class _ByProbability:
    """Law with a quantile function and its slope; its distribution function by search."""

    quantile: Callable[[np.ndarray], np.ndarray]
    slope: Callable[[np.ndarray], np.ndarray]

    def cdf(self, time: np.ndarray) -> np.ndarray:
        return special.ndtr(_inverse(lambda score: self.quantile(special.ndtr(score)), np.asarray(time), -8.0, 8.0))

    def pdf(self, time: np.ndarray) -> np.ndarray:
        return 1 / self.slope(self.cdf(time))


def _inverse(function: Callable[[np.ndarray], np.ndarray], value: np.ndarray, low: float, high: float) -> np.ndarray:
    """Where an increasing function takes a value: bracketed on a table, then halved to 1e-10 of the range."""
    nodes = np.linspace(low, high, 1001)
    k = np.clip(np.searchsorted(function(nodes), value) - 1, 0, len(nodes) - 2)
    left, right = nodes[k], nodes[k + 1]
    for _ in range(32):
        middle = (left + right) / 2
        below = function(middle) < value
        left, right = np.where(below, middle, left), np.where(below, right, middle)
    return (left + right) / 2


def _linear(told: list[DateDistribution], shares: np.ndarray, now: float) -> tuple[_ByYear, float]:
    never = float(sum(w * d.probability_of_never for w, d in zip(shares, told)))
    return _ByYear(
        lambda time: sum(w * d.cdf(now + time) for w, d in zip(shares, told)) / (1 - never),
        lambda time: sum(w * d.pdf(now + time) for w, d in zip(shares, told)) / (1 - never),
    ), never


def _geometric(told: list[DateDistribution], shares: np.ndarray, now: float) -> tuple[_ByYear, float]:
    never = float(special.expit(sum(w * special.logit(d.probability_of_never) for w, d in zip(shares, told))))

    def odds(time: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Pooled log odds of "by then" and their slope."""
        total, slope = 0.0, 0.0
        for w, d in zip(shares, told):
            below = np.clip(d.cdf(now + time), _TINY, 1 - _TINY)
            total, slope = total + w * special.logit(below), slope + w * d.pdf(now + time) / (below * (1 - below))
        return total, slope

    def density(time: np.ndarray) -> np.ndarray:
        total, slope = odds(time)
        return special.expit(total) * special.expit(-total) * slope / (1 - never)

    return _ByYear(lambda time: np.minimum(special.expit(odds(time)[0]) / (1 - never), 1.0), density), never


def _quantile(told: list[DateDistribution], shares: np.ndarray, now: float) -> tuple[_ByProbability, float]:
    never = max(d.probability_of_never for d in told)

    def dates(probability: np.ndarray) -> list[np.ndarray]:
        within = np.clip(np.asarray(probability) * (1 - never), _TINY, 1 - never - _TINY)
        return [d.quantile(within) for d in told]

    return _ByProbability(
        lambda probability: sum(w * (date - now) for w, date in zip(shares, dates(probability))),
        lambda probability: (1 - never) * sum(w / d.pdf(date) for w, d, date in zip(shares, told, dates(probability))),
    ), never


def _bayes(told: list[DateDistribution], shares: np.ndarray, now: float, groups: Sequence[Hashable] | None, prior: BayesPrior) -> tuple[Law, float]:
    never = float(sum(w * d.probability_of_never for w, d in zip(shares, told)))
    times = np.array([d.quantile(special.ndtr(SCORES) * (1 - d.probability_of_never)) - now for d in told])
    return bayes_law(np.log(np.maximum(times, _SHORTEST)), shares, groups, prior), never


def bayes_law(log_times: np.ndarray, shares: np.ndarray, groups: Sequence[Hashable] | None, prior: BayesPrior) -> Law:
    """Law of the time to event, from the sources' quantiles.

    Parameters
    ----------
    log_times : ndarray, shape (n, len(SCORES))
        Log time to event of each source at the normal scores `SCORES`.
    shares : ndarray, shape (n,)
        Weights that sum to one.
    groups, prior
        As for `pool_dates`.
    """
    shape = shares @ log_times
    rising = np.diff(shape, prepend=-np.inf) > 1e-9
    low, middle, high = (np.flatnonzero(np.isclose(SCORES, score))[0] for score in (-_DECILE, 0, _DECILE))
    straight = Spline.through(shape[rising], (shape[high] - shape[low]) / (2 * _DECILE) * SCORES[rising])
    spread = (shape[high] - shape[low]) / (2 * _DECILE)
    located, weight = location_posterior(straight(log_times[:, middle]), spread, shares * len(shares), groups, prior)
    shared = prior.shared * np.exp(prior.shared_log_sd * _normal_nodes(24))
    sd = np.hypot(shared * spread, prior.bias_sd)
    centre = weight @ located
    nodes = centre + np.sqrt(weight @ (located - centre) ** 2 + np.mean(sd**2)) * np.linspace(-6, 6, 121)
    standard = (nodes[:, None, None] - located) / sd[:, None]
    below, above = (special.ndtr(sign * standard).mean(axis=1) @ weight for sign in (1, -1))
    scores = np.where(below < 0.5, special.ndtri(below), -special.ndtri(above))
    return Law(LogTime(), Spline.through(straight.inverse(nodes), scores))


def location_posterior(medians: np.ndarray, spread: float, weights: np.ndarray, groups: Sequence[Hashable] | None, prior: BayesPrior) -> tuple[np.ndarray, np.ndarray]:
    """Posterior, by quadrature, of where the sources lie: the truth plus bias and shared error of `BayesPrior`.

    Parameters
    ----------
    medians, weights : ndarray, shape (n,)
        Medians of log time that the sources state; weights of mean one.
    spread : float
        Mean standard deviation of log time that they state.
    groups : sequence of hashable, optional
        Of length n.

    Returns
    -------
    (location, probability)
        Each of shape (m,); nodes of log time, dense where the sources are, and their probabilities.
    """
    middle = np.sort(medians)[len(medians) // 2]
    fine, reach = spread / np.sqrt(len(medians)), 30 * spread + np.ptp(medians)
    location = middle + fine * np.sinh(np.linspace(-1, 1, 241) * np.arcsinh(reach / fine))
    own = prior.own * np.exp(prior.own_log_sd * _normal_nodes(24))
    between = np.zeros(1) if groups is None else prior.group_sd * special.ndtri(0.5 + (np.arange(8) + 0.5) / 16)
    offset, offset_weight = np.polynomial.hermite_e.hermegauss(1 if groups is None else 9)
    labels = np.zeros(len(medians), dtype=int) if groups is None else pd.factorize(pd.Series(list(groups), dtype=object), use_na_sentinel=False)[0]

    log_posterior = np.zeros((len(own), len(between), len(location)))
    shifted = location + between[:, None, None] * offset[:, None]
    for label in range(labels.max() + 1):
        member = labels == label
        distance = weights[member, None] * (medians[member, None] - location) ** 2
        for k, scale in enumerate(own * spread / np.sqrt(_FREEDOM / (_FREEDOM - 2))):
            by_location = -(_FREEDOM + 1) / 2 * np.log1p(distance / (_FREEDOM * scale**2)).sum(axis=0) - member.sum() * np.log(scale)
            by_offset = np.interp(shifted, location, by_location)
            log_posterior[k] += special.logsumexp(by_offset, b=offset_weight[:, None], axis=1)
    probability = np.exp(log_posterior - log_posterior.max()).sum(axis=(0, 1)) * np.gradient(location)
    return location, probability / probability.sum()


def _normal_nodes(count: int) -> np.ndarray:
    """Midpoints of equally likely parts of the standard normal law, scaled to its variance."""
    nodes = special.ndtri((np.arange(count) + 0.5) / count)
    return nodes / nodes.std()
