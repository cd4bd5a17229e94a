"""Exported tables of a database, asked by the same queries through DuckDB.

A file is the table of its name, with the schema before it: ``cdb_lsstcam.exposure.parquet``.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from progenitor.errors import Place, SourceError
from progenitor.sources.exports.files import bare_name, below, fingerprint
from progenitor.sources.exports.scratch import scratch_database
from progenitor.sources.file_scan import FORMATS, DataFile
from progenitor.sources.sql.database import BLOCK_ROWS, Query
from progenitor.sources.sql.tables import quoted

_LISTED: Final = 20
"""Tables that a hint names."""

_CSV: Final = {"csv": ",", "tsv": "\\t"}


class ExportedTables:
    """The tables in a folder; a `progenitor.sources.sql.database.Database`.

    Parameters
    ----------
    location
        The folder, or the only file.

    Raises
    ------
    SourceError
        If there is none, or two files are one table.
    """

    product = "exported tables"

    def __init__(self, location: Path) -> None:
        self.url = str(location)
        self._files: dict[str, DataFile] = {}
        for path in below(location):
            name, suffix = bare_name(path)
            if suffix not in FORMATS:
                continue
            if name in self._files:
                raise SourceError(
                    f"is the table {name!r}, as is {self._files[name].path.name}",
                    place=Place(path),
                    hint="the name of a file is that of its table: keep one of them",
                )
            self._files[name] = DataFile.of(path, None)
        if not self._files:
            raise SourceError(
                "there is no exported table",
                place=Place(location),
                hint="a table is a file <schema>.<table>.parquet, .csv, .tsv, .json or .jsonl",
            )

    def mark(self, number: int) -> str:
        """Return ``$1``, ``$2`` ..."""
        return f"${number}"

    def fingerprint(self) -> str:
        """Return what changes with the files."""
        return fingerprint([file.path for file in self._files.values()])

    def describe(self, query: Query) -> pa.Schema | None:
        """Return the columns of a query's answer.

        Raises
        ------
        SourceError
            If the query is wrong, or a file cannot be read.
        """
        with self._opened(query) as connection:
            answer = connection.sql(f"SELECT * FROM ({query.sql}) LIMIT 0", params=list(query.values))
            return pa.schema([(field.name, _plain(field.type)) for field in answer.to_arrow_table().schema])

    def blocks(self, queries: Mapping[str, Query]) -> Generator[tuple[str, dict[str, Any]], None, None]:
        """Yield the answers of queries; one that is empty is a block too, so that its columns are known.

        Raises
        ------
        SourceError
            If a query is wrong, or a file is missing or cannot be read.
        """
        for key, query in queries.items():
            with self._opened(query) as connection:
                reader = connection.sql(query.sql, params=list(query.values)).to_arrow_reader(BLOCK_ROWS)
                yield key, _columns(pa.RecordBatch.from_pylist([], schema=reader.schema))
                for block in reader:
                    yield key, _columns(block)

    @contextmanager
    def _opened(self, query: Query) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open a database in memory in which every file that the query names is a view.

        A folder may hold exports of other systems, too: what is wrong with those is no concern of this query.
        """
        with scratch_database() as connection:
            try:
                for name, file in self._files.items():
                    schema, _, table = name.rpartition(".")
                    if table.lower() not in query.sql.lower():
                        continue
                    if schema:
                        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)}")
                    place = f"{quoted(schema)}.{quoted(table)}" if schema else quoted(table)
                    connection.execute(f"CREATE VIEW {place} AS FROM {_scan(file)}")
                yield connection
            except (duckdb.Error, pa.ArrowException) as error:
                reason = str(error).strip().splitlines()[0]
                names = sorted(self._files)
                more = f" and {len(names) - _LISTED} others" if len(names) > _LISTED else ""
                hint = f"the exported tables are {', '.join(names[:_LISTED])}{more}"
                raise query.failed(self.url, f"failed: {reason}", hint) from error


def _scan(file: DataFile) -> str:
    if not file.is_csv:
        return file.scan({})
    name = str(file.path).replace("'", "''")
    return (
        f"read_csv('{name}', delim = '{_CSV[file.format]}', quote = '\"', escape = '\"', header = true,"
        f" compression = '{file.compression}', sample_size = -1)"
    )


def _columns(block: pa.RecordBatch) -> dict[str, pa.Array]:
    """Return columns in types that PostgreSQL's answers have, too."""
    return {
        field.name: column if (plain := _plain(field.type)) == field.type else column.cast(plain, safe=False)
        for field, column in zip(block.schema, block.columns, strict=True)
    }


def _plain(kind: pa.DataType) -> pa.DataType:
    """Return the type in which a database gives such a column: decimals are text, times are exact to a microsecond."""
    if pa.types.is_decimal(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", kind.tz)
    if pa.types.is_uint8(kind) or pa.types.is_uint16(kind) or pa.types.is_int8(kind):
        return pa.int32()
    return pa.int64() if pa.types.is_uint32(kind) else kind
