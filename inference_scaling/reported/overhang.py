"""Numbers of the chapter on the deployment overhang."""

import numpy as np
import pandas as pd

from inference_scaling.estimates import Estimate, number_text, share
from inference_scaling.overhang import copies, decline, parallel
from inference_scaling.overhang.magnitudes import big, big_interval
from inference_scaling.overhang.statements import (
    DOLLARS,
    HIGH_BILL,
    LOW,
    LOW_BILL,
    MOST_RELEASES,
    O3_HIGH,
    O3_LOW,
    OPERATIONS,
    RUN_AND_TRAIN,
    RUN_ONLY,
    SAVED,
    TASKS,
    THOUGHT,
    TREND_LEADING,
    TREND_NAMED,
)
from inference_scaling.overhang.study import Study


def _p(overhang: Study, claim: str, when: str = "today") -> str:
    values = list(overhang.claims[claim][when].probabilities.values())
    return share(float(np.mean(values)), 20_000)


def _models(overhang: Study, claim: str, names: dict[str, str], when: str = "today") -> dict[str, str]:
    found = overhang.claims[claim][when].probabilities
    return {key: share(found[name], 20_000) for key, name in names.items()}


def _served(overhang: Study, series: str) -> dict[str, str]:
    row = overhang.served.set_index("series").loc[series]
    return {"tokens": big(row["tokens_per_day"]), "low": big(row["low"]), "high": big(row["high"])}


def _one_decimal(spread: dict[str, float]) -> str:
    return f"{spread['median']:.1f} [{spread['low']:.1f}, {spread['high']:.1f}]"


def _need(row: pd.Series) -> str:
    """Releases that undo a thousandfold; an upper end beyond those simulated is open."""
    most = "or more" if row["need_high"] >= MOST_RELEASES else ""
    return f"{row['need']:.0f} [{row['need_low']:.0f}, {row['need_high']:.0f}{' ' * bool(most)}{most}]"


def _decades(spread: dict[str, float]) -> str:
    """Powers of ten between the ends of an interval."""
    return f"{np.log10(spread['high'] / spread['low']):.0f}"


def _one_dropped(overhang: Study, claim: str) -> tuple[str, str]:
    """Least and greatest mean probability over the models when one of them is left out."""
    values = np.array(list(overhang.claims[claim]["today"].probabilities.values()))
    without = (values.sum() - values) / (len(values) - 1)
    return share(float(without.min()), 20_000), share(float(without.max()), 20_000)


