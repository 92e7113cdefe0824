"""Reduce METR's time horizons and its published doubling times to the tables of the book.

Usage: python scripts/tables/horizons.py EVIDENCE_DIR
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from writer import run

FOLDER = "benchmarks-and-cost"

BEFORE = "announced without training by reinforcement learning on long reasoning"
O_SERIES = "announced as trained by reinforcement learning to reason at length"
DISTILS = "taught by a reasoning model, does not reason at length itself"
HYBRID = "one model with an extended-thinking mode, announced as trained for it"
UNIFIED = "reasoning model with adjustable effort"

# Key in the source: name on the page, reasoning-trained, reason.
MODELS = {
    "gpt2": ("GPT-2", False, BEFORE),
    "davinci_002": ("davinci-002", False, BEFORE),
    "gpt_3_5_turbo_instruct": ("GPT-3.5 Turbo Instruct", False, BEFORE),
    "gpt_4": ("GPT-4", False, BEFORE),
    "gpt_4_1106": ("GPT-4 (November 2023)", False, BEFORE),
    "gpt_4_0125": ("GPT-4 (January 2024)", False, BEFORE),
    "gpt_4_turbo": ("GPT-4 Turbo", False, BEFORE),
    "gpt_4o": ("GPT-4o", False, BEFORE),
    "claude_3_opus": ("Claude 3 Opus", False, BEFORE),
    "claude_3_5_sonnet": ("Claude 3.5 Sonnet", False, BEFORE),
    "claude_3_5_sonnet_20240620": ("Claude 3.5 Sonnet", False, BEFORE),
    "claude_3_5_sonnet_20241022": ("Claude 3.5 Sonnet (new)", False, BEFORE),
    "qwen_2_72b": ("Qwen2 72B", False, BEFORE),
    "qwen_2_5_72b": ("Qwen2.5 72B", False, BEFORE),
    "deepseek_v3": ("DeepSeek-V3", False, DISTILS),
    "deepseek_v3_0324": ("DeepSeek-V3 (March 2025)", False, DISTILS),
    "o1_preview": ("o1-preview", True, O_SERIES),
    "o1": ("o1", True, O_SERIES),
    "o1_elicited": ("o1", True, O_SERIES),
    "o3": ("o3", True, O_SERIES),
    "o4-mini": ("o4-mini", True, O_SERIES),
    "deepseek_r1": ("DeepSeek-R1", True, O_SERIES),
    "deepseek_r1_0528": ("DeepSeek-R1 (May 2025)", True, O_SERIES),
    "kimi_k2_thinking": ("Kimi K2 Thinking", True, O_SERIES),
    "gpt-oss-120b": ("gpt-oss-120b", True, UNIFIED),
    "grok_4": ("Grok 4", True, O_SERIES),
    "gemini_2_5_pro_preview": ("Gemini 2.5 Pro", True, UNIFIED),
    "gemini_3_pro": ("Gemini 3 Pro", True, UNIFIED),
    "gemini_3_1_pro": ("Gemini 3.1 Pro", True, UNIFIED),
    "gpt_5": ("GPT-5", True, UNIFIED),
    "gpt_5_2025_08_07": ("GPT-5", True, UNIFIED),
    "gpt_5_1_codex_max": ("GPT-5.1-Codex-Max", True, UNIFIED),
    "gpt_5_2": ("GPT-5.2", True, UNIFIED),
    "gpt_5_3_codex": ("GPT-5.3-Codex", True, UNIFIED),
    "gpt_5_4": ("GPT-5.4", True, UNIFIED),
    "claude_3_7_sonnet": ("Claude 3.7 Sonnet", True, HYBRID),
    "claude_4_sonnet": ("Claude Sonnet 4", True, HYBRID),
    "claude_4_opus": ("Claude Opus 4", True, HYBRID),
    "claude_4_1_opus": ("Claude Opus 4.1", True, HYBRID),
    "claude_sonnet_4_5": ("Claude Sonnet 4.5", True, HYBRID),
    "claude_opus_4_5": ("Claude Opus 4.5", True, HYBRID),
    "claude_opus_4_6": ("Claude Opus 4.6", True, HYBRID),
    "claude_mythos_preview_early": ("Claude Mythos Preview (early)", True, HYBRID),
}

SNAPSHOTS = {("2026-01-30", "1.0"): "1.0 of 2026-01", ("2026-01-30", "1.1"): "1.1 of 2026-01", ("2026-09-08", "1.1"): "1.1 of 2026-09"}
MEASURES = ("p50_minutes", "p50_ci_low_minutes", "p50_ci_high_minutes", "p80_minutes", "p80_ci_low_minutes", "p80_ci_high_minutes")


def metr_time_horizons(evidence: Path) -> pd.DataFrame:
    rows = pd.read_csv(evidence / FOLDER / "metr_time_horizons.csv", dtype={"suite_version": str})
    rows = rows[rows["provenance"] == "source"]
    labels = [SNAPSHOTS.get(key) for key in zip(rows["snapshot_date"], rows["suite_version"])]
    rows = rows.assign(version=labels).dropna(subset=["version"]).sort_values(["version", "model_release_date", "model_key"])
    keys = rows["model_key"].str.removesuffix("_inspect")
    table = pd.DataFrame(
        {
            "version": rows["version"],
            "model": [MODELS[key][0] for key in keys],
            "released": rows["model_release_date"],
            "frontier_at_release": rows["is_sota"].map({1: "true", 0: "false"}),
            "reasoning_trained": ["true" if MODELS[key][1] else "false" for key in keys],
            "reasoning_basis": [MODELS[key][2] for key in keys],
        }
    )
    for name in MEASURES:
        table[name.replace("_ci_", "_")] = rows[name].round(6)
    return table.assign(available_from=rows["snapshot_date"])


def metr_doubling_times(evidence: Path) -> pd.DataFrame:
    rows = pd.read_csv(evidence / FOLDER / "metr_published_doubling_times.csv", dtype={"suite_version": str})
    rows = rows[rows["provenance"] != "memory"]
    table = pd.DataFrame(
        {
            "published": rows["published_date"],
            "suite": rows["suite_version"],
            "window": rows["window"],
            "doubling_time": rows["doubling_time_days"],
            "low": rows["ci_low_days"],
            "high": rows["ci_high_days"],
            "interval_percent": rows["ci_level_pct"],
        }
    )
    return table.assign(available_from=rows["published_date"])


TABLES = (metr_time_horizons, metr_doubling_times)


if __name__ == "__main__":
    run(__doc__, TABLES)
