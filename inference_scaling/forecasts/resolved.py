"""Which group's dated forecasts of milestones score best: what has resolved, and how much would have to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from inference_scaling import tables
from inference_scaling.estimates import Estimate

GROUPS = {
    "practitioner": "practitioners",
    "forecaster": "forecasters",
    "forecasting group": "forecasters",
    "superforecaster": "superforecasters",
    "domain expert": "domain experts",
    "platform": "platforms",
}
NEEDED = 20
SKILL_SD, HARD_SD, NOISE_SD = 0.1, 0.5, 0.3
WIDE_SKILL_SD = 0.3
NARROW_MODEL, WIDE_MODEL = "groups differ by a tenth of a nat", "groups differ by three tenths of a nat"
SMALLEST = 0.05
BASE_RATE = 0.3
SHARED = 0.02
APART, NEAR = "as far apart as superforecasters and domain experts", "half as far apart"


def collect() -> pd.DataFrame:
    """Resolved forecasts: the table resolved_forecasts and the tournament's AI questions; laboratory leaders and others outside the groups compared are kept, with group "others".

    Returns
    -------
    DataFrame
        Columns group, forecaster, milestone, probability, happened, score (log score, nats), available_from, grade.
    """
    own = tables.load("resolved_forecasts")
    own["group"] = own["group"].map(GROUPS).fillna("others")
    # A deadline is part of the milestone: half a year is the coarsest difference that the table's forecasts make.
    own["milestone"] = own["milestone"] + " by " + (np.ceil(own["deadline"] * 2) / 2).astype(str)
    tournament = tables.load("tournament_ai_questions")
    parts = [own]
    for column, group in (("superforecasters", "superforecasters"), ("domain_experts", "domain experts")):
        parts.append(
            pd.DataFrame(
                {
                    "group": group,
                    "forecaster": f"tournament of 2022, {group}",
                    "milestone": tournament["question"],
                    "probability": tournament[column],
                    "happened": True,
                    "available_from": tournament["available_from"],
                    "grade": "secondary",
                }
            )
        )
    table = pd.concat(parts, ignore_index=True)
    table["score"] = log_score(table["probability"].to_numpy(), table["happened"].to_numpy(dtype=bool))
    return table[["group", "forecaster", "milestone", "probability", "happened", "score", "available_from", "grade"]]


def log_score(probability: np.ndarray, happened: np.ndarray) -> np.ndarray:
    """Log of the probability given to what happened, in nats.

    Raises
    ------
    ValueError
        If a probability given to what happened is 0, or lies outside [0, 1].
    """
    p = np.where(happened, probability, 1 - np.asarray(probability, dtype=float))
    if ((p <= 0) | (p > 1)).any():
        raise ValueError(f"probabilities must lie in (0, 1] for what happened; got {p[(p <= 0) | (p > 1)][0]}")
    return np.log(p)


def by_milestone(table: pd.DataFrame) -> pd.DataFrame:
    """Mean score of each group on each milestone: several forecasts of one group on one milestone count once. Columns group, milestone, score, forecasts."""
    return table.groupby(["group", "milestone"], as_index=False).agg(score=("score", "mean"), forecasts=("score", "size"))


def skills(scores: pd.DataFrame, groups: list[str], skill_sd: float, rng: np.random.Generator, draws: int = 20_000) -> np.ndarray:
    r"""Draws of the groups' skill, nats a milestone, from mean scores by milestone; shape (draws, groups).

    .. math:: y_{gm} \sim N(h_m + q_g,\ 0.3^2),\qquad h_m \sim N(-0.5, 0.5^2),\qquad q_g \sim N(0, s^2)

    with :math:`h_m` the difficulty that a milestone has for everybody and :math:`q_g` the group's skill; conjugate, so the draws are independent.
    A group that answered only questions that nobody else answered is thus not punished for their difficulty.

    Parameters
    ----------
    scores : DataFrame
        As `by_milestone` returns it; rows of other groups are ignored.
    """
    rows = scores[scores["group"].isin(groups)]
    milestones = sorted(rows["milestone"].unique())
    n, k = len(groups), len(milestones)
    design = np.zeros((len(rows), n + k))
    design[np.arange(len(rows)), [groups.index(g) for g in rows["group"]]] = 1
    design[np.arange(len(rows)), [n + milestones.index(m) for m in rows["milestone"]]] = 1
    mean = np.r_[np.zeros(n), np.full(k, -0.5)]
    precision = np.diag(np.r_[np.full(n, skill_sd**-2), np.full(k, HARD_SD**-2)]) + design.T @ design / NOISE_SD**2
    covariance = np.linalg.inv(precision)
    centre = mean + covariance @ (design.T @ (rows["score"].to_numpy() - design @ mean)) / NOISE_SD**2
    return rng.multivariate_normal(centre[:n], covariance[:n, :n], size=draws)


def milestones_needed(difference: float, spread: float, base_rate: float = BASE_RATE, power: float = 0.8, level: float = 0.1, shared: float = 0.0) -> float:
    """Resolved milestones needed for a paired comparison of two groups to show a difference in mean log score.

    Two forecasters whose log odds differ by `spread` at random have log scores that differ, on one milestone, by about `spread` times the standard deviation of the outcome; the mean of n
    such differences has to be told from zero (two-sided test at `level`).

    Parameters
    ----------
    difference : float
        True difference, nats a milestone, above 0.
    spread : float
        Standard deviation of the difference of the groups' log odds, above 0.
    base_rate : float
        Probability of the typical milestone, in (0, 1).
    power, level : float
        Of the test, in (0, 1).
    shared : float
        Correlation of these differences between milestones, which share causes, in [0, 1): with n milestones of correlation r the mean's variance cannot fall below r times that of one.

    Returns
    -------
    float
        Infinite where shared causes hide the difference for ever.

    Raises
    ------
    ValueError
        If an input is out of range.
    """
    ranges = {"difference": (difference, 0, 5), "spread": (spread, 0, 10), "base_rate": (base_rate, 0, 1), "power": (power, 0, 1), "level": (level, 0, 1)}
    for name, (value, low, high) in ranges.items():
        if not low < value < high:
            raise ValueError(f"{name} must lie in ({low}, {high}), got {value}")
    if not 0 <= shared < 1:
        raise ValueError(f"shared must lie in [0, 1), got {shared}")
    one = spread**2 * base_rate * (1 - base_rate)
    allowed = (difference / (special.ndtri(1 - level / 2) + special.ndtri(power))) ** 2
    left = allowed - shared * one
    return float(np.ceil((1 - shared) * one / left)) if left > 0 else float("inf")


def detectable(milestones: int, spread: float, base_rate: float = BASE_RATE, power: float = 0.8, level: float = 0.1) -> float:
    """Smallest difference in mean log score, nats, that so many independent milestones show; arguments as for `milestones_needed`."""
    if milestones < 1:
        raise ValueError(f"milestones must be at least 1, got {milestones}")
    return float((special.ndtri(1 - level / 2) + special.ndtri(power)) * spread * np.sqrt(base_rate * (1 - base_rate) / milestones))


@dataclass(frozen=True)
class ResolvedStudy:
    """What has resolved, by group.

    Attributes
    ----------
    forecasts : DataFrame
        See `collect`.
    summary : DataFrame
        group, forecasts, milestones, score (mean over milestones, nats), happened (milestones that came).
    probability, prior : dict of model -> float
        P(practitioners score best), and before data.
    lead : Estimate
        Practitioners' skill minus the best other group's, nats, under the first model.
    shared_milestones : dict of group -> int
        Milestones that practitioners and the group both dated.
    needed : DataFrame
        difference, spread, shared, milestones.
    gold : float
        Probability that the tournament's superforecasters gave to a gold medal at the mathematical olympiad in time.
    spread : float
        Standard deviation of the difference in log odds between superforecasters and domain experts on shared questions.
    last_evidence : str
    """

    forecasts: pd.DataFrame
    summary: pd.DataFrame
    probability: dict[str, float]
    prior: dict[str, float]
    lead: Estimate
    shared_milestones: dict[str, int]
    needed: pd.DataFrame
    gold: float
    spread: float
    last_evidence: str


def study(seed: int = 20250114) -> ResolvedStudy:
    """Score what has resolved, and say how far that carries."""
    rng = np.random.default_rng(seed)
    forecasts = collect()
    scores = by_milestone(forecasts)
    groups = sorted(set(GROUPS.values()))
    compared = scores[scores["group"].isin(groups)]
    drawn = {name: skills(compared, groups, sd, rng) for name, sd in ((NARROW_MODEL, SKILL_SD), (WIDE_MODEL, WIDE_SKILL_SD))}
    ours = groups.index("practitioners")
    others = np.delete(drawn[NARROW_MODEL], ours, axis=1).max(axis=1)
    dated = compared.groupby("group")["milestone"].apply(set)
    summary = scores.groupby("group").agg(forecasts=("forecasts", "sum"), milestones=("milestone", "size"), score=("score", "mean"))
    came = forecasts[forecasts["happened"]].groupby("group")["milestone"].nunique()
    tournament = tables.load("tournament_ai_questions")
    difference = special.logit(tournament["superforecasters"]) - special.logit(tournament["domain_experts"])
    spread = float(np.sqrt((difference**2).mean()))
    needed = [
        {"difference": d, "spread": name, "shared": r, "milestones": milestones_needed(d, s, shared=r)}
        for d in (SMALLEST, 2 * SMALLEST)
        for name, s in ((APART, spread), (NEAR, spread / 2))
        for r in (0.0, SHARED)
    ]
    return ResolvedStudy(
        forecasts=forecasts,
        summary=summary.assign(happened=came.reindex(summary.index).fillna(0).astype(int)).reset_index(),
        probability={name: float(np.mean(skill.argmax(axis=1) == ours)) for name, skill in drawn.items()},
        prior=dict.fromkeys(drawn, 1 / len(groups)),
        lead=Estimate.from_draws(drawn[NARROW_MODEL][:, ours] - others, unit="nats"),
        shared_milestones={group: len(dated["practitioners"] & dated[group]) for group in groups if group != "practitioners"},
        needed=pd.DataFrame(needed),
        gold=float(forecasts.loc[forecasts["milestone"].str.startswith("gold"), "probability"].iloc[0]),
        spread=spread,
        last_evidence=str(forecasts["available_from"].max().date()),
    )
