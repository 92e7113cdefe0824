"""Who is in the pools of the date of AGI: each source's latest public statement as a distribution, in four groups.

A source enters with its newest statement that was public on the day and at most four years old, and is told that the event had not happened by then.
Left out are laboratory leaders (their dates are also announcements), ranges without a probability, bounds, rows that quote the documents under
test, survey rows known at third hand only, and sources that give nothing but one probability in a tail.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from inference_scaling import tables
from inference_scaling.forecasts.apis import QUANTILES
from inference_scaling.forecasts.dates import DateDistribution, StatementError, decimal_year
from inference_scaling.forecasts.definitions import DEFINITIONS, TARGET

GROUPS = ("platforms", "superforecasters", "surveys", "practitioners")
OLDEST_YEARS = 4.0
# For a source that gives one point only: log standard deviation of the time left, and its geometric standard deviation, as stated by the others.
SPREAD, SPREAD_FACTOR = 1.3, 1.3
PEOPLE = {"forecaster": "practitioners", "practitioner": "practitioners", "forecasting group": "superforecasters"}
# Of several events that a person dates on one day, the one whose definition is nearest to the target's.
NEAREST = (TARGET, "unspecified", "dominating", "remote", "production", "transformative", "research", "every task", "coder", "superintelligence")
INDEX_PARTS = ("weak", TARGET, "turing", "adversarial")
# A single probability far out in the tail says nothing of the rest.
SINGLE = (0.2, 0.8)
_SURVEYED = 0.8
_LATE_DAYS = 45


@dataclass(frozen=True)
class Member:
    """One source in a pool.

    Attributes
    ----------
    group, source : str
    event : str
        Definition that the source dates; "index" is the mean of `INDEX_PARTS`.
    distribution : DateDistribution or None
        Of that event, as stated; None if what is stated is too little for one.
    weight : float
        Within the group; the eight members of one forecasting group count as one source.
    grade, available_from : str
    """

    group: str
    source: str
    event: str
    distribution: DateDistribution | None
    weight: float
    grade: str
    available_from: str


def members(as_of: str, *, published: str | None = None, leaders: bool = False, third_hand: bool = False, family: str = "piecewise") -> list[Member]:
    """Members of the four pools on a day.

    Parameters
    ----------
    as_of
        ISO date; only what was public then is used.
    published
        A later ISO date: views held about `as_of` (at most 45 days later) that were public by then are used too.
    leaders
        Count the leaders of laboratories among the practitioners.
    third_hand
        Admit survey rows whose source was seen at third hand.
    family
        Shape between and beyond stated points, one of `dates.FAMILIES`.
    """
    known = published or as_of
    held = pd.Timestamp(as_of) + pd.Timedelta(days=_LATE_DAYS if published else 0)
    found = [*_metaculus(known, held, family), *_index(as_of, family), *_ladder(as_of, family), *_people(known, held, leaders, family), *_samotsvety(as_of, family), *_surveys(as_of, third_hand, family)]
    oldest = decimal_year(as_of) - OLDEST_YEARS
    return [member for member in found if member.distribution is not None and member.distribution.stated >= oldest]


def _distribution(points: list[tuple[float, float]], stated: float, name: str, family: str) -> DateDistribution | None:
    points = sorted(set(points))
    if len(points) == 1 and not SINGLE[0] <= points[0][1] <= SINGLE[1]:
        return None
    if len(points) > 1:
        return DateDistribution.from_points(points, stated, family=family, name=name)
    (year, probability), = points
    return DateDistribution.from_point(year, stated, probability=probability, log_sd=SPREAD, log_sd_factor=SPREAD_FACTOR, name=name)


def _metaculus(known: str, held: pd.Timestamp, family: str) -> list[Member]:
    """Metaculus 5121 itself: the newest stored snapshot, or before there were any the newest median that somebody quoted."""
    stored = tables.load("platform_snapshots", known)
    stored = stored[stored["question_id"].eq("5121") & stored["quantity"].isin(QUANTILES) & stored["snapshot_date"].le(held)]
    if len(stored):
        last = stored[stored["snapshot_date"].eq(stored["snapshot_date"].max())]
        stated, public, grade = last["snapshot_date"].iloc[0], last["available_from"].iloc[0], "primary"
        points = [(decimal_year(day), QUANTILES[name]) for day, name in zip(last["value_date"], last["quantity"])]
    else:
        quoted = tables.load("metaculus_snapshots", known)
        quoted = quoted[quoted["question"].eq(5121) & quoted["statement_date"].le(held) & ~quoted["quotes_document_under_test"] & quoted["probability"].notna()]
        last = quoted[quoted["statement_date"].eq(quoted["statement_date"].max())]
        stated, public, grade = last["statement_date"].iloc[0], last["available_from"].iloc[0], last["grade"].iloc[0]
        points = list(zip(last["year"], last["probability"]))
    law = _distribution(_not_gone(points, decimal_year(stated)), decimal_year(stated), "Metaculus 5121", family)
    return [Member("platforms", "Metaculus 5121", TARGET, law, 1.0, grade, _day(public))]


def _not_gone(points: list[tuple[float, float]], stated: float) -> list[tuple[float, float]]:
    """Points of a community's distribution given that the event had not happened: some of it lies before the day, in forecasts that time has passed."""
    years, levels = np.array(sorted(points)).T
    gone = float(np.interp(stated, years, levels)) if years[0] < stated else 0.0
    return [(year, (level - gone) / (1 - gone)) for year, level in zip(years, levels) if year > stated and level > gone]


