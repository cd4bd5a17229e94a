"""The Butler reader: a repository cut into partitions, each read into the tables of `tables.SCHEMAS`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import pyarrow as pa

from progenitor.errors import Place, SourceError
from progenitor.model import Partition
from progenitor.sources.butler.collections import write_collections
from progenitor.sources.butler.exposures import write_exposures
from progenitor.sources.butler.graph_file import read_header
from progenitor.sources.butler.options import ButlerOptions
from progenitor.sources.butler.repository import Repository
from progenitor.sources.butler.run import GivenGraph, RunReader
from progenitor.sources.butler.tables import SCHEMAS, TableWriter
from progenitor.sources.reader import ReadReport, TableSink

COLLECTIONS = "collections"
DIMENSIONS = "dimensions"
"""Last parts of the keys of the two partitions that belong to the repository as a whole."""


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
        if clash := {COLLECTIONS, DIMENSIONS} & set(runs):
            raise SourceError(
                f"the RUN collection {min(clash)!r} has the name of a partition of the whole repository",
                place=Place(self._repository.location),
            )
        names = [*runs, COLLECTIONS, DIMENSIONS]
        chosen = self._choose(names, wanted)
        fingerprints = self._repository.fingerprints(name for name in runs if name in chosen)
        for name in names:
            if name in chosen:
                yield Partition(self._source, f"{self._repository.label}/{name}", self._mark(name, fingerprints))

    def _mark(self, run: str, fingerprints: Mapping[str, str]) -> str | None:
        """Return the fingerprint of a RUN, which also changes with the graph that is given for it."""
        graph = self._graphs.get(run)
        found = fingerprints.get(run)
        return f"{found}, graph {graph.identity}" if found and graph else found

    def _choose(self, names: Sequence[str], wanted: Sequence[str]) -> set[str]:
        if not wanted:
            return set(names)
        chosen: set[str] = set()
        for pattern in wanted:
            short = pattern.removeprefix(f"{self._repository.label}/")
            matching = [name for name in names if fnmatchcase(name, short)]
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
            If the repository, a graph or a file cannot be read.
        """
        writer = TableWriter(sink, progress)
        writer.add("repository", self._repository.label)
        name = partition.key.removeprefix(f"{self._repository.label}/")
        if name == COLLECTIONS:
            write_collections(writer, self._repository)
            evidence = "registry"
        elif name == DIMENSIONS:
            write_exposures(writer, self._repository)
            evidence = "registry"
        else:
            evidence = self._runs.read(name, writer)
        writer.flush()
        return ReadReport(evidence)

    def close(self) -> None:
        """Let go of the repository."""
        self._repository.close()


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
