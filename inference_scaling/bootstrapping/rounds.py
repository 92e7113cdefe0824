"""Rounds of self-improvement: what each adds once the first is set aside, and how much of it is owed to data made by search.

Data: rStar-Math (X. Guan et al. 2025, arXiv:2501.04519), R-Zero (C. Huang et al. 2025, arXiv:2508.05004), ReST-EM (A. Singh et al. 2023, arXiv:2312.06585).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pymc as pm
import pytensor.tensor as pt
from scipy.special import expit, logit, logsumexp
from scipy.stats import norm

from inference_scaling import sampling, tables
from inference_scaling.estimates import Estimate

DOCUMENT_DATE = "2025-01-17"
STUDIES = ("rStar-Math", "R-Zero", "ReST-EM")
FORMS = ("rounds keep a share", "rounds alike")
LAST = 4
GAIN_SD, LUCK, BETWEEN, WITHIN = 0.3, 0.06, 0.15, 0.1
UNCOUNTED, SPREAD = 0.02, 0.2
SETTINGS = {"draws": 1000, "tune": 800, "target_accept": 0.985, "log_likelihood": False}


def fitted_rows() -> pd.DataFrame:
    """Mean log odds over a study's benchmarks after each round from the first on: networks alone, and with their own search.

    A search that keeps the first network is left out: it shares its first round and its judges with the full search. The error is the problems' binomial one where their number is known, else `UNCOUNTED`, that of a few thousand.

    Returns
    -------
    DataFrame
        study, series (text), index, round, y, error (logits), available_from.
    """
    rows = tables.load("selfplay_rounds")
    rows = rows[rows["mode"].isin(["network alone", "search"]) & (rows["round"] >= 1)]
    problems = rows["problems"].astype(float)
    rate = (rows["score"] / 100 * problems.fillna(1e4) + 0.5) / (problems.fillna(1e4) + 1)
    rows = rows.assign(series=rows["study"] + ", " + rows["model"] + ", " + rows["mode"], y=logit(rate), variance=(1 / (problems * rate * (1 - rate))).fillna(0.0))
    means = rows.groupby(["study", "series", "round"], sort=False).agg(y=("y", "mean"), variance=("variance", "sum"), benchmarks=("y", "size"), available_from=("available_from", "max")).reset_index()
    return means.assign(error=(np.sqrt(means["variance"]) / means["benchmarks"]).where(means["variance"] > 0, UNCOUNTED), index=pd.factorize(means["series"])[0])


@dataclass(frozen=True)
class Design:
    """Rows of one fit and the shape of the full set.

    Attributes
    ----------
    rows : DataFrame
        As `fitted_rows`, or a part of them.
    study_of_series : ndarray of int
    linear : bool
        Whether every round adds alike.
    """

    rows: pd.DataFrame
    study_of_series: np.ndarray
    linear: bool


def design(every: pd.DataFrame, rows: pd.DataFrame, form: str) -> Design:
    """Design of a form on a part of the rows; refuses an unknown form."""
    if form not in FORMS:
        raise ValueError(f"form must be one of {', '.join(FORMS)}; got {form!r}")
    first = every.drop_duplicates("index").sort_values("index")
    return Design(rows, first["study"].map(STUDIES.index).to_numpy(), form == FORMS[1])


def steps(turn: np.ndarray) -> np.ndarray:
    """Whether a round lies at least one, two, three rounds beyond the first, shape (rows, 3)."""
    return (np.asarray(turn)[:, None] > np.arange(1, LAST)).astype(float)


def rounds_model(data: Design) -> pm.Model:
    r"""Mean log odds of a series s over its benchmarks after round r.

    .. math:: y_{sr} = a_s + g_s (\rho + \dots + \rho^{r-2}) + \ell_{sr} + e_{sr}, \qquad y_{s1} = a_s - g_s + \ell_{s1} + e_{s1}

    a: level after the second round; g: what the second round adds; every further one adds a part :math:`\rho` of the one before, of its study (one in the linear rival);
    :math:`\ell`: luck of one trained network, the same on all its benchmarks; e: binomial error of the problems, where their number is known.

    Parameters
    ----------
    data : Design

    Notes
    -----
    Priors, in logits: a N(0, 2); a study's gain N(common, between), common N(0, 0.3), between LogNormal(log 0.15, 0.4), so that gains and losses are alike likely beforehand; a series'
    gain about its study's N(0, 0.1); luck LogNormal(log 0.06, 0.6), between half a point and four near one half; :math:`\rho` Beta(2, 2).
    """
    rows, series = data.rows, len(data.study_of_series)
    with pm.Model() as model:
        y = pm.Data("y", rows["y"].to_numpy())
        known = pm.Data("known_error", rows["error"].to_numpy())
        index = pm.Data("index", rows["index"].to_numpy())
        beyond = pm.Data("beyond", steps(rows["round"]))
        linear = pm.Data("linear", float(data.linear))
        level = pm.Normal("level", 0, 2, shape=series)
        common = pm.Normal("common", 0, GAIN_SD)
        between = pm.LogNormal("between", np.log(BETWEEN), 0.4)
        study = pm.Deterministic("study_gain", common + between * pm.Normal("study_z", 0, 1, shape=len(STUDIES)))
        gain = pm.Deterministic("gain", study[data.study_of_series] + WITHIN * pm.Normal("series_z", 0, 1, shape=series))
        luck = pm.LogNormal("luck", np.log(LUCK), 0.6)
        kept = pm.Beta("kept", 2, 2, shape=len(STUDIES))
        ratio = (linear + (1 - linear) * kept)[data.study_of_series][index]
        shape = beyond[:, 0] + beyond[:, 1] * ratio + beyond[:, 2] * ratio**2
        pm.Normal("score", level[index] + gain[index] * (shape - 1), pt.sqrt(known**2 + luck**2), observed=y)
    return model


def total_gain(draws: dict[str, np.ndarray], study_of_series: np.ndarray, study: int, linear: bool, turn: int = LAST) -> np.ndarray:
    """Gain in logits from the first round to a later one, mean of a study's series, shape (S,).

    Parameters
    ----------
    draws : dict
        gain (S, series), kept (S, studies).
    """
    ratio = np.ones(len(draws["kept"])) if linear else draws["kept"][:, study]
    return draws["gain"][:, study_of_series == study].mean(axis=1) * sum(ratio**j for j in range(turn - 1))


def forward_score(draws: dict[str, np.ndarray], data: Design, later: pd.DataFrame, seed: int = 5) -> tuple[float, pd.DataFrame]:
    """Joint log density, nats, of each series' last round given the earlier ones, and the forecasts in per cent of the mean log odds."""
    rng, index = np.random.default_rng(seed), later["index"].to_numpy()
    ratio = np.ones((len(draws["kept"]), len(index))) if data.linear else draws["kept"][:, data.study_of_series[index]]
    beyond = steps(later["round"])
    mean = draws["level"][:, index] + draws["gain"][:, index] * (beyond[:, 0] - 1 + beyond[:, 1] * ratio + beyond[:, 2] * ratio**2)
    error = np.sqrt(later["error"].to_numpy() ** 2 + draws["luck"][:, None] ** 2)
    score = float(logsumexp(norm.logpdf(later["y"].to_numpy(), mean, error).sum(axis=1)) - np.log(len(mean)))
    low, middle, high = np.quantile(mean + error * rng.standard_normal(mean.shape), [0.05, 0.5, 0.95], axis=0)
    return score, later.assign(low=100 * expit(low), forecast=100 * expit(middle), high=100 * expit(high), score=100 * expit(later["y"]))


