"""The pooled date of AGI: four groups of forecasters, mapped to one definition, weighted by the reader, as of 2025-01 and today."""

from __future__ import annotations

import functools
import warnings
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
from inference_scaling.forecasts.members import GROUPS, OLDEST_YEARS, Member, members

DATES = ("2025-01", "today")
DOCUMENT_DATE = "2025-01-14"
WRITTEN = "2026-11-22"
HINDSIGHT = "2025-08-31"
YEARS = np.arange(2025.0, 2102.0)
WEIGHT_LIMIT = 10
# Sensitivities that are not choices of method: who is in the pool, and what is left open about the offsets.
BOTH, NO_PUBLIC, HELD = "only the sources that are in both pools", "without AI Digest's readers", "views held then, published later"
THIRD_HAND, LEADERS = "survey rows known at third hand admitted", "laboratory leaders counted as practitioners"
LOW_OFFSETS, HIGH_OFFSETS = "offsets at their lower end", "offsets at their upper end"
OTHER_FIT, UNLINKED = "offsets as fitted with the rows of", "adversarial test not linked to Metaculus's Turing test"
# Choices of method, the pooled rule's and the shapes'.
CHOICES = (
    "lognormal shape", "gamma shape", "every definition taken as the same event", "offsets added in years instead of multiplied",
    "geometric pool of the groups", "mean of the groups' quantiles", "Bayesian pool",
)  # fmt: skip
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
    ratios : DataFrame
        See `definitions.ratios`; of today.
    sensitivity : DataFrame
        Columns assumption, date, median, by_2030, by_2040, superforecasters (that group's own median, where it is pooled anew).
    silent : DataFrame
        Columns crowd ("everybody" of January 2025, or "in both pools"), then, no_news, now: medians under one fit of the offsets, today's; `no_news` is the same rule on the same
        statements, each told that nothing has come until today; by_2030 of `no_news`.
    spoke : DataFrame
        Of the sources in both pools those with a new statement: columns source, no_news, now, their medians mapped to the target under that one fit.
    leaving : DataFrame
        Columns group, source, leaves: who will pass the age limit first in each group.
    changed : DataFrame
        Columns group, source, change: members that joined or left since the text was written.
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
    ratios: pd.DataFrame
    sensitivity: pd.DataFrame
    silent: pd.DataFrame
    spoke: pd.DataFrame
    leaving: pd.DataFrame
    changed: pd.DataFrame
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
    for date in DATES:
        _nobody_missing(people[date], as_of[date])
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
        ratios=definitions.ratios(offsets["today"]),
        sensitivity=_sensitivity(as_of, offsets, people, grid),
        silent=silent(as_of, offsets["today"], people),
        spoke=_spoke(as_of["today"], offsets["today"], people),
        leaving=leaving(people["today"]),
        changed=_changed(people["today"]),
        moves=milestones.moves(as_of, people, offsets),
        scores=milestones.scores(as_of, people["2025-01"], offsets["2025-01"]),
    )


def in_both(people: Mapping[str, Sequence[Member]]) -> dict[str, list[Member]]:
    """Members by date of those sources that are in both pools."""
    both = set.intersection(*({member.source for member in own} for own in people.values()))
    return {date: [member for member in own if member.source in both] for date, own in people.items()}


def silent(as_of: Mapping[str, str], offsets: Mapping[str, np.ndarray], people: Mapping[str, Sequence[Member]]) -> pd.DataFrame:
    """Where the pool of January 2025 would stand had its members learned only that nothing has come; see `Study.silent`."""
    rows = []
    for crowd, own in {"everybody": people, "in both pools": in_both(people)}.items():
        cases = {"then": ("2025-01", "2025-01"), "no_news": ("2025-01", "today"), "now": ("today", "today")}
        pools = {name: np.mean(list(group_cdfs(own[who], offsets, as_of[day], YEARS).values()), axis=0) for name, (who, day) in cases.items()}
        rows.append({"crowd": crowd} | {name: median_year(cdf, YEARS) for name, cdf in pools.items()} | {"by_2030": summary(pools["no_news"])["by_2030"]})
    return pd.DataFrame(rows)


def _spoke(day: str, offsets: Mapping[str, np.ndarray], people: Mapping[str, Sequence[Member]]) -> pd.DataFrame:
    first, last = ({member.source: member for member in own} for own in in_both(people).values())
    new = [source for source in first if last[source].distribution.stated > first[source].distribution.stated]
    return pd.DataFrame([{"source": source, "no_news": _mapped_median(first[source], offsets, day), "now": _mapped_median(last[source], offsets, day)} for source in new])


def _mapped_median(member: Member, offsets: Mapping[str, np.ndarray], day: str) -> float:
    fine = np.arange(2025.0, 2200.0, 0.5)
    return median_year(mapped_cdf(member, nodes(offset_of(member.event, offsets)), fine, day).mean(0), fine)


def leaving(people: Sequence[Member]) -> pd.DataFrame:
    """When the oldest statement of each group passes the age limit, and how many sources leave with it."""
    rows = pd.DataFrame([{"group": member.group, "source": member.source, "year": member.distribution.stated + OLDEST_YEARS} for member in people])
    first = rows[rows["year"].eq(rows.groupby("group")["year"].transform("min"))]
    return first.groupby("group").agg(leaves=("year", "first"), sources=("source", "size"), names=("source", ", ".join)).reindex(GROUPS).reset_index()