def _index(as_of: str, family: str) -> list[Member]:
    """The dashboard's combined index: daily until March 2025, later as quoted; whole years stand for their middle."""
    daily = tables.load("agi_index_daily", as_of).iloc[-1]
    quoted = tables.load("market_snapshots", as_of)
    quoted = quoted[quoted["contract"].eq("combined AGI index") & ~quoted["quotes_document_under_test"]]
    if len(quoted):
        last = quoted[quoted["statement_date"].eq(quoted["statement_date"].max())].set_index("quantity")["year"]
        stated, grade, known = quoted["statement_date"].max(), "secondary", quoted["available_from"].max()
        points = [(last["p10_year"], 0.1), (last["median_year"], 0.5), (last["p90_year"], 0.9)]
    else:
        stated, grade, known = daily["day"], "primary", daily["available_from"]
        points = [(daily["p10"] + 0.5, 0.1), (daily["p50"] + 0.5, 0.5), (daily["p90"] + 0.5, 0.9)]
    return [Member("platforms", "AGI index", "index", _distribution(points, decimal_year(stated), "AGI index", family), 1.0, grade, _day(known))]


def _ladder(as_of: str, family: str) -> list[Member]:
    """Manifold's markets on AGI before the start of different years, at the newest price of each; prices that fall along the ladder are levelled."""
    stored = tables.load("platform_snapshots", as_of)
    stored = stored[stored["platform"].eq("manifold") & stored["quantity"].eq("probability")]
    stored = stored.assign(before_year=stored["event_before"].dt.year, statement_date=stored["snapshot_date"])
    nightly = tables.load("market_prices", as_of)
    nightly = nightly[nightly["platform"].eq("Manifold") & nightly["event"].eq("AGI") & nightly["kind"].ne("resolution")]
    columns = ["before_year", "statement_date", "probability", "available_from"]
    rows = pd.concat([nightly[columns], stored[columns]], ignore_index=True).sort_values("statement_date")
    rows = rows[rows["statement_date"] > pd.Timestamp(as_of) - pd.Timedelta(days=365)].drop_duplicates("before_year", keep="last")
    rows = rows[rows["before_year"] > decimal_year(as_of)].sort_values("before_year")
    if rows.empty:
        return []
    level = np.maximum.accumulate(rows["probability"].to_numpy())
    points = [(float(year), float(p)) for year, p, step in zip(rows["before_year"], level, np.diff(level, prepend=0)) if step > 0]
    law = _distribution(points, decimal_year(rows["statement_date"].max()), "Manifold", family)
    return [Member("platforms", "Manifold", "adversarial", law, 1.0, "primary", _day(rows["available_from"].max()))]