def borrowed_share(rows: pd.DataFrame, size: int = 4000, seed: int = 3) -> Estimate:
    """Part of rStar-Math's gain of the network alone, in points averaged over benchmarks, that came in the round taught by a larger model; problems' error only."""
    rng = np.random.default_rng(seed)
    part = rows[(rows["study"] == "rStar-Math") & (rows["mode"] == "network alone")]
    table, problems = part.pivot_table(index="benchmark", columns="round", values="score"), part.groupby("benchmark")["problems"].first().astype(float)
    drawn = {r: rng.beta(table[r] / 100 * problems + 0.5, (1 - table[r] / 100) * problems + 0.5, (size, len(problems))).mean(axis=1) for r in (0, 1, LAST)}
    return Estimate.from_draws(100 * (drawn[1] - drawn[0]) / (drawn[LAST] - drawn[0]), "per cent")


ABLATIONS = ("next round", "all from the base")
CONTROLS = ("samples ranked by a reward model", "random samples")


def ablation_contrasts(rows: pd.DataFrame, scores: pd.DataFrame, measure: str, without: str = CONTROLS[0]) -> pd.DataFrame:
    """By benchmark: how far training without search falls short of half the gain, and its error, in logits.

    The share owed to search is (with - without) / (with - before). It exceeds one half where (with + before) / 2 - without is above zero.

    Parameters
    ----------
    rows : DataFrame
        The table data_ablation.
    scores : DataFrame
        The table selfplay_rounds.
    measure : {"next round", "all from the base"}
        What counts as before: the network of the third round, which made the data, or the base model, which is trained on them.
    without : str
        Data that stand for no search.

    Returns
    -------
    DataFrame
        benchmark, contrast, error, with_search, without, before (logits).
    """
    if measure not in ABLATIONS:
        raise ValueError(f"measure must be one of {', '.join(ABLATIONS)}; got {measure!r}")
    table, problems = rows.pivot_table(index="benchmark", columns="data", values="score"), rows.groupby("benchmark")["problems"].first().astype(float)
    alone = scores[(scores["study"] == "rStar-Math") & (scores["mode"] == "network alone") & (scores["round"] == (LAST - 1 if measure == ABLATIONS[0] else 0))].set_index("benchmark")["score"]

    def odds(value: pd.Series) -> tuple[pd.Series, pd.Series]:
        rate = (value / 100 * problems + 0.5) / (problems + 1)
        return logit(rate), 1 / (problems * rate * (1 - rate))

    (a, va), (b, vb), (c, vc) = odds(table["search"]), odds(table[without]), odds(alone.loc[table.index])
    return pd.DataFrame({"contrast": (a + c) / 2 - b, "error": np.sqrt(va / 4 + vc / 4 + vb), "with_search": a, "without": b, "before": c}).reset_index()


