"""Reduce the counts of repeated sampling, the published exponents and the o3 records to the tables of the book.

Usage: python scripts/tables/coverage.py EVIDENCE_DIR
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from writer import run

COUNTS_PUBLISHED = "2025-02-24"
CODEFORCES_PUBLISHED = "2025-02-03"
STREAM = "2024-12-20"

# Grid of k in src/globals.py of the repository of Schaeffer et al., commit 028d9ec7.
K_GRID = (
    *range(1, 11), 12, 14, 16, 18, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 64, 68, 72, 76, 80, 84, 88, 92, 96, 100, 105, 110,
    115, 120, 125, 130, 135, 140, 145, 150, 156, 162, 168, 175, 182, 189, 193, 200, 216, 233, 267, 300, 333, 367, 400, 433, 467,
    500, 550, 600, 650, 700, 750, 800, 850, 900, 950, 1000, 1067, 1133, 1200, 1367, 1500, 1750, 2000, 2333, 2667, 3000, 3333,
    3667, 4000, 4333, 4667, 5000, 5333, 5667, 6000, 6333, 6667, 7000, 7333, 7667, 8000, 8500, 9000, 9500, 10000,
)  # fmt: skip

NAMES = {
    "claude-3-5-sonnet-20240620": "Claude 3.5 Sonnet",
    "claude-3-opus-20240229": "Claude 3 Opus",
    "gemini-1.5-flash-001": "Gemini 1.5 Flash",
    "gemini-1.5-pro-001": "Gemini 1.5 Pro",
    "gpt-4o-mini": "GPT-4o mini",
    "gpt-4o": "GPT-4o",
    "Meta-Llama-3-8B-Instruct": "Llama 3 8B",
}


def repeated_sampling_counts(evidence: Path) -> pd.DataFrame:
    folder = evidence / "scaling-curves"
    pythia = pd.read_csv(folder / "llmonkeys_pythia_math_counts.csv")
    pythia = pythia.rename(columns={"n_samples": "attempts", "n_correct": "successes"}).assign(family="mathematics")
    attacks = pd.read_csv(folder / "bon_jailbreak_text_counts.csv")
    attacks = attacks.rename(columns={"n_attempts": "attempts", "n_successes": "successes"}).assign(family="jailbreak")
    attacks["model"] = attacks["model"].map(NAMES)
    rows = pd.concat([pythia, attacks])
    keys = ["family", "model", "attempts", "successes"]
    cells = rows.groupby(keys).size().rename("problems").reset_index()
    return cells.assign(available_from=COUNTS_PUBLISHED)


def published_coverage_exponents(evidence: Path) -> pd.DataFrame:
    rows = pd.read_csv(evidence / "scaling-curves" / "power_law_exponents_check.csv")
    return pd.DataFrame(
        {
            "family": rows["task"].map({"MATH": "mathematics", "text jailbreak": "jailbreak"}),
            "model": rows["model"].replace(NAMES),
            "exponent_read_from_figure": rows["exponent_least_squares_published_figure"],
            "exponent_from_counts": rows["exponent_least_squares_recomputed_from_counts"],
            "exponent_of_distribution": rows["exponent_kumaraswamy_binomial_published_figure"],
            "available_from": COUNTS_PUBLISHED,
        }
    )


def coverage_attempt_grid(evidence: Path) -> pd.DataFrame:
    return pd.DataFrame({"attempts": K_GRID, "available_from": COUNTS_PUBLISHED})


def o3_codeforces(evidence: Path) -> pd.DataFrame:
    rows = pd.read_csv(evidence / "benchmarks-and-cost" / "o3_codeforces_per_problem.csv")
    return pd.DataFrame(
        {
            "contest": rows["contest_id"],
            "problem": rows["problem"],
            "rating": rows["problem_rating"],
            "attempts": rows["n_samples"],
            "successes": rows["n_correct"],
            "pass_at_10": rows["pass_at_10_reported"],
            "solved_after_ranking": rows["solved_with_ranking"].map({1: "true", 0: "false"}),
            "available_from": CODEFORCES_PUBLISHED,
        }
    )


def _announced(rows: pd.DataFrame, benchmark: str, metric: str, model: str) -> float:
    found = rows[(rows["benchmark"] == benchmark) & (rows["metric"] == metric) & (rows["model"] == model)]
    found = found[found["provenance"] != "memory"]
    return float(found["value"].max())


def o3_record_values(evidence: Path) -> pd.DataFrame:
    folder = evidence / "benchmarks-and-cost"
    announced = pd.read_csv(folder / "announced_scores.csv")
    epoch = pd.read_csv(folder / "epoch_benchmark_scores.csv").set_index(["benchmark", "model_version"])
    arc = pd.read_csv(folder / "arc_agi_leaderboard.csv")
    people = pd.read_csv(folder / "arc_human_and_late_2026_points.csv").set_index(["benchmark", "system"])
    preview, simulated = "o3 (preview)", "Codeforces (simulated Div. 1 contests)"
    columns = ["item", "role", "system", "conditions", "value", "standard_error", "source", "grade", "available_from"]
    rows = [
        ("Codeforces rating", "record", "o3 preview", "announcement stream", _announced(announced, "Codeforces", "rating", preview), None, "openai2024o3", "secondary", STREAM),
        ("Codeforces rating", "later", "o3, early checkpoint", "same laboratory, 12 simulated contests", _announced(announced, simulated, "rating", "o3 (early checkpoint)"), None, "elkishky2025competitive", "primary", CODEFORCES_PUBLISHED),
        # The comment carries no date that was seen; it precedes the paper, so the paper's date is the latest possible.
        ("Codeforces rank", "record", "rating 2727", "a reader's count of active users with a higher rating", 176.0, None, "lesswrong2024o3comment", "secondary", CODEFORCES_PUBLISHED),
        ("FrontierMath", "record", "o3 preview", "180 problems, high test-time compute", _announced(announced, "FrontierMath", "accuracy", preview), None, "openai2024o3", "secondary", STREAM),
        ("GPQA Diamond", "record", "o3 preview", "announcement stream", _announced(announced, "GPQA Diamond", "accuracy", preview), None, "openai2024o3", "secondary", STREAM),
        ("ARC-AGI-1", "record", "o3 preview", "semi-private set, 1,024 samples a task", _announced(announced, "ARC-AGI-1 semi-private", "accuracy", preview), None, "chollet2024o3", "primary", STREAM),
        ("ARC-AGI-1, average crowd worker", "record", "crowd workers", "public training set", 76.2, None, "legris2024harc", "primary", "2024-09-02"),
        ("ARC-AGI-1, average crowd worker", "record", "crowd workers", "public evaluation set", 64.2, None, "legris2024harc", "primary", "2024-09-02"),
        ("ARC-AGI-1, average crowd worker", "record", "crowd workers", "semi-private set", 100 * people.loc[("ARC-AGI-1", "average Mechanical Turk worker"), "score_frac"], None, "arcprize2026leaderboard", "primary", "2025-04-16"),
    ]  # fmt: skip
    for item, benchmark, levels in (
        ("FrontierMath", "FrontierMath Tiers 1-3", ("low", "medium", "high")),
        ("GPQA Diamond", "GPQA Diamond", ("high",)),
    ):
        for level in levels:
            run = epoch.loc[(benchmark, f"o3-2025-04-16_{level}")]
            conditions = f"{level} effort" + (", 290 problems" if item == "FrontierMath" else "")
            rows.append((item, "independent", "o3, released", conditions, 100 * run["score"], 100 * run["score_stderr"], "epoch2026benchmarking", "primary", run["run_date"]))
    ladder = arc[(arc["snapshot_date"] == "2026-06-16") & (arc["benchmark"] == "ARC-AGI-1") & (arc["split"] == "semi_private")]
    ladder = ladder[ladder["model_id"].str.startswith("o3-2025-04-16")]
    rows += [
        ("ARC-AGI-1", "independent", "o3, released", f"semi-private set, {r.effort_label} effort", 100 * r.score_frac, None, "arcprize2026leaderboard", "primary", r.snapshot_date)
        for r in ladder.itertuples()
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=columns)
    table["value"] = table["value"].round(2)
    table["standard_error"] = table["standard_error"].astype(float).round(2)
    return table


def o3_claimed_records(evidence: Path) -> pd.DataFrame:
    rows = [
        ("Codeforces rating", 2727.0, "elo"),
        ("Codeforces rank", 175.0, "rank"),
        ("FrontierMath", 25.0, "percent"),
        ("GPQA Diamond", 88.0, "percent"),
        ("ARC-AGI-1", 88.0, "percent"),
        ("ARC-AGI-1, average crowd worker", 75.0, "percent"),
    ]
    return pd.DataFrame(rows, columns=["item", "claimed", "claimed_unit"]).assign(available_from="2025-01-14")


TABLES = (repeated_sampling_counts, published_coverage_exponents, coverage_attempt_grid, o3_codeforces, o3_claimed_records, o3_record_values)


if __name__ == "__main__":
    run(__doc__, TABLES)
