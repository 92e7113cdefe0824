"""Horizons: METR's published doubling times, the trend models on simulated data, and the pieces that need no sampler."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, special, stats

from inference_scaling import horizons, sampling, tables, trends
from inference_scaling.trends import Scales


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return tables.load("metr_time_horizons")


@pytest.fixture(scope="module")
def versions(table) -> dict[str, pd.DataFrame]:
    return dict(tuple(table.groupby("version")))


@pytest.mark.parametrize(
    ("version", "window", "days"),
    [
        ("1.0 of 2026-01", {"until": "2025-03-19"}, 212.18),
        ("1.0 of 2026-01", {"since": "2023-01-01"}, 165.25),
        ("1.1 of 2026-01", {"since": "2023-01-01"}, 130.80),
        ("1.1 of 2026-09", {"since": "2023-01-01"}, 128.74),
        ("1.1 of 2026-09", {"since": "2023-01-01", "ceiling": np.inf}, 124.77),
        ("1.1 of 2026-09", {}, 187.78),
    ],
)
def test_published_doubling_times(versions, version, window, days):
    assert horizons.doubling_days(versions[version], **window) == pytest.approx(days, abs=0.005)


def test_replicated_doubling_times_lie_in_the_published_intervals(versions):
    published = tables.load("metr_doubling_times").dropna(subset=["low"])
    assert len(published) >= 3
    for row in published.itertuples():
        version = "1.1 of 2026-01" if str(row.published)[:7] == "2026-01" else "1.1 of 2026-09"
        assert row.low < horizons.doubling_days(versions[version], since="2023-01-01") < row.high


def test_doubling_time_of_an_exact_trend():
    dates = pd.date_range("2023-01-01", periods=5, freq="100D")
    rows = pd.DataFrame({"released": dates, "p50_minutes": 2.0 ** np.arange(5)})
    assert horizons.doubling_days(rows) == pytest.approx(100)


def test_a_window_without_models_is_refused(versions):
    with pytest.raises(ValueError, match="holds 0 frontier models"):
        horizons.doubling_days(versions["1.1 of 2026-09"], since="2030-01-01")


def test_frontier_keeps_the_best_of_a_day_and_only_records():
    rows = pd.DataFrame({"released": pd.to_datetime(["2024-01-01", "2024-01-01", "2024-02-01", "2024-03-01"]), "p50_minutes": [3.0, 5.0, 4.0, 6.0]})
    assert horizons.frontier(rows)["p50_minutes"].tolist() == [5.0, 6.0]


def test_reasoning_flags(versions):
    newest = versions["1.1 of 2026-09"].set_index("model")["reasoning_trained"]
    assert newest["o1-preview"] and newest["Claude 3.7 Sonnet"]
    assert not newest["GPT-4o"] and not newest["Claude 3.5 Sonnet (new)"]


def test_horizons_above_the_ceiling_are_censored(versions):
    data = trends.design(versions["1.1 of 2026-09"])
    assert data.censored.sum() == 1
    assert data.log2_minutes.max() == pytest.approx(np.log2(trends.CEILING_MINUTES))


def test_unknown_trend_and_bad_scales_are_refused(versions):
    with pytest.raises(ValueError, match="trend must be one of"):
        trends.bend_basis(np.zeros(3), "cubic")
    with pytest.raises(ValueError, match="prior scales out of range"):
        Scales(shared=1.0)


def _draws(size: int = 400, **fixed) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    draws = {"level": 4 + rng.normal(size=size), "slope": 2 + rng.normal(size=size), "shift": rng.normal(size=size), "bend": rng.normal(size=size), "scatter": np.abs(rng.normal(size=size)), "shared": rng.normal(size=size)}
    return draws | {name: np.full(size, value) for name, value in fixed.items()}


def test_model_and_numpy_agree_on_the_log_likelihood(versions):
    data = trends.design(versions["1.1 of 2026-09"], "kink", Scales(shared=0.3))
    draws = _draws(1)
    model = trends.shift_model(data)
    value_of = {"slope_z": (draws["slope"] - 2) / data.scales.slope, "shift_z": draws["shift"] / data.scales.shift, "bend_z": draws["bend"] / data.scales.bend, "scatter_z": draws["scatter"] / data.scales.scatter}
    point = {name: float(value[0]) for name, value in ({"level": draws["level"], "shared": draws["shared"]} | value_of).items()}
    prior = sum(stats.norm.logpdf(point[name], *args) for name, args in {"level": (4, 3), "slope_z": (), "shift_z": (), "bend_z": (), "shared": ()}.items())
    prior += stats.halfnorm.logpdf(point["scatter_z"]) + np.log(point["scatter_z"])
    transformed = {name: np.asarray(value) for name, value in point.items() if name != "scatter_z"} | {"scatter_z_log__": np.log(point["scatter_z"])}
    likelihood = special.logsumexp(data.log_weight + trends.log_likelihood(draws, data).sum(axis=2))
    assert float(model.compile_logp()(transformed)) == pytest.approx(prior + likelihood, abs=1e-6)


def test_candidate_probabilities_follow_the_data(versions):
    rows = versions["1.1 of 2026-09"]
    data = trends.design(rows, "kink")
    planted = trends.KINK_DATES[10]
    hinge = np.maximum(data.years - trends.years_since_origin([planted])[0], 0)
    data = replace(data, log2_minutes=1 + 1.0 * data.years + 3.0 * hinge, error=np.full(len(rows), 0.05), censored=np.zeros(len(rows)))
    probability = trends.candidate_probability(_draws(50, level=1.0, slope=1.0, bend=3.0, shift=0.0, scatter=0.01), data)
    assert probability.sum() == pytest.approx(1)
    assert trends.KINK_DATES[int(probability.argmax())] == planted


def test_forward_score_of_a_known_model_is_the_normal_density(versions):
    rows = versions["1.1 of 2026-09"].iloc[3:]
    fitted, later = trends.design(rows.iloc[:10]), trends.design(rows.iloc[10:14])
    draws = _draws(200, level=5.0, slope=2.0, shift=1.0, bend=0.0, scatter=0.4)
    mean = 5 + 2 * later.years + later.reasoning
    expected = stats.norm.logpdf(later.log2_minutes, mean, np.hypot(later.error, 0.4)).sum()
    assert trends.forward_log_score(draws, fitted, later) == pytest.approx(expected)


def test_without_splits_the_rows(versions):
    data = trends.design(versions["1.1 of 2026-09"], "kink")
    rest, alone = trends.without(data, 4)
    assert len(rest.years) == len(data.years) - 1 and rest.basis.shape[1] == len(rest.years)
    assert alone.log2_minutes.tolist() == [data.log2_minutes[4]]


@pytest.mark.slow
def test_known_shift_and_bend_are_recovered(versions):
    rows = versions["1.1 of 2026-09"]
    rows = rows[rows["released"] >= horizons.SINCE]
    data = trends.design(rows, "curve")
    rng = np.random.default_rng(5)
    truth = 4 + 2.4 * data.years + 1.5 * data.reasoning + 0.5 * data.years**2 + rng.normal(0, 0.1, len(rows))
    data = replace(data, log2_minutes=truth, error=np.full(len(rows), 0.05), censored=np.zeros(len(rows)))
    draws = trends.parameters(sampling.fit(trends.shift_model(data), draws=1000, seed=3, target_accept=0.95), data.scales)
    for name, value in {"level": 4, "slope": 2.4, "shift": 1.5, "bend": 0.5}.items():
        assert abs(draws[name].mean() - value) < 3.5 * draws[name].std(), name
    assert draws["shift"].std() < 0.3


@pytest.mark.slow
def test_a_kink_fixed_at_the_wrong_date_still_looks_steeper(versions):
    """Simulated: the trend bends in March 2024. Only a free date finds that; fixed at o1-preview's release, the bend is as sure."""
    rows = versions["1.1 of 2026-09"]
    rows = rows[rows["released"] >= horizons.SINCE]
    designs = {dates is None: trends.design(rows, "kink", Scales(shift=0.0), kink_dates=trends.KINK_DATES if dates is None else dates) for dates in (None, pd.DatetimeIndex([horizons.O1_PREVIEW]))}
    years = designs[True].years
    bent = 3 + years + 2.5 * np.maximum(years - trends.years_since_origin(["2024-03-01"])[0], 0) + np.random.default_rng(6).normal(0, 0.2, len(rows))
    designs = {free: replace(data, log2_minutes=bent, error=np.full(len(rows), 0.2), censored=np.zeros(len(rows))) for free, data in designs.items()}
    draws = {free: trends.parameters(sampling.fit(trends.shift_model(data), draws=2000, seed=3, target_accept=0.95), data.scales) for free, data in designs.items()}
    assert np.mean(draws[False]["bend"] > 0) > 0.95
    probability = pd.Series(trends.candidate_probability(draws[True], designs[True]), trends.KINK_DATES)
    assert probability["2024-01-01":"2024-05-01"].sum() > 0.95
    assert abs(draws[True]["bend"].mean() - 2.5) < 3.5 * draws[True]["bend"].std()


