"""A book of two pages with three charts and verdicts, built without running a kernel."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import altair as alt
import nbformat
import numpy as np
import pandas as pd
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

from inference_scaling import charts, claims

CONFIGURATION: dict[str, Any] = {
    "project": "Small book",
    "html_title": "Small book",
    "extensions": [
        "myst_nb",
        "sphinx_book_theme",
        "inference_scaling.sphinx_ext.assets",
        "inference_scaling.sphinx_ext.charts",
        "inference_scaling.sphinx_ext.verdict_box",
    ],
    "html_theme": "sphinx_book_theme",
    "html_context": {"default_mode": "auto"},
    "exclude_patterns": ["scripts"],
    "html_copy_source": False,
    "html_favicon": "icon.svg",
    "nb_execution_mode": "off",
    "suppress_warnings": ["misc.copy_overwrite"],
    "chart_store": "store",
}
DESCRIPTION = "A line that rises by ten points a decade inside a band whose width does not change."
ICON = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8"/></svg>'


def band(name: str = "band", **changes: Any) -> charts.Figure:
    """Line and band over 40 points."""
    x = np.linspace(0, 2, 40)
    rows = pd.DataFrame({"x": x, "middle": 20 + 10 * x, "low": 16 + 10 * x, "high": 24 + 10 * x})
    base = alt.Chart(rows).encode(x=alt.X("x", title="Compute, decades"))
    area = base.mark_area().encode(y=alt.Y("low", title="Accuracy, %"), y2="high")
    line = base.mark_line().encode(y="middle", tooltip=[alt.Tooltip("middle", title="Accuracy", format=".1f")])
    texts = {"title": "Accuracy grows with compute.", "description": DESCRIPTION, "source": "Simulated"}
    return charts.figure(area + line, name=name, **(texts | changes))


def scatter() -> charts.Figure:
    """Thirty points with dates, of two kinds."""
    rows = pd.DataFrame(
        {
            "date": pd.date_range("2023-01-01", periods=30, freq="30D"),
            "price": np.exp(-np.arange(30) / 10),
            "kind": np.where(np.arange(30) % 2, "reasoning", "other"),
        }
    )
    points = alt.Chart(rows).mark_point().encode(
        x=alt.X("date", title="Release"), y=alt.Y("price", title="Price, USD").scale(type="log"), color="kind", shape="kind"
    )
    return charts.figure(
        points,
        name="scatter",
        title="Prices fall.",
        description="Prices of thirty releases on a logarithmic axis, falling along a straight line.",
        source="Simulated",
    )


def slider() -> charts.Figure:
    """A line whose slope the reader sets, in two plots one below the other."""
    slope = alt.param(name="slope", value=1, bind=alt.binding_range(min=0, max=2, step=0.5, name="Slope "))
    rows = pd.DataFrame({"x": np.linspace(0, 10, 11)})
    line = (
        alt.Chart(rows)
        .mark_line(clip=True)
        .transform_calculate(y="slope * datum.x")
        .encode(x=alt.X("x", title="x"), y=alt.Y("y:Q", title="y").scale(domain=[0, 20]), tooltip=[alt.Tooltip("y:Q")])
        .add_params(slope)
    )
    return charts.figure(
        alt.vconcat(line.properties(height=160), line.properties(height=120)),
        name="slider",
        title="The reader's slope.",
        description="A straight line through the origin whose slope the reader sets between zero and two.",
        source="Formula",
    )


def verdicts() -> list[claims.Verdict]:
    """One claim at two dates."""
    common = {"claim": "scaling.example", "grade": "A", "text": "It grows", "by": "Someone", "statement": "Slope above 5"}
    models = [{"name": "line", "probability": 0.95, "weight": 0.5}, {"name": "curve", "probability": 0.91, "weight": 0.5}]
    return [
        claims.Verdict(**common, as_of="2025-01", verdict=claims.NO_DATA, note="Nothing was published."),
        claims.Verdict(
            **common,
            as_of="today",
            verdict="supported",
            probability=0.93,
            probability_range=(0.91, 0.95),
            prior=0.4,
            estimate=10.0,
            interval=(9.5, 10.5),
            interval_probability=0.9,
            estimate_text="10.0 [9.5, 10.5]",
            unit="points a decade",
            last_evidence="2026-03-01",
            models=models,
        ),
    ]


def notebook(*shown: Any) -> str:
    """Executed notebook (JSON) with one cell an object."""
    cells = [nbformat.v4.new_markdown_cell("# Page\n\nSee {ref}`fig-band`.", id="text")]
    for number, thing in enumerate(shown):
        things = thing if isinstance(thing, list) else [thing]
        outputs = []
        for one in things:
            bundle = one._repr_mimebundle_()
            data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
            outputs.append(nbformat.v4.new_output("display_data", data=data, metadata=metadata))
        cells.append(nbformat.v4.new_code_cell("show()", outputs=outputs, id=f"cell-{number}"))
    meta = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return nbformat.writes(nbformat.v4.new_notebook(cells=cells, metadata=meta))


def write_sources(folder: Path, *shown: Any) -> Path:
    """Sources of the book in `folder`, showing the given objects on its page."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.md").write_text("# Small book\n\n```{toctree}\npage\n```\n", encoding="utf-8")
    (folder / "page.ipynb").write_text(notebook(*shown), encoding="utf-8")
    (folder / "icon.svg").write_text(ICON, encoding="utf-8")
    return folder


def build(source: Path, out: Path, builder: str = "html") -> str:
    """Build the book and return its warnings."""
    warnings = io.StringIO()
    doctrees = out.parent / f"doctrees-{out.name}"
    with patch_docutils(), docutils_namespace():
        Sphinx(source, None, out, doctrees, builder, CONFIGURATION, status=None, warning=warnings).build()
    return warnings.getvalue()
