"""Pools on resolved questions: published figures, folds that do not leak, weights, comparisons and claims."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import expit, logit

from inference_scaling import sampling, store, tables
from inference_scaling.forecasts import exponents, pools, predictions, proof, scoring, skill, skill_claims, validation
from inference_scaling.forecasts.comparisons import Prior, bounded_below, hierarchical
from inference_scaling.forecasts.validation import SETS


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return validation.resolved_forecasts()


@pytest.fixture(scope="module")
def fold(rows) -> pd.Series:
    return validation.assigned_folds(rows, seed=3)


@pytest.mark.parametrize(
    ("name", "questions", "forecasts", "mean", "median", "geometric", "exponent", "best", "single"),
    [
        ("Metaculus pros", 206, 1957, 0.1440, 0.1462, 0.1449, 0.7, 0.1417, 0.1482),
        ("Good Judgment", 14, 3078, 0.1361, 0.1248, 0.1207, 2.25, 0.0973, 0.1802),
        ("PredictionBook", 2262, 19353, 0.1035, 0.1014, 0.0957, 1.5, 0.0920, 0.1256),
    ],
)
def test_published_brier_scores(rows, name, questions, forecasts, mean, median, geometric, exponent, best, single):
    group = rows[rows["group"] == name]
    outcome = validation.by_question(group)["outcome"].sort_index()
    assert (len(outcome), len(group)) == (questions, forecasts)
    for rule, published in {"mean": mean, "median": median, "geometric_odds": geometric}.items():
        pooled = pools.pool(group.drop(columns="outcome"), rule, clip=0.01)
        assert scoring.brier(pooled.reindex(outcome.index), outcome).mean() == pytest.approx(published, abs=6e-5)
    assert scoring.brier(group["probability"].clip(0.01, 0.99), group["outcome"]).mean() == pytest.approx(single, abs=6e-5)
    x = predictions.mean_log_odds(group).reindex(outcome.index).to_numpy()
    found = scoring.best_exponent(x, outcome.to_numpy())
    assert found == pytest.approx(exponent, abs=0.03)
    assert scoring.brier(expit(found * x), outcome).mean() == pytest.approx(best, abs=6e-5)


@pytest.mark.parametrize(("best", "few", "community", "weighted"), [(5, 0.1474, 0.1441, 0.1285), (10, 0.1441, 0.1435, 0.1273), (20, 0.1370, 0.1369, 0.1201), (30, 0.1320, 0.1324, 0.1181)])
def test_published_scores_of_the_best_forecasters(best, few, community, weighted):
    table = tables.load("metaculus_best_forecasters")
    means = table[table["best"] == best][["brier_best", "brier_community", "brier_weighted"]].mean()
    assert means.tolist() == pytest.approx([few, community, weighted], abs=6e-5)


def test_published_scores_of_the_community_over_a_questions_life():
    table = tables.load("metaculus_community_forecasts")
    scores = table.assign(brier=scoring.brier(table["probability"], table["outcome"])).groupby("life_left")["brier"].mean()
    assert scores.sort_index(ascending=False).tolist() == pytest.approx([0.189, 0.178, 0.155, 0.147, 0.141, 0.136], abs=6e-4)


def test_digitised_minimum_of_the_prefactor():
    table = tables.load("extremising_prefactors")
    assert table.loc[table["loss"].idxmin(), "prefactor"] == 0.75


def test_sets_of_the_documents_date():
    assert skill_claims.admitted("2025-01-14") == ["Good Judgment", "PredictionBook"]
    assert skill_claims.admitted(None) == list(SETS)


def test_folds_part_every_set_evenly(rows, fold):
    questions = validation.by_question(rows)
    assert set(fold.index) == set(questions.index) and fold.index.is_unique
    sizes = pd.crosstab(questions["group"], fold.reindex(questions.index))
    assert ((sizes.max(axis=1) - sizes.min(axis=1)) <= 1).all()


def test_more_folds_than_questions_are_refused(rows):
    with pytest.raises(ValueError, match="fewer than the 20 folds"):
        validation.assigned_folds(rows, folds=20)


@pytest.mark.parametrize("train_on", ["own", "all"])
def test_no_fold_sees_its_own_outcomes(rows, fold, train_on):
    """A rule that answers a question from its training outcomes can answer none."""
    few = rows[rows["group"] != "PredictionBook"]

    def leaky(forecasts: pd.DataFrame, train: pd.DataFrame) -> pd.Series:
        assert "outcome" not in forecasts
        known = train.groupby("question")["outcome"].first()
        return known.reindex(forecasts["question"].unique()).rename_axis("question")

    answered = validation.cross_validated(few, leaky, fold, train_on)
    assert answered.isna().all() and set(answered.index) == set(few["question"])


def test_transfer_trains_on_the_other_sets_only(rows):
    seen = {}

    def spy(forecasts: pd.DataFrame, train: pd.DataFrame) -> pd.Series:
        seen[forecasts["group"].iloc[0]] = set(train["group"])
        return pd.Series(0.5, index=forecasts["question"].unique())

    validation.transferred(rows, spy)
    assert seen == {name: set(SETS) - {name} for name in SETS}


def _planted(rng: np.random.Generator, skills: np.ndarray, questions: int = 400) -> pd.DataFrame:
    """Forecasters who see the log odds through noise, the less the greater their skill."""
    truth = rng.normal(0, 1.5, questions)
    outcome = (rng.uniform(size=questions) < expit(truth)).astype(int)
    seen = truth[:, None] + rng.normal(size=(questions, len(skills))) * np.exp(-skills)
    question, forecaster = np.indices(seen.shape)
    return pd.DataFrame({"question": question.ravel(), "forecaster": forecaster.ravel(), "probability": expit(seen).ravel(), "outcome": outcome[question.ravel()]})


@pytest.mark.parametrize("way", ["fitted skill", "past scores"])
def test_weights_by_record_pay_where_skills_differ(way):
    rng = np.random.default_rng(11)
    data = _planted(rng, np.repeat([1.5, -1.5], [3, 9]), questions=1500)
    train, test = data[data["question"] < 1000], data[data["question"] >= 1000]
    outcome = test.groupby("question")["outcome"].first()
    loss = {name: scoring.log_loss(skill.record_pool(test.drop(columns="outcome"), train, name).reindex(outcome.index), outcome).mean() for name in ("equal", way)}
    assert loss[way] < loss["equal"] - 0.01


def test_weights_by_record_do_not_pay_where_skills_are_equal():
    rng = np.random.default_rng(12)
    data = _planted(rng, np.zeros(12), questions=900)
    train, test = data[data["question"] < 600], data[data["question"] >= 600]
    outcome = test.groupby("question")["outcome"].first()
    loss = {name: scoring.log_loss(skill.record_pool(test.drop(columns="outcome"), train, name).reindex(outcome.index), outcome).mean() for name in skill.WAYS}
    assert max(abs(loss[name] - loss["equal"]) for name in skill.WAYS) < 0.01


def test_equal_weights_are_the_extremised_pool(rows):
    group = rows[rows["group"] == "Metaculus pros"]
    train, test = group[group["question"] % 2 == 0], group[group["question"] % 2 == 1].drop(columns="outcome")
    assert skill.record_pool(test, train, "equal").sort_index().to_numpy() == pytest.approx(pools.pool(test, "extremised", train).sort_index().to_numpy(), abs=1e-4)


def test_unknown_way_is_refused(rows):
    with pytest.raises(ValueError, match="way must be one of"):
        skill.record_pool(rows.drop(columns="outcome"), rows, "seniority")


def test_one_comparison_with_a_known_spread_is_conjugate():
    """With hardly any spread between comparisons the posterior is the normal one."""
    effects = hierarchical([0.2], [0.1], Prior(0.0, 0.2, 1e-4))
    precision = 1 / 0.1**2 + 1 / 0.2**2
    expected = stats.norm(0.2 / 0.1**2 / precision, precision**-0.5)
    assert effects.mean_above(0.1) == pytest.approx(expected.sf(0.1), abs=1e-3)
    assert effects.draws(further=False).mean() == pytest.approx(expected.mean(), abs=0.005)


def test_comparisons_agree_with_importance_sampling():
    effect, error, prior = np.array([0.3, -0.1, 0.2]), np.array([0.05, 0.1, 0.2]), Prior(0.1, 0.3, 0.2)
    rng = np.random.default_rng(13)
    mean, between = rng.normal(prior.centre, prior.scale, 400_000), np.abs(rng.normal(0, prior.between, 400_000))
    weight = np.exp(stats.norm.logpdf(effect[:, None], mean, np.hypot(error[:, None], between)).sum(axis=0))
    effects = hierarchical(effect, error, prior)
    assert effects.mean_above(0.1) == pytest.approx(weight @ (mean > 0.1) / weight.sum(), abs=0.01)
    assert effects.further_above(0.1) == pytest.approx(weight @ stats.norm.sf((0.1 - mean) / between) / weight.sum(), abs=0.01)


def test_no_comparison_leaves_the_prior():
    effects = hierarchical([], [], Prior(0.1, 0.2, 0.15))
    assert effects.mean_above(0.1) == pytest.approx(0.5)
    assert effects.mean_above(0.3) == pytest.approx(stats.norm.sf(1), abs=1e-6)


def test_bad_comparisons_are_refused():
    with pytest.raises(ValueError, match="errors must be positive"):
        hierarchical([0.1], [0.0], Prior(0, 1, 1))
    with pytest.raises(ValueError, match="must be positive"):
        Prior(0.0, 0.0, 1.0)


def test_bounded_quantity():
    assert bounded_below(0.3, 0.2, 0.1, [], [], [], 0.1) == pytest.approx(stats.norm.cdf(1), abs=1e-3)
    combined = stats.norm(0.5 * 0.2, 0.1 / np.sqrt(2))
    assert bounded_below(0.1, 0.2, 0.1, [0.0], [0.1], [], 0.1) == pytest.approx(combined.cdf(0.1), abs=1e-3)
    assert bounded_below(0.2, 0.2, 0.1, [], [], [0.2], 1e-4) == pytest.approx(1, abs=0.01)


def test_free_exponent_is_recovered():
    rng = np.random.default_rng(14)
    x = rng.normal(0, 1.2, 4000)
    found = exponents.free_exponent(x, (rng.uniform(size=x.size) < expit(1.8 * x)).astype(int))
    assert found["low"] < 1.8 < found["high"] and found["high"] - found["low"] < 0.4


@pytest.mark.slow
def test_exponent_model_recovers_what_was_planted():
    rng = np.random.default_rng(15)
    group = np.repeat([0, 1], [1500, 1500])
    size, x = rng.integers(5, 60, group.size), rng.normal(0, 1.2, group.size)
    exponent = np.array([1.2, 2.0])[group] * (size / exponents.SIZE_ORIGIN) ** 0.2
    outcome = (rng.uniform(size=x.size) < expit(np.array([0.0, -0.4])[group] + exponent * x)).astype(int)
    tree = sampling.fit(exponents.exponent_model(x, size, group, outcome), draws=500, tune=700, seed=1, log_likelihood=False)
    truth = {"slope": 0.2, "log_exponent": np.log([1.2, 2.0]), "bias": [0.0, -0.4]}
    for name, value in truth.items():
        draws = sampling.draws(tree, name)
        assert (np.abs(draws.mean(axis=0) - value) < 3 * draws.std(axis=0)).all()


def test_key_of_the_kept_predictions_sees_every_rule():
    assert {"pools", "bayes", "crowd", "skill", "validation", "predictions"} <= predictions.modules()


def _dated() -> pd.DataFrame:
    days = pd.to_datetime(["2020-01-01", "2020-01-03", "2020-01-03", "2020-01-02"])
    return pd.DataFrame({"question": [1, 1, 1, 2], "forecaster": [1, 2, 3, 1], "probability": [0.1, 0.6, 0.8, 0.3], "outcome": [1, 1, 1, 0], "date": days, "closed": pd.to_datetime(["2020-02-01"] * 3 + ["2020-03-01"])})


def test_latest_forecasts_of_one_day_are_averaged():
    assert predictions._latest(_dated()).to_dict() == pytest.approx({1: 0.7, 2: 0.3})


def test_halves_part_the_questions_by_their_end():
    earlier, later = predictions.halves(_dated())
    assert set(earlier["question"]) == {1} and set(later["question"]) == {2}


def test_regression_learns_that_the_latest_forecast_is_all_that_counts():
    rng = np.random.default_rng(16)
    truth = rng.normal(0, 1.5, 2000)
    seen = np.column_stack([rng.normal(size=truth.size), truth])
    question, day = np.indices(seen.shape)
    data = pd.DataFrame({"question": question.ravel(), "forecaster": day.ravel(), "probability": expit(seen).ravel(), "date": pd.Timestamp("2020-01-01") + pd.to_timedelta(day.ravel(), unit="D")})
    data["outcome"] = (rng.uniform(size=truth.size) < expit(truth)).astype(int)[data["question"]]
    train, test = data[data["question"] < 1500], data[data["question"] >= 1500]
    pooled = predictions.regression(test.drop(columns="outcome"), train)
    assert pooled.to_numpy() == pytest.approx(expit(truth[1500:]), abs=0.12)


@pytest.fixture(scope="module")
def study() -> proof.Study:
    return proof.study()


@pytest.mark.slow
def test_kept_predictions_are_the_computed_ones(rows, tmp_path, monkeypatch):
    monkeypatch.setenv(store.VARIABLE, str(tmp_path))
    monkeypatch.setattr(predictions, "REPEATS", 2)
    monkeypatch.setattr(predictions, "LARGE_REPEATS", 1)
    few = rows[(rows["question"] % 5 == 0) | (rows["group"] == "Good Judgment")]
    kept = predictions.stored(few, seed=5)
    assert len(list(tmp_path.glob("*.zip"))) == 1
    pd.testing.assert_frame_equal(kept, predictions.stored(few, seed=5))
    pd.testing.assert_frame_equal(kept, predictions.computed(few, seed=5).reindex(kept.index).sort_index(axis=1), check_names=False)


@pytest.mark.slow
def test_scores_are_those_of_the_rules(study, rows, fold):
    own = study.scores[study.scores["trained_on"] == "own"].set_index(["set", "method"])["log_loss"]
    questions = validation.by_question(rows)
    for name in SETS:
        group = rows[rows["group"] == name]
        pooled = pools.pool(group.drop(columns="outcome"), "median")
        assert own[name, "median"] == pytest.approx(scoring.log_loss(pooled, questions["outcome"].reindex(pooled.index)).mean())


@pytest.mark.slow
def test_cross_validated_pool_is_worse_than_one_tuned_in_sample(study, rows):
    """The best exponent found on the questions themselves must beat the cross-validated one: otherwise something leaked."""
    own = study.scores[study.scores["trained_on"] == "own"].set_index(["set", "method"])["log_loss"]
    questions = validation.by_question(rows)
    for name in SETS:
        inside = questions[questions["group"] == name]
        x = predictions.mean_log_odds(rows).reindex(inside.index).to_numpy()
        exponent = scoring.best_exponent(x, inside["outcome"].to_numpy(), "log")
        assert scoring.log_loss(expit(exponent * x), inside["outcome"]).mean() < own[name, "extremised"]


@pytest.mark.slow
def test_margins_follow_from_the_differences(study):
    table = study.differences[study.differences["measure"] == "log"].set_index(["set", "trained_on", "against"])
    for row in study.margins.itertuples():
        # The table of differences has no untaught rule, and sets a taught one of other sets against its like.
        if row.trained_on in ("own", "all") or (row.trained_on == "others" and row.best_simple != "extremised"):
            assert row.upper == pytest.approx(table.loc[(row.set, row.trained_on, row.best_simple), "high"])
        assert row.holds == (row.upper < proof.MARGIN)
        assert row.low < row.loss < row.upper


@pytest.mark.slow
def test_bayesian_rule_beats_every_simple_rule_over_all_questions(study):
    table = study.differences.query("measure == 'log' and set == 'all questions' and trained_on == 'own'")
    assert len(table) == len(proof.SIMPLE)
    assert (table["high"] < 0).all()


@pytest.mark.slow
def test_claims_move_with_the_evidence_and_only_with_it(study):
    """Today's evidence against the earlier one, in the direction that its new rows point; a model that had none stays at its prior."""
    for claim in (study.records, study.groups, study.aggregation, study.dated):
        assert list(claim.probability["2025-01"]) == list(claim.probability["today"]) == list(claim.prior)
    for claim, name, sign in ((study.groups, "as reported", -1), (study.aggregation, "gain over the mean", -1), (study.aggregation, "groups aggregated alike", 1)):
        assert sign * (claim.probability["today"][name] - claim.probability["2025-01"][name]) > 0.03, name
    assert study.aggregation.probability["2025-01"]["groups aggregated alike"] == pytest.approx(study.aggregation.prior["groups aggregated alike"])


