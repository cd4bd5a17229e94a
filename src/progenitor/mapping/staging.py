"""The tables of one partition while they are mapped: a DuckDB database that spills to disk above a memory limit."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson
import pyarrow as pa

from progenitor.errors import Place, SourceError
from progenitor.mapping.database import connect, explained
from progenitor.mapping.functions import install, quote_name
from progenitor.mapping.privacy import Privacy, Veil


class Staging:
    """Holds what a reader reads until it is mapped; a `progenitor.sources.reader.TableSink`.

    Every declared table exists from the start, so that a view finds it where the partition has no rows for it. Leaving
    the context removes everything from the disk.

    Parameters
    ----------
    directory
        A private folder; only the sub-folder ``staging`` of it is used, for what does not fit into memory.
    schemas
        Table -> columns.
    memory_limit
        Bytes of memory it may use before it spills to that folder.
    threads
        How many it may use.
    veil
        What hides private values before anything is stored; none where all are kept.
    """

    def __init__(
        self,
        directory: Path,
        schemas: Mapping[str, pa.Schema],
        *,
        memory_limit: int = 2**30,
        threads: int = 2,
        veil: Veil | None = None,
    ) -> None:
        self.directory = directory / "staging"
        self.schemas = dict(schemas)
        self._veil = veil or Veil(Privacy(), {})
        self.rows = 0
        self.set_aside_rows = 0
        self.set_aside_file = self.directory / "set-aside.jsonl"
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True)
        self.connection = connect(self.directory / "spill", memory_limit=memory_limit, threads=threads)
        install(self.connection)
        for table, schema in self.schemas.items():
            self._create(table, schema)

    def write(self, table: str, data: pa.Table | pa.RecordBatch) -> None:
        """Append rows; columns are matched by name and cast to the declared types.

        Raises
        ------
        SourceError
            If the table or a column is not declared, or a value does not fit its declared type.
        """
        schema = self._schema(table)
        if unknown := set(data.schema.names) - set(schema.names):
            raise SourceError(
                f"the table {table!r} has no column {', '.join(sorted(unknown))}",
                place=Place(table, field=min(unknown)),
            )
        if data.schema != schema:
            data = _conform(table, data, schema)
        data = self._veil.hide(table, data)
        self.connection.register("_pg_incoming", data)
        try:
            with explained(Place(table), f"storing rows of {table!r}", first_line=0):
                self.connection.execute(f"INSERT INTO {quote_name(table)} BY NAME SELECT * FROM _pg_incoming")
        finally:
            self.connection.unregister("_pg_incoming")
        self.rows += data.num_rows

    def set_aside(self, table: str, record: Mapping[str, Any], reason: str) -> None:
        """Note a record that cannot be used, for the dead-letter file."""
        shown, why = self._veil.hide_record(table, record, reason, self.schemas.get(table, pa.schema([])))
        line = {"source": table, "record": shown, "reason": why}
        with self.set_aside_file.open("ab") as stream:
            stream.write(orjson.dumps(line, default=_plain, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS))
        self.set_aside_rows += 1

    def interrupt(self) -> None:
        """Stop the query that runs in another thread."""
        self.connection.interrupt()

    def close(self) -> None:
        """Close the database and remove it from the disk."""
        self.connection.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _schema(self, table: str) -> pa.Schema:
        if table not in self.schemas:
            raise SourceError(f"the reader declares no table {table!r}", place=Place(table))
        return self.schemas[table]

    def _create(self, table: str, schema: pa.Schema) -> None:
        self.connection.register("_pg_incoming", schema.empty_table())
        try:
            with explained(Place(table), f"creating the table {table!r}", first_line=0):
                self.connection.execute(f"CREATE TABLE {quote_name(table)} AS SELECT * FROM _pg_incoming")
        finally:
            self.connection.unregister("_pg_incoming")


def _conform(table: str, data: pa.Table | pa.RecordBatch, schema: pa.Schema) -> pa.Table | pa.RecordBatch:
    """Cast the columns that are there to their declared types."""
    present = pa.schema([field for field in schema if field.name in data.schema.names])
    try:
        return data.select(present.names).cast(present)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
        raise SourceError(f"rows do not fit the table {table!r}: {error}", place=Place(table)) from None


def _plain(value: object) -> str:
    """Give a value that JSON does not know as text."""
    return value.hex() if isinstance(value, bytes) else str(value)
