"""Reduce the evidence on chip stocks, serving costs and parallel sampling to the tables of the chapter on the deployment overhang.

Usage: python scripts/tables/overhang.py EVIDENCE_DIR
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from writer import run

COMPUTE, BENCHMARKS, CURVES, OVERSIGHT = "compute-and-prices", "benchmarks-and-cost", "scaling-curves", "oversight-security-interpretability"
STOCK_PUBLISHED = "2026-04-22"
OWNERS = ("Microsoft", "Google", "Meta", "Amazon", "Oracle", "xAI")
Z = 1.6448536269514722

# Key in the book: topic, quantity, entity of the source, month, day of publication, bibliography key, what it is.
FIGURES = {
    "gpt4-copies": ("copies", "parallel_copies_at_10_words_per_s", "GPT-4", "2023", "2024-11-19", "counting2024agis", "copies of GPT-4 at ten words a second on the chips that trained it"),
    "gpt6-copies": ("copies", "parallel_copies_at_10_words_per_s", "GPT-6 (forecast)", "2023", "2024-11-19", "counting2024agis", "the same, forecast for GPT-6"),
    "agi-fleet": ("copies", "human_equivalents_at_agi", "AGI fleet (forecast)", "2024-06", "2024-11-19", "counting2024agis", "human equivalents run by the first AGI's owner, forecast"),
    "openai-stock-2025-10": ("copies", "openai_h100_equivalents", "OpenAI", "2025-10", "2025-12-31", "besthub2025workers", "OpenAI's chips, October 2025"),
    "openai-inference-2025-10": ("copies", "openai_inference_h100_equivalents", "OpenAI", "2025-10", "2025-12-31", "besthub2025workers", "of these, on inference"),
    "openai-tokens-a-day": ("copies", "openai_tokens_per_day_median", "OpenAI GPT-5", "2025-10", "2025-12-31", "besthub2025workers", "tokens that these chips make in a day, estimate"),
    "flop-per-token": ("copies", "flop_per_token_assumed", "GPT-5", "2025-10", "2025-12-31", "besthub2025workers", "FLOP for a token of a leading model, assumed range"),
    "thought-tokens": ("copies", "human_tokens_per_workday_thought_speed", "human", "2025-10", "2025-12-31", "besthub2025workers", "tokens of eight hours of thought at the speed of silent reading"),
    "task-hour-tokens": ("copies", "tokens_per_one_hour_task", "GPT-5 on METR tasks", "2025-10", "2025-12-31", "besthub2025workers", "tokens for an hour of human work on METR's tasks, range"),
    "algorithmic-fall": ("price", "algorithmic_efficiency_of_inference", "open models, hardware price divided out", "2026-03", "2026-03-31", "gundlach2025price", "yearly fall of the cost of a fixed ability from algorithms alone, abstract"),
    "openai-stock-2025-12": ("stock", "openai_h100_equivalents", "OpenAI", "2025-12", "2026-12-31", "phantombyte2026illusion", "OpenAI's chips, end of 2025"),
    "openai-growth": ("stock", "openai_compute_growth", "OpenAI", "2024 and 2025", "2026-12-31", "wesearch2026frontier", "growth of OpenAI's compute in 2024 and 2025"),
    "world-sold": ("stock", "global_h100_equivalents_sold", "world", "2025-12", "2026-12-31", "gentic2026frontier", "chips sold, end of 2025"),
    "world-deployed": ("stock", "global_h100_equivalents_deployed", "world", "2025-12", "2026-12-31", "gentic2026frontier", "chips switched on, end of 2025"),
}
# Publication known to the year only: these summaries were read no later than the day on which the collection was closed.
COLLECTED = "2026-11-01"

PEAK = {"H800": 1.0, "H200": 1.0, "GB200": 5000 / 1979, "GB200 NVL72": 5000 / 1979, "GB300 NVL72": 5000 / 1979}
LADDER = {"GPT-4o-0513": "GPT-4o", "OpenAI-o1-0912": "o1", "OpenAI-o1-mini": "o1-mini", "Claude-3.5-Sonnet-1022": "Claude 3.5 Sonnet (new)"}
R1_PAPER = "2025-01-22"
O1_PAGE = "2024-09-12"

# Main line of each laboratory: the release that first carries a number or letter. Smaller (mini, Flash, Haiku), dearer (Pro beside a plain name, Heavy), dated and special
# (Turbo, Codex, Image) versions do not match; neither does a number that only they carry.
GENERAL = {
    "OpenAI": r"^(?P<series>GPT-|o)(?P<number>\d(?:\.\d)?o?)(?:-preview)?(?: \(Mar 2023\))?$",
    "Anthropic": r"^(?P<series>Claude)(?: (?:Opus|Sonnet|Mythos|Fable))?(?: (?P<number>\d(?:\.\d)?))?(?: (?:Opus|Sonnet))?$",
    "Google": r"^(?P<series>Gemini) (?P<number>\d(?:\.\d)?) (?:Ultra|Pro)(?: \(\w+ \d{4}\))?$",
    "xAI": r"^(?P<series>Grok)[- ](?P<number>\d(?:\.\d+)?)(?: Beta)?$",
}
FIRST_RELEASE = "2023-03-14"


def chip_stock(evidence: Path) -> pd.DataFrame:
    """One row an owner and quarter end, all makers added."""
    rows = pd.read_csv(evidence / COMPUTE / "ai_chip_stock_by_owner.csv")
    rows = rows[rows["owner"].isin(OWNERS) & ~rows["incomplete_quarter"] & (rows["as_of"] >= "2022-12-31")].copy()
    # xAI's clusters are announced counts without an interval: a factor of 1.25 either way is this book's allowance.
    low, high = rows["h100e_p05"].fillna(rows["h100e_median"] / 1.25), rows["h100e_p95"].fillna(rows["h100e_median"] * 1.25)
    rows["variance"] = (rows["h100e_median"] * np.log(high / low) / (2 * Z)) ** 2
    table = rows.groupby(["owner", "as_of"], as_index=False).agg(h100e=("h100e_median", "sum"), variance=("variance", "sum"), makers=("manufacturer", "nunique"))
    # A maker that is first counted in a later quarter would look like growth.
    table["log_error"] = (np.sqrt(table.pop("variance")) / table["h100e"]).round(4)
    return table.assign(available_from=STOCK_PUBLISHED).sort_values(["owner", "as_of"])


def overhang_figures(evidence: Path) -> pd.DataFrame:
    """Published figures on copies, stocks and tokens; those known from memory are left out."""
    rows = pd.read_csv(evidence / COMPUTE / "published_figures.csv")
    found = []
    for key, (topic, quantity, entity, as_of, published, source, text) in FIGURES.items():
        row = rows[(rows["topic"] == topic) & (rows["quantity"] == quantity) & (rows["entity"] == entity) & (rows["as_of"] == as_of)]
        if len(row) != 1 or row["provenance"].iloc[0] == "memory":
            raise ValueError(f"published_figures.csv: {key} is found {len(row)} times or known from memory only")
        row = row.iloc[0]
        found.append({"key": key, "what": text, "value": row["value"], "low": row["low"], "high": row["high"], "measured_in": row["unit"], "source": source, "available_from": min(published, COLLECTED)})
    return pd.DataFrame(found)


def serving_points(evidence: Path) -> pd.DataFrame:
    """DeepSeek's service day, measured tokens a chip and second, and serving costs beside list prices."""
    rows = pd.read_csv(evidence / COMPUTE / "published_serving_points.csv")
    wanted = {
        "mean_nodes_in_service", "assumed_lease_price", "daily_cost", "input_tokens_per_day", "cache_hit_input_tokens_per_day", "output_tokens_per_day",
        "theoretical_daily_revenue_at_r1_price", "theoretical_cost_profit_margin", "r1_price_input_cache_hit", "r1_price_input_cache_miss", "r1_price_output",
        "decode_throughput_per_gpu", "throughput_per_gpu_at_50_tok_s_user", "cost_upper_bound_input", "cost_upper_bound_output", "output_speed_per_user_low", "output_speed_per_user_high",
    }
    rows = rows[rows["quantity"].isin(wanted)]
    source = rows["source_url"].map(lambda url: next(key for part, key in {"open-infra-index": "deepseek2025infra", "vllm": "vllm2026serving", "theagenttimes": "agenttimes2026gb300", "lmsys": "lmsys2025gb200", "InferenceX": "semianalysis2026inferencex"}.items() if part in url))
    listed = rows["note"].fillna("").str.extract(r"API price compared (\d+\.\d+)")[0].astype(float)
    table = pd.DataFrame(
        {
            "quantity": rows["quantity"], "model": rows["model"], "active_params_billion": rows["active_params_billion"], "hardware": rows["hardware"],
            "h100e_per_chip": rows["hardware"].map(PEAK).round(4), "value": rows["value"], "measured_in": rows["unit"], "list_price_beside": listed, "source": source,
            "available_from": rows["date"].replace({"2025-02-28": "2025-03-01"}),
        }
    )
    return table.reset_index(drop=True)


