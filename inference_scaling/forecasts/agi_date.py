"""The pooled date of AGI: four groups of forecasters, mapped to one definition, weighted by the reader, as of 2025-01 and today."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from inference_scaling import tables
from inference_scaling.estimates import Estimate
from inference_scaling.forecasts import definitions, milestones
from inference_scaling.forecasts.date_pools import pool_dates
from inference_scaling.forecasts.mapping import group_cdfs, mapped_cdf, median_year, nodes, offset_of
from inference_scaling.forecasts.members import GROUPS, Member, members

DATES = ("2025-01", "today")
DOCUMENT_DATE = "2025-01-14"
WRITTEN = "2026-11-22"
HINDSIGHT = "2025-08-31"
YEARS = np.arange(2025.0, 2102.0)
WEIGHT_LIMIT = 10
ASKED = {"by_2030": 2031.0, "by_2040": 2041.0}


@dataclass(frozen=True)
class Study:
    """What the section needs.

    Attributes
    ----------
    as_of : dict of str
        Day by name of date.
    grid : DataFrame
        Columns date, year (its first of January), one a group: probability that general AI has come by then.
    bands : DataFrame
        Columns date, group, year, low, middle, high: the same with the 90 % interval that the offsets' uncertainty gives.
    groups : DataFrame
        Columns date, group, sources, median, by_2030, by_2040.
    medians : dict of Estimate
        Median year at equal weights by date, with the 90 % interval over the offsets' draws.
    members : DataFrame
        Columns date, group, source, event, stated, median, mapped, weight, grade, available_from.
    offsets : dict
        Draws by date and event.
    sensitivity : DataFrame
        Columns assumption, date, median, by_2030, by_2040.
    moves : DataFrame
        See `milestones.moves`.
    scores : DataFrame
        See `milestones.scores`.
    """

    as_of: dict[str, str]
    grid: pd.DataFrame
    bands: pd.DataFrame
    groups: pd.DataFrame
    medians: dict[str, Estimate]
    members: pd.DataFrame
    offsets: dict[str, dict[str, np.ndarray]]
    sensitivity: pd.DataFrame
    moves: pd.DataFrame
    scores: pd.DataFrame


def today() -> str:
    """The day up to which evidence is admitted: of writing, or of the newest platform snapshot if that is later."""
    return max(WRITTEN, tables.load("platform_snapshots")["snapshot_date"].max().date().isoformat())


def snapshot_table() -> pd.DataFrame:
    """The newest stored answer of each platform question, as text: columns platform, question, day, says."""
    rows = tables.load("platform_snapshots")
    rows = rows[rows["snapshot_date"].eq(rows.groupby("question_id")["snapshot_date"].transform("max"))]
    said = np.where(rows["value_date"].notna(), rows["quantity"] + " " + rows["value_date"].dt.strftime("%Y-%m-%d"), (100 * rows["probability"]).map("{:.1f} %".format))
    rows = rows.assign(says=said, day=rows["snapshot_date"].dt.strftime("%Y-%m-%d")).groupby(["platform", "question_id"], sort=False)
    return rows.agg(question=("title", "last"), day=("day", "last"), says=("says", ", ".join)).reset_index().drop(columns="question_id")


def summary(cdf: np.ndarray, years: np.ndarray = YEARS) -> dict[str, float]:
    """Median, and probabilities by the end of 2030 and of 2040."""
    return {"median": median_year(cdf, years)} | {name: float(np.interp(year, years, cdf)) for name, year in ASKED.items()}


def pooled(grid: pd.DataFrame, date: str, weights: Mapping[str, float]) -> np.ndarray:
    """Linear pool of the groups' distribution functions at one date; weights that are all zero count as equal."""
    rows = grid[grid["date"] == date]
    values = np.array([weights[group] for group in GROUPS], dtype=float)
    values = values if values.sum() > 0 else np.ones(len(GROUPS))
    return rows[list(GROUPS)].to_numpy() @ (values / values.sum())


