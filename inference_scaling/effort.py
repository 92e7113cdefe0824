"""o3 on ARC-AGI: what a task cost, what more effort buys, how far the cost fell, and how many tokens a person would need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pymc as pm
from scipy import special

from inference_scaling import sampling, tables
from inference_scaling.estimates import Estimate

DOCUMENT_DATE = pd.Timestamp("2025-01-14")
N_TASKS = 100
COST_BOUNDS = (1500.0, 6000.0)
TOKEN_SHARE = 0.0005
DRAWS = 20_000
COMPUTE_RATIO = 172.0
DAYS_PER_YEAR = 365.25


def ladder_model(correct: np.ndarray, log10_cost: np.ndarray, ladder: np.ndarray, names: tuple[str, ...]) -> pm.Model:
    """Score against the logarithm of cost within one model's effort settings, hierarchical over models.

    correct_i ~ Binomial(100, p_i),  logit p_i = a_f + s_f (log10 cost_i - mean of f) + omega e_i,  s_f ~ Normal(mu, tau)

    for setting i of model f; s in logits for a tenfold cost. Priors: mu ~ Normal(1, 1.5), from no gain to four logits a decade;
    tau ~ HalfNormal(1), models may differ as much as they gain; a_f ~ Normal(0, 2), scores between 2 and 98 % in mid-ladder; omega ~ HalfNormal(0.5), e_i ~
    Normal(0, 1), steps of a ladder are not equal. All settings saw the same 100 tasks, which the binomial ignores: within a ladder its error
    is an upper bound.

    Parameters
    ----------
    correct : ndarray of int, shape (n,)
        Tasks solved of 100.
    log10_cost : ndarray, shape (n,)
        Decimal logarithm of US dollars a task.
    ladder : ndarray of int, shape (n,)
    names : tuple of str
    """
    mean = np.bincount(ladder, log10_cost) / np.bincount(ladder)
    with pm.Model(coords={"ladder": names, "rung": np.arange(len(correct))}) as model:
        k = pm.Data("correct", correct, dims="rung")
        x = pm.Data("decades", log10_cost - mean[ladder], dims="rung")
        f = pm.Data("ladder_index", ladder, dims="rung")
        typical = pm.Normal("typical_slope", 1, 1.5)
        between = pm.HalfNormal("between", 1)
        slope = pm.Deterministic("slope", typical + between * pm.Normal("slope_offset", 0, 1, dims="ladder"), dims="ladder")
        level = pm.Normal("level", 0, 2, dims="ladder")
        unevenness = pm.HalfNormal("unevenness", 0.5)
        step = pm.Normal("step", 0, 1, dims="rung")
        pm.Binomial("solved", N_TASKS, logit_p=level[f] + slope[f] * x + unevenness * step, observed=k, dims="rung")
    return model


def brute_force_slope(low: float, high: float, decades: float, seed: int, draws: int = DRAWS) -> np.ndarray:
    """Logits per tenfold compute between two settings' scores, with binomial uncertainty of each.

    Parameters
    ----------
    low, high : float
        Shares of 100 tasks solved.
    decades : float
        log10 of the ratio of compute.

    Returns
    -------
    ndarray, shape (draws,)
        Jeffreys posterior, the two scores taken as independent.
    """
    if decades <= 0:
        raise ValueError(f"the high setting must use more compute than the low one, got {decades} decades")
    rng = np.random.default_rng(seed)
    scores = [special.logit(rng.beta(N_TASKS * p + 0.5, N_TASKS * (1 - p) + 0.5, draws)) for p in (low, high)]
    return (scores[1] - scores[0]) / decades


def cost_draws(costs: pd.DataFrame, seed: int) -> dict[str, np.ndarray]:
    """US dollars of a task at o3-preview's high setting, by price basis, with the rounding of the published figures.

    Parameters
    ----------
    costs : DataFrame
        Table arc_o3_preview_costs. A derived cost is the stated 172 times the low setting's, the ratio uncertain by half a unit.

    Returns
    -------
    dict of basis to ndarray, shape (DRAWS,)
        The leaderboard file repeats the first prices and is no basis of its own.
    """
    rng = np.random.default_rng(seed)
    high = costs[(costs["setting"] == "high") & costs["cost_usd_per_task"].notna() & costs["basis"].isin(("first prices", "o1-pro prices", "o3-pro prices"))]
    found = {}
    for row in high.itertuples():
        relative = 0.5 / COMPUTE_RATIO if row.derived else 0.5 / row.tokens_millions * 100
        found[row.basis] = row.cost_usd_per_task * (1 + rng.uniform(-relative, relative, DRAWS))
    return found


def all_within(draws: Mapping[str, np.ndarray], bounds: tuple[float, float] = COST_BOUNDS) -> float:
    """Probability that every basis puts the cost within the bounds."""
    return float(np.mean(np.all([(d >= bounds[0]) & (d <= bounds[1]) for d in draws.values()], axis=0)))


def prior_within(bounds: tuple[float, float] = COST_BOUNDS) -> float:
    """P(S) before any price was known: one cost, spread evenly over the decades from 10 to 100,000 US dollars, all bases agreeing."""
    return float(np.log(bounds[1] / bounds[0]) / np.log(1e5 / 10))


def cost_at_price(tokens_per_task: float, usd_per_mtok: float) -> float:
    """US dollars of a task whose tokens are all paid at one output price.

    Raises
    ------
    ValueError
        If an argument is negative or not finite.
    """
    for name, value in (("tokens_per_task", tokens_per_task), ("usd_per_mtok", usd_per_mtok)):
        if not np.isfinite(value) or value < 0:
            raise ValueError(f"{name} must be finite and not negative, got {value}")
    return tokens_per_task * usd_per_mtok / 1e6


def human_tokens(seed: int, spoken_share: tuple[float, float] = (1.0, 1.0), minutes: tuple[float, float] = (1.0, 10.0), draws: int = DRAWS) -> np.ndarray:
    """Tokens that a person thinking aloud would produce on one task, shape (draws,).

    Minutes a task LogUniform(1, 10), since the evidence holds no solving times; 130 to 160 spoken words a minute; 1.2 to 1.5 tokens a word,
    around the usual four tokens for three words; `spoken_share` of the time spent speaking.
    """
    rng = np.random.default_rng(seed)
    time = np.exp(rng.uniform(*np.log(minutes), draws))
    return time * rng.uniform(*spoken_share, draws) * rng.uniform(130, 160, draws) * rng.uniform(1.2, 1.5, draws)


HUMAN_ASSUMPTIONS = {"speaking all the time": (1.0, 1.0), "speaking a tenth to all of the time": (0.1, 1.0)}


def prior_token_share(human: np.ndarray, seed: int, bound: float = TOKEN_SHARE) -> float:
    """P(S) before o3's token counts were known: 10 thousand to 100 million tokens a task at each setting, log-uniform."""
    rng = np.random.default_rng(seed)
    settings = np.exp(rng.uniform(np.log(1e4), np.log(1e8), (len(human), 2)))
    return float(np.mean(human / settings.min(axis=1) < bound))


