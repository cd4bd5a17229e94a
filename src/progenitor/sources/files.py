"""Folders of CSV, TSV, JSON and Parquet files, gzip or zstd, as a source: streamed by DuckDB, no code to write.

A source.yml for it::

    reader: files
    partition: file            # a partition for each file stem; `all` (the default) reads everything as one
    tables:
      note:
        path: notes/*.csv      # a glob below the folder that is ingested
        format: csv            # csv, tsv, json, jsonl or parquet; by the suffix where not given
        columns: {id: BIGINT}  # SQL types, where the inferred ones would not do
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from progenitor.errors import ConfigurationError, MappingError, Place, SourceError
from progenitor.model import Partition, SourceDeclaration
from progenitor.sources.file_scan import FORMATS, DataFile, connection_for, sql_type
from progenitor.sources.reader import ReadReport, TableSink

if TYPE_CHECKING:
    import duckdb

WHOLE: Final = "all"
BLOCK_ROWS: Final = 65_536


@dataclass(frozen=True)
class FileTable:
    """A table of a source.yml.

    Parameters
    ----------
    name
        Of the table.
    path
        Glob below the folder.
    format
        One of the values of `FORMATS`, or None to go by the suffix.
    columns
        Column -> SQL type, for those that are not to be inferred.
    """

    name: str
    path: str
    format: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)


def open_reader(declaration: SourceDeclaration, location: str, options: Mapping[str, Any]) -> FilesReader:
    """Open a folder of files.

    Parameters
    ----------
    declaration
        The source.yml.
    location
        The folder.
    options
        ``partition``, which wins over that of the source.yml.

    Raises
    ------
    MappingError
        If the source.yml says of a table what this reader does not know.
    ConfigurationError
        If an option is unknown or has a value it cannot have.
    SourceError
        If there is no such folder.
    """
    chosen = {**declaration.options, **{name: value for name, value in options.items() if value is not None}}
    partition = chosen.pop("partition", WHOLE)
    if chosen or partition not in (WHOLE, "file"):
        wrong = f"option {next(iter(chosen))!r} is unknown" if chosen else f"partition is {partition!r}"
        raise ConfigurationError(wrong, place=Place(declaration.file), hint="options: partition (all or file)")
    folder = Path(location)
    if not folder.is_dir():
        raise SourceError("there is no such folder", place=Place(folder))
    tables = [_declared(declaration, name, given) for name, given in declaration.tables.items()]
    if not tables:
        raise MappingError("the files reader needs tables", place=Place(declaration.file, field="tables"))
    return FilesReader(declaration.file.parent.name, folder, tables, by_file=partition == "file")


class FilesReader:
    """Reads a folder of files.

    Parameters
    ----------
    source
        Name of the mapping folder.
    folder
        What paths are relative to.
    tables
        The tables.
    by_file
        Whether each file stem is a partition.

    Raises
    ------
    SourceError
        If a file's format cannot be told from its name.
    """

    def __init__(self, source: str, folder: Path, tables: Sequence[FileTable], *, by_file: bool) -> None:
        self._source = source
        self._folder = folder
        self._by_file = by_file
        self._files = {
            table.name: [DataFile.of(path, table.format) for path in sorted(folder.glob(table.path)) if path.is_file()]
            for table in tables
        }
        self._tables = {table.name: table for table in tables}
        self._schemas: dict[str, pa.Schema] | None = None

    def schemas(self) -> Mapping[str, pa.Schema]:
        """Return every table with its columns, inferred from all of its files.

        Raises
        ------
        SourceError
            If no file matches a table's path, or none of those that do can be read.
        """
        if self._schemas is None:
            self._schemas = {name: self._infer(name) for name in self._tables}
        return self._schemas

    def partitions(self, wanted: Sequence[str] = ()) -> Iterator[Partition]:
        """List the file stems, or the one partition ``all``."""
        every = [file for files in self._files.values() for file in files]
        stems = sorted({file.stem for file in every}) if self._by_file else [WHOLE]
        for stem in stems:
            if not wanted or any(fnmatchcase(stem, pattern) for pattern in wanted):
                mine = [file.path for file in every if not self._by_file or file.stem == stem]
                yield Partition(self._source, stem, _fingerprint(self._folder, mine))

    def read(self, partition: Partition, sink: TableSink, progress: Callable[[int], None]) -> ReadReport:
        """Read the files of a partition; a line of CSV that does not fit is set aside.

        Raises
        ------
        SourceError
            If a file cannot be read.
        """
        count = 0
        schemas = self.schemas()
        for table, files in self._files.items():
            for file in files:
                if not self._by_file or file.stem == partition.key:
                    count += 1
                    _read(file, table, schemas[table], sink, progress)
        return ReadReport(f"{count} file{'' if count == 1 else 's'}")

    def close(self) -> None:
        """Nothing is held open between files."""

    def _infer(self, name: str) -> pa.Schema:
        files, table = self._files[name], self._tables[name]
        if not files:
            raise SourceError(
                f"no file matches {table.path!r}",
                place=Place(self._folder, field=name),
                hint="path of the table in source.yml is a glob below this folder",
            )
        fields: dict[str, pa.Field] = {}
        failures: list[SourceError] = []
        for file in files:
            try:
                with connection_for(file.path) as connection:
                    columns = file.columns(connection, table.columns)
            except SourceError as error:
                # The partition of the file says so when it is read; the others go on.
                failures.append(error)
                continue
            for column in columns:
                fields[column.name] = _widest(fields.get(column.name), column)
        if len(failures) == len(files):
            raise failures[0]
        return pa.schema(list(fields.values()))


def _read(file: DataFile, table: str, schema: pa.Schema, sink: TableSink, progress: Callable[[int], None]) -> None:
    """Stream one file into the sink."""
    types = {column.name: sql_type(column.type) for column in schema}
    with connection_for(file.path) as connection:
        here = file.columns(connection, types)
        wanted = pa.schema([schema.field(name) for name in here.names])
        relation = connection.sql(f"SELECT * FROM {file.scan({name: types[name] for name in here.names})}")
        for block in relation.to_arrow_reader(BLOCK_ROWS):
            if block.num_rows:
                sink.write(table, block.cast(wanted))
                progress(block.num_rows)
        if file.is_csv:
            _set_aside(connection, file, table, sink)


def _set_aside(connection: duckdb.DuckDBPyConnection, file: DataFile, table: str, sink: TableSink) -> None:
    rejected = connection.execute(
        "SELECT line, any_value(csv_line), string_agg(DISTINCT error_message, '; ' ORDER BY error_message)"
        " FROM reject_errors GROUP BY line ORDER BY line"
    )
    for line, text, reason in rejected.fetchall():
        record = {"file": str(file.path), "line": line, "text": text}
        sink.set_aside(table, record, f"{Place(file.path, line)}: {reason}")


def _declared(declaration: SourceDeclaration, name: str, given: Mapping[str, Any]) -> FileTable:
    """Check what source.yml says of a table."""
    place = Place(declaration.file, field=f"tables.{name}")
    if unknown := set(given) - {"path", "format", "columns"}:
        raise MappingError(f"{sorted(unknown)[0]!r} is not known here", place=place, hint="path, format, columns")
    if not isinstance(given.get("path"), str):
        raise MappingError("a table needs a path: a glob below the folder", place=place)
    form = given.get("format")
    if form is not None and form not in FORMATS.values():
        raise MappingError(f"format is {form!r}", place=place, hint=", ".join(sorted(set(FORMATS.values()))))
    columns = given.get("columns") or {}
    if not isinstance(columns, dict) or not all(isinstance(value, str) for value in columns.values()):
        raise MappingError("columns maps names of columns to SQL types", place=place)
    return FileTable(name, given["path"], form, columns)


def _fingerprint(folder: Path, paths: Sequence[Path]) -> str:
    """Return a digest of names, sizes and times of change."""
    stats = ((path, path.stat()) for path in paths)
    lines = [f"{path.relative_to(folder)} {stat.st_size} {stat.st_mtime_ns}" for path, stat in stats]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _widest(known: pa.Field | None, found: pa.Field) -> pa.Field:
    """Return a column that holds what two files have in it: text where their types do not go together."""
    if known is None or known.type == found.type:
        return found
    try:
        return pa.unify_schemas([pa.schema([known]), pa.schema([found])], promote_options="permissive").field(0)
    except pa.ArrowTypeError:
        return pa.field(found.name, pa.string())