@pytest.fixture(scope="module")
def study() -> horizons.Study:
    return horizons.study()


@pytest.mark.slow
def test_shift_as_of_the_document_agrees_with_quadrature(study, versions):
    rows = versions["1.1 of 2026-09"]
    data = trends.design(rows[(rows["released"] >= horizons.SINCE) & (rows["released"] <= horizons.DOCUMENT_DATE)])
    assert not data.censored.any()
    design = np.column_stack([np.ones_like(data.years), data.years, data.reasoning])
    mean, prior = np.array([4.0, 2.0, 0.0]), np.diag([3.0**2, 1.4**2, 2.0**2])
    scatter, log_weight, centre, sd = np.linspace(0.001, 4, 800), [], [], []
    for tau in scatter:
        covariance = design @ prior @ design.T + np.diag(data.error**2 + tau**2)
        gain = prior @ design.T @ np.linalg.inv(covariance)
        log_weight.append(stats.halfnorm.logpdf(tau, scale=0.5) + stats.multivariate_normal.logpdf(data.log2_minutes, design @ mean, covariance))
        centre.append((mean + gain @ (data.log2_minutes - design @ mean))[2])
        sd.append(np.sqrt((prior - gain @ design @ prior)[2, 2]))
    weight = special.softmax(log_weight)
    found = study.shift["2025-01 in hindsight"]["line"]
    truth = weight @ stats.norm.sf(horizons.THRESHOLD_DOUBLINGS, centre, sd)
    assert study.probability["2025-01 in hindsight"]["line"] == pytest.approx(truth, abs=4 * np.sqrt(truth * (1 - truth) / 3000))
    for value, p, error in zip((found.low, found.value, found.high), (0.05, 0.5, 0.95), found.mcse, strict=True):
        exact = optimize.brentq(lambda x, p: weight @ stats.norm.cdf(x, centre, sd) - p, -20, 20, args=(p,))
        assert value == pytest.approx(exact, abs=4 * error), p


@pytest.mark.slow
def test_study_hands_on_what_it_fitted(study):
    assert study.prior == pytest.approx(stats.norm.sf(0.5))
    assert (study.replication["recomputed"] - study.replication["published"]).abs().max() < 0.26
    at_threshold = study.neighbours[study.neighbours["at_least"] == horizons.THRESHOLD_DOUBLINGS].set_index("trend")["probability"]
    assert at_threshold.to_dict() == study.probability["today"]
    second_half = study.kinks[study.kinks["date"].dt.strftime("%Y-%m").between("2024-07", "2024-12")].groupby("rows")["probability"].agg(["size", "sum"])
    assert (second_half["size"] == 6).all()
    free = study.steeper[study.steeper["date"] == "free"].set_index("rows")["second_half_2024"]
    assert second_half["sum"].to_dict() == pytest.approx(free.to_dict())
    assert study.kinks.groupby("rows")["probability"].sum().to_dict() == pytest.approx({"all": 1, "frontier": 1})
