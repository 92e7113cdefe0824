"""The chapter's study: what it admits at each date, how its parts agree, and that it is reproducible."""

from __future__ import annotations

import dataclasses
import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from inference_scaling import claims, overhang, tables
from inference_scaling.figures import overhang as drawn
from inference_scaling.overhang import copies, decline, parallel, statements
from inference_scaling.overhang.statements import O3_HIGH, O3_LOW, TASKS, THOUGHT, price_bases, work_rates
from inference_scaling.reported import overhang as reported

# The package re-exports the function of the same name.
study_module = sys.modules["inference_scaling.overhang.study"]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def result() -> overhang.Study:
    return overhang.study()


@pytest.fixture(scope="module")
def costs() -> pd.DataFrame:
    return tables.load("arc_o3_preview_costs")


def test_every_claim_of_the_chapter_is_assessed(result):
    ids = {c["id"].split(".")[1] for c in claims.register().values() if c["chapter"] == "deployment-overhang"}
    assert ids == set(result.claims)
    for name, dates in result.claims.items():
        for when, found in dates.items():
            verdict = claims.assess(f"overhang.{name}", as_of=when, probabilities=found.probabilities, priors=found.priors, estimate=found.estimate, last_evidence=found.last_evidence)
            assert set(found.probabilities) == set(dates["today"].probabilities), f"the model set of {name} differs between dates"
            assert verdict.last_evidence <= ("2025-01-14" if when == "2025-01" else "2026-11-22")


def test_prices_of_january_2025_are_the_first_prices_only(costs):
    high, low, newest = price_bases(costs, "2025-01-14")
    assert newest == "2024-12-20"
    assert high.max() < 3500 and set(low) == {20.0}
    later_high, later_low, _ = price_bases(costs, "2100-01-01")
    assert later_high.max() > 30_000 and set(low) < set(later_low)


def test_work_rates_are_the_published_tokens(costs):
    rates = work_rates(costs, tables.load("overhang_figures"))
    assert rates[TASKS] == (1e5, 1e6)
    assert rates[THOUGHT][1] == 30_000
    # 57 and 0.33 million tokens a task, over one to ten minutes.
    assert rates[O3_HIGH] == pytest.approx((57e6 * 6, 57e6 * 60))
    assert rates[O3_LOW] == pytest.approx((0.33e6 * 6, 0.33e6 * 60))


def _constant(**values: float) -> copies.Inputs:
    base = {"run_flop": 1e14, "usd_per_chip_hour": 2.0, "utilisation": 0.25, "task_usd": 3000.0, "low_task_usd": 20.0, "minutes": 5.0, "today_usd": 1.0, "stock": 1e6, "share": 0.5, "margin": 2.0}
    return copies.Inputs(**{name: np.full(3, value) for name, value in (base | values).items()})


def test_multiples_by_hand():
    # 3,000 dollars for five minutes are 36,000 an hour; 1e14 operations a second on 989e12 at a quarter and two dollars an hour are 0.8089.
    found = statements.multiples(_constant(), np.full(3, 5e16))
    assert found[statements.DOLLARS][0] == pytest.approx(36_000 / 0.80890, rel=1e-4)
    assert found[statements.LOW][0] == pytest.approx(240 / 0.80890, rel=1e-4)
    assert found[statements.OPERATIONS][0] == pytest.approx(500)


def test_multiple_in_operations_is_the_product_of_its_ranges_middles(result):
    per_second = 57e6 * 60 / np.sqrt(10) / 3600
    assert result.multiple[statements.OPERATIONS]["median"] == pytest.approx(per_second * np.sqrt(1e11 * 6e11) / 1e14, rel=0.05)
    for power, sign in ((13, 1), (15, -1)):
        assert result.by_run[statements.OPERATIONS, power] == pytest.approx(per_second * np.sqrt(6e22) / 1e14 * 10.0**sign, rel=0.02)


