"""Numbers that run from ones to trillions, printed with two digits."""

from __future__ import annotations

from collections.abc import Mapping

WORDS = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"))


def two_digits(value: float) -> str:
    """Two significant digits with thousands separated, as d3's format `,.2r`."""
    rounded = float(f"{value:.1e}")
    decimals = 0 if rounded >= 10 else max(1 - int(f"{rounded:.0e}".split("e")[1]), 0)
    return f"{rounded:,.{decimals}f}"


def big(value: float) -> str:
    """Two significant digits, millions and more in words.

    Raises
    ------
    ValueError
        If the value is negative.
    """
    if value < 0:
        raise ValueError(f"a magnitude must be at least 0, got {value}")
    if value == 0:
        return "0"
    rounded = float(f"{value:.1e}")
    for size, word in WORDS:
        if rounded >= size:
            return f"{rounded / size:g} {word}"
    return two_digits(value) if rounded >= 10 else f"{rounded:g}"


def big_interval(spread: Mapping[str, float]) -> str:
    """Median with its interval, from keys low, median, high."""
    return f"{big(spread['median'])} [{big(spread['low'])}, {big(spread['high'])}]"
