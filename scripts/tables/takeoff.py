"""Write the tables of the chapter on takeoff speed from the evidence: python scripts/tables/takeoff.py EVIDENCE_DIR."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from writer import run

FROM = {"GSM8K": (7e7, 6e9), "MATH": (4.1e8, 2e10)}


def pythia_grid(evidence: Path) -> pd.DataFrame:
    """Checkpoints past the warm-up of the learning rate, and large enough to have solved something."""
    rows = pd.read_csv(evidence / "scaling-curves" / "pythia_train_test_grid_counts.csv")
    params, tokens = (rows["benchmark"].map(lambda name, i=i: FROM[name][i]) for i in (0, 1))
    rows = rows[(rows["lr_warmup"] == 0) & (rows["params"] >= params) & (rows["train_tokens"] >= tokens)]
    names = {"train_tokens": "tokens", "problem_idx": "problem", "n_samples": "samples", "n_correct": "successes"}
    rows = rows.rename(columns=names)[["benchmark", "params", "tokens", "problem", "samples", "successes"]]
    rows = rows.groupby(["benchmark", "params", "tokens", "problem"], as_index=False)[["samples", "successes"]].sum()
    return rows.assign(available_from="2025-02-24")


def frontier_training(evidence: Path) -> pd.DataFrame:
    """Language models that were among the three dearest or the three largest runs when they appeared."""
    rows = pd.read_csv(evidence / "compute-and-prices" / "notable_models.csv", parse_dates=["publication_date"])
    # Versions of a model that were trained on from another would count its run twice.
    rows = rows[rows["domain"].str.contains("Language", na=False) & rows["base_model"].isna()].dropna(subset=["training_compute_flop"]).sort_values(["publication_date", "model"])

    def rank(column: str) -> list[int]:
        return [int((rows.loc[rows["publication_date"] <= date, column] > value).sum()) for date, value in zip(rows["publication_date"], rows[column])]

    dear = rows["training_cost_2023_usd"].notna() & (pd.Series(rank("training_cost_2023_usd"), rows.index) < 3)
    large = pd.Series(rank("training_compute_flop"), rows.index) < 3
    # Ranks need the rows before 2018; the trend of language models trained at scale starts there.
    rows = rows.assign(cost=rows["training_cost_2023_usd"].where(dear))[(dear | large) & (rows["publication_date"] >= "2018-06-01")]
    published = rows["publication_date"]
    # Estimates of costs up to mid-2024 came with a paper of May 2024; later ones are known here from a copy of July 2026.
    known = published.where(published > "2024-05-31", pd.Timestamp("2024-05-31")).where(published <= "2024-07-31", pd.Timestamp("2026-07-23"))
    return pd.DataFrame(
        {"model": rows["model"].str.strip(), "organisation": rows["organization"].str.split(",").str[0], "published": published.dt.date, "flop": rows["training_compute_flop"].map("{:.3g}".format)}
        | {"cost_usd_2023": rows["cost"].map("{:.3g}".format).replace("nan", ""), "confidence": rows["confidence"], "available_from": known.dt.date}
    )


# Stated figures of each account with their ranges; the table holds the products.
DAYS = 365
GPT4_FLOP, DEEPSEEK_FLOP = 2.1e25, (3.3e24, 3.5e24)
WORDS_PER_DAY, TOKENS_PER_WORD, FLAGSHIP_SHARE, FLOP_PER_TOKEN = 1e11, (1.2, 1.5), (0.1, 1.0), (1e11, 1.2e12)
BILL, BILL_SHARE, FINAL_RUNS = (1.8, 3.7), (0.3, 1.0), (0.40, 0.48)
SERVICE_TOKENS, SERVICE_YEARS, ACTIVE = (608e9 - 342e9 + 168e9, 608e9 + 168e9), (0.25, 1.5), 37e9


def flagship_inference(_: Path) -> pd.DataFrame:
    """Three accounts of what was spent on running a flagship and on training it."""
    words = [WORDS_PER_DAY * DAYS * TOKENS_PER_WORD[i] * FLAGSHIP_SHARE[i] * FLOP_PER_TOKEN[i] for i in (0, 1)]
    service = [2 * ACTIVE * SERVICE_TOKENS[i] * SERVICE_YEARS[i] * DAYS for i in (0, 1)]
    rows = [
        ("words served", "OpenAI", "GPT-4, 2024", *words, GPT4_FLOP, GPT4_FLOP, "FLOP", "altman2024words", "2024-02-10"),
        ("bills", "OpenAI", "flagships of 2024", *(BILL[i] * BILL_SHARE[i] for i in (0, 1)), *FINAL_RUNS, "billion USD", "you2025openai", "2025-12-31"),
        ("service day", "DeepSeek", "V3 and R1", *service, *DEEPSEEK_FLOP, "FLOP", "deepseek2025infra", "2025-03-01"),
    ]
    columns = ["account", "laboratory", "flagship", "inference_low", "inference_high", "training_low", "training_high", "measured_in", "source", "available_from"]
    frame = pd.DataFrame(rows, columns=columns)
    numbers = columns[3:7]
    return frame.assign(**{name: frame[name].map("{:.3g}".format) for name in numbers})


def compute_equivalent_gains(evidence: Path) -> pd.DataFrame:
    """Factors of training compute that methods after training are worth; statements about fine-tuning costs and about scaffolds' efficiency are other quantities."""
    rows = pd.read_csv(evidence / "rl-regulation-takeoff" / "compute_equivalent_gains.csv")
    chosen = {
        "most surveyed post-training enhancements": ("most enhancements, at least", "davidson2023enhancements", "2023-12-12"),
        "some surveyed enhancements": ("some enhancements, at least", "davidson2023enhancements", "2023-12-12"),
        "LATS agent scaffold": ("agent scaffold", "davidson2023enhancements", "2023-12-12"),
        "reasoning training, math and science benchmarks": ("reasoning training", "epoch2025reasoninggains", "2025-08-01"),
    }
    rows = rows[rows["enhancement_or_quantity"].isin(chosen)]
    named = [chosen[name] for name in rows["enhancement_or_quantity"]]
    return pd.DataFrame(named, columns=["method", "source", "available_from"]).assign(factor=rows["factor"].to_numpy())[["method", "factor", "source", "available_from"]]


def developer_trial(evidence: Path) -> pd.DataFrame:
    """One row an issue; the source's code, not its description, says which arm is which."""
    rows = pd.read_csv(evidence / "rl-regulation-takeoff" / "metr_developer_rct_early_2025.csv")
    names = {"issue_id": "issue", "predicted_time_no_ai_minutes": "predicted_minutes", "initial_implementation_time_minutes": "minutes", "post_review_implementation_time_minutes": "review_minutes"}
    rows = rows.rename(columns=names).assign(developer="D" + (pd.factorize(rows["dev_id"], sort=True)[0] + 1).astype(str).astype(object), ai_allowed=rows["ai_allowed"].astype(int))
    return rows[["issue", "developer", "ai_allowed", "predicted_minutes", "minutes", "review_minutes"]].assign(available_from="2025-07-10")


TABLES = (pythia_grid, frontier_training, flagship_inference, compute_equivalent_gains, developer_trial)


if __name__ == "__main__":
    run(__doc__, TABLES)
