"""Hex frontier: Jones's coefficients, the estimator on exact data, and what selection among runs does to it."""

from __future__ import annotations

import numpy as np
import pytest

from inference_scaling import tables
from inference_scaling.bootstrapping import frontier

TRUTH = np.array([500.0, -430.0, -4400.0, -270.0, 570.0])


@pytest.fixture(scope="module")
def runs() -> frontier.Runs:
    return frontier.prepare(tables.load("hex_runs"))


@pytest.fixture(scope="module")
def bias(runs):
    return frontier.selection_bias(TRUTH, runs, (30.0, 0.1), repetitions=15).set_index("case")


def test_published_coefficients(runs):
    published = tables.load("hex_published_fit").set_index("quantity")["value"]
    fitted = frontier.least_squares(*frontier.running_best(runs, runs.elo))
    assert [float(f"{value:.2g}") for value in fitted] == published[list(frontier.COEFFICIENTS)].tolist() == [510, -430, -4400, -270, 570]
    assert fitted == pytest.approx([505.6, -430.1, -4399.0, -268.4, 575.0], abs=1)


def test_coefficients_do_not_hang_on_the_start(runs):
    points = frontier.running_best(runs, runs.elo)
    published = frontier.least_squares(*points, start=np.array([510, -430, -4400, -270, 570.0]))
    own = frontier.least_squares(*points)
    assert published == pytest.approx(own, rel=0.01)
    loss = [np.sqrt(np.mean((points[2] - frontier.changepoint(c, *points[:2])) ** 2)) for c in (own, published)]
    assert loss[0] == pytest.approx(loss[1], abs=0.2)


def test_local_slopes_of_the_large_boards(runs):
    assert frontier.local_slopes(*frontier.running_best(runs, runs.elo)) == pytest.approx({7: 473, 8: 454, 9: 505}, abs=1)


def test_running_best_is_the_maximum_of_interpolated_runs(runs):
    x, board, best = frontier.running_best(runs, runs.elo)
    nine = (runs.board_size == 9).nonzero()[0]
    at = x[board == 9][60]
    values = [np.interp(at, runs.log10_flop[nine][runs.run[nine] == r], runs.elo[nine][runs.run[nine] == r], left=-np.inf, right=-np.inf) for r in np.unique(runs.run[nine])]
    assert best[board == 9][60] == pytest.approx(max(values))
    assert len(x) == 7 * frontier.GRID


def test_runs_drawn_anew_never_beat_the_best_observed(runs):
    whole = {(b, round(x, 6)): y for x, b, y in zip(*frontier.running_best(runs, runs.elo), strict=True)}
    again = list(zip(*frontier.running_best(runs, runs.elo, np.random.default_rng(1)), strict=True))
    differences = np.array([whole[b, round(x, 6)] - y for x, b, y in again])
    assert (differences >= -1e-9).all() and (differences > 0).any()


def test_estimator_recovers_an_exact_surface():
    x, board = (part.ravel() for part in np.meshgrid(np.linspace(9, 17, 60), np.arange(3, 10.0)))
    assert frontier.least_squares(x, board, frontier.changepoint(TRUTH, x, board)) == pytest.approx(TRUTH, rel=1e-3)


def test_too_few_points_are_refused():
    with pytest.raises(ValueError, match="six points or more, got 3"):
        frontier.least_squares(*np.ones((3, 3)))


def test_without_shortfall_and_error_next_to_no_bias_is_left(bias):
    exact = bias.loc["no shortfall, no error"]
    # Straight lines between snapshots cut the corners a little.
    assert abs(exact["elo_per_decade"]) < 5 and abs(exact["height"]) < 2


def test_error_lifts_the_maximum_and_shortfall_lowers_it(bias):
    lifted, short = bias.loc["no shortfall"], bias.loc["50 Elo, on the incline 170 more"]
    assert lifted["height"] > 5 * lifted["height_error"]
    assert lifted["height"] - short["height"] > 5 * np.hypot(lifted["height_error"], short["height_error"])
    assert short["elo_per_decade"] < lifted["elo_per_decade"] < 0


def test_simulated_runs_fall_short_by_what_was_supposed(runs):
    rng = np.random.default_rng(5)
    below = np.mean([frontier.changepoint(TRUTH, runs.log10_flop, runs.board_size.astype(float)) - frontier.simulate_elo(TRUTH, runs, (60.0, 60.0), (0.0, 0.0), rng) for _ in range(20)])
    assert below == pytest.approx(60, rel=0.05)


def test_wobble_finds_the_error_of_smooth_runs(runs):
    rng = np.random.default_rng(2)
    elo = 30 * np.exp(0.2 * (runs.board_size - 6)) * rng.standard_normal(len(runs.elo)) + 100 * runs.log10_flop
    smooth = frontier.Runs(runs.board_size, runs.run, runs.log10_flop, elo, runs.blocks)
    level, slope = frontier.wobble(smooth)
    assert level == pytest.approx(30, rel=0.1) and slope == pytest.approx(0.2, abs=0.05)
