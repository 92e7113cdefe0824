"""Reduce the sources on search against training to the tables of the book: Hex runs, curves of search, time odds in chess, and pairs of small and large models.

Usage: python scripts/tables/search.py EVIDENCE_DIR
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from writer import run

CURVES, GAMES = "scaling-curves", "rl-regulation-takeoff"

JONES_DAY = "2021-04-07"
WIKI_DAY = "2025-02-03"
RUOSS_DAY = "2024-02-07"
R1_DAY = "2025-01-22"
LIU_DAY = "2025-02-10"
FLAWS_DAY = "2024-11-26"
S1_DAY = "2025-01-31"

ATTEMPTS = (1, 2, 3, 6, 10, 20, 30, 60, 100, 200)


def hex_runs(evidence: Path) -> pd.DataFrame:
    """Snapshots of every training run, compute as a decimal logarithm."""
    rows = pd.read_csv(evidence / CURVES / "hex_alphazero_elo_vs_train_flop.csv")
    return pd.DataFrame(
        {
            "board_size": rows["board_size"],
            "run": rows["run_index"],
            "snapshot": rows["snapshot_order"],
            "log10_train_flop": np.log10(rows["train_flop"]).round(5),
            "elo": rows["elo_vs_perfect_play"],
            "available_from": JONES_DAY,
        }
    )


def hex_published_fit(evidence: Path) -> pd.DataFrame:
    """Jones's coefficients, with the rules of thumb that were drawn from them."""
    rows = pd.read_csv(evidence / CURVES / "published_coefficients.csv")
    names = {
        "incline m_flops (Elo per decade)": ("incline_per_decade", "elo"),
        "incline m_boardsize": ("incline_board_size", "elo"),
        "incline intercept": ("incline_intercept", "elo"),
        "plateau m_boardsize": ("plateau_board_size", "elo"),
        "plateau intercept": ("plateau_intercept", "elo"),
        "log10(test_flop) = a*log10(train_flop) + b*elo + c, a": ("plane_train", "decades"),
        "b (log10 test flop per Elo)": ("plane_elo", "decades"),
        "test compute removed per 10x train compute (factor)": ("plane_factor", "factor"),
    }
    rows = rows[(rows["source_key"] == "jones2021") & rows["quantity"].isin(list(names))]
    return pd.DataFrame({"quantity": [names[q][0] for q in rows["quantity"]], "value": rows["value"], "available_from": JONES_DAY})


def chess_time_odds(evidence: Path) -> pd.DataFrame:
    """Matches of Stockfish 17 against Stockfish 14 with more time, as counts of game pairs."""
    rows = pd.read_csv(evidence / CURVES / "stockfish_time_odds.csv")
    points = ("0_points", "half_point", "1_point", "1_and_half_points", "2_points")
    return pd.DataFrame(
        {
            "book": rows["opening_book"].map({"UHO_Lichess_4852_v1": "unbalanced openings", "noob_3moves": "balanced openings"}),
            "newer_seconds": rows["newer_base_time_s"],
            "older_seconds": rows["older_base_time_s"],
            **{f"pairs_{half}": rows[f"pairs_{name}"] for half, name in enumerate(points)},
            "elo": rows["elo_newer_minus_older"],
            "normalised_elo": rows["normalized_game_pair_elo"],
            "available_from": WIKI_DAY,
        }
    )


def search_curves(evidence: Path) -> pd.DataFrame:
    """Accuracy against samples where the judge is faulty, and votes of one model; other curves come from tables of the book."""
    rows = pd.read_csv(evidence / CURVES / "resampling_reward_vs_attempts.csv")
    rows = rows[(rows["false_positive_cost_over_benefit"] == 0) & rows["max_attempts"].isin(ATTEMPTS)]
    faulty = pd.DataFrame(
        {
            "curve": rows["model"] + ", faulty tests",
            "kind": "samples, faulty judge",
            "benchmark": "HumanEval+",
            "source": "stroebl2024flaws",
            "decades": np.log10(rows["max_attempts"]).round(4),
            "score": (100 * rows["mean_reward"]).round(2),
            "available_from": FLAWS_DAY,
        }
    )
    votes = pd.read_csv(evidence / CURVES / "s1_thinking_tokens_vs_accuracy.csv")
    votes = votes[(votes["series"] == "s1_majority") & (votes["method"] == "parallel_majority_vote")].sort_values("mean_thinking_tokens_per_problem")
    decades = np.log10(votes["mean_thinking_tokens_per_problem"])
    voted = pd.DataFrame(
        {
            "curve": "Qwen2.5-32B, votes",
            "kind": "votes",
            "benchmark": "GPQA Diamond",
            "source": "muennighoff2025s1",
            "decades": (decades - decades.min()).round(4),
            "score": votes["accuracy_pct"],
            "available_from": S1_DAY,
        }
    )
    return pd.concat([faulty.sort_values(["curve", "decades"]), voted])


