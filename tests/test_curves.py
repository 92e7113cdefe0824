"""o1's curves, problem sets and effort ladders: published numbers, recovery of known parameters, properties."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp
from scipy.stats import halfnorm, multivariate_normal, norm

from inference_scaling import curves, ladders, problem_sets, sampling, tables


@pytest.fixture(scope="module")
def panels():
    table = tables.load("o1_aime_vs_compute")
    return {axis: (rows["log10_compute"].to_numpy(), rows["accuracy"].to_numpy()) for axis, rows in table.groupby("compute_axis")}


@pytest.mark.parametrize(
    ("axis", "slope", "error", "r2", "span"), [("test_time", 34.9, 1.6, 0.989, 1.63), ("train_time", 17.2, 1.3, 0.966, 1.88)]
)
def test_least_squares_of_the_figure(panels, axis, slope, error, r2, span):
    x, y = panels[axis]
    found = curves.least_squares(x, y)
    assert found == (pytest.approx(slope, abs=0.05), pytest.approx(error, abs=0.05), pytest.approx(r2, abs=0.0005))
    assert x[-1] - x[0] == pytest.approx(span, abs=0.005)


def test_least_squares_agrees_with_polyfit():
    rng = np.random.default_rng(0)
    x, y = rng.uniform(0, 2, 9), rng.normal(50, 10, 9)
    coefficients, covariance = np.polyfit(x, y, 1, cov=True)
    slope, error, r2 = curves.least_squares(x, y)
    assert slope == pytest.approx(coefficients[0])
    assert error == pytest.approx(np.sqrt(covariance[0, 0]))
    assert r2 == pytest.approx(np.corrcoef(x, y)[0, 1] ** 2)


@given(bend=st.floats(-30, 30), slope=st.floats(-50, 50), span=st.floats(0.1, 4))
def test_sag_of_a_parabola(bend, slope, span):
    x = np.linspace(0, span, curves.GRID)
    found = curves.sag(40 + slope * x + bend * (x - span / 2) ** 2)
    assert found == pytest.approx(-bend * span**2 / 4, abs=1e-9)


@given(level=st.floats(-100, 100), slope=st.floats(-100, 100))
def test_a_line_has_no_sag(level, slope):
    assert curves.sag(level + slope * np.linspace(0, 1, curves.GRID)) == pytest.approx(0, abs=1e-9)


def exact(x, y, centre, curvature_scale=15.0, noise_scale=4.0):
    """Posterior of `curves.quadratic` by quadrature over the noise, coefficients in closed form.

    Returns weight (noise,), mean and s.d. of the coefficients given the noise (noise, 3), and the log evidence.
    """
    noise, z = np.linspace(0.02, 30, 1500), x - centre
    design = np.column_stack([np.ones_like(z), z, z**2])
    mean, prior = np.array([40.0, 25.0, 0.0]), np.diag(np.array([25.0, 20.0, curvature_scale]) ** 2)
    covariance = design @ prior @ design.T + noise[:, None, None] ** 2 * np.eye(len(x))
    gain = prior @ design.T @ np.linalg.inv(covariance)
    log_joint = halfnorm.logpdf(noise, scale=noise_scale) + np.log(noise[1] - noise[0])
    log_joint += [multivariate_normal.logpdf(y, design @ mean, c) for c in covariance]
    evidence = logsumexp(log_joint)
    variance = np.diagonal(prior - gain @ design @ prior, axis1=1, axis2=2)
    return np.exp(log_joint - evidence), mean + gain @ (y - design @ mean), np.sqrt(np.maximum(variance, 0)), evidence


def exact_within(limit, span, weight, mean, sd, _):
    """P(largest deviation from the chord below the limit): a parabola's is -curvature span^2 / 4."""
    bound = 4 * limit / span**2
    return weight @ (norm.cdf(bound, mean[:, 2], sd[:, 2]) - norm.cdf(-bound, mean[:, 2], sd[:, 2]))


def test_quadratic_recovers_a_known_curve():
    rng = np.random.default_rng(3)
    x, truth = np.linspace(0, 2, 40), np.array([45.0, 30.0, -8.0])
    z = x - 1
    y = np.column_stack([np.ones_like(z), z, z**2]) @ truth + rng.normal(0, 2, len(x))
    tree = sampling.fit(curves.quadratic(x, y, centre=1.0), **curves.SETTINGS)
    low, high = np.quantile(sampling.draws(tree, "coefficients"), [0.01, 0.99], axis=0)
    assert ((low < truth) & (truth < high)).all()
    assert np.median(sampling.draws(tree, "noise")) == pytest.approx(2, rel=0.35)


