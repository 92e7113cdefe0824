"""What named people and platforms did around o3, on one scale: relative changes of the time still to go."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pymc as pm
import pytensor.tensor as pt
from scipy import stats

from inference_scaling import sampling, tables
from inference_scaling.estimates import Estimate
from inference_scaling.forecasts.definitions import linked
from inference_scaling.forecasts.platforms import DOCUMENT_DATE, EVE, O3, SPAN_DAYS
from inference_scaling.forecasts.revisions import medians, platform_medians, quoted_revision, revisions

GROUPS = ("platform", "person")
NAMED, EVERYONE = "the named people, share of the revision unknown", "everyone with dated statements"
TAILS = 4.0


def shift_model(table: pd.DataFrame, scale: float = 0.4) -> pm.Model:
    r"""Shift at o3 of platforms and of people, over each source's own fluctuation.

    .. math::
        z_k \sim t_4\Big(I_k b_{s(k)},\ \sqrt{\sigma_{s(k)}^2 g_k + e_k^2}\Big),\qquad b_s \sim N(\mu_{\text{group}}, \tau),\qquad \log \sigma_s \sim N(\log \bar\sigma, \omega)

    with :math:`z_k` the log ratio of remaining times over a gap of :math:`g_k` years, :math:`e_k` what rounding leaves open, and :math:`I_k` 1 if the announcement of o3 lies within the gap.

    Priors: mu ~ N(0, 0.4), a third off the remaining time or half as much again within one s.d., no direction assumed; tau ~ HalfNormal(0.3); sigma-bar ~ LogNormal(log 0.2, 0.7) a root
    year, a fifth of the remaining time in a year with no news; omega ~ HalfNormal(0.5). Tails of four degrees of freedom: other news than o3 also comes in lumps.

    Parameters
    ----------
    table : DataFrame
        As `revisions` returns it.
    scale : float
        Prior s.d. of mu.
    """
    source, _ = pd.factorize(table["source"] + ", " + table["event"])
    first = table.groupby(source)["group"].first()
    person = (first != "platform").to_numpy().astype(int)
    with pm.Model() as model:
        ratio, gap, error, inside = (pm.Data(name, table[column].to_numpy(dtype=float)) for name, column in (("ratio", "log_ratio"), ("gap", "gap"), ("error", "error"), ("inside", "share_o3")))
        of, kind = pm.Data("of", source), pm.Data("kind", person)
        shift = pm.Deterministic("shift", pm.Data("scale", float(scale)) * pm.Normal("shift_z", shape=len(GROUPS)))
        between = pm.HalfNormal("between", 0.3)
        typical = pm.LogNormal("typical", np.log(0.2), 0.7)
        spread = pm.HalfNormal("spread", 0.5)
        own = pm.Normal("own", shape=kind.shape[0])
        volatility = typical * pt.exp(spread * pm.Normal("volatility_z", shape=kind.shape[0]))
        mean = inside * (shift[kind] + between * own)[of]
        pm.StudentT("revision", nu=TAILS, mu=mean, sigma=pt.sqrt(volatility[of] ** 2 * gap + error**2), observed=ratio)
    return model


def reader_share(revision: float, gap_months: float, platform: float, share: float) -> dict[str, float]:
    """Years by which a named person's date moved over the span around o3, if a given share of a revision came with o3 and the rest evenly over the gap.

    Parameters
    ----------
    revision : float
        Years earlier, whole revision, above 0.
    gap_months : float
        Months between the two statements, at least 1.
    platform : float
        Years earlier by which platforms moved over the span.
    share : float
        Part of the revision that came with o3, in [0, 1].

    Raises
    ------
    ValueError
        If an input is out of range.
    """
    for name, value, low, high in (("revision", revision, 0, 50), ("gap_months", gap_months, 1, 120), ("platform", platform, -10, 10), ("share", share, 0, 1)):
        if not low <= value <= high:
            raise ValueError(f"{name} must lie in [{low}, {high}], got {value}")
    steady = min(1.0, SPAN_DAYS / (gap_months * 365.25 / 12))
    person = revision * (share + (1 - share) * steady)
    return {"person": person, "platform": platform, "difference": person - platform}


def named_lead(platform: np.ndarray, revision: float, gap: tuple[float, float], rng: np.random.Generator, came: float | None = None) -> np.ndarray:
    """Draws of "named people minus platforms", in years earlier over the span around o3, over a stated space of assumptions.

    The share of the revision that came with o3 is uniform on [0, 1], the rest is even over the gap; the revision is `revision` years "or more": plus an exponential with mean 1 year;
    the start of the gap is uniform.

    Parameters
    ----------
    platform : ndarray, shape (S,)
        Years earlier by which platforms moved over the span.
    gap : (float, float)
        Shortest and longest gap, years.
    came : float, optional
        The share that came with o3, if it is to be fixed.
    """
    n = len(platform)
    years, share = revision + rng.exponential(1.0, n), rng.uniform(size=n) if came is None else came
    steady = SPAN_DAYS / (365.25 * rng.uniform(*gap, size=n))
    return years * (share + (1 - share) * steady) - platform


@dataclass(frozen=True)
class ExpertStudy:
    """What the page shows of people against platforms; intervals 90 %.

    Attributes
    ----------
    shift : dict of group -> Estimate
        Change of the remaining time at o3, percent.
    typical : Estimate
        Factor by which the remaining time of a typical source changes in a year without o3, up or down: one scale of the fit.
    probability, prior : dict of model -> float
        P(named people moved by more years than platforms over the span); P(people's shift at o3 was further towards earlier dates than platforms').
    sensitivity : DataFrame
        assumption, probability, low, median, high: people's shift in percent, and P(further than platforms').
    even : float
        P(named people moved more) if their revision was even over the gap.
    lead : Estimate
        Named people minus platforms, years earlier over the span.
    cotra : dict of str -> float
        years (the revision, at least), gap_low, gap_high (months), log_ratio, earlier_log_ratio (her revision of 2020 to 2022),
        index_low, index_high (years earlier by which the index moved over the same gap, whatever its first day in 2023).
    revisions : DataFrame
        All revisions that entered.
    statements : DataFrame
        row, day, year, period, for the chart of statements.
    density : DataFrame
        group, percent, density.
    families : list of set of str
        Events that sources link by dating two of them on one day.
    counts : dict of str -> int
        revisions, of_people, people, people_over_o3, platforms_over_o3; of the people over o3 people_earlier (moved to an earlier date) and leaders_over_o3 (of laboratories); later revisions of people: later_2025, longer_2025, people_2025, later_2026, shorter_2026, people_2026.
    last_evidence : str
        Day of the newest revision used.
    """

    shift: dict[str, Estimate]
    typical: Estimate
    probability: dict[str, float]
    prior: dict[str, float]
    sensitivity: pd.DataFrame
    even: float
    lead: Estimate
    cotra: dict[str, float]
    revisions: pd.DataFrame
    statements: pd.DataFrame
    density: pd.DataFrame
    families: list[set[str]]
    counts: dict[str, int]
    last_evidence: str


ROWS = {
    ("AGI index", "combined index"): "Index of platforms",
    ("Metaculus", "first general AI system"): "Metaculus, general AI",
    ("Metaculus", "first weakly general AI system"): "Metaculus, weak AI",
    ("Ajeya Cotra", "REMOTE99"): "Cotra, remote jobs",
    ("Demis Hassabis", "AGI"): "Hassabis, AGI",
    ("Shane Legg", "AGI"): "Legg, AGI",
    ("Nikola Jurkovic", "AGI95"): "Jurkovic, remote labour",
    ("Ryan Greenblatt", "AI_RD_AUTO"): "Greenblatt, AI research",
    ("Eli Lifland", "SC_BAG"): "Lifland, coder (gaps)",
    ("Eli Lifland", "SC_THE"): "Lifland, coder (horizons)",
    ("Eli Lifland", "AC_ATC"): "Lifland, coder",
    ("Daniel Kokotajlo", "AC"): "Kokotajlo, coder",
    ("Dario Amodei", "POWERFUL_AI"): "Amodei, powerful AI",
}
PERIODS = ("before o3", "from o3 to the end of 2025", "2026")


def study(platform_change: np.ndarray, seed: int = 20250114) -> ExpertStudy:
    """Fit the shift at o3 and set named people against platforms.

    Parameters
    ----------
    platform_change : ndarray, shape (S,)
        Draws of the index's change over the span around o3, in years, from `platforms.study`.
    """
    rng = np.random.default_rng(seed)
    stated = tables.load("expert_statements")
    people, crowd = medians(stated), platform_medians()
    quoted = quoted_revision(stated)
    table = pd.concat([revisions(people), quoted, revisions(crowd)], ignore_index=True)
    over = table[(table["share_o3"] == 1) & (table["group"] != "platform")]["source"]
    models = {"all": shift_model(table), "prior scale of the shift doubled": shift_model(table, 0.8)} | {f"without {name}": shift_model(table[table["source"] != name]) for name in over}
    trees = sampling.fit_all({f"experts {name}": model for name, model in models.items()}, draws=800, tune=800, seed=seed, target_accept=0.9)
    tree, shifts = trees["experts all"], {name: sampling.draws(trees[f"experts {name}"], "shift") for name in models}
    shift = shifts["all"]
    percent = 100 * np.expm1(shift)
    cotra = _cotra(quoted.iloc[0], table)
    moved, gap = rng.choice(-platform_change, 4000), (cotra["gap_low"] / 12, cotra["gap_high"] / 12)
    lead = named_lead(moved, cotra["years"], gap, rng)
    typical = np.exp(sampling.draws(tree, "typical"))
    return ExpertStudy(
        shift={group: Estimate.from_draws(percent[:, k].reshape(4, -1), unit="%") for k, group in enumerate(GROUPS)},
        typical=Estimate.from_draws(typical.reshape(4, -1), unit="factor"),
        probability={NAMED: float(np.mean(lead > 0)), EVERYONE: float(np.mean(shift[:, 1] < shift[:, 0]))},
        prior=_prior(models["all"], abs(moved), cotra["years"], gap, rng),
        sensitivity=pd.DataFrame([{"assumption": name, "probability": float(np.mean(x[:, 1] < x[:, 0]))} | dict(zip(("low", "median", "high"), 100 * np.expm1(np.quantile(x[:, 1], [0.05, 0.5, 0.95])), strict=True)) for name, x in shifts.items()]),
        even=float(np.mean(named_lead(moved, cotra["years"], gap, rng, came=0.0) > 0)),
        lead=Estimate.from_draws(lead, unit="years"),
        cotra=cotra,
        revisions=table,
        statements=_statements(people, crowd, quoted),
        density=_density(percent),
        families=linked(pd.concat([people, crowd])),
        counts=_counts(table),
        last_evidence=f"{table['end'].max():%Y-%m-%d}",
    )


def _prior(model: pm.Model, platform: np.ndarray, revision: float, gap: tuple[float, float], rng: np.random.Generator) -> dict[str, float]:
    """P(S) before data: sizes of changes as they are, their directions unknown; and the prior of the shifts."""
    person, crowd = (rng.choice([-1.0, 1.0], len(platform)) for _ in range(2))
    named = person * named_lead(np.zeros_like(platform), revision, gap, rng) - crowd * platform
    shift = sampling.prior(model, ["shift"])["shift"]
    return {NAMED: float(np.mean(named > 0)), EVERYONE: float(np.mean(shift[:, 1] < shift[:, 0]))}


def _cotra(row: pd.Series, table: pd.DataFrame) -> dict[str, float]:
    index = tables.load("agi_index_daily").set_index("day")["p50"]
    moved = index[: "2023-12-31"]["2023-01-01":] - index[row["end"]]
    months = [(row["end"] - pd.Timestamp(day)).days / 365.25 * 12 for day in ("2023-12-31", "2023-01-01")]
    earlier = table[(table["source"] == "Ajeya Cotra") & (table["event"] == "TAI")].iloc[0]
    return {
        "years": float(row["before"] - row["after"]),
        "gap_low": months[0],
        "gap_high": months[1],
        "log_ratio": row["log_ratio"],
        "earlier_log_ratio": earlier["log_ratio"],
        "index_low": float(moved.min()),
        "index_high": float(moved.max()),
    }


def _statements(people: pd.DataFrame, crowd: pd.DataFrame, quoted: pd.DataFrame) -> pd.DataFrame:
    before = quoted.rename(columns={"start": "day", "before": "year"})[["source", "event", "day", "year"]]
    crowd = crowd[(crowd["event"] != "combined index") | crowd["day"].isin(pd.to_datetime([EVE, DOCUMENT_DATE]))]
    table = pd.concat([people, crowd, before])[["source", "event", "day", "year"]]
    table = table[table["day"] >= "2023-05-01"]
    table["row"] = [ROWS.get(key) for key in zip(table["source"], table["event"], strict=True)]
    # Two statements by one person long before are off the chart's years: Legg's of 2011 is the same year as his last.
    legg = people[(people["source"] == "Shane Legg") & (people["day"] < "2023-05-01")].assign(row="Legg, AGI")
    table = pd.concat([table, legg[["source", "event", "day", "year", "row"]]]).dropna(subset=["row"])
    bins = [pd.Timestamp.min, pd.Timestamp(O3) - pd.Timedelta(days=1), pd.Timestamp("2025-12-31"), pd.Timestamp.max]
    return table.assign(period=pd.cut(table["day"], bins, labels=PERIODS).astype(str)).sort_values(["row", "day"], ignore_index=True)[["row", "day", "year", "period"]]


def _density(percent: np.ndarray) -> pd.DataFrame:
    """Kernel estimate on the scale of the log ratio, shown in percent."""
    grid = np.linspace(-80, 120, 81)
    parts = []
    for k, group in enumerate(("platforms", "people")):
        height = stats.gaussian_kde(np.log1p(percent[:, k] / 100), bw_method=0.25)(np.log1p(grid / 100)) / (100 + grid)
        parts.append(pd.DataFrame({"group": group, "percent": grid, "density": height}))
    return pd.concat(parts, ignore_index=True)


def _counts(table: pd.DataFrame) -> dict[str, int]:
    people = table[table["group"] != "platform"]
    later = people[people["start"] >= pd.Timestamp(O3)]
    year = later["end"].dt.year
    over = table["share_o3"] == 1
    return {
        "revisions": len(table),
        "of_people": len(people),
        "people": people["source"].nunique(),
        "people_over_o3": int((over & (table["group"] != "platform")).sum()),
        "people_earlier": int((table.loc[over & (table["group"] != "platform"), "log_ratio"] < 0).sum()),
        "leaders_over_o3": table.loc[over & (table["group"] == "laboratory leader"), "source"].nunique(),
        "platforms_over_o3": int((over & (table["group"] == "platform")).sum()),
        "people_2025": later[year == 2025]["source"].nunique(),
        "people_2026": later[year == 2026]["source"].nunique(),
        "later_2025": int((year == 2025).sum()),
        "longer_2025": int(((year == 2025) & (later["log_ratio"] > 0)).sum()),
        "later_2026": int((year == 2026).sum()),
        "shorter_2026": int(((year == 2026) & (later["log_ratio"] < 0)).sum()),
    }
