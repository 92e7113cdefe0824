import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_scaling import claims
from inference_scaling.claims import DATA_SILENT, ClaimError, label
from inference_scaling.estimates import Estimate

A_CLAIM = "scaling.log_linear_test"
E = Estimate(1.0, 0.0, 2.0, unit="points")


def ask(p, p0, grade="A", models=None):
    return label(p, p0, models or [p], grade)


@pytest.mark.parametrize(
    ("p", "p0", "expected"),
    [
        (0.95, 0.5, "supported"),
        (0.90, 0.5, "supported"),
        (0.89, 0.5, "leaning"),
        (0.70, 0.5, "leaning"),
        (0.69, 0.5, "open"),
        (0.31, 0.5, "open"),
        (0.30, 0.5, "leaning against"),
        (0.11, 0.5, "leaning against"),
        (0.10, 0.5, "contradicted"),
        (0.95, 0.90, DATA_SILENT),
        (0.05, 0.10, DATA_SILENT),
    ],
)
def test_thresholds(p, p0, expected):
    assert ask(p, p0) == expected


def test_one_doubting_model_stops_support_and_contradiction():
    assert ask(0.92, 0.5, models=[0.99, 0.65]) == "leaning"
    assert ask(0.92, 0.5, models=[0.99, 0.70]) == "supported"
    assert ask(0.08, 0.5, models=[0.01, 0.35]) == "leaning against"


def test_grades_cap():
    assert ask(0.99, 0.5, "B") == "leaning"
    assert ask(0.01, 0.5, "B") == "leaning against"
    assert ask(0.37, 0.5, "C") == "holds in 37 % of the stated assumption space"


@given(st.floats(0, 1), st.floats(0, 1), st.sampled_from("ABC"))
def test_label_mirrors(p, p0, grade):
    mirror = {"supported": "contradicted", "leaning": "leaning against", "open": "open", DATA_SILENT: DATA_SILENT}
    mirror |= {v: k for k, v in mirror.items()}
    near = any(abs(x - t) < 1e-9 for x in (p, 1 - p) for t in (0.9, 0.7, 0.3, 0.1)) or abs(abs(p - p0) - 0.1) < 1e-9
    if grade != "C" and not near:
        assert ask(1 - p, 1 - p0, grade) == mirror[ask(p, p0, grade)]


def test_weights_follow_log_scores():
    w = claims.weights({"a": -1000.0, "b": -1001.0})
    assert w["a"] / w["b"] == pytest.approx(2.718281828)
    assert sum(w.values()) == pytest.approx(1)


def test_assess_averages():
    equal = claims.assess(A_CLAIM, as_of="2025-01", probabilities={"q": 0.9, "l": 0.5}, priors={"q": 0.4, "l": 0.2}, estimate=E, last_evidence="2024-09-12")
    assert equal.probability == 0.7
    assert equal.prior == 0.3
    assert equal.probability_range == (0.5, 0.9)
    scored = claims.assess(
        A_CLAIM, as_of="today", probabilities={"q": 0.9, "l": 0.5}, priors={"q": 0.4, "l": 0.2}, estimate=E, last_evidence="2024-09-12", log_scores={"q": 0.0, "l": -50.0}
    )
    assert scored.probability == 0.9
    assert claims.MIME in scored._repr_mimebundle_()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"as_of": "2024"}, "as_of must be one of"),
        ({"probabilities": {"q": 1.2}}, "outside"),
        ({"probabilities": {}}, "names no model"),
        ({"priors": {"other": 0.5}}, "same models"),
        ({"log_scores": {"other": 0.5}}, "same models"),
    ],
)
def test_bad_input(change, message):
    good = {"as_of": "today", "probabilities": {"q": 0.5}, "priors": {"q": 0.5}, "estimate": E, "last_evidence": "2024-09-12"}
    with pytest.raises(ClaimError, match=message):
        claims.assess(A_CLAIM, **(good | change))


def test_unknown_claim_offers_neighbours():
    with pytest.raises(ClaimError, match="scaling.log_linear_test"):
        claims.claim("scaling.log_linear")


def test_records():
    checks = pd.DataFrame({"item": ["a", "b"], "claimed": [100.0, 50.0], "found": [100.9, 52.0], "tolerance": [0.01, 0.01]})
    assert claims.assess_record("scaling.o3_records", as_of="today", checks=checks, last_evidence="2025-01-01").verdict == "matches in 1 of 2 figures"
    with pytest.raises(ClaimError, match="tolerance"):
        claims.assess_record("scaling.o3_records", as_of="today", checks=checks.drop(columns="tolerance"), last_evidence="2025-01-01")


def test_no_data():
    assert claims.no_data("scaling.jagged", as_of="2025-01", reason="none published").verdict == claims.NO_DATA
    assert claims.no_data("scaling.jagged", as_of="today", reason="none published").verdict == claims.NO_DATA_NOW
