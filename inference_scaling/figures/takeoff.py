"""Charts of the chapter on takeoff speed."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from inference_scaling.charts import INK, PALETTE
from inference_scaling.estimates import Estimate
from inference_scaling.takeoff.costs import RUNNING_BOUNDS, TRAINING_BOUNDS
from inference_scaling.takeoff.window import THRESHOLD

KINDS = ["one sample", "best of 100 samples"]


def preview(rows: pd.DataFrame) -> alt.LayerChart:
    """Solved share after one and after a hundred samples over training compute, every checkpoint a dot.

    Parameters
    ----------
    rows : DataFrame
        As in `preview.Preview`.
    """
    parts = []
    for kind, column in zip(KINDS, ("single", "hundred")):
        parts.append(pd.DataFrame({"benchmark": rows["benchmark"], "flop": rows["flop"], "percent": 100 / (1 + np.exp(-rows[column])), "answer": kind, "size": rows["params"] / 1e9}))
    data = pd.concat(parts, ignore_index=True)
    return alt.layer(
        alt.Chart(data)
        .mark_point(opacity=0.85)
        .encode(
            x=alt.X("flop:Q", title="Training compute (FLOP)", scale=alt.Scale(type="log"), axis=alt.Axis(format=".0e", tickCount=5)),
            y=alt.Y("percent:Q", title="Problems solved (%)", scale=alt.Scale(type="log", domain=[0.01, 100]), axis=alt.Axis(values=[0.01, 0.1, 1, 10, 100])),
            color=alt.Color("answer:N", title=None, scale=alt.Scale(domain=KINDS, range=PALETTE[:2])),
            shape=alt.Shape("benchmark:N", title=None),
            tooltip=["benchmark:N", alt.Tooltip("size:Q", title="billion parameters", format=".3g"), alt.Tooltip("flop:Q", format=".1e"), "answer:N", alt.Tooltip("percent:Q", format=".2g")],
        )
    ).properties(width="container", height=300)


def cost_plane(cloud: pd.DataFrame) -> alt.LayerChart:
    """Where the scenario puts the two costs, with the region that the statement names.

    Parameters
    ----------
    cloud : DataFrame
        As in `costs.Costs`.
    """
    x = alt.X("train_low:Q", title="Training the first AGI (US dollars)", scale=alt.Scale(type="log", domain=[1e8, 1e13]), axis=alt.Axis(format=".0e", tickCount=6))
    y = alt.Y("run_low:Q", title="Running one copy for a year (US dollars)", scale=alt.Scale(type="log", domain=[1e3, 1e10]), axis=alt.Axis(format=".0e", tickCount=6))
    inside = cloud[(cloud["train_low"] >= 1e8) & (cloud["train_high"] <= 1e13) & (cloud["run_high"] <= 1e10)]
    cells = (
        alt.Chart(inside)
        .mark_rect(color=PALETTE[0])
        .encode(x=x, x2="train_high:Q", y=y, y2="run_high:Q", opacity=alt.Opacity("share:Q", title="Share of draws", scale=alt.Scale(range=[0.08, 1]), legend=None), tooltip=[alt.Tooltip("share:Q", format=".2%")])
    )
    box = pd.DataFrame({"train_low": [TRAINING_BOUNDS[0]], "train_high": [TRAINING_BOUNDS[1]], "run_low": [RUNNING_BOUNDS[0]], "run_high": [RUNNING_BOUNDS[1]], "label": ["both as claimed"]})
    frame = alt.Chart(box).mark_rect(filled=False, stroke=PALETTE[1], strokeWidth=2).encode(x=x, x2="train_high:Q", y=y, y2="run_high:Q")
    text = alt.Chart(box).mark_text(align="left", baseline="bottom", dy=-3).encode(x=x, y=alt.Y("run_high:Q"), text="label:N")
    return alt.layer(cells, frame, text).properties(width="container", height=300)


def interval(parts: pd.DataFrame) -> alt.LayerChart:
    """Years gained by the first laboratory and by the phone, and the change of the interval between them."""
    y = alt.Y("quantity:N", title=None, sort=parts["quantity"].tolist())
    bars = alt.Chart(parts).mark_rule(strokeWidth=3, color=PALETTE[0]).encode(x=alt.X("low:Q", title="Years earlier, or years longer"), x2="high:Q", y=y)
    dots = alt.Chart(parts).mark_point(color=PALETTE[0], size=70).encode(x="value:Q", y=y, tooltip=["quantity:N", *(alt.Tooltip(f"{name}:Q", format=".1f") for name in ("low", "value", "high"))])
    zero = alt.Chart(pd.DataFrame({"years": [0.0]})).mark_rule(color=INK, opacity=0.6).encode(x="years:Q")
    return alt.layer(zero, bars, dots).properties(width="container", height=120)


def threshold_data(flagships: pd.DataFrame, span: Estimate) -> pd.DataFrame:
    """Training compute of each flagship, and what inference makes of it: model, published, flop, low, value, high, probability."""
    lifted = {name: flagships["flop"] * 10 ** getattr(span, name) for name in ("low", "value", "high")}
    return flagships[["model", "published", "flop", "probability"]].assign(**lifted)


def threshold(flagships: pd.DataFrame, span: Estimate) -> alt.LayerChart:
    """Flagships below the threshold, and their training equivalent with inference counted."""
    data = threshold_data(flagships, span)
    y = alt.Y("model:N", title=None, sort=data["model"].tolist())
    x = alt.X("flop:Q", title="Training, or its equivalent (FLOP)", scale=alt.Scale(type="log", domain=[1e24, 1e29]), axis=alt.Axis(format=".0e", tickCount=5))
    rule = alt.Chart(data).mark_rule(strokeWidth=3, opacity=0.6, color=PALETTE[1]).encode(x=alt.X("low:Q"), x2="high:Q", y=y)
    after = alt.Chart(data).mark_point(color=PALETTE[1], shape="diamond", size=60).encode(x="value:Q", y=y, tooltip=["model:N", alt.Tooltip("value:Q", format=".1e"), alt.Tooltip("probability:Q", format=".2f")])
    before = alt.Chart(data).mark_point(color=PALETTE[0]).encode(x=x, y=y, tooltip=["model:N", alt.Tooltip("flop:Q", format=".1e")])
    line = alt.Chart(pd.DataFrame({"flop": [THRESHOLD]})).mark_rule(color=INK, strokeDash=[4, 3]).encode(x="flop:Q")
    return alt.layer(rule, line, before, after).properties(width="container", height=24 * len(data))