@pytest.mark.slow
def test_every_model_of_the_groups_can_move(study):
    for name, p in study.groups.probability["today"].items():
        assert p != pytest.approx(study.groups.prior[name], abs=0.01)


@pytest.mark.slow
def test_parity_alone_cannot_move_a_symmetric_prior(study):
    """Why comparisons of like with like are no model of their own."""
    error = skill_claims.relative_error(tables.load("metaculus_best_forecasters"), study.published.set_index("comparison").loc["tournament on long-term risks", "questions"])
    for width in (error / 3, error, 3 * error):
        assert hierarchical([0.0], [width], skill_claims.GROUPS_PRIOR).mean_above(0.0) == pytest.approx(0.5, abs=1e-6)


@pytest.mark.slow
def test_dates_add_to_what_the_rule_gains_where_there_are_dates(study):
    gain = study.gains_by_rule.set_index(["rule", "crowd", "baseline"])["gain"]
    undated, dated = gain[skill_claims.UNDATED], gain["bayes"]
    assert dated["PredictionBook", "mean"] > undated["PredictionBook", "mean"] + 0.03
    for name in ("Good Judgment", "Metaculus pros"):
        assert dated[name, "mean"] == pytest.approx(undated[name, "mean"], abs=1e-9)
    needed = skill_claims.reported_gain() / 2
    assert gain["extremised"]["PredictionBook", "mean"] < undated["PredictionBook", "mean"] < needed < dated["PredictionBook", "mean"]
    assert study.dated.probability["today"]["gain over the mean"] > study.aggregation.probability["today"]["gain over the mean"]


