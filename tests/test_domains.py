"""Gains by domain: the scale, the contrast, known effects recovered, and what the tables hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from inference_scaling import domains, sampling, tables

# Scores as published, to three decimals.
SCORE = st.integers(0, 100_000).map(lambda thousandths: thousandths / 1000)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return tables.load("livebench_pairs")


@given(SCORE, SCORE)
def test_gains_are_finite_and_have_the_sign_of_the_difference(base, reasoning):
    for scale in ("logit", "points"):
        gain = float(domains.score_gain(base, reasoning, scale))
        assert np.isfinite(gain)
        assert np.sign(gain) == np.sign(float(domains.proportion(reasoning)) - float(domains.proportion(base)))


def test_scores_outside_the_scale_are_refused():
    with pytest.raises(ValueError, match="0 to 100 percent"):
        domains.proportion([101])


def test_no_toggle_was_public_at_the_documents_date():
    early = tables.load("livebench_pairs", as_of="2025-01-14")
    assert set(early["kind"]) == {"o1 gap"}


def test_published_gain_of_o1_over_gpt4o(table):
    rows = table[(table["release"] == "2024-11-25") & (table["pair"] == "GPT-4o (November 2024) to o1")].set_index("domain")
    points = (rows["reasoning_score"] - rows["base_score"]).round(1)
    assert points.to_dict() == {"reasoning": 35.8, "mathematics": 37.5, "coding": 23.6, "language": 18.0, "instruction following": 16.6, "data analysis": 9.3}


def test_one_toggle_a_model_and_release(table):
    toggles = table[table["kind"] == "toggle"]
    assert toggles.groupby(["release", "pair"])["domain"].nunique().isin([6, 7]).all()


def _draws(size: int = 50) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(2)
    draws = {"domain": rng.normal(size=(size, 7)), "maker": rng.normal(size=(size, 8)), "maker_domain": rng.normal(size=(size, 8, 7))}
    return draws | {f"sd_{name}": np.abs(rng.normal(size=size)) + 0.1 for name in domains.SPREADS}


def test_contrast_is_antisymmetric_and_zero_for_equal_domains():
    draws = _draws()
    forward = domains.contrast(draws, domains.LIVEBENCH, domains.CLOSED, domains.OPEN)
    assert forward == pytest.approx(-domains.contrast(draws, domains.LIVEBENCH, domains.OPEN, domains.CLOSED))
    flat = draws | {"domain": np.repeat(draws["domain"][:, :1], 7, axis=1)}
    assert domains.contrast(flat, domains.LIVEBENCH, domains.CLOSED, domains.OPEN) == pytest.approx(np.zeros(50))


def test_unknown_domain_and_too_heavy_tails_are_refused():
    with pytest.raises(ValueError, match="no slot for poetry"):
        domains.contrast(_draws(), domains.LIVEBENCH, ("poetry",), domains.OPEN)
    with pytest.raises(ValueError, match="no standard deviation"):
        domains.spread_of_gains(_draws(), 2)


def test_heavy_tails_count_in_the_spread():
    draws = _draws() | {f"sd_{name}": np.zeros(50) for name in domains.SPREADS} | {"sd_residual": np.ones(50)}
    assert domains.spread_of_gains(draws, 4) == pytest.approx(np.sqrt(2))


def test_forward_score_of_known_effects(table):
    rows = table[(table["release"] == domains.NEAREST) & (table["kind"] == "toggle") & (table["pair"] == "GPT-5")]
    data = domains.livebench_gains(rows)
    certain = {"domain": np.ones((200, 7)), "maker": np.zeros((200, 8)), "maker_domain": np.zeros((200, 8, 7))}
    certain |= {f"sd_{name}": np.full(200, 1e-12) for name in domains.SPREADS} | {"sd_residual": np.full(200, 0.5)}
    expected = stats.t.logpdf(data.gain, domains.NORMAL, 1, 0.5).sum()
    assert domains.forward_log_score(certain, data, data, np.zeros(len(rows)), seed=1) == pytest.approx(expected, abs=1e-6)


def test_jacobian_brings_points_to_logits(table):
    rows = table.iloc[:5]
    step = 1e-4
    up = rows.assign(reasoning_score=101 * special.expit(special.logit(domains.proportion(rows["reasoning_score"])) + step) - 0.5)
    slope = (domains.score_gain(up["base_score"], up["reasoning_score"], "points") - domains.score_gain(rows["base_score"], rows["reasoning_score"], "points")) / step
    assert domains._log_jacobian(rows, "points") == pytest.approx(np.log(slope), abs=1e-3)


@pytest.mark.slow
def test_known_gains_are_recovered(table):
    rows = table[(table["release"] == domains.NEWEST) & (table["kind"] == "toggle")].reset_index(drop=True)
    rng = np.random.default_rng(11)
    truth = np.array([1.5, 0.0, 1.0, 0.3, 0.6, 0.2, 0.4])
    data = domains.livebench_gains(rows)
    effects = truth[data.domain] + rng.normal(0, 0.2, 20)[data.pair] + rng.normal(0, 0.1, (8, 7))[data.maker, data.domain]
    data = domains.Gains(effects + rng.normal(0, 0.3, len(rows)), data.error, data.domain, data.pair, data.maker, data.domains, data.makers)
    draws = domains.parameters(sampling.fit(domains.gain_model(data), draws=2000, seed=7, target_accept=0.98))
    centred = draws["domain"] - draws["domain"].mean(axis=1, keepdims=True)
    assert (np.abs(centred.mean(axis=0) - (truth - truth.mean())) < 3.5 * centred.std(axis=0)).all()
    assert centred.std(axis=0).max() < 0.35


def test_gap_and_shares_of_single_pairs_by_hand(table):
    def mean_gain(release, pair):
        rows = table[(table["release"] == release) & (table["pair"] == pair) & (table["domain"] != "agentic coding")]
        odds = [[(score + 0.5) / (100.5 - score) for score in rows[column]] for column in ("base_score", "reasoning_score")]
        return np.mean(np.log(odds[1]) - np.log(odds[0]))

    o1 = "GPT-4o (November 2024) to o1"
    gap = domains.o1_gap(table, seed=1, size=40_000)
    assert gap.mean() == pytest.approx(mean_gain(domains.GAP_SET, o1), abs=4 * 0.15 / 200)
    assert gap.std() == pytest.approx(0.15, rel=0.02)
    shares = domains._single_shares(table).set_index("comparison")["share"]
    assert shares["DeepSeek-V3 trained into R1"] == pytest.approx(mean_gain("2024-11-25", "DeepSeek-V3 to R1") / mean_gain("2024-11-25", o1))


def prior_by_simulation(size: int = 200_000) -> dict[str, np.ndarray]:
    """Prior of the contrast in s.d. by number of closed and other domains, and of the toggle's gain over o1's, written down anew."""
    rng = np.random.default_rng(8)
    domain, pair, maker, both, residual = np.exp(rng.normal(np.log(0.4), 0.7, (5, size)))
    z = rng.normal(size=(7, size))
    effect = domain * (z - z.mean(axis=0))
    spread = np.sqrt(pair**2 + maker**2 + both**2 + residual**2 * 1000 / 998)
    mean_gain = rng.normal(0.5, 1, size) + effect[:6].mean(axis=0) + np.sqrt(pair**2 + maker**2 + both**2 / 6) * rng.normal(size=size)
    return {"six": (effect[:3].mean(axis=0) - effect[3:6].mean(axis=0)) / spread, "three": (effect[:2].mean(axis=0) - effect[2]) / spread, "gain": mean_gain}


@pytest.mark.slow
def test_priors_of_the_study_agree_with_simulation():
    study, simulated = domains.study(), prior_by_simulation()
    error = 4 * 0.5 / np.sqrt(8000)
    for name, kind in {domains.NEW_QUESTIONS: "six", domains.OLD_QUESTIONS: "six", domains.BY_VOTES: "three"}.items():
        assert study.prior[name] == pytest.approx(np.mean(simulated[kind] > domains.THRESHOLD_SD), abs=error), name
    gap = study.gap.value + 0.15 * np.random.default_rng(9).normal(size=len(simulated["gain"]))
    for name, p in study.share_prior.items():
        assert p == pytest.approx(np.mean(simulated["gain"] / gap > domains.THRESHOLD_SHARE), abs=error), name


@pytest.mark.slow
def test_table_of_choices_gives_the_probabilities_of_the_verdict():
    study = domains.study()
    choices = study.by_choice.set_index("choice")["probability"]
    assert choices[[domains.NEW_QUESTIONS, domains.OLD_QUESTIONS]].to_dict() == {name: study.probability[name] for name in (domains.NEW_QUESTIONS, domains.OLD_QUESTIONS)}
    assert choices["human votes: mathematics and coding against creative writing"] == study.probability[domains.BY_VOTES]
