"""The contract between a reader and the ingest, and the table of readers."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa

from progenitor.errors import MappingError, Place
from progenitor.model import Partition, SourceDeclaration


class TableSink(Protocol):
    """Where a reader puts what it reads."""

    def write(self, table: str, data: pa.Table | pa.RecordBatch) -> None:
        """Append rows to a table that `Reader.schemas` declares; the reader hands over blocks, never all at once."""

    def set_aside(self, table: str, record: Mapping[str, Any], reason: str) -> None:
        """Send a record that cannot be used to the dead-letter file; the good ones go on."""


@dataclass(frozen=True)
class ReadReport:
    """What a reader says of one partition it has read.

    Parameters
    ----------
    evidence
        From what it was read, for the catalogue: for example ``provenance graph`` or ``registry and file headers``.
    """

    evidence: str


class Reader(Protocol):
    """An open outside system.

    A reader streams: no table is held whole. It raises `progenitor.errors.SourceError` where the system is missing,
    dead or not what it should be, and then nothing of the partition is published.
    """

    def schemas(self) -> Mapping[str, pa.Schema]:
        """Return every table it can fill, with its columns; a table that gets no rows exists all the same."""

    def partitions(self, wanted: Sequence[str] = ()) -> Iterator[Partition]:
        """List the partitions whose keys match any of the glob patterns (all of them where none is given)."""

    def read(self, partition: Partition, sink: TableSink, progress: Callable[[int], None]) -> ReadReport:
        """Read one partition into the sink; ``progress`` is told the number of rows written since the last call."""

    def close(self) -> None:
        """Let go of connections and files."""


READERS: dict[str, str] = {
    "archive": "progenitor.sources.archive",
    "butler": "progenitor.sources.butler",
    "files": "progenitor.sources.files",
    "http": "progenitor.sources.http",
    "influxdb": "progenitor.sources.influxdb",
    "sql": "progenitor.sources.sql",
}
"""Name in ``source.yml`` -> the module (imported on first use) whose ``open_reader`` makes it."""


def open_reader(declaration: SourceDeclaration, location: str, options: Mapping[str, Any]) -> Reader:
    """Open an outside system with the reader that its ``source.yml`` names.

    Parameters
    ----------
    declaration
        The source.yml.
    location
        Path or URL of the system, as given on the command line.
    options
        The reader's options from the command line or the configuration.

    Raises
    ------
    MappingError
        If there is no such reader.
    MissingExtraError
        If the reader's optional packages are not installed.
    SourceError
        If the system cannot be opened.
    """
    if declaration.reader not in READERS:
        raise MappingError(
            f"there is no reader {declaration.reader!r}",
            place=Place(declaration.file, field="reader"),
            hint=f"readers: {', '.join(sorted(READERS))}",
        )
    module = importlib.import_module(READERS[declaration.reader])
    reader: Reader = module.open_reader(declaration, location, options)
    return reader
