import getpass
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from progenitor.errors import LockedError
from progenitor.store.lock import WriterLock
from progenitor.store.snapshot import prune_snapshots
from progenitor.store.writer import Writer
from support.stores import make_store

HOLDER = """
import sys
from pathlib import Path
from progenitor.store.lock import WriterLock
WriterLock(Path(sys.argv[1])).acquire()
print("held", flush=True)
sys.stdin.read()
"""


def test_the_refused_writer_is_told_who_holds_the_store(tmp_path: Path) -> None:
    store = make_store(tmp_path / "store")
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(store / "lock")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(LockedError) as caught, Writer.open(store):
            raise AssertionError("two writers")
        for part in (str(holder.pid), getpass.getuser(), socket.gethostname(), "since 2"):
            assert part in str(caught.value)
        with pytest.raises(LockedError):
            prune_snapshots(store, 1)
    finally:
        holder.kill()
        holder.communicate()
    with Writer.open(store):
        pass


def test_two_writers_in_one_process_exclude_each_other(tmp_path: Path) -> None:
    store = make_store(tmp_path / "store")
    with Writer.open(store), pytest.raises(LockedError, match=f"process {os.getpid()}"), Writer.open(store):
        raise AssertionError("two writers")
    with Writer.open(store):
        pass


def test_the_lock_file_is_empty_again_when_nobody_holds_it(tmp_path: Path) -> None:
    lock = WriterLock(tmp_path / "lock").acquire()
    assert (tmp_path / "lock").stat().st_size > 0
    lock.release()
    lock.release()
    assert (tmp_path / "lock").read_bytes() == b""


def test_a_holder_that_has_not_said_who_it_is(tmp_path: Path) -> None:
    held = WriterLock(tmp_path / "lock").acquire()
    (tmp_path / "lock").write_bytes(b"{")
    with pytest.raises(LockedError, match="not yet said"):
        WriterLock(tmp_path / "lock").acquire()
    held.release()
