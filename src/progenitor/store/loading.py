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
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import pyoxigraph as ox

from progenitor.errors import Place, StoreError
from progenitor.store.disk import is_disk_full

UNSETTLED_FILES = 16
"""Files above the number at the last catching up that make the writer wait; reads are below 1.5 times slower here."""

_LOOK_SECONDS = 0.02
_STILL_LOOKS = 6
"""RocksDB is done when its folder did not change for so many looks; if it only paused, the next writer waits again."""


class GraphWriter:
    """The graph of a snapshot under construction; a context manager, which lets go of its files however it ends.

    Parameters
    ----------
    directory
        Of the graph; made where missing.
    settled
        Files it had when RocksDB last caught up.
    """

    def __init__(self, directory: Path, settled: int = 0) -> None:
        self._directory = directory
        self._settled = settled
        self._store: ox.Store | None = ox.Store(str(directory))

    def add(self, blocks: Iterable[bytes], source: Path, graph: str | None = None) -> None:
        """Add triples.

        Parameters
        ----------
        blocks
            N-Triples, in blocks of whole lines.
        source
            Where they are from, for messages.
        graph
            IRI of the named graph; the default graph where not given.

        Raises
        ------
        StoreError
            If they are malformed.
        """
        try:
            self._open.bulk_load(_Stream(blocks), ox.RdfFormat.N_TRIPLES, to_graph=_graph_name(graph))  # type: ignore[arg-type]
        except SyntaxError as error:
            raise _malformed(error, source) from error

    def remove(self, blocks: Iterable[bytes], source: Path, graph: str | None = None) -> None:
        """Remove triples; as `add`."""
        name = _graph_name(graph)
        try:
            for block in blocks:
                for quad in ox.parse(bytes(block), ox.RdfFormat.N_TRIPLES):
                    self._open.remove(ox.Quad(quad.subject, quad.predicate, quad.object, name))
        except SyntaxError as error:
            raise _malformed(error, source) from error

    def finish(self) -> int:
        """Write everything to disk, and wait for RocksDB where reads would suffer.

        Returns
        -------
        int
            Files that the graph had when RocksDB last caught up; for the next writer.
        """
        self._open.flush()
        if _count_files(self._directory) > self._settled + UNSETTLED_FILES:
            _wait_until_still(self._directory)
            self._settled = _count_files(self._directory)
        return self._settled

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


def _count_files(directory: Path) -> int:
    return sum(1 for _ in directory.glob("*.sst"))


def _wait_until_still(directory: Path) -> None:
    last: dict[str, int] | None = None
    still = 0
    while still < _STILL_LOOKS:
        now = dict(_sizes(directory))
        still = still + 1 if now == last else 0
        last = now
        time.sleep(_LOOK_SECONDS)


def _sizes(directory: Path) -> Iterator[tuple[str, int]]:
    for file in directory.glob("*.sst"):
        try:
            yield file.name, file.stat().st_size
        except FileNotFoundError:  # RocksDB has just merged it into another
            continue


def _graph_name(iri: str | None) -> ox.NamedNode | ox.DefaultGraph:
    return ox.DefaultGraph() if iri is None else ox.NamedNode(iri)


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
