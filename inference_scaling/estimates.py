"""Numbers with their interval, printed with the digits that Monte Carlo error supports."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from arviz_stats.base import array_stats

PROBABILITY = 0.9


Errors = tuple[float, float, float]


def _mcse(chains: np.ndarray, probability: float) -> Errors:
    """Monte Carlo standard errors of the interval's lower end, the median and the upper end.

    ArviZ's quantile MCSE inverts a beta interval on the effective sample size (Vehtari et al. 2021, section 4.3).
    """
    tail = (1 - probability) / 2
    if np.ptp(chains) == 0:
        return 0.0, 0.0, 0.0
    low, middle, high = (float(array_stats.mcse(chains, method="quantile", prob=q, chain_axis=0, draw_axis=1)) for q in (tail, 0.5, 1 - tail))
    return low, middle, high


def supported_decimals(mcse: float, width: float) -> int:
    """Decimals (negative: tens, hundreds) such that twice the Monte Carlo error stays below one unit of the last digit.

    Never more than gives the distance to the interval's other numbers two significant digits: further digits would carry no information.
    """
    by_error = math.floor(-math.log10(2 * mcse)) if mcse > 0 else 3
    by_width = 1 - math.floor(math.log10(width)) if width > 0 else 3
    return min(by_error, by_width)


def number_text(value: float, decimals: int) -> str:
    """`value` rounded to `decimals` places, thousands separated, with a true minus sign."""
    rounded = round(value, decimals) + 0.0
    return f"{rounded:,.{max(decimals, 0)}f}".replace("-", "−")


@dataclass(frozen=True)
class Estimate:
    """A posterior median with its central interval.

    Attributes
    ----------
    value, low, high : float
        Median and ends of the central interval, in `unit`.
    probability : float
        Content of the interval.
    mcse : (float, float, float)
        Monte Carlo standard errors of low, value and high; 0 for exact numbers. Each number is printed with the digits that its own error supports.
    """

    value: float
    low: float
    high: float
    probability: float = PROBABILITY
    unit: str = ""
    mcse: Errors = (0.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        if not 0 < self.probability < 1:
            raise ValueError(f"probability of an interval must lie in (0, 1), got {self.probability}")
        if not self.low <= self.value <= self.high:
            raise ValueError(f"interval out of order: {self.low} <= {self.value} <= {self.high} fails; pass low, median, high")

    @classmethod
    def from_draws(cls, draws, unit: str = "", probability: float = PROBABILITY) -> Estimate:
        """Summarise draws, shape (draw,) for independent ones or (chain, draw) for a Markov chain's.

        Raises
        ------
        ValueError
            If a draw is not finite, or fewer than 100 are given.
        """
        chains = np.atleast_2d(np.asarray(draws, dtype=float))
        if chains.ndim != 2 or chains.size < 100:
            raise ValueError(f"need at least 100 draws, shape (draw,) or (chain, draw); got shape {np.shape(draws)}")
        if not np.isfinite(chains).all():
            raise ValueError(f"{int((~np.isfinite(chains)).sum())} of {chains.size} draws are not finite: mend the quantity, do not drop draws")
        tail = (1 - probability) / 2
        low, value, high = np.quantile(chains, [tail, 0.5, 1 - tail])
        return cls(float(value), float(low), float(high), probability, unit, _mcse(chains, probability))

    @property
    def decimals(self) -> tuple[int, int, int]:
        """Decimals of low, value and high."""
        below, above = self.value - self.low, self.high - self.value
        widths = (below, min(below, above) or max(below, above), above)
        low, value, high = (supported_decimals(error, width) for error, width in zip(self.mcse, widths, strict=True))
        return low, value, high

    @property
    def value_text(self) -> str:
        return number_text(self.value, self.decimals[1])

    @property
    def low_text(self) -> str:
        return number_text(self.low, self.decimals[0])

    @property
    def high_text(self) -> str:
        return number_text(self.high, self.decimals[2])

    @property
    def interval_text(self) -> str:
        return f"[{self.low_text}, {self.high_text}]"

    def __str__(self) -> str:
        return f"{self.value_text} {self.interval_text}"

    def rounded(self) -> Estimate:
        """The same estimate holding only the digits that are printed."""
        low, value, high = (round(number, d) + 0.0 for number, d in zip((self.low, self.value, self.high), self.decimals, strict=True))
        return Estimate(value, min(low, value), max(value, high), self.probability, self.unit, self.mcse)


def share(p: float, n_effective: float = 4000) -> str:
    """A probability as text: two decimals, one where the Monte Carlo error is larger, open-ended near 0 and 1."""
    if not 0 <= p <= 1:
        raise ValueError(f"a probability lies in [0, 1], got {p}")
    if p > 0.99:
        return "> 0.99"
    if p < 0.01:
        return "< 0.01"
    error = math.sqrt(p * (1 - p) / n_effective)
    return f"{p:.1f}" if 2 * error > 0.05 else f"{p:.2f}"
