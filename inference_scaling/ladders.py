"""Effort ladders: what the next tenfold of thinking adds, compared with the tenfold before it.

The statement under test: for a new model on an unsaturated benchmark the next decade of tokens gains something, and at least half of what the
previous decade gained.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pymc as pm
import pytensor.tensor as pt
import xarray as xr
from scipy.special import expit, logsumexp
from scipy.stats import norm

from inference_scaling import sampling, tables
from inference_scaling.estimates import Estimate

HALF = 0.5
UNSATURATED = 90.0
TIGHT = 80.0


@dataclass(frozen=True)
class Rungs:
    """Ladders as arrays: one entry a rung, with the ladder, model and benchmark that it belongs to."""

    ladder: np.ndarray
    z: np.ndarray
    span: np.ndarray
    score: np.ndarray
    model_of: np.ndarray
    benchmark_of: np.ndarray
    ladders: list[str]
    models: list[str]
    benchmarks: list[str]


def rungs(table: pd.DataFrame) -> Rungs:
    """Arrays of a table of ladders.

    Parameters
    ----------
    table
        Columns ladder, model, benchmark, decades, score; z becomes decades above the ladder's highest rung, so at most 0.
    """
    ladder, ladders = pd.factorize(table["ladder"])
    first = table.drop_duplicates("ladder")
    model_of, models = pd.factorize(first["model"])
    benchmark_of, benchmarks = pd.factorize(first["benchmark"])
    z = table["decades"] - table.groupby("ladder")["decades"].transform("max")
    span = -z.groupby(ladder).min().to_numpy()
    return Rungs(ladder, z.to_numpy(), span, table["score"].to_numpy(), model_of, benchmark_of, list(ladders), list(models), list(benchmarks))


def unsaturated(table: pd.DataFrame, limit: float = UNSATURATED) -> pd.DataFrame:
    """Effort ladders on benchmarks where the best other model known at the ladder's date scored below the limit.

    The rule looks at the benchmark before it looks at the ladder, so that a ladder is not dropped for having climbed well.
    """
    return table[(table["method"] == "effort") & (table["best_known"] < limit)].reset_index(drop=True)


def geometric(data: Rungs) -> pm.Model:
    """Each decade gains `keep` times the decade before: score = top + rise (keep^z - 1) / (1 - keep^-span) + noise.

    Parameters
    ----------
    data
        Ladders; z in decades above the highest rung, scores in points. `rise` is the gain over the whole ladder, `top` the score at its highest rung.

    Notes
    -----
    keep = 1 is the straight line, below 1 gains shrink, above 1 they grow; the statement is keep >= 1/2, at any place on the ladder. log keep is a mean plus
    normal parts of the model and of the benchmark. Priors: mean log keep N(log 1/2, 0.7), so that the statement starts even; its spreads
    HalfNormal(0.4), a factor of 1.5 between models; rise N(m, s) with m N(10, 10) and s Gamma(2, 0.2) points, which keeps away from 0; middle of the ladder N(45, 30); noise of a
    benchmark LogNormal(log 2, 0.4) points, less than the binomial error of its problems, which all rungs share.
    """
    with pm.Model(coords=_coords(data)) as model:
        rung, ladder_model, ladder_benchmark, rung_benchmark, z, span = _indices(data)
        log_keep_mean = pm.Normal("log_keep_mean", np.log(HALF), 0.7)
        of_model = pm.HalfNormal("log_keep_model_sd", 0.4) * pm.Normal("log_keep_model", dims="model")
        of_benchmark = pm.HalfNormal("log_keep_benchmark_sd", 0.4) * pm.Normal("log_keep_benchmark", dims="benchmark")
        log_keep = pm.Deterministic("log_keep", log_keep_mean + of_model[ladder_model] + of_benchmark[ladder_benchmark], dims="ladder")
        rise = pm.Normal("rise", pm.Normal("rise_mean", 10, 10), pm.Gamma("rise_sd", 2, 0.2), dims="ladder")
        middle = pm.Normal("middle", 45, 30, dims="ladder")
        top = pm.Deterministic("top", middle + rise / 2, dims="ladder")
        rate = log_keep[rung]
        mean = top[rung] + rise[rung] * pt.expm1(rate * z) / -pt.expm1(-rate * span[rung])
        noise = pm.LogNormal("noise", np.log(2), 0.4, dims="benchmark")
        pm.Normal("score", mean, noise[rung_benchmark], observed=pm.Data("observed", data.score))
    return model


def logistic(data: Rungs) -> pm.Model:
    """Scores saturate: score = 100 ceiling expit(position + steepness z) + noise.

    Parameters
    ----------
    data
        As in `geometric`. `position` is the log-odds, within the ceiling, at the highest rung.

    Notes
    -----
    log steepness is a mean plus normal parts of the model and of the benchmark, as is the logit of the ceiling. Priors: steepness LogNormal(log 1.3, 0.6)
    logits a decade on average, as for o1; mean logit ceiling N(1, 1), most of the scale but seldom all of it; spreads HalfNormal(0.4) and
    HalfNormal(1); position N(m, s) with m N(0, 1) and s HalfNormal(1); noise as in `geometric`.
    """
    with pm.Model(coords=_coords(data)) as model:
        rung, ladder_model, ladder_benchmark, rung_benchmark, z = _indices(data)[:5]
        log_steepness_mean = pm.Normal("log_steepness_mean", np.log(1.3), 0.6)
        of_model = pm.HalfNormal("log_steepness_model_sd", 0.4) * pm.Normal("log_steepness_model", dims="model")
        of_benchmark = pm.HalfNormal("log_steepness_benchmark_sd", 0.4) * pm.Normal("log_steepness_benchmark", dims="benchmark")
        log_steepness = log_steepness_mean + of_model[ladder_model] + of_benchmark[ladder_benchmark]
        steepness = pm.Deterministic("steepness", pm.math.exp(log_steepness), dims="ladder")
        ceiling_mean = pm.Normal("logit_ceiling_mean", 1, 1)
        ceiling_model = pm.HalfNormal("logit_ceiling_model_sd", 1) * pm.Normal("logit_ceiling_model", dims="model")
        ceiling_benchmark = pm.HalfNormal("logit_ceiling_benchmark_sd", 1) * pm.Normal("logit_ceiling_benchmark", dims="benchmark")
        logit_ceiling = ceiling_mean + ceiling_model[ladder_model] + ceiling_benchmark[ladder_benchmark]
        ceiling = pm.Deterministic("ceiling", pm.math.sigmoid(logit_ceiling), dims="ladder")
        offset = pm.HalfNormal("position_sd", 1) * pm.Normal("position_raw", dims="ladder")
        position = pm.Deterministic("position", pm.Normal("position_mean", 0, 1) + offset, dims="ladder")
        noise = pm.LogNormal("noise", np.log(2), 0.4, dims="benchmark")
        mean = 100 * ceiling[rung] * pm.math.sigmoid(position[rung] + steepness[rung] * z)
        pm.Normal("score", mean, noise[rung_benchmark], observed=pm.Data("observed", data.score))
    return model


def _coords(data: Rungs) -> dict[str, list[str]]:
    return {"ladder": data.ladders, "model": data.models, "benchmark": data.benchmarks}


def _indices(data: Rungs) -> list:
    rows = {"rung": data.ladder, "ladder_model": data.model_of, "ladder_benchmark": data.benchmark_of, "rung_benchmark": data.benchmark_of[data.ladder]}
    return [pm.Data(name, values.astype("int64")) for name, values in rows.items()] + [pm.Data("z", data.z), pm.Data("span", data.span)]


def new_ladder(name: str, values: dict[str, np.ndarray], seed: int = 20250114) -> tuple[np.ndarray, np.ndarray]:
    """Draws for a model and a benchmark not seen yet: what the next decade keeps of the last one's gain, and whether that gain was positive.

    Parameters
    ----------
    name
        geometric or logistic.
    values
        Draws of the population's parameters, each of shape (draws,).

    Returns
    -------
    keep, gains : ndarray
        Ratio of the gain over the next decade to the gain over the last one (1), and bool; shape (draws,).
    """
    rng = np.random.default_rng(seed)

    def spread(prefix: str) -> np.ndarray:
        both = np.hypot(values[f"{prefix}_model_sd"], values[f"{prefix}_benchmark_sd"])
        return values[f"{prefix}_mean"] + both * rng.standard_normal(len(both))

    if name == "geometric":
        rise = values["rise_mean"] + values["rise_sd"] * rng.standard_normal(len(values["rise_mean"]))
        return np.exp(spread("log_keep")), rise > 0
    position = values["position_mean"] + values["position_sd"] * rng.standard_normal(len(values["position_mean"]))
    return logistic_keep(position, np.exp(spread("log_steepness"))), np.ones(len(position), bool)


def logistic_keep(position: np.ndarray, steepness: np.ndarray) -> np.ndarray:
    """Gain of the next decade over gain of the last one on a logistic curve, at log-odds `position` within the ceiling; the ceiling cancels."""
    return (expit(position + steepness) - expit(position)) / (expit(position) - expit(position - steepness))


def rung_log_scores(name: str, values: dict[str, np.ndarray], data: Rungs, above: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Log predictive density of one further rung a ladder, in nats, shape (ladders,).

    Parameters
    ----------
    values
        Draws from the fit to `data`; those of ladders have shape (draws, ladders).
    above
        Decades of the further rung above the ladder's highest one in `data`, shape (ladders,).
    score
        Its score in points, shape (ladders,).
    """
    if name == "geometric":
        rate = values["log_keep"]
        mean = values["top"] + values["rise"] * np.expm1(rate * above) / -np.expm1(-rate * data.span)
    else:
        mean = 100 * values["ceiling"] * expit(values["position"] + values["steepness"] * above)
    density = norm.logpdf(score, mean, values["noise"][:, data.benchmark_of])
    return logsumexp(density, axis=0) - np.log(len(density))


