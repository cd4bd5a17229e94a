"""An InfluxDB's tables read from line protocol and from Kafka messages: the rows that InfluxDB itself gives."""

from __future__ import annotations

import gzip
import json
import os
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zstandard

from night.files import write_folder
from night.influxdb import write_night
from night.plan import Plan
from night.simulation import Night, simulate
from progenitor.errors import MappingError, SourceError
from progenitor.sources.declared import blocks
from progenitor.sources.exports import files, merging
from servers.influxdb import InfluxNotFoundError, Server, influxdb_server
from support.line_protocol import DAY, START
from support.night_files import parse_points
from support.readers import exact_rows, open_declared, read_partition

HOUR = 3600 * 10**9


@pytest.fixture(scope="module")
def influx() -> Iterator[Server]:
    try:
        with influxdb_server() as server:
            yield server
    except InfluxNotFoundError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))


def source(tables: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"reader": "influxdb", "database": "efd", "partition": "day_obs", **more, "tables": tables}


def read(tmp_path: Path, location: object, tables: dict[str, Any], key: str = "2025-11-01", **more: Any) -> Any:
    return read_partition(open_declared(tmp_path / "mapping", str(location), source(tables, **more)), key)


def read_one(
    tmp_path: Path, location: object, table: dict[str, Any], key: str = "2025-11-01", **more: Any
) -> list[Any]:
    return exact_rows(read(tmp_path, location, {"t": table}, key, **more), "t")


def comparable(rows: list[dict[str, Any]]) -> Counter[str]:
    return Counter(json.dumps(row, sort_keys=True, default=str) for row in rows)


