"""Forecasting platforms around the announcement of o3: was the step larger than their usual ups and downs?

Data: the combined index of the AGI Timelines Dashboard (N. Young, Goodheart Labs), in whole years; a Kalshi contract; quoted levels of Metaculus and Manifold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pymc as pm
import pytensor.tensor as pt
from scipy import special

from inference_scaling import sampling, tables
from inference_scaling.estimates import Estimate
from inference_scaling.forecasts.dates import decimal_year

O1, O3 = "2024-09-12", "2024-12-20"
EVE, DOCUMENT_DATE = "2024-12-19", "2025-01-14"
SINCE, KALSHI_SINCE = "2023-03-01", "2024-03-29"
KALSHI_ERA = "earlier changes since Kalshi's contract entered"
SECOND_QUESTION = "2020-10-08"
SPAN_DAYS, STEP_DAYS = 26, 13
STEPS = SPAN_DAYS // STEP_DAYS
CENTRAL = 0.8
BLOCK_DAYS = 2 * SPAN_DAYS
RECORDED, WALK = "block bootstrap of the recorded years", "random walk beneath the rounding"
# Metaculus 5121 in the index: one of four questions that share what Kalshi's contract leaves.
POOL_WEIGHT = 0.8 / 4


def span_changes(series: pd.Series, since: str, until: str, days: int = SPAN_DAYS) -> pd.Series:
    """Change over `days` days, by first day; both ends lie within the dates given.

    Parameters
    ----------
    series : Series
        Daily values indexed by day, without gaps.

    Raises
    ------
    ValueError
        If a day is missing, or the dates hold no whole span.
    """
    inside = series[pd.Timestamp(since) : pd.Timestamp(until)]
    if len(inside) <= days:
        raise ValueError(f"{since} to {until} holds {len(inside)} days; a span of {days} days needs at least {days + 1}")
    if (inside.index[1:] - inside.index[:-1] != pd.Timedelta(days=1)).any():
        raise ValueError(f"the series lacks days between {since} and {until}; a change over {days} days needs every day")
    return (inside.shift(-days) - inside).iloc[:-days]


def central(changes: np.ndarray, probability: float = CENTRAL) -> np.ndarray:
    """Ends of the central interval along the last axis, shape (2, ...)."""
    return np.quantile(changes, [(1 - probability) / 2, (1 + probability) / 2], axis=-1)


def block_bootstrap(changes: np.ndarray, rng: np.random.Generator, replicates: int = 2000, block: int = BLOCK_DAYS) -> np.ndarray:
    """Resamples of a serially dependent series, shape (replicates, n): moving blocks of neighbours.

    Method: H. R. Künsch, "The jackknife and the bootstrap for general stationary observations", Annals of Statistics 17 (1989).

    Raises
    ------
    ValueError
        If a block is longer than the series.
    """
    n = len(changes)
    if not 1 <= block <= n:
        raise ValueError(f"block of {block} days out of range [1, {n}], the length of the series")
    starts = rng.integers(0, n - block + 1, size=(replicates, -(-n // block)))
    return np.asarray(changes)[(starts[:, :, None] + np.arange(block)).reshape(replicates, -1)[:, :n]]


def bootstrap_inside(changes: np.ndarray, observed: float, rng: np.random.Generator) -> tuple[float, float]:
    """P(S) after and before data when nothing is known of where in its year a recorded median stood.

    Every recorded change becomes itself plus the difference of two independent uniform positions, the observed one too; the central 80 % comes from each block resample.

    Returns
    -------
    (float, float)
        Share of resamples in which the observed change lies inside; the same for a change drawn from the record.
    """
    samples = block_bootstrap(changes, rng)
    low, high = central(samples + rng.triangular(-1, 0, 1, size=samples.shape))
    copies = len(low)
    new = rng.choice(changes, copies) + rng.triangular(-1, 0, 1, size=copies)
    seen = observed + rng.triangular(-1, 0, 1, size=copies)
    return float(np.mean((low <= seen) & (seen <= high))), float(np.mean((low <= new) & (new <= high)))


def grid(since: str, until: str) -> pd.DatetimeIndex:
    """Every 13th day that meets both 2024-12-19 and 2025-01-14."""
    behind = (pd.Timestamp(EVE) - pd.Timestamp(since)).days // STEP_DAYS
    return pd.date_range(pd.Timestamp(EVE) - pd.Timedelta(days=STEP_DAYS * behind), until, freq=f"{STEP_DAYS}D")


def rounded_walk(years: np.ndarray, unit: np.ndarray, tails: float = 3.0, scale: float = 1.0) -> pm.Model:
    r"""Student-t random walk of a median of which only the whole year is recorded.

    .. math:: x_t = n_t + u_t,\quad 0 \le u_t < 1,\qquad (x_{t+1} - x_t) / w_t \sim t_\nu(0, \sigma),\qquad \sigma \sim \text{HalfNormal}(s / \sqrt 2)

    A record of 2029 says that the median lies in 2029: the rounding is an interval, so the likelihood of the record given the path is 1 within it and 0 outside, and the walk
    itself decides where in the year the median stood. Uniform u is the flat start of the path.

    Parameters
    ----------
    years : ndarray, shape (T,)
        Recorded years, 13 days apart.
    unit : ndarray, shape (T - 1,)
        What a step is measured in: 1 (years), or the remaining time, relative to its last value.
    tails : float
        Degrees of freedom. With 3, one step in a hundred passes 4.5 scales: news comes in lumps.
    scale : float
        Prior scale of 26 days' change, in years: a year a month is as fast as platforms ever moved.
    """
    with pm.Model() as model:
        floor = pm.Data("years", np.asarray(years, dtype=float))
        measure = pm.Data("unit", np.asarray(unit, dtype=float))
        settings = pm.Data("settings", np.array([tails, scale / np.sqrt(STEPS)]))
        sigma = settings[1] * pm.HalfNormal("sigma_z")
        median = floor + pm.Uniform("within_year", 0, 1, shape=floor.shape[0])
        steps = (median[1:] - median[:-1]) / measure
        pm.Potential("walk", (pm.logp(pm.StudentT.dist(nu=settings[0], mu=0, sigma=sigma), steps) - pt.log(measure)).sum())
    return model


def span_of_walk(paths: np.ndarray, at: int) -> tuple[np.ndarray, np.ndarray]:
    """Change over the span that starts at grid point `at`, and ends of the central 80 % of all earlier ones.

    Parameters
    ----------
    paths : ndarray, shape (S, T)

    Returns
    -------
    change : ndarray, shape (S,)
    ends : ndarray, shape (2, S)
    """
    changes = paths[:, STEPS:] - paths[:, :-STEPS]
    return changes[:, at], central(changes[:, : at - STEPS + 1])


def prior_inside(points: int, rng: np.random.Generator, tails: float = 3.0, paths: int = 4000) -> float:
    """P(S) of `rounded_walk` before data: a new change lies within the central 80 % of earlier ones of the same walk, whatever its scale."""
    walks = rng.standard_t(tails, size=(paths, points)).cumsum(axis=1)
    change, (low, high) = span_of_walk(walks, points - 1 - STEPS)
    return float(np.mean((low <= change) & (change <= high)))


def walk_forecast(last: np.ndarray, sigma: np.ndarray, later: np.ndarray, rng: np.random.Generator, tails: float = 3.0, copies: int = 50) -> float:
    """Log probability, in nats, that the walk gives to the years recorded at the ends of the following spans."""
    position = np.repeat(last, copies)
    scale = np.repeat(sigma, copies)
    hits = np.ones(len(position), dtype=bool)
    for year in later:
        position = position + scale * rng.standard_t(tails, size=(STEPS, len(position))).sum(axis=0)
        hits &= np.floor(position) == year
    return float(np.log(np.mean(hits)))


def recorded_forecast(changes: np.ndarray, later: np.ndarray, alpha: float = 1.0, widest: int = 3) -> float:
    """Log probability, in nats, of later recorded changes given the earlier ones.

    Earlier changes count as many as there are whole spans in them (they overlap); a total weight of `alpha` is spread over changes of up to `widest` years so that none is
    impossible.
    """
    support = np.arange(-widest, widest + 1)
    if np.abs(later).max() > widest:
        raise ValueError(f"a change of {np.abs(later).max():.0f} years lies outside the support of {widest}; widen it")
    spans = len(changes) / SPAN_DAYS
    share = np.array([(np.asarray(changes) == value).mean() for value in support])
    probability = (spans * share + alpha / len(support)) / (spans * share.sum() + alpha)
    return float(np.log(probability[np.asarray(later, dtype=int) + widest]).sum())


def ladder_median(prices: pd.DataFrame) -> pd.DataFrame:
    """Median year read off Manifold's ladder of contracts "AGI before year Y" (rows of market_prices), where two rungs of one day enclose one half.

    Columns day, year, rungs: one row for the first such day of each month.
    """
    rungs = prices[(prices["platform"] == "Manifold") & (prices["event"] == "AGI") & (prices["kind"] == "nightly")]
    found = []
    for day, rows in rungs.groupby("statement_date"):
        ladder = rows.groupby("before_year")["probability"].mean().cummax()
        if len(ladder) > 2 and ladder.iloc[0] < 0.5 <= ladder.iloc[-1]:
            found.append({"day": day, "year": float(np.interp(0.5, ladder, ladder.index)), "rungs": len(ladder)})
    table = pd.DataFrame(found)
    return table.groupby(table["day"].dt.strftime("%Y-%m")).head(1).reset_index(drop=True)


@dataclass(frozen=True)
class PlatformStudy:
    """What the page shows of platforms; changes in years unless said otherwise, intervals 90 %.

    Attributes
    ----------
    probability, forward : dict
        P(S) by date and model; joint log score in nats by model, of the two spans after the document's date.
    prior : dict of model -> float
    change : dict of date -> Estimate
        Change of the median beneath the rounding, 2024-12-19 to 2025-01-14.
    since_o1 : Estimate
        The same from the last grid day before o1-preview to 2025-01-14, given all days.
    before : (Estimate, Estimate)
        Ends of the central 80 % of earlier changes beneath the rounding, given all days.
    kalshi_era : (float, float)
        P(S) and its prior under the walk, with the changes since Kalshi's contract entered only.
    spans : DataFrame
        series, change, low, high (central 80 % of earlier recorded changes), as_large (number of earlier changes at least as large either way), starts (their number, one a day: they
        overlap), separate (as many as would fit without overlap), inside.
    sensitivity : DataFrame
        assumption, probability, median, low, high.
    coverage : (int, int)
        Spans that began after the document's date and stayed inside, and their number; they overlap.
    index, path : DataFrame
        Recorded years since March 2023 (day, p10, p50, p90), and the median beneath the rounding (day, low, year, high).
    quotes : DataFrame
        Quoted levels of Metaculus 5121 near the date: day, year, width, under_test, source.
    ladder : DataFrame
        See `ladder_median`.
    year : str
        Recorded median year on the eve of the announcement.
    kalshi : (float, float)
        Price of Kalshi's contract on the eve and on the document's date.
    entry_jump : int
        Years by which the recorded median moved on 2020-10-08, when a second question joined the index.
    kalshi_flat : int
        Days from the announcement on for which that price did not move.
    dip : (Timestamp, Timestamp)
        First day after the document's date on which the recorded median year was lower, and the day on which it was back.
    change_draws : ndarray
        Draws behind `change` today.
    last_evidence : dict of date -> str
    """

    probability: dict[str, dict[str, float]]
    forward: dict[str, float]
    prior: dict[str, float]
    change: dict[str, Estimate]
    since_o1: Estimate
    before: tuple[Estimate, Estimate]
    kalshi_era: tuple[float, float]
    spans: pd.DataFrame
    sensitivity: pd.DataFrame
    coverage: tuple[int, int]
    index: pd.DataFrame
    path: pd.DataFrame
    quotes: pd.DataFrame
    ladder: pd.DataFrame
    year: str
    kalshi: tuple[float, float]
    entry_jump: int
    kalshi_flat: int
    dip: tuple[pd.Timestamp, pd.Timestamp]
    change_draws: np.ndarray
    last_evidence: dict[str, str]


def study(seed: int = 20250114) -> PlatformStudy:
    """Fit the walk beneath the rounding and set it beside the recorded years."""
    rng = np.random.default_rng(seed)
    today = tables.load("agi_index_daily").set_index("day")
    kalshi = tables.load("kalshi_turing_daily").set_index("day")["probability"]
    last = str(today.index.max().date())

    ends = {"2025-01": DOCUMENT_DATE, "today": last}
    cases = {date: (SINCE, end, {}) for date, end in ends.items()}
    cases |= {
        "earlier changes since November 2020 instead of March 2023": ("2020-11-03", last, {}),
        "the same, changes as shares of the remaining time": ("2020-11-03", last, {"relative": True}),
        KALSHI_ERA: (KALSHI_SINCE, last, {}),
        "steps with normal tails": (SINCE, last, {"tails": 30.0}),
        "recorded years smoothed by a week's median": (SINCE, last, {"smooth": True}),
        "prior scale of a change halved": (SINCE, last, {"scale": 0.5}),
        "prior scale of a change doubled": (SINCE, last, {"scale": 2.0}),
    }
    walks = _fit({name: _walk_inputs(today["p50"], *case) for name, case in cases.items()}, seed)

    changes = span_changes(today["p50"], SINCE, EVE)
    observed = today["p50"][DOCUMENT_DATE] - today["p50"][EVE]
    recorded, recorded_prior = bootstrap_inside(changes.to_numpy(), observed, rng)
    points = len(grid(SINCE, DOCUMENT_DATE))

    later_days = grid(DOCUMENT_DATE, last)
    later_days = later_days[later_days > DOCUMENT_DATE][STEPS - 1 :: STEPS]
    later_years = today["p50"][later_days].to_numpy()
    before = np.concatenate([[today["p50"][DOCUMENT_DATE]], later_years])
    then, today_walk = walks["2025-01"], walks["today"]
    low, high = central(changes.to_numpy())
    after = span_changes(today["p50"], DOCUMENT_DATE, last)
    return PlatformStudy(
        probability={date: {RECORDED: recorded, WALK: walks[date].inside} for date in ends},
        forward={RECORDED: recorded_forecast(changes.to_numpy(), np.diff(before)), WALK: walk_forecast(then.paths[:, -1], then.sigma, later_years, rng)},
        prior={RECORDED: recorded_prior, WALK: prior_inside(points, rng)},
        change={date: _estimate(walks[date].change) for date in ends},
        since_o1=_estimate(today_walk.paths[:, list(today_walk.days).index(pd.Timestamp(DOCUMENT_DATE))] - today_walk.paths[:, today_walk.days.searchsorted(pd.Timestamp(O1)) - 1]),
        before=tuple(_estimate(end) for end in today_walk.ends),
        kalshi_era=(walks[KALSHI_ERA].inside, prior_inside(len(grid(KALSHI_SINCE, DOCUMENT_DATE)), rng)),
        spans=_spans(today, kalshi),
        sensitivity=_sensitivity(walks, ends),
        coverage=(int(((low <= after) & (after <= high)).sum()), len(after)),
        index=today[SINCE:][["p10", "p50", "p90"]].reset_index(),
        path=_path(today_walk),
        quotes=_quotes(),
        ladder=ladder_median(tables.load("market_prices")),
        year=f"{today['p50'][EVE]:.0f}",
        kalshi=(float(kalshi[EVE]), float(kalshi[DOCUMENT_DATE])),
        entry_jump=int(today["p50"].diff()[SECOND_QUESTION]),
        kalshi_flat=int((kalshi[O3:] != kalshi[EVE]).to_numpy().argmax()),
        dip=_dip(today["p50"]),
        change_draws=today_walk.change,
        last_evidence={"2025-01": DOCUMENT_DATE, "today": last},
    )


@dataclass(frozen=True)
class _Walk:
    """Posterior of one walk: grid days, paths (S, T), step scale (S,), the o3 span's change and the earlier ones' central ends."""

    days: pd.DatetimeIndex
    paths: np.ndarray
    sigma: np.ndarray
    change: np.ndarray
    ends: np.ndarray

    @property
    def inside(self) -> float:
        return float(np.mean((self.ends[0] <= self.change) & (self.change <= self.ends[1])))


def _walk_inputs(p50: pd.Series, since: str, until: str, options: Mapping) -> tuple[pd.DatetimeIndex, np.ndarray, np.ndarray, dict]:
    days = grid(since, until)
    recorded = p50.rolling(7, center=True, min_periods=4).median().round() if options.get("smooth") else p50
    years = recorded[days].to_numpy(dtype=float)
    remaining = years + 0.5 - np.array([decimal_year(day) for day in days])
    unit = remaining[:-1] / remaining[-1] if options.get("relative") else np.ones(len(days) - 1)
    return days, years, unit, {name: value for name, value in options.items() if name in ("tails", "scale")}


def _fit(inputs: Mapping[str, tuple], seed: int) -> dict[str, _Walk]:
    models = {f"platforms {name}": rounded_walk(years, unit, **options) for name, (_, years, unit, options) in inputs.items()}
    trees = sampling.fit_all(models, draws=600, tune=600, seed=seed, target_accept=0.85)
    walks = {}
    for (name, (days, years, unit, options)), tree in zip(inputs.items(), trees.values(), strict=True):
        paths = years + sampling.draws(tree, "within_year")
        sigma = sampling.draws(tree, "sigma_z") * options.get("scale", 1.0) / np.sqrt(STEPS)
        # A change of a like-for-like size: each span in units of the remaining time at its start.
        measured = np.cumsum(np.column_stack([np.zeros(len(paths)), np.diff(paths, axis=1) / unit]), axis=1)
        change, ends = span_of_walk(measured, list(days).index(pd.Timestamp(EVE)))
        walks[name] = _Walk(days, paths, sigma, change, ends)
    return walks


def _estimate(values: np.ndarray) -> Estimate:
    return Estimate.from_draws(values.reshape(4, -1), unit="years")


def _sensitivity(walks: Mapping[str, _Walk], ends: Mapping[str, str]) -> pd.DataFrame:
    names = {"today": "main analysis, all days", "2025-01": "days up to the post's own only"}
    table = []
    for name, walk in walks.items():
        low, median, high = np.quantile(walk.change, [0.05, 0.5, 0.95])
        table.append({"assumption": names.get(name, name), "probability": walk.inside, "median": median, "low": low, "high": high})
    return pd.DataFrame(table)


def _dip(p50: pd.Series) -> tuple[pd.Timestamp, pd.Timestamp]:
    later = p50[DOCUMENT_DATE:]
    first = later[later < p50[EVE]].index[0]
    return first, later[first:][later[first:] >= p50[EVE]].index[0]


def _path(walk: _Walk) -> pd.DataFrame:
    low, middle, high = np.quantile(walk.paths, [0.05, 0.5, 0.95], axis=0)
    return pd.DataFrame({"day": walk.days, "low": low, "year": middle, "high": high})


def _spans(index: pd.DataFrame, kalshi: pd.Series) -> pd.DataFrame:
    """Recorded change over the o3 span of each series, against its own earlier ones."""
    series = {"index, 10 %": (index["p10"], SINCE), "index, 50 %": (index["p50"], SINCE), "index, 90 %": (index["p90"], SINCE), "Kalshi, log odds": (special.logit(kalshi), str(kalshi.index.min().date()))}
    table = []
    for name, (values, since) in series.items():
        earlier, change = span_changes(values, since, EVE).to_numpy(), values[DOCUMENT_DATE] - values[EVE]
        low, high = central(earlier)
        as_large = int((np.abs(earlier) >= abs(change)).sum())
        table.append({"series": name, "change": float(change), "low": low, "high": high, "as_large": as_large, "starts": len(earlier), "separate": round(len(earlier) / SPAN_DAYS), "inside": bool(low <= change <= high), "spread": float(earlier.std(ddof=1)), "a_year_or_more": float(np.mean(np.abs(earlier) >= 1))})
    return pd.DataFrame(table)


def _quotes() -> pd.DataFrame:
    rows = tables.load("metaculus_snapshots")
    near = rows[(rows["question"] == 5121) & (rows["quantity"] == "p50") & rows["statement_date"].between("2024-01-01", "2025-12-31")]
    return pd.DataFrame({"day": near["statement_date"], "year": near["year"], "width": near["year_width"], "under_test": near["quotes_document_under_test"], "source": near["source"]}).reset_index(drop=True)
