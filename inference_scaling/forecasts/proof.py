"""Rules of pooling proved on resolved questions: scores, margins, calibration, exponents, and the claims that rest on them (`skill_claims`)."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from inference_scaling import sampling, tables
from inference_scaling.estimates import Estimate
from inference_scaling.forecasts import exponents, predictions, scoring, skill_claims
from inference_scaling.forecasts.skill_claims import Claim
from inference_scaling.forecasts.validation import SETS, by_question, resolved_forecasts

SIMPLE = ("mean", "median", "trimmed", "geometric_odds", "extremised", "neyman_roughgarden")
NAMES = {"mean": "mean", "median": "median", "trimmed": "trimmed mean", "geometric_odds": "geometric mean of odds", "extremised": "extremised", "neyman_roughgarden": "Neyman-Roughgarden", "bayes": "Bayesian"}
# Rules of the first chart, by what they have learned from.
RULES = {(name, "own"): label for name, label in NAMES.items() if name != "mean"} | {("bayes undated", "own"): "Bayesian, dates hidden", ("bayes", "others"): "Bayesian, other sets only", ("bayes", "nothing"): "Bayesian, taught nothing", ("extremised", "others"): "extremised, other sets only"}
MARGIN = 0.01
WIDE_LIMITS = (0.01, 0.99)


@dataclass(frozen=True)
class Study:
    """Everything that the section shows; intervals 90 %, log scores in nats a question.

    Attributes
    ----------
    scores : DataFrame
        set, method, trained_on, brier, log_loss.
    differences : DataFrame
        set, method, trained_on, against, measure, difference (negative: better than the simple rule), low, high.
    against_mean : DataFrame
        set, rule, gain, low, high: log score gained over the mean probability, by rule and what it has learned from.
    margins : DataFrame
        set, questions, best_simple, loss (of bayes against it), upper, upper_t, holds: the test of non-inferiority; best_simple is picked on the same questions.
    fold_spread : dict of set -> float
        Standard deviation, over divisions into folds, of the Bayesian rule's mean log score.
    calibration : DataFrame
        method or crowd, forecast, frequency, low, high, questions.
    exponent_bands, exponent_bins : DataFrame
        Exponent by set and number of forecasters: fitted, and free in each range of sizes.
    exponent : dict of set -> Estimate
        At the set's typical number of forecasters (geometric mean over questions).
    slope, bias : Estimate, dict of set -> Estimate
    weights : DataFrame
        set, way, gain, low, high, error: log score gained over equal weights, out of sample.
    undated : DataFrame
        set, difference, low, high: the Bayesian rule without the forecasts' dates less with them.
    yardsticks : DataFrame
        yardstick, log_loss, lead, low, high: the latest forecast and a regression on PredictionBook, and the Bayesian rule's lead over each.
    prefactor : float
        Multiple of Neyman and Roughgarden's exponent with the lowest loss on a million forecasts of Metaculus, digitised.
    later_known : float
        Share of PredictionBook's later forecasts whose forecaster has a record from the earlier questions.
    clipped : DataFrame
        set, method, log_loss with pooled probabilities moved to `WIDE_LIMITS`, for the rules without further training.
    best_forecasters : DataFrame
        best, brier_best, brier_community, brier_weighted, questions: means over questions.
    community : DataFrame
        life_left, brier.
    gains : DataFrame
        crowd, baseline, effect (log ratio of Brier scores), error, gain, low, high (relative); of the Bayesian rule without the forecasts' dates.
    gains_by_rule : DataFrame
        The same by rule: also with dates, and of extremising alone.
    dated : Claim
        `aggregation` with the gains of the rule that uses dates.
    nameless : DataFrame
        set, gain, low, high: log score that the Bayesian rule gains by its own skill term, over the same rule with every forecast by somebody new.
    published, ai_questions : DataFrame
        The tables group_comparisons and tournament_ai_questions.
    neighbours : DataFrame
        claim, statement, probability (mean over the models, today): what other thresholds and assumptions give.
    records, groups, aggregation : Claim
    """

    questions: pd.DataFrame
    scores: pd.DataFrame
    differences: pd.DataFrame
    against_mean: pd.DataFrame
    margins: pd.DataFrame
    fold_spread: dict[str, float]
    calibration: pd.DataFrame
    exponent_bands: pd.DataFrame
    exponent_bins: pd.DataFrame
    exponent: dict[str, Estimate]
    slope: Estimate
    bias: dict[str, Estimate]
    weights: pd.DataFrame
    undated: pd.DataFrame
    nameless: pd.DataFrame
    yardsticks: pd.DataFrame
    prefactor: float
    later_known: float
    clipped: pd.DataFrame
    best_forecasters: pd.DataFrame
    community: pd.DataFrame
    gains: pd.DataFrame
    gains_by_rule: pd.DataFrame
    dated: Claim
    published: pd.DataFrame
    ai_questions: pd.DataFrame
    neighbours: pd.DataFrame
    records: Claim
    groups: Claim
    aggregation: Claim


def study(seed: int = 20250114) -> Study:
    """Score the rules, fit the exponents, and answer the three claims."""
    rows = resolved_forecasts()
    questions = by_question(rows)
    pooled = predictions.stored(rows, seed).reindex(questions.index)
    losses = {"log": _losses(pooled, questions, scoring.log_loss), "brier": _losses(pooled, questions, scoring.brier)}
    draws = _resampled(losses, questions, seed)
    columns = losses["log"].columns
    best = tables.load("metaculus_best_forecasters")
    prefactors = tables.load("extremising_prefactors")
    weights = skill_claims.weight_gains(losses["log"], questions, draws["log"], seed)
    by_rule = {rule: skill_claims.aggregation_gains(losses["brier"], questions, draws["brier"], best, seed, rule) for rule in (skill_claims.UNDATED, "bayes", "extremised")}
    gains = by_rule[skill_claims.UNDATED]
    return Study(
        questions=questions,
        scores=_scores(losses, questions),
        differences=_differences(draws, columns, questions),
        against_mean=_against_mean(draws["log"], losses["log"], questions),
        margins=_margins(losses["log"], questions, draws["log"]),
        fold_spread=_fold_spread(pooled, questions),
        calibration=_calibration(pooled, questions),
        **_exponents(rows, questions, seed),
        weights=weights,
        undated=_undated(draws["log"], columns),
        nameless=_nameless(draws["log"], losses["log"], questions),
        yardsticks=_yardsticks(losses["log"], draws["log"], questions),
        prefactor=float(prefactors.loc[prefactors["loss"].idxmin(), "prefactor"]),
        later_known=_later_known(rows),
        clipped=_clipped(pooled, questions),
        best_forecasters=best.groupby("best", as_index=False)[["brier_best", "brier_community", "brier_weighted"]].mean().assign(questions=best.groupby("best").size().to_numpy()),
        community=_community(),
        gains=gains,
        gains_by_rule=pd.concat([table.assign(rule=rule) for rule, table in by_rule.items()], ignore_index=True),
        dated=skill_claims.aggregation_claim(by_rule["bayes"], best, seed=seed),
        published=tables.load("group_comparisons"),
        ai_questions=tables.load("tournament_ai_questions"),
        neighbours=skill_claims.neighbours(weights, losses["log"], questions, by_rule, best, seed),
        records=skill_claims.records_claim(weights, losses["log"], questions, seed=seed),
        groups=skill_claims.groups_claim(gains, best, seed=seed),
        aggregation=skill_claims.aggregation_claim(gains, best, seed=seed),
    )


def _losses(pooled: pd.DataFrame, questions: pd.DataFrame, score: Callable) -> pd.DataFrame:
    """Loss by question and (method, trained_on), the mean over repeats; missing where there is no prediction."""
    outcome = questions["outcome"]
    losses = pd.DataFrame({column: np.where(values.isna(), np.nan, score(values.fillna(0.5), outcome)) for column, values in pooled.items()}, index=pooled.index)
    losses.columns = pooled.columns
    return losses.T.groupby(level=["method", "trained_on"], sort=False).mean().T


def _resampled(losses: dict[str, pd.DataFrame], questions: pd.DataFrame, seed: int) -> dict[str, dict[str, np.ndarray]]:
    """Draws of the mean losses by measure and set, both measures of a set under the same weights."""
    drawn = {name: scoring.bootstrap_means(np.hstack([table[questions["group"] == name] for table in losses.values()]), seed=seed) for name in SETS}
    return {measure: {name: np.split(values, len(losses), axis=1)[number] for name, values in drawn.items()} for number, measure in enumerate(losses)}


def _scores(losses: dict[str, pd.DataFrame], questions: pd.DataFrame) -> pd.DataFrame:
    log, square = (losses[measure].groupby(questions["group"]).mean().stack([0, 1], future_stack=True) for measure in ("log", "brier"))
    table = pd.DataFrame({"log_loss": log, "brier": square}).dropna().rename_axis(["set", "method", "trained_on"]).reset_index()
    return table


def _differences(draws: dict[str, dict[str, np.ndarray]], columns: pd.MultiIndex, questions: pd.DataFrame) -> pd.DataFrame:
    """Bayes less each simple rule, by set and over all questions; the simple rule learns from the same set."""
    table, share = [], questions["group"].value_counts(normalize=True)
    for measure, by_set in draws.items():
        together = sum(share[name] * by_set[name] for name in SETS)
        alike = sum(by_set[name] for name in SETS) / len(SETS)
        for name, values in {**by_set, "all questions": together, "three sets alike": alike}.items():
            for trained_on in ("own", "all", "others"):
                for rule in SIMPLE:
                    against = columns.get_loc((rule, "others" if rule == "extremised" and trained_on == "others" else "own"))
                    difference = values[:, columns.get_loc(("bayes", trained_on))] - values[:, against]
                    low, middle, high = np.quantile(difference, [0.05, 0.5, 0.95])
                    table.append({"set": name, "trained_on": trained_on, "against": rule, "measure": measure, "difference": middle, "low": low, "high": high})
    return pd.DataFrame(table)


def _against_mean(draws: dict[str, np.ndarray], losses: pd.DataFrame, questions: pd.DataFrame) -> pd.DataFrame:
    table, columns = [], losses.columns
    for name in SETS:
        inside = losses[questions["group"] == name].mean()
        for rule, label in RULES.items():
            low, high = np.quantile(draws[name][:, columns.get_loc(("mean", "own"))] - draws[name][:, columns.get_loc(rule)], [0.05, 0.95])
            table.append({"set": name, "rule": label, "gain": inside["mean", "own"] - inside[rule], "low": low, "high": high})
    return pd.DataFrame(table)


def _margins(losses: pd.DataFrame, questions: pd.DataFrame, draws: dict[str, np.ndarray]) -> pd.DataFrame:
    table, columns = [], losses.columns
    for name in SETS:
        inside = losses[questions["group"] == name]
        best = min(SIMPLE, key=lambda rule: inside[rule, "own"].mean())
        for trained_on in ("own", "all", "others", "nothing"):
            values = (inside["bayes", trained_on] - inside[best, "own"]).to_numpy()
            difference = draws[name][:, columns.get_loc(("bayes", trained_on))] - draws[name][:, columns.get_loc((best, "own"))]
            upper = float(np.quantile(difference, 0.95))
            table.append(
                {"set": name, "trained_on": trained_on, "questions": len(inside), "best_simple": best, "loss": values.mean(), "low": float(np.quantile(difference, 0.05)), "upper": upper}
                | {"upper_t": scoring.student_upper(values), "standard_error": values.std(ddof=1) / np.sqrt(len(values)), "holds": upper < MARGIN}
            )
    return pd.DataFrame(table)


def _fold_spread(pooled: pd.DataFrame, questions: pd.DataFrame) -> dict[str, float]:
    repeats = pooled["bayes", "own"]
    losses = repeats.apply(lambda values: scoring.log_loss(values.fillna(0.5), questions["outcome"])).where(repeats.notna())
    return losses.groupby(questions["group"]).mean().std(axis=1, ddof=1).to_dict()


def _undated(draws: dict[str, np.ndarray], columns: pd.MultiIndex) -> pd.DataFrame:
    """The Bayesian rule without the forecasts' dates, less the same rule with them."""
    table = []
    for name in SETS:
        low, middle, high = np.quantile(draws[name][:, columns.get_loc(("bayes undated", "own"))] - draws[name][:, columns.get_loc(("bayes", "own"))], [0.05, 0.5, 0.95])
        table.append({"set": name, "difference": middle, "low": low, "high": high})
    return pd.DataFrame(table)


