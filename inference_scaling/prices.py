"""How fast does the price of a given capability fall? Models of the cost of running a benchmark.

The statement under test (register: scaling.cost_decline) is that the run cost of a fixed score falls by a factor of 5 to 20 a
year on the typical benchmark. Every row is one model setting with its first price; no row is dropped for being dear, since selecting cheap rows
makes a decline of its own (`price_bias`).
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import arviz as az
import numpy as np
import pandas as pd
from scipy import special, stats

from inference_scaling import price_bias, sampling, tables
from inference_scaling.estimates import Estimate
from inference_scaling.price_models import (
    DOCUMENT_DATE,
    MODELS,
    PAPER_BENCHMARKS,
    PRIOR,
    PRIOR_VARIANTS,
    RUN_COST_BENCHMARKS,
    CostRows,
    Prior,
    cost_rows,
    date_sets,
    first_prices,
    log_density,
    logit,
    reweighted,
    sensitivity_sets,
    token_price_rows,
    within_between_model,
    years_since_origin,
)

FALL_BOUNDS = (5.0, 20.0)
NEIGHBOURING_BOUNDS = ((2.0, 20.0), (3.0, 20.0), (5.0, 20.0), (5.0, 50.0), (7.0, 15.0))
# The spread between six benchmarks mixes slowly at the default length.
SAMPLER = {"draws": 1500, "tune": 1500, "target_accept": 0.98}
# Few rows leave long tails, whose ends need more draws to be printed to a digit.
DRAWS = {"2025-01": 4000, "2025-01 in hindsight": 2500, "today": 1500}
PRIMARY = next(iter(MODELS))
SCORE_SHOWN = {"gpqa_diamond": 60.0, "otis_mock_aime": 50.0}
TRUE_FALLS = np.array([1.0, 2.0, 3.0, 5.0, 10.0, 20.0])
REPLICATES = 2000
EPOCH_NAMES = {
    "MMLU": "mmlu", "GPQA Diamond": "gpqa_diamond", "HumanEval": "humaneval", "MATH-500": "math_500", "MATH 5": "math_level_5", "LMSys Chatbot Arena ELO": "chatbot_arena",
}
LABELS = {
    "gpqa_diamond": "GPQA Diamond", "otis_mock_aime": "OTIS Mock AIME", "swe_bench_verified": "SWE-bench Verified",
    "aider_edit": "Aider code editing", "aider_polyglot": "Aider polyglot", "weirdml": "WeirdML",
}


def forward_log_scores(log_densities: np.ndarray) -> np.ndarray:
    """Log score of each later row: the density averaged over draws, shape (n,) from (s, n), in nats."""
    return special.logsumexp(log_densities, axis=0) - np.log(len(log_densities))


def probability_between(log_rate: np.ndarray, bounds: tuple[float, float] = FALL_BOUNDS) -> float:
    """P(S): share of draws of the log yearly rate whose factor lies within the bounds."""
    low, high = np.log(bounds)
    return float(np.mean((log_rate > low) & (log_rate < high)))


def prior_probability(prior: Prior = PRIOR, bounds: tuple[float, float] = FALL_BOUNDS) -> float:
    """p0: the same under the prior of the typical rate, exactly."""
    low, high = np.log(bounds)
    return float(np.diff(stats.norm.cdf([low, high], np.log(prior.typical), prior.log_sd))[0])


def cost_after(cost: float, years: float, yearly_fall: float) -> float:
    """Cost of the same result after some years of a steady yearly fall.

    Parameters
    ----------
    cost : float
        US dollars, positive.
    years : float
    yearly_fall : float
        Factor per year; below 1 for a rise.

    Raises
    ------
    ValueError
        If cost or factor is not positive and finite.
    """
    if not (np.isfinite(cost) and cost > 0 and np.isfinite(yearly_fall) and yearly_fall > 0):
        raise ValueError(f"cost and yearly fall must be positive and finite, got {cost} and {yearly_fall}")
    return float(cost * yearly_fall ** -years)


def years_until(multiple: float, yearly_fall: float) -> float:
    """Years until a cost has fallen by a multiple; infinite where prices do not fall.

    Raises
    ------
    ValueError
        If the multiple is below 1 or the fall is not positive.
    """
    if multiple < 1 or yearly_fall <= 0:
        raise ValueError(f"need a multiple of at least 1 and a positive yearly fall, got {multiple} and {yearly_fall}")
    if multiple == 1:
        return 0.0
    return float(np.log(multiple) / np.log(yearly_fall)) if yearly_fall > 1 else float("inf")


@dataclass(frozen=True)
class AsOf:
    """Results for the rows admitted at one date.

    Attributes
    ----------
    probabilities, priors : dict of model name to float
        P(S) after and before data.
    falls : dict of model name to Estimate
        Yearly fall on the typical benchmark.
    n_rows : int
    last_evidence : pandas.Timestamp
        Date of the newest price used.
    """

    probabilities: dict[str, float]
    priors: dict[str, float]
    falls: dict[str, Estimate]
    n_rows: int
    last_evidence: pd.Timestamp


@dataclass(frozen=True)
class PriceStudy:
    """Everything that the section on prices reports.

    Attributes
    ----------
    as_of : dict
        AsOf by "2025-01", "2025-01 in hindsight", "today".
    log_scores : dict of model name to float
        Summed log scores of the rows after 2025-01-14 under fits to the rows before it, in nats.
    forward : DataFrame
        model, n_rows, log_score, mean_log_score of that check.
    coverage : float
        Share of those rows within their 90 % predictive interval, primary model.
    loo : DataFrame
        model, elpd, se, largest_k, refitted: leave-one-out on all rows (`exact_loo`).
    bounds : DataFrame
        low, high, probability, prior: P(S) under neighbouring bounds, today, primary model.
    rates : DataFrame
        group, label, value, low, high, mcse: yearly falls by estimand, published and simulated ones included.
    sensitivity : DataFrame
        variant, fall (an Estimate), probability_s, n_rows.
    bias : dict of published estimate to DataFrame
        Outcome of the simulations of `price_bias` by true fall.
    explained_by : dict of published estimate to float
        True fall at which the selected estimator's median equals the published number.
    frontier_facts : dict of str to float
        Counts about Epoch AI's frontier points.
    first_party : dict of str to int
        listings, changed, fell.
    spread : Estimate
        Cost at the 95th over that at the 5th percentile of models with the same score and date, GPQA Diamond.
    points, band : DataFrame
        For the chart of costs at a fixed score.
    """

    as_of: dict[str, AsOf]
    log_scores: dict[str, float]
    forward: pd.DataFrame
    coverage: float
    loo: pd.DataFrame
    bounds: pd.DataFrame
    rates: pd.DataFrame
    sensitivity: pd.DataFrame
    bias: dict[str, pd.DataFrame]
    explained_by: dict[str, float]
    frontier_facts: dict[str, float]
    first_party: dict[str, int]
    spread: Estimate
    points: pd.DataFrame
    band: pd.DataFrame


def fall(tree, variable: str = "typical_rate", index: int | None = None) -> Estimate:
    """Yearly fall exp(rate) from a posterior of log rates."""
    rate = sampling.draws(tree, variable, flatten=False)
    return Estimate.from_draws(np.exp(rate if index is None else rate[..., index]), "factor per year")


def _fit(rows: Mapping[str, tuple[str, CostRows]], **settings) -> dict:
    return sampling.fit_all({key: MODELS[model](cost) for key, (model, cost) in rows.items()}, log_likelihood=False, **(SAMPLER | settings))


def _posterior(tree) -> dict[str, np.ndarray]:
    return {name: sampling.draws(tree, name) for name in tree["posterior"].data_vars}


def fall_posterior(when: str = "today") -> dict[str, np.ndarray]:
    """The primary model's posterior at one of the dates of `study`, for other chapters; read from the store once this one has been computed.

    Returns
    -------
    dict of str to ndarray, shape (draws,)
        typical_rate and between, the mean and spread over benchmarks of the log yearly fall; sigma, the residual of the benchmark with the median noise.
    """
    rows = date_sets(first_prices(tables.load("run_costs")))[when]
    name = f"{when}, {PRIMARY}"
    tree = _fit({name: (PRIMARY, cost_rows(rows))}, draws=DRAWS[when])[name]
    return {"typical_rate": sampling.draws(tree, "typical_rate"), "between": sampling.draws(tree, "between"), "sigma": np.median(sampling.draws(tree, "sigma"), axis=1)}


def _coverage(posterior: Mapping[str, np.ndarray], rows: CostRows) -> float:
    b = rows.benchmark
    line = posterior["intercept"][:, b] + posterior["score_slope"][:, b] * rows.logit_score - posterior["rate"][:, b] * rows.years
    noise = np.random.default_rng(1).normal(size=line.shape)
    low, high = np.quantile(line + posterior["sigma"][:, b] * noise, [0.05, 0.95], axis=0)
    return float(np.mean((rows.log_cost >= low) & (rows.log_cost <= high)))


def _estimands(table: pd.DataFrame, first: pd.DataFrame) -> dict:
    """Posteriors of the fits that answer neighbouring questions."""
    paper = first[first["benchmark"].isin(PAPER_BENCHMARKS)]
    trends = _fit(
        {
            "after 2025-01-14": (PRIMARY, cost_rows(first[first["price_date"] > DOCUMENT_DATE])),
            "per token": (PRIMARY, cost_rows(paper, "price_usd_per_mtok")),
            "per token, Epoch AI": (PRIMARY, token_price_rows(tables.load("token_prices"))),
        },
    )
    later = table[~table["suspect"] & table["benchmark"].isin(PAPER_BENCHMARKS)]
    rows = cost_rows(later, benchmarks=PAPER_BENCHMARKS)
    model = [later["benchmark"], later["model"]]
    start = pd.Series(rows.years, later.index).groupby(model).transform("min").to_numpy()
    number = later.groupby(["benchmark", "model"]).ngroup().to_numpy()
    mixed = {"within and between": within_between_model(rows, start, number), "one rate with model effects": within_between_model(rows, np.zeros_like(start), number)}
    return trends | sampling.fit_all(mixed, log_likelihood=False, **SAMPLER)


def exact_loo(tree, model: str, rows: CostRows, first: pd.DataFrame) -> dict[str, float]:
    """PSIS-LOO of a fit, with an exact refit for each row whose Pareto k exceeds 0.7 (Vehtari, Gelman and Gabry 2017)."""
    # A third of the draws gives the same scores to a fraction of their standard error.
    thinned = tree.isel(draw=slice(None, None, 3))
    shape = (thinned["posterior"].sizes["chain"], thinned["posterior"].sizes["draw"], len(rows.log_cost))
    densities = log_density(model, _posterior(thinned), rows).reshape(shape)
    rate = sampling.draws(thinned, "typical_rate", flatten=False)
    with warnings.catch_warnings():
        # The rows that ArviZ warns of are the ones refitted here.
        warnings.filterwarnings("ignore", "Estimated shape parameter", UserWarning)
        result = az.loo(az.from_dict({"posterior": {"typical_rate": rate}, "log_likelihood": {"cost": densities}}), pointwise=True)
    pointwise, k = result.elpd_i.values.copy(), result.pareto_k.values
    bad = np.flatnonzero(k > 0.7)
    refits = _fit({f"{model} without row {i}": (model, cost_rows(first.drop(first.index[i]))) for i in bad}) if len(bad) else {}
    for i, refit in zip(bad, refits.values()):
        pointwise[i] = forward_log_scores(log_density(model, _posterior(refit), cost_rows(first.iloc[[i]])))[0]
    return {"elpd": float(pointwise.sum()), "se": float(np.sqrt(len(pointwise)) * pointwise.std()), "largest_k": float(k.max()), "refitted": len(bad)}


def _rates(as_of: Mapping[str, AsOf], trees: Mapping, today_tree, per_run: Estimate, table: pd.DataFrame, bias: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Rows of the forest of yearly falls."""
    found: list[tuple[str, str, float, float, float, tuple[float, float, float]]] = []

    def add(group: str, label: str, e: Estimate | price_bias.PublishedFall) -> None:
        value, mcse = (e.value, e.mcse) if isinstance(e, Estimate) else (e.fall, (0.0, 0.0, 0.0))
        found.append((group, label, value, e.low, e.high, mcse))

    published = table[table["benchmark"].isin(PAPER_BENCHMARKS)]
    for name in PAPER_BENCHMARKS:
        add("published", f"{LABELS[name]}, per run", price_bias.published_run_cost_fall(published[published["benchmark"] == name], pareto=True))
    points = tables.load("token_price_frontier_points")
    add("published", "MMLU at GPT-3's level, per token", price_bias.published_token_price_fall(points[(points["benchmark"] == "MMLU") & (points["threshold_model"] == "GPT-3")]))
    every = price_bias.frontier_facts(points)["median"]
    found.append(("published", "median of all fits, per token", every, every, every, (0.0, 0.0, 0.0)))
    for name, simulated in bias.items():
        for true_fall, truth in ((1.0, "no fall"), (3.0, "a fall of 3")):
            row = simulated.set_index("true_fall").loc[true_fall]
            found.append(("simulated", f"{name}, given {truth}", row["median"], row["low"], row["high"], row["mcse"]))
    for name, e in as_of["today"].falls.items():
        add("typical benchmark", name, e)
    for i, name in enumerate(RUN_COST_BENCHMARKS):
        add("each benchmark", LABELS[name], fall(today_tree, "rate", i))
    add("before, after", "published by 2025-01-14", as_of["2025-01"].falls[PRIMARY])
    add("before, after", "priced by 2025-01-14", as_of["2025-01 in hindsight"].falls[PRIMARY])
    add("before, after", "priced after it", fall(trees["after 2025-01-14"]))
    add("token, run", "per run, three benchmarks", per_run)
    add("token, run", "per token, same rows", fall(trees["per token"]))
    add("token, run", "per token, Epoch AI's rows", fall(trees["per token, Epoch AI"]))
    add("between, within", "between models", fall(trees["within and between"]))
    add("between, within", "within a model, cuts only", fall(trees["within and between"], "within_rate"))
    add("between, within", "mixture of the two", fall(trees["one rate with model effects"], "within_rate"))
    hosts = tables.load("open_model_host_prices")
    for running, label in ((True, "hosts' monthly prices, cuts only"), (False, "hosts' monthly prices, rises too")):
        add("between, within", label, Estimate.from_draws(price_bias.within_model_fall(hosts, running, 4000, seed=1), "factor per year"))
    return pd.DataFrame(found, columns=["group", "label", "value", "low", "high", "mcse"])