def _last_day(day: str) -> str:
    """A month's last day; a day as it is."""
    return day if len(day) == 10 else str(pd.Period(day, "M").end_time.date())


def token_volumes(evidence: Path) -> pd.DataFrame:
    rows = pd.read_csv(evidence / OVERSIGHT / "token_volume_served.csv").dropna(subset=["tokens_per_day"])
    keys = {"dsinfra": "deepseek2025infra", "usageindex": "usageindex2026tokens"}
    return pd.DataFrame({"series": rows["series"], "as_of": rows["as_of"].map(_last_day), "tokens_per_day": rows["tokens_per_day"], "counts": rows["counts_input_and_output"], "basis": rows["basis"], "source": rows["source_key"].map(keys), "available_from": rows["announced"].map(_last_day)})


def metr_cost_against_human(evidence: Path) -> pd.DataFrame:
    rows = pd.read_csv(evidence / BENCHMARKS / "metr_cost_vs_human_2025_03.csv")
    keep = {"GPT-4 0314": "2023-03-14", "GPT-4o": "2024-05-13", "Claude 3.5 Sonnet (New)": "2024-10-22", "o1": "2024-12-05", "Claude 3.7 Sonnet": "2025-02-24"}
    rows = rows[rows["agent"].isin(keep)]
    buckets = {"0-4": (0, 4), "4-16": (4, 16), "16-256": (16, 256), "256-1024": (256, 1024), "1024-4096": (1024, 4096)}
    rows = rows[rows["human_minutes_bucket"].isin(buckets)]
    ends = rows["human_minutes_bucket"].map(buckets)
    table = pd.DataFrame({"agent": rows["agent"], "released": rows["agent"].map(keep), "minutes_from": [e[0] for e in ends], "minutes_to": [e[1] for e in ends], "cost_ratio": rows["cost_ratio"], "available_from": "2025-03-19"})
    return table.sort_values(["released", "minutes_from"])


