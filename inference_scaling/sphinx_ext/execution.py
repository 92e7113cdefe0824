"""Execute the notebooks before Sphinx reads the first page, for `make book` and for a plain `jupyter-book build .` alike.

MyST-NB then finds every page in the store of outputs; the verdicts of all notebooks are at hand for the pages that list them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config

from inference_scaling import execution


def prepare(app: Sphinx, config: Config) -> None:
    """Run what is not stored, then point MyST-NB at the store and name the file of verdicts."""
    root = Path(app.srcdir)
    app.executed_notebooks = execution.run(root, lambda line: print(line, flush=True))
    verdicts = Path(app.outdir).parent / "verdicts.json"
    verdicts.parent.mkdir(parents=True, exist_ok=True)
    found = [verdict for notebook in app.executed_notebooks for verdict in notebook.verdicts()]
    verdicts.write_text(json.dumps(found, indent=1, sort_keys=True), encoding="utf-8")
    config.nb_execution_mode = "cache"
    config.nb_execution_cache_path = str(execution.store(root))
    config.inference_scaling_verdicts = str(verdicts)


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("config-inited", prepare)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
