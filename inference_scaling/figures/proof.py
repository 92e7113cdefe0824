"""Charts of pooling rules on resolved questions: scores, exponents, calibration."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from inference_scaling.charts import INK, PALETTE
from inference_scaling.forecasts.pools import neyman_roughgarden_factor
from inference_scaling.forecasts.proof import NAMES, RULES
from inference_scaling.forecasts.validation import SETS

COLOURS = alt.Scale(domain=list(SETS), range=PALETTE[:3])


def scores(gains: pd.DataFrame, counts: dict[str, int]) -> alt.VConcatChart:
    """Gain of each rule over the mean probability, a panel a set on one axis.

    Parameters
    ----------
    gains : DataFrame
        `proof.Study.against_mean`.
    counts : dict of set -> int
        Number of questions.
    """
    # The widest panel is that of few questions; one axis for all lets the widths be compared.
    domain = [float(np.floor(20 * gains["low"].min()) / 20), float(np.ceil(20 * gains["high"].max()) / 20)]
    panels = []
    for number, name in enumerate(SETS):
        rows = gains[gains["set"] == name]
        title = "Log score gained over the mean (nats a question)" if number == len(SETS) - 1 else None
        axis = alt.Axis(values=[-0.2, -0.1, 0, 0.1, 0.2, 0.3])
        x = alt.X("gain:Q", title=title, scale=alt.Scale(domain=domain), axis=axis)
        y = alt.Y("rule:N", title=None, sort=list(RULES.values()), axis=alt.Axis(labelLimit=150, ticks=False, domain=False))
        tips = ["set:N", "rule:N", *(alt.Tooltip(f"{column}:Q", format="+.3f") for column in ("gain", "low", "high"))]
        whisker = alt.Chart(rows).mark_rule(strokeWidth=2, color=PALETTE[number]).encode(x=alt.X("low:Q", title=title, scale=alt.Scale(domain=domain), axis=axis), x2="high:Q", y=y)
        dot = alt.Chart(rows).mark_point(color=PALETTE[number]).encode(x=x, y=y, tooltip=tips)
        zero = alt.Chart(pd.DataFrame({"gain": [0.0]})).mark_rule(color=INK, opacity=0.7).encode(x=x)
        panels.append(alt.layer(zero, whisker, dot).properties(height=180, title=f"{name}, {counts[name]:,} questions"))
    return alt.vconcat(*panels, spacing=12)


def exponents(bands: pd.DataFrame, bins: pd.DataFrame) -> alt.LayerChart:
    """Exponent against the number of forecasters: fitted by set, free by range of sizes, and the factor of Neyman and Roughgarden.

    Parameters
    ----------
    bands, bins : DataFrame
        `proof.Study.exponent_bands` and `exponent_bins`.
    """
    x = alt.X("size:Q", title="Forecasters on a question", scale=alt.Scale(type="log", domain=[4, 500]), axis=alt.Axis(values=[5, 10, 20, 50, 100, 200, 400]))
    scale, title = alt.Scale(type="log", domain=[0.4, 5]), "Exponent of the odds (1: no extremising)"
    y = alt.Y("exponent:Q", title=title, scale=scale, axis=alt.Axis(values=[0.5, 0.7, 1, 1.5, 2, 3, 4, 5]))
    colour = alt.Color("set:N", title=None, scale=COLOURS, legend=alt.Legend(orient="top"))
    limits = {"y": alt.Y("low:Q", title=title, scale=scale), "y2": "high:Q"}
    band = alt.Chart(bands).mark_area().encode(x=x, **limits, color=colour)
    line = alt.Chart(bands).mark_line().encode(x=x, y=y, color=colour)
    tips = ["set:N", alt.Tooltip("size:Q", title="typical size", format=".0f"), "questions:Q", *(alt.Tooltip(f"{name}:Q", format=".2f") for name in ("exponent", "low", "high"))]
    whisker = alt.Chart(bins).mark_rule(strokeWidth=1.5).encode(x=x, **limits, color=colour)
    dot = alt.Chart(bins).mark_point().encode(x=x, y=y, color=colour, shape=alt.Shape("set:N", title=None, scale=alt.Scale(domain=list(SETS))), tooltip=tips)
    sizes = np.unique(np.geomspace(4, 500, 30).round())
    factor = pd.DataFrame({"size": sizes, "exponent": neyman_roughgarden_factor(sizes)})
    theory = alt.Chart(factor).mark_line(color=INK, strokeDash=[5, 3], strokeWidth=1).encode(x=x, y=y)
    label = alt.Chart(factor[factor["size"] >= 60].head(1).assign(text="Neyman-Roughgarden")).mark_text(align="center", dy=-8).encode(x=x, y=y, text="text:N")
    one = alt.Chart(pd.DataFrame({"exponent": [1.0]})).mark_rule(color=INK, opacity=0.6).encode(y=y)
    return alt.layer(band, line, theory, label, one, whisker, dot).properties(width="container", height=300)


def calibration(curves: pd.DataFrame) -> alt.LayerChart:
    """Frequency of what was forecast, by range of the forecast.

    Parameters
    ----------
    curves : DataFrame
        `proof.Study.calibration`.
    """
    domain = [NAMES[rule] for rule in ("mean", "geometric_odds", "bayes")]
    colour = alt.Color("pool:N", title=None, scale=alt.Scale(domain=domain, range=[PALETTE[4], PALETTE[1], PALETTE[0]]), legend=alt.Legend(orient="top"))
    shape = alt.Shape("pool:N", title=None, scale=alt.Scale(domain=domain))
    percent = alt.Axis(format="%", values=[0, 0.2, 0.4, 0.6, 0.8, 1])
    x = alt.X("forecast:Q", title="Pooled probability (mean of the range)", scale=alt.Scale(domain=[0, 1]), axis=percent)
    title = "Share that came true"
    y = alt.Y("frequency:Q", title=title, scale=alt.Scale(domain=[0, 1]), axis=percent)
    ideal = alt.Chart(pd.DataFrame({"forecast": [0.0, 1.0], "frequency": [0.0, 1.0]})).mark_line(color=INK, opacity=0.6, strokeWidth=1).encode(x=x, y=y)
    whisker = alt.Chart(curves).mark_rule(strokeWidth=1.5).encode(x=x, y=alt.Y("low:Q", title=title), y2="high:Q", color=colour)
    tips = ["pool:N", "questions:Q", *(alt.Tooltip(f"{name}:Q", format=".2f") for name in ("forecast", "frequency", "low", "high"))]
    dot = alt.Chart(curves).mark_point().encode(x=x, y=y, color=colour, shape=shape, tooltip=tips)
    return alt.layer(ideal, whisker, dot).properties(width="container", height=300)
