"""Falling back: the ARC-AGI cost model, generations, forecasts and their scores."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from inference_scaling import sampling, tables
from inference_scaling.overhang import decline


@pytest.fixture(scope="module")
def results() -> pd.DataFrame:
    return tables.load("arc_agi_results")


def _joint(y, x, t, family, rate, slope, level, omega, sigma):
    """Log density of the full data under the model with family effects, by its covariance matrix."""
    count = np.bincount(family)
    means = [np.bincount(family, v) / count for v in (x, t)]
    centre = [m.mean() for m in means]
    line = level + slope * (x - centre[0]) - rate * (t - centre[1])
    covariance = sigma**2 * np.eye(len(y)) + omega**2 * (family[:, None] == family)
    return stats.multivariate_normal.logpdf(y, line, covariance)


def test_integrating_out_the_families_is_exact():
    rng = np.random.default_rng(0)
    family = np.array([0, 0, 0, 1, 2, 2, 3])
    y, x, t = rng.normal(size=(3, 7))
    t = t[np.unique(family, return_index=True)[1]][family]
    model = decline.arc_model(y, x, t, family)
    logp = model.compile_logp(vars=model.observed_RVs)
    difference = []
    for rate, slope, level, omega, sigma in ((1.0, 0.5, 0.2, 0.8, 0.4), (-0.3, 1.5, -1.0, 1.7, 0.9)):
        point = {"rate": np.array(rate), "score_slope": np.array(slope), "level": np.array(level), "omega_log__": np.log(omega), "sigma_log__": np.log(sigma)}
        # The change of variables to means and contrasts has a constant Jacobian.
        difference.append(float(logp(point)) - _joint(y, x, t, family, rate, slope, level, omega, sigma))
    assert difference[0] == pytest.approx(difference[1], abs=1e-8)


@pytest.mark.slow
def test_arc_model_recovers_a_planted_fall():
    rng = np.random.default_rng(3)
    family = np.repeat(np.arange(40), 3)
    t = np.repeat(rng.uniform(0, 1.5, 40), 3)
    x = rng.normal(0.5, 1.2, 120)
    y = 0.3 + np.repeat(rng.normal(0, 0.8, 40), 3) + 1.1 * x - 1.7 * t + rng.normal(0, 0.3, 120)
    tree = sampling.Compiled(decline.arc_model(y, x, t, family)).fit(seed=1, log_likelihood=False)
    for name, truth in {"rate": 1.7, "score_slope": 1.1, "omega": 0.8, "sigma": 0.3}.items():
        low, high = np.quantile(sampling.draws(tree, name), [0.005, 0.995])
        assert low < truth < high


def test_arc_rows_leave_out_what_does_not_solve_a_fifth(results):
    rows = decline.arc_rows(results)
    assert rows["score"].min() >= decline.LOWEST_SCORE
    assert (rows["family"] != "").all()
    assert rows.groupby("family")["release_date"].nunique().max() == 1


def test_cost_at_a_score_and_date():
    posterior = {"intercept": np.array([[1.0]]), "score_slope": np.array([[2.0]]), "rate": np.array([[np.log(10)]])}
    assert decline.arc_cost(posterior, 0.5, "2025-01-01")[0, 0] == pytest.approx(np.e)
    assert decline.arc_cost(posterior, 0.5, "2026-01-01")[0, 0] == pytest.approx(np.e / 10, rel=0.01)


def test_generations_are_counted_within_laboratories():
    releases = pd.DataFrame(
        {"laboratory": ["A", "A", "A", "B", "B"], "released": pd.to_datetime(["2024-01-01", "2024-07-01", "2025-01-01", "2024-01-01", "2026-01-01"]), "leading": [True, False, True, True, True]}
    )
    ended, still_open = decline.generation_gaps(releases, False, "2026-03-01")
    np.testing.assert_allclose(np.sort(ended), np.array([182, 184, 731]) / 365.25)
    np.testing.assert_allclose(np.sort(still_open), np.array([59, 424]) / 365.25)
    np.testing.assert_allclose(np.sort(decline.generation_gaps(releases, True, "2026-03-01")[0]), np.array([366, 731]) / 365.25)
    # A gap that opens on the day of closing says nothing.
    assert len(decline.generation_gaps(releases, False, "2026-01-01")[1]) == 1
    with pytest.raises(ValueError, match="until must not lie before"):
        decline.generation_gaps(releases, False, "2025-12-31")


def test_open_gaps_lengthen_generations():
    gaps = np.array([0.4, 0.5, 0.6, 0.5])
    medians = [np.median(decline.gap_draws(gaps, 20_000, seed=1, still_open=np.array(waiting))) for waiting in ([], [0.01], [1.5, 1.5])]
    assert medians[1] == pytest.approx(medians[0], rel=0.02) and medians[2] > 1.2 * medians[0]


def test_releases_needed_by_hand():
    ten = np.full(4, np.log(10.0))
    gaps = np.array([[1.01] * 6, [0.5] * 6, [3.1, 1, 1, 1, 1, 1], [0.1] * 6])
    np.testing.assert_array_equal(decline.releases_needed(ten, gaps), [3, 6, 1, 6])


def test_algorithmic_fall_is_the_published_figure_with_its_allowance():
    figure = tables.load("overhang_figures").set_index("key").loc["algorithmic-fall"]
    fall = np.exp(decline.algorithmic_rate(figure, 100_000, seed=1))
    np.testing.assert_allclose(np.quantile(fall, [0.05, 0.5, 0.95]), [1.5, 3.0, 6.0], rtol=0.02)


def test_releases_follow_the_rule():
    releases = tables.load("model_generations")
    known = releases.set_index("model")["released"]
    for name, day in {"Gemini 3 Pro": "2025-11-18", "GPT-4.5": "2025-02-27", "Claude Opus 4.1": "2025-08-05", "Grok 4.1": "2025-11-17", "o3": "2024-12-20"}.items():
        assert known[name] == pd.Timestamp(day), name
    assert not releases["model"].str.contains(r"\bmini|nano|Flash|Haiku|Turbo|Codex|Heavy|Image").any()
    assert set(releases.loc[(releases["laboratory"] == "OpenAI") & releases["leading"], "model"]) == {"GPT-4", "o1-preview", "o3", "GPT-5"}


def test_gap_draws_follow_many_gaps_and_their_prior():
    gaps = np.exp(np.random.default_rng(0).normal(np.log(0.5), 0.2, 400))
    draws = decline.gap_draws(gaps, 20_000, seed=1)
    assert draws.shape == (20_000, 3)
    assert np.median(draws) == pytest.approx(0.5, rel=0.03)
    assert np.log(draws).std() == pytest.approx(0.2, abs=0.02)
    assert np.median(decline.gap_draws(np.empty(0), 20_000, seed=1)) == pytest.approx(1.3, rel=0.05)


def test_collapse_follows_the_schedule_exactly():
    ten_a_generation = np.full(3, np.log(10.0))
    gaps = np.array([[1.0, 1.0, 1.0], [1.01, 1.01, 1.01], [0.5, 1.5, 1.0]])
    np.testing.assert_allclose(decline.collapse(ten_a_generation, gaps)[0], [100, 10, 1])
    # The third draw reaches 10 and 1 in time but misses the first step.
    assert decline.collapse_probability(ten_a_generation * (1 + 1e-12), gaps) == pytest.approx(2 / 3)
    with pytest.raises(ValueError, match="gaps must be positive"):
        decline.collapse(ten_a_generation, -gaps)


def test_faster_falls_collapse_more_often():
    gaps = decline.gap_draws(np.array([0.5, 0.6, 0.7]), 5000, seed=1)
    chances = [decline.collapse_probability(np.full(5000, np.log(f)), gaps) for f in (2, 10, 50, 1000)]
    assert chances == sorted(chances) and chances[0] < 0.05 and chances[-1] > 0.9


def test_observed_path_never_rises_and_starts_at_the_multiple(results):
    dates = pd.date_range("2025-01-31", "2026-06-04", freq="ME")
    path = decline.observed_path(results, {0.757: 20.0, 0.875: 3460.64}, dates)
    for _, part in path.groupby("score"):
        assert part["multiple"].iloc[0] == decline.MULTIPLE
        assert (part["multiple"].diff().dropna() <= 0).all()
    # The first system at the high score for less than a dollar: Claude Opus 4.6 at medium effort, 0.96 USD on 2026-02-05.
    first = decline.observed_path(results, {0.875: 3460.64}, pd.DatetimeIndex(["2026-02-04", "2026-02-05"]))["multiple"]
    assert first.iloc[0] > 1000 / 3460.64 and first.iloc[1] == pytest.approx(1000 * 0.9647 / 3460.64)


def test_forecast_score_of_a_known_rate_is_the_normal_density():
    observed = pd.DataFrame({"date": [pd.Timestamp("2026-01-14")], "multiple": [50.0]})
    rate, sigma = np.full(10, np.log(10)), np.full(10, 0.7)
    expected = stats.norm.logpdf(np.log(0.05), -np.log(10) * 365 / 365.25, 0.7 * np.sqrt(2))
    assert decline.forecast_score(rate, sigma, observed)[0] == pytest.approx(expected)


def test_forecast_band_of_ten_times_a_year():
    band = decline.forecast_band(np.full(100, np.log(10)), pd.DatetimeIndex(["2025-01-14", "2026-01-14"]), "rule")
    assert band["multiple"].iloc[0] == 1000
    assert band["multiple"].iloc[1] == pytest.approx(100, rel=0.01)
