"""The Bayesian pool: the model of `evidence` with parameters learned from resolved questions, set by set with partial pooling over the sets.

The posterior is normal around its mode (Laplace, Fisher's information) in the parameters of every set and of the population jointly; variances between
sets are at one value, from variational Bayes. Probabilities are averages over quasi-random draws, so that what is not known moves them towards one half.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri
from scipy.stats import qmc

from inference_scaling.forecasts.crowd import ONLY, Crowd
from inference_scaling.forecasts.evidence import BIAS, BY_ROW, LAPSE, NAMES, OVERLAP, PRIORS, Block, Priors, blocks, centre, moments, overlap_prior, probability
from inference_scaling.forecasts.shrunken_skill import skills

K = len(NAMES)
STEP = 1e-4
TOLERANCE = 1e-6
NEWTON_STEPS = 30
ROUNDS = 5
DRAWS = 64
SEED = 20250114
FEW_QUESTIONS = 30
UNLIKE_SIZE = 4.0
UNLIKE_SPREAD = 2.0
ENOUGH_TO_COMPARE = 10


class PoolWarning(UserWarning):
    """The Bayesian pool works, but further from its evidence than usual."""


@dataclass(frozen=True)
class Sample:
    """Questions of one set.

    Attributes
    ----------
    parts : list of Block
    outcome : ndarray, shape (q,), or None
    shift, left : ndarray, shape (K,)
        What the set's own forecasts do to the prior: shift of its mean, share of the standard deviation between sets that is left.
    sizes : ndarray, shape (3,)
        Forecasters on a question: 5 %, 50 % and 95 % quantile.
    spread : float
        Standard deviation of forecasts on a question in log odds; nan where no question has two.
    """

    parts: list[Block]
    outcome: np.ndarray | None
    shift: np.ndarray
    left: np.ndarray
    sizes: np.ndarray
    spread: float


def sample(data: Crowd, skill: np.ndarray, group: int, priors: Priors = PRIORS) -> Sample:
    """One set of a crowd, with the skill of each row's forecaster."""
    parts = blocks(data, skill, group)
    shift, left = np.zeros(K), np.ones(K)
    shift[OVERLAP], variance = overlap_prior(parts, priors)
    left[OVERLAP] = np.sqrt(variance)
    here = data.group == group
    spread = float(np.sqrt(moments(parts, float(np.exp(priors.centre[LAPSE])))[0]))
    return Sample(parts, None if data.outcome is None else data.outcome[here], shift, left, np.quantile(data.size[here], (0.05, 0.5, 0.95)), spread)


