"""What laboratories spend on running their flagships, beside what training them took."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pymc as pm
import pytensor.tensor as pt

from inference_scaling import sampling, tables
from inference_scaling.estimates import Estimate
from inference_scaling.takeoff.costs import DATES, SETTINGS

SPEND_SHARE = 0.1
SHARE_BOUNDS = (0.03, 0.1, 0.3, 1.0)
Z90 = 1.645
NO_WEIGHT = 1e3
RANGES = {"ranges as stated": 1.0, "ranges twice as wide": 2.0}
STATED = next(iter(RANGES))
SEED = 20240912


def spend_model(log10_ratio: np.ndarray, error: np.ndarray, laboratory: np.ndarray) -> pm.Model:
    """Inference on a flagship over its training, as accounts put it.

    log10 ratio_i ~ Normal(theta_lab(i), error_i), theta_lab ~ Normal(typical, between), laboratories integrated out. Priors: typical ~ N(-1, 1), as likely below a tenth as above;
    between ~ half-normal(0.5), laboratories differ by a factor of 3, commonly.

    Parameters
    ----------
    log10_ratio, error : ndarray, shape (accounts,)
    laboratory : sequence of str, shape (accounts,)
    """
    same = np.equal.outer(np.asarray(laboratory), np.asarray(laboratory)).astype(float)
    with pm.Model() as model:
        error = pm.Data("error", error)
        typical = pm.Normal("typical", -1.0, 1.0)
        between = pm.HalfNormal("between", 0.5)
        pm.MvNormal("seen", typical * np.ones(len(same)), cov=between**2 * same + pt.diag(error**2), observed=log10_ratio)
    return model


def ratios(accounts: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Middle and standard error of log10 of inference over training, where the range of each account holds it with 90 %."""
    low = np.log10(accounts["inference_low"] / accounts["training_high"]).to_numpy()
    high = np.log10(accounts["inference_high"] / accounts["training_low"]).to_numpy()
    return (low + high) / 2, (high - low) / 2 / Z90


def _model(accounts: pd.DataFrame, used: np.ndarray, wider: float = 1.0) -> pm.Model:
    """Accounts that are not used get an error that leaves them no weight, so that one compiled model serves all subsets."""
    middle, error = ratios(accounts)
    return spend_model(middle, np.where(used, wider * error, NO_WEIGHT), accounts["laboratory"])


@dataclass(frozen=True)
class Spending:
    """Results, by date where they are dicts.

    Attributes
    ----------
    probabilities : dict of date to dict of model to float
        P(S) for the typical laboratory.
    priors : dict of model to float
    ratio : dict of date to Estimate
        Inference over training of the typical laboratory.
    last_evidence : dict of date to str
    following : float
        P(S) for a laboratory not seen yet, today.
    accounts : DataFrame
        With ratio, low, high.
    neighbours : dict of bound to probability, today
    without : dict of account to probability when it is left out, today
    """

    probabilities: dict[str, dict[str, float]]
    priors: dict[str, float]
    ratio: dict[str, Estimate]
    last_evidence: dict[str, str]
    following: float
    accounts: pd.DataFrame
    neighbours: dict[float, float]
    without: dict[str, float]


def study() -> Spending:
    """Fit the accounts that were public at each date, with their ranges as stated and twice as wide."""
    accounts = tables.load("flagship_inference", as_of=DATES["today"])
    known = {when: (accounts["available_from"] <= date).to_numpy() for when, date in DATES.items()}
    models = {f"spend, {when}, {name}": _model(accounts, used, wider) for when, used in known.items() for name, wider in RANGES.items()}
    models |= {f"spend without {name}": _model(accounts, (accounts["account"] != name).to_numpy()) for name in accounts["account"]}
    trees = sampling.fit_all(models, **SETTINGS)
    typical = {key: sampling.draws(tree, "typical", flatten=False) for key, tree in trees.items()}

    def above(values: np.ndarray, bound: float = SPEND_SHARE) -> float:
        return float((values > np.log10(bound)).mean())

    today = typical[f"spend, today, {STATED}"]
    between = sampling.draws(trees[f"spend, today, {STATED}"], "between", flatten=False)
    middle, error = ratios(accounts)
    return Spending(
        probabilities={when: {name: above(typical[f"spend, {when}, {name}"]) for name in RANGES} for when in DATES},
        # The typical ratio is Normal(-1, 1) in decades before data, and the statement asks for more than -1.
        priors=dict.fromkeys(RANGES, 0.5),
        ratio={when: Estimate.from_draws(10 ** typical[f"spend, {when}, {STATED}"], "inference over training") for when in DATES},
        last_evidence={when: tables.newest("flagship_inference", as_of=date) for when, date in DATES.items()},
        following=above(today + between * np.random.default_rng(SEED).standard_normal(today.shape)),
        accounts=accounts.assign(ratio=10**middle, low=10 ** (middle - Z90 * error), high=10 ** (middle + Z90 * error)),
        neighbours={bound: above(today, bound) for bound in SHARE_BOUNDS},
        without={name: above(typical[f"spend without {name}"]) for name in accounts["account"]},
    )