def test_fielded_probability_by_hand():
    speeds = {"today": np.full(statements.DRAWS, 100.0)}
    rates = {TASKS: (1e5, 1e6), O3_HIGH: (1e8, 1e9)}
    found, work = statements.fielded(rates, np.full(statements.DRAWS, 1e5), speeds, {"today": "2025-12-31"})
    # From 36,000 to 360,000 workers, evenly in logarithm: those above the threshold are log10(3.6) of a decade.
    assert found["today"].probabilities[TASKS] == pytest.approx(np.log10(3.6), abs=0.01)
    assert found["today"].probabilities[O3_HIGH] == 0
    assert work.set_index("model").loc[TASKS, "above_10_thousand"] == 1


def test_thinking_in_place_of_training_by_hand():
    ladder = pd.DataFrame({"ladder": "a", "method": "effort", "thinking": [False, True], "decades": [0.0, 1.5], "available_from": pd.Timestamp("2025-01-01")})
    tradeoffs = pd.DataFrame({"training_decades": [1.0], "inference_decades": [2.0]})
    # A decade and a half of thinking replaces three quarters of a decade of training: 2.25 powers of ten.
    np.testing.assert_allclose(statements._thinking_for_training(ladder, tradeoffs, 5, seed=1), 10**2.25)


def test_years_ahead_grow_by_stock_and_algorithms_only():
    growth = {"typical": np.full(10, np.log(2.0)), "slowing": np.zeros(10)}
    path = study_module._years_ahead(np.full(10, np.log(3.0)), growth, np.full(50, 100.0)).set_index("date")["median"]
    assert path[pd.Timestamp("2025-12-31")] == pytest.approx(100)
    # Algorithms count from the last day of the prices.
    later = (pd.Timestamp("2026-12-31") - decline.LAST_DATA).days / 365.25
    assert path[pd.Timestamp("2026-12-31")] == pytest.approx(100 * 2 ** (365 / 365.25) * 3**later, rel=0.01)
    assert path[pd.Timestamp("2027-12-31")] / path[pd.Timestamp("2026-12-31")] == pytest.approx(6, rel=0.01)


def test_relief_is_the_excess_over_the_algorithmic_fall(result):
    excess = result.multiple[statements.OPERATIONS]
    assert result.relief["median"] == pytest.approx(np.log(excess["median"]) / np.log(3), rel=0.05)
    # Wider than with either uncertainty alone.
    assert result.relief["low"] < np.log(excess["median"]) / np.log(6)
    assert result.relief["high"] > max(np.log(excess["high"]) / np.log(3), np.log(excess["median"]) / np.log(1.5))


def test_rules_with_the_fits_middle_score_as_the_fit(result):
    rng = np.random.default_rng(1)
    price = {when: {"typical_rate": np.log(10) + 0.4 * rng.normal(size=4000), "between": np.zeros(4000), "sigma": np.full(4000, 0.5)} for when in ("2025-01", "2025-01 in hindsight")}
    found = study_module._scores(price, result.observed).set_index(["prices", "rule"])["mean"]
    for when in price:
        assert found[when, "ten times a year"] == pytest.approx(found[when, "first chapter's fall"], abs=0.05)


def test_the_first_slider_settings_are_the_studys(result):
    _, _, step, default = copies.SLIDERS["tokens_per_second"]
    assert default == step * round(result.chip_speed["today"]["median"] / step)
    assert copies.SLIDERS["stock_millions"][3] == tables.load("overhang_figures").set_index("key").loc["openai-stock-2025-12", "value"] / 1e6


def test_todays_price_holds_the_spread_between_families(result):
    share = result.tornado.set_index("input")["variance_share"]
    assert share.index[0] == "price of the task today" and 0.4 < share.iloc[0] < 0.6
    # The printed factor holds nine in ten systems about the typical one, whose own cost is uncertain too.
    inside = np.abs(np.log(result.inputs.today_usd / result.arc_today.value)) < np.log(result.family_spread.value)
    assert 0.84 < inside.mean() < 0.92


