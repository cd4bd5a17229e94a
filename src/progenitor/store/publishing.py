"""Publishing: a snapshot is built out of sight, synced, and shown to readers by one rename.

Whatever kills the writer, readers go on with the snapshot that ``current`` names, and what was being built is debris
that the next writer sweeps away.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from progenitor.model import Change
from progenitor.store.archive import read_blocks
from progenitor.store.catalogue import catalogue_difference
from progenitor.store.disk import replace_file, sync, sync_tree, writing
from progenitor.store.layout import Layout, read_current
from progenitor.store.loading import GraphWriter, clone_graph
from progenitor.store.lock import WriterLock
from progenitor.store.manifest import Manifest, read_manifest, write_manifest
from progenitor.store.snapshot import GRAPH

Builder = Callable[[Change], None]
"""Makes an index below the folder of a snapshot under construction."""

DRAFT = "snapshot"
"""Folder below ``work/`` in which a snapshot is built."""


@dataclass(frozen=True)
class Draft:
    """A snapshot to be built.

    Parameters
    ----------
    base
        The store's base IRI.
    before
        Manifest of the snapshot it starts from; an empty one where it is made anew.
    manifest
        Its own.
    change
        What it adds to and takes from the one before.
    """

    base: str
    before: Manifest
    manifest: Manifest
    change: Change


@contextmanager
def claim(layout: Layout) -> Iterator[None]:
    """Be the one writer for a while: hold the lock, and start and end with a clean ``work/``.

    Raises
    ------
    LockedError
        If another writer has the store.
    StoreError
        If ``current`` and ``snapshots/`` contradict each other.
    """
    lock = WriterLock(layout.lock).acquire()
    try:
        _sweep(layout)
        yield
    finally:
        try:
            clear_folder(layout.work)
        finally:
            lock.release()


def clear_folder(directory: Path) -> None:
    """Make a folder empty; it exists afterwards."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(exist_ok=True)


def _sweep(layout: Layout) -> None:
    """Remove the work of a killed writer, and say that a snapshot is current which it had put in place.

    A snapshot is complete, and on disk, before it is renamed into ``snapshots/``: none there is ever removed as debris.
    """
    clear_folder(layout.work)
    current = read_current(layout.directory) or 0
    newest = max((int(entry.name) for entry in layout.snapshots.iterdir() if entry.name.isdigit()), default=0)
    if newest > current or (newest and not layout.current.exists()):
        read_manifest(layout.snapshot(newest))
        replace_file(layout.current, f"{newest}\n".encode(), layout.work)


def publish_draft(layout: Layout, draft: Draft, builders: Sequence[Builder]) -> None:
    """Build a snapshot and make it the current one.

    Parameters
    ----------
    layout
        The store; claimed.
    draft
        What to build.
    builders
        Called in their order once the graph is there.

    Raises
    ------
    StoreError
        If the disk is full, a batch is malformed, or the snapshot before cannot be read. Nothing is published then.
    """
    number = draft.manifest.number
    try:
        with writing(f"snapshot {number}", layout.directory):
            draft.change.directory.mkdir(exist_ok=True)
            _build_graph(layout, draft)
            for build in builders:
                build(draft.change)
            write_manifest(draft.change.directory, draft.manifest)
            sync_tree(draft.change.directory)
            draft.change.directory.rename(layout.snapshot(number))
            sync(layout.snapshots)
            replace_file(layout.current, f"{number}\n".encode(), layout.work)
    except BaseException:
        shutil.rmtree(draft.change.directory, ignore_errors=True)
        if read_current(layout.directory) != number:
            shutil.rmtree(layout.snapshot(number), ignore_errors=True)
        raise


def _build_graph(layout: Layout, draft: Draft) -> None:
    """Make the graph of a snapshot: the one before it, changed; or the batches, loaded."""
    change, directory = draft.change, draft.change.directory / GRAPH
    if change.previous is not None:
        clone_graph(change.previous / GRAPH, directory)
    come, gone = catalogue_difference(draft.base, draft.before.entries, draft.manifest.entries)
    added = list(change.batches) if change.previous is None else [file for file in [change.added] if file]
    with GraphWriter(directory) as graph:
        # Removed before added: should two texts be one triple for Oxigraph after all, it stays.
        if change.removed is not None:
            graph.remove(map(bytes, read_blocks(change.removed)), change.removed)
        if added:
            graph.add(chain.from_iterable(map(read_blocks, added)), layout.archive)
        if gone:
            graph.remove(_encode(gone), layout.current)
        graph.add(_encode(come), layout.current)
        graph.finish()


def _encode(lines: Iterable[str]) -> Iterator[bytes]:
    return (line.encode() for line in lines)
