"""Simple pools against their formulas, and what `pool` refuses."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit

from inference_scaling.forecasts import pool
from inference_scaling.forecasts.pools import CLIP, EXPONENT, RULES, neyman_roughgarden_factor

SIMPLE = [name for name in RULES if name != "bayes"]


def frame(rows: dict[str, list[float]], **columns) -> pd.DataFrame:
    """One question a key; forecasters a, b, c ... in order."""
    long = [(question, chr(97 + i), p) for question, values in rows.items() for i, p in enumerate(values)]
    return pd.DataFrame(long, columns=["question", "forecaster", "probability"]).assign(**columns)


def resolved(questions: int = 40, people: int = 6, power: float = 0.5, seed: int = 1) -> pd.DataFrame:
    """Questions whose log odds are `power` times too timid."""
    rng = np.random.default_rng(seed)
    known = rng.normal(0, 1.5, questions)
    outcome = (rng.random(questions) < expit(known)).astype(int)
    rows = frame({f"t{j:03d}": list(expit(power * known[j] + rng.normal(0, 0.1, people))) for j in range(questions)})
    return rows.assign(outcome=np.repeat(outcome, people))


CROWD = {"q1": [0.1, 0.2, 0.6], "q2": [0.9, 0.8, 0.7, 0.4]}


def expected(values: list[float]) -> dict[str, float]:
    x = np.mean(logit(values))
    n = len(values)
    factor = n * (np.sqrt(3 * n * n - 3 * n + 1) - 2) / (n * n - n - 1)
    return {
        "mean": np.mean(values),
        "median": np.median(values),
        "trimmed": np.mean(values),
        "geometric_odds": np.prod(np.array(values) / (1 - np.array(values))) ** (1 / n) / (1 + np.prod(np.array(values) / (1 - np.array(values))) ** (1 / n)),
        "extremised": expit(EXPONENT * x),
        "neyman_roughgarden": expit(factor * x),
    }


@pytest.mark.parametrize("method", SIMPLE)
def test_simple_rules_are_their_formulas(method):
    found = pool(frame(CROWD), method)
    assert found.name == method and found.index.name == "question" and list(found.index) == ["q1", "q2"]
    np.testing.assert_allclose(found, [expected(values)[method] for values in CROWD.values()], rtol=1e-12)


def test_trimmed_mean_drops_the_rounded_share_at_each_end():
    values = [0.99, 0.02, 0.3, 0.31, 0.32, 0.33, 0.34, 0.35, 0.36, 0.37]
    assert pool(frame({"q": values}), "trimmed")["q"] == pytest.approx(np.mean(values[2:]), rel=1e-12)
    assert pool(frame({"q": values}), "trimmed", trim=0.25)["q"] == pytest.approx(np.mean([0.31, 0.32, 0.33, 0.34, 0.35, 0.36]), rel=1e-12)


def test_published_values_of_the_factor():
    assert neyman_roughgarden_factor(np.array([1]))[0] == pytest.approx(1.0)
    assert neyman_roughgarden_factor(np.array([2]))[0] == pytest.approx(2 * (np.sqrt(7) - 2))
    assert neyman_roughgarden_factor(np.array([1e7]))[0] == pytest.approx(np.sqrt(3), abs=1e-6)


def test_exponent_is_learned_and_stays_near_its_prior_with_little_data():
    rows = frame({"q": [0.7, 0.7, 0.7]})
    learned = logit(pool(rows, "extremised", train=resolved(2000))["q"]) / logit(0.7)
    assert learned == pytest.approx(2.0, abs=0.2)
    few = resolved(2)
    assert logit(pool(rows, "extremised", train=few)["q"]) / logit(0.7) == pytest.approx(EXPONENT, rel=0.35)
    assert pool(rows, "extremised", exponent=1.0)["q"] == pytest.approx(0.7)


@pytest.mark.parametrize("method", RULES)
def test_zero_and_one_stay_finite(method):
    found = pool(frame({"q1": [0.0, 0.0, 0.0], "q2": [1.0, 1.0], "q3": [0.0, 1.0]}), method)
    assert ((found > 0) & (found < 1)).all()
    assert found["q3"] == pytest.approx(0.5)
    if method in ("mean", "median", "geometric_odds"):
        assert found["q1"] == pytest.approx(CLIP)


@pytest.mark.parametrize("method", RULES)
def test_one_forecaster_only(method):
    found = pool(frame({"q": [0.7]}), method)["q"]
    if method not in ("extremised", "bayes"):
        assert found == pytest.approx(0.7)
    assert 0.5 < found < 0.85


@pytest.mark.parametrize("method", RULES)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_order_of_rows_and_labels_do_not_matter(method, seed):
    rng = np.random.default_rng(seed)
    rows = frame({f"q{j}": list(np.round(rng.random(rng.integers(1, 6)), 2)) for j in range(5)})
    base = pool(rows, method)
    np.testing.assert_allclose(pool(rows.sample(frac=1, random_state=seed % 1000), method), base, rtol=1e-9)
    names = dict(zip("abcdef", rng.permutation(list("uvwxyz"))))
    relabelled = rows.assign(forecaster=rows["forecaster"].map(names), question="z" + rows["question"])
    np.testing.assert_allclose(pool(relabelled, method), base, rtol=1e-9)
    turned = pool(rows.assign(probability=1 - rows["probability"]), method)
    np.testing.assert_allclose(turned, 1 - base, rtol=1e-7)
    assert ((base > 0) & (base < 1)).all()


@pytest.mark.parametrize("method", SIMPLE)
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), rise=st.floats(0.001, 0.5))
def test_rising_in_every_probability(method, seed, rise):
    values = np.random.default_rng(seed).random(7)
    higher = values.copy()
    higher[3] = min(higher[3] + rise, 1.0)
    assert pool(frame({"q": list(higher)}), method)["q"] >= pool(frame({"q": list(values)}), method)["q"] - 1e-12


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.drop(columns="forecaster"), "forecasts lacks the columns forecaster"),
        (lambda d: d.iloc[:0], "forecasts has no rows"),
        (lambda d: d.assign(probability=d["probability"] * 100), r"row 0, column 'probability': .*10.0.* \(and 6 more rows\); must lie in \[0, 1\]; divide percentages by 100"),
        (lambda d: d.assign(probability=d["probability"].where(d.index != 2)), "row 2, column 'probability': .*nan.*; fill it in or drop the row"),
        (lambda d: d.assign(probability=d["probability"] - 0.15), "row 0, column 'probability'"),
        (lambda d: d.assign(probability=d["probability"].astype(str)), "must hold numbers.*pd.to_numeric"),
        (lambda d: d.assign(question=d["question"].where(d.index != 1)), "row 1, column 'question'"),
        (lambda d: d.assign(forecaster="a"), "forecaster 'a' is more than once on question 'q1'"),
        (lambda d: d.assign(date="yesterday"), "column 'date': cannot be read as dates"),
        (lambda d: d.assign(group=["x", "y", "x", "x", "x", "x", "x"]), "question 'q1' stands in two groups"),
    ],
)
def test_bad_forecasts_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        pool(change(frame(CROWD)), "mean")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.drop(columns="outcome"), "train lacks the columns outcome"),
        (lambda d: d.iloc[:0], "train has no rows; leave train out"),
        (lambda d: d.assign(outcome=d["outcome"].where(d["question"] != "t003")), "column 'outcome': .*nan.*drop questions that have not resolved"),
        (lambda d: d.assign(outcome=d["outcome"] + 1), "column 'outcome': .*must be 0 or 1"),
        (lambda d: d.assign(outcome=np.arange(len(d)) % 2), "question 't000' has two outcomes"),
        (lambda d: d.replace({"question": {"t007": "q2"}}), "question 'q2' .* stands in both forecasts and train"),
    ],
)
def test_bad_train_is_refused(change, message):
    for method in ("extremised", "bayes"):
        with pytest.raises(ValueError, match=message):
            pool(frame(CROWD), method, train=change(resolved()))


def test_unknown_methods_and_options_are_refused():
    with pytest.raises(ValueError, match="method must be one of mean, .*got 'vote'"):
        pool(frame(CROWD), "vote")
    with pytest.raises(ValueError, match="'mean' takes the options clip; got exponent"):
        pool(frame(CROWD), "mean", exponent=2)
    for options in ({"clip": 0.6}, {"clip": 0.0}):
        with pytest.raises(ValueError, match="clip must lie strictly between"):
            pool(frame(CROWD), "geometric_odds", **options)
    with pytest.raises(ValueError, match="exponent must be positive"):
        pool(frame(CROWD), "extremised", exponent=-1.0)
    with pytest.raises(ValueError, match="trim must lie"):
        pool(frame(CROWD), "trimmed", trim=0.5)


def test_something_else_than_a_frame_is_refused():
    with pytest.raises(TypeError, match="forecasts must be a DataFrame"):
        pool({"q": 0.5})


def test_the_latest_of_a_forecasters_dated_forecasts_counts():
    rows = pd.DataFrame(
        {
            "question": ["q"] * 4,
            "forecaster": ["a", "a", "a", "b"],
            "probability": [0.9, 0.2, 0.6, 0.4],
            "date": ["2024-01-03", "2024-01-09", "2024-01-05", "2024-01-01"],
        }
    )
    assert pool(rows, "mean")["q"] == pytest.approx(0.3)
    with pytest.raises(ValueError, match="more than once"):
        pool(rows.assign(date="2024-01-03"), "mean")


def test_question_of_another_set_may_share_a_label():
    train = resolved().assign(group="old").replace({"question": {"t007": "q2"}})
    assert len(pool(frame(CROWD, group="new"), "bayes", train=train)) == 2
    with pytest.raises(ValueError, match="stands in both"):
        pool(frame(CROWD, group="old"), "bayes", train=train)
