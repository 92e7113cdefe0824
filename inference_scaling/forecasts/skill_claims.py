"""Three claims about who forecasts well, answered from resolved questions and published comparisons.

The model sets were written down before any weighted pool had been scored:

- Records against equal weights: two ways of weighing (`skill.WAYS`) averaged over sets, and the first of them over all questions alike.
- Superforecasters against experts: published comparisons as reported, and with the gain from aggregation taken out. Comparisons of like with like alone are no model of
  their own: the only one is a parity, entered as zero, which leaves the probability where a symmetric prior has it whatever the date.
- Aggregation or persons: the gain of the Bayesian rule over the mean and over the median of the same persons, and what is left when groups are aggregated alike. The dates of
  the forecasts are hidden from the rule (settled after a first look at both): a late forecast's news is not arithmetic, and a market's price has it too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from inference_scaling import tables
from inference_scaling.estimates import Estimate
from inference_scaling.forecasts import scoring
from inference_scaling.forecasts.comparisons import Effects, Prior, bounded_below, hierarchical
from inference_scaling.forecasts.validation import SETS

DATES = {"2025-01": "2025-01-14", "today": None}
MARGIN = 0.01
BEST_GROUP = 5
PLATFORM = "Metaculus, all questions"
LATER = "PredictionBook, later questions by earlier ones"
BASELINES = ("mean", "median")
UNDATED = "bayes undated"

# Score differences between sensible pools of the same forecasts are a few hundredths of a nat, in either direction.
WEIGHTS_PRIOR = Prior(centre=0.0, scale=0.03, between=0.03)
# Log ratios of Brier scores. Between groups: no direction assumed, a quarter either way. Between rules: none to a third has been reported.
GROUPS_PRIOR = Prior(centre=0.0, scale=0.3, between=0.2)
AGGREGATION_PRIOR = Prior(centre=0.1, scale=0.2, between=0.15)
# How far the advantage over intelligence analysts may lie from that over a tournament's domain experts.
TRANSFER = 0.2
# Analysts are hardly worse than the public: so softly does the advantage over the public bound that over them.
CEILING_SOFTNESS = 0.1


@dataclass(frozen=True)
class Claim:
    """P(S) of one claim by date and model, priors by model, and by date the estimate behind it and the newest row."""

    probability: dict[str, dict[str, float]]
    prior: dict[str, float]
    estimate: dict[str, Estimate]
    last_evidence: dict[str, str]


def admitted(as_of: str | None) -> list[str]:
    """Sets whose outcomes were public by a date."""
    public = set(tables.load("resolved_questions", as_of)["set"])
    return [name for name in SETS if name in public]


def _inflation(n: int) -> float:
    """Ratio of the standard deviation of Student's t with n - 1 degrees of freedom to 1."""
    return float(np.sqrt((n - 1) / (n - 3)))


def standard_error(values: np.ndarray) -> float:
    """Standard error of a mean, widened as Student's t is for few questions."""
    n = len(values)
    return float(np.std(values, ddof=1) / np.sqrt(n)) * _inflation(n)


def weight_gains(losses: pd.DataFrame, questions: pd.DataFrame, draws: dict[str, np.ndarray], seed: int = 0) -> pd.DataFrame:
    """Log score that weights by record gain over equal weights, out of sample.

    Parameters
    ----------
    losses : DataFrame
        Log loss by question and (method, trained_on).
    questions : DataFrame
        `validation.by_question`.
    draws : dict of set -> ndarray
        `scoring.bootstrap_means` of the losses.

    Returns
    -------
    DataFrame
        Columns set, way, gain, low, high, error.
    """
    table = []
    for way in ("fitted skill", "past scores", "fitted skill, wide prior"):
        gain, places = losses["equal", "own"] - losses[way, "own"], [losses.columns.get_loc((rule, "own")) for rule in ("equal", way)]
        for name in SETS:
            low, high = np.quantile(draws[name][:, places[0]] - draws[name][:, places[1]], [0.05, 0.95])
            values = gain[questions["group"] == name].to_numpy()
            table.append({"set": name, "way": way, "gain": values.mean(), "low": low, "high": high, "error": standard_error(values)})
    for way in ("fitted skill", "past scores"):
        values = (losses["equal", "earlier"] - losses[way, "earlier"]).dropna().to_numpy()
        low, high = np.quantile(scoring.bootstrap_means(values, seed=seed), [0.05, 0.95])
        table.append({"set": LATER, "way": way, "gain": values.mean(), "low": low, "high": high, "error": standard_error(values)})
    return pd.DataFrame(table)