def search_against_size(evidence: Path) -> pd.DataFrame:
    """Scores of models of one family with and without search; budgets are multiples of one plain answer or move."""
    games = pd.read_csv(evidence / GAMES / "games_search_vs_raw_network.csv")
    games = games[games["game"] == "chess"]
    sizes = {"Transformer 9M (distilled from Stockfish 16)": 9e6, "Transformer 136M (distilled from Stockfish 16)": 136e6, "Transformer 270M (distilled from Stockfish 16)": 270e6}
    plain = games[games["agent"].isin(list(sizes)) | (games["mode"] == "policy net only")]
    searched = games[(games["mode"] == "MCTS") & (games["search_per_move"] == "400 simulations")]
    parts = [
        pd.DataFrame({"family": "chess networks", "model": part["agent"].str.replace(r" \(.*", "", regex=True), "parameters": part["agent"].map(sizes), "budget": budget, "unit": "elo", "score": part["elo"], "error": part["elo_error"], "source": "ruoss2024amortized", "available_from": RUOSS_DAY})
        for part, budget in ((plain, 1), (searched, 400))
    ]
    value = games[games["mode"] == "value net only"]
    parts.append(pd.DataFrame({"family": "chess networks", "model": value["agent"] + ", value net", "parameters": np.nan, "budget": 1, "unit": "elo", "score": value["elo"], "error": value["elo_error"], "source": "ruoss2024amortized", "available_from": RUOSS_DAY}))
    votes = pd.read_csv(evidence / CURVES / "aime_pass1_vs_consensus64.csv")
    votes = votes[votes["model"].str.contains("Distill")]
    size = votes["model"].str.extract(r"-([\d.]+)B$")[0].astype(float) * 1e9
    family = votes["model"].str.extract(r"Distill-(\w+)-")[0] + ", AIME 2024, votes"
    for column, budget in (("aime_2024_pass_at_1_pct", 1), ("aime_2024_cons_at_64_pct", 64)):
        parts.append(pd.DataFrame({"family": family, "model": votes["model"], "parameters": size, "budget": budget, "unit": "percent", "score": votes[column], "error": np.nan, "source": "deepseek2025r1", "available_from": R1_DAY}))
    tts = pd.read_csv(evidence / CURVES / "compute_optimal_tts_math500.csv")
    family = tts["model"].str.extract(r"^(Llama|Qwen)")[0] + ", MATH-500, verifier search"
    for column, budget in (("math500_cot_pct", 1), ("math500_compute_optimal_tts_pct", np.nan)):
        parts.append(pd.DataFrame({"family": family, "model": tts["model"], "parameters": tts["params_nominal"], "budget": budget, "unit": "percent", "score": tts[column], "error": np.nan, "source": "liu2025compute", "available_from": LIU_DAY}))
    large = pd.read_csv(evidence / CURVES / "small_with_search_vs_large.csv").set_index("model")
    for model, parameters in (("Llama-3.1-70B-Instruct", 70e9), ("Llama-3.1-405B-Instruct", 405e9)):
        parts.append(pd.DataFrame({"family": "Llama, MATH-500, verifier search", "model": [model], "parameters": parameters, "budget": 1, "unit": "percent", "score": large.loc[model, "math500_pct"], "error": np.nan, "source": "liu2025compute", "available_from": LIU_DAY}))
    table = pd.concat(parts)
    return table.assign(search=np.where(table["budget"] == 1, "false", "true"))[["family", "model", "search", "parameters", "budget", "unit", "score", "error", "source", "available_from"]]


def small_against_large(evidence: Path) -> pd.DataFrame:
    """The pairs for which total compute of training and of answering are both printed."""
    rows = pd.read_csv(evidence / CURVES / "small_with_search_vs_large.csv").dropna(subset=["pretraining_flop", "inference_flop"])
    sizes = {"Llama-3.1-405B-Instruct": 405e9, "DeepSeek-R1": 671e9, "Llama-3.2-3B-Instruct": 3e9, "DeepSeek-R1-Distill-Qwen-7B": 7e9}
    # The report on R1 gives 37 of 671 billion parameters as active in a token; the other models are dense.
    active = sizes | {"DeepSeek-R1": 37e9}
    pairs = {"Llama-3.1-405B-Instruct": "Llama", "DeepSeek-R1": "DeepSeek-R1", "Llama-3.2-3B-Instruct": "Llama", "DeepSeek-R1-Distill-Qwen-7B": "DeepSeek-R1"}
    return pd.DataFrame(
        {
            "pair": rows["model"].map(pairs),
            "model": rows["model"],
            "search": rows["method"].map({"cot": "false", "compute_optimal_tts": "true"}),
            "parameters": rows["model"].map(sizes),
            "active_parameters": rows["model"].map(active),
            "math_500": rows["math500_pct"],
            "aime_2024": rows["aime_2024_pct"],
            "pretraining_flop": rows["pretraining_flop"],
            "inference_flop": rows["inference_flop"],
            "available_from": LIU_DAY,
        }
    )


TABLES = (hex_runs, hex_published_fit, chess_time_odds, search_curves, search_against_size, small_against_large)


if __name__ == "__main__":
    run(__doc__, TABLES)
