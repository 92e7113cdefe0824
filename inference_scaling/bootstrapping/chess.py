"""One chess program with more and more time: strength by game pairs, on a scale that draws compress and on one that they do not.

Data: Stockfish wiki, "Useful data". Stockfish 17 plays Stockfish 14, which gets more time; pairs of games start from one opening with colours changed.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

PAIR_POINTS = np.array([0.0, 0.25, 0.5, 0.75, 1.0])

def pair_counts(rows: pd.DataFrame) -> np.ndarray:
    """Game pairs by half points of the newer program, shape (matches, 5)."""
    return rows[[f"pairs_{half}" for half in range(5)]].to_numpy(dtype=float)


def elo(counts: np.ndarray) -> np.ndarray:
    """Elo difference from the mean score, shape (matches,); a draw counts half a win, so that draws pull it towards 0."""
    score = counts @ PAIR_POINTS / counts.sum(-1)
    return -400 * np.log10(1 / score - 1)


def normalised_elo(counts: np.ndarray) -> np.ndarray:
    """The wiki's normalised game-pair Elo, shape (matches,): 100 log10 of points won over points lost in pairs that one side won; drawn pairs drop out."""
    lost, won = counts[:, 1] + 2 * counts[:, 0], counts[:, 3] + 2 * counts[:, 4]
    return 100 * np.log10(won / lost)


def decided_share(counts: np.ndarray) -> np.ndarray:
    """Share of pairs that one side won."""
    return 1 - counts[:, 2] / counts.sum(-1)


def chess_curves(rows: pd.DataFrame, scale: str = "elo") -> pd.DataFrame:
    """Strength of Stockfish 14 against its thinking time, one curve a set of openings.

    The two ladders of matches (opponent at 10 and at 60 seconds) are joined where Stockfish 14 itself has 60 seconds, which supposes that differences add up.

    Parameters
    ----------
    rows : DataFrame
        The table chess_time_odds.
    scale : {"elo", "normalised"}

    Returns
    -------
    DataFrame
        curve, kind, decades of time, score, available_from.
    """
    if scale not in ("elo", "normalised"):
        raise ValueError(f"scale must be 'elo' or 'normalised', got {scale!r}")
    strength = -(elo if scale == "elo" else normalised_elo)(pair_counts(rows))
    parts = []
    for book, part in rows.assign(strength=strength).groupby("book"):
        fast, slow = (part[part["newer_seconds"] == seconds].set_index("older_seconds")["strength"] for seconds in (10.0, 60.0))
        joined = pd.concat([fast, slow.drop(60.0) + fast[60.0] - slow[60.0]])
        decades = np.log10(joined.index.to_numpy() / joined.index.min())
        parts.append(pd.DataFrame({"curve": f"Stockfish 14, {book}", "kind": "tree search, chess", "decades": decades, "score": joined.to_numpy() - joined.iloc[0], "available_from": part["available_from"].max()}))
    return pd.concat(parts, ignore_index=True)
