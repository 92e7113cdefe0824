"""What a first AGI might cost to train and to run, and what laboratories spend on running their flagships beside training them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import pymc as pm
import pytensor.tensor as pt

from inference_scaling import sampling, tables
from inference_scaling.estimates import Estimate
from inference_scaling.forecasts.dates import DateDistribution

DOCUMENT_DATE = "2025-01-14"
TODAY = "2026-11-22"
TODAY_YEAR = 2026.9
DATES = {"2025-01": DOCUMENT_DATE, "today": TODAY}
TRAINING_BOUNDS = (1e9, 1e11)
RUNNING_BOUNDS = (1e6, 1e9)
SPEND_SHARE = 0.1
SHARE_BOUNDS = (0.03, 0.1, 0.3, 1.0)
ORIGIN = 2022.0
LEADERS = 3
# Decades over which either cost might lie before anything is known: a run of 1 million to 10 million million dollars, a copy-year of 100 to a million million.
PRIOR_TRAINING, PRIOR_RUNNING = (1e6, 1e13), (1e2, 1e12)
Z90 = 1.645
NO_WEIGHT = 1e3
RANGES = {"ranges as stated": 1.0, "ranges twice as wide": 2.0}
DRAWS = 20_000
SEED = 20240912
SETTINGS = {"draws": 1000, "tune": 1000, "target_accept": 0.98, "log_likelihood": False}


@dataclass(frozen=True)
class Assumptions:
    """The scenario's space; ranges are drawn evenly in logs where they span more than a factor of 3.

    Attributes
    ----------
    development : (float, float)
        All research and training of a model over its final run: from nothing else to the tenfold of OpenAI's 2024 bill over its final runs.
    fast_until : (float, float)
        Year after which spending on the largest runs grows at `slowed` of its former rate in logs: chips, power and revenue have limits.
    slowed : (float, float)
    ceiling : (float, float)
        US dollars that nobody exceeds for one model: a thousandth to two hundredths of the world's yearly product of about 100 million million.
    minutes : (float, float)
        Time that a person needs for one ARC-AGI task; no solving times are published.
    hours : (float, float)
        Hours that a copy works in a year: from an office year to round the clock.
    """

    development: tuple[float, float] = (1.0, 10.0)
    fast_until: tuple[float, float] = (2026.0, 2032.0)
    slowed: tuple[float, float] = (0.1, 0.5)
    ceiling: tuple[float, float] = (1e11, 2e12)
    minutes: tuple[float, float] = (1.0, 10.0)
    hours: tuple[float, float] = (2000.0, 8760.0)


def cost_trend(years: np.ndarray, log10_cost: np.ndarray) -> pm.Model:
    """Cost of the final run of the dearest models over time.

    log10 cost_i ~ Normal(level + growth t_i, scatter), t in years since 2022, cost in US dollars of 2023. Priors: level ~ N(6.5, 1), a run of 2022 for 0.3 to 30 million;
    growth ~ N(0.4, 0.3) decades a year, from none to tenfold (published: 0.38); scatter ~ half-normal(0.5).

    Parameters
    ----------
    years, log10_cost : ndarray, shape (runs,)
    """
    with pm.Model() as model:
        t = pm.Data("years", years - ORIGIN)
        y = pm.Data("log10_cost", log10_cost)
        level = pm.Normal("level", 6.5, 1.0)
        growth = pm.Normal("growth", 0.4, 0.3)
        pm.Normal("seen", level + growth * t, pm.HalfNormal("scatter", 0.5), observed=y)
    return model


def training_cost(posterior: Mapping[str, np.ndarray], year: np.ndarray, assumptions: Assumptions, rng: np.random.Generator) -> np.ndarray:
    """US dollars for the training of a model that appears in `year`, shape (draws,); the dearest of LEADERS laboratories, all development counted."""
    size = len(year)
    level, growth, scatter = (np.resize(posterior[name], size) for name in ("level", "growth", "scatter"))
    end = np.clip(rng.uniform(*assumptions.fast_until, size), ORIGIN, None)
    effective = np.minimum(year, end) - ORIGIN + np.maximum(year - end, 0) * rng.uniform(*assumptions.slowed, size)
    final = level + growth * effective + scatter * rng.standard_normal((size, LEADERS)).max(axis=1)
    ceiling = np.exp(rng.uniform(*np.log(assumptions.ceiling), size))
    return np.minimum(10**final * np.exp(rng.uniform(*np.log(assumptions.development), size)), ceiling)


def running_cost(cost_per_task: np.ndarray, assumptions: Assumptions, rng: np.random.Generator, size: int = DRAWS) -> np.ndarray:
    """US dollars a year for one copy that costs, an hour of human work, what one of the systems in `cost_per_task` cost when it was announced; shape (size,).

    Raises
    ------
    ValueError
        If a cost is not positive.
    """
    costs = np.asarray(cost_per_task, dtype=float)
    if costs.size == 0 or not (costs > 0).all():
        raise ValueError(f"cost_per_task must hold positive US dollars, got {costs.tolist()}")
    minutes = np.exp(rng.uniform(*np.log(assumptions.minutes), size))
    hours = np.exp(rng.uniform(*np.log(assumptions.hours), size))
    return rng.choice(costs, size) / minutes * 60 * hours


def typical_year(cost_per_task: float, assumptions: Assumptions = Assumptions()) -> float:
    """US dollars a year for a copy at one cost a task, with minutes and hours in the middle of their ranges (geometric)."""
    minutes, hours = (float(np.sqrt(low * high)) for low, high in (assumptions.minutes, assumptions.hours))
    return cost_per_task / minutes * 60 * hours


def anchors(as_of: str) -> pd.DataFrame:
    """Costs of a task of o3-preview's two settings and of each later system that broke its record on ARC-AGI: name, cost_usd_per_task."""
    preview = tables.load("arc_o3_preview_costs", as_of=as_of)
    preview = preview[preview["basis"] == "first prices"].dropna(subset=["cost_usd_per_task"])
    found = [{"name": f"o3-preview, {row.setting}", "cost_usd_per_task": row.cost_usd_per_task} for row in preview.itertuples()]
    record = preview["score"].max()
    later = tables.load("arc_agi_results", as_of=as_of).sort_values(["release_date", "score"])
    best = later[later["cost_usd_per_task"].gt(0)].groupby("release_date").tail(1)
    best = best[best["score"] > best["score"].cummax().shift(fill_value=0).clip(lower=record)]
    found += [{"name": row.model, "cost_usd_per_task": row.cost_usd_per_task} for row in best.itertuples()]
    return pd.DataFrame(found)


