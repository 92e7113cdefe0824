"""Static files of the site: its style, lighter stand-ins for the theme's files, and mended markup.

The theme loads Font Awesome twice, as a script of 540 kB and as fonts of 270 kB (compressed), and names 2,000 icons in its
style sheet. The style sheet alone maps an icon's class to its glyph, so an empty script, fonts and rules with only the
icons in use look the same.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

HERE = Path(__file__).parent
# Code points of the icons that static/vendor/fontawesome/webfonts holds.
GLYPHS = {
    "f002", "f010", "f015", "f019", "f03a", "f03b", "f042", "f04b", "f053", "f054", "f057", "f058", "f05a",
    "f062", "f064", "f065", "f06a", "f071", "f078", "f081", "f092", "f09b", "f0c9", "f0eb", "f0f3", "f104",
    "f105", "f107", "f121", "f135", "f15b", "f15c", "f171", "f185", "f186", "f1c1", "f296", "f303", "f35d",
}
_ICON_RULE = re.compile(r'(?:\.fa-[a-z0-9-]+:before,?)+\{content:"\\([0-9a-f]+)"\}')


def _add_files(app: Sphinx, config: Config) -> None:
    config.html_static_path.append(str(HERE / "static"))
    config.templates_path.append(str(HERE / "templates"))


def _mend_citation_list(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    # Sphinx wraps citations, which are no list items, in a list; screen readers then announce an empty one.
    if "body" in context:
        context["body"] = context["body"].replace('<div role="list" class="citation-list">', '<div class="citation-list">')


def without_unused_icons(css: str) -> str:
    """Style sheet without the rules of icons that the book's fonts do not hold."""
    return _ICON_RULE.sub(lambda rule: rule[0] if rule[1] in GLYPHS else "", css)


def _lighten_theme(app: Sphinx, error: Exception | None) -> None:
    if error or app.builder.format != "html":
        return
    static = Path(app.outdir, "_static")
    # Not through the static folder: exclude_patterns also apply there, and "scripts" is one of them.
    (static / "scripts" / "fontawesome.js").write_bytes(b"")
    style = static / "styles" / "pydata-sphinx-theme.css"
    style.write_text(without_unused_icons(style.read_text(encoding="utf-8")), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("config-inited", _add_files)
    app.connect("html-page-context", _mend_citation_list)
    app.connect("build-finished", _lighten_theme)
    app.add_css_file("site.css")
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
