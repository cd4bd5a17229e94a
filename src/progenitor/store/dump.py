"""A snapshot as sorted N-Quads: the same triples give the same bytes, however they came."""

from __future__ import annotations

import heapq
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from typing import IO

from progenitor.store.catalogue import catalogue_graph
from progenitor.store.disk import writing
from progenitor.store.snapshot import Snapshot

_LINES_IN_MEMORY = 500_000


def dump(snapshot: Snapshot, *, catalogue: bool = True) -> Iterator[bytes]:
    """Yield the lines of a snapshot as N-Quads (RDF 1.1 N-Quads), sorted by code point.

    Parameters
    ----------
    snapshot
        What to write.
    catalogue
        Also the catalogue; without it the same data give the same bytes whoever ingested them, and when.

    Raises
    ------
    StoreError
        If there is no room for temporary files.
    """
    with ExitStack() as stack:
        with writing("a sorted dump's temporary files", snapshot.store):
            lines = stack.enter_context(tempfile.TemporaryFile())
            snapshot.graph.write_quads(lines)
            lines.seek(0)
            runs = []
            while run := sorted(islice(lines, _LINES_IN_MEMORY)):
                runs.append(_spill(run, stack.enter_context(tempfile.TemporaryFile())))
        suffix = f" <{catalogue_graph(snapshot.base)}> .\n".encode()
        for line in heapq.merge(*runs):
            if catalogue or not _is_in_graph(line, suffix):
                yield line


def _is_in_graph(line: bytes, suffix: bytes) -> bool:
    """Whether a line ends in a graph, not in an object of the same IRI: then three terms are before it."""
    return line.endswith(suffix) and line.count(b" ", 0, -len(suffix)) >= 2


def _spill(run: list[bytes], file: IO[bytes]) -> Iterator[bytes]:
    """Write sorted lines to a file and read them back one by one."""
    file.writelines(run)
    file.seek(0)
    return iter(file)
