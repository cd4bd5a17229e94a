"""Readers that are declared in a source.yml, opened on a declaration written in a test, and what they read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from progenitor.mapping.folder import read_source
from progenitor.model import Partition
from progenitor.sources.reader import Reader, open_reader
from support.sinks import Tables


def open_declared(folder: Path, location: str, declaration: str | dict[str, Any], **options: Any) -> Reader:
    """Write a source.yml into the mapping folder ``folder`` and open the reader it names."""
    folder.mkdir(parents=True, exist_ok=True)
    text = declaration if isinstance(declaration, str) else yaml.safe_dump(declaration, sort_keys=False)
    (folder / "source.yml").write_text(text)
    return open_reader(read_source(folder / "source.yml"), location, options)


def read_partition(reader: Reader, key: str = "all") -> Tables:
    """Read the partition of a key, and check that progress tells of every row."""
    (partition,) = reader.partitions([key])
    return read_into(reader, partition)


def read_into(reader: Reader, partition: Partition) -> Tables:
    """Read a partition, and check that progress tells of every row of the source."""
    tables = Tables(reader.schemas())
    told: list[int] = []
    tables.report = reader.read(partition, tables, told.append)  # type: ignore[attr-defined]
    written = sum(tables.table(name).num_rows for name in reader.schemas() if name != "partition_window")
    assert sum(told) == written
    return tables


def exact_rows(tables: Tables, table: str) -> list[dict[str, Any]]:
    """The rows of a table; times of nanoseconds as nanoseconds since 1970, which Python's datetime cannot hold."""
    found = tables.table(table)
    columns = [
        column.cast(pa.int64()) if pa.types.is_timestamp(column.type) and column.type.unit == "ns" else column
        for column in found.columns
    ]
    return pa.table(columns, names=found.column_names).to_pylist()
