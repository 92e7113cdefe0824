"""Repeated sampling: exponents of coverage, a forecast from few attempts, and what the published table does under a stopping rule."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from arviz_stats.base import array_stats
from scipy.special import gammaln, logsumexp

from inference_scaling import sampling, tables
from inference_scaling.difficulty import (
    BATCH,
    BETA_PRIOR,
    EARLY,
    FAMILIES,
    LIMITS,
    Counts,
    beta_binomial,
    counts,
    early,
    law_coverage,
    logit_normal,
    pointwise,
    without,
)  # fmt: skip  # isort: skip
from inference_scaling.estimates import Estimate
from inference_scaling.passk import coverage, least_squares_exponent, stopped_coverage

LAWS = {"beta": ("alpha", "beta"), "logit-normal": ("location", "scale")}
BUILD = {"beta": beta_binomial, "logit-normal": logit_normal}
THINNINGS = 3
SEED = 20250224
FAR = 1_000_000
TAIL = 0.05
BAD_K = 0.7
SETTINGS = {"draws": 1000, "tune": 600, "target_accept": 0.95, "log_likelihood": False}
DRAWN = {"mathematics": ("Pythia 70M", "Pythia 410M", "Pythia 12B"), "jailbreak": ("Gemini 1.5 Pro", "Claude 3.5 Sonnet", "GPT-4o")}


@dataclass(frozen=True)
class CoverageStudy:
    """Results of the section; every frame has one row a model, further columns as said.

    Attributes
    ----------
    data : Counts
    exponents : DataFrame
        family, model, published, replicated (the published estimator on the published table), unbiased (the same on the unbiased table), alpha
        and, for each law, the exponent it implies over the published range: median and 90 % interval.
    forward : DataFrame
        One row a law (or "pool", both with equal weights), thinning and model: coverage at the limit, predicted from the first EARLY attempts
        and observed, with log score.
    forward_summary, early_fit : DataFrames
        By law and family: forecasts whose 90 % interval holds the truth and mean log score. By family: PSIS-LOO of the Beta minus that of the
        logit-normal law on the early counts, its standard error over problems, and refits where Pareto k was too large.
    table_bias : DataFrame
        Jailbreaks after one batch: unbiased share, the published table's, and each law's 90 % predictive interval.
    far : DataFrame
        One row a law and model: coverage after FAR attempts.
    sensitivity : DataFrame
        alpha under the declared and a wider prior.
    bands, points : DataFrames
        For the charts: predictions and observed coverage of the models in DRAWN.
    alpha : dict of Estimate, by model.
    """

    data: Counts
    exponents: pd.DataFrame
    forward: pd.DataFrame
    forward_summary: pd.DataFrame
    early_fit: pd.DataFrame
    table_bias: pd.DataFrame
    far: pd.DataFrame
    sensitivity: pd.DataFrame
    bands: pd.DataFrame
    points: pd.DataFrame
    alpha: dict[str, Estimate]


def solved_distribution(rates: np.ndarray, problems: int, solved: int = 0) -> np.ndarray:
    """Distribution of the number solved, when `solved` are and each other problem will be at a rate that the draws of `rates` share.

    Parameters
    ----------
    rates : ndarray, shape (draws,)
    problems, solved : int

    Returns
    -------
    ndarray, shape (problems + 1,)
        Probabilities of 0, 1, ..., `problems` solved.
    """
    left = problems - solved
    more = np.arange(left + 1)
    rates = np.clip(rates, 1e-300, 1 - 1e-16)[:, None]
    choose = gammaln(left + 1) - gammaln(more + 1) - gammaln(left - more + 1)
    distribution = np.zeros(problems + 1)
    distribution[solved:] = np.exp(choose + more * np.log(rates) + (left - more) * np.log1p(-rates)).mean(axis=0)
    return distribution


def share_quantiles(distribution: np.ndarray) -> tuple[float, float, float]:
    """Lower end, median and upper end of the 90 % interval of the share solved."""
    cumulative = distribution.cumsum()
    return tuple(float(np.searchsorted(cumulative, q * cumulative[-1]) / (len(distribution) - 1)) for q in (TAIL, 0.5, 1 - TAIL))


def later_rate(law: str, first: np.ndarray, second: np.ndarray, done: int, ks: np.ndarray) -> np.ndarray:
    """Chance that a problem unsolved after `done` attempts is solved by attempt k, shape (draws, len(ks))."""
    missed = 1 - law_coverage(law, first, second, np.array([done]))
    return 1 - (1 - law_coverage(law, first, second, ks)) / missed


def scored(distribution: np.ndarray, solved: int) -> dict[str, float]:
    """A forecast against what happened: shares observed, low, median, high; inside (bool); log_score, natural log of the probability given to it."""
    low, median, high = share_quantiles(distribution)
    observed = solved / (len(distribution) - 1)
    score = float(np.log(distribution[solved]))
    return {"observed": observed, "low": low, "median": median, "high": high, "inside": low <= observed <= high, "log_score": score}


def _forecasts(befores: list[Counts], data: Counts, posterior: dict[tuple[str, int], tuple[np.ndarray, np.ndarray]]) -> pd.DataFrame:
    """Coverage at the limit from the early counts: each law, and their pool with equal weights."""
    rows = []
    for i, before in enumerate(befores):
        for j, model in enumerate(data.models):
            family = FAMILIES[data.family[j]]
            # Cutting back at a stop leaves nothing to chance, so jailbreaks count once.
            if family == "jailbreak" and i > 0:
                continue
            _, s, problems = before.of(model)
            total, done = int(problems.sum()), int(problems[s > 0].sum())
            _, s, problems = data.of(model)
            solved = int(problems[s > 0].sum())
            found = {}
            for law in LAWS:
                first, second = (p[:, j] for p in posterior[law, i])
                rates = later_rate(law, first, second, EARLY[family], np.array([LIMITS[family]]))[:, 0]
                found[law] = solved_distribution(rates, total, done)
            found["pool"] = np.mean(list(found.values()), axis=0)
            key = {"thinning": i + 1, "family": family, "model": model}
            rows += [{"law": law} | key | scored(distribution, solved) for law, distribution in found.items()]
    return pd.DataFrame(rows)


def known_attempts(grid: np.ndarray) -> np.ndarray:
    """Attempts nearest to a grid at which stopped coverage is known: up to one batch all, beyond it multiples of the batch."""
    beyond = BATCH * np.unique(np.round(grid[grid > BATCH] / BATCH)).astype(int)
    return np.unique(np.concatenate([grid[grid <= BATCH], beyond[beyond <= grid.max()]]))


def published_exponent(data: Counts, model: str, grid: np.ndarray) -> float:
    """Exponent by the published way: pass@k set to one beyond the attempts made, least squares over the published grid."""
    n, s, problems = data.of(model)
    return float(least_squares_exponent(grid, coverage(n, s, grid, problems, beyond="solved")))


def unbiased_exponent(data: Counts, model: str, grid: np.ndarray) -> float:
    """The same least squares on unbiased coverage."""
    n, s, problems = data.of(model)
    if FAMILIES[data.family[data.models.index(model)]] == "mathematics":
        return float(least_squares_exponent(grid, coverage(n, s, grid, problems)))
    grid = known_attempts(grid)
    return float(least_squares_exponent(grid, stopped_coverage(n, s, grid, problems, batch=BATCH)))


def _quantiles(values: np.ndarray, name: str) -> dict[str, float]:
    low, median, high = np.quantile(values, [TAIL, 0.5, 1 - TAIL])
    return {f"{name}_low": low, name: median, f"{name}_high": high}


def _exponents(data: Counts, posterior: dict[str, tuple[np.ndarray, np.ndarray]], grid: np.ndarray, published: pd.DataFrame) -> pd.DataFrame:
    rows = []
    read = published.set_index("model")["exponent_read_from_figure"]
    for i, model in enumerate(data.models):
        row = {"family": FAMILIES[data.family[i]], "model": model, "published": read[model]}
        row |= {"replicated": published_exponent(data, model, grid), "unbiased": unbiased_exponent(data, model, grid)}
        row |= _quantiles(posterior["beta"][0][:, i], "alpha")
        for law, (first, second) in posterior.items():
            curves = law_coverage(law, first[:, i], second[:, i], grid)
            row |= _quantiles(least_squares_exponent(grid, curves), law)
        rows.append(row)
    return pd.DataFrame(rows)


def _table_bias(data: Counts, posterior: dict[str, tuple[np.ndarray, np.ndarray]]) -> pd.DataFrame:
    rows = []
    for i, model in enumerate(data.models):
        if FAMILIES[data.family[i]] != "jailbreak":
            continue
        n, s, problems = data.of(model)
        row = {"model": model, "unbiased": stopped_coverage(n, s, [BATCH], problems, batch=BATCH)[0]}
        row["published_table"] = coverage(n, s, [BATCH], problems, beyond="solved")[0]
        for law, (first, second) in posterior.items():
            rates = law_coverage(law, first[:, i], second[:, i], np.array([BATCH]))[:, 0]
            row[f"{law}_low"], _, row[f"{law}_high"] = share_quantiles(solved_distribution(rates, int(problems.sum())))
        rows.append(row)
    return pd.DataFrame(rows)


def _far(data: Counts, posterior: dict[str, tuple[np.ndarray, np.ndarray]]) -> pd.DataFrame:
    rows = []
    for law, (first, second) in posterior.items():
        shares = law_coverage(law, first, second, np.array([FAR]))[..., 0]
        for i, model in enumerate(data.models):
            rows.append({"law": law, "family": FAMILIES[data.family[i]], "model": model} | _quantiles(shares[:, i], "share"))
    return pd.DataFrame(rows)


def leave_one_out(law: str, first: np.ndarray, second: np.ndarray, data: Counts) -> tuple[np.ndarray, np.ndarray]:
    """Log predictive density of one problem of each cell when it is left out (PSIS-LOO), and Pareto k; both of shape (cells,).

    Where k exceeds 0.7, the law is fitted again without the problem.
    """
    elpd, khat, _ = array_stats.loo(pointwise(law, first, second, data).T[:, None, :], chain_axis=-2, draw_axis=-1)
    bad = np.flatnonzero(khat > BAD_K)
    trees = sampling.fit_all({f"coverage, {law}, without cell {i}": BUILD[law](without(data, i)) for i in bad}, **SETTINGS)
    for i, tree in zip(bad, trees.values()):
        parameters = (sampling.draws(tree, name)[::4] for name in LAWS[law])
        elpd[i] = logsumexp(pointwise(law, *parameters, data)[:, i]) - np.log(len(sampling.draws(tree, LAWS[law][0])[::4]))
    return elpd, khat


def _early_fit(posterior: dict[str, tuple[np.ndarray, np.ndarray]], data: Counts) -> pd.DataFrame:
    found = {law: leave_one_out(law, *posterior[law], data) for law in LAWS}
    difference = found["beta"][0] - found["logit-normal"][0]
    rows = []
    for i, family in enumerate(FAMILIES):
        inside = data.family[data.model] == i
        weights, gaps = data.problems[inside], difference[inside]
        spread = np.sqrt(weights.sum() * np.average((gaps - np.average(gaps, weights=weights)) ** 2, weights=weights))
        refits = sum(int((k[inside] > BAD_K).sum()) for _, k in found.values())
        rows.append({"family": family, "beta_minus_logit_normal": float(weights @ gaps), "standard_error": float(spread), "refits": refits})
    return pd.DataFrame(rows)


def _drawn(data: Counts, before: Counts, posterior: dict[str, tuple[np.ndarray, np.ndarray]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    bands, points = [], []
    for i, model in enumerate(data.models):
        family = FAMILIES[data.family[i]]
        if model not in DRAWN[family]:
            continue
        n, s, problems = data.of(model)
        total = int(problems.sum())
        if family == "mathematics":
            ks = np.unique(np.geomspace(1, LIMITS[family], 25).astype(int))
            seen = coverage(n, s, ks, problems)
            table = seen
        else:
            ks = known_attempts(np.unique(np.geomspace(1, LIMITS[family], 25).astype(int)))
            seen = stopped_coverage(n, s, ks, problems, batch=BATCH)
            table = coverage(n, s, ks, problems, beyond="solved")
        points.append(pd.DataFrame({"family": family, "model": model, "attempts": ks, "observed": seen, "published_table": table}))
        _, s, problems = before.of(model)
        solved = int(problems[s > 0].sum())
        ks = np.unique(np.geomspace(EARLY[family], LIMITS[family], 16).astype(int))
        for law, (first, second) in posterior.items():
            rates = later_rate(law, first[:, i], second[:, i], EARLY[family], ks)
            found = [share_quantiles(solved_distribution(rate, total, solved)) for rate in rates.T]
            low, median, high = zip(*found)
            bands.append(pd.DataFrame({"family": family, "model": model, "law": law, "attempts": ks, "low": low, "median": median, "high": high}))
    return pd.concat(bands, ignore_index=True), pd.concat(points, ignore_index=True)


def load() -> Counts:
    """The counts of all models, collapsed."""
    rows = tables.load("repeated_sampling_counts")
    return counts(rows["family"], rows["model"], rows["attempts"], rows["successes"], rows["problems"])


def study() -> CoverageStudy:
    """Fit both laws to all counts and to early ones, and derive what the section reports."""
    data = load()
    grid = tables.load("coverage_attempt_grid")["attempts"].to_numpy()
    published = tables.load("published_coverage_exponents")
    befores = [early(data, SEED + i) for i in range(THINNINGS)]
    wider = {name: (mean, 2 * sd, 2 * spread) for name, (mean, sd, spread) in BETA_PRIOR.items()}
    models = {f"coverage, {law}": build(data) for law, build in BUILD.items()}
    models |= {f"coverage, {law}, thinning {i + 1}": BUILD[law](before) for law in LAWS for i, before in enumerate(befores)}
    models["coverage, beta, wider prior"] = beta_binomial(data, wider)
    trees = sampling.fit_all(models, **SETTINGS)

    def parameters(name: str, law: str, step: int = 16) -> tuple[np.ndarray, np.ndarray]:
        return tuple(sampling.draws(trees[name], parameter)[::step] for parameter in LAWS[law])

    full = {law: parameters(f"coverage, {law}", law) for law in LAWS}
    starts = {(law, i): parameters(f"coverage, {law}, thinning {i + 1}", law) for law in LAWS for i in range(THINNINGS)}
    forward = _forecasts(befores, data, starts)
    early_fit = _early_fit({law: parameters(f"coverage, {law}, thinning 1", law, 4) for law in LAWS}, befores[0])
    summary = forward.groupby(["law", "family"]).agg(forecasts=("inside", "size"), inside=("inside", "sum"), log_score=("log_score", "mean"))
    alpha = sampling.draws(trees["coverage, beta"], "alpha", flatten=False)
    wide = sampling.draws(trees["coverage, beta, wider prior"], "alpha")
    sensitivity = pd.DataFrame({"model": data.models, "alpha": np.median(alpha, axis=(0, 1)), "alpha_wider_prior": np.median(wide, axis=0)})
    bands, points = _drawn(data, befores[0], {law: starts[law, 0] for law in LAWS})
    return CoverageStudy(
        data=data,
        exponents=_exponents(data, full, grid, published),
        forward=forward,
        forward_summary=summary.reset_index(),
        early_fit=early_fit,
        table_bias=_table_bias(data, full),
        far=_far(data, full),
        sensitivity=sensitivity,
        bands=bands,
        points=points,
        alpha={model: Estimate.from_draws(alpha[:, :, i]) for i, model in enumerate(data.models)},
    )
