"""Surveys on the date of AGI: what the same answers give under different rules, and whose uncertainty a pool's width is.

Data: K. Grace et al. 2024, arXiv:2401.02843 (answers of AI researchers, October 2023), and the Samotsvety group's update of January 2023.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from inference_scaling import sampling, tables
from inference_scaling.estimates import Estimate
from inference_scaling.forecasts.answers import FRAMINGS, answer_model, population_cdf, variance_shares
from inference_scaling.forecasts.date_pools import SCORES, BayesPrior, bayes_law, pool_dates
from inference_scaling.forecasts.dates import FAMILIES, DateDistribution, decimal_year

SURVEY_DATE = decimal_year("2023-10-15")
SAMOTSVETY_DATE = decimal_year("2023-01-21")
TIMES = np.geomspace(0.02, 1e6, 300)
RULES = ("mean of probabilities", "median of probabilities", "geometric mean of odds", "bayes")
BOTH = "both framings"
LABOUR = "full automation of labour"
# Odds of a fitted gamma far out in its tail say nothing about its respondent.
_SUREST = 0.001


def gamma_cdfs(answers: pd.DataFrame, times: np.ndarray = TIMES) -> np.ndarray:
    """Each respondent's fitted probability that the event comes within `times` years, shape (respondents, times)."""
    shape, scale = (answers[name].to_numpy()[:, None] for name in ("gamma_shape", "gamma_scale"))
    return special.gammainc(shape, np.asarray(times) / scale)


def crowd_cdf(answers: pd.DataFrame, rule: str, times: np.ndarray = TIMES) -> np.ndarray:
    """Pooled probability within `times` years of the survey, shape of `times`, by one of `RULES`.

    Raises
    ------
    ValueError
        If there is no answer, or the rule is unknown.
    """
    if len(answers) == 0:
        raise ValueError("crowd_cdf: no answers given; give at least one row")
    if rule not in RULES:
        raise ValueError(f"crowd_cdf: rule is {rule!r}; choose one of {', '.join(RULES)}")
    if rule == "bayes":
        shape, scale = (answers[name].to_numpy()[:, None] for name in ("gamma_shape", "gamma_scale"))
        # From the nearer tail, so that neither end is lost to rounding.
        units = np.where(SCORES < 0, special.gammaincinv(shape, special.ndtr(SCORES)), special.gammainccinv(shape, special.ndtr(-SCORES)))
        law = bayes_law(np.log(np.maximum(scale * units, 1e-6)), np.full(len(answers), 1 / len(answers)), None, BayesPrior())
        return law.cdf(np.asarray(times))
    each = gamma_cdfs(answers, times)
    if rule == "mean of probabilities":
        return each.mean(axis=0)
    if rule == "median of probabilities":
        return np.median(each, axis=0)
    return special.expit(special.logit(np.clip(each, _SUREST, 1 - _SUREST)).mean(axis=0))


def years_until(answers: pd.DataFrame, rule: str, probability: float | np.ndarray) -> np.ndarray:
    """Years from the survey until the pool reaches a probability; linear in log time between the nodes `TIMES`."""
    return _reached(crowd_cdf(answers, rule), probability)


def _reached(cdf: np.ndarray, probability: float | np.ndarray) -> np.ndarray:
    return np.exp(np.interp(probability, cdf, np.log(TIMES)))


def samotsvety_points(row) -> list[tuple[float, float]]:
    """Points (year, probability) of one forecaster of the table, a row as `itertuples` gives it."""
    points = [(2030, row.p_by_2030), (2050, row.p_by_2050), (2100, row.p_by_2100), (row.year_p10, 0.1), (row.year_p50, 0.5), (row.year_p90, 0.9)]
    return [(float(year), p) for year, p in points if not pd.isna(year)]


def samotsvety(family: str = "piecewise") -> list[DateDistribution]:
    """The eight forecasters' distributions."""
    rows = tables.load("samotsvety_forecasters")
    return [DateDistribution.from_points(samotsvety_points(row), row.stated, family=family, name=f"Samotsvety {row.forecaster}") for row in rows.itertuples()]


@dataclass(frozen=True)
class Study:
    """Everything that the section shows.

    Attributes
    ----------
    rules : DataFrame
        crowd, rule, p10, p50, p90 (calendar years): the same answers under different rules.
    first : dict of family to DateDistribution
        One forecaster's statement under each family.
    families : DataFrame
        family, year, probability: the same, for the chart.
    points : DataFrame
        year, probability: what that forecaster stated.
    shares : dict of str to Estimate
        Percent of the variance of log time in the pool of both framings: own, people, framing.
    by_framing : dict of framing -> quantity -> Estimate
        median (years), people and own (standard deviations of log time), noise.
    sensitivity : DataFrame
        assumption, framing, people, own: medians of the shares, percent.
    check : DataFrame
        framing, probability, pooled (years by the published fits), modelled (years by the posterior mean population).
    framing_factor : Estimate
        Median under fixed years over median under fixed probabilities.
    copies : DataFrame
        sources, width: the Bayesian pool of so many who say the same; decades between the outer deciles.
    respondents : int
    headlines : DataFrame
        survey (index), group, event, probability, year, grade: published quantities, those quoted third hand left out.
    """

    rules: pd.DataFrame
    first: dict[str, DateDistribution]
    families: pd.DataFrame
    points: pd.DataFrame
    shares: dict[str, Estimate]
    by_framing: dict[str, dict[str, Estimate]]
    sensitivity: pd.DataFrame
    check: pd.DataFrame
    framing_factor: Estimate
    copies: pd.DataFrame
    respondents: int
    headlines: pd.DataFrame


