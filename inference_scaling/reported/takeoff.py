"""Numbers of the chapter on takeoff speed."""

from __future__ import annotations

import numpy as np

from inference_scaling.estimates import Estimate, number_text, share
from inference_scaling.takeoff import costs, preview, spending, trial, window

SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def _percent(p: float) -> str:
    return f"{100 * p:.0f} %"


def _samples(exponent: Estimate, apart: float) -> str:
    middle, low, high = (apart**value for value in (exponent.value, exponent.low, exponent.high))
    return f"{middle:.0f} [{low:.0f}, {high:.0f}]"


def _decades(found: preview.Preview, benchmark: str) -> float:
    flop = found.rows.loc[found.rows["benchmark"] == benchmark, "flop"]
    return float(np.log10(flop.max() / flop.min()))


def foretelling(found: preview.Preview) -> dict[str, Estimate | str]:
    """What the section on the preview of the next model prints, by key."""
    rules = found.forward.set_index("rule")
    names = {"hundred": "100 samples of the smaller model", "rate": "samples at the fitted exchange rate", "mended": "100 samples, corrected by the small models' surplus", "one": "one sample of the smaller model", "trend": "trend of the smaller models"}
    scores = {f"{key}_{column}": number_text(rules.loc[name, column], 1) for key, name in names.items() for column in ("rms", "log_score")}
    odds = np.exp(found.gap["free gap"].value)
    apart = preview.APART
    return scores | dict(
        tolerance=f"{preview.TOLERANCE}",
        gap=found.gap["free gap"],
        gap_rate=found.gap["exchange rate"],
        direct=f"{found.direct:.2f}",
        gsm_gap=found.gap_of["GSM8K"],
        math_gap=found.gap_of["MATH"],
        least_pair=f"{found.pair_range[0]:.1f}",
        most_pair=f"{found.pair_range[1]:.1f}",
        gsm_times=f"{found.times['GSM8K']:.0f}",
        math_times=f"{found.times['MATH']:.0f}",
        gsm_span=f"{_decades(found, 'GSM8K'):.1f}",
        math_span=f"{_decades(found, 'MATH'):.1f}",
        same_size=f"{sum(found.rows['params'].to_numpy()[found.pairs['small']] == found.rows['params'].to_numpy()[found.pairs['large']])}",
        odds=f"{odds:.0f}",
        p=share(found.probabilities["free gap"]),
        p_rate=share(found.probabilities["exchange rate"]),
        prior=share(found.priors["free gap"]),
        prior_rate=share(found.priors["exchange rate"]),
        p_wide=share(found.neighbours[2.0]),
        gsm_exponent=found.exponent["GSM8K"],
        math_exponent=found.exponent["MATH"],
        gsm_worth=found.worth["GSM8K"],
        math_worth=found.worth["MATH"],
        gsm_needed=_samples(found.exponent["GSM8K"], apart),
        math_needed=_samples(found.exponent["MATH"], apart),
        pairs=f"{len(found.pairs)}",
        ahead=f"{found.forward['pairs'].iloc[0]}",
        checkpoints=f"{len(found.rows)}",
        held=f"{found.held}",
        order=f"{found.order[1]:.2f}",
        order_low=f"{found.order[0]:.2f}",
        order_high=f"{found.order[2]:.2f}",
        best=f"{100 / (1 + np.exp(-found.rows.loc[found.rows['benchmark'] == 'GSM8K', 'single'].max())):.1f}",
    )


def money(found: costs.Costs) -> dict[str, Estimate | str]:
    """What the section on costs prints, by key."""
    first = found.anchors.set_index("name")["cost_usd_per_task"]
    cases = found.variants.set_index("variant")
    then, now = found.at["2025-01"], found.at["today"]
    return dict(
        share_then=_percent(then.inside),
        share_now=_percent(now.inside),
        prior=_percent(found.prior),
        train_above=_percent(now.training_above),
        train_in_now=_percent(now.training_inside),
        run_in_then=_percent(then.running_inside),
        run_in_now=_percent(now.running_inside),
        run_low=f"{costs.typical_year(first['o3-preview, low']) / 1e6:.1f}",
        run_high=number_text(costs.typical_year(first["o3-preview, high"]) / 1e6, 0),
        run_in_high=_percent(cases.loc["run like o3-preview, high", "running_inside"]),
        run_in_low=_percent(cases.loc["run like o3-preview, low", "running_inside"]),
        run_in_last=_percent(cases.loc[f"run like {found.anchors['name'].iloc[-1]}", "running_inside"]),
        above_final=_percent(cases.loc["final runs alone", "training_above"]),
        above_stopped=_percent(cases.loc["spending stops growing", "training_above"]),
        growth_now=now.growth,
        cheapest=f"{first.min():.2f}",
        dearest=number_text(first.max(), 0),
    )


