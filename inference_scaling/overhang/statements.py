"""The six statements of the chapter: what each model makes of them at each date."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from inference_scaling import effort
from inference_scaling.estimates import Estimate
from inference_scaling.overhang import copies, decline, parallel

MOST_RELEASES = 60
AS_OF = ("2025-01", "2025-01 in hindsight", "today")
LAST_DAY = {"2025-01": "2025-01-14", "today": "2100-01-01"}
DRAWS = 100_000
DOLLARS, LOW, OPERATIONS = "high setting, in dollars", "low setting, in dollars", "high setting, in operations"
RUN_ONLY, RUN_AND_TRAIN = "rate of running uncertain", "rate and training run uncertain"
HIGH_BILL, LOW_BILL, SAVED = "o3-preview's operations, high setting", "o3-preview's operations, low setting", "thinking in place of training"
TASKS, THOUGHT, O3_LOW, O3_HIGH = "tokens of METR's tasks", "tokens of human thought", "o3-preview, low setting", "o3-preview, high setting"
TREND_NAMED, TREND_LEADING = "prices of all benchmarks, named releases", "prices of all benchmarks, leading numbers"
ARC_NAMED, ARC_LEADING = "prices of ARC-AGI, named releases", "prices of ARC-AGI, leading numbers"
# Ranges over which a quantity is spread evenly, in logarithm, before data.
PRIOR_COPIES, PRIOR_MULTIPLE, PRIOR_FALL, PRIOR_WORKERS = (1.0, 1e12), (1.0, 1e6), (0.1, 1e6), (1.0, 1e9)


@dataclass(frozen=True)
class Claim:
    """One claim at one date.

    Attributes
    ----------
    probabilities, priors : dict of model to float
        The primary model first.
    estimate : Estimate
        Of the primary model.
    last_evidence : str
    """

    probabilities: dict[str, float]
    priors: dict[str, float]
    estimate: Estimate
    last_evidence: str


def interval(values: np.ndarray, unit: str = "") -> Estimate:
    return Estimate.from_draws(values, unit)


def spread(values: np.ndarray) -> dict[str, float]:
    """Median and 90 % interval as plain numbers, for quantities that spread over decades."""
    low, median, high = np.quantile(values, [0.05, 0.5, 0.95])
    return {"low": float(low), "median": float(median), "high": float(high)}


def price_bases(costs: pd.DataFrame, until: str) -> tuple[np.ndarray, np.ndarray, str]:
    """US dollars of a task at the high and at the low setting, each price basis equally likely, and the newest basis."""
    admitted = costs[costs["available_from"] <= until]
    high = np.concatenate(list(effort.cost_draws(admitted, seed=1).values()))
    low = admitted[(admitted["setting"] == "low") & admitted["cost_usd_per_task"].notna()]["cost_usd_per_task"].to_numpy(dtype=float)
    return high, low, str(admitted["available_from"].max())[:10]


def work_rates(costs: pd.DataFrame, figures: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Tokens for an hour of a person's work, ranges by way of counting.

    From speech (130 words of 1.2 tokens a minute, as in the first chapter) to silent reading for thought; METR's tasks as published; o3-preview's tokens a task over a person's one
    to ten minutes.
    """
    named = figures.set_index("key")
    first = costs[costs["basis"] == "first prices"].drop_duplicates("setting").set_index("setting")
    per_task = 1e6 * first["tokens_millions"] / first["n_tasks"]
    o3 = {name: tuple(sorted(60 * per_task[setting] / np.array(copies.MINUTES))) for name, setting in ((O3_LOW, "low"), (O3_HIGH, "high"))}
    thought = (130 * 1.2 * 60, named.loc["thought-tokens", "value"] / 8)
    return {TASKS: (named.loc["task-hour-tokens", "low"], named.loc["task-hour-tokens", "high"]), THOUGHT: thought, **o3}


def operations(rate: tuple[float, float], flop_per_token: np.ndarray, seed: int) -> np.ndarray:
    """FLOP a second for work at human speed."""
    return copies.log_uniform(np.random.default_rng(seed), *rate, len(flop_per_token)) / copies.SECONDS_PER_HOUR * flop_per_token


