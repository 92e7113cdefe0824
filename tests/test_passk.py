"""Estimators and laws of coverage."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference_scaling import passk, tables
from inference_scaling.passk import (
    attempts_needed,
    beta_coverage,
    cap,
    coverage,
    least_squares_exponent,
    logit_normal_coverage,
    pass_at_k,
    simulate_stopped,
    stopped_coverage,
    thin,
)

SEED = 7


@st.composite
def counted(draw, largest=400):
    n = draw(st.integers(1, largest))
    return n, draw(st.integers(0, n)), draw(st.integers(1, n))


@given(counted())
@settings(max_examples=300, deadline=None)
def test_pass_at_k_equals_the_exact_fraction(case):
    n, s, k = case
    exact = 1 - Fraction(comb(n - s, k), comb(n, k))
    assert pass_at_k(n, s, k) == pytest.approx(float(exact), rel=1e-11, abs=1e-14)


@pytest.mark.parametrize(("s", "k"), [(1, 1), (3, 1000), (40_000, 2), (1, 3_699_990), (500, 500)])
def test_pass_at_k_keeps_its_digits_for_millions_of_attempts(s, k):
    n = 3_700_000
    miss = Fraction(1)
    for i in range(min(s, k)):
        miss *= Fraction(n - max(s, k) - i, n - i)
        miss = miss.limit_denominator(10**60)
    assert pass_at_k(n, s, k) == pytest.approx(float(1 - miss), rel=1e-8)


@given(counted(), st.integers(0, 50))
@settings(max_examples=100, deadline=None)
def test_pass_at_k_rises_with_attempts_and_successes(case, more):
    n, s, k = case
    assert pass_at_k(n, s, min(k + more, n)) >= pass_at_k(n, s, k) - 1e-12
    assert pass_at_k(n, min(s + more, n), k) >= pass_at_k(n, s, k) - 1e-12
    assert pass_at_k(n, s, 1) == pytest.approx(s / n)


@pytest.mark.parametrize(("n", "s", "k"), [(10, 11, 1), (0, 0, 1), (10, -1, 1), (10, 2.5, 1), (10, 2, 11), (10, 2, 0)])
def test_pass_at_k_refuses_impossible_counts(n, s, k):
    with pytest.raises(ValueError, match=r"position \(\)"):
        pass_at_k(n, s, k)


def test_coverage_needs_a_choice_beyond_the_attempts_made():
    with pytest.raises(ValueError, match="no unbiased estimate"):
        coverage([60, 120], [1, 1], [100])
    assert coverage([60, 120], [1, 0], [100], beyond="solved") == pytest.approx([0.5])
    with pytest.raises(ValueError, match="beyond="):
        coverage([60], [1], [1], beyond="guess")


@pytest.fixture(scope="module")
def stopped():
    rng = np.random.default_rng(SEED)
    rates = rng.beta(0.25, 8, size=400_000)
    return rates, *simulate_stopped(rates, batch=60, limit=10_020, rng=rng)


def test_simulated_stopping_obeys_its_rule(stopped):
    _, n, s = stopped
    assert set(np.unique(n % 60)) == {0}
    assert n.max() == 10_020
    assert ((s > 0) | (n == 10_020)).all()
    assert s.max() <= 60


def test_stopped_coverage_is_unbiased_and_the_published_table_is_not(stopped):
    rates, n, s = stopped
    ks = np.array([1, 10, 60, 600, 6_000])
    truth = np.array([-np.expm1(k * np.log1p(-rates)).mean() for k in ks])
    error = 3 * np.sqrt(truth * (1 - truth) / len(rates)) + 1e-4
    assert (np.abs(stopped_coverage(n, s, ks, batch=60) - truth) < 2 * error).all()
    published = coverage(n, s, ks, beyond="solved")
    assert (published - truth)[2:4].min() > 0.03
    assert (published > truth).all()


def test_stopped_coverage_refuses_what_is_not_known():
    with pytest.raises(ValueError, match="multiples of 60"):
        stopped_coverage([60], [1], [61], batch=60)
    with pytest.raises(ValueError, match="multiples of the batch"):
        stopped_coverage([61], [1], [60], batch=60)


def test_cap_equals_stopping_earlier(stopped):
    _, n, s = stopped
    early_n, early_s = cap(n, s, 120, batch=60)
    assert early_n.max() == 120
    assert ((early_s > 0) == ((s > 0) & (n <= 120))).all()
    assert stopped_coverage(early_n, early_s, [60, 120], batch=60) == pytest.approx(stopped_coverage(n, s, [60, 120], batch=60))
    with pytest.raises(ValueError, match="multiple of the batch"):
        cap(n, s, 100, batch=60)


def test_thinning_keeps_the_rate():
    rng = np.random.default_rng(SEED)
    n, s = np.full(20_000, 10_000), np.full(20_000, 300)
    fewer = thin(n, s, 100, rng)
    assert fewer.mean() == pytest.approx(3, abs=4 * np.sqrt(3 / 20_000))
    with pytest.raises(ValueError, match="cannot thin"):
        thin([50], [1], 100, rng)


@given(st.floats(0.03, 3), st.floats(0.3, 50), st.floats(1, 1e6))
@settings(max_examples=50, deadline=None)
def test_beta_coverage_has_its_closed_form_at_one_attempt_and_rises(alpha, beta, k):
    assert beta_coverage(alpha, beta, 1.0) == pytest.approx(alpha / (alpha + beta), rel=1e-9)
    assert 0 <= beta_coverage(alpha, beta, k) <= beta_coverage(alpha, beta, 2 * k) <= 1


@pytest.mark.parametrize("alpha", [0.07, 0.3, 1.5])
def test_left_tail_of_the_beta_is_the_power_of_the_uncovered_share(alpha):
    ks = np.array([1e8, 1e10])
    uncovered = 1 - beta_coverage(alpha, 5.0, ks)
    slope = np.log(uncovered[1] / uncovered[0]) / np.log(ks[1] / ks[0])
    assert slope == pytest.approx(-alpha, rel=1e-4)


def test_exponent_over_a_finite_range_exceeds_the_tail():
    ks = tables.load("coverage_attempt_grid")["attempts"].to_numpy()
    assert least_squares_exponent(ks, beta_coverage(0.2, 5.0, ks)) > 0.23


@pytest.mark.parametrize("k", [1, 100, 100_000])
def test_logit_normal_coverage_matches_simulation(k):
    rng = np.random.default_rng(SEED)
    rates = 1 / (1 + np.exp(-rng.normal(-7, 2.5, size=400_000)))
    truth = -np.expm1(k * np.log1p(-rates)).mean()
    assert logit_normal_coverage(-7.0, 2.5, k) == pytest.approx(truth, abs=4 * np.sqrt(truth * (1 - truth) / rates.size))


@given(st.floats(0.1, 2), st.floats(1, 20), st.floats(0.05, 0.95))
@settings(max_examples=30, deadline=None)
def test_attempts_needed_inverts_coverage(alpha, beta, target):
    assert beta_coverage(alpha, beta, attempts_needed(alpha, beta, target)) == pytest.approx(target, abs=1e-6)


def test_attempts_needed_refuses_certainty():
    with pytest.raises(ValueError, match="strictly between"):
        attempts_needed(0.3, 5, 1.0)


@given(st.floats(0.05, 2), st.floats(0.1, 5))
@settings(max_examples=30, deadline=None)
def test_least_squares_exponent_recovers_an_exact_power_law(exponent, factor):
    ks = np.geomspace(1, 1e4, 40)
    values = np.exp(-factor * ks**-exponent)
    inside = (values > 1e-12) & (values < 1 - 1e-12)
    if inside.sum() >= 5:
        assert least_squares_exponent(ks[inside], values[inside]) == pytest.approx(exponent, rel=1e-3)


def test_least_squares_exponent_needs_two_points():
    with pytest.raises(ValueError, match="fewer than two points"):
        least_squares_exponent([1, 10], [1.0, 1.0])


def test_published_exponents_are_reproduced():
    rows = tables.load("repeated_sampling_counts")
    grid = tables.load("coverage_attempt_grid")["attempts"].to_numpy()
    assert len(grid) == 101
    published = tables.load("published_coverage_exponents").set_index("model")
    for model, cells in rows.groupby("model"):
        curve = passk.coverage(cells["attempts"], cells["successes"], grid, cells["problems"], beyond="solved")
        exponent = least_squares_exponent(grid, curve)
        assert exponent == pytest.approx(published.loc[model, "exponent_from_counts"], abs=1e-4), model
        if model != "Llama 3 8B":
            assert exponent == pytest.approx(published.loc[model, "exponent_read_from_figure"], abs=2e-3), model
