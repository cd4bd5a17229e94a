"""The tables the Butler reader fills, and the writer that gathers rows into blocks of columns.

Times are UTC, as timestamps without a zone. Data IDs are the keys of docs/architecture.md (`data_ids`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import pyarrow as pa

from progenitor.sources.reader import TableSink

_TEXT: Final = pa.string()
_COUNT: Final = pa.int64()
_REAL: Final = pa.float64()
_FLAG: Final = pa.bool_()
_TIME: Final = pa.timestamp("us")


def _table(**columns: pa.DataType) -> pa.Schema:
    return pa.schema(list(columns.items()))


SCHEMAS: Final[dict[str, pa.Schema]] = {
    # The repository's label: one row in every partition.
    "repository": _table(label=_TEXT),
    # The RUN of the partition, and who built its quantum graph where one tells.
    "run": _table(name=_TEXT, user=_TEXT),
    "dataset_type": _table(name=_TEXT, storage_class=_TEXT, dimensions=_TEXT, is_calibration=_FLAG),
    # A dataset of the run or an input of it; `produced` is false for one that was only predicted. Several rows may
    # tell of one dataset, each what its evidence knows.
    "dataset": _table(id=_TEXT, dataset_type=_TEXT, data_id=_TEXT, run=_TEXT, produced=_FLAG, producer=_TEXT),
    # A file (or a component of one) of a dataset, as the datastore records it; of metadata and logs without the size.
    "artifact": _table(dataset=_TEXT, uri=_TEXT, size=_COUNT),
    "quantum": _table(
        id=_TEXT,
        task_label=_TEXT,
        data_id=_TEXT,
        is_init=_FLAG,
        status=_TEXT,
        caveats=_TEXT,
        attempts=_COUNT,
        started=_TIME,
        ended=_TIME,
        max_rss=_COUNT,
        cpu_time=_REAL,
    ),
    # Only what went wrong or was tried again: a quantum that succeeded at once has no row here.
    "attempt": _table(
        quantum=_TEXT,
        number=_COUNT,
        status=_TEXT,
        exception_type=_TEXT,
        exception_message=_TEXT,
        started=_TIME,
        ended=_TIME,
        max_rss=_COUNT,
        cpu_time=_REAL,
    ),
    "host": _table(quantum=_TEXT, attempt=_COUNT, host=_TEXT),
    # An input as predicted; whether it was there to be presented is told by dataset.produced.
    "quantum_input": _table(quantum=_TEXT, dataset=_TEXT, connection=_TEXT),
    "task": _table(label=_TEXT, task_class=_TEXT, config=_TEXT, config_class=_TEXT),
    "connection": _table(
        task_label=_TEXT, task_class=_TEXT, connection=_TEXT, dataset_type=_TEXT, direction=_TEXT, kind=_TEXT
    ),
    "config_field": _table(config=_TEXT, name=_TEXT, value=_TEXT),
    "package": _table(name=_TEXT, version=_TEXT),
    # What a file header says was read to make the dataset; extras are the header's further keys for that input.
    "fetched": _table(dataset=_TEXT, input=_TEXT, weight=_REAL, extras=pa.list_(_TEXT)),
    "collection": _table(name=_TEXT, type=_TEXT, documentation=_TEXT, state=_TEXT),
    "member": _table(
        collection=_TEXT,
        member_collection=_TEXT,
        member_dataset=_TEXT,
        position=_COUNT,
        valid_from=_TIME,
        valid_to=_TIME,
        valid_from_tai=_TEXT,
        valid_to_tai=_TEXT,
    ),
    "exposure": _table(
        instrument=_TEXT,
        id=_COUNT,
        obs_id=_TEXT,
        day_obs=_COUNT,
        seq_num=_COUNT,
        physical_filter=_TEXT,
        observation_type=_TEXT,
        observation_reason=_TEXT,
        science_program=_TEXT,
        target_name=_TEXT,
        exposure_time=_REAL,
        started=_TIME,
        ended=_TIME,
        group_name=_TEXT,
        visits=pa.list_(_COUNT),
    ),
}
"""Table -> its columns. Every table exists in every partition; most partitions fill some of them."""

BLOCK_ROWS: Final = 65_536
"""Rows per block: large enough that DuckDB appends whole vectors, small enough to keep memory flat."""


class TableWriter:
    """Gathers rows, column by column, and hands them to the sink in blocks.

    Columns, not rows: a list of strings is nothing to the garbage collector, while it walks every tuple of a list of
    rows again and again (a quarter of the time of reading a large graph).

    Parameters
    ----------
    sink
        Where blocks go.
    progress
        Told the number of rows of each block.
    block_rows
        Rows of a table that are gathered before they are handed over.
    """

    def __init__(self, sink: TableSink, progress: Callable[[int], None], block_rows: int = BLOCK_ROWS) -> None:
        self.sink = sink
        self._progress = progress
        self._block_rows = block_rows
        self._columns: dict[str, list[list[Any]]] = {
            table: [[] for _ in schema.names] for table, schema in SCHEMAS.items()
        }

    def add(self, table: str, *row: Any) -> None:
        """Append one row, its values in the order of the table's columns."""
        columns = self._columns[table]
        for column, value in zip(columns, row, strict=True):
            column.append(value)
        if len(columns[0]) >= self._block_rows:
            self._hand_over(table)

    def extend(self, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """Append several rows."""
        gathered = list(rows)
        if gathered:
            self.extend_columns(table, *zip(*gathered, strict=True))

    def extend_columns(self, table: str, *new: Iterable[Any]) -> None:
        """Append several rows, given as columns of one length in the order of the table's columns."""
        columns = self._columns[table]
        for column, values in zip(columns, new, strict=True):
            column.extend(values)
        if len(columns[0]) >= self._block_rows:
            self._hand_over(table)

    def flush(self) -> None:
        """Hand over what is gathered."""
        for table, columns in self._columns.items():
            if columns[0]:
                self._hand_over(table)

    def _hand_over(self, table: str) -> None:
        schema = SCHEMAS[table]
        columns = self._columns[table]
        arrays = [pa.array(column, type=field.type) for column, field in zip(columns, schema, strict=True)]
        self.sink.write(table, pa.RecordBatch.from_arrays(arrays, schema=schema))
        self._progress(len(columns[0]))
        for column in columns:
            column.clear()
