"""Statements about one event as distributions of the date of another, and pools of them by group, on a grid of years."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from inference_scaling.forecasts.dates import decimal_year
from inference_scaling.forecasts.members import GROUPS, INDEX_PARTS, Member

# A group's mean needs each offset's marginal law only, its interval their joint one.
NODES, JOINT_DRAWS = 21, 200
# Years ahead at which offsets that are added equal those that multiply: the middle of the pairs that offsets are estimated from.
TYPICAL_YEARS = 5.0


def offset_of(event: str, offsets: Mapping[str, np.ndarray]) -> np.ndarray:
    """Draws of an event's offset; that of the index is the mean over its parts, since it pools them."""
    return np.mean([offsets[part] for part in INDEX_PARTS], axis=0) if event == "index" else offsets[event]


def mapped_cdf(member: Member, offset: np.ndarray, years: np.ndarray, as_of: str, added: bool = False) -> np.ndarray:
    """Probability of the target by each year under a member's statement, given that it has not come by `as_of`.

    The time to the target is the time to the member's event times exp(offset); or, if `added`, plus exp(offset) - 1 times `TYPICAL_YEARS`, which is the
    same for a source that dates its event so far ahead.

    Parameters
    ----------
    offset : ndarray, shape (draws,)
    years : ndarray, shape (years,)

    Returns
    -------
    ndarray, shape (draws, years)
    """
    stated, now = member.distribution.stated, decimal_year(as_of)
    when = np.concatenate([[now], np.maximum(years, now)])
    back = when - np.expm1(offset)[:, None] * TYPICAL_YEARS if added else stated + (when - stated) * np.exp(-offset)[:, None]
    found = member.distribution.cdf(back)
    return (found[:, 1:] - found[:, :1]) / (1 - found[:, :1])


def group_cdfs(people: Sequence[Member], offsets: Mapping[str, np.ndarray], as_of: str, years: np.ndarray, added: bool = False, joint: bool = False) -> dict[str, np.ndarray]:
    """Linear pool of each group, shape (years,), averaged over the offsets; groups without members are left out.

    With `joint`, by draw of the offsets instead: shape (draws, years).
    """
    chosen = _thinned if joint else nodes
    found = {}
    for group in GROUPS:
        own = [member for member in people if member.group == group]
        if own:
            weights = np.array([member.weight for member in own])
            parts = [mapped_cdf(member, chosen(offset_of(member.event, offsets)), years, as_of, added) for member in own]
            found[group] = np.tensordot(weights / weights.sum(), parts if joint else [part.mean(0) for part in parts], axes=1)
    return found


def nodes(offset: np.ndarray, count: int = NODES) -> np.ndarray:
    """Equally likely values that stand for draws of an offset: the means of its ordered equal parts."""
    return np.array([part.mean() for part in np.array_split(np.sort(offset), min(count, len(offset)))])


def _thinned(draws: np.ndarray) -> np.ndarray:
    return draws[:: max(1, len(draws) // JOINT_DRAWS)]


def median_year(cdf: np.ndarray, years: np.ndarray) -> float:
    """Year at which a distribution function on a grid crosses one half, by linear interpolation; infinite if beyond the grid."""
    above = np.flatnonzero(cdf >= 0.5)
    if not len(above) or above[0] == 0:
        return np.inf
    k = above[0]
    return float(years[k - 1] + (0.5 - cdf[k - 1]) / (cdf[k] - cdf[k - 1]) * (years[k] - years[k - 1]))