def _thinking_for_training(ladders: pd.DataFrame, tradeoffs: pd.DataFrame, n: int, seed: int) -> np.ndarray:
    """Fall of copies times speed if k decades of thinking replace k beta / alpha decades of training at equal capability, shape (n,).

    The training compute that runs the copies shrinks and a copy's running grows. k is the span between not thinking and the longest thinking of a ladder drawn at random; alpha and beta a
    technique of the trade-off table drawn at random.
    """
    rng = np.random.default_rng(seed)
    toggled = ladders[ladders["method"] == "effort"].groupby("ladder").agg(off=("thinking", lambda t: not t.all()), span=("decades", "max"))
    # In January 2025 no ladder with thinking switched off was public; the longest of those that think stands in.
    span = toggled.loc[toggled["off"], "span"].to_numpy() if toggled["off"].any() else toggled["span"].to_numpy().max(keepdims=True)
    ratio = (tradeoffs["training_decades"] / tradeoffs["inference_decades"]).to_numpy()
    return 10 ** (rng.choice(span, n) * (1 + rng.choice(ratio, n)))


def _claim(draws: dict[str, np.ndarray], bounds: tuple[float, float], support: tuple[float, float], last: str, unit: str) -> Claim:
    """Claim about a quantity that spreads over decades: its estimate is a decimal logarithm."""
    prior = copies.prior_within(bounds, support)
    return Claim({name: copies.probability_within(d, bounds) for name, d in draws.items()}, dict.fromkeys(draws, prior), interval(np.log10(next(iter(draws.values()))), f"decimal logarithm of the {unit}"), last)


def multiples(drawn: copies.Inputs, high_operations: np.ndarray) -> dict[str, np.ndarray]:
    """o3-preview's cost of an hour of work over the older picture's, by way of counting, each of shape (n,)."""
    older = copies.older_usd_per_hour(drawn)
    return {
        DOLLARS: copies.usd_per_human_hour(drawn.task_usd, drawn.minutes) / older,
        LOW: copies.usd_per_human_hour(drawn.low_task_usd, drawn.minutes) / older,
        OPERATIONS: high_operations / drawn.run_flop,
    }


def thousandfold(found: dict[str, dict[str, np.ndarray]], last: dict[str, str]) -> dict[str, Claim]:
    """The multiple lies between 300 and 3,000; `found` holds `multiples` by date."""
    return {when: _claim(m, copies.MULTIPLE_CLAIMED, PRIOR_MULTIPLE, last[when], "multiple of the older picture's cost") for when, m in found.items()}


def older_picture(run_flop: np.ndarray, seed: int) -> dict[str, Claim]:
    """The scenario's training run pays for 100 million to 1,000 million copy-years; the same at both dates, since nothing published bears on it."""
    scenario = copies.SCENARIO
    trained = 10 ** np.random.default_rng(seed).normal(scenario.train_log10, scenario.train_decades, len(run_flop))
    draws = {RUN_ONLY: copies.copy_years(10**scenario.train_log10, run_flop), RUN_AND_TRAIN: copies.copy_years(trained, run_flop)}
    return {when: _claim(draws, copies.COPIES_CLAIMED, PRIOR_COPIES, "2025-01-14", "copy-years") for when in LAST_DAY}


def quality(ladders: pd.DataFrame, tradeoffs: pd.DataFrame, high: np.ndarray, low: np.ndarray, run_flop: np.ndarray, last: dict[str, str]) -> dict[str, Claim]:
    """Copies times speed fall by more than ten at equal ability.

    Parameters
    ----------
    high, low : ndarray, shape (n,)
        Operations a second of o3-preview's settings at human speed.
    last : dict of date to str
        Newest row that each date uses.
    """
    claims = {}
    for when, until in LAST_DAY.items():
        saved = _thinking_for_training(ladders[ladders["available_from"] <= until], tradeoffs, len(run_flop), seed=9)
        claims[when] = _claim({HIGH_BILL: high / run_flop, LOW_BILL: low / run_flop, SAVED: saved}, (10.0, np.inf), PRIOR_FALL, last[when], "factor by which copies times speed fall")
    return claims


