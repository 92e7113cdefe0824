"""Repeated sampling: how coverage grows with attempts, and what the left tail of problem difficulty says about it.

Each problem has its own success rate p. In k attempts it is solved with probability 1 - (1 - p)^k, so its failures die out exponentially; only
a mixture with much mass near p = 0 turns the average into a power law (Schaeffer et al. 2025). The two laws of mixing here, Beta and
logit-normal, agree where there are data and part company in the tail.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pymc as pm
import pytensor.tensor as pt
from scipy.special import betaln, logit

from inference_scaling.passk import STANDARD_WEIGHT, STANDARD_Z, beta_coverage, cap, logit_normal_coverage, thin

FAMILIES = ("mathematics", "jailbreak")
BATCH = 60
LIMITS = {"mathematics": 10_000, "jailbreak": 10_020}
EARLY = {"mathematics": 100, "jailbreak": 120}
NODES = 20

# Normal(mean, sd) of the centres, median of the log-normal spreads: see the two models.
BETA_PRIOR = {"log_alpha": (np.log(0.3), 1.0, 0.4), "logit_mean": (-4.0, 2.0, 1.2)}
LOGIT_NORMAL_PRIOR = {"location": (-6.0, 2.5, 1.5), "log_scale": (np.log(2.0), 0.5, 0.25)}
SPREAD_OF_SPREADS = 0.5


@dataclass(frozen=True)
class Counts:
    """Sufficient statistics: unlike pairs of attempts and successes, and how many problems share each.

    Attributes
    ----------
    models : tuple of str
    family : ndarray of int, shape (models,)
        Index into FAMILIES.
    model : ndarray of int, shape (cells,)
        Index into `models`.
    n, s, problems : ndarrays of int, shape (cells,)
    """

    models: tuple[str, ...]
    family: np.ndarray
    model: np.ndarray
    n: np.ndarray
    s: np.ndarray
    problems: np.ndarray

    def of(self, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Attempts, successes and problems of one model's cells."""
        rows = self.model == self.models.index(name)
        return self.n[rows], self.s[rows], self.problems[rows]


def counts(family, model, n, s, problems=None) -> Counts:
    """Collapse problems with equal counts: 100,000 problems of 10,000 attempts become some thousand cells.

    Parameters
    ----------
    family, model : sequences of str, shape (problems,)
    n, s : sequences of int, shape (problems,)
        Attempts and successes.
    problems : sequence of int, shape (problems,), optional
        Problems that a row already stands for.

    Raises
    ------
    ValueError
        For an unknown family or impossible counts.
    """
    frame = pd.DataFrame({"family": np.asarray(family), "model": np.asarray(model), "n": np.asarray(n), "s": np.asarray(s)})
    frame["problems"] = 1 if problems is None else np.asarray(problems)
    unknown = set(frame["family"]) - set(FAMILIES)
    if unknown:
        raise ValueError(f"unknown family {sorted(unknown)}: use {' or '.join(FAMILIES)}")
    if ((frame["s"] < 0) | (frame["s"] > frame["n"]) | (frame["n"] < 1)).any():
        raise ValueError("counts need 0 <= successes <= attempts and at least one attempt")
    cells = frame.groupby(["model", "n", "s"], sort=True)["problems"].sum().reset_index()
    families = frame.drop_duplicates("model").set_index("model")["family"]
    models = tuple(sorted(families.index, key=lambda name: (FAMILIES.index(families[name]), name)))
    index = {name: i for i, name in enumerate(models)}
    return Counts(
        models,
        np.array([FAMILIES.index(families[name]) for name in models]),
        cells["model"].map(index).to_numpy(),
        cells["n"].to_numpy(),
        cells["s"].to_numpy(),
        cells["problems"].to_numpy(),
    )


def without(data: Counts, cell: int) -> Counts:
    """The counts with one problem of a cell left out."""
    problems = data.problems.copy()
    problems[cell] -= 1
    return replace(data, problems=problems)


