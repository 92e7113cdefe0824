"""The page of tables, made from their descriptors, and the one-line note on data under a chart.

`{data-tables}` writes one section a table, with the anchor ``table-<name>``; `{table-note} name` writes
"Data: title (source), table, CSV". The CSV files are copied into the site under ``_data/``.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri

from inference_scaling import descriptors, tables
from inference_scaling.descriptors import Descriptor, Field, Source
from inference_scaling.tables import TableError

FOLDER = "_data"
QUOTED_FACTS = "quoted_facts"
# Twelve digits identify a commit and fit a line.
_COMMIT = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{28}\b")


def directory(app: Sphinx) -> Path:
    """Folder of the tables: `inference_scaling_data` of the configuration, or the project's own."""
    return Path(app.config.inference_scaling_data or tables.DATA)


def anchor(name: str) -> str:
    """Permanent anchor of a table's section."""
    return f"table-{name}"


class _TableDirective(SphinxDirective):
    """What both directives need: checked tables, noted as dependencies, and links."""

    def described(self, name: str) -> tuple[Descriptor, pd.DataFrame]:
        """Descriptor and rows of a table; a bad table stops the build with its faults."""
        folder = directory(self.env.app)
        for path in (folder / f"{name}.csv", *descriptors.inputs(name, folder)):
            self.env.note_dependency(str(path))
        try:
            return tables.describe(name, folder), tables.load(name, directory=folder)
        except TableError as error:
            raise ExtensionError(str(error)) from error

    def cited(self, sources: tuple[Source, ...]) -> list[nodes.Node]:
        keys = ",".join(dict.fromkeys(source.key for source in sources))
        found, _ = self.parse_inline(f"{{cite:t}}`{keys}`", lineno=self.lineno)
        return found

    def csv_link(self, descriptor: Descriptor, text: str) -> nodes.reference:
        link = nodes.reference("", text, internal=True, refuri="", classes=["download"])
        # The depth of the page in the site is known only when the page is written.
        link["site_file"] = f"{FOLDER}/{descriptor.path.name}"
        return link

    def page_link(self, page: str, name: str) -> nodes.Node:
        """Link to a page by the last part of its name."""
        found = sorted(doc for doc in self.env.found_docs if doc == page or doc.endswith(f"/{page}"))
        if not found:
            raise ExtensionError(f"data/{name}.yaml: pages names {page!r}, which is no page of the book; correct it or add the page")
        return _cross_reference("doc", f"/{found[0]}", None)


def _cross_reference(kind: str, target: str, text: str | None) -> addnodes.pending_xref:
    inner = nodes.inline("", text or target, classes=["std", f"std-{kind}"])
    return addnodes.pending_xref(
        "",
        inner,
        refdomain="std",
        reftype=kind,
        reftarget=target,
        refexplicit=text is not None,
        refwarn=kind == "doc",
    )


class DataTables(_TableDirective):
    """`{data-tables}`: one section for each table of the book."""

    def run(self) -> list[nodes.Node]:
        return [self.section(*self.described(name)) for name in tables.names(directory(self.env.app))]

    def section(self, descriptor: Descriptor, frame: pd.DataFrame) -> nodes.section:
        name = anchor(descriptor.name)
        section = nodes.section("", nodes.title("", descriptor.title), ids=[name], names=[name], classes=["data-table"])
        self.state.document.note_explicit_target(section, section)
        facts: list[tuple[str, list[nodes.Node]]] = [
            ("A row is", [nodes.Text(descriptor.row)]),
            ("Size", [nodes.Text(f"{len(frame):,} rows, {frame.shape[1]} columns; key: {', '.join(descriptor.primary_key)}")]),
            ("Published", [nodes.Text(_span(frame))]),
            ("Sources", [self.source(source) for source in descriptor.sources]),
            ("Licence", [nodes.Text(descriptor.licence)]),
            ("Processing", [nodes.Text(descriptor.processing)]),
        ]
        if descriptor.caveats:
            facts.append(("Caveats", [nodes.paragraph("", text) for text in descriptor.caveats]))
        if descriptor.pages:
            links = [nodes.paragraph("", "", self.page_link(page, descriptor.name)) for page in descriptor.pages]
            facts.append(("Used on", links))
        file = f"{descriptor.path.name} ({_size(descriptor.path)})"
        facts.append(("Download", [self.csv_link(descriptor, file)]))
        if descriptor.grade == "secondary":
            section += nodes.paragraph("", "Secondary source: figures as reported by others.", classes=["data-secondary"])
        section += _definitions(facts)
        section += _columns(descriptor.fields)
        if descriptor.name == QUOTED_FACTS:
            section += self.quoted(frame)
        return section

    def source(self, source: Source) -> nodes.paragraph:
        how = "; ".join(f"{key.replace('_', ' ')}: {_COMMIT.sub(r'\1', value)}" for key, value in source.details.items())
        return nodes.paragraph("", "", *self.cited((source,)), nodes.Text(f", {how}" if how else ""))

    def quoted(self, frame: pd.DataFrame) -> nodes.definition_list:
        """The facts themselves, each with its own source."""
        rows = frame.sort_values("key").itertuples(index=False)
        facts = [(row.key, [nodes.Text(f"{row.value}, "), *self.cited((Source(row.source, {}),))]) for row in rows]
        return _definitions(facts)