def collapses(price: dict, arc_rate: np.ndarray, releases: pd.DataFrame, closed: str, last: dict[str, str]) -> tuple[dict[str, Claim], pd.DataFrame]:
    """The schedule of a hundred, ten and one holds; with a table of every model's medians. The list of releases was closed on the day `closed`."""
    prior = decline.prior_collapse()
    rng = np.random.default_rng(11)
    claims, rows = {}, []
    for when in AS_OF:
        until = closed if when == "today" else LAST_DAY["2025-01"]
        known = releases[releases["available_from"] <= until]
        trend = decline.new_benchmark(price[when], 20_000, seed=2)[0]
        # No ARC-AGI cost but o3-preview's own was public by January 2025, so that the rate is still at its prior.
        arc = arc_rate[rng.integers(len(arc_rate), size=20_000)] if when == "today" else rng.normal(np.log(6), 1, 20_000)
        probabilities, estimate = {}, None
        for leading, names in ((False, (TREND_NAMED, ARC_NAMED)), (True, (TREND_LEADING, ARC_LEADING))):
            found, still_open = decline.generation_gaps(known, leading, until)
            more = decline.gap_draws(found, 20_000, seed=1, still_open=still_open, steps=MOST_RELEASES)
            gaps = more[:, :3]
            for name, rate in zip(names, (trend, arc), strict=True):
                left = decline.collapse(rate, gaps)
                probabilities[name] = decline.collapse_probability(rate, gaps)
                fallen = np.log10(decline.MULTIPLE / left)
                estimate = estimate or interval(fallen[:, 2], "powers of ten fallen in three generations, of three claimed")
                years, fall = spread(gaps[:, 0]), spread(10 ** fallen[:, 0])
                need = spread(decline.releases_needed(rate, more))
                rows.append({"when": when, "model": name, "n": len(found), "n_open": len(still_open), "need": need["median"], "need_low": need["low"], "need_high": need["high"], "years": years["median"], "fall": fall["median"], "left_1": np.median(left[:, 0]), "left_2": np.median(left[:, 1]), "left_3": np.median(left[:, 2]), "probability": probabilities[name], "twice_as_long": decline.collapse_probability(rate, 2 * gaps)})
        claims[when] = Claim(probabilities, dict.fromkeys(probabilities, prior), estimate, last[when])
    return claims, pd.DataFrame(rows)


def fielded(rates: dict[str, tuple[float, float]], chips: np.ndarray, speeds: dict[str, np.ndarray], last: dict[str, str]) -> tuple[dict[str, Claim], pd.DataFrame]:
    """More than 100,000 workers at human speed; with a table of the workers and the chance of neighbouring thresholds.

    Parameters
    ----------
    rates : dict of model to (low, high)
        Tokens for an hour of work.
    chips : ndarray, shape (n,)
        H100 equivalents at the end of 2025.
    speeds : dict of date to ndarray, shape (n,)
        Tokens a second of one, as known at the date.
    """
    claims, rows = {}, []
    above = (copies.WORKERS_CLAIMED, np.inf)
    prior = copies.prior_within((copies.WORKERS_CLAIMED, PRIOR_WORKERS[1]), PRIOR_WORKERS)
    for when, speed in speeds.items():
        draws = {name: copies.workers(chips, 1.0, speed, copies.log_uniform(np.random.default_rng(i), *rate, DRAWS)) for i, (name, rate) in enumerate(rates.items())}
        probabilities = {name: copies.probability_within(d, above) for name, d in draws.items()}
        claims[when] = Claim(probabilities, dict.fromkeys(rates, prior), interval(np.log10(draws[TASKS]), "decimal logarithm of the workers at human speed"), last[when])
        rows += [{"when": when, "model": name, **spread(d), "probability": probabilities[name], "above_10_thousand": float(np.mean(d > 1e4)), "above_a_million": float(np.mean(d > 1e6))} for name, d in draws.items()]
    return claims, pd.DataFrame(rows)


def copies_as_test_time(found: dict[str, parallel.Parallel]) -> dict[str, Claim]:
    """Serial and parallel use of the same tokens are less than two points apart."""
    priors = dict.fromkeys((parallel.ALL, parallel.EVEN, parallel.PAIRS), parallel.prior_equal())
    return {when: Claim(p.probabilities, priors, interval(p.apart, "points, serial less parallel"), p.last_evidence) for when, p in found.items()}
