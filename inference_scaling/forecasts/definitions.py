"""Offsets between definitions of AGI: how much further away one event is than another, estimated from those who date both.

The event to which all others are mapped is Metaculus 5121, "the first general AI system": one system that passes a long adversarial Turing test,
assembles a model car, and does well on a broad examination and on programming problems.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pymc as pm
import pytensor.tensor as pt
from scipy import sparse
from scipy.linalg import helmert
from scipy.sparse.csgraph import connected_components

from inference_scaling import sampling, tables
from inference_scaling.estimates import Estimate
from inference_scaling.forecasts.dates import decimal_years

TARGET = "general"
DRAWS = {"draws": 1000, "tune": 1000, "seed": 5121}

# Prior mean and own standard deviation of the offset: log of (years until the target / years until this event).
PRIORS = {
    "weak": (0.4, 0.5),
    "turing": (0.2, 0.3),
    "adversarial": (0.1, 0.3),
    "coder": (0.3, 0.5),
    "research": (0.1, 0.5),
    "production": (-0.2, 0.5),
    "dominating": (-0.1, 0.5),
    "superintelligence": (-0.3, 0.5),
    "remote": (0.0, 0.4),
    "transformative": (-0.3, 0.5),
    "every task": (-0.3, 0.4),
    "unspecified": (0.0, 0.3),
}
EVENTS = list(PRIORS)
NAMES = {
    "weak": "weakly general AI",
    "turing": "long Turing test",
    "adversarial": "adversarial test",
    "coder": "automated coder",
    "research": "AI research automated",
    "production": "AI production parity",
    "dominating": "beats top experts",
    "superintelligence": "superintelligence",
    "remote": "remote work",
    "transformative": "transformative AI",
    "every task": "every task, cheaper",
    "unspecified": "AGI, undefined",
    TARGET: "general AI",
    "index": "mixture of four",
}
# Families of events whose offsets have a part in common, with its standard deviation.
FAMILIES = {
    ("coder", "research", "production", "dominating", "superintelligence", "remote"): 0.3,
    ("turing", "adversarial"): 0.4,
}

# The tables' names of events, by definition; what is missing here is not dated by anybody in the pool.
DEFINITIONS = {
    "first general AI system": TARGET,
    "first weakly general AI system": "weak",
    "long adversarial Turing test": "turing",
    "adversarial Turing test": "adversarial",
    "transformative AI": "transformative",
    "SC": "coder",
    "SC_ATC": "coder",
    "SC_BAG": "coder",
    "SC_THE": "coder",
    "AC": "coder",
    "AC_ATC": "coder",
    "AI_RD_AUTO": "research",
    "AI_RD_PARITY": "research",
    "AI_PROD_PARITY": "production",
    "TED_AI": "dominating",
    "ASI": "superintelligence",
    "AGI95": "remote",
    "REMOTE99": "remote",
    "REMOTE_FULL": "remote",
    "TAI": "transformative",
    "HLMI": "every task",
    "machines do every task better and more cheaply": "every task",
    "AGI": "unspecified",
    "AGI, not defined further": "unspecified",
    "AGI, given that it comes": "unspecified",
}
# Sources that date two events or more on (nearly) one day: one set each, so that nobody counts twice; one crowd at several times is one source.
METACULUS_TIMES = {"early 2024": ("2024-02-01", "2024-03-31"), "end of 2025": ("2025-12-01", "2025-12-31"), "August 2026": ("2026-08-01", "2026-08-31")}
# Pairs of events whose factor the page shows.
RATIOS = (("weak", TARGET), ("turing", TARGET), (TARGET, "transformative"), ("coder", "dominating"), ("coder", "superintelligence"), ("research", "production"))
PEOPLE_SETS = {"Daniel Kokotajlo": "2026-08-16", "Eli Lifland": "2026-08-16", "Ajeya Cotra": "2026-04-15"}


def pairs(as_of: str) -> pd.DataFrame:
    """Medians of sources that date at least two events, public on a day; one set a source.

    Returns
    -------
    pandas.DataFrame
        Columns set, event, years_ahead, available_from.
    """
    parts = [_metaculus(as_of), _people(as_of), _greenblatt(as_of)]
    rows = pd.concat([part for part in parts if len(part)], ignore_index=True)
    return rows[rows.groupby("set")["event"].transform("nunique") > 1].reset_index(drop=True)


def contrasts(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """What a set's medians say about offsets, free of how far off it holds them all to be.

    Returns
    -------
    (design, value)
        Shapes (n, 1 + events) and (n,), where a set of k medians gives k - 1 orthonormal contrasts of log years ahead; columns: target, `EVENTS`.
    """
    known = [TARGET, *EVENTS]
    designs, values = [], []
    for _, own in rows.groupby("set", sort=False):
        basis = helmert(len(own))
        designs.append(basis @ np.eye(len(known))[own["event"].map(known.index)])
        values.append(basis @ np.log(own["years_ahead"].to_numpy(float)))
    return np.concatenate(designs), np.concatenate(values)


def offset_model(rows: pd.DataFrame) -> pm.Model:
    """Offsets between definitions from sets of medians.

    For the median of event e in set s, in years after the statement: ``log t_se ~ Normal(a_s - offset_e, sigma)``, with the target's offset 0. A set's
    level a_s, how far off it holds the target to be, has a flat prior and is integrated out: the contrasts within a set are independent normals. The
    offsets are normal, too, and integrated out: only sigma is sampled, and `offset_draws` gives the offsets exactly.
    ``offset_e = m_e + s_e z_e``, plus a part that a family of events has in common. Nobody links the ladder of research automation to the target by
    dating both, so its common part stays at its prior, Normal(0, 0.3). The Turing test of Metaculus 11861 speaks for the adversarial tests of others
    through theirs, Normal(0, 0.4).

    Priors: weakly general AI and the Turing test are conditions that the target contains (positive offsets); machines that do every task better and more
    cheaply contain the target (negative). Each standard deviation of 0.3 to 0.5 is a factor of 1.3 to 1.6 in the
    time left. sigma ~ LogNormal(log 0.25, 0.4): two who agree on one date differ on the next by a fifth to a third of the time left; it is kept from zero
    because sets of two fit exactly.
    """
    design, value = contrasts(rows)
    mean, covariance = prior_moments()
    with pm.Model(name="definitions") as model:
        seen = pm.Data("seen", -design[:, 1:])
        observed = pm.Data("log_years", value)
        sigma = pm.LogNormal("sigma", np.log(0.25), 0.4)
        spread = seen @ covariance @ seen.T + sigma**2 * pt.eye(observed.shape[0])
        pm.MvNormal("years", seen @ mean, cov=spread, observed=observed)
    return model


def offset_draws(rows: pd.DataFrame, sigma: np.ndarray, seed: int = 5121) -> np.ndarray:
    """Exact draws of the offsets given those of sigma, shape (draws, events).

    A draw from the prior is moved by what the data say against it (Matheron's rule; Hoffman and Ribak 1991).
    """
    design, value = contrasts(rows)
    seen, (mean, covariance), rng = -design[:, 1:], prior_moments(), np.random.default_rng(seed)
    start = rng.multivariate_normal(mean, covariance, len(sigma))
    noise = sigma[:, None] * rng.standard_normal((len(sigma), len(value)))
    spread = seen @ covariance @ seen.T + sigma[:, None, None] ** 2 * np.eye(len(value))
    gap = value - start @ seen.T - noise
    return start + np.linalg.solve(spread, gap[:, :, None])[:, :, 0] @ seen @ covariance


def prior_moments() -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance of the offsets before data."""
    mean, own = np.array(list(PRIORS.values())).T
    shared = np.array([[sd * (event in family) for family, sd in FAMILIES.items()] for event in EVENTS])
    return mean, np.diag(own**2) + shared @ shared.T


def prior(event: str) -> tuple[float, float]:
    """Prior mean and standard deviation of an event's offset, the part in common included."""
    mean, own = PRIORS[event]
    return mean, float(np.hypot(own, sum(sd for family, sd in FAMILIES.items() if event in family)))


def fit(as_of: Mapping[str, str]) -> dict[str, dict[str, np.ndarray]]:
    """Posterior draws of the offsets by date and event, the target's own being 0."""
    rows = {name: pairs(day) for name, day in as_of.items()}
    trees = sampling.fit_all({f"offsets {name}": offset_model(own) for name, own in rows.items()}, **DRAWS)
    found = {}
    for name, own in rows.items():
        values = offset_draws(own, sampling.draws(trees[f"offsets {name}"], "definitions::sigma"))
        found[name] = {event: values[:, column] for column, event in enumerate(EVENTS)} | {TARGET: np.zeros(len(values))}
    return found


def _set(name: str, events: pd.Series, ahead: pd.Series, known: pd.Series) -> pd.DataFrame:
    return pd.DataFrame({"set": name, "event": events.map(DEFINITIONS), "years_ahead": ahead, "available_from": known}).dropna(subset=["event"])


def _metaculus(as_of: str) -> pd.DataFrame:
    """The crowd's snapshots, averaged to one set."""
    rows = tables.load("metaculus_snapshots", as_of)
    rows = rows[rows["quantity"].eq("p50") & ~rows["quotes_document_under_test"] & rows["event"].isin(DEFINITIONS)]
    parts = []
    for name, (first, last) in METACULUS_TIMES.items():
        own = rows[rows["statement_date"].between(first, last)].sort_values("statement_date").drop_duplicates("event", keep="last")
        parts.append(_set(name, own["event"], own["year"] - decimal_years(own["statement_date"]), own["available_from"]))
    return averaged(pd.concat(parts, ignore_index=True), "Metaculus")


def averaged(snapshots: pd.DataFrame, source: str) -> pd.DataFrame:
    """One set of medians from a source's snapshots: log years ahead as a part of the snapshot plus a part of the event, by least squares.

    Parameters
    ----------
    snapshots : DataFrame
        Columns set (the snapshot), event, years_ahead, available_from.
    source : str
        Name of the set.

    Raises
    ------
    ValueError
        Snapshots that share no event with the others, so that their levels cannot be told apart.
    """
    rows = snapshots[snapshots.groupby("set")["event"].transform("nunique") > 1]
    if rows.empty:
        return rows
    times, events = (pd.get_dummies(rows[name]).astype(float) for name in ("set", "event"))
    found, _, rank, _ = np.linalg.lstsq(np.hstack([times, events]), np.log(rows["years_ahead"].to_numpy(float)), rcond=None)
    if rank < times.shape[1] + events.shape[1] - 1:
        raise ValueError(f"{source}: snapshots {', '.join(times)} share no event; leave out those that stand alone")
    level, parts = found[: times.shape[1]].mean(), found[times.shape[1] :]
    known = rows.groupby("event")["available_from"].max()
    return pd.DataFrame({"set": source, "event": events.columns, "years_ahead": np.exp(level + parts), "available_from": known[events.columns].to_numpy()})


def _people(as_of: str) -> pd.DataFrame:
    rows = tables.load("expert_statements", as_of)
    rows = rows[rows["quantity"].eq("p50") & rows["bound"].eq("")]
    parts = []
    for person, day in PEOPLE_SETS.items():
        own = rows[rows["person"].eq(person) & rows["statement_date"].eq(pd.Timestamp(day))]
        # The model's date and the all-things-considered one of the same milestone are one statement.
        own = own[~own["event"].eq("AC")] if {"AC", "AC_ATC"} <= set(own["event"]) else own
        parts.append(_set(person, own["event"], own["year"] - decimal_years(own["statement_date"]), own["available_from"]))
    return pd.concat(parts)


def _greenblatt(as_of: str) -> pd.DataFrame:
    rows = tables.load("greenblatt_milestones", as_of)
    medians = {event: np.interp(0.5, own["probability"], own["year"]) for event, own in rows.groupby("event")}
    days = rows.groupby("event")[["statement_date", "available_from"]].first()
    events = pd.Series(list(medians), index=list(medians))
    return _set("Ryan Greenblatt", events, pd.Series(medians) - decimal_years(days["statement_date"]), days["available_from"])


def linked(statements: pd.DataFrame) -> list[set[str]]:
    """Groups of events that are linked by sources which dated two of them on one day; between groups nothing is estimated.

    Parameters
    ----------
    statements : DataFrame
        Columns source, event, day.
    """
    events = sorted(statements["event"].unique())
    days = statements.groupby(["source", "day"])["event"].apply(set)
    links = np.array([[any({a, b} <= names for names in days) for b in events] for a in events])
    count, labels = connected_components(sparse.csr_matrix(links), directed=False)
    return [{event for event, label in zip(events, labels, strict=True) if label == k} for k in range(count)]


def ratios(offsets: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Factors between the times left to two events that one source dated on one day: columns first, second, factor (Estimate; second over first)."""
    rows = [(first, second, Estimate.from_draws(np.exp(offsets[first] - offsets[second]).reshape(4, -1))) for first, second in RATIOS]
    return pd.DataFrame(rows, columns=["first", "second", "factor"])
