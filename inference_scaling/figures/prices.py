"""Charts of the section on the price of a given capability."""

from __future__ import annotations

import altair as alt
import pandas as pd

from inference_scaling.charts import INK, PALETTE

# Heading and colour of each group of rows.
_GROUPS = {
    "published": ("PUBLISHED, CHEAPEST ONLY", PALETTE[1]),
    "simulated": ("THE SAME, SIMULATED", PALETTE[5]),
    "typical benchmark": ("ALL MODELS, TYPICAL BENCHMARK", PALETTE[0]),
    "each benchmark": ("ALL MODELS, BY BENCHMARK", PALETTE[0]),
    "before, after": ("BY DATE OF THE ROWS", PALETTE[3]),
    "token, run": ("PER RUN AND PER TOKEN", PALETTE[2]),
    "between, within": ("BETWEEN MODELS AND WITHIN ONE", PALETTE[4]),
}


def cost_at_score(points: pd.DataFrame, band: pd.DataFrame) -> alt.VConcatChart:
    """Cost of a run at a fixed score against date: every model, the fitted band, the published line.

    Parameters
    ----------
    points, band : DataFrame
        As in `prices.PriceStudy`.
    """
    panels = []
    names = list(band["benchmark"].unique())
    domain = [band["date"].min().strftime("%Y-%m-%d"), band["date"].max().strftime("%Y-%m-%d")]
    for name in names:
        dots, line = points[points["benchmark"] == name], band[band["benchmark"] == name]
        x = alt.X("date:T", title="date of the price" if name == names[-1] else None, scale=alt.Scale(domain=domain), axis=alt.Axis(format="%b %Y", tickCount=6))
        axis = alt.Axis(format="$,~g", title=f"run at {line['score'].iloc[0]:.0f} % (log)", values=[0.001, 0.01, 0.1, 1, 10, 100, 1000])
        y = alt.Y("cost:Q", scale=alt.Scale(type="log"), axis=axis)
        long = pd.concat([line.assign(line="all models, 90 % band"), line.assign(cost=line["published"], line="published, cheapest only")])
        colour = alt.Color("line:N", scale=alt.Scale(domain=["all models, 90 % band", "published, cheapest only"], range=[PALETTE[0], PALETTE[1]]), title=None)
        base = alt.Chart(long, title=name)
        panels.append(
            alt.layer(
                alt.Chart(dots).mark_point(size=22, opacity=0.55, color=INK, filled=True).encode(
                    x=x, y=y, tooltip=["model:N", alt.Tooltip("date:T"), alt.Tooltip("score_pct:Q", title="score, %"), alt.Tooltip("paid:Q", title="paid, USD", format=".3~g")]
                ),
                alt.Chart(line).mark_area(color=PALETTE[0]).encode(x=x, y=alt.Y("low:Q", axis=axis), y2="high:Q"),
                base.mark_line().encode(x=x, y=y, color=colour, strokeDash=alt.StrokeDash("line:N", legend=None)),
            ).properties(width="container", height=190)
        )
    return alt.vconcat(*panels)


def rates(table: pd.DataFrame) -> alt.LayerChart:
    """Forest of yearly falls by estimand (columns group, label, value, low, high).

    Each group has a heading among the labels; the band marks the statement under test.
    """
    pieces = []
    for group, rows in table.groupby("group", sort=False):
        pieces += [pd.DataFrame({"group": [group], "label": [_GROUPS[group][0]]}), rows.assign(label=group[0] + " " + rows["label"])]
    rows = pd.concat(pieces, ignore_index=True).assign(order=lambda t: range(len(t)))
    # Labels must differ between groups; the axis drops the group's letter again.
    text = alt.Axis(title=None, labelLimit=215, labelFontSize=10, labelExpr="datum.value === upper(datum.value) ? datum.value : slice(datum.value, 2)")
    y = alt.Y("label:N", sort=alt.EncodingSortField("order", order="ascending"), axis=text)
    values = rows.dropna(subset=["value"]).assign(low=lambda t: t["low"].clip(lower=0.5), high=lambda t: t["high"].clip(upper=100))
    scale = alt.Scale(type="log", domain=[0.5, 100])
    axis = alt.Axis(title="yearly fall, factor (log)", values=[0.5, 1, 2, 5, 10, 20, 50, 100], format="~g")
    colour = alt.Color("group:N", legend=None, scale=alt.Scale(domain=list(_GROUPS), range=[c for _, c in _GROUPS.values()]))
    tip = ["label:N", "group:N", *[alt.Tooltip(f"{c}:Q", format=".2~f") for c in ("value", "low", "high")]]
    headings = rows[["label", "order"]].assign(value=0.5)
    claimed = pd.DataFrame({"from": [5.0], "to": [20.0]})
    return alt.layer(
        alt.Chart(claimed).mark_rect(opacity=0.12, color=PALETTE[2]).encode(x=alt.X("from:Q", scale=scale, axis=axis), x2="to:Q"),
        # Holds the labels' order, headings included.
        alt.Chart(headings).mark_point(opacity=0).encode(x=alt.X("value:Q", scale=scale, axis=axis), y=y),
        alt.Chart(values).mark_rule(strokeWidth=2, opacity=1).encode(x=alt.X("low:Q", scale=scale, axis=axis), x2="high:Q", y=y, color=colour, tooltip=tip),
        alt.Chart(values).mark_point(size=45).encode(x=alt.X("value:Q", scale=scale, axis=axis), y=y, color=colour, tooltip=tip),
    ).properties(width="container", height={"step": 15})