def test_logistic_recovers_a_known_curve():
    rng = np.random.default_rng(4)
    x = np.linspace(0, 3, 60)
    truth = {"steepness": np.array([2.5]), "ceiling": np.array([0.7]), "reached": np.array([0.5])}
    y = curves.logistic_curve(truth, x, 1.5)[0] + rng.normal(0, 1.5, len(x))
    tree = sampling.fit(curves.logistic(x, y, centre=1.5), **curves.SETTINGS)
    for name, value in truth.items():
        low, high = np.quantile(sampling.draws(tree, name), [0.01, 0.99])
        assert low < value[0] < high, name


@pytest.fixture(scope="module")
def study():
    return curves.study()


@pytest.mark.parametrize("axis", list(curves.PANELS))
def test_posterior_of_the_quadratic_agrees_with_quadrature(study, panels, axis):
    panel, (x, y) = study.panels[axis], panels[axis]
    centre, span = (x[0] + x[-1]) / 2, x[-1] - x[0]
    posterior = exact(x, y, centre)
    # Effective draws of these indicators exceed 10,000.
    error = partial(np.allclose, rtol=0, atol=4 * 0.5 / np.sqrt(10_000))
    weight, mean, sd, _ = posterior
    assert panel.slope.value == pytest.approx(weight @ mean[:, 1], abs=0.1)
    assert error(panel.bounds.loc["quadratic"], [exact_within(limit, span, *posterior) for limit in curves.NEIGHBOURS])
    assert error(panel.probabilities["quadratic"], exact_within(curves.SAG_LIMIT, span, *posterior))
    assert error(panel.saturates, weight @ norm.cdf(-4 * curves.SAG_LIMIT / span**2, mean[:, 2], sd[:, 2]))
    assert error(panel.accelerates, weight @ norm.sf(4 * curves.SAG_LIMIT / span**2, mean[:, 2], sd[:, 2]))
    for prior, scales in curves.PRIOR_SCALES.items():
        assert error(panel.sensitivity.loc[prior, "P(S)"], exact_within(curves.SAG_LIMIT, span, *exact(x, y, centre, *scales))), prior


@pytest.mark.parametrize("axis", list(curves.PANELS))
def test_prior_of_the_quadratic_is_its_closed_form(study, panels, axis):
    x = panels[axis][0]
    truth = 1 - 2 * norm.sf(4 * curves.SAG_LIMIT / (x[-1] - x[0]) ** 2 / 15)
    assert study.panels[axis].priors["quadratic"] == pytest.approx(truth, abs=4 * np.sqrt(truth * (1 - truth) / 4000))


@pytest.mark.parametrize(("name", "curvature_scale"), [("quadratic", 15.0), ("straight line", 0.0)])
@pytest.mark.parametrize("axis", list(curves.PANELS))
def test_predictive_scores_are_ratios_of_evidence(study, panels, axis, name, curvature_scale):
    x, y = panels[axis]
    first, centre, found = curves.FORWARD_DOTS[axis], (x[0] + x[-1]) / 2, study.panels[axis].comparison.loc[name]

    def evidence(kept):
        return exact(x[kept], y[kept], centre, curvature_scale)[3]

    every = np.arange(len(x))
    assert found["forward log score"] == pytest.approx(evidence(every) - evidence(every[:first]), abs=0.15)
    assert found["leave-one-out log score"] == pytest.approx(sum(evidence(every) - evidence(every != i) for i in every), abs=0.3)


@pytest.mark.parametrize("axis", list(curves.PANELS))
def test_a_dot_left_out_is_predicted_worse_than_one_fitted(study, panels, axis):
    x, y = panels[axis]
    centre = (x[0] + x[-1]) / 2
    tree = sampling.fit(curves.logistic(x, y, centre=centre), **curves.SETTINGS)
    values = {name: sampling.draws(tree, name) for name in ("steepness", "ceiling", "reached", "noise")}
    density = norm.logpdf(y, curves.logistic_curve(values, x, centre), values["noise"][:, None])
    within = (logsumexp(density, axis=0) - np.log(len(density))).sum()
    assert study.panels[axis].comparison.loc["logistic", "leave-one-out log score"] < within


def test_reweighting_to_the_same_prior_changes_nothing():
    inside = np.arange(4000) % 4 == 0
    probability, _ = curves.reweighted(inside, np.random.default_rng(0).normal(0, 1e-9, 4000))
    assert probability == pytest.approx(0.25, abs=1e-3)


