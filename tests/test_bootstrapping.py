"""Rounds, teachers and students, the growth simulator, laboratories and lags: known answers, recovery of simulated truth, refusals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special, stats

from inference_scaling import sampling, tables
from inference_scaling.bootstrapping import amplify, distilled, leads, rounds


# ------------------------------------------------------------------ rounds
@pytest.fixture(scope="module")
def every() -> pd.DataFrame:
    return rounds.fitted_rows()


def test_problem_counts_fit_the_printed_scores():
    rows = tables.load("selfplay_rounds").dropna(subset=["problems"])
    solved = rows["score"] / 100 * rows["problems"].astype(float)
    off = (solved - solved.round()).abs() / rows["problems"].astype(float) * 100
    informative = rows["problems"] < 600
    assert informative.sum() > 45
    # At random, scores with one decimal would agree in about a quarter of the cells.
    assert (off[informative] <= 0.05).mean() > 0.9


def test_rounds_after_the_first_use_no_borrowed_round(every):
    assert every["round"].min() == 1
    assert "search, first network" not in " ".join(every["series"])
    assert every.groupby("series")["round"].nunique().min() >= 2


def test_steps_and_total_gain():
    assert rounds.steps(np.array([1, 2, 4])).tolist() == [[0, 0, 0], [1, 0, 0], [1, 1, 1]]
    draws = {"gain": np.array([[0.4, 0.2]]), "kept": np.array([[0.5]])}
    of = np.array([0, 0])
    assert rounds.total_gain(draws, of, 0, linear=False)[0] == pytest.approx(0.3 * 1.75)
    assert rounds.total_gain(draws, of, 0, linear=True)[0] == pytest.approx(0.3 * 3)


def test_an_unknown_form_is_refused(every):
    with pytest.raises(ValueError, match="form must be one of"):
        rounds.design(every, every, "cubic")


@pytest.mark.slow
@pytest.mark.parametrize(("true_gain", "kept"), [(0.4, 0.5), (0.0, 0.5)])
def test_a_known_gain_is_recovered(every, true_gain, kept):
    rng = np.random.default_rng(2)
    shape = rounds.steps(every["round"]) @ np.array([1, kept, kept**2])
    fake = every.assign(y=-0.5 + true_gain * shape + np.hypot(every["error"], 0.03) * rng.standard_normal(len(every)))
    design = rounds.design(every, fake, rounds.FORMS[0])
    tree = sampling.fit(rounds.rounds_model(design), seed=4, **rounds.SETTINGS)
    found = {name: sampling.draws(tree, name) for name in ("gain", "kept")}
    total = rounds.total_gain(found, design.study_of_series, 0, linear=False)
    truth = true_gain * (1 + kept + kept**2)
    assert abs(total.mean() - truth) < 3 * total.std()
    assert total.std() < 0.2


def test_share_owed_to_search_by_hand():
    counts = {"A": 1000}
    data = pd.DataFrame([{"data": name, "benchmark": "A", "problems": counts["A"], "score": score} for name, score in (("search", 60.0), (rounds.CONTROLS[0], 55.0), (rounds.CONTROLS[1], 50.0))])
    scores = pd.DataFrame([{"study": "rStar-Math", "mode": "network alone", "round": r, "benchmark": "A", "score": s} for r, s in ((3, 50.0), (0, 20.0))])
    row = rounds.ablation_contrasts(data, scores, "next round").iloc[0]
    share = (row["with_search"] - row["without"]) / (row["with_search"] - row["before"])
    assert share == pytest.approx((special.logit(0.6) - special.logit(0.55)) / special.logit(0.6), abs=0.01)
    assert (row["contrast"] > 0) == (share > 0.5)
    with pytest.raises(ValueError, match="measure must be one of"):
        rounds.ablation_contrasts(data, scores, "last round")


def test_contrast_probability_agrees_with_the_conjugate_answer():
    table = pd.DataFrame({"contrast": np.full(400, 0.05), "error": np.full(400, 0.4)})
    p, draws = rounds.contrast_probability(table, np.full(4000, 1e-6))
    assert draws.mean() == pytest.approx(0.05, abs=0.005)
    assert p == pytest.approx(stats.norm.cdf(0.05 / draws.std()), abs=0.03)


# ------------------------------------------------------------------ teachers and students
def test_pooled_share_agrees_with_the_integral():
    holds, trials = np.array([1.3, 0.2]), np.array([2.0, 3.0])

    def density(m: float) -> float:
        c = distilled.CONCENTRATIONS
        log = (special.betaln(holds[:, None] + m * c, (trials - holds)[:, None] + (1 - m) * c) - special.betaln(m * c, (1 - m) * c)).sum(axis=0)
        return float((np.exp(log) * stats.norm.pdf(np.log(c), np.log(2), 1)).sum())

    mean = integrate.quad(lambda m: m * density(m), 0, 1)[0] / integrate.quad(density, 0, 1)[0]
    assert distilled.pooled(holds, trials)[0] @ distilled.MEANS == pytest.approx(mean, abs=2e-3)


def test_without_pairs_the_share_is_even():
    assert distilled.pooled(np.zeros(0), np.zeros(0))[0] @ distilled.MEANS == pytest.approx(0.5)


def test_a_tie_counts_half_and_a_dear_student_fails():
    row = {"group": "own search", "teacher": "a", "student": "b", "benchmark": "c", "teacher_score": 50.0, "student_score": 50.0, "unit": "percent", "problems": 100.0, "cost_ratio": 0.05}
    found = distilled.judged(pd.DataFrame([row, row | {"cost_ratio": 0.5}, row | {"unit": "elo", "teacher_score": 2000.0, "student_score": 2400.0}]))
    assert found["holds"].tolist()[:2] == [pytest.approx(0.5), 0]
    assert found["holds"].iloc[2] > 0.99 and found["difference"].iloc[2] == pytest.approx(np.log(10))


def test_an_unknown_pool_is_refused():
    with pytest.raises(ValueError, match="pool must be one of"):
        distilled.probability(pd.DataFrame(), "all")


# ------------------------------------------------------------------ growth schedule
def one(**changes: float) -> amplify.Assumptions:
    values = {"uptake": 0.5, "room": 1.0, "per_decade": 0.5, "taught": 0.5, "training": 0.2, "budget": 10.0} | changes
    return amplify.Assumptions(**{name: np.array([float(value)]) for name, value in values.items()})


def test_fixed_size_follows_the_differential_equation():
    given = one(uptake=0.3, room=2.5, budget=8.0)
    found = amplify.simulate(given, amplify.PLANS["fixed size"], steps=2000)[-1, 0]
    solved = integrate.solve_ivp(lambda _, s: 0.3 * np.clip(2.5 - s, 0, 1), (0, 8), [0.0], rtol=1e-9, atol=1e-9)
    assert found == pytest.approx(solved.y[0, -1], abs=2e-3)


def test_the_number_of_steps_does_not_matter():
    given = amplify.Assumptions(**{name: np.linspace(*limits, 40) for name, limits in {"uptake": (0.1, 1.1), "room": (0.4, 4), "per_decade": (0.2, 1.5), "taught": (0, 1), "training": (0.05, 0.5), "budget": (3, 30)}.items()})
    for plan in amplify.PLANS.values():
        coarse, fine = (amplify.simulate(given, plan, steps)[-1] for steps in (amplify.STEPS, 1000))
        assert np.abs(coarse - fine).max() < 0.1
        assert np.abs(coarse - fine).mean() < 0.03


def test_a_plan_without_growth_or_distillation_is_the_fixed_size():
    given = one()
    assert amplify.simulate(given, amplify.Plan(0.0, 0.0, False))[-1] == amplify.simulate(given, amplify.PLANS["fixed size"])[-1]


def test_growth_costs_what_the_plan_may_spend(monkeypatch):
    seen = []
    monkeypatch.setattr(amplify, "learn", lambda skill, teacher, ceiling, uptake, generations: (seen.append(float(np.ravel(generations)[0])), skill)[1])
    given = one()
    amplify.simulate(given, amplify.Plan(-1.0, 0.5, True))
    sizes = 10 ** np.linspace(-1, 0.5, amplify.STEPS)
    # A generation of distillation costs training alone.
    assert np.dot(seen[: amplify.STEPS], sizes) + float(given.training[0]) * sum(seen[amplify.STEPS :]) == pytest.approx(10)


def test_teaching_at_the_end_never_harms_a_fixed_size():
    given = amplify.assume(500, seed=3)
    last, plain = (amplify.simulate(given, amplify.PLANS[name])[-1] for name in ("fixed size, then distil", "fixed size"))
    assert (last > plain).mean() > 0.95


@settings(max_examples=60, deadline=None)
@given(uptake=st.floats(0.01, 1.2), room=st.floats(0.3, 5), per_decade=st.floats(0.1, 2), taught=st.floats(0, 1), training=st.floats(0.05, 0.5), budget=st.floats(3, 30))
def test_skill_never_falls_nor_passes_its_ceiling(uptake, room, per_decade, taught, training, budget):
    given_ = one(uptake=uptake, room=room, per_decade=per_decade, taught=taught, training=training, budget=budget)
    for name, plan in amplify.PLANS.items():
        path = amplify.simulate(given_, plan)[:, 0]
        play = path[: amplify.STEPS + 1]
        assert (np.diff(play) >= -1e-9).all(), name
        assert play[-1] <= room + per_decade * plan.peak + 1e-9
        if plan.distil:
            assert path[-1] <= max(room + taught, path[amplify.STEPS + 1]) + 1e-9


def test_with_nothing_to_learn_from_search_all_plans_stand_still():
    given = one(uptake=0.0)
    assert amplify.simulate(given, amplify.PLANS["fixed size"])[-1, 0] == 0
    assert amplify.simulate(given, amplify.PLANS["large throughout, then distil"])[-1, 0] == 0


def test_a_higher_taught_ceiling_helps_only_those_who_are_taught():
    low, high = one(taught=0.0, budget=20.0), one(taught=1.0, budget=20.0)
    for name, plan in amplify.PLANS.items():
        change = amplify.simulate(high, plan)[-1, 0] - amplify.simulate(low, plan)[-1, 0]
        assert change > 0.3 if plan.distil else change == 0, name


@pytest.mark.parametrize(("changes", "message"), [({"budget": -1}, "budget must lie in"), ({"training": 1.2}, "training must lie in"), ({"uptake": 3}, "uptake must lie in"), ({"room": np.nan}, "room must lie in")])
def test_impossible_assumptions_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        one(**changes)


@pytest.mark.parametrize(("plan", "message"), [((4, 5, True), "start and peak"), ((0.5, 0.0, True), "peak must not"), ((0.0, 0.5, False), "peak must be 0")])
def test_impossible_plans_are_refused(plan, message):
    with pytest.raises(ValueError, match=message):
        amplify.Plan(*plan)


def test_calibration_recovers_a_planted_network(monkeypatch):
    table = tables.load("selfplay_rounds")
    star = table[(table["study"] == "rStar-Math") & table["mode"].isin(["network alone", "search"]) & (table["round"] >= 1)].copy()
    star["problems"] = 100_000
    truth, room, skill = 0.4, 0.8, 0.0
    for r in (1, 2, 3, 4):
        star.loc[(star["mode"] == "network alone") & (star["round"] == r), "score"] = 100 * special.expit(skill)
        star.loc[(star["mode"] == "search") & (star["round"] == r), "score"] = 100 * special.expit(skill + 1)
        skill = float(amplify.learn(np.array([skill]), np.array([skill + 1]), np.array([room]), np.array([truth]), np.array([1.0]))[0])
    monkeypatch.setattr(amplify.tables, "load", lambda name: star)
    uptake, found = amplify.calibrate(4000, seed=1)
    assert np.quantile(uptake, 0.05) < truth < np.quantile(uptake, 0.95)
    assert np.quantile(found, 0.05) < room < np.quantile(found, 0.95)
    assert abs(np.median(uptake) - truth) < 0.1


# ------------------------------------------------------------------ leads
def leaders(*rows: tuple[str, str, float]) -> pd.DataFrame:
    return pd.DataFrame([{"benchmark": "b", "model": f"m{i}", "laboratory": lab, "released": pd.Timestamp(day), "score": score} for i, (lab, day, score) in enumerate(rows)])


def test_lags_by_hand():
    rows = leaders(("A", "2024-01-01", 10), ("B", "2024-02-01", 20), ("B", "2024-02-11", 25), ("A", "2024-03-02", 22), ("A", "2024-05-01", 30))
    found = leads.lags(rows)
    assert found["model"].tolist() == ["m1", "m2"]
    assert found["days"].tolist() == [30, 80]
    assert not found["censored"].any()
    early = leads.lags(rows, as_of="2024-03-12")
    assert early["days"].tolist() == [30, 30] and early["censored"].tolist() == [False, True]
    assert leads.lags(rows, step=6)["model"].tolist() == ["m1"]


def test_product_limit_by_hand():
    times, left = leads.product_limit(np.array([1, 2, 2, 4]), np.array([False, False, True, False]))
    assert times.tolist() == [1, 2, 4]
    assert left == pytest.approx([0.75, 0.5, 0.0])


def test_compute_share():
    assert leads.compute_share(np.array([0.3]), np.array([0.3]))[0] == pytest.approx(0.5)
    assert leads.compute_share(np.array([0.6]), np.array([0.3]))[0] == pytest.approx(0.8)


def test_an_unknown_law_is_refused():
    with pytest.raises(ValueError, match="law must be one of"):
        leads.lag_model(pd.DataFrame(), "gamma")


@pytest.mark.parametrize("law", leads.LAWS)
def test_likelihood_of_lags_is_the_survival_likelihood(law):
    rows = pd.DataFrame({"benchmark": ["x", "x"], "model": ["a", "a"], "days": [90, 400], "censored": [False, True]})
    model = leads.lag_model(rows, law)
    point = {"mu": 5.5, "benchmark_sd_log__": np.log(0.3), "total_sd_log__": 0.5 * np.log(0.4**2 + 0.7**2), "leader_part_logodds__": np.log(0.4**2 / 0.7**2), "benchmark_z": np.array([0.2]), "leader_z": np.array([-0.5])}
    centre = 5.5 + 0.3 * 0.2 - 0.4 * 0.5
    law_ = stats.norm(centre, 0.7) if law == "log-normal" else stats.gumbel_l(centre - 0.7 * np.log(np.log(2)), 0.7)
    assert law_.median() == pytest.approx(centre)
    expected = law_.logpdf(np.log(90)) + law_.logsf(np.log(400))
    potential = model.compile_fn(model.replace_rvs_by_values(model.potentials), inputs=model.value_vars, on_unused_input="ignore")
    assert float(np.sum(potential(point))) == pytest.approx(expected, abs=1e-8)


@pytest.mark.slow
def test_a_known_median_lag_is_recovered_although_half_is_censored():
    rng = np.random.default_rng(8)
    models = np.repeat(np.arange(60), 3)
    log_days = np.log(200) + 0.4 * rng.standard_normal(60)[models] + 0.8 * rng.standard_normal(180)
    limit = rng.uniform(60, 400, 180)
    days = np.exp(log_days)
    rows = pd.DataFrame({"benchmark": np.tile(["x", "y", "z"], 60), "model": models, "days": np.minimum(days, limit), "censored": days > limit})
    assert 0.3 < rows["censored"].mean() < 0.7
    mu = sampling.draws(sampling.fit(leads.lag_model(rows, leads.LAWS[0]), seed=6, **leads.SETTINGS), "mu")
    assert abs(mu.mean() - np.log(200)) < 3 * mu.std()
    assert np.log(rows["days"]).median() < mu.mean() - mu.std()


@pytest.mark.slow
def test_known_spreads_of_laboratories_are_recovered():
    rng = np.random.default_rng(9)
    lab = np.repeat(np.arange(30), 5)
    alpha, v = 0.5 * rng.standard_normal(30), 0.3 * rng.standard_normal(30)
    years = rng.uniform(-1.5, 1.5, 150)
    compute = 0.3 * years + v[lab] + 0.4 * rng.standard_normal(150)
    index = 130 + 9 * (compute + alpha[lab]) + 6 * years + 2 * rng.standard_normal(150)
    models = pd.DataFrame({"laboratory": lab.astype(str), "released": pd.Timestamp("2024-07-01") + pd.to_timedelta(years * leads.YEAR, "D"), "index": index, "log10_flop": compute + 24.5})
    stock = pd.DataFrame({"h100e": 10 ** (6 + 0.4 * rng.standard_normal(12)), "log_error": 0.1})
    tree = sampling.fit(leads.laboratory_model(models, stock), seed=6, **(leads.SETTINGS | {"draws": 2500}))
    for name, truth in {"algorithms_sd": 0.5, "training_sd": 0.3, "chips_sd": 0.4, "slope": 9.0}.items():
        draws = sampling.draws(tree, name)
        assert abs(draws.mean() - truth) < 3 * draws.std(), name


def test_published_price_ratios():
    prices = tables.load("r1_against_o1").set_index("quantity")
    ratio = prices["o1"] / prices["r1"]
    assert ratio["GPQA Diamond, prices of 2025-01"] == pytest.approx(76.30 / 4.03, rel=0.001)
    assert ratio["GPQA Diamond, prices of 2025-03"] == pytest.approx(76.30 / 3.47, rel=0.002)
    assert ratio["list price, output"] == pytest.approx(60 / 2.19)
    assert ratio[ratio.index.str.startswith("list")].between(10, 40).all()


@pytest.mark.slow
def test_studies_agree_with_their_tables():
    grown = amplify.study(size=4000)
    assert grown.best["share"].sum() == pytest.approx(1)
    bands = grown.by_budget[grown.by_budget["taught"] != "no"]
    whole = (bands["share"] * bands["draws"]).sum() / bands["draws"].sum()
    assert whole == pytest.approx(grown.share["today"]["fixed size"], abs=0.01)
    today = amplify.assume(4000, 20250120)
    assert amplify.advantage(replace(today, taught=np.zeros(4000))).mean() < amplify.advantage(today).mean()
