"""Distributions of dates: exact where stated, coherent between, clear about what they cannot honour."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from inference_scaling.forecasts import DateDistribution, StatementError, decimal_year
from inference_scaling.forecasts.dates import FAMILIES
from inference_scaling.forecasts.scales import Spline

STATED = 2023.5
PROBABILITIES = np.array([0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99])


@st.composite
def statements(draw, most: int = 5) -> tuple[list[float], list[float], float]:
    """Years, probabilities and a probability of never of a coherent statement."""
    count = draw(st.integers(2, most))
    gaps = draw(st.lists(st.floats(0.05, 60), min_size=count, max_size=count))
    shares = np.array(draw(st.lists(st.floats(0.05, 1), min_size=count + 1, max_size=count + 1)))
    never = draw(st.sampled_from([0.0, 0.0, 0.2]))
    return list(STATED + np.cumsum(gaps)), list(np.cumsum(shares)[:-1] / shares.sum() * (1 - never)), never


@settings(max_examples=60, deadline=None)
@given(statements(), st.sampled_from(FAMILIES))
def test_exact_at_the_stated_points(statement, family):
    years, probabilities, never = statement
    law = DateDistribution.from_points(zip(years, probabilities), STATED, never=never, family=family)
    np.testing.assert_allclose(law.cdf(years), probabilities, rtol=0, atol=1e-9)
    np.testing.assert_allclose(law.quantile(probabilities), years, rtol=1e-9)


@settings(max_examples=60, deadline=None)
@given(statements(), st.sampled_from(FAMILIES))
def test_cdf_rises_and_quantile_inverts_it(statement, family):
    years, probabilities, never = statement
    law = DateDistribution.from_points(zip(years, probabilities), STATED, never=never, family=family)
    grid = STATED + np.concatenate([[-10, 0], np.geomspace(1e-3, 1e4, 400)])
    below = law.cdf(grid)
    assert (np.diff(below) >= -1e-12).all() and below[:2].tolist() == [0, 0] and below[-1] <= 1 - never + 1e-12
    assert (law.pdf(grid) >= 0).all()
    asked = PROBABILITIES * (1 - never)
    dates = law.quantile(asked)
    assert (dates >= STATED).all()
    resolved = np.isfinite(dates) & (dates - STATED > 1e-9)
    np.testing.assert_allclose(law.cdf(dates[resolved]), asked[resolved], atol=1e-6)


@settings(max_examples=25, deadline=None)
@given(statements(3), st.sampled_from(FAMILIES))
def test_density_is_the_slope_of_the_cdf(statement, family):
    years, probabilities, never = statement
    law = DateDistribution.from_points(zip(years, probabilities), STATED, never=never, family=family)
    at = law.quantile(np.linspace(0.07, 0.93, 12) * (1 - never))
    at = at[(np.abs(at[:, None] - np.array(years)) > 1e-3 * (at[:, None] - STATED)).all(axis=1)]
    at = at[at - STATED > 1e-3]
    step = 1e-6 * (at - STATED)
    np.testing.assert_allclose((law.cdf(at + step) - law.cdf(at - step)) / (2 * step), law.pdf(at), rtol=2e-3)


@pytest.mark.parametrize("family", FAMILIES)
def test_samples_follow_the_cdf(family):
    law = DateDistribution.from_probabilities({2030: 0.3, 2050: 0.6, 2100: 0.75}, "2023-01-21", never=0.1, family=family)
    draws = law.sample(20_000, np.random.default_rng(1))
    assert np.mean(np.isinf(draws)) == pytest.approx(0.1, abs=0.01)
    assert stats.kstest(draws[np.isfinite(draws)], lambda year: law.cdf(year) / 0.9).pvalue > 0.01


def test_families_differ_between_and_beyond_the_points():
    laws = {family: DateDistribution.from_quantiles({0.1: 2027, 0.5: 2040, 0.9: 2090}, STATED, family=family) for family in FAMILIES}
    beyond = {family: float(law.cdf(2200)) for family, law in laws.items()}
    assert beyond["gamma"] > beyond["lognormal"] + 0.005
    between = [float(law.cdf(2060)) for law in laws.values()]
    assert max(between) - min(between) > 0.003


def test_two_points_on_a_log_normal_or_gamma_give_that_law():
    truth = stats.lognorm(0.8, scale=12)
    points = [(STATED + t, float(truth.cdf(t))) for t in (5.0, 30.0)]
    grid = np.geomspace(0.5, 300, 40)
    for family in ("piecewise", "lognormal"):
        np.testing.assert_allclose(DateDistribution.from_points(points, STATED, family=family).cdf(STATED + grid), truth.cdf(grid), atol=1e-9)
    truth = stats.gamma(0.7, scale=40)
    points = [(STATED + t, float(truth.cdf(t))) for t in (5.0, 60.0)]
    np.testing.assert_allclose(DateDistribution.from_points(points, STATED, family="gamma").cdf(STATED + grid), truth.cdf(grid), atol=1e-6)


def test_published_gamma_is_that_gamma():
    law, truth = DateDistribution.from_gamma(1.7, 20.0, 2023.8), stats.gamma(1.7, scale=20)
    grid = np.geomspace(0.01, 400, 50)
    np.testing.assert_allclose(law.cdf(2023.8 + grid), truth.cdf(grid), atol=1e-12)
    np.testing.assert_allclose(law.pdf(2023.8 + grid), truth.pdf(grid), rtol=1e-8)
    np.testing.assert_allclose(law.quantile(PROBABILITIES), 2023.8 + truth.ppf(PROBABILITIES), rtol=1e-12)


def test_a_median_with_a_known_spread_is_log_normal():
    law = DateDistribution.from_point(2033.5, STATED, log_sd=0.9)
    np.testing.assert_allclose(law.quantile(PROBABILITIES), STATED + stats.lognorm(0.9, scale=10).ppf(PROBABILITIES))


def test_an_uncertain_spread_keeps_the_point_and_widens_the_tails():
    law = DateDistribution.from_point(2033.5, STATED, probability=0.3, log_sd=0.9, log_sd_factor=1.6)
    known = DateDistribution.from_point(2033.5, STATED, probability=0.3, log_sd=0.9)
    assert float(law.cdf(2033.5)) == pytest.approx(0.3, abs=1e-12)
    assert law.quantile(0.02) < known.quantile(0.02) and law.quantile(0.99) > known.quantile(0.99)
    rng = np.random.default_rng(2)
    spread = 0.9 * 1.6 ** rng.normal(size=400_000)
    draws = 10 * np.exp(spread * (rng.normal(size=400_000) - stats.norm.ppf(0.3)))
    np.testing.assert_allclose(law.cdf(STATED + np.array([1, 4, 25, 100])), [np.mean(draws <= t) for t in (1, 4, 25, 100)], atol=0.004)


def test_a_sample_comes_back():
    draws = 2023.5 + stats.lognorm(0.7, scale=15).rvs(5000, random_state=3)
    law = DateDistribution.from_sample(np.concatenate([draws, np.full(1000, np.inf)]), STATED)
    assert law.never == pytest.approx(1 / 6)
    np.testing.assert_allclose(law.cdf(np.quantile(draws, [0.1, 0.5, 0.9])), np.array([0.1, 0.5, 0.9]) * 5 / 6, atol=1e-6)


def test_a_density_on_a_grid_comes_back():
    years = np.linspace(2024, 2100, 305)
    truth = stats.gamma(2.5, scale=8)
    law = DateDistribution.from_density(years, truth.pdf(years - 2024), 2024.0, inside=float(truth.cdf(76)))
    np.testing.assert_allclose(law.cdf(years), truth.cdf(years - 2024), atol=1e-4)
    half = DateDistribution.from_density(years, truth.pdf(years - 2024), 2024.0, inside=0.8, never=0.5)
    assert float(half.cdf(2100)) == pytest.approx(0.4, abs=1e-9) and half.never == 0.5


def test_density_integrates_to_one_minus_never():
    law = DateDistribution.from_probabilities({2030: 0.2, 2040: 0.4}, STATED, never=0.3)
    mass = sum(integrate.quad(law.pdf, low, high, limit=200)[0] for low, high in ((STATED, 2030), (2030, 2040), (2040, 2100), (2100, 4000)))
    assert mass == pytest.approx(float(law.cdf(4000)), abs=1e-6)
    assert float(law.cdf(1e9)) == pytest.approx(0.7, abs=1e-6)
    assert law.quantile(0.71) == np.inf


def test_shift_moves_the_event():
    law = DateDistribution.from_quantiles({0.1: 2027, 0.5: 2040, 0.9: 2090}, STATED)
    later = law.shift(years=3, factor=1.5)
    np.testing.assert_allclose(later.quantile(PROBABILITIES), STATED + 1.5 * (law.quantile(PROBABILITIES) - STATED) + 3)
    assert float(later.cdf(STATED + 3)) == 0 and later.stated == STATED


def test_an_earlier_event_is_conditioned_on_not_having_happened():
    law = DateDistribution.from_quantiles({0.1: 2027, 0.5: 2040, 0.9: 2090}, STATED)
    earlier = law.shift(years=-5)
    gone = float(law.cdf(STATED + 5))
    assert gone > 0.1
    assert float(earlier.cdf(2060)) == pytest.approx((float(law.cdf(2065)) - gone) / (1 - gone))
    assert float(earlier.cdf(STATED)) == 0
    twice = law.shift(years=-3).shift(years=-2)
    assert float(twice.cdf(2060)) == pytest.approx(float(earlier.cdf(2060)))


def test_conditioning_on_not_yet():
    law = DateDistribution.from_probabilities({2030: 0.3, 2050: 0.6}, STATED, never=0.2)
    told = law.given_not_by("2026-11-22")
    gone = float(law.cdf(decimal_year("2026-11-22")))
    assert float(told.cdf(2050)) == pytest.approx((0.6 - gone) / (1 - gone))
    assert float(told.cdf(1e12)) == pytest.approx(1 - 0.2 / (1 - gone), abs=1e-6)
    np.testing.assert_allclose(told.cdf(told.quantile([0.05, 0.3, 0.6])), [0.05, 0.3, 0.6], atol=1e-9)
    draws = told.sample(20_000, np.random.default_rng(4))
    assert draws.min() >= told.stated and np.mean(np.isinf(draws)) == pytest.approx(0.2 / (1 - gone), abs=0.012)


def test_conditioning_on_what_cannot_be_is_refused():
    law = DateDistribution.from_gamma(50, 0.01, STATED)
    with pytest.raises(StatementError, match="as good as certain before 2030"):
        law.given_not_by(2030)


@pytest.mark.parametrize(
    ("points", "options", "message"),
    [
        ([(2030, 0.5), (2040, 0.4)], {}, "Nobody: quantiles cross: 0.5 by 2030, but 0.4 by 2040"),
        ([(2030, 0.5), (2030, 0.4)], {}, "quantiles cross"),
        ([(2030, 0.5), (2040, 0.5)], {}, "quantiles cross"),
        ([(2022, 0.1), (2040, 0.5)], {}, "2022 is not after the statement"),
        ([(2030, 0.0), (2040, 0.5)], {}, "probability 0.0 by 2030"),
        ([(2030, 0.5), (2040, 1.0)], {}, "probability 1.0 by 2040"),
        ([(2030, 0.5), (2040, float("nan"))], {}, "probability nan"),
        ([(2030, 0.5), (2040, 0.85)], {"never": 0.2}, "below 0.8"),
        ([(2030, 0.5)], {}, "1 point.* given, 2 needed"),
        ([(2030, 0.5), (2030, 0.5)], {}, "1 point.* given, 2 needed"),
        ([], {}, "0 point.* given"),
        ([(float("inf"), 0.5), (2030, 0.2)], {}, "not finite"),
        ([(2030, 0.5), (2040, 0.8)], {"family": "cauchy"}, "choose one of piecewise"),
        ([(2030, 0.5), (2040, 0.8)], {"never": 1.0}, "Nobody"),
        ([(STATED + 0.2437, 0.87950846), (STATED + 6.833, 0.88269052)], {"family": "gamma"}, "use family 'piecewise'"),
    ],
)
def test_incoherent_statements_are_refused(points, options, message):
    with pytest.raises(StatementError, match=message):
        DateDistribution.from_points(points, STATED, name="Nobody", **options)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: DateDistribution.from_point(2030, STATED, log_sd=0), "log_sd"),
        (lambda: DateDistribution.from_gamma(-1, 2, STATED), "positive and finite"),
        (lambda: DateDistribution.from_sample([2030.0] * 100, STATED), "at least two different dates"),
        (lambda: DateDistribution.from_sample([2020.0] * 30, STATED), "all after"),
        (lambda: DateDistribution.from_sample([np.nan] * 30, STATED), "missing"),
        (lambda: DateDistribution.from_density([2030, 2029, 2031], [1, 1, 1], STATED), "rising years"),
        (lambda: DateDistribution.from_density([2030, 2031, 2032], [1, -1, 1], STATED), "none negative"),
        (lambda: DateDistribution.from_density([2030, 2031, 2032], [1, 1, 1], STATED, inside=1.2), "inside"),
        (lambda: DateDistribution.from_quantiles({0.5: 2030, 0.9: 2040}, "soon"), "is no date"),
        (lambda: DateDistribution.from_gamma(1, 2, STATED).quantile([0.5, 1.0]), "quantiles are asked for"),
        (lambda: DateDistribution.from_gamma(1, 2, STATED).shift(factor=0), "positive factor"),
    ],
)
def test_other_bad_input_is_refused(build, message):
    with pytest.raises(StatementError, match=message):
        build()


def test_decimal_years():
    assert decimal_year("2025-01-01") == 2025.0
    assert decimal_year("2024-07-02") == pytest.approx(2024.5, abs=1e-9)
    assert decimal_year(2030) == 2030.0


def test_distributions_cannot_be_changed():
    law = DateDistribution.from_gamma(1, 2, STATED)
    with pytest.raises(AttributeError):
        law.stated = 2000.0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0.01, 5), st.floats(0.01, 5)), min_size=2, max_size=6), st.sampled_from([None, 1.0]))
def test_spline_inverts(steps, tail):
    x, y = np.cumsum(steps, axis=0).T
    assume(np.diff(x).min() > 1e-3)
    spline = Spline.through(x, y, tail)
    at = np.linspace(x[0] - 3, x[-1] + 3, 200)
    value = spline(at)
    assert (np.diff(value) > 0).all()
    np.testing.assert_allclose(spline.inverse(value), at, atol=1e-7)
    np.testing.assert_allclose(spline(x), y, rtol=0, atol=1e-12)
