"""Does search run into a ceiling at a fixed model? Forms, forward check and sensitivity on the curves of `bootstrapping.curves`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from inference_scaling import tables
from inference_scaling.bootstrapping import chess
from inference_scaling.bootstrapping.curves import (
    FORMS,
    HALF,
    KINDS,
    REFERENCE,
    Curves,
    Posterior,
    all_curves,
    arrays,
    curve_shape,
    end_point_scores,
    fit,
    gain_ratio,
    in_log_odds,
    kept_per_decade,
    new_curve,
    without_last_decade,
)
from inference_scaling.estimates import Estimate

DOCUMENT_DATE = "2025-01-15"
DATES = ("2025-01", "2025-01 in hindsight", "today")
# Runs of before the claim that were published, or are dated at the latest, a few weeks after it.
HINDSIGHT = ("samples, answer key", "tree search, chess")
COMMON = (2.0, 2.5)
SHOWN = ("o1 on AIME 2024", "o1-mini on AIME 2024, votes", "Llama 3.1 70B Instruct, faulty tests", "Pythia 12B, answer key", "Stockfish 14, balanced openings")


@dataclass(frozen=True)
class Study:
    """Results; forms are power law with ceiling (primary) and S-curve, equally weighted.

    Attributes
    ----------
    probabilities, priors : dict of date -> form -> P(S), P before data
        For a curve not seen yet, as long as those of its kind, of a kind drawn at random from those measured by the date.
    by_kind : DataFrame
        One row a kind, today, a curve not seen yet; primary form unless said. kind, curves, span; kept, kept_low, kept_high (gain of a decade over that of the one before); ratio, low, high (last
        over first, own span); P(S): own, s_curve, log_odds, log_odds_at_2, at_2, at_2_5, prior, prior_at_2,
        prior_at_2_5.
    by_curve : DataFrame
        curve, kind, decades, ratio and log_odds (medians of the ratio in points and in log odds), measured and measured_log_odds (see `measured_ratio`).
    ratio : dict of date -> Estimate
        Last decade's gain over the first's, primary form, kinds mixed.
    log_scores : dict of form -> float
        Log score a curve, nats, of each end forecast from all but the last decade: mean within a kind, then over kinds; the straight line as reference.
    covered : DataFrame
        kind, ends, and by form how many lie in the 90 % forecast interval.
    fitted, points : DataFrame
        For the chart of five curves: curve, kind, decades, gain (over the first point, of the whole rise), and the fit.
    chess_scales : DataFrame
        openings, scale, first, last (Elo a decade over the first and the last decade, by interpolation), ratio, decided_first, decided_last.
    sensitivity : DataFrame
        choice, probability, prior: today, forms averaged, one choice changed at a time.
    counts : dict of date -> (curves, kinds)
    last_evidence : dict of date -> str
    """

    probabilities: dict[str, dict[str, float]]
    priors: dict[str, dict[str, float]]
    by_kind: pd.DataFrame
    by_curve: pd.DataFrame
    ratio: dict[str, Estimate]
    log_scores: dict[str, float]
    covered: pd.DataFrame
    fitted: pd.DataFrame
    points: pd.DataFrame
    chess_scales: pd.DataFrame
    sensitivity: pd.DataFrame
    counts: dict[str, tuple[int, int]]
    last_evidence: dict[str, str]


def spans(data: Curves) -> tuple[np.ndarray, np.ndarray]:
    """Mean span in decades of each kind that has curves, and the kinds."""
    kinds = np.unique(data.kind)
    return np.array([data.span[data.kind == kind].mean() for kind in kinds]), kinds


def measured_ratio(data: Curves) -> np.ndarray:
    """Gain of the last decade over that of the first straight from the points, with lines between them, shape (curves,)."""
    ratios = []
    for i, end in enumerate(data.span):
        mine = data.curve == i
        at = np.interp([0, 1, end - 1, end], data.x[mine], data.y[mine])
        ratios.append((at[3] - at[2]) / (at[1] - at[0]))
    return np.array(ratios)


def probability(ratios: np.ndarray) -> float:
    """P(last decade < half the first) for a kind drawn at random; ratios of shape (S, kinds)."""
    return float((ratios < HALF).mean(axis=0).mean())


def seen(rows: pd.DataFrame, date: str) -> pd.DataFrame:
    """Rows admitted at a date of `DATES`."""
    if date == "today":
        return rows
    known = rows["available_from"] <= DOCUMENT_DATE
    return rows[known if date == "2025-01" else known | rows["kind"].isin(HINDSIGHT)].reset_index(drop=True)


def scale_of_chess(table: pd.DataFrame) -> pd.DataFrame:
    """Elo a decade over the first and the last decade of thinking time, on both scales of strength."""
    rows = []
    decided = table.assign(decided=chess.decided_share(chess.pair_counts(table))).set_index(["book", "newer_seconds", "older_seconds"])["decided"]
    for scale in ("elo", "normalised"):
        for curve, part in chess.chess_curves(table, scale).groupby("curve"):
            end = part["decades"].max()
            at = np.interp([0, 1, end - 1, end], part["decades"], part["score"])
            first, last = at[1] - at[0], at[3] - at[2]
            book = curve.split(", ")[1]
            rows.append({"openings": book, "scale": scale, "first": first, "last": last, "ratio": last / first, "decided_first": decided[book, 10.0, 10.0], "decided_last": decided[book, 60.0, 480.0]})
    return pd.DataFrame(rows)


def _sensitivity(rows: pd.DataFrame, blank: dict[str, Posterior], today: dict[str, Posterior]) -> pd.DataFrame:
    """P(S) today and before data with one choice changed at a time, forms averaged."""

    def pair(table: pd.DataFrame, common: float | None = None, fits: dict[str, Posterior] | None = None) -> tuple[float, float]:
        data = arrays(table)
        fits = fits or {form: fit(form, data) for form in FORMS}
        return tuple(float(np.mean([probability(new_curve(form, some[form], *spans(data), common)) for form in FORMS])) for some in (fits, blank))

    judged = rows["kind"].replace("samples, faulty judge", "votes")
    main = pair(rows, fits=today)
    found = {
        "main analysis": main,
        "scores in log odds": pair(in_log_odds(rows)),
        **{f"all kinds over {span:g} decades": pair(rows, span, today) for span in COMMON},
        "only curves of two decades or more": pair(all_curves(shortest=2.0 - 1e-6)),
        "thinking with the step from none, one ladder a model": pair(all_curves(switched=True)),
        "benchmarks near their ceiling too": pair(all_curves(limit=np.inf)),
        "chess on the scale without drawn pairs": pair(all_curves("normalised")),
        "four kinds: votes and faulty tests as one": pair(rows.assign(kind=judged)),
        "four kinds: no answer keys": pair(rows[rows["kind"] != "samples, answer key"].reset_index(drop=True)),
        "six kinds: Hex's plane, without ceiling by construction": tuple(p * len(KINDS) / (len(KINDS) + 1) for p in main),
    }
    return pd.DataFrame([{"choice": name, "probability": p, "prior": p0} for name, (p, p0) in found.items()])


def study() -> Study:
    """Fit the forms at each date, on both scales and without last decades."""
    rows = all_curves()
    below, last = without_last_decade(rows)
    sets = {date: arrays(seen(rows, date)) for date in DATES}
    held, odds, nothing = arrays(below), arrays(in_log_odds(rows)), arrays(rows.iloc[:0])
    fits = {date: {form: fit(form, data) for form in FORMS} for date, data in sets.items()}
    blank = {form: fit(form, nothing) for form in FORMS}
    ratios = {date: {form: new_curve(form, fits[date][form], *spans(sets[date])) for form in FORMS} for date in DATES}
    forecasts = pd.concat([end_point_scores(form, fit(form, held), held, last).assign(form=form) for form in (*FORMS, REFERENCE)], ignore_index=True)
    primary, data = FORMS[0], sets["today"]
    in_odds = fit(primary, odds)
    own = [gain_ratio(primary, posterior.inner, posterior.outer, data.span) for posterior in (fits["today"][primary], in_odds)]
    fitted, points = _chart(data, fits["today"][primary])
    days = {date: seen(rows, date)["available_from"].max() for date in DATES}
    return Study(
        probabilities={date: {form: probability(ratios[date][form]) for form in FORMS} for date in DATES},
        priors={date: {form: probability(new_curve(form, blank[form], *spans(sets[date]))) for form in FORMS} for date in DATES},
        by_kind=_by_kind(data, fits["today"], in_odds, blank),
        by_curve=pd.DataFrame({"curve": data.names, "kind": [KINDS[k] for k in data.kind], "decades": data.span, "ratio": np.median(own[0], axis=0), "log_odds": np.median(own[1], axis=0), "measured": measured_ratio(data), "measured_log_odds": measured_ratio(odds)}),
        ratio={date: Estimate.from_draws(ratios[date][primary].ravel(), unit="of the first decade's gain") for date in DATES},
        log_scores=forecasts.groupby(["form", "kind"])["log_score"].mean().groupby("form").mean()[[*FORMS, REFERENCE]].to_dict(),
        covered=_covered(forecasts),
        fitted=fitted,
        points=points,
        chess_scales=scale_of_chess(tables.load("chess_time_odds")),
        sensitivity=_sensitivity(rows, blank, fits["today"]),
        counts={date: (len(some.names), len(np.unique(some.kind))) for date, some in sets.items()},
        last_evidence={date: f"{day:%Y-%m-%d}" for date, day in days.items()},
    )


def _covered(forecasts: pd.DataFrame) -> pd.DataFrame:
    inside = forecasts.assign(inside=forecasts["observed"].between(forecasts["low"], forecasts["high"]))
    table = inside.pivot_table(index="kind", columns="form", values="inside", aggfunc="sum")
    order = [kind for kind in KINDS if kind in table.index]
    ends = inside[inside["form"] == FORMS[0]].groupby("kind").size()
    return table.loc[order, [*FORMS, REFERENCE]].astype(int).assign(ends=ends).rename_axis(columns=None).reset_index()


def _by_kind(data: Curves, fits: dict[str, Posterior], in_odds: Posterior, blank: dict[str, Posterior]) -> pd.DataFrame:
    power, s_curve = FORMS
    span, kinds = spans(data)
    ratios = new_curve(power, fits[power], span, kinds)
    chances = {
        "own": ratios,
        "s_curve": new_curve(s_curve, fits[s_curve], span, kinds),
        "log_odds": new_curve(power, in_odds, span, kinds),
        "log_odds_at_2": new_curve(power, in_odds, span, kinds, COMMON[0]),
        "at_2": new_curve(power, fits[power], span, kinds, COMMON[0]),
        "at_2_5": new_curve(power, fits[power], span, kinds, COMMON[1]),
        "prior": new_curve(power, blank[power], span, kinds),
        "prior_at_2": new_curve(power, blank[power], span, kinds, COMMON[0]),
        "prior_at_2_5": new_curve(power, blank[power], span, kinds, COMMON[1]),
    }
    kept = dict(zip(("kept_low", "kept", "kept_high"), np.quantile(kept_per_decade(fits[power], kinds), [0.05, 0.5, 0.95], axis=0), strict=True))
    ratio = dict(zip(("low", "ratio", "high"), np.quantile(ratios, [0.05, 0.5, 0.95], axis=0), strict=True))
    head = {"kind": [KINDS[k] for k in kinds], "curves": [int((data.kind == k).sum()) for k in kinds], "span": span}
    return pd.DataFrame(head | kept | ratio | {name: (some < HALF).mean(axis=0) for name, some in chances.items()})


def _chart(data: Curves, posterior: Posterior) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Points and fit of the curves in `SHOWN`, as a part of the rise observed."""
    fitted, points = [], []
    for name in SHOWN:
        i = data.names.index(name)
        mine = data.curve == i
        points.append(pd.DataFrame({"curve": name, "kind": KINDS[data.kind[i]], "decades": data.x[mine], "gain": data.y[mine]}))
        x = np.linspace(0, data.span[i], 30)
        values = posterior.level[:, [i]] + posterior.rise[:, [i]] * curve_shape(FORMS[0], posterior.inner[:, [i]], posterior.outer[:, [i]], data.span[i], x)
        fitted.append(pd.DataFrame({"curve": name, "kind": KINDS[data.kind[i]], "decades": x, "gain": np.median(values, axis=0)}))
    return pd.concat(fitted, ignore_index=True), pd.concat(points, ignore_index=True)
