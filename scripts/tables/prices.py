"""Reduce the price evidence to the tables of the section on the price of a given capability.

Usage: python scripts/tables/prices.py EVIDENCE_DIR
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from writer import parse, write

# arXiv identifiers carry the month only: the last day of November 2025 is the latest date that 2511.23455 allows.
PAPER_DATE = "2025-11-30"
EPOCH_PRICES_DATE = "2025-03-13"
FIRST_PARTIES = {
    "openai": "OpenAI", "anthropic": "Anthropic", "gemini": "Google", "google": "Google", "mistral": "Mistral",
    "xai": "xAI", "deepseek": "DeepSeek", "cohere_chat": "Cohere", "cohere": "Cohere", "moonshot": "Moonshot AI", "moonshotai": "Moonshot AI",
}
CORRECTION_DAYS = 14
# HumanEval scores of 12 to 24, far below what models of this strength reach.
IMPLAUSIBLE_HUMANEVAL = {"Llama-3-Instruct-70B", "Jamba 1.5-Large", "Gemini-1.5-Flash-8B", "Claude 2.1"}


def run_costs(evidence: Path) -> pd.DataFrame:
    """One row a model setting at one price on one benchmark, three collections stacked."""
    paper = pd.read_csv(evidence / "compute-and-prices/price_of_progress_run_costs.csv", dtype={"flag": str})
    paper = paper.dropna(subset=["score_pct"])
    paper = pd.DataFrame(
        {
            "benchmark": paper["benchmark"].replace({"otis_mock_aime_2024_2025": "otis_mock_aime"}),
            "model": paper["model"],
            "price_date": paper["price_date"],
            "score_pct": paper["score_pct"],
            "run_cost_usd": paper["run_cost_usd"],
            "price_usd_per_mtok": (3 * paper["input_price_usd_per_mtok"] + paper["output_price_usd_per_mtok"]) / 4,
            "suspect": paper["flag"].notna(),
            "available_from": paper["price_date"].clip(lower=PAPER_DATE),
        }
    )
    aider = pd.read_csv(evidence / "benchmarks-and-cost/aider_leaderboards.csv")
    full = {"edit_python_133": ("aider_edit", 132), "polyglot_225": ("aider_polyglot", 224)}
    aider = aider[aider["benchmark"].isin(full) & (aider["cost_recorded"] == 1)]
    # Runs that stopped early or were filed on the other board do not measure the cost of the board's full set.
    aider = aider[aider.apply(lambda r: 0 <= r["n_cases"] - full[r["benchmark"]][1] <= 1, axis=1)]
    aider = pd.DataFrame(
        {
            "benchmark": aider["benchmark"].map(lambda b: full[b][0]),
            "model": aider["model"],
            "price_date": aider["run_date"],
            "score_pct": aider["pass_rate_2_pct"],
            "run_cost_usd": aider["total_cost_usd"],
            "suspect": False,
            "available_from": aider["run_date"],
        }
    )
    weird = pd.read_csv(evidence / "compute-and-prices/run_cost_weirdml_aider.csv")
    weird = weird[weird["benchmark"].eq("weirdml") & weird["cost_usd"].gt(0) & weird["release_date"].notna()]
    weird = pd.DataFrame(
        {
            "benchmark": "weirdml",
            "model": weird["model_version"],
            "price_date": weird["release_date"],
            "score_pct": 100 * weird["score_fraction"],
            "run_cost_usd": weird["cost_usd"],
            "suspect": False,
            "available_from": weird["release_date"].clip(lower=PAPER_DATE),
        }
    )
    table = pd.concat([paper, aider, weird]).sort_values(["benchmark", "price_date", "model", "run_cost_usd"], kind="stable")
    table.insert(0, "row_id", range(1, len(table) + 1))
    return table


def token_prices(evidence: Path) -> pd.DataFrame:
    """One row a model at one list price on one benchmark, long form of Epoch AI's table."""
    wide = pd.read_csv(evidence / "compute-and-prices/epoch_price_and_scores_2025_03.csv")
    columns = {"mmlu_pct": "mmlu", "gpqa_diamond_pct": "gpqa_diamond", "humaneval_pct": "humaneval", "math500_pct": "math_500", "math_level5_pct": "math_level_5", "chatbot_arena_elo": "chatbot_arena"}
    long = wide.rename(columns=columns).melt(
        id_vars=["model", "price_date", "blended_price_usd_per_mtok", "is_reasoning_model"], value_vars=list(columns.values()), var_name="benchmark", value_name="score"
    )
    long = long.dropna(subset=["score"]).rename(columns={"blended_price_usd_per_mtok": "price_usd_per_mtok", "is_reasoning_model": "reasoning_model"})
    long["suspect"] = long["benchmark"].eq("humaneval") & long["model"].isin(IMPLAUSIBLE_HUMANEVAL)
    long["available_from"] = EPOCH_PRICES_DATE
    long = long.sort_values(["benchmark", "price_date", "model"], kind="stable")
    return long[["benchmark", "model", "price_date", "score", "price_usd_per_mtok", "reasoning_model", "suspect", "available_from"]]


