"""Accuracy against the logarithm of compute: o1's two panels, and what another set of problems would have shown.

The statement under test: over the plotted span the curve stays within five points of its chord.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pymc as pm
import pytensor.tensor as pt
import xarray as xr
from arviz_stats.base import array_stats
from scipy.special import expit, logit, logsumexp
from scipy.stats import norm

from inference_scaling import sampling, tables
from inference_scaling.estimates import Estimate

SAG_LIMIT = 5.0
NEIGHBOURS = (3, 5, 7, 10)
PARETO_K_LIMIT = 0.7
PANELS = {"test_time": "scaling.log_linear_test", "train_time": "scaling.log_linear_train"}
FORWARD_DOTS = {"test_time": 4, "train_time": 5}
PRIOR_SCALES = {"curvature halved": (7.5, 4.0), "curvature doubled": (30.0, 4.0), "noise halved": (15.0, 2.0), "noise doubled": (15.0, 8.0)}
GRID = 41
QUADRATIC_MEAN = np.array([40.0, 25.0, 0.0])
QUADRATIC_SCALE = np.array([25.0, 20.0, 1.0])


def least_squares(decades: np.ndarray, accuracy: np.ndarray) -> tuple[float, float, float]:
    """Slope, its standard error (points a decade) and R2 of the straight line through dots."""
    x, y = np.asarray(decades, float), np.asarray(accuracy, float)
    centred = x - x.mean()
    slope = centred @ y / (centred @ centred)
    residual = y - y.mean() - slope * centred
    variance = residual @ residual / (len(x) - 2)
    return float(slope), float(np.sqrt(variance / (centred @ centred))), float(1 - residual @ residual / ((y - y.mean()) @ (y - y.mean())))


def quadratic(decades: np.ndarray, accuracy: np.ndarray, *, centre: float, curvature_scale: float = 15.0, noise_scale: float = 4.0) -> pm.Model:
    """Accuracy bends by a constant amount: y = level + slope (x - centre) + curvature (x - centre)^2 + noise.

    Parameters
    ----------
    decades, accuracy
        log10 compute relative to the panel's first dot and accuracy in points, shape (dots,).
    centre
        Middle of the panel's full span in decades; kept when dots are held out, so that the priors stay the same.
    curvature_scale
        Prior s.d. of the curvature in points a decade squared; 0 makes the straight line.
    noise_scale
        Scale of the half-normal prior of the noise, in points.

    Notes
    -----
    Priors: level N(40, 25) covers the scale; slope N(25, 20) admits none and a climb from 0 to 100 in two decades; curvature N(0, 15) puts two thirds of
    its mass on a sag of less than 10 points over 1.63 decades, in either direction; noise HalfNormal(4) because dots of one panel share their
    problems, so that they scatter by less than the 9 points of 30 independent problems.

    In the coordinates of the singular value decomposition of design times prior scale the regression falls into independent parts. There the
    coefficients are integrated out of the likelihood and then drawn given noise and data: with four dots and three coefficients their
    joint density with the noise has a funnel that no sampler passes. The prior of `coefficients` is therefore `quadratic_prior`, not this graph's.
    """
    z = np.asarray(decades, float) - centre
    scale = QUADRATIC_SCALE * np.array([1.0, 1.0, curvature_scale])
    design = np.stack([np.ones_like(z), z, z**2], axis=1)
    left, singular, right = np.linalg.svd(design * scale)
    residual = left.T @ (np.asarray(accuracy, float) - design @ QUADRATIC_MEAN)
    with pm.Model() as model:
        sigma_scale = pm.Data("noise_scale", float(noise_scale))
        spread = pm.Data("prior_spread", np.pad(singular, (0, len(z) - 3)))
        rotated = pm.Data("observed", residual)
        back = pm.Data("rotation", scale[:, None] * right.T)
        noise = pm.HalfNormal("noise", sigma_scale)
        standard = pm.Normal("standard", shape=3)
        total = pt.sqrt(spread**2 + noise**2)
        pm.Normal("rotated", 0, total, observed=rotated)
        parts = (spread * rotated / total**2)[:3] + (noise / total)[:3] * standard
        pm.Deterministic("coefficients", QUADRATIC_MEAN + (back * parts).sum(1))
    return model


def quadratic_prior(draws: int = 4000, curvature_scale: float = 15.0, seed: int = 20250114) -> np.ndarray:
    """Draws of level, slope and curvature from the prior of `quadratic`, shape (draws, 3)."""
    standard = np.random.default_rng(seed).standard_normal((draws, 3))
    return QUADRATIC_MEAN + QUADRATIC_SCALE * np.array([1.0, 1.0, curvature_scale]) * standard


def logistic(decades: np.ndarray, accuracy: np.ndarray, *, centre: float, noise_scale: float = 4.0) -> pm.Model:
    """Accuracy saturates: y = 100 ceiling expit(logit(reached) + steepness (x - centre)) + noise.

    Parameters
    ----------
    decades, accuracy, centre, noise_scale
        As in `quadratic`.

    Notes
    -----
    Priors: steepness LogNormal(log 1.3, 0.6) logits a decade, from one problem set in two decades to one in a quarter; ceiling Beta(4, 1.5), mostly above
    one half, because some problems may stay out of reach at any length; share of the ceiling reached at the centre Beta(2, 2), anywhere but the ends.
    """
    with pm.Model() as model:
        x = pm.Data("decades", np.asarray(decades, float))
        middle = pm.Data("centre", float(centre))
        sigma_scale = pm.Data("noise_scale", float(noise_scale))
        steepness = pm.LogNormal("steepness", np.log(1.3), 0.6)
        ceiling = pm.Beta("ceiling", 4, 1.5)
        reached = pm.Beta("reached", 2, 2)
        noise = pm.HalfNormal("noise", sigma_scale)
        mean = 100 * ceiling * pm.math.sigmoid(pm.math.logit(reached) + steepness * (x - middle))
        pm.Normal("accuracy", mean, noise, observed=pm.Data("observed", np.asarray(accuracy, float)))
    return model


def quadratic_curve(values: Mapping[str, np.ndarray], decades: np.ndarray, centre: float) -> np.ndarray:
    """Mean accuracy of `quadratic` in points, shape (draws, dots)."""
    z = np.asarray(decades, float) - centre
    return values["coefficients"] @ np.stack([np.ones_like(z), z, z**2])


def logistic_curve(values: Mapping[str, np.ndarray], decades: np.ndarray, centre: float) -> np.ndarray:
    """Mean accuracy of `logistic` in points, shape (draws, dots)."""
    z = np.asarray(decades, float) - centre
    return 100 * values["ceiling"][:, None] * expit(logit(values["reached"])[:, None] + values["steepness"][:, None] * z)


def sag(curve: np.ndarray) -> np.ndarray:
    """Largest deviation of curves from the chord between their ends, on an evenly spaced grid.

    Parameters
    ----------
    curve
        Shape (..., grid), in points.

    Returns
    -------
    ndarray
        Shape (...). Positive where the curve lies above its chord (gains shrink: saturation), negative where it lies below (gains grow).
    """
    along = np.linspace(0, 1, curve.shape[-1])
    deviation = curve - (curve[..., :1] + along * (curve[..., -1:] - curve[..., :1]))
    largest = np.abs(deviation).argmax(-1)
    return np.take_along_axis(deviation, largest[..., None], -1)[..., 0]


def joint_log_score(mean: np.ndarray, noise: np.ndarray, observed: np.ndarray) -> float:
    """Log predictive density of held-out dots taken together, in nats; mean has shape (draws, dots)."""
    log_density = norm.logpdf(observed, mean, noise[:, None]).sum(1)
    return float(logsumexp(log_density) - np.log(len(log_density)))


def reweighted(inside: np.ndarray, log_ratio: np.ndarray) -> tuple[float, float]:
    """P(S) under another prior by Pareto-smoothed importance weights, and the Pareto k [kallioinen2024detecting].

    Parameters
    ----------
    inside, log_ratio
        Whether S holds, and log density of the other prior minus that of the prior used, shape (draws,).
    """
    log_weights, k = _smoothed(log_ratio)
    return float((np.exp(log_weights) * inside).sum()), float(k)


def _smoothed(log_ratio: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pareto-smoothed log weights that sum to one, and Pareto k, over the last axis [vehtari2017practical]."""
    # ArviZ takes the log-likelihood that is to be left out, hence the sign.
    log_weights, k = array_stats.psislw(-log_ratio, axis=-1)
    return log_weights - logsumexp(log_weights, axis=-1, keepdims=True), np.asarray(k)