def spent(found: spending.Spending) -> dict[str, Estimate | str]:
    """What the section on inference beside training prints, by key."""
    today = found.probabilities["today"]
    return dict(
        ratio=found.ratio["today"],
        p=share(today[spending.STATED]),
        p_wide=share(today["ranges twice as wide"]),
        p_next=share(found.following),
        p_third=share(found.neighbours[0.3]),
        p_whole=share(found.neighbours[1.0]),
        p_least=share(min(found.without.values())),
        accounts=f"{len(found.accounts)}",
        laboratories=f"{found.accounts['laboratory'].nunique()}",
    )


def interval(found: window.Window) -> dict[str, Estimate | str]:
    """What the sections on the window and on thresholds print, by key."""
    drivers = found.drivers.assign(size=found.drivers["correlation"].abs()).sort_values("size", ascending=False)
    names = {
        "laboratory": "how much longer a laboratory thinks", "phone": "how much longer a phone thinks", "growth": "the growth of training compute", "shrinking": "how fast models shrink",
        "hardware": "the growth of phones", "parameters_per_compute": "parameters saved per compute saved", "worth": "the exchange rate", "most": "how much training inference can replace",
        "speed_bound": "what limits a phone", "follows": "whether phones follow laboratories", "fall": "the fall of running costs",
    }  # fmt: skip
    cases = found.scenarios.set_index("assumption")
    parts = found.parts.set_index("quantity")
    sure = found.flagships.sort_values("probability")
    return dict(
        **_ranges(window.WindowAssumptions()),
        share_now=_percent(found.longer["today"]),
        change=found.change["today"],
        laboratory=f"{parts.loc['first laboratory, earlier', 'value']:.1f}",
        first_driver=names[drivers["assumption"].iloc[0]],
        second_driver=names[drivers["assumption"].iloc[1]],
        first_correlation=number_text(drivers["correlation"].iloc[0], 1),
        second_correlation=number_text(drivers["correlation"].iloc[1], 1),
        follow_years=f"{cases.loc['phones follow laboratories', 'years']:.1f}",
        own_years=f"{cases.loc['phones meet the need on their own', 'years']:.1f}",
        patient=_percent(cases.loc["on their own, bound by memory, as patient as a laboratory", "share"]),
        slow=_percent(cases.loc["that, and models that take a year to halve", "share"]),
        least=_percent(cases["share"].min()),
        most=_percent(cases["share"].max()),
        fall=found.fall,
        span=found.span,
        threshold="10" + f"{np.log10(window.THRESHOLD):.0f}".translate(SUPERSCRIPTS),
        european="10" + f"{np.log10(window.EUROPEAN):.0f}".translate(SUPERSCRIPTS),
        over_european=f"{(found.flagships['flop'] > window.EUROPEAN).sum()}",
        days=f"{window.DAYS}",
        chips=number_text(window.CHIPS, 0),
        tasks=number_text(found.tasks / 1e6, -2),
        p_flagship=share(found.outdated["today"]["methods that add inference"]),
        p_all=share(found.outdated["today"]["all published trades"]),
        p_median=share(found.median_flagship),
        prior=share(found.outdated_prior["methods that add inference"]),
        surest=sure["model"].iloc[-1],
        p_surest=share(sure["probability"].iloc[-1]),
        least_sure=sure["model"].iloc[0],
        p_least_sure=share(sure["probability"].iloc[0]),
        flagships=f"{len(sure)}",
    )


def _ranges(assumed: window.WindowAssumptions) -> dict[str, str]:
    least, most = (f"{value:.0f}" for value in assumed.laboratory)
    return {"follows": _percent(assumed.follows), "laboratory_least": least, "laboratory_most": most, "phone_most": f"{assumed.phone[1]:.0f}"}


def speed(found: trial.Trial) -> dict[str, Estimate | str]:
    """What the section on the developers' trial prints, by key."""
    value, low, high = found.published
    return dict(
        probability=_percent(trial.PROBABILITY),
        published=f"{value:.0f}",
        published_low=f"{low:.0f}",
        published_high=f"{high:.0f}",
        effect=found.effect,
        slower=share(found.slower),
        issues=f"{found.issues}",
        developers=f"{found.developers}",
    )
