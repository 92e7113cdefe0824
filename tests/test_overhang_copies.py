"""Copies: published figures, the sliders' arithmetic, the Monte Carlo and its bookkeeping, refused inputs."""

from __future__ import annotations

import copy
import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_scaling import charts, tables
from inference_scaling.figures import overhang as drawn
from inference_scaling.overhang import copies, decline
from inference_scaling.overhang.magnitudes import big, two_digits


@pytest.fixture(scope="module")
def points():
    return tables.load("serving_points")


@pytest.fixture(scope="module")
def inputs() -> copies.Inputs:
    rng = np.random.default_rng(0)
    posteriors = copies.Posteriors(
        task_usd=np.array([3400.0, 3500.0, 4500.0]), low_task_usd=np.array([20.0, 26.0]), today_usd=np.exp(rng.normal(-0.5, 0.3, 500)), stock=np.exp(rng.normal(14, 0.7, 500)),
        share=rng.uniform(0.2, 0.7, 500), rent=rng.uniform(2, 4, 50), margin=(1.8, 6.5),
    )
    return copies.draw_inputs(posteriors, 20_000, seed=1)


def test_deepseeks_day_is_reproduced(points):
    day = copies.service_day(points)
    published = points.set_index("quantity")["value"]
    # Tokens are published to a thousand million: half a unit of each, at its price.
    rounding = 0.5e9 * (0.14 + 0.55 + 0.55 + 2.19) / 1e6
    assert abs(day["revenue"] - published["theoretical_daily_revenue_at_r1_price"]) < rounding
    assert day["cost"] == published["daily_cost"] == 87_072
    assert 100 * day["margin"] == pytest.approx(published["theoretical_cost_profit_margin"], abs=100 * rounding / day["cost"])


def test_the_scenario_leads_to_several_hundred_million():
    middle = copies.copy_years(10**copies.SCENARIO.train_log10, 10**copies.SCENARIO.run_log10)
    # The middle, in logarithm, of the claimed range.
    assert np.log10(middle) == pytest.approx(np.mean(np.log10(copies.COPIES_CLAIMED)), abs=0.01)


def test_the_older_pictures_probability_follows_from_the_typed_spread(inputs):
    found = [copies.older_probability(s) for s in (0.25, 0.5, 1.0, 2.0)]
    assert found == sorted(found, reverse=True)
    drawn = copies.copy_years(10**copies.SCENARIO.train_log10, inputs.run_flop)
    assert copies.probability_within(drawn, copies.COPIES_CLAIMED) == pytest.approx(found[2], abs=4 * 0.5 / np.sqrt(20_000))
    with pytest.raises(ValueError, match="decades must lie in"):
        copies.older_probability(0)


def test_workers_run_round_the_clock():
    # A million chips, a hundred tokens a second each: 8.64e12 tokens a day, those of a million workers who take 8.64 million in 24 hours.
    assert copies.workers(1e6, 1.0, 100, 8.64e6 / 24) == pytest.approx(1e6)


def test_a_transformers_size_cancels():
    tokens, rate = 1.5e13, 8.0
    for parameters in (1e9, 1e12):
        assert copies.transformer_copy_years(tokens, rate) == pytest.approx(copies.copy_years(6 * parameters * tokens, 2 * parameters * rate))


@given(
    stock=st.floats(0.2, 50), share=st.floats(0.05, 1), speed=st.floats(50, 5000), power=st.floats(5, 9.2)
)
def test_reader_copies_scale_as_a_product(stock, share, speed, power):
    found = copies.reader_copies(stock, share, speed, power)["workers"]
    assert copies.reader_copies(stock / 2, share, speed, power)["workers"] == pytest.approx(found / 2)
    assert copies.reader_copies(stock, share, speed, power - 1)["workers"] == pytest.approx(10 * found)


def test_reader_copies_by_hand():
    found = copies.reader_copies(stock_millions=2, inference_share=0.5, tokens_per_second=1000, log10_tokens_per_hour=6)
    assert found["workers"] == pytest.approx(3.6e6)
    assert found["fewer"] == pytest.approx(3.169e8 / 3.6e6, rel=1e-3)