def contrast_probability(table: pd.DataFrame, luck_sd: np.ndarray, seed: int = 9) -> tuple[float, np.ndarray]:
    """P(mean contrast over benchmarks > 0) and its draws, shape (S,).

    Normal means with a spread between benchmarks (grid, HalfNormal(0.2)); mean N(0, 0.5). Three networks were trained once each: their luck enters with weights one half, one half, one.

    Parameters
    ----------
    luck_sd : ndarray, shape (S,)
        Draws of the luck of one training run, from `rounds_model`.
    """
    rng = np.random.default_rng(seed)
    spread = np.linspace(0.005, 0.8, 160)
    variance = table["error"].to_numpy()[:, None] ** 2 + spread**2
    precision = (1 / variance).sum(axis=0)
    mean = (table["contrast"].to_numpy()[:, None] / variance).sum(axis=0) / precision
    log_weight = norm.logpdf(spread, 0, SPREAD) - 0.5 * np.log(variance).sum(axis=0) - 0.5 * np.log(precision) - 0.5 * ((table["contrast"].to_numpy()[:, None] - mean) ** 2 / variance).sum(axis=0)
    chosen = rng.choice(len(spread), len(luck_sd), p=np.exp(log_weight - logsumexp(log_weight)))
    noise = 1 / precision[chosen] + 1.5 * luck_sd**2
    post = 1 / (1 / noise + 1 / 0.25)
    draws = post * mean[chosen] / noise + np.sqrt(post) * rng.standard_normal(len(luck_sd))
    return float((draws > 0).mean()), draws