def parallel_votes(evidence: Path) -> pd.DataFrame:
    """One answer against a vote or a choice among several of the same model."""
    r1 = pd.read_csv(evidence / CURVES / "aime_pass1_vs_consensus64.csv")
    r1 = pd.DataFrame({"model": r1["model"].replace(LADDER), "benchmark": "AIME 2024", "answers": 64, "single": r1["aime_2024_pass_at_1_pct"], "combined": r1["aime_2024_cons_at_64_pct"], "source": "deepseek2025r1", "available_from": R1_PAPER})
    page = pd.read_csv(evidence / CURVES / "openai_o1_selection_methods.csv")
    page = page[page["selection_method"].isin(["pass_at_1", "consensus"])]
    wide = page.pivot_table(index=["benchmark", "model"], columns="selection_method", values="score").reset_index()
    wide = pd.DataFrame({"model": wide["model"], "benchmark": wide["benchmark"], "answers": 64, "single": wide["pass_at_1"], "combined": wide["consensus"], "source": "openai2024learning", "available_from": O1_PAGE})
    # The later paper repeats OpenAI's own rows.
    r1 = r1[~r1["model"].isin(wide.loc[wide["benchmark"] == "AIME 2024", "model"])]
    own = pd.read_csv(evidence / CURVES / "s1_thinking_tokens_vs_accuracy.csv")
    qwen = own[(own["series"] == "s1_majority") & (own["method"] == "parallel_majority_vote")]
    # Votes of 2, 4 ... answers have that many times the tokens of one.
    spent = qwen.columns[qwen.columns.str.contains("token")][0]
    sizes = 2 ** np.log2(qwen[spent] / qwen[spent].iloc[0]).round().astype(int)
    qwen = pd.DataFrame({"model": "Qwen2.5-32B-Instruct", "benchmark": "GPQA Diamond", "answers": sizes, "single": qwen["accuracy_pct"].iloc[0], "combined": qwen["accuracy_pct"], "source": "muennighoff2025s1", "available_from": "2025-01-31"})
    votes = pd.read_csv(evidence / CURVES / "o1mini_aime_tokens_vs_accuracy.csv")
    votes = votes[votes["requested_tokens_per_sample"] == votes["requested_tokens_per_sample"].max()].set_index("n_samples_majority_vote")["aime_2024_accuracy_pct"]
    mini = pd.DataFrame({"model": "o1-mini (asked to think long)", "benchmark": "AIME 2024", "answers": votes.index, "single": votes.loc[1], "combined": votes.to_numpy(), "source": "zhang2024o1mini", "available_from": "2024-09-26"})
    every = pd.concat([wide, mini, r1, qwen], ignore_index=True)
    return every[(every["answers"] > 1) & (every["answers"] <= 64)].assign(problems=lambda t: t["benchmark"].map({"AIME 2024": 30, "GPQA Diamond": 198}))


