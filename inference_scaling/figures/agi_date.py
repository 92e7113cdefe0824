"""Charts of the pooled date of AGI: the reader's weights, the four groups, and the offsets between definitions."""

from __future__ import annotations

import altair as alt
import pandas as pd

from inference_scaling.charts import INK, PALETTE
from inference_scaling.forecasts.definitions import NAMES
from inference_scaling.forecasts.members import GROUPS

DATE_NAMES = {"2025-01": "January 2025", "today": "today"}
COLOURS = dict(zip(GROUPS, (PALETTE[0], PALETTE[1], PALETTE[4], PALETTE[2])))
RESULTS = {"median": "median year", "by_2030": "by end of 2030", "by_2040": "by end of 2040"}


def reader(grid: pd.DataFrame) -> alt.VConcatChart:
    """The pool under the reader's weights at both dates, with median and two probabilities as text; computed in the page.

    Parameters
    ----------
    grid : DataFrame
        `agi_date.Study.grid`.
    """
    data = grid.assign(date=grid["date"].map(DATE_NAMES))
    sliders = [alt.param(name=group, value=1, bind=alt.binding_range(min=0, max=10, step=1, name=f"{group.capitalize()} ")) for group in GROUPS]
    total = " + ".join(GROUPS)
    weighted = " + ".join(f"{group} * datum.{group}" for group in GROUPS)
    equal = " + ".join(f"datum.{group}" for group in GROUPS)
    base = alt.Chart(data).transform_calculate(pooled=f"({total}) > 0 ? ({weighted}) / ({total}) : ({equal}) / {len(GROUPS)}")
    domain = list(DATE_NAMES.values())
    curve = base.mark_line().encode(
        x=alt.X("year:Q", title="Year", axis=alt.Axis(format="d"), scale=alt.Scale(domain=[2025, 2101], nice=False)),
        y=alt.Y("pooled:Q", title="Probability that general AI has come", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format=".0%")),
        color=alt.Color("date:N", title=None, sort=domain, scale=alt.Scale(domain=domain, range=[PALETTE[4], PALETTE[0]])),
        strokeDash=alt.StrokeDash("date:N", title=None, sort=domain, scale=alt.Scale(domain=domain, range=[[5, 3], [1, 0]])),
    )
    half = alt.Chart(pd.DataFrame({"half": [0.5]})).mark_rule(color=INK, opacity=0.5, strokeDash=[2, 2]).encode(y="half:Q")
    # An as-of day lies within the first year of its curve, so the crossing is looked for between the starts of years.
    numbers = (
        base.transform_window(previous="lag(pooled)", sort=[{"field": "year"}], groupby=["date"])
        .transform_calculate(
            median="isValid(datum.previous) && datum.previous < 0.5 && datum.pooled >= 0.5 ? datum.year - 1 + (0.5 - datum.previous) / (datum.pooled - datum.previous) : 0",
            by_2030="datum.year == 2031 ? datum.pooled : 0",
            by_2040="datum.year == 2041 ? datum.pooled : 0",
        )
        .transform_aggregate(median="max(median)", by_2030="max(by_2030)", by_2040="max(by_2040)", groupby=["date"])
        .transform_fold(list(RESULTS), as_=["quantity", "value"])
        .transform_calculate(
            label=f"{RESULTS}[datum.quantity]",
            answer="datum.quantity == 'median' ? (datum.value > 0 ? format(datum.value, '.1f') : 'after 2100') : format(100 * datum.value, '.0f') + ' %'",
        )
    )
    result = (
        numbers.mark_text(fontSize=14, fontWeight=600)
        .encode(
            x=alt.X("label:N", title=None, sort=list(RESULTS.values()), axis=alt.Axis(orient="top", labelAngle=0, ticks=False, domain=False, labelLimit=100, labelOverlap=False)),
            y=alt.Y("date:N", title=None, sort=domain, axis=alt.Axis(ticks=False, domain=False)),
            text="answer:N",
        )
        .properties(name="result", height=60)
    )
    return alt.vconcat((curve + half).properties(height=230), result).add_params(*sliders)


