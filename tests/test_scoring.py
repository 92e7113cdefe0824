"""Scores, their resampling, calibration and the best exponent."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from inference_scaling.forecasts import scoring

PROBABILITY = st.floats(0, 1)


def test_scores_by_hand():
    assert scoring.brier([0.8, 0.8], [1, 0]) == pytest.approx([0.04, 0.64])
    assert scoring.log_loss([0.8, 0.8], [1, 0]) == pytest.approx([-np.log(0.8), -np.log(0.2)])


def test_certainty_that_fails_costs_what_the_limits_say():
    assert scoring.log_loss([1.0, 0.0], [0, 1]) == pytest.approx(-np.log(scoring.LIMITS[0]))
    assert scoring.log_loss([1.0], [0], (0.01, 0.99)) == pytest.approx(-np.log(0.01))


@given(PROBABILITY, PROBABILITY)
def test_scores_are_proper(truth, told):
    """Telling the truth has the lowest expected loss."""
    for score in (scoring.brier, scoring.log_loss):
        expected = [truth * score([p], [1])[0] + (1 - truth) * score([p], [0])[0] for p in (truth, told)]
        assert expected[0] <= expected[1] + 1e-2 * (score is scoring.log_loss) * (not 0.001 <= truth <= 0.999) + 1e-12


@pytest.mark.parametrize(("probability", "outcome", "message"), [([1.2], [1], "must lie in"), ([np.nan], [1], "must lie in"), ([0.5], [2], "must be 0 or 1"), ([0.5, 0.5], [1], "one shape")])
def test_bad_input_is_refused(probability, outcome, message):
    with pytest.raises(ValueError, match=message):
        scoring.brier(probability, outcome)


def test_resampled_means_have_the_error_of_a_mean():
    values = np.random.default_rng(1).normal(2, 3, size=(400, 2))
    drawn = scoring.bootstrap_means(values, draws=4000, seed=2)
    assert drawn.shape == (4000, 2)
    assert drawn.mean(axis=0) == pytest.approx(values.mean(axis=0), abs=0.02)
    assert drawn.std(axis=0) == pytest.approx(values.std(axis=0) / np.sqrt(400), rel=0.06)


def test_columns_are_resampled_together():
    values = np.random.default_rng(1).normal(size=50)
    drawn = scoring.bootstrap_means(np.column_stack([values, values + 1]), draws=500, seed=3)
    assert drawn[:, 1] - drawn[:, 0] == pytest.approx(1)


def test_one_question_cannot_be_resampled():
    with pytest.raises(ValueError, match="at least two questions"):
        scoring.bootstrap_means(np.zeros(1))


def test_student_upper_of_a_known_case():
    # Mean 0, s.d. sqrt(10/3) of four values; t quantile 2.353 with three degrees of freedom.
    assert scoring.student_upper(np.array([-2.0, -1.0, 1.0, 2.0])) == pytest.approx(2.3534 * np.sqrt(10 / 3) / 2, rel=1e-4)


def test_calibration_counts_and_covers():
    rng = np.random.default_rng(4)
    p = rng.uniform(size=20_000)
    curve = scoring.calibration_curve(p, (rng.uniform(size=p.size) < p).astype(int))
    assert curve["questions"].sum() == p.size
    assert (curve["low"] <= curve["frequency"]).all() and (curve["frequency"] <= curve["high"]).all()
    assert ((curve["low"] <= curve["forecast"]) & (curve["forecast"] <= curve["high"])).sum() >= len(curve) - 2


def test_calibration_shows_forecasts_that_are_too_high():
    rng = np.random.default_rng(5)
    p = rng.uniform(0.2, 0.9, size=5000)
    curve = scoring.calibration_curve(p, (rng.uniform(size=p.size) < p / 2).astype(int))
    assert (curve["high"] < curve["forecast"]).all()


@pytest.mark.parametrize("exponent", [0.5, 1.0, 2.5])
@pytest.mark.parametrize("score", ["brier", "log"])
def test_best_exponent_is_recovered(exponent, score):
    rng = np.random.default_rng(6)
    x = rng.normal(0, 1.2, size=40_000)
    outcome = (rng.uniform(size=x.size) < expit(exponent * x)).astype(int)
    assert scoring.best_exponent(x, outcome, score) == pytest.approx(exponent, rel=0.05)


def test_unknown_score_is_refused():
    with pytest.raises(ValueError, match="score must be one of"):
        scoring.best_exponent(np.zeros(2), np.array([0, 1]), "spherical")
