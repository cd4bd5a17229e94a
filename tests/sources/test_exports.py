"""The tables of web services and databases read from exports: the rows that the service or the database gives."""

from __future__ import annotations

import csv
import gzip
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import orjson
import psycopg
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
import yaml

from night.files import write_folder
from night.simulation import Night, simulate
from progenitor.errors import MappingError, ProgenitorError, SourceError
from servers.observatory import create_consdb, load_consdb, web_services
from servers.postgresql import Server
from support.cache import CHECKOUT
from support.readers import exact_rows, open_declared, read_partition

NIGHTS = ("2025-10-31", "2025-11-01", "2025-11-02")


@pytest.fixture(scope="module")
def night() -> Night:
    return simulate()


@pytest.fixture(scope="module")
def folder(night: Night, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The night as every system exports it; read only."""
    target = tmp_path_factory.mktemp("exports") / "night"
    write_folder(night, target)
    return target


@pytest.fixture(scope="module")
def services(night: Night) -> Iterator[str]:
    with web_services(night) as running:
        yield running.url


def declared(name: str, **exports: Any) -> dict[str, Any]:
    """The source.yml of a mapping folder, its tables with what is said of their exports."""
    declaration = yaml.safe_load((CHECKOUT / "mappings" / name / "source.yml").read_text())
    # The tables are tested here; what else a mapping folder has is beside it, and a test has no copy of that.
    kept = {key: value for key, value in declaration.items() if key in ("reader", "partition", "tables")}
    for table, export in exports.items():
        kept["tables"][table] = {**kept["tables"][table], "export": export}
    return deepcopy(kept)


def rows_of(tmp_path: Path, location: object, declaration: dict[str, Any], key: str = "all") -> dict[str, Counter[str]]:
    opened = open_declared(tmp_path / "mapping", str(location), declaration)
    try:
        found = read_partition(opened, key)
        assert found.aside == []
        return {
            name: Counter(json.dumps(row, sort_keys=True, default=str) for row in exact_rows(found, name))
            for name in opened.schemas()
        }
    finally:
        opened.close()


# ---- the simulated night, by the source.yml of every mapping folder --------------------------------------------------

_BY_DAY = "day_obs = {day_obs}"
_CITING = "regexp_matches(line, '(MC|CC|AT)_[A-Z]_[0-9]{{8}}_[0-9]{{6}}|[Ss]cript[: ][0-9]{{6}}')"
_LOKI = {
    "file": "loki.*",
    "columns": {
        "received": {"field": "ns", "type": "TIMESTAMP_NS", "format": "unix_ns"},
        "line": "VARCHAR",
        "labels": "JSON",
    },
}
_IN_NIGHT = "{0} >= {{partition_start}} AND {0} < {{partition_end}}"
SERVICES: dict[str, dict[str, Any]] = {
    "exposurelog": {"message": {"file": "exposurelog.*", "where": _BY_DAY}},
    "narrativelog": {
        "message": {"file": "narrativelog.*", "where": _IN_NIGHT.format("date_begin")},
        "undated": {"file": "narrativelog.*", "where": f"date_begin IS NULL AND {_IN_NIGHT.format('date_added')}"},
        "edit": {"file": "narrativelog.*", "where": "parent_id IS NOT NULL AND date_added >= {partition_start}"},
    },
    "nightreport": {
        "report": {"file": "nightreport.*", "where": _BY_DAY},
        "edit": {"file": "nightreport.*", "where": "parent_id IS NOT NULL AND date_added >= {partition_start}"},
    },
    "jira": {
        "ticket": {"file": "jira.*", "where": _IN_NIGHT.format("created")},
        "change": {"file": "jira.*"},
    },
    "machine-logs": {
        "citing_line": {**_LOKI, "where": f"{_CITING} AND {_IN_NIGHT.format('received')}"},
        "error_line": {
            **_LOKI,
            "where": f"labels ->> 'severity' IN ('ERROR', 'CRITICAL', 'FATAL') AND {_IN_NIGHT.format('received')}",
        },
    },
}


@pytest.mark.parametrize("name", SERVICES)
def test_exports_of_a_service_have_its_rows(tmp_path: Path, services: str, folder: Path, name: str) -> None:
    declaration = declared(name, **SERVICES[name])
    total = 0
    for key in NIGHTS:
        served, exported = (rows_of(tmp_path, location, declaration, key) for location in (services, folder))
        # A change is read with the tickets of its night, which its own columns do not tell.
        unfiltered = ("change",)
        for table in served.keys() - set(unfiltered):
            assert exported[table] == served[table], (key, table)
        for table in served.keys() & set(unfiltered):
            assert served[table] <= exported[table]
        total += sum(map(len, served.values()))
    assert total > 5


@pytest.mark.server
def test_exported_tables_have_the_rows_of_the_database(
    tmp_path: Path, postgresql: Server, night: Night, folder: Path
) -> None:
    uri = create_consdb(postgresql, "exports_consdb", public=False)
    load_consdb(uri, night)
    declaration = declared("consdb")
    del declaration["tables"]["visit1"]["columns"]  # as the database tells them
    for key in NIGHTS:
        assert rows_of(tmp_path, folder / "consdb", declaration, key) == rows_of(tmp_path, uri, declaration, key)
    assert sum(map(len, rows_of(tmp_path, uri, declaration, "2025-11-01").values())) > 100


# ---- every format of a service's export ------------------------------------------------------------------------------

RECORDS = [
    {"id": "a", "n": 7, "x": 1.5, "on": True, "at": "2025-11-01T12:00:00.5", "in": {"b": "deep"}, "tags": ["p", "q"]},
    {"id": "b,\n", "n": None, "x": None, "on": None, "at": "2025-11-01T12:00:01", "in": {"b": None}, "tags": []},
    {"id": 'c"ß', "n": 3, "x": 2.0, "on": False, "at": "2025-11-03T12:00:00", "in": {"b": "x"}, "tags": None},
]
COLUMNS = {
    "id": "VARCHAR",
    "n": "BIGINT",
    "x": "DOUBLE",
    "on": "BOOLEAN",
    "at": {"type": "TIMESTAMP", "scale": "tai"},
    "deep": {"field": "in.b", "type": "VARCHAR"},
    "tags": "VARCHAR[]",
}


def write_records(path: Path, records: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    name = path.name.removesuffix(".gz")
    if name.endswith(".parquet"):
        pq.write_table(pa.Table.from_pylist(records), path)
        return
    if name.endswith((".csv", ".tsv")):
        flat = [{**record, "in.b": record["in"]["b"]} for record in records]
        with path.open("w", newline="") as stream:
            writer = csv.DictWriter(
                stream, [*COLUMNS, "in.b"], delimiter="," if name.endswith(".csv") else "\t", extrasaction="ignore"
            )
            writer.writeheader()
            writer.writerows(flat)
        content = path.read_bytes()
    elif name.endswith(".jsonl"):
        content = b"\n".join(orjson.dumps(record) for record in records)
    else:
        content = orjson.dumps(records)
    path.write_bytes(gzip.compress(content) if path.name.endswith(".gz") else content)


def http(table: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"reader": "http", **more, "tables": {"t": {"path": "/t", "columns": COLUMNS, **table}}}


def read(tmp_path: Path, location: Path, declaration: dict[str, Any], key: str = "all", **options: Any) -> Any:
    return read_partition(open_declared(tmp_path / "mapping", str(location), declaration, **options), key)


@pytest.mark.parametrize(
    "suffix", ["json", "json.gz", "jsonl", "jsonl.gz", "ndjson", "csv", "csv.gz", "tsv", "parquet"]
)
def test_every_format_gives_the_same_rows(tmp_path: Path, suffix: str) -> None:
    write_records(tmp_path / "files" / f"t.{suffix.replace('ndjson', 'jsonl')}", RECORDS)
    if suffix == "ndjson":
        (tmp_path / "files" / "t.jsonl").rename(tmp_path / "files" / "t.ndjson")
    columns = {name: column for name, column in COLUMNS.items() if name != "tags" or "sv" not in suffix}
    rows = read(tmp_path, tmp_path / "files", http({"columns": columns})).rows("t")
    tags = {} if "sv" in suffix else {"tags": ["p", "q"]}
    assert rows[0] | {"at": str(rows[0]["at"])} == {
        "id": "a", "n": 7, "x": 1.5, "on": True, "at": "2025-11-01 11:59:23.500000", "deep": "deep", **tags,
    }  # fmt: skip
    assert [(row["id"], row["n"], row["x"], row["on"], row["deep"]) for row in rows[1:]] == [
        ("b,\n", None, None, None, None),
        ('c"ß', 3, 2.0, False, "x"),
    ]


def test_the_rows_of_a_document_are_where_they_are_in_an_answer(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_bytes(orjson.dumps({"data": {"found": RECORDS}}))
    assert len(read(tmp_path, tmp_path, http({"rows": "data.found"})).rows("t")) == 3
    matrix = {"names": ["id", "n"], "rows": [["a", 1], ["b"], ["c", 3]]}
    (tmp_path / "t.json").write_bytes(orjson.dumps(matrix))
    table = {"rows": {"names": "names", "values": "rows"}, "columns": {"n": "BIGINT"}}
    found = read(tmp_path, tmp_path, http(table))
    assert found.rows("t") == [{"n": 1}, {"n": 3}]
    ((_, record, reason),) = found.aside
    assert (record, reason) == ({"file": str(tmp_path / "t.json"), "row": ["b"]}, "the row is not a list of 2 values")


def test_a_condition_is_on_the_columns_as_they_are_read(tmp_path: Path) -> None:
    write_records(tmp_path / "files" / "t.jsonl", RECORDS)
    where = '"at" >= {partition_start} AND "at" < {partition_end} OR n = {day_obs} - 20251099'
    declaration = http({"export": {"where": where}}, partition="day_obs")
    for key, ids in (
        ("2025-11-01", ["a", "b,\n"]),
        ("2025-11-02", ['c"ß']),
        ("2025-11-03", ['c"ß']),
        ("2025-11-04", []),
    ):
        assert [row["id"] for row in read(tmp_path, tmp_path / "files", declaration, key).rows("t")] == ids
    everything = http({}, partition="day_obs")
    assert len(read(tmp_path, tmp_path / "files", everything, "2025-11-04").rows("t")) == 3


def test_a_column_may_be_elsewhere_in_the_export(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text('{"ns": "1761998363000000001", "line": "x"}\n')
    columns = {"at": {"type": "TIMESTAMP_NS", "format": "unix_ns", "field": "entry.ns"}, "line": "VARCHAR"}
    export = {"columns": {"at": {"field": "ns", "type": "TIMESTAMP_NS", "format": "unix_ns"}}}
    found = read(tmp_path, tmp_path, http({"columns": columns, "export": export}))
    assert exact_rows(found, "t") == [{"at": 1761998363000000001, "line": "x"}]


@pytest.mark.parametrize(
    ("names", "export", "found"),
    [
        (["t.json", "u.json", "t.txt"], {}, ["t.json"]),
        (["t.json", "t.extra.json"], {}, ["t.json"]),
        (["2025/t.json", "2026/t.json"], {}, ["2025/t.json", "2026/t.json"]),
        (["log-1.jsonl", "log-2.jsonl.gz", "other.jsonl"], {"file": "log-*"}, ["log-1.jsonl", "log-2.jsonl.gz"]),
        (["t/1.jsonl", "u/1.jsonl"], {"file": "t/*.jsonl"}, ["t/1.jsonl"]),
    ],
)
def test_the_name_of_a_file_tells_its_table(
    tmp_path: Path, names: list[str], export: dict[str, str], found: list[str]
) -> None:
    for name in names:
        write_records(tmp_path / "files" / name, [RECORDS[0] | {"id": name}])
    tables = read(tmp_path, tmp_path / "files", http({"export": export}))
    assert [row["id"] for row in tables.rows("t")] == found
    assert tables.report.evidence == f"{len(found)} exported file{'s' if len(found) > 1 else ''}"


def test_a_single_file_of_any_name_is_that_of_an_only_table(tmp_path: Path) -> None:
    write_records(tmp_path / "saved.json", RECORDS)
    assert len(read(tmp_path, tmp_path / "saved.json", http({})).rows("t")) == 3
    two = http({})
    two["tables"]["u"] = two["tables"]["t"]
    with pytest.raises(SourceError, match=r"no file matches 't\.\*'"):
        read(tmp_path, tmp_path / "saved.json", two)


# ---- what is wrong with an export ------------------------------------------------------------------------------------


def test_what_is_no_row_is_set_aside_and_the_rest_lands(tmp_path: Path) -> None:
    lines = ['{"id": "a"}', "{", "", "5", '{"id": "b", "n": 1.5}', '{"id": "c", "x": NaN}']
    (tmp_path / "t.jsonl").write_text("\n".join(lines))
    found = read(tmp_path, tmp_path, http({}))
    assert [row["id"] for row in found.rows("t")] == ["a", "c"]
    reasons = {
        str(record.get("line", record.get("row", record.get("id")))): reason for _, record, reason in found.aside
    }
    assert reasons.keys() == {"2", "5", "b"}
    assert reasons["2"].startswith(f"{tmp_path / 't.jsonl'}:2: ")
    (tmp_path / "t.jsonl").unlink()
    (tmp_path / "t.csv").write_text("id,n\na,1\nb\n\nc,2,3\nd,\n")
    found = read(tmp_path, tmp_path, http({"columns": {"id": "VARCHAR", "n": "BIGINT"}}))
    assert found.rows("t") == [{"id": "a", "n": 1}, {"id": "d", "n": None}]
    assert [record["line"] for _, record, _ in found.aside] == [3, 5]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("t.json", b'[{"id": "a"}, {"id', "is not JSON"),
        ("t.json", b'{"detail": "error"}', "the answer is not a list"),
        ("t.json", b"[" + b'{"id": "a"},' * 200_000 + b"{}]", "more than 1,048,576 bytes.*JSON lines"),
        ("t.json.gz", gzip.compress(b"[{}]" * 1000)[:-12], "is the export complete"),
        ("t.jsonl.gz", b"{}", "cannot be read"),
        ("t.parquet", b"PAR1 not PAR1", "cannot be read"),
        ("u.json", b"[]", r"no file matches 't\.\*'.*export\.file"),
    ],
)
def test_a_file_that_is_broken_is_one_clear_error(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / name).write_bytes(content)
    with pytest.raises(SourceError, match=words) as caught:
        read(tmp_path, tmp_path / "files", http({}), largest_answer="1MiB")
    assert str(tmp_path / "files") in str(caught.value)


@pytest.mark.parametrize(
    ("export", "words"),
    [
        ({"where": "nowhere = 1"}, r"export\.where.*not a condition on the columns.*nowhere"),
        ({"where": "n = "}, r"export\.where.*not a condition"),
        ({"where": "n = {day_obs}"}, r"needs partition: day_obs"),
        ({"columns": {"nowhere": "BIGINT"}}, r"no column 'nowhere'"),
        ({"columns": {"n": "DOUBLE"}}, r"no column 'n' of type DOUBLE"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_does_not_fit_the_table_is_refused(tmp_path: Path, export: dict[str, Any], words: str) -> None:
    write_records(tmp_path / "t.json", RECORDS)
    with pytest.raises(MappingError, match=words):
        open_declared(tmp_path / "mapping", str(tmp_path), http({"export": export}))


def test_files_that_change_change_the_fingerprint(tmp_path: Path) -> None:
    write_records(tmp_path / "files" / "t.json", RECORDS[:1])
    write_records(tmp_path / "files" / "other.json", RECORDS[:1])
    for declaration in (http({}), sql({"table": "t"})):
        opened = open_declared(tmp_path / "mapping", str(tmp_path / "files" / "t.json"), declaration)

        def state(opened: Any = opened) -> str | None:
            (partition,) = opened.partitions()
            return partition.fingerprint

        write_records(tmp_path / "files" / "t.json", RECORDS[:1])
        before = state()
        assert before == state() is not None
        write_records(tmp_path / "files" / "t.json", RECORDS)
        assert state() != before


# ---- exported tables of a database -----------------------------------------------------------------------------------

_CREATE = """
CREATE SCHEMA cdb;
CREATE TABLE cdb.exposure (exposure_id bigint, day_obs integer, begun timestamp, note text, seeing double precision,
    ok boolean, cost numeric(8, 3));
INSERT INTO cdb.exposure VALUES
    (2025110100001, 20251101, '2025-11-01 12:00:00.123456', 'it''s', 0.5, true, 1.250),
    (2025110100002, 20251101, '2025-11-02 11:59:59', NULL, NULL, NULL, NULL),
    (2025110200001, 20251102, '2025-11-02 12:00:00', 'next', 2, false, 7);
CREATE TABLE cdb.flex (obs_id bigint, key text, value text);
INSERT INTO cdb.flex VALUES (2025110100001, 'a', '1'), (2025110100002, 'b', NULL), (2025110200001, 'a', '3');
"""
_TABLES: dict[str, Any] = {
    "whole": {"table": "cdb.exposure"},
    "night": {
        "query": "SELECT * FROM cdb.exposure WHERE day_obs = {day_obs} ORDER BY exposure_id;",
        "columns": {
            "id": {"field": "exposure_id", "type": "BIGINT"},
            "at": {"field": "begun", "type": "TIMESTAMP", "scale": "tai"},
            "note": "VARCHAR",
            "seeing": "DOUBLE",
            "ok": "BOOLEAN",
            "cost": "DOUBLE",
        },
    },
    "joined": {
        "query": "SELECT f.* FROM cdb.flex AS f JOIN cdb.exposure AS e ON e.exposure_id = f.obs_id"
        " WHERE e.begun >= {partition_start:tai} AND e.begun < {partition_end:tai}",
    },
    "counted": {"query": "SELECT day_obs, count(*) AS n, max(seeing) AS worst FROM cdb.exposure GROUP BY day_obs"},
}


def sql(table: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"reader": "sql", **more, "tables": {"t": table}}


@pytest.mark.server
def test_the_same_queries_are_asked_of_exported_tables(tmp_path: Path, postgresql: Server) -> None:
    uri = postgresql.create_database("exports_sql")
    files = tmp_path / "files"
    files.mkdir()
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(_CREATE)
        for name in ("exposure", "flex"):
            cursor = connection.execute(f"SELECT * FROM cdb.{name}")
            names = [column.name for column in cursor.description or ()]
            rows = [dict(zip(names, row, strict=True)) for row in cursor]
            pq.write_table(pa.Table.from_pylist(rows), files / f"cdb.{name}.parquet")
    declaration = {"reader": "sql", "partition": "day_obs", "tables": _TABLES}
    for key in ("2025-11-01", "2025-11-02", "2025-11-03"):
        assert rows_of(tmp_path, files, declaration, key) == rows_of(tmp_path, uri, declaration, key)


@pytest.mark.parametrize("suffix", ["parquet", "csv", "csv.gz", "tsv", "jsonl"])
def test_a_table_is_a_file_of_any_format(tmp_path: Path, suffix: str) -> None:
    records = [{"id": 1, "note": "a,b"}, {"id": 2, "note": None}]
    table = pa.Table.from_pylist(records)
    path = tmp_path / "files" / f"cdb.t.{suffix}"
    path.parent.mkdir()
    if suffix == "parquet":
        pq.write_table(table, path)
    elif suffix == "jsonl":
        path.write_bytes(b"\n".join(map(orjson.dumps, records)))
    else:
        options = pa.csv.WriteOptions(delimiter="\t" if suffix == "tsv" else ",")
        with pa.output_stream(path) as stream:
            pa.csv.write_csv(table, stream, options)
    columns = {"id": "BIGINT", "note": "VARCHAR"}
    for location in (tmp_path / "files", path):
        assert read(tmp_path, location, sql({"table": "cdb.t", "columns": columns})).rows("t") == records
    assert read(tmp_path, path, sql({"query": "SELECT max(id) AS id FROM cdb.t"})).rows("t") == [{"id": 2}]


def test_exports_of_other_systems_in_the_folder_are_no_concern(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": [1]}), tmp_path / "cdb.t.parquet")
    (tmp_path / "kafka").mkdir()
    (tmp_path / "kafka" / "lsst.sal.Script.logevent_state.jsonl").write_text("{broken\n")
    columns = {"id": "BIGINT"}
    assert read(tmp_path, tmp_path, sql({"query": "SELECT id FROM CDB.T", "columns": columns})).rows("t") == [{"id": 1}]


def test_a_query_that_only_the_database_understands_has_one_for_exports(tmp_path: Path) -> None:
    pq.write_table(pa.table({"day": [20251101, 20251102]}), tmp_path / "cdb.t.parquet")
    table = {
        "query": "SELECT jsonb_build_object('day', day) FROM cdb.t",
        "columns": {"day": "BIGINT"},
        "export": {"query": "SELECT day FROM cdb.t WHERE day = {day_obs}"},
    }
    found = read(tmp_path, tmp_path, sql(table, partition="day_obs"), "2025-11-02")
    assert found.rows("t") == [{"day": 20251102}]
    assert found.report.evidence == f"exported tables, {tmp_path}"


def test_values_of_files_are_taken_as_those_of_a_database(tmp_path: Path) -> None:
    table = pa.table(
        {
            "at": pa.array([1_761_998_400_123_456_789], pa.timestamp("ns")),
            "zoned": pa.array([1_761_998_400_000], pa.timestamp("ms", "America/Santiago")),
            "cost": pa.array(["1.250"]).cast(pa.decimal128(10, 3)),
            "small": pa.array([7], pa.uint16()),
            "text": pa.array(["x"], pa.large_string()),
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    (row,) = read(tmp_path, tmp_path, sql({"table": "t"})).rows("t")
    assert row | {"at": str(row["at"]), "zoned": str(row["zoned"])} == {
        "at": "2025-11-01 12:00:00.123456",
        "zoned": "2025-11-01 12:00:00",
        "cost": "1.250",
        "small": 7,
        "text": "x",
    }


@pytest.mark.parametrize(
    ("names", "table", "words"),
    [
        ([], {"table": "cdb.t"}, "no exported table.*<schema>"),
        (["cdb.u.parquet"], {"table": "cdb.t"}, r"failed: .*when asked for.*cdb\.u"),
        (["cdb.t.parquet", "cdb.t.csv"], {"table": "cdb.t"}, r"is the table 'cdb\.t', as is"),
        (["cdb.t.parquet"], {"query": "SELECT x FROM"}, "failed: .*syntax"),
        (["cdb.t.parquet"], {"table": "cdb.t", "columns": {"nowhere": "BIGINT"}}, "failed: .*nowhere"),
        (["cdb.t.json"], {"table": "cdb.t"}, "failed: "),
    ],
)
def test_tables_that_cannot_be_asked_are_one_clear_error(
    tmp_path: Path, names: list[str], table: dict[str, Any], words: str
) -> None:
    (tmp_path / "files").mkdir()
    for name in names:
        if name.endswith(".parquet"):
            pq.write_table(pa.table({"x": [1]}), tmp_path / "files" / name)
        else:
            (tmp_path / "files" / name).write_bytes(b"{")
    with pytest.raises(SourceError, match=words):
        read(tmp_path, tmp_path / "files", sql(table))


# ---- no server, no packages of servers -------------------------------------------------------------------------------


_WITHOUT_PACKAGES = """
import sys
sys.modules["httpx"] = sys.modules["adbc_driver_postgresql"] = None
from pathlib import Path
from progenitor.mapping.folder import read_source
from progenitor.sources.reader import open_reader
for name in sys.argv[2:]:
    opened = open_reader(read_source(Path(sys.argv[1]) / name / "source.yml"), sys.argv[1] + "/files", {})
    print(name, sorted(opened.schemas()), len(list(opened.partitions())))
"""


def test_exports_need_no_package_of_a_server(tmp_path: Path) -> None:
    write_records(tmp_path / "files" / "t.json", RECORDS)
    (tmp_path / "files" / "efd.lp").write_text('t id="a" 5\n')
    columns = {"columns": {"id": "VARCHAR"}}
    declarations = {
        "http": http(columns),
        "sql": sql({"table": "t", **columns}),
        "influxdb": {"reader": "influxdb", "database": "efd", "tables": {"t": columns}},
    }
    for name, declaration in declarations.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "source.yml").write_text(yaml.safe_dump(declaration))
    # In a process of its own: here, the packages are imported already.
    command = [sys.executable, "-c", _WITHOUT_PACKAGES, str(tmp_path), *declarations]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert told.splitlines() == [f"{name} ['partition_window', 't'] 1" for name in declarations]


@pytest.mark.parametrize(
    "declaration",
    [
        http({}),
        {"reader": "influxdb", "database": "efd", "tables": {"t": {"columns": {"v": "DOUBLE"}}}},
        sql({"table": "t"}),
    ],
)
def test_a_path_that_is_not_there_is_one_clear_error(tmp_path: Path, declaration: dict[str, Any]) -> None:
    with pytest.raises(ProgenitorError, match=r"missing.*path of"):
        open_declared(tmp_path / "mapping", str(tmp_path / "missing"), declaration)
