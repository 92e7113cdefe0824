"""Coverage of repeated sampling: estimators from counts, laws under a distribution of difficulty, simulators.

A problem is attempted n times and solved s times. Coverage at k is the share of problems solved at least once in k
attempts, which somebody can only cash in who recognises a right answer: it presumes a perfect verifier.
"""

from __future__ import annotations

import numpy as np
from scipy.special import betaln, gammaln

_STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680)
_STIRLING_FROM = 32

# Trapezium rule for averages over a standard normal variable.
STANDARD_Z = np.linspace(-8, 8, 81)
STANDARD_WEIGHT = np.exp(-(STANDARD_Z**2) / 2) / np.exp(-(STANDARD_Z**2) / 2).sum()


def _checked_counts(n, s) -> tuple[np.ndarray, np.ndarray]:
    n, s = np.broadcast_arrays(np.asarray(n, dtype=float), np.asarray(s, dtype=float))
    wrong = (n < 1) | (s < 0) | (s > n) | (n != np.floor(n)) | (s != np.floor(s)) | ~np.isfinite(n)
    if wrong.any():
        at = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise ValueError(f"counts at position {at}: n={n[at]:g}, s={s[at]:g}; need whole numbers with n >= 1 and 0 <= s <= n")
    return n, s


def _log_factorial_rest(x: np.ndarray) -> np.ndarray:
    """ln x! minus its leading terms (x + 1/2) ln x - x + ln(2 pi)/2: Stirling's series."""
    return sum(c / x ** (2 * i + 1) for i, c in enumerate(_STIRLING))


def pass_at_k(n, s, k) -> np.ndarray:
    """Unbiased estimate of the chance that k attempts hold a success, from s successes in n attempts fixed beforehand.

    1 - C(n - s, k) / C(n, k) (Chen et al. 2021), the chance that k of the n attempts drawn without replacement hold one. Written with
    log1p so that no digits cancel: differences of log-gamma lose all of them for the millions of attempts that small models get.

    Parameters
    ----------
    n, s, k : array_like of whole numbers
        Attempts, successes, attempts allowed; broadcast against each other.

    Returns
    -------
    ndarray
        Probabilities, in the broadcast shape.

    Raises
    ------
    ValueError
        For impossible counts, and for k > n, where no unbiased estimate exists.
    """
    n, s = _checked_counts(n, s)
    n, s, k = np.broadcast_arrays(n, s, np.asarray(k, dtype=float))
    if ((k < 1) | (k > n)).any():
        at = tuple(int(i) for i in np.argwhere((k < 1) | (k > n))[0])
        raise ValueError(f"k={k[at]:g} at position {at} is outside 1..n={n[at]:g}: no unbiased estimate there; lower k or fit a model")
    left = n - s - k
    result = np.where(s == 0, 0.0, 1.0)
    large = (left >= _STIRLING_FROM) & (s > 0)
    small = (left >= 0) & ~large & (s > 0)
    a, b, c, d = (v[small] for v in (n, s, k, left))
    result[small] = -np.expm1(gammaln(a - b + 1) - gammaln(d + 1) - gammaln(a + 1) + gammaln(a - c + 1))
    a, b, c, d = (v[large] for v in (n, s, k, left))
    log_fail = (a - b + 0.5) * np.log1p(-b / a) + (a - c + 0.5) * np.log1p(-c / a) - (d + 0.5) * np.log1p(-(b + c) / a)
    log_fail += _log_factorial_rest(a - b) + _log_factorial_rest(a - c) - _log_factorial_rest(d) - _log_factorial_rest(a)
    result[large] = -np.expm1(log_fail)
    return result


