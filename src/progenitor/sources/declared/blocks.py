"""Handing over what a reader reads: rows gathered into blocks, and those that do not fit set aside with the reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

from progenitor.sources.declared.columns import Column, schema_of
from progenitor.sources.declared.conversion import convert
from progenitor.sources.declared.fitting import Misfits
from progenitor.sources.reader import TableSink

BLOCK_ROWS: Final = 65_536
"""Rows of a block at most: DuckDB appends whole vectors, and memory stays flat."""

BLOCK_VALUES: Final = 1_000_000
"""Values of a block at most, so that a table of many columns has shorter blocks."""


class BlockWriter:
    """Gathers the values of one table, column by column, and writes them in blocks.

    Parameters
    ----------
    table
        The table.
    columns
        Its columns.
    sink
        Where blocks and misfits go.
    progress
        Told the number of rows of each block.
    """

    def __init__(self, table: str, columns: Sequence[Column], sink: TableSink, progress: Callable[[int], None]) -> None:
        self.table = table
        self.columns = columns
        self.sink = sink
        self._progress = progress
        self._schema = schema_of(columns)
        self._rows = min(BLOCK_ROWS, max(1, BLOCK_VALUES // len(columns)))
        self._values: list[list[Any]] = [[] for _ in columns]

    def add(self, values: Sequence[Sequence[Any]]) -> None:
        """Append rows, given as columns of one length in the order of the table's."""
        for gathered, new in zip(self._values, values, strict=True):
            gathered.extend(new)
        if len(self._values[0]) >= self._rows:
            self.flush()

    def flush(self) -> None:
        """Write what is gathered."""
        values = self._values
        if not values[0]:
            return
        converted = [convert(column, given) for column, given in zip(self.columns, values, strict=True)]
        self.write([array for array, _ in converted], [misfits for _, misfits in converted], self._record)
        self._values = [[] for _ in self.columns]

    def _record(self, row: int) -> dict[str, Any]:
        return {column.name: values[row] for column, values in zip(self.columns, self._values, strict=True)}

    def write(
        self, arrays: Sequence[pa.Array], misfits: Sequence[Misfits], record: Callable[[int], Mapping[str, Any]]
    ) -> None:
        """Write a block that is converted already.

        Parameters
        ----------
        arrays
            The columns.
        misfits
            What does not fit, of each column.
        record
            Returns a row as the system gave it, for the dead-letter file.
        """
        batch = pa.RecordBatch.from_arrays(arrays, schema=self._schema)
        if wrong := sorted({row for rows in misfits for row in rows}):
            for row in wrong:
                reasons = [rows[row] for rows in misfits if row in rows]
                self.sink.set_aside(self.table, storable(record(row)), "; ".join(reasons))
            keep = np.ones(batch.num_rows, dtype=bool)
            keep[wrong] = False
            batch = batch.filter(pa.array(keep))
        if batch.num_rows:
            self.sink.write(self.table, batch)
            self._progress(batch.num_rows)


def storable(value: Any) -> Any:
    """Return a value that a JSON file can hold: numbers of more than 64 bits and halves of surrogate pairs as text."""
    if isinstance(value, Mapping):
        return {str(name): storable(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [storable(entry) for entry in value]
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return str(value)
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value
