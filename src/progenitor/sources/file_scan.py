"""One data file: its format, and the SQL that DuckDB scans it with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from progenitor.errors import Place, SourceError

if TYPE_CHECKING:
    import duckdb

FORMATS: Final = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".parq": "parquet",
}
"""Suffix -> format."""

COMPRESSIONS: Final = {".gz": "gzip", ".zst": "zstd"}
"""Suffix after that of the format -> compression."""

_DELIMITERS: Final = {"csv": ",", "tsv": "\t"}


@dataclass(frozen=True)
class DataFile:
    """A file of a table.

    Parameters
    ----------
    path
        Where it is.
    stem
        Its name without the suffixes of format and compression.
    format
        One of the values of `FORMATS`.
    compression
        ``gzip``, ``zstd`` or ``none``.
    """

    path: Path
    stem: str
    format: str
    compression: str

    @classmethod
    def of(cls, path: Path, declared: str | None) -> DataFile:
        """Tell the format and compression of a file from its name.

        Parameters
        ----------
        path
            The file.
        declared
            Its format, where source.yml says it.

        Raises
        ------
        SourceError
            If the format is neither declared nor told by the name.
        """
        rest = path
        compression = COMPRESSIONS.get(path.suffix.lower())
        if compression:
            rest = rest.with_suffix("")
        told = FORMATS.get(rest.suffix.lower())
        if declared is None and told is None:
            raise SourceError(
                "the format cannot be told from the name",
                place=Place(path),
                hint=f"say the format of the table in source.yml: {', '.join(sorted(set(FORMATS.values())))}",
            )
        return cls(path, rest.stem, declared or str(told), compression or "none")

    @property
    def is_csv(self) -> bool:
        """Whether it is CSV or TSV, of which single lines may be set aside."""
        return self.format in _DELIMITERS

    def scan(self, types: Mapping[str, str]) -> str:
        """Return the SQL table function that reads the file.

        Parameters
        ----------
        types
            Column of a CSV or TSV file -> SQL type; the others are inferred from the whole file.
        """
        name = _quote(str(self.path))
        if self.format == "parquet":
            return f"read_parquet({name})"
        if not self.is_csv:
            form = "newline_delimited" if self.format == "jsonl" else "auto"
            return f"read_json({name}, format = '{form}', compression = '{self.compression}', sample_size = -1)"
        given = ", ".join(f"{_quote(column)}: {_quote(sql_type)}" for column, sql_type in types.items())
        return (
            f"read_csv({name}, delim = {_quote(_DELIMITERS[self.format])}, quote = '\"', escape = '\"', header = true,"
            f" compression = '{self.compression}', sample_size = -1, store_rejects = true"
            + (f", types = {{{given}}})" if given else ")")
        )

    def columns(self, connection: duckdb.DuckDBPyConnection, types: Mapping[str, str]) -> pa.Schema:
        """Return the file's columns; those with a given type have it, the others the type inferred."""
        inferred = _schema(connection, self.scan({}))
        given = {name: sql_type for name, sql_type in types.items() if name in inferred.names}
        if not given:
            return inferred
        if self.is_csv:
            return _schema(connection, self.scan(given))
        casts = ", ".join(f'"{name}"::{sql_type} AS "{name}"' for name, sql_type in given.items())
        return _schema(connection, f"(SELECT * REPLACE ({casts}) FROM {self.scan({})})")


@contextmanager
def connection_for(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database in memory to read one file with.

    Raises
    ------
    SourceError
        Instead of DuckDB's and Arrow's errors.
    """
    import duckdb

    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }
    with duckdb.connect(config=config) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_progress_bar = false")
        try:
            yield connection
        except (duckdb.Error, pa.ArrowInvalid) as error:
            detail = str(error).strip().splitlines()[0]
            raise SourceError(f"cannot be read: {detail}", place=Place(path)) from error


def sql_type(arrow_type: pa.DataType) -> str:
    """Return DuckDB's name of an Arrow type."""
    import duckdb

    return str(duckdb.from_arrow(pa.table({"c": pa.array([], type=arrow_type)})).types[0])


def _schema(connection: duckdb.DuckDBPyConnection, scan: str) -> pa.Schema:
    return connection.sql(f"SELECT * FROM {scan} LIMIT 0").to_arrow_table().schema


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