def reader_pool(platforms: float = 1, superforecasters: float = 1, surveys: float = 1, practitioners: float = 1) -> dict[str, float]:
    """The pooled date of general AI under a reader's weights, as the sliders of the page compute it.

    Parameters
    ----------
    platforms, superforecasters, surveys, practitioners
        Weights of the groups, 0 to 10; only their ratios matter, and if all are zero the groups count alike.

    Returns
    -------
    dict of str to float
        median_2025, by_2030_2025, by_2040_2025 (as of January 2025), median_today, by_2030_today, by_2040_today; the median is infinite beyond 2100.

    Raises
    ------
    ValueError
        A weight outside 0 to 10.
    """
    weights = {"platforms": platforms, "superforecasters": superforecasters, "surveys": surveys, "practitioners": practitioners}
    for name, value in weights.items():
        if not 0 <= value <= WEIGHT_LIMIT:
            raise ValueError(f"reader_pool: {name} must lie between 0 and {WEIGHT_LIMIT}, got {value}")
    grid = study().grid
    return {f"{name}_{date[:5].rstrip('-')}": value for date in DATES for name, value in summary(pooled(grid, date, weights)).items()}


@functools.cache
def study() -> Study:
    """Pools at both dates with their offsets, sensitivities and what happened since; deterministic."""
    as_of = {"2025-01": DOCUMENT_DATE, "today": today()}
    offsets = definitions.fit(as_of)
    people = {date: members(day) for date, day in as_of.items()}
    means = {date: group_cdfs(people[date], offsets[date], as_of[date], YEARS) for date in DATES}
    joint = {date: group_cdfs(people[date], offsets[date], as_of[date], YEARS, joint=True) for date in DATES}
    grid = pd.concat([pd.DataFrame({"date": date, "year": YEARS} | {group: values.round(6) for group, values in means[date].items()}) for date in DATES], ignore_index=True)
    return Study(
        as_of=as_of,
        grid=grid,
        bands=_bands(means, joint),
        groups=_groups(grid, people),
        medians={date: _median_over_offsets(joint[date]) for date in DATES},
        members=pd.concat([_member_table(date, people[date], offsets[date], as_of[date]) for date in DATES], ignore_index=True),
        offsets=offsets,
        sensitivity=_sensitivity(as_of, offsets, people, grid),
        moves=milestones.moves(as_of, people, offsets),
        scores=milestones.scores(as_of, people["2025-01"], offsets["2025-01"]),
    )


