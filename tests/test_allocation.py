"""The split of compute: trade-off theory, and the quadrature against simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_scaling import allocation, tables

DECADES = st.floats(0.05, 20)


def test_jones_plane_gives_the_published_split():
    plane = tables.load("training_inference_tradeoffs").set_index("technique").loc["Elo plane (Hex)"]
    share = allocation.training_share(plane["training_decades"], plane["inference_decades"])
    assert share == pytest.approx(0.545, abs=5e-4)
    assert 1 - share == pytest.approx(0.455, abs=5e-4)


def test_equal_exchange_gives_equal_split():
    assert allocation.training_share(1, 1) == 0.5


@given(DECADES, DECADES)
def test_the_share_is_the_optimum(training, inference):
    share = allocation.training_share(training, inference)
    grid = np.linspace(1e-4, 1 - 1e-4, 4001)
    performance = np.log(grid) / training + np.log1p(-grid) / inference
    assert abs(grid[performance.argmax()] - share) < 5e-4
    assert allocation.inference_to_training(training, inference) == pytest.approx((1 - share) / share)


@given(DECADES, DECADES)
def test_the_split_does_not_depend_on_the_unit_of_the_exchange(training, inference):
    assert allocation.training_share(3 * training, 3 * inference) == pytest.approx(allocation.training_share(training, inference))
    assert allocation.training_share(training, inference) + allocation.training_share(inference, training) == pytest.approx(1)


@pytest.mark.parametrize("bad", [0, -1, np.nan, np.inf])
def test_impossible_exchange_rates_are_refused(bad):
    with pytest.raises(ValueError, match="training_decades must be a positive number"):
        allocation.training_share(bad, 1)


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    table = tables.load("compute_allocation")
    return table[table["kind"] != "outside estimate"]


def test_account_ratios(rows):
    ratio = dict(zip(rows["account"], allocation.account_ratios(rows), strict=True))
    assert ratio["tokens"] == pytest.approx(100 * 365 / (3 * 10_000))
    assert ratio["reported bill"] == pytest.approx(np.sqrt(1.8 * 2 / (4 * 5)))


def test_only_the_token_account_was_public_in_time(rows):
    early = rows[rows["available_from"] <= allocation.DOCUMENT_DATE]
    assert early["kind"].tolist() == ["token arithmetic"]


def test_without_accounts_the_prior_comes_back(rows):
    empty = allocation.fit(rows.iloc[:0])
    rng = np.random.default_rng(0)
    beliefs = allocation.Beliefs()
    size = 400_000
    next_one = rng.normal(beliefs.level_mean, beliefs.level_sd, size) + np.abs(rng.normal(0, beliefs.spread, size)) * rng.normal(size=size)
    assert empty.log_evidence == pytest.approx(0, abs=1e-9)
    assert empty.within() == pytest.approx(np.mean(np.abs(next_one) < np.log(3)), abs=0.006)


def test_quadrature_against_importance_sampling(rows):
    beliefs = allocation.Beliefs()
    rng = np.random.default_rng(1)
    size = 600_000
    level, spread = rng.normal(0, beliefs.level_sd, size), np.abs(rng.normal(0, beliefs.spread, size))
    own = level + spread * rng.normal(size=size)
    shared = np.log(beliefs.shared) / allocation.Z90 * rng.normal(size=size)
    log_weight = np.zeros(size)
    for kind, ratio in zip(rows["kind"], allocation.account_ratios(rows), strict=True):
        sd, omitted = np.log(beliefs.within[kind]) / allocation.Z90, 0.0
        if kind == "token arithmetic":
            sd, omitted = np.hypot(sd, np.log(beliefs.omitted_within) / allocation.Z90), np.log(beliefs.omitted_research)
        error = np.log(ratio) - omitted - own - (shared if kind.endswith("spending") else 0)
        log_weight += -0.5 * (error / sd) ** 2 - np.log(sd * np.sqrt(2 * np.pi))
    weight = np.exp(log_weight)
    following = level + spread * rng.normal(size=size)
    posterior = allocation.fit(rows)
    assert posterior.log_evidence == pytest.approx(np.log(weight.mean()), abs=0.02)
    assert posterior.within() == pytest.approx(np.average(np.abs(following) < np.log(3), weights=weight), abs=0.008)


def test_quantile_inverts_the_distribution(rows):
    posterior = allocation.fit(rows)
    for p in (0.05, 0.5, 0.95):
        assert posterior.cdf(np.log(posterior.quantile(p))) == pytest.approx(p, abs=1e-6)


def test_bad_input_is_refused(rows):
    table = tables.load("compute_allocation")
    with pytest.raises(ValueError, match="no error is stated for accounts of the kind outside estimate"):
        allocation.fit(table)
    with pytest.raises(ValueError, match="several laboratory-years"):
        allocation.fit(rows.assign(period=["2023", "2024", "2024"]))
    with pytest.raises(ValueError, match="needs x above 1"):
        allocation.fit(rows).within(1)


def test_study(rows):
    study = allocation.study()
    posterior = allocation.fit(rows)
    # The outside estimate of 2025 has 480,000 chips on inference and 620,000 on the rest.
    assert posterior.quantile(study.outside_check) == pytest.approx(48 / 62, rel=1e-6)
    assert study.probability["2025-01"][allocation.AGNOSTIC] == pytest.approx(allocation.fit(rows[rows["kind"] == "token arithmetic"]).within())
    sensitivity = study.sensitivity.set_index("assumption")["probability"]
    for band in (2, 5):
        assert sensitivity[f"parity within a factor of {band} instead of 3"] == pytest.approx(posterior.within(band))
    advice = study.advice.set_index("technique").loc["Elo plane (Hex)"]
    assert advice["training_share"] == pytest.approx(0.545, abs=5e-4)
    assert advice["ratio"] == pytest.approx(0.455 / 0.545, abs=2e-3)
