"""Numbers of the sections on platforms, named people and practitioners."""

from __future__ import annotations

import numpy as np

from inference_scaling.estimates import Estimate, number_text, share
from inference_scaling.forecasts import experts, platforms, resolved


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
        late_share=_percent(late["as_large"]),
        kalshi_before=_percent(before),
        kalshi_after=_percent(after),
        kalshi_share=_percent(kalshi["as_large"]),
        entry_jump=f"{index.entry_jump}",
        kalshi_flat=f"{index.kalshi_flat}",
        p_boot=share(index.probability["today"][platforms.RECORDED]),
        p_walk=share(index.probability["today"][platforms.WALK]),
        prior_boot=share(index.prior[platforms.RECORDED]),
        prior_walk=share(index.prior[platforms.WALK]),
        p_long=share(rows["earlier changes since November 2020 instead of March 2023"]),
        p_relative=share(rows["the same, changes as shares of the remaining time"]),
        p_smooth=share(rows["recorded years smoothed by a week's median"]),
        p_kalshi_era=share(rows["earlier changes since Kalshi's contract entered"]),
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
    offsets = people.offsets.set_index(["first", "second"])
    general = offsets.loc[("first weakly general AI system", "first general AI system")]
    expert = offsets.loc[("AC", "TED_AI")]
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
        general_ratio=f"{general['median']:.1f} [{general['low']:.1f}, {general['high']:.1f}]",
        general_pairs=f"{general['pairs']:.0f}",
        expert_ratio=f"{expert['median']:.1f} [{expert['low']:.1f}, {expert['high']:.1f}]",
        expert_pairs=f"{expert['pairs']:.0f}",
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