def write(folder: Path, name: str, *lines: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    content = "".join(f"{line}\n" for line in lines).encode()
    if name.endswith(".gz"):
        content = gzip.compress(content)
    elif name.endswith(".zst"):
        content = zstandard.compress(content)
    path.write_bytes(content)
    return path


# ---- the simulated night: a table for every topic, with all of its fields --------------------------------------------

_TYPES = {bool: "BOOLEAN", int: "BIGINT", float: "DOUBLE", str: "VARCHAR"}


def every_table(folder: Path) -> dict[str, Any]:
    """A table for every measurement, with all of its fields."""
    tables: dict[str, Any] = {}
    for file, database in (("efd", "efd"), ("obsenv", "lsst.obsenv")):
        for measurement, fields, _ in parse_points(folder / f"{file}.lp.gz"):
            table = tables.setdefault(measurement.replace(".", "_"), {"measurement": measurement, "columns": {}})
            table["columns"] |= {name: _TYPES[type(value)] for name, value in fields.items()}
            table["database"] = database
            table["lookback"] = "30d"
    return tables


_PRIVATE = {"private_sndStamp": "DOUBLE", "private_seqNum": "BIGINT", "private_origin": "BIGINT", "salIndex": "BIGINT"}
AROUND: dict[str, Any] = {
    "script": {
        "measurement": "lsst.sal.ScriptQueue.logevent_script",
        "columns": _PRIVATE | {"started": {"field": "timestampProcessStart", "type": "TIMESTAMP", "format": "unix"}},
        "lookahead": "12h",
    },
    "software": {
        "measurement": r"/^lsst\.sal\..*\.logevent_softwareVersions$/",
        "columns": {"salIndex": "BIGINT", "cscVersion": "VARCHAR", "subsystemVersions": "VARCHAR"},
        "last_before": True,
    },
    "main_queue": {
        "measurement": ["lsst.sal.ScriptQueue.logevent_script", "lsst.sal.ScriptQueue.command_add"],
        "columns": {"path": "VARCHAR"},
        "where": "salIndex = 1 AND isStandard = true OR path =~ /maintel\\/s/",
        "last_before": True,
    },
    "environment": {
        "database": "lsst.obsenv",
        "measurement": "lsst.obsenv.summary",
        "columns": {"timestamp": {"type": "TIMESTAMP", "format": "unix_ms"}},
        "unpivot": {"name": "repository", "value": "version", "type": "VARCHAR"},
        "last_before": True,
    },
}


def night_rows(tmp_path: Path, location: object, tables: dict[str, Any]) -> dict[str, Counter[str]]:
    found = read(tmp_path, location, tables)
    assert found.aside == []
    return {name: comparable(exact_rows(found, name)) for name in tables}


def differences(one: dict[str, Counter[str]], other: dict[str, Counter[str]]) -> dict[str, list[str]]:
    return {
        name: [*(rows - other[name]), *(other[name] - rows)][:3] for name, rows in one.items() if rows != other[name]
    }


def written(tmp_path: Path, seed: int) -> tuple[Night, Path]:
    night = simulate(Plan(seed=seed))
    write_folder(night, tmp_path / "night")
    return night, tmp_path / "night"


@pytest.mark.server
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_night_has_the_same_rows_wherever_it_is_read_from(tmp_path: Path, influx: Server, seed: int) -> None:
    night, folder = written(tmp_path, seed)
    for database in ("efd", "lsst.obsenv"):
        influx.create_database(database)
    write_night(influx.url, night)
    tables = every_table(folder) | AROUND
    served = night_rows(tmp_path, influx.url, tables)
    assert sum(map(len, served.values())) > 2_000
    assert all(served[name] for name in AROUND)
    assert differences(served, night_rows(tmp_path, folder, tables)) == {}
    assert differences(served, night_rows(tmp_path, folder / "kafka", tables)) == {}


def test_the_order_of_lines_and_what_was_sent_twice_make_no_difference(tmp_path: Path) -> None:
    _, folder = written(tmp_path, 4)
    tables = every_table(folder) | AROUND
    lines = night_rows(tmp_path, folder, tables)
    assert differences(lines, night_rows(tmp_path, folder / "kafka", tables)) == {}
    for name in ("efd", "obsenv"):
        points = [
            f"{measurement} {field}={_written(value)} {time}"
            for measurement, fields, time in reversed(parse_points(folder / f"{name}.lp.gz"))
            for field, value in fields.items()
        ]
        write(tmp_path / "other", f"{name}.lp.zst", *points, *points[:1000])
    assert differences(lines, night_rows(tmp_path, tmp_path / "other", tables)) == {}


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{value}i" if isinstance(value, int) else repr(value)


# ---- each option of a table gives what InfluxDB gives ----------------------------------------------------------------

_LINES = [
    f't,k=b v=1,n="b" {START - 5 * HOUR}',
    f't,k=a v=2,n="a" {START - 5 * HOUR}',
    f't v=3,n="" {START - 5 * HOUR}',
    f"t,k=c v=4 {START - 6 * HOUR}",
    f"t other=1 {START - 2 * HOUR}",
    f't s="x" {START}',
    f't s="it\'s" {START + 1}',
    f"t b=true,v=2.5 {START + 2}",
    f"t b=false,v=-1 {START + 3}",
    f"t v=7 {START + 4}",
    f't s="later",b=true {START + 4}',
    f"t v=8 {START + 4}",
    f't,k=a v=9,s="x" {START + 4}',
    f"t v=5 {START + DAY - 1}",
    f"t v=6 {START + DAY}",
    f"t,k=a v=6 {START + DAY + HOUR}",
    f"u v=1 {START}",
    f"t i=9007199254740993i,v=1 {START + 9}",
    f"t i=9007199254740992i,v=1 {START + 10}",
    f"t i=-3i,v=1 {START + 11}",
]
_V = {"v": "DOUBLE", "k": "VARCHAR"}
_OPTIONS: list[dict[str, Any]] = [
    {"columns": _V},
    {"columns": {"v": "VARCHAR", "s": "VARCHAR", "b": "BOOLEAN", "never": "DOUBLE"}},
    {"columns": {"k": "VARCHAR"}},
    {"columns": _V, "lookback": "5h"},
    {"columns": _V, "lookahead": "1h"},
    {"columns": _V, "lookahead": "61m", "lookback": "2d"},
    {"columns": _V, "last_before": True},
    {"columns": {"s": "VARCHAR"}, "last_before": True},
    {"columns": {"other": "DOUBLE", "v": "DOUBLE"}, "last_before": True},
    {"columns": _V, "last_before": True, "lookback": "5h"},
    {"columns": _V, "measurement": "/^[tu]$/", "last_before": True},
    {"columns": _V, "measurement": "/./"},
    {"columns": _V, "measurement": ["u", "t", "nowhere"]},
    {"columns": _V, "measurement": "nowhere"},
    {"columns": {"s": "VARCHAR"}, "unpivot": {"name": "n1", "value": "x", "type": "VARCHAR"}, "last_before": True},
    {"unpivot": {"name": "n1", "value": "x", "type": "VARCHAR"}, "lookback": "6h", "measurement": "/^[tu]$/"},
    *(
        {"columns": {"v": "DOUBLE", "k": "VARCHAR", "s": "VARCHAR"}, "where": where, **more}
        for more in ({}, {"last_before": True, "lookahead": "2h"})
        for where in (
            "v > 2",
            "v <= 7 and v >= 2.5",
            "v != 7",
            "v <> 7",
            "s = 'x'",
            "s != 'x'",
            "s = 'it\\'s'",
            "b = true",
            "b != true",
            "b = FALSE",
            "k = 'a'",
            "k != 'a'",
            "k = ''",
            "nowhere != 'a'",
            "nowhere = 1",
            "v = 'x'",
            "v != 'x'",
            "s > 'a'",
            "b != 1",
            "s =~ /t/",
            "s !~ /t/",
            "k =~ /a|b/",
            "k !~ /a/",
            "v =~ /1/",
            "v > 1.5 AND v < 4 OR b = true",
            "(v > 1.5 or b = true) and v < 4",
            '"v" < -.5',
            "v = 1 OR v = 7 AND k = 'a'",
            "i > 9007199254740992",
            "i = 9007199254740993 OR i <= -3",
        )
    ),
]


@pytest.mark.server
def test_every_option_of_a_table_gives_the_rows_that_influxdb_gives(tmp_path: Path, influx: Server) -> None:
    influx.create_database("efd")
    influx.write("efd", _LINES)
    write(tmp_path / "files", "efd.lp", *_LINES)
    tables = {f"t{number}": {"measurement": "t"} | table for number, table in enumerate(_OPTIONS)}
    served, exported = read(tmp_path, influx.url, tables), read(tmp_path, tmp_path / "files", tables)
    for name, table in tables.items():
        assert comparable(exact_rows(exported, name)) == comparable(exact_rows(served, name)), table
    assert served.aside == exported.aside == []


@pytest.mark.server
def test_what_does_not_fit_is_set_aside_alike(tmp_path: Path, influx: Server) -> None:
    lines = [f't v="one",w=1 {START}', f't v="2",w=2.5 {START + 1}', f't v="",w=3 {START + 2}']
    influx.create_database("efd")
    influx.write("efd", lines)
    write(tmp_path / "files", "efd.lp", *lines)
    table = {"t": {"columns": {"v": "BIGINT", "w": "BIGINT"}}}
    served, exported = read(tmp_path, influx.url, table), read(tmp_path, tmp_path / "files", table)
    assert exported.rows("t") == served.rows("t") == []
    assert exported.aside == served.aside
    assert len(exported.aside) == 3


@pytest.mark.parametrize(
    "where",
    [
        "v + 1 > 2",
        "1 < v",
        "v = = 1",
        "v",
        "(v = 1",
        "v = 1)",
        "v = 1 2",
        "v > 5m",
        "time > 5",
        "v = w",
        "s =~ 'x'",
        "s =~ /(/",
        "s = /x/",
        "v::float > 1",
        "and = 1",
        "",
    ],
)
def test_a_condition_that_only_a_server_can_be_asked_is_refused(tmp_path: Path, where: str) -> None:
    write(tmp_path, "efd.lp", f"t v=1 {START}")
    if not where:
        assert len(read_one(tmp_path, tmp_path / "efd.lp", {"columns": _V, "where": where})) == 1
        return
    with pytest.raises(MappingError, match=r"tables\.t\.where"):
        read_one(tmp_path, tmp_path / "efd.lp", {"columns": _V, "where": where})


def test_a_measurement_that_is_no_regular_expression_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "efd.lp", f"t v=1 {START}")
    with pytest.raises(MappingError, match=r"tables\.t\.measurement.*not a regular expression"):
        read_one(tmp_path, tmp_path / "efd.lp", {"columns": _V, "measurement": "/(/"})