def test_nameless_forecasts_give_nobody_a_record():
    rows = _planted(np.random.default_rng(17), np.repeat([1.5, -1.5], [3, 9]), questions=200)
    train, test = predictions._nameless(rows[rows["question"] < 150], -1), predictions._nameless(rows[rows["question"] >= 150])
    assert not set(train["forecaster"]) & set(test["forecaster"])
    assert train["forecaster"].is_unique and test["forecaster"].is_unique
    assert test["probability"].equals(rows.loc[rows["question"] >= 150, "probability"])


@pytest.mark.slow
def test_the_rules_own_skill_term_pays_where_skills_differ():
    """The same rule with and without names, on a crowd of which a quarter is far better."""
    rows = _planted(np.random.default_rng(18), np.repeat([1.5, -1.5], [3, 9]), questions=900).assign(group="planted")
    train, test = rows[rows["question"] < 600], rows[rows["question"] >= 600].drop(columns="outcome")
    outcome = rows[rows["question"] >= 600].groupby("question")["outcome"].first()
    learners = predictions._learners()
    loss = {name: scoring.log_loss(learners[name](test, train).reindex(outcome.index), outcome).mean() for name in ("bayes", "bayes nameless")}
    assert loss["bayes"] < loss["bayes nameless"] - 0.01


def test_log_odds_are_moved_off_certainty():
    frame = pd.DataFrame({"question": [1, 1], "probability": [0.0, 1.0]})
    assert predictions.mean_log_odds(frame)[1] == pytest.approx(0)
    frame = pd.DataFrame({"question": [1], "probability": [1.0]})
    assert predictions.mean_log_odds(frame)[1] == pytest.approx(logit(0.99))
