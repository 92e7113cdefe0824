"""Reduce LiveBench's pairs of models and LMArena's ratings by category to the tables of the book.

Usage: python scripts/tables/domains.py EVIDENCE_DIR
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from writer import run

FOLDER = "benchmarks-and-cost"

# Base model in the source: name, maker, release date of the reasoning setting. One toggle a base model: its highest effort.
TOGGLES = {
    "claude-3-7-sonnet": ("Claude 3.7 Sonnet", "Anthropic", "2025-02-24"),
    "claude-3-7-sonnet-20250219-base": ("Claude 3.7 Sonnet", "Anthropic", "2025-02-24"),
    "claude-4-1-opus-20250805-base": ("Claude Opus 4.1", "Anthropic", "2025-08-05"),
    "claude-4-sonnet-20250514-base": ("Claude Sonnet 4", "Anthropic", "2025-05-22"),
    "claude-haiku-4-5-20251001": ("Claude Haiku 4.5", "Anthropic", "2025-10-15"),
    "claude-sonnet-4-5-20250929": ("Claude Sonnet 4.5", "Anthropic", "2025-09-29"),
    "claude-opus-4-5-20251101-high-effort": ("Claude Opus 4.5", "Anthropic", "2025-11-24"),
    "deepseek-v3.1-terminus": ("DeepSeek-V3.1 Terminus", "DeepSeek", "2025-09-22"),
    "deepseek-v3.2-exp": ("DeepSeek-V3.2-Exp", "DeepSeek", "2025-09-29"),
    "deepseek-v3.2": ("DeepSeek-V3.2", "DeepSeek", "2025-12-01"),
    "gpt-5.1-2025-11-13-nothinking": ("GPT-5.1", "OpenAI", "2025-11-13"),
    "gpt-5.2-2025-12-11-nothinking": ("GPT-5.2", "OpenAI", "2025-12-11"),
    "gpt-5-minimal": ("GPT-5", "OpenAI", "2025-08-07"),
    "gpt-5-mini-minimal": ("GPT-5 mini", "OpenAI", "2025-08-07"),
    "gemini-3-flash-preview-minimal": ("Gemini 3 Flash", "Google", "2025-12-17"),
    "grok-4-1-fast-non-reasoning": ("Grok 4.1 Fast", "xAI", "2025-11-19"),
    "grok-4-fast-non-reasoning-2511": ("Grok 4 Fast", "xAI", "2025-11-07"),
    "grok-4.20-beta-0309-non-reasoning": ("Grok 4.20", "xAI", "2026-03-09"),
}
RETRAINED = {
    "deepseek-v3": ("DeepSeek-V3 to R1", "DeepSeek", "2025-01-20"),
    "kimi-k2-instruct": ("Kimi K2 to K2 Thinking", "Moonshot", "2025-11-06"),
    "qwen3-235b-a22b-instruct-2507": ("Qwen3 235B (July 2025)", "Alibaba", "2025-07-25"),
    "qwen3-next-80b-a3b-instruct": ("Qwen3-Next 80B", "Alibaba", "2025-09-11"),
}
GAP = {
    "gpt-4o-2024-08-06": ("GPT-4o (August 2024) to o1", "OpenAI", "2024-12-17"),
    "gpt-4o-2024-11-20": ("GPT-4o (November 2024) to o1", "OpenAI", "2024-12-17"),
}
KINDS = (
    ("same_model_toggle", "toggle", TOGGLES, ("2024-11-25", "2025-05-30", "2026-01-08")),
    ("separate_model_same_family", "retrained", RETRAINED, ("2024-11-25", "2025-05-30")),
    ("same_lab_sibling", "o1 gap", GAP, ("2024-11-25", "2025-04-02")),
)
DOMAINS = {
    "mathematics": "mathematics",
    "coding": "coding",
    "reasoning": "reasoning",
    "language": "language",
    "if": "instruction following",
    "data_analysis": "data analysis",
    "agentic_coding": "agentic coding",
}

VOTES = {
    "claude-3-7-sonnet-20250219": ("claude-3-7-sonnet-20250219-thinking-32k", "Claude 3.7 Sonnet", "Anthropic"),
    "claude-sonnet-4-20250514": ("claude-sonnet-4-20250514-thinking-32k", "Claude Sonnet 4", "Anthropic"),
    "claude-opus-4-20250514": ("claude-opus-4-20250514-thinking-16k", "Claude Opus 4", "Anthropic"),
    "claude-opus-4-1-20250805": ("claude-opus-4-1-20250805-thinking-16k", "Claude Opus 4.1", "Anthropic"),
    "claude-sonnet-4-5-20250929": ("claude-sonnet-4-5-20250929-thinking-32k", "Claude Sonnet 4.5", "Anthropic"),
    "claude-opus-4-5-20251101": ("claude-opus-4-5-20251101-thinking-32k", "Claude Opus 4.5", "Anthropic"),
    "deepseek-v3.1": ("deepseek-v3.1-thinking", "DeepSeek-V3.1", "DeepSeek"),
    "deepseek-v3.1-terminus": ("deepseek-v3.1-terminus-thinking", "DeepSeek-V3.1 Terminus", "DeepSeek"),
    "deepseek-v3.2-exp": ("deepseek-v3.2-exp-thinking", "DeepSeek-V3.2-Exp", "DeepSeek"),
    "deepseek-v3.2": ("deepseek-v3.2-thinking", "DeepSeek-V3.2", "DeepSeek"),
    "grok-4.1": ("grok-4.1-thinking", "Grok 4.1", "xAI"),
    "gpt-5.1": ("gpt-5.1-high", "GPT-5.1", "OpenAI"),
    "qwen3-235b-a22b-no-thinking": ("qwen3-235b-a22b", "Qwen3 235B (April 2025)", "Alibaba"),
}
CATEGORIES = {
    "math": "mathematics",
    "coding": "coding",
    "hard_prompts": "hard prompts",
    "creative_writing": "creative writing",
    "instruction_following": "instruction following",
    "multiturn": "several turns",
    "longer_query": "longer query",
}
SNAPSHOT = "2025-12-11"


def livebench_pairs(evidence: Path) -> pd.DataFrame:
    pairs = pd.read_csv(evidence / FOLDER / "livebench_reasoning_pairs.csv")
    pairs = pairs[pairs["level"] == "category"]
    parts = []
    for source_kind, kind, models, releases in KINDS:
        rows = pairs[(pairs["pair_type"] == source_kind) & pairs["release"].isin(releases) & pairs["base_model"].isin(models)]
        if kind == "o1 gap":
            rows = rows[rows["reasoning_model"] == "o1-2024-12-17-high"]
        names, makers, dates = zip(*(models[base] for base in rows["base_model"]))
        parts.append(
            pd.DataFrame(
                {
                    "release": rows["release"],
                    "kind": kind,
                    "pair": names,
                    "maker": makers,
                    "domain": rows["domain"].map(DOMAINS),
                    "base_score": rows["base_score_pct"],
                    "reasoning_score": rows["reasoning_score_pct"],
                    "reasoning_released": dates,
                }
            )
        )
    table = pd.concat(parts).sort_values(["release", "kind", "pair", "domain"])
    return table.assign(available_from=table[["release", "reasoning_released"]].max(axis=1))


def lmarena_toggles(evidence: Path) -> pd.DataFrame:
    rows = pd.read_csv(evidence / FOLDER / "lmarena_category_ratings.csv")
    rows = rows[(rows["snapshot_date"] == SNAPSHOT) & (rows["rating_variant"] == "style_control")]
    rows = rows.set_index(["model", "category"])
    error = (rows["rating_q975"] - rows["rating_q025"]) / (2 * 1.959964)
    table = [
        {
            "pair": name,
            "maker": maker,
            "category": category,
            "gain": round(rows["rating_elo"][reasoner, key] - rows["rating_elo"][base, key], 3),
            "standard_error": round((error[base, key] ** 2 + error[reasoner, key] ** 2) ** 0.5, 3),
        }
        for base, (reasoner, name, maker) in VOTES.items()
        for key, category in CATEGORIES.items()
    ]
    return pd.DataFrame(table).sort_values(["pair", "category"]).assign(available_from=SNAPSHOT)


TABLES = (livebench_pairs, lmarena_toggles)


if __name__ == "__main__":
    run(__doc__, TABLES)