def offset_table(offsets: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Offsets as factors of the time left, with prior: columns event, factor (Estimate), prior_low, prior, prior_high."""
    z = special.ndtri(0.95)
    rows = [(event, Estimate.from_draws(np.exp(offsets[event]).reshape(4, -1)), *np.exp(m + s * np.array([-z, 0, z]))) for event in definitions.EVENTS for m, s in [definitions.prior(event)]]
    return pd.DataFrame(rows, columns=["event", "factor", "prior_low", "prior", "prior_high"])


def _bands(means: Mapping[str, Mapping[str, np.ndarray]], joint: Mapping[str, Mapping[str, np.ndarray]]) -> pd.DataFrame:
    parts = []
    for date, groups in joint.items():
        for group, values in groups.items():
            low, high = np.quantile(values, [0.05, 0.95], axis=0)
            parts.append(pd.DataFrame({"date": date, "group": group, "year": YEARS, "low": low, "middle": means[date][group], "high": high}))
    return pd.concat(parts, ignore_index=True)


def _median_over_offsets(groups: Mapping[str, np.ndarray]) -> Estimate:
    return Estimate.from_draws([median_year(cdf, YEARS) for cdf in np.mean(list(groups.values()), axis=0)], "year")


def _groups(grid: pd.DataFrame, people: Mapping[str, Sequence[Member]]) -> pd.DataFrame:
    rows = []
    for date in DATES:
        for group in GROUPS:
            count = sum(member.group == group for member in people[date])
            rows.append({"date": date, "group": group, "sources": count} | summary(grid.loc[grid["date"] == date, group].to_numpy()))
        rows.append({"date": date, "group": "equal weights", "sources": len(people[date])} | summary(pooled(grid, date, dict.fromkeys(GROUPS, 1))))
    return pd.DataFrame(rows)


def _member_table(date: str, people: Sequence[Member], offsets: Mapping[str, np.ndarray], as_of: str) -> pd.DataFrame:
    fine = np.arange(2025.0, 2200.0, 0.5)
    rows = []
    for member in people:
        mapped = mapped_cdf(member, nodes(offset_of(member.event, offsets)), fine, as_of).mean(0)
        entry = {"date": date, "group": member.group, "source": member.source, "event": member.event, "stated": member.distribution.stated, "median": member.distribution.median}
        rows.append(entry | {"mapped": median_year(mapped, fine), "weight": member.weight, "grade": member.grade, "available_from": member.available_from})
    return pd.DataFrame(rows)


def _sensitivity(as_of: Mapping[str, str], offsets: Mapping[str, Mapping[str, np.ndarray]], people: Mapping[str, Sequence[Member]], grid: pd.DataFrame) -> pd.DataFrame:
    """Equal weights of the groups under other assumptions."""
    rows = []

    def add(assumption: str, date: str, found: dict[str, float]) -> None:
        rows.append({"assumption": assumption, "date": date} | found)

    def linear(assumption: str, date: str, crowd: Sequence[Member], shifts: Mapping[str, np.ndarray], added: bool = False) -> None:
        groups = group_cdfs(crowd, shifts, as_of[date], YEARS, added=added)
        add(assumption, date, summary(np.mean(list(groups.values()), axis=0)))

    for date in DATES:
        add("as shown", date, summary(pooled(grid, date, dict.fromkeys(GROUPS, 1))))
        for family in ("lognormal", "gamma"):
            linear(f"{family} shape", date, members(as_of[date], family=family), offsets[date])
        none = {event: np.zeros(1) for event in offsets[date]}
        linear("every definition taken as the same event", date, people[date], none)
        for name, level in {"offsets at their lower end": 0.05, "offsets at their upper end": 0.95}.items():
            linear(name, date, people[date], {event: np.quantile(values, [level]) for event, values in offsets[date].items()})
        linear("offsets added in years instead of multiplied", date, people[date], offsets[date], added=True)
        linear("laboratory leaders counted as practitioners", date, members(as_of[date], leaders=True), offsets[date])
        linear("survey rows known at third hand admitted", date, members(as_of[date], third_hand=True), offsets[date])
        groups = grid.loc[grid["date"] == date, list(GROUPS)].to_numpy()
        inside = np.clip(groups, 1e-9, 1 - 1e-9)
        add("geometric pool of the groups", date, summary(np.where(groups.max(1) > 0, special.expit(special.logit(inside).mean(1)), 0.0)))
        add("mean of the groups' quantiles", date, summary(_quantile_average(groups)))
        one = [member.distribution.shift(factor=float(np.exp(np.median(offset_of(member.event, offsets[date]))))) for member in people[date]]
        law = pool_dates(one, [member.weight for member in people[date]], "bayes", as_of=as_of[date], groups=[member.group for member in people[date]])
        add("Bayesian pool", date, summary(law.cdf(YEARS)))
    both = {member.source for member in people["2025-01"]} & {member.source for member in people["today"]}
    for date in DATES:
        linear("only the sources that are in both pools", date, [member for member in people[date] if member.source in both], offsets[date])
    linear("views held then, published later", "2025-01", members(DOCUMENT_DATE, published=HINDSIGHT), offsets["2025-01"])
    linear("offsets of today", "2025-01", people["2025-01"], offsets["today"])
    return pd.DataFrame(rows)


def _quantile_average(groups: np.ndarray) -> np.ndarray:
    """Distribution function on `YEARS` of the mean of the groups' quantiles; exact up to the first group's end of the grid."""
    levels = np.linspace(0.0005, 0.9995, 1999)
    years = np.mean([np.interp(levels, column, YEARS, right=np.inf) for column in groups.T], axis=0)
    known = np.isfinite(years)
    return np.interp(YEARS, years[known], levels[known], left=0.0)
