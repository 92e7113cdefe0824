"""Rules of pooling on questions that they have not seen: cross-validation by question, and from two sets to the third."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from inference_scaling import tables

FOLDS = 5
SPACING = 10_000
SETS = ("Good Judgment", "Metaculus pros", "PredictionBook")
Rule = Callable[[pd.DataFrame, pd.DataFrame], pd.Series]


def resolved_forecasts(as_of: str | None = None) -> pd.DataFrame:
    """Forecasts of the three sets with outcomes.

    Parameters
    ----------
    as_of : str, optional
        ISO date; keeps the sets whose outcomes were public in the collection by then.

    Returns
    -------
    DataFrame
        question and forecaster (numbers unique over all sets), probability, outcome, group (the set), date (of the forecast; missing where the set does not
        tell) and closed (when the question closed).
    """
    book = tables.load("predictionbook_forecasts").rename(columns={"available_from": "date"}).assign(set="PredictionBook")
    crowds = tables.load("crowd_forecasts").drop(columns="available_from")
    questions = tables.load("resolved_questions", as_of).drop(columns="available_from")
    rows = pd.concat([crowds, book], ignore_index=True).merge(questions, on=["set", "question"], validate="many_to_one").rename(columns={"set": "group"})
    place = rows["group"].map({name: SPACING * (number + 1) for number, name in enumerate(SETS)})
    return rows.assign(question=rows["question"] + place, forecaster=rows["forecaster"] + place)


def assigned_folds(rows: pd.DataFrame, folds: int = FOLDS, seed: int = 0) -> pd.Series:
    """Fold of each question, index question: within each set at random and as even as can be.

    Raises
    ------
    ValueError
        If a set has fewer questions than there are folds.
    """
    rng, parts = np.random.default_rng(seed), []
    for name, group in rows.groupby("group"):
        questions = group["question"].unique()
        if len(questions) < folds:
            raise ValueError(f"set {name!r} has {len(questions)} questions, fewer than the {folds} folds; take fewer folds")
        parts.append(pd.Series(rng.permutation(np.arange(len(questions)) % folds), index=questions))
    return pd.concat(parts)


def cross_validated(rows: pd.DataFrame, rule: Rule, fold: pd.Series, train_on: str = "own") -> pd.Series:
    """Pooled probability of every question by a rule that has learned without the question's fold.

    Parameters
    ----------
    rule : callable
        Takes forecasts without outcomes and resolved forecasts, returns probabilities by question. Whatever it tunes, it tunes on the latter.
    fold : Series
        As `assigned_folds` gives it.
    train_on : {"own", "all"}
        Other folds of the same set only, or of all sets.
    """
    if train_on not in ("own", "all"):
        raise ValueError(f"train_on must be 'own' or 'all'; got {train_on!r}")
    place = rows["question"].map(fold)
    parts = []
    for _, group in [("", rows)] if train_on == "all" else rows.groupby("group"):
        for number in np.unique(fold):
            inside = place.loc[group.index] == number
            parts.append(rule(group[inside].drop(columns="outcome"), group[~inside]))
    return pd.concat(parts)


def transferred(rows: pd.DataFrame, rule: Rule) -> pd.Series:
    """Pooled probability of every question by a rule that has learned from the other sets only."""
    return pd.concat([rule(group.drop(columns="outcome"), rows[rows["group"] != name]) for name, group in rows.groupby("group")])


def by_question(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a question, index question: group, outcome, size (number of forecasters), closed."""
    grouped = rows.groupby("question", sort=False)
    return grouped[["group", "outcome", "closed"]].first().assign(size=grouped.size())
