"""Charts of the surveys: the same answers under different rules, and one statement under different shapes."""

from __future__ import annotations

import altair as alt
import pandas as pd

from inference_scaling.charts import PALETTE
from inference_scaling.forecasts.surveys import BOTH, SAMOTSVETY_DATE, SURVEY_DATE

CROWDS = [BOTH, "fixed probabilities", "fixed years", "Samotsvety"]
NAMES = {BOTH: "researchers, all", "fixed probabilities": "asked for years", "fixed years": "asked for chances", "Samotsvety": "Samotsvety"}
RULES = {"mean of probabilities": "mean of probabilities", "geometric mean of odds": "geometric mean of odds", "median of probabilities": "median of probabilities", "bayes": "Bayesian pool"}
SHAPES = {"piecewise": "piecewise", "lognormal": "log-normal", "gamma": "gamma"}


def rules(table: pd.DataFrame) -> alt.LayerChart:
    """Median and outer deciles of each crowd's pool by rule, in years from its own date.

    Parameters
    ----------
    table : DataFrame
        As `surveys.Study.rules`.
    """
    data = table[table["crowd"].isin(CROWDS) & table["rule"].isin(list(RULES))]
    origin = data["crowd"].map({"Samotsvety": SAMOTSVETY_DATE}).fillna(SURVEY_DATE)
    ahead = {f"{name}_ahead": data[name] - origin for name in ("p10", "p50", "p90")}
    data = data.assign(asked=data["crowd"].map(NAMES), rule=data["rule"].map(RULES), **ahead)
    scale = alt.Scale(type="log", domain=[2, 500])
    x = alt.X("p50_ahead:Q", title="Years ahead: 10 %, 50 %, 90 % (log scale)", scale=scale, axis=alt.Axis(values=[2, 5, 10, 20, 50, 100, 200, 500], format=",d"))
    y = alt.Y("rule:N", title=None, sort=list(RULES.values()), axis=alt.Axis(labelLimit=150, labelExpr="split(replace(datum.label, ' of ', ' of|'), '|')"))
    order = [NAMES[crowd] for crowd in CROWDS]
    offset = alt.YOffset("asked:N", sort=order, scale=alt.Scale(paddingOuter=0.3))
    colour = alt.Color("asked:N", title=None, sort=order, scale=alt.Scale(domain=order, range=PALETTE[:4]))
    tips = ["asked:N", "rule:N", alt.Tooltip("p10:Q", title="10 %", format=".0f"), alt.Tooltip("p50:Q", title="50 %", format=".0f"), alt.Tooltip("p90:Q", title="90 %", format=".0f")]
    bar = alt.Chart(data).mark_rule(strokeWidth=2.5, opacity=0.85).encode(x=alt.X("p10_ahead:Q", scale=scale), x2="p90_ahead:Q", y=y, yOffset=offset, color=colour, tooltip=tips)
    dot = alt.Chart(data).mark_point(size=55).encode(x=x, y=y, yOffset=offset, color=colour, shape=alt.Shape("asked:N", title=None, sort=order, scale=alt.Scale(domain=order)), tooltip=tips)
    return alt.layer(bar, dot).properties(width="container", height=320)


def shapes(families: pd.DataFrame, points: pd.DataFrame) -> alt.LayerChart:
    """One forecaster's statement under each family.

    Parameters
    ----------
    families : DataFrame
        family, year, probability.
    points : DataFrame
        year, probability: what was stated.
    """
    data = families[families["year"] <= 2250].assign(shape=families["family"].map(SHAPES))
    names = list(SHAPES.values())
    x = alt.X("year:Q", title="Year", scale=alt.Scale(domain=[2023, 2250], nice=False), axis=alt.Axis(format="d", values=[2025, 2050, 2100, 2150, 2200, 2250]))
    y = alt.Y("probability:Q", title="Probability of the event by then", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format=".0%"))
    tips = [alt.Tooltip("shape:N"), alt.Tooltip("year:Q", format=".0f"), alt.Tooltip("probability:Q", format=".2f")]
    line = alt.Chart(data).mark_line().encode(
        x=x,
        y=y,
        color=alt.Color("shape:N", title=None, sort=names, scale=alt.Scale(domain=names, range=PALETTE[:3])),
        strokeDash=alt.StrokeDash("shape:N", title=None, sort=names, scale=alt.Scale(domain=names, range=[[1, 0], [6, 3], [2, 2]])),
        tooltip=tips,
    )
    dot = alt.Chart(points).mark_point(size=70, color=PALETTE[4]).encode(x=x, y=y, tooltip=[alt.Tooltip("year:Q", format="d"), alt.Tooltip("probability:Q", format=".2f")])
    return alt.layer(line, dot).properties(width="container", height=260)
