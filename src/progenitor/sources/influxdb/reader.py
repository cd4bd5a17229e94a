"""Reads the tables of a source from InfluxDB 1.x: InfluxQL over HTTP, streamed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import groupby
from operator import itemgetter

import orjson
import pyarrow as pa

from progenitor.errors import SourceError
from progenitor.model import Partition
from progenitor.sources.declared.ahead import read_ahead
from progenitor.sources.declared.blocks import BlockWriter
from progenitor.sources.declared.window import Window, with_window
from progenitor.sources.http_client.client import Client
from progenitor.sources.http_client.request import Request
from progenitor.sources.influxdb.answers import Series, read_chunks, results
from progenitor.sources.influxdb.options import InfluxOptions
from progenitor.sources.influxdb.tables import InfluxTable, Statement, count_statement, last_statements, statements
from progenitor.sources.reader import ReadReport, TableSink


class InfluxReader:
    """Reads an InfluxDB.

    Parameters
    ----------
    source
        Name of the mapping folder.
    tables
        The tables.
    client
        Of the server.
    options
        What the person chose.
    """

    def __init__(self, source: str, tables: Mapping[str, InfluxTable], client: Client, options: InfluxOptions) -> None:
        self._source = source
        self._tables = tables
        self._client = client
        self._options = options
        self._server = "InfluxDB"

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
            If nothing matches, or the server does not answer.
        """
        return self._options.partitions(self._source, wanted, self._fingerprint)

    def read(self, partition: Partition, sink: TableSink, progress: Callable[[int], None]) -> ReadReport:
        """Read one partition; a point with a value that does not fit is set aside.

        Raises
        ------
        SourceError
            If the server is not there, refuses, answers with an error, or breaks off.
        """
        window = Window.of(partition)
        window.write(sink)
        with closing(read_ahead(lambda: self._series(window))) as ahead:
            for name, parts in groupby(ahead, key=itemgetter(0)):
                table = self._tables[name]
                writer = BlockWriter(name, table.all_columns, sink, progress)
                for _, series in parts:
                    _add(series, table, writer)
                writer.flush()
        return ReadReport(f"{self._server}, database {self._options.database}")

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _series(self, window: Window) -> Iterator[tuple[str, Series]]:
        """Yield the parts of all answers, each with its table."""
        for name, table in self._tables.items():
            for statement in statements(name, table, window):
                request = self._request(name, table.database, statement, chunked=True)
                with self._client.stream(request) as (pieces, headers):
                    self._server = f"InfluxDB {headers.get('x-influxdb-version', '')}".strip()
                    for series in read_chunks(pieces, self._options.largest_answer, self._broken(request)):
                        yield name, series

    def _request(self, about: str, database: str | None, statement: Statement, *, chunked: bool) -> Request:
        form = {
            "db": database or self._options.database,
            "q": statement.text,
            "params": orjson.dumps(statement.params).decode(),
            "epoch": "ns",
        }
        if chunked:
            form |= {"chunked": "true", "chunk_size": str(self._options.chunk_size)}
        return Request("query", "POST", form=form, about=f"table {about!r}: {statement.text[:200]}")

    def _broken(self, request: Request) -> Callable[[str, str | None], SourceError]:
        return lambda what, hint: self._client.broken(request, what, hint)

    def _fingerprint(self, window: Window) -> str | None:
        """Digest the server's counts of values, table by table, and the last points before those that are counted."""
        if self._options.fingerprint is None:
            return None
        digest = hashlib.sha256()
        for name, table in self._tables.items():
            asked = [count_statement(name, table, window), *last_statements(name, table, window)]
            answers = [self._series_of(name, table, statement) for statement in asked]
            digest.update(orjson.dumps([name, *answers]))
        return f"counts {digest.hexdigest()}"

    def _series_of(self, name: str, table: InfluxTable, statement: Statement) -> list[str]:
        """Return the series of a short answer, in an order of their own."""
        request = self._request(name, table.database, statement, chunked=False)
        found = results(self._client.fetch(request).body, self._broken(request))
        return sorted(orjson.dumps(series).decode() for result in found for series in result.get("series", ()))


def _add(series: Series, table: InfluxTable, writer: BlockWriter) -> None:
    """Hand the points of a part of an answer to the writer."""
    declared = [series.values(column.source) for column in table.columns.values()]
    points = [series.times, (series.measurement,) * len(series.times), *declared]
    if table.unpivot is None:
        writer.add(points)
        return
    for name in sorted(series.fields.keys() - set(table.fields)):
        values = series.fields[name]
        present = [row for row, value in enumerate(values) if value is not None]
        columns = [*points, (name,) * len(values), values]
        writer.add([[column[row] for row in present] for column in columns])
