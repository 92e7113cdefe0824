"""Verdicts of executed notebooks as cards: the label in words, the probability before and after data, the estimate."""

from __future__ import annotations

import html
import json
from datetime import date
from typing import Any, ClassVar

from docutils import nodes
from myst_nb.core.render import MimeData, MimeRenderPlugin, NbElementRenderer
from sphinx.application import Sphinx
from sphinx.util.osutil import relative_uri

from inference_scaling import claims
from inference_scaling.estimates import share

# First match decides; the sign repeats what the words say, for readers who scan.
_KINDS = (
    ("supported", "supported", "✓"),
    ("leaning against", "against", "↘"),
    ("leaning", "leaning", "↗"),
    ("contradicted", "contradicted", "✗"),
    ("open", "open", "○"),
    ("no public data", "silent", "–"),
    ("matches in", "open", "○"),
    ("matches", "supported", "✓"),
    ("does not match", "contradicted", "✗"),
    ("holds in", "scenario", "◇"),
)


class verdict(nodes.General, nodes.Element):
    """One verdict; its children say the same in paragraphs, which search and plain builders read."""


class VerdictRenderer(MimeRenderPlugin):
    """Claims the bundles of `claims.Verdict`."""

    mime_priority_overrides: ClassVar[list[tuple[str, str, int | None]]] = [("*", claims.MIME, 1)]

    @staticmethod
    def handle_mime(renderer: NbElementRenderer, data: MimeData, inline: bool) -> list[nodes.Element] | None:
        if data.mime_type != claims.MIME or inline:
            return None
        content = data.content if isinstance(data.content, dict) else json.loads(data.content)
        return [verdict_node(content)]


def verdict_node(content: dict[str, Any]) -> verdict:
    """Node of a verdict from the JSON form of `claims.Verdict`."""
    node = verdict("", *(nodes.paragraph(text=text) for text in _lines(content)))
    node["content"] = content
    return node


def kind(label: str) -> tuple[str, str]:
    """Style class and sign of a verdict's label.

    Raises
    ------
    ValueError
        If the label is none of those that `inference_scaling.claims` gives.
    """
    for start, name, sign in _KINDS:
        if label.startswith(start):
            return name, sign
    raise ValueError(f"verdict label {label!r} has no style; add it to _KINDS in {__name__}")


def _day(text: str) -> str:
    day = date.fromisoformat(text)
    return f"{day.day} {day:%B %Y}"


def _when(content: dict[str, Any]) -> str:
    names = {"2025-01": "As of January 2025", "2025-01 in hindsight": "As of January 2025, in hindsight", "today": "As of today"}
    when = names[content["as_of"]]
    return f"{when}, evidence up to {_day(content['last_evidence'])}" if content.get("last_evidence") else when


def _probability(content: dict[str, Any]) -> str:
    text = f"Probability of the statement {share(content['probability'])}, before the data {share(content['prior'])}."
    models = content.get("models") or []
    if len(models) > 1:
        text += " By model: " + ", ".join(f"{m['name']} {share(m['probability'])}" for m in models) + "."
    return text


def estimate_line(content: dict[str, Any]) -> str:
    """Estimate, interval and unit of a verdict, with the model that it comes from where there are several."""
    models = content.get("models") or []
    source = f" ({content['estimate_model']})" if len(models) > 1 and content.get("estimate_model") else ""
    text = f"Estimate{source} {content['estimate_text']} {content.get('unit') or ''}".rstrip()
    if content.get("interval") and content.get("interval_probability"):
        text += f", {100 * content['interval_probability']:.0f} % interval"
    return text + "."


def _lines(content: dict[str, Any]) -> list[str]:
    lines = [f"{_when(content)}: {content['verdict']}.", f"Claim ({content['by']}): {content['text']}", f"Tested: {content['statement']}"]
    if content.get("probability") is not None:
        lines.append(_probability(content))
    if content.get("estimate") is not None:
        lines.append(estimate_line(content))
    if content.get("note"):
        lines.append(content["note"])
    return lines


def _bar(content: dict[str, Any]) -> str:
    p, prior = 100 * content["probability"], 100 * content["prior"]
    low, high = (100 * q for q in content.get("probability_range") or (content["probability"],) * 2)
    return (
        '<svg class="verdict-bar" viewBox="-4 0 208 24" aria-hidden="true" focusable="false">'
        '<rect class="verdict-track" x="0" y="6" width="200" height="4" rx="2"/>'
        f'<rect class="verdict-span" x="{2 * low:.1f}" y="6" width="{2 * (high - low):.1f}" height="4"/>'
        f'<circle class="verdict-prior" cx="{2 * prior:.1f}" cy="8" r="3.4"/>'
        f'<circle class="verdict-now" cx="{2 * p:.1f}" cy="8" r="4.4"/>'
        '<text x="0" y="22">0</text><text x="100" y="22" text-anchor="middle">P</text>'
        '<text x="200" y="22" text-anchor="end">1</text></svg>'
    )


def _register_link(builder: Any, claim: str) -> str:
    label = nodes.make_id(f"claim-{claim}")
    if label not in builder.env.get_domain("std").anonlabels:
        return ""
    docname, anchor = builder.env.get_domain("std").anonlabels[label]
    uri = relative_uri(builder.get_target_uri(builder.current_docname), builder.get_target_uri(docname))
    return f' <a class="verdict-id" href="{uri}#{anchor}">{html.escape(claim)}</a>'


def visit_html(self: Any, node: verdict) -> None:
    content = node["content"]
    name, sign = kind(content["verdict"])
    place = node.parent.index(node)
    before = node.parent[place - 1] if place else None
    # A second date of the same claim follows without repeating what is claimed.
    again = isinstance(before, verdict) and before["content"]["claim"] == content["claim"]
    anchor = nodes.make_id(f"verdict-{content['claim']}-{content['as_of']}")
    say = html.escape
    words = content["verdict"][0].upper() + content["verdict"][1:]
    parts = [
        f'<div class="verdict verdict-{name}{" verdict-again" if again else ""}" id="{anchor}" role="group"',
        f' aria-label="Verdict, {say(content["claim"])}, {say(content["as_of"])}">',
        f'<p class="verdict-head"><span class="verdict-sign" aria-hidden="true">{sign}</span><strong>{say(words)}</strong> ',
        f'<span class="verdict-date">{say(_when(content))}</span>{_register_link(self.builder, content["claim"])}</p>',
    ]
    if not again:
        parts.append(f'<p class="verdict-claim">{say(content["text"])} <span class="verdict-by">{say(content["by"])}</span></p>')
        parts.append(f'<p class="verdict-statement"><span>Tested:</span> {say(content["statement"])}</p>')
    if content.get("probability") is not None:
        parts.append(f'<div class="verdict-probability">{_bar(content)}<p>{say(_probability(content))}</p></div>')
    if content.get("estimate") is not None:
        parts.append(f"<p>{say(estimate_line(content))}</p>")
    if content.get("note"):
        parts.append(f'<p class="verdict-note">{say(content["note"])}</p>')
    self.body.append("".join(parts) + "</div>\n")
    raise nodes.SkipNode


def visit_plain(self: Any, node: verdict) -> None:
    """Leave the paragraphs, the node's children, to the builder."""


def depart_plain(self: Any, node: verdict) -> None:
    """Close nothing: the visitors leave no element open."""


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_node(
        verdict, html=(visit_html, depart_plain), latex=(visit_plain, depart_plain), text=(visit_plain, depart_plain)
    )
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True, "env_version": 1}
