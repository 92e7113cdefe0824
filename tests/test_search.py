"""Search at a fixed model and what it is worth in training: scales of chess, forms of curves on simulated data, exchange rates and multiples."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from inference_scaling import tables
from inference_scaling.bootstrapping import chess, curves, exchange, search, tradeoff


@pytest.fixture(scope="module")
def matches() -> pd.DataFrame:
    return tables.load("chess_time_odds")


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return curves.all_curves()


def test_published_strengths_of_the_matches(matches):
    counts = chess.pair_counts(matches)
    assert np.abs(chess.elo(counts) - matches["elo"]).max() < 0.151
    assert np.abs(chess.normalised_elo(counts) - matches["normalised_elo"]).max() < 0.0051


def test_drawn_pairs_pull_elo_and_not_the_normalised_scale(matches):
    counts = chess.pair_counts(matches)[:1]
    drawn = counts + np.array([0, 0, 40_000, 0, 0])
    assert chess.elo(drawn)[0] < 0.6 * chess.elo(counts)[0]
    assert chess.normalised_elo(drawn)[0] == chess.normalised_elo(counts)[0]


def test_joined_ladders_keep_their_steps(matches):
    joined = chess.chess_curves(matches).set_index(["curve", "decades"])["score"]
    balanced = joined["Stockfish 14, balanced openings"].to_numpy()
    assert balanced[0] == 0 and (np.diff(balanced) > 0).all()
    assert balanced[1] == pytest.approx(108.47 - 10.85, abs=0.2)
    assert balanced[-1] - balanced[2] == pytest.approx(71.55 - 7.08, abs=0.3)
    with pytest.raises(ValueError, match="scale must be"):
        chess.chess_curves(matches, "points")


def test_curves_are_long_enough_and_of_every_kind(rows):
    sizes = rows.groupby("curve")["decades"].agg(["size", "min", "max"])
    assert (sizes["size"] >= 3).all() and (sizes["max"] >= curves.SHORTEST).all() and (sizes["min"] == 0).all()
    assert set(rows["kind"]) == set(curves.KINDS)
    then = rows[rows["available_from"] <= search.DOCUMENT_DATE]
    assert "tree search, chess" not in set(then["kind"]) and "samples, answer key" not in set(then["kind"])


def test_ladders_of_thinking_start_with_thinking(rows):
    thinking = rows[rows["kind"] == "longer thinking"]
    assert sorted(thinking["curve"].unique()) == ["K2-V2 on Humanity's Last Exam", "o1 on AIME 2024", "o1-mini on AIME 2024"]
    switched = curves.all_curves(switched=True)
    models = {curve.split(" on ")[0] for curve in switched.loc[switched["kind"] == "longer thinking", "curve"]}
    assert len(models) == switched.loc[switched["kind"] == "longer thinking", "curve"].nunique() > 3
    long = curves.all_curves(shortest=2.0)
    assert not set(long["kind"]) & {"longer thinking", "tree search, chess"}


def test_log_odds_are_of_the_per_cents_alone(rows):
    odds = curves.in_log_odds(rows)
    chess_rows = rows["kind"] == "tree search, chess"
    assert (odds.loc[chess_rows, "score"] == rows.loc[chess_rows, "score"]).all()
    assert np.allclose(100 / (1 + np.exp(-odds.loc[~chess_rows, "score"])), rows.loc[~chess_rows, "score"])
    with pytest.raises(ValueError, match="between 0 and 100 per cent"):
        curves.in_log_odds(rows.assign(score=100.0))


@pytest.mark.parametrize("form", [*curves.FORMS, curves.REFERENCE])
def test_shapes_run_from_nought_to_one(form):
    inner, outer = np.array([-2.0, 0.0, 0.7])[:, None], np.array([0.4])
    at = [curves.curve_shape(form, inner, outer, np.array([2.5]), np.array([x])) for x in (0.0, 1.3, 2.5)]
    assert np.allclose(at[0], 0) and np.allclose(at[2], 1) and ((at[1] > 0) & (at[1] < 1)).all()


@given(k=st.floats(-3, 2), span=st.floats(1.5, 4))
def test_ratio_of_a_power_law_is_the_closed_form(k, span):
    ratio = curves.gain_ratio("power law with ceiling", np.array([k]), np.zeros(1), np.array([span]))
    assert ratio[0] == pytest.approx(np.exp(k * (span - 1)), rel=1e-3)


def test_s_curve_about_its_middle_gains_equally_at_both_ends():
    assert curves.gain_ratio("S-curve", np.array([0.5]), np.array([0.3]), np.array([3.0]))[0] == pytest.approx(1)
    far = curves.gain_ratio("S-curve", np.array([2.4]), np.array([1.6]), np.array([4.0]))
    assert np.isfinite(far).all() and far[0] > 1


def test_level_and_rise_are_summed_out_exactly():
    shape, y, noise = np.array([0.0, 0.4, 0.8, 1.0]), np.array([0.1, 0.5, 0.7, 1.1]), 0.2

    level_grid, rise_grid = np.linspace(-2, 2, 801)[:, None], np.linspace(-1, 3, 801)
    joint = stats.norm.logpdf(level_grid, 0, curves.EASE) + stats.norm.logpdf(rise_grid, 1, curves.EASE)
    joint = np.exp(joint + sum(stats.norm.logpdf(v, level_grid + rise_grid * h, noise) for v, h in zip(y, shape, strict=True)))
    log_likelihood, level, rise, *_ = curves.level_law(shape, y, np.array(noise))
    assert np.exp(log_likelihood) == pytest.approx(joint.sum() * 0.005**2, rel=1e-4)
    assert level == pytest.approx((level_grid * joint).sum() / joint.sum(), abs=1e-5)
    assert rise == pytest.approx((rise_grid * joint).sum() / joint.sum(), abs=1e-5)


def _simulated(k: dict[str, float], noise: float = 0.01) -> pd.DataFrame:
    rng = np.random.default_rng(8)
    x = np.linspace(0, 2.5, 11)
    parts = []
    for kind, rate in k.items():
        for i in range(4):
            y = 100 * (np.expm1(rate * x) / np.expm1(rate * 2.5) + noise * rng.standard_normal(len(x)))
            parts.append(pd.DataFrame({"curve": f"{kind} {i}", "kind": kind, "decades": x, "score": y}))
    return pd.concat(parts, ignore_index=True)


def test_known_rates_are_recovered():
    truth = {"votes": -1.2, "samples, answer key": 0.4}
    data = curves.arrays(_simulated(truth))
    posterior = curves.fit("power law with ceiling", data, size=2000)
    for i, name in enumerate(data.names):
        low, high = np.quantile(posterior.inner[:, i], [0.005, 0.995])
        rate = truth[name[:-2]]
        assert low - 0.05 <= rate <= high + 0.05, name
    votes = curves.KINDS.index("votes")
    assert abs(posterior.mean[:, votes].mean() + 1.2) < 3 * posterior.mean[:, votes].std()


def test_a_kind_without_curves_keeps_its_prior():
    posterior = curves.fit("power law with ceiling", curves.arrays(_simulated({"votes": -1.0})), size=4000)
    empty = posterior.mean[:, curves.KINDS.index("tree search, chess")]
    assert empty.mean() == pytest.approx(-0.5, abs=0.06) and empty.std() == pytest.approx(0.85, abs=0.06)


def test_last_decades_are_held_out():
    below, last = curves.without_last_decade(_simulated({"votes": -1.0}))
    assert below["decades"].max() <= 1.5 and (last["decades"] == 2.5).all() and len(last) == 4
    data = curves.arrays(below)
    scored = curves.end_point_scores("power law with ceiling", curves.fit("power law with ceiling", data), data, last)
    assert scored["observed"].between(scored["low"], scored["high"]).sum() >= 3


def test_unknown_forms_and_flat_curves_are_refused():
    with pytest.raises(ValueError, match="form must be one of"):
        curves.prior_of("parabola")
    with pytest.raises(ValueError, match="does not vary"):
        curves.arrays(_simulated({"votes": -1.0}).assign(score=1.0))


def test_a_simulated_s_curve_is_recovered():
    rng = np.random.default_rng(21)
    x = np.linspace(0, 3, 13)
    part = []
    for i in range(4):
        y = 60 / (1 + np.exp(-2.5 * (x - 1.2))) + 0.3 * rng.standard_normal(len(x))
        part.append(pd.DataFrame({"curve": f"c{i}", "kind": "votes", "decades": x, "score": y}))
    data = curves.arrays(pd.concat(part, ignore_index=True))
    posterior = curves.fit("S-curve", data)
    assert np.exp(posterior.kind_outer[:, curves.KINDS.index("votes")]).mean() == pytest.approx(2.5, rel=0.15)
    assert np.median(posterior.inner, axis=0) * 3 == pytest.approx(1.2, abs=0.15)
    low, high = np.quantile(curves.gain_ratio("S-curve", posterior.inner, posterior.outer, data.span), [0.05, 0.95], axis=0)
    true = curves.gain_ratio("S-curve", np.array([0.4]), np.log([2.5]), np.array([3.0]))[0]
    assert (low - 0.02 <= true).all() and (true <= high + 0.02).all()


def test_ratio_over_a_common_span_is_that_of_the_same_curve():
    posterior = curves.Posterior(*[np.zeros((1, 0))] * 4, noise=np.ones((1, 5)), mean=np.full((1, 5), 0.3), spread=np.zeros((1, 5)), kind_outer=np.full((1, 5), np.log(1.5)))
    # The midpoint lies at 1.2 decades whatever the span, so that over 2.4 decades both ends gain alike.
    assert curves.new_curve("S-curve", posterior, np.array([4.0]), np.array([0]), 2.4)[0, 0] == pytest.approx(1)
    assert curves.new_curve("power law with ceiling", posterior, np.array([4.0]), np.array([0]), 2.0)[0, 0] == pytest.approx(np.exp(0.3), rel=1e-4)


@pytest.fixture(scope="module")
def searched() -> search.Study:
    return search.study()


def test_verdict_rests_on_forms_that_can_bend(searched):
    assert all(list(part) == list(curves.FORMS) for part in (*searched.probabilities.values(), *searched.priors.values()))
    assert all(0.2 < p < 0.5 for part in searched.priors.values() for p in part.values())
    assert searched.counts["2025-01"][1] == 3 and searched.counts["2025-01 in hindsight"][1] == 5


def test_kinds_differ_less_over_a_common_span(searched):
    kinds = searched.by_kind.set_index("kind")
    assert kinds.loc["samples, answer key", "own"] > kinds.loc["samples, answer key", "at_2"]
    chess_row = kinds.loc["tree search, chess"]
    assert chess_row["own"] < 0.3 and chess_row["at_2_5"] > 0.7
    assert (kinds["kept_low"] < kinds["kept"]).all() and (kinds.loc[["votes", "samples, faulty judge"], "kept_high"] < 0.8).all()


def test_answer_keys_turn_on_the_scale(searched):
    key = searched.by_curve[searched.by_curve["kind"] == "samples, answer key"]
    assert (key[["log_odds", "measured_log_odds"]] < 0.5).all(axis=None) and (key[["ratio", "measured"]] > 0.5).all(axis=None) and len(key) == 7
    assert key["measured_log_odds"].agg(["min", "max"]).tolist() == pytest.approx([0.29, 0.48], abs=0.01)
    row = searched.by_kind.set_index("kind").loc["samples, answer key"]
    assert row["own"] < 0.2 and row["log_odds"] > 0.7
    assert searched.covered.set_index("kind").loc["samples, answer key", curves.FORMS[0]] == 0


def test_chess_flattens_less_without_drawn_pairs(searched):
    scales = searched.chess_scales.set_index(["openings", "scale"])["ratio"]
    assert (scales.xs("elo", level="scale") < scales.xs("normalised", level="scale")).all()


def test_jones_plane_gives_fifteen_for_ten():
    published = tables.load("hex_published_fit").set_index("quantity")["value"]
    assert 10 ** -published["plane_train"] == pytest.approx(published["plane_factor"], rel=0.1)


def test_exchange_of_a_plane_counts_the_price_of_a_sample():
    rates = exchange.exchange_from_plane(np.array([-1.0]), np.array([-0.5]))
    assert [rates[name][0] for name in ("smaller model", "fewer tokens", "both alike")] == pytest.approx([0, 0.5, 0.25])


def test_pairs_of_small_and_large():
    pairs = exchange.pair_exchange(tables.load("small_against_large")).set_index("pair")
    assert pairs.loc["Llama", "train_factor"] == pytest.approx(3.65e25 / 1.62e23)
    assert pairs.loc["Llama", "exchange"] == pairs.loc["Llama", "as_printed"] < 0 and pairs.loc["Llama", "math_500"] == pytest.approx(4.2)
    assert pairs.loc["Llama", "budget"] == pytest.approx(3.07e17 / 4.25e17 * 135)


def test_r1_counts_its_active_parameters():
    row = exchange.pair_exchange(tables.load("small_against_large")).set_index("pair").loc["DeepSeek-R1"]
    assert row["train_factor"] == pytest.approx(6 * 37e9 * 14.8e12 / 7.56e23, rel=0.01)
    assert row["as_printed"] == pytest.approx(-0.37, abs=0.01) and row["exchange"] == pytest.approx(0.88, abs=0.01)
    assert row["math_500"] == pytest.approx(-2.1)


def test_hex_stays_below_a_hundred_at_any_growth():
    bounds = tradeoff.hex_bounds()
    assert 10 ** bounds["equal test compute"] == pytest.approx(46.4, abs=0.1) and 10 ** bounds["equal nodes"] == pytest.approx(8.1, abs=0.1)
    hexes = tradeoff.multiples().set_index("setting").loc["Hex networks, tree search"]
    assert np.isnan(hexes["multiple"]) and hexes["bound"] == pytest.approx(np.log10(46.4), abs=0.001)
    with pytest.raises(ValueError, match="train_per_test"):
        tradeoff.hex_bounds(0.0)


def test_value_heads_take_the_place_of_policy_heads():
    table = tradeoff.with_value_nets(tables.load("search_against_size"))
    bare = table[(table["family"] == "chess networks") & (table["budget"] == 1)].set_index("model")["score"]
    assert bare["AlphaZero"] == 1992 and bare["Leela Chess Zero"] == 2418 and bare["Transformer 9M"] == 2025


def test_multiple_of_a_made_family():
    made = pd.DataFrame({"family": "made", "model": ["a", "b", "c", "a"], "parameters": [1e9, 1e10, 1e11, 1e9], "budget": [1.0, 1.0, 1.0, 10.0], "unit": "elo", "score": [1000.0, 1200.0, 1400.0, 1100.0], "error": 1.0, "available_from": pd.Timestamp("2024-01-01")})
    assert tradeoff.family_multiples(made)["multiple"].iloc[0] == pytest.approx(1.0, abs=0.02)


def test_pool_follows_settings_that_agree():
    agreeing = pd.DataFrame({"multiple": [3.0, 3.1, 2.9, 3.0], "sd": 0.1, "bound": np.nan, "game": [True, True, False, False]})
    assert tradeoff.within(tradeoff.pool(agreeing, tradeoff.POOLS[0])[0]) > 0.9
    nothing, evidence = tradeoff.pool(agreeing.iloc[:0], tradeoff.POOLS[0])
    assert evidence == pytest.approx(0) and tradeoff.within(nothing) < 0.5
    assert tradeoff.quantiles(nothing)[1] == pytest.approx(1.5, abs=0.05)
    bounded = pd.DataFrame({"multiple": np.nan, "sd": np.nan, "bound": [1.5] * 4, "game": [True, True, False, False]})
    assert tradeoff.quantiles(tradeoff.pool(bounded, tradeoff.POOLS[0])[0])[1] == pytest.approx(0.75, abs=0.3)
    with pytest.raises(ValueError, match="pool must be one of"):
        tradeoff.pool(agreeing, "none")


@pytest.mark.slow
def test_plane_recovers_known_slopes():
    from inference_scaling import sampling

    rng = np.random.default_rng(3)
    parts = []
    for params in (1e8, 4e8, 1.6e9, 6.4e9):
        for tokens in (2e10, 6e10, 3e11):
            beta = 10 ** (2 - 0.6 * (np.log10(params) - 9) - 0.2 * (np.log10(tokens) - 10.8) + 0.25 * rng.standard_normal())
            s = rng.binomial(2000, rng.beta(0.4, beta, 128))
            parts.append(pd.DataFrame({"params": params, "tokens": tokens, "samples": 2000, "successes": s, "problems": 1}))
    tree = sampling.fit(exchange.plane_model(pd.concat(parts, ignore_index=True)), seed=2, **tradeoff.SETTINGS)
    for name, truth in {"p": -0.6, "q": -0.2}.items():
        draws = sampling.draws(tree, name)
        assert abs(draws.mean() - truth) < 3.5 * draws.std(), name


@pytest.mark.slow
def test_tradeoff_study():
    study = tradeoff.study()
    rate = study.exchange.set_index("setting")["value"]
    assert rate["7B distilled, for R1"] > 0 > rate["3B for Llama 405B"]
    assert rate[["GSM8K, smaller model", "MATH, smaller model"]].max() < 0 < rate[["GSM8K, fewer tokens", "MATH, fewer tokens"]].min()
    assert [len(tradeoff.seen(study.multiples, date)) for date in tradeoff.DATES] == [2, 3, 5]
    # The family whose slope is known decides; the other says next to nothing.
    assert study.votes["Qwen, AIME 2024, votes"][1] * 4 < study.votes["Llama, AIME 2024, votes"][1]
    without = study.sensitivity.set_index("choice")["probability"]
    assert without["without reasoning models, votes"] > without["main analysis"] > without["without chess networks, tree search"]
    assert study.value_nets < study.multiples.set_index("setting").loc["chess networks, tree search", "value"]
