"""Numbers of the sections on platforms, named people and practitioners."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from pybtex.database import BibliographyData, parse_file

from inference_scaling import claims
from inference_scaling.estimates import Estimate, number_text, share
from inference_scaling.forecasts import experts, platforms, resolved

REFERENCES = Path(__file__).resolve().parents[2] / "book" / "references.bib"


def _percent(p: float) -> str:
    return f"{100 * p:.0f} %"


def _count(n: float) -> str:
    return "no number of them" if np.isinf(n) else f"{n:,.0f}"


def numbers(index: platforms.PlatformStudy, people: experts.ExpertStudy, done: resolved.ResolvedStudy) -> dict[str, Estimate | str]:
    """What the sections print, by key."""
    return _platforms(index) | _people(people) | _resolved(done)


def _platforms(index: platforms.PlatformStudy) -> dict[str, Estimate | str]:
    spans = index.spans.set_index("series")
    rows = index.sensitivity.set_index("assumption")["probability"]
    median, late, kalshi = spans.loc["index, 50 %"], spans.loc["index, 90 %"], spans.loc["Kalshi, log odds"]
    before, after = index.kalshi
    ladder = index.ladder
    inside, spans_after = index.coverage
    return dict(
        days=f"{platforms.SPAN_DAYS}",
        step=f"{platforms.STEP_DAYS}",
        central=_percent(platforms.CENTRAL),
        year=index.year,
        moved_share=_percent(median["a_year_or_more"]),
        change=index.change["today"],
        change_then=index.change["2025-01"],
        since_o1=index.since_o1,
        usual_low=index.before[0].value_text,
        usual_high=index.before[1].value_text,
        late_change=number_text(abs(late["change"]), 0),
        late_spread=f"{late['spread']:.1f}",
        late_share=_percent(late["as_large"] / late["starts"]),
        kalshi_before=_percent(before),
        kalshi_after=_percent(after),
        kalshi_as_large=f"{kalshi['as_large']}",
        kalshi_starts=f"{kalshi['starts']}",
        kalshi_separate=f"{kalshi['separate']}",
        entry_jump=f"{index.entry_jump}",
        kalshi_flat=f"{index.kalshi_flat}",
        p_boot=share(index.probability["today"][platforms.RECORDED]),
        p_walk=share(index.probability["today"][platforms.WALK]),
        p_low=share(min(index.probability["today"].values())),
        p_high=share(max(index.probability["today"].values())),
        prior_boot=share(index.prior[platforms.RECORDED]),
        prior_walk=share(index.prior[platforms.WALK]),
        p_long=share(rows["earlier changes since November 2020 instead of March 2023"]),
        p_relative=share(rows["the same, changes as shares of the remaining time"]),
        p_smooth=share(rows["recorded years smoothed by a week's median"]),
        p_kalshi_era=share(index.kalshi_era[0]),
        prior_kalshi_era=share(index.kalshi_era[1]),
        forward_boot=number_text(index.forward[platforms.RECORDED], 1),
        forward_walk=number_text(index.forward[platforms.WALK], 1),
        dip=f"{index.dip[0]:%-d %B %Y}",
        back=f"{index.dip[1]:%-d %B %Y}",
        covered=f"{inside}",
        covered_of=f"{spans_after}",
        ladder_low=f"{ladder['year'].min():.0f}",
        ladder_high=f"{ladder['year'].max():.0f}",
        weight=f"{platforms.POOL_WEIGHT:.1f}",
    )


def _people(people: experts.ExpertStudy) -> dict[str, Estimate | str]:
    cotra, counts = people.cotra, people.counts
    rows = people.sensitivity.set_index("assumption")
    return dict(
        platform_shift=people.shift["platform"],
        people_shift=people.shift["person"],
        typical=people.typical,
        even_years=f"{experts.reader_share(cotra['years'], (cotra['gap_low'] + cotra['gap_high']) / 2, 0, 0)['person']:.1f}",
        p_named=_percent(people.probability[experts.NAMED]),
        p_everyone=share(people.probability[experts.EVERYONE]),
        p_even=share(people.even),
        cotra_years=f"{cotra['years']:.0f}",
        cotra_gap=f"{cotra['gap_low']:.0f} to {cotra['gap_high']:.0f}",
        cotra_fall=_percent(1 - np.exp(cotra["log_ratio"])),
        cotra_earlier=_percent(1 - np.exp(cotra["earlier_log_ratio"])),
        index_low=f"{cotra['index_low']:.0f}",
        index_high=f"{cotra['index_high']:.0f}",
        revisions=f"{counts['revisions']}",
        of_people=f"{counts['of_people']}",
        n_people=f"{counts['people']}",
        people_over=f"{counts['people_over_o3']}",
        people_earlier=f"{counts['people_earlier']}",
        leaders_over=f"{counts['leaders_over_o3']}",
        platforms_over=f"{counts['platforms_over_o3']}",
        people_2025=f"{counts['people_2025']}",
        people_2026=f"{counts['people_2026']}",
        longer_2025=f"{counts['longer_2025']}",
        later_2025=f"{counts['later_2025']}",
        shorter_2026=f"{counts['shorter_2026']}",
        later_2026=f"{counts['later_2026']}",
        without_hassabis=share(rows.loc["without Demis Hassabis", "probability"]),
        without_cotra=share(rows.loc["without Ajeya Cotra", "probability"]),
        without_legg=share(rows.loc["without Shane Legg", "probability"]),
        doubled=share(rows.loc["prior scale of the shift doubled", "probability"]),
        events=f"{sum(map(len, people.families))}",
        families=f"{len(people.families)}",
    )


def _resolved(done: resolved.ResolvedStudy) -> dict[str, Estimate | str]:
    summary = done.summary.set_index("group")
    needed = done.needed.set_index(["difference", "spread", "shared"])["milestones"]
    return dict(
        practitioner_milestones=f"{summary.loc['practitioners', 'milestones']}",
        needed_by_rule=f"{resolved.NEEDED}",
        smallest=f"{resolved.SMALLEST:.2f}",
        base_rate=f"{resolved.BASE_RATE:.1f}",
        p_practitioners=share(done.probability[resolved.NARROW_MODEL]),
        p_practitioners_wide=share(done.probability[resolved.WIDE_MODEL]),
        prior_practitioners=share(done.prior[resolved.NARROW_MODEL]),
        need_near=_count(needed[resolved.SMALLEST, resolved.NEAR, 0.0]),
        need_far=_count(needed[resolved.SMALLEST, resolved.APART, 0.0]),
        need_shared=_count(needed[resolved.SMALLEST, resolved.APART, resolved.SHARED]),
        need_tenth=_count(needed[2 * resolved.SMALLEST, resolved.APART, 0.0]),
        tenth=f"{2 * resolved.SMALLEST:.1f}",
        shared=f"{resolved.SHARED:.2f}",
        seen_spread=f"{done.spread:.1f}",
        twenty_near=f"{resolved.detectable(resolved.NEEDED, done.spread / 2):.2f}",
        twenty_far=f"{resolved.detectable(resolved.NEEDED, done.spread):.2f}",
        gold=_percent(done.gold),
    )


def era_note(index: platforms.PlatformStudy) -> str:
    """What the changes of the record in its last composition alone would say, for the verdict."""
    p, prior = index.kalshi_era
    words = claims.label(p, prior, [p], claims.claim("timelines.priced_in")["grade"])
    return f"With earlier changes since Kalshi's contract entered only, P(S) is {share(p)} against a prior of {share(prior)}: {words}."


def people_note(people: experts.ExpertStudy) -> str:
    """What the average over the models hides, for the verdict."""
    named, everyone = (share(people.probability[name]) for name in (experts.NAMED, experts.EVERYONE))
    rest = people.sensitivity.set_index("assumption").loc["without Demis Hassabis", "probability"]
    return (
        f"The models say {named} and {everyone}. With the revision spread evenly over its gap, as the register's failure clause has it, the first says {share(people.even)}; without Hassabis, whose earlier date is a "
        f"bound, the second says {share(rest)}."
    )


def span_table(index: platforms.PlatformStudy) -> pd.DataFrame:
    """Recorded changes over the span around o3 beside earlier ones, as printed; where nothing changed, every earlier change is as large, which says nothing."""
    rows = index.spans
    return pd.DataFrame(
        {
            "record": rows["series"],
            "change": [number_text(value, 2) for value in rows["change"]],
            "from": [number_text(value, 2) for value in rows["low"]],
            "to": [number_text(value, 2) for value in rows["high"]],
            "as large": ["no change" if change == 0 else f"{n} of {starts}" for change, n, starts in zip(rows["change"], rows["as_large"], rows["starts"])],
            "separate spans": rows["separate"],
        }
    )


def quote_table(index: platforms.PlatformStudy) -> pd.DataFrame:
    """Quoted levels of Metaculus's question around the date with their sources by name, as printed."""
    rows = index.quotes
    return pd.DataFrame(
        {
            "day": rows["day"].dt.strftime("%Y-%m-%d"),
            "median": rows["year"].map("{:.1f}".format),
            "open (years)": rows["width"].map("{:.2f}".format),
            "source": rows["source"].map(_cited(parse_file(str(REFERENCES)))),
            "under test": np.where(rows["under_test"], "the post's own", ""),
        }
    )


def _cited(references: BibliographyData) -> dict[str, str]:
    """Author, or title where there is none, and year by citation key."""
    named = {}
    for key, entry in references.entries.items():
        authors = entry.persons.get("author", [])
        who = " ".join(authors[0].last_names) if authors else entry.fields["title"]
        named[key] = f"{who} {entry.fields.get('year', '')}".translate(str.maketrans("", "", "{}")).strip()
    return named


def walk_table(index: platforms.PlatformStudy) -> pd.DataFrame:
    """P(S) and the change in years under the walk, one assumption changed at a time, as printed."""
    names = {"probability": "P(S)", "median": "change", "low": "from", "high": "to"}
    rows = index.sensitivity
    return rows[["assumption"]].join(rows[list(names)].map(lambda value: number_text(value, 2)).rename(columns=names))