def _nameless(draws: dict[str, np.ndarray], losses: pd.DataFrame, questions: pd.DataFrame) -> pd.DataFrame:
    table, places = [], [losses.columns.get_loc((rule, "own")) for rule in ("bayes nameless", "bayes")]
    for name in SETS:
        gain = (losses["bayes nameless", "own"] - losses["bayes", "own"])[questions["group"] == name].mean()
        low, high = np.quantile(draws[name][:, places[0]] - draws[name][:, places[1]], [0.05, 0.95])
        table.append({"set": name, "gain": gain, "low": low, "high": high})
    return pd.DataFrame(table)


def _yardsticks(losses: pd.DataFrame, draws: dict[str, np.ndarray], questions: pd.DataFrame) -> pd.DataFrame:
    table, inside = [], losses[questions["group"] == "PredictionBook"].mean()
    for name in ("latest", "regression"):
        lead = draws["PredictionBook"][:, losses.columns.get_loc((name, "own"))] - draws["PredictionBook"][:, losses.columns.get_loc(("bayes", "own"))]
        low, high = np.quantile(lead, [0.05, 0.95])
        table.append({"yardstick": name, "log_loss": inside[name, "own"], "lead": inside[name, "own"] - inside["bayes", "own"], "low": low, "high": high})
    return pd.DataFrame(table)


