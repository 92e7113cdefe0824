"""Reduce the ARC-AGI evidence to the tables of the section on o3's cost of a task.

Usage: python scripts/tables/effort.py EVIDENCE_DIR
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from writer import parse, write

SNAPSHOT = "2026-06-16"
# The snapshot's data file says when it was generated.
SNAPSHOT_GENERATED = "2026-06-04"
BASES = {
    "original announcement": "first prices",
    "derived: 172 x original low setting": "first prices",
    "leaderboard prototype file": "first prices, leaderboard file",
    "o1-pro pricing": "o1-pro prices",
    "derived: 172 x o1-pro-priced low setting": "o1-pro prices",
    "o3-pro pricing (80 USD per Mtok output)": "o3-pro prices",
}
LIST_PRICES = ("o1", "o1-pro", "o3", "o3-pro")


def results(evidence: Path) -> pd.DataFrame:
    """Systems with a cost on ARC-AGI-1's semi-private set in the newest snapshot; ladders are settings of one model."""
    board = pd.read_csv(evidence / "benchmarks-and-cost/arc_agi_leaderboard.csv")
    board = board[(board["snapshot_date"] == SNAPSHOT) & (board["benchmark"] == "ARC-AGI-1") & (board["split"] == "semi_private")]
    board = board[board["provider"].ne("Human") & board["cost_usd_per_task"].gt(0) & board["model_release_date"].notna()]
    # o3-preview's leaderboard price is one of several: its own table holds them all.
    board = board[~board["model_id"].str.startswith("o3-preview")]
    setting = board["effort_label"].fillna(board["thinking_budget_ktokens"].map(lambda k: "" if pd.isna(k) else f"{k:g}k"))
    in_ladder = setting.ne("") | board["system_type"].eq("Base LLM")
    ladder = board["model_family"].where(in_ladder)
    has_settings = setting.ne("").groupby(ladder).transform("sum") >= 2
    rungs = ladder.where(has_settings).pipe(lambda f: f.where(f.groupby(f).transform("size") >= 3))
    table = pd.DataFrame(
        {
            "model": board["model_id"], "provider": board["provider"], "ladder": rungs, "setting": setting, "release_date": board["model_release_date"],
            "score": board["score_frac"], "cost_usd_per_task": board["cost_usd_per_task"], "available_from": SNAPSHOT_GENERATED,
        }
    )
    return table.sort_values(["release_date", "model"], kind="stable").drop_duplicates("model")


def o3_preview(evidence: Path) -> pd.DataFrame:
    """Published prices of the two o3-preview settings on the semi-private set."""
    costs = pd.read_csv(evidence / "benchmarks-and-cost/arc_o3_preview_costs.csv")
    costs = costs[costs["split"] == "semi_private"]
    return pd.DataFrame(
        {
            "setting": costs["configuration"].str.split(" ").str[0], "basis": costs["price_basis"].map(BASES), "derived": costs["price_basis"].str.startswith("derived"),
            "score": costs["score_frac"], "samples": costs["n_samples_per_task"], "tokens_millions": costs["tokens_total_millions"], "n_tasks": costs["n_tasks"],
            "cost_usd_per_task": costs["cost_usd_per_task"], "available_from": costs["price_basis_date"],
        }
    ).assign(derived=lambda t: t["derived"].map({True: "true", False: "false"}))


def references(evidence: Path) -> pd.DataFrame:
    """People, and systems newer than the snapshot."""
    points = pd.read_csv(evidence / "benchmarks-and-cost/arc_human_and_late_2026_points.csv")
    points = points[(points["benchmark"] == "ARC-AGI-1") & (points["split"] == "semi_private")]
    late = points["note"].fillna("").str.extract(r"model date (\S+)")[0]
    return pd.DataFrame({"system": points["system"], "human": late.isna().map({True: "true", False: "false"}), "score": points["score_frac"], "cost_usd_per_task": points["cost_usd_per_task"], "available_from": late.fillna("2025-03-24").where(late.isna(), "2026-09-04")})


def list_prices(evidence: Path) -> pd.DataFrame:
    """List prices of OpenAI's reasoning models, at which o3-preview's tokens can be valued."""
    events = pd.read_csv(evidence / "compute-and-prices/api_price_events.csv")
    events = events[events["model_id"].isin(LIST_PRICES) & events["provider"].eq("openai") & events["source_db"].str.startswith("litellm")]
    return pd.DataFrame({"model": events["model_id"], "date_observed": events["date_observed"], "output_price_usd_per_mtok": events["output_price_usd_per_mtok"], "available_from": events["date_observed"]})


def main() -> None:
    evidence = parse(__doc__)
    write(results(evidence), "arc_agi_results", float_format="%.10g")
    write(o3_preview(evidence), "arc_o3_preview_costs", float_format="%.10g")
    write(references(evidence), "arc_reference_points", float_format="%.10g")
    write(list_prices(evidence), "o3_list_prices", float_format="%.10g")


if __name__ == "__main__":
    main()
