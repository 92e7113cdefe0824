"""Chromium, the built site and a small book for the browser tests."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import small_book
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Without these Chromium looks up hosts of its own, which a closed network refuses.
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium, headless. Skips where there is none, unless REQUIRE_BROWSER is set."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        message = f"no Chromium found ({', '.join(NAMES)}): install it to run the browser tests"
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield launched
        launched.close()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Keep the test's output free of requests."""


def _serve(folder: Path) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def site() -> Path:
    """Folder of the built site: SITE, or _build/html, which is built if it is not there."""
    folder = Path(os.environ.get("SITE") or ROOT / "_build" / "html").resolve()
    if not (folder / "index.html").exists():
        if os.environ.get("SITE"):
            pytest.fail(f"SITE={folder} holds no index.html")
        subprocess.run([sys.executable, "-m", "inference_scaling", "build"], cwd=ROOT, check=True)
    return folder


@pytest.fixture(scope="session")
def site_url(site: Path) -> Iterator[str]:
    yield from _serve(site)


@pytest.fixture(scope="session")
def small_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a built book of one page with three charts, the last with a slider."""
    folder = tmp_path_factory.mktemp("small")
    shown = (small_book.band(), small_book.scatter(), small_book.slider(), small_book.verdicts())
    assert small_book.build(small_book.write_sources(folder / "source", *shown), folder / "html") == ""
    return folder / "html"


@pytest.fixture(scope="session")
def small_url(small_site: Path) -> Iterator[str]:
    yield from _serve(small_site)
