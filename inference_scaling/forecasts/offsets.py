"""How far apart two definitions of the event lie: estimated from sources that dated both on one day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse, special, stats
from scipy.sparse.csgraph import connected_components

from inference_scaling.forecasts.dates import decimal_year

OFFSET_SD = 0.7
SCATTER_SCALE = 0.3
SCATTERS = np.linspace(0.01, 1.2, 120)


@dataclass(frozen=True)
class Offset:
    """Difference of log time to event, second event minus first, under `offset`.

    Attributes
    ----------
    median, low, high : float
        Ratio of the times still to go, second to first, for the next source: 90 % interval.
    pairs, sources : int
        Days on which one source dated both, and sources.
    """

    median: float
    low: float
    high: float
    pairs: int
    sources: int


def log_times(statements: pd.DataFrame) -> pd.DataFrame:
    """Medians as log time to event, in log years.

    Parameters
    ----------
    statements : DataFrame
        Columns source, event, day, year (of the median).

    Returns
    -------
    DataFrame
        The same with column log_time; one row a source, event and day.
    """
    time = statements["year"] - np.array([decimal_year(day) for day in statements["day"]])
    if (time <= 0).any():
        bad = statements[time <= 0].iloc[0]
        raise ValueError(f"{bad['source']} dates {bad['event']} at {bad['year']:.2f}, before the statement of {bad['day']:%Y-%m-%d}; a time to event is positive")
    return statements.assign(log_time=np.log(time)).drop_duplicates(["source", "event", "day"])


def paired(table: pd.DataFrame, first: str, second: str) -> pd.DataFrame:
    """Differences second minus first of the same source and day: columns source, day, difference."""
    wide = table[table["event"].isin([first, second])].pivot(index=["source", "day"], columns="event", values="log_time")
    if not {first, second} <= set(wide):
        return pd.DataFrame(columns=["source", "day", "difference"])
    return (wide[second] - wide[first]).dropna().rename("difference").reset_index()


def offset(table: pd.DataFrame, first: str, second: str, probability: float = 0.9) -> Offset:
    r"""Offset between two events, from the paired differences by source.

    .. math:: \bar d_s \sim N(o, \tau^2),\qquad o \sim N(0, 0.7^2),\qquad \tau \sim \text{HalfNormal}(0.3)

    with :math:`\bar d_s` a source's mean difference, so that days of one source, which repeat each other, count once. The scatter between sources is integrated on a grid, and the
    interval is that of a further source's difference. Priors: two definitions of general AI differ by a factor of two or less in remaining time for two sources in three, in either
    direction; the scatter is a third of that.

    Raises
    ------
    ValueError
        If no source dated both.
    """
    pairs = paired(table, first, second)
    if pairs.empty:
        raise ValueError(f"no source dated both {first!r} and {second!r} on one day: these two cannot be mapped")
    means = pairs.groupby("source")["difference"].mean().to_numpy()
    n = len(means)
    variance = SCATTERS**2
    log_weight = stats.halfnorm.logpdf(SCATTERS, scale=SCATTER_SCALE)
    # Marginal density of the means given the scatter, offset integrated out.
    total = variance + n * OFFSET_SD**2
    squares = ((means - means.mean()) ** 2).sum()
    log_weight = log_weight - 0.5 * (n - 1) * np.log(variance) - 0.5 * np.log(total) - 0.5 * squares / variance - 0.5 * n * means.mean() ** 2 / total
    weight = special.softmax(log_weight)
    shrink = n * OFFSET_SD**2 / total
    centre, spread = shrink * means.mean(), np.sqrt(OFFSET_SD**2 * (1 - shrink) + variance)
    levels = [(1 - probability) / 2, 0.5, (1 + probability) / 2]
    low, median, high = (_mixture_quantile(level, weight, centre, spread) for level in levels)
    return Offset(float(np.exp(median)), float(np.exp(low)), float(np.exp(high)), len(pairs), n)


def _mixture_quantile(level: float, weight: np.ndarray, centre: np.ndarray, spread: np.ndarray) -> float:
    low, high = float((centre - 9 * spread).min()), float((centre + 9 * spread).max())
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if weight @ special.ndtr((middle - centre) / spread) < level else (low, middle)
    return (low + high) / 2


def families(table: pd.DataFrame) -> list[set[str]]:
    """Groups of events that are linked by sources which dated two of them on one day; between groups nothing can be mapped."""
    events = sorted(table["event"].unique())
    days = table.groupby(["source", "day"])["event"].apply(set)
    links = np.array([[any({a, b} <= names for names in days) for b in events] for a in events])
    count, labels = connected_components(sparse.csr_matrix(links), directed=False)
    return [{event for event, label in zip(events, labels, strict=True) if label == k} for k in range(count)]
