"""The chapter on takeoff speed: recovery from simulated data, published results, calculators."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import logit

from inference_scaling import sampling, tables
from inference_scaling.passk import beta_coverage, pass_at_k
from inference_scaling.takeoff import checkpoints, costs, preview, spending, trial, window


def test_coverage_in_log_odds_agrees_with_the_closed_form():
    alpha, location = 0.3, -5.0
    beta = alpha * np.exp(-location)
    for k in (1, 100, 10_000):
        assert checkpoints.log_odds_of_coverage(np.log(alpha), location, k) == pytest.approx(logit(beta_coverage(alpha, beta, k)), rel=1e-9)


def test_quadrature_covers_the_true_law():
    rng = np.random.default_rng(5)
    inside = []
    for _ in range(60):
        log_alpha, location = rng.normal(np.log(0.3), 0.5), rng.normal(-4, 1)
        alpha = np.exp(log_alpha)
        n = rng.choice([128, 1024, 10_000], 100)
        s = rng.binomial(n, rng.beta(alpha, alpha * np.exp(-location), 100))
        law = checkpoints.beta_posterior(n, s, rng, 800)
        drawn = {"alpha": law[:, 0], "one": law[:, 1], "hundred": checkpoints.log_odds_of_coverage(law[:, 0], law[:, 1], 100)}
        truth = {"alpha": log_alpha, "one": location, "hundred": checkpoints.log_odds_of_coverage(log_alpha, location, 100)}
        inside.append([np.quantile(drawn[name], 0.05) <= truth[name] <= np.quantile(drawn[name], 0.95) for name in truth])
    assert (np.mean(inside, axis=0) > 0.78).all() and (np.mean(inside, axis=0) < 0.99).all()


def test_pythia_160m_is_known_to_gain_from_a_quarter_to_over_half_with_ten_thousand_samples():
    rows = tables.load("repeated_sampling_counts").query("model == 'Pythia 160M'")
    weights = rows["problems"] / rows["problems"].sum()
    n, s = rows["attempts"].to_numpy(), rows["successes"].to_numpy()
    assert 100 * (weights * s / n).sum() == pytest.approx(0.27, abs=0.005)
    assert 100 * (weights * pass_at_k(n, s, 10_000)).sum() == pytest.approx(57, abs=0.5)


def _simulated(exponent: float, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    flop = np.geomspace(1e19, 1e23, 30)
    slope, jump = exponent * 4.0 / 2, 4.0
    single = -5 + slope * (np.log10(flop) - np.log10(flop).mean()) + 0.3 * rng.standard_normal(30)
    hundred = single + jump + 0.1 * rng.standard_normal(30)
    noise = 0.1 * rng.standard_normal((2, 30))
    frame = pd.DataFrame({"benchmark": "GSM8K", "params": 1, "tokens": 1, "flop": flop, "single": single + noise[0], "hundred": hundred + noise[1]})
    return frame.assign(single_sd=0.1, coupling=0.0, hundred_sd=0.1)


@pytest.mark.slow
def test_plane_recovers_the_exchange_rate_and_the_gap():
    rows = _simulated(0.5, 1)
    rate = sampling.fit(preview.plane(rows, "exchange rate"), **preview.SETTINGS)
    low, high = np.quantile(sampling.draws(rate, "exponent"), [0.05, 0.95])
    assert low < 0.5 < high
    gap = sampling.fit(preview.plane(rows, "free gap"), **preview.SETTINGS)
    low, high = np.quantile(sampling.draws(gap, "gap_of"), [0.05, 0.95])
    assert low < 4.0 - 2 * 1.0 < high


def test_latent_values_shrink_towards_the_line_and_the_measured():
    rows = _simulated(0.5, 2)
    line = {"level": np.full((1, 1), -5.0), "slope": np.full((1, 1), 1.0), "jump": np.full((1, 1), 4.0), "scatter": np.full((1, 1), 1e-6), "unlike": np.full((1, 1), 1e-6)}
    x = np.log10(rows["flop"]) - np.log10(rows["flop"]).mean()
    drawn = preview.latent(line, rows, np.random.default_rng(1))
    np.testing.assert_allclose(drawn[0, :, 0], -5 + x, atol=1e-3)
    wide = line | {"scatter": np.full((1, 1), 30.0), "unlike": np.full((1, 1), 30.0)}
    drawn = preview.latent(wide, rows.assign(single_sd=1e-3, hundred_sd=1e-3), np.random.default_rng(1))
    np.testing.assert_allclose(drawn[0, :, 1], rows["hundred"], atol=0.01)


def test_pairs_are_found_by_compute_within_a_benchmark():
    rows = pd.DataFrame({"benchmark": ["GSM8K", "GSM8K", "GSM8K", "MATH"], "flop": [1e20, 0.9e22, 3e22, 1e22]})
    assert preview.pairs(rows)[["small", "large"]].to_numpy().tolist() == [[0, 1]]


def test_a_perfect_preview_has_no_gap():
    rows = pd.DataFrame({"small": [0], "large": [1]})
    log_odds = np.array([[[-5.0, -1.0], [-1.0, 3.0]]])
    assert preview.median_gap(log_odds, rows) == pytest.approx([0.0])


def test_trial_reproduces_the_published_effect():
    value, low, high = trial.published_effect(tables.load("developer_trial"))
    assert (round(value, 1), round(low, 1), round(high, 1)) == (18.8, 1.3, 39.5)


def test_training_equivalent_multiplies_by_decades():
    assert window.training_equivalent(2e25, 1.0) == pytest.approx(2e26)
    with pytest.raises(ValueError, match="flop must be positive"):
        window.training_equivalent(0.0, 1.0)
    with pytest.raises(ValueError, match="decades must be 0 or more"):
        window.training_equivalent(1e25, -0.1)


@given(st.floats(0.3, 3), st.floats(0.3, 3))
def test_a_phone_that_does_not_think_longer_gains_nothing(worth, most):
    drawn = window.window_change(np.full(50, worth), np.full(50, most), np.full(50, 0.8), window.WindowAssumptions(phone=(0.0, 0.0), follows=0.0), np.random.default_rng(1))
    assert (drawn["phone_years"] == 0).all()
    assert (drawn["laboratory_years"] > 0).all()


@pytest.mark.parametrize("name, value", [("growth", (-0.1, 1.0)), ("shrinking", (1.0, 0.5)), ("phone", (0.0, np.inf)), ("speed_bound", 1.5), ("follows", -0.1)])
def test_impossible_assumptions_are_refused_by_name(name, value):
    with pytest.raises(ValueError, match=name):
        window.WindowAssumptions(**{name: value})


def test_running_cost_refuses_free_tasks_and_scales():
    rng = np.random.default_rng(1)
    with pytest.raises(ValueError, match="cost_per_task must hold positive"):
        costs.running_cost(np.array([1.0, 0.0]), costs.Assumptions(), rng)
    one, ten = (costs.running_cost(np.array([c]), costs.Assumptions(), np.random.default_rng(2), 1000) for c in (1.0, 10.0))
    np.testing.assert_allclose(ten, 10 * one)
    assert one.min() >= 1 / 10 * 60 * 2000 and one.max() <= 60 * 8760


def test_ratio_of_an_account_spans_its_range():
    account = pd.DataFrame({"inference_low": [1.0], "inference_high": [10.0], "training_low": [10.0], "training_high": [10.0]})
    middle, error = spending.ratios(account)
    assert middle == pytest.approx([-0.5])
    assert middle + spending.Z90 * error == pytest.approx([0.0])


def test_anchors_are_previews_and_later_systems_that_broke_their_record():
    assert set(costs.anchors("2025-01-14")["name"]) == {"o3-preview, low", "o3-preview, high"}
    scores = tables.load("arc_agi_results").set_index("model")["score"]
    later = costs.anchors(costs.TODAY)["name"][2:]
    held = scores[later].to_numpy()
    assert len(held) > 1 and held[0] > 0.875 and (np.diff(held) > 0).all()


def _draws(seed: int = 1) -> dict[str, np.ndarray]:
    return {"level": np.full(400, 6.5), "growth": np.full(400, 0.4), "scatter": np.full(400, 0.2)}


def test_training_cost_grows_then_slackens_and_never_exceeds_the_ceiling():
    case = costs.Assumptions(development=(1.0, 1.0), fast_until=(2030.0, 2030.0), slowed=(0.0, 0.0), ceiling=(1e15, 1e15))
    early, late, later = (np.median(np.log10(costs.training_cost(_draws(), np.full(400, year), case, np.random.default_rng(1)))) for year in (2025.0, 2030.0, 2060.0))
    assert late - early == pytest.approx(5 * 0.4)
    assert later == pytest.approx(late)
    capped = costs.training_cost(_draws(), np.full(400, 2060.0), costs.Assumptions(ceiling=(1e10, 1e10), slowed=(1.0, 1.0)), np.random.default_rng(1))
    assert capped.max() == pytest.approx(1e10)


@pytest.mark.parametrize("date", costs.DATES.values())
def test_no_date_of_agi_lies_in_the_past(date):
    drawn = costs.agi_date(date).sample(2000, np.random.default_rng(1))
    assert drawn.min() > pd.Timestamp(date).year + (pd.Timestamp(date).day_of_year - 1) / 366 - 1e-6


@pytest.mark.slow
def test_accounts_without_weight_change_nothing_and_laboratories_share_a_deviation():
    def typical(error: list[float], laboratory: list[str]) -> np.ndarray:
        tree = sampling.fit(spending.spend_model(np.array([0.0, 0.0, 2.0]), np.array(error), laboratory), **(costs.SETTINGS | {"draws": 3000}))
        return sampling.draws(tree, "typical")

    ignored = typical([0.1, 0.1, spending.NO_WEIGHT], ["a", "a", "b"])
    assert np.median(ignored) < 0.05
    # Two accounts of one laboratory say less about laboratories than two of different ones.
    assert ignored.std() > typical([0.1, 0.1, spending.NO_WEIGHT], ["a", "c", "b"]).std()


@pytest.mark.slow
def test_trend_span_and_developer_models_recover_what_made_the_data():
    rng = np.random.default_rng(3)
    years = rng.uniform(2018, 2026, 40)
    tree = sampling.fit(costs.cost_trend(years, 6.2 + 0.45 * (years - costs.ORIGIN) + 0.3 * rng.standard_normal(40)), **costs.SETTINGS)
    low, high = np.quantile(sampling.draws(tree, "growth"), [0.02, 0.98])
    assert low < 0.45 < high
    tree = sampling.fit(window.saved_model(np.exp(np.log(1.2) + 0.4 * rng.standard_normal(30))), **window.SETTINGS)
    assert np.median(sampling.draws(tree, "centre")) == pytest.approx(np.log(1.2), abs=0.2)
    rows = tables.load("developer_trial")
    made = np.log(rows["predicted_minutes"]) + 0.3 * rows["ai_allowed"] + 0.5 * rng.standard_normal(len(rows))
    tree = sampling.fit(trial.developer_model(rows.assign(minutes=np.exp(made), review_minutes=0.0)), **trial.SETTINGS)
    low, high = np.quantile(sampling.draws(tree, "effect"), [0.02, 0.98])
    assert low < 0.3 < high


def test_forecasts_reward_a_rule_that_is_right():
    params = np.repeat([7e7, 1.6e8, 4.1e8, 1e9, 2.8e9, 12e9], 4)
    tokens = np.tile([6e9, 2e10, 6e10, 3e11], 6)
    flop = 6 * params * tokens
    single = -6 + 0.5 * (np.log10(flop) - 19)
    rows = pd.DataFrame({"benchmark": "GSM8K", "params": params, "tokens": tokens, "flop": flop, "single": single, "hundred": single + 1.0 + 1e-3 * np.sin(flop)})
    found = preview.forecasts(rows, {"GSM8K": 1.0}).set_index("rule")
    assert found.loc["trend of the smaller models", "rms"] < 1e-6
    assert found.loc["100 samples of the smaller model", "rms"] < 0.2 < found.loc["one sample of the smaller model", "rms"]


def test_phones_that_follow_wait_for_the_extra_thought_to_get_cheap():
    ones = np.ones(20)
    sure = {"laboratory": (2.0, 2.0), "parameters_per_compute": (0.5, 0.5), "follows": 1.0}
    drawn = window.window_change(ones, ones, ones, window.WindowAssumptions(**sure), np.random.default_rng(1))
    # Two decades of thought, one decade of training saved, half a decade of parameters.
    assert drawn["change"].to_numpy() == pytest.approx(1.5)
    own = window.window_change(ones, ones, ones, window.WindowAssumptions(follows=0.0, speed_bound=0.0, laboratory=(1.0, 1.0), phone=(1.0, 1.0), growth=(1.0, 1.0), shrinking=(0.1, 0.1), hardware=(0.1, 0.1), parameters_per_compute=(0.5, 0.5)), np.random.default_rng(1))
    assert own["change"].to_numpy() == pytest.approx(1.0 - 0.5 / 0.2)
    slow = window.window_change(ones, ones, ones, window.WindowAssumptions(follows=0.0, speed_bound=1.0, parameters_per_compute=(0.5, 0.5)), np.random.default_rng(1))
    assert (slow["change"] == slow["laboratory_years"]).all()


def test_budget_of_tasks_and_its_limits():
    assert window.tasks_within(1, 1, 0.0, flop_per_second=1e15, utilisation=1.0, tokens=1.0, flop_per_token=1e15) == window.SECONDS_PER_DAY
    for name, value in {"days": 0.0, "chips": -1.0, "decades": -1.0, "utilisation": 1.2, "tokens": np.inf}.items():
        with pytest.raises(ValueError, match=name):
            window.tasks_within(**({"days": 90.0, "chips": 1e4, "decades": 1.0} | {name: value}))
