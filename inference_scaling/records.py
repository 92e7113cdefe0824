"""o3's announced records: what the sources say, what later tests of o3 found, and o3 on Codeforces problem by problem."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from inference_scaling import tables
from inference_scaling.passk import coverage, pass_at_k

CLAIM = "scaling.o3_records"
TOLERANCE = 0.01
DOCUMENT_DATE = "2025-01-14"


@dataclass(frozen=True)
class Codeforces:
    """o3 on the problems of twelve contests.

    Attributes
    ----------
    problems : int
    attempts : int
        Samples a problem.
    pass_at_1, pass_at_10 : float
        Mean over problems of the chance that one, or one of ten, random samples is right.
    expected_unranked : float
        Problems that ten random submissions solve on average.
    solved_after_ranking : int
        Problems that the ten submissions chosen by a learned ranker solved.
    solved_by_oracle : int
        Problems with a correct sample at all: what a perfect verifier would solve.
    ranker_share : float
        Part of the way from random choice to the perfect verifier that the ranker covers.
    largest_gap : float
        Largest difference on a problem between the recomputed and the reported pass@10.
    """

    problems: int
    attempts: int
    pass_at_1: float
    pass_at_10: float
    expected_unranked: float
    solved_after_ranking: int
    solved_by_oracle: int
    ranker_share: float
    largest_gap: float


def codeforces(rows: pd.DataFrame) -> Codeforces:
    """Generation against selection, from the columns attempts, successes, pass_at_10, solved_after_ranking."""
    ten = pass_at_k(rows["attempts"], rows["successes"], 10)
    ranked, oracle = int(rows["solved_after_ranking"].sum()), int((rows["successes"] > 0).sum())
    return Codeforces(
        problems=len(rows),
        attempts=int(rows["attempts"].iloc[0]),
        pass_at_1=float(coverage(rows["attempts"], rows["successes"], [1])[0]),
        pass_at_10=float(ten.mean()),
        expected_unranked=float(ten.sum()),
        solved_after_ranking=ranked,
        solved_by_oracle=oracle,
        ranker_share=float((ranked - ten.sum()) / (oracle - ten.sum())),
        largest_gap=float(np.abs(ten - rows["pass_at_10"]).max()),
    )


def checks(claimed: pd.DataFrame, values: pd.DataFrame) -> pd.DataFrame:
    """Each stated figure against the nearest admissible value of the same thing.

    The nearest is the choice most favourable to the statement, which matters only where sources differ (crowd workers on three sets of tasks).

    Parameters
    ----------
    claimed : DataFrame
        Columns item, claimed.
    values : DataFrame
        Rows admissible at the date; columns item, role, value, conditions, source, grade, available_from.

    Returns
    -------
    DataFrame
        Columns item, claimed, found, tolerance, matches, conditions, source, grade, available_from; items without a value are left out.
    """
    pairs = claimed[["item", "claimed"]].merge(values[values["role"] == "record"], on="item")
    pairs["distance"] = (pairs["value"] - pairs["claimed"]).abs()
    nearest = pairs.sort_values("distance", kind="stable").groupby("item", sort=False).head(1)
    found = claimed[["item"]].merge(nearest, on="item").rename(columns={"value": "found"})
    found["tolerance"] = TOLERANCE
    found["matches"] = found["distance"] <= TOLERANCE * found["claimed"]
    return found[["item", "claimed", "found", "tolerance", "matches", "conditions", "source", "grade", "available_from"]]


def retests(claimed: pd.DataFrame, values: pd.DataFrame) -> pd.DataFrame:
    """Later and independent tests beside the record: columns item, role, system, conditions, record, value, standard_error, change, available_from.

    `change` is the value minus the record, in the item's unit. The tests are of other models than the announced one, so a change does not contradict the record.
    """
    record = checks(claimed, values).set_index("item")["found"]
    rows = values[values["role"] != "record"].copy()
    rows["record"] = rows["item"].map(record)
    rows["change"] = rows["value"] - rows["record"]
    return rows[["item", "role", "system", "conditions", "record", "value", "standard_error", "change", "available_from"]].reset_index(drop=True)


@dataclass(frozen=True)
class RecordStudy:
    """Checks as of the document's date and today.

    Attributes
    ----------
    checks : dict of DataFrame
        By date, "2025-01" and "today": see `checks`.
    missing : dict of tuple of str
        By date: stated figures for which there was no source.
    last_evidence : dict of str
        By date: publication of the last value used in the checks.
    retests : DataFrame
        See `retests`.
    codeforces : Codeforces
    """

    checks: dict[str, pd.DataFrame]
    missing: dict[str, tuple[str, ...]]
    last_evidence: dict[str, str]
    retests: pd.DataFrame
    codeforces: Codeforces


def study() -> RecordStudy:
    """The records as of both dates, the later tests, and Codeforces."""
    claimed = tables.load("o3_claimed_records")
    by_date = {"2025-01": tables.load("o3_record_values", as_of=DOCUMENT_DATE), "today": tables.load("o3_record_values")}
    found = {date: checks(claimed, values) for date, values in by_date.items()}
    return RecordStudy(
        checks=found,
        missing={date: tuple(item for item in claimed["item"] if item not in set(rows["item"])) for date, rows in found.items()},
        last_evidence={date: str(rows["available_from"].max().date()) for date, rows in found.items()},
        retests=retests(claimed, by_date["today"]),
        codeforces=codeforces(tables.load("o3_codeforces")),
    )