def coverage(n, s, ks, weights=None, *, beyond: str = "refuse") -> np.ndarray:
    """Mean pass@k over problems, for each k.

    Parameters
    ----------
    n, s : array_like, shape (problems,)
    ks : array_like, shape (m,)
    weights : array_like, shape (problems,), optional
        Problems that share the counts.
    beyond : {"refuse", "solved"}
        What to do where k exceeds a problem's attempts. "solved" counts the problem as solved, as Schaeffer et al. (2025) do; under a
        stopping rule that overstates coverage (see `stopped_coverage`).

    Returns
    -------
    ndarray, shape (m,)
    """
    if beyond not in ("refuse", "solved"):
        raise ValueError(f"beyond={beyond!r}: use 'refuse' or 'solved'")
    n, s = _checked_counts(n, s)
    ks = np.asarray(ks, dtype=float)
    capped = np.minimum(ks, n[:, None]) if beyond == "solved" else np.broadcast_to(ks, (n.size, ks.size))
    table = pass_at_k(n[:, None], s[:, None], capped)
    if beyond == "solved":
        table = np.where(ks > (n - s)[:, None], 1.0, table)
    return np.average(table, axis=0, weights=weights)


def stopped_coverage(n, s, ks, weights=None, *, batch: int) -> np.ndarray:
    """Unbiased coverage when attempts come in batches and stop after the first batch with a success.

    At a multiple of the batch it is the share of problems broken by then; inside the first batch it is pass@k of that batch.

    Parameters
    ----------
    n, s : array_like, shape (problems,)
    ks : array_like, shape (m,)
        Each at most `batch`, or a multiple of it.

    Raises
    ------
    ValueError
        If a k is neither, or n is not a multiple of the batch.
    """
    n, s = _checked_counts(n, s)
    ks = np.asarray(ks, dtype=float)
    if (n % batch != 0).any():
        raise ValueError(f"attempts must be multiples of the batch of {batch}; got {n[n % batch != 0][0]:g}")
    inside = ks <= batch
    if (ks[~inside] % batch != 0).any():
        raise ValueError(f"k={ks[~inside][ks[~inside] % batch != 0][0]:g}: beyond the first batch only multiples of {batch} are known")
    table = ((s > 0)[:, None] & (n[:, None] <= ks)).astype(float)
    first = np.where(n == batch, s, 0.0)
    table[:, inside] = pass_at_k(batch, first[:, None], ks[inside])
    return np.average(table, axis=0, weights=weights)


def least_squares_exponent(ks, values) -> np.ndarray:
    """Exponent b of -log(coverage) = a k^-b: least squares of log(-log coverage) on log k, points with coverage 0 or 1 left out.

    Parameters
    ----------
    ks : array_like, shape (m,)
    values : array_like, shape (..., m)
        Coverage at those k.

    Returns
    -------
    ndarray, shape (...)

    Raises
    ------
    ValueError
        If a curve has fewer than two points strictly between 0 and 1.
    """
    x = np.log(np.asarray(ks, dtype=float))
    values = np.asarray(values, dtype=float)
    inside = (values > 0) & (values < 1)
    count = inside.sum(-1)
    if (count < 2).any():
        raise ValueError("a coverage curve has fewer than two points strictly between 0 and 1: no exponent can be fitted")
    y = np.log(-np.log(np.where(inside, values, 0.5)))
    mean_x = (x * inside).sum(-1) / count
    mean_y = (y * inside).sum(-1) / count
    dx = (x - mean_x[..., None]) * inside
    return -(dx * (y - mean_y[..., None])).sum(-1) / (dx**2).sum(-1)


def beta_coverage(alpha, beta, k) -> np.ndarray:
    """Coverage at k when success rates are Beta(alpha, beta): 1 - B(alpha, beta + k) / B(alpha, beta).

    For large k the uncovered share is Gamma(alpha + beta) / Gamma(beta) k^-alpha: the left tail is the exponent. Arrays broadcast.
    """
    alpha, beta, k = np.asarray(alpha, float), np.asarray(beta, float), np.asarray(k, float)
    if (alpha <= 0).any() or (beta <= 0).any() or (k < 0).any():
        raise ValueError("beta_coverage needs alpha > 0, beta > 0 and k >= 0")
    return -np.expm1(betaln(alpha, beta + k) - betaln(alpha, beta))


