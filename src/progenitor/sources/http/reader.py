"""Reads the tables of a source from a REST service."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from progenitor.errors import Place
from progenitor.model import Partition, SourceDeclaration
from progenitor.sources.declared.blocks import BlockWriter, storable
from progenitor.sources.declared.options import table_place
from progenitor.sources.declared.window import Window, with_window
from progenitor.sources.http.options import HttpOptions
from progenitor.sources.http.pages import Page, Pages
from progenitor.sources.http.questions import HttpTable, Prepared
from progenitor.sources.http.records import columns_of
from progenitor.sources.http_client.client import Client
from progenitor.sources.reader import ReadReport, TableSink


class HttpReader:
    """Reads a REST service.

    Parameters
    ----------
    declaration
        The source.yml.
    tables
        The tables in it.
    client
        Of the service.
    options
        What the person chose.

    Raises
    ------
    MappingError
        If a placeholder is unknown.
    """

    def __init__(
        self, declaration: SourceDeclaration, tables: Mapping[str, HttpTable], client: Client, options: HttpOptions
    ) -> None:
        self._source = declaration.file.parent.name
        self._tables = tables
        self._client = client
        self._options = options
        self._questions = {
            name: Prepared.of(table, f"table {name!r}", table_place(declaration, name), by_night=options.by_night)
            for name, table in tables.items()
        }
        place = Place(declaration.file, field="fingerprint")
        self._state = (
            Prepared.of(options.fingerprint, "the fingerprint", place, by_night=options.by_night)
            if options.fingerprint
            else None
        )

    def schemas(self) -> Mapping[str, pa.Schema]:
        """Return every table with its columns."""
        return with_window({name: table.schema for name, table in self._tables.items()})

    def partitions(self, wanted: Sequence[str] = ()) -> Iterator[Partition]:
        """List the nights, or the one partition ``all``.

        Raises
        ------
        ConfigurationError
            If a name is no night, or it is not said which nights there are.
        SourceError
            If nothing matches, or the service does not answer.
        """
        return self._options.partitions(self._source, wanted, self._fingerprint)

    def read(self, partition: Partition, sink: TableSink, progress: Callable[[int], None]) -> ReadReport:
        """Read one partition; a row with a value that does not fit is set aside.

        Raises
        ------
        SourceError
            If the service is not there, refuses, or answers with what is not as source.yml says.
        """
        window = Window.of(partition)
        window.write(sink)
        for name, table in self._tables.items():
            writer = BlockWriter(name, list(table.columns.values()), sink, progress)
            for page in Pages(self._client, table, self._questions[name], window).read():
                writer.add(self._columns(page, name, table, sink))
            writer.flush()
        return ReadReport(f"HTTP service {self._client.url}")

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _columns(self, page: Page, name: str, table: HttpTable, sink: TableSink) -> list[list[Any]]:
        return columns_of(
            page.answer,
            page.rows,
            table.rows,
            list(table.columns.values()),
            lambda what, hint: self._client.broken(page.request, what, hint),
            lambda record, reason: sink.set_aside(name, storable(record), reason),
        )

    def _fingerprint(self, window: Window) -> str | None:
        """Digest the answer to the question that tells of changes."""
        if self._state is None:
            return None
        return hashlib.sha256(self._client.fetch(self._state.request(window, {})).body).hexdigest()
