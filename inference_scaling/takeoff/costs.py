"""What a first AGI might cost to train and to run: a scenario over the trend of training costs and the prices of systems that led."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pymc as pm

from inference_scaling import sampling, tables
from inference_scaling.estimates import Estimate
from inference_scaling.forecasts.dates import DateDistribution, decimal_year

DOCUMENT_DATE = "2025-01-14"
TODAY = "2026-11-22"
DATES = {"2025-01": DOCUMENT_DATE, "today": TODAY}
TRAINING_BOUNDS = (1e9, 1e11)
RUNNING_BOUNDS = (1e6, 1e9)
ORIGIN = 2022.0
LEADERS = 3
# Decades over which either cost might lie before anything is known: a run of 1 million to 10 million million dollars, a copy-year of 100 to a million million.
PRIOR_TRAINING, PRIOR_RUNNING = (1e6, 1e13), (1e2, 1e12)
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


@dataclass(frozen=True)
class Scenario:
    """The scenario with what was public at one date.

    Attributes
    ----------
    inside, training_inside, training_above, running_inside : float
        Shares of the draws: both costs in their ranges, training in its range and above it, running in its range.
    training, running, growth : Estimate
        Billion dollars of training, million dollars a copy-year, factor of growth a year.
    draws : DataFrame
        year, train, run: dates and dollars.
    last_evidence : str
    """

    inside: float
    training_inside: float
    training_above: float
    running_inside: float
    training: Estimate
    running: Estimate
    growth: Estimate
    draws: pd.DataFrame
    last_evidence: str


@dataclass(frozen=True)
class Costs:
    """Results.

    Attributes
    ----------
    at : dict of date to Scenario
    prior : float
        The share inside if both costs were spread evenly over the decades of PRIOR_TRAINING and PRIOR_RUNNING.
    cloud : DataFrame
        For the chart: share of draws by decades of the two costs, today.
    anchors : DataFrame
    variants : DataFrame
        variant, inside, training_above, running_inside: today's scenario with one assumption changed or one system's cost alone.
    """

    at: dict[str, Scenario]
    prior: float
    cloud: pd.DataFrame
    anchors: pd.DataFrame
    variants: pd.DataFrame


def _within(values: np.ndarray, bounds: tuple[float, float]) -> np.ndarray:
    return (values >= bounds[0]) & (values <= bounds[1])


def _share_of(part: tuple[float, float], whole: tuple[float, float]) -> float:
    return float(np.log(part[1] / part[0]) / np.log(whole[1] / whole[0]))


def _scenario(tree, date: str, assumptions: Assumptions) -> Scenario:
    rng = np.random.default_rng(SEED)
    year = np.minimum(agi_date(date).sample(DRAWS, rng), 2100.0)
    train = training_cost(_posterior(tree), year, assumptions, rng)
    run = running_cost(anchors(date)["cost_usd_per_task"].to_numpy(), assumptions, rng)
    trained, ran = _within(train, TRAINING_BOUNDS), _within(run, RUNNING_BOUNDS)
    return Scenario(
        inside=float((trained & ran).mean()),
        training_inside=float(trained.mean()),
        training_above=float((train > TRAINING_BOUNDS[1]).mean()),
        running_inside=float(ran.mean()),
        training=Estimate.from_draws(train / 1e9, "billion USD"),
        running=Estimate.from_draws(run / 1e6, "million USD"),
        growth=Estimate.from_draws(10 ** sampling.draws(tree, "growth", flatten=False), "factor per year"),
        draws=pd.DataFrame({"year": year, "train": train, "run": run}),
        last_evidence=tables.newest("frontier_training", "arc_o3_preview_costs", *(("agi_index_daily",) if date == DOCUMENT_DATE else ("arc_agi_results", "metaculus_cdf")), as_of=date),
    )


def _posterior(tree) -> dict[str, np.ndarray]:
    return {name: sampling.draws(tree, name) for name in ("level", "growth", "scatter")}


def _cloud(draws: pd.DataFrame) -> pd.DataFrame:
    """Share of draws in cells of a quarter of a decade; cells with hardly any are left out."""
    counts, x, y = np.histogram2d(np.log10(draws["train"]), np.log10(draws["run"]), bins=[np.arange(7, 14.25, 0.25), np.arange(3, 11.25, 0.25)])
    cells = [(10 ** x[i], 10 ** x[i + 1], 10 ** y[j], 10 ** y[j + 1], counts[i, j] / len(draws)) for i, j in zip(*np.nonzero(counts > len(draws) / 2000))]
    return pd.DataFrame(cells, columns=["train_low", "train_high", "run_low", "run_high", "share"])


def _variants(posterior: Mapping[str, np.ndarray], year: np.ndarray, systems: pd.DataFrame) -> pd.DataFrame:
    """The scenario once more with one assumption changed, and with the running cost of each system alone."""
    declared, now = Assumptions(), decimal_year(TODAY)
    cases = {"final runs alone": replace(declared, development=(1.0, 1.0)), "spending stops growing": replace(declared, fast_until=(now, now), slowed=(0.0, 0.0))}
    every = systems["cost_usd_per_task"].to_numpy()
    rows = []
    for name, case, costs in [*((name, case, every) for name, case in cases.items()), *((f"run like {row.name}", declared, np.array([row.cost_usd_per_task])) for row in systems.itertuples(index=False))]:
        rng = np.random.default_rng(SEED)
        train, run = training_cost(posterior, year, case, rng), running_cost(costs, case, rng)
        both = _within(train, TRAINING_BOUNDS) & _within(run, RUNNING_BOUNDS)
        rows.append({"variant": name, "inside": both.mean(), "training_above": (train > TRAINING_BOUNDS[1]).mean(), "running_inside": _within(run, RUNNING_BOUNDS).mean()})
    return pd.DataFrame(rows)


def study(assumptions: Assumptions = Assumptions()) -> Costs:
    """Fit the trend of training costs at both dates, and draw the scenario."""
    models = {}
    for when, date in DATES.items():
        runs = tables.load("frontier_training", as_of=date).dropna(subset=["cost_usd_2023"])
        years = runs["published"].dt.year + runs["published"].dt.day_of_year / 365.25
        models[when] = cost_trend(years.to_numpy(), np.log10(runs["cost_usd_2023"].to_numpy()))
    trees = sampling.fit_all({f"training cost, {when}": model for when, model in models.items()}, **SETTINGS)
    at = {when: _scenario(trees[f"training cost, {when}"], date, assumptions) for when, date in DATES.items()}
    today = at["today"].draws
    return Costs(
        at=at,
        prior=_share_of(TRAINING_BOUNDS, PRIOR_TRAINING) * _share_of(RUNNING_BOUNDS, PRIOR_RUNNING),
        cloud=_cloud(today),
        anchors=anchors(TODAY),
        variants=_variants(_posterior(trees["training cost, today"]), today["year"].to_numpy(), anchors(TODAY)),
    )
