"""Numbers of the section on pooling rules and resolved questions."""

import numpy as np
import pandas as pd

from inference_scaling.estimates import Estimate, number_text, share
from inference_scaling.forecasts import predictions, proof, scoring, skill_claims
from inference_scaling.forecasts.validation import FOLDS, SETS

SHORT = dict(zip(SETS, ("gjp", "pros", "book"), strict=True))


def _signed(value: float, decimals: int = 3) -> str:
    return ("+" if value > 0 else "") + number_text(value, decimals)


def _interval(low: float, high: float, decimals: int = 3) -> str:
    return f"[{number_text(low, decimals)}, {number_text(high, decimals)}]"


def numbers(study: proof.Study) -> dict[str, Estimate | str]:
    """What the section prints, by key."""
    questions = study.questions.groupby("group").size()
    log = study.scores[study.scores["trained_on"] == "nothing"].set_index("set")["log_loss"]
    out: dict[str, Estimate | str] = {
        "questions": f"{questions.sum():,}",
        "forecasts": f"{study.questions['size'].sum():,}",
        "folds": str(FOLDS),
        "repeats": str(predictions.REPEATS),
        "large_repeats": str(predictions.LARGE_REPEATS),
        "gjp_spread": f"{study.fold_spread['Good Judgment']:.3f}",
        "pros_spread": f"{study.fold_spread['Metaculus pros']:.3f}",
        "gjp_nothing": f"{log['Good Judgment']:.3f}",
        "pros_nothing": f"{log['Metaculus pros']:.3f}",
        "book_nothing": f"{log['PredictionBook']:.3f}",
        "margin": f"{proof.MARGIN:g}",
        "limit_low": f"{scoring.LIMITS[0]:g}",
        "limit_high": f"{scoring.LIMITS[1]:g}",
        "wide_low": f"{proof.WIDE_LIMITS[0]:g}",
        "wide_high": f"{proof.WIDE_LIMITS[1]:g}",
        "book_bias": study.bias["PredictionBook"],
    }
    for name, key in SHORT.items():
        out |= {f"{key}_questions": f"{questions[name]:,}", f"{key}_exponent": study.exponent[name]}
    return out | _margins(study) | _records(study) | _exponents(study) | _groups(study) | _aggregation(study)


def _margins(study: proof.Study) -> dict[str, str]:
    out, table = {}, study.margins.set_index(["set", "trained_on"])
    for name, key in SHORT.items():
        row = table.loc[(name, "own")]
        out |= {f"{key}_loss_own": _signed(row["loss"], 4), f"{key}_upper_own": _signed(row["upper"], 4), f"{key}_upper_t": _signed(row["upper_t"], 4)}
    out |= {f"{key}_best": proof.NAMES[table.loc[(name, "own"), "best_simple"]] for name, key in (("Metaculus pros", "pros"), ("PredictionBook", "book"))}
    out |= {f"{key}_upper_nothing": _signed(table.loc[(name, "nothing"), "upper"], 4) for name, key in SHORT.items()}
    few = table.loc[("Good Judgment", "others")]
    out |= {"gjp_error": f"{table.loc[('Good Judgment', 'own'), 'standard_error']:.3f}", "gjp_loss_others": _signed(few["loss"], 4), "gjp_upper_others": _signed(few["upper"], 4)}
    out["passed"] = str(int(table.xs("own", level="trained_on")["holds"].sum()))
    out["passed_nothing"] = str(int(table.xs("nothing", level="trained_on")["holds"].sum()))
    together = study.differences[study.differences["measure"] == "log"].set_index(["set", "trained_on", "against"]).sort_index()
    pooled = together.loc[("all questions", "own")].sort_values("difference", ascending=False)
    out |= {"together": number_text(-pooled["difference"].iloc[0], 3), "together_interval": _interval(-pooled["high"].iloc[0], -pooled["low"].iloc[0]), "together_rule": proof.NAMES[pooled.index[0]]}
    alike = together.loc[("three sets alike", "own")].sort_values("difference", ascending=False)
    out |= {"alike": _signed(-alike["difference"].iloc[0]), "alike_interval": _interval(-alike["high"].iloc[0], -alike["low"].iloc[0]), "alike_rule": proof.NAMES[alike.index[0]]}
    undated = study.undated.set_index("set").loc["PredictionBook"]
    own = together.loc[("PredictionBook", "own", "extremised")]
    out |= {"dates": number_text(undated["difference"], 3), "dates_interval": _interval(undated["low"], undated["high"]), "book_gain": number_text(-own["difference"], 3), "book_gain_interval": _interval(-own["high"], -own["low"])}
    out["dates_share"] = f"{100 * undated['difference'] / -own['difference']:.0f}"
    yard = study.yardsticks.set_index("yardstick")
    out |= {"latest": f"{yard.loc['latest', 'log_loss']:.3f}", "regression": f"{yard.loc['regression', 'log_loss']:.3f}", "regression_lead": _signed(yard.loc["regression", "lead"]), "regression_interval": _interval(yard.loc["regression", "low"], yard.loc["regression", "high"])}
    own_scores = study.scores[(study.scores["set"] == "PredictionBook") & (study.scores["trained_on"] == "own")].set_index("method")["log_loss"]
    out |= {"book_bayes": f"{own_scores['bayes']:.3f}", "book_simple": f"{own_scores[list(proof.SIMPLE)].min():.3f}"}
    out |= {"first_life": f"{study.community['brier'].iloc[0]:.3f}", "last_life": f"{study.community['brier'].iloc[-1]:.3f}"}
    moved = study.clipped.merge(study.scores[study.scores["trained_on"] == "own"], on=["set", "method"], suffixes=("", "_narrow"))
    out["clip_change"] = f"{(moved['log_loss'] - moved['log_loss_narrow']).abs().max():.3f}"
    return out