def records_claim(weights: pd.DataFrame, losses: pd.DataFrame, questions: pd.DataFrame, margin: float = MARGIN, without: Sequence[str] = (), dates: Mapping[str, str | None] = DATES, seed: int = 0) -> Claim:
    """Whether weights by record gain more than `margin` nats a question.

    Parameters
    ----------
    weights : DataFrame
        As `weight_gains` gives it.
    without : sequence of str
        Sets to leave out.
    """
    probability, estimate, last = {}, {}, {}
    for date, as_of in dates.items():
        sets = [name for name in admitted(as_of) if name not in without]
        chosen = weights[weights["set"].isin(sets)]
        means = {way: hierarchical(rows["gain"], rows["error"], WEIGHTS_PRIOR) for way, rows in chosen.groupby("way") if way in ("fitted skill", "past scores")}
        values = (losses["equal", "own"] - losses["fitted skill", "own"])[questions["group"].isin(sets)].to_numpy()
        precision = standard_error(values) ** -2 + WEIGHTS_PRIOR.scale**-2
        alike = stats.norm(values.mean() / standard_error(values) ** 2 / precision, precision**-0.5)
        probability[date] = {f"{way}, mean over sets": effects.mean_above(margin) for way, effects in means.items()} | {"fitted skill, all questions": float(alike.sf(margin))}
        estimate[date] = Estimate.from_draws(means["fitted skill"].draws(further=False, seed=seed), unit="nats a question")
        last[date] = tables.newest("resolved_questions", as_of=as_of)
    prior = float(stats.norm.sf((margin - WEIGHTS_PRIOR.centre) / WEIGHTS_PRIOR.scale))
    return Claim(probability, dict.fromkeys(probability["today"], prior), estimate, last)


def aggregation_gains(losses: pd.DataFrame, questions: pd.DataFrame, draws: dict[str, np.ndarray], best: pd.DataFrame, seed: int = 0, rule: str = UNDATED) -> pd.DataFrame:
    """How much a rule, or Metaculus's own, lowers the Brier score of a plain pool of the same persons.

    Parameters
    ----------
    rule : str
        `UNDATED` (the Bayesian rule without the forecasts' dates), "bayes" or "extremised", learned on the same set.

    Returns
    -------
    DataFrame
        Columns crowd, baseline, effect (log ratio of Brier scores), error, gain, low, high (the last three relative).
    """
    table = []
    for name in SETS:
        inside = losses[questions["group"] == name]
        for baseline in BASELINES:
            plain, good = (draws[name][:, losses.columns.get_loc((name_of, "own"))] for name_of in (baseline, rule))
            effect = np.log(inside[baseline, "own"].mean() / inside[rule, "own"].mean())
            table.append(_gain(name, baseline, effect, np.log(plain / good), _inflation(len(inside))))
    group = best.loc[best["best"] == BEST_GROUP, ["brier_community", "brier_weighted"]]
    plain, good = scoring.bootstrap_means(group.to_numpy(), seed=seed).T
    # The community forecast is a median that weighs recent forecasts more.
    table.append(_gain(PLATFORM, "median", np.log(np.divide(*group.mean())), np.log(plain / good), 1.0))
    return pd.DataFrame(table)