def test_reweighting_reaches_another_normal():
    draws = np.random.default_rng(0).normal(0, 1, 40_000)
    log_ratio = -0.5 * (draws / 0.8) ** 2 + 0.5 * draws**2
    probability, k = curves.reweighted(np.abs(draws) < 0.8, log_ratio)
    assert k < curves.PARETO_K_LIMIT
    assert probability == pytest.approx(0.6827, abs=0.01)


def test_more_problems_vary_less():
    spread, response = np.full(400, 4.0), np.full(400, 1.2)
    x, y = np.linspace(0, 1.6, 7), np.linspace(20, 75, 7)
    few = problem_sets.problem_sampling(spread, response, x, y, n_problems=30)[0]
    many = problem_sets.problem_sampling(spread, response, x, y, n_problems=480)[0]
    assert few.mean() == pytest.approx(0, abs=4 * few.std() / 20)
    assert few.std() / many.std() == pytest.approx(4, rel=0.15)


def test_equal_problems_do_not_vary():
    slope, sag = problem_sets.problem_sampling(np.full(50, 1e-6), np.zeros(50), np.linspace(0, 1, 5), np.linspace(20, 70, 5))
    assert np.abs(slope).max() < 1e-3
    assert np.abs(sag).max() < 1e-3


def test_problem_sampling_refuses_a_perfect_score():
    with pytest.raises(ValueError, match="strictly between 0 and 100"):
        problem_sets.problem_sampling(np.ones(2), np.ones(2), np.array([0.0, 1.0]), np.array([50.0, 100.0]))


@given(spread=st.floats(0.2, 8), low=st.floats(3, 45))
@settings(max_examples=25, deadline=None)
def test_a_symmetric_range_bends_both_ways_equally(spread, low):
    """Between p and 1 - p the mean curve is antisymmetric about its chord, so its largest deviations are equal."""
    first = problem_sets.implied_sag(np.array([spread]), (low, 100 - low))
    assert abs(first[0]) <= 50
    assert problem_sets.implied_sag(np.array([spread]), (low, 50.0))[0] <= 1e-6


def test_wider_difficulty_makes_the_curve_straighter():
    bends = np.abs(problem_sets.implied_sag(np.array([0.5, 2.0, 8.0]), (20.0, 90.0)))
    assert (np.diff(bends) < 0).all()


@given(position=st.floats(-3, 3), steepness=st.floats(0.1, 4))
def test_logistic_keeps_less_when_past_half(position, steepness):
    keep = ladders.logistic_keep(np.array([position]), np.array([steepness]))[0]
    assert keep > 0
    assert (keep < 1 - 1e-12) == (position > 1e-12) or position == pytest.approx(0, abs=1e-9)


def simulated(keep=0.6, models=8, benchmarks=4, seed=1):
    rng = np.random.default_rng(seed)
    rows = []
    for m in range(models):
        for b in range(benchmarks):
            span = rng.uniform(1.2, 2.2)
            decades = np.linspace(0, span, 5)
            rate = np.log(keep)
            rise = rng.normal(25, 8)
            mean = 60 + rise * np.expm1(rate * (decades - span)) / -np.expm1(-rate * span)
            score = mean + rng.normal(0, 0.7, 5)
            rows.append(pd.DataFrame({"ladder": f"{m}-{b}", "model": f"m{m}", "benchmark": f"b{b}", "decades": decades, "score": score}))
    return pd.concat(rows, ignore_index=True)


@pytest.mark.slow
def test_geometric_recovers_what_a_decade_keeps():
    tree = sampling.fit(ladders.geometric(ladders.rungs(simulated())), **ladders.SETTINGS)
    low, high = np.quantile(np.exp(sampling.draws(tree, "log_keep_mean")), [0.01, 0.99])
    assert low < 0.6 < high
    assert np.median(sampling.draws(tree, "rise_mean")) == pytest.approx(25, abs=4.5)


def test_rung_scores_of_a_sharp_posterior_are_the_density():
    data = ladders.rungs(simulated(models=1, benchmarks=1))
    values = {"log_keep": np.full((200, 1), np.log(0.5)), "top": np.full((200, 1), 60.0), "rise": np.full((200, 1), 20.0), "noise": np.full((200, 1), 2.0)}
    gain_last_decade = 20.0 * (1 - 1 / 0.5) / (1 - 0.5 ** -data.span[0])
    found = ladders.rung_log_scores("geometric", values, data, np.array([1.0]), np.array([60 + 0.5 * gain_last_decade]))
    assert found[0] == pytest.approx(-np.log(2 * np.sqrt(2 * np.pi)))