@dataclass(frozen=True)
class Posterior:
    """Normal approximation for G sets and the population, whose mean comes last.

    Attributes
    ----------
    mean : ndarray, shape (G + 1, K)
    covariance : ndarray, shape (G, K, K)
        Of every set's parameters.
    population : ndarray, shape (K, K)
    between : ndarray, shape (K,)
        Standard deviations between sets.
    """

    mean: np.ndarray
    covariance: np.ndarray
    population: np.ndarray
    between: np.ndarray

    def known(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Mean and covariance of the parameters of a set that was learned from."""
        return self.mean[number], self.covariance[number]

    def new(self, found: Sample) -> tuple[np.ndarray, np.ndarray]:
        """Mean and covariance for a set of which only forecasts are known."""
        return self.mean[-1] + found.shift, self.population + np.diag((self.between * found.left) ** 2)


def prior(priors: Priors = PRIORS) -> Posterior:
    """What is known without resolved questions."""
    return Posterior(priors.centre[None], np.empty((0, K, K)), np.diag(priors.population**2), priors.between)


def chances(parts: list[Block], psi: np.ndarray) -> np.ndarray:
    """Probabilities under one value of the parameters."""
    return np.concatenate([probability(*centre(part, psi), psi) for part in parts])


def slopes(parts: list[Block], psi: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities, shape (q,), and their central differences, shape (q, K)."""
    values, differences = [], []
    for part in parts:
        here = centre(part, psi)
        values.append(probability(*here, psi))
        columns = np.empty((len(part.size), K))
        for k in range(K):
            step = np.zeros(K)
            step[k] = STEP
            high, low = (probability(*(centre(part, moved) if k in BY_ROW else here), moved) for moved in (psi + step, psi - step))
            columns[:, k] = (high - low) / (2 * STEP)
        differences.append(columns)
    return np.concatenate(values), np.concatenate(differences)


def _minus_log_posterior(sets: list[Sample], psi: np.ndarray, between: np.ndarray, priors: Priors) -> float:
    shifts = np.array([one.shift for one in sets])
    value = 0.5 * (((psi[-1] - priors.centre) / priors.population) ** 2).sum() + 0.5 * (((psi[:-1] - shifts - psi[-1]) / between) ** 2).sum()
    return value - sum(np.log(np.abs(1 - one.outcome - chances(one.parts, psi[g]))).sum() for g, one in enumerate(sets))


def _mode(sets: list[Sample], psi: np.ndarray, between: np.ndarray, priors: Priors) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fisher scoring with halved steps for all sets and the population, the sets eliminated one by one.

    Returns
    -------
    psi : ndarray, shape (G + 1, K)
        The mode.
    own : ndarray, shape (G, K, K)
        Covariance of each set's parameters given the population's.
    population : ndarray, shape (K, K)
        Covariance of the population's.
    """
    shifts = np.array([one.shift for one in sets])
    tie = between**-2
    value = _minus_log_posterior(sets, psi, between, priors)
    for _ in range(NEWTON_STEPS):
        pull = (psi[:-1] - shifts - psi[-1]) * tie
        own, gradient = np.empty((len(sets), K, K)), pull.copy()
        for g, one in enumerate(sets):
            p, columns = slopes(one.parts, psi[g])
            weight = 1 / (p * (1 - p))
            gradient[g] += columns.T @ (weight * (p - one.outcome))
            own[g] = np.linalg.inv(columns.T @ (columns * weight[:, None]) + np.diag(tie[g]))
        tied = own * tie[:, None, :]
        population = np.linalg.inv(np.diag(priors.population**-2) + np.einsum("gk,kl->kl", tie, np.eye(K)) - np.einsum("gk,gkl->kl", tie, tied))
        above = (psi[-1] - priors.centre) / priors.population**2 - pull.sum(axis=0) + np.einsum("gkl,gk->l", tied, gradient)
        last = population @ above
        step = np.vstack([np.einsum("gkl,gl->gk", own, gradient) + tied @ last, last])
        for size in 0.5 ** np.arange(12):
            trial = psi - size * step
            found = _minus_log_posterior(sets, trial, between, priors)
            if found <= value:
                break
        else:
            break
        done = value - found < TOLERANCE
        psi, value = trial, found
        if done:
            break
    return psi, own, population


def fit(sets: list[Sample], priors: Priors = PRIORS) -> Posterior:
    """Learn the parameters of resolved sets and of their population.

    Variances between sets are updated in turn with the rest by variational Bayes, as the inverse of the expected precision; with a single set they stay
    at their prior.

    Parameters
    ----------
    sets : list of Sample, length G >= 1
        With outcomes.
    """
    G = len(sets)
    shifts, left = np.array([one.shift for one in sets]), np.array([one.left for one in sets])
    between = priors.between
    psi = np.vstack([priors.centre + shifts, priors.centre])
    for _ in range(ROUNDS if G > 1 else 1):
        psi, own, population = _mode(sets, psi, between * left, priors)
        used = between
        tied = own * ((used * left) ** -2)[:, None, :]
        covariance = own + tied @ population @ tied.transpose(0, 2, 1)
        cross = tied @ population
        apart = np.einsum("gkk->gk", covariance) + np.diag(population) - 2 * np.einsum("gkk->gk", cross)
        squares = ((psi[:G] - shifts - psi[G]) ** 2 + apart) / left**2
        between = np.sqrt((priors.freedom * priors.between**2 + squares.sum(axis=0)) / (priors.freedom + G))
    return Posterior(psi, covariance, population, used)


def predict(parts: list[Block], mean: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Probabilities averaged over the normal distribution of the parameters, shape (q,).

    Draws come in fours, z and -z with the bias either way, so that turning every question round turns the result exactly.
    """
    z = ndtri(qmc.Sobol(K, seed=SEED).random(DRAWS // 4))
    order = [*range(BIAS + 1, K), BIAS]
    root = np.linalg.cholesky(covariance[np.ix_(order, order)])
    drawn = np.empty((DRAWS // 2, K))
    drawn[:, order] = mean[order] + np.concatenate([z, -z]) @ root.T
    own = 2 * root[-1, -1] * np.concatenate([z, -z])[:, -1]
    total = []
    for part in parts:
        sums = np.zeros(len(part.size))
        for psi, turn in zip(drawn, own):
            found = centre(part, psi)
            sums += probability(*found, psi)
            other = psi.copy()
            other[BIAS] -= turn
            sums += probability(*found, other)
        total.append(sums / DRAWS)
    return np.concatenate(total)


def pool(data: Crowd, train: Crowd | None, priors: Priors = PRIORS) -> np.ndarray:
    """Pooled probabilities, shape (Q,).

    A set that stands in train has that set's parameters and its forecasters their skill. A new set has the population's, moved by the overlap that its
    own forecasts show; all its forecasters weigh alike but for age. Without train the population is the prior. Rising in each probability, except that in
    a new set a forecast also moves the set's overlap a little. A base rate is learned (bias), so turning p into 1 - p turns the result if train's
    probabilities and outcomes are turned as well.

    Warns
    -----
    PoolWarning
        If train has few questions or a single outcome; if crowds are much larger or smaller than in train, or (of ten questions or more) agree much more
        or less; if frames without groups have no forecaster in common although train's forecasters come back: then forecasts is taken as a new set.
    """
    skill = np.zeros(len(data.probability))
    posterior, learned, names = prior(priors), [], []
    if train is not None:
        record = skills(train)
        learned = [sample(train, record.row, g, priors) for g in range(len(train.groups))]
        posterior = fit(learned, priors)
        at = train.forecasters.get_indexer(data.forecasters)
        skill = np.where(at >= 0, record.forecaster[np.maximum(at, 0)], 0.0)[data.forecaster]
        names = list(train.groups) if (at >= 0).any() or not _strangers(data, train) else []
        _warn_of_little(train)
    pooled = np.empty(len(data.size))
    for g, label in enumerate(data.groups):
        found = sample(data, skill, g, priors)
        same = names.index(label) if label in names else None
        _warn_of_unlike(found, [learned[same]] if same is not None else learned)
        pooled[data.group == g] = predict(found.parts, *(posterior.new(found) if same is None else posterior.known(same)))
    return pooled


def _strangers(data: Crowd, train: Crowd) -> bool:
    """Whether frames without groups look like two sets, given that they share no forecaster."""
    come_back = len(train.probability) > 1.5 * len(train.forecasters)
    if ONLY in data.groups and ONLY in train.groups and come_back:
        warnings.warn("no forecaster of forecasts stands in train, though train's forecasters come back: taken as a new set; a column 'group' in both settles it", PoolWarning, stacklevel=4)
        return True
    return False


def _warn_of_little(train: Crowd) -> None:
    if len(train.size) < FEW_QUESTIONS:
        warnings.warn(f"train has only {len(train.size)} questions: the pool stays near its prior, and its gain over a simple rule is not assured", PoolWarning, stacklevel=4)
    if len(np.unique(train.outcome)) == 1:
        warnings.warn(f"all {len(train.size)} questions of train have the same outcome: calibration cannot be told from a base rate", PoolWarning, stacklevel=4)


def _warn_of_unlike(found: Sample, learned: list[Sample]) -> None:
    if not learned:
        return
    size, few, many = found.sizes[1], min(one.sizes[0] for one in learned), max(one.sizes[2] for one in learned)
    if size > UNLIKE_SIZE * many or size < few / UNLIKE_SIZE:
        warnings.warn(f"crowds of {size:g}, while train has {few:g} to {many:g}: the effect of the number is extrapolated", PoolWarning, stacklevel=4)
    spreads = [one.spread for one in learned if np.isfinite(one.spread)]
    if len(np.concatenate([part.size for part in found.parts])) < ENOUGH_TO_COMPARE:
        return
    if spreads and (found.spread > UNLIKE_SPREAD * max(spreads) or found.spread < min(spreads) / UNLIKE_SPREAD):
        warnings.warn(
            f"forecasts on a question spread by {found.spread:.2g} in log odds, in train by {min(spreads):.2g} to {max(spreads):.2g}: a crowd unlike those learned from",
            PoolWarning,
            stacklevel=4,
        )
