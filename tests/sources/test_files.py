"""The files reader: every format, what is wrong with a file, and how a folder is cut into partitions."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from progenitor.errors import ConfigurationError, MappingError, SourceError
from progenitor.model import SourceDeclaration
from progenitor.sources.files import FilesReader, open_reader
from support.sinks import Tables

CSV = b"id,at,note\n1,2025-11-01T01:00:00+01:00,first\n2,2025-11-01T02:00:00Z,\n"
ROWS = [{"id": 1, "note": "first"}, {"id": 2, "note": None}]


def reader(folder: Path, tables: dict[str, dict[str, Any]], **options: Any) -> FilesReader:
    declaration = SourceDeclaration("files", tables, {}, folder / "mapping" / "source.yml")
    return open_reader(declaration, str(folder), options)


def read(opened: FilesReader, key: str = "all") -> Tables:
    tables = Tables(opened.schemas())
    (partition,) = opened.partitions([key])
    opened.read(partition, tables, lambda rows: None)
    return tables


def write_parquet(path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(ROWS), path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", CSV),
        ("a.csv.gz", gzip.compress(CSV, mtime=0)),
        ("a.csv.zst", zstandard.compress(CSV)),
        ("a.tsv", CSV.replace(b",", b"\t")),
        ("a.jsonl", b"\n".join(json.dumps(row).encode() for row in ROWS)),
        ("a.jsonl.gz", gzip.compress(b"\n".join(json.dumps(row).encode() for row in ROWS), mtime=0)),
        ("a.json", json.dumps(ROWS).encode()),
        ("a.parquet", None),
    ],
)
def test_every_format_gives_the_same_rows(tmp_path: Path, name: str, content: bytes | None) -> None:
    if content is None:
        write_parquet(tmp_path / name)
    else:
        (tmp_path / name).write_bytes(content)
    opened = reader(tmp_path, {"note": {"path": "a.*"}})
    rows = [{"id": row["id"], "note": row["note"]} for row in read(opened).rows("note")]
    assert rows == ROWS
    assert [partition.key for partition in opened.partitions()] == ["all"]


def test_times_with_an_offset_are_utc(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(CSV)
    (first, second) = read(reader(tmp_path, {"note": {"path": "*.csv"}})).rows("note")
    assert first["at"].isoformat() == "2025-11-01T00:00:00+00:00"
    assert second["at"].isoformat() == "2025-11-01T02:00:00+00:00"


def test_each_file_stem_is_a_partition_over_the_tables(tmp_path: Path) -> None:
    for day in ("2025-11-01", "2025-11-02"):
        (tmp_path / f"{day}.csv").write_text(f"day\n{day}\n")
    (tmp_path / "2025-11-02.jsonl").write_text('{"x": 1}\n')
    opened = reader(tmp_path, {"a": {"path": "*.csv"}, "b": {"path": "*.jsonl"}}, partition="file")
    assert [partition.key for partition in opened.partitions()] == ["2025-11-01", "2025-11-02"]
    assert [partition.key for partition in opened.partitions(["*-02"])] == ["2025-11-02"]
    assert read(opened, "2025-11-01").rows("b") == []
    assert read(opened, "2025-11-02").rows("b") == [{"x": 1}]


def test_a_change_of_a_file_changes_the_fingerprint(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("x\n1\n")
    opened = reader(tmp_path, {"a": {"path": "*.csv"}})
    before = [partition.fingerprint for partition in opened.partitions()]
    assert before == [partition.fingerprint for partition in opened.partitions()]
    file.write_text("x\n1\n2\n")
    assert before != [partition.fingerprint for partition in opened.partitions()]


def test_a_line_that_does_not_fit_is_set_aside_and_the_others_go_on(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,n\n1,5\n2\n3,6,7\n4,zz\n5,9\n")
    tables = read(reader(tmp_path, {"a": {"path": "*.csv", "columns": {"id": "BIGINT", "n": "BIGINT"}}}))
    assert tables.rows("a") == [{"id": 1, "n": 5}, {"id": 5, "n": 9}]
    assert [record["line"] for _, record, _ in tables.aside] == [3, 4, 5]
    assert "a.csv:5" in tables.aside[2][2]
    assert "zz" in tables.aside[2][2]


def test_columns_that_differ_between_files_are_united(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text("id,a\n1,5\n")
    (tmp_path / "2.csv").write_text("id,a,b\nx,2.5,true\n")
    tables = read(reader(tmp_path, {"t": {"path": "*.csv"}}))
    assert tables.rows("t") == [{"id": "1", "a": 5.0, "b": None}, {"id": "x", "a": 2.5, "b": True}]


@pytest.mark.parametrize(
    ("files", "table", "words"),
    [
        ({}, {"path": "*.csv"}, "no file matches"),
        ({"a.csv": "x\n1\n"}, {"path": "b.*"}, "no file matches"),
        ({"a.dat": "x\n1\n"}, {"path": "a.*"}, "format cannot be told"),
        ({"a.jsonl": '{"x": 1}\n{"x":\n'}, {"path": "*.jsonl"}, "cannot be read"),
        ({"a.parquet": "PAR1 but not really"}, {"path": "*.parquet"}, "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, files: dict[str, str], table: dict[str, Any], words: str) -> None:
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    with pytest.raises(SourceError, match=words) as caught:
        read(reader(tmp_path, {"t": table}))
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize("table", [{}, {"path": "*", "colour": "red"}, {"path": "*", "format": "xls"}, {"path": 3}])
def test_a_source_that_says_what_is_not_known_is_refused(tmp_path: Path, table: dict[str, Any]) -> None:
    with pytest.raises(MappingError, match=r"source\.yml"):
        reader(tmp_path, {"t": table})


def test_options_are_checked(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="partition"):
        reader(tmp_path, {"t": {"path": "*"}}, partition="night")
    with pytest.raises(ConfigurationError, match="colour"):
        reader(tmp_path, {"t": {"path": "*"}}, colour="red")
    with pytest.raises(SourceError, match="no such folder"):
        reader(tmp_path / "nowhere", {"t": {"path": "*"}})
