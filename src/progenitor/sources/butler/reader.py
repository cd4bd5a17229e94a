"""The Butler reader: a repository cut into partitions, each read into the tables of `tables.SCHEMAS`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import pyarrow as pa

from progenitor.errors import Place, SourceError
from progenitor.model import Partition
from progenitor.sources.butler.collections import digest_collections, write_collections
from progenitor.sources.butler.exposures import write_exposures
from progenitor.sources.butler.graph_file import read_header
from progenitor.sources.butler.options import ButlerOptions
from progenitor.sources.butler.repository import Repository
from progenitor.sources.butler.run import GivenGraph, RunReader
from progenitor.sources.butler.tables import SCHEMAS, TableWriter
from progenitor.sources.reader import ReadReport, TableSink

COLLECTIONS = "collections"
DIMENSIONS = "dimensions"
"""Last parts of the keys of the two partitions that belong to the repository as a whole; the first is followed by ``@``
and the state of the collections."""

STATE_DIGITS = 16
"""Hexadecimal digits of the digest of a state that stand in a key: 64 bits, for some thousands of states."""


class ButlerReader:
    """Reads a Butler repository.

    Parameters
    ----------
    source
        Name of the mapping folder.
    repository
        The open repository.
    options
        What the person chose.

    Raises
    ------
    SourceError
        If a graph file that was given cannot be read.
    """

    def __init__(self, source: str, repository: Repository, options: ButlerOptions) -> None:
        self._source = source
        self._repository = repository
        self._graphs = find_graphs(options.graph) if options.graph else {}
        self._runs = RunReader(repository, self._graphs, options.headers)

    def schemas(self) -> Mapping[str, pa.Schema]:
        """Return every table with its columns."""
        return SCHEMAS

    def partitions(self, wanted: Sequence[str] = ()) -> Iterator[Partition]:
        """List the RUN collections, then the two partitions of the repository as a whole.

        The states of the mutable collections are a partition for each state that was met: its key is
        ``<label>/collections@<digest>``, so that a later state stands beside an earlier one. It also matches patterns
        without what follows the ``@``.

        Parameters
        ----------
        wanted
            Glob patterns for keys, with the repository's label or without; all partitions where none is given.

        Raises
        ------
        SourceError
            If a pattern matches nothing, or the registry does not answer.
        """
        runs = self._repository.runs()
        if clash := [run for run in runs if _is_collections(run) or run == DIMENSIONS]:
            raise SourceError(
                f"the RUN collection {clash[0]!r} has the name of a partition of the whole repository",
                place=Place(self._repository.location),
            )
        patterns = {pattern: pattern.removeprefix(f"{self._repository.label}/") for pattern in wanted}
        state = self._state(patterns.values())
        collections = _state_key(state) if state else COLLECTIONS
        names = [*runs, collections, DIMENSIONS]
        chosen = self._choose(names, patterns)
        fingerprints = self._repository.fingerprints(name for name in runs if name in chosen)
        marks = {name: self._mark(name, fingerprints) for name in runs} | {collections: state}
        for name in names:
            if name in chosen:
                yield Partition(self._source, f"{self._repository.label}/{name}", marks.get(name))

    def _state(self, patterns: Collection[str]) -> str | None:
        """Return the digest of the mutable collections, or None where no pattern asks for them: it costs a reading."""
        if patterns and not any(fnmatchcase(COLLECTIONS, pattern.partition("@")[0]) for pattern in patterns):
            return None
        return digest_collections(self._repository)

    def _mark(self, run: str, fingerprints: Mapping[str, str]) -> str | None:
        """Return the fingerprint of a RUN, which also changes with the graph that is given for it."""
        graph = self._graphs.get(run)
        found = fingerprints.get(run)
        return f"{found}, graph {graph.identity}" if found and graph else found

    def _choose(self, names: Sequence[str], patterns: Mapping[str, str]) -> set[str]:
        """Return the names that match any pattern; ``patterns`` has each as given and without the label."""
        if not patterns:
            return set(names)
        chosen: set[str] = set()
        for pattern, short in patterns.items():
            matching = [name for name in names if _matches(name, short)]
            if not matching:
                some = ", ".join(names[:5])
                raise SourceError(
                    f"no RUN collection matches {pattern!r}",
                    place=Place(self._repository.location),
                    hint=f"there are {len(names) - 2}, for example {some}",
                )
            chosen.update(matching)
        return chosen

    def read(self, partition: Partition, sink: TableSink, progress: Callable[[int], None]) -> ReadReport:
        """Read one partition.

        Parameters
        ----------
        partition
            One that `partitions` listed.
        sink
            Where its rows go.
        progress
            Told of rows as they are written.

        Raises
        ------
        SourceError
            If the repository, a graph or a file cannot be read, or the collections are no longer in the state that
            the partition stands for.
        """
        writer = TableWriter(sink, progress)
        writer.add("repository", self._repository.label)
        name = partition.key.removeprefix(f"{self._repository.label}/")
        if _is_collections(name):
            self._read_collections(name, writer)
            evidence = "registry"
        elif name == DIMENSIONS:
            write_exposures(writer, self._repository)
            evidence = "registry"
        else:
            evidence = self._runs.read(name, writer)
        writer.flush()
        return ReadReport(evidence)

    def _read_collections(self, name: str, writer: TableWriter) -> None:
        found = _state_key(write_collections(writer, self._repository))
        if found != name:
            raise SourceError(
                f"the collections are no longer in the state {name!r} but in {found!r}",
                place=Place(self._repository.location),
                hint="they changed while they were read: ingest them again",
            )

    def close(self) -> None:
        """Let go of the repository."""
        self._repository.close()


def _state_key(digest: str) -> str:
    """Return the last part of the key of a state of the mutable collections."""
    return f"{COLLECTIONS}@{digest[:STATE_DIGITS]}"


def _is_collections(name: str) -> bool:
    return name.partition("@")[0] == COLLECTIONS


def _matches(name: str, pattern: str) -> bool:
    """Whether a glob pattern matches a name, of the collections also without their state."""
    return fnmatchcase(name, pattern) or (_is_collections(name) and fnmatchcase(COLLECTIONS, pattern))


def find_graphs(given: str) -> dict[str, GivenGraph]:
    """Return RUN -> quantum graph, from one file or every ``.qg`` file below a folder.

    Where a RUN has several, a provenance graph wins over a predicted one, and the last name among equals.

    Raises
    ------
    SourceError
        If there is none, or one cannot be read.
    """
    folder = Path(given)
    files = sorted(str(path) for path in folder.rglob("*.qg")) if folder.is_dir() else [given]
    if not files:
        raise SourceError("there is no quantum graph file (*.qg) in it", place=Place(given))
    graphs: dict[str, GivenGraph] = {}
    for file in files:
        header = read_header(file)
        graph = GivenGraph(header.graph_type == "provenance", file, str(header.provenance_dataset_id))
        graphs[header.output_run] = max(graphs.get(header.output_run, graph), graph)
    return graphs
