"""Forecasts of binary questions as checked, sorted arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import logit

# Where a stated certainty stands: probabilities nearer to 0 or 1 count as this far off.
CLIP = 0.01
COLUMNS = ("question", "forecaster", "probability")
ONLY = "the only set"


def log_odds(probability: ArrayLike) -> np.ndarray:
    """Log odds of probabilities moved to [`CLIP`, 1 - `CLIP`]; same shape."""
    return logit(np.clip(np.asarray(probability, dtype=float), CLIP, 1 - CLIP))


@dataclass(frozen=True)
class Crowd:
    """N forecasts of Q questions in G sets, sorted by question and then forecaster.

    Attributes
    ----------
    questions : Index, length Q
        Labels; a MultiIndex of set and question where a label may come back in another set.
    start, size : ndarray of int, shape (Q,)
        First row and number of rows of each question.
    question, forecaster : ndarray of int, shape (N,)
        Codes. The same label in two sets is two forecasters.
    forecasters : MultiIndex
        Set and label of each forecaster code.
    probability : ndarray, shape (N,)
        In [0, 1].
    age : ndarray, shape (N,)
        Days before the latest forecast of the same question; 0 where nothing is dated.
    group : ndarray of int, shape (Q,)
        Set of each question, an index of `groups`.
    groups : Index, length G
    outcome : ndarray, shape (Q,), or None
    """

    questions: pd.Index
    start: np.ndarray
    size: np.ndarray
    question: np.ndarray
    forecaster: np.ndarray
    forecasters: pd.MultiIndex
    probability: np.ndarray
    age: np.ndarray
    group: np.ndarray
    groups: pd.Index
    outcome: np.ndarray | None

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Sums of row values by question, shape (Q,)."""
        return np.add.reduceat(values, self.start)


def _refuse(frame: pd.DataFrame, name: str, bad: np.ndarray, column: str, remedy: str) -> None:
    if bad.any():
        at = int(np.flatnonzero(bad)[0])
        more = f" (and {int(bad.sum()) - 1} more rows)" if bad.sum() > 1 else ""
        raise ValueError(f"{name}, row {frame.index[at]!r}, column {column!r}: {_plain(frame[column].iloc[at])}{more}; {remedy}")


def _plain(value: object) -> str:
    return repr(value.item() if isinstance(value, np.generic) else value)


def check(frame: pd.DataFrame, name: str, resolved: bool) -> pd.DataFrame:
    """Check a frame of forecasts and keep each forecaster's latest on a question.

    Parameters
    ----------
    frame : DataFrame
        Columns question, forecaster, probability, if `resolved` outcome, and if known date and group.
    name : str
        What messages call it.
    resolved : bool

    Returns
    -------
    DataFrame
        The same columns with a `group` (ONLY where there was none) and without superseded rows.

    Raises
    ------
    TypeError
        If it is no DataFrame.
    ValueError
        If a column is missing, there is no row, or a value is not allowed; if a forecaster is twice on a question and the dates do not say which
        came last; if a question stands in two sets of `forecasts` or has two outcomes. The message names frame, row, column and remedy.
    """
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"{name} must be a DataFrame with the columns {', '.join(COLUMNS)}; got {type(frame).__name__}")
    needed = [*COLUMNS, "outcome"] if resolved else list(COLUMNS)
    missing = [column for column in needed if column not in frame.columns]
    if missing:
        raise ValueError(f"{name} lacks the columns {', '.join(missing)}; it needs {', '.join(needed)}")
    if frame.empty:
        raise ValueError(f"{name} has no rows; " + ("leave train out to pool by the prior" if resolved else "there is nothing to pool"))
    kept = [*needed, *(column for column in ("date", "group") if column in frame.columns)]
    frame = frame[kept]
    for column in kept:
        if column != "date":
            remedy = "drop questions that have not resolved" if column == "outcome" else "fill it in or drop the row"
            _refuse(frame, name, frame[column].isna().to_numpy(), column, remedy)
    for column in ("probability", "outcome") if resolved else ("probability",):
        if not pd.api.types.is_numeric_dtype(frame[column]) and not pd.api.types.is_bool_dtype(frame[column]):
            raise ValueError(f"{name}, column {column!r}: must hold numbers; got {frame[column].dtype}, first value {frame[column].iloc[0]!r}; convert with pd.to_numeric")
    probability = frame["probability"].to_numpy(dtype=float)
    _refuse(frame, name, (probability < 0) | (probability > 1), "probability", "must lie in [0, 1]; divide percentages by 100")
    if resolved:
        _refuse(frame, name, ~np.isin(frame["outcome"].to_numpy(dtype=float), (0.0, 1.0)), "outcome", "must be 0 or 1")
    if "date" in kept:
        try:
            frame = frame.assign(date=pd.to_datetime(frame["date"], format="ISO8601"))
        except (ValueError, TypeError) as error:
            raise ValueError(f"{name}, column 'date': cannot be read as dates ({error}); use ISO dates") from error
    frame = _latest(frame if "group" in kept else frame.assign(group=ONLY), name)
    if resolved:
        ends = frame.groupby(["group", "question"], sort=False)["outcome"].agg(["min", "max"])
        if (ends["min"] != ends["max"]).any():
            raise ValueError(f"{name}: question {ends.index[(ends['min'] != ends['max']).to_numpy()][0][1]!r} has two outcomes; a question resolves once")
    elif "group" in kept:
        sets = frame.drop_duplicates(["question", "group"])["question"]
        if sets.duplicated().any():
            raise ValueError(f"{name}: question {sets[sets.duplicated()].iloc[0]!r} stands in two groups; give the questions different labels")
    return frame