def frontier(evidence: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Epoch AI's frontier points and the published fit of each threshold."""
    points = pd.read_csv(evidence / "benchmarks-and-cost/epoch_price_frontier_points.csv")
    points = points.rename(columns={"model_release_date": "price_date", "benchmark_score": "score"}).assign(available_from=EPOCH_PRICES_DATE)
    fits = pd.read_csv(evidence / "benchmarks-and-cost/epoch_price_trend_fits.csv")
    fits = fits[fits["quantity"] == "price per million tokens"].drop(columns=["quantity", "start_date", "end_date"])
    fits = fits.rename(columns={"price_reduction_factor_per_year": "fall", "reduction_ci90_low": "fall_low", "reduction_ci90_high": "fall_high"})
    return points, fits.assign(available_from=EPOCH_PRICES_DATE)


def published_run_cost_fits(evidence: Path) -> pd.DataFrame:
    """The regressions of The Price of Progress."""
    fits = pd.read_csv(evidence / "compute-and-prices/price_of_progress_published_fits.csv")
    fits = fits.rename(columns={"restriction": "rows_used", "reduction_factor_per_year": "fall", "reduction_factor_ci90_low": "fall_low", "reduction_factor_ci90_high": "fall_high", "n": "n_points"})
    return fits.assign(available_from=PAPER_DATE)


def first_party_changes(evidence: Path) -> pd.DataFrame:
    """Per laboratory: models listed at its own interface, how many ever changed price, how many ended cheaper."""
    events = pd.read_csv(evidence / "compute-and-prices/api_price_events.csv", parse_dates=["date_observed"])
    events = events[events["provider"].isin(FIRST_PARTIES)].assign(laboratory=lambda e: e["provider"].map(FIRST_PARTIES))
    events["price"] = (3 * events["input_price_usd_per_mtok"] + events["output_price_usd_per_mtok"]) / 4
    rows = []
    for (laboratory, source, _), listing in events.sort_values("date_observed", kind="stable").groupby(["laboratory", "source_db", "model_id"]):
        settled = listing["date_observed"] <= listing["date_observed"].iloc[0] + pd.Timedelta(days=CORRECTION_DAYS)
        start = listing.loc[settled, "price"].iloc[-1]
        later = listing.loc[~settled, "price"]
        rows.append({"laboratory": laboratory, "source": source.split(" ")[0], "changed": bool((later != start).any()), "fell": bool(len(later) and later.iloc[-1] < start), "last": listing["date_observed"].iloc[-1]})
    table = pd.DataFrame(rows).groupby(["laboratory", "source"]).agg(listings=("changed", "size"), changed=("changed", "sum"), fell=("fell", "sum"), available_from=("last", "max")).reset_index()
    return table


def monthly_host_prices(evidence: Path) -> pd.DataFrame:
    """Lowest observed host price of open-weight models seen in at least two months."""
    months = pd.read_csv(evidence / "compute-and-prices/aa_monthly_price_snapshots.csv")
    months = months[months["license"].str.startswith("Open", na=False)]
    months["price_usd_per_mtok"] = (3 * months["input_price_usd_per_mtok"] + months["output_price_usd_per_mtok"]) / 4
    months = months[months["price_usd_per_mtok"] > 0].rename(columns={"price_month": "price_date"})
    months = months.groupby(["model", "price_date"], as_index=False)["price_usd_per_mtok"].min()
    months = months[months.groupby("model")["price_date"].transform("nunique") > 1]
    return months.assign(available_from=months["price_date"].clip(lower=PAPER_DATE))


def main() -> None:
    evidence = parse(__doc__)
    points, fits = frontier(evidence)
    write(run_costs(evidence), "run_costs", float_format="%.10g", date_format="%Y-%m-%d")
    write(token_prices(evidence), "token_prices", float_format="%.10g", date_format="%Y-%m-%d")
    write(points, "token_price_frontier_points", float_format="%.10g", date_format="%Y-%m-%d")
    write(fits, "token_price_frontier_fits", float_format="%.10g", date_format="%Y-%m-%d")
    write(published_run_cost_fits(evidence), "run_cost_published_fits", float_format="%.10g", date_format="%Y-%m-%d")
    write(first_party_changes(evidence), "first_party_price_changes", float_format="%.10g", date_format="%Y-%m-%d")
    write(monthly_host_prices(evidence), "open_model_host_prices", float_format="%.10g", date_format="%Y-%m-%d")


if __name__ == "__main__":
    main()
