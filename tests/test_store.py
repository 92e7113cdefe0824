"""The store of posteriors under bad luck: kills, damage, full and read-only folders, rivals."""

import errno
import os
import subprocess
import sys
import time
import zipfile

import numpy as np
import pytest
import xarray as xr

from inference_scaling import store
from inference_scaling.store import StoreError


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(store.VARIABLE, str(tmp_path / "posteriors"))
    return tmp_path / "posteriors"


def tree(seed: int = 0) -> xr.DataTree:
    values = np.random.default_rng(seed).normal(size=(2, 5, 3))
    dims = ("chain", "draw", "unit")
    groups = {
        "posterior": xr.Dataset(
            {name: (dims, values + i) for i, name in enumerate(["zeta", "alpha", "mid"])},
            coords={"unit": ["a", "b", "c"]},
        ),
        "sample_stats": xr.Dataset({"energy": (dims[:2], values[..., 0])}),
    }
    return xr.DataTree.from_dict(groups)


def test_what_was_written_is_read_with_its_order():
    store.write("k", tree())
    found = store.read("k")
    assert list(found.children) == ["posterior", "sample_stats"]
    assert list(found["posterior"].data_vars) == ["zeta", "alpha", "mid"]
    xr.testing.assert_identical(found["posterior"].to_dataset(), tree()["posterior"].to_dataset())


def test_same_content_gives_the_same_file(folder):
    store.write("k", tree())
    first = store.path("k").read_bytes()
    store.path("k").unlink()
    time.sleep(0.01)
    store.write("k", tree())
    assert store.path("k").read_bytes() == first


def test_missing_key_reads_as_none():
    assert store.read("absent") is None


@pytest.mark.parametrize("damage", ["truncated", "flipped", "empty", "text", "other key"])
def test_damaged_file_is_discarded_with_a_warning(damage):
    store.write("k", tree())
    content = bytearray(store.path("k").read_bytes())
    if damage == "truncated":
        content = content[: len(content) // 2]
    elif damage == "flipped":
        with zipfile.ZipFile(store.path("k")) as archive:
            largest = max(archive.infolist(), key=lambda entry: entry.file_size)
        content[largest.header_offset + 30 + len(largest.filename) + largest.file_size // 2] ^= 0xFF
    elif damage == "empty":
        content = b""
    elif damage == "text":
        content = b"not an archive"
    else:
        store.write("other", tree(1))
        content = store.path("other").read_bytes()
    store.path("k").write_bytes(bytes(content))
    with pytest.warns(UserWarning, match="damaged .* fitted again"):
        assert store.read("k") is None
    assert not store.path("k").exists()
    store.write("k", tree())
    assert store.read("k") is not None


KILLED = """
import os, signal, zipfile
from inference_scaling import store
from test_store import tree
write = zipfile.ZipFile.writestr
count = 0
def slow(self, *args, **kwargs):
    global count
    count += 1
    if count == 4:
        os.kill(os.getpid(), signal.SIGKILL)
    return write(self, *args, **kwargs)
zipfile.ZipFile.writestr = slow
store.write("k", tree())
"""


def test_kill_in_mid_write_leaves_no_posterior_and_a_later_write_cleans_up(folder):
    environment = os.environ | {"PYTHONPATH": os.path.dirname(__file__)}
    run = subprocess.run([sys.executable, "-c", KILLED], env=environment, capture_output=True, text=True)
    assert run.returncode < 0, run.stderr
    (part,) = folder.glob("*.part")
    assert store.read("k") is None
    store.write("k", tree())
    assert store.read("k") is not None
    assert part.exists(), "a recent one may belong to a live writer"
    os.utime(part, (0, 0))
    store.write("k", tree())
    assert not part.exists()


HOLDER = """
import sys, time
from inference_scaling import store
with store.lock("k"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_lock_keeps_others_out_and_ends_with_its_process():
    holder = subprocess.Popen([sys.executable, "-c", HOLDER], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout.readline() == "held\n"
        check = "from filelock import FileLock, Timeout\nimport sys\ntry:\n    FileLock(sys.argv[1]).acquire(timeout=0)\nexcept Timeout:\n    sys.exit(7)"
        lock = str(store.folder() / "k.lock")
        assert subprocess.run([sys.executable, "-c", check, lock]).returncode == 7
    finally:
        holder.kill()
        holder.wait()
    start = time.monotonic()
    with store.lock("k"):
        assert time.monotonic() - start < 5


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (errno.ENOSPC, "free some space"),
        (errno.EROFS, "make the folder writable"),
        (errno.EACCES, "make the folder writable"),
    ],
)
def test_folder_that_takes_no_files_gives_one_clear_message(monkeypatch, folder, code, remedy):
    def refuse(*args, **kwargs):
        raise OSError(code, os.strerror(code))

    folder.mkdir()
    monkeypatch.setattr(store.zipfile, "ZipFile", refuse)
    with pytest.raises(StoreError, match=f"cannot be written.*{remedy}.*{store.VARIABLE}"):
        store.write("k", tree())
    assert not list(folder.iterdir())


def test_folder_that_cannot_be_made_is_reported_before_the_work(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(store.VARIABLE, str(tmp_path / "file" / "posteriors"))
    with pytest.raises(StoreError, match="cannot be written"):
        store.check_writable()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_read_only_folder_is_reported(folder):
    store.write("k", tree())
    folder.chmod(0o500)
    try:
        with pytest.raises(StoreError, match="make the folder writable"):
            store.check_writable()
        assert store.read("k") is not None
    finally:
        folder.chmod(0o700)


def test_readers_and_writers_at_once_never_see_half_a_file():
    writer = "from inference_scaling import store\nfrom test_store import tree\nfor i in range(30):\n    store.write('k', tree(i % 2))"
    environment = os.environ | {"PYTHONPATH": os.path.dirname(__file__)}
    store.write("k", tree())
    writers = [subprocess.Popen([sys.executable, "-c", writer], env=environment) for _ in range(2)]
    valid = [tree(0)["posterior"]["zeta"].values, tree(1)["posterior"]["zeta"].values]
    reads = 0
    while any(process.poll() is None for process in writers):
        found = store.read("k")["posterior"]["zeta"].values
        assert any(np.array_equal(found, one) for one in valid)
        reads += 1
    assert reads
    assert [process.returncode for process in writers] == [0, 0]