CURVES: dict[str, Callable[..., np.ndarray]] = {"quadratic": quadratic_curve, "straight line": quadratic_curve, "logistic": logistic_curve}
SETTINGS = {"draws": 4000, "tune": 2000, "target_accept": 0.98}


@dataclass(frozen=True)
class Panel:
    """One panel's results; models are named quadratic (primary), logistic (rival) and straight line (reference).

    Attributes
    ----------
    probabilities, priors, log_scores
        P(S) after and before the data, and forward log score (nats), of the primary and the rival.
    slope, sag
        Points a decade along the chord and points, for these problems, under the primary model.
    saturates, accelerates
        Probability that the curve leaves its chord by more than the limit upwards (gains shrink) or downwards (gains grow), primary model.
    least_squares
        Slope, standard error and R2 of the published kind of fit.
    comparison
        One row a model: P(S), prior, forward log score, leave-one-out log score, exact refits, noise.
    bounds
        P(S) of the primary and the rival at neighbouring limits of the sag.
    sensitivity
        P(S) of the primary under other prior scales, with the Pareto k of the reweighting.
    dots, bands
        Chart data: dots with whether held out; median and 90 % band of the mean by model, from the first dots and from all.
    """

    axis: str
    span: float
    probabilities: dict[str, float]
    priors: dict[str, float]
    log_scores: dict[str, float]
    slope: Estimate
    sag: Estimate
    saturates: float
    accelerates: float
    least_squares: tuple[float, float, float]
    comparison: pd.DataFrame
    bounds: pd.DataFrame
    sensitivity: pd.DataFrame
    dots: pd.DataFrame
    bands: pd.DataFrame
    slope_draws: np.ndarray
    sag_draws: np.ndarray


