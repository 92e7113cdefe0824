r"""Model of the Bayesian pool: from the forecasts on one question to the probability of its event.

A forecaster's log odds are a signal of the truth with an error that all forecasters of the question share and one that is the forecaster's own. Pooled
log odds are then the mean signal times a factor that grows with the number of forecasters n as far as their errors are not shared:

.. math:: P = \tfrac{\omega}{2} + (1-\omega)\,\sigma\!\Big(a + c\,\frac{n}{1+(n-1)\rho}\,\bar x\Big)

with a a bias towards yes or no, c the calibration slope of a single forecaster, :math:`\rho` the overlap (share of error that is common, so that n forecasters
count for at most :math:`1/\rho`), :math:`\omega` the chance that a question ends without regard to what is known. The centre :math:`\bar x` is the log odds of a
weighted quasi-arithmetic mean of the probabilities, on the scale :math:`\mathrm{logit}((p+\delta)/(1+2\delta))`: lapse 0 gives the geometric mean of odds (Satopaa
et al. 2014), a large one the linear pool with recalibration (Ranjan and Gneiting 2010). Weights rise with skill and fall with age; n is Kish's effective number.

Sources: error that is shared and not, Satopaa, Pemantle and Ungar 2016, Palley and Soll 2019 and, for annotators, Dawid and Skene 1979; timid averages,
Baron et al. 2014; the limit of extremising for a large crowd, Neyman and Roughgarden 2022; weights by record, Budescu and Chen 2015.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from inference_scaling.forecasts.crowd import Crowd

NAMES = ("bias", "log_slope", "logit_overlap", "log_lapse", "skill", "recency", "log_surprise")
BIAS, SLOPE, OVERLAP, LAPSE, SKILL, RECENCY, SURPRISE = range(len(NAMES))
BY_ROW = (LAPSE, SKILL, RECENCY)
FLOOR = 0.001
LARGEST_SURPRISE = 0.5
LARGEST_LOG_WEIGHT = 2.0
DAYS = 30.0
OVERLAP_RANGE = (0.02, 0.98)
FORM_ERROR = 0.5
BLOCK = 20_000


@dataclass(frozen=True)
class Priors:
    """Normal priors of the parameters NAMES; a set's parameters scatter around those of the population of sets.

    - bias: no direction is assumed; one standard deviation either way moves even odds by 10 points.
    - slope: 0.9, for single forecasters are a little overconfident on average; a factor of 1.3 either way.
    - overlap: one half. With the slope above a large crowd is extremised by 1.8, near the limit of Neyman and Roughgarden (1.73); the standard deviation
      gives published exponents, 0.75 on Metaculus to 3.92 (Satopaa et al. 2014), a place within two.
    - lapse: 0.02, so that one forecaster's certainty weighs like 98 %: platforms and studies move 0 and 1 by about one to two points; a factor of 2.7.
    - skill: 1, what the model implies when log-score differences come from forecasters' own errors. Recency: weight by one over the root of age in months
      (aggregates of tournaments use the latest forecasts); standard deviation half of it or a little more.
    - surprise: one question in 200 ends without regard to what is known; a factor of 2.7 either way, for little is published.

    Attributes
    ----------
    centre, population, between : ndarray, shape (K,)
        Mean of the population's parameters, their prior standard deviation, and the typical standard deviation between sets.
    freedom : float
        Prior weight of `between`, in sets: variances between sets are inverse-gamma (freedom / 2, freedom / 2 x between squared). Ten, for a handful of
        sets cannot tell them.
    """

    centre: np.ndarray
    population: np.ndarray
    between: np.ndarray
    freedom: float = 10.0


PRIORS = Priors(
    centre=np.array([0.0, np.log(0.9), 0.0, np.log(0.02), 1.0, 0.5, np.log(0.005)]),
    population=np.array([0.3, 0.2, 0.5, 0.7, 0.5, 0.25, 0.7]),
    between=np.array([0.3, 0.2, 0.7, 0.7, 0.5, 0.25, 0.7]),
)


@dataclass(frozen=True)
class Block:
    """Some questions of one set; rows sorted by question.

    Attributes
    ----------
    start, size : ndarray of int, shape (q,)
    probability, log_age, skill : ndarray, shape (rows,)
        log_age is log(1 + age / 30 days); skill in units of `shrunken_skill.Skills`, 0 for a forecaster without record.
    """

    start: np.ndarray
    size: np.ndarray
    probability: np.ndarray
    log_age: np.ndarray
    skill: np.ndarray


def blocks(data: Crowd, skill: np.ndarray, group: int) -> list[Block]:
    """Questions of one set in order, cut so that the arrays of a block stay in the processor's cache."""
    questions = np.flatnonzero(data.group == group)
    first, last = data.start[questions], data.start[questions] + data.size[questions]
    found = []
    cuts = np.flatnonzero(np.diff(np.cumsum(data.size[questions]) // BLOCK, prepend=-1))
    for low, high in zip(cuts, [*cuts[1:], len(questions)]):
        rows = slice(first[low], last[high - 1])
        found.append(Block(first[low:high] - first[low], data.size[questions[low:high]], data.probability[rows], np.log1p(data.age[rows] / DAYS), skill[rows]))
    return found


def signal(probability: np.ndarray, lapse: float) -> np.ndarray:
    """Log odds of (p + lapse) / (1 + 2 lapse)."""
    return np.log(probability + lapse) - np.log1p(lapse - probability)


def plain_log_odds(mean: np.ndarray, lapse: float) -> np.ndarray:
    """Log odds of the probability that has this signal, FLOOR added to both sides."""
    yes, no = (np.clip((1 + 2 * lapse) * expit(side) - lapse, 0, 1) for side in (mean, -mean))
    return np.log((yes + FLOOR) / (no + FLOOR))


def centre(block: Block, psi: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Log odds of the weighted mean and Kish's effective number, both shape (q,)."""
    log_weight = np.clip(psi[SKILL] * block.skill, -LARGEST_LOG_WEIGHT, LARGEST_LOG_WEIGHT)
    log_weight -= psi[RECENCY] * block.log_age
    weight = np.exp(log_weight, out=log_weight)
    total = np.add.reduceat(weight, block.start)
    lapse = np.exp(psi[LAPSE])
    mean = np.add.reduceat(weight * signal(block.probability, lapse), block.start) / total
    return plain_log_odds(mean, lapse), total**2 / np.add.reduceat(weight**2, block.start)


def effective_number(n: np.ndarray, overlap: float) -> np.ndarray:
    """Forecasters without shared error that n with this overlap are worth, n / (1 + (n - 1) overlap)."""
    return n / (1 + (n - 1) * overlap)


def probability(mean: np.ndarray, n: np.ndarray, psi: np.ndarray) -> np.ndarray:
    """Probability of the event from centres and effective numbers, shape (q,)."""
    odds = psi[BIAS] + np.exp(psi[SLOPE]) * effective_number(n, expit(psi[OVERLAP])) * mean
    surprise = min(np.exp(psi[SURPRISE]), LARGEST_SURPRISE)
    return surprise / 2 + (1 - surprise) * expit(odds)


def moments(parts: list[Block], lapse: float) -> tuple[float, float, int]:
    """Variance of signals within a question, mean square of their centres without that noise, and questions with two forecasters or more.

    The variances by moments, centres about even odds; nan where no question has two forecasters.
    """
    centres = [np.add.reduceat(signal(part.probability, lapse), part.start) / part.size for part in parts]
    square = sum(float(np.sum(signal(part.probability, lapse) ** 2)) for part in parts)
    mean, size = np.concatenate(centres), np.concatenate([part.size for part in parts])
    freedom = int(size.sum()) - len(size)
    if not freedom:
        return np.nan, np.nan, 0
    within = max((square - float(size @ mean**2)) / freedom, 0.0)
    return within, float(np.mean(mean**2 - within / size)), int((size > 1).sum())


def implied_overlap(within: float, between: float, slope: float) -> float:
    r"""Logit of the overlap at which single forecasters have this calibration slope, given the variances of their signals.

    With signals normal around :math:`\pm\mu`, shared error variance :math:`\tau^2` and own :math:`\sigma^2`, the slope of one forecaster is
    :math:`c = 2\mu/(\tau^2+\sigma^2)` and :math:`\mu^2+\tau^2` is the mean square of the centres: two equations for two unknowns.
    """
    centre_of_evidence = np.sqrt(slope**-2 + max(between, 0.0) + within) - 1 / slope
    return float(logit(np.clip(1 - slope * within / (2 * centre_of_evidence), *OVERLAP_RANGE)))


def overlap_prior(parts: list[Block], priors: Priors = PRIORS) -> tuple[float, float]:
    """What a set's forecasts, without outcomes, say of its logit overlap.

    `implied_overlap` is a reading whose error has four parts: the sample of questions, the slope, and the scale on which spread is measured (lapse), each
    taken as half the change over one standard deviation either way; and 0.5 for normal signals of equal strength, which real questions do not send
    (root mean square of 0.6 over simulated worlds with heavy tails, unequal signals, forecasters' own slopes and leanings; 0.2 where the model holds).

    Returns
    -------
    tuple of float
        Shift of the prior mean, and share of the prior variance that is left; (0, 1) where fewer than two questions have two forecasters.
    """
    lapse, slope = np.exp(priors.centre[LAPSE]), np.exp(priors.centre[SLOPE])
    total = priors.population**2 + priors.between**2
    within, between, questions = moments(parts, lapse)
    if questions < 2 or within < 1e-9:
        return 0.0, 1.0
    sample, turn, scale = np.exp(np.sqrt([2 / questions, total[SLOPE], total[LAPSE]]))
    ends = (
        ((within, between / sample, slope), (within, between * sample, slope)),
        ((within, between, slope / turn), (within, between, slope * turn)),
        ((*moments(parts, lapse / scale)[:2], slope), (*moments(parts, lapse * scale)[:2], slope)),
    )
    error = FORM_ERROR**2 + sum((implied_overlap(*high) - implied_overlap(*low)) ** 2 / 4 for low, high in ends)
    reliability = total[OVERLAP] / (total[OVERLAP] + error)
    reading = implied_overlap(within, between, slope) - priors.centre[OVERLAP]
    return float(reading * reliability), float(1 - reliability)
