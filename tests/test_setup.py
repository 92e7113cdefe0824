"""Set-up on a fresh clone: which Python is taken, and what an interruption leaves behind."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent
FINDER = ROOT / "scripts/find_python.sh"
pytestmark = pytest.mark.skipif(os.name == "nt", reason="the finder is a POSIX shell script")


def program(path: Path, body: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def working(path: Path) -> Path:
    return program(path, f'exec "{sys.executable}" "$@"')


def find(tmp_path: Path, *versions: str, **environment: str) -> subprocess.CompletedProcess[str]:
    settings = {"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path / "home"), **environment}
    return subprocess.run(["/bin/sh", str(FINDER), *versions], env=settings, capture_output=True, text=True, check=False)


def test_placeholder_that_fails_is_passed_over(tmp_path: Path) -> None:
    program(tmp_path / "bin/python3.13", "echo 'command not found' >&2; exit 127")
    program(tmp_path / "bin/python3.12", "exit 127")
    working(tmp_path / "bin/python3")
    assert find(tmp_path).stdout.strip() == sys.executable


def test_older_python_is_refused(tmp_path: Path) -> None:
    working(tmp_path / "bin/python3")
    refused = find(tmp_path, "2.7")
    assert refused.returncode == 1 and not refused.stdout


@pytest.mark.parametrize("where", ["home", "PYENV_ROOT"])
def test_pyenv_versions_are_found(tmp_path: Path, where: str) -> None:
    root = tmp_path / ("home/.pyenv" if where == "home" else "pyenv")
    program(root / "versions/3.13.1/bin/python", "exit 1")
    working(root / "versions/3.12.9/bin/python")
    environment = {} if where == "home" else {"PYENV_ROOT": str(root)}
    assert find(tmp_path, **environment).stdout.strip() == sys.executable


def test_uv_is_asked(tmp_path: Path) -> None:
    python = working(tmp_path / "managed/python")
    program(tmp_path / "bin/uv", f'[ "$*" = "python find --no-project 3.12" ] && echo "{python}"')
    assert find(tmp_path).stdout.strip() == sys.executable


def test_without_a_suitable_python_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    failed = find(tmp_path)
    assert failed.returncode == 1
    assert len(failed.stderr.strip().splitlines()) == 1 and "needs Python" in failed.stderr


@pytest.fixture
def set_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """scripts/set_up.py on a folder of its own, with a virtual environment that is only a link to this Python."""
    spec = importlib.util.spec_from_file_location("set_up", ROOT / "scripts/set_up.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    environment = tmp_path / ".venv"
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "ENVIRONMENT", environment)
    monkeypatch.setattr(module, "READY", environment / ".ready")
    monkeypatch.setattr(module, "PYTHON", environment / "bin/python")
    monkeypatch.setattr(module, "calls", [], raising=False)

    def create(folder: Path, clear: bool, with_pip: bool) -> None:
        assert clear and with_pip
        shutil.rmtree(folder, ignore_errors=True)
        working(folder / "bin/python")

    monkeypatch.setattr(module.venv, "create", create)
    monkeypatch.setattr(module, "pip", lambda *arguments: module.calls.append(arguments))
    (tmp_path / "requirements.txt").write_text("a==1\n", encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    return module


def test_set_up_installs_the_lock_with_hashes_once(set_up: ModuleType) -> None:
    set_up.main()
    set_up.main()
    assert set_up.calls == [("--require-hashes", "-r", "requirements.txt"), ("--no-deps", "--no-build-isolation", "-e", ".")]
    assert set_up.is_ready()


@pytest.mark.parametrize(("name", "installed"), [("requirements.txt", 2), ("pyproject.toml", 1)])
def test_changed_files_are_set_up_again(set_up: ModuleType, tmp_path: Path, name: str, installed: int) -> None:
    set_up.main()
    with (tmp_path / name).open("a", encoding="utf-8") as file:
        file.write("b==2\n")
    assert not set_up.is_ready()
    set_up.main()
    assert len(set_up.calls) == 2 + installed and set_up.is_ready()


def test_environment_whose_python_is_gone_is_made_again(set_up: ModuleType) -> None:
    set_up.main()
    set_up.PYTHON.unlink()
    assert not set_up.is_ready()
    set_up.main()
    assert set_up.is_ready()


def test_interrupted_set_up_starts_again(set_up: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = set_up.pip

    def interrupted(*arguments: str) -> None:
        raise KeyboardInterrupt

    set_up.main()
    (set_up.ROOT / "requirements.txt").write_text("a==2\n", encoding="utf-8")
    monkeypatch.setattr(set_up, "pip", interrupted)
    with pytest.raises(KeyboardInterrupt):
        set_up.main()
    assert not set_up.READY.exists()
    monkeypatch.setattr(set_up, "pip", calls)
    set_up.main()
    assert set_up.is_ready()


def test_the_present_environment_holds_the_locked_versions() -> None:
    from importlib.metadata import version

    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    pinned = dict(line.split(" ")[0].split("==") for line in lock.splitlines() if "==" in line and not line.startswith((" ", "#")))
    for name in ("jupyter-book", "myst-nb", "pymc", "nutpie", "altair", "vl-convert-python", "mini-racer", "pytest"):
        assert version(name) == pinned[name]
    assert "://" not in lock


@pytest.mark.skipif(shutil.which("make") is None, reason="no make")
def test_help_is_one_line() -> None:
    said = subprocess.run(["make", "--no-print-directory", "-C", str(ROOT)], capture_output=True, text=True, check=True).stdout
    assert len(said.splitlines()) == 1
    assert all(target in said for target in ("make book", "test", "serve", "bench", "clean"))
