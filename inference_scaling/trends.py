"""Trends with measurement error: a line, a bend at an unknown place, and a shift between two kinds of members.

Written for time horizons in doublings of a minute; nothing in it depends on where they come from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pymc as pm
import pytensor.tensor as pt
import xarray as xr
from arviz_stats.base import array_stats
from scipy import special

from inference_scaling import sampling

CEILING_MINUTES = 960.0
ORIGIN = pd.Timestamp("2025-01-01")
DAYS_PER_YEAR = 365.25
KINK_DATES = pd.date_range("2023-07-01", "2025-12-01", freq="MS")
TRENDS = ("line", "kink", "curve")
PARAMETERS = ("level", "slope", "shift", "bend", "scatter", "shared")


@dataclass(frozen=True)
class Scales:
    """Prior scales of `shift_model`; all in doublings (of the 50 % horizon), per year where a rate.

    Attributes
    ----------
    slope : float
        Standard deviation of the slope around 2 a year. METR's first doubling time, 212 days, is 1.7 a year; 90 % of the prior lies in -0.3 to 4.3.
    shift : float
        Standard deviation of the reasoning shift around 0. Two doublings either way: a factor of 4; 0 takes the shift out.
    bend : float
        Standard deviation of the change of slope (kink: per year; curve: half the second derivative); 0 takes the bend out.
    scatter : float
        Scale of the half-normal for what two models of one date differ by beyond measurement.
    shared : float
        Part of each model's measurement variance that all models share because they do the same tasks, in [0, 1).
    """

    slope: float = 1.4
    shift: float = 2.0
    bend: float = 0.0
    scatter: float = 0.5
    shared: float = 0.0

    def __post_init__(self) -> None:
        if min(self.slope, self.scatter) <= 0 or min(self.shift, self.bend) < 0 or not 0 <= self.shared < 1:
            raise ValueError(f"prior scales out of range: {self}; slope and scatter must be positive, shift and bend at least 0, shared in [0, 1)")


@dataclass(frozen=True)
class Design:
    """What `shift_model` sees: n models, and K candidate forms of the bend.

    Attributes
    ----------
    log2_minutes, error, years, reasoning, censored : ndarray, shape (n,)
        Horizon in doublings of a minute; its standard error; years since 2025-01-01; 1 if reasoning-trained; 1 if only known to exceed the ceiling.
    basis : ndarray, shape (K, n)
        Regressor of the bend under each candidate: hinge (years since the kink), square of the years, or 0.
    log_weight : ndarray, shape (K,)
        Log prior probability of each candidate.
    scales : Scales
    """

    log2_minutes: np.ndarray
    error: np.ndarray
    years: np.ndarray
    reasoning: np.ndarray
    censored: np.ndarray
    basis: np.ndarray
    log_weight: np.ndarray
    scales: Scales


def years_since_origin(dates) -> np.ndarray:
    """Dates as years since 2025-01-01."""
    return (pd.DatetimeIndex(dates) - ORIGIN).days.to_numpy() / DAYS_PER_YEAR


def bend_basis(years: np.ndarray, trend: str, kink_dates: pd.DatetimeIndex = KINK_DATES) -> np.ndarray:
    """Regressors of the bend, shape (K, n), for a trend in `TRENDS`.

    Raises
    ------
    ValueError
        If the trend is unknown.
    """
    match trend:
        case "line":
            return np.zeros((1, len(years)))
        case "kink":
            return np.maximum(years[None, :] - years_since_origin(kink_dates)[:, None], 0.0)
        case "curve":
            return years[None, :] ** 2
    raise ValueError(f"trend must be one of {', '.join(TRENDS)}; got {trend!r}")


def design(
    rows: pd.DataFrame,
    trend: str = "line",
    scales: Scales = Scales(),
    measure: str = "p50",
    kink_dates: pd.DatetimeIndex = KINK_DATES,
    reasoning: np.ndarray | None = None,
) -> Design:
    """Arrays for `shift_model` from rows of the table metr_time_horizons.

    Parameters
    ----------
    rows : DataFrame
        Columns released, reasoning_trained and, for the measure p50 or p80, its minutes with 95 % limits.
    trend : {"line", "kink", "curve"}
        A line keeps scales.bend at 0; the others take 1.4 doublings a year (kink, as wide as the slope) or 0.7 (curve) unless given.
    reasoning : ndarray, optional
        Replaces the table's flag.
    """
    minutes, low, high = (rows[f"{measure}_{part}minutes"].to_numpy() for part in ("", "low_", "high_"))
    years = years_since_origin(rows["released"])
    flag = rows["reasoning_trained"].to_numpy() if reasoning is None else reasoning
    bend = 0.0 if trend == "line" else scales.bend or {"kink": 1.4, "curve": 0.7}[trend]
    basis = bend_basis(years, trend, kink_dates)
    return Design(
        log2_minutes=np.log2(np.minimum(minutes, CEILING_MINUTES)),
        error=np.log2(high / low) / (2 * special.ndtri(0.975)),
        years=years,
        reasoning=np.asarray(flag, dtype=float),
        censored=(minutes > CEILING_MINUTES).astype(float),
        basis=basis,
        log_weight=np.full(len(basis), -np.log(len(basis))),
        scales=replace(scales, bend=bend),
    )


def shift_model(data: Design) -> pm.Model:
    r"""Trend of the horizon with a shift for reasoning-trained models and an optional bend at an unknown place.

    .. math:: \log_2 h_i \sim N(a + b t_i + \delta x_{ki} + \gamma R_i + \sqrt{\rho}\, s_i z,\ \sqrt{(1-\rho) s_i^2 + \tau^2})

    with :math:`t` in years since 2025-01-01, :math:`s_i` from METR's interval, :math:`x_{ki}` the bend's regressor under candidate k, which is summed out; a
    horizon above METR's ceiling enters as "at least 960 minutes".

    Priors: a ~ N(4, 3), a level of 2 minutes to 2 hours at the start of 2025 within one s.d.; b ~ N(2, 1.4) a year; gamma ~ N(0, 2), no direction assumed;
    delta ~ N(0, bend); tau ~ HalfNormal(0.5), half a doubling between models of one date; z ~ N(0, 1). Reasons for the scales: `Scales`.
    """
    s = data.scales
    with pm.Model() as model:
        y, error, years, reasoning, censored, basis, log_weight, scale = (
            pm.Data(name, value)
            for name, value in {
                "log2_minutes": data.log2_minutes,
                "error": data.error,
                "years": data.years,
                "reasoning": data.reasoning,
                "censored": data.censored,
                "basis": data.basis,
                "log_weight": data.log_weight,
                "scales": np.array([s.slope, s.shift, s.bend, s.scatter, s.shared]),
            }.items()
        )
        level = pm.Normal("level", 4, 3)
        slope = 2 + scale[0] * pm.Normal("slope_z")
        shift = scale[1] * pm.Normal("shift_z")
        bend = scale[2] * pm.Normal("bend_z")
        scatter = scale[3] * pm.HalfNormal("scatter_z")
        shared = pm.Normal("shared")
        common = level + slope * years + shift * reasoning + pt.sqrt(scale[4]) * error * shared
        sigma = pt.sqrt((1 - scale[4]) * error**2 + scatter**2)
        z = (y - common - bend * basis) / sigma
        exact = -0.5 * z**2 - pt.log(sigma) - 0.5 * np.log(2 * np.pi)
        above = pt.log(0.5 * pt.erfc(z / np.sqrt(2)))
        per_candidate = log_weight + pt.switch(censored > 0, above, exact).sum(axis=1)
        highest = per_candidate.max()
        pm.Potential("log_likelihood", highest + pt.log(pt.exp(per_candidate - highest).sum()))
    return model


def parameters(tree: xr.DataTree, scales: Scales) -> dict[str, np.ndarray]:
    """Draws of `PARAMETERS` from a posterior of `shift_model`, each of shape (chain * draw,), in the units of the docstring there."""
    standard = {name: sampling.draws(tree, name) for name in ("level", "slope_z", "shift_z", "bend_z", "scatter_z", "shared")}
    return {
        "level": standard["level"],
        "slope": 2 + scales.slope * standard["slope_z"],
        "shift": scales.shift * standard["shift_z"],
        "bend": scales.bend * standard["bend_z"],
        "scatter": scales.scatter * standard["scatter_z"],
        "shared": standard["shared"],
    }


def log_likelihood(draws: Mapping[str, np.ndarray], data: Design) -> np.ndarray:
    """Log-likelihood of each model under each candidate bend.

    Parameters
    ----------
    draws : mapping
        Draws of `PARAMETERS`, each of shape (S,).

    Returns
    -------
    ndarray, shape (S, K, n)
    """
    level, slope, shift, bend, scatter, shared = (draws[name][:, None] for name in PARAMETERS)
    rho = data.scales.shared
    common = level + slope * data.years + shift * data.reasoning + np.sqrt(rho) * data.error * shared
    sigma = np.sqrt((1 - rho) * data.error**2 + scatter**2)[:, None, :]
    z = (data.log2_minutes - common[:, None, :] - bend[:, :, None] * data.basis) / sigma
    return np.where(data.censored > 0, special.log_ndtr(-z), -0.5 * z**2 - np.log(sigma) - 0.5 * np.log(2 * np.pi))


def candidate_probability(draws: Mapping[str, np.ndarray], data: Design) -> np.ndarray:
    """Posterior probability of each candidate bend, shape (K,)."""
    joint = data.log_weight + log_likelihood(draws, data).sum(axis=2)
    return np.exp(joint - special.logsumexp(joint, axis=1, keepdims=True)).mean(axis=0)


def forward_log_score(draws: Mapping[str, np.ndarray], fitted: Design, later: Design) -> float:
    """Joint log predictive density, in nats, of later rows given the fit to earlier ones.

    The candidate bend keeps the probability that the earlier rows give it, draw by draw.
    """
    before = fitted.log_weight + log_likelihood(draws, fitted).sum(axis=2)
    both = before + log_likelihood(draws, later).sum(axis=2)
    per_draw = special.logsumexp(both, axis=1) - special.logsumexp(before, axis=1)
    return float(special.logsumexp(per_draw) - np.log(len(per_draw)))


def leave_one_out(draws: Mapping[str, np.ndarray], data: Design) -> tuple[np.ndarray, np.ndarray]:
    """Pareto-smoothed leave-one-out log predictive densities and the shape k of each, both of shape (n,).

    The ratio of the joint likelihoods with and without a row is its density given the rest, with the candidate bend summed out in both. Method: A. Vehtari,
    A. Gelman, J. Gabry, "Practical Bayesian model evaluation using leave-one-out cross-validation and WAIC", Statistics and Computing 27 (2017).
    """
    rows = log_likelihood(draws, data)
    total = data.log_weight[:, None] + rows.sum(axis=2, keepdims=True)
    given_rest = special.logsumexp(total, axis=1) - special.logsumexp(total - rows, axis=1)
    weights, k = array_stats.psislw(-given_rest.T)
    return special.logsumexp(weights + given_rest.T, axis=1), np.asarray(k)


def without(data: Design, row: int) -> tuple[Design, Design]:
    """The design without one row, and that row's own design."""
    keep = np.arange(len(data.years)) != row
    parts = ("log2_minutes", "error", "years", "reasoning", "censored")
    rest, alone = ({name: getattr(data, name)[mask] for name in parts} | {"basis": data.basis[:, mask]} for mask in (keep, ~keep))
    return replace(data, **rest), replace(data, **alone)
