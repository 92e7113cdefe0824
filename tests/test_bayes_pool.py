"""The Bayesian pool on simulated crowds whose truth is known: what it learns, how it behaves, and its approximation against sampling."""

import warnings

import numpy as np
import overlap_model
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit
from scipy.stats import norm

from inference_scaling import sampling
from inference_scaling.forecasts import bayes, evidence, pool
from inference_scaling.forecasts.bayes import PoolWarning
from inference_scaling.forecasts.crowd import check, crowd
from inference_scaling.forecasts.shrunken_skill import skills

SIMPLE = ("mean", "median", "trimmed", "geometric_odds", "extremised", "neyman_roughgarden")


def simulate(questions=300, size=10, shared=0.8, own=0.8, signal=1.0, slope=1.0, skill=0.0, people=60, seed=1, prefix="q", group=None) -> pd.DataFrame:
    """Log odds = slope x calibrated log odds of (+-signal + shared error + own error); own errors differ by forecaster with log s.d. `skill`."""
    rng = np.random.default_rng(seed)
    outcome = rng.integers(0, 2, questions)
    errors = own * np.exp(np.random.default_rng(99).normal(0, skill, people))
    who = np.array([rng.choice(people, size, replace=False) for _ in range(questions)])
    known = (2 * outcome - 1) * signal + rng.normal(0, shared, questions)
    x = (known[:, None] + errors[who] * rng.normal(size=who.shape)) * 2 * signal / (shared**2 + own**2) * slope
    rows = pd.DataFrame(
        {
            "question": np.repeat([f"{prefix}{j:04d}" for j in range(questions)], size),
            "forecaster": [f"f{i:02d}" for i in who.ravel()],
            "probability": expit(x).ravel(),
            "outcome": np.repeat(outcome, size),
        }
    )
    return rows if group is None else rows.assign(group=group)


def log_loss(pooled: pd.Series, rows: pd.DataFrame) -> float:
    outcome = rows.groupby("question")["outcome"].first()
    return float(-np.log(np.abs(1 - outcome - pooled)).mean())


