"""Chips of the leading owners: how fast the stock grows, what a laboratory holds, how much of it serves, what a chip-hour costs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pymc as pm
from scipy import special

from inference_scaling import allocation, sampling

SAMPLER = {"draws": 1000, "tune": 1000, "target_accept": 0.95}
# From here on every owner's makers are all counted, so that a difference is growth and not a new series.
FIRST_QUARTER = "2024-03-31"
CENTRE = pd.Timestamp("2025-01-01")
DAYS_PER_YEAR = 365.25
Z90 = float(special.ndtri(0.95))


def quarterly_growth(stock: pd.DataFrame) -> pd.DataFrame:
    """Log growth of each owner's stock from quarter to quarter.

    Differences, because the level's published error is common to all quarters of an owner and cancels.

    Returns
    -------
    DataFrame
        owner, as_of, years (middle of the quarter, since 2025-01-01), growth (natural log).
    """
    rows = stock[(stock["owner"] != "xAI") & (stock["as_of"] >= FIRST_QUARTER)].sort_values(["owner", "as_of"])
    growth = np.log(rows["h100e"]).groupby(rows["owner"]).diff()
    same = rows["makers"].groupby(rows["owner"]).diff() == 0
    rows = rows.assign(growth=growth, years=(rows["as_of"] - pd.Timedelta(days=45) - CENTRE).dt.days / DAYS_PER_YEAR)
    return rows.loc[growth.notna() & same, ["owner", "as_of", "years", "growth"]].reset_index(drop=True)


def growth_model(growth: np.ndarray, years: np.ndarray, owner: np.ndarray, names: tuple[str, ...]) -> pm.Model:
    """Quarterly log growth of the stock, with a rate for each owner and a common slowing.

    4 y_oq ~ Normal(g_o + s t_q, 4 sigma),  g_o ~ Normal(mu, tau)

    y the quarter's log growth, g_o the yearly log growth at the start of 2025, t in years since then. Priors: mu ~ Normal(log 3, 0.7), from no growth to a
    factor of ten; s ~ Normal(0, 0.7), growth may halve or double its rate in a year or two; tau ~ HalfNormal(0.3); sigma ~ HalfNormal(0.1), the scatter of quarterly
    estimates, which share a revenue-based method. Neighbouring quarters' estimates are smoothed in the source, so that sigma is a lower bound.

    Parameters
    ----------
    growth, years : ndarray, shape (n,)
    owner : ndarray of int, shape (n,)
    names : tuple of str
    """
    with pm.Model(coords={"owner": names}) as model:
        y, t, o = pm.Data("growth", growth), pm.Data("years", years), pm.Data("owner_index", owner)
        typical = pm.Normal("typical", np.log(3), 0.7)
        between = pm.HalfNormal("between", 0.3)
        rate = pm.Deterministic("rate", typical + between * pm.Normal("offset", 0, 1, dims="owner"), dims="owner")
        slowing = pm.Normal("slowing", 0, 0.7)
        sigma = pm.HalfNormal("sigma", 0.1)
        pm.Normal("observed", (rate[o] + slowing * t) / 4, sigma, observed=y)
    return model


def fit(stock: pd.DataFrame, until: Mapping[str, str]) -> dict[str, dict[str, np.ndarray]]:
    """Draws of the growth model for the quarters up to each date."""
    growth = quarterly_growth(stock)
    names = tuple(sorted(growth["owner"].unique()))
    models = {}
    for when, last in until.items():
        rows = growth[growth["as_of"] <= last]
        models[f"stock growth, {when}"] = growth_model(rows["growth"].to_numpy(), rows["years"].to_numpy(), rows["owner"].map(names.index).to_numpy(dtype="int64"), names)
    trees = sampling.fit_all(models, log_likelihood=False, **SAMPLER)
    keep = ("typical", "between", "rate", "slowing", "sigma")
    return {when: {name: sampling.draws(tree, name) for name in keep} | {"owners": np.array(names)} for when, tree in zip(until, trees.values(), strict=True)}


def log_growth(posterior: Mapping[str, np.ndarray], start: float, years: np.ndarray) -> np.ndarray:
    """Log growth of a typical owner's stock from a start to later dates, never negative, shape (draw, dates).

    Parameters
    ----------
    start : float
        Years since 2025-01-01.
    years : ndarray, shape (dates,)
        The same for each later date.
    """
    grid = np.linspace(start, years.max(), 81)
    speed = np.maximum(posterior["typical"][:, None] + posterior["slowing"][:, None] * grid, 0.0)
    path = np.concatenate([np.zeros((len(speed), 1)), np.cumsum((speed[:, 1:] + speed[:, :-1]) / 2 * np.diff(grid), axis=1)], axis=1)
    return np.array([np.interp(years, grid, row) for row in path])


def forward_check(posterior: Mapping[str, np.ndarray], stock: pd.DataFrame, seed: int = 1) -> pd.DataFrame:
    """Stock at the end of 2025, forecast from the quarters of 2024, against the published one and against equal additions.

    Returns
    -------
    DataFrame
        owner, published, low, median, high (90 % predictive), additions (the stock if 2025 had added what 2024 added).
    """
    rng = np.random.default_rng(seed)
    wide = stock.pivot(index="as_of", columns="owner", values="h100e")
    first, start, end = (wide.loc[pd.Timestamp(day)] for day in ("2023-12-31", "2024-12-31", "2025-12-31"))
    quarters = np.array([0.125, 0.375, 0.625, 0.875])
    rows = []
    for i, owner in enumerate(posterior["owners"]):
        mean = (posterior["rate"][:, i, None] + posterior["slowing"][:, None] * quarters) / 4
        total = (mean + posterior["sigma"][:, None] * rng.normal(size=mean.shape)).sum(axis=1)
        low, median, high = start[owner] * np.exp(np.quantile(total, [0.05, 0.5, 0.95]))
        rows.append({"owner": owner, "published": end[owner], "low": low, "median": median, "high": high, "additions": 2 * start[owner] - first[owner]})
    return pd.DataFrame(rows)


# Laboratory: table of its chips. OpenAI owns few; its stock is a second-hand figure, taken as good to a factor of 1.5 either way.
OPENAI_WITHIN = 1.5
LEADERS = ("OpenAI", "Google", "Meta", "xAI")


def leader_stock(stock: pd.DataFrame, figures: pd.DataFrame, date: str, deployed: float, n: int, seed: int) -> np.ndarray:
    """H100 equivalents that a leading laboratory has at work at the end of a year: four laboratories, equally likely, shape (n,).

    The owners' stocks carry their published errors; OpenAI's is the figure for the end of 2025, taken back by the stated yearly growth for an earlier date.

    Parameters
    ----------
    date : str
        End of 2024 or of 2025.
    deployed : float
        Part of the chips sold that is switched on, in (0, 1].
    """
    if not 0 < deployed <= 1:
        raise ValueError(f"deployed must lie in (0, 1], got {deployed}")
    rng = np.random.default_rng(seed)
    known = figures.set_index("key")["value"]
    back = (pd.Timestamp("2025-12-31") - pd.Timestamp(date)).days / DAYS_PER_YEAR
    middle, error = [known["openai-stock-2025-12"] / known["openai-growth"] ** back / deployed], [np.log(OPENAI_WITHIN) / Z90]
    for owner in LEADERS[1:]:
        row = stock[(stock["owner"] == owner) & (stock["as_of"] == date)].iloc[0]
        middle.append(row["h100e"])
        error.append(row["log_error"])
    which = rng.integers(len(LEADERS), size=n)
    return deployed * np.array(middle)[which] * np.exp(np.array(error)[which] * rng.normal(size=n))


def inference_share(table: pd.DataFrame, n: int, seed: int) -> np.ndarray:
    """Share of compute on inference in the next laboratory-year, draws from the first chapter's posterior, shape (n,)."""
    posterior = allocation.fit(table[table["kind"] != "outside estimate"])
    rng = np.random.default_rng(seed)
    cell = rng.choice(posterior.weight.size, n, p=posterior.weight.ravel() / posterior.weight.sum())
    level, spread = allocation.LEVEL[cell // len(allocation.SPREAD)], allocation.SPREAD[cell % len(allocation.SPREAD)]
    return special.expit(level + spread * rng.normal(size=n))


def rent(quotes: pd.DataFrame, points: pd.DataFrame, n: int, seed: int) -> np.ndarray:
    """US dollars for an hour of an H100: a quote drawn at random, where they are public with DeepSeek's own figure as one more, shape (n,).

    The three large clouds' list prices are left out: nobody rents thousands of chips at them.
    """
    rng = np.random.default_rng(seed)
    named = quotes[~quotes["vendor"].isin(["Amazon Web Services", "Google Cloud", "Oracle Cloud"])]["usd_per_gpu_hour"].to_numpy()
    own = points.loc[points["quantity"] == "assumed_lease_price", "value"].to_numpy()
    return rng.choice(np.concatenate([named, own]), n) * np.exp(0.1 * rng.normal(size=n))


def useful_flop(points: pd.DataFrame) -> np.ndarray:
    """Useful operations a second of an H100 equivalent at each measured throughput, two for each active parameter and output token."""
    rows = points[points["quantity"].isin(["decode_throughput_per_gpu", "throughput_per_gpu_at_50_tok_s_user"])]
    return (2e9 * rows["active_params_billion"] * rows["value"] / rows["h100e_per_chip"]).to_numpy()
