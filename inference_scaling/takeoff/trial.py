"""Do today's models already speed up the work that makes the next ones? A randomised trial with experienced developers.

J. Becker, N. Rush, E. Barnes and D. Rein 2025, "Measuring the Impact of Early-2025 AI on Experienced Open-Source Developer Productivity".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pymc as pm
from scipy import stats

from inference_scaling import sampling, tables
from inference_scaling.estimates import Estimate

# The authors' choice for their interval.
PROBABILITY = 0.95
SETTINGS = {"draws": 1000, "tune": 1000, "target_accept": 0.95, "log_likelihood": False}


def total_minutes(rows: pd.DataFrame) -> np.ndarray:
    """Minutes of implementation before and after review; a missing time after review is replaced by its arm's mean, as the authors do."""
    review = rows["review_minutes"].fillna(rows.groupby("ai_allowed")["review_minutes"].transform("mean"))
    return (rows["minutes"] + review).to_numpy()


def published_effect(rows: pd.DataFrame, probability: float = PROBABILITY) -> tuple[float, float, float]:
    """Change of completion time with AI in percent, with the interval of `probability`: least squares of log time on the arm and the log of the time predicted without AI.

    Returns
    -------
    (float, float, float)
        Estimate, lower and upper end, by the normal law and the usual standard error.
    """
    design = np.column_stack([np.ones(len(rows)), rows["ai_allowed"], np.log(rows["predicted_minutes"])])
    y = np.log(total_minutes(rows))
    coefficients, *_ = np.linalg.lstsq(design, y, rcond=None)
    residuals = y - design @ coefficients
    error = np.sqrt(residuals @ residuals / (len(y) - design.shape[1]) * np.linalg.inv(design.T @ design)[1, 1])
    reach = stats.norm.ppf(0.5 + probability / 2) * error
    return tuple(float(100 * np.expm1(coefficients[1] + sign * reach)) for sign in (0, -1, 1))


def developer_model(rows: pd.DataFrame) -> pm.Model:
    """Log time by developer: log minutes_i ~ StudentT(4, level + speed_d + (effect + own_d) ai_i + slope log predicted_i, noise).

    Priors: effect ~ N(0, 0.5), from a third off to two thirds more, at one standard deviation; developers' own speed and effect half-normal(0.3); slope ~ N(1, 0.3); noise half-normal(1).
    Rows of one developer share speed and effect, which least squares over all issues ignores; heavy tails for issues that went astray.

    Parameters
    ----------
    rows : DataFrame
        Table `developer_trial`.
    """
    developer, names = pd.factorize(rows["developer"])
    predicted = np.log(rows["predicted_minutes"].to_numpy())
    with pm.Model(coords={"developer": names}) as model:
        level = pm.Normal("level", np.log(60), 1.0)
        effect = pm.Normal("effect", 0.0, 0.5)
        speed = pm.HalfNormal("speed_spread", 0.3) * pm.Normal("speed", dims="developer")
        own = pm.HalfNormal("effect_spread", 0.3) * pm.Normal("own", dims="developer")
        slope = pm.Normal("slope", 1.0, 0.3)
        mean = level + speed[developer] + (effect + own[developer]) * rows["ai_allowed"].to_numpy() + slope * (predicted - predicted.mean())
        pm.StudentT("seen", nu=4, mu=mean, sigma=pm.HalfNormal("noise", 1.0), observed=np.log(total_minutes(rows)))
    return model


@dataclass(frozen=True)
class Trial:
    """published: percent with its 95 % interval; effect: percent, hierarchical; slower: probability that AI slows; issues, developers: counts."""

    published: tuple[float, float, float]
    effect: Estimate
    slower: float
    issues: int
    developers: int


def study() -> Trial:
    """The published estimate, and the hierarchical one."""
    rows = tables.load("developer_trial")
    tree = sampling.fit_all({"developer trial": developer_model(rows)}, **SETTINGS)["developer trial"]
    effect = sampling.draws(tree, "effect", flatten=False)
    return Trial(published_effect(rows), Estimate.from_draws(100 * np.expm1(effect), "percent"), float((effect > 0).mean()), len(rows), rows["developer"].nunique())
