"""Seed the table of platform snapshots with the last values that were captured before the book could ask for them itself.

Usage: python scripts/tables/snapshots.py EVIDENCE_DIR

`python -m inference_scaling refresh` adds to the table; this script starts it anew.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from writer import run

from inference_scaling.forecasts.refresh import KEY

FOLDER = "forecasts"
QUESTIONS = {"5121": "first general AI system", "3479": "first weakly general AI system"}
COLUMNS = ["platform", "question_id", "snapshot_date", "quantity", "event_before", "value_date", "probability", "forecasters", "title", "origin", "available_from"]


def metaculus(evidence: Path) -> pd.DataFrame:
    rows = pd.read_csv(evidence / FOLDER / "metaculus_agi_snapshots.csv", dtype=str)
    rows = rows[rows["provenance"].eq("primary_capture") & rows["metaculus_question"].isin(list(QUESTIONS))]
    return pd.DataFrame(
        {
            "platform": "metaculus",
            "question_id": rows["metaculus_question"],
            "snapshot_date": rows["snapshot_date"],
            "quantity": rows["quantity"],
            "value_date": rows["value"],
            "forecasters": rows["n_forecasters"],
            "title": rows["metaculus_question"].map(QUESTIONS),
            "origin": "third-party capture",
            "available_from": rows["snapshot_date"],
        }
    )


def manifold(evidence: Path) -> pd.DataFrame:
    """Last nightly value of each market of the ladder that was still open."""
    rows = pd.read_csv(evidence / FOLDER / "agi_prediction_market_prices.csv", dtype=str)
    ladder = rows["platform"].eq("manifold") & rows["question_text"].str.startswith("Will we get AGI before") & rows["value_type"].eq("nightly_value")
    rows = rows[ladder].sort_values("date").drop_duplicates("market_id", keep="last")
    return pd.DataFrame(
        {
            "platform": "manifold",
            "question_id": rows["market_id"],
            "snapshot_date": rows["date"],
            "quantity": "probability",
            "event_before": rows["event_before_year"] + "-01-01",
            "probability": rows["probability"],
            "title": rows["question_text"],
            "origin": "third-party capture",
            "available_from": rows["date"],
        }
    )


def platform_snapshots(evidence: Path) -> pd.DataFrame:
    table = pd.concat([metaculus(evidence), manifold(evidence)], ignore_index=True)
    return table.reindex(columns=COLUMNS).sort_values(KEY)


if __name__ == "__main__":
    run(__doc__, (platform_snapshots,))
