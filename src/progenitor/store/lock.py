"""The lock that one writer holds; it tells the others who that is."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import sys
from pathlib import Path
from typing import Self

from progenitor.errors import LockedError, Place, StoreError
from progenitor.store.disk import writing
from progenitor.store.who import user_name, utc_now


class WriterLock:
    """An exclusive lock (flock) on a store's ``lock`` file; the system lets go of it when the process ends, however.

    Parameters
    ----------
    file
        The lock file; made where missing, never removed (removing it would let two writers hold two files of one name).
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._handle: int | None = None

    def acquire(self) -> Self:
        """Take the lock at once or fail.

        Raises
        ------
        LockedError
            If another writer holds it; names the process, user, machine, command and time.
        StoreError
            If this user may not write in the store, or the disk is full.
        """
        try:
            handle = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise StoreError(f"the store cannot be written: {error.strerror}", place=Place(self._file)) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with writing("who holds the lock", self._file.parent):
                os.ftruncate(handle, 0)
                os.write(handle, json.dumps(_self_description()).encode())
        except BlockingIOError:
            holder = os.read(handle, 4096)
            os.close(handle)
            raise self._locked(holder) from None
        except BaseException:
            os.close(handle)
            raise
        self._handle = handle
        return self

    def release(self) -> None:
        """Let go; harmless when not held."""
        if self._handle is not None:
            os.ftruncate(self._handle, 0)
            os.close(self._handle)
            self._handle = None

    def _locked(self, holder: bytes) -> LockedError:
        try:
            by = json.loads(holder)
            who = f"{by['command']!r}, process {by['pid']} of {by['user']} on {by['host']} since {by['since']}"
        except (ValueError, KeyError, TypeError):
            who = "a writer that has not yet said who it is"
        return LockedError(
            f"the store is being written by {who}",
            place=Place(self._file.parent),
            hint="wait until it is done or stop that process; reading is possible all the time",
        )


def _self_description() -> dict[str, str | int]:
    command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])
    return {
        "pid": os.getpid(),
        "user": user_name(),
        "host": socket.gethostname(),
        "since": utc_now(),
        "command": command[:500],
    }
