"""Serial against parallel tokens, and the stock of chips."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from inference_scaling import sampling, tables
from inference_scaling.overhang import parallel, stock


def test_a_straight_ladder_gives_its_slope():
    x = np.array([0.0, 0.5, 1.0])
    score = 100 / (1 + np.exp(-(-0.5 + 1.2 * x)))
    ladder = pd.DataFrame({"ladder": "a", "model": "a", "benchmark": "AIME 2024", "method": "effort", "thinking": True, "decades": x, "score": score, "available_from": pd.Timestamp("2025-01-01")})
    assert parallel.serial_gains(ladder)["gain"].iloc[0] == pytest.approx(1.2, abs=1e-6)
    assert parallel.serial_gains(ladder.assign(thinking=False)).empty


def test_votes_gain_per_tenfold():
    votes = tables.load("parallel_votes")
    gains = parallel.parallel_gains(votes).set_index("name")
    single, combined = 0.744, 0.833
    expected = np.log(combined / (1 - combined)) - np.log(single / (1 - single))
    # Known at 64 answers only: complete at ten, or spread evenly over the decades.
    assert gains.loc["o1 on AIME 2024, votes", "gain"] == pytest.approx(expected)
    even = parallel.parallel_gains(votes, saturated=False).set_index("name")
    assert even.loc["o1 on AIME 2024, votes", "gain"] == pytest.approx(expected / np.log10(64))


def test_a_vote_curve_is_read_at_the_size_nearest_ten():
    curve = pd.DataFrame({"model": "m", "benchmark": "AIME 2024", "answers": [2, 8, 16, 64], "single": 50.0, "combined": [52.0, 70.0, 66.0, 65.0], "source": "s", "available_from": pd.Timestamp("2025-01-01"), "problems": 30})
    for saturated in (True, False):
        gains = parallel.parallel_gains(curve, saturated)
        assert len(gains) == 1
        assert gains["gain"].iloc[0] == pytest.approx(np.log(0.7 / 0.3) / np.log10(8))


def test_published_vote_curves_saturate():
    votes = tables.load("parallel_votes")
    for model in ("o1-mini (asked to think long)", "Qwen2.5-32B-Instruct"):
        curve = votes[votes["model"] == model].set_index("answers")["combined"]
        single = votes.loc[votes["model"] == model, "single"].iloc[0]
        assert curve[8] - single > 0.8 * (curve[64] - single)


def test_points_apart_by_hand():
    # From one half, log odds of 1 against 0 after ten times the tokens.
    assert parallel.points_apart(np.array([0.0]), np.array([1.0]))[0] == pytest.approx(100 * (1 / (1 + np.exp(-1)) - 0.5))
    assert parallel.points_apart(np.array([0.7]), np.array([0.0]))[0] == 0
    with pytest.raises(ValueError, match="start must lie in"):
        parallel.points_apart(np.array([0.0]), np.array([1.0]), start=1.0)


def test_prior_probability_of_equality_is_neither_low_nor_high():
    assert 0.2 < parallel.prior_equal() < 0.6


def test_pair_posterior_follows_precise_pairs_and_its_prior():
    draws = parallel.pair_posterior(np.array([1.0, 1.1, 0.9, 1.0, 1.0]), np.full(5, 0.05), 20_000, seed=1)
    assert np.median(draws) == pytest.approx(1.0, abs=0.05)
    prior = parallel.pair_posterior(np.array([]), np.array([]), 20_000, seed=1)
    assert np.mean(np.abs(prior) < 0.2) == pytest.approx(1 - np.exp(-1), abs=0.02)


@pytest.mark.slow
def test_gain_model_recovers_a_planted_difference_and_finds_none_where_there_is_none():
    rng = np.random.default_rng(5)
    serial, exam = np.repeat([0, 1], 20), np.tile([0, 1], 20)
    error = rng.uniform(0.1, 0.3, 40)
    compiled = None
    for planted in (0.8, 0.0):
        gain = 0.4 + 0.2 * (exam - 0.5) + planted * serial + rng.normal(0, np.hypot(error, 0.2))
        if compiled is None:
            compiled = sampling.Compiled(parallel.gain_model(gain, error, serial, exam))
        tree = compiled.fit({"gain": gain}, seed=1, log_likelihood=False, target_accept=0.95)
        low, high = np.quantile(sampling.draws(tree, "difference"), [0.01, 0.99])
        assert low < planted < high
        equal = parallel.probability_equal(parallel.points_apart(sampling.draws(tree, "level"), sampling.draws(tree, "difference")))
        assert equal < 0.05 if planted else equal > 0.25


@pytest.fixture(scope="module")
def chips() -> pd.DataFrame:
    return tables.load("chip_stock")


def test_published_totals_of_the_stock(chips):
    end = chips[chips["as_of"] == "2025-12-31"].set_index("owner")["h100e"]
    # "About five million" for Google.
    assert end["Google"] == pytest.approx(5e6, rel=0.02)
    assert end["xAI"] == 553_714


def test_growth_leaves_out_series_that_start(chips):
    growth = stock.quarterly_growth(chips)
    assert growth["as_of"].min() == pd.Timestamp("2024-06-30")
    assert "xAI" not in set(growth["owner"])
    rows = chips[(chips["owner"] == "Meta") & (chips["as_of"] >= "2025-09-30")].sort_values("as_of")["h100e"].to_numpy()
    found = growth[(growth["owner"] == "Meta") & (growth["as_of"] == "2025-12-31")]["growth"].iloc[0]
    assert found == pytest.approx(np.log(rows[1] / rows[0]))


@pytest.mark.slow
def test_growth_model_recovers_planted_growth():
    rng = np.random.default_rng(2)
    years, owner = np.tile(np.arange(8) / 4 - 0.5, 5), np.repeat(np.arange(5), 8)
    rates = rng.normal(1.3, 0.15, 5)
    growth = (rates[owner] - 0.4 * years) / 4 + rng.normal(0, 0.03, 40)
    tree = sampling.Compiled(stock.growth_model(growth, years, owner, tuple("ABCDE"))).fit(seed=1, log_likelihood=False, target_accept=0.99)
    for name, truth in {"slowing": -0.4, "sigma": 0.03, "typical": 1.3}.items():
        low, high = np.quantile(sampling.draws(tree, name), [0.005, 0.995])
        assert low < truth < high


def test_log_growth_integrates_a_slowing_rate_and_stops_at_zero():
    posterior = {"typical": np.array([1.0]), "slowing": np.array([-0.5])}
    found = stock.log_growth(posterior, 0.0, np.array([0.0, 1.0, 2.0, 4.0]))[0]
    # The integral of 1 - t/2, which reaches zero after two years.
    np.testing.assert_allclose(found, [0.0, 0.75, 1.0, 1.0], atol=2e-3)


def test_leaders_stock_and_its_refusals(chips):
    figures = tables.load("overhang_figures")
    now = stock.leader_stock(chips, figures, "2025-12-31", 0.8, 40_000, seed=1)
    then = stock.leader_stock(chips, figures, "2024-12-31", 0.8, 40_000, seed=1)
    assert now.min() > 0 and np.median(now) > 2 * np.median(then)
    assert now.max() < 8e6
    with pytest.raises(ValueError, match="deployed must lie in"):
        stock.leader_stock(chips, figures, "2025-12-31", 1.2, 10, seed=1)


def test_inference_share_is_the_first_chapters_posterior():
    from inference_scaling import allocation

    table = tables.load("compute_allocation")
    draws = stock.inference_share(table, 40_000, seed=1)
    ratio = allocation.fit(table[table["kind"] != "outside estimate"])
    for q in (0.25, 0.5, 0.75):
        exact = ratio.quantile(q)
        assert np.quantile(draws, q) == pytest.approx(exact / (1 + exact), abs=0.015)
