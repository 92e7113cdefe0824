"""Surveys: the published pools come back, the model of the answers does what its docstring says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, optimize, special, stats

from inference_scaling import charts, sampling, tables
from inference_scaling.figures import surveys as figures
from inference_scaling.forecasts import pool_dates
from inference_scaling.forecasts import surveys as module
from inference_scaling.forecasts.answers import FRAMINGS, HORIZONS, PROBABILITIES, answer_model, population_cdf, sufficient, variance_shares
from inference_scaling.forecasts.surveys import RULES, crowd_cdf, gamma_cdfs, samotsvety, years_until
from inference_scaling.reported import surveys as reported


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    return tables.load("espai_timelines")


@pytest.fixture(scope="module")
def hlmi(answers) -> pd.DataFrame:
    return answers[answers["question"] == "HLMI"]


def _exact(rows: pd.DataFrame, reduce, probability: float) -> float:
    return optimize.brentq(lambda t: reduce(gamma_cdfs(rows, np.array([t]))[:, 0]) - probability, 1e-3, 1e5)


@pytest.mark.parametrize(
    ("question", "framing", "reduce", "probability", "years"),
    [
        ("HLMI", None, np.mean, 0.1, 4.2),
        ("HLMI", None, np.mean, 0.5, 24.0),
        ("FAOL", None, np.mean, 0.5, 93.0),
        ("HLMI", None, np.median, 0.1, 8.5),
        ("HLMI", "fixed probabilities", np.mean, 0.5, 17.44),
        ("HLMI", "fixed years", np.mean, 0.5, 34.05),
    ],
)
def test_published_pools_of_the_researchers(answers, question, framing, reduce, probability, years):
    rows = answers[(answers["question"] == question) & ((answers["framing"] == framing) | (framing is None))]
    assert _exact(rows, reduce, probability) == pytest.approx(years, abs=0.05)


def test_published_calendar_years(answers, hlmi):
    labour = answers[answers["question"] == "FAOL"]
    years = [module.SURVEY_DATE + _exact(rows, np.mean, p) for rows, p in ((hlmi, 0.1), (hlmi, 0.5), (labour, 0.5))]
    published = tables.load("agi_survey_summary").query("survey == 'ESPAI 2023'").set_index(["event", "probability"])["year"]
    assert [int(year) for year in years] == [
        published["machines do every task better and more cheaply", 0.1],
        published["machines do every task better and more cheaply", 0.5],
        published["full automation of labour", 0.5],
    ]


def test_published_pools_of_samotsvety():
    rows = tables.load("samotsvety_forecasters")
    by = rows[["p_by_2030", "p_by_2050", "p_by_2100"]]
    np.testing.assert_allclose(special.expit(special.logit(by).mean()), [0.30, 0.63, 0.82], atol=0.005)
    np.testing.assert_allclose(by.mean(), [0.31, 0.63, 0.81], atol=0.0051)
    assert int(rows["year_p50"].mean()) == 2041


def test_pools_of_dates_agree_with_the_published_ones_in_every_family():
    years = np.array([2030.0, 2050.0, 2100.0])
    for family in ("piecewise", "lognormal", "gamma"):
        panel = samotsvety(family)
        np.testing.assert_allclose(pool_dates(panel, method="geometric").cdf(years), [0.30, 0.63, 0.82], atol=0.005)
        np.testing.assert_allclose(pool_dates(panel, method="linear").cdf(years), [0.305, 0.625, 0.8075], atol=1e-9)
        assert pool_dates(panel, method="quantile").median == pytest.approx(2041.375)


def test_years_until_agrees_with_root_finding(hlmi):
    for p in (0.1, 0.5, 0.9):
        assert years_until(hlmi, "mean of probabilities", p) == pytest.approx(_exact(hlmi, np.mean, p), rel=2e-3)
        assert years_until(hlmi, "median of probabilities", p) == pytest.approx(_exact(hlmi, np.median, p), rel=5e-3)


def test_every_rule_gives_a_distribution(hlmi):
    for rule in RULES:
        cdf = crowd_cdf(hlmi, rule)
        assert (np.diff(cdf) >= -1e-12).all() and cdf[0] < 0.05 and cdf[-1] > 0.95


def test_crowd_of_copies_is_one_respondent(hlmi):
    copies = pd.concat([hlmi.iloc[[5]]] * 7)
    for rule in RULES[:2]:
        np.testing.assert_allclose(crowd_cdf(copies, rule), gamma_cdfs(hlmi.iloc[[5]])[0])


def test_empty_crowds_and_unknown_rules_are_refused(hlmi):
    with pytest.raises(ValueError, match="no answers given"):
        crowd_cdf(hlmi.iloc[:0], "bayes")
    with pytest.raises(ValueError, match="choose one of mean of probabilities"):
        crowd_cdf(hlmi, "mode")
    with pytest.raises(ValueError, match="no answers with fixed years"):
        sufficient(hlmi[hlmi["framing"] == "fixed probabilities"])


def test_sufficient_statistics_of_exact_answers():
    t = np.exp(3.0 + 0.7 * special.ndtri(PROBABILITIES))
    p = 100 * special.ndtr((np.log(HORIZONS) - 3.0) / 0.7)
    rows = pd.DataFrame([{"framing": FRAMINGS[0], **dict(zip(("answer_1", "answer_2", "answer_3"), t))}] * 3 + [{"framing": FRAMINGS[1], **dict(zip(("answer_1", "answer_2", "answer_3"), p))}])
    found = sufficient(rows)
    np.testing.assert_allclose(found["level"], [-3.0, (np.log(20) - 3.0) / 0.7])
    np.testing.assert_allclose(found["slope"], [0.7, 1 / 0.7])
    np.testing.assert_allclose(found["residual"], [0, 0], atol=1e-12)
    assert found["count"].tolist() == [3, 1]


def _brute_force(y: np.ndarray, framing: int, at: dict[str, float]) -> float:
    """Log density of one respondent's three readings, both latent quantities integrated numerically."""

    def density(mu: float, log_sigma: float) -> float:
        sigma = np.exp(log_sigma)
        if framing == 0:
            likelihood = stats.norm.pdf(y, mu + sigma * special.ndtri(PROBABILITIES), at["noise"] * sigma).prod()
        else:
            likelihood = stats.norm.pdf(y, (np.log(HORIZONS) - mu) / sigma, at["noise"]).prod()
        centre = at["log_median"] + at["tilt"] * (log_sigma - at["log_own"])
        return likelihood * stats.norm.pdf(mu, centre, at["people"]) * stats.norm.pdf(log_sigma, at["log_own"], at["own_spread"])

    low, high = at["log_own"] - 5 * at["own_spread"], at["log_own"] + 5 * at["own_spread"]
    return float(np.log(integrate.dblquad(density, low, high, -4, 12, epsabs=1e-13, epsrel=1e-7)[0]))


