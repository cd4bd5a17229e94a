"""Snapshots: opened read-only and pinned while open, listed, pruned."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

from progenitor.errors import ConfigurationError, NotFoundError, Place, StoreError
from progenitor.model import BatchRecord
from progenitor.store.disk import sync
from progenitor.store.graph import Graph
from progenitor.store.layout import Layout, read_current, read_store_settings, snapshot_numbers
from progenitor.store.lock import WriterLock
from progenitor.store.manifest import FILE_NAME, Manifest, read_manifest

GRAPH = "graph"
"""Folder of a snapshot that Oxigraph reads."""


class Snapshot:
    """An immutable state of a store; it stays as it is, and on disk, until it is closed.

    Use `open`. A snapshot may be shared by threads; a process that forks opens its own. Snapshot 0 is that of a store
    into which nothing was published yet: it is empty, and not on disk.

    Parameters
    ----------
    store
        The store it belongs to.
    number
        Which one.
    base
        The store's base IRI.
    pin
        Handle that holds the shared lock on the manifest; None for snapshot 0.
    """

    def __init__(self, store: Path, number: int, base: str, pin: int | None) -> None:
        self.store = store
        self.number = number
        self.base = base
        self._pin = pin

    @classmethod
    def open(cls, directory: Path, number: int | None = None) -> Self:
        """Open a snapshot and pin it.

        Parameters
        ----------
        directory
            The store.
        number
            Which one; the newest where not given.

        Raises
        ------
        StoreError
            If there is no store, or it is damaged or of another version.
        NotFoundError
            If there is no snapshot of that number; lists which there are.
        """
        base = read_store_settings(directory).base
        while True:
            wanted = (read_current(directory) or 0) if number is None else number
            if wanted == 0 and number is None:
                return cls(directory, 0, base, None)
            existing = snapshot_numbers(directory)
            if wanted not in existing:
                raise _no_such_snapshot(directory, wanted, existing)
            pin = _pin(Layout(directory).snapshot(wanted) / FILE_NAME)
            if pin is not None:
                return cls(directory, wanted, base, pin)
            # It was pruned between the look and the lock: look again.

    @property
    def directory(self) -> Path:
        """The folder of the snapshot; never write into it."""
        return Layout(self.store).snapshot(self.number)

    @property
    def created(self) -> str:
        """When it was made; UTC, ISO 8601."""
        return self.manifest.created

    @cached_property
    def manifest(self) -> Manifest:
        """What it holds, read on first use."""
        return read_manifest(self.directory) if self.number else Manifest(0, "")

    @cached_property
    def records(self) -> Mapping[str, BatchRecord]:
        """What the catalogue knows of every batch, by the batch's name, in the order in which they first came."""
        return self.manifest.records()

    @cached_property
    def graph(self) -> Graph:
        """The triples, opened on first use.

        Raises
        ------
        StoreError
            If Oxigraph cannot open them.
        """
        return Graph.open(self.directory / GRAPH if self.number else None, self.base)

    def close(self) -> None:
        """Let the snapshot go; a pruning may remove it from now on."""
        self.__dict__.pop("graph", None)
        if self._pin is not None:
            os.close(self._pin)
            self._pin = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Snapshot {self.number} of {self.store}>"


@dataclass(frozen=True)
class SnapshotSummary:
    """A snapshot in a list: its number, when it was made (UTC, ISO 8601), its batches and their triples."""

    number: int
    created: str
    batches: int
    triples: int


def list_snapshots(directory: Path) -> list[SnapshotSummary]:
    """Describe the snapshots of a store, oldest first.

    Parameters
    ----------
    directory
        The store.

    Raises
    ------
    StoreError
        If there is no store, or one of its manifests is damaged.
    """
    read_store_settings(directory)
    summaries = []
    for number in snapshot_numbers(directory):
        manifest = read_manifest(Layout(directory).snapshot(number))
        triples = sum(entry.record.triples for entry in manifest.entries.values())
        summaries.append(SnapshotSummary(number, manifest.created, len(manifest.entries), triples))
    return summaries


def prune_snapshots(directory: Path, keep: int) -> list[int]:
    """Remove all but the newest snapshots.

    Those that a reader has open stay, and go with a later pruning.

    Parameters
    ----------
    directory
        The store.
    keep
        How many stay; the newest one always does.

    Returns
    -------
    list of int
        The numbers of those that went.

    Raises
    ------
    ConfigurationError
        If `keep` is below 1.
    LockedError
        If a writer has the store.
    """
    if keep < 1:
        raise ConfigurationError(f"cannot keep {keep} snapshots", hint="the newest one always stays: keep at least 1")
    read_store_settings(directory)
    layout = Layout(directory)
    lock = WriterLock(layout.lock).acquire()
    try:
        pruned = [number for number in snapshot_numbers(directory)[:-keep] if _remove_unless_pinned(layout, number)]
        _remove_unheld_files(layout)
    finally:
        lock.release()
    return pruned


def _pin(file: Path) -> int | None:
    """Take a shared lock on a snapshot's manifest, or return None where the snapshot has just been pruned."""
    try:
        handle = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        if file.parent.exists():
            raise StoreError(
                "the snapshot has no manifest", place=Place(file), hint="make a new one with `progenitor rebuild`"
            ) from None
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH)
        if os.path.samestat(os.fstat(handle), file.stat()):
            return handle
    except FileNotFoundError:
        pass
    except BaseException:
        os.close(handle)
        raise
    os.close(handle)
    return None


def _no_such_snapshot(directory: Path, number: int, existing: list[int]) -> NotFoundError:
    shown = ", ".join(map(str, existing[-10:])) if existing else "none"
    more = "the newest are " if len(existing) > 10 else "there are "
    return NotFoundError(f"there is no snapshot {number}", place=Place(directory), hint=more + shown)


def _remove_unless_pinned(layout: Layout, number: int) -> bool:
    """Move a snapshot out of the readers' sight in one step, then delete it."""
    folder = layout.snapshot(number)
    handle = os.open(folder / FILE_NAME, os.O_RDWR)  # NFS grants an exclusive lock only on a file that may be written
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        doomed = layout.work / f"pruned-{number}"
        layout.work.mkdir(exist_ok=True)
        folder.rename(doomed)
    except BlockingIOError:
        return False
    finally:
        os.close(handle)
    sync(layout.snapshots)
    shutil.rmtree(doomed)
    return True


def _remove_unheld_files(layout: Layout) -> None:
    """Delete archive and dead-letter files that are in no manifest."""
    held: set[Path] = set()
    for number in snapshot_numbers(layout.directory):
        for entry in read_manifest(layout.snapshot(number)).entries.values():
            held.add(layout.directory / entry.record.file)
            if entry.record.dead_letter:
                held.add(layout.directory / entry.record.dead_letter)
    for folder in (layout.archive, layout.dead_letter):
        for file in folder.rglob("*"):
            if file.is_file() and file not in held:
                file.unlink()