def study(seed: int = 20231015) -> Study:
    """Pool the surveys by every rule and fit the model of the answers."""
    answers = tables.load("espai_timelines")
    hlmi = answers[answers["question"] == "HLMI"]
    crowds = {BOTH: hlmi} | {framing: hlmi[hlmi["framing"] == framing] for framing in FRAMINGS}
    variants = {"main analysis": {}, "0 and 100 % read as 0.1 and 99.9 %": {"surest": 0.001}}
    models = {f"answers, {name}": answer_model(hlmi, **options) for name, options in variants.items()}
    trees = dict(zip(variants, sampling.fit_all(models, seed=seed, draws=600, tune=400, log_likelihood=False).values()))
    main = trees["main analysis"]
    shares = {name: variance_shares(tree) for name, tree in trees.items()}
    medians = np.exp(sampling.draws(main, "log_median", flatten=False))
    people, own, noise, spread, tilt = (sampling.draws(main, name, flatten=False) for name in ("people", "own", "noise", "own_spread", "tilt"))
    quantities = {"median": (medians, "years"), "people": (np.hypot(people, tilt * spread), ""), "own": (own, ""), "noise": (noise, "")}
    row = next(tables.load("samotsvety_forecasters").itertuples())
    first = {family: DateDistribution.from_points(samotsvety_points(row), row.stated, family=family) for family in FAMILIES}
    return Study(
        rules=pd.concat([_by_rule(crowds | {LABOUR: answers[answers["question"] == "FAOL"]}), _pooled(samotsvety(), "Samotsvety")], ignore_index=True),
        first=first,
        families=_families(first),
        points=pd.DataFrame(samotsvety_points(row), columns=["year", "probability"]),
        shares={name: Estimate.from_draws(100 * share, unit="percent") for name, share in shares["main analysis"].items()},
        by_framing={framing: {name: Estimate.from_draws(draws[..., k], unit=unit) for name, (draws, unit) in quantities.items()} for k, framing in enumerate(FRAMINGS)},
        sensitivity=pd.DataFrame([{"assumption": name, **{part: 100 * float(np.median(share)) for part, share in parts.items()}} for name, parts in shares.items()]),
        check=_check(crowds, main),
        framing_factor=Estimate.from_draws(medians[..., 1] / medians[..., 0]),
        copies=_copies((1, 2, 5, 10, 50, 1000)),
        respondents=len(hlmi),
        headlines=_headlines(tables.load("agi_survey_summary")),
    )


def _by_rule(crowds: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Calendar years of the outer deciles and the median of each crowd under each rule."""
    rows = []
    for crowd, answers in crowds.items():
        for rule in RULES:
            low, middle, high = SURVEY_DATE + years_until(answers, rule, np.array([0.1, 0.5, 0.9]))
            rows.append({"crowd": crowd, "rule": rule, "p10": low, "p50": middle, "p90": high})
    return pd.DataFrame(rows)


def _pooled(panel: list[DateDistribution], crowd: str) -> pd.DataFrame:
    """The same for a panel of distributions; the median of probabilities is left to large crowds."""
    names = {"mean of probabilities": "linear", "geometric mean of odds": "geometric", "mean of years": "quantile", "bayes": "bayes"}
    rows = []
    for rule, method in names.items():
        low, middle, high = pool_dates(panel, method=method).quantile(np.array([0.1, 0.5, 0.9]))
        rows.append({"crowd": crowd, "rule": rule, "p10": low, "p50": middle, "p90": high})
    return pd.DataFrame(rows)


def _families(laws: dict[str, DateDistribution]) -> pd.DataFrame:
    stated = next(iter(laws.values())).stated
    years = stated + np.geomspace(1, 300, 60)
    return pd.concat([pd.DataFrame({"family": family, "year": years, "probability": law.cdf(years)}) for family, law in laws.items()], ignore_index=True)


def _headlines(summary: pd.DataFrame) -> pd.DataFrame:
    shown = summary[summary["confidence"] != "low"].assign(year=summary["year"].astype(int))
    return shown.sort_values(["event", "year", "survey"]).set_index("event")[["survey", "group", "probability", "year", "grade"]]


def _check(crowds: dict[str, pd.DataFrame], tree) -> pd.DataFrame:
    """Years at which the pool reaches a probability, by the published fits and by the model's population."""
    rows = []
    for framing in FRAMINGS:
        modelled, pooled = population_cdf(tree, framing, TIMES), crowd_cdf(crowds[framing], RULES[0])
        for p in (0.1, 0.25, 0.5, 0.75):
            rows.append({"framing": framing, "probability": p, "pooled": float(_reached(pooled, p)), "modelled": float(_reached(modelled, p))})
    return pd.DataFrame(rows)


def _copies(counts: Iterable[int]) -> pd.DataFrame:
    """Width of the Bayesian pool of sources that all say the same."""
    one = DateDistribution.from_point(2035.0, 2025.0, log_sd=1.0)
    rows = []
    for n in counts:
        ends = pool_dates([one] * n, method="bayes").quantile(np.array([0.1, 0.9])) - 2025.0
        rows.append({"sources": n, "width": float(np.log10(ends[1] / ends[0]))})
    stated = one.quantile(np.array([0.1, 0.9])) - 2025.0
    return pd.DataFrame(rows).assign(stated=float(np.log10(stated[1] / stated[0])))