def test_slider_defaults_are_the_functions_defaults():
    defaults = {name: value for name, (*_, value) in copies.SLIDERS.items()}
    assert copies.reader_copies() == copies.reader_copies(**defaults)
    for low, high, step, value in copies.SLIDERS.values():
        assert low <= value <= high
        assert (value - low) / step == pytest.approx(round((value - low) / step), abs=1e-6)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: copies.workers(-1, 1, 100, 1e5), "h100e"),
        (lambda: copies.workers(1e6, 1.1, 100, 1e5), "inference_share"),
        (lambda: copies.workers(1e6, 1, 0, 1e5), "tokens_per_second"),
        (lambda: copies.workers(1e6, 1, 100, np.nan), "tokens_per_hour"),
        (lambda: copies.copy_years(-1e30, 1e14), "training_flop"),
        (lambda: copies.copy_years(1e30, 0), "run_flop_per_second"),
        (lambda: copies.transformer_copy_years(0, 1), "training_tokens"),
        (lambda: copies.usd_per_flop(2, 1.01), "utilisation"),
        (lambda: copies.usd_per_flop(-2, 0.5), "usd_per_chip_hour"),
        (lambda: copies.usd_per_human_hour(3000, 0), "minutes"),
        (lambda: copies.log_uniform(np.random.default_rng(0), 2, 1, 3), "high"),
        (lambda: copies.reader_copies(stock_millions=51), "stock_millions"),
        (lambda: copies.reader_copies(inference_share=0), "inference_share"),
        (lambda: copies.reader_copies(log10_tokens_per_hour=9.3), "log10_tokens_per_hour"),
    ],
)
def test_impossible_inputs_are_refused_by_name(call, name):
    with pytest.raises(ValueError, match=rf"{name} must lie in .*, got"):
        call()


def test_a_scenario_with_a_negative_spread_is_refused():
    with pytest.raises(ValueError, match="run_decades -1"):
        copies.Scenario(run_decades=-1)


def test_draws_are_seeded_and_inside_their_ranges(inputs):
    for values, (low, high) in ((inputs.minutes, copies.MINUTES), (inputs.utilisation, copies.UTILISATION), (inputs.margin, (1.8, 6.5))):
        assert values.min() >= low and values.max() <= high
        assert len(values) == 20_000
    # Half of a log-uniform range lies below its geometric middle.
    assert np.mean(inputs.minutes < np.sqrt(10)) == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(20_000))
    assert np.log10(inputs.run_flop).std() == pytest.approx(1.0, abs=4 / np.sqrt(2 * 20_000))


def test_waterfall_steps_change_what_their_names_say(inputs):
    path = copies.waterfall(inputs)
    assert tuple(path) == copies.STEPS
    older, dear, now, chips, part, cost = path.values()
    np.testing.assert_allclose(now / dear, inputs.task_usd / inputs.today_usd)
    np.testing.assert_allclose(part / chips, inputs.share)
    np.testing.assert_allclose(cost / part, inputs.margin)
    # Copies bought by the training run's dollars are the copies of the older picture, if work cost what its copy costs.
    np.testing.assert_allclose(dear * copies.usd_per_human_hour(inputs.task_usd, inputs.minutes) / copies.older_usd_per_hour(inputs), older)


TORNADO = {
    "minutes a person needs": ("minutes", 1), "price of the task today": ("today_usd", -1), "which laboratory's chips": ("stock", 1), "share on inference": ("share", 1),
    "list price over cost": ("margin", 1), "rent of a chip": ("usd_per_chip_hour", 1),
}


def test_tornado_bars_are_the_last_step_with_one_input_moved(inputs):
    rows = copies.tornado(inputs).set_index("input")
    assert set(rows.index) == set(TORNADO)
    middle = {field.name: np.atleast_1d(np.median(getattr(inputs, field.name))) for field in dataclasses.fields(inputs)}
    for name, (field, sign) in TORNADO.items():
        ends = [copies.waterfall(copies.Inputs(**(middle | {field: np.atleast_1d(np.quantile(getattr(inputs, field), q))})))[copies.STEPS[-1]][0] for q in (0.05, 0.95)]
        assert (rows.loc[name, "low"], rows.loc[name, "high"]) == pytest.approx(ends[::sign], rel=0.01), name