@dataclass(frozen=True)
class Study:
    """Results of the section on o1's curves.

    Attributes
    ----------
    panels
        By compute axis, test_time and train_time.
    last_evidence
        ISO date of the newest dot; the figure is the only evidence at both dates.
    """

    panels: dict[str, Panel]
    last_evidence: str


def _models(decades: np.ndarray, accuracy: np.ndarray, centre: float) -> dict[str, pm.Model]:
    return {
        "quadratic": quadratic(decades, accuracy, centre=centre),
        "logistic": logistic(decades, accuracy, centre=centre),
        "straight line": quadratic(decades, accuracy, centre=centre, curvature_scale=0.0),
    }


def _values(tree: xr.DataTree) -> dict[str, np.ndarray]:
    names = ("noise", "coefficients", "steepness", "ceiling", "reached")
    return {name: sampling.draws(tree, name) for name in names if name in tree["posterior"]}


def _prior_sag(name: str, model: pm.Model, grid: np.ndarray, centre: float) -> np.ndarray:
    values = sampling.prior(model, ["steepness", "ceiling", "reached"]) if name == "logistic" else {"coefficients": quadratic_prior()}
    return sag(CURVES[name](values, grid, centre))


def study() -> Study:
    """Fit both panels with all models: whole, on the first dots, and without each dot that importance sampling cannot leave out."""
    table = tables.load("o1_aime_vs_compute")
    dots = {axis: rows.sort_values("log10_compute") for axis, rows in table.groupby("compute_axis")}
    data = {axis: (rows["log10_compute"].to_numpy(), rows["accuracy"].to_numpy()) for axis, rows in dots.items()}
    models: dict[str, pm.Model] = {}
    for axis, (x, y) in data.items():
        first, centre = FORWARD_DOTS[axis], (x[0] + x[-1]) / 2
        models |= {f"o1 {axis}, {name}": model for name, model in _models(x, y, centre).items()}
        models |= {f"o1 {axis}, {name}, first dots": model for name, model in _models(x[:first], y[:first], centre).items()}
    fits = sampling.fit_all(models, **SETTINGS)
    refits: dict[str, pm.Model] = {}
    leave_out: dict[tuple[str, str], tuple[np.ndarray, np.ndarray]] = {}
    for axis, (x, y) in data.items():
        centre = (x[0] + x[-1]) / 2
        for name in CURVES:
            values = _values(fits[f"o1 {axis}, {name}"])
            log_density = norm.logpdf(y, CURVES[name](values, x, centre), values["noise"][:, None])
            log_weights, k = _smoothed(-log_density.T)
            leave_out[axis, name] = logsumexp(log_weights + log_density.T, axis=1), k
            for i in np.flatnonzero(k > PARETO_K_LIMIT):
                refits[f"o1 {axis}, {name}, without dot {i + 1}"] = _models(np.delete(x, i), np.delete(y, i), centre)[name]
    refitted = sampling.fit_all(refits, **SETTINGS)
    panels = {}
    for axis, (x, y) in data.items():
        panels[axis] = _panel(axis, x, y, dots[axis]["point_index"].to_numpy(), models, fits, refitted, leave_out)
    return Study(panels, f"{table['available_from'].max():%Y-%m-%d}")