def _exponents(study: proof.Study) -> dict[str, Estimate | str]:
    log = study.scores.set_index(["set", "method", "trained_on"])["log_loss"]
    worse = {key: log[name, "extremised", "others"] - log[name, "extremised", "own"] for name, key in SHORT.items() if name != "Good Judgment"}
    return {
        "slope": study.slope,
        "prefactor": f"{study.prefactor:g}",
        "tenfold": f"{10 ** study.slope.value:.2f}",
        "tenfold_interval": _interval(10**study.slope.low, 10**study.slope.high, 2),
        **{f"{key}_borrowed": number_text(value, 3) for key, value in worse.items()},
    }


def _records(study: proof.Study) -> dict[str, Estimate | str]:
    weights = study.weights.set_index(["set", "way"])
    near = study.neighbours.set_index(["claim", "assumption"])["probability"]
    out: dict[str, Estimate | str] = {"records_prior": share(next(iter(study.records.prior.values())))}
    shown = {"gjp_skill": ("Good Judgment", "fitted skill"), "pros_skill": ("Metaculus pros", "fitted skill"), "book_skill": ("PredictionBook", "fitted skill"), "book_scores": ("PredictionBook", "past scores"), "later_skill": (skill_claims.LATER, "fitted skill")}
    for key, place in shown.items():
        row = weights.loc[place]
        out |= {key: _signed(row["gain"], 4), f"{key}_interval": _interval(row["low"], row["high"], 4)}
    for name, key in SHORT.items():
        row = study.nameless.set_index("set").loc[name]
        out |= {f"{key}_nameless": _signed(row["gain"], 4), f"{key}_nameless_interval": _interval(row["low"], row["high"], 4)}
    few = study.best_forecasters.set_index("best").loc[skill_claims.BEST_GROUP]
    return out | {
        "wide_skill": _signed(weights.loc[("PredictionBook", "fitted skill, wide prior"), "gain"], 4),
        "records_any": share(near["records", "any gain at all"]),
        "records_half": share(near["records", "half the margin"]),
        "records_without": share(near["records", "without Good Judgment"]),
        "later_known": f"{100 * study.later_known:.0f}",
        "few": f"{skill_claims.BEST_GROUP}",
        "few_best": f"{few['brier_best']:.3f}",
        "few_all": f"{few['brier_community']:.3f}",
        "few_weighted": f"{few['brier_weighted']:.3f}",
        "few_questions": f"{few['questions']:,.0f}",
    }


def _groups(study: proof.Study) -> dict[str, Estimate | str]:
    published, near = study.published.set_index("comparison"), study.neighbours.set_index(["claim", "assumption"])["probability"]
    ratio, today = study.ai_questions["domain_experts"] / study.ai_questions["superforecasters"], list(study.groups.probability["today"].values())
    return {
        "groups_prior": share(next(iter(study.groups.prior.values()))),
        "groups_p_now": share(float(np.mean(today))),
        "groups_three_now": share(float(np.mean([*today, next(iter(study.groups.prior.values()))]))),
        "reported": f"{published.loc['intelligence market', 'gain']:.1f}",
        "market_questions": f"{published.loc['intelligence market', 'questions']:.0f}",
        "parity_questions": f"{published.loc['tournament on long-term risks', 'questions']:.0f}",
        "public_first": f"{published.loc['ForecastBench, first paper', 'gain']:.0f}",
        "public_last": f"{published.loc['ForecastBench, August 2026', 'gain']:.0f}",
        "ai_low": f"{ratio.min():.1f}",
        "ai_high": f"{ratio.max():.1f}",
        "ai_count": str(len(ratio)),
        "groups_wide": share(near["groups", "priors twice as wide"]),
    }


