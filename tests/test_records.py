"""o3's announced records and Codeforces problem by problem."""

import pandas as pd
import pytest

from inference_scaling import claims, records, tables


@pytest.fixture(scope="module")
def study():
    return records.study()


def test_codeforces_figures_of_the_paper(study):
    found = study.codeforces
    reported = tables.load("o3_codeforces")
    assert found.problems == 102
    assert found.attempts == 1162
    assert found.largest_gap <= 0.01
    assert found.solved_after_ranking == 73
    assert reported["pass_at_10"].sum() == pytest.approx(61.8, abs=0.05)
    assert found.expected_unranked == pytest.approx(reported["pass_at_10"].sum(), abs=0.05)
    assert found.pass_at_1 == pytest.approx(0.447, abs=5e-4)


def test_a_ranker_lies_between_chance_and_a_perfect_verifier(study):
    found = study.codeforces
    assert found.expected_unranked < found.solved_after_ranking < found.solved_by_oracle <= found.problems
    assert 0 < found.ranker_share < 1


def test_only_values_of_the_time_are_used(study):
    assert (study.checks["2025-01"]["available_from"] <= pd.Timestamp(records.DOCUMENT_DATE)).all()
    assert "Codeforces rank" in study.missing["2025-01"]
    assert study.missing["today"] == ()


def test_verdict_is_computed_from_the_checks(study):
    verdict = claims.assess_record(records.CLAIM, as_of="2025-01", checks=study.checks["2025-01"], last_evidence=study.last_evidence["2025-01"])
    assert verdict.verdict == f"matches in {int(study.checks['2025-01']['matches'].sum())} of {len(study.checks['2025-01'])} figures"


def test_nearest_admissible_value_is_compared():
    claimed = pd.DataFrame({"item": ["a", "b"], "claimed": [100.0, 5.0]})
    values = pd.DataFrame({"item": ["a", "a", "a"], "role": ["record", "record", "later"], "value": [90.0, 100.9, 100.0]})
    values = values.assign(conditions="c", source="s", grade="primary", available_from=pd.Timestamp("2024-01-01"), system="x", standard_error=float("nan"))
    found = records.checks(claimed, values)
    assert list(found["item"]) == ["a"]
    assert found["found"].item() == 100.9
    assert found["matches"].item()
    for value, matches in ((101.0, True), (101.1, False), (98.9, False)):
        assert records.checks(claimed, values.assign(value=value, role="record"))["matches"].item() == matches, value
    assert records.retests(claimed, values)["change"].item() == pytest.approx(-0.9)
