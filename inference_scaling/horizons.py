"""Time horizons of AI models: how much reasoning training adds at equal date, and when the trend bent.

Data and the published doubling times: METR, "Task-Completion Time Horizons", and T. Kwa, B. West et al. 2025, arXiv:2503.14499.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from inference_scaling import sampling, tables
from inference_scaling.estimates import Estimate
from inference_scaling.trends import (
    CEILING_MINUTES,
    KINK_DATES,
    ORIGIN,
    TRENDS,
    Design,
    Scales,
    candidate_probability,
    design,
    forward_log_score,
    leave_one_out,
    parameters,
    shift_model,
    without,
    years_since_origin,
)

SINCE = "2023-01-01"
DOCUMENT_DATE = "2025-01-14"
O1_PREVIEW = "2024-09-12"
THRESHOLD_DOUBLINGS = 1.0


def frontier(rows: pd.DataFrame, measure: str = "p50_minutes") -> pd.DataFrame:
    """Rows that set a new longest horizon within the rows given, one model a release date (the best)."""
    best = rows.sort_values(["released", measure], ascending=[True, False]).drop_duplicates("released")
    return best[best[measure] > best[measure].cummax().shift(fill_value=-np.inf)].reset_index(drop=True)


def doubling_days(rows: pd.DataFrame, since: str | None = None, until: str | None = None, ceiling: float = CEILING_MINUTES) -> float:
    """Doubling time in days by METR's estimator: least squares of log2 p50 on release date, over the frontier in a window.

    Parameters
    ----------
    since, until : str, optional
        ISO dates of the window, both included.
    ceiling : float
        Horizons above it, in minutes, are left out.

    Raises
    ------
    ValueError
        If fewer than two models remain.
    """
    inside = rows[(rows["p50_minutes"] <= ceiling)]
    if since is not None:
        inside = inside[inside["released"] >= since]
    if until is not None:
        inside = inside[inside["released"] <= until]
    chosen = frontier(inside)
    if len(chosen) < 2:
        raise ValueError(f"the window {since} to {until} holds {len(chosen)} frontier models; widen it to two or more")
    per_day = np.polyfit((chosen["released"] - ORIGIN).dt.days, np.log2(chosen["p50_minutes"]), 1)[0]
    return float(1 / per_day)


def same_base_gains(rows: pd.DataFrame) -> pd.DataFrame:
    """Doublings between a model and the reasoning model trained from it: DeepSeek's two pairs in suite 1.0.

    Returns
    -------
    DataFrame
        Columns base, reasoning, doublings, standard_error (errors of the two taken as independent, hence an upper bound).
    """
    log2 = rows.set_index("model")
    pairs = [("DeepSeek-V3", "DeepSeek-R1"), ("DeepSeek-V3 (March 2025)", "DeepSeek-R1 (May 2025)")]
    error = np.log2(log2["p50_high_minutes"] / log2["p50_low_minutes"]) / (2 * special.ndtri(0.975))
    return pd.DataFrame(
        [
            {
                "base": base,
                "reasoning": reasoner,
                "doublings": np.log2(log2.loc[reasoner, "p50_minutes"] / log2.loc[base, "p50_minutes"]),
                "standard_error": float(np.hypot(error[base], error[reasoner])),
            }
            for base, reasoner in pairs
        ]
    )


@dataclass(frozen=True)
class Study:
    """Everything that the section shows; intervals 90 %, shifts in doublings.

    Attributes
    ----------
    shift, probability : dict of date -> trend -> Estimate or P(shift >= 1)
        Dates as in `claims.AS_OF`.
    prior : float
        P(shift >= 1) before data, the same under every trend.
    forward : dict of trend -> float
        Joint log score, nats, of the rows after the document's date given those before.
    neighbours : DataFrame
        P(shift >= bound) by bound and trend, today.
    loo : DataFrame
        trend, elpd, standard_error, largest_k, refitted.
    sensitivity : DataFrame
        assumption, median, low, high, probability.
    kinks : DataFrame
        date, rows, probability: posterior of the date of a change of slope, no reasoning shift in the model.
    steeper : DataFrame
        rows, date (fixed or free), P(steeper), P(date in July to December 2024).
    points, bands : DataFrame
        For the trend chart; minutes.
    replication : DataFrame
        window, published, recomputed, in days.
    same_base : DataFrame
        See `same_base_gains`.
    last_evidence : str
    """

    shift: dict[str, dict[str, Estimate]]
    probability: dict[str, dict[str, float]]
    prior: float
    forward: dict[str, float]
    neighbours: pd.DataFrame
    loo: pd.DataFrame
    sensitivity: pd.DataFrame
    kinks: pd.DataFrame
    steeper: pd.DataFrame
    points: pd.DataFrame
    bands: pd.DataFrame
    replication: pd.DataFrame
    same_base: pd.DataFrame
    last_evidence: str


def study(seed: int = 20250114) -> Study:
    """Fit the declared model set and all that the section reports."""
    table = tables.load("metr_time_horizons")
    versions = dict(tuple(table.groupby("version")))
    newest = versions["1.1 of 2026-09"]
    today = newest[newest["released"] >= SINCE].reset_index(drop=True)
    before = today[today["released"] <= DOCUMENT_DATE]
    after = today[today["released"] > DOCUMENT_DATE]
    best = frontier(today)
    fixed = pd.DatetimeIndex([O1_PREVIEW])
    no_shift = Scales(shift=0.0)
    flip = today["reasoning_trained"].to_numpy() & (today["model"] != "Claude 3.7 Sonnet").to_numpy()
    full = versions["1.0 of 2026-01"]
    designs = {(when, trend): design(rows, trend) for when, rows in (("today", today), ("then", before)) for trend in TRENDS}
    designs["frontier", "line"] = design(best)
    designs |= {("kink only", name, how): design(rows, "kink", no_shift, kink_dates=dates) for name, rows in (("all", today), ("frontier", best)) for how, dates in (("free", KINK_DATES), ("fixed", fixed))}
    variants = {
        "prior s.d. of the shift 1 instead of 2": design(today, scales=Scales(shift=1.0)),
        "prior s.d. of the shift 4 instead of 2": design(today, scales=Scales(shift=4.0)),
        "half of the measurement variance shared": design(today, scales=Scales(shared=0.5)),
        "80 % horizon instead of 50 %": design(today, measure="p80"),
        "Claude 3.7 Sonnet counted as not reasoning-trained": design(today, reasoning=flip),
        "suite 1.0, with models behind the frontier": design(full[full["released"] >= SINCE]),
    }
    designs |= {("variant", name): data for name, data in variants.items()}
    posteriors = _fit(designs, seed)
    smoothed = {trend: leave_one_out(posteriors["today", trend], designs["today", trend]) for trend in TRENDS}
    loo = _loo(smoothed, {trend: designs["today", trend] for trend in TRENDS}, seed)

    dates = {"2025-01 in hindsight": "then", "today": "today"}
    shifts = {key: p["shift"] for key, p in posteriors.items()}
    holds = {key: float(np.mean(s >= THRESHOLD_DOUBLINGS)) for key, s in shifts.items()}
    rows = {"main analysis": ("today", "line"), "frontier rows only": ("frontier", "line"), **{name: ("variant", name) for name in variants}}
    sensitivity = []
    for name, key in rows.items():
        low, median, high = np.quantile(shifts[key], [0.05, 0.5, 0.95])
        sensitivity.append({"assumption": name, "median": median, "low": low, "high": high, "probability": holds[key]})
    free = {name: candidate_probability(posteriors["kink only", name, "free"], designs["kink only", name, "free"]) for name in ("all", "frontier")}
    half = (KINK_DATES >= "2024-07-01") & (KINK_DATES < "2025-01-01")
    return Study(
        shift={d: {t: _estimate(shifts[k, t]) for t in TRENDS} for d, k in dates.items()},
        probability={d: {t: holds[k, t] for t in TRENDS} for d, k in dates.items()},
        prior=float(special.ndtr(-THRESHOLD_DOUBLINGS / Scales().shift)),
        forward={t: forward_log_score(posteriors["then", t], designs["then", t], design(after, t)) for t in TRENDS},
        neighbours=pd.DataFrame([{"at_least": x, "trend": t, "probability": float(np.mean(shifts["today", t] >= x))} for x in (0.0, 0.5, 1.0, 1.5, 2.0) for t in TRENDS]),
        loo=loo,
        sensitivity=pd.DataFrame(sensitivity),
        kinks=pd.concat([pd.DataFrame({"date": KINK_DATES, "rows": name, "probability": p}) for name, p in free.items()], ignore_index=True),
        steeper=pd.DataFrame(
            [
                {"rows": name, "date": how, "steeper": float(np.mean(posteriors["kink only", name, how]["bend"] > 0)), "second_half_2024": float(free[name][half].sum()) if how == "free" else np.nan}
                for name in ("all", "frontier")
                for how in ("fixed", "free")
            ]
        ),
        points=_points(today),
        bands=_bands(posteriors["today", "line"]),
        replication=_replication(versions),
        same_base=same_base_gains(full),
        last_evidence=str(today["released"].max())[:10],
    )


def _fit(designs: Mapping[tuple, Design], seed: int) -> dict[tuple, dict[str, np.ndarray]]:
    """Draws of the parameters, each (S,), for every design."""
    models = {"horizons " + " ".join(map(str, key)): shift_model(data) for key, data in designs.items()}
    trees = sampling.fit_all(models, draws=2000, seed=seed, target_accept=0.95)
    return {key: parameters(tree, data.scales) for (key, data), tree in zip(designs.items(), trees.values(), strict=True)}


def _estimate(shift: np.ndarray) -> Estimate:
    return Estimate.from_draws(shift.reshape(4, -1), unit="doublings")


def _loo(smoothed: Mapping[str, tuple[np.ndarray, np.ndarray]], designs: Mapping[str, Design], seed: int) -> pd.DataFrame:
    """Leave-one-out score of each trend; rows with k above 0.7 are refitted without them."""
    split = {(trend, row): without(designs[trend], row) for trend, (_, k) in smoothed.items() for row in np.flatnonzero(k > 0.7)}
    rests = _fit({("without", *key): rest for key, (rest, _) in split.items()}, seed)
    table = []
    for trend, (scores, k) in smoothed.items():
        exact = {row: forward_log_score(rests["without", name, row], *parts) for (name, row), parts in split.items() if name == trend}
        scores = np.array([exact.get(row, score) for row, score in enumerate(scores)])
        table.append({"trend": trend, "elpd": scores.sum(), "standard_error": np.sqrt(len(scores)) * scores.std(ddof=1), "largest_k": k.max(), "refitted": len(exact)})
    return pd.DataFrame(table)


def _points(rows: pd.DataFrame) -> pd.DataFrame:
    kind = np.where(rows["reasoning_trained"], "reasoning-trained", "not reasoning-trained")
    columns = {"p50_minutes": "minutes", "p50_low_minutes": "low", "p50_high_minutes": "high"}
    return rows[["model", "released", *columns]].rename(columns=columns).assign(kind=kind)


def _bands(draws: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Median and 90 % band, in minutes, of the trend of each kind of model over the months in which it was measured."""
    parts = []
    spans = {"not reasoning-trained": ("2023-03-01", "2024-12-01"), "reasoning-trained": ("2024-09-01", "2026-04-01")}
    for flag, (kind, span) in enumerate(spans.items()):
        months = pd.date_range(*span, freq="MS")
        trend = draws["level"][:, None] + draws["slope"][:, None] * years_since_origin(months) + flag * draws["shift"][:, None]
        low, middle, high = 2 ** np.quantile(trend, [0.05, 0.5, 0.95], axis=0)
        parts.append(pd.DataFrame({"released": months, "kind": kind, "low": low, "minutes": middle, "high": high}))
    return pd.concat(parts, ignore_index=True)


def _replication(versions: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """METR's doubling times beside the same estimator on these rows, in days."""
    published = tables.load("metr_doubling_times").set_index(["published", "suite", "window"])["doubling_time"]
    first, second, last = (versions[name] for name in ("1.0 of 2026-01", "1.1 of 2026-01", "1.1 of 2026-09"))
    checks = {
        ("2025-03-19", "1.0", "2019 to 2025-03, frontier models"): (first, {"until": "2025-03-19"}),
        ("2026-01-29", "1.0", "from 2023 on"): (first, {"since": SINCE}),
        ("2026-01-29", "1.1", "from 2023 on"): (second, {"since": SINCE}),
        ("2026-05-08", "1.1", "from 2023 on, points with p50 above 16 h excluded"): (last, {"since": SINCE}),
        ("2026-05-08", "1.1", "all time, stitched, points with p50 above 16 h excluded"): (last, {}),
    }
    return pd.DataFrame(
        [
            {"published_on": day, "suite": suite, "window": window, "published": published[pd.Timestamp(day), suite, window], "recomputed": doubling_days(rows, **span)}
            for (day, suite, window), (rows, span) in checks.items()
        ]
    )
