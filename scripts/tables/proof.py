"""Reduce the resolved questions and the published comparisons of forecasters to the tables of the book.

Usage: python scripts/tables/proof.py EVIDENCE_DIR
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from writer import run

FOLDER = "forecasts"

SETS = {"gjp": "Good Judgment", "pro": "Metaculus pros", "pb": "PredictionBook"}
# Day by which a collection was public; where a file shows no day of its own, the day on which it was seen.
SEEN = "2026-11-22"
PUBLIC = {"gjp": "2023-06-12", "pro": SEEN, "pb": "2023-06-12"}
PUBLISHED_SIZES = (5, 10, 20, 30)


def _sources(evidence: Path) -> dict[str, pd.DataFrame]:
    """Rows of each set: question, forecaster, probability, outcome, made, closed; questions and forecasters numbered within a set."""
    folder = evidence / FOLDER
    gjp = pd.read_csv(folder / "gjp_2011_first_week_forecasts.csv").query("n_options == 2")
    closed = pd.read_csv(folder / "gjp_2011_first_week_questions.csv").set_index("question_id")["date_closed"]
    pro = pd.read_csv(folder / "metaculus_pro_forecasters_binary.csv")
    pb = pd.read_csv(folder / "predictionbook_five_plus_forecasters.csv")
    resolved = pd.to_datetime(pb["forecast_date"]) + pd.to_timedelta(pb["days_before_resolution"], unit="D")
    rows = {
        "gjp": gjp.assign(probability=gjp["probability_option_a"], outcome=gjp["outcome_a"], made=gjp["forecast_date"], closed=pd.to_datetime(gjp["question_id"].map(closed), format="%m/%d/%y")),
        "pro": pro.assign(made="", closed=pd.to_datetime(pro["close_date"])),
        "pb": pb.assign(made=pb["forecast_date"], closed=resolved.groupby(pb["question_id"]).transform("max")),
    }
    for name, frame in rows.items():
        frame = frame.sort_values(["question_id", "forecaster_id"])
        rows[name] = frame.assign(question=pd.factorize(frame["question_id"])[0] + 1, forecaster=pd.factorize(frame["forecaster_id"])[0] + 1)
    return rows


def resolved_questions(evidence: Path) -> pd.DataFrame:
    parts = []
    for name, rows in _sources(evidence).items():
        first = rows.groupby("question", as_index=False).first()
        parts.append(first[["question", "outcome"]].assign(closed=first["closed"].dt.strftime("%Y-%m-%d"), set=SETS[name], available_from=PUBLIC[name]))
    return pd.concat(parts)[["set", "question", "outcome", "closed", "available_from"]]


def crowd_forecasts(evidence: Path) -> pd.DataFrame:
    rows = _sources(evidence)
    parts = [rows[name][["question", "forecaster", "probability"]].assign(set=SETS[name], available_from=PUBLIC[name]) for name in ("gjp", "pro")]
    return pd.concat(parts)[["set", "question", "forecaster", "probability", "available_from"]].round({"probability": 4})


def predictionbook_forecasts(evidence: Path) -> pd.DataFrame:
    rows = _sources(evidence)["pb"]
    return rows[["question", "forecaster", "probability"]].assign(available_from=rows["made"])


def metaculus_best_forecasters(evidence: Path) -> pd.DataFrame:
    rows = pd.read_csv(evidence / FOLDER / "metaculus_best_k_vs_crowd_brier.csv")
    rows = rows[rows["k_best_forecasters"].isin(PUBLISHED_SIZES)]
    names = {"question_id": "question", "k_best_forecasters": "best", "brier_best_k": "brier_best", "brier_all_community": "brier_community", "brier_metaculus_prediction": "brier_weighted"}
    return rows[list(names)].rename(columns=names).assign(available_from="2023-04-04")


def metaculus_community_forecasts(evidence: Path) -> pd.DataFrame:
    rows = pd.read_csv(evidence / FOLDER / "metaculus_community_calibration_2016_2020.csv")
    names = {"question_id": "question", "target_fraction_of_lifetime_left": "life_left", "community_probability": "probability", "outcome": "outcome"}
    return rows[list(names)].rename(columns=names).assign(available_from="2023-06-12")


def extremising_prefactors(evidence: Path) -> pd.DataFrame:
    rows = pd.read_csv(evidence / FOLDER / "extremisation_prefactor_metaculus_digitised.csv")
    return pd.DataFrame({"prefactor": rows["prefactor_to_neyman_factor"], "loss": rows["mean_negative_log2_score"], "available_from": SEEN})


def group_comparisons(evidence: Path) -> pd.DataFrame:
    """Published comparisons of two groups on shared questions; a gain is the percentage by which the first has the lower score."""
    rows = pd.read_csv(evidence / FOLDER / "published_track_record_scores.csv")
    value = rows.set_index(["comparison", "metric"])["value"]
    count = rows.set_index("comparison")["n_questions"]
    market, near = "Good Judgment Project best method vs intelligence community prediction market", "XPT near-term questions"
    table = [
        ("intelligence market", "Good Judgment's best method", "analysts' prediction market", count[market], "relative gain", value[market, "relative_accuracy_gain_pct"], "urtubey2022comparing", "2022-12-31"),
        ("tournament on long-term risks", "superforecasters", "domain experts", count[near], "no difference reported", None, "kucinskas2025assessing", "2025-09-02"),
    ]
    states = {"ForecastBench, first paper": ("ForecastBench 2024, overall", "2025-12-31"), "ForecastBench, August 2026": ("ForecastBench, state of August 2026", "2026-08-21")}
    for name, (label, day) in states.items():
        best, public = (value[f"{group} median, {label}", "brier"] for group in ("Superforecaster", "Public"))
        table.append((name, "superforecasters", "public", count[f"Public median, {label}"], "relative gain", round(100 * (1 - best / public), 2), "karger2024forecastbench", day))
    columns = ["comparison", "first_group", "second_group", "questions", "result", "gain", "source", "available_from"]
    return pd.DataFrame(table, columns=columns).astype({"questions": int})


def tournament_ai_questions(_: Path) -> pd.DataFrame:
    """Probability that each group of the tournament on long-term risks gave to what happened on questions about AI."""
    # Percentages as the tournament's makers print them in the summary of their report.
    benchmarks = {"MATH": (21.4, 9.3), "MMLU": (25.0, 7.2), "QuALITY": (43.5, 20.1)}
    table = [(name, experts / 100, others / 100, "rosenberg2025forecasters", "2025-09-02") for name, (experts, others) in benchmarks.items()]
    return pd.DataFrame(table, columns=["question", "domain_experts", "superforecasters", "source", "available_from"]).round(4)


TABLES = (resolved_questions, crowd_forecasts, predictionbook_forecasts, metaculus_best_forecasters, metaculus_community_forecasts, extremising_prefactors, group_comparisons, tournament_ai_questions)


if __name__ == "__main__":
    run(__doc__, TABLES)