def _changed(now: Sequence[Member]) -> pd.DataFrame:
    """Who joined and who left since the page's text was written; a refresh can do both without anybody touching the text."""
    written, current = ({(member.group, member.source) for member in crowd} for crowd in (members(WRITTEN), now))
    rows = [(*who, "joined") for who in sorted(current - written)] + [(*who, "left") for who in sorted(written - current)]
    if rows:
        warnings.warn(f"pooled date: members changed since {WRITTEN}: {', '.join(f'{source} {change} {group}' for group, source, change in rows)}; read the section's text again", stacklevel=2)
    return pd.DataFrame(rows, columns=["group", "source", "change"])


def _nobody_missing(people: Sequence[Member], day: str) -> None:
    empty = [group for group in GROUPS if group not in {member.group for member in people}]
    if empty:
        raise ValueError(f"pooled date as of {day}: no statement of at most {OLDEST_YEARS:.0f} years' age for {', '.join(empty)}; add newer rows to the tables, or raise members.OLDEST_YEARS")


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
    rows = []
    for member in people:
        entry = {"date": date, "group": member.group, "source": member.source, "event": member.event, "stated": member.distribution.stated, "median": member.distribution.median}
        rows.append(entry | {"mapped": _mapped_median(member, offsets, as_of), "weight": member.weight, "grade": member.grade, "available_from": member.available_from})
    return pd.DataFrame(rows)


def _sensitivity(as_of: Mapping[str, str], offsets: Mapping[str, Mapping[str, np.ndarray]], people: Mapping[str, Sequence[Member]], grid: pd.DataFrame) -> pd.DataFrame:
    """Equal weights of the groups under other assumptions."""
    rows = []
    rng = np.random.default_rng(5121)
    other = dict(zip(DATES, reversed(DATES)))

    def add(assumption: str, date: str, found: dict[str, float], own: float = np.nan) -> None:
        rows.append({"assumption": assumption, "date": date} | found | {"superforecasters": own})

    def linear(assumption: str, date: str, crowd: Sequence[Member], shifts: Mapping[str, np.ndarray], added: bool = False) -> None:
        groups = group_cdfs(crowd, shifts, as_of[date], YEARS, added=added)
        add(assumption, date, summary(np.mean(list(groups.values()), axis=0)), median_year(groups["superforecasters"], YEARS))

    for date in DATES:
        add("as shown", date, summary(pooled(grid, date, dict.fromkeys(GROUPS, 1))), median_year(grid.loc[grid["date"] == date, "superforecasters"].to_numpy(), YEARS))
        for family in ("lognormal", "gamma"):
            linear(f"{family} shape", date, members(as_of[date], family=family), offsets[date])
        none = {event: np.zeros(1) for event in offsets[date]}
        linear("every definition taken as the same event", date, people[date], none)
        for name, level in {LOW_OFFSETS: 0.05, HIGH_OFFSETS: 0.95}.items():
            linear(name, date, people[date], {event: np.quantile(values, [level]) for event, values in offsets[date].items()})
        linear(f"{OTHER_FIT} {'today' if date == DATES[0] else 'January 2025'}", date, people[date], offsets[other[date]])
        linear(UNLINKED, date, people[date], offsets[date] | {"adversarial": rng.normal(*definitions.prior("adversarial"), len(offsets[date]["adversarial"]))})
        linear("offsets added in years instead of multiplied", date, people[date], offsets[date], added=True)
        linear(LEADERS, date, members(as_of[date], leaders=True), offsets[date])
        linear(THIRD_HAND, date, members(as_of[date], third_hand=True), offsets[date])
        groups = grid.loc[grid["date"] == date, list(GROUPS)].to_numpy()
        inside = np.clip(groups, 1e-9, 1 - 1e-9)
        add("geometric pool of the groups", date, summary(np.where(groups.max(1) > 0, special.expit(special.logit(inside).mean(1)), 0.0)))
        add("mean of the groups' quantiles", date, summary(_quantile_average(groups)))
        one = [member.distribution.shift(factor=float(np.exp(np.median(offset_of(member.event, offsets[date]))))) for member in people[date]]
        law = pool_dates(one, [member.weight for member in people[date]], "bayes", as_of=as_of[date], groups=[member.group for member in people[date]])
        add("Bayesian pool", date, summary(law.cdf(YEARS)))
    for date, crowd in in_both(people).items():
        linear(BOTH, date, crowd, offsets[date])
    linear(NO_PUBLIC, "today", [member for member in people["today"] if not member.source.startswith("AI Digest")], offsets["today"])
    linear(HELD, "2025-01", members(DOCUMENT_DATE, published=HINDSIGHT), offsets["2025-01"])
    return pd.DataFrame(rows)


def _quantile_average(groups: np.ndarray) -> np.ndarray:
    """Distribution function on `YEARS` of the mean of the groups' quantiles; exact up to the first group's end of the grid."""
    levels = np.linspace(0.0005, 0.9995, 1999)
    years = np.mean([np.interp(levels, column, YEARS, right=np.inf) for column in groups.T], axis=0)
    known = np.isfinite(years)
    return np.interp(YEARS, years[known], levels[known], left=0.0)
