"""Keeps the rows of a table that meet an SQL condition: what a service would be asked for, asked of its export."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import duckdb
import pyarrow as pa

from progenitor.errors import MappingError, Place
from progenitor.sources.declared.placeholders import Template
from progenitor.sources.declared.window import Window
from progenitor.sources.exports.scratch import scratch_database
from progenitor.sources.reader import TableSink


class RowCondition:
    """An SQL condition on the columns of a table, with placeholders.

    Parameters
    ----------
    text
        The condition.
    schema
        The columns.
    place
        Where source.yml says it.
    by_night
        Whether partitions are nights.

    Raises
    ------
    MappingError
        If a placeholder is unknown, or it is no condition on these columns.
    """

    def __init__(self, text: str, schema: pa.Schema, place: Place, *, by_night: bool) -> None:
        self._template = Template.parse(text, place, by_night=by_night)
        try:
            self.mask(schema.empty_table(), Window.example(by_night=by_night))
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            raise MappingError(f"{text!r} is not a condition on the columns: {reason}", place=place) from None

    def mask(self, rows: pa.Table | pa.RecordBatch, window: Window) -> pa.Array:
        """Tell of each row whether it meets the condition; not, where that is unknown."""
        condition = self._template.marked(lambda number: f"${number}")
        with scratch_database(threads=1) as connection:
            connection.register("block", rows)
            query = f"SELECT coalesce(CAST(({condition}) AS BOOLEAN), false) AS kept FROM block"
            kept: pa.ChunkedArray = connection.sql(query, params=self._template.values(window)).to_arrow_table()["kept"]
            return kept.combine_chunks()


class ConditionSink:
    """Hands on the rows that meet a condition.

    Parameters
    ----------
    sink
        To which.
    condition
        Which.
    window
        The partition.
    progress
        Told how many rows were handed on.
    """

    def __init__(
        self, sink: TableSink, condition: RowCondition, window: Window, progress: Callable[[int], None]
    ) -> None:
        self._sink = sink
        self._condition = condition
        self._window = window
        self._progress = progress

    def write(self, table: str, data: pa.Table | pa.RecordBatch) -> None:
        """Hand on what is wanted of a block."""
        mask = self._condition.mask(data, self._window)
        if (kept := data.filter(mask)).num_rows:
            self._sink.write(table, kept)
            self._progress(kept.num_rows)

    def set_aside(self, table: str, record: Mapping[str, Any], reason: str) -> None:
        """Set a record aside: whether it is wanted cannot be told."""
        self._sink.set_aside(table, record, reason)