def cheapest_at(results: pd.DataFrame, score: float, first_date: pd.Timestamp, first_cost: float) -> pd.DataFrame:
    """Successive lowest costs of a task at or above a score, from a first system on.

    Parameters
    ----------
    results : DataFrame
        Columns model, release_date, score, cost_usd_per_task.

    Returns
    -------
    DataFrame
        release_date, model, score, cost_usd_per_task, factor (first cost over this one), years since the first date.
    """
    able = results[(results["score"] >= score) & (results["release_date"] > first_date)].sort_values(["release_date", "cost_usd_per_task"])
    able = able[able["cost_usd_per_task"] < able["cost_usd_per_task"].cummin().shift(fill_value=first_cost).clip(upper=first_cost)]
    years = (able["release_date"] - first_date) / pd.Timedelta(days=DAYS_PER_YEAR)
    return able.assign(factor=first_cost / able["cost_usd_per_task"], years=years)[["release_date", "model", "score", "cost_usd_per_task", "factor", "years"]].reset_index(drop=True)


@dataclass(frozen=True)
class EffortStudy:
    """Everything that the section on o3 and ARC-AGI reports.

    Attributes
    ----------
    task_cost : dict
        By date: probability, prior, estimate (mixture of the bases), share of bases within the bounds, n_bases.
    bases : dict of basis to Estimate
    token_share : dict
        probability and prior by assumption; shares by (assumption, setting) as Estimates in per cent of o3's tokens; below_0_1 likewise.
    typical_slope, brute_force : Estimate
        Logits for a tenfold cost: typical effort ladder, o3-preview.
    ladder_beats : float
        Probability that a new model's ladder is steeper than o3-preview's brute force.
    slopes : DataFrame
        ladder, value, low, high.
    falls : dict of score to DataFrame
        `cheapest_at` for o3-preview's two scores.
    other_prices : DataFrame
        The high setting's tokens at later list prices.
    rungs, systems, previews : DataFrame
        For the chart.
    """

    task_cost: dict
    bases: dict[str, Estimate]
    token_share: dict
    typical_slope: Estimate
    brute_force: Estimate
    ladder_beats: float
    slopes: pd.DataFrame
    falls: dict[float, pd.DataFrame]
    other_prices: pd.DataFrame
    rungs: pd.DataFrame
    systems: pd.DataFrame
    previews: pd.DataFrame


