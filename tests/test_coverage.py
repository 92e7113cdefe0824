"""Models of repeated sampling: likelihood, recovery, forecasts, and the section's results."""

from fractions import Fraction
from itertools import pairwise
from math import comb

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.special import betaln
from scipy.stats import norm

from inference_scaling import charts, difficulty, passk, sampling
from inference_scaling import coverage as section
from inference_scaling.figures.coverage import forecast_chart

SEED = 11


@pytest.fixture(scope="module")
def study():
    return section.study()


def simulated(alphas, betas, problems, seed, batch=60, limit=10_020):
    """Counts of jailbreak-like models under the stopping rule."""
    rng = np.random.default_rng(seed)
    model, n, s = [], [], []
    for i, (alpha, beta) in enumerate(zip(alphas, betas)):
        attempts, successes = passk.simulate_stopped(rng.beta(alpha, beta, problems), batch=batch, limit=limit, rng=rng)
        model += [f"m{i}"] * problems
        n.append(attempts)
        s.append(successes)
    return difficulty.counts(["jailbreak"] * len(model), model, np.concatenate(n), np.concatenate(s))


def test_counts_collapse_and_keep_every_problem():
    data = difficulty.counts(["mathematics"] * 5, ["a", "a", "a", "b", "b"], [10, 10, 10, 10, 20], [0, 0, 3, 0, 0])
    assert data.models == ("a", "b")
    assert data.problems.sum() == 5
    assert len(data.n) == 4
    assert difficulty.without(data, 0).problems.sum() == 4


def test_counts_refuse_nonsense():
    with pytest.raises(ValueError, match="unknown family"):
        difficulty.counts(["poetry"], ["a"], [10], [1])
    with pytest.raises(ValueError, match="successes"):
        difficulty.counts(["mathematics"], ["a"], [10], [11])


def test_real_counts_hold_all_problems():
    data = section.load()
    assert len(data.models) == 14
    assert sum(data.problems[data.family[data.model] == 0]) == 7 * 128
    assert sum(data.problems[data.family[data.model] == 1]) == 7 * 159


@pytest.mark.parametrize(("n", "s"), [(60, 0), (60, 1), (60, 45), (960, 1), (10_000, 0), (10_000, 3), (10_000, 3000)])
def test_logit_normal_likelihood_equals_adaptive_quadrature(n, s):
    location, scale = -6.5, 2.2
    data = difficulty.counts(["mathematics"], ["a"], [n], [s])
    found = difficulty.pointwise("logit-normal", np.array([[location]]), np.array([[scale]]), data)[0, 0]
    peak = max(s, 0.5) * np.log(max(s, 0.5) / n) + (n - s) * np.log1p(-s / n)

    def integrand(theta):
        return np.exp(s * theta - n * np.logaddexp(0, theta) - peak) * norm.pdf(theta, location, scale)

    middle = np.log(max(s, 0.5) / (n - s + 0.5))
    pieces = np.array([-40, middle - 8, middle - 1, middle - 0.1, middle + 0.1, middle + 1, middle + 8])
    truth = peak + np.log(sum(quad(integrand, a, b, epsabs=0, epsrel=1e-10, limit=400)[0] for a, b in pairwise(pieces)))
    assert found == pytest.approx(truth, abs=1e-3)


def test_models_give_the_likelihood_of_the_pointwise_function():
    data = simulated([0.3, 0.6], [6, 9], 40, SEED)
    for law, build in section.BUILD.items():
        model = build(data)
        point = model.initial_point()
        names = {"beta": ("alpha", "beta"), "logit-normal": ("location", "scale")}[law]
        graphs = model.replace_rvs_by_values([model[name] for name in names] + model.potentials)
        *values, total = model.compile_fn(graphs, inputs=model.value_vars, on_unused_input="ignore")(point)
        expected = (difficulty.pointwise(law, values[0][None], values[1][None], data)[0] * data.problems).sum()
        assert float(total) == pytest.approx(expected, rel=1e-6), law


def test_stopping_rule_leaves_the_likelihood_proportional():
    """Record of a stopped problem: its chance given p is p^s (1-p)^(n-s) times a factor without p."""
    batch, factors = 6, []
    for p in (0.01, 0.1, 0.4):
        rng = np.random.default_rng(SEED)
        n, s = passk.simulate_stopped(np.full(200_000, p), batch=batch, limit=4 * batch, rng=rng)
        share = ((n == 2 * batch) & (s == 1)).mean()
        factors.append(share / (p * (1 - p) ** (2 * batch - 1)))
    assert factors == pytest.approx([batch] * 3, rel=0.12)


def test_beta_binomial_recovers_parameters_under_the_stopping_rule():
    alphas, betas = np.array([0.2, 0.35, 0.6]), np.array([6.0, 10.0, 8.0])
    data = simulated(alphas, betas, 600, SEED)
    tree = sampling.fit(difficulty.beta_binomial(data), name="stopping recovery", **section.SETTINGS)
    alpha = sampling.draws(tree, "alpha")
    low, high = np.quantile(alpha, [0.005, 0.995], axis=0)
    assert ((low < alphas) & (alphas < high)).all()
    assert alpha.std(axis=0).max() < 0.06


def test_share_quantiles_of_a_known_rate():
    distribution = section.solved_distribution(np.full(200, 0.3), 50, 10)
    assert distribution.sum() == pytest.approx(1)
    assert distribution[:10].sum() == 0
    low, median, high = section.share_quantiles(distribution)
    assert low < 0.2 + 0.8 * 0.3 < high
    assert median == pytest.approx(0.44, abs=0.021)


