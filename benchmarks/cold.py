"""Run a piece of Python in a fresh process whose compile caches and store are empty folders."""

import json
import os
import subprocess
import sys
from pathlib import Path

from inference_scaling import store


def run(code: str, *arguments: str, caches: Path) -> dict:
    """Run code that prints one JSON object as its last line.

    Parameters
    ----------
    code : str
    *arguments : str
        sys.argv[1:] of the process.
    caches : Path
        Folder of the compile caches and the store; empty for a cold run, used before for a warm one.

    Returns
    -------
    dict

    Raises
    ------
    RuntimeError
        If the process fails; shows the end of what it said.
    """
    environment = os.environ | {
        "PYTENSOR_FLAGS": f"base_compiledir={caches / 'pytensor'},numba__fastmath=False",
        "NUMBA_CACHE_DIR": str(caches / "numba"),
        store.VARIABLE: str(caches / "posteriors"),
    }
    root = Path(__file__).parents[1]
    process = subprocess.run(
        [sys.executable, "-c", code, *arguments], env=environment, cwd=root, capture_output=True, text=True
    )
    if process.returncode:
        raise RuntimeError(f"a measured process failed: {process.stderr.strip()[-2000:]}")
    return json.loads(process.stdout.splitlines()[-1])
