"""A hierarchical model of survey answers about a date: people, framing, and each person's own uncertainty.

Each respondent is taken to hold a log-normal law of the years to event, and reads three points off it, with noise. Under fixed probabilities the points
are years, under fixed years they are probabilities.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pymc as pm
import pytensor.tensor as pt
import xarray as xr
from scipy import special

from inference_scaling import sampling

FRAMINGS = ("fixed probabilities", "fixed years")
PROBABILITIES = np.array([0.1, 0.5, 0.9])
HORIZONS = np.array([10.0, 20.0, 40.0])
# Where the three points of a line lie, by framing: minus normal score, log years.
_POSITIONS = (-special.ndtri(PROBABILITIES), np.log(HORIZONS))
# Nodes at which a respondent's spread is integrated out, in standard deviations of its logarithm.
_NODES = np.linspace(-2.6, 2.6, 15)


def sufficient(answers: pd.DataFrame, surest: float = 0.005, longest: float = 1000.0) -> dict[str, np.ndarray]:
    """Distinct answers, reduced to level, slope and squared residual of three points on a line, with how often each occurs.

    Parameters
    ----------
    answers : DataFrame
        Rows of the table espai_timelines, question HLMI.
    surest : float
        What an answer of 0 % stands for; 100 % stands for one minus it. Half a percent, as answers are whole percents.
    longest : float
        Years; longer answers count as this long. An answer of no years counts as half a year.

    Returns
    -------
    dict of str to ndarray
        framed (index into `FRAMINGS`), level, slope, residual, count, each of shape (distinct answers,). Fixed probabilities: minus log years regressed on minus
        normal score, at score 0; fixed years: normal score regressed on log years, at the mean log horizon.
    """
    parts = []
    for f, framing in enumerate(FRAMINGS):
        rows = answers.loc[answers["framing"] == framing, ["answer_1", "answer_2", "answer_3"]]
        if rows.empty:
            raise ValueError(f"sufficient: no answers with {framing}; give rows of both framings")
        distinct = rows.value_counts().sort_index()
        triples = np.array(distinct.index.to_list())
        y = -np.log(np.clip(triples, 0.5, longest)) if f == 0 else special.ndtri(np.clip(triples / 100, surest, 1 - surest))
        x = _POSITIONS[f] - _POSITIONS[f].mean()
        level, slope = y.mean(axis=1), y @ x / (x @ x)
        residual = ((y - level[:, None] - slope[:, None] * x) ** 2).sum(axis=1)
        parts.append({"framed": np.full(len(distinct), f), "level": level, "slope": slope, "residual": residual, "count": distinct.to_numpy().astype(float)})
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def answer_model(answers: pd.DataFrame, surest: float = 0.005, longest: float = 1000.0) -> pm.Model:
    r"""Answers of both framings; the two share priors, nothing else.

    Respondent i of framing f holds :math:`\log T \sim N(\mu_i, \sigma_i^2)` and answers
    :math:`\log t_{ij} = \mu_i + \sigma_i (z_j + \nu_f e_{ij})` at stated normal scores z, or :math:`z_{ij} = (\log t_j - \mu_i)/\sigma_i + \nu_f e_{ij}` at stated
    years, e standard normal. :math:`\log \sigma_i \sim N(\log s_f, d_f^2)`,
    :math:`\mu_i \sim N(m_f + k_f (\log \sigma_i - \log s_f), \tau_f^2)`.

    Priors: :math:`m_f \sim N(\log 25, 1)`, as earlier surveys had medians of one to four decades; :math:`\log s_f \sim N(\log 0.8, 0.5)`, a person's 80 % interval spans
    about one decade; :math:`\tau_f \sim` HalfNormal(1); :math:`d_f \sim` HalfNormal(0.7); :math:`k_f \sim N(0, 1)`; :math:`\nu_f \sim` HalfNormal(0.5). Log years throughout.

    mu is integrated in closed form, sigma on a grid. Parameters are as for `sufficient`.
    """
    data = sufficient(answers, surest, longest)
    of_framing = np.arange(2.0)[:, None]
    centre_of_positions = np.array([[x.mean()] for x in _POSITIONS])
    scatter_of_positions = np.array([[((x - x.mean()) ** 2).sum()] for x in _POSITIONS])
    with pm.Model(coords={"framing": FRAMINGS}) as model:
        log_median = pm.Normal("log_median", np.log(25), 1, dims="framing")
        log_own = pm.Normal("log_own", np.log(0.8), 0.5, dims="framing")
        people = pm.HalfNormal("people", 1, dims="framing")
        own_spread = pm.HalfNormal("own_spread", 0.7, dims="framing")
        tilt = pm.Normal("tilt", 0, 1, dims="framing")
        noise = pm.HalfNormal("noise", 0.5, dims="framing")
        pm.Deterministic("own", pt.exp(log_own + own_spread**2), dims="framing")
        rows = {name: pm.Data(name, values) for name, values in data.items()}
        # Both framings in one: answers of fixed years are those of fixed probabilities, divided by sigma.
        sigma = pt.exp(log_own[:, None] + own_spread[:, None] * _NODES)
        unit = sigma**of_framing
        level = (centre_of_positions - log_median[:, None] - (tilt * own_spread)[:, None] * _NODES) / unit
        residual_sd = noise[:, None] * sigma / unit
        level_sd = pt.sqrt((people[:, None] / unit) ** 2 + residual_sd**2 / 3)
        slope, slope_sd = sigma ** (1 - 2 * of_framing), residual_sd / np.sqrt(scatter_of_positions)
        constant = -pt.log(level_sd * slope_sd * residual_sd) - _NODES**2 / 2
        f = rows["framed"]
        by_node = (
            constant[f]
            - ((rows["level"][:, None] - level[f]) / level_sd[f]) ** 2 / 2
            - ((rows["slope"][:, None] - slope[f]) / slope_sd[f]) ** 2 / 2
            - rows["residual"][:, None] / residual_sd[f] ** 2 / 2
        )
        pm.Potential("answers", (rows["count"] * pt.logsumexp(by_node, axis=1)).sum())
    return model


def variance_shares(tree: xr.DataTree) -> dict[str, np.ndarray]:
    """Shares of the variance of log time in the linear pool of both framings, equally many of each.

    Returns
    -------
    dict of str to ndarray, shape (chain, draw)
        own (mean of the respondents' own variances), people (variance of their medians within a framing), framing (between the framings). They sum to one.
    """
    median, own, people, spread, tilt = (sampling.draws(tree, name, flatten=False) for name in ("log_median", "own", "people", "own_spread", "tilt"))
    parts = {
        "own": (own**2).mean(axis=-1),
        "people": (people**2 + (tilt * spread) ** 2).mean(axis=-1),
        "framing": (median[..., 1] - median[..., 0]) ** 2 / 4,
    }
    total = sum(parts.values())
    return {name: part / total for name, part in parts.items()}


def population_cdf(tree: xr.DataTree, framing: str, times: np.ndarray) -> np.ndarray:
    """Mean over respondents of the probability within `times` years, at the posterior mean of the parameters."""
    f = FRAMINGS.index(framing)
    at = {name: sampling.draws(tree, name)[:, f].mean() for name in ("log_median", "log_own", "people", "own_spread", "tilt")}
    sigma = np.exp(at["log_own"] + at["own_spread"] * _NODES)
    centre = at["log_median"] + at["tilt"] * at["own_spread"] * _NODES
    weight = np.exp(-(_NODES**2) / 2)
    return special.ndtr((np.log(times)[:, None] - centre) / np.hypot(at["people"], sigma)) @ (weight / weight.sum())
