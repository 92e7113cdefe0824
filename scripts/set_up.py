"""Make .venv from the lock file. Standard library only; run by the Makefile with the Python that find_python.sh names.

With --check it only tells, by its exit status, whether .venv is up to date. `.venv/.ready` holds the hashes of requirements.txt
and pyproject.toml that the environment was made from. It is removed first and written last, so an interrupted set-up is done again
from the beginning.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
READY = ENVIRONMENT / ".ready"
PYTHON = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def fingerprints() -> list[str]:
    """Hashes of the files that say what to install: the lock, then the project."""
    return [hashlib.sha256((ROOT / name).read_bytes()).hexdigest() for name in ("requirements.txt", "pyproject.toml")]


def recorded() -> list[str]:
    """The hashes that .venv was made from; empty if it is not whole or its Python does not run."""
    try:
        hashes = READY.read_text().split()
        return hashes if subprocess.run([PYTHON, "-c", ""], check=False).returncode == 0 else []
    except OSError:
        return []


def is_ready() -> bool:
    """Whether .venv was made from the present files and still runs."""
    return recorded() == fingerprints()


@contextlib.contextmanager
def only_set_up() -> Iterator[None]:
    """Hold a lock that the system releases when the process ends, however it ends."""
    with (ROOT / ".set-up.lock").open("w") as file:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def pip(*arguments: str) -> None:
    """Run pip inside .venv; its own messages say what is wrong, the last line what to do."""
    command = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "-qq", *arguments]
    if subprocess.run(command, cwd=ROOT, check=False).returncode:
        sys.exit("Set-up failed: see pip's message above. If packages could not be fetched, check the network and run make again.")


def main() -> None:
    with only_set_up():
        made_from, wanted = recorded(), fingerprints()
        if made_from == wanted:
            return
        READY.unlink(missing_ok=True)
        if made_from[:1] != wanted[:1]:
            print("Setting up .venv from requirements.txt (a minute or a few, once) ...", flush=True)
            venv.create(ENVIRONMENT, clear=True, with_pip=True)
            pip("--require-hashes", "-r", "requirements.txt")
        pip("--no-deps", "--no-build-isolation", "-e", ".")
        READY.write_text("\n".join(wanted))


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        sys.exit(not is_ready())
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\nSet-up interrupted; run make again.")
    except OSError as error:
        sys.exit(f"Set-up failed: {error}. Make room or make the folder writable, then run make again.")
