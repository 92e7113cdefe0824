"""Reduce the training runs of the Chinchilla study to the table of the book.

Usage: python scripts/tables/chinchilla.py EVIDENCE_DIR
"""

import argparse
from pathlib import Path

import pandas as pd

DATA = Path(__file__).resolve().parents[2] / "data"
# Date of the replication that read the losses from the figure.
PUBLISHED = "2024-04-15"


def chinchilla_points(evidence: Path) -> pd.DataFrame:
    rows = pd.read_csv(evidence / "scaling-curves" / "chinchilla_points.csv")
    table = pd.DataFrame(
        {
            "parameters": rows["params"],
            "tokens": rows["train_tokens"],
            "loss": rows["loss"],
            "in_published_fit": rows["excluded_in_published_fit"].map({0: "true", 1: "false"}),
            "available_from": PUBLISHED,
        }
    )
    return table.sort_values(["parameters", "tokens"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("evidence", type=Path, help="folder of the evidence")
    evidence = parser.parse_args().evidence
    chinchilla_points(evidence).to_csv(DATA / "chinchilla_points.csv", index=False, float_format="%.9g", lineterminator="\n")


if __name__ == "__main__":
    main()
