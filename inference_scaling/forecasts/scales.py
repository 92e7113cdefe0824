"""Monotone maps from time to event to normal scores: the curves on which dates are interpolated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

# Beyond it a normal score has no distribution function in double precision.
_EXTREME = 37.0


@dataclass(frozen=True, eq=False)
class Spline:
    """Increasing rational quadratic spline (Gregory and Delbourgo 1982), straight outside its nodes; with a closed-form inverse.

    Attributes
    ----------
    x, y : ndarray, shape (n,)
        Nodes, both strictly increasing.
    slopes : ndarray, shape (n,)
        Slopes at the nodes, positive; the first and last are those of the straight tails.
    """

    x: np.ndarray
    y: np.ndarray
    slopes: np.ndarray

    @classmethod
    def through(cls, x: np.ndarray, y: np.ndarray, tail_slope: float | None = None) -> Spline:
        """Spline through points; inner slopes by Fritsch and Butland (1984), tails of a given slope or of the nearest segment's."""
        x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
        width, rise = np.diff(x), np.diff(y)
        secant = rise / width
        ends = (secant[0], secant[-1]) if tail_slope is None else (tail_slope, tail_slope)
        if len(x) == 1:
            return cls(x, y, np.array(ends[:1]))
        before, after = 2 * width[1:] + width[:-1], width[1:] + 2 * width[:-1]
        inner = (before + after) / (before / secant[:-1] + after / secant[1:])
        return cls(x, y, np.concatenate([ends[:1], inner, ends[1:]]))

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Value at x, of any shape."""
        x = np.asarray(x, dtype=float)
        outside = np.where(x < self.x[0], self.y[0] + self.slopes[0] * (x - self.x[0]), self.y[-1] + self.slopes[-1] * (x - self.x[-1]))
        if len(self.x) == 1:
            return outside
        k, width, rise, secant, bend = self._segment(self.x, x)
        at = np.clip((x - self.x[k]) / width, 0, 1)
        inside = self.y[k] + rise * (secant * at**2 + self.slopes[k] * at * (1 - at)) / (secant + bend * at * (1 - at))
        return np.where((x < self.x[0]) | (x > self.x[-1]), outside, inside)

    def slope(self, x: np.ndarray) -> np.ndarray:
        """Derivative at x."""
        x = np.asarray(x, dtype=float)
        outside = np.where(x < self.x[0], self.slopes[0], self.slopes[-1])
        if len(self.x) == 1:
            return outside
        k, width, _, secant, bend = self._segment(self.x, x)
        at = np.clip((x - self.x[k]) / width, 0, 1)
        top = self.slopes[k + 1] * at**2 + 2 * secant * at * (1 - at) + self.slopes[k] * (1 - at) ** 2
        return np.where((x < self.x[0]) | (x > self.x[-1]), outside, secant**2 * top / (secant + bend * at * (1 - at)) ** 2)

    def inverse(self, y: np.ndarray) -> np.ndarray:
        """The x whose value is y."""
        y = np.asarray(y, dtype=float)
        outside = np.where(y < self.y[0], self.x[0] + (y - self.y[0]) / self.slopes[0], self.x[-1] + (y - self.y[-1]) / self.slopes[-1])
        if len(self.x) == 1:
            return outside
        k, width, rise, secant, bend = self._segment(self.y, y)
        above = np.clip(y - self.y[k], 0, rise)
        a = rise * (secant - self.slopes[k]) + above * bend
        b = rise * self.slopes[k] - above * bend
        root = np.sqrt(np.maximum(b**2 + 4 * a * secant * above, 0))
        inside = self.x[k] + width * np.where(above > 0, 2 * secant * above / np.where(above > 0, b + root, 1), 0)
        return np.where((y < self.y[0]) | (y > self.y[-1]), outside, inside)

    def _segment(self, nodes: np.ndarray, value: np.ndarray) -> tuple[np.ndarray, ...]:
        k = np.clip(np.searchsorted(nodes, value, side="right") - 1, 0, len(nodes) - 2)
        width, rise = self.x[k + 1] - self.x[k], self.y[k + 1] - self.y[k]
        secant = rise / width
        return k, width, rise, secant, self.slopes[k] + self.slopes[k + 1] - 2 * secant


@dataclass(frozen=True)
class LogTime:
    """Standardised log time to event: the scale on which a log-normal law is the identity."""

    centre: float = 0.0
    spread: float = 1.0

    @classmethod
    def fit(cls, times: np.ndarray, scores: np.ndarray) -> LogTime:
        """Least squares of log time on normal score; exact through two points."""
        spread, centre = np.polyfit(scores, np.log(times), 1)
        return cls(float(centre), float(spread))

    def score(self, time: np.ndarray) -> np.ndarray:
        """Position on the scale."""
        return (np.log(time) - self.centre) / self.spread

    def time(self, score: np.ndarray) -> np.ndarray:
        """Time at a position on the scale; infinite where it exceeds double precision."""
        with np.errstate(over="ignore"):
            return np.exp(self.centre + self.spread * np.asarray(score))

    def rate(self, time: np.ndarray) -> np.ndarray:
        """Derivative of `score`."""
        return 1 / (self.spread * np.asarray(time))


@dataclass(frozen=True)
class Gamma:
    """Normal score of a gamma law of the time to event."""

    shape: float
    scale: float

    @classmethod
    def fit(cls, times: np.ndarray, scores: np.ndarray) -> Gamma:
        """Least squares of the law's normal scores on those given; exact through two points."""
        times, scores = np.asarray(times, dtype=float), np.asarray(scores, dtype=float)
        start = LogTime.fit(times, scores)
        guess = np.log([1 / max(start.spread, 0.05) ** 2, np.exp(start.centre) * max(start.spread, 0.05) ** 2])
        bounds = (np.log([1e-3, 1e-9]), np.log([1e6, 1e12]))
        found = optimize.least_squares(lambda log: cls(*np.exp(log)).score(times) - scores, np.clip(guess, bounds[0] + 0.01, bounds[1] - 0.01), bounds=bounds, xtol=1e-12)
        return cls(*map(float, np.exp(found.x)))

    def score(self, time: np.ndarray) -> np.ndarray:
        """Normal score of the law's distribution function, from whichever tail is the more precise."""
        unit = np.asarray(time, dtype=float) / self.scale
        below, above = special.gammainc(self.shape, unit), special.gammaincc(self.shape, unit)
        with np.errstate(divide="ignore"):
            return np.clip(np.where(below < 0.5, special.ndtri(below), -special.ndtri(above)), -_EXTREME, _EXTREME)

    def time(self, score: np.ndarray) -> np.ndarray:
        """Time at a normal score."""
        score = np.clip(score, -_EXTREME, _EXTREME)
        unit = np.where(score < 0, special.gammaincinv(self.shape, special.ndtr(score)), special.gammainccinv(self.shape, special.ndtr(-score)))
        return self.scale * unit

    def rate(self, time: np.ndarray) -> np.ndarray:
        """Derivative of `score`: ratio of the gamma to the normal density."""
        unit = np.asarray(time, dtype=float) / self.scale
        log_density = (self.shape - 1) * np.log(unit) - unit - special.gammaln(self.shape) - np.log(self.scale)
        score = self.score(time)
        return np.exp(np.clip(log_density + score**2 / 2 + np.log(2 * np.pi) / 2, -700, 700))


@dataclass(frozen=True)
class Law:
    """Law of a positive time to event, exact at chosen points: its normal score is a spline of a family's scale.

    Attributes
    ----------
    scale : LogTime or Gamma
    bend : Spline
        From the scale's score to the law's own.
    """

    scale: LogTime | Gamma
    bend: Spline

    def cdf(self, time: np.ndarray) -> np.ndarray:
        """P(T <= time), for positive times."""
        return special.ndtr(self.bend(self.scale.score(time)))

    def pdf(self, time: np.ndarray) -> np.ndarray:
        """Density, for positive times."""
        at = self.scale.score(time)
        score = self.bend(at)
        return np.exp(-(score**2) / 2) / np.sqrt(2 * np.pi) * self.bend.slope(at) * self.scale.rate(time)

    def quantile(self, probability: np.ndarray) -> np.ndarray:
        """Time by which the event has the given probability, in (0, 1)."""
        return self.scale.time(self.bend.inverse(special.ndtri(probability)))
