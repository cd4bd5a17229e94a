"""Reads the tables of a source of an InfluxDB from exports: line protocol, or decoded Kafka messages."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import groupby, islice
from pathlib import Path
from typing import Final

import pyarrow as pa

from progenitor.errors import MappingError, Place, SourceError
from progenitor.model import Partition, SourceDeclaration
from progenitor.sources.declared.blocks import BlockWriter
from progenitor.sources.declared.options import table_place
from progenitor.sources.declared.window import Window, with_window
from progenitor.sources.exports.conditions import Condition, matches
from progenitor.sources.exports.files import fingerprint, read_lines, read_pieces
from progenitor.sources.exports.influx_files import LineFile, MessageFile, find_files
from progenitor.sources.exports.influx_tables import PointTable, combined
from progenitor.sources.exports.kafka import KafkaMessage, KafkaMessages
from progenitor.sources.exports.lineprotocol import LineProtocol
from progenitor.sources.exports.merging import PointStore
from progenitor.sources.exports.points import Interest, Interests, Lines, Point, Unreadable
from progenitor.sources.influxdb.options import InfluxOptions
from progenitor.sources.influxdb.tables import InfluxTable, is_pattern
from progenitor.sources.reader import ReadReport, TableSink

_BATCH: Final = 2_000
"""Points that are handed to a table at a time."""

_HOPELESS: Final = 1_000
"""Lines of a file after which, none of them being a point, it is taken for something else."""


class ExportedInflux:
    """Reads exports of an InfluxDB.

    Parameters
    ----------
    declaration
        The source.yml.
    tables
        The tables in it.
    location
        The file or folder.
    options
        What the person chose; those of a connection are for servers.

    Raises
    ------
    MappingError
        If the condition of a table can be asked of a server only, or a regular expression is none.
    """

    def __init__(
        self,
        declaration: SourceDeclaration,
        tables: Mapping[str, InfluxTable],
        location: Path,
        options: InfluxOptions,
    ) -> None:
        self._source = declaration.file.parent.name
        self._conditions = {name: _condition(declaration, name, table) for name, table in tables.items()}
        self._tables = tables
        self._location = location
        self._options = options

    def schemas(self) -> Mapping[str, pa.Schema]:
        """Return every table with its columns."""
        return with_window({name: table.schema for name, table in self._tables.items()})

    def partitions(self, wanted: Sequence[str] = ()) -> Iterator[Partition]:
        """List the nights, or the one partition ``all``; all of them change with the files.

        Raises
        ------
        ConfigurationError
            If a name is no night, or it is not said which nights there are.
        SourceError
            If nothing matches, or the files of a database are missing.
        """
        state = fingerprint([file.path for file in self._files()])
        return self._options.partitions(self._source, wanted, lambda window: state)

    def read(self, partition: Partition, sink: TableSink, progress: Callable[[int], None]) -> ReadReport:
        """Read one partition; a line that is no point, and a point with a value that does not fit, are set aside.

        Raises
        ------
        SourceError
            If a file cannot be read, or is something else.
        """
        window = Window.of(partition)
        window.write(sink)
        tables = [
            PointTable(
                name,
                table,
                table.database or self._options.database,
                self._conditions[name],
                window,
                BlockWriter(name, table.all_columns, sink, progress),
            )
            for name, table in self._tables.items()
        ]
        files = self._files()
        with PointStore() as store:
            for file in files:
                self._gather(file, tables, store, sink)
            for (database, measurement), points in groupby(store.merged(), key=lambda point: point[:2]):
                concerned = [table for table in tables if table.reads(database, measurement)]
                _hand_over(points, store.fields[database, measurement], concerned)
        kind = "line protocol" if isinstance(files[0], LineFile) else "Kafka messages"
        return ReadReport(f"{len(files)} file{'' if len(files) == 1 else 's'} of {kind}")

    def close(self) -> None:
        """Nothing is held open between partitions."""

    def _files(self) -> list[LineFile] | list[MessageFile]:
        others = {table.database for table in self._tables.values() if table.database}
        return find_files(self._location, self._options.database, others)

    def _gather(
        self, file: LineFile | MessageFile, tables: Sequence[PointTable], store: PointStore, sink: TableSink
    ) -> None:
        """Put the points of a file into the store, and set its other lines aside."""

        @lru_cache
        def interest(database: str, measurement: str) -> Interest | None:
            return combined([table.interest for table in tables if table.reads(database, measurement)])

        unreadable = 0
        lines = _lines_of(file, tables, interest)
        for entry in lines:
            if isinstance(entry, Point):
                store.add(entry)
                continue
            unreadable += 1
            if unreadable == _HOPELESS and not lines.points:
                break
            _set_aside(entry, file.path, tables, sink)
        if unreadable and not lines.points:
            raise SourceError("none of its lines is a point", place=Place(file.path), hint="is it such an export?")


def _condition(declaration: SourceDeclaration, name: str, table: InfluxTable) -> Condition | None:
    """Return the condition of a table; its measurements are checked, too."""
    key = "measurement"
    try:
        if isinstance(table.measurement, str) and is_pattern(table.measurement):
            matches(table.measurement, "")
        key = "where"
        return Condition.parse(table.where) if table.where else None
    except ValueError as error:
        raise MappingError(str(error), place=table_place(declaration, name, key)) from None


def _lines_of(file: LineFile | MessageFile, tables: Sequence[PointTable], interests: Interests) -> Lines:
    if isinstance(file, LineFile):
        return LineProtocol(read_pieces(file.path), file.database, interests)
    readers = (table.message for table in tables if table.reads(file.database, file.topic))
    message = next(readers, KafkaMessage())
    return KafkaMessages(read_lines(file.path), file.database, file.topic, message, interests)


def _set_aside(entry: Unreadable, file: Path, tables: Sequence[PointTable], sink: TableSink) -> None:
    """Set a line aside for the table that it would be of, or for the first where that cannot be told."""
    measurement = entry.measurement
    concerned = (table.name for table in tables if measurement is not None and table.reads(table.database, measurement))
    record = {"file": str(file), "line": entry.line, "text": entry.text}
    sink.set_aside(next(concerned, tables[0].name), record, f"{Place(file, entry.line)}: {entry.why}")


def _hand_over(points: Iterator[Point], fields: Collection[str], tables: Sequence[PointTable]) -> None:
    """Give the tables the points of a measurement."""
    while batch := list(islice(points, _BATCH)):
        for table in tables:
            table.add(batch, fields)
    for table in tables:
        table.end_measurement()
