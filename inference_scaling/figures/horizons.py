"""Charts of the horizons' trend and of the date of its bend."""

from __future__ import annotations

import altair as alt
import pandas as pd

from inference_scaling.charts import INK, PALETTE
from inference_scaling.horizons import O1_PREVIEW

KINDS = ["not reasoning-trained", "reasoning-trained"]
COLOUR = alt.Color("kind:N", title=None, scale=alt.Scale(domain=KINDS, range=PALETTE[:2]), legend=alt.Legend(orient="top"))
TICKS = [1, 4, 15, 60, 240, 960]


def trend(points: pd.DataFrame, bands: pd.DataFrame) -> alt.LayerChart:
    """Horizons with METR's intervals over the fitted line of each kind of model.

    Parameters
    ----------
    points, bands : DataFrame
        As `horizons.Study` holds them.
    """
    x = alt.X("released:T", title="Release date")
    scale = alt.Scale(type="log", domain=[0.8, 4200])
    title = "Human time of tasks done half the time (minutes)"
    y = alt.Y("minutes:Q", title=title, scale=scale, axis=alt.Axis(values=TICKS))
    limits = {"y": alt.Y("low:Q", title=title, scale=scale), "y2": "high:Q"}
    band = alt.Chart(bands).mark_area().encode(x=x, **limits, color=COLOUR)
    line = alt.Chart(bands).mark_line().encode(x=x, y=y, color=COLOUR)
    tips = ["model:N", alt.Tooltip("released:T", title="released"), alt.Tooltip("minutes:Q", format=".3g"), alt.Tooltip("low:Q", title="95 % from", format=".3g"), alt.Tooltip("high:Q", title="to", format=".3g")]
    whisker = alt.Chart(points).mark_rule(opacity=0.45).encode(x=x, **limits, color=COLOUR)
    dot = alt.Chart(points).mark_point().encode(x=x, y=y, color=COLOUR, shape=alt.Shape("kind:N", title=None, scale=alt.Scale(domain=KINDS)), tooltip=tips)
    return alt.layer(band, line, whisker, dot).properties(width="container", height=300)


def bend_date(kinks: pd.DataFrame) -> alt.LayerChart:
    """Posterior of the date at which the slope changed, against the release of o1-preview.

    Parameters
    ----------
    kinks : DataFrame
        Columns date, rows ("all" or "frontier"), probability.
    """
    names = {"all": "all models", "frontier": "frontier models only"}
    data = kinks.assign(rows=kinks["rows"].map(names))
    prior = pd.DataFrame({"probability": [1 / kinks["date"].nunique()], "label": ["before data"]})
    o1 = pd.DataFrame({"date": [pd.Timestamp(O1_PREVIEW)], "label": ["o1-preview"]})
    steps = (
        alt.Chart(data)
        .mark_line(interpolate="step-after")
        .encode(
            x=alt.X("date:T", title="Date of the change of slope"),
            y=alt.Y("probability:Q", title="Posterior probability of the month", scale=alt.Scale(zero=True)),
            color=alt.Color("rows:N", title=None, scale=alt.Scale(domain=list(names.values()), range=PALETTE[:2]), legend=alt.Legend(orient="top")),
            strokeDash=alt.StrokeDash("rows:N", title=None, scale=alt.Scale(domain=list(names.values()), range=[[1, 0], [5, 3]])),
            tooltip=["rows:N", alt.Tooltip("date:T", format="%B %Y"), alt.Tooltip("probability:Q", format=".3f")],
        )
    )
    level = alt.Chart(prior).mark_rule(strokeDash=[2, 2], opacity=0.7).encode(y="probability:Q")
    level_text = alt.Chart(prior).mark_text(align="right", dx=-4, dy=-6).encode(y="probability:Q", x=alt.value("width"), text="label:N")
    mark = alt.Chart(o1).mark_rule(color=INK, opacity=0.8).encode(x="date:T")
    mark_text = alt.Chart(o1).mark_text(align="left", dx=5, dy=8).encode(x="date:T", y=alt.value(0), text="label:N")
    return alt.layer(steps, level, level_text, mark, mark_text).properties(width="container", height=220)
