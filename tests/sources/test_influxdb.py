"""The influxdb reader against a real InfluxDB, and against servers that answer what InfluxDB answers when it fails."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from progenitor.errors import ConfigurationError, MappingError, SourceError
from progenitor.sources.influxdb.answers import read_chunks
from servers.influxdb import ADMIN, InfluxNotFoundError, Server, influxdb_server
from support.http_service import Reply, Service, http_service
from support.readers import exact_rows, open_declared, read_partition

START = 1_761_998_363_000_000_000
"""Nanoseconds of UTC since 1970 at which the night 2025-11-01 begins: 12:00 TAI."""
DAY = 86_400 * 10**9

STATE = {"measurement": "lsst.sal.Script.logevent_state", "columns": {"salIndex": "BIGINT", "state": "BIGINT"}}


@pytest.fixture(scope="session")
def servers() -> Iterator[tuple[Server, Server]]:
    """Two servers: one for everybody; one that asks for credentials and gives few rows where it is not chunked."""
    try:
        with influxdb_server() as public, influxdb_server(auth=True, max_rows=10) as private:
            yield public, private
    except InfluxNotFoundError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))


@pytest.fixture
def influx(servers: tuple[Server, Server]) -> Server:
    server, _ = servers
    server.create_database("efd")
    return server


@pytest.fixture
def fake() -> Iterator[Service]:
    with http_service() as running:
        yield running


def source(tables: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"reader": "influxdb", "database": "efd", "partition": "day_obs", **more, "tables": tables}


def read(tmp_path: Path, url: str, table: dict[str, Any], key: str = "2025-11-01", **options: Any) -> Any:
    quick = {"backoff": 0.01, "timeout": 20}
    return read_partition(open_declared(tmp_path / "efd", url, source({"t": table}), **quick | options), key)


def times(tables: Any) -> list[int]:
    return [row["time"] for row in exact_rows(tables, "t")]


# ---- what is read ----------------------------------------------------------------------------------------------------


@pytest.mark.server
def test_every_kind_of_field_is_read_exactly(tmp_path: Path, influx: Server) -> None:
    line = 'a.b i=9223372036854775807i,f=1.5,whole=3,big=1e18,b=true,s="it said \\"no\\" 🔭",a0=1i'
    influx.write("efd", [f"{line} {START + 1}"])
    columns = {
        "i": "BIGINT",
        "f": "DOUBLE",
        "whole": "DOUBLE",
        "big": "DOUBLE",
        "b": "BOOLEAN",
        "s": "VARCHAR",
        "first": {"field": "a0", "type": "VARCHAR"},
        "never_there": "DOUBLE",
    }
    assert exact_rows(read(tmp_path, influx.url, {"measurement": "a.b", "columns": columns}), "t") == [
        {
            "time": START + 1,
            "measurement": "a.b",
            "i": 9223372036854775807,
            "f": 1.5,
            "whole": 3.0,
            "big": 1e18,
            "b": True,
            "s": 'it said "no" 🔭',
            "first": "1",
            "never_there": None,
        }
    ]


@pytest.mark.server
def test_a_night_is_from_noon_to_noon_of_tai(tmp_path: Path, influx: Server) -> None:
    points = [START - 1, START, START + 5, START + DAY - 1, START + DAY]
    influx.write("efd", [f"t v={i} {point}" for i, point in enumerate(points)])
    assert times(read(tmp_path, influx.url, {"columns": {"v": "DOUBLE"}})) == points[1:4]
    assert times(read(tmp_path, influx.url, {"columns": {"v": "DOUBLE"}}, "20251031")) == points[:1]
    assert times(read(tmp_path, influx.url, {"columns": {"v": "DOUBLE"}}, "all", partition="all")) == points


@pytest.mark.server
def test_what_was_in_force_when_the_night_began_is_read_too(tmp_path: Path, influx: Server) -> None:
    hour = 3600 * 10**9
    influx.write("efd", [f"m{i % 2} v={i} {START - i * hour}" for i in range(1, 9)] + [f"m0 v=0 {START}"])
    columns = {"v": "DOUBLE"}

    def values(**table: Any) -> list[float]:
        found = read(tmp_path, influx.url, {"measurement": "/^m[01]$/", "columns": columns, **table})
        return sorted(row["v"] for row in exact_rows(found, "t"))

    assert values() == [0]
    assert values(last_before=True) == [0, 1, 2]
    assert values(lookback="3h") == [0, 1, 2, 3]
    assert values(lookback="180m", last_before=True) == [0, 1, 2, 3, 4, 5]
    assert values(measurement=["m1", "m0"], where="v < 1") == [0]


@pytest.mark.server
def test_how_what_had_begun_in_the_night_ended_is_read_too(tmp_path: Path, influx: Server) -> None:
    hour, end = 3600 * 10**9, START + DAY
    points = [START - hour, START, end - 1, end, end + hour, end + 2 * hour - 1, end + 2 * hour]
    influx.write("efd", [f"t v={i} {point}" for i, point in enumerate(points)])
    columns = {"v": "DOUBLE"}
    assert times(read(tmp_path, influx.url, {"columns": columns, "lookahead": "2h"})) == points[1:6]
    assert times(read(tmp_path, influx.url, {"columns": columns, "lookback": "1h", "lookahead": "120m"})) == points[:6]
    last = {"columns": columns, "last_before": True, "lookahead": "1h"}
    assert times(read(tmp_path, influx.url, last)) == points[:4]


@pytest.mark.server
def test_a_missing_measurement_is_an_empty_table(tmp_path: Path, influx: Server) -> None:
    opened = open_declared(tmp_path / "efd", influx.url, source({"t": STATE, "u": {"columns": {"x": "BOOLEAN"}}}))
    tables = read_partition(opened, "2025-11-01")
    assert tables.rows("t") == tables.rows("u") == []
    assert tables.report.evidence.startswith("InfluxDB 1.")
    assert tables.report.evidence.endswith(", database efd")


@pytest.mark.server
def test_a_field_of_two_types_loses_only_the_points_that_do_not_fit(tmp_path: Path, influx: Server) -> None:
    week = 7 * DAY  # InfluxDB lets a field change its type between shards
    influx.write("efd", [f"t v=1i {START}", f"t v=2i {START + 1}"])
    influx.write("efd", [f't v="three" {START + week}'])
    tables = read(tmp_path, influx.url, {"columns": {"v": "BIGINT"}}, "all", partition="all")
    read_values = {row["v"] for row in exact_rows(tables, "t")}
    assert read_values == {1, 2}
    assert all(record["v"] == "three" for _, record, _ in tables.aside)


@pytest.mark.server
def test_times_of_a_scale_are_utc_and_zero_can_mean_none(tmp_path: Path, influx: Server) -> None:
    influx.write("efd", [f"t sent=1761998400.25,begun=0 {START}", f"t sent=1761998401,begun=1761998400.5 {START + 1}"])
    tai = {"type": "TIMESTAMP", "format": "unix", "scale": "tai"}
    columns = {"sent": tai, "begun": {**tai, "missing": 0}, "raw": {"field": "sent", "type": "DOUBLE"}}
    rows = [
        (str(row["sent"]), row["begun"] and str(row["begun"]), row["raw"])
        for row in exact_rows(read(tmp_path, influx.url, {"columns": columns}), "t")
    ]
    assert rows == [
        ("2025-11-01 11:59:23.250000", None, 1761998400.25),
        ("2025-11-01 11:59:24", "2025-11-01 11:59:23.500000", 1761998401.0),
    ]


@pytest.mark.server
def test_fields_that_are_not_declared_become_rows(tmp_path: Path, influx: Server) -> None:
    lines = [f'lsst.dm.a,run=r1 id="u1",psf=1.5,sky=2 {START}', f'lsst.dm.b,run=r2 id="u2",shape=3 {START + 1}']
    influx.write("efd", lines)
    table = {
        "measurement": r"/^lsst\.dm\./",
        "columns": {"id": "VARCHAR", "run": "VARCHAR"},
        "unpivot": {"name": "metric", "value": "value"},
    }
    tables = read(tmp_path, influx.url, table)
    assert tables.aside == []
    rows = exact_rows(tables, "t")
    assert sorted((r["measurement"], r["id"], r["run"], r["metric"], r["value"]) for r in rows) == [
        ("lsst.dm.a", "u1", "r1", "psf", 1.5),
        ("lsst.dm.a", "u1", "r1", "sky", 2.0),
        ("lsst.dm.b", "u2", "r2", "shape", 3.0),
    ]


@pytest.mark.server
@pytest.mark.parametrize("chunk_size", [1, 7, 100, 10_000])
def test_chunks_of_any_size_give_the_same_rows(tmp_path: Path, influx: Server, chunk_size: int) -> None:
    influx.write("efd", [f'm{i % 3} v={i},s="{"x" * i}" {START + i}' for i in range(200)])
    table = {"measurement": "/^m/", "columns": {"v": "BIGINT", "s": "VARCHAR"}}
    rows = exact_rows(read(tmp_path, influx.url, table, chunk_size=chunk_size), "t")
    assert sorted((r["time"] - START, r["measurement"], r["v"], len(r["s"])) for r in rows) == [
        (i, f"m{i % 3}", i, i) for i in range(200)
    ]


@pytest.mark.server
def test_names_with_quotes_and_backslashes_are_names(tmp_path: Path, influx: Server) -> None:
    influx.write("efd", [f'b\\x\\ "y" f\\z=1,other=2 {START}'])
    table = {"measurement": 'b\\x "y"', "columns": {"v": {"field": "f\\z", "type": "DOUBLE"}}}
    assert [row["v"] for row in exact_rows(read(tmp_path, influx.url, table), "t")] == [1.0]


@pytest.mark.server
def test_a_table_may_be_of_another_database(tmp_path: Path, influx: Server) -> None:
    influx.create_database("lsst.obsenv")
    influx.write("lsst.obsenv", [f"t v=1 {START}"])
    table = {"columns": {"v": "DOUBLE"}}
    assert times(read(tmp_path, influx.url, table)) == []
    assert times(read(tmp_path, influx.url, {**table, "database": "lsst.obsenv"})) == [START]


# ---- credentials and limits of a real server -------------------------------------------------------------------------


@pytest.mark.server
def test_a_password_is_taken_from_the_environment(
    tmp_path: Path, servers: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, private = servers
    private.create_database("efd")
    # More than the server gives in an answer that is not chunked: what it cuts off it would call partial.
    private.write("efd", [f"t v={i} {START + i}" for i in range(25)])
    user, password = ADMIN
    monkeypatch.setenv("EFD_PASSWORD", password)
    table = {"columns": {"v": "DOUBLE"}}
    found = read(tmp_path, private.url, table, user=user, password_env="EFD_PASSWORD", chunk_size=4)
    assert len(times(found)) == 25
    monkeypatch.setenv("EFD_PASSWORD", "wrong-password")
    with pytest.raises(SourceError, match=r"refused the credentials \(401") as caught:
        read(tmp_path, private.url, table, user=user, password_env="EFD_PASSWORD")
    assert "wrong-password" not in str(caught.value)
    with pytest.raises(SourceError, match="give user and password_env"):
        read(tmp_path, private.url, table)


@pytest.mark.server
@pytest.mark.parametrize(
    ("table", "options", "words"),
    [
        ({}, {"database": "nowhere"}, r"database not found: nowhere.*option database"),
        ({"where": "v = = 1"}, {}, r"error parsing query.*what the table asks for"),
        ({"measurement": "/(/"}, {}, r"regexp.*what the table asks for"),
    ],
)
def test_an_error_of_the_server_is_told_with_what_to_do(
    tmp_path: Path, influx: Server, table: dict[str, Any], options: dict[str, Any], words: str
) -> None:
    with pytest.raises(SourceError, match=words) as caught:
        read(tmp_path, influx.url, {"columns": {"v": "DOUBLE"}, **table}, **options)
    assert str(caught.value).startswith(f"{influx.url}/query: ")
    assert "SELECT" in str(caught.value)


# ---- fingerprints ----------------------------------------------------------------------------------------------------


@pytest.mark.server
def test_late_points_change_the_fingerprint_of_their_night_only(tmp_path: Path, influx: Server) -> None:
    influx.write("efd", [f"m1 a=1,b=2 {START}", f"m1 a=1 {START + DAY}"])
    tables = {
        "t": {"measurement": "/^m/", "columns": {"a": "DOUBLE", "b": "DOUBLE"}},
        "u": {"measurement": "/^m/", "unpivot": {"name": "n", "value": "v"}},
    }
    opened = open_declared(
        tmp_path / "efd", influx.url, source(tables), fingerprint="counts", first="2025-11-01", last="2025-11-02"
    )

    def fingerprints() -> list[str | None]:
        return [partition.fingerprint for partition in opened.partitions()]

    before = fingerprints()
    assert before == fingerprints()
    assert None is not before[0] != before[1]
    influx.write("efd", [f"m1 b=7 {START + DAY}"])  # merges into a point that was there
    after = fingerprints()
    assert after[0] == before[0]
    assert after[1] != before[1]
    influx.write("efd", [f"m2 a=1 {START + DAY}"])
    assert fingerprints()[1] != after[1]


@pytest.mark.server
@pytest.mark.parametrize(
    ("late", "seen"),
    [
        (START - 5 * DAY, False),
        (START - 4 * DAY + 1, True),
        (START - 3 * DAY, True),
        (START + DAY - 1, True),
        (START + 2 * DAY - 1, True),
        (START + 2 * DAY, False),
    ],
    ids=["before the last", "the last before", "lookback", "the night", "lookahead", "after"],
)
@pytest.mark.parametrize("unpivot", [False, True])
def test_whatever_is_read_of_a_late_point_changes_the_fingerprint(
    tmp_path: Path, influx: Server, late: int, *, seen: bool, unpivot: bool
) -> None:
    influx.write("efd", [f"t v=1 {START - 4 * DAY}", f"t v=2 {START}"])
    what = {"unpivot": {"name": "n", "value": "x"}} if unpivot else {"columns": {"v": "DOUBLE"}}
    table = {**what, "lookback": "3d", "lookahead": "1d", "last_before": True}
    opened = open_declared(tmp_path / "efd", influx.url, source({"t": table}), fingerprint="counts")

    def state() -> tuple[str | None, list[dict[str, Any]]]:
        (partition,) = opened.partitions(["2025-11-01"])
        return partition.fingerprint, exact_rows(read_partition(opened, "2025-11-01"), "t")

    before = state()
    influx.write("efd", [f"t v=3 {late}"])
    after = state()
    assert (after[0] != before[0], after[1] != before[1]) == (seen, seen)


def test_a_fingerprint_costs_counts_and_no_points(tmp_path: Path, fake: Service) -> None:
    fake.answers["/query"] = lambda asked: Reply({"results": [{"statement_id": 0}]})
    tables = {"t": {"columns": {"v": "DOUBLE", "w": {"field": "x y", "type": "DOUBLE"}}, "where": "v > 0"}}
    opened = open_declared(tmp_path / "efd", fake.url, source(tables), fingerprint="counts")
    list(opened.partitions(["2025-11-01"]))
    (query,) = (parse_qs(asked.body.decode())["q"] for asked in fake.asked)
    assert query == ['SELECT count("v"), count("x y") FROM "t" WHERE (v > 0) AND time >= $start AND time < $end']


@pytest.mark.server
def test_without_counts_there_is_no_fingerprint(tmp_path: Path, influx: Server) -> None:
    opened = open_declared(tmp_path / "efd", influx.url, source({"t": STATE}), nights=3, last="20251101")
    assert [(partition.key, partition.fingerprint) for partition in opened.partitions()] == [
        ("2025-10-30", None),
        ("2025-10-31", None),
        ("2025-11-01", None),
    ]


# ---- servers that fail -----------------------------------------------------------------------------------------------


def chunk(*rows: list[Any], partial: bool, columns: tuple[str, ...] = ("time", "v")) -> bytes:
    series: dict[str, Any] = {"name": "t", "columns": columns, "values": rows}
    if partial:
        series["partial"] = True
    result = {"statement_id": 0, "series": [series]} | ({"partial": True} if partial else {})
    return orjson.dumps({"results": [result]}) + b"\n"


FIRST = chunk([START, 1.5], partial=True)
CUT_OFF = b'{"results": [{"series": [{"name": "t", "columns": ["time", "v"], "values": [[1, 2]], "partial": true}]}]}'
"""What a server gives that has reached its limit of rows."""


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (
            Reply(FIRST + b'{"results":[{"statement_id":0,"error":"timeout reached"}]}'),
            "answered with an error: timeout",
        ),
        (Reply(FIRST + b'{"error":"shard is gone"}\n'), "answered with an error: shard is gone"),
        (Reply(FIRST), "broke off its answer: the last chunk did not come"),
        (Reply(CUT_OFF), "broke off its answer: the last chunk did not come"),
        (Reply(b""), "broke off its answer"),
        (Reply(FIRST + FIRST[:30]), "not InfluxDB's"),
        (Reply(FIRST * 3, sent=len(FIRST) * 2), "closed the connection before its answer was complete"),
        (Reply(FIRST * 3, pause=30), r"no answer within 0\.3 s"),
        (Reply(b"<html>login</html>"), r"is this the URL of an InfluxDB\?"),
        (Reply(b'{"results": 5}'), "not InfluxDB's"),
        (Reply(b"[]"), "not InfluxDB's"),
        (Reply(chunk([START], partial=False)), "rows do not have its columns"),
        (Reply(chunk([START, 1], [START], partial=False)), "not InfluxDB's"),
        (Reply(chunk([START, 1], partial=False, columns=("v", "w"))), "rows do not have its columns"),
        (Reply(b"x" * 2_000_000), r"chunk of more than 1,048,576 bytes.*chunk_size"),
    ],
)
def test_an_answer_that_is_not_whole_is_one_clear_error(
    tmp_path: Path, fake: Service, reply: Reply, words: str
) -> None:
    fake.answers["/query"] = lambda asked: reply
    with pytest.raises(SourceError, match=words) as caught:
        read(tmp_path, fake.url, {"columns": {"v": "DOUBLE"}}, timeout=0.3, retries=0, largest_answer="1MiB")
    assert f"{fake.url}/query: " in str(caught.value)
    assert "when asked for table 't'" in str(caught.value)


def test_a_query_is_asked_again_only_before_its_answer_has_begun(tmp_path: Path, fake: Service) -> None:
    fake.answers["/query"] = lambda asked: Reply(chunk([START, 1], partial=False))
    fake.fail(Reply({}, 503), Reply(reset=True))
    assert times(read(tmp_path, fake.url, {"columns": {"v": "DOUBLE"}})) == [START]
    fake.asked.clear()
    fake.fail(Reply(FIRST * 3, sent=len(FIRST)))
    with pytest.raises(SourceError, match="before its answer was complete"):
        read(tmp_path, fake.url, {"columns": {"v": "DOUBLE"}})
    assert len(fake.asked) == 1


def test_a_server_that_is_not_there_is_one_clear_error(tmp_path: Path) -> None:
    with http_service() as gone:
        pass
    with pytest.raises(SourceError, match=r"cannot be reached"):
        read(tmp_path, gone.url, {"columns": {"v": "DOUBLE"}}, retries=0)


@given(st.lists(st.integers(0, 5), max_size=6), st.data())
def test_an_answer_may_be_cut_into_pieces_anywhere(sizes: list[int], data: st.DataObject) -> None:
    lines = [chunk(*([i, f"{i}\nß"] for i in range(size)), partial=True) for size in sizes]
    body = b"".join([*lines, chunk([99, "end"], partial=False)])
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=8)))
    pieces = [body[a:b] for a, b in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    parts = read_chunks(pieces, 10**6, lambda what, hint: SourceError(what, hint=hint))
    assert [time for part in parts for time in part.times] == [i for size in sizes for i in range(size)] + [99]


# ---- declarations ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({}, "needs columns"),
        ({"columns": {"time": "BIGINT"}}, "two columns are called 'time'"),
        ({"columns": {"a": "DOUBLE"}, "unpivot": {"name": "a", "value": "b"}}, "two columns are called 'a'"),
        ({"columns": {"a": "DOUBLE"}, "lookback": "3 moons"}, r"lookback.*30d"),
        ({"columns": {"a": "DOUBLE"}, "colour": "red"}, "colour"),
        ({"columns": {"a": "DOUBLE"}, "measurement": []}, "measurement"),
    ],
)
def test_a_source_that_says_what_is_not_known_is_refused(tmp_path: Path, table: dict[str, Any], words: str) -> None:
    with pytest.raises(MappingError, match=words):
        open_declared(tmp_path / "efd", "http://127.0.0.1", source({"t": table}))


@pytest.mark.parametrize("table", [{"last_before": True}, {"lookback": "1d"}, {"lookahead": "1s"}])
def test_what_is_around_a_night_needs_nights(tmp_path: Path, table: dict[str, Any]) -> None:
    declaration = source({"t": {"columns": {"a": "DOUBLE"}, **table}}, partition="all")
    with pytest.raises(MappingError, match=r"tables\.t.*need partition: day_obs"):
        open_declared(tmp_path / "efd", "http://127.0.0.1", declaration)


def test_a_database_must_be_named(tmp_path: Path) -> None:
    declaration = source({"t": STATE})
    del declaration["database"]
    with pytest.raises(ConfigurationError, match="'database' is missing"):
        open_declared(tmp_path / "efd", "http://127.0.0.1", declaration)
