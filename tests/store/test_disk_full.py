"""A full disk is one clear error, and the last snapshot serves on."""

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from progenitor.errors import StoreError
from progenitor.store.disk import DiskFullError, is_disk_full, replace_file, writing
from progenitor.store.writer import Writer
from support.stores import chain, edge, expected, keep, make_store, publish, triples_of

LIMITED = """
import resource, sys
from pathlib import Path
from support.stores import chain, keep, write_rows
from progenitor.model import Partition
from progenitor.store.writer import Writer
from progenitor.errors import StoreError
details = {"rows": 1, "set_aside": 0, "mapping_digest": "", "evidence": "", "started": "2025-11-01T00:00:00Z"}
with Writer.open(Path(sys.argv[1])) as writer:
    partition = Partition("test", "b")
    file = write_rows(writer.workspace(partition) / "x.parquet", reversed(chain(0, 20_000)), ordered=False)
    if sys.argv[3] == "publish":
        keep(writer, "b", chain(0, 20_000))
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
        if sys.argv[3] == "keep":
            writer.keep(partition, triples=file, **details)
        writer.publish()
    except StoreError as error:
        print(error)
        sys.exit(error.exit_code)
"""


@pytest.mark.parametrize(("stage", "limit"), [("keep", 10_000), ("publish", 1_000_000), ("publish", 20_000)])
def test_a_limit_on_file_size(tmp_path: Path, stage: str, limit: int) -> None:
    store = make_store(tmp_path / "store")
    publish(store, {"a": chain(0, 50)})
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(store), str(limit), stage], env=environment, capture_output=True, text=True
    )
    assert done.returncode == StoreError.exit_code, done.stdout + done.stderr
    what = "the batch test/b" if stage == "keep" else "snapshot 2"
    assert f"no space left to write {what}" in done.stdout
    assert triples_of(store) == expected(chain(0, 50))
    publish(store, {"b": chain(0, 20_000)})
    assert triples_of(store) == expected(chain(0, 20_000))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MB in memory; skipped where this user may not mount one."""
    mount = tmp_path / "disk"
    mount.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(mount)], capture_output=True, text=True
    )
    if done.returncode:
        pytest.skip(f"cannot mount: {done.stderr.strip()}")
    yield mount
    subprocess.run(["umount", "-l", str(mount)], check=True)


def test_a_small_disk_that_fills_up(small_disk: Path) -> None:
    store = make_store(small_disk / "store")
    publish(store, {"a": chain(0, 50)})
    last = expected(chain(0, 50))
    ballast = small_disk / "ballast"
    failures = set()
    for megabytes in (22, 20, 17, 14, 11):
        _fill(ballast, megabytes)
        with (
            pytest.raises(DiskFullError, match=r"no space left to write .* are free") as caught,
            Writer.open(store) as writer,
        ):
            keep(writer, "b", chain(0, 40_000))
            writer.publish()
            raise AssertionError(f"{megabytes} MB of 24 were taken, and it found room")
        failures.add(str(caught.value).split(": ")[1].split(" (")[0])
        assert triples_of(store) == last
        assert list((store / "work").iterdir()) == []
    assert {failure.removeprefix("no space left to write ") for failure in failures} >= {"snapshot 2"}
    ballast.unlink()
    publish(store, {"b": [edge("2", "1")]})
    assert triples_of(store) == expected(chain(0, 50), [edge("2", "1")])


def _fill(ballast: Path, megabytes: int) -> None:
    with ballast.open("wb") as file:
        file.write(bytes(megabytes * 1_000_000))


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        RuntimeError("IO error: No space left on device: While appending to file: /x/000012.sst"),
        OSError("IO error: While appending to file: File too large"),
    ],
)
def test_every_way_of_saying_it(tmp_path: Path, error: Exception) -> None:
    assert is_disk_full(error)
    everything, a_thing = writing("everything", tmp_path), writing("a thing", tmp_path)
    with pytest.raises(DiskFullError, match="no space left to write a thing"), everything, a_thing:
        raise error


def test_a_source_that_tells_of_a_full_disk_is_no_full_disk(tmp_path: Path) -> None:
    said = StoreError("'No space left on device' is not an N-Triples term")
    with pytest.raises(StoreError) as caught, writing("a thing", tmp_path):
        raise said
    assert caught.value is said


@pytest.mark.parametrize("when", ["before", "after"])
def test_full_while_the_snapshot_becomes_current(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    store = make_store(tmp_path / "store")
    publish(store, {"a": chain(0, 5)})
    from progenitor.store import publishing

    def fail(path: Path, content: bytes, scratch: Path) -> None:
        if when == "after":
            replace_file(path, content, scratch)
        raise OSError(errno.ENOSPC, "No space left on device")

    with Writer.open(store) as writer:
        keep(writer, "b", chain(10, 15))
        monkeypatch.setattr(publishing, "replace_file", fail)
        with pytest.raises(DiskFullError):
            writer.publish()
        monkeypatch.undo()
        if when == "before":
            assert triples_of(store) == expected(chain(0, 5))
            assert writer.publish() == 2
    assert triples_of(store) == expected(chain(0, 5), chain(10, 15))


def test_other_errors_pass(tmp_path: Path) -> None:
    with pytest.raises(PermissionError), writing("a thing", tmp_path):
        raise PermissionError(errno.EACCES, "Permission denied")


def test_a_small_file_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "current"
    replace_file(file, b"1", tmp_path)

    def fail(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        replace_file(file, b"2", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["current"]
    assert file.read_bytes() == b"1"
