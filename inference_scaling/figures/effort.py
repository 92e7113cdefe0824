"""Chart of ARC-AGI-1 scores against the cost of a task."""

from __future__ import annotations

import altair as alt
import pandas as pd

from inference_scaling.charts import INK, PALETTE

_KINDS = ["effort ladder of one model", "other system", "o3-preview, by price basis", "people"]


def score_against_cost(rungs: pd.DataFrame, systems: pd.DataFrame, previews: pd.DataFrame) -> alt.LayerChart:
    """Ladders as lines, other systems and people as points, o3-preview's two settings joined across each price basis.

    Parameters
    ----------
    rungs, systems, previews : DataFrame
        As in `effort.EffortStudy`.
    """
    people = systems["human"].eq(True)
    points = pd.concat(
        [
            rungs.assign(kind=_KINDS[0], group=rungs["ladder"]),
            systems.assign(kind=people.map({True: _KINDS[3], False: _KINDS[1]}), group=""),
            previews[previews["basis"] != "first prices, leaderboard file"].assign(
                kind=_KINDS[2], group=lambda p: p["basis"], model=lambda p: "o3-preview " + p["setting"] + ", " + p["basis"]
            ),
        ],
        ignore_index=True,
    )[["model", "kind", "group", "score", "cost_usd_per_task"]]
    points["score"] = 100 * points["score"]
    x = alt.X("cost_usd_per_task:Q", scale=alt.Scale(type="log", domain=[0.001, 100_000]), axis=alt.Axis(title="US dollars a task (log)", format="$,~g", values=[0.001, 0.01, 0.1, 1, 10, 100, 1000, 10_000, 100_000]))
    y = alt.Y("score:Q", title="tasks solved, %", scale=alt.Scale(domain=[0, 100]))
    colour = alt.Color("kind:N", title=None, scale=alt.Scale(domain=_KINDS, range=[PALETTE[0], PALETTE[4], PALETTE[5], PALETTE[1]]))
    shape = alt.Shape("kind:N", title=None, scale=alt.Scale(domain=_KINDS, range=["circle", "circle", "diamond", "square"]))
    tip = ["model:N", alt.Tooltip("score:Q", format=".1f"), alt.Tooltip("cost_usd_per_task:Q", title="USD a task", format=".3~g")]
    joined = alt.Chart(points[points["group"] != ""])
    return alt.layer(
        joined.mark_line(strokeWidth=1.2, opacity=0.6).encode(x=x, y=y, color=colour, detail="group:N"),
        alt.Chart(points).mark_point(size=26, filled=True, opacity=0.9).encode(x=x, y=y, color=colour, shape=shape, tooltip=tip),
        alt.Chart(pd.DataFrame({"score": [87.5], "text": ["87.5 %, o3-preview high"]})).mark_rule(color=INK, strokeDash=[3, 3], opacity=0.6).encode(y=y),
    ).properties(width="container", height=320)
