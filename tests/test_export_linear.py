"""Export controls: the exact linear model, spans of merits and rank correlations, against known answers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special, stats

from inference_scaling.export_controls import linear, merit


def test_linear_model_agrees_with_a_known_answer():
    rng = np.random.default_rng(2)
    groups, each = 80, 4
    truth = rng.normal(0, 0.25, groups)
    design = np.repeat(np.eye(groups), each, axis=0)
    observed = design @ truth + rng.normal(0, 0.1, groups * each)
    found = linear.draw_posterior(design, observed, np.zeros(groups * each, int), np.zeros(groups), np.ones(groups), np.ones(groups, bool), 0.3, (0.2,), 400, 1)
    assert abs(found["spread"].mean() - truth.std()) < 3 * found["spread"].std()
    assert 0.01 < found["spread"].std() < 0.04
    assert abs(found["noise"].mean() - 0.1) < 4 * found["noise"].std()
    centre, sd = found["beta"].mean(axis=0), found["beta"].std(axis=0)
    assert np.mean(np.abs(centre - truth) < 1.645 * sd) == pytest.approx(0.9, abs=0.08)


def test_grid_of_the_linear_model_is_fine_enough():
    rng = np.random.default_rng(12)
    design = np.repeat(np.eye(6), 3, axis=0)
    observed = design @ rng.normal(0, 0.3, 6) + rng.normal(0, 0.1, 18)
    found = [linear.draw_posterior(design, observed, np.zeros(18, int), np.zeros(6), np.ones(6), np.ones(6, bool), 0.3, (0.1,), 20_000, 1, points=points)["spread"] for points in (12, 24, 60)]
    coarse, middle, fine = (np.quantile(spread, [0.05, 0.5, 0.95]) for spread in found)
    assert middle == pytest.approx(fine, rel=0.04)
    assert coarse == pytest.approx(fine, rel=0.08)


def test_span_of_noise_alone_is_shrunk_away():
    relative = np.random.default_rng(3).normal(0, 0.4, (4000, 30))
    assert merit.span(relative).mean() > 3
    assert np.median(merit.span(merit.shrunk(*merit.moments(relative), 4000, 1))) < np.median(merit.span(relative)) / 1.5


def test_span_of_known_merits_is_kept():
    known = np.linspace(-1, 1, 12) + np.random.default_rng(4).normal(0, 0.01, (4000, 12))
    assert np.median(merit.span(merit.shrunk(*merit.moments(known), 4000, 1))) == pytest.approx(np.exp(2), rel=0.03)


def test_errors_shared_by_chips_do_not_blur_their_differences():
    rng = np.random.default_rng(9)
    truth = np.linspace(-0.5, 0.5, 12)
    shared = truth + rng.normal(0, 0.8, (4000, 1)) + rng.normal(0, 0.02, (4000, 12))
    alone = truth + rng.normal(0, 0.8, (4000, 12))
    joint, separate = (merit.span(merit.shrunk(*merit.moments(d), 4000, 1)) for d in (shared, alone))
    assert np.median(joint) == pytest.approx(np.exp(1), rel=0.05)
    assert joint.std() < separate.std() / 4


def test_joint_posterior_agrees_with_the_normal_formula():
    """With the spread pinned by many chips, a draw's mean is the usual matrix formula."""
    rng = np.random.default_rng(10)
    root = rng.normal(0, 0.1, (40, 40))
    covariance, mean = root @ root.T + 0.02 * np.eye(40), rng.normal(0, 0.4, 40)
    found = merit.shrunk(mean, covariance, 40_000, 2)
    spread = np.linspace(0.05, 1.2, 400)
    log_weight, centres = [], []
    for tau in spread:
        total = np.linalg.inv(covariance + tau**2 * np.eye(40))
        common = total.sum(axis=0) @ mean / total.sum()
        log_weight.append(-0.5 * (tau / merit.SPREAD_PRIOR) ** 2 + 0.5 * np.linalg.slogdet(total)[1] - 0.5 * (mean - common) @ total @ (mean - common) - 0.5 * np.log(total.sum()))
        centres.append(common + tau**2 * total @ (mean - common))
    expected = special.softmax(log_weight) @ np.array(centres)
    assert found.mean(axis=0) == pytest.approx(expected, abs=0.01)


def test_carried_draws_keep_sums_and_follow_the_posterior():
    rng = np.random.default_rng(11)
    first, second = rng.normal(0, 1, (4000, 5)), rng.normal(0, 1, (4000, 5))
    relative = first - second
    posterior = rng.normal(0.3, 0.2, (4000, 5))
    moved = merit.carried(np.column_stack([first, second]), relative, posterior)
    assert moved[:, :5] - moved[:, 5:] == pytest.approx(posterior)
    # Both parts were equally uncertain: each takes half of the move.
    assert moved[:, :5].mean() == pytest.approx(0.15, abs=0.03)
    assert moved[:, :5].std() == pytest.approx(np.sqrt(0.5 + 0.25 * 0.04), abs=0.03)


def test_spans_grow_with_the_number_of_chips():
    assert merit.prior_span(5) < merit.prior_span(20) < merit.prior_span(80)


def test_rank_correlations_agree_with_scipy():
    rng = np.random.default_rng(5)
    x, rates = rng.normal(size=12), rng.normal(size=(3, 12))
    found = merit.rank_correlations(x, rates)
    assert found == pytest.approx([stats.spearmanr(x, r).statistic for r in rates])
    with pytest.raises(ValueError, match="measure must be known for 4 chips or more; got 3"):
        merit.rank_correlations(np.array([1, 2, 3, np.nan]), rates[:, :4])


def test_rank_posterior_recovers_a_correlation():
    rng = np.random.default_rng(6)
    x = rng.normal(size=400)
    y = 0.8 * x + 0.6 * rng.normal(size=400)
    draws = merit.correlation_posterior(x, y, 4000, 1)
    assert abs(draws.mean() - 6 / np.pi * np.arcsin(0.4)) < 0.05
    assert merit.correlation_posterior(x[:4], y[:4], 4000, 1).std() > 4 * draws.std()