def agi_date(as_of: str) -> DateDistribution:
    """When AGI comes, given that it has not: the combined index of platforms in 2025-01, Metaculus' first general AI today."""
    if as_of == DOCUMENT_DATE:
        last = tables.load("agi_index_daily", as_of=as_of).iloc[-1]
        stated = DateDistribution.from_quantiles({0.1: last["p10"] + 0.5, 0.5: last["p50"] + 0.5, 0.9: last["p90"] + 0.5}, as_of, name="combined index")
        return stated.given_not_by(as_of)
    rows = tables.load("metaculus_cdf", as_of=as_of).query("question == 5121")
    return DateDistribution.from_probabilities(dict(zip(rows["year"], rows["probability"], strict=True)), rows["statement_date"].iloc[0], name="Metaculus 5121").given_not_by(as_of)


def spend_model(log10_ratio: np.ndarray, error: np.ndarray, laboratory: np.ndarray) -> pm.Model:
    """Inference on a flagship over its training, as accounts put it.

    log10 ratio_i ~ Normal(theta_lab(i), error_i), theta_lab ~ Normal(typical, between), laboratories integrated out. Priors: typical ~ N(-1, 1), as likely below a tenth as above;
    between ~ half-normal(0.5), laboratories differ by a factor of 3, commonly.

    Parameters
    ----------
    log10_ratio, error : ndarray, shape (accounts,)
    laboratory : sequence of str, shape (accounts,)
    """
    same = np.equal.outer(np.asarray(laboratory), np.asarray(laboratory)).astype(float)
    with pm.Model() as model:
        error = pm.Data("error", error)
        typical = pm.Normal("typical", -1.0, 1.0)
        between = pm.HalfNormal("between", 0.5)
        pm.MvNormal("seen", typical * np.ones(len(same)), cov=between**2 * same + pt.diag(error**2), observed=log10_ratio)
    return model


