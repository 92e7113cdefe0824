"""Distributions over the date of an event, built from what people state about it.

Years are decimal: 2030.0 is the first of January 2030, so that "by the end of 2030" is 2031.0. Every date is later than the statement. Between the points
of a statement, and beyond them, a family decides the shape; all families pass exactly through the points:

- ``piecewise``: the normal score of the probability is a monotone spline of log time to event, with log-normal tails that keep the spread of the outermost two points;
- ``lognormal``, ``gamma``: the law of the time to event closest to the points (least squares on normal scores), bent by a monotone spline to pass through them.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from inference_scaling.forecasts.scales import Gamma, Law, LogTime, Spline

FAMILIES = ("piecewise", "lognormal", "gamma")
NEGLIGIBLE = 1e-9


class TimeLaw(Protocol):
    """Law of a positive time to event; functions of arrays of any shape."""

    def cdf(self, time: np.ndarray) -> np.ndarray: ...
    def pdf(self, time: np.ndarray) -> np.ndarray: ...
    def quantile(self, probability: np.ndarray) -> np.ndarray: ...


class StatementError(ValueError):
    """A statement that no distribution of dates can honour; names the statement, the value and the remedy."""


def decimal_year(date: float | str | pd.Timestamp) -> float:
    """A date as a decimal year; numbers pass through.

    Raises
    ------
    StatementError
        If the date cannot be read or is not finite.
    """
    if isinstance(date, (int, float, np.number)):
        if not np.isfinite(date):
            raise StatementError(f"the date {date} is not finite; give a decimal year or an ISO date")
        return float(date)
    try:
        day = pd.Timestamp(date)
    except ValueError as error:
        raise StatementError(f"{date!r} is no date; give a decimal year or an ISO date such as 2025-01-14") from error
    return day.year + (day.day_of_year - 1 + day.hour / 24) / (366 if calendar.isleap(day.year) else 365)


def decimal_years(days: pd.Series) -> pd.Series:
    """`decimal_year` of a column of days; a missing day stays missing."""
    return pd.Series([np.nan if day is pd.NaT else decimal_year(day) for day in days], index=days.index, dtype=float)


@dataclass(frozen=True, eq=False)
class DateDistribution:
    """When an event happens, if ever; immutable. Build it with one of the ``from_`` methods.

    Attributes
    ----------
    stated : float
        Decimal year of the statement; no date is earlier.
    law : TimeLaw
        Law of the time to event, in years times `factor` from `origin`, given that the event ever happens.
    never : float
        Probability that it never happens, before any conditioning.
    origin, factor, floor : float
        The date is ``origin + factor * time``, given that it is later than `floor`.
    name : str
        For messages.
    """

    stated: float
    law: TimeLaw
    never: float = 0.0
    origin: float | None = None
    factor: float = 1.0
    floor: float | None = None
    name: str = "statement"
    # Probability before conditioning that the event falls before `floor`.
    _gone: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        if not 0 <= self.never < 1:
            raise StatementError(f"{self.name}: the probability of never is {self.never}; give one of at least 0 and below 1")
        object.__setattr__(self, "origin", self.stated if self.origin is None else self.origin)
        object.__setattr__(self, "floor", self.stated if self.floor is None else self.floor)
        object.__setattr__(self, "_gone", float(self._whole(np.asarray(self.floor))))
        if self._gone > 1 - NEGLIGIBLE:
            raise StatementError(f"{self.name}: the event is as good as certain before {self.floor:.2f}; condition on an earlier date")

    # ------------------------------------------------------------------ what people state

    @classmethod
    def from_points(
        cls, points: Iterable[tuple[float, float]], stated: float | str | pd.Timestamp, *, never: float = 0.0, family: str = "piecewise", name: str = "statement"
    ) -> DateDistribution:
        """Exact at points (year, probability of the event by then); quantiles and probabilities by a year may be mixed.

        Parameters
        ----------
        points : iterable of (float, float)
            At least two that differ, in any order; the same point twice counts once.
        stated : float, str or Timestamp
            Date of the statement: a decimal year, or a date.
        never : float
            Probability that the event never happens, if the statement gives one. What the points leave open is otherwise spread beyond the last one by the family's tail.
        family : str
            One of `FAMILIES`.
        name : str
            Of the statement, for messages.

        Raises
        ------
        StatementError
            Points that cross or coincide, lie before the statement or outside (0, 1 - never), or are fewer than two.
        """
        if family not in FAMILIES:
            raise StatementError(f"{name}: family is {family!r}; choose one of {', '.join(FAMILIES)}")
        origin = decimal_year(stated)
        times, scores = _checked(points, origin, never, name)
        if family == "gamma":
            scale = Gamma.fit(times, scores)
        else:
            scale = LogTime.fit(times, scores) if family == "lognormal" else LogTime()
        positions = scale.score(times)
        if not (np.diff(positions) > 0).all():
            raise StatementError(f"{name}: no {family} law comes near these points, which are too far from one; use family 'piecewise'")
        bend = Spline.through(positions, scores, tail_slope=None if family == "piecewise" else 1.0)
        return cls(origin, Law(scale, bend), never, name=name)

    @classmethod
    def from_quantiles(cls, quantiles: Mapping[float, float], stated: float | str | pd.Timestamp, **options) -> DateDistribution:
        """From years by probability, {0.1: 2027, 0.5: 2034}; options as for `from_points`."""
        return cls.from_points([(year, p) for p, year in quantiles.items()], stated, **options)

    @classmethod
    def from_probabilities(cls, probabilities: Mapping[float, float], stated: float | str | pd.Timestamp, **options) -> DateDistribution:
        """From probabilities by year, {2030: 0.4, 2050: 0.7}; options as for `from_points`."""
        return cls.from_points(probabilities.items(), stated, **options)

    @classmethod
    def from_point(
        cls, year: float, stated: float | str | pd.Timestamp, *, log_sd: float, log_sd_factor: float = 1.0, probability: float = 0.5, never: float = 0.0, name: str = "statement"
    ) -> DateDistribution:
        """From one point, such as a median alone: log-normal time to event with a stated spread, or a stated prior for the spread.

        Parameters
        ----------
        year, probability : float
            The event has this probability by this year; the median unless another probability is given.
        log_sd : float
            Standard deviation of log time to event; its median if it is uncertain.
        log_sd_factor : float
            Geometric standard deviation of `log_sd`; 1 if it is known. The law is then a mixture, with heavier tails.
        stated, never, name
            As for `from_points`.
        """
        if not (0 < log_sd < np.inf and 1 <= log_sd_factor < np.inf):
            raise StatementError(f"{name}: log_sd = {log_sd}, log_sd_factor = {log_sd_factor}; give a positive spread and a factor of at least 1")
        origin = decimal_year(stated)
        (time,), (score,) = _checked([(year, probability)], origin, never, name, fewest=1)
        if log_sd_factor == 1:
            return cls(origin, Law(LogTime(np.log(time) - log_sd * score, log_sd), Spline.through([0.0], [0.0], 1.0)), never, name=name)
        node, weight = np.polynomial.hermite_e.hermegauss(15)
        spreads = log_sd * log_sd_factor**node
        steps = np.linspace(-6, 6, 49) * log_sd
        below = special.ndtr(score + steps[:, None] / spreads) @ (weight / weight.sum())
        above = special.ndtr(-score - steps[:, None] / spreads) @ (weight / weight.sum())
        scores = np.where(below < 0.5, special.ndtri(below), -special.ndtri(above))
        scores[len(steps) // 2] = score
        return cls(origin, Law(LogTime(), Spline.through(np.log(time) + steps, scores)), never, name=name)

    @classmethod
    def from_sample(cls, years: ArrayLike, stated: float | str | pd.Timestamp, *, never: float = 0.0, name: str = "statement") -> DateDistribution:
        """From draws of the date; infinite ones mean never and add to `never`.

        The law passes through the sample's percentiles, at most 99 of them.

        Raises
        ------
        StatementError
            If fewer than 20 finite draws are given, one is missing or not after the statement, or all are alike.
        """
        years, origin = np.asarray(years, dtype=float).ravel(), decimal_year(stated)
        finite = years[np.isfinite(years)]
        if np.isnan(years).any() or len(finite) < 20 or finite.min() <= origin:
            raise StatementError(f"{name}: {len(finite)} finite draws, {int(np.isnan(years).sum())} missing, the earliest {finite.min(initial=np.inf):.2f}; give at least 20, all after {origin:.2f}")
        never = never + (1 - never) * (1 - len(finite) / len(years))
        steps = min(100, len(finite) // 5)
        probabilities = np.arange(1, steps) / steps
        times, first = np.unique(np.quantile(finite, probabilities) - origin, return_index=True)
        if len(times) < 2:
            raise StatementError(f"{name}: all draws are {finite[0]:.2f}; a distribution needs at least two different dates")
        return cls(origin, Law(LogTime(), Spline.through(np.log(times), special.ndtri(probabilities[first]))), never, name=name)

    @classmethod
    def from_gamma(cls, shape: float, scale: float, stated: float | str | pd.Timestamp, *, never: float = 0.0, name: str = "statement") -> DateDistribution:
        """From a published gamma law of the years after the statement."""
        if not (0 < shape < np.inf and 0 < scale < np.inf):
            raise StatementError(f"{name}: gamma with shape {shape} and scale {scale} years; both must be positive and finite")
        return cls(decimal_year(stated), Law(Gamma(shape, scale), Spline.through([0.0], [0.0], 1.0)), never, name=name)

    @classmethod
    def from_density(cls, years: ArrayLike, heights: ArrayLike, stated: float | str | pd.Timestamp, *, inside: float = 1.0, never: float = 0.0, name: str = "statement") -> DateDistribution:
        """From a density on a grid of years, by the trapezoidal rule; exact at the grid's years.

        Parameters
        ----------
        years, heights : array_like, shape (n,)
            Rising years from the statement on; heights in any unit, none negative.
        inside : float
            Probability, given that the event ever happens, that it falls within the grid; what is left lies beyond its last year.

        Raises
        ------
        StatementError
            If grid, heights or `inside` are unusable.
        """
        years, heights, origin = np.asarray(years, dtype=float), np.asarray(heights, dtype=float), decimal_year(stated)
        if years.shape != heights.shape or years.ndim != 1 or len(years) < 3 or not (np.diff(years) > 0).all() or years[0] < origin:
            raise StatementError(f"{name}: grid of shape {years.shape}, heights of shape {heights.shape}; give at least three rising years, none before {origin:.2f}, with a height each")
        if not np.isfinite(heights).all() or heights.min() < 0 or heights.max() == 0:
            raise StatementError(f"{name}: heights of a density must be finite, none negative and one positive; got {heights.min()} to {heights.max()}")
        if not 0 < inside <= 1:
            raise StatementError(f"{name}: inside = {inside}; give the grid's probability, above 0 and at most 1")
        mass = np.concatenate([[0.0], np.cumsum((heights[1:] + heights[:-1]) / 2 * np.diff(years))])
        probability = inside * mass / mass[-1]
        usable = (probability > NEGLIGIBLE) & (probability < 1 - NEGLIGIBLE) & (np.diff(probability, prepend=-1) > 0)
        return cls.from_points(zip(years[usable], probability[usable] * (1 - never)), origin, never=never, name=name)

    # ------------------------------------------------------------------ what one may ask

    def cdf(self, year: ArrayLike) -> np.ndarray:
        """Probability that the event has happened by a year; same shape as `year`."""
        year = np.asarray(year, dtype=float)
        return np.where(year > self.floor, (self._whole(np.maximum(year, self.floor)) - self._gone) / (1 - self._gone), 0.0)

    def pdf(self, year: ArrayLike) -> np.ndarray:
        """Density per year; integrates to one minus the probability of never."""
        year = np.asarray(year, dtype=float)
        time = (year - self.origin) / self.factor
        inside = (year > self.floor) & (time > 0)
        density = (1 - self.never) * self.law.pdf(np.where(inside, time, 1.0)) / self.factor
        return np.where(inside, density / (1 - self._gone), 0.0)

    def quantile(self, probability: ArrayLike) -> np.ndarray:
        """Year by which the event has a probability in (0, 1); infinite where the probability of never is in the way."""
        probability = np.asarray(probability, dtype=float)
        if not ((probability > 0) & (probability < 1)).all():
            raise StatementError(f"{self.name}: quantiles are asked for at probabilities in (0, 1), got {probability}")
        proper = (self._gone + probability * (1 - self._gone)) / (1 - self.never)
        never = proper >= 1
        return np.where(never, np.inf, np.maximum(self.origin + self.factor * self.law.quantile(np.where(never, 0.5, proper)), self.floor))

    @property
    def median(self) -> float:
        """Year by which the event is as likely as not."""
        return float(self.quantile(0.5))

    @property
    def probability_of_never(self) -> float:
        """Probability that the event never happens, given that it has not happened by `floor`."""
        return self.never / (1 - self._gone)

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Independent draws of the year, shape (n,); infinite for never."""
        return self.quantile(np.clip(rng.random(n), 1e-15, 1 - 1e-15))

    # ------------------------------------------------------------------ other events, other dates

    def shift(self, years: float = 0.0, factor: float = 1.0) -> DateDistribution:
        """The date of another event: time to event since the statement times `factor`, then moved by `years`.

        Where an earlier event would fall before the statement, it is conditioned on not having happened by then.
        """
        if not (0 < factor < np.inf and np.isfinite(years)):
            raise StatementError(f"{self.name}: shift by {years} years and a factor of {factor}; give a finite offset and a positive factor")
        moved = {end: self.stated + factor * (getattr(self, end) - self.stated) + years for end in ("origin", "floor")}
        return replace(self, factor=self.factor * factor, origin=moved["origin"], floor=max(moved["floor"], self.stated))

    def given_not_by(self, year: float | str | pd.Timestamp) -> DateDistribution:
        """The same forecast, told that the event had not happened by a later date."""
        year = decimal_year(year)
        return replace(self, stated=max(self.stated, year), floor=max(self.floor, year))

    def _whole(self, year: np.ndarray) -> np.ndarray:
        time = (year - self.origin) / self.factor
        return np.where(time > 0, (1 - self.never) * self.law.cdf(np.where(time > 0, time, 1.0)), 0.0)


def _checked(points: Iterable[tuple[float, float]], origin: float, never: float, name: str, fewest: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Times after the statement and normal scores of a statement's points, in order."""
    points = sorted({(decimal_year(year), float(p)) for year, p in points})
    if len(points) < fewest:
        raise StatementError(f"{name}: {len(points)} point(s) given, {fewest} needed; add a quantile, or use from_point with a spread")
    for year, p in points:
        if not 0 < p < 1 - never:
            raise StatementError(f"{name}: probability {p} by {year:g}; give one above 0 and below {1 - never:g}, or leave the point out")
        if year <= origin:
            raise StatementError(f"{name}: {year:g} is not after the statement ({origin:.2f}); correct the year or the date of the statement")
    for (year, p), (later, q) in zip(points, points[1:]):
        if later == year or q <= p:
            raise StatementError(f"{name}: quantiles cross: {p} by {year:g}, but {q} by {later:g}; a later year needs a higher probability, so correct one or leave it out")
    years, probabilities = np.array(points).T
    return years - origin, special.ndtri(probabilities / (1 - never))