def gpu_hour_prices(evidence: Path) -> pd.DataFrame:
    rows = pd.read_csv(evidence / COMPUTE / "chip_prices_over_time.csv")
    rows = rows[rows["chip"].eq("NVIDIA H100 SXM5 80GB") & rows["on_demand_usd_per_chip_hour"].notna() & (rows["price_date"] >= "2024-06-01")]
    rows = rows.drop_duplicates(["price_date", "vendor"]).sort_values(["price_date", "vendor"])
    return pd.DataFrame({"vendor": rows["vendor"], "quoted": rows["price_date"], "usd_per_gpu_hour": rows["on_demand_usd_per_chip_hour"], "available_from": rows["price_date"]})


def training_tokens(evidence: Path) -> pd.DataFrame:
    rows = pd.read_csv(evidence / COMPUTE / "notable_models.csv")
    rows = rows[rows["base_model"].isna() & rows["domain"].fillna("").str.contains("Language") & rows["confidence"].isin(["Confident", "Likely"]) & (rows["training_compute_flop"] >= 3e24)]
    tokens = pd.to_numeric(rows["training_dataset_size_tokens_or_datapoints"], errors="coerce")
    rows = rows.assign(tokens=tokens)[tokens > 1e12].drop_duplicates("model").sort_values("publication_date")
    rows = rows[~rows["model"].str.contains(r"R1|\(Jun 2023\)|\(Mar 2025\)|\(Jul 2025\)|-[VDH] 72B|Thinking")]
    return pd.DataFrame({"model": rows["model"], "released": rows["publication_date"], "training_flop": rows["training_compute_flop"], "tokens": rows["tokens"].round(-9), "confidence": rows["confidence"].str.lower(), "available_from": rows["publication_date"]})


def model_generations(evidence: Path) -> pd.DataFrame:
    """First release of each number or letter in a laboratory's main line; o3's announcement of December 2024 counts, as the documents under test take it."""
    notable = pd.read_csv(evidence / COMPUTE / "notable_models.csv")[["model", "publication_date"]]
    index = pd.read_csv(evidence / BENCHMARKS / "epoch_capabilities_index.csv")[["model_name", "model_release_date"]].drop_duplicates("model_name")
    index = index.set_axis(["model", "publication_date"], axis=1)
    # A model in both lists has the first list's date.
    every = pd.concat([notable, index[~index["model"].isin(notable["model"])]], ignore_index=True).dropna()
    every = every[every["publication_date"] >= FIRST_RELEASE].sort_values("publication_date", kind="stable")
    found = []
    for laboratory, pattern in GENERAL.items():
        parts = every["model"].str.extract(pattern)
        rows = every.assign(series=parts["series"], number=parts["number"].fillna("1"))[parts["series"].notna()].drop_duplicates(["series", "number"])
        whole = rows["number"].str.extract(r"^(\d)")[0]
        leading = ~(rows["series"] + whole).duplicated()
        name = rows["model"].str.replace(r" \(.*\)", "", regex=True)
        found.append(pd.DataFrame({"laboratory": laboratory, "model": name, "released": rows["publication_date"], "leading": leading}))
    return pd.concat(found, ignore_index=True).assign(available_from=lambda t: t["released"])


TABLES = (chip_stock, overhang_figures, serving_points, token_volumes, metr_cost_against_human, parallel_votes, gpu_hour_prices, training_tokens, model_generations)


if __name__ == "__main__":
    run(__doc__, TABLES, float_format="%.10g")
