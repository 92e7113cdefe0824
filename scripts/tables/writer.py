"""What every script of this folder ends with: read the folder of evidence from the command line, build the tables, write them."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd

DATA = Path(__file__).resolve().parents[2] / "data"


def write(table: pd.DataFrame, name: str, **options: str) -> None:
    """Write ``data/<name>.csv`` in one step, so that an interrupted run leaves the old table; truth values in lower case, `options` as of `DataFrame.to_csv`."""
    flags = table.select_dtypes("bool").columns
    table = table.assign(**{flag: table[flag].map({True: "true", False: "false"}) for flag in flags})
    target = DATA / f"{name}.csv"
    part = target.with_suffix(".part")
    table.to_csv(part, index=False, lineterminator="\n", **options)
    os.replace(part, target)


def run(description: str, tables: Iterable[Callable[[Path], pd.DataFrame]], **options: str) -> None:
    """Write the table that each function makes of the evidence, under the function's name.

    Parameters
    ----------
    description : str
        Docstring of the script; its first line is the command's help.
    tables : iterable of functions
    **options
        As of `write`.
    """
    evidence = parse(description)
    for table in tables:
        write(table(evidence), table.__name__, **options)


def parse(description: str) -> Path:
    """Folder of the evidence, from the command line."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("evidence", type=Path, metavar="EVIDENCE_DIR")
    return parser.parse_args().evidence