@dataclass(frozen=True)
class Study:
    """Results of the two sections; gains in logits unless said.

    Attributes
    ----------
    probabilities, priors : dict
        rounds_gain: date -> form -> P(S); form -> 0.5.
    gain : dict of date -> Estimate
        Logits from round 1 to round 4, saturating form.
    rising : (steps up, steps)
        Single steps of rStar-Math after the first round, by benchmark and use.
    kept : dict of study -> Estimate
        Part of the gain of one round that the next adds.
    rest : Estimate
        All rounds of rStar-Math after the fourth, beside the second, if each keeps the same part; per cent.
    luck, ablation_luck : Estimate
    another : float
        P(later rounds gain) in a study not seen yet, saturating form, today.
    by_study : DataFrame
        study, median, low, high: gain of the second round.
    log_scores : dict of form -> float
    forecasts : DataFrame
        Last rounds forecast, saturating form.
    covered : (inside, rows)
    borrowed : Estimate
    points : DataFrame
        series, round, score: means over benchmarks for the chart.
    ablation_probabilities, ablation_priors : dict of control -> P(search-made data owe more than half of the next round)
    ablation_contrast, ablation_share : dict
        Estimate of the contrast in logits; share of gains, ratio of means over benchmarks.
    ablation : DataFrame
        data, score: mean over benchmarks.
    ablation_base : float
        P(more than half) of the whole gain since the base model, filtered samples as the control: another question than S.
    challenger_share : float
        R-Zero: share of the first gain that a trained challenger adds.
    last_evidence : dict of date -> str
    """

    probabilities: dict
    priors: dict
    gain: dict
    rising: tuple
    kept: dict
    rest: Estimate
    luck: Estimate
    ablation_luck: Estimate
    another: float
    by_study: pd.DataFrame
    log_scores: dict
    forecasts: pd.DataFrame
    covered: tuple
    borrowed: Estimate
    points: pd.DataFrame
    ablation_probabilities: dict
    ablation_priors: dict
    ablation_contrast: dict
    ablation_share: dict
    ablation: pd.DataFrame
    ablation_base: float
    challenger_share: float
    last_evidence: dict


