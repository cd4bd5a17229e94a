"""Points gathered from exports and given back in order, each once: what several lines say of one is merged.

InfluxDB merges when it is written to: of a field that is written twice, the last value stays. What does not fit into
memory is spilled to disk.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from types import TracebackType
from typing import Any, Final, Self

import duckdb
import pyarrow as pa

from progenitor.errors import SourceError
from progenitor.sources.declared.json_text import read_json, write_json
from progenitor.sources.exports.points import Point
from progenitor.sources.exports.scratch import scratch_database

_BLOCK: Final = 16_384
"""Points that are handed to DuckDB, and taken from it, at a time."""

_SCHEMA: Final = pa.schema(
    [
        ("measurement", pa.int32()),
        ("time", pa.int64()),
        ("tags", pa.string()),
        ("number", pa.int64()),
        ("fields", pa.binary()),
    ]
)

_Row = tuple[int, int, str, int, bytes]


class PointStore:
    """Gathers points; leaving its context frees the disk that it has used.

    Parameters
    ----------
    memory_limit
        Bytes it may use before it spills.

    Attributes
    ----------
    fields
        The names of the fields of each measurement, of its database.
    """

    def __init__(self, memory_limit: int = 128 * 2**20) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="progenitor-points-")
        self._connection = scratch_database(
            memory_limit=f"{memory_limit}B", temp_directory=self._folder.name, threads=2
        )
        self._connection.register("block", _SCHEMA.empty_table())
        self._connection.execute("CREATE TABLE point AS FROM block")
        self._measurements: dict[tuple[str, str], int] = {}
        self.fields: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._rows: list[_Row] = []
        self._count = 0

    def add(self, point: Point) -> None:
        """Take what a line says of a point; a later line wins over an earlier one.

        Raises
        ------
        SourceError
            If the disk is full.
        """
        measurement = self._measurements.setdefault((point.database, point.measurement), len(self._measurements))
        self.fields[point.database, point.measurement].update(point.fields)
        tags = write_json(point.tags).decode() if point.tags else ""
        self._rows.append((measurement, point.time, tags, self._count, write_json(point.fields)))
        self._count += 1
        if len(self._rows) >= _BLOCK:
            self._flush()

    def merged(self) -> Iterator[Point]:
        """Yield every point once, a measurement after the other and by time.

        Raises
        ------
        SourceError
            If the disk is full.
        """
        self._flush()
        names = list(self._measurements)
        for (measurement, time, tags), lines in groupby(self._sorted(), key=lambda row: row[:3]):
            fields: dict[str, Any] = {}
            for *_, written in lines:
                fields |= read_json(written)
            database, name = names[measurement]
            yield Point(database, name, tuple(map(tuple, read_json(tags))) if tags else (), time, fields)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._connection.close()
        self._folder.cleanup()

    def _flush(self) -> None:
        if self._rows:
            values = zip(zip(*self._rows, strict=True), _SCHEMA, strict=True)
            columns = [pa.array(given, field.type) for given, field in values]
            self._connection.register("block", pa.RecordBatch.from_arrays(columns, schema=_SCHEMA))
            with _explained():
                self._connection.execute("INSERT INTO point FROM block")
            self._rows = []

    def _sorted(self) -> Iterator[_Row]:
        with _explained():
            relation = self._connection.sql("FROM point ORDER BY measurement, time, tags, number")
            for block in relation.to_arrow_reader(_BLOCK):
                yield from zip(*(column.to_pylist() for column in block.columns), strict=True)


@contextmanager
def _explained() -> Iterator[None]:
    """Turn the errors of the sorting into ours."""
    try:
        yield
    except (duckdb.Error, pa.ArrowException) as error:
        raise SourceError(
            f"the points of the exports could not be sorted: {error}", hint="is there room in the temporary folder?"
        ) from error