def _gain(crowd: str, baseline: str, effect: float, ratio: np.ndarray, inflation: float) -> dict[str, object]:
    low, high = -np.expm1(-np.quantile(ratio, [0.05, 0.95]))
    return {"crowd": crowd, "baseline": baseline, "effect": effect, "error": ratio.std() * inflation, "gain": -np.expm1(-effect), "low": low, "high": high}


def further_crowd(gains: pd.DataFrame, as_of: str | None) -> dict[str, Effects]:
    """What is known of the log ratio that a further crowd would show, by baseline."""
    crowds = [*admitted(as_of), PLATFORM]
    chosen = gains[gains["crowd"].isin(crowds)]
    return {name: hierarchical(rows["effect"], rows["error"], AGGREGATION_PRIOR) for name, rows in chosen.groupby("baseline")}


def reported_gain() -> float:
    """Share by which Good Judgment's best method beat the analysts' market."""
    return float(tables.load("group_comparisons").set_index("comparison")["gain"]["intelligence market"]) / 100


def relative_error(best: pd.DataFrame, questions: float) -> float:
    """Standard error of the log ratio of two groups' Brier scores over so many shared questions: as the best five and the community of Metaculus differ."""
    group = best[best["best"] == BEST_GROUP]
    return float((group["brier_best"] - group["brier_community"]).std() / group["brier_community"].mean() / np.sqrt(questions))


def aggregation_claim(gains: pd.DataFrame, best: pd.DataFrame, part: float = 0.5, transfer: float = TRANSFER, dates: Mapping[str, str | None] = DATES, seed: int = 0) -> Claim:
    """Whether aggregation explains more than `part` of the reported advantage of Good Judgment's best method.

    The last model works from the other end: the advantage of persons aggregated alike is near what domain experts concede (none, give or take `transfer`) and
    hardly above what the public concedes; the rest of the reported advantage is aggregation. Its prior is the others' prior, seen from that end.
    """
    reported = reported_gain()
    needed, advantage = -np.log1p(-part * reported), -np.log1p(-reported)
    probability, estimate, last = {}, {}, {}
    for date, as_of in dates.items():
        further = further_crowd(gains, as_of)
        probability[date] = {f"gain over the {name}": further[name].further_above(needed) for name in BASELINES}
        probability[date]["groups aggregated alike"] = _persons_below(advantage - needed, tables.load("group_comparisons", as_of), best, advantage, transfer)
        estimate[date] = Estimate.from_draws(100 * -np.expm1(-further["mean"].draws(further=True, seed=seed)) / reported, unit="% of the reported advantage")
        last[date] = tables.newest("resolved_questions", "group_comparisons", "metaculus_best_forecasters", as_of=as_of)
    before = hierarchical([], [], AGGREGATION_PRIOR).further_above(needed)
    priors = dict.fromkeys(probability["today"], before) | {"groups aggregated alike": _persons_below(advantage - needed, tables.load("group_comparisons").head(0), best, advantage, transfer)}
    return Claim(probability, priors, estimate, last)


def _persons_below(bound: float, table: pd.DataFrame, best: pd.DataFrame, advantage: float, transfer: float) -> float:
    """P(log advantage of superforecasters over analysts, both aggregated alike, < bound)."""
    parity = table[table["result"] == "no difference reported"]
    public = -np.log1p(-table.loc[table["second_group"] == "public", "gain"].to_numpy() / 100)
    scale = float(np.hypot(AGGREGATION_PRIOR.scale, AGGREGATION_PRIOR.between))
    errors = [np.hypot(relative_error(best, n), transfer) for n in parity["questions"]]
    # The leaderboards score the same people at two dates, so they bound once, by their mean.
    ceilings = [public.mean()] if len(public) else []
    return bounded_below(bound, advantage - AGGREGATION_PRIOR.centre, scale, np.zeros(len(parity)), errors, ceilings, CEILING_SOFTNESS)