def _token_share(costs: pd.DataFrame) -> dict:
    per_task = {row.setting: 1e6 * row.tokens_millions / row.n_tasks for row in costs[costs["basis"] == "first prices"].itertuples()}
    found: dict = {"probability": {}, "prior": {}, "share": {}, "below_a_thousandth": {}}
    for name, spoken in HUMAN_ASSUMPTIONS.items():
        human = human_tokens(seed=1, spoken_share=spoken)
        shares = {setting: human / tokens for setting, tokens in per_task.items()}
        found["probability"][name] = float(np.mean(np.maximum(shares["low"], shares["high"]) < TOKEN_SHARE))
        found["prior"][name] = prior_token_share(human, seed=2)
        for setting, share in shares.items():
            found["share"][name, setting] = Estimate.from_draws(100 * share, "%")
            found["below_a_thousandth"][name, setting] = float(np.mean(share < 0.001))
    return found | {"per_task": per_task}


def _task_cost(costs: pd.DataFrame) -> dict:
    found = {}
    for when, admitted in {"2025-01": costs[costs["available_from"] <= DOCUMENT_DATE], "today": costs}.items():
        draws = cost_draws(admitted, seed=1)
        within = [all_within({k: d}) for k, d in draws.items()]
        mixture = np.random.default_rng(1).permutation(np.concatenate(list(draws.values())))
        found[when] = {
            "probability": all_within(draws), "prior": prior_within(), "share": float(np.mean(within)), "n_bases": len(draws),
            "estimate": Estimate.from_draws(mixture, "USD per task"), "last_evidence": admitted["available_from"].max(),
        }
    return found


def study() -> EffortStudy:
    """Load the tables, fit the ladders, run the Monte Carlos. Deterministic; about half a second with a stored posterior."""
    costs, results = tables.load("arc_o3_preview_costs"), tables.load("arc_agi_results")
    rungs = results[results["ladder"] != ""].copy()
    names = tuple(sorted(rungs["ladder"].unique()))
    index = rungs["ladder"].map({n: i for i, n in enumerate(names)}).to_numpy(dtype="int64")
    correct = np.rint(N_TASKS * rungs["score"]).to_numpy(dtype="int64")
    tree = sampling.fit_all({"effort ladders": ladder_model(correct, np.log10(rungs["cost_usd_per_task"].to_numpy()), index, names)}, draws=2000, tune=1500, target_accept=0.95, log_likelihood=False)["effort ladders"]
    slope = sampling.draws(tree, "slope")
    low, value, high = np.quantile(slope, [0.05, 0.5, 0.95], axis=0)
    first = costs[(costs["basis"] == "first prices") & costs["cost_usd_per_task"].notna()].set_index("setting")
    brute = brute_force_slope(first.loc["low", "score"], first.loc["high", "score"], np.log10(COMPUTE_RATIO), seed=1)
    rng = np.random.default_rng(1)
    new_ladder = rng.normal(sampling.draws(tree, "typical_slope"), sampling.draws(tree, "between"))
    announced = pd.Timestamp(first["available_from"].min())
    prices = tables.load("o3_list_prices")
    tokens = 1e6 * first.loc["high", "tokens_millions"] / first.loc["high", "n_tasks"]
    draws = cost_draws(costs, seed=1)
    return EffortStudy(
        task_cost=_task_cost(costs),
        bases={basis: Estimate.from_draws(d, "USD per task") for basis, d in draws.items()},
        token_share=_token_share(costs),
        typical_slope=Estimate.from_draws(sampling.draws(tree, "typical_slope", flatten=False), "logits per tenfold cost"),
        brute_force=Estimate.from_draws(brute, "logits per tenfold compute"),
        ladder_beats=float(np.mean(new_ladder > rng.choice(brute, len(new_ladder)))),
        slopes=pd.DataFrame({"ladder": names, "value": value, "low": low, "high": high, "top_score": rungs.groupby("ladder")["score"].max().loc[list(names)].to_numpy()}),
        falls={float(first.loc[s, "score"]): cheapest_at(results, float(first.loc[s, "score"]), announced, float(first.loc[s, "cost_usd_per_task"])) for s in ("low", "high")},
        other_prices=prices.assign(cost_usd_per_task=[cost_at_price(tokens, p) for p in prices["output_price_usd_per_mtok"]]),
        rungs=rungs,
        systems=pd.concat([results[results["ladder"] == ""], tables.load("arc_reference_points").rename(columns={"system": "model"})], ignore_index=True),
        previews=costs[costs["cost_usd_per_task"].notna()],
    )