def test_later_rate_is_conditional_on_failure():
    alpha, beta = np.array([0.3]), np.array([5.0])
    rate = section.later_rate("beta", alpha, beta, 100, np.array([100, 1000]))
    assert rate[0, 0] == pytest.approx(0)
    conditional = 1 - np.exp(betaln(0.3, 5 + 1000) - betaln(0.3, 5 + 100))
    assert rate[0, 1] == pytest.approx(conditional)


def test_published_exponents_stand_in_the_study(study):
    rows = study.exponents.dropna(subset=["published"])
    assert len(rows) == 13
    assert (rows["replicated"] - rows["published"]).abs().max() < 0.002


def test_exponents_of_a_certain_law_by_hand(study):
    grid = np.array([1, 10, 100, 1_000])
    models = len(study.data.models)
    alpha, beta = np.full((20, models), 0.4), np.full((20, models), 6.0)
    published = pd.DataFrame({"model": study.data.models, "exponent_read_from_figure": np.nan})
    rows = section._exponents(study.data, {"beta": (alpha, beta)}, grid, published)
    ks = grid.astype(float)
    log_coverage = betaln(0.4, 6 + ks) - betaln(0.4, 6)
    slope = np.polyfit(np.log(ks), np.log(-np.log1p(-np.exp(log_coverage))), 1)[0]
    assert rows[["beta_low", "beta", "beta_high"]].to_numpy() == pytest.approx(-slope, rel=1e-6)
    assert rows[["alpha_low", "alpha", "alpha_high"]].to_numpy() == pytest.approx(0.4)


def test_table_bias_by_exact_fractions(study):
    rows = study.table_bias.set_index("model")
    for model in rows.index:
        n, s, problems = study.data.of(model)
        first_batch = (s > 0) & (n == 60)
        assert rows.loc[model, "unbiased"] == pytest.approx(problems[first_batch].sum() / problems.sum()), model
        shares = [1 - Fraction(comb(a - b, 60), comb(a, 60)) for a, b in zip(n.tolist(), s.tolist(), strict=True)]
        assert rows.loc[model, "published_table"] == pytest.approx(float(sum(p * w for p, w in zip(shares, problems.tolist(), strict=True)) / int(problems.sum()))), model


def test_forecast_summary_is_recomputed_from_the_forecasts(study):
    wide = study.forward.pivot(index=["thinning", "family", "model"], columns="law", values="log_score")
    assert wide["pool"].to_numpy() == pytest.approx(np.logaddexp(wide["beta"], wide["logit-normal"]).to_numpy() - np.log(2), abs=1e-6)
    for row in study.forward_summary.itertuples():
        chosen = study.forward[(study.forward["law"] == row.law) & (study.forward["family"] == row.family)]
        assert row.inside == ((chosen["low"] <= chosen["observed"]) & (chosen["observed"] <= chosen["high"])).sum()
        assert row.log_score == pytest.approx(chosen["log_score"].mean())
        assert row.forecasts == (7 if row.family == "jailbreak" else 7 * section.THINNINGS)


def test_forecasts_of_the_true_law_are_calibrated_and_score_best():
    models, problems = 60, 159
    rng = np.random.default_rng(SEED)
    alphas, betas = rng.uniform(0.2, 0.5, models), rng.uniform(5, 30, models)
    data = simulated(alphas, betas, problems, SEED)
    order = [int(name[1:]) for name in data.models]
    truth = tuple(np.tile(p[order], (50, 1)) for p in (alphas, betas))
    other = np.full((50, models), -4.0), np.full((50, models), 2.0)
    forecasts = section._forecasts([difficulty.early(data, SEED)], data, {("beta", 0): truth, ("logit-normal", 0): other})
    by_law = forecasts.groupby("law").agg(inside=("inside", "mean"), score=("log_score", "mean"))
    assert by_law.loc["beta", "inside"] > 0.9 - 3 * np.sqrt(0.9 * 0.1 / models)
    assert by_law["score"].idxmax() == "beta"


def test_study_is_deterministic(study):
    again = section.study()
    assert again.forward.equals(study.forward)
    assert again.exponents.equals(study.exponents)


def test_chart_data_stay_small(study):
    assert len(study.points) <= 150
    assert study.bands.groupby(["family", "model", "law"]).size().max() <= 60


@pytest.mark.parametrize(("family", "layers"), [("mathematics", 4), ("jailbreak", 5)])
def test_chart_is_accepted_and_draws_at_both_widths(family, layers):
    bands = pd.DataFrame(
        [
            {"family": family, "model": "m", "law": law, "attempts": k, "low": 0.2, "median": 0.3, "high": 0.5}
            for law in ("beta", "logit-normal")
            for k in (100, 1_000)
        ]
    )
    points = pd.DataFrame({"family": family, "model": "m", "attempts": [1, 100, 1_000], "observed": [0.1, 0.2, 0.4], "published_table": [0.1, 0.3, 0.4]})
    chart = forecast_chart(bands, points, family, "beta")
    assert len(chart.layer) == layers
    figure = charts.figure(chart, name="coverage-test", title="Test", description="Dots rise from a tenth to four tenths, lines beside them.", source="None", data=points)
    for width in (charts.NARROW, charts.WIDE):
        assert charts.draw(figure.spec, width).startswith("<svg")
