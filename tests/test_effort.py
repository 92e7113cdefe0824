"""o3 on ARC-AGI: price bases, ladders, falls of cost, human tokens."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from inference_scaling import effort, sampling, tables


@pytest.fixture(scope="module")
def costs():
    return tables.load("arc_o3_preview_costs")


# Published figures


def test_three_bases_of_the_high_setting(costs):
    draws = effort.cost_draws(costs, seed=1)
    centres = {basis: np.median(d) for basis, d in draws.items()}
    assert centres == pytest.approx({"first prices": 172 * 20.12, "o1-pro prices": 172 * 200, "o3-pro prices": 4560}, rel=1e-3)


def test_tokens_times_list_price_gives_the_bases():
    tokens = 5700e6 / 100
    assert effort.cost_at_price(tokens, 80) == pytest.approx(4560)
    assert effort.cost_at_price(tokens, 60) == pytest.approx(3460, rel=0.02)
    assert effort.cost_at_price(tokens, 600) == pytest.approx(34_400, rel=0.01)


def test_o3_preview_gains_a_third_of_a_logit_per_decade():
    slope = effort.brute_force_slope(0.757, 0.875, np.log10(172), seed=1)
    exact = (special.logit(0.875) - special.logit(0.757)) / np.log10(172)
    assert exact == pytest.approx(0.36, abs=0.005)
    assert np.median(slope) == pytest.approx(exact, abs=0.02)


# Statements


def test_statement_holds_only_before_the_dearest_basis(costs):
    early = effort.cost_draws(costs[costs["available_from"] <= effort.DOCUMENT_DATE], seed=1)
    assert list(early) == ["first prices"]
    assert effort.all_within(early) == 1
    assert effort.all_within(effort.cost_draws(costs, seed=1)) == 0


def test_prior_of_the_cost_is_its_share_of_the_decades():
    uniform = 10 ** np.random.default_rng(3).uniform(1, 5, 100_000)
    assert effort.prior_within() == pytest.approx(np.mean((uniform >= 1500) & (uniform <= 6000)), abs=0.005)


def test_human_tokens_stay_within_their_assumptions():
    tokens = effort.human_tokens(seed=1)
    assert tokens.min() >= 130 * 1.2
    assert tokens.max() <= 10 * 160 * 1.5
    assert np.median(tokens) == pytest.approx(np.sqrt(10) * 145 * 1.35, rel=0.03)
    half = effort.human_tokens(seed=1, spoken_share=(0.5, 0.5))
    assert np.median(half) == pytest.approx(np.median(tokens) / 2, rel=0.03)


# Calculators


@settings(deadline=None)
@given(st.floats(0, 1e9), st.floats(0, 1e4), st.floats(0, 10))
def test_cost_is_proportional(tokens, price, factor):
    assert effort.cost_at_price(factor * tokens, price) == pytest.approx(factor * effort.cost_at_price(tokens, price))


@pytest.mark.parametrize("arguments", [(-1, 60), (1e6, -1), (np.nan, 60), (1e6, np.inf)])
def test_bad_price_is_refused(arguments):
    with pytest.raises(ValueError, match="must be finite and not negative"):
        effort.cost_at_price(*arguments)


def test_equal_settings_are_refused():
    with pytest.raises(ValueError, match="more compute"):
        effort.brute_force_slope(0.5, 0.6, 0.0, seed=1)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 400), st.floats(0.1, 1.0), st.floats(0.01, 50)), min_size=1, max_size=20), st.floats(0.3, 0.9))
def test_successive_lowest_costs_fall(rows, score):
    table = pd.DataFrame(rows, columns=["day", "score", "cost_usd_per_task"]).assign(model="m")
    table["release_date"] = pd.Timestamp("2025-01-01") + pd.to_timedelta(table["day"], unit="D")
    path = effort.cheapest_at(table, score, pd.Timestamp("2025-01-01"), 40.0)
    assert (path["score"] >= score).all()
    assert (np.diff([40.0, *path["cost_usd_per_task"]]) < 0).all()
    assert (path["factor"] > 1).all()
    able = table[table["score"] >= score]["cost_usd_per_task"]
    if len(able) and able.min() < 40:
        assert path["cost_usd_per_task"].min() == able.min()


def test_ladders_recover_known_slopes():
    rng = np.random.default_rng(4)
    names = tuple(f"m{i:02d}" for i in range(26))
    ladder = np.repeat(np.arange(26), 4)
    decades = np.tile([-0.5, -0.2, 0.2, 0.5], 26) + np.repeat(rng.normal(0, 1, 26), 4)
    true = rng.normal(1.6, 0.4, 26)
    centre = np.bincount(ladder, decades) / 4
    p = special.expit(np.repeat(rng.normal(0, 1, 26), 4) + true[ladder] * (decades - centre[ladder]) + rng.normal(0, 0.2, 104))
    tree = sampling.fit(effort.ladder_model(rng.binomial(100, p), decades, ladder, names), name="ladders", draws=2000, tune=1500, target_accept=0.95, log_likelihood=False)
    low, high = np.quantile(sampling.draws(tree, "typical_slope"), [0.005, 0.995])
    assert low < true.mean() < high
    slope = sampling.draws(tree, "slope")
    z = (slope.mean(axis=0) - true) / slope.std(axis=0)
    assert np.mean(np.abs(z) < 1.645) > 0.75