# ---- which file is what ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "names",
    [
        ["efd.lp", "lsst.obsenv.lp"],
        ["efd.lp.gz", "obsenv.lp.zst"],
        ["efd/2025-11-01.lp", "efd/2025-11-02.lp.gz", "lsst.obsenv/all.lp"],
        ["efd/one.lp", "obsenv.lp", "something-else.lp", "readme.txt"],
    ],
)
def test_the_name_of_a_file_or_its_folder_tells_the_database(tmp_path: Path, names: list[str]) -> None:
    for number, name in enumerate(names):
        write(tmp_path / "files", name, f"t v={number} {START + number}")
    tables = {
        "t": {"columns": {"v": "BIGINT"}},
        "u": {"measurement": "t", "columns": {"v": "BIGINT"}, "database": "lsst.obsenv"},
    }
    found = read(tmp_path, tmp_path / "files", tables)
    wanted = {
        "t": [n for n, name in enumerate(names) if "efd" in name],
        "u": [n for n, name in enumerate(names) if "obsenv" in name],
    }
    assert {name: [row["v"] for row in exact_rows(found, name)] for name in tables} == wanted


def test_an_export_of_influx_inspect_tells_it_itself(tmp_path: Path) -> None:
    head = ("# DDL", "CREATE DATABASE efd WITH NAME autogen", "# DML")
    first = write(
        tmp_path / "files", "export.lp.gz", *head, "# CONTEXT-DATABASE:efd", f"t v=1 {START}", f"t w=2 {START}"
    )
    found = read(tmp_path, first, {"t": {"columns": {"v": "BIGINT", "w": "BIGINT"}}})
    assert [(row["v"], row["w"]) for row in exact_rows(found, "t")] == [(1, 2)]
    assert found.aside == []
    write(tmp_path / "files", "export.lp.gz", *head, "# CONTEXT-DATABASE:other", f"t v=1 {START}")
    assert read_one(tmp_path, tmp_path / "files", {"columns": _V}) == []