MODELS = {"geometric": geometric, "logistic": logistic}
POPULATION = {
    "geometric": ("log_keep_mean", "log_keep_model_sd", "log_keep_benchmark_sd", "rise_mean", "rise_sd"),
    "logistic": ("log_steepness_mean", "log_steepness_model_sd", "log_steepness_benchmark_sd", "position_mean", "position_sd"),
}
LADDER = {"geometric": ("log_keep", "top", "rise", "noise"), "logistic": ("ceiling", "position", "steepness", "noise")}
DATES = {"2025-01": "2025-01-14", "today": None}
SETTINGS = {"draws": 1000, "tune": 1200, "target_accept": 0.985, "log_likelihood": False}


@dataclass(frozen=True)
class Study:
    """Results on effort ladders; models are geometric (primary) and logistic (rival).

    Attributes
    ----------
    probabilities, priors
        P(S) by date and model, and before data by model.
    log_scores
        Summed log score of the last rung of every ladder given the rungs below, by model, in nats.
    keep
        What a new ladder's next decade keeps of the last one's gain, primary model, by date.
    counts
        By date: ladders, models, vendors, benchmarks.
    sensitivity
        On other choices of rows, primary model: P(S), median of keep, and probability that the last gain was positive.
    by_benchmark
        Chart data: median and 90 % interval of keep for a new model on each benchmark, and pooled.
    by_ladder
        Chart data: median keep of each ladder fitted.
    services
        Gain a decade on GPQA Diamond of the same efforts by two services, in points.
    votes
        Points a decade gained by o1-mini through longer thinking and through majority votes.
    last_evidence
        ISO dates of the newest row, by date.
    """

    probabilities: dict[str, dict[str, float]]
    priors: dict[str, float]
    log_scores: dict[str, float]
    keep: dict[str, Estimate]
    counts: dict[str, dict[str, int]]
    sensitivity: pd.DataFrame
    by_benchmark: pd.DataFrame
    by_ladder: pd.DataFrame
    services: pd.DataFrame
    votes: dict[str, float]
    last_evidence: dict[str, str]