@pytest.mark.slow
def test_likelihood_agrees_with_brute_force():
    rows = pd.DataFrame(
        [
            {"framing": FRAMINGS[0], "answer_1": 5.0, "answer_2": 20.0, "answer_3": 50.0},
            {"framing": FRAMINGS[1], "answer_1": 10.0, "answer_2": 40.0, "answer_3": 60.0},
        ]
    )
    readings = (np.log([5.0, 20.0, 50.0]), special.ndtri([0.1, 0.4, 0.6]))
    first = {"log_median": 3.0, "log_own": -0.3, "people": 1.0, "own_spread": 0.5, "tilt": 0.4, "noise": 0.4}
    second = {"log_median": 4.0, "log_own": 0.1, "people": 0.7, "own_spread": 0.4, "tilt": -0.3, "noise": 0.5}
    model = answer_model(rows)
    logp = model.compile_logp(vars=model.potentials)
    positive = {"people", "own_spread", "noise"}
    point = {f"{name}_log__" if name in positive else name: np.full(2, np.log(value) if name in positive else value) for name, value in first.items()}
    other = {f"{name}_log__" if name in positive else name: np.full(2, np.log(value) if name in positive else value) for name, value in second.items()}
    found = float(logp(point)) - float(logp(other))
    expected = sum(_brute_force(y, f, first) - _brute_force(y, f, second) for f, y in enumerate(readings))
    assert found == pytest.approx(expected, abs=2e-3)


