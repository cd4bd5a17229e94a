"""A provenance quantum graph that is read by itself, where its repository is out of reach."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

import pyarrow as pa

from progenitor.errors import Place, SourceError
from progenitor.model import Partition
from progenitor.sources.butler.graph_file import open_graph, read_header
from progenitor.sources.butler.provenance_graph import write_provenance_graph
from progenitor.sources.butler.tables import SCHEMAS, TableWriter
from progenitor.sources.reader import ReadReport, TableSink


class LoneGraphReader:
    """Reads one provenance quantum graph file: its RUN is the only partition.

    Parameters
    ----------
    source
        Name of the mapping folder.
    file
        The graph.
    label
        How identifiers name the repository that the RUN belongs to.

    Raises
    ------
    SourceError
        If the file cannot be read, or is a predicted graph: that tells of plans only.
    """

    def __init__(self, source: str, file: str, label: str) -> None:
        self._source = source
        self._file = file
        self._label = label
        self._header = read_header(file)
        if self._header.graph_type != "provenance":
            raise SourceError(
                f"a {self._header.graph_type} quantum graph does not tell what became of the plan",
                place=Place(file),
                hint="read the repository, and give it this file as the option 'graph'",
            )

    def schemas(self) -> Mapping[str, pa.Schema]:
        """Return every table with its columns."""
        return SCHEMAS

    def partitions(self, wanted: Sequence[str] = ()) -> Iterator[Partition]:
        """List the RUN of the graph, if a pattern matches it or none is given."""
        run = self._header.output_run
        key = f"{self._label}/{run}"
        if not wanted or any(fnmatchcase(key, pattern) or fnmatchcase(run, pattern) for pattern in wanted):
            yield Partition(self._source, key, f"graph {self._header.provenance_dataset_id}")

    def read(self, partition: Partition, sink: TableSink, progress: Callable[[int], None]) -> ReadReport:
        """Read the graph.

        Raises
        ------
        SourceError
            If the file is damaged.
        """
        writer = TableWriter(sink, progress)
        writer.add("repository", self._label)
        with open_graph(self._file) as graph:
            write_provenance_graph(writer, graph)
        writer.flush()
        return ReadReport("provenance graph")

    def close(self) -> None:
        """Nothing is held open between partitions."""
