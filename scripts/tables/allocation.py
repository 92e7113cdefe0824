"""Reduce the published figures on the split of compute, and the published trade-offs, to the tables of the book.

Usage: python scripts/tables/allocation.py EVIDENCE_DIR
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from writer import run

DAYS_PER_YEAR = 365

TECHNIQUES = {
    "varying_scaling_policy": "smaller model trained for longer",
    "mcts": "tree search (Hex)",
    "pruning": "pruning (vision)",
    "repeated_sampling_cheap_verification": "repeated sampling, cheap verification",
    "repeated_sampling_expensive_verification": "repeated sampling, dear verification",
}


def compute_allocation(evidence: Path) -> pd.DataFrame:
    figures = pd.read_csv(evidence / "compute-and-prices" / "published_figures.csv")
    figures = figures[(figures["provenance"] == "page_excerpt_seen") & figures["topic"].isin(["allocation", "copies"])]
    value = figures.set_index(["quantity", "as_of"])["value"]
    training, research = value["openai_training_compute_reported", "2024"], value["openai_research_compute_amortised_reported", "2024"]
    incurred = value["openai_rd_compute_spend", "2024"]
    spent, leaked = value["openai_inference_compute_spend", "2024"], value["openai_azure_inference_spend", "2024"]
    unrounded = float(figures.loc[figures["quantity"] == "openai_inference_compute_spend", "note"].item().split()[0])
    served = DAYS_PER_YEAR * value["openai_tokens_per_day", "2024-02"]
    trained = value["training_tokens_of_a_modern_model", "2024"] * value["cost_ratio_training_token_to_inference_token", "2024"]
    chips, serving = value["openai_h100_equivalents", "2025-10"], value["openai_inference_h100_equivalents", "2025-10"]
    columns = ["account", "laboratory", "period", "kind", "inference_low", "inference_high", "other_low", "other_high", "measured_in", "leaves_out", "source", "available_from"]
    rows = [
        ("tokens", "OpenAI", "2024", "token arithmetic", served, served, trained, trained, "tokens, weighted by cost", "research and unreleased models", "erdil2024optimally", "2024-03-29"),
        ("reported bill", "OpenAI", "2024", "reported spending", unrounded, spent, training + research, incurred, "billion USD", "inference that Microsoft runs for itself", "you2025openai", "2025-12-31"),
        ("leaked bill", "OpenAI", "2024", "leaked spending", leaked, leaked, training + research, incurred, "billion USD", "inference outside Azure", "zitron2025openai", "2025-11-13"),
        ("chips", "OpenAI", "2025", "outside estimate", serving, serving, chips - serving, chips - serving, "H100 equivalents", "how the split was estimated", "besthub2025workers", "2025-12-31"),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def training_inference_tradeoffs(evidence: Path) -> pd.DataFrame:
    rows = pd.read_csv(evidence / "scaling-curves" / "epoch_tradeoff_techniques.csv", dtype=str)
    rows = rows[rows["technique"].isin(TECHNIQUES)]
    table = pd.DataFrame(
        {
            "technique": rows["technique"].map(TECHNIQUES),
            "training_decades": rows["max_training_span_oom"].str.lstrip("~"),
            "inference_decades": rows["max_inference_span_oom"].str.lstrip("~"),
            "source": "villalobos2023trading",
            "available_from": "2023-07-28",
        }
    )
    fits = pd.read_csv(evidence / "scaling-curves" / "published_coefficients.csv")
    plane = fits[(fits["source_key"] == "jones2021") & (fits["result"] == "hex_train_test_isoquant")].iloc[0]
    jones = {"technique": "Elo plane (Hex)", "training_decades": 1, "inference_decades": -plane["value"], "source": "jones2021scaling", "available_from": "2021-04-07"}
    return pd.concat([table, pd.DataFrame([jones])])


TABLES = (compute_allocation, training_inference_tradeoffs)


if __name__ == "__main__":
    run(__doc__, TABLES)