def logit_normal_coverage(location, scale, k) -> np.ndarray:
    """Coverage at k when the log odds of success are Normal(location, scale). Arrays broadcast.

    Trapezium rule over the standardised log odds, whose error falls exponentially with the step.
    """
    location, scale, k = np.asarray(location, float), np.asarray(scale, float), np.asarray(k, float)
    if (scale <= 0).any() or (k < 0).any():
        raise ValueError("logit_normal_coverage needs scale > 0 and k >= 0")
    theta = location[..., None] + scale[..., None] * STANDARD_Z
    return (-np.expm1(-k[..., None] * np.logaddexp(0, theta)) * STANDARD_WEIGHT).sum(-1)


def attempts_needed(alpha: float, beta: float, target: float) -> float:
    """Attempts after which a share `target` of problems is covered, under Beta(alpha, beta), by bisection on log k."""
    if not 0 < target < 1:
        raise ValueError(f"target={target} is not a share strictly between 0 and 1")
    low, high = -30.0, 30.0
    while beta_coverage(alpha, beta, np.exp(high)) < target:
        high *= 2
        if high > 600:
            return float("inf")
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if beta_coverage(alpha, beta, np.exp(middle)) < target else (low, middle)
    return float(np.exp(high))


def thin(n, s, m: int, rng: np.random.Generator) -> np.ndarray:
    """Successes among m of the n attempts drawn without replacement: what a study with m attempts would have counted."""
    n, s = _checked_counts(n, s)
    if (n < m).any():
        raise ValueError(f"cannot thin to {m} attempts: a problem has only {n.min():g}")
    return rng.hypergeometric(s.astype(int), (n - s).astype(int), m)


def cap(n, s, attempts: int, *, batch: int) -> tuple[np.ndarray, np.ndarray]:
    """Counts as they stood when `attempts` had been allowed, under the stopping rule of `stopped_coverage`: nothing is lost, as all
    batches before the last hold no success."""
    n, s = _checked_counts(n, s)
    if attempts % batch:
        raise ValueError(f"a cap of {attempts} is not a multiple of the batch of {batch}")
    stopped = n <= attempts
    return np.where(stopped, n, attempts).astype(int), np.where(stopped, s, 0).astype(int)


def simulate_stopped(rates, *, batch: int, limit: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Attempts and successes when problems with these success rates are attempted in batches until one holds a success.

    Parameters
    ----------
    rates : array_like of probabilities
    limit : int
        Most attempts a problem gets; a multiple of the batch.

    Returns
    -------
    n, s : ndarrays of int, in the shape of `rates`
    """
    rates = np.asarray(rates, dtype=float)
    batches = limit // batch
    log_miss = batch * np.log1p(-np.minimum(rates, 1 - 1e-16))
    hit = -np.expm1(log_miss)
    with np.errstate(divide="ignore"):
        waits = np.ceil(np.log1p(-rng.uniform(size=rates.shape)) / np.where(log_miss < 0, log_miss, -1e-300))
    waits = np.maximum(waits, 1)
    broken = waits <= batches
    n = np.where(broken, waits, batches).astype(int) * batch
    s = np.zeros(rates.shape, dtype=int)
    s[broken] = _positive_binomial(batch, rates[broken], hit[broken], rng)
    return n, s


def _positive_binomial(n: int, p: np.ndarray, hit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Binomial(n, p) given that it is not zero, by inverting its distribution."""
    support = np.arange(n + 1)
    choose = gammaln(n + 1) - gammaln(support + 1) - gammaln(n - support + 1)
    p = np.clip(p, 1e-300, 1 - 1e-16)
    pmf = np.exp(choose + support * np.log(p)[..., None] + (n - support) * np.log1p(-p)[..., None])
    pmf[..., 0] = 0
    draws = rng.uniform(size=p.shape) * pmf.sum(-1)
    return (pmf.cumsum(-1) < draws[..., None]).sum(-1)