def groups_claim(gains: pd.DataFrame, best: pd.DataFrame, prior: Prior = GROUPS_PRIOR, dates: Mapping[str, str | None] = DATES, seed: int = 0) -> Claim:
    """Whether experts' Brier score exceeds superforecasters'; effects are log ratios, positive if superforecasters are better."""
    probability, estimate, last = {}, {}, {}
    for date, as_of in dates.items():
        table = tables.load("group_comparisons", as_of)
        table = table[table["second_group"] != "public"]
        effect = -np.log1p(-table["gain"].fillna(0).to_numpy() / 100)
        error = np.array([relative_error(best, n) for n in table["questions"]])
        market = (table["comparison"] == "intelligence market").to_numpy()
        method = np.concatenate([effects.draws(further=True, seed=seed) for effects in further_crowd(gains, as_of).values()])
        models = {
            "as reported": (effect, error),
            "aggregation taken out": (effect - market * method.mean(), np.hypot(error, market * method.std())),
        }
        means = {name: hierarchical(*data, prior) for name, data in models.items()}
        probability[date] = {name: effects.mean_above(0.0) for name, effects in means.items()}
        estimate[date] = Estimate.from_draws(100 * -np.expm1(-means["aggregation taken out"].draws(further=False, seed=seed)), unit="% lower Brier score than experts")
        last[date] = str(table["available_from"].max())[:10]
    before = float(stats.norm.sf(-prior.centre / prior.scale))
    return Claim(probability, dict.fromkeys(probability["today"], before), estimate, last)


def neighbours(weights: pd.DataFrame, losses: pd.DataFrame, questions: pd.DataFrame, gains: Mapping[str, pd.DataFrame], best: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """P(S) today, mean over the models, under other thresholds and assumptions.

    Parameters
    ----------
    gains : mapping of rule to DataFrame
        `aggregation_gains` of `UNDATED`, "bayes" and "extremised".

    Returns
    -------
    DataFrame
        Columns claim, assumption, probability, lowest, highest (over the models).
    """
    wide = Prior(GROUPS_PRIOR.centre, 2 * GROUPS_PRIOR.scale, 2 * GROUPS_PRIOR.between)
    now = {"dates": {"today": None}, "seed": seed}
    cases = {
        ("records", "as declared"): records_claim(weights, losses, questions, **now),
        ("records", "any gain at all"): records_claim(weights, losses, questions, margin=0.0, **now),
        ("records", "half the margin"): records_claim(weights, losses, questions, margin=MARGIN / 2, **now),
        ("records", "without Good Judgment"): records_claim(weights, losses, questions, without=SETS[:1], **now),
        ("aggregation", "as declared"): aggregation_claim(gains[UNDATED], best, **now),
        ("aggregation", "a third of the advantage"): aggregation_claim(gains[UNDATED], best, part=1 / 3, **now),
        ("aggregation", "two thirds of the advantage"): aggregation_claim(gains[UNDATED], best, part=2 / 3, **now),
        ("aggregation", "analysts half as far from domain experts"): aggregation_claim(gains[UNDATED], best, transfer=TRANSFER / 2, **now),
        ("aggregation", "analysts twice as far from domain experts"): aggregation_claim(gains[UNDATED], best, transfer=2 * TRANSFER, **now),
        ("aggregation", "dates of the forecasts used"): aggregation_claim(gains["bayes"], best, **now),
        ("aggregation", "extremising alone"): aggregation_claim(gains["extremised"], best, **now),
        ("groups", "as declared"): groups_claim(gains[UNDATED], best, **now),
        ("groups", "priors twice as wide"): groups_claim(gains[UNDATED], best, prior=wide, **now),
    }
    table = []
    for (claim, assumption), result in cases.items():
        values = list(result.probability["today"].values())
        table.append({"claim": claim, "assumption": assumption, "probability": float(np.mean(values)), "lowest": min(values), "highest": max(values)})
    return pd.DataFrame(table)
