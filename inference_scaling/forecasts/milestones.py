"""What happened since January 2025: the groups' pools against events that have not come, and each source's movement against its own forecast of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from inference_scaling.forecasts.dates import DateDistribution, decimal_year
from inference_scaling.forecasts.mapping import group_cdfs, median_year, told_not_by
from inference_scaling.forecasts.members import GROUPS, Member

# Events that those who date them still held to be in the future on the day of their last statement.
STILL_AHEAD = {"weak": "2026-09-25", "turing": "2026-08-31", "coder": "2026-08-16", "general": "2026-09-25"}
MOVED_BY = 2031.0


def scores(as_of: Mapping[str, str], people: Sequence[Member], offsets: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Log score of each group of January 2025 for events known not to have come.

    A group's date of the target, divided by exp(offset), is its date of another event; the score of "not by then" is the log of one minus its probability. Such
    scores can only punish early dates; the events share their fate, so they count as about one.

    Returns
    -------
    pandas.DataFrame
        Columns event, until, group, probability, log_score.
    """
    now = decimal_year(as_of["2025-01"])
    rows = []
    for event, day in STILL_AHEAD.items():
        factor = np.exp(np.median(offsets[event]))
        then = np.array([now + (decimal_year(day) - now) * factor])
        for group, values in group_cdfs(people, offsets, as_of["2025-01"], then).items():
            probability = float(values[0])
            rows.append({"event": event, "until": day, "group": group, "probability": probability, "log_score": np.log1p(-probability)})
    return pd.DataFrame(rows)


def surprise(before: DateDistribution, after: DateDistribution, year: float = MOVED_BY) -> dict[str, float]:
    """How far a source's probability by a year moved, in units of what its earlier forecast lets one expect.

    The probability of a calibrated forecaster is a martingale. Told only that the event has not come, it goes to the conditional probability p; on the
    way to 0 or 1 it has variance p (1 - p), of which a share equal to the elapsed part of the time to `year` is spent if news comes evenly.

    Returns
    -------
    dict
        median_before, median_no_news, median_after, before, no_news, after (probabilities by `year`), sd, z.
    """
    told = before.given_not_by(after.stated)
    medians = (before.median, told.median, after.median)
    probabilities = (float(before.cdf(year)), float(told.cdf(year)), float(after.cdf(year)))
    return _movement(medians, probabilities, (after.stated - before.stated) / (year - before.stated))


def _movement(medians: tuple[float, ...], probabilities: tuple[float, ...], share: float) -> dict[str, float]:
    """Row of a movement from medians and probabilities before, without news, and after."""
    before, told, after = probabilities
    sd = float(np.sqrt(told * (1 - told) * share))
    names = ("median_before", "median_no_news", "median_after")
    return dict(zip(names, medians)) | {"before": before, "no_news": told, "after": after, "sd": sd, "z": (after - told) / sd}


def moves(as_of: Mapping[str, str], people: Mapping[str, Sequence[Member]], offsets: Mapping[str, Mapping[str, np.ndarray]]) -> pd.DataFrame:
    """Movement of the sources that dated the same event in both pools with a new statement, of the groups, and of the groups' members that are in both.

    Returns
    -------
    pandas.DataFrame
        Columns source, kind (source, group or same sources) and those of `surprise`.
    """
    earlier = {(member.source, member.event): member for member in people["2025-01"]}
    rows = []
    for member in people["today"]:
        first = earlier.get((member.source, member.event))
        if first is not None and first.distribution.stated < member.distribution.stated and member.group != "surveys":
            rows.append({"source": member.source, "kind": "source"} | surprise(first.distribution, member.distribution))
    start, end = (decimal_year(as_of[date]) for date in ("2025-01", "today"))
    fine = np.arange(2025.0, 2201.0, 0.5)
    both = {member.source for member in people["2025-01"]} & {member.source for member in people["today"]}
    same = {date: [member for member in own if member.source in both] for date, own in people.items()}
    for kind, crowd in {"group": people, "same sources": same}.items():
        first, last = (group_cdfs(crowd[date], offsets[date], as_of[date], fine) for date in ("2025-01", "today"))
        for group in GROUPS:
            if group not in first:
                continue
            old, new = first[group], last[group]
            three = (old, told_not_by(old, as_of["today"], fine), new)
            medians = tuple(median_year(values, fine) for values in three)
            probabilities = tuple(float(np.interp(MOVED_BY, fine, values)) for values in three)
            rows.append({"source": group, "kind": kind} | _movement(medians, probabilities, (end - start) / (MOVED_BY - start)))
    return pd.DataFrame(rows)