def test_without_last_rung_holds_out_one_a_ladder():
    table = ladders.unsaturated(tables.load("effort_ladders"))
    below, last = ladders.without_last_rung(table)
    assert len(below) + len(last) == len(table)
    assert last["ladder"].is_unique
    assert (last["above"] > 0).all()


def test_only_two_ladders_were_public_at_the_documents_date():
    rows = ladders.unsaturated(tables.load("effort_ladders", as_of="2025-01-14"))
    assert sorted(rows["ladder"].unique()) == ["o1 on AIME 2024", "o1-mini on AIME 2024"]


def test_saturation_is_judged_by_other_models():
    rows = pd.DataFrame({"method": ["effort", "effort", "votes"], "best_known": [60.0, 99.0, 60.0], "score": [99.0, 60.0, 60.0]})
    assert ladders.unsaturated(rows)["score"].tolist() == [99.0]


def test_published_gains_with_effort():
    """GPT-5.2 at low, medium and high, and Claude 3.7 Sonnet from no thinking to 64k, as in Epoch AI's run logs."""
    counts = tables.load("otis_problem_counts")
    share = counts.groupby(["model", "rung"])[["n_correct", "n_attempts"]].sum()
    share = share["n_correct"] / share["n_attempts"]
    assert share["GPT-5.2"].round(3).tolist() == [0.789, 0.939, 0.961]
    assert share["Claude 3.7 Sonnet"].round(3).tolist() == [0.219, 0.467, 0.533, 0.578]


def test_service_gains_are_points_a_decade():
    pairs = pd.DataFrame({"model": ["m", "m"], "source": ["a", "b"], "gain": [6.0, 5.0], "decades": [0.5, 1.0]})
    assert ladders.service_gains(pairs).loc["m"].to_dict() == {"a": 12.0, "b": 5.0}


@pytest.mark.slow
def test_logistic_ladders_recover_steepness_and_ceiling():
    rng = np.random.default_rng(5)
    steepness, ceiling = np.exp(rng.normal(np.log(2), 0.3, 8)), rng.uniform(0.5, 0.9, 5)
    rows = []
    for m in range(8):
        for b in range(5):
            decades = np.linspace(0, 3, 7)
            mean = 100 * ceiling[b] / (1 + np.exp(-(rng.normal(1.5, 0.6) + steepness[m] * (decades - 3))))
            rows.append(pd.DataFrame({"ladder": f"{m}-{b}", "model": f"m{m}", "benchmark": f"b{b}", "decades": decades, "score": mean + rng.normal(0, 1, 7)}))
    tree = sampling.fit(ladders.logistic(ladders.rungs(pd.concat(rows, ignore_index=True))), **ladders.SETTINGS)
    assert np.median(sampling.draws(tree, "steepness"), axis=0) == pytest.approx(np.repeat(steepness, 5), rel=0.3)
    assert np.median(sampling.draws(tree, "ceiling"), axis=0) == pytest.approx(np.tile(ceiling, 8), abs=0.08)


@pytest.mark.slow
def test_item_response_recovers_spreads_and_slope():
    rng = np.random.default_rng(6)
    difficulty, response, slopes = rng.normal(0, 3, 45), rng.normal(0, 1.2, 45), rng.normal(4, 1.5, 14)
    rows = []
    for m in range(14):
        match = rng.normal(0, 1, 45)
        for rung, x in enumerate((-0.6, 0.0, 0.6)):
            eta = 1 + (slopes[m] + response) * x - difficulty - match
            correct = rng.binomial(8, 1 / (1 + np.exp(-eta)))
            rows.append(pd.DataFrame({"model": f"m{m}", "rung": rung + 1, "problem": np.arange(45).astype(str), "decades": x + 0.6, "n_attempts": 8, "n_correct": correct}))
    tree = sampling.fit(problem_sets.item_response(pd.concat(rows, ignore_index=True)), **problem_sets.SETTINGS)
    truths = {"difficulty_sd": difficulty.std(ddof=1), "match_sd": 1.0, "response_sd": response.std(ddof=1), "slope_mean": slopes.mean() + response.mean()}
    for name, truth in truths.items():
        low, high = np.quantile(sampling.draws(tree, name), [0.005, 0.995])
        assert low < truth < high, name