def halves(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Train, forecasts without outcome, and forecasts with it."""
    middle = rows["question"].iloc[len(rows) // 2]
    return rows[rows["question"] < middle], rows[rows["question"] >= middle].drop(columns="outcome"), rows[rows["question"] >= middle]


def learned(rows: pd.DataFrame) -> tuple[bayes.Posterior, list[bayes.Sample]]:
    data = crowd(check(rows, "train", resolved=True), resolved=True)
    record = skills(data)
    sets = [bayes.sample(data, record.row, g) for g in range(len(data.groups))]
    return bayes.fit(sets), sets


SCENES = {
    "independent": {"shared": 0.3, "own": 1.5, "size": 30},
    "shared": {"shared": 1.2, "own": 0.4, "size": 30},
    "overconfident": {"slope": 2.0},
    "timid": {"slope": 0.6},
    "skill differs": {"skill": 0.8, "shared": 0.4, "own": 1.3, "size": 20},
    "hard": {"signal": 0.3, "shared": 0.7, "own": 0.7, "size": 12},
    "pairs": {"size": 2},
}


@pytest.mark.parametrize("scene", SCENES)
def test_close_to_or_better_than_every_simple_rule_in_unlike_worlds(scene):
    train, rows, truth = halves(simulate(questions=1200, **SCENES[scene]))
    loss = {method: log_loss(pool(rows, method, train=train), truth) for method in (*SIMPLE, "bayes")}
    assert loss["bayes"] < min(loss[method] for method in SIMPLE) + 0.01, loss
    assert loss["bayes"] < np.mean([loss[method] for method in SIMPLE])


def test_skill_is_worth_a_good_part_of_what_a_simple_rule_misses():
    train, rows, truth = halves(simulate(questions=1200, **SCENES["skill differs"]))
    assert log_loss(pool(rows, train=train), truth) < log_loss(pool(rows, "extremised", train=train), truth) - 0.02


def test_skill_is_shrunk_recovers_and_leaves_out_the_forecasts_own_question():
    rows = simulate(questions=400, size=12, skill=0.8, seed=3)
    data = crowd(check(rows, "train", resolved=True), resolved=True)
    found = skills(data)
    truth = -np.exp(np.random.default_rng(99).normal(0, 0.8, 60))
    labels = [int(name[1:]) for name in data.forecasters.get_level_values(1)]
    assert np.corrcoef(found.forecaster, truth[labels])[0, 1] > 0.8
    few = skills(crowd(check(rows[rows["question"] < "q0010"], "train", resolved=True), resolved=True))
    assert few.forecaster.std() < found.forecaster.std()
    without = rows[rows["question"] != "q0007"]
    again = crowd(check(without, "train", resolved=True), resolved=True)
    out = pd.Series(skills(again).forecaster, again.forecasters.get_level_values(1))
    at = np.flatnonzero(data.questions.get_level_values(1) == "q0007")[0]
    span = slice(data.start[at], data.start[at] + data.size[at])
    people = data.forecasters.get_level_values(1)[data.forecaster[span]]
    np.testing.assert_allclose(found.row[span], out[people], atol=0.1)


def test_leaning_to_no_is_not_skill_when_the_answers_happen_to_be_no():
    rng = np.random.default_rng(5)
    outcome = (rng.random(60) < 0.15).astype(int)
    rows = pd.DataFrame({"question": np.repeat(np.arange(60), 20), "forecaster": np.tile(np.arange(20), 60), "outcome": np.repeat(outcome, 20)})
    leaning = np.where(rows["forecaster"] < 10, -1.0, 1.0)
    rows["probability"] = expit(leaning + rng.normal(0, 0.5, len(rows)))
    value = skills(crowd(check(rows, "train", resolved=True), resolved=True)).forecaster
    score = np.log(np.abs(1 - rows["outcome"] - rows["probability"])).groupby(rows["forecaster"]).mean()
    assert score[:10].mean() - score[10:].mean() > 0.5
    units = np.abs(value[:10].mean() - value[10:].mean())
    assert units < 0.2 * (score[:10].mean() - score[10:].mean()) / 0.01


def test_recovers_slope_and_overlap():
    shared, own = 0.8, 1.2
    rows = simulate(questions=3000, size=8, shared=shared, own=own, slope=1.3, seed=4)
    few = simulate(questions=3000, size=2, shared=shared, own=own, slope=1.3, seed=5, prefix="p")
    posterior, _ = learned(pd.concat([rows, few]))
    mean, covariance = posterior.known(0)
    error = np.sqrt(np.diag(covariance))
    assert abs(mean[evidence.SLOPE] - np.log(1 / 1.3)) < 3 * error[evidence.SLOPE]
    assert abs(mean[evidence.OVERLAP] - logit(shared**2 / (shared**2 + own**2))) < 3 * error[evidence.OVERLAP]
    assert abs(mean[evidence.BIAS]) < 3 * error[evidence.BIAS]
    assert error[evidence.OVERLAP] < 0.25


@pytest.mark.parametrize(("shared", "own"), [(0.4, 1.2), (0.8, 0.8), (1.2, 0.4)])
def test_overlap_is_read_from_forecasts_without_outcomes(shared, own):
    data = crowd(check(simulate(questions=4000, size=12, shared=shared, own=own).drop(columns="outcome"), "f", resolved=False), resolved=False)
    parts = evidence.blocks(data, np.zeros(len(data.probability)), 0)
    within, between, _ = evidence.moments(parts, 1e-6)
    assert expit(evidence.implied_overlap(within, between, slope=1.0)) == pytest.approx(shared**2 / (shared**2 + own**2), abs=0.03)


@pytest.mark.filterwarnings("ignore::inference_scaling.forecasts.bayes.PoolWarning")
def test_copies_move_the_pool_less_than_independent_forecasters():
    independent = simulate(questions=300, size=12, shared=0.4, own=1.2)
    original = independent.groupby("question").head(3)
    copies = pd.concat([original.assign(forecaster=original["forecaster"] + f" copy {i}") for i in range(4)])
    single = pd.DataFrame({"question": "open", "forecaster": [f"new {i}" for i in range(12)], "probability": 0.7})
    moved = {name: float(logit(pool(single, train=train)["open"])) for name, train in (("independent", independent), ("copies", copies))}
    assert logit(0.7) < moved["copies"] < moved["independent"] - 0.3
    fresh = {name: pool(rows.drop(columns="outcome")) for name, rows in (("independent", independent), ("copies", copies))}
    centre = {name: pool(rows.drop(columns="outcome"), "geometric_odds") for name, rows in (("independent", independent), ("copies", copies))}
    power = {name: np.median(logit(fresh[name]) / logit(centre[name])) for name in fresh}
    assert power["copies"] < 0.9 * power["independent"]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), row=st.integers(0, 19), rise=st.floats(1e-3, 0.9))
def test_rising_in_every_probability_of_a_known_set_and_a_lone_question(seed, row, rise):
    rows = simulate(questions=2, size=10, seed=seed, prefix="open ").drop(columns="outcome")
    higher = rows.copy()
    higher.loc[row, "probability"] = min(1.0, higher.loc[row, "probability"] + rise)
    question = rows.loc[row, "question"]
    assert pool(higher, train=TRAIN)[question] > pool(rows, train=TRAIN)[question]
    other = [q for q in rows["question"].unique() if q != question]
    np.testing.assert_allclose(pool(higher, train=TRAIN)[other], pool(rows, train=TRAIN)[other], rtol=1e-12)
    alone = pool(higher[higher["question"] == question])[question]
    assert alone > pool(rows[rows["question"] == question])[question]


TRAIN = simulate(questions=60, size=10, skill=0.5, seed=8)


def test_turning_every_question_round_turns_the_result():
    rows = simulate(questions=30, size=10, seed=9, prefix="open ").drop(columns="outcome")
    turned_train = TRAIN.assign(probability=1 - TRAIN["probability"], outcome=1 - TRAIN["outcome"])
    turned = pool(rows.assign(probability=1 - rows["probability"]), train=turned_train)
    np.testing.assert_allclose(turned, 1 - pool(rows, train=TRAIN), rtol=1e-6)


def test_order_and_labels_of_both_frames_do_not_matter():
    rows = simulate(questions=20, size=10, seed=9, prefix="open ").drop(columns="outcome")
    base = pool(rows, train=TRAIN)
    np.testing.assert_allclose(pool(rows.sample(frac=1, random_state=1), train=TRAIN.sample(frac=1, random_state=2)), base, rtol=1e-7)
    names = {name: f"person {(7 * i) % 60}" for i, name in enumerate(sorted(TRAIN["forecaster"].unique()))}
    train = TRAIN.assign(forecaster=TRAIN["forecaster"].map(names), question="x" + TRAIN["question"])
    again = pool(rows.assign(forecaster=rows["forecaster"].map(lambda name: names.get(name, name))), train=train)
    np.testing.assert_allclose(again, base, rtol=1e-7)


def test_sets_keep_their_own_calibration_and_a_new_set_lies_between_and_is_less_sure():
    low = simulate(questions=600, slope=2.0, group="over", seed=1)
    high = simulate(questions=600, slope=0.5, group="timid", seed=2)
    train = pd.concat([low, high])
    rows = pd.DataFrame({"question": "open", "forecaster": [f"new {i}" for i in range(10)], "probability": 0.8})
    found = {name: logit(pool(rows.assign(group=name), train=train)["open"]) for name in ("over", "new", "timid")}
    assert found["over"] < found["new"] < found["timid"]
    posterior, sets = learned(train)
    assert np.diag(posterior.new(sets[0])[1])[evidence.SLOPE] > np.diag(posterior.known(0)[1])[evidence.SLOPE]


def test_later_forecasts_weigh_more_where_dates_exist():
    rows = pd.DataFrame({"question": "q", "forecaster": ["a", "b"], "probability": [0.9, 0.1], "date": ["2024-01-01", "2024-07-01"]})
    assert pool(rows)["q"] < 0.5 == pytest.approx(pool(rows.drop(columns="date"))["q"])
    assert pool(rows.assign(date=[None, None]))["q"] == pytest.approx(0.5)


def test_extreme_forecasts_are_bounded():
    rows = pd.DataFrame({"question": "q", "forecaster": list("abcdef"), "probability": [1e-300, 0.6, 0.6, 0.6, 0.6, 0.6]})
    assert pool(rows)["q"] == pytest.approx(pool(rows.replace({"probability": {1e-300: 0.0}}))["q"])
    assert pool(rows)["q"] > 0.3 > pool(rows, "geometric_odds", clip=1e-9)["q"]


def test_little_or_odd_training_is_said():
    rows = simulate(questions=20, seed=9, prefix="open ").drop(columns="outcome")
    with pytest.warns(PoolWarning, match="train has only 20 questions"):
        near = pool(rows, train=TRAIN[TRAIN["question"] < "q0020"])
    assert near.between(0, 1, inclusive="neither").all()
    with pytest.warns(PoolWarning) as said:
        pool(rows, train=TRAIN[TRAIN["outcome"] == 1])
    assert any("same outcome" in str(one.message) for one in said) and said[0].filename == __file__
    with pytest.warns(PoolWarning, match="crowds of 10, while train has 60"):
        pool(rows, train=simulate(questions=40, size=60))
    with pytest.warns(PoolWarning, match="unlike those learned from"):
        pool(rows, train=simulate(questions=40, own=0.05))
    with pytest.warns(PoolWarning, match="taken as a new set"):
        pool(rows.assign(forecaster="other " + rows["forecaster"]), train=TRAIN)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pool(rows, train=TRAIN)
        pool(rows)


def test_one_resolved_question_barely_moves_the_prior():
    rows = simulate(questions=20, seed=9, prefix="open ").drop(columns="outcome").assign(group="a")
    with pytest.warns(PoolWarning):
        found = pool(rows, train=TRAIN[TRAIN["question"] == "q0000"].assign(group="b"))
    np.testing.assert_allclose(logit(found), logit(pool(rows)), atol=0.35)


def test_many_small_sets():
    train = pd.concat([simulate(questions=8, seed=s, group=f"set {s}") for s in range(25)])
    rows = simulate(questions=30, seed=77, prefix="open ", group="new")
    assert log_loss(pool(rows.drop(columns="outcome"), train=train), rows) < log_loss(pool(rows, "geometric_odds"), rows) + 0.01


def test_prediction_is_the_average_over_the_normal_distribution():
    rows = simulate(questions=5, seed=9).drop(columns="outcome")
    data = crowd(check(rows, "f", resolved=False), resolved=False)
    found = bayes.sample(data, np.zeros(len(data.probability)), 0)
    mean, covariance = bayes.prior().new(found)
    z = np.random.default_rng(0).multivariate_normal(mean, covariance, 20_000)
    every = np.array([bayes.chances(found.parts, psi) for psi in z])
    np.testing.assert_allclose(bayes.predict(found.parts, mean, covariance), every.mean(axis=0), atol=0.004)


def test_little_training_against_the_exact_posterior():
    rows = simulate(questions=15, size=30, seed=21)
    train, open_rows = rows[rows["question"] < "q0013"], rows[rows["question"] >= "q0013"].drop(columns="outcome")
    posterior, sets = learned(train)
    data = crowd(check(open_rows, "f", resolved=False), resolved=False)
    parts = evidence.blocks(data, np.zeros(len(data.probability)), 0)
    mean, covariance = posterior.known(0)
    spread = 1.3 * covariance
    z = np.random.default_rng(0).multivariate_normal(mean, spread, 4000)
    centre, variance = evidence.PRIORS.centre + sets[0].shift, evidence.PRIORS.population**2 + (evidence.PRIORS.between * sets[0].left) ** 2
    proposal = -0.5 * np.einsum("dk,kl,dl->d", z - mean, np.linalg.inv(spread), z - mean)
    target = np.array([np.log(np.abs(1 - sets[0].outcome - bayes.chances(sets[0].parts, psi))).sum() for psi in z]) - 0.5 * ((z - centre) ** 2 / variance).sum(axis=1)
    weight = np.exp(target - proposal - (target - proposal).max())
    assert weight.sum() ** 2 / (weight**2).sum() > 400
    exact = weight @ np.array([bayes.chances(parts, psi) for psi in z]) / weight.sum()
    np.testing.assert_allclose(bayes.predict(parts, mean, covariance), exact, atol=0.02)


def test_eliminating_sets_gives_the_joint_posterior():
    posterior, sets = learned(pd.concat([simulate(questions=40 + 30 * s, seed=s, slope=1 + s / 2, group=f"set {s}") for s in range(3)]))
    left = np.array([one.left for one in sets])
    tie = [np.diag((posterior.between * part) ** -2) for part in left]
    size, end = 4 * bayes.K, slice(3 * bayes.K, None)
    precision = np.zeros((size, size))
    precision[end, end] = np.diag(evidence.PRIORS.population**-2) + sum(tie)
    for g, one in enumerate(sets):
        at = slice(g * bayes.K, (g + 1) * bayes.K)
        p, columns = bayes.slopes(one.parts, posterior.mean[g])
        precision[at, at] = columns.T @ (columns / (p * (1 - p))[:, None]) + tie[g]
        precision[at, end] = precision[end, at] = -tie[g]
    joint = np.linalg.inv(precision)
    np.testing.assert_allclose(posterior.population, joint[end, end], rtol=0.02, atol=1e-4)
    for g in range(3):
        at = slice(g * bayes.K, (g + 1) * bayes.K)
        np.testing.assert_allclose(posterior.known(g)[1], joint[at, at], rtol=0.02, atol=1e-3)
    moved = posterior.mean + np.random.default_rng(0).normal(0, 0.05, (20, *posterior.mean.shape))
    best = bayes._minus_log_posterior(sets, posterior.mean, posterior.between * left, evidence.PRIORS)
    assert all(bayes._minus_log_posterior(sets, psi, posterior.between * left, evidence.PRIORS) > best for psi in moved)


def test_differences_are_derivatives():
    posterior, sets = learned(TRAIN)
    psi = posterior.known(0)[0]
    _, columns = bayes.slopes(sets[0].parts, psi)
    for k in range(bayes.K):
        step = np.zeros(bayes.K)
        step[k] = 1e-3
        rough = (bayes.chances(sets[0].parts, psi + step) - bayes.chances(sets[0].parts, psi - step)) / 2e-3
        np.testing.assert_allclose(columns[:, k], rough, atol=1e-5)


def central_only() -> evidence.Priors:
    """Priors that hold lapse, skill, recency and surprise in place, as the sampled model does."""
    held = np.ones(bayes.K)
    held[[evidence.LAPSE, evidence.SKILL, evidence.RECENCY, evidence.SURPRISE]] = 1e-3
    centre = evidence.PRIORS.centre.copy()
    centre[[evidence.SKILL, evidence.SURPRISE]] = 0.0, np.log(1e-9)
    return evidence.Priors(centre, evidence.PRIORS.population * held, evidence.PRIORS.between * held)


@pytest.mark.slow
def test_approximation_against_sampling_and_recovery_by_both():
    truth = {"a": (0.4, 1.2, 1.0), "b": (0.8, 0.8, 1.3), "c": (1.1, 0.5, 0.8)}
    counts = {"a": 40, "b": 400, "c": 150}
    rows = pd.concat([simulate(counts[g], 9, *truth[g][:2], slope=truth[g][2], seed=i, prefix=g, group=g) for i, g in enumerate(truth)])
    priors = central_only()
    data = crowd(check(rows, "train", resolved=True), resolved=True)
    sets = [bayes.sample(data, np.zeros(len(data.probability)), g, priors) for g in range(3)]
    fast = bayes.fit(sets, priors)
    found = [evidence.centre(part, priors.centre) for one in sets for part in one.parts]
    model = overlap_model.overlap_model(
        np.concatenate([mean for mean, _ in found]), np.concatenate([n for _, n in found]), np.sort(data.group), np.concatenate([one.outcome for one in sets]),
        np.array([one.shift[evidence.OVERLAP] for one in sets]), np.array([one.left[evidence.OVERLAP] ** 2 for one in sets]),
    )  # fmt: skip
    psi = sampling.draws(sampling.fit(model, draws=1000, tune=1000, target_accept=0.95, log_likelihood=False), "psi")
    mean, error = psi.mean(axis=0), psi.std(axis=0)
    spread = np.sqrt(np.array([np.diag(fast.known(g)[1])[overlap_model.CENTRAL] for g in range(3)]))
    np.testing.assert_array_less(np.abs(fast.mean[:3][:, overlap_model.CENTRAL] - mean) / error, 0.3)
    np.testing.assert_allclose(spread, error, rtol=0.3)
    exponent = overlap_model.exponents(psi, 9)
    for g, (shared, own, slope) in enumerate(truth.values()):
        right = 1 / slope * (shared**2 + own**2) / (shared**2 + own**2 / 9)
        low, high = np.quantile(exponent[:, g], norm.cdf([-3, 3]))
        assert low < right < high