def without_last_rung(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Ladders without their highest rung, and that rung with its decades above the next lower one (column above)."""
    rank = table.groupby("ladder")["decades"].rank(method="first", ascending=False)
    below, last = table[rank > 1].reset_index(drop=True), table[rank == 1]
    return below, last.assign(above=last["decades"] - last["ladder"].map(below.groupby("ladder")["decades"].max()))


def _selections(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    base = unsaturated(table)
    thinking = base[base["thinking"]]
    return {
        "settings that think": thinking[thinking.groupby("ladder")["rung"].transform("size") >= 2].reset_index(drop=True),
        "without OpenAI": base[base["vendor"] != "OpenAI"].reset_index(drop=True),
        f"best known below {TIGHT:.0f} %": unsaturated(table, TIGHT),
        "all benchmarks": unsaturated(table, np.inf),
    }


def _draws(tree: xr.DataTree, names: tuple[str, ...]) -> dict[str, np.ndarray]:
    return {name: sampling.draws(tree, name) for name in names}


def _probability(name: str, values: dict[str, np.ndarray]) -> float:
    keep, gains = new_ladder(name, values)
    return float(((keep >= HALF) & gains).mean())


def _row(label: str, rows: pd.DataFrame, tree: xr.DataTree) -> dict[str, object]:
    keep, gains = new_ladder("geometric", _draws(tree, POPULATION["geometric"]))
    return {"rows": label, "ladders": rows["ladder"].nunique(), "P(S)": ((keep >= HALF) & gains).mean(), "keep": np.median(keep), "P(gain > 0)": gains.mean()}


def study() -> Study:
    """Fit the ladders at both dates, without their last rungs, and on other choices of rows."""
    table = tables.load("effort_ladders")
    tables_by_date = {date: unsaturated(tables.load("effort_ladders", as_of=day)) for date, day in DATES.items()}
    below, last = without_last_rung(tables_by_date["today"])
    held = rungs(below)
    models = {f"ladders {date}, {name}": build(rungs(rows)) for date, rows in tables_by_date.items() for name, build in MODELS.items()}
    models |= {f"ladders without last rungs, {name}": build(held) for name, build in MODELS.items()}
    models |= {f"ladders, {label}": geometric(rungs(rows)) for label, rows in _selections(table).items()}
    fits = sampling.fit_all(models, **SETTINGS)
    population = {(date, name): _draws(fits[f"ladders {date}, {name}"], POPULATION[name]) for date in DATES for name in MODELS}
    last = last.set_index("ladder").loc[held.ladders]
    log_scores = {}
    for name in MODELS:
        values = _draws(fits[f"ladders without last rungs, {name}"], LADDER[name])
        log_scores[name] = float(rung_log_scores(name, values, held, last["above"].to_numpy(), last["score"].to_numpy()).sum())
    sensitivity = [_row(label, rows, fits[f"ladders, {label}"]) for label, rows in _selections(table).items()]
    return Study(
        probabilities={date: {name: _probability(name, population[date, name]) for name in MODELS} for date in DATES},
        priors={name: _probability(name, sampling.prior(models[f"ladders today, {name}"], list(POPULATION[name]))) for name in MODELS},
        log_scores=log_scores,
        keep={date: Estimate.from_draws(new_ladder("geometric", population[date, "geometric"])[0], unit="times the last gain") for date in DATES},
        counts={date: {column: rows[column].nunique() for column in ("ladder", "model", "vendor", "benchmark")} for date, rows in tables_by_date.items()},
        sensitivity=pd.DataFrame(sensitivity).set_index("rows"),
        by_benchmark=_by_benchmark(fits["ladders today, geometric"], rungs(tables_by_date["today"])),
        by_ladder=_by_ladder(fits["ladders today, geometric"], tables_by_date["today"]),
        services=service_gains(tables.load("gpqa_effort_pairs")),
        votes=_o1_mini(table),
        last_evidence={date: f"{rows['available_from'].max():%Y-%m-%d}" for date, rows in tables_by_date.items()},
    )


def service_gains(pairs: pd.DataFrame) -> pd.DataFrame:
    """Points a decade from medium to the highest effort, one row a model and one column a service."""
    return pairs.assign(slope=pairs["gain"] / pairs["decades"]).pivot(index="model", columns="source", values="slope")


def _o1_mini(table: pd.DataFrame) -> dict[str, float]:
    rows = table[table["model"] == "o1-mini"]
    return {method: float(np.polyfit(ladder["decades"], ladder["score"], 1)[0]) for method, ladder in rows.groupby("method")}


def _by_benchmark(tree: xr.DataTree, data: Rungs) -> pd.DataFrame:
    values = _draws(tree, ("log_keep_mean", "log_keep_model_sd", "log_keep_benchmark_sd", "log_keep_benchmark", "rise_mean", "rise_sd"))
    noise = np.random.default_rng(2).standard_normal(len(values["log_keep_mean"]))
    base = values["log_keep_mean"] + values["log_keep_model_sd"] * noise
    on = base[:, None] + values["log_keep_benchmark_sd"][:, None] * values["log_keep_benchmark"]
    keep = np.column_stack([np.exp(on), new_ladder("geometric", values)[0]])
    low, middle, high = np.quantile(keep, [0.05, 0.5, 0.95], axis=0)
    return pd.DataFrame({"benchmark": [*data.benchmarks, "a new benchmark"], "low": low, "middle": middle, "high": high})


def _by_ladder(tree: xr.DataTree, table: pd.DataFrame) -> pd.DataFrame:
    first = table.drop_duplicates("ladder")[["ladder", "model", "vendor", "benchmark"]].reset_index(drop=True)
    return first.assign(keep=np.median(np.exp(sampling.draws(tree, "log_keep")), axis=0))
