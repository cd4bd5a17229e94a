"""Changing a graph under construction: what is removed, what is added, and when RocksDB has to catch up.

Oxigraph keeps sorted files, and a read looks into every one that could hold its key. RocksDB merges them in the
background while the store is open, by rules that cost each triple a bounded number of rewrites however large the store
is. A writer that opens, adds a little and closes at once never lets it finish: reads become 2-4 times slower. So when
too many files have gathered, the writer waits until RocksDB has caught up. That leaves reads as quick as a full
`optimize` does, which rewrites the whole store (docs/performance.md has the figures).
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import pyoxigraph as ox

from progenitor.errors import Place, StoreError
from progenitor.store.disk import is_disk_full

SPARE_FILES = 26
"""Files beyond those of a merged graph of its size that make the writer wait.

A publishing adds about ten, one to each order in which Oxigraph keeps the triples, so that it waits every second or
third time. With 16 it waits every time; with 44, reads become 2.5 times slower.
"""

MERGED_FILE = 48_000_000
"""Bytes of a merged file, a little less than what RocksDB aims at."""

_LOOK_SECONDS = 0.02


class GraphWriter:
    """The graph of a snapshot under construction; a context manager, which lets go of its files however it ends.

    Parameters
    ----------
    directory
        Of the graph; made where missing.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._store: ox.Store | None = ox.Store(str(directory))

    def add(self, blocks: Iterable[bytes], source: Path) -> None:
        """Add triples, each to its graph.

        Parameters
        ----------
        blocks
            N-Quads, in blocks of whole lines.
        source
            Where they are from, for messages.

        Raises
        ------
        StoreError
            If they are malformed.
        """
        try:
            self._open.bulk_load(_Stream(blocks), ox.RdfFormat.N_QUADS)  # type: ignore[arg-type]
        except SyntaxError as error:
            raise _malformed(error, source) from error

    def remove(self, blocks: Iterable[bytes], source: Path) -> None:
        """Remove triples, each from its graph; as `add`."""
        try:
            for block in blocks:
                for quad in ox.parse(bytes(block), ox.RdfFormat.N_QUADS):
                    self._open.remove(quad)
        except SyntaxError as error:
            raise _malformed(error, source) from error

    def finish(self) -> None:
        """Write everything to disk, and wait for RocksDB where reads would suffer."""
        self._open.flush()
        sizes = _file_sizes(self._directory)
        if len(sizes) > SPARE_FILES + sum(sizes.values()) / MERGED_FILE:
            _wait_until_still(self._directory)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._store = None

    @property
    def _open(self) -> ox.Store:
        if self._store is None:
            raise ValueError("the graph is closed")
        return self._store


def clone_graph(source: Path, target: Path) -> None:
    """Make a second graph of the files of a published one (hard links); each may then change without the other.

    Raises
    ------
    StoreError
        If the published one is damaged.
    """
    try:
        ox.Store.read_only(str(source)).backup(str(target))
    except (OSError, RuntimeError) as error:
        if is_disk_full(error):
            raise
        raise StoreError(
            f"the triples of the last snapshot cannot be read: {error}",
            place=Place(source),
            hint="make a new snapshot from the archive with `progenitor rebuild`, then run this again",
        ) from error


def _wait_until_still(directory: Path) -> None:
    """Wait until RocksDB has changed nothing for a while; the longer the more there is to write and to sync.

    If it only paused, nothing is lost: the next writer waits again.
    """
    last: dict[str, int] = {}
    since = time.monotonic()
    while True:
        now = _file_sizes(directory)
        if now != last:
            last, since = now, time.monotonic()
        elif time.monotonic() - since > min(0.5, max(0.06, sum(now.values()) / 2e9)):
            return
        time.sleep(_LOOK_SECONDS)


def _file_sizes(directory: Path) -> dict[str, int]:
    """Return the bytes of each sorted file by its name."""
    sizes = {}
    for file in directory.glob("*.sst"):
        with suppress(FileNotFoundError):  # RocksDB has just merged it into another
            sizes[file.name] = file.stat().st_size
    return sizes


def _malformed(error: SyntaxError, source: Path) -> StoreError:
    return StoreError(f"the triples are malformed: {error}", place=Place(source), hint="ingest this batch again")


class _Stream(io.RawIOBase):
    """Blocks as a file to read from."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = iter(blocks)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        while not len(self._rest):
            block = next(self._blocks, None)
            if block is None:
                return b""
            self._rest = memoryview(block)
        part = self._rest if size < 0 else self._rest[:size]
        self._rest = self._rest[len(part) :]
        return bytes(part)
