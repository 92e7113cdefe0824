"""Checks that a posterior must pass, and predictive scores.

R-hat (rank-normalised, split) and effective sample sizes: A. Vehtari, A. Gelman, D. Simpson,
B. Carpenter, P.-C. Bürkner, "Rank-normalization, folding, and localization", Bayesian Analysis
16 (2021), which also gives the limits. E-BFMI: M. Betancourt, "Diagnosing suboptimal cotangent
disintegrations in Hamiltonian Monte Carlo", arXiv:1604.00695.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import arviz as az
import numpy as np
import xarray as xr
from scipy.fft import irfft, next_fast_len, rfft
from scipy.special import ndtri
from scipy.stats import rankdata

MAX_RHAT = 1.01
MIN_ESS_PER_CHAIN = 100
MIN_EBFMI = 0.3
MAX_PARETO_K = 0.7


class DiagnosticsError(RuntimeError):
    """A posterior that must not be used."""


@dataclass(frozen=True)
class _Fault:
    text: str
    remedy: str


def diagnostics(tree: xr.DataTree) -> dict[str, float]:
    """Summarise how well the posterior was sampled.

    Parameters
    ----------
    tree : xarray.DataTree
        As `sampling.fit` returns it.

    Returns
    -------
    dict
        max_rhat, min_ess_bulk, min_ess_tail, divergences, min_ebfmi, draws (all chains
        together), seconds (from model to accepted posterior, when it was fitted).
    """
    rhat, bulk, tail = np.array(list(_by_parameter(tree).values())).T
    posterior = tree["posterior"]
    return {
        "max_rhat": float(rhat.max()),
        "min_ess_bulk": float(bulk.min()),
        "min_ess_tail": float(tail.min()),
        "divergences": int(tree["sample_stats"]["diverging"].sum()),
        "min_ebfmi": float(ebfmi(tree["sample_stats"]["energy"].values).min()),
        "draws": posterior.sizes["chain"] * posterior.sizes["draw"],
        "seconds": float(tree.attrs["seconds"]),
    }


@dataclass(frozen=True)
class Loo:
    """Leave-one-out log score.

    Attributes
    ----------
    elpd : float
        Expected log predictive density, summed over observations, in nats.
    se : float
        Its standard error.
    worst_k : float
        Largest Pareto shape of the importance weights.
    refitted : int
        Observations scored by exact refits.
    pointwise : ndarray
        Shape (observation,), nats.
    """

    elpd: float
    se: float
    worst_k: float
    refitted: int
    pointwise: np.ndarray


def loo(tree: xr.DataTree, refit: Callable[[int], float] | None = None, name: str | None = None) -> Loo:
    """Pareto-smoothed importance-sampling leave-one-out log score.

    Method: A. Vehtari, A. Gelman, J. Gabry, "Practical Bayesian model evaluation using
    leave-one-out cross-validation and WAIC", Statistics and Computing 27 (2017).

    Parameters
    ----------
    tree : xarray.DataTree
        As `sampling.fit` returns it.
    refit : callable, optional
        Given the position of an observation, its log predictive density under a fit without it.
        Called where the Pareto shape exceeds 0.7.
    name : str, optional
        Observed variable, where there are several.

    Raises
    ------
    DiagnosticsError
        If an observation needs a refit and there is no `refit`, or log-likelihoods were not stored.
    """
    if "log_likelihood" not in tree.children:
        raise DiagnosticsError("leave-one-out score: the posterior was stored without log-likelihoods; fit with log_likelihood=True")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Estimated shape parameter")
        found = az.loo(tree, var_name=name, pointwise=True)
    shapes = np.nan_to_num(np.ravel(found.pareto_k.values), nan=np.inf)
    scores = np.ravel(found.elpd_i.values).copy()
    bad = np.flatnonzero(shapes > MAX_PARETO_K)
    if bad.size and refit is None:
        raise DiagnosticsError(
            f"leave-one-out score: Pareto shape of observation {bad[0]} is {shapes[bad[0]]:.2f}, limit "
            f"{MAX_PARETO_K}, and {bad.size - 1} more: pass refit, which fits without the observation"
        )
    for position in bad:
        scores[position] = refit(int(position))
    return Loo(
        elpd=float(scores.sum()),
        se=float(np.sqrt(scores.size * scores.var())),
        worst_k=float(shapes.max()),
        refitted=int(bad.size),
        pointwise=scores,
    )


def ebfmi(energy: np.ndarray) -> np.ndarray:
    """Energy Bayesian fraction of missing information, by chain, from energies (chain, draw)."""
    centred = energy - energy.mean(axis=1, keepdims=True)
    return np.sum(np.diff(energy, axis=1) ** 2, axis=1) / np.sum(centred**2, axis=1)


def check(tree: xr.DataTree, name: str) -> None:
    """Refuse a posterior that was not sampled well.

    Raises
    ------
    DiagnosticsError
        Names every fault: parameter, value, limit, what to try.
    """
    chains = tree["posterior"].sizes["chain"]
    least = MIN_ESS_PER_CHAIN * chains
    faults = []
    for parameter, (rhat, bulk, tail) in _by_parameter(tree).items():
        if np.isnan(rhat):
            faults.append(_Fault(f"draws of {parameter} are not finite", "bounds that keep it finite"))
            continue
        if not rhat <= MAX_RHAT:
            faults.append(_Fault(f"R-hat of {parameter} is {rhat:.3f}, limit {MAX_RHAT}", "more tuning steps or a better parametrisation"))
        if not bulk >= least:
            faults.append(_Fault(f"bulk effective sample size of {parameter} is {bulk:.0f}, limit {least}", "more draws or a better parametrisation"))
        if not tail >= least:
            faults.append(_Fault(f"tail effective sample size of {parameter} is {tail:.0f}, limit {least}", "more draws or lighter tails"))
    divergences = int(tree["sample_stats"]["diverging"].sum())
    if divergences:
        faults.append(_Fault(f"{divergences} divergent transitions, limit 0", "a higher target_accept, a non-centred parametrisation or tighter priors"))
    lowest = float(ebfmi(tree["sample_stats"]["energy"].values).min())
    if not lowest >= MIN_EBFMI:
        faults.append(_Fault(f"E-BFMI is {lowest:.2f}, limit {MIN_EBFMI}", "a parametrisation without a funnel"))
    if faults:
        shown = "; ".join(fault.text for fault in faults[:6])
        more = f"; and {len(faults) - 6} more" if len(faults) > 6 else ""
        remedies = "; ".join(dict.fromkeys(fault.remedy for fault in faults))
        raise DiagnosticsError(f"posterior of {name} refused: {shown}{more}. Try {remedies}.")


def convergence(draws: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """R-hat, bulk and tail effective sample size of many quantities at once.

    Parameters
    ----------
    draws : ndarray
        Shape (chain, draw, quantity).

    Returns
    -------
    tuple of ndarray
        Rank-normalised split R-hat (the larger of plain and folded); effective sample size of
        the bulk; the smaller one of the 5 % and 95 % quantiles. Each of shape (quantity,), NaN
        for a quantity that is constant or not finite.
    """
    half = draws.shape[1] // 2
    split = np.concatenate([draws[:, :half], draws[:, -half:]])
    scaled = _normal_scores(split)
    folded = _normal_scores(np.abs(split - np.median(split, axis=(0, 1))))
    low, high = np.quantile(draws, [0.05, 0.95], axis=(0, 1))
    tail = np.minimum(_ess((split <= low).astype(float)), _ess((split <= high).astype(float)))
    rhat, bulk = np.maximum(_rhat(scaled), _rhat(folded)), _ess(scaled)
    usable = np.isfinite(draws).all(axis=(0, 1)) & (np.ptp(draws, axis=(0, 1)) > 0)
    return tuple(np.where(usable, found, np.nan) for found in (rhat, bulk, tail))


def _normal_scores(values: np.ndarray) -> np.ndarray:
    flat = values.reshape(-1, values.shape[2])
    ranks = rankdata(flat, axis=0)
    return ndtri((ranks - 0.375) / (len(flat) + 0.25)).reshape(values.shape)


def _rhat(values: np.ndarray) -> np.ndarray:
    n = values.shape[1]
    between = n * values.mean(axis=1).var(axis=0, ddof=1)
    within = values.var(axis=1, ddof=1).mean(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.sqrt((between / within + n - 1) / n)


def _ess(values: np.ndarray) -> np.ndarray:
    """Effective sample size with Geyer's initial monotone sequence, of (chain, draw, quantity)."""
    chains, n, _ = values.shape
    means = values.mean(axis=1, keepdims=True)
    length = next_fast_len(2 * n, real=True)
    power = np.zeros((length // 2 + 1, values.shape[2]))
    for chain in values - means:
        power += np.abs(rfft(chain, n=length, axis=0)) ** 2
    covariance = irfft(power, n=length, axis=0)[:n] / (n * chains)
    within = covariance[0] * n / (n - 1)
    total = covariance[0] + (means[:, 0].var(axis=0, ddof=1) if chains > 1 else 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        correlation = 1 - (within - covariance) / total
        correlation[0] = 1.0
        pairs = correlation[0 : n - n % 2 : 2] + correlation[1::2][: n // 2]
        pairs = pairs[: (n - 3) // 2 + 1]
        last = np.where((pairs <= 0).any(axis=0), (pairs <= 0).argmax(axis=0), len(pairs) - 1)
        monotone = np.minimum.accumulate(pairs, axis=0)
        kept = np.arange(len(pairs))[:, None] < last
        rest = np.take_along_axis(correlation, 2 * last[None], axis=0)[0]
        time = -1 + 2 * np.where(kept, monotone, 0).sum(axis=0) + np.maximum(rest, 0)
        size = chains * n
        return np.where(total > 0, size / np.maximum(time, 1 / np.log10(size)), size)


def _by_parameter(tree: xr.DataTree) -> dict[str, tuple[float, float, float]]:
    """R-hat, bulk and tail effective sample size of every element that varies."""
    found = {}
    for name, array in tree["posterior"].data_vars.items():
        values = array.transpose("chain", "draw", ...).values
        flat = values.reshape(*values.shape[:2], -1)
        moving = np.flatnonzero(~(np.ptp(flat, axis=(0, 1)) == 0))
        for block in np.array_split(moving, max(1, len(moving) // 32)):
            results = zip(*convergence(flat[:, :, block]), strict=True)
            for position, result in zip(block, results, strict=True):
                index = ", ".join(str(i) for i in np.unravel_index(position, values.shape[2:]))
                found[f"{name}[{index}]" if index else name] = tuple(map(float, result))
    return found
