"""Charts of search at a fixed model, of the Hex frontier and of what search is worth in training."""

from __future__ import annotations

import altair as alt
import pandas as pd

from inference_scaling.bootstrapping.curves import KINDS
from inference_scaling.charts import INK, PALETTE

COLOUR = alt.Color("kind:N", title=None, scale=alt.Scale(domain=list(KINDS), range=PALETTE[: len(KINDS)]), legend=alt.Legend(orient="top"))
GROUPS = ["games", "answer key", "verifier", "review"]


def curves(points: pd.DataFrame, fitted: pd.DataFrame) -> alt.LayerChart:
    """One curve of each kind of search, in parts of its own rise.

    Parameters
    ----------
    points, fitted : DataFrame
        As `search.Study` holds them.
    """
    x = alt.X("decades:Q", title="Decades of search compute above the first point", scale=alt.Scale(domain=[0, 4]))
    y = alt.Y("gain:Q", title="Gain, as a part of the range measured", scale=alt.Scale(domain=[-0.05, 1.1]), axis=alt.Axis(format=".0%"))
    dots = alt.Chart(points).mark_point().encode(x=x, y=y, color=COLOUR, shape=alt.Shape("kind:N", title=None, scale=alt.Scale(domain=list(KINDS))), tooltip=["curve:N", alt.Tooltip("decades:Q", format=".2f"), alt.Tooltip("gain:Q", format=".0%")])
    line = alt.Chart(fitted).mark_line().encode(x=x, y=y, color=COLOUR)
    return alt.layer(line, dots).properties(width="container", height=300)


def hex_frontier(points: pd.DataFrame, frontier: pd.DataFrame) -> alt.LayerChart:
    """Best run of each board size against training compute, with the published form.

    Parameters
    ----------
    points, frontier : DataFrame
        As `frontier.Study` holds them.
    """
    sizes = [3, 5, 7, 9]
    points, frontier = (part[part["board_size"].isin(sizes)].assign(board=lambda t: t["board_size"].map(lambda b: f"{b:.0f} x {b:.0f} board")) for part in (points, frontier))
    names = [f"{b} x {b} board" for b in sizes]
    colour = alt.Color("board:N", title=None, scale=alt.Scale(domain=names, range=PALETTE[:4]), legend=alt.Legend(orient="top"))
    x = alt.X("log10_flop:Q", title="Training compute (decimal logarithm of FLOP)", scale=alt.Scale(domain=[9, 17]))
    scale = alt.Scale(domain=[-2100, 50])
    title = "Elo below perfect play"
    published = alt.Chart(frontier).mark_line(strokeDash=[5, 3], strokeWidth=1.5).encode(x=x, y=alt.Y("published_form:Q", title=title, scale=scale), color=colour)
    dots = alt.Chart(points).mark_point(size=16).encode(x=x, y=alt.Y("elo:Q", title=title, scale=scale), color=colour, shape=alt.Shape("board:N", title=None, scale=alt.Scale(domain=names)))
    return alt.layer(published, dots).properties(width="container", height=300)


def exchange(rates: pd.DataFrame) -> alt.LayerChart:
    """Decades of test compute for each decade of training compute given up, one row a setting.

    Parameters
    ----------
    rates : DataFrame
        As `tradeoff.Study.exchange`.
    """
    order = rates["setting"].tolist()
    y = alt.Y("setting:N", title=None, sort=order, axis=alt.Axis(labelLimit=150, labelFontSize=10))
    colour = alt.Color("group:N", title=None, scale=alt.Scale(domain=GROUPS, range=PALETTE[:4]), legend=alt.Legend(orient="top"))
    scale = alt.Scale(domain=[-1, 2.2])
    title = "Test decades per training decade"
    x = alt.X("value:Q", title=title, scale=scale)
    bars = alt.Chart(rates.dropna(subset=["low"])).mark_rule(strokeWidth=2).encode(y=y, x=alt.X("low:Q", title=title, scale=scale), x2="high:Q", color=colour)
    tips = ["setting:N", alt.Tooltip("value:Q", format=".2f"), alt.Tooltip("low:Q", format=".2f"), alt.Tooltip("high:Q", format=".2f")]
    dots = alt.Chart(rates).mark_point(size=60).encode(y=y, x=x, color=colour, shape=alt.Shape("group:N", title=None, scale=alt.Scale(domain=GROUPS)), tooltip=tips)
    marks = pd.DataFrame({"value": [0.0, 1.0]})
    lines = alt.Chart(marks).mark_rule(strokeDash=[4, 4], color=INK, opacity=0.6).encode(x=alt.X("value:Q", title=title, scale=scale))
    return alt.layer(lines, bars, dots).properties(width="container", height=300)