def numbers(s: Study) -> dict[str, Estimate | str]:
    """What the chapter prints, by key."""
    steps = s.steps.set_index("step")
    work = s.work.set_index(["when", "model"])
    rows = s.tornado.set_index("input")["variance_share"]
    fact = s.named
    scored = s.scores.set_index(["prices", "rule"])["mean"]
    seen = s.observed.set_index(["score", "date"])["multiple"]
    both, then = s.parallel["today"], s.parallel["2025-01"]
    ahead = s.years_ahead
    human = s.against_human.set_index(["agent", "minutes_from"])["cost_ratio"]
    generation = s.generation.set_index(["when", "model"])
    end = s.stock_check
    google = _served(s, "Google, all products")
    leader = s.leader
    band = s.bands.set_index(["rule", "date"])
    year_end = pd.Timestamp("2027-01-01")
    pair = both.pairs
    return dict(
        # older picture
        older=big(steps["median"].iloc[0]),
        older_low=big(steps["low"].iloc[0]),
        older_high=big(steps["high"].iloc[0]),
        run=f"{10 ** (copies.SCENARIO.run_log10 - 12):.0f} million million",
        decade=f"{copies.SCENARIO.run_decades:.0f}",
        p_run_only=_models(s, "karnofsky_copies", {"p": RUN_ONLY})["p"],
        p_run_train=_models(s, "karnofsky_copies", {"p": RUN_AND_TRAIN})["p"],
        p_narrow=share(copies.older_probability(0.25), 20_000),
        p_broad=share(copies.older_probability(2.0), 20_000),
        narrow="0.25", broad="2",
        transformer=big(s.transformer["median"].iloc[0]),
        transformer_low=big(s.transformer["low"].iloc[0]),
        transformer_high=big(s.transformer["high"].iloc[0]),
        transformer_tasks=big(s.transformer["median"].iloc[1]),
        gpt4=big(fact.loc["gpt4-copies", "value"]),
        gpt6=big(fact.loc["gpt6-copies", "value"]),
        fleet=big(fact.loc["agi-fleet", "value"]),
        # thousandfold
        older_hour=big_interval(s.older_hour),
        o3_high_hour=big_interval(s.o3_hour["high"]),
        multiple_dollars=big_interval(s.multiple[DOLLARS]),
        multiple_dollars_value=big(s.multiple[DOLLARS]["median"]),
        multiple_low=big_interval(s.multiple[LOW]),
        multiple_low_value=big(s.multiple[LOW]["median"]),
        multiple_operations=big_interval(s.multiple[OPERATIONS]),
        multiple_operations_value=big(s.multiple[OPERATIONS]["median"]),
        multiple_decades=_decades(s.multiple[LOW]),
        **{f"{key}_{word}": big(s.by_run[name, power]) for key, name in {"dollars": DOLLARS, "low": LOW, "operations": OPERATIONS, "low_operations": O3_LOW}.items() for word, power in (("slow", 13), ("fast", 15))},
        dollar_gap=big(s.multiple[DOLLARS]["median"] / s.multiple[OPERATIONS]["median"]),
        margin_least=f"{s.inputs.margin.min():.1f}", margin_most=f"{s.inputs.margin.max():.1f}",
        multiple_today=big_interval(s.multiple_today),
        premium=s.premium,
        arc_fall=s.arc_fall,
        arc_today=s.arc_today,
        total=big(s.explained["total"]),
        trend=big(s.explained["trend"]),
        explained_interval=f"{s.explained_share} %",
        best_june=f"{100 * s.best_before['2025-06-01']:.0f} %",
        best_november=f"{100 * s.best_before['2025-11-01']:.0f} %",
        arc_check=f"{s.arc_check[0]} of {s.arc_check[1]}",
        low_score=f"{100 * s.previews.loc['low', 'score']:.1f} %",
        low_samples=f"{s.previews.loc['low', 'samples']:.0f}",
        high_samples=f"{s.previews.loc['high', 'samples']:,.0f}",
        # waterfall
        step_dear=big(steps["median"].iloc[1]),
        step_now=big(steps["median"].iloc[2]),
        step_chips=big(steps["median"].iloc[3]),
        step_share=big(steps["median"].iloc[4]),
        workers=big_interval(steps.iloc[-1]),
        v_stock=f"{100 * rows["which laboratory's chips"]:.0f} %",
        v_minutes=f"{100 * rows['minutes a person needs']:.0f} %",
        v_price=f"{100 * rows['price of the task today']:.0f} %",
        family_spread=s.family_spread,
        rent_quoted=f"{pd.Timestamp(s.rent_quoted):%B %Y}",
        imagined=f"{big(s.imagined_usd)} US dollars",
        near_multiple=share(s.neighbours["multiple from 100 to 10,000"], 20_000),
        above_multiple=share(s.neighbours["multiple above 3,000"], 20_000),
        near_fewer=share(s.neighbours["more than 10,000 workers"], 20_000),
        near_more=share(s.neighbours["more than 1,000,000 workers"], 20_000),
        # laboratory
        speed=big_interval(s.chip_speed["today"]), speed_then=big_interval(s.chip_speed["2025-01 in hindsight"]),
        p_dropped_least=_one_dropped(s, "lab_switches_compute")[0], p_dropped_most=_one_dropped(s, "lab_switches_compute")[1],
        route_dollars=big_interval(s.whole_stock),
        threshold=f"{copies.WORKERS_CLAIMED:,.0f}",
        stream=f"{s.stream[0]:.0f} to {s.stream[1]:.0f}",
        stream_ratio=f"{np.mean(s.stream) / (fact.loc['thought-tokens', 'value'] / 8 / 3600):.1f}",
        stock_now=big_interval(leader["2025-12-31"]),
        tasks=big_interval(work.loc[("today", TASKS)]),
        tasks_value=big(work.loc[("today", TASKS), "median"]),
        thought=big_interval(work.loc[("today", THOUGHT)]),
        low_setting=big_interval(work.loc[("today", O3_LOW)]),
        high_setting=big_interval(work.loc[("today", O3_HIGH)]),
        high_setting_value=big(work.loc[("today", O3_HIGH), "median"]),
        google_tokens=google["tokens"], google_low=google["low"], google_high=google["high"],
        per_chip=big(fact.loc["openai-tokens-a-day", "value"] / 86_400 / fact.loc["openai-inference-2025-10", "value"]),
        day_per_chip=big(s.service["tokens_per_second"]),
        revenue=f"{s.service['revenue']:,.0f} USD", cost=f"{s.service['cost']:,.0f} USD", margin=f"{100 * s.service['margin']:.0f} %",
        growth=s.growth, slowing=Estimate(-s.slowing.value, -s.slowing.high, -s.slowing.low, s.slowing.probability, s.slowing.unit, s.slowing.mcse),
        check_inside=f"{int(((end['published'] >= end['low']) & (end['published'] <= end['high'])).sum())} of {len(end)}",
        check_below=f"{int((end['published'] < end['median']).sum())} of {len(end)}",
        check_added=f"{int((end['published'] > end['additions']).sum())} of {len(end)}",
        growth_left=_one_decimal(s.growth_left),
        workers_2026=big_interval(ahead.iloc[1]),
        workers_2027=big_interval(ahead.iloc[2]),
        short_ratio=f"{100 * human['Claude 3.7 Sonnet', 0]:.0f} %",
        long_ratio=f"{100 * human['Claude 3.7 Sonnet', 256]:.0f} %",
        # quality
        **_models(s, "quality_over_speed", {"p_quality_high": HIGH_BILL, "p_quality_low": LOW_BILL, "p_quality_saved": SAVED}),
        p_quality_without=share(float(np.mean([s.claims["quality_over_speed"]["today"].probabilities[name] for name in (HIGH_BILL, LOW_BILL)])), 20_000),
        relief=_one_decimal(s.relief),
        algorithms=f"{fact.loc['algorithmic-fall', 'value']:.0f}",
        algorithms_within=f"{decline.ALGORITHMS_WITHIN:.0f}",
        # parallel
        apart=Estimate.from_draws(both.apart),
        apart_even=Estimate.from_draws(both.apart_even),
        beyond=Estimate.from_draws(both.beyond),
        n_serial=str(both.n_serial), n_parallel=str(both.n_parallel), n_serial_then=str(then.n_serial), n_parallel_then=str(then.n_parallel),
        **_models(s, "copies_are_test_time", {"p_same_all": parallel.ALL, "p_same_even": parallel.EVEN, "p_same_pairs": parallel.PAIRS}),
        p_same_prior=share(float(np.mean(list(s.claims["copies_are_test_time"]["today"].priors.values()))), 20_000),
        p_same_narrow=share(both.by_prior[0.1], 4000), p_same_wide=share(both.by_prior[0.4], 4000),
        foretold=f"{then.foretold[0]} of {then.foretold[1]}",
        pairs=str(len(pair)), pair_least=f"{pair['difference'].min():.1f}", pair_most=f"{pair['difference'].max():.1f}",
        votes=str(parallel.VOTES),
        # collapse
        price_fall=s.price_fall["today"],
        price_fall_then=s.price_fall["2025-01 in hindsight"],
        p_collapse=_p(s, "cost_collapses"),
        **_models(s, "cost_collapses", {"p_leading": TREND_LEADING, "p_named": TREND_NAMED}),
        p_twice=share(float(s.generation[s.generation["when"] == "today"]["twice_as_long"].mean()), 20_000),
        p_collapse_prior=share(decline.prior_collapse(), 20_000),
        years_named=f"{generation.loc[('today', TREND_NAMED), 'years']:.2f}",
        years_leading=f"{generation.loc[('today', TREND_LEADING), 'years']:.2f}",
        fall_named=big(generation.loc[("today", TREND_NAMED), "fall"]),
        need_named=_need(generation.loc[("today", TREND_NAMED)]),
        need_leading=_need(generation.loc[("today", TREND_LEADING)]),
        gaps_open=f"{int(generation.loc[('today', TREND_NAMED), 'n_open'])}",
        fall_leading=big(generation.loc[("today", TREND_LEADING), "fall"]),
        left_three=big(generation.loc[("today", TREND_NAMED), "left_3"]),
        left_three_leading=big(generation.loc[("today", TREND_LEADING), "left_3"]),
        gaps=f"{int(generation.loc[('today', TREND_NAMED), 'n'])}",
        gaps_leading=f"{int(generation.loc[('today', TREND_LEADING), 'n'])}",
        seen_low=big(seen[0.757, decline.LAST_DATA]),
        seen_high=big(seen[0.875, decline.LAST_DATA]),
        forecast_2026=big_interval({"low": band.loc[("2025-01 in hindsight", year_end), "low"], "median": band.loc[("2025-01 in hindsight", year_end), "multiple"], "high": band.loc[("2025-01 in hindsight", year_end), "high"]}),
        score_ours=number_text(scored["2025-01 in hindsight", "first chapter's fall"], 1),
        score_ten=number_text(scored["2025-01 in hindsight", "ten times a year"], 1),
        score_none=number_text(scored["2025-01 in hindsight", "no fall"], 1),
        score_public=number_text(scored["2025-01", "first chapter's fall"], 1),
        score_public_ten=number_text(scored["2025-01", "ten times a year"], 1),
        score_public_none=number_text(scored["2025-01", "no fall"], 1),
        n_scored=str(int(s.scores["n"].iloc[0])),
    )
