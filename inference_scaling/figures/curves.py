"""Charts of the section on o1's curves and on effort ladders."""

from __future__ import annotations

import altair as alt
import pandas as pd

from inference_scaling.charts import INK, PALETTE
from inference_scaling.curves import Panel

AXES = {"test_time": "Test-time compute, decades above the first dot", "train_time": "Training compute, decades above the first dot"}
MODELS = ["quadratic", "logistic"]


def panels(by_axis: dict[str, Panel]) -> alt.VConcatChart:
    """o1's two panels, one above the other: what the first dots predicted (bands), what all dots say (lines), and the dots."""
    return alt.vconcat(*[_panel(panel, legend=axis == "test_time") for axis, panel in by_axis.items()], spacing=18)


def panels_data(by_axis: dict[str, Panel]) -> pd.DataFrame:
    """Dots and bands of both panels in one table, for the download."""
    parts = []
    for axis, panel in by_axis.items():
        parts += [panel.dots.assign(panel=axis), panel.bands[panel.bands["model"].isin(MODELS)].assign(panel=axis)]
    return pd.concat(parts, ignore_index=True)


def _panel(panel: Panel, legend: bool) -> alt.LayerChart:
    bands = panel.bands[panel.bands["model"].isin(MODELS)]
    colour = alt.Color("model:N", title="Curve", scale=alt.Scale(domain=MODELS, range=PALETTE[:2]), legend=alt.Legend() if legend else None)
    x = alt.X("decades:Q", title=AXES[panel.axis], scale=alt.Scale(domain=[0, 2]), axis=alt.Axis(tickCount=4))
    y = alt.Y("accuracy:Q", title="AIME 2024 solved (%)", scale=alt.Scale(domain=[0, 100]), axis=alt.Axis(tickCount=5))
    early = alt.Chart(bands[bands["fitted"] == "first dots"]).mark_area(opacity=1, fillOpacity=0.15, strokeOpacity=0.8, strokeWidth=1, clip=True)
    whole = alt.Chart(bands[bands["fitted"] == "all dots"]).mark_line(clip=True)
    shape = alt.Shape(
        "held out:N",
        title="Dot",
        scale=alt.Scale(domain=["fitted", "held out"], range=["circle", "diamond"]),
        legend=alt.Legend() if legend else None,
    )
    dots = alt.Chart(panel.dots).mark_point(filled=False, size=70, strokeWidth=2, color=INK)
    return alt.layer(
        early.encode(x=x, y=alt.Y("low:Q"), y2="high:Q", color=colour, stroke=alt.Stroke("model:N", scale=alt.Scale(domain=MODELS, range=PALETTE[:2]), legend=None)),
        whole.encode(x=x, y=alt.Y("middle:Q"), color=colour),
        dots.encode(
            x=x,
            y=y,
            shape=shape,
            tooltip=[alt.Tooltip("decades:Q", format=".2f"), alt.Tooltip("accuracy:Q", title="solved (%)", format=".1f"), "held out:N"],
        ),
    ).properties(height=190)


def keep(by_benchmark: pd.DataFrame, by_ladder: pd.DataFrame) -> alt.LayerChart:
    """What the next decade of tokens keeps of the previous decade's gain, by benchmark, with the half that the claim needs."""
    order = [*by_benchmark.iloc[:-1].sort_values("middle", ascending=False)["benchmark"], "a new benchmark"]
    y = alt.Y("benchmark:N", title=None, sort=order)
    title = "Next tenfold's gain / last tenfold's (log)"
    x = alt.X("middle:Q", title=title, scale=alt.Scale(type="log", domain=[0.04, 5], clamp=True), axis=alt.Axis(values=[0.05, 0.1, 0.2, 0.5, 1, 2, 5]))
    base = alt.Chart(by_benchmark)
    tips = ["benchmark:N", *[alt.Tooltip(f"{name}:Q", format=".2f") for name in ("low", "middle", "high")]]
    half = alt.Chart(pd.DataFrame({"middle": [0.5]})).mark_rule(strokeDash=[4, 3], color=INK)
    vendors = alt.Color("vendor:N", title="Ladders of", scale=alt.Scale(range=PALETTE[:4]))
    ladders = alt.Chart(by_ladder).mark_tick(thickness=2, size=11, opacity=0.8)
    return alt.layer(
        half.encode(x=x),
        ladders.encode(x=alt.X("keep:Q", title=title), y=y, color=vendors, tooltip=["ladder:N", alt.Tooltip("keep:Q", format=".2f")]),
        base.mark_rule(color=INK).encode(x=alt.X("low:Q"), x2="high:Q", y=y),
        base.mark_point(color=INK, size=55).encode(x=x, y=y, tooltip=tips),
    ).properties(height=320)
