"""Run the benchmarks: `python -m benchmarks [name ...]`. Exit status 1 if a limit is missed."""

import argparse
import importlib
import sys
from pathlib import Path

from benchmarks.result import Result

FOLDER = Path(__file__).parent


def names() -> list[str]:
    """Benchmarks: the modules bench_<name>.py of this folder that have a function `results`."""
    found = sorted(file.stem.removeprefix("bench_") for file in FOLDER.glob("bench_*.py"))
    return [name for name in found if hasattr(_module(name), "results")]


def _module(name: str):
    return importlib.import_module(f"benchmarks.bench_{name}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *names()], help=f"which: {', '.join(names())}; all by default")
    chosen = parser.parse_args().names or names()
    missed: list[Result] = []
    for name in chosen:
        print(f"\n{name}: {(_module(name).__doc__ or '').splitlines()[0]}", flush=True)
        for result in _module(name).results():
            print(f"  {result}", flush=True)
            if not result.kept:
                missed.append(result)
    if missed:
        print("\nmissed: " + "; ".join(result.name for result in missed))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
