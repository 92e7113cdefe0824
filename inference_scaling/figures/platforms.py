"""Charts of platforms and people around the announcement of o3."""

from __future__ import annotations

import altair as alt
import pandas as pd

from inference_scaling.charts import INK, PALETTE
from inference_scaling.forecasts.experts import PERIODS
from inference_scaling.forecasts.platforms import O1, O3

MARKS = pd.DataFrame({"day": pd.to_datetime([O1, O3]), "label": ["o1", "o3"]})


def index_band(index: pd.DataFrame, path: pd.DataFrame) -> alt.LayerChart:
    """Recorded years of the combined index since March 2023, and the median beneath the rounding.

    Parameters
    ----------
    index : DataFrame
        Columns day, p10, p50, p90.
    path : DataFrame
        Columns day, low, year, high.
    """
    recorded = index.assign(series="recorded year")
    # The record of 2029 says "within 2029".
    recorded = recorded.assign(p50=recorded["p50"] + 0.5, p10=recorded["p10"] + 0.5, p90=recorded["p90"] + 0.5)
    beneath = path.assign(series="estimated median")
    x = alt.X("day:T", title=None, axis=alt.Axis(format="%b %Y", tickCount={"interval": "month", "step": 6}))
    colour = alt.Color("series:N", title=None, scale=alt.Scale(domain=["recorded year", "estimated median"], range=[PALETTE[4], PALETTE[0]]), legend=alt.Legend(orient="top"))

    def marks(labels: bool) -> list[alt.Chart]:
        rule = alt.Chart(MARKS).mark_rule(opacity=0.7, strokeDash=[4, 3]).encode(x=x)
        text = alt.Chart(MARKS).mark_text(align="right", dx=-4, dy=8).encode(x=x, y=alt.value(0), text="label:N")
        return [rule, text] if labels else [rule]

    wide = alt.Chart(recorded).mark_area(color=PALETTE[4], opacity=0.25, interpolate="step-after").encode(x=x, y=alt.Y("p10:Q", title="Year of AGI", axis=alt.Axis(format="d")), y2="p90:Q")
    middle = alt.Chart(recorded).mark_line(color=PALETTE[4], interpolate="step-after").encode(x=x, y=alt.Y("p50:Q", scale=alt.Scale(zero=False)))
    note = pd.DataFrame({"day": [path["day"].min()], "p90": [2042], "label": ["recorded, 10 % to 90 %"]})
    words = alt.Chart(note).mark_text(align="left", dx=6).encode(x=x, y="p90:Q", text="label:N")
    top = alt.layer(wide, middle, words, *marks(True)).properties(height=150)

    scale = alt.Scale(zero=False, nice=False, domain=[2028, 2035])
    axis = alt.Axis(format="d", values=list(range(2028, 2036)))
    band = alt.Chart(beneath).mark_area().encode(x=x, y=alt.Y("low:Q", title="Median year of AGI", scale=scale, axis=axis), y2="high:Q", color=colour)
    line = alt.Chart(beneath).mark_line().encode(x=x, y=alt.Y("year:Q", scale=scale), color=colour)
    steps = alt.Chart(recorded).mark_line(interpolate="step-after", strokeWidth=1.2).encode(x=x, y=alt.Y("p50:Q", scale=scale), color=colour)
    bottom = alt.layer(band, steps, line, *marks(True)).properties(height=190)
    return alt.vconcat(top, bottom)


def statements(rows: pd.DataFrame) -> alt.LayerChart:
    """Dates that people and platforms stated, before o3 and after, one row a source and event.

    Parameters
    ----------
    rows : DataFrame
        Columns row, day, year, period.
    """
    order = list(rows.sort_values("day").groupby("row", sort=False)["day"].first().index)
    platforms = [name for name in order if name.startswith(("Index", "Metaculus"))]
    order = platforms + [name for name in order if name not in platforms]
    y = alt.Y("row:N", sort=order, title=None, axis=alt.Axis(labelLimit=150, ticks=False, domain=False, grid=True, labelOverlap=False))
    scale = alt.Scale(domain=[2026, 2038], nice=False)
    x = alt.X("year:Q", title="Stated year of the event", scale=scale, axis=alt.Axis(format="d", tickCount=7))
    trail = alt.Chart(rows).mark_line(color=INK, opacity=0.3, strokeWidth=1.5).encode(x=x, y=y, detail="row:N", order="day:T")
    dots = (
        alt.Chart(rows)
        .mark_point(size=60)
        .encode(
            x=x,
            y=y,
            color=alt.Color("period:N", title=None, scale=alt.Scale(domain=list(PERIODS), range=[PALETTE[4], PALETTE[0], PALETTE[1]]), legend=alt.Legend(orient="top")),
            shape=alt.Shape("period:N", title=None, scale=alt.Scale(domain=list(PERIODS), range=["square", "circle", "triangle-up"])),
            tooltip=["row:N", alt.Tooltip("day:T", title="stated", format="%B %Y"), alt.Tooltip("year:Q", format=".1f")],
        )
    )
    return alt.layer(trail, dots).properties(width="container", height=310)


def shift_density(density: pd.DataFrame) -> alt.LayerChart:
    """Posterior of the shift at o3 of platforms and of people.

    Parameters
    ----------
    density : DataFrame
        Columns group, percent, density (per percent).
    """
    names = ["platforms", "people"]
    colour = alt.Color("group:N", title=None, scale=alt.Scale(domain=names, range=PALETTE[:2]), legend=alt.Legend(orient="top"))
    x = alt.X("percent:Q", title="Change of the remaining time at o3 (%)", scale=alt.Scale(domain=[-80, 120], nice=False))
    y = alt.Y("density:Q", title="Posterior density", axis=alt.Axis(labels=False, ticks=False), stack=None)
    area = alt.Chart(density).mark_area().encode(x=x, y=y, color=colour)
    line = alt.Chart(density).mark_line().encode(x=x, y=y, color=colour, strokeDash=alt.StrokeDash("group:N", title=None, scale=alt.Scale(domain=names, range=[[1, 0], [6, 3]])))
    zero = alt.Chart(pd.DataFrame({"percent": [0]})).mark_rule(opacity=0.7).encode(x="percent:Q")
    sides = pd.DataFrame({"percent": [0, 0], "label": ["earlier", "later"]})
    left = alt.Chart(sides.iloc[:1]).mark_text(align="right", dx=-6, dy=8).encode(x="percent:Q", y=alt.value(0), text="label:N")
    right = alt.Chart(sides.iloc[1:]).mark_text(align="left", dx=6, dy=8).encode(x="percent:Q", y=alt.value(0), text="label:N")
    return alt.layer(area, line, zero, left, right).properties(width="container", height=200)