@pytest.mark.slow
def test_known_population_is_recovered():
    rng, n = np.random.default_rng(8), 400
    truth = {"log_median": (3.0, 3.7), "log_own": (-0.3, 0.0), "people": (1.0, 0.8), "own_spread": (0.4, 0.3), "tilt": (0.5, 0.0), "noise": (0.3, 0.3)}
    parts = []
    for f, framing in enumerate(FRAMINGS):
        at = {name: value[f] for name, value in truth.items()}
        log_sigma = at["log_own"] + at["own_spread"] * rng.normal(size=n)
        mu = at["log_median"] + at["tilt"] * (log_sigma - at["log_own"]) + at["people"] * rng.normal(size=n)
        sigma, noise = np.exp(log_sigma)[:, None], at["noise"] * rng.normal(size=(n, 3))
        if f == 0:
            y = np.exp(mu[:, None] + sigma * (special.ndtri(PROBABILITIES) + noise))
        else:
            y = 100 * special.ndtr((np.log(HORIZONS) - mu[:, None]) / sigma + noise)
        parts.append(pd.DataFrame(y, columns=["answer_1", "answer_2", "answer_3"]).assign(framing=framing))
    model = answer_model(pd.concat(parts), surest=1e-6, longest=1e9)
    tree = sampling.fit(model, draws=600, tune=400, seed=2, log_likelihood=False)
    for name, value in truth.items():
        draws = sampling.draws(tree, name)
        assert (np.abs(draws.mean(axis=0) - value) < 3.5 * draws.std(axis=0)).all(), name
    shares = variance_shares(tree)
    np.testing.assert_allclose(sum(shares.values()), 1)
    parts = {"own": np.mean([np.exp(2 * a + 2 * b**2) for a, b in zip(truth["log_own"], truth["own_spread"])]), "framing": 0.35**2}
    parts["people"] = np.mean([a**2 + (b * c) ** 2 for a, b, c in zip(truth["people"], truth["tilt"], truth["own_spread"])])
    for name, part in parts.items():
        assert abs(shares[name].mean() - part / sum(parts.values())) < 3.5 * shares[name].std(), name
    modelled = np.interp(0.5, population_cdf(tree, FRAMINGS[0], module.TIMES), np.log(module.TIMES))
    assert modelled == pytest.approx(3.0, abs=0.25)


@pytest.fixture(scope="module")
def study() -> module.Study:
    return module.study()


@pytest.mark.slow
def test_shares_agree_with_the_answers_themselves(study, hlmi):
    """Under fixed probabilities three logarithms per person need no model: spread between the medians, and of each person."""
    rows = hlmi[hlmi["framing"] == FRAMINGS[0]]
    logs = np.log(np.clip(rows[["answer_1", "answer_2", "answer_3"]].to_numpy(), 0.5, 1000))
    people, own = logs.mean(axis=1).std(), np.sqrt(np.mean(((logs[:, 2] - logs[:, 0]) / (2 * special.ndtri(0.9))) ** 2))
    assert study.by_framing[FRAMINGS[0]]["people"].value == pytest.approx(people, rel=0.1)
    assert study.by_framing[FRAMINGS[0]]["own"].value == pytest.approx(own, rel=0.1)


@pytest.mark.slow
def test_study_hands_on_what_it_computed(study, hlmi):
    at = study.rules.set_index(["crowd", "rule"])
    assert at.loc[(module.BOTH, "mean of probabilities"), "p50"] == pytest.approx(module.SURVEY_DATE + 23.96, abs=0.05)
    assert sum(share.value for share in study.shares.values()) == pytest.approx(100, abs=1)
    assert study.framing_factor.low > 1.5
    near = study.check[study.check["probability"] <= 0.5]
    assert (np.abs(np.log(near["modelled"] / near["pooled"])) < 0.16).all()
    assert study.copies["width"].is_monotonic_decreasing and study.copies["width"].iloc[-1] > study.copies["stated"].iloc[0]


@pytest.mark.slow
def test_charts_are_accepted_and_show_what_was_computed(study):
    texts = {"title": "Title", "description": "What is shown and what follows from it, at length.", "source": "Source"}
    rules = charts.figure(figures.rules(study.rules), name="rules", data=study.rules, **texts)
    shapes = charts.figure(figures.shapes(study.families, study.points), name="shapes", data=study.families, **texts)
    drawn = pd.DataFrame(next(iter(rules.spec["datasets"].values())))
    row = drawn[(drawn["asked"] == "asked for years") & (drawn["rule"] == "mean of probabilities")].iloc[0]
    assert row["p50_ahead"] == pytest.approx(17.44, abs=0.05)
    # Every bar lies within the axis, so that none is cut off unseen.
    assert drawn["p10_ahead"].min() > 2 and drawn["p90_ahead"].max() < 500
    assert "svg" in charts.draw(shapes.spec, charts.NARROW)


@pytest.mark.slow
def test_numbers_of_the_page_are_those_of_the_study(study):
    found = reported.numbers(study)
    assert (found["mean_p10"], found["mean_p50"], found["labour"]) == ("2027", "2047", "2116")
    assert found["framing_factor"] is study.framing_factor
    assert int(found["shapes_low"]) < int(found["shapes_high"])
