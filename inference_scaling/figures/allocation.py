"""Chart of the accounts of one laboratory's split, and of the forecast for the next."""

from __future__ import annotations

import altair as alt
import pandas as pd

from inference_scaling.allocation import BAND
from inference_scaling.charts import PALETTE
from inference_scaling.estimates import Estimate

KINDS = ["published account", "check only", "forecast"]


def split(accounts: pd.DataFrame, forecast: Estimate) -> alt.LayerChart:
    """Ratio of inference to training and research: accounts, forecast of the next laboratory-year, and the band that counts as parity.

    Parameters
    ----------
    accounts : DataFrame
        Columns account, kind, period, ratio, low, high.
    forecast : Estimate
    """
    shown = accounts["kind"].map(lambda kind: KINDS[kind == "outside estimate"])
    rows = accounts.assign(label=accounts["account"] + ", " + accounts["period"] + shown.map({KINDS[0]: "", KINDS[1]: " (check)"}), shown=shown)
    last = pd.DataFrame([{"label": "forecast, 90 %", "shown": KINDS[2], "ratio": forecast.value, "low": forecast.low, "high": forecast.high}])
    data = pd.concat([rows[["label", "shown", "ratio", "low", "high"]], last], ignore_index=True)
    scale = alt.Scale(type="log", domain=[0.1, 10])
    x = alt.X("low:Q", title="Inference / (training + research)", scale=scale, axis=alt.Axis(values=[0.1, 1 / 3, 1, 3, 10], format=".2~f"))
    y = alt.Y("label:N", title=None, sort=None)
    colour = alt.Color("shown:N", title=None, scale=alt.Scale(domain=KINDS, range=[PALETTE[0], PALETTE[4], PALETTE[1]]), legend=None)
    region = alt.Chart(pd.DataFrame({"low": [1 / BAND], "high": [BAND]})).mark_rect(opacity=0.12, color=PALETTE[2]).encode(x=x, x2="high:Q")
    limits = alt.Chart(data).mark_rule(strokeWidth=3).encode(x=x, x2="high:Q", y=y, color=colour)
    middle = alt.Chart(data).mark_point(size=80).encode(
        x=alt.X("ratio:Q", scale=scale), y=y, color=colour, shape=alt.Shape("shown:N", legend=None, scale=alt.Scale(domain=KINDS)), tooltip=["label:N", alt.Tooltip("ratio:Q", format=".2f"), alt.Tooltip("low:Q", format=".2f"), alt.Tooltip("high:Q", format=".2f")]
    )
    return alt.layer(region, limits, middle).properties(width="container", height=190)