def test_both_dates_field_the_same_stock(result):
    # Serving alone differs: the workers' ratio is that of the throughputs.
    work = result.work.set_index(["when", "model"])["median"]
    speed = {when: d["median"] for when, d in result.chip_speed.items()}
    for name in (TASKS, O3_HIGH):
        assert work["today", name] / work["2025-01 in hindsight", name] == pytest.approx(speed["today"] / speed["2025-01 in hindsight"], rel=0.05)


def test_the_waterfall_starts_at_several_hundred_million(result):
    assert 2e8 < result.steps["median"].iloc[0] < 9e8


def test_the_trend_explains_less_than_half_of_the_fall(result):
    years = (decline.LAST_DATA - decline.ANNOUNCED).days / 365.25
    assert result.explained["trend"] == pytest.approx(result.arc_fall.value**years, rel=0.02)
    assert result.explained_share.value == pytest.approx(100 * np.log(result.explained["trend"]) / np.log(3460.64 / result.arc_today.value), abs=2)
    assert result.explained_share.high < 50


def test_observed_falls_are_the_first_chapters(result):
    from inference_scaling import effort

    results = tables.load("arc_agi_results")
    for score, first in ((0.875, 3460.64), (0.757, 20.0)):
        last = effort.cheapest_at(results, score, decline.ANNOUNCED, first)["cost_usd_per_task"].iloc[-1]
        seen = result.observed[(result.observed["score"] == score)].iloc[-1]["multiple"]
        assert seen == pytest.approx(1000 * last / first)


def test_forecasts_and_naive_rules_are_scored_on_the_same_points(result):
    assert result.scores["n"].nunique() == 1
    assert (result.scores["worst"] <= result.scores["mean"]).all()
    per = result.scores.set_index(["prices", "rule"])["mean"]
    # Costs fell a hundredfold or more, so that a rule of no fall must do worst at both dates.
    for when in ("2025-01", "2025-01 in hindsight"):
        assert per[when].idxmin() == "no fall"


def test_later_dates_know_more(result):
    n = result.generation.groupby("when")["n"].min()
    assert n["today"] > n["2025-01"]
    assert result.parallel["today"].n_serial > result.parallel["2025-01"].n_serial
    assert result.parallel["today"].last_evidence > result.parallel["2025-01"].last_evidence


def test_few_rows_leave_the_prior_and_many_move_it(result):
    then, now = (result.claims["copies_are_test_time"][w].probabilities[parallel.ALL] for w in ("2025-01", "today"))
    prior = parallel.prior_equal()
    assert abs(now - prior) > abs(then - prior)


def test_the_study_is_deterministic(result):
    again = overhang.study()
    for name, dates in result.claims.items():
        for when, found in dates.items():
            assert again.claims[name][when] == found
    np.testing.assert_array_equal(again.inputs.stock, result.inputs.stock)


def test_every_reported_number_is_printed_and_every_printed_one_reported(result):
    numbers = reported.numbers(result)
    page = (Path(__file__).parents[1] / "notebooks" / "deployment-overhang.md").read_text(encoding="utf-8")
    glued = set(re.findall(r"\{glue:text\}`overhang-([a-z0-9-]+)`", page))
    named = set(re.findall(r"shown\['(\w+)'\]", page))
    assert glued | {n.replace("_", "-") for n in named} == {key.replace("_", "-") for key in numbers}
    assert not [key for key, value in numbers.items() if "nan" in str(value) or "inf" in str(value)]


def test_study_has_no_undocumented_part():
    text = overhang.Study.__doc__
    for field in dataclasses.fields(overhang.Study):
        assert field.name in text, field.name


def test_charts_hold_summaries_and_state_their_params(result):
    names = {p["name"] for p in drawn.sliders().to_dict()["params"] if "bind" in p}
    assert names == set(copies.SLIDERS)
    chart = drawn.sliders().to_dict()
    assert [part.get("name") for part in chart["vconcat"]][0] == "result"
    steps = drawn.waterfall(result.steps).to_dict()
    assert sum(len(rows) for rows in steps["datasets"].values()) == len(copies.STEPS)