def _later_known(rows: pd.DataFrame) -> float:
    earlier, later = predictions.halves(rows[rows["group"] == "PredictionBook"])
    return float(later["forecaster"].isin(earlier["forecaster"]).mean())


def _clipped(pooled: pd.DataFrame, questions: pd.DataFrame) -> pd.DataFrame:
    """Log scores with pooled probabilities held within `WIDE_LIMITS`."""
    chosen = pooled.loc[:, pooled.columns.get_level_values("method").isin([*SIMPLE, "bayes"]) & (pooled.columns.get_level_values("trained_on") == "own")]
    losses = _losses(chosen, questions, functools.partial(scoring.log_loss, limits=WIDE_LIMITS)).droplevel("trained_on", axis=1)
    return losses.groupby(questions["group"]).mean().rename_axis("set").reset_index().melt("set", var_name="method", value_name="log_loss")


def _calibration(pooled: pd.DataFrame, questions: pd.DataFrame) -> pd.DataFrame:
    """Curves of the pools over all questions, and of the Metaculus community late in a question's life."""
    parts = [scoring.calibration_curve(pooled[rule, "own", 0], questions["outcome"]).assign(pool=NAMES[rule]) for rule in ("mean", "geometric_odds", "bayes")]
    return pd.concat(parts, ignore_index=True)


