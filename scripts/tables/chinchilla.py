"""Reduce the training runs of the Chinchilla study to the table of the book.

Usage: python scripts/tables/chinchilla.py EVIDENCE_DIR
"""

from pathlib import Path

import pandas as pd
from writer import run

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


if __name__ == "__main__":
    run(__doc__, (chinchilla_points,), float_format="%.9g")
