"""Charts of repeated sampling: forecasts from few attempts against what more attempts found."""

from __future__ import annotations

import altair as alt
import pandas as pd

from inference_scaling.charts import INK, PALETTE

HEIGHT = 300
_SHOWN_LAWS = {"beta": "Beta law", "logit-normal": "logit-normal law"}
_DASHES = {"Beta law": [1, 0], "logit-normal law": [5, 3]}


def forecast_chart(bands: pd.DataFrame, points: pd.DataFrame, family: str, band_law: str) -> alt.LayerChart:
    """Coverage against attempts: dots observed, lines the two laws' medians from the early attempts, a band round one of them.

    Parameters
    ----------
    bands : DataFrame
        Columns family, model, law, attempts, low, median, high.
    points : DataFrame
        Columns family, model, attempts, observed, published_table.
    family : {"mathematics", "jailbreak"}
        The published table is drawn for jailbreaks only, where it differs from what was observed.
    band_law : {"beta", "logit-normal"}
        Law whose 90 % band is drawn.
    """
    bands = bands[bands["family"] == family].assign(law=lambda rows: rows["law"].map(_SHOWN_LAWS))
    points = points[points["family"] == family]
    share = alt.Axis(format="%")
    y_title = "problems solved" if family == "mathematics" else "requests broken"
    x = alt.X("attempts:Q", scale=alt.Scale(type="log", domain=[1, int(points["attempts"].max())], nice=False), title="attempts a problem" if family == "mathematics" else "attempts a request")
    models = list(points["model"].unique())
    colour = alt.Color("model:N", title=None, scale=alt.Scale(domain=models, range=PALETTE[: len(models)]))
    scale = alt.Scale(domain=[0, 1])
    band = (
        alt.Chart(bands[bands["law"] == _SHOWN_LAWS[band_law]])
        .mark_area(opacity=0.2)
        .encode(x=x, y=alt.Y("low:Q", title=y_title, axis=share, scale=scale), y2="high:Q", color=colour)
    )
    lines = (
        alt.Chart(bands)
        .mark_line()
        .encode(
            x=x,
            y=alt.Y("median:Q", title=y_title, axis=share, scale=scale),
            color=colour,
            strokeDash=alt.StrokeDash("law:N", title=None, scale=alt.Scale(domain=list(_DASHES), range=list(_DASHES.values()))),
            tooltip=["model:N", "law:N", "attempts:Q", alt.Tooltip("median:Q", format=".0%"), alt.Tooltip("low:Q", format=".0%"), alt.Tooltip("high:Q", format=".0%")],
        )
    )
    dots = (
        alt.Chart(points)
        .mark_point(filled=True, size=32)
        .encode(
            x=x,
            y=alt.Y("observed:Q", title=y_title, axis=share, scale=scale),
            color=colour,
            tooltip=["model:N", "attempts:Q", alt.Tooltip("observed:Q", format=".1%")],
        )
    )
    layers = [band, lines, dots]
    if family == "jailbreak":
        table = alt.Chart(points).mark_line(strokeWidth=1.2, strokeDash=[1, 3])
        layers.append(table.encode(x=x, y=alt.Y("published_table:Q", title=y_title, axis=share, scale=scale), color=colour))
    start = alt.Chart(pd.DataFrame({"attempts": [float(bands["attempts"].min())]})).mark_rule(color=INK, opacity=0.5, strokeDash=[2, 2])
    return alt.layer(*layers, start.encode(x="attempts:Q")).properties(width="container", height=HEIGHT)