def _panel(axis, x, y, index, models, fits, refitted, leave_out) -> Panel:
    first, centre = FORWARD_DOTS[axis], (x[0] + x[-1]) / 2
    grid = np.linspace(x[0], x[-1], GRID)
    rows, bands, bounds, sags, prior_sags = [], [], [], {}, {}
    for name, curve in CURVES.items():
        whole, early = _values(fits[f"o1 {axis}, {name}"]), _values(fits[f"o1 {axis}, {name}, first dots"])
        sags[name], prior_sags[name] = sag(curve(whole, grid, centre)), _prior_sag(name, models[f"o1 {axis}, {name}"], grid, centre)
        pointwise, k = leave_out[axis, name]
        pointwise = pointwise.copy()
        for i in np.flatnonzero(k > PARETO_K_LIMIT):
            without = _values(refitted[f"o1 {axis}, {name}, without dot {i + 1}"])
            pointwise[i] = joint_log_score(curve(without, x[i : i + 1], centre), without["noise"], y[i : i + 1])
        forward = joint_log_score(curve(early, x[first:], centre), early["noise"], y[first:])
        reference = name == "straight line"
        rows.append({
            "model": name,
            "P(S)": np.nan if reference else (np.abs(sags[name]) < SAG_LIMIT).mean(),
            "prior P(S)": np.nan if reference else (np.abs(prior_sags[name]) < SAG_LIMIT).mean(),
            "forward log score": forward,
            "leave-one-out log score": pointwise.sum(),
            "exact refits": int((k > PARETO_K_LIMIT).sum()),
            "noise": float(np.median(whole["noise"])),
        })
        for fitted, values in {"all dots": whole, "first dots": early}.items():
            low, middle, high = np.quantile(curve(values, grid, centre), [0.05, 0.5, 0.95], axis=0)
            bands.append(pd.DataFrame({"model": name, "fitted": fitted, "decades": grid, "low": low, "middle": middle, "high": high}))
        if not reference:
            bounds.append({"model": name, **{f"{limit:g} points": (np.abs(sags[name]) < limit).mean() for limit in NEIGHBOURS}})
    comparison = pd.DataFrame(rows).set_index("model")
    declared = comparison.loc[["quadratic", "logistic"]]
    values = _values(fits[f"o1 {axis}, quadratic"])
    return Panel(
        axis=axis,
        span=float(x[-1] - x[0]),
        probabilities=declared["P(S)"].to_dict(),
        priors=declared["prior P(S)"].to_dict(),
        log_scores=declared["forward log score"].to_dict(),
        slope=Estimate.from_draws(values["coefficients"][:, 1], unit="points per decade"),
        sag=Estimate.from_draws(sags["quadratic"], unit="points"),
        saturates=float((sags["quadratic"] > SAG_LIMIT).mean()),
        accelerates=float((sags["quadratic"] < -SAG_LIMIT).mean()),
        least_squares=least_squares(x, y),
        comparison=comparison,
        bounds=pd.DataFrame(bounds).set_index("model"),
        sensitivity=_sensitivity(values, sags["quadratic"]),
        dots=pd.DataFrame({"dot": index, "decades": x, "accuracy": y, "held out": np.where(np.arange(len(x)) < first, "fitted", "held out")}),
        bands=pd.concat(bands, ignore_index=True),
        slope_draws=values["coefficients"][:, 1],
        sag_draws=sags["quadratic"],
    )


def _sensitivity(values: Mapping[str, np.ndarray], sags: np.ndarray) -> pd.DataFrame:
    inside, rows = np.abs(sags) < SAG_LIMIT, []
    curvature, noise = values["coefficients"][:, 2], values["noise"]
    for label, (bend, sigma) in PRIOR_SCALES.items():
        log_ratio = norm.logpdf(curvature, 0, bend) - norm.logpdf(curvature, 0, 15) + norm.logpdf(noise, 0, sigma) - norm.logpdf(noise, 0, 4)
        probability, k = reweighted(inside, log_ratio)
        rows.append({"prior": label, "P(S)": probability, "Pareto k": k})
    return pd.DataFrame(rows).set_index("prior")
