"""Each chapter as an executed .ipynb beside its page, with links to Binder and Colab once the repository's address is set."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ConfigError

from inference_scaling import notebooks

PUBLISHED_BRANCH = "gh-pages"
GITHUB = re.compile(r"https://github\.com/([\w.-]+)/([\w.-]+?)(?:\.git)?/?")
SETUP_CODE = """\
# Outside a checkout of the book (Colab, for example): fetch it, with the packages that it was built with.
import importlib.util, pathlib, subprocess, sys

if importlib.util.find_spec("inference_scaling") is None:
    book = pathlib.Path("book-source").resolve()
    pip = [sys.executable, "-m", "pip", "install", "--quiet"]
    subprocess.run(["git", "clone", "--depth=1", "{url}", str(book)], check=True)
    subprocess.run([*pip, "--require-hashes", "-r", str(book / "requirements.txt")], check=True)
    subprocess.run([*pip, "--no-deps", "--no-build-isolation", "-e", str(book)], check=True)
    sys.path.insert(0, str(book))"""


def repository(config: Config) -> tuple[str, str] | None:
    """Owner and name of `repository.url` in _config.yml; None while it is empty."""
    url = config.html_theme_options.get("repository_url", "")
    if not url:
        return None
    match = GITHUB.fullmatch(url)
    if not match:
        raise ConfigError(f"_config.yml: repository.url is {url!r}; Binder and Colab links need https://github.com/OWNER/NAME, or an empty value for none")
    return match[1], match[2]


def add_links(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Say under the page's title that it can be run, and where to get it."""
    if docname not in {notebook.name for notebook in app.executed_notebooks} or app.builder.format != "html":
        return
    title = next(doctree.findall(nodes.title), None)
    if title is None:
        return
    links = [("download it with its results (.ipynb)", f"{docname.rpartition('/')[2]}.ipynb", " download")]
    if place := repository(app.config):
        owner, name = place
        links += [
            ("run it on Binder", f"https://mybinder.org/v2/gh/{owner}/{name}/{PUBLISHED_BRANCH}?labpath={docname}.ipynb", ""),
            ("open it in Colab", f"https://colab.research.google.com/github/{owner}/{name}/blob/{PUBLISHED_BRANCH}/{docname}.ipynb", ""),
        ]
    anchors = [f'<a href="{html.escape(target)}"{extra}>{text}</a>' for text, target, extra in links]
    line = f'<p class="notebook-links">This page is a notebook: {", ".join(anchors)}.</p>'
    title.parent.insert(title.parent.index(title) + 1, nodes.raw("", line, format="html"))


def write(app: Sphinx, exception: Exception | None) -> None:
    """Write the .ipynb of each notebook beside its page."""
    if exception or app.builder.format != "html":
        return
    url = app.config.html_theme_options.get("repository_url", "")
    setup_code = SETUP_CODE.format(url=url) if url else ""
    for notebook in app.executed_notebooks:
        target = Path(app.outdir, f"{notebook.name}.ipynb")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(notebooks.download(notebook, setup_code), encoding="utf-8", newline="\n")


def setup(app: Sphinx) -> dict[str, Any]:
    app.setup_extension("inference_scaling.sphinx_ext.execution")
    app.connect("config-inited", lambda app, config: repository(config), priority=100)
    app.connect("doctree-resolved", add_links)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