def groups(bands: pd.DataFrame) -> alt.VConcatChart:
    """Each group's pool at both dates; the band is what the offsets between definitions leave open.

    Parameters
    ----------
    bands : DataFrame
        `agi_date.Study.bands`.
    """
    colour = alt.Color("group:N", title=None, sort=list(COLOURS), scale=alt.Scale(domain=list(COLOURS), range=list(COLOURS.values())), legend=alt.Legend(symbolType="stroke", symbolStrokeWidth=2))
    dash = alt.StrokeDash("group:N", title=None, sort=list(COLOURS), scale=alt.Scale(domain=list(COLOURS), range=[[1, 0], [6, 3], [2, 2], [9, 2, 2, 2]]), legend=alt.Legend(symbolType="stroke", symbolStrokeWidth=2))
    plots = []
    for date, name in DATE_NAMES.items():
        base = alt.Chart(bands[(bands["date"] == date) & (bands["year"] <= 2081)])
        x = alt.X("year:Q", title="Year" if date == "today" else None, axis=alt.Axis(format="d"), scale=alt.Scale(domain=[2025, 2081], nice=False))
        scale = alt.Scale(domain=[0, 1])
        title = f"Probability, as of {name}" if date == "2025-01" else f"Probability, {name}"
        area = base.mark_area(opacity=0.15).encode(x=x, y=alt.Y("low:Q", title=title, scale=scale, axis=alt.Axis(format=".0%")), y2="high:Q", color=colour)
        tips = ["group:N", alt.Tooltip("year:Q", format="d"), alt.Tooltip("middle:Q", title="probability", format=".0%")]
        line = base.mark_line().encode(x=x, y=alt.Y("middle:Q", scale=scale), color=colour, strokeDash=dash, tooltip=tips)
        plots.append((area + line).properties(height=200))
    return alt.vconcat(*plots)


def offsets(table: pd.DataFrame) -> alt.LayerChart:
    """Factor between the time left to general AI and to another event: prior (thin) and posterior (thick).

    Parameters
    ----------
    table : DataFrame
        Columns event, factor (Estimate), prior_low, prior, prior_high.
    """
    flat = pd.DataFrame({"event": table["event"].map(NAMES), "middle": [e.value for e in table["factor"]], "low": [e.low for e in table["factor"]], "high": [e.high for e in table["factor"]]})
    flat = flat.assign(prior_low=table["prior_low"], prior_high=table["prior_high"])
    order = list(flat.sort_values("middle", ascending=False)["event"])
    scale = alt.Scale(type="log", domain=[0.25, 4])
    y = alt.Y("event:N", title=None, sort=order)
    title = "Time to general AI / time to the event"
    base = alt.Chart(flat)
    prior = base.mark_rule(strokeWidth=1.5, opacity=0.6).encode(y=y, x=alt.X("prior_low:Q", title=title, scale=scale, axis=alt.Axis(values=[0.25, 0.5, 1, 2, 4])), x2="prior_high:Q")
    posterior = base.mark_rule(strokeWidth=5, color=PALETTE[0], opacity=0.75).encode(y=y, x=alt.X("low:Q", scale=scale, title=title), x2="high:Q")
    dot = base.mark_point(color=INK, size=40).encode(y=y, x=alt.X("middle:Q", scale=scale, title=title), tooltip=["event:N", *[alt.Tooltip(f"{name}:Q", format=".2f") for name in ("low", "middle", "high")]])
    same = alt.Chart(pd.DataFrame({"one": [1.0]})).mark_rule(strokeDash=[2, 2], opacity=0.6).encode(x=alt.X("one:Q", scale=scale, title=title))
    return alt.layer(same, prior, posterior, dot).properties(width="container", height=260)
