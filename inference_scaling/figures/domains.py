"""Chart of the gains by domain."""

from __future__ import annotations

import altair as alt
import pandas as pd

from inference_scaling.charts import PALETTE

GROUPS = ["closed-domain", "more open-ended", "not compared"]
QUESTIONS = ["January 2026", "May 2025"]


def gains(by_domain: pd.DataFrame) -> alt.VConcatChart:
    """What switching thinking on adds in each domain: two sets of LiveBench questions above, human votes below, each on its own scale.

    Parameters
    ----------
    by_domain : DataFrame
        Columns source, questions, domain, group, median, low, high.
    """
    rows = by_domain.replace({"domain": {"instruction following": "instructions"}})
    votes = rows["source"] == "votes"
    above = _panel(rows[~votes], "Gain on LiveBench questions (logits)", 210, QUESTIONS)
    below = _panel(rows[votes], "Gain in human votes (Elo points)", 150, ["December 2025"])
    return alt.vconcat(above, below).resolve_scale(shape="independent")


def _panel(rows: pd.DataFrame, title: str, height: int, questions: list[str]) -> alt.LayerChart:
    order = rows[rows["questions"] == questions[0]].sort_values("median", ascending=False)["domain"].tolist()
    base = alt.Chart(rows).encode(
        y=alt.Y("domain:N", title=None, sort=order),
        yOffset=alt.YOffset("questions:N", sort=questions),
        color=alt.Color("group:N", title=None, scale=alt.Scale(domain=GROUPS, range=[PALETTE[0], PALETTE[1], PALETTE[4]])),
    )
    limits = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", title=title, scale=alt.Scale(zero=True), axis=alt.Axis(tickCount=6)), x2="high:Q")
    legend = alt.Legend(orient="bottom") if len(questions) > 1 else None
    shape = alt.Shape("questions:N", title=None, scale=alt.Scale(domain=questions, range=["circle", "triangle"]), legend=legend)
    tips = ["domain:N", "questions:N", "group:N", alt.Tooltip("median:Q", format=".2f"), alt.Tooltip("low:Q", format=".2f"), alt.Tooltip("high:Q", format=".2f")]
    middle = base.mark_point(size=60).encode(x="median:Q", shape=shape, tooltip=tips)
    zero = alt.Chart(pd.DataFrame({"x": [0]})).mark_rule(opacity=0.5).encode(x="x:Q")
    return alt.layer(zero, limits, middle).properties(width="container", height=height)