def early(data: Counts, seed: int) -> Counts:
    """The counts as a small study would have had them: EARLY attempts a problem.

    Attempts whose number was fixed beforehand are thinned by hypergeometric draws; those that stopped at a success are cut back exactly.
    """
    rng = np.random.default_rng(seed)
    family, model, n, s = [], [], [], []
    for i, name in enumerate(data.models):
        kind = FAMILIES[data.family[i]]
        attempts, successes, problems = data.of(name)
        attempts, successes = np.repeat(attempts, problems), np.repeat(successes, problems)
        if kind == "jailbreak":
            attempts, successes = cap(attempts, successes, EARLY[kind], batch=BATCH)
        else:
            successes = thin(attempts, successes, EARLY[kind], rng)
            attempts = np.full(successes.shape, EARLY[kind])
        family += [kind] * len(attempts)
        model += [name] * len(attempts)
        n.append(attempts)
        s.append(successes)
    return counts(family, model, np.concatenate(n), np.concatenate(s))


def _pooled(name: str, prior: tuple[float, float, float], family: np.ndarray) -> pt.TensorVariable:
    """Model-level parameter, partially pooled within each family; centre and spread have one value a family."""
    hyper = pm.Data(f"{name}_prior", np.array(prior))
    centre = pm.Normal(f"{name}_centre", hyper[0], hyper[1], dims="family")
    spread = pm.LogNormal(f"{name}_spread", pt.log(hyper[2]), SPREAD_OF_SPREADS, dims="family")
    return pm.Normal(name, centre[family], spread[family], dims="model")


def _coords(data: Counts) -> dict[str, list[str]]:
    return {"model": list(data.models), "family": list(FAMILIES)}


def beta_binomial(data: Counts, prior: dict[str, tuple[float, float, float]] = BETA_PRIOR) -> pm.Model:
    """Success rates of a model's problems are Beta(alpha, beta).

    For model m of family f: log alpha_m ~ Normal(a_f, s_f), logit(mean_m) ~ Normal(b_f, t_f), beta_m = alpha_m exp(-logit mean_m); the
    likelihood of s successes in n attempts is B(alpha + s, beta + n - s) / B(alpha, beta), times the number of problems with these counts.

    Stopping. Where attempts stop after a success, n is random, but the chance of the whole record given p is still p^s (1 - p)^(n - s) times
    a factor free of p, so the likelihood keeps its form and nothing is to be corrected.

    Priors. a_f ~ Normal(log 0.3, 1): alpha is the exponent of the tail; published exponents lie between 0.1 and 1, and 90 % of the prior is
    0.06 to 1.6. b_f ~ Normal(-4, 2): mean success in one attempt between 0.07 % and 33 %, for tasks chosen to be hard but not hopeless.
    s_f ~ LogNormal(log 0.4, 0.5), t_f ~ LogNormal(log 1.2, 0.5): sizes and makers differ, so the spreads are kept off zero; exponents within a
    family differ by a factor of 1.5 or so, odds by a factor of three or so. Rates are per attempt.
    """
    with pm.Model(coords=_coords(data)) as model:
        n, s, problems, index = _observed(data)
        log_alpha = _pooled("log_alpha", prior["log_alpha"], data.family)
        logit_mean = _pooled("logit_mean", prior["logit_mean"], data.family)
        alpha = pm.Deterministic("alpha", pt.exp(log_alpha), dims="model")
        beta = pm.Deterministic("beta", pt.exp(log_alpha - logit_mean), dims="model")
        a, b = alpha[index], beta[index]
        norm = pt.gammaln(alpha) + pt.gammaln(beta) - pt.gammaln(alpha + beta)
        kernel = pt.gammaln(a + s) + pt.gammaln(b + n - s) - pt.gammaln(a + b + n) - norm[index]
        pm.Potential("likelihood", pt.sum(problems * kernel))
    return model


def _observed(data: Counts) -> tuple[pt.TensorVariable, ...]:
    values = {"n": data.n, "s": data.s, "problems": data.problems}
    floats = [pm.Data(name, value.astype(float)) for name, value in values.items()]
    return *floats, pm.Data("cell_model", data.model)


def quadrature(n: np.ndarray, s: np.ndarray, nodes: int = NODES) -> tuple[np.ndarray, np.ndarray]:
    """Trapezium nodes for integrals of p^s (1 - p)^(n - s), s >= 1, against a smooth density of the log odds.

    The nodes span the log odds where the kernel is within exp(-12) of its peak. For such analytic integrands the rule's error falls
    exponentially with the step.

    Returns
    -------
    theta, log_weight : ndarrays, shape (cells, nodes)
        Log odds, and log of step times kernel.
    """
    n, s = n.astype(float)[:, None], s.astype(float)[:, None]

    def kernel(theta):
        return s * theta - n * np.logaddexp(0, theta)

    peak = np.clip(logit(s / n), -30, 12)
    ends = []
    for bound in (-30.0, 12.0):
        inner, outer = peak.copy(), np.full_like(peak, bound)
        for _ in range(60):
            middle = (inner + outer) / 2
            near = kernel(middle) > kernel(peak) - 12
            inner, outer = np.where(near, middle, inner), np.where(near, outer, middle)
        ends.append(outer)
    theta = ends[0] + (ends[1] - ends[0]) * np.linspace(0, 1, nodes)
    return theta, kernel(theta) + np.log((ends[1] - ends[0]) / (nodes - 1))