def test_a_single_file_of_any_name_is_of_the_database_of_the_source(tmp_path: Path) -> None:
    file = write(tmp_path, "2025-11-01.lp.gz", f"t v=1 {START}")
    found = read(tmp_path, file, {"t": {"columns": _V}})
    assert len(exact_rows(found, "t")) == 1
    assert found.report.evidence == "1 file of line protocol"


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], "no export of an InfluxDB"),
        (["notes.txt"], r"no export of an InfluxDB.*\*\.lp.*kafka/<topic>\.jsonl"),
        (["obsenv.lp"], r"no line protocol of the database 'efd'.*efd\.lp\.gz.*obsenv\.lp"),
        (["efd.lp"], r"no line protocol of the database 'lsst\.obsenv'"),
    ],
)
def test_a_database_that_is_missing_is_one_clear_error(tmp_path: Path, names: list[str], words: str) -> None:
    (tmp_path / "files").mkdir()
    for name in names:
        write(tmp_path / "files", name, f"t v=1 {START}")
    tables = {"t": {"columns": _V}, "u": {"columns": _V, "database": "lsst.obsenv"}}
    opened = open_declared(tmp_path / "mapping", str(tmp_path / "files"), source(tables))
    with pytest.raises(SourceError, match=words):
        list(opened.partitions(["20251101"]))


