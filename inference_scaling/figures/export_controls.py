"""Charts of the chapter on export controls."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from inference_scaling.charts import INK, PALETTE
from inference_scaling.export_controls.rules import CAUGHT, OUTCOMES, REVIEWED, RULES

OFFERED = ["sold", "own use", "Chinese maker"]
LABELLED = ["H100", "H20", "A100 80GB", "MI300X", "GB300", "L4", "TPU v6e", "Maia 200"]
YEARS = (2020, 2026)
OUTCOME_COLOURS = [PALETTE[5], PALETTE[1], PALETTE[3], PALETTE[0], PALETTE[4]]
OUTCOME_SHAPES = ["circle", "square", "diamond", "triangle-up", "cross"]


def merits(sheet: pd.DataFrame) -> alt.LayerChart:
    """Inference against training merit of each chip, both relative to the H100, with lines of equal ratio.

    Parameters
    ----------
    sheet : DataFrame
        As `export_controls.Study` holds it; chips without a merit in training are left out.
    """
    sheet = sheet.dropna(subset="training_h100")
    x = alt.X("training_h100:Q", title="Training: tokens a second, H100 = 1", scale=alt.Scale(type="log", domain=[0.07, 9]))
    y = alt.Y("inference_h100:Q", title="Inference: tokens a second, H100 = 1", scale=alt.Scale(type="log", domain=[0.05, 6]), axis=alt.Axis(values=[0.1, 0.3, 1, 3]))
    lines = pd.concat([pd.DataFrame({"training_h100": [0.07, min(6, 6 / ratio)], "inference_h100": [0.07 * ratio, min(6, 6 / ratio) * ratio], "ratio": name}) for ratio, name in ((1, "equal"), (2, "twice"), (0.5, "half"))])
    guide = alt.Chart(lines).mark_line(clip=True, color=INK, strokeWidth=1, opacity=0.5).encode(x=x, y=y, strokeDash=alt.StrokeDash("ratio:N", title="inference relative to training", scale=alt.Scale(domain=["equal", "twice", "half"], range=[[1, 0], [6, 3], [2, 3]])))
    tips = ["chip:N", "offered:N", alt.Tooltip("training_h100:Q", title="training", format=".2f"), alt.Tooltip("inference_h100:Q", title="inference", format=".2f"), alt.Tooltip("relative_h100:Q", title="ratio", format=".2f"), alt.Tooltip("relative_low:Q", title="from", format=".2f"), alt.Tooltip("relative_high:Q", title="to", format=".2f"), "doubt:N"]
    dots = alt.Chart(sheet).mark_point().encode(
        x=x, y=y, tooltip=tips, color=alt.Color("offered:N", title=None, scale=alt.Scale(domain=OFFERED, range=PALETTE[:3])), shape=alt.Shape("offered:N", title=None, scale=alt.Scale(domain=OFFERED))
    )
    names = alt.Chart(sheet[sheet["chip"].isin(LABELLED)]).mark_text(align="left", dx=6, dy=5).encode(x=x, y=y, text="chip:N")
    return alt.layer(guide, dots, names).properties(width="container", height=320)


def forward(predictions: pd.DataFrame) -> alt.LayerChart:
    """Measured speed against what the fit on other collections said of it."""
    data = predictions.assign(number=range(len(predictions)))
    domain = [20, 200_000]
    names = list(dict.fromkeys(data["collection"]))
    scale = alt.Scale(type="log", domain=domain)
    axis = alt.Axis(values=[100, 1000, 10_000, 100_000], format="~s")
    x = alt.X("measured:Q", title="Measured (tokens a second, whole server)", scale=scale, axis=axis)
    title = "Foretold (tokens a second)"
    colour = alt.Color("collection:N", title=None, scale=alt.Scale(domain=names, range=[PALETTE[0], PALETTE[5], PALETTE[1]]))
    same = alt.Chart(pd.DataFrame({"measured": domain, "median": domain})).mark_line(color=INK, strokeWidth=1, opacity=0.6).encode(x=x, y=alt.Y("median:Q", title=title, scale=scale, axis=axis))
    whisker = alt.Chart(data).mark_rule(opacity=0.35).encode(x=x, y=alt.Y("low:Q", title=title, scale=scale, axis=axis), y2="high:Q", color=colour)
    tips = ["configuration:N", alt.Tooltip("batch:Q", title="requests"), alt.Tooltip("measured:Q", format=",.0f"), alt.Tooltip("median:Q", title="foretold", format=",.0f"), alt.Tooltip("low:Q", title="from", format=",.0f"), alt.Tooltip("high:Q", title="to", format=",.0f")]
    dots = alt.Chart(data).mark_point(size=28).encode(x=x, y=alt.Y("median:Q", title=title, scale=scale, axis=axis), color=colour, shape=alt.Shape("collection:N", title=None, scale=alt.Scale(domain=names)), tooltip=tips)
    return alt.layer(same, whisker, dots).properties(width="container", height=300)


def explorer_rows(sheet: pd.DataFrame) -> pd.DataFrame:
    """One row a chip and rule: chip, rule (in words), outcome, letter, tpp, bandwidth, year, serving, doubt."""
    # The rule of 2026 leaves the letters of April 2025 as they are.
    bound = (sheet["apr2025"] == CAUGHT) & (sheet["jan2026"] != CAUGHT) & (sheet["jan2026"] != REVIEWED)
    letters = sheet["chip"].where(bound)
    rows = sheet.melt(id_vars=["chip", "offered", "released", "tpp", "memory_bandwidth", "memory_kind", "against_a100", "doubt"], value_vars=list(RULES), var_name="rule", value_name="outcome")
    rows["letter"] = np.where((rows["rule"] == "jan2026") & rows["chip"].isin(letters), "a letter of April 2025 may still ask for a licence", "")
    return rows.assign(rule=rows["rule"].map(RULES), year=rows["released"].dt.year).drop(columns="released")


def explorer(sheet: pd.DataFrame, limits: dict[str, dict[str, float]]) -> alt.VConcatChart:
    """Chips by what the rules measure, coloured by the outcome of the rule that the reader picks.

    Parameters
    ----------
    sheet : DataFrame
    limits : dict
        `rules.thresholds`.
    """
    options = list(RULES.values())
    rule = alt.param(name="rule", value=options[1], bind=alt.binding_select(options=options, name="Rule "))
    year = alt.param(name="year", value=YEARS[1], bind=alt.binding_range(min=YEARS[0], max=YEARS[1], step=1, name="Released by the end of "))
    rows = explorer_rows(sheet)
    x = alt.X("tpp:Q", title="Total processing performance (TPP)", scale=alt.Scale(type="log", domain=[1000, 130_000]), axis=alt.Axis(values=[1600, 4800, 10_000, 21_000, 60_000], format="~s"))
    y = alt.Y("memory_bandwidth:Q", title="Memory bandwidth (GB/s)", scale=alt.Scale(type="log", domain=[200, 120_000]), axis=alt.Axis(values=[300, 1000, 1400, 3000, 6500, 10_000, 80_000], format="~s"))
    lines = [(RULES[r], "tpp", limits["oct2022"]["oct2022_b"] if r == "oct2022" else limits["oct2023"]["oct2023_a1"]) for r in RULES]
    lines += [(RULES["jan2026"], "tpp", limits["jan2026"]["jan2026_tpp"]), (RULES["jan2026"], "memory_bandwidth", limits["jan2026"]["jan2026_dram"]), (RULES["apr2025"], "memory_bandwidth", limits["apr2025"]["apr2025_isinformed_dram"])]
    table = pd.DataFrame(lines, columns=["rule", "axis", "limit"])
    tall, flat = (alt.Chart(table[table["axis"] == axis].rename(columns={"limit": axis})).mark_rule(strokeDash=[4, 3], opacity=0.6, aria=False).transform_filter("datum.rule === rule") for axis in ("tpp", "memory_bandwidth"))
    tips = ["chip:N", "offered:N", "outcome:N", alt.Tooltip("tpp:Q", title="TPP", format=",.0f"), alt.Tooltip("memory_bandwidth:Q", title="memory bandwidth, GB/s", format=",.0f"), "memory_kind:N", alt.Tooltip("against_a100:Q", title="serves, A100 = 1", format=".2f"), "letter:N", "doubt:N"]
    chosen = alt.Chart(rows).transform_filter("datum.rule === rule && datum.year <= year")
    dots = chosen.mark_point().encode(
        x=x, y=y, tooltip=tips, color=alt.Color("outcome:N", title=None, scale=alt.Scale(domain=list(OUTCOMES), range=OUTCOME_COLOURS)), shape=alt.Shape("outcome:N", title=None, scale=alt.Scale(domain=list(OUTCOMES), range=OUTCOME_SHAPES)),
    )
    ring = chosen.transform_filter("datum.doubt !== ''").mark_point(filled=False, size=170, color=INK, shape="circle", opacity=0.8).encode(x=x, y=y)
    names = chosen.transform_filter({"field": "chip", "oneOf": ["H20", "H100", "A100 80GB", "Groq LPU", "L20", "GB300", "MI300X"]}).transform_calculate(shown="datum.letter === '' ? datum.chip : datum.chip + ' (letter)'").mark_text(align="left", dx=6, dy=5).encode(x=x, y=y, text="shown:N")
    # The H800 lies on the H100.
    below = chosen.transform_filter("datum.chip === 'H800'").mark_text(align="left", dx=6, dy=17).encode(x=x, y=y, text="chip:N")
    picture = alt.layer(tall.encode(x=x), flat.encode(y=y), dots, ring, names, below).properties(height=300)
    result = chosen
    for name, outcome in zip("abcde", OUTCOMES, strict=True):
        result = result.transform_calculate(**{name: f"datum.outcome === '{outcome}' ? 1 : 0"})
    result = (
        result.transform_aggregate(n="count()", a="sum(a)", b="sum(b)", c="sum(c)", d="sum(d)", e="sum(e)")
        .transform_calculate(
            label="['Of ' + datum.n + ' chips: ' + datum.a + ' licence needed, ' + datum.b + ' case by case,', datum.c + ' by exception, ' + datum.d + ' outside, ' + datum.e + ' cannot be told']"
        )
        .mark_text(align="left", lineHeight=15)
        .encode(x=alt.value(0), y=alt.value(10), text="label:N")
        .properties(height=34, name="result")
    )
    return alt.vconcat(picture, result).add_params(rule, year).resolve_scale(color="shared", shape="shared")


def correlations(table: pd.DataFrame) -> alt.LayerChart:
    """Rank correlations of the rules' measures with inference and training, with the limit of the statement."""
    kinds = {"interactive": "many users", "alone": "one user", "training": "training"}
    rows = table[table["regime"].isin(kinds)].assign(regime=lambda d: d["regime"].map(kinds), measure=lambda d: d["measure"].str.replace(", chips", ","))
    order = list(dict.fromkeys(rows["measure"]))
    y = alt.Y("measure:N", title=None, sort=order, axis=alt.Axis(labelLimit=160))
    x = alt.X("median:Q", title="Rank correlation", scale=alt.Scale(domain=[0, 1]))
    shape = list(kinds.values())
    colour = alt.Color("regime:N", title=None, scale=alt.Scale(domain=shape, range=[PALETTE[0], PALETTE[1], PALETTE[2]]))
    offset = alt.YOffset("regime:N", scale=alt.Scale(domain=shape))
    bar = alt.Chart(rows).mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", title="Rank correlation", scale=alt.Scale(domain=[0, 1])), x2="high:Q", y=y, yOffset=offset, color=colour)
    tips = ["measure:N", "regime:N", alt.Tooltip("number:Q", title="chips"), alt.Tooltip("median:Q", format=".2f"), alt.Tooltip("low:Q", format=".2f"), alt.Tooltip("high:Q", format=".2f")]
    dot = alt.Chart(rows).mark_point().encode(x=x, y=y, yOffset=offset, color=colour, shape=alt.Shape("regime:N", title=None, scale=alt.Scale(domain=shape)), tooltip=tips)
    limit = alt.Chart(pd.DataFrame({"median": [0.7]})).mark_rule(strokeDash=[4, 3], opacity=0.7).encode(x="median:Q")
    return alt.layer(limit, bar, dot).properties(width="container", height=300)
