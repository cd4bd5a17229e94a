"""The staging tables: what a reader may write, and what is left on the disk."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from progenitor.errors import MappingError, SourceError
from progenitor.mapping.staging import Staging

SCHEMA = pa.schema({"id": pa.string(), "when": pa.timestamp("us"), "tags": pa.list_(pa.string())})


@pytest.fixture
def staging(tmp_path):
    with Staging(tmp_path, {"t": SCHEMA, "other": SCHEMA}, memory_limit=2**28, threads=1) as made:
        yield made


def count(staging, table, condition="true"):
    return staging.connection.execute(f"SELECT count(*) FROM {table} WHERE {condition}").fetchall()[0][0]


def test_declared_tables_exist_and_are_empty(staging):
    assert count(staging, "t") == count(staging, "other") == 0
    types = dict(row[:2] for row in staging.connection.execute("DESCRIBE t").fetchall())
    assert types == {"id": "VARCHAR", "when": "TIMESTAMP", "tags": "VARCHAR[]"}


def test_blocks_are_appended_by_column_name(staging):
    staging.write("t", pa.table({"tags": [["a"], None], "id": ["1", "2"]}))
    staging.write("t", pa.record_batch({"id": pa.array(["3"]), "when": pa.array([0], pa.timestamp("s"))}))
    assert staging.rows == 3
    assert count(staging, "t", "id IN ('1', '2', '3')") == 3
    assert count(staging, "t", "\"when\" = TIMESTAMP '1970-01-01'") == 1


def test_a_large_block_is_seen_by_every_filter(staging):
    staging.write("t", pa.table({"id": [str(number) for number in range(200_000)]}))
    assert count(staging, "t", "id IS NOT NULL") == 200_000
    assert count(staging, "t", "id = '199999'") == 1


@pytest.mark.parametrize(
    ("table", "data", "message"),
    [
        ("nope", {"id": ["1"]}, "declares no table 'nope'"),
        ("t", {"id": ["1"], "colour": ["red"]}, "no column colour"),
        ("t", {"when": ["yesterday"]}, "do not fit the table 't'"),
    ],
)
def test_what_was_not_declared_is_refused(staging, table, data, message):
    with pytest.raises(SourceError, match=message):
        staging.write(table, pa.table(data))
    assert staging.rows == count(staging, "t") == 0


def test_records_are_set_aside_as_json_lines(staging):
    staging.set_aside("t", {"id": 1, "raw": b"\xff", "nested": {"a": [1.5]}}, "no time")
    staging.set_aside("t", {}, "empty")
    assert staging.set_aside_rows == 2
    lines = [json.loads(line) for line in staging.set_aside_file.read_text().splitlines()]
    assert lines[0] == {"source": "t", "record": {"id": 1, "raw": "ff", "nested": {"a": [1.5]}}, "reason": "no time"}


def test_nothing_is_left_behind(tmp_path):
    with pytest.raises(RuntimeError), Staging(tmp_path, {"t": SCHEMA}) as staging:
        staging.write("t", pa.table({"id": ["1"]}))
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_debris_of_a_killed_run_is_swept(tmp_path):
    (tmp_path / "staging").mkdir()
    (tmp_path / "staging" / "set-aside.jsonl").write_text("{}\n")
    with Staging(tmp_path, {"t": SCHEMA}) as staging:
        assert not staging.set_aside_file.exists()


def test_no_extension_is_downloaded_and_no_python_variable_is_read(staging):
    hidden = pa.table({"x": [1]})  # noqa: F841 - must not be found by its name
    with pytest.raises(Exception, match="hidden does not exist"):
        staging.connection.execute("SELECT * FROM hidden")
    settings = staging.connection.execute(
        "SELECT current_setting('autoinstall_known_extensions'), current_setting('autoload_known_extensions')"
    ).fetchall()
    assert settings == [(False, False)]


def test_times_with_a_zone_do_not_depend_on_the_machine(tmp_path, monkeypatch):
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    with Staging(tmp_path, {}) as staging:
        (row,) = staging.connection.execute("SELECT '2025-11-01 00:00:00'::TIMESTAMPTZ::VARCHAR").fetchall()
    assert row == ("2025-11-01 00:00:00+00",)


def test_too_little_memory_is_an_error_with_a_hint(tmp_path):
    from progenitor.errors import Place
    from progenitor.mapping.database import connect, explained

    with (
        connect(tmp_path / "spill", memory_limit=2**24) as connection,
        pytest.raises(MappingError, match="memory limit") as caught,
        explained(Place("views.sql"), "listing"),
    ):
        connection.execute("SELECT list(range) FROM range(50_000_000)").fetchall()
    assert "memory_limit" in caught.value.hint