def _people(known: str, held: pd.Timestamp, leaders: bool, family: str) -> list[Member]:
    rows = tables.load("expert_statements", known)
    groups = PEOPLE | ({"laboratory leader": "practitioners"} if leaders else {})
    usable = rows["probability"].notna() & rows["bound"].eq("") & ~rows["quotes_document_under_test"] & rows["group"].isin(groups) & rows["event"].isin(DEFINITIONS)
    rows = rows[usable].assign(definition=rows["event"].map(DEFINITIONS))
    fuller = tables.load("greenblatt_milestones", known).assign(person="Ryan Greenblatt", group="practitioner")
    rows = pd.concat([rows, fuller.assign(definition=fuller["event"].map(DEFINITIONS))], ignore_index=True)
    rows = rows[rows["statement_date"].le(held)]
    found = []
    for person, own in rows.groupby("person", sort=True):
        own = own[own["statement_date"].eq(own["statement_date"].max())]
        definition = min(own["definition"].unique(), key=NEAREST.index)
        own = own[own["definition"].eq(definition)]
        # Variants of one event (a model's answer; all things considered) are one forecast: the one with most points, in a tie the considered one.
        variants = own["event"].value_counts()
        own = own[own["event"].eq(max(variants.index, key=lambda event: (variants[event], event.endswith("_ATC"))))]
        points = [(year, p) for year, p in zip(own["year"], own["probability"]) if year > decimal_year(own["statement_date"].iloc[0])]
        points = _median_of_range(points)
        law = _distribution(points, decimal_year(own["statement_date"].iloc[0]), person, family)
        found.append(Member(groups[own["group"].iloc[0]], person, definition, law, 1.0, own["grade"].iloc[0], _day(own["available_from"].iloc[0])))
    return found


def _median_of_range(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Of two years given for one probability (a median of six to eight years), the middle."""
    table = pd.DataFrame(points, columns=["year", "probability"]).groupby("probability", as_index=False)["year"].mean()
    return list(zip(table["year"], table["probability"]))


def _samotsvety(as_of: str, family: str) -> list[Member]:
    found = []
    rows = tables.load("samotsvety_forecasters", as_of)
    for row in rows.itertuples():
        stated = decimal_year(row.stated)
        quantiles = [(row.year_p10 + 0.5, 0.1), (row.year_p50 + 0.5, 0.5), (row.year_p90 + 0.5, 0.9)]
        by_year = [(2031.0, row.p_by_2030), (2051.0, row.p_by_2050), (2101.0, row.p_by_2100)]
        points = _rising([point for point in quantiles + by_year if not np.isnan(point[0])])
        law = _distribution(points, stated, f"Samotsvety {row.forecaster}", family)
        found.append(Member("superforecasters", f"Samotsvety {row.forecaster}", "adversarial", law, 1 / len(rows), "primary", _day(row.available_from)))
    return found


def _rising(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Points in order of the year without those that contradict an earlier one: quantiles are given in whole years, probabilities in whole percent."""
    kept: list[tuple[float, float]] = []
    for year, p in sorted(points):
        if not kept or (year > kept[-1][0] and p > kept[-1][1] + 0.005):
            kept.append((year, p))
    return kept


def _surveys(as_of: str, third_hand: bool, family: str) -> list[Member]:
    found = [_espai(as_of, family)] if len(tables.load("espai_timelines", as_of)) else []
    rows = tables.load("agi_survey_summary", as_of)
    rows = rows[rows["event"].isin(DEFINITIONS) & ~rows["survey"].str.startswith(("ESPAI", "Samotsvety"))]
    rows = rows if third_hand else rows[rows["confidence"].ne("low")]
    for (survey, group), own in rows.groupby(["survey", "group"], sort=True):
        own = own[own["event"].eq(own["event"].iloc[0])]
        stated = own["asked"].iloc[0] + _SURVEYED
        points = [(year + (0.5 if kind == "year" else 1.0), p) for year, p, kind in zip(own["year"], own["probability"], own["quantity"])]
        try:
            law = _distribution(points, stated, survey, family)
        except StatementError:
            continue
        side = "superforecasters" if group == "superforecasters" else "surveys"
        found.append(Member(side, f"{survey}, {group}", DEFINITIONS[own["event"].iloc[0]], law, 1.0, own["grade"].iloc[0], _day(own["available_from"].iloc[0])))
    return found


def _espai(as_of: str, family: str) -> Member:
    """Mean of the gamma distributions that the survey's authors fitted to each respondent, as they pool them."""
    rows = tables.load("espai_timelines", as_of)
    rows = rows[rows["question"].eq("HLMI")]
    ahead = np.array([1, 2, 4, 7, 10, 15, 20, 27, 35, 45, 60, 80, 120, 200], dtype=float)
    mean = special.gammainc(rows["gamma_shape"].to_numpy()[:, None], ahead / rows["gamma_scale"].to_numpy()[:, None]).mean(0)
    stated = 2023 + _SURVEYED
    law = _distribution(list(zip(stated + ahead, mean)), stated, "ESPAI 2023", family)
    return Member("surveys", "ESPAI 2023, AI researchers", "every task", law, 1.0, "primary", _day(rows["available_from"].iloc[0]))


def _day(date: pd.Timestamp) -> str:
    return pd.Timestamp(date).date().isoformat()