def _latest(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Keep the latest of several forecasts of one forecaster on one question; refuse them where the dates do not decide."""
    keys = ["group", "question", "forecaster"]
    twice = frame.duplicated(keys, keep=False)
    if not twice.any():
        return frame
    again = frame[twice]
    if "date" not in frame.columns or again["date"].isna().any() or again.duplicated([*keys, "date"]).any():
        row = again.iloc[0]
        raise ValueError(
            f"{name}, row {again.index[0]!r}: forecaster {row['forecaster']!r} is more than once on question {row['question']!r}"
            " and no column 'date' tells which forecast is the latest; keep one, or give unlike dates"
        )
    latest = again.sort_values("date", kind="stable").drop_duplicates(keys, keep="last")
    return pd.concat([frame[~twice], latest])


def crowd(frame: pd.DataFrame, resolved: bool) -> Crowd:
    """Arrays of a frame that `check` has passed; questions are sorted by label where labels can be sorted."""
    groups, group_labels = _codes(frame["group"])
    labels, names = _codes(frame["question"])
    pairs = groups.astype(np.int64) * len(names) + labels
    unique, question = np.unique(pairs, return_inverse=True)
    people, people_names = _codes(frame["forecaster"])
    people_pairs = groups.astype(np.int64) * len(people_names) + people
    people_unique, forecaster = np.unique(people_pairs, return_inverse=True)
    # One sort of a combined key is ten times faster than a sort by two keys.
    order = np.argsort(question * len(people_unique) + forecaster)
    question, forecaster = question[order], forecaster[order]
    size = np.bincount(question)
    start = np.concatenate([[0], np.cumsum(size)[:-1]])
    age = np.zeros(len(frame))
    if "date" in frame.columns:
        days = frame["date"].to_numpy(dtype="datetime64[s]").astype(float)[order] / 86400
        days[frame["date"].isna().to_numpy()[order]] = -np.inf
        latest = np.maximum.reduceat(days, start)[question]
        with np.errstate(invalid="ignore"):
            age = np.where(np.isfinite(days), latest - days, 0.0)
    group = unique // len(names)
    labels = names[unique % len(names)]
    return Crowd(
        questions=pd.MultiIndex.from_arrays([group_labels[group], labels]) if resolved else pd.Index(labels, name="question"),
        start=start,
        size=size,
        question=question,
        forecaster=forecaster,
        forecasters=pd.MultiIndex.from_arrays([group_labels[people_unique // len(people_names)], people_names[people_unique % len(people_names)]]),
        probability=frame["probability"].to_numpy(dtype=float)[order],
        age=age,
        group=group,
        groups=pd.Index(group_labels),
        outcome=frame["outcome"].to_numpy(dtype=float)[order][start] if resolved else None,
    )


def _codes(column: pd.Series) -> tuple[np.ndarray, pd.Index]:
    try:
        codes, labels = pd.factorize(column, sort=True)
    except TypeError:
        codes, labels = pd.factorize(column)
    return codes, pd.Index(labels)