def _community() -> pd.DataFrame:
    """Brier score of Metaculus's community by the part of a question's life that was left."""
    rows = tables.load("metaculus_community_forecasts")
    table = rows.assign(brier=scoring.brier(rows["probability"], rows["outcome"])).groupby("life_left", as_index=False)["brier"].mean()
    return table.sort_values("life_left", ascending=False, ignore_index=True)


def _exponents(rows: pd.DataFrame, questions: pd.DataFrame, seed: int) -> dict:
    x = predictions.mean_log_odds(rows).reindex(questions.index).to_numpy()
    size, outcome = questions["size"].to_numpy(), questions["outcome"].to_numpy()
    group = questions["group"].map({name: number for number, name in enumerate(SETS)}).to_numpy()
    tree = sampling.fit(exponents.exponent_model(x, size, group, outcome), name="extremising exponents", draws=1000, tune=1000, seed=seed, target_accept=0.9, log_likelihood=False)
    draws = {name: sampling.draws(tree, name) for name in ("log_exponent", "slope")}
    sizes = {name: np.unique(np.geomspace(size[group == number].min(), size[group == number].max(), 25).round()) for number, name in enumerate(SETS)}
    chains = {name: sampling.draws(tree, name, flatten=False) for name in ("log_exponent_at_typical_size", "slope", "bias")}
    bins = []
    for number, (name, edges) in enumerate({"Good Judgment": [80, 500], "Metaculus pros": [1, 9.5, 20], "PredictionBook": [4, 5.5, 7.5, 10.5, 15.5, 90]}.items()):
        for low, high in zip(edges[:-1], edges[1:], strict=True):
            inside = (group == number) & (size > low) & (size <= high)
            bins.append({"set": name, "size": float(np.exp(np.log(size[inside]).mean())), "questions": int(inside.sum()), **exponents.free_exponent(x[inside], outcome[inside])})
    return {
        "exponent_bands": exponents.exponent_bands(draws, sizes),
        "exponent_bins": pd.DataFrame(bins),
        "exponent": {name: Estimate.from_draws(np.exp(chains["log_exponent_at_typical_size"][..., number])) for number, name in enumerate(SETS)},
        "slope": Estimate.from_draws(chains["slope"]),
        "bias": {name: Estimate.from_draws(chains["bias"][..., number], unit="logit") for number, name in enumerate(SETS)},
    }