class TableNote(_TableDirective):
    """`{table-note} name`: where the figures above come from, in one line."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        descriptor, _ = self.described(self.arguments[0].strip())
        line = nodes.paragraph("", "", classes=["table-note"])
        line += [nodes.Text(f"Data: {descriptor.title} ("), *self.cited(descriptor.sources), nodes.Text("), ")]
        line += [_cross_reference("ref", anchor(descriptor.name), "table"), nodes.Text(", ")]
        line += self.csv_link(descriptor, "CSV")
        return [line]


def _span(frame: pd.DataFrame) -> str:
    first, last = frame["available_from"].min(), frame["available_from"].max()
    return f"{first:%Y-%m-%d}" if first == last else f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"


def _size(path: Path) -> str:
    size = path.stat().st_size
    return f"{size} bytes" if size < 1000 else f"{size / 1000:.0f} kB"


def _definitions(facts: list[tuple[str, list[nodes.Node]]]) -> nodes.definition_list:
    listed = nodes.definition_list(classes=["data-facts"])
    for term, found in facts:
        blocks = found if isinstance(found[0], nodes.paragraph) else [nodes.paragraph("", "", *found)]
        listed += nodes.definition_list_item("", nodes.term("", term), nodes.definition("", *blocks))
    return listed


def _columns(fields: tuple[Field, ...]) -> nodes.table:
    heads = ("Column", "Type", "Unit", "Meaning")
    group = nodes.tgroup("", *(nodes.colspec(colwidth=width) for width in (20, 10, 20, 50)), cols=len(heads))
    group += nodes.thead("", nodes.row("", *(nodes.entry("", nodes.paragraph("", head)) for head in heads)))
    body = nodes.tbody()
    group += body
    for field in fields:
        cells = (nodes.literal("", field.name), nodes.Text(field.type), nodes.Text(field.unit), nodes.Text(_meaning(field)))
        body += nodes.row("", *(nodes.entry("", nodes.paragraph("", "", cell)) for cell in cells))
    return nodes.table("", group, classes=["data-columns", "colwidths-auto"])


def _meaning(field: Field) -> str:
    rules = [f"{rule} {bound}" for rule, bound in field.constraints.items() if rule in ("minimum", "maximum")]
    if "enum" in field.constraints:
        rules.append(f"one of {', '.join(map(str, field.constraints['enum']))}")
    if not field.constraints.get("required"):
        rules.append("may be empty")
    return field.description + (f" ({'; '.join(rules)})" if rules else "")


def link_site_files(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Point links at files of the site, relative to the page."""
    for link in doctree.findall(nodes.reference):
        if "site_file" in link:
            link["refuri"] = relative_uri(app.builder.get_target_uri(docname), link["site_file"])


def copy_tables(app: Sphinx, exception: Exception | None) -> None:
    """Put the CSV files into the site."""
    if exception is not None or app.builder.format != "html":
        return
    folder = Path(app.outdir) / FOLDER
    folder.mkdir(exist_ok=True)
    names = tables.names(directory(app))
    for stale in set(folder.glob("*.csv")) - {folder / f"{name}.csv" for name in names}:
        stale.unlink()
    for name in names:
        shutil.copyfile(directory(app) / f"{name}.csv", folder / f"{name}.csv")


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_config_value("inference_scaling_data", "", "env", types=[str])
    app.add_directive("data-tables", DataTables)
    app.add_directive("table-note", TableNote)
    app.connect("doctree-resolved", link_site_files)
    app.connect("build-finished", copy_tables)
    app.add_css_file("pages.css")
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