def test_tornado_shares_are_the_variance_that_goes_when_an_input_is_fixed(inputs):
    rows = copies.tornado(inputs).set_index("input")
    whole = np.log(copies.waterfall(inputs)[copies.STEPS[-1]]).var()
    for name, (field, _) in TORNADO.items():
        fixed = dataclasses.replace(inputs, **{field: np.full(len(inputs.minutes), np.median(getattr(inputs, field)))})
        without = np.log(copies.waterfall(fixed)[copies.STEPS[-1]]).var()
        assert 1 - without / whole == pytest.approx(rows.loc[name, "variance_share"], abs=0.03), name


def test_the_spread_between_families_makes_the_price_the_first_bar(inputs):
    posterior = {"intercept": np.zeros((4, 5000)), "score_slope": np.ones((4, 5000)), "rate": np.ones((4, 5000)), "omega": np.full((4, 5000), 1.2)}
    usd = decline.arc_system_cost(posterior, 0.875, "2026-06-04", seed=1)
    typical = decline.arc_cost(posterior, 0.875, "2026-06-04")
    assert np.log(usd).std() == pytest.approx(1.2, rel=0.03) and np.median(usd) == pytest.approx(np.median(typical), rel=0.05)
    wide = dataclasses.replace(inputs, today_usd=usd.ravel())
    price = copies.tornado(wide).set_index("input")["variance_share"]
    others = sum(np.log(getattr(wide, field)).var() for name, (field, _) in TORNADO.items() if field != "today_usd")
    assert price.index[0] == "price of the task today"
    assert price.iloc[0] == pytest.approx(1.44 / (1.44 + others), rel=0.05)


def test_priors_of_log_uniform_quantities():
    assert copies.prior_within((1e8, 1e9), (1, 1e12)) == pytest.approx(1 / 12)
    assert copies.prior_within((10, np.inf), (0.1, 1e6)) == pytest.approx(5 / 7)
    assert copies.probability_within(np.array([1.0, 2.0, 3.0, 4.0]), (2.0, 3.0)) == 0.5


@pytest.mark.parametrize(("value", "text"), [(0.57, "0.57"), (3.04, "3"), (12.4, "12"), (999, "1,000"), (123_456, "120,000"), (999_999, "1 million"), (3.17e8, "320 million"), (4.2e12, "4.2 trillion"), (0, "0")])
def test_magnitudes_in_words(value, text):
    assert big(value) == text


@pytest.mark.parametrize(("value", "text"), [(0.5706, "0.57"), (3.04, "3.0"), (9.96, "10"), (12.4, "12"), (999, "1,000"), (13_234_567, "13,000,000")])
def test_two_digits_as_d3_formats_them(value, text):
    assert two_digits(value) == text


def test_negative_magnitudes_are_refused():
    with pytest.raises(ValueError, match="at least 0"):
        big(-1)


CASES = [
    {},
    {"stock_millions": 5.0, "inference_share": 0.5, "tokens_per_second": 1000, "log10_tokens_per_hour": 5.0},
    {"stock_millions": 0.1, "inference_share": 0.05, "tokens_per_second": 50, "log10_tokens_per_hour": 9.2},
    {"stock_millions": 50.0, "inference_share": 1.0, "tokens_per_second": 5000, "log10_tokens_per_hour": 4.0},
    {"log10_tokens_per_hour": 9.0},
]


@pytest.mark.parametrize("settings", CASES)
def test_the_page_shows_what_the_function_computes(settings):
    figure = charts.figure(
        drawn.sliders(), name="overhang-copies", title="t", description="a number and a dot that follow four sliders", source="s", data=tables.load("gpu_hour_prices")
    )
    spec = copy.deepcopy(figure.spec)
    for param in spec["params"]:
        if param["name"] in settings:
            param["value"] = settings[param["name"]]
    expected = f"{two_digits(copies.reader_copies(**settings)['workers'])} workers at human speed"
    assert expected in charts.draw(spec, charts.NARROW)
