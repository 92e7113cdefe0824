"""Pools of dates: each rule's definition, and a Bayesian pool that is calibrated and never becomes sure of itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from inference_scaling.forecasts import BayesPrior, DateDistribution, pool_dates
from inference_scaling.forecasts.date_pools import METHODS, location_posterior

STATED = 2025.0
EARLY = DateDistribution.from_quantiles({0.1: 2026, 0.5: 2029, 0.9: 2040}, STATED)
LATE = DateDistribution.from_quantiles({0.1: 2030, 0.5: 2050, 0.9: 2120}, STATED)
UNSURE = DateDistribution.from_probabilities({2035: 0.3, 2100: 0.6}, STATED, never=0.2)
YEARS = np.array([2026.0, 2030.0, 2040.0, 2070.0, 2150.0])


def test_linear_pool_is_the_mean_of_the_probabilities():
    pool = pool_dates([EARLY, LATE, UNSURE], [2, 1, 1])
    np.testing.assert_allclose(pool.cdf(YEARS), (2 * EARLY.cdf(YEARS) + LATE.cdf(YEARS) + UNSURE.cdf(YEARS)) / 4)
    assert pool.never == pytest.approx(0.05)


def test_geometric_pool_is_the_mean_of_the_log_odds():
    pool = pool_dates([EARLY, LATE], [3, 1], method="geometric")
    np.testing.assert_allclose(special.logit(pool.cdf(YEARS)), (3 * special.logit(EARLY.cdf(YEARS)) + special.logit(LATE.cdf(YEARS))) / 4)
    both = pool_dates([UNSURE, UNSURE.shift(factor=2)], method="geometric")
    assert both.never == pytest.approx(0.2)


def test_quantile_pool_is_the_mean_of_the_years():
    pool = pool_dates([EARLY, LATE], [1, 1], method="quantile")
    p = np.array([0.1, 0.3, 0.5, 0.9])
    np.testing.assert_allclose(pool.quantile(p), (EARLY.quantile(p) + LATE.quantile(p)) / 2)
    assert pool.median == pytest.approx(2039.5)
    np.testing.assert_allclose(pool.cdf(pool.quantile(p)), p, atol=1e-8)


@pytest.mark.parametrize("method", METHODS)
def test_pools_are_distributions(method):
    for members in ([EARLY, LATE], [EARLY, UNSURE]):
        pool = pool_dates(members, method=method)
        p = np.array([0.05, 0.2, 0.5, 0.75])
        np.testing.assert_allclose(pool.cdf(pool.quantile(p)), p, atol=1e-7)
        grid = STATED + np.geomspace(1e-2, 5000, 20_001)
        assert np.trapezoid(pool.pdf(grid), grid) == pytest.approx(float(pool.cdf(grid[-1]) - pool.cdf(grid[0])), abs=1e-4)
        draws = pool.sample(4000, np.random.default_rng(5))
        assert np.mean(np.isinf(draws)) == pytest.approx(pool.never, abs=0.03)
        assert np.median(draws) == pytest.approx(pool.median, rel=0.003) or abs(np.median(draws) - pool.median) < 0.1 * (pool.median - STATED)


@pytest.mark.parametrize("method", ["linear", "geometric", "quantile"])
def test_a_pool_of_one_or_of_copies_is_that_one(method):
    for members in ([EARLY], [EARLY] * 4):
        np.testing.assert_allclose(pool_dates(members, method=method).cdf(YEARS), EARLY.cdf(YEARS), atol=1e-8)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(1, 60), st.floats(0.3, 1.5)), min_size=1, max_size=5), st.sampled_from(["linear", "geometric", "quantile"]))
def test_the_pooled_median_lies_among_the_medians(statements, method):
    members = [DateDistribution.from_point(STATED + median, STATED, log_sd=spread) for median, spread in statements]
    medians = [d.median for d in members]
    assert min(medians) - 1e-6 <= pool_dates(members, method=method).median <= max(medians) + 1e-6


def test_weights_are_divided_by_their_sum_and_zero_drops_a_source():
    np.testing.assert_allclose(pool_dates([EARLY, LATE], [1, 3]).cdf(YEARS), pool_dates([EARLY, LATE], [0.25, 0.75]).cdf(YEARS))
    for method in METHODS:
        np.testing.assert_allclose(pool_dates([EARLY, LATE], [1, 0], method=method).cdf(YEARS), pool_dates([EARLY], method=method).cdf(YEARS))


def test_older_statements_are_told_that_nothing_happened():
    old = DateDistribution.from_gamma(1.0, 5.0, 2015.0)
    pool = pool_dates([old, DateDistribution.from_gamma(1.0, 5.0, STATED)])
    assert pool.stated == STATED
    np.testing.assert_allclose(pool.cdf(YEARS), stats.expon(scale=5).cdf(YEARS - STATED), atol=1e-9)
    assert pool_dates([old], as_of=2026.5).stated == 2026.5


# ---------------------------------------------------------------------- the Bayesian pool


def _widths(pool: DateDistribution) -> float:
    return float(np.ptp(np.log(pool.quantile([0.1, 0.9]) - pool.stated)))


def test_fifty_who_agree_are_not_fifty():
    one = DateDistribution.from_point(2035, STATED, log_sd=1.0)
    widths = [_widths(pool_dates([one] * n, method="bayes")) for n in (1, 2, 5, 50, 1000)]
    assert all(a > b for a, b in zip(widths, widths[1:]))
    stated = 2 * special.ndtri(0.9)
    assert widths[0] > 1.2 * stated
    prior = BayesPrior()
    assert widths[-1] > stated * np.hypot(prior.shared, prior.bias_sd) > 0.7 * widths[0]
    assert widths[-2] - widths[-1] < 0.01 * widths[-2]


def test_an_outlier_does_not_drag_the_pool():
    members = [DateDistribution.from_point(STATED + m, STATED, log_sd=0.8) for m in (9, 10, 10, 11, 12, 1e7)]
    assert 9 < pool_dates(members, method="bayes").median - STATED < 16


def test_a_pool_of_one_keeps_its_shape_and_is_wider():
    pool, prior = pool_dates([LATE], method="bayes"), BayesPrior()
    p = np.array([0.1, 0.3, 0.5, 0.8, 0.9])
    score = special.ndtri(LATE.cdf(pool.quantile(p)))
    assert pool.median == pytest.approx(LATE.median, abs=0.05)
    assert score[0] == pytest.approx(-score[-1], abs=1e-3)
    assert np.hypot(prior.shared, prior.own) < score[-1] / special.ndtri(0.9) < 1.6


def test_disagreement_widens_the_pool():
    close = [DateDistribution.from_point(STATED + m, STATED, log_sd=0.5) for m in (9, 10, 11)]
    apart = [DateDistribution.from_point(STATED + m, STATED, log_sd=0.5) for m in (2, 10, 50)]
    assert _widths(pool_dates(apart, method="bayes")) > 1.3 * _widths(pool_dates(close, method="bayes"))


def test_a_group_counts_as_less_than_its_members():
    members = [DateDistribution.from_point(STATED + m, STATED, log_sd=0.6) for m in (40, 40, 40, 40, 8)]
    apart = pool_dates(members, method="bayes")
    together = pool_dates(members, method="bayes", groups=list("aaaab"))
    assert together.median < apart.median - 1
    assert 8 < together.median - STATED < 40


@pytest.mark.parametrize("groups", [None, [0, 0, 0, 1, 1, 2]])
def test_location_is_calibrated_under_its_own_prior(groups):
    prior, rng = BayesPrior(), np.random.default_rng(11)
    spread, weights = 0.8, np.array([0.4, 0.8, 1.0, 0.6, 2.0, 1.2])
    ranks = []
    for _ in range(120):
        own = prior.own * np.exp(prior.own_log_sd * rng.normal())
        medians = 3.0 + own * spread / np.sqrt(weights) * rng.standard_t(4, size=6) / np.sqrt(2)
        if groups is not None:
            medians = medians + (abs(prior.group_sd * rng.normal()) * rng.normal(size=3))[groups]
        location, probability = location_posterior(medians, spread, weights, groups, prior)
        ranks.append(np.interp(3.0, location, probability.cumsum() - probability / 2))
    assert stats.kstest(ranks, "uniform").pvalue > 0.01


def test_location_agrees_with_importance_sampling():
    prior, rng, n = BayesPrior(), np.random.default_rng(12), 300_000
    medians, spread, weights = np.array([1.0, 2.5, 3.0]), 0.6, np.array([0.5, 1.5, 1.0])
    own = (prior.own * np.exp(prior.own_log_sd * rng.normal(size=n)))[:, None] * spread / np.sqrt(weights) / np.sqrt(2)
    truth, between = rng.uniform(-6, 10, n), np.abs(prior.group_sd * rng.normal(size=n))
    place = truth[:, None] + (between[:, None] * rng.normal(size=(n, 2)))[:, [0, 1, 1]]
    importance = stats.t.pdf((medians - place) / own, 4).prod(axis=1) / own.prod(axis=1)
    importance /= importance.sum()
    location, probability = location_posterior(medians, spread, weights, ["a", "b", "b"], prior)
    error = 4 * np.sqrt((importance**2).sum()) / 2
    for x in (1.5, 2.0, 2.5):
        assert np.interp(x, location, probability.cumsum() - probability / 2) == pytest.approx(importance @ (truth <= x), abs=error)
    assert error < 0.03


def test_the_pool_adds_shared_error_and_bias_to_the_location():
    sure = BayesPrior(shared=0.9, shared_log_sd=1e-6, own=1e-4, own_log_sd=1e-6, bias_sd=0.3)
    members = [DateDistribution.from_point(STATED + 20, STATED, log_sd=s) for s in (0.5, 1.0, 0.9)]
    expected = STATED + 20 * np.exp(np.hypot(0.9 * 0.8, 0.3) * special.ndtri([0.1, 0.5, 0.9]))
    np.testing.assert_allclose(pool_dates(members, method="bayes", prior=sure).quantile([0.1, 0.5, 0.9]), expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("members", "options", "message"),
    [
        ([], {}, "no distributions"),
        ([EARLY, LATE], {"weights": [1, -1]}, "none negative"),
        ([EARLY, LATE], {"weights": [0, 0]}, "not all zero"),
        ([EARLY, LATE], {"weights": [1, np.nan]}, "finite"),
        ([EARLY, LATE], {"weights": [1]}, "give one each"),
        ([EARLY, LATE], {"method": "mode"}, "choose one of linear"),
        ([EARLY, LATE], {"groups": ["a"], "method": "bayes"}, "1 groups for 2"),
        ([EARLY, LATE], {"groups": ["a", "b"]}, "are for method 'bayes'"),
        ([EARLY, LATE], {"as_of": 2024.0}, "pool at that date or later"),
    ],
)
def test_bad_pools_are_refused(members, options, message):
    with pytest.raises(ValueError, match=message):
        pool_dates(members, **options)


def test_bad_prior_is_refused():
    with pytest.raises(ValueError, match="bias_sd must be positive"):
        BayesPrior(bias_sd=0)
