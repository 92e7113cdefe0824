"""Prices: published results returned exactly, selection bias, recovery of known rates, calculators."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference_scaling import price_bias, price_models, prices, sampling, tables
from inference_scaling.price_models import CostRows, Prior

EPOCH_THRESHOLDS = tables.load("token_price_frontier_fits")
QUICK = {"draws": 600, "tune": 800, "chains": 4, "target_accept": 0.95}


@pytest.fixture(scope="module")
def run_costs():
    return tables.load("run_costs")


# Published results


@pytest.mark.parametrize("row", list(EPOCH_THRESHOLDS.itertuples()), ids=lambda r: f"{r.benchmark} {r.threshold_model}")
def test_epoch_fit_is_returned(row):
    points = tables.load("token_price_frontier_points")
    points = points[(points["benchmark"] == row.benchmark) & (points["threshold_model"] == row.threshold_model)]
    fit = price_bias.published_token_price_fall(points)
    assert fit.n_points == row.n_points
    assert [fit.fall, fit.low, fit.high] == pytest.approx([row.fall, row.fall_low, row.fall_high], rel=5e-4)


@pytest.mark.parametrize("row", list(EPOCH_THRESHOLDS.itertuples()), ids=lambda r: f"{r.benchmark} {r.threshold_model}")
def test_running_minimum_of_the_raw_prices_is_the_published_frontier(row):
    raw = tables.load("token_prices")
    raw = raw[raw["benchmark"].eq(prices.EPOCH_NAMES[row.benchmark]) & ~raw["reasoning_model"]]
    years = price_bias.years_since(raw["price_date"], raw["price_date"].min())
    keep = price_bias.running_minimum(years, raw["score"].to_numpy(), raw["price_usd_per_mtok"].to_numpy(), row.score_threshold)
    points = tables.load("token_price_frontier_points")
    points = points[(points["benchmark"] == row.benchmark) & (points["threshold_model"] == row.threshold_model)]
    assert sorted(raw.loc[keep, "price_usd_per_mtok"]) == pytest.approx(sorted(points["price_usd_per_mtok"]), rel=1e-3)


def test_mmlu_at_gpt3_level_and_median_of_all():
    facts = price_bias.frontier_facts(tables.load("token_price_frontier_points"))
    mmlu = EPOCH_THRESHOLDS.iloc[0]
    assert (round(mmlu.fall, 2), round(mmlu.fall_low, 2), round(mmlu.fall_high, 2)) == (11.77, 8.29, 16.72)
    assert facts["median"] == pytest.approx(46.2, abs=0.05)
    assert (facts["points"], facts["model_prices"], facts["fits"], facts["distinct_fits"]) == (119, 36, 21, 20)
    assert facts["ended_by_phi4"] == 9
    assert facts["median_without_phi4"] == pytest.approx(37, abs=0.5)


@pytest.mark.parametrize(
    ("benchmark", "published", "pareto"),
    [
        ("gpqa_diamond", (9.026, 3.907, 20.854, 57), True),
        ("otis_mock_aime", (12.24, 5.368, 27.908, 49), True),
        ("swe_bench_verified", (5.926, 0.887, 39.611, 16), True),
        ("gpqa_diamond", (4.415, 2.578, 7.561, 163), False),
        ("otis_mock_aime", (5.692, 3.102, 10.443, 132), False),
        ("swe_bench_verified", (1.29, 0.341, 4.878, 26), False),
    ],
)
def test_price_of_progress_is_returned(run_costs, benchmark, published, pareto):
    fit = price_bias.published_run_cost_fall(run_costs[run_costs["benchmark"] == benchmark], pareto)
    assert fit.n_points == published[3]
    assert [fit.fall, fit.low, fit.high] == pytest.approx(published[:3], rel=1e-3)


# Selection


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(1, 50)), min_size=1, max_size=25))
def test_pareto_set_holds_the_undominated_rows(rows):
    years, score, cost = (np.array(c, dtype=float) for c in zip(*rows))
    keep = price_bias.pareto_set(years, score, cost)
    for i in range(len(rows)):
        beaten = any(years[j] <= years[i] and score[j] >= score[i] and cost[j] < cost[i] for j in range(len(rows)))
        assert keep[i] == (not beaten)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.floats(1, 100)), min_size=1, max_size=30), st.floats(0, 8))
def test_running_minimum_only_falls(rows, threshold):
    score, price = (np.array(c, dtype=float) for c in zip(*rows))
    kept = price_bias.running_minimum(np.arange(len(rows)), score, price, threshold)
    assert (np.diff(price[kept]) < 0).all()
    if (score >= threshold).any():
        assert price[kept].min() == price[score >= threshold].min()


def test_selection_finds_a_fall_where_there_is_none(run_costs):
    rows = run_costs[run_costs["benchmark"] == "gpqa_diamond"]
    simulated = price_bias.simulate_pareto(rows, np.array([1.0, 3.0, 10.0]), 1000, seed=7)
    assert simulated["median"].iloc[0] > 3
    assert simulated["low"].iloc[0] > 1
    assert simulated["median"].is_monotonic_increasing
    assert price_bias.true_fall_behind(simulated["median"].iloc[1], simulated) == pytest.approx(3)
    with pytest.raises(ValueError, match="wider range"):
        price_bias.true_fall_behind(1e6, simulated)


def test_running_minimum_finds_a_fall_where_there_is_none():
    raw = tables.load("token_prices")
    thresholds = EPOCH_THRESHOLDS.assign(benchmark=EPOCH_THRESHOLDS["benchmark"].map(prices.EPOCH_NAMES))
    none, ten = (np.median(price_bias.simulate_running_minimum(raw[~raw["reasoning_model"]], thresholds, f, 400, seed=3)) for f in (1.0, 10.0))
    assert none > 5
    assert ten > none


def test_without_noise_the_estimators_are_right():
    dates = pd.to_datetime("2024-01-01") + pd.to_timedelta(np.arange(0, 730, 30), unit="D")
    score = np.linspace(20, 80, len(dates))
    cost = np.exp(2 + 0.8 * np.log(score / (100 - score)) - np.log(6) * price_bias.years_since(pd.Series(dates), dates[0]))
    fit = price_bias.published_run_cost_fall(pd.DataFrame({"price_date": dates, "score_pct": score, "run_cost_usd": cost}), pareto=False)
    assert fit.fall == pytest.approx(6)


def test_least_squares_needs_enough_rows():
    with pytest.raises(ValueError, match="more than 2 rows"):
        price_bias.least_squares_fall(np.zeros(2), np.arange(2.0))


def test_within_model_fall_recovers_and_cuts_exaggerate():
    rng = np.random.default_rng(5)
    rows = pd.DataFrame([(m, pd.Timestamp("2024-06-01") + pd.Timedelta(days=30 * k)) for m in range(60) for k in range(8)], columns=["model", "price_date"])
    years = price_bias.years_since(rows["price_date"], rows["price_date"].min())
    rows["price_usd_per_mtok"] = np.exp(0.3 * rows["model"] % 4 - np.log(2) * years + rng.normal(0, 0.3, len(rows)))
    everything = price_bias.within_model_fall(rows, running=False, replicates=500, seed=1)
    cuts = price_bias.within_model_fall(rows, running=True, replicates=500, seed=1)
    low, high = np.quantile(everything, [0.01, 0.99])
    assert low < 2 < high
    assert np.median(cuts) > high


# Rows


def test_dates_admit_what_was_public(run_costs):
    sets = price_models.date_sets(price_models.first_prices(run_costs))
    assert set(sets["2025-01"]["benchmark"]) == {"aider_edit", "aider_polyglot"}
    assert (sets["2025-01"]["available_from"] <= prices.DOCUMENT_DATE).all()
    assert (sets["2025-01 in hindsight"]["price_date"] <= prices.DOCUMENT_DATE).all()
    assert set(sets["2025-01"]["row_id"]) < set(sets["2025-01 in hindsight"]["row_id"]) < set(sets["today"]["row_id"])


def test_first_prices_are_first_and_unsuspected(run_costs):
    first = price_models.first_prices(run_costs)
    assert not first["suspect"].any()
    assert not first.duplicated(["benchmark", "model"]).any()
    kept = run_costs[~run_costs["suspect"]]
    earliest = kept.groupby(["benchmark", "model"])["price_date"].min()
    assert (first.set_index(["benchmark", "model"])["price_date"].sort_index() == earliest.sort_index()).all()


def test_paper_records_only_falls(run_costs):
    rows = run_costs[run_costs["benchmark"].isin(price_models.PAPER_BENCHMARKS)].sort_values("price_date")
    change = rows.groupby(["benchmark", "model"])["run_cost_usd"].diff().dropna()
    assert len(change) > 50
    assert (change < 0).all()


def test_bad_rows_are_named(run_costs):
    rows = run_costs.head(3)
    with pytest.raises(ValueError, match="not in the declared set"):
        price_models.cost_rows(rows.assign(benchmark="mmlu"))
    with pytest.raises(ValueError, match="no positive run_cost_usd"):
        price_models.cost_rows(rows.assign(run_cost_usd=0.0))


@pytest.mark.parametrize(
    ("setting", "base"),
    [("gpt-5.2-2025-12-11_medium", "gpt-5.2-2025-12-11"), ("claude-sonnet-4-6_32K", "claude-sonnet-4-6"), ("o1-mini (Option 2) (high)", "o1-mini (Option 2)"), ("claude-3-7-sonnet (32k thinking tokens)", "claude-3-7-sonnet"), ("Mistral Medium", "Mistral Medium")],
)
def test_base_model(setting, base):
    assert price_models.base_model(setting) == base


# Models


def simulated_rows(n: int = 40, seed: int = 11) -> tuple[CostRows, np.ndarray]:
    """Six benchmarks with known rates around log 8, residuals of s.d. 0.6."""
    rng = np.random.default_rng(seed)
    rates = np.log(8) + np.array([-0.4, -0.2, 0.0, 0.1, 0.2, 0.4])
    b = np.repeat(np.arange(6), n)
    years = rng.uniform(-1, 1.2, len(b))
    x = 0.8 * years + rng.normal(0, 1.2, len(b))
    y = np.linspace(-2, 3, 6)[b] + np.linspace(0.5, 2.5, 6)[b] * x - rates[b] * years + rng.normal(0, 0.6, len(b))
    return CostRows(y, x, years, b, price_models.RUN_COST_BENCHMARKS), rates


@pytest.fixture(scope="module")
def simulated():
    return simulated_rows()


@pytest.mark.parametrize("name", list(price_models.MODELS))
def test_models_recover_known_rates_and_densities_agree(name, simulated):
    rows, rates = simulated
    tree = sampling.fit(price_models.MODELS[name](rows), name=name, **QUICK)
    draws = sampling.draws(tree, "rate")
    z = (draws.mean(axis=0) - rates) / draws.std(axis=0)
    assert np.abs(z).max() < 3
    low, high = np.quantile(sampling.draws(tree, "typical_rate"), [0.01, 0.99])
    assert low < np.log(8) < high
    posterior = {v: sampling.draws(tree, v) for v in tree["posterior"].data_vars}
    stored = tree["log_likelihood"]["cost"].transpose("chain", "draw", ...).values.reshape(len(draws), -1)
    assert price_models.log_density(name, posterior, rows) == pytest.approx(stored, rel=1e-6, abs=1e-6)


def test_within_and_between_are_told_apart():
    rng = np.random.default_rng(2)
    models, n = 90, 4
    first = rng.uniform(-0.8, 1.0, models)
    x = rng.normal(0, 1, models)
    group = np.repeat(np.arange(models), n)
    later = np.tile(np.arange(n) * 0.25, models)
    effect = rng.normal(0, 0.5, models)
    b = (np.arange(models) % 3)[group]
    y = 1 + 1.5 * x[group] - np.log(7) * first[group] - np.log(2) * later + effect[group] + rng.normal(0, 0.15, len(group))
    rows = CostRows(y, x[group], first[group] + later, b, price_models.PAPER_BENCHMARKS)
    tree = sampling.fit(price_models.within_between_model(rows, first[group], group), name="within and between", log_likelihood=False, **QUICK)
    for variable, truth in (("within_rate", 2), ("typical_rate", 7)):
        low, high = np.quantile(np.exp(sampling.draws(tree, variable)), [0.005, 0.995])
        assert low < truth < high
    assert np.median(sampling.draws(tree, "omega")) == pytest.approx(0.5, abs=0.12)


@settings(deadline=None)
@given(st.lists(st.integers(0, 4), min_size=2, max_size=30), st.integers(0, 2**16))
def test_helmert_keeps_the_spread_within_groups_and_drops_common_effects(groups, seed):
    group = np.sort(np.unique(groups, return_inverse=True)[1])
    values = np.random.default_rng(seed).normal(size=len(group))
    contrasts = price_models.helmert(values, group)
    means = np.bincount(group, values) / np.bincount(group)
    assert len(contrasts) == len(group) - len(means)
    assert (contrasts**2).sum() == pytest.approx(((values - means[group]) ** 2).sum(), abs=1e-9)
    assert price_models.helmert(values + 3.0 * group, group) == pytest.approx(contrasts, abs=1e-9)


def test_reweighting_equals_the_other_prior():
    rng = np.random.default_rng(0)
    # A posterior that is the prior: reweighted, it must be the other prior.
    posterior = {
        "typical_rate": rng.normal(np.log(6), 1, 40_000),
        "between": np.abs(rng.normal(0, 0.5, 40_000)),
        "sigma": np.exp(rng.normal(np.log(0.5), 0.5, (40_000, 1))),
    }
    assert np.mean(price_models.reweighted(posterior, Prior(typical=3))) == pytest.approx(np.log(3), abs=0.05)
    with pytest.raises(ValueError, match="effective draws"):
        price_models.reweighted(posterior, Prior(typical=1e4))


# Statement and calculators


def test_prior_probability_matches_draws():
    draws = np.random.default_rng(1).normal(np.log(6), 1, 200_000)
    assert prices.prior_probability() == pytest.approx(prices.probability_between(draws), abs=0.005)


@settings(deadline=None)
@given(st.floats(1e-3, 1e5), st.floats(1.01, 1000), st.floats(1, 1e6))
def test_years_until_inverts_cost_after(cost, fall, multiple):
    years = prices.years_until(multiple, fall)
    assert prices.cost_after(cost, years, fall) == pytest.approx(cost / multiple, rel=1e-6)


@settings(deadline=None)
@given(st.floats(0.1, 1.0), st.floats(1.01, 100))
def test_prices_that_do_not_fall_never_arrive(fall, multiple):
    assert prices.years_until(multiple, fall) == np.inf


@pytest.mark.parametrize("arguments", [(0, 1, 5), (-1, 1, 5), (10, 1, 0), (np.nan, 1, 5), (10, 1, np.inf)])
def test_bad_cost_is_refused(arguments):
    with pytest.raises(ValueError, match="positive and finite"):
        prices.cost_after(*arguments)


def test_bad_multiple_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        prices.years_until(0.5, 10)


def test_forward_log_score_is_the_averaged_density():
    density = np.log(np.array([[0.2, 0.5], [0.4, 0.1]]))
    assert prices.forward_log_scores(density) == pytest.approx(np.log([0.3, 0.3]))