def test_files_that_change_change_the_fingerprint(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    write(folder, "efd.lp", f"t v=1 {START}")
    opened = open_declared(
        tmp_path / "mapping",
        str(folder),
        source({"t": {"columns": _V}}, first="2025-11-01", nights=None, last="2025-11-02"),
    )

    def fingerprints() -> set[str | None]:
        return {partition.fingerprint for partition in opened.partitions()}

    (before,) = fingerprints()
    assert fingerprints() == {before} != {None}
    write(folder, "unrelated.lp", f"t v=1 {START}")
    assert fingerprints() == {before}
    write(folder, "efd.lp", f"t v=1 {START}", f"t v=2 {START + 1}")
    (after,) = fingerprints()
    assert after != before


# ---- Kafka messages --------------------------------------------------------------------------------------------------


def test_elements_of_arrays_are_fields_of_their_own(tmp_path: Path) -> None:
    message = {
        "private_efdStamp": START / 1e9,
        "position": [1.5, 2],
        "a1": [7],
        "a": list(range(11)),
        "b0": 5,
        "c": None,
    }
    write(tmp_path / "kafka", "t.jsonl.gz", json.dumps(message), "", json.dumps(message | {"d": float("nan")}))
    names = ["position", "position0", "position1", "position2", "position00", "a10", "b0", "c", "d"]
    (row,) = read_one(tmp_path, tmp_path, {"columns": dict.fromkeys(names, "DOUBLE")})
    # A name that two arrays could give is the longest array's; InfluxDB would hold whichever came last.
    expected = {"position0": 1.5, "position1": 2, "a10": 10, "b0": 5}
    assert {name: row[name] for name in names} == dict.fromkeys(names) | expected
    unpivoted = {"columns": {"position0": "DOUBLE"}, "unpivot": {"name": "n", "value": "x"}}
    rows = read_one(tmp_path, tmp_path, unpivoted)
    assert {row["n"] for row in rows} == {"private_efdStamp", "position1", *(f"a{n}" for n in range(11)), "b0"}


def test_the_time_of_a_message_is_where_its_system_has_it(tmp_path: Path) -> None:
    write(tmp_path / "kafka", "sal.jsonl", json.dumps({"private_efdStamp": 1761998363.123456, "timestamp": 5, "v": 1}))
    write(tmp_path / "kafka", "lsst.obsenv.x.jsonl", json.dumps({"timestamp": 1761998363125, "v": 2}))
    lines = [json.dumps({"at": "2025-11-01T12:00:00", "id": name, "v": 3}) for name in ("a", "b", "b")]
    write(tmp_path / "kafka", "declared/part-1.jsonl", *lines)
    tables = {
        "sal": {"columns": {"v": "BIGINT"}},
        "x": {"measurement": "lsst.obsenv.x", "database": "lsst.obsenv", "columns": {"v": "BIGINT"}},
        "declared": {
            "columns": {"v": "BIGINT", "id": "VARCHAR"},
            "kafka": {"time": "at", "format": "iso", "tags": ["id"]},
        },
    }
    found = read(tmp_path, tmp_path, tables)
    assert {name: [(row["v"], row["time"] - START) for row in exact_rows(found, name)] for name in tables} == {
        "sal": [(1, 123_456_000)],
        "x": [(2, 125_000_000)],
        "declared": [(3, 37_000_000_000)] * 2,
    }
    assert found.report.evidence == "3 files of Kafka messages"


# ---- what is no point ------------------------------------------------------------------------------------------------


def test_a_bad_line_is_set_aside_with_its_number_and_the_rest_lands(tmp_path: Path) -> None:
    lines = [f't v=1,s="two\nlines" {START}', "t v=", f't v="open {START}', f"t v=2 {START + 1}", "t v=3", "wrong"]
    file = write(tmp_path / "files", "efd.lp.gz", *lines)
    found = read(tmp_path, tmp_path / "files", {"first": {"columns": _V}, "t": {"columns": {"v": "BIGINT"}}})
    assert [row["v"] for row in exact_rows(found, "t")] == [1, 2]
    assert [(table, record["line"], record["text"]) for table, record, _ in found.aside] == [
        ("first", 3, "t v="),
        ("first", 4, f't v="open {START}'),
        ("t", 6, "t v=3"),
        ("first", 7, "wrong"),
    ]
    assert found.aside[2][2] == f"{file}:6: it has no time"


def test_a_bad_message_is_set_aside_with_its_number_and_the_rest_lands(tmp_path: Path) -> None:
    good = json.dumps({"private_efdStamp": START / 1e9, "v": 1})
    lines = ["{", "[1]", '{"v": 1}', '{"private_efdStamp": "soon", "v": 1}', good]
    write(tmp_path / "kafka", "t.jsonl", *lines)
    found = read(tmp_path, tmp_path, {"t": {"columns": {"v": "BIGINT"}}})
    assert len(exact_rows(found, "t")) == 1
    assert [record["line"] for _, record, _ in found.aside] == [1, 2, 3, 4]
    assert "there is no 'timestamp'" in found.aside[2][2]
    assert "'private_efdStamp' is 'soon', which is not a time (unix)" in found.aside[3][2]


def test_values_that_no_point_can_have_cost_only_their_message(tmp_path: Path) -> None:
    def message(number: int, **fields: Any) -> str:
        return json.dumps({"private_efdStamp": START / 1e9 + number, "v": number, **fields})

    lines = [
        message(1),
        message(2, s="\ud800"),
        message(3, v=2**70, nan=float("nan")),
        message(4, private_efdStamp=float("inf")),
        message(5, private_efdStamp=-50_000_000_000),  # in no InfluxDB, but a time
        "[" * 100_000,
        message(7, s="\x00\x1b"),
    ]
    write(tmp_path / "kafka", "t.jsonl", *lines)
    table = {"columns": {"v": "BIGINT", "s": "VARCHAR"}, "last_before": True}
    found = read(tmp_path, tmp_path, {"t": table})
    assert [row["v"] for row in exact_rows(found, "t")] == [1, 7]
    reasons = [reason for _, _, reason in found.aside]
    assert len(reasons) == 5
    for words in ("nested too deeply", "'private_efdStamp' is inf", "no time that InfluxDB has", "'s' is", "'v' is"):
        assert sum(words in reason for reason in reasons) == 1, words


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("efd.lp", b"PAR1\x00\x15" * 10, "none of its lines is a point"),
        ("efd.lp", b"id,v\n1,2\n" * 5000, "none of its lines is a point"),
        ("efd.lp.gz", gzip.compress(f"t v=1 {START}\n".encode() * 1000)[:-20], "is the export complete"),
        ("efd.lp.gz", b"t v=1 5\n", "cannot be read"),
        ("efd.lp.zst", zstandard.compress(f"t v=1 {START}\n".encode() * 1000)[:-20], "is the export complete"),
        ("kafka/t.jsonl", b"\x00\x01\n" * 10, "none of its lines is a point"),
    ],
)
def test_a_file_that_is_broken_or_something_else_is_one_clear_error(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    path = write(tmp_path / "files", name)
    path.write_bytes(content)
    with pytest.raises(SourceError, match=words) as caught:
        read_one(tmp_path, tmp_path / "files", {"columns": _V})
    assert str(path) in str(caught.value)


def test_an_empty_export_is_empty_tables(tmp_path: Path) -> None:
    write(tmp_path / "files", "efd.lp")
    assert read_one(tmp_path, tmp_path / "files", {"columns": _V}) == []


# ---- memory ----------------------------------------------------------------------------------------------------------


def test_memory_does_not_grow_with_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK_ROWS", 1_000)
    monkeypatch.setattr(merging, "_BLOCK", 1_000)
    monkeypatch.setattr(files, "PIECE_BYTES", 2**16)

    def peak(count: int) -> int:
        file = write(tmp_path, "efd.lp.gz", *(f'm v={n},s="{n % 97:0>200}" {START + n}' for n in range(count)))
        opened = open_declared(
            tmp_path / "mapping",
            str(file),
            source({"t": {"measurement": "m", "columns": {"v": "BIGINT", "s": "VARCHAR"}}}),
        )
        (partition,) = opened.partitions(["2025-11-01"])
        tracemalloc.start()
        try:
            opened.read(partition, _Nowhere(), lambda rows: None)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(20_000) < 1.5 * peak(5_000)


class _Nowhere:
    def write(self, table: str, data: Any) -> None:
        pass

    def set_aside(self, table: str, record: Any, reason: str) -> None:
        pass
