"""Charts of rounds, teachers and students, growth schedules and the time until a lead is matched."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from inference_scaling.bootstrapping.distilled import CHEAP
from inference_scaling.charts import INK, PALETTE

GROUPS = ["own search", "smaller network", "maker's smaller model"]
SERIES = ["rStar-Math, network alone", "rStar-Math, with its own search", "R-Zero, four networks alone"]
TAUGHT = ["no", "little", "some", "much"]


def rounds(points: pd.DataFrame) -> alt.LayerChart:
    """Mean score over a study's benchmarks after each round.

    Parameters
    ----------
    points : DataFrame
        As `rounds.Study.points`.
    """
    kind = np.where(points["study"] == "R-Zero", SERIES[2], np.where(points["use"] == "network alone", SERIES[0], SERIES[1]))
    data = points.assign(kind=kind)[["series", "kind", "round", "score"]]
    colour = alt.Color("kind:N", title=None, scale=alt.Scale(domain=SERIES, range=PALETTE[:3]), legend=alt.Legend(orient="top", columns=1, labelLimit=300))
    base = alt.Chart(data).encode(
        x=alt.X("round:Q", title="Round (0: before training)", axis=alt.Axis(values=[0, 1, 2, 3, 4], format="d"), scale=alt.Scale(domain=[-0.1, 4.1])),
        y=alt.Y("score:Q", title="Mean score over benchmarks (per cent)", scale=alt.Scale(domain=[0, 85])),
        color=colour,
        detail="series:N",
    )
    tips = ["series:N", "round:Q", alt.Tooltip("score:Q", format=".1f")]
    return alt.layer(base.mark_line(), base.mark_point().encode(shape=alt.Shape("kind:N", title=None, scale=alt.Scale(domain=SERIES)), tooltip=tips)).properties(width="container", height=300)


def pairs(table: pd.DataFrame) -> alt.LayerChart:
    """Student against teacher in score and in running cost.

    Parameters
    ----------
    table : DataFrame
        As `distilled.Study.pairs`.
    """
    data = table[["group", "teacher", "student", "benchmark", "difference", "cost_ratio"]]
    colour = alt.Color("group:N", title=None, scale=alt.Scale(domain=GROUPS, range=PALETTE[:3]), legend=alt.Legend(orient="top"))
    x = alt.X("cost_ratio:Q", title="Running cost, student over teacher", scale=alt.Scale(type="log", domain=[0.0007, 3], nice=False), axis=alt.Axis(values=[0.001, 0.01, 0.1, 1], format="~g"))
    y = alt.Y("difference:Q", title="Score, student minus teacher (log odds)", scale=alt.Scale(domain=[-4.3, 1.4]))
    target = pd.DataFrame({"left": [0.0007], "right": [CHEAP], "low": [0.0], "high": [1.4], "label": ["as good, and cheap"]})
    area = alt.Chart(target).mark_rect(opacity=0.12, color=INK).encode(x=alt.X("left:Q", scale=alt.Scale(type="log", domain=[0.0007, 3], nice=False)), x2="right:Q", y="low:Q", y2="high:Q")
    text = alt.Chart(target).mark_text(align="left", dx=4, baseline="top", dy=4).encode(x="left:Q", y="high:Q", text="label:N")
    tips = ["teacher:N", "student:N", "benchmark:N", alt.Tooltip("cost_ratio:Q", title="cost ratio", format=".3g"), alt.Tooltip("difference:Q", format=".2f")]
    dots = alt.Chart(data).mark_point().encode(x=x, y=y, color=colour, shape=alt.Shape("group:N", title=None, scale=alt.Scale(domain=GROUPS)), tooltip=tips)
    return alt.layer(area, text, dots).properties(width="container", height=300)


def schedule(by_budget: pd.DataFrame) -> alt.LayerChart:
    """Share of draws in which growing, then distilling beats the fixed size, by compute and by what teaching adds to the ceiling.

    Parameters
    ----------
    by_budget : DataFrame
        As `amplify.Study.by_budget`.
    """
    names = [f"{word} gain in ceiling from being taught" for word in TAUGHT]
    data = by_budget.assign(kind=by_budget["taught"].map(dict(zip(TAUGHT, names, strict=True))))
    colour = alt.Color("kind:N", title=None, scale=alt.Scale(domain=names, range=PALETTE[:4]), legend=alt.Legend(orient="top", columns=1, labelLimit=300))
    base = alt.Chart(data).encode(
        x=alt.X("budget:Q", title="Compute (generations at the deployed size)", scale=alt.Scale(type="log", domain=[3, 30]), axis=alt.Axis(values=[3, 5, 10, 20, 30])),
        y=alt.Y("share:Q", title="Draws in which growing wins", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format=".0%")),
        color=colour,
    )
    asked = alt.Chart(pd.DataFrame({"share": [0.9]})).mark_rule(strokeDash=[5, 3], color=INK).encode(y="share:Q")
    dots = base.mark_point().encode(shape=alt.Shape("kind:N", title=None, scale=alt.Scale(domain=names)), tooltip=["kind:N", alt.Tooltip("budget:Q", format=".1f"), alt.Tooltip("share:Q", format=".0%"), "draws:Q"])
    return alt.layer(asked, base.mark_line(), dots).properties(width="container", height=300)


def survival(curve: pd.DataFrame) -> alt.LayerChart:
    """Share of leading results not matched yet by another laboratory, against time.

    Parameters
    ----------
    curve : DataFrame
        As `leads.Study.survival`.
    """
    x = alt.X("months:Q", title="Months since the leading result", scale=alt.Scale(domain=[0, 15], clamp=True), axis=alt.Axis(values=[0, 3, 6, 9, 12, 15]))
    curve = curve[curve["months"] <= 15]
    title = "Leading results not matched yet"
    axis = alt.Axis(format=".0%")
    names = ["observed, open leads allowed for", "fitted law"]
    scale = alt.Scale(domain=names, range=[PALETTE[1], PALETTE[0]])
    colour = alt.Color("kind:N", title=None, scale=scale, legend=alt.Legend(orient="top", columns=1, labelLimit=300))
    band = alt.Chart(curve).mark_area(color=PALETTE[0]).encode(x=x, y=alt.Y("low:Q", title=title, axis=axis, scale=alt.Scale(domain=[0, 1])), y2="high:Q")
    line = alt.Chart(curve.assign(kind=names[1])).mark_line().encode(x=x, y=alt.Y("fitted:Q", title=title), color=colour)
    steps = alt.Chart(curve.assign(kind=names[0])).mark_line(interpolate="step-after").encode(x=x, y=alt.Y("unmatched:Q", title=title), color=colour)
    limit = alt.Chart(pd.DataFrame({"months": [12], "label": ["a year"]}))
    rule = limit.mark_rule(strokeDash=[5, 3], color=INK).encode(x="months:Q")
    text = limit.mark_text(align="left", dx=4, baseline="top", color=INK).encode(x="months:Q", y=alt.value(4), text="label:N")
    return alt.layer(band, line, steps, rule, text).properties(width="container", height=280)
