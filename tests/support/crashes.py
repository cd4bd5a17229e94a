"""A writer that is killed where a test wants it: run as a program, it forks one writer per line of its input.

A line is JSON: the store, the file to note events in, and the event before which the writer kills itself. Events are
the interpreter's own audit events, so the store needs no hooks for this: whatever it opens, makes, renames or removes
below its folder is one. The program has no threads when it forks.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from progenitor.model import Change
from progenitor.store.writer import Writer
from support.stores import chain, keep, make_store, publish

EVENTS = {"open", "os.rename", "os.mkdir", "os.remove", "os.rmdir"}


@dataclass(frozen=True)
class Moment:
    """An event: so many after the first one of a kind whose path ends in a text.

    Parameters
    ----------
    kind
        An audit event; any where empty.
    path
        End of its path.
    later
        How many events later.
    """

    kind: str = ""
    path: str = ""
    later: int = 0


BEFORE = {"a": chain(0, 300), "b": chain(250, 500)}
AFTER = {"a": chain(100, 400), "b": chain(250, 500), "c": chain(600, 2200)}


def make_victim(store: Path) -> Path:
    """Make a store that holds `BEFORE`."""
    make_store(store)
    publish(store, BEFORE)
    return store


def build_index(change: Change) -> None:
    """Write something beside the graph, in two steps."""
    folder = change.directory / "index"
    folder.mkdir()
    for name in ("one", "two"):
        (folder / name).write_text(f"{len(change.batches)} batches")


def ingest(store: Path) -> int | None:
    """Make the store hold `AFTER`."""
    with Writer.open(store, [build_index]) as writer:
        keep(writer, "a", AFTER["a"], aside=["{}"])
        keep(writer, "c", AFTER["c"])
        return writer.publish()


class Killer:
    """The program, running.

    Parameters
    ----------
    process
        Of it.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, store: Path, *, at: Moment | None = None, after: float | None = None) -> tuple[int, list[str]]:
        """Ingest into a store in a process that dies.

        Parameters
        ----------
        store
            The store.
        at
            The event at which it kills itself.
        after
            Seconds after which it is killed.

        Returns
        -------
        tuple
            Its exit status (negative: the signal) and its events.
        """
        notes = store.parent / "events"
        notes.unlink(missing_ok=True)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        request = {"store": str(store), "notes": str(notes), "at": at and astuple(at), "after": after}
        print(json.dumps(request), file=self._process.stdin, flush=True)
        status = int(self._process.stdout.readline())
        return status, notes.read_text().splitlines() if notes.exists() else []


@contextmanager
def killer() -> Iterator[Killer]:
    """Start the program, and stop it at the end."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    process = subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    )
    try:
        yield Killer(process)
    finally:
        process.kill()
        process.communicate()


def _watch(store: str, notes: int, at: Moment | None) -> None:
    left: int | None = None

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal left
        if event not in EVENTS or not str(arguments[0]).startswith(store):
            return
        os.write(notes, f"{event} {str(arguments[0]).removeprefix(store)}\n".encode())
        if left is not None:
            left -= 1
        elif at and event.startswith(at.kind) and str(arguments[0]).endswith(at.path):
            left = at.later
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def _ingest_in_child(request: dict[str, Any]) -> int:
    child = os.fork()
    if child == 0:
        os.dup2(2, 1)
        notes = os.open(request["notes"], os.O_WRONLY | os.O_CREAT)
        _watch(request["store"], notes, Moment(*request["at"]) if request["at"] else None)
        os._exit(0 if ingest(Path(request["store"])) else 1)
    if request["after"] is not None:
        time.sleep(request["after"])
        os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    for line in sys.stdin:
        print(_ingest_in_child(json.loads(line)), flush=True)
