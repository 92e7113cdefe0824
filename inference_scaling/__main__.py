"""Command line: `python -m inference_scaling build`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from inference_scaling import build


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m inference_scaling", description="The book's commands.")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("build", help="build the book into _build/html")
    command.add_argument("--root", type=Path, default=build.REPOSITORY, help="folder with _config.yml and _toc.yml (default: this checkout)")
    return build.main(parser.parse_args().root.resolve())


if __name__ == "__main__":
    sys.exit(main())
