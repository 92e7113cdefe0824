"""Revisions: two successive statements by one source on one event, as the log ratio of the times still to go.

If the dated event does not move, the ratio of remaining times, seen from the later day, is 1, however much time has passed.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from inference_scaling import tables
from inference_scaling.forecasts.dates import DateDistribution, decimal_year
from inference_scaling.forecasts.platforms import EVE, O1, O3, SINCE, SPAN_DAYS

# One person's words for one thing, as the person uses them; every other pair of events stays apart.
SAME_EVENT = {("Shane Legg", "HLMI"): "AGI"}


def medians(statements: pd.DataFrame) -> pd.DataFrame:
    """One central date a person, event and day, from what was stated.

    A median as stated; else the middle of a stated range; else a point; else the median of the log-normal through two probabilities, whose spread also serves a later day with
    one probability only.

    Returns
    -------
    DataFrame
        Columns source, group, event, day, year, width (what rounding leaves open, in years), stated_as.
    """
    found, spread = [], {}
    rows = statements[statements["bound"] == ""].copy()
    rows["event"] = [SAME_EVENT.get(key, key[1]) for key in zip(rows["person"], rows["event"], strict=True)]
    rows = rows[rows["quantity"] != "p50_earlier_than_in_2023"]
    for (person, event, day), here in rows.groupby(["person", "event", "statement_date"], sort=True):
        by = here.set_index("quantity")
        exact = here[here["quantity"].isin(["p50", "p50_years_ahead"])]
        low, high = (here[here["quantity"].str.endswith(end)]["year"] for end in ("_low", "_high"))
        points = here[here["quantity"].isin(["point_claim", "point_years_ahead"])]
        chances = here[here["quantity"] == "probability_by"]
        if len(exact):
            year, width, how = exact["year"].iloc[0], exact["year_width"].iloc[0], "median"
        elif len(low) and len(high):
            year, width, how = (low.iloc[0] + high.iloc[0]) / 2, high.iloc[0] - low.iloc[0], "range"
        elif len(points):
            year, width, how = points["year"].iloc[0], points["year_width"].iloc[0], "point"
        elif len(chances):
            if len(chances) > 1:
                law = DateDistribution.from_probabilities(dict(zip(chances["year"], chances["probability"], strict=True)), day, family="lognormal", name=f"{person}, {event}")
                spread[person, event] = float(np.log(law.quantile(0.8413) - decimal_year(day)) - np.log(law.median - decimal_year(day)))
            elif chances["probability"].iloc[0] == 0.5:
                law = None
            elif (person, event) in spread:
                law = DateDistribution.from_point(chances["year"].iloc[0], day, log_sd=spread[person, event], probability=chances["probability"].iloc[0])
            else:
                continue
            year, width, how = (chances["year"].iloc[0] if law is None else law.median), 1 / 12, "probabilities"
        else:
            continue
        found.append({"source": person, "group": by["group"].iloc[0], "event": event, "day": day, "year": float(year), "width": float(width), "stated_as": how})
    return pd.DataFrame(found)


def platform_medians() -> pd.DataFrame:
    """Medians of platforms, columns as `medians`: the index every 26 days, Metaculus 3479 in 2020-21 about monthly, Metaculus on single days.

    Levels from anybody's notes are left out: two days from a capture they differ from it by more than the platform can have moved.
    """
    index = tables.load("agi_index_daily")
    index = index[index["day"] >= SINCE].set_index("day")["p50"]
    behind = (pd.Timestamp(EVE) - index.index[0]).days // SPAN_DAYS * SPAN_DAYS
    index = index[pd.Timestamp(EVE) - pd.Timedelta(days=behind) :: SPAN_DAYS]
    parts = [pd.DataFrame({"source": "AGI index", "event": "combined index", "day": index.index, "year": index.to_numpy() + 0.5, "width": 1.0})]
    history = tables.load("metaculus_3479_history")
    monthly = history.groupby(history["day"].dt.strftime("%Y-%m")).head(1)
    weak = "first weakly general AI system"
    parts.append(pd.DataFrame({"source": "Metaculus", "event": weak, "day": monthly["day"], "year": monthly["p50"], "width": 1 / 365}))
    days = tables.load("metaculus_snapshots")
    days = days[(days["quantity"] == "p50") & ~days["quotes_document_under_test"] & (days["provenance"] != "note")]
    parts.append(pd.DataFrame({"source": "Metaculus", "event": days["event"], "day": days["statement_date"], "year": days["year"], "width": days["year_width"]}))
    table = pd.concat(parts, ignore_index=True).assign(group="platform", stated_as="median")
    return table[["source", "group", "event", "day", "year", "width", "stated_as"]].sort_values(["source", "event", "day"], ignore_index=True)


def revisions(table: pd.DataFrame) -> pd.DataFrame:
    """Successive statements of one source on one event.

    Returns
    -------
    DataFrame
        source, group, event, start, end (days), gap (years), before, after (years), log_ratio (log of the remaining times, after to before, seen from `end`),
        error (standard deviation of log_ratio from rounding), share_o3, share_o1 (1 if the announcement lies between, else 0).
    """
    found = []
    for (source, event), rows in table.sort_values("day").groupby(["source", "event"], sort=True):
        for a, b in zip(rows.iloc[:-1].itertuples(), rows.iloc[1:].itertuples(), strict=True):
            now = decimal_year(b.day)
            if a.year - now <= 0.25:
                continue
            found.append(
                {
                    "source": source,
                    "group": a.group,
                    "event": event,
                    "start": a.day,
                    "end": b.day,
                    "gap": now - decimal_year(a.day),
                    "before": a.year,
                    "after": b.year,
                    "log_ratio": np.log((b.year - now) / (a.year - now)),
                    "error": np.hypot(a.width / (a.year - now), b.width / (b.year - now)) / np.sqrt(12),
                    "share_o3": float(a.day < pd.Timestamp(O3) <= b.day),
                    "share_o1": float(a.day < pd.Timestamp(O1) <= b.day),
                }
            )
    return pd.DataFrame(found)


def quoted_revision(statements: pd.DataFrame) -> pd.DataFrame:
    """Cotra's revision as a post of January 2025 reads it: at least so many years earlier than in 2023; columns as `revisions`."""
    rows = statements[(statements["person"] == "Ajeya Cotra") & (statements["event"] == "REMOTE99")].set_index("quantity")
    low, high, earlier = (rows.loc[name] for name in ("p50_years_ahead_low", "p50_years_ahead_high", "p50_earlier_than_in_2023"))
    now, start = decimal_year(low["statement_date"]), pd.Timestamp("2023-07-02")
    after = (low["year"] + high["year"]) / 2
    before = after + earlier["value"]
    error = np.hypot((high["year"] - low["year"]) / (after - now), 1 / (before - now)) / np.sqrt(12)
    row = {"source": "Ajeya Cotra", "group": "forecaster", "event": "REMOTE99", "start": start, "end": low["statement_date"], "gap": now - decimal_year(start), "before": before, "after": after}
    return pd.DataFrame([row | {"log_ratio": np.log((after - now) / (before - now)), "error": error, "share_o3": 1.0, "share_o1": 1.0}])