def _aggregation(study: proof.Study) -> dict[str, Estimate | str]:
    gains, near = study.gains.set_index(["crowd", "baseline"]), study.neighbours.set_index(["claim", "assumption"])["probability"]
    rules = study.gains_by_rule.set_index(["rule", "crowd", "baseline"])
    return {
        "aggregation_prior": share(next(iter(study.aggregation.prior.values()))),
        "aggregation_now": study.aggregation.estimate["today"],
        "book_over_mean": f"{100 * gains.loc[('PredictionBook', 'mean'), 'gain']:.0f}",
        "book_dated": f"{100 * rules.loc[('bayes', 'PredictionBook', 'mean'), 'gain']:.0f}",
        "book_extremised": f"{100 * rules.loc[('extremised', 'PredictionBook', 'mean'), 'gain']:.0f}",
        "aggregation_dated": share(near["aggregation", "dates of the forecasts used"]),
        "aggregation_extremised": share(near["aggregation", "extremising alone"]),
        "platform_over_median": f"{100 * gains.loc[(skill_claims.PLATFORM, 'median'), 'gain']:.0f}",
        "half_reported": f"{50 * skill_claims.reported_gain():.1f}",
        "aggregation_third": share(near["aggregation", "a third of the advantage"]),
        "aggregation_two_thirds": share(near["aggregation", "two thirds of the advantage"]),
        "transfer_half": share(near["aggregation", "analysts half as far from domain experts"]),
        "transfer_twice": share(near["aggregation", "analysts twice as far from domain experts"]),
    }


def score_table(study: proof.Study, measure: str) -> pd.DataFrame:
    """Mean loss of every rule on every set, as printed; rules in the order of the text, then the Bayesian one under other conditions.

    Parameters
    ----------
    measure : {"log_loss", "brier"}
    """
    rows = {(name, "own"): label for name, label in proof.NAMES.items()} | {rule: label for rule, label in proof.RULES.items() if label not in proof.NAMES.values()}
    rows |= {("bayes", "all"): "Bayesian, all sets", ("bayes nameless", "own"): "Bayesian, without records"}
    values = study.scores.set_index(["method", "trained_on", "set"])[measure].unstack("set")[list(SETS)]
    return values.loc[list(rows)].set_axis(list(rows.values())).rename_axis("rule").map("{:.4f}".format)


def difference_table(study: proof.Study) -> pd.DataFrame:
    """Log score of the Bayesian rule less each simple one's, with its interval, as printed; negative favours the Bayesian."""
    rows = study.differences.query("measure == 'log' and trained_on == 'own'")
    text = [f"{_signed(row.difference)} {_interval(row.low, row.high)}" for row in rows.itertuples()]
    table = rows.assign(text=text).pivot(index="against", columns="set", values="text")
    return table.loc[list(proof.SIMPLE), [*SETS, "all questions", "three sets alike"]].rename(index=proof.NAMES).rename_axis(index="Bayesian against", columns=None)


def claim_table(claim: skill_claims.Claim) -> pd.DataFrame:
    """P(S) by model before data, at the document's date and today, as printed."""
    rows = {name: {"before data": share(claim.prior[name])} | {label: share(claim.probability[date][name]) for date, label in {"2025-01": "January 2025", "today": "today"}.items()} for name in claim.prior}
    return pd.DataFrame(rows).T.rename_axis("model").reset_index()


def dated_note(study: proof.Study, date: str) -> str:
    """P(S) with the forecasts' dates used, for the verdict."""
    hidden, dated = (float(np.mean(list(claim.probability[date].values()))) for claim in (study.aggregation, study.dated))
    return f"Dates of the forecasts hidden from the rule, P(S) {share(hidden)}; with dates, which Good Judgment's own method used, {share(dated)}."


def gain_table(study: proof.Study) -> pd.DataFrame:
    """By how many percent a rule lowers the Brier score of a plain pool of the same persons, as printed."""
    labels = {skill_claims.UNDATED: "Bayesian, dates hidden", "bayes": "Bayesian, dates used", "extremised": "extremised"}
    rows = study.gains_by_rule
    rows = rows[rows["crowd"].isin(SETS) | rows["rule"].eq(skill_claims.UNDATED)]
    rule = np.where(rows["crowd"].isin(SETS), rows["rule"].map(labels), "the platform's own")
    text = [f"{number_text(100 * row.gain, 0)} [{number_text(100 * row.low, 0)}, {number_text(100 * row.high, 0)}]" for row in rows.itertuples()]
    wide = rows.assign(rule=rule, text=text).pivot(index=["crowd", "rule"], columns="baseline", values="text").fillna("")
    return wide.rename(columns="over the {}, %".format).rename_axis(columns=None).reset_index()


def like_note(study: proof.Study) -> str:
    """What the comparison of like with like alone, counted as a model, would make of P(S) today."""
    values = list(study.groups.probability["today"].values())
    return f"The one comparison of like with like found no difference. Counted as a third model it would stay at its prior by construction and make P(S) {share(float(np.mean([*values, next(iter(study.groups.prior.values()))])))} instead of {share(float(np.mean(values)))}."
