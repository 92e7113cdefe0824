"""Platforms, named people and practitioners: what the record shows, the models on simulated data, and the pieces that need no sampler."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from inference_scaling import sampling, tables
from inference_scaling.forecasts import experts, platforms, resolved, revisions


@pytest.fixture(scope="module")
def index() -> pd.DataFrame:
    return tables.load("agi_index_daily").set_index("day")


def test_the_index_recorded_no_step_at_o3(index):
    days = pd.to_datetime(["2024-12-19", "2024-12-28", "2025-01-14"])
    assert index.loc[days, "p50"].tolist() == [2029, 2029, 2029]
    assert index.loc[days, "p90"].tolist() == [2048, 2045, 2044]
    assert index["p90"].iloc[-1] == 2042


def test_earlier_changes_of_the_index(index):
    changes = platforms.span_changes(index["p50"], platforms.SINCE, platforms.EVE)
    assert len(changes) == (pd.Timestamp(platforms.EVE) - pd.Timestamp(platforms.SINCE)).days + 1 - platforms.SPAN_DAYS
    assert changes.iloc[0] == index["p50"][pd.Timestamp(platforms.SINCE) + pd.Timedelta(days=26)] - index["p50"][platforms.SINCE]
    assert np.mean(np.abs(changes) >= 1) == pytest.approx(0.257, abs=0.0005)


def test_no_statement_about_the_date_comes_from_memory_or_the_post_itself():
    snapshots = tables.load("metaculus_snapshots")
    quoted = snapshots[snapshots["quotes_document_under_test"]]
    assert quoted["source"].tolist() == ["kidd2025implications"]
    used = revisions.platform_medians()
    assert not used["day"].eq(pd.Timestamp("2025-01-14"))[used["event"] == "first general AI system"].any()
    people = tables.load("expert_statements")
    assert not people[(people["event"] == "REMOTE99") & (people["statement_date"] < "2025-01-01")].shape[0]


def test_every_table_keeps_later_rows_out():
    for name in ("agi_index_daily", "expert_statements", "metaculus_snapshots", "market_prices", "market_snapshots", "resolved_forecasts"):
        then = tables.load(name, as_of="2025-01-14")
        assert (then["available_from"] <= "2025-01-14").all()
        assert len(then) < len(tables.load(name))


def test_gaps_in_the_record_are_refused(index):
    with pytest.raises(ValueError, match="lacks days"):
        platforms.span_changes(index["p50"].drop(pd.Timestamp("2024-01-01")), "2023-12-01", "2024-03-01")
    with pytest.raises(ValueError, match="at least 27"):
        platforms.span_changes(index["p50"], "2024-12-01", "2024-12-10")


def test_bootstrap_keeps_blocks_whole():
    rng = np.random.default_rng(1)
    series = np.arange(200.0)
    samples = platforms.block_bootstrap(series, rng, replicates=50, block=40)
    assert samples.shape == (50, 200)
    steps = np.diff(samples.reshape(50, 5, 40), axis=2)
    assert (steps == 1).all()
    with pytest.raises(ValueError, match="block of 300"):
        platforms.block_bootstrap(series, rng, block=300)


def test_bootstrap_calls_a_usual_change_usual_and_a_large_one_news():
    rng = np.random.default_rng(2)
    changes = np.convolve(rng.normal(size=700), np.ones(26), "valid").round()
    inside, prior = platforms.bootstrap_inside(changes, 0.0, rng)
    far, _ = platforms.bootstrap_inside(changes, -4 * changes.std(), rng)
    assert inside > 0.99 and far < 0.01
    assert prior == pytest.approx(0.8, abs=0.05)


def test_prior_probability_is_that_of_exchangeable_changes():
    p = platforms.prior_inside(400, np.random.default_rng(3))
    assert p == pytest.approx(0.8, abs=0.03)
    assert platforms.prior_inside(30, np.random.default_rng(3)) < p


def test_span_of_walk_compares_with_earlier_spans_only():
    path = np.concatenate([np.zeros(20), [0.0, 0.0, -3.0, 5.0]])[None]
    change, (low, high) = platforms.span_of_walk(path, 20)
    assert (change, low, high) == (-3.0, 0.0, 0.0)


def test_a_forecast_that_cannot_happen_scores_low():
    rng = np.random.default_rng(4)
    last, sigma = np.full(4000, 2029.5), np.full(4000, 0.3)
    stay, leave = platforms.walk_forecast(last, sigma, np.array([2029]), rng), platforms.walk_forecast(last, sigma, np.array([2031]), rng)
    # Sum of two t3 steps within half a year either way, by quadrature.
    z = np.linspace(-40, 40, 20001)
    half = 0.5 / 0.3
    exact = np.trapezoid(stats.t.pdf(z, 3) * (stats.t.cdf(half - z, 3) - stats.t.cdf(-half - z, 3)), z)
    assert stay == pytest.approx(np.log(exact), abs=0.01)
    assert leave < -2


def test_forecast_from_recorded_changes_is_a_distribution():
    changes = np.array([0] * 40 + [-1] * 12)
    scores = [platforms.recorded_forecast(changes, np.array([k])) for k in range(-3, 4)]
    assert np.exp(scores).sum() == pytest.approx(1)
    with pytest.raises(ValueError, match="support of 3"):
        platforms.recorded_forecast(changes, np.array([5]))


def test_ladder_median():
    day = pd.Timestamp("2026-02-02")
    rows = pd.DataFrame({"platform": "Manifold", "event": "AGI", "kind": "nightly", "statement_date": day, "before_year": [2028.0, 2030.0, 2034.0], "probability": [0.2, 0.4, 0.6]})
    found = platforms.ladder_median(rows)
    assert found["year"].tolist() == [2032.0] and found["rungs"].tolist() == [3]
    real = platforms.ladder_median(tables.load("market_prices"))
    assert real["day"].min() >= pd.Timestamp("2025-06-01") and real["year"].between(2030, 2036).all()


def test_a_date_that_stays_is_no_revision():
    rows = pd.DataFrame({"source": "A", "group": "platform", "event": "e", "day": pd.to_datetime(["2023-01-01", "2025-01-01"]), "year": [2030.5, 2030.5], "width": [0.0, 0.0]})
    (row,) = revisions.revisions(rows).itertuples()
    assert row.log_ratio == 0 and row.share_o3 == 1 and row.gap == pytest.approx(2)


def test_medians_follow_the_statements():
    found = revisions.medians(tables.load("expert_statements")).set_index(["source", "event", "day"])["year"]
    greenblatt = found["Ryan Greenblatt", "AI_RD_AUTO"]
    assert greenblatt.iloc[0] == pytest.approx(2033.0)
    assert greenblatt.iloc[1] > 2033 > greenblatt.iloc[-1]
    assert found["Demis Hassabis", "AGI"].iloc[1] == pytest.approx(2025.04 + 4, abs=0.05)


def test_reader_share():
    assert experts.reader_share(5, 18, 0, 1)["person"] == 5
    even = experts.reader_share(5, 18, 0.5, 0)
    assert even["person"] == pytest.approx(5 * 26 / (18 * 365.25 / 12))
    assert even["difference"] == pytest.approx(even["person"] - 0.5)
    with pytest.raises(ValueError, match=r"share must lie in \[0, 1\], got 1.5"):
        experts.reader_share(5, 18, 0, 1.5)


@given(st.floats(0.5, 10), st.floats(0, 1), st.floats(0, 1))
def test_more_of_the_revision_at_o3_moves_the_person_further(revision, a, b):
    low, high = sorted((a, b))
    assert experts.reader_share(revision, 18, 0, low)["person"] <= experts.reader_share(revision, 18, 0, high)["person"] + 1e-12


def test_scores():
    assert resolved.log_score(np.array([0.1, 0.1]), np.array([True, False])) == pytest.approx([np.log(0.1), np.log(0.9)])
    with pytest.raises(ValueError, match="got 0"):
        resolved.log_score(np.array([0.0]), np.array([True]))
    gold = resolved.collect().set_index("milestone").filter(like="gold", axis=0)
    assert gold["score"].iloc[0] == pytest.approx(np.log(0.023))


def test_one_milestone_moves_a_skill_by_its_share_of_the_variance():
    groups, rng = ["x", "y"], np.random.default_rng(6)
    alone = pd.DataFrame({"group": "x", "milestone": ["a"], "score": [-4.0]})
    drawn = resolved.skills(alone, groups, 0.1, rng)
    total = 0.1**2 + resolved.HARD_SD**2 + resolved.NOISE_SD**2
    mean, variance = 0.1**2 / total * (-4.0 + 0.5), 0.1**2 - 0.1**4 / total
    assert np.mean(drawn.argmax(axis=1) == 0) == pytest.approx(stats.norm.cdf(mean / np.sqrt(variance + 0.1**2)), abs=0.01)
    beside = pd.DataFrame({"group": np.repeat(["x", "y"], 40), "milestone": np.tile(np.arange(40), 2), "score": np.repeat([-0.2, -0.6], 40)})
    assert np.mean(resolved.skills(beside, groups, 0.1, rng).argmax(axis=1) == 0) > 0.99


def test_skills_agree_with_brute_force():
    rows = pd.DataFrame({"group": ["x", "y", "y"], "milestone": ["a", "a", "b"], "score": [-0.2, -0.9, -0.4]})
    grid = np.linspace(-0.6, 0.6, 61)
    hard = np.linspace(-2.5, 1.5, 161)
    qx, qy = np.meshgrid(grid, grid, indexing="ij")

    def milestone(*parts):
        total = 0.0
        for h in hard:
            total = total + np.exp(stats.norm.logpdf(h, -0.5, 0.5) + sum(stats.norm.logpdf(y, h + q, 0.3) for y, q in parts))
        return total

    density = np.exp(stats.norm.logpdf(qx, 0, 0.1) + stats.norm.logpdf(qy, 0, 0.1)) * milestone((-0.2, qx), (-0.9, qy)) * milestone((-0.4, qy))
    density /= density.sum()
    drawn = resolved.skills(rows, ["x", "y"], 0.1, np.random.default_rng(7), draws=100_000)
    assert drawn.mean(axis=0) == pytest.approx([(density * qx).sum(), (density * qy).sum()], abs=0.002)


def test_milestones_needed_against_simulation():
    n = int(resolved.milestones_needed(0.1, 1.0))
    rng = np.random.default_rng(8)
    one = 1.0 * np.sqrt(0.3 * 0.7)
    z = (0.1 + one * rng.normal(size=(4000, n)).mean(axis=1)) / (one / np.sqrt(n))
    assert np.mean(np.abs(z) > special.ndtri(0.95)) == pytest.approx(0.8, abs=0.03)
    assert resolved.detectable(n, 1.0) == pytest.approx(0.1, rel=0.01)
    assert resolved.milestones_needed(0.05, 1.0) == pytest.approx(4 * n, rel=0.02)
    assert resolved.milestones_needed(0.05, 1.0, shared=0.02) == float("inf")
    with pytest.raises(ValueError, match=r"difference must lie in \(0, 5\), got 0"):
        resolved.milestones_needed(0, 1.0)


def test_practitioners_have_next_to_nothing_resolved():
    study = resolved.study()
    count = study.summary.set_index("group")["milestones"]
    assert count["practitioners"] < resolved.NEEDED
    for model, p in study.probability.items():
        assert abs(p - study.prior[model]) < 0.1


@pytest.mark.slow
def test_walk_recovers_a_known_scale_and_stays_within_the_record():
    rng = np.random.default_rng(9)
    path = 2031 + np.cumsum(0.25 * rng.standard_t(3, size=150))
    tree = sampling.fit(platforms.rounded_walk(np.floor(path), np.ones(len(path) - 1)), draws=500, tune=500, seed=1)
    within = sampling.draws(tree, "within_year")
    assert ((within > 0) & (within < 1)).all()
    sigma = sampling.draws(tree, "sigma_z") / np.sqrt(platforms.STEPS)
    low, high = np.quantile(sigma, [0.025, 0.975])
    assert low < 0.25 < high


@pytest.mark.slow
def test_walk_agrees_with_brute_force():
    years, rng = np.array([2030.0, 2029.0, 2029.0]), np.random.default_rng(11)
    sigma = np.abs(rng.normal(size=1_000_000)) / np.sqrt(platforms.STEPS)
    paths = years + rng.uniform(size=(len(sigma), 3))
    weight = stats.t.pdf(np.diff(paths, axis=1) / sigma[:, None], 3).prod(axis=1) / sigma**2
    weight /= weight.sum()
    tree = sampling.fit(platforms.rounded_walk(years, np.ones(2)), draws=2000, tune=1000, seed=2, target_accept=0.95)
    found = years + sampling.draws(tree, "within_year")
    assert found.mean(axis=0) == pytest.approx(weight @ paths, abs=0.02)
    assert sampling.draws(tree, "sigma_z").mean() / np.sqrt(platforms.STEPS) == pytest.approx(weight @ sigma, rel=0.04)


@pytest.mark.slow
def test_shift_model_recovers_a_known_shift():
    rng = np.random.default_rng(10)
    rows = []
    for k in range(16):
        group = "platform" if k % 2 else "forecaster"
        for j in range(8):
            inside = float(j == 4)
            z = 0.1 * rng.standard_t(4) * np.sqrt(0.5) + inside * (0.0 if group == "platform" else -0.5)
            rows.append({"source": f"s{k}", "event": "e", "group": group, "log_ratio": z, "gap": 0.5, "error": 0.02, "share_o3": inside})
    tree = sampling.fit(experts.shift_model(pd.DataFrame(rows)), draws=500, tune=500, seed=1)
    shift = sampling.draws(tree, "shift")
    for k, truth in enumerate((0.0, -0.5)):
        low, high = np.quantile(shift[:, k], [0.025, 0.975])
        assert low < truth < high and high - low < 0.35


@pytest.mark.slow
def test_studies_agree_with_the_record():
    index = platforms.study()
    people = experts.study(index.change_draws)
    median = index.spans.set_index("series").loc["index, 50 %"]
    assert median["change"] == 0 and median["inside"]
    assert all(abs(e.value) < 1 for e in index.change.values())
    assert all(0.7 < p < 0.85 for p in index.prior.values())
    assert index.path["year"].between(2028, 2034).all()
    assert people.shift["person"].value < people.shift["platform"].value
    assert people.counts["people_over_o3"] == 3
    assert set(people.statements["period"]) == set(experts.PERIODS)
    # Without the one sharp revision the answer is open: the page says so.
    rest = people.sensitivity.set_index("assumption").loc["without Demis Hassabis", "probability"]
    assert rest < people.probability[experts.EVERYONE]