def study(seed: int = 20250117) -> Study:
    """Fit both forms at both dates and without last rounds; judge the ablation."""
    every, table = fitted_rows(), tables.load("selfplay_rounds")
    then = every[every["available_from"] <= DOCUMENT_DATE]
    final = every["round"] == every.groupby("series")["round"].transform("max")
    sets = {"today": every, "2025-01": then, "earlier": every[~final]}
    designs = {(when, form): design(every, rows, form) for when, rows in sets.items() for form in FORMS}
    trees = sampling.fit_all({f"rounds, {when}, {form}": rounds_model(data) for (when, form), data in designs.items()}, seed=seed, **SETTINGS)
    draws = {key: {name: sampling.draws(tree, name) for name in ("level", "gain", "kept", "luck", "study_gain", "common", "between")} for key, tree in zip(designs, trees.values(), strict=True)}
    gains = {key: total_gain(found, designs[key].study_of_series, 0, designs[key].linear) for key, found in draws.items()}
    forward = {form: forward_score(draws["earlier", form], designs["earlier", form], every[final]) for form in FORMS}
    main, ablation = draws["today", FORMS[0]], tables.load("data_ablation")
    luck = draws["2025-01", FORMS[0]]["luck"]
    contrasts = {control: ablation_contrasts(ablation, table, ABLATIONS[0], control) for control in CONTROLS}
    judged = {control: contrast_probability(part, luck) for control, part in contrasts.items()}
    from_base = ablation_contrasts(ablation, table, ABLATIONS[1])
    rng = np.random.default_rng(seed)
    other = main["common"] + main["between"] * rng.standard_normal(len(main["common"]))
    low, middle, high = np.quantile(main["study_gain"], [0.05, 0.5, 0.95], axis=0)
    return Study(
        probabilities={when: {form: float((gains[when, form] > 0).mean()) for form in FORMS} for when in ("2025-01", "today")},
        priors=dict.fromkeys(FORMS, 0.5),
        gain={when: Estimate.from_draws(gains[when, FORMS[0]].reshape(4, -1), "logits") for when in ("2025-01", "today")},
        rising=_rising(table),
        kept={name: Estimate.from_draws(main["kept"][:, i].reshape(4, -1)) for i, name in enumerate(STUDIES)},
        rest=Estimate.from_draws((100 * main["kept"][:, 0] ** (LAST - 1) / (1 - main["kept"][:, 0])).reshape(4, -1), "per cent"),
        luck=Estimate.from_draws(main["luck"].reshape(4, -1), "logits"),
        ablation_luck=Estimate.from_draws(luck.reshape(4, -1), "logits"),
        another=float((other > 0).mean()),
        by_study=pd.DataFrame({"study": STUDIES, "low": low, "median": middle, "high": high}),
        log_scores={form: score for form, (score, _) in forward.items()},
        forecasts=forward[FORMS[0]][1],
        covered=(int(forward[FORMS[0]][1].eval("low <= score and score <= high").sum()), int(final.sum())),
        borrowed=borrowed_share(table),
        points=_chart(table),
        ablation_probabilities={control: p for control, (p, _) in judged.items()},
        ablation_priors=dict.fromkeys(CONTROLS, 0.5),
        ablation_contrast={control: Estimate.from_draws(d.reshape(4, -1), "logits") for control, (_, d) in judged.items()},
        ablation_share={name: float((part["with_search"] - part["without"]).mean() / (part["with_search"] - part["before"]).mean()) for name, part in (contrasts | {"base": from_base}).items()},
        ablation=ablation.groupby("data", sort=False)["score"].mean().reset_index(),
        ablation_base=contrast_probability(from_base, luck)[0],
        challenger_share=_challenger(table),
        last_evidence={"2025-01": f"{then['available_from'].max():%Y-%m-%d}", "today": f"{every['available_from'].max():%Y-%m-%d}"},
    )


def _rising(table: pd.DataFrame) -> tuple[int, int]:
    rows = table[(table["study"] == "rStar-Math") & table["mode"].isin(["network alone", "search"]) & (table["round"] >= 1)].sort_values("round")
    step = rows.groupby(["mode", "benchmark"])["score"].diff().dropna()
    return int((step > 0).sum()), len(step)


def _chart(table: pd.DataFrame) -> pd.DataFrame:
    """Mean over benchmarks after each round, for series of three rounds or more; rStar-Math starts from its base."""
    kept = table[table["mode"].isin(["network alone", "search"]) & (table["study"] != "ReST-EM")]
    names = {"network alone": "network alone", "search": "with its own search"}
    return kept.groupby(["study", "model", "mode", "round"])["score"].mean().reset_index().assign(series=lambda t: t["study"] + ", " + t["model"] + ", " + t["mode"], use=lambda t: t["mode"].map(names))


def _challenger(table: pd.DataFrame) -> float:
    rows = table[table["study"] == "R-Zero"]
    keys = ["model", "benchmark"]
    control = rows[rows["mode"] == "control"].set_index(keys)["score"]
    base, first = (rows[(rows["mode"] == "network alone") & (rows["round"] == r)].set_index(keys)["score"] for r in (0, 1))
    return float((first - control).mean() / (first - base).mean())
