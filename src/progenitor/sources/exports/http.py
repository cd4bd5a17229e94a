"""Reads the tables of a source of a web service from exports: a file a table, with the same rows and columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from progenitor.errors import MappingError, Place, SourceError
from progenitor.model import Partition, SourceDeclaration
from progenitor.sources.declared.blocks import BlockWriter, storable
from progenitor.sources.declared.columns import Column
from progenitor.sources.declared.options import table_place
from progenitor.sources.declared.window import Window, with_window
from progenitor.sources.exports.condition_sink import ConditionSink, RowCondition
from progenitor.sources.exports.files import bare_name, below, fingerprint
from progenitor.sources.exports.records import read_blocks
from progenitor.sources.file_scan import FORMATS, DataFile
from progenitor.sources.http.options import HttpOptions
from progenitor.sources.http.questions import HttpTable, Rows
from progenitor.sources.http.records import columns_of
from progenitor.sources.reader import ReadReport, TableSink


@dataclass(frozen=True)
class _Export:
    """A table as its export has it."""

    pattern: str | None
    columns: list[Column]
    rows: Rows
    condition: RowCondition | None


class ExportedHttp:
    """Reads exports of a web service.

    Parameters
    ----------
    declaration
        The source.yml.
    tables
        The tables in it.
    location
        The folder of the exports, or the only one.
    options
        What the person chose; those of a connection are for servers.

    Raises
    ------
    MappingError
        If what source.yml says of an export does not fit the table.
    """

    def __init__(
        self, declaration: SourceDeclaration, tables: Mapping[str, HttpTable], location: Path, options: HttpOptions
    ) -> None:
        self._source = declaration.file.parent.name
        self._tables = tables
        self._location = location
        self._options = options
        self._exports = {
            name: _export(declaration, name, table, by_night=options.by_night) for name, table in tables.items()
        }

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
            If nothing matches, or the file of a table is missing.
        """
        paths = {file.path for files in self._files().values() for file in files}
        state = fingerprint(sorted(paths))
        return self._options.partitions(self._source, wanted, lambda window: state)

    def read(self, partition: Partition, sink: TableSink, progress: Callable[[int], None]) -> ReadReport:
        """Read one partition; what is no row, and a row with a value that does not fit, are set aside.

        Raises
        ------
        SourceError
            If a file is missing, cannot be read, or has no rows where they should be.
        """
        window = Window.of(partition)
        window.write(sink)
        files = self._files()
        for name, export in self._exports.items():
            writer = _writer(name, export, window, sink, progress)
            for file in files[name]:
                self._read_file(file, export, writer)
            writer.flush()
        count = len({file.path for found in files.values() for file in found})
        return ReadReport(f"{count} exported file{'' if count == 1 else 's'}")

    def close(self) -> None:
        """Nothing is held open between files."""

    def _read_file(self, file: DataFile, export: _Export, writer: BlockWriter) -> None:
        def aside(record: Mapping[str, Any], reason: str) -> None:
            writer.sink.set_aside(writer.table, storable({"file": str(file.path), **record}), reason)

        def broken(what: str, hint: str | None) -> SourceError:
            return SourceError(what, place=Place(file.path), hint=hint)

        for document, rows, where in read_blocks(file, export.rows, self._options.largest_answer, aside):
            writer.add(columns_of(document, rows, where, export.columns, broken, aside))

    def _files(self) -> dict[str, list[DataFile]]:
        return {name: self._files_of(name, export) for name, export in self._exports.items()}

    def _files_of(self, name: str, export: _Export) -> list[DataFile]:
        """Return the files of a table, by name; a file of any name is that of an only table."""
        alone = self._location.is_file() and len(self._exports) == 1
        found = [
            path
            for path in below(self._location)
            if bare_name(path)[1] in FORMATS and (alone or _is_named(path, name, export.pattern))
        ]
        if not found:
            raise SourceError(
                f"no file matches {export.pattern or f'{name}.*'!r}",
                place=Place(self._location, field=name),
                hint="an export is JSON, JSON lines, CSV, TSV or Parquet; export.file of the table tells its name",
            )
        return [DataFile.of(path, None) for path in found]


def _export(declaration: SourceDeclaration, name: str, table: HttpTable, *, by_night: bool) -> _Export:
    place = table_place(declaration, name, "export")
    for column in table.export.columns.values():
        if column.name not in table.columns or table.columns[column.name].type != column.type:
            raise MappingError(f"the table has no column {column.name!r} of type {column.type}", place=place)
    condition = (
        RowCondition(
            table.export.where, table.schema, table_place(declaration, name, "export.where"), by_night=by_night
        )
        if table.export.where
        else None
    )
    columns = [table.export.columns.get(name, column) for name, column in table.columns.items()]
    return _Export(table.export.file, columns, table.rows, condition)


def _writer(
    name: str, export: _Export, window: Window, sink: TableSink, progress: Callable[[int], None]
) -> BlockWriter:
    if export.condition is None:
        return BlockWriter(name, export.columns, sink, progress)
    return BlockWriter(name, export.columns, ConditionSink(sink, export.condition, window, progress), lambda rows: None)


def _is_named(path: Path, table: str, pattern: str | None) -> bool:
    return bare_name(path)[0] == table if pattern is None else path.match(pattern)
