"""Mathematics as MathML, made at build time by Temml: no script and no request in the page, and a wrong command stops the build."""

from __future__ import annotations

import atexit
import functools
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from docutils import nodes
from py_mini_racer import JSEvalException, MiniRacer
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

TEMML = Path(__file__).with_name("vendor") / "temml.min.js"


class MathError(SphinxError):
    """A formula that cannot be typeset; the message gives file, line and command."""

    category = "Mathematics"


@functools.cache
def _engine() -> MiniRacer:
    # Made in a thread of its own: it would else adopt an event loop that runs here, a browser driver's say, and wait for ever once that rests.
    with ThreadPoolExecutor(1) as pool:
        engine = pool.submit(MiniRacer).result()
    # An engine still open when Python's globals are torn down hangs the process.
    atexit.register(engine.close)
    engine.eval(TEMML.read_text(encoding="utf-8"))
    return engine


def mathml(tex: str, display: bool = False) -> str:
    """MathML of a TeX formula.

    Raises
    ------
    ValueError
        If Temml does not know a command or the formula is not well formed; the message is Temml's, in one line.
    """
    options = {"displayMode": display, "throwOnError": True, "strict": False}
    try:
        # At the start of an aligned cell a browser takes this sign for a prefix, without the space before it.
        return str(_engine().call("temml.renderToString", tex, options)).replace("<mo>∼</mo>", '<mo form="infix">∼</mo>')
    except JSEvalException as error:
        reason = str(error).partition("ParseError:")[2].split("\n")[0].strip().rstrip(":")
        raise ValueError(reason or str(error).split("\n")[0]) from error


def _markup(node: nodes.Element, display: bool) -> str:
    try:
        return mathml(node.astext(), display)
    except ValueError as error:
        raise MathError(f"{node.source}:{node.line}: {error} in the formula {node.astext().strip()!r}") from error


def visit_inline(self: HTML5Translator, node: nodes.math) -> None:
    self.body.append(f'<span class="math">{_markup(node, display=False)}</span>')
    raise nodes.SkipNode


def visit_block(self: HTML5Translator, node: nodes.math_block) -> None:
    # Wide formulas scroll on a phone, and what scrolls must be reachable by keyboard.
    self.body.append(self.starttag(node, "div", CLASS="math", tabindex="0", role="group", **{"aria-label": "Formula"}))
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append(_markup(node, display=True))
    self.body.append("</div>\n")
    raise nodes.SkipNode


def add_style(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Load Temml's style and the book's own only where there is a formula."""
    if app.env.get_domain("math").has_equations(pagename):
        app.add_css_file("vendor/math/temml.css")
        app.add_css_file("math.css")


def setup(app: Sphinx) -> dict[str, Any]:
    app.setup_extension("inference_scaling.sphinx_ext.assets")
    app.add_html_math_renderer("temml", inline_renderers=(visit_inline, None), block_renderers=(visit_block, None))
    app.connect("html-page-context", add_style)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