def _chart(table: pd.DataFrame, first: pd.DataFrame, tree) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Costs moved to one score along the fitted slope, with the fitted band and the published line."""
    posterior = _posterior(tree)
    points, bands = [], []
    for name, score in SCORE_SHOWN.items():
        i = RUN_COST_BENCHMARKS.index(name)
        rows = first[first["benchmark"] == name]
        at = float(logit(np.array(score / 100)))
        moved = rows["run_cost_usd"] * np.exp(np.median(posterior["score_slope"][:, i]) * (at - logit(rows["score_pct"].to_numpy() / 100)))
        points.append(pd.DataFrame({"benchmark": LABELS[name], "score": score, "model": rows["model"], "date": rows["price_date"], "cost": moved, "score_pct": rows["score_pct"], "paid": rows["run_cost_usd"]}))
        dates = pd.date_range(rows["price_date"].min(), rows["price_date"].max(), periods=25).normalize()
        years = years_since_origin(dates)
        line = posterior["intercept"][:, i, None] + posterior["score_slope"][:, i, None] * at - posterior["rate"][:, i, None] * years
        low, middle, high = np.exp(np.quantile(line, [0.05, 0.5, 0.95], axis=0))
        published = price_bias.published_line(table[table["benchmark"] == name], dates, score)
        bands.append(pd.DataFrame({"benchmark": LABELS[name], "score": score, "date": dates, "cost": middle, "low": low, "high": high, "published": published}))
    return pd.concat(points, ignore_index=True), pd.concat(bands, ignore_index=True)


def _bias(table: pd.DataFrame) -> tuple[dict[str, pd.DataFrame], dict[str, float]]:
    """Simulated outcome of the published estimators by true fall, and the true fall that would explain each published number."""
    bias, explained = {}, {}
    for name in SCORE_SHOWN:
        rows = table[table["benchmark"] == name]
        bias[LABELS[name]] = price_bias.simulate_pareto(rows, TRUE_FALLS, REPLICATES, seed=1)
        explained[LABELS[name]] = price_bias.true_fall_behind(price_bias.published_run_cost_fall(rows, pareto=True).fall, bias[LABELS[name]])
    fits, prices = tables.load("token_price_frontier_fits"), tables.load("token_prices")
    thresholds = fits.assign(benchmark=fits["benchmark"].map(EPOCH_NAMES))
    draws = [price_bias.simulate_running_minimum(prices[~prices["reasoning_model"]], thresholds, f, REPLICATES, seed=1) for f in TRUE_FALLS]
    bias["median of all fits"] = price_bias.summary(TRUE_FALLS, draws)
    explained["median of all fits"] = price_bias.true_fall_behind(fits["fall"].median(), bias["median of all fits"])
    return bias, explained


def study() -> PriceStudy:
    """Load the tables, fit the declared models at every date, and summarise.

    Deterministic; with stored posteriors it takes about a second.
    """
    table = tables.load("run_costs")
    first = first_prices(table)
    sets = date_sets(first)
    arrays = {when: cost_rows(rows) for when, rows in sets.items()}
    trees = {}
    for when in sets:
        trees |= _fit({f"{when}, {model}": (model, arrays[when]) for model in MODELS}, draws=DRAWS[when])
    as_of = {
        when: AsOf(
            {model: probability_between(sampling.draws(trees[f"{when}, {model}"], "typical_rate")) for model in MODELS},
            dict.fromkeys(MODELS, prior_probability()),
            {model: fall(trees[f"{when}, {model}"]) for model in MODELS},
            len(rows),
            rows["price_date"].max(),
        )
        for when, rows in sets.items()
    }
    later = cost_rows(first[first["price_date"] > DOCUMENT_DATE])
    scores = {model: forward_log_scores(log_density(model, _posterior(trees[f"2025-01 in hindsight, {model}"]), later)) for model in MODELS}
    forward = pd.DataFrame([{"model": m, "n_rows": len(s), "log_score": s.sum(), "mean_log_score": s.mean()} for m, s in scores.items()])
    coverage = _coverage(_posterior(trees[f"2025-01 in hindsight, {PRIMARY}"]), later)
    loo = pd.DataFrame([{"model": m} | exact_loo(trees[f"today, {m}"], m, arrays["today"], first) for m in MODELS])
    today = trees[f"today, {PRIMARY}"]
    typical = sampling.draws(today, "typical_rate")
    bounds = pd.DataFrame([(low, high, probability_between(typical, (low, high)), prior_probability(bounds=(low, high))) for low, high in NEIGHBOURING_BOUNDS], columns=["low", "high", "probability", "prior"])
    variants = sensitivity_sets(table, first)
    varied = _fit({name: (PRIMARY, cost_rows(rows)) for name, rows in variants.items()})
    rows = [("as declared", fall(today), probability_between(typical), len(first))]
    rows += [(name, fall(tree), probability_between(sampling.draws(tree, "typical_rate")), len(variants[name])) for name, tree in varied.items()]
    posterior = _posterior(today)
    for name, prior in PRIOR_VARIANTS.items():
        rate = reweighted(posterior, prior)
        rows.append((name, Estimate.from_draws(np.exp(rate), "factor per year"), probability_between(rate), len(first)))
    sensitivity = pd.DataFrame(rows, columns=["variant", "fall", "probability_s", "n_rows"])
    bias, explained = _bias(table)
    listings = tables.load("first_party_price_changes")
    points, band = _chart(table, first, today)
    return PriceStudy(
        as_of=as_of,
        log_scores={m: float(s.sum()) for m, s in scores.items()},
        forward=forward,
        coverage=coverage,
        loo=loo,
        bounds=bounds,
        rates=_rates(as_of, _estimands(table, first), today, sensitivity["fall"][1], table, bias),
        sensitivity=sensitivity,
        bias=bias,
        explained_by=explained,
        frontier_facts=price_bias.frontier_facts(tables.load("token_price_frontier_points")),
        first_party={c: int(listings[c].sum()) for c in ("listings", "changed", "fell")},
        spread=Estimate.from_draws(np.exp(2 * stats.norm.ppf(0.95) * sampling.draws(today, "sigma", flatten=False)[..., 0]), "factor"),
        points=points,
        band=band,
    )
