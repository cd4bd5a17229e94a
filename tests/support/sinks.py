"""A table sink that keeps everything, for tests of readers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa


class Tables:
    """Keeps what a reader writes.

    Parameters
    ----------
    schemas
        The tables; writing to another one, or other columns, fails.
    """

    def __init__(self, schemas: Mapping[str, pa.Schema]) -> None:
        self._schemas = schemas
        self._blocks: dict[str, list[pa.Table]] = {table: [] for table in schemas}
        self.aside: list[tuple[str, Mapping[str, Any], str]] = []

    def write(self, table: str, data: pa.Table | pa.RecordBatch) -> None:
        if isinstance(data, pa.RecordBatch):
            data = pa.Table.from_batches([data])
        schema = self._schemas[table]
        assert set(data.schema.names) <= set(schema.names)
        missing = [pa.nulls(data.num_rows, field.type) for field in schema if field.name not in data.schema.names]
        names = [field.name for field in schema if field.name not in data.schema.names]
        for name, column in zip(names, missing, strict=True):
            data = data.append_column(name, column)
        self._blocks[table].append(data.select(schema.names).cast(schema))

    def set_aside(self, table: str, record: Mapping[str, Any], reason: str) -> None:
        self.aside.append((table, record, reason))

    def table(self, table: str) -> pa.Table:
        """Return what was written to a table."""
        return pa.concat_tables([self._schemas[table].empty_table(), *self._blocks[table]])

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Return what was written to a table, row by row."""
        rows: list[dict[str, Any]] = self.table(table).to_pylist()
        return rows
