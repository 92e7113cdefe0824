import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_scaling.estimates import Estimate, number_text, share, supported_decimals


def test_known_normal_quantiles():
    draws = np.random.default_rng(1).normal(10, 2, size=(4, 5000))
    e = Estimate.from_draws(draws, unit="points")
    assert e.value == pytest.approx(10, abs=5 * e.mcse[1])
    assert (e.low, e.high) == pytest.approx((10 - 3.29, 10 + 3.29), abs=5 * max(e.mcse))


def test_autocorrelated_chains_print_fewer_digits():
    rng = np.random.default_rng(2)
    noise = rng.normal(size=(4, 2000))
    slow = np.empty_like(noise)
    slow[:, 0] = noise[:, 0]
    for t in range(1, 2000):
        slow[:, t] = 0.99 * slow[:, t - 1] + np.sqrt(1 - 0.99**2) * noise[:, t]
    assert min(Estimate.from_draws(slow).mcse) > 3 * max(Estimate.from_draws(noise).mcse)
    assert max(Estimate.from_draws(slow).decimals) < min(Estimate.from_draws(noise).decimals)


@pytest.mark.parametrize(("mcse", "width", "decimals"), [(0.03, 6, 1), (0.2, 6, 0), (40, 6000, -2), (0.0, 0.0, 3), (1e-9, 6, 1)])
def test_digits(mcse, width, decimals):
    assert supported_decimals(mcse, width) == decimals


def test_text():
    assert str(Estimate(34.812, 31.55, 38.14, mcse=(0.03, 0.03, 0.03))) == "34.8 [31.6, 38.1]"
    assert str(Estimate(4.21, 1.38, 13.2, mcse=(0.03, 0.04, 0.3))) == "4.2 [1.4, 13]"
    assert number_text(12345.6, -2) == "12,300"
    assert number_text(-0.04, 1) == "0.0"
    assert number_text(-1.2, 1) == "−1.2"


@given(st.floats(-1e6, 1e6), st.floats(0, 1e5), st.floats(0, 1e5), st.tuples(*3 * [st.floats(0, 1e3)]))
def test_rounding_keeps_order_and_stays_near(value, below, above, mcse):
    e = Estimate(value, value - below, value + above, mcse=mcse)
    r = e.rounded()
    assert r.low <= r.value <= r.high
    assert abs(r.value - value) <= 0.5000001 * 10.0 ** (-e.decimals[1]) + 1e-9 * abs(value)


@pytest.mark.parametrize("draws", [np.zeros(10), np.full(200, np.nan), np.zeros((2, 3, 100))])
def test_bad_draws_are_refused(draws):
    with pytest.raises(ValueError, match="draws"):
        Estimate.from_draws(draws)


def test_interval_out_of_order_is_refused():
    with pytest.raises(ValueError, match="out of order"):
        Estimate(1, 2, 3)


def test_share():
    assert share(0.9999) == "> 0.99"
    assert share(0.001) == "< 0.01"
    assert share(0.482) == "0.48"
    assert share(0.482, n_effective=100) == "0.5"
    with pytest.raises(ValueError):
        share(1.2)
