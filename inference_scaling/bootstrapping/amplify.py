"""Amplify and distil: a network that searches, learns from its own search, and may grow and shrink on the way.

Skill counts in units of what a hundredfold search adds, sizes in decades of parameters beside the size that will be deployed, compute in generations of a
network of that size. Calibrated on the rounds of rStar-Math and on what search is worth in parameters (`bootstrapping.tradeoff`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import logit
from scipy.stats import norm

from inference_scaling import tables
from inference_scaling.bootstrapping import tradeoff
from inference_scaling.estimates import Estimate

DRAWS = 10_000
STEPS = 50
UPTAKE, ROOM, BUDGET, TAUGHT, TRAINING = (0.0, 1.2), (0.3, 5.0), (3.0, 30.0), (0.0, 1.0), (0.05, 0.5)
SIZES = (0.5, 6.0)
DISTIL_SHARE, MARGIN = 0.1, 0.1
ROUNDS_DAY = "2025-01-08"
DATES = {"2025-01": "2025-01-20", "today": None}


@dataclass(frozen=True)
class Plan:
    """Sizes over a run, in decades beside the deployed size.

    Attributes
    ----------
    start, peak : float
        Size at the start, and before the last distillation; growth is even in decades.
    distil : bool
        Whether the last part of the compute goes into a network of the deployed size that learns from the large one's search.
    """

    start: float
    peak: float
    distil: bool

    def __post_init__(self) -> None:
        if not -3 <= self.start <= 3 or not -3 <= self.peak <= 3:
            raise ValueError(f"start and peak must lie in [-3, 3] decades beside the deployed size, got {self.start} and {self.peak}")
        if self.peak < self.start:
            raise ValueError(f"peak must not lie below start, got {self.peak} < {self.start}")
        if not self.distil and self.peak != 0:
            raise ValueError(f"without distillation the run must end at the deployed size: peak must be 0, got {self.peak}")


PLANS = {
    "fixed size": Plan(0.0, 0.0, False),
    "grow, then distil": Plan(-1.0, 0.5, True),
    "fixed size, then distil": Plan(0.0, 0.0, True),
    "grow only": Plan(-1.0, 0.0, False),
    "large throughout, then distil": Plan(0.5, 0.5, True),
}


@dataclass(frozen=True)
class Assumptions:
    """One value a draw, each of shape (S,).

    Attributes
    ----------
    uptake : ndarray
        Part of its search's lead that a network takes up in a generation while it has room.
    room : ndarray
        Skill between the start and the ceiling of the deployed size.
    per_decade : ndarray
        Skill that the ceiling, and the start, gain with a decade of parameters.
    taught : ndarray
        Skill by which learning from a stronger network raises the ceiling, at most.
    training : ndarray
        Training's share of a generation's compute; the rest is search.
    budget : ndarray
        Compute, in generations of a network of the deployed size.
    """

    uptake: np.ndarray
    room: np.ndarray
    per_decade: np.ndarray
    taught: np.ndarray
    training: np.ndarray
    budget: np.ndarray

    def __post_init__(self) -> None:
        limits = {"uptake": (0, 2), "room": (0, np.inf), "per_decade": (0, np.inf), "taught": (0, np.inf), "training": (0, 1), "budget": (0, np.inf)}
        for name, (low, high) in limits.items():
            values = np.asarray(getattr(self, name))
            if not (np.isfinite(values).all() and (values >= low).all() and (values <= high).all()):
                raise ValueError(f"{name} must lie in [{low}, {high}], got values from {values.min():.3g} to {values.max():.3g}")


def learn(skill: np.ndarray, teacher: np.ndarray, ceiling: np.ndarray, uptake: np.ndarray, generations: np.ndarray) -> np.ndarray:
    """Skill after some generations: towards the teacher but never beyond it, braked within one unit below the ceiling."""
    brake = np.clip(ceiling - skill, 0, 1)
    moved = skill + np.minimum(generations * uptake * brake, 1) * np.maximum(teacher - skill, 0)
    return np.minimum(moved, np.maximum(ceiling, skill))


def simulate(given: Assumptions, plan: Plan, steps: int = STEPS, fresh: bool = False) -> np.ndarray:
    """Skill of the network alone over a run, shape (steps + 1, S); the last row is that of the deployed size.

    Every step spends the same part of the compute that the plan gives to self-play, so that larger networks get fewer generations. A larger network inherits the skill of the smaller. Then,
    in as many steps again where the plan distils, a network of the deployed size learns from what the large one found by search. It starts from the run's own network of that size, or from
    the beginning if there was none. With `fresh` the large network's search is run anew for it; else the searches of the run are used again and only the student's training is paid.

    Raises
    ------
    ValueError
        If there is not at least one step.
    """
    if steps < 1:
        raise ValueError(f"steps must be at least 1, got {steps}")
    sizes = np.linspace(plan.start, plan.peak, steps)
    alone = given.budget * (1 - DISTIL_SHARE if plan.distil else 1)
    # Steps hold equal numbers of generations, so that the whole costs what the plan may spend.
    each = alone / (10**sizes).sum()
    skill = given.per_decade * plan.start
    path = [skill]
    for size in sizes:
        skill = learn(skill, skill + 1, given.room + given.per_decade * size, given.uptake, each)
        path.append(skill)
    if not plan.distil:
        return np.array(path)
    teacher = skill + 1
    ceiling = given.room + given.taught * np.clip(teacher - given.room, 0, 1)
    generations = given.budget * DISTIL_SHARE / (given.training + fresh * (1 - given.training) * 10**plan.peak)
    student = path[int(np.searchsorted(sizes, 0.0, side="right"))] if plan.start <= 0 else np.zeros_like(skill)
    for _ in range(steps):
        student = learn(student, teacher, ceiling, given.uptake, generations / steps)
        path.append(student)
    return np.array(path)


def calibrate(size: int, seed: int, candidates: int = 200_000) -> tuple[np.ndarray, np.ndarray]:
    """Uptake and room given rStar-Math's rounds 2 to 4 of the network alone, by importance resampling of the prior, shape (S,) each.

    The network after round r + 1 is that after round r, moved towards the search measured in round r by the simulator's own rule (`learn`). Likelihood: normal in mean log odds, the
    problems' binomial error and a training run's luck of 0.05. Priors: uptake U(0, 1.2), room LogUniform(0.3, 5).
    """
    rng = np.random.default_rng(seed)
    rounds = tables.load("selfplay_rounds")
    star = rounds[(rounds["study"] == "rStar-Math") & rounds["mode"].isin(["network alone", "search"])]
    problems = star.groupby("benchmark")["problems"].first().astype(float)
    rate = (star.pivot_table(index="benchmark", columns=["mode", "round"], values="score") / 100).mul(problems, axis=0).add(0.5).div(problems + 1, axis=0)
    mean = logit(rate).mean()
    error = np.sqrt((1 / (rate * (1 - rate)).mul(problems, axis=0)).sum()) / len(problems)
    alone, search = mean["network alone"], mean["search"]
    unit = float((search - alone).loc[[1, 2, 3]].mean())
    uptake, room = rng.uniform(*UPTAKE, candidates), np.exp(rng.uniform(*np.log(ROOM), candidates))
    log_weight, skill = np.zeros(candidates), np.zeros(candidates)
    for r in (1, 2, 3):
        lead = (search[r] - alone[r]) / unit
        skill = learn(skill, skill + lead, room, uptake, np.ones(candidates))
        log_weight += norm.logpdf((alone[r + 1] - alone[1]) / unit, skill, np.hypot(error["network alone"][r + 1], 0.05) / unit)
    weight = np.exp(log_weight - log_weight.max())
    chosen = rng.choice(candidates, size, p=weight / weight.sum())
    return uptake[chosen], room[chosen]


def assume(size: int, seed: int, as_of: str | None = None, calibrated: bool = True) -> Assumptions:
    """Draws of the assumptions: calibrated uptake and room, what search is worth in parameters, and flat ranges for the rest.

    A hundredfold search is worth a multiple of parameters of m decades in a setting not seen yet (`tradeoff.pool`, kept within 0.5 to 6); a decade of parameters is then worth 1/m units.
    Taught ceiling U(0, 1), training's share U(0.05, 0.5), budget LogUniform(3, 30).
    """
    rng = np.random.default_rng(seed)
    uptake, room = calibrate(size, seed) if calibrated else (rng.uniform(*UPTAKE, size), np.exp(rng.uniform(*np.log(ROOM), size)))
    rows = tradeoff.multiples()
    rows = rows.iloc[:0] if not calibrated else rows if as_of is None else rows[rows["available_from"] <= as_of]
    density = tradeoff.pool(rows, tradeoff.POOLS[0])[0] * ((tradeoff.OWN >= SIZES[0]) & (tradeoff.OWN <= SIZES[1]))
    decades = rng.choice(tradeoff.OWN, size, p=density / density.sum())
    return Assumptions(uptake, room, 1 / decades, rng.uniform(*TAUGHT, size), rng.uniform(*TRAINING, size), np.exp(rng.uniform(*np.log(BUDGET), size)))


# A fixed size is beaten with or without the last step of teaching, which it can have as well.
RIVALS = ("fixed size", "fixed size, then distil")


def advantage(given: Assumptions, plan: Plan = PLANS["grow, then distil"], fresh: bool = False, rival: str = RIVALS[0]) -> np.ndarray:
    """Final skill of a plan minus that of a rival at equal compute, shape (S,)."""
    return simulate(given, plan, fresh=fresh)[-1] - simulate(given, PLANS[rival], fresh=fresh)[-1]


@dataclass(frozen=True)
class Study:
    """Results; skill in units of a hundredfold search.

    Attributes
    ----------
    share, prior : dict of date -> dict of rival -> share of draws in which growing, then distilling beats it; the same without calibration
    advantage : dict of date -> Estimate, over the fixed size without a last step
    matched : Estimate, over the fixed size with it, today
    uptake, room, per_decade : Estimate
    variants : DataFrame
        choice, share: other schedules and other assumptions, today.
    best : DataFrame
        plan, share of draws in which it ends highest, median skill; today.
    by_budget : DataFrame
        budget (middle of a band), taught (no: the ceiling set to be the same; little, some, much: thirds of its range), share, draws.
    drivers : DataFrame
        assumption, correlation (rank, with the advantage).
    paths : DataFrame
        plan, compute (share spent), skill, size: medians.
    catch_up : (Estimate of generations until the network alone equals the first with its search, share that never does)
    katago : dict
        Elo of small networks at the end of their own self-play and after learning from larger ones' games.
    last_evidence : dict
    """

    share: dict
    prior: dict
    advantage: dict
    matched: Estimate
    uptake: Estimate
    room: Estimate
    per_decade: Estimate
    variants: pd.DataFrame
    best: pd.DataFrame
    by_budget: pd.DataFrame
    drivers: pd.DataFrame
    paths: pd.DataFrame
    catch_up: tuple
    katago: dict
    last_evidence: dict


def study(seed: int = 20250120, size: int = DRAWS) -> Study:
    """Run all plans over the draws of both dates."""
    given = {when: assume(size, seed, until) for when, until in DATES.items()}
    unseen = assume(size, seed, calibrated=False)
    blank = {rival: float((advantage(unseen, rival=rival) > 0).mean()) for rival in RIVALS}
    gains = {when: advantage(draws) for when, draws in given.items()}
    today = given["today"]
    runs = {name: simulate(today, plan) for name, plan in PLANS.items()}
    finals = np.array([run[-1] for run in runs.values()])
    names = list(PLANS)
    first = finals.argmax(axis=0)
    ranks = {name: pd.Series(getattr(today, name)).rank() for name in ("uptake", "room", "per_decade", "taught", "training", "budget")}
    outcome = pd.Series(gains["today"]).rank()
    catch = _catch_up(today)
    rows = tradeoff.multiples()
    known = {"2025-01": rows[rows["available_from"] <= DATES["2025-01"]], "today": rows}
    return Study(
        share={when: {rival: float((advantage(draws, rival=rival) > 0).mean()) for rival in RIVALS} for when, draws in given.items()},
        prior=dict.fromkeys(gains, blank),
        matched=Estimate.from_draws(advantage(today, rival=RIVALS[1]), "hundredfold searches"),
        advantage={when: Estimate.from_draws(gain, "hundredfold searches") for when, gain in gains.items()},
        uptake=Estimate.from_draws(100 * today.uptake, "per cent"),
        room=Estimate.from_draws(today.room, "hundredfold searches"),
        per_decade=Estimate.from_draws(today.per_decade, "hundredfold searches"),
        variants=pd.DataFrame(_variants(today)),
        best=pd.DataFrame({"plan": names, "share": [float((first == i).mean()) for i in range(len(names))], "median": np.median(finals, axis=1)}),
        by_budget=_by_budget(today, gains["today"], advantage(replace(today, taught=np.zeros(size)))),
        drivers=pd.DataFrame([{"assumption": name, "correlation": rank.corr(outcome)} for name, rank in ranks.items()]).sort_values("correlation", key=abs, ascending=False),
        paths=_paths(runs),
        catch_up=catch,
        katago=_katago(),
        last_evidence={when: f"{max(part['available_from'].max(), pd.Timestamp(ROUNDS_DAY)):%Y-%m-%d}" for when, part in known.items()},
    )


def _variants(given: Assumptions) -> list[dict]:
    def share(gain: np.ndarray) -> float:
        return float((gain > 0).mean())

    none, full = replace(given, taught=np.zeros_like(given.taught)), replace(given, taught=np.full_like(given.taught, TAUGHT[1]))
    rows = [{"choice": "main analysis", "share": share(advantage(given))}]
    for start, peak in ((-0.5, 0.5), (-1.0, 1.0), (-2.0, 0.5), (0.0, 0.5)):
        rows.append({"choice": f"from {10**start:.2g} to {10**peak:.2g} times the size", "share": share(advantage(given, Plan(start, peak, True)))})
    rows.append({"choice": "searches run anew for the student", "share": share(advantage(given, fresh=True))})
    rows.append({"choice": "a taught network has the same ceiling", "share": share(advantage(none))})
    rows.append({"choice": "a taught network's ceiling is one unit higher", "share": share(advantage(full))})
    rows.append({"choice": f"a lead of at least {MARGIN} units asked for", "share": share(advantage(given) - MARGIN)})
    for name, low, high in (("under 10 generations", 0, 10), ("over 10 generations", 10, np.inf)):
        inside = (given.budget > low) & (given.budget <= high)
        rows.append({"choice": f"compute of {name}", "share": share(advantage(given)[inside])})
    return rows


def _catch_up(given: Assumptions) -> tuple[Estimate, float]:
    """Generations of a network of the deployed size until it equals, alone, what it was at first with its search."""
    skill, when = np.zeros_like(given.uptake), np.full(given.uptake.shape, np.inf)
    for generation in range(1, 201):
        for _ in range(4):
            skill = learn(skill, skill + 1, given.room, given.uptake, np.full_like(skill, 0.25))
        when = np.where(np.isinf(when) & (skill >= 1), generation, when)
    reached = np.isfinite(when)
    return Estimate.from_draws(when[reached], "generations"), float(1 - reached.mean())


def _by_budget(given: Assumptions, gain: np.ndarray, untaught: np.ndarray) -> pd.DataFrame:
    edges = np.geomspace(*BUDGET, 9)
    cut = np.quantile(given.taught, [0, 1 / 3, 2 / 3, 1])
    rows = []
    for low, high in zip(edges[:-1], edges[1:], strict=True):
        band = (given.budget >= low) & (given.budget < high)
        rows.append({"budget": float(np.sqrt(low * high)), "taught": "no", "share": float((untaught[band] > 0).mean()), "draws": int(band.sum())})
        for name, a, b in zip(("little", "some", "much"), cut[:-1], cut[1:], strict=True):
            inside = band & (given.taught >= a) & (given.taught <= b)
            rows.append({"budget": float(np.sqrt(low * high)), "taught": name, "share": float((gain[inside] > 0).mean()), "draws": int(inside.sum())})
    return pd.DataFrame(rows)


def _paths(runs: dict[str, np.ndarray]) -> pd.DataFrame:
    parts = []
    for name, run in runs.items():
        plan = PLANS[name]
        sizes = np.linspace(plan.start, plan.peak, STEPS)
        spent = np.concatenate([[0], (10**sizes).cumsum() / (10**sizes).sum()]) * (1 - DISTIL_SHARE if plan.distil else 1)
        if plan.distil:
            spent = np.concatenate([spent, 1 - DISTIL_SHARE + DISTIL_SHARE * np.arange(1, STEPS + 1) / STEPS])
        phase = np.where(np.arange(len(run)) <= STEPS, "self-play", "distillation")
        parts.append(pd.DataFrame({"plan": name, "compute": spent, "skill": np.median(run, axis=1), "phase": phase}))
    return pd.concat(parts, ignore_index=True)


def _katago() -> dict[str, float]:
    rows = tables.load("katago_networks")
    rows = rows[rows["run"] == "2020"]
    found = {}
    for blocks in (10, 15):
        part = rows[rows["blocks"] == blocks]
        found[f"own_{blocks}"] = float(part.loc[part["kind"] == "last of its size in self-play", "elo"].iloc[0])
        found[f"taught_{blocks}"] = float(part.loc[part["kind"] == "trained on larger networks' games", "elo"].max())
    return found
