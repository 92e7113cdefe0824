"""Curves of search at a fixed model: how much the last decade of compute gains beside the first.

A curve is one model, one way of searching and one benchmark. Compute counts in decades above the curve's first point, scores in units of the range that was
observed on it, so that Elo and per cent stand side by side; the statement under test, last decade < half the first, has no unit. Per cents count as points, the
scale of the statement, or in log odds, on which a score near 0 or 100 has no less room than one in the middle.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import logit, logsumexp
from scipy.stats import gamma, norm

from inference_scaling import tables
from inference_scaling.bootstrapping.chess import chess_curves
from inference_scaling.ladders import unsaturated
from inference_scaling.passk import coverage

HALF = 0.5
# Two decades would keep the first and the last apart, but leave no curve of longer thinking; at 1.45 they share about half of their length.
SHORTEST = 1.45
EASE = 0.3
DRAWS = 2000
NOISE = np.geomspace(0.004, 0.7, 22)
WITHIN = 0.3
KINDS = ("longer thinking", "votes", "samples, faulty judge", "samples, answer key", "tree search, chess")
FORMS = ("power law with ceiling", "S-curve")
REFERENCE = "straight line"
KEY_ATTEMPTS = (1, 3, 10, 30, 100, 300, 1000, 3000, 10_000)
COLUMNS = ["curve", "kind", "decades", "score", "available_from"]


def all_curves(chess: str = "elo", limit: float = 90.0, switched: bool = False, shortest: float = SHORTEST) -> pd.DataFrame:
    """Every curve of the book's tables of at least `shortest` decades and three points, in its own unit.

    Parameters
    ----------
    chess : {"elo", "normalised"}
        Scale of the chess curves; see `bootstrapping.chess`.
    limit : float
        Ladders of thinking, and they alone, count where the best other model known then scored below it, in per cent: a benchmark near its ceiling flattens by itself.
    switched : bool
        Whether ladders of thinking keep a first rung with thinking switched off, so that their first step is a change of mode; then one ladder a model, the longest, as ladders of a model repeat each other.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`; decades above the curve's first point.
    """
    ladders = tables.load("effort_ladders")
    thinking = unsaturated(ladders, limit).assign(kind="longer thinking")
    if not switched:
        thinking = thinking[thinking["thinking"]]
        thinking = thinking.assign(decades=thinking["decades"] - thinking.groupby("ladder")["decades"].transform("min"))
    thinking = _long_enough(thinking.rename(columns={"ladder": "curve"}), shortest)
    if switched:
        ends = thinking.loc[thinking.groupby("curve")["decades"].idxmax()].sort_values("decades")
        thinking = thinking[thinking["curve"].isin(ends.drop_duplicates("model", keep="last")["curve"])]
    votes = ladders[ladders["method"] == "votes"].assign(kind="votes").rename(columns={"ladder": "curve"})
    parts = [thinking, votes, tables.load("search_curves"), _answer_key(tables.load("repeated_sampling_counts")), chess_curves(tables.load("chess_time_odds"), chess)]
    rows = _long_enough(pd.concat([part[COLUMNS] for part in parts], ignore_index=True), shortest)
    order = rows["kind"].map(KINDS.index)
    return rows.assign(order=order).sort_values(["order", "curve", "decades"]).drop(columns="order").reset_index(drop=True)


def _long_enough(rows: pd.DataFrame, shortest: float) -> pd.DataFrame:
    sizes = rows.groupby("curve")["decades"].agg(["size", "max"])
    return rows[rows["curve"].isin(sizes.index[(sizes["size"] >= 3) & (sizes["max"] >= shortest)])]


def in_log_odds(rows: pd.DataFrame) -> pd.DataFrame:
    """The same curves with per cents as log odds; chess, which has no per cents, as it is.

    Raises
    ------
    ValueError
        If a score is 0 or 100 per cent.
    """
    percent = rows["kind"] != "tree search, chess"
    share = rows["score"] / 100
    if not share[percent].between(0, 1, inclusive="neither").all():
        raise ValueError("log odds need scores between 0 and 100 per cent, ends excluded; leave out the curves that reach them")
    return rows.assign(score=rows["score"].where(~percent, logit(share.clip(1e-9, 1 - 1e-9))))


def _answer_key(counts: pd.DataFrame) -> pd.DataFrame:
    """Coverage of the Pythia models at half-decades of samples."""
    parts = []
    for model, rows in counts[counts["family"] == "mathematics"].groupby("model"):
        values = coverage(rows["attempts"], rows["successes"], KEY_ATTEMPTS, rows["problems"])
        parts.append(pd.DataFrame({"curve": f"{model}, answer key", "kind": "samples, answer key", "decades": np.log10(KEY_ATTEMPTS), "score": 100 * values, "available_from": rows["available_from"].max()}))
    return pd.concat(parts, ignore_index=True)


@dataclass(frozen=True)
class Curves:
    """Curves as arrays.

    Attributes
    ----------
    curve : ndarray of int, shape (points,)
        The curve that a point belongs to.
    x, y : ndarray, shape (points,)
        Decades above the curve's first point; score above the lowest one, over the observed range.
    span, unit, base : ndarray, shape (curves,)
        Decades measured; observed range and lowest score in the curve's own unit.
    kind : ndarray of int, shape (curves,)
        Index into `KINDS`.
    names : list of str
    """

    curve: np.ndarray
    x: np.ndarray
    y: np.ndarray
    span: np.ndarray
    unit: np.ndarray
    base: np.ndarray
    kind: np.ndarray
    names: list[str]


def arrays(rows: pd.DataFrame) -> Curves:
    """Arrays of a table of curves; refuses curves that do not vary."""
    curve, names = pd.factorize(rows["curve"])
    grouped = rows.groupby(curve)["score"]
    base, unit = grouped.min().to_numpy(), (grouped.max() - grouped.min()).to_numpy()
    if (unit <= 0).any():
        raise ValueError(f"curve {names[int(np.argmin(unit))]!r} does not vary, so that its gains have no ratio; leave it out")
    x = rows["decades"].to_numpy()
    kind = rows.drop_duplicates("curve")["kind"].map(KINDS.index).to_numpy()
    return Curves(curve, x, (rows["score"].to_numpy() - base[curve]) / unit[curve], rows.groupby(curve)["decades"].max().to_numpy(), unit, base, kind, list(names))


def curve_shape(form: str, inner: np.ndarray, outer: np.ndarray, span: np.ndarray, x: np.ndarray) -> np.ndarray:
    r"""Part of the rise over the span that is gained by x; all arguments broadcast.

    Power law with ceiling: every decade keeps :math:`e^k` of the gain of the decade before, :math:`(e^{k x} - 1) / (e^{k L} - 1)`. With compute :math:`C = 10^x` and k below 0 this is
    ceiling - d C^(-b), b = -k / ln 10, and likewise an exponential saturation per decade: one form. The ratio of the last decade's gain to the first's is :math:`e^{k (L - 1)}`.

    S-curve: logistic in log compute, :math:`F(s (x - m))` rescaled to run from 0 to 1 over the span; gains grow up to m and shrink beyond it.

    Parameters
    ----------
    inner
        k, or the midpoint m as a part of the span; without meaning for the straight line.
    outer
        log s for the S-curve, else without meaning.
    """
    if form == REFERENCE:
        return np.broadcast_to(x / span, np.broadcast(inner, x, span).shape)
    if form == "S-curve":
        s, middle = np.exp(outer), inner * span
        # F(a) - F(b) = sinh((a - b) / 2) / (2 cosh(a / 2) cosh(b / 2)), which does not cancel where F is flat.
        return np.sinh(s * x / 2) / np.cosh(s * (x - middle) / 2) * np.cosh(s * (span - middle) / 2) / np.sinh(s * span / 2)
    k = inner + 1e-6
    return np.expm1(k * x) / np.expm1(k * span)


@dataclass(frozen=True)
class Prior:
    """Grids of a form's parameters with their prior weights.

    Attributes
    ----------
    inner : ndarray
        Grid of the parameter that every curve has of its own.
    mean, spread, outer : ndarray
        Grids of its mean and spread within a kind, and of the parameter that the curves of a kind share.
    log_mean, log_spread, log_outer : ndarray
        Log prior weights on them.
    """

    inner: np.ndarray
    mean: np.ndarray
    spread: np.ndarray
    outer: np.ndarray
    log_mean: np.ndarray
    log_spread: np.ndarray
    log_outer: np.ndarray


def prior_of(form: str) -> Prior:
    """Priors of a form, in units of a curve's observed range and decades.

    Power law: mean of k within a kind N(-0.5, 0.85), so that a decade typically keeps 0.6 of the one before, between 0.15 and 2.5; spread of curves Gamma(2, 6), a factor of 1.4. S-curve: log s
    N(log 1.5, 0.5) logits a decade, the same for the curves of a kind; midpoint over span N(kind's, 0.3), kind's N(0.3, 0.5): before, within or beyond what was measured. Kinds are
    independent. A curve's level is N(0, 0.3) and its rise N(1, 0.3), both summed out exactly; noise of a kind LogNormal(log 0.05, 0.7).

    Raises
    ------
    ValueError
        For a form that is neither in `FORMS` nor the reference.
    """
    one, nought = np.zeros(1), np.zeros(1)
    if form == "power law with ceiling":
        mean, spread = np.linspace(-3, 2, 51), np.linspace(0.1, 1.3, 13)
        return Prior(np.linspace(-5, 3, 101), mean, spread, one, norm.logpdf(mean, -0.5, 0.85), gamma.logpdf(spread, 2, scale=1 / 6), nought)
    if form == "S-curve":
        mean, outer = np.linspace(-1.2, 1.8, 26), np.log(1.5) + np.linspace(-1.25, 1.25, 15)
        return Prior(np.linspace(-1.8, 2.4, 57), mean, np.array([WITHIN]), outer, norm.logpdf(mean, 0.3, 0.5), nought, norm.logpdf(outer, np.log(1.5), 0.5))
    if form == REFERENCE:
        return Prior(one, one, np.ones(1), one, nought, nought, nought)
    raise ValueError(f"form must be one of {', '.join((*FORMS, REFERENCE))}; got {form!r}")


def level_law(shape: np.ndarray, y: np.ndarray, noise: np.ndarray) -> tuple[np.ndarray, ...]:
    """Log likelihood of a curve with level and rise summed out, and the normal law of the two given the rest.

    Parameters
    ----------
    shape, y : ndarray, shape (..., points)
    noise : ndarray, broadcasting against (...)

    Returns
    -------
    log_likelihood, level, rise : ndarray
        The last two are means; then their variance, covariance and variance.
    """
    rest = y - shape
    first, second = shape.sum(-1), (shape**2).sum(-1)
    r0, r1, rr = rest.sum(-1), (rest * shape).sum(-1), (rest**2).sum(-1)
    count, precision, prior = shape.shape[-1], noise**-2.0, EASE**-2
    a, b, d = count * precision + prior, first * precision, second * precision + prior
    determinant = a * d - b**2
    u, v = r0 * precision, r1 * precision
    level, rise = (d * u - b * v) / determinant, (a * v - b * u) / determinant
    log_likelihood = -0.5 * (count * (np.log(2 * np.pi) + 2 * np.log(noise)) + np.log(determinant) - 2 * np.log(prior) + rr * precision - u * level - v * rise)
    return log_likelihood, level, 1 + rise, d / determinant, -b / determinant, a / determinant


@dataclass(frozen=True)
class Posterior:
    """Draws given the curves; kinds without curves keep their prior.

    Attributes
    ----------
    inner, outer, level, rise : ndarray, shape (S, curves)
    noise, mean, spread, kind_outer : ndarray, shape (S, kinds)
    """

    inner: np.ndarray
    outer: np.ndarray
    level: np.ndarray
    rise: np.ndarray
    noise: np.ndarray
    mean: np.ndarray
    spread: np.ndarray
    kind_outer: np.ndarray


Members = tuple[tuple[bytes, bytes, float], ...]


@functools.lru_cache(maxsize=64)
def fit_kind(form: str, members: Members, kind: int, size: int, seed: int) -> tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...]]:
    """Posterior of the curves of one kind by quadrature; kept, since most analyses differ in one kind only.

    Parameters
    ----------
    members : tuple of (bytes, bytes, float)
        x and y of each curve as bytes of floats, and its span.

    Returns
    -------
    shared : tuple of ndarray, shape (size,)
        mean, spread, outer, noise.
    own : tuple of ndarray, shape (size, curves)
        inner, level, rise.
    """
    prior, rng = prior_of(form), np.random.default_rng((seed, kind))
    shape = (len(prior.mean), len(prior.spread), len(prior.outer), len(NOISE))
    log_joint = prior.log_mean[:, None, None, None] + prior.log_spread[:, None, None] + prior.log_outer[:, None] + norm.logpdf(np.log(NOISE), np.log(0.05), 0.7)
    # Weight of each value of a curve's own parameter, given mean and spread.
    spread_of = -0.5 * ((prior.inner - prior.mean[:, None, None]) / prior.spread[:, None]) ** 2
    given = np.exp(spread_of - logsumexp(spread_of, axis=-1, keepdims=True))
    curves, likelihoods = [(np.frombuffer(x), np.frombuffer(y), span) for x, y, span in members], []
    for x, y, span in curves:
        by_point = curve_shape(form, prior.inner[:, None, None], prior.outer[:, None], span, x)
        log_likelihood = level_law(by_point[:, :, None, :], y, NOISE)[0]
        top = log_likelihood.max(axis=0)
        likelihoods.append(np.exp(log_likelihood - top))
        log_joint = log_joint + np.log(np.tensordot(given, likelihoods[-1], axes=1) + 1e-300) + top
    weight = np.exp(log_joint - log_joint.max()).ravel().cumsum()
    m, s, o, n = np.unravel_index(np.searchsorted(weight, weight[-1] * rng.uniform(size=size)), shape)
    own = np.empty((3, size, len(curves)))
    for i, (x, y, span) in enumerate(curves):
        weight = (given[m, s] * likelihoods[i][:, o, n].T).cumsum(axis=1)
        chosen = (weight < weight[:, [-1]] * rng.uniform(size=(size, 1))).sum(axis=1)
        by_point = curve_shape(form, prior.inner[chosen][:, None], prior.outer[o][:, None], span, x)
        _, level, rise, v0, c, v1 = level_law(by_point, y, NOISE[n])
        z0, z1 = rng.standard_normal((2, size))
        own[:, :, i] = prior.inner[chosen], level + np.sqrt(v0) * z0, rise + c / np.sqrt(v0) * z0 + np.sqrt(np.maximum(v1 - c**2 / v0, 0)) * z1
    return (prior.mean[m], prior.spread[s], prior.outer[o], NOISE[n]), tuple(own)


def fit(form: str, data: Curves, size: int = DRAWS, seed: int = 20250115) -> Posterior:
    """Posterior of a form: kinds are independent, and within one, curves are given their mean, spread, shared parameter and noise.

    Every curve's own parameter is summed over a grid, its level and rise in closed form; then independent draws are taken from the grid.
    """
    curves, kinds = len(data.names), len(KINDS)
    own = {name: np.empty((size, curves)) for name in ("inner", "level", "rise", "outer")}
    shared = {name: np.empty((size, kinds)) for name in ("mean", "spread", "kind_outer", "noise")}
    for kind in range(kinds):
        places = np.flatnonzero(data.kind == kind)
        members = tuple((data.x[data.curve == i].tobytes(), data.y[data.curve == i].tobytes(), float(data.span[i])) for i in places)
        common, each = fit_kind(form, members, kind, size, seed)
        for name, value in zip(shared, common, strict=True):
            shared[name][:, kind] = value
        for name, value in zip(own, each, strict=False):
            own[name][:, places] = value
        own["outer"][:, places] = common[2][:, None]
    return Posterior(**own, **shared)


def gain_ratio(form: str, inner: np.ndarray, outer: np.ndarray, span: np.ndarray) -> np.ndarray:
    """Gain of the last measured decade over that of the first; arguments broadcast."""
    return (1 - curve_shape(form, inner, outer, span, span - 1)) / curve_shape(form, inner, outer, span, np.ones_like(span))


def new_curve(form: str, posterior: Posterior, span: np.ndarray, kinds: np.ndarray, common: float | None = None, seed: int = 7) -> np.ndarray:
    """Ratio of gains for a curve not seen yet of each kind given, shape (S, kinds).

    Parameters
    ----------
    span : ndarray, shape (kinds,)
        Decades that a curve of the kind spans.
    kinds : ndarray of int, shape (kinds,)
    common : float, optional
        Decades over which to take the ratio, the same for all kinds; its own span if not given.
    """
    noise = np.random.default_rng(seed).standard_normal((len(posterior.mean), len(kinds)))
    inner = posterior.mean[:, kinds] + posterior.spread[:, kinds] * noise
    over = span if common is None else np.full_like(span, common)
    # The S-curve's midpoint is a part of the span that was measured.
    return gain_ratio(form, inner * span / over if form == "S-curve" else inner, posterior.kind_outer[:, kinds], over)


def kept_per_decade(posterior: Posterior, kinds: np.ndarray) -> np.ndarray:
    """Part of a decade's gain that the next one keeps, power law, for a curve not seen yet of each kind, shape (S, kinds)."""
    return new_curve("power law with ceiling", posterior, np.full(len(kinds), 2.0), kinds)


def without_last_decade(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Points up to one decade below each curve's end, and each curve's last point; curves left with fewer than two points, or flat, are left out."""
    end = rows.groupby("curve")["decades"].transform("max")
    below = rows[rows["decades"] <= end - 1 + 1e-9]
    scores = below.groupby("curve")["score"].agg(["size", "min", "max"])
    kept = scores.index[(scores["size"] >= 2) & (scores["max"] > scores["min"])]
    last = rows[(rows["decades"] == end) & rows["curve"].isin(kept)]
    return below[below["curve"].isin(kept)].reset_index(drop=True), last.drop_duplicates("curve").reset_index(drop=True)


def end_point_scores(form: str, posterior: Posterior, data: Curves, last: pd.DataFrame) -> pd.DataFrame:
    """Forecast of each curve's last point from a fit without its last decade.

    Returns
    -------
    DataFrame
        curve, kind, forecast and its 90 % interval and observed, in the curve's own unit; log_score in nats, in units of the range fitted.
    """
    last = last.set_index("curve").loc[data.names]
    mean = posterior.level + posterior.rise * curve_shape(form, posterior.inner, posterior.outer, data.span, last["decades"].to_numpy())
    noise = posterior.noise[:, data.kind]
    observed = (last["score"].to_numpy() - data.base) / data.unit
    score = logsumexp(norm.logpdf(observed, mean, noise), axis=0) - np.log(len(mean))
    seen = mean + noise * np.random.default_rng(7).standard_normal(mean.shape)
    low, middle, high = data.base + data.unit * np.quantile(seen, [0.05, 0.5, 0.95], axis=0)
    return pd.DataFrame({"curve": data.names, "kind": last["kind"].to_numpy(), "low": low, "forecast": middle, "high": high, "observed": last["score"].to_numpy(), "log_score": score})