def ratios(accounts: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Middle and standard error of log10 of inference over training, where the range of each account holds it with 90 %."""
    low = np.log10(accounts["inference_low"] / accounts["training_high"]).to_numpy()
    high = np.log10(accounts["inference_high"] / accounts["training_low"]).to_numpy()
    return (low + high) / 2, (high - low) / 2 / Z90


@dataclass(frozen=True)
class Costs:
    """Results, by date where they are dicts.

    Attributes
    ----------
    inside, prior : dict of date to float, float
        Share of the assumption space with both costs in their ranges; the share if both were spread evenly over the decades of PRIOR_TRAINING and PRIOR_RUNNING.
    training_inside, training_above, running_inside : dicts of date to float
    training, running, growth : dicts of date to Estimate
        Million dollars of training, million dollars a copy-year, factor of growth a year.
    cloud : DataFrame
        For the chart: share of draws by decades of the two costs, today.
    anchors : DataFrame
    variants : DataFrame
        variant, inside, training_above, running_inside: today's scenario with one assumption changed or one system's cost alone.
    spend : dict of date to dict of model to float
        P(S) for the typical laboratory.
    following : dict of date to float
        The same for a laboratory not seen yet.
    spend_prior : dict of model to float
    ratio : dict of date to Estimate
    accounts : DataFrame
        With ratio, low, high.
    neighbours : dict of bound to probability
    without : dict of account to probability that the typical ratio exceeds the bound when it is left out.
    """

    inside: dict[str, float]
    prior: float
    training_inside: dict[str, float]
    training_above: dict[str, float]
    running_inside: dict[str, float]
    training: dict[str, Estimate]
    running: dict[str, Estimate]
    growth: dict[str, Estimate]
    cloud: pd.DataFrame
    anchors: pd.DataFrame
    variants: pd.DataFrame
    following: dict[str, float]
    spend: dict[str, dict[str, float]]
    spend_prior: dict[str, float]
    ratio: dict[str, Estimate]
    accounts: pd.DataFrame
    neighbours: dict[float, float]
    without: dict[str, float] = field(default_factory=dict)


def _variants(posterior: Mapping[str, np.ndarray], year: np.ndarray, systems: pd.DataFrame) -> pd.DataFrame:
    """The scenario once more with one assumption changed, and with the running cost of each system alone."""
    declared = Assumptions()
    cases = {"final runs alone": replace(declared, development=(1.0, 1.0)), "spending stops growing": replace(declared, fast_until=(TODAY_YEAR, TODAY_YEAR), slowed=(0.0, 0.0))}
    every = systems["cost_usd_per_task"].to_numpy()
    rows = []
    for name, case, costs in [*((name, case, every) for name, case in cases.items()), *((f"run like {row.name}", declared, np.array([row.cost_usd_per_task])) for row in systems.itertuples(index=False))]:
        rng = np.random.default_rng(SEED)
        train, run = training_cost(posterior, year, case, rng), running_cost(costs, case, rng)
        both = _within(train, TRAINING_BOUNDS) & _within(run, RUNNING_BOUNDS)
        rows.append({"variant": name, "inside": both.mean(), "training_above": (train > TRAINING_BOUNDS[1]).mean(), "running_inside": _within(run, RUNNING_BOUNDS).mean()})
    return pd.DataFrame(rows)


def _within(values: np.ndarray, bounds: tuple[float, float]) -> np.ndarray:
    return (values >= bounds[0]) & (values <= bounds[1])


def _share_of(part: tuple[float, float], whole: tuple[float, float]) -> float:
    return float(np.log(part[1] / part[0]) / np.log(whole[1] / whole[0]))


def _spend(accounts: pd.DataFrame, used: np.ndarray, wider: float = 1.0) -> pm.Model:
    """Accounts that are not used get an error that leaves them no weight, so that one compiled model serves all subsets."""
    middle, error = ratios(accounts)
    return spend_model(middle, np.where(used, wider * error, NO_WEIGHT), accounts["laboratory"])


def study(assumptions: Assumptions = Assumptions()) -> Costs:
    """Fit the trend of training costs and the split, and draw the scenario."""
    accounts = tables.load("flagship_inference", as_of=TODAY)
    models = {}
    for when, date in DATES.items():
        runs = tables.load("frontier_training", as_of=date).dropna(subset=["cost_usd_2023"])
        years = runs["published"].dt.year + runs["published"].dt.day_of_year / 365.25
        models[f"training cost, {when}"] = cost_trend(years.to_numpy(), np.log10(runs["cost_usd_2023"].to_numpy()))
        known = (accounts["available_from"] <= date).to_numpy()
        models |= {f"spend, {when}, {name}": _spend(accounts, known, wider) for name, wider in RANGES.items()}
    models |= {f"spend without {name}": _spend(accounts, (accounts["account"] != name).to_numpy()) for name in accounts["account"]}
    trees = sampling.fit_all(models, **SETTINGS)
    inside, training_inside, training_above, running_inside, training, running, growth, spend, following, ratio = ({} for _ in range(10))
    for when, date in DATES.items():
        rng = np.random.default_rng(SEED)
        posterior = {name: sampling.draws(trees[f"training cost, {when}"], name) for name in ("level", "growth", "scatter")}
        year = np.minimum(agi_date(date).sample(DRAWS, rng), 2100.0)
        train = training_cost(posterior, year, assumptions, rng)
        run = running_cost(anchors(date)["cost_usd_per_task"].to_numpy(), assumptions, rng)
        training_inside[when], running_inside[when] = float(_within(train, TRAINING_BOUNDS).mean()), float(_within(run, RUNNING_BOUNDS).mean())
        training_above[when] = float((train > TRAINING_BOUNDS[1]).mean())
        inside[when] = float((_within(train, TRAINING_BOUNDS) & _within(run, RUNNING_BOUNDS)).mean())
        training[when], running[when] = Estimate.from_draws(train / 1e9, "billion USD"), Estimate.from_draws(run / 1e6, "million USD")
        growth[when] = Estimate.from_draws(10 ** sampling.draws(trees[f"training cost, {when}"], "growth", flatten=False), "factor per year")
        typical = {name: sampling.draws(trees[f"spend, {when}, {name}"], "typical", flatten=False) for name in RANGES}
        spend[when] = {name: float((values > np.log10(SPEND_SHARE)).mean()) for name, values in typical.items()}
        stated = typical["ranges as stated"]
        between = sampling.draws(trees[f"spend, {when}, ranges as stated"], "between", flatten=False)
        following[when] = float((stated + between * rng.standard_normal(stated.shape) > np.log10(SPEND_SHARE)).mean())
        ratio[when] = Estimate.from_draws(10**stated, "inference over training")
    counts, x, y = np.histogram2d(np.log10(train), np.log10(run), bins=[np.arange(7, 14.25, 0.25), np.arange(3, 11.25, 0.25)])
    cells = [(10 ** x[i], 10 ** x[i + 1], 10 ** y[j], 10 ** y[j + 1], counts[i, j] / DRAWS) for i, j in zip(*np.nonzero(counts > DRAWS / 2000))]
    middle, error = ratios(accounts)
    shown = accounts.assign(ratio=10**middle, low=10 ** (middle - Z90 * error), high=10 ** (middle + Z90 * error))
    # The typical ratio is Normal(-1, 1) in decades before data, and the statement asks for more than -1.
    prior = dict.fromkeys(RANGES, 0.5)
    return Costs(
        inside=inside, prior=_share_of(TRAINING_BOUNDS, PRIOR_TRAINING) * _share_of(RUNNING_BOUNDS, PRIOR_RUNNING), training_inside=training_inside, training_above=training_above, running_inside=running_inside, training=training, running=running, growth=growth,
        cloud=pd.DataFrame(cells, columns=["train_low", "train_high", "run_low", "run_high", "share"]), anchors=anchors(TODAY),
        spend=spend, spend_prior=prior, following=following, ratio=ratio, accounts=shown, variants=_variants(posterior, year, anchors(TODAY)),
        neighbours={bound: float((stated > np.log10(bound)).mean()) for bound in SHARE_BOUNDS},
        without={name: float((sampling.draws(trees[f"spend without {name}"], "typical") > np.log10(SPEND_SHARE)).mean()) for name in accounts["account"]},
    )  # fmt: skip
