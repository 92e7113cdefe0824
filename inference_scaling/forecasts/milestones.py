"""What happened since January 2025: the groups' pools against events that have not come, and each source's movement against its own forecast of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import special

from inference_scaling import tables
from inference_scaling.forecasts.dates import DateDistribution, decimal_year, decimal_years
from inference_scaling.forecasts.definitions import DEFINITIONS, TARGET
from inference_scaling.forecasts.mapping import group_cdfs, median_year
from inference_scaling.forecasts.members import GROUPS, Member

# Events of January 2025 that are scored.
SCORED = ("weak", "turing", "coder", TARGET)
MOVED_BY = 2031.0


def still_ahead(as_of: str) -> dict[str, str]:
    """Last day, by event of `SCORED`, on which somebody who dates it put its median in the future: on that day it had not come, as far as they could tell."""
    crowds, stored, people = (tables.load(name, as_of) for name in ("metaculus_snapshots", "platform_snapshots", "expert_statements"))
    stored = stored.assign(event=stored["title"], statement_date=stored["snapshot_date"], year=decimal_years(stored["value_date"]))
    people = people[~people["quotes_document_under_test"] & people["bound"].eq("")]
    crowds = crowds[~crowds["quotes_document_under_test"]]
    columns = ["event", "statement_date", "year", "quantity"]
    rows = pd.concat([part.loc[part["quantity"].eq("p50") & part["year"].notna(), columns] for part in (crowds, stored, people)], ignore_index=True)
    rows = rows[rows["year"] > decimal_years(rows["statement_date"])].assign(event=lambda table: table["event"].map(DEFINITIONS))
    last = rows.groupby("event")["statement_date"].max()
    return {event: last[event].date().isoformat() for event in SCORED}


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
    for event, day in still_ahead(as_of["today"]).items():
        factor = np.exp(np.median(offsets[event]))
        then = np.array([now + (decimal_year(day) - now) * factor])
        for group, values in group_cdfs(people, offsets, as_of["2025-01"], then).items():
            probability = float(values[0])
            rows.append({"event": event, "until": day, "group": group, "probability": probability, "log_score": np.log1p(-probability)})
    return pd.DataFrame(rows)


def surprise(before: DateDistribution, after: DateDistribution, year: float = MOVED_BY) -> dict[str, float]:
    """How far a source's probability by a year moved, in units of what its earlier forecast lets one expect.

    The probability of a calibrated forecaster is a martingale. Told only that the event has not come, it goes to the conditional probability p; `news_sd` says how
    far from there news of the elapsed part of the time to `year` takes it.

    Returns
    -------
    dict
        median_before, median_no_news, median_after, before, no_news, after (probabilities by `year`), sd, z.
    """
    told = before.given_not_by(after.stated)
    medians = (before.median, told.median, after.median)
    probabilities = (float(before.cdf(year)), float(told.cdf(year)), float(after.cdf(year)))
    return _movement(medians, probabilities, (after.stated - before.stated) / (year - before.stated))


def news_sd(probability: float, share: float) -> float:
    """Standard deviation of a calibrated forecaster's later probability, given the earlier one, if a share of all news has come by then.

    The news is the path of a Brownian motion of which the event is that it ends above 0. The later probability's mean square is the chance that two paths, alike over the first
    `share` of the way and independent afterwards, both do: a bivariate normal orthant, by Owen's T function.
    """
    start = special.ndtri(probability)
    square = probability - 2 * special.owens_t(start, np.sqrt((1 - share) / (1 + share)))
    return float(np.sqrt(square - probability**2))


def _movement(medians: tuple[float, ...], probabilities: tuple[float, ...], share: float) -> dict[str, float]:
    """Row of a movement from medians and probabilities before, without news, and after."""
    before, told, after = probabilities
    sd = news_sd(told, share)
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
        # One fit of the offsets, so that a group whose members say nothing new does not move; "told" is the same rule on the same statements at the later day.
        first, told, last = (group_cdfs(crowd[who], offsets["today"], as_of[day], fine) for who, day in (("2025-01", "2025-01"), ("2025-01", "today"), ("today", "today")))
        for group in GROUPS:
            if group not in first:
                continue
            three = (first[group], told[group], last[group])
            medians = tuple(median_year(values, fine) for values in three)
            probabilities = tuple(float(np.interp(MOVED_BY, fine, values)) for values in three)
            rows.append({"source": group, "kind": kind} | _movement(medians, probabilities, (end - start) / (MOVED_BY - start)))
    return pd.DataFrame(rows)