def logit_normal(data: Counts, prior: dict[str, tuple[float, float, float]] = LOGIT_NORMAL_PRIOR) -> pm.Model:
    """Rival: log odds of success of a model's problems are Normal(location, scale), as in item response theory.

    The integral over a solved problem's log odds is done by `quadrature`, whose nodes depend on the counts only; for unsolved problems by a
    trapezium rule over the standardised log odds.

    Priors. Centre of the location ~ Normal(-6, 2.5): with scale 2 its mean success rate matches that of the Beta's prior. Log scale centred on
    Normal(log 2, 0.5): item banks spread by one to five units of log odds. Spreads between models of a family as for the Beta, with medians
    1.5 and 0.25.
    """
    solved = data.s > 0
    with pm.Model(coords=_coords(data)) as model:
        theta, log_weight = (pm.Data(name, value) for name, value in zip(("theta", "log_weight"), quadrature(data.n[solved], data.s[solved])))
        problems, index = pm.Data("problems", data.problems[solved].astype(float)), pm.Data("cell_model", data.model[solved])
        unsolved, unsolved_n = pm.Data("unsolved", data.problems[~solved].astype(float)), pm.Data("unsolved_n", data.n[~solved].astype(float))
        unsolved_index = pm.Data("unsolved_model", data.model[~solved])
        location = _pooled("location", prior["location"], data.family)
        log_scale = _pooled("log_scale", prior["log_scale"], data.family)
        scale = pm.Deterministic("scale", pt.exp(log_scale), dims="model")
        z = (theta - location[index][:, None]) / scale[index][:, None]
        terms = log_weight - z**2 / 2
        top = terms.max(axis=1, keepdims=True)
        kernel = top[:, 0] + pt.log(pt.exp(terms - top).sum(axis=1)) - log_scale[index] - np.log(2 * np.pi) / 2
        grid = location[:, None] + scale[:, None] * STANDARD_Z
        failure = pt.exp(-unsolved_n[:, None] * pt.softplus(grid)[unsolved_index])
        missed = pt.log((failure * STANDARD_WEIGHT).sum(axis=1))
        pm.Potential("likelihood", pt.sum(problems * kernel) + pt.sum(unsolved * missed))
    return model


def pointwise(law: str, first: np.ndarray, second: np.ndarray, data: Counts) -> np.ndarray:
    """Log-likelihood kernel of one problem of each cell, for each draw.

    Parameters
    ----------
    law : {"beta", "logit-normal"}
    first, second : ndarrays, shape (draws, models)
        alpha and beta, or location and scale.

    Returns
    -------
    ndarray, shape (draws, cells)
    """
    a, b = first[:, data.model], second[:, data.model]
    if law == "beta":
        return betaln(a + data.s, b + data.n - data.s) - betaln(a, b)
    result, solved = np.empty(a.shape), data.s > 0
    theta, log_weight = quadrature(data.n[solved], data.s[solved])
    terms = log_weight - ((theta - a[:, solved, None]) / b[:, solved, None]) ** 2 / 2
    top = terms.max(axis=-1)
    result[:, solved] = top + np.log(np.exp(terms - top[..., None]).sum(axis=-1)) - np.log(b[:, solved]) - np.log(2 * np.pi) / 2
    result[:, ~solved] = np.log1p(-logit_normal_coverage(a[:, ~solved], b[:, ~solved], data.n[~solved]))
    return result


def law_coverage(law: str, first: np.ndarray, second: np.ndarray, ks: np.ndarray) -> np.ndarray:
    """Coverage at each k under a law of mixing; `first` and `second` of any shape (...), result (..., len(ks))."""
    ks = np.asarray(ks, dtype=float)
    function = beta_coverage if law == "beta" else logit_normal_coverage
    return function(np.asarray(first)[..., None], np.asarray(second)[..., None], ks)
