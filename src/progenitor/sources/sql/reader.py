"""Reads the tables of a source from a database by SQL."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

import orjson
import pyarrow as pa

from progenitor.errors import MappingError, Place
from progenitor.model import Partition, SourceDeclaration
from progenitor.sources.declared.blocks import BlockWriter
from progenitor.sources.declared.columns import Column, schema_of
from progenitor.sources.declared.options import table_place
from progenitor.sources.declared.placeholders import Template
from progenitor.sources.declared.window import Window, with_window
from progenitor.sources.reader import ReadReport, TableSink
from progenitor.sources.sql.arrow import convert_array, natural_column
from progenitor.sources.sql.database import Database, Query
from progenitor.sources.sql.tables import SqlOptions, SqlTable


class SqlReader:
    """Reads a database.

    Parameters
    ----------
    declaration
        The source.yml.
    tables
        The tables in it.
    database
        The database.
    options
        What the person chose.

    Raises
    ------
    MappingError
        If a placeholder is unknown.
    """

    def __init__(
        self, declaration: SourceDeclaration, tables: Mapping[str, SqlTable], database: Database, options: SqlOptions
    ) -> None:
        self._declaration = declaration
        self._tables = tables
        self._database = database
        self._options = options
        self._templates = {
            name: self._template(table.sql, table_place(declaration, name)) for name, table in tables.items()
        }
        place = Place(declaration.file, field="fingerprint")
        self._state = self._template(options.fingerprint, place) if options.fingerprint else None
        self._columns: dict[str, list[Column]] | None = None

    def schemas(self) -> Mapping[str, pa.Schema]:
        """Return every table with its columns; those that are not declared as the database has them.

        Raises
        ------
        SourceError
            If the database must be asked and does not answer, or a column has a type that cannot be mapped.
        MappingError
            If columns must be declared: SQLite does not know their types.
        """
        return with_window({name: schema_of(columns) for name, columns in self._all_columns().items()})

    def partitions(self, wanted: Sequence[str] = ()) -> Iterator[Partition]:
        """List the nights, or the one partition ``all``.

        Raises
        ------
        ConfigurationError
            If a name is no night, or it is not said which nights there are.
        SourceError
            If nothing matches, or the database does not answer.
        """
        return self._options.partitions(self._declaration.file.parent.name, wanted, self._fingerprint)

    def read(self, partition: Partition, sink: TableSink, progress: Callable[[int], None]) -> ReadReport:
        """Read one partition, all tables as of one moment; a row with a value that does not fit is set aside.

        Raises
        ------
        SourceError
            If the database is not there, refuses, or breaks off, or an answer lacks a declared column.
        """
        window = Window.of(partition)
        window.write(sink)
        writers = {name: BlockWriter(name, columns, sink, progress) for name, columns in self._all_columns().items()}
        queries = {name: self._query(f"table {name!r}", template, window) for name, template in self._templates.items()}
        with closing(self._database.blocks(queries)) as blocks:
            for name, block in blocks:
                self._write(writers[name], block, queries[name])
        for writer in writers.values():
            writer.flush()
        return ReadReport(f"{self._database.product}, {self._database.url}")

    def close(self) -> None:
        """Nothing is held open between partitions."""

    def _template(self, sql: str, place: Place) -> Template:
        return Template.parse(sql, place, by_night=self._options.by_night)

    def _query(self, about: str, template: Template, window: Window) -> Query:
        return Query(about, template.marked(self._database.mark), template.values(window))

    def _write(self, writer: BlockWriter, block: Mapping[str, Any], query: Query) -> None:
        """Hand over a block: Arrow arrays at once, other values by way of the writer's own blocks."""
        if absent := [column.source for column in writer.columns if column.source not in block]:
            raise query.failed(
                self._database.url, f"the answer has no column {absent[0]!r}", f"it has {', '.join(block)}"
            )
        given = [block[column.source] for column in writer.columns]
        if not isinstance(given[0], pa.Array):
            writer.add(given)
            return
        pairs = [convert_array(column, array) for column, array in zip(writer.columns, given, strict=True)]
        writer.write(
            [array for array, _ in pairs],
            [misfits for _, misfits in pairs],
            lambda row: {name: _shown(array[row]) for name, array in block.items()},
        )

    def _all_columns(self) -> dict[str, list[Column]]:
        if self._columns is None:
            self._columns = {
                name: list(table.columns.values()) or self._found(name) for name, table in self._tables.items()
            }
        return self._columns

    def _found(self, name: str) -> list[Column]:
        """Return the columns of a table as the database tells them."""
        window = Window.example(by_night=self._options.by_night)
        query = self._query(f"the columns of table {name!r}", self._templates[name], window)
        place = table_place(self._declaration, name, "columns")
        schema = self._database.describe(query)
        if schema is None:
            raise MappingError(
                f"the columns must be declared: {self._database.product} does not know their types", place=place
            )
        columns = []
        for field in schema:
            column = natural_column(field)
            if column is None:
                raise MappingError(
                    f"column {field.name!r} is of a type that has no counterpart here",
                    place=place,
                    hint=f'leave it out, or read it as text: CAST("{field.name}" AS text)',
                )
            columns.append(column)
        return columns

    def _fingerprint(self, window: Window) -> str | None:
        """Return what the database knows of changes, or digest the answer to the query that tells of them."""
        known = self._database.fingerprint()
        if known is not None or self._state is None:
            return known
        query = self._query("the fingerprint", self._state, window)
        digest = hashlib.sha256()
        for _, block in self._database.blocks({"fingerprint": query}):
            columns = {name: _listed(values) for name, values in block.items()}
            digest.update(orjson.dumps(columns, default=str))
        return digest.hexdigest()


def _listed(values: Any) -> list[Any]:
    return [_shown(value) for value in values] if isinstance(values, pa.Array) else list(values)


def _shown(value: pa.Scalar) -> Any:
    """Return a value as Python has it; a time beyond Python's calendar as its number."""
    try:
        return value.as_py()
    except (ValueError, OverflowError):
        return value.value
