"""The sql reader against a real PostgreSQL and SQLite: types, bound placeholders, blocks, and every way to fail."""

from __future__ import annotations

import datetime
import math
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pytest

from progenitor.errors import ConfigurationError, MappingError, SourceError
from progenitor.sources.declared.ahead import read_ahead
from progenitor.sources.sql import database as database_module
from servers.postgresql import Server
from support.readers import open_declared, read_into, read_partition

NIGHT = {"partition": "day_obs"}
EXPOSURES = """
CREATE SCHEMA cdb;
CREATE TABLE cdb.exposure (day_obs integer, seq_num integer, exposure_id bigint, obs_start timestamp, note text);
INSERT INTO cdb.exposure VALUES
    (20251031, 9, 2025103100009, '2025-11-01 11:59:59.5', 'before'),
    (20251101, 1, 2025110100001, '2025-11-01 12:00:00', 'first'),
    (20251101, 2, 2025110100002, '2025-11-02 11:59:59.123456', NULL),
    (20251102, 1, 2025110200001, '2025-11-02 12:00:00', 'after');
"""


def execute(uri: str, script: str) -> None:
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(script)


@pytest.fixture(scope="module")
def consdb(postgresql: Server) -> str:
    uri = postgresql.create_database("readers_sql")
    execute(uri, EXPOSURES)
    return uri


def source(table: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"reader": "sql", **more, "tables": {"t": table}}


def read(tmp_path: Path, location: str, table: dict[str, Any], key: str = "all", **more: Any) -> Any:
    return read_partition(open_declared(tmp_path / "consdb", location, source(table, **more)), key)


# ---- PostgreSQL: what is read ----------------------------------------------------------------------------------------


@pytest.mark.server
def test_a_night_is_read_with_bound_placeholders(tmp_path: Path, consdb: str) -> None:
    table = {
        "query": "SELECT * FROM cdb.exposure WHERE day_obs = {day_obs} AND day_obs < {next_day_obs} ORDER BY seq_num;",
        "columns": {
            "id": {"field": "exposure_id", "type": "BIGINT"},
            "begun": {"field": "obs_start", "type": "TIMESTAMP", "scale": "tai"},
            "note": "VARCHAR",
            "seq": {"field": "seq_num", "type": "BIGINT"},
        },
    }
    tables = read(tmp_path, consdb, table, "20251101", **NIGHT)
    assert tables.rows("t") == [
        {"id": 2025110100001, "begun": datetime.datetime(2025, 11, 1, 11, 59, 23), "note": "first", "seq": 1},
        {"id": 2025110100002, "begun": datetime.datetime(2025, 11, 2, 11, 59, 22, 123456), "note": None, "seq": 2},
    ]
    assert tables.report.evidence.startswith("PostgreSQL, postgresql://127.0.0.1:")


@pytest.mark.server
@pytest.mark.parametrize(
    "where",
    [
        "obs_start >= {partition_start:tai} AND obs_start < {partition_end:tai}",
        "obs_start - interval '37 s' >= {partition_start} AND obs_start - interval '37 s' < {partition_end}",
        "obs_start >= {partition_start:tai,iso}::timestamp"
        " AND replace(obs_start::text, ' ', 'T') < {partition_end:tai,iso}",
        "extract(epoch FROM obs_start) BETWEEN {partition_start:tai,unix} AND {partition_end:tai,unix} - 0.0001",
        "to_char(obs_start - interval '12 h', 'YYYY-MM-DD') = {partition} AND '{{}}' = '{{' || '}}'",
    ],
)
def test_an_instant_is_bound_as_the_query_wants_it(tmp_path: Path, consdb: str, where: str) -> None:
    table = {"query": f"SELECT seq_num FROM cdb.exposure WHERE {where} ORDER BY 1", "columns": {"seq_num": "BIGINT"}}
    assert [row["seq_num"] for row in read(tmp_path, consdb, table, "2025-11-01", **NIGHT).rows("t")] == [1, 2]


@pytest.mark.server
def test_columns_that_are_not_declared_are_as_the_database_has_them(tmp_path: Path, consdb: str) -> None:
    query = """SELECT 1::int2 AS a, 2 AS b, 3::bigint AS c, 1.5::float4 AS d, 0.1::float8 AS e, 'x'::text AS f,
        true AS g, DATE '2025-11-01' AS h, TIMESTAMP '2025-11-01 01:02:03.5' AS i,
        TIMESTAMPTZ '2025-11-01 01:00:00+01' AS j, 1.250::numeric AS k, 'ab'::varchar(4) AS l,
        '6a3a3a3a-3a3a-3a3a-3a3a-3a3a3a3a3a3a'::uuid AS m, '{{"a": [1]}}'::jsonb AS n, array['p', NULL] AS o,
        array[1, 2]::bigint[] AS p, NULL::text AS q"""
    opened = open_declared(tmp_path / "consdb", consdb, source({"query": query}))
    assert [str(field.type) for field in opened.schemas()["t"]] == [
        *("int32", "int32", "int64", "double", "double", "string", "bool", "date32[day]", "timestamp[us]"),
        *("timestamp[us]", "string", "string", "string", "string", "list<item: string>", "list<item: int64>", "string"),
    ]
    (row,) = read_partition(opened).rows("t")
    assert list(row.values()) == [
        *(1, 2, 3, 1.5, 0.1, "x", True, datetime.date(2025, 11, 1), datetime.datetime(2025, 11, 1, 1, 2, 3, 500_000)),
        *(datetime.datetime(2025, 11, 1, 0, 0), "1.250", "ab", "6a3a3a3a-3a3a-3a3a-3a3a-3a3a3a3a3a3a", '{"a": [1]}'),
        *(["p", None], [1, 2], None),
    ]


@pytest.mark.server
def test_declared_types_are_taken_where_nothing_is_lost(tmp_path: Path, consdb: str) -> None:
    query = """SELECT 7::int2 AS a, 1.25::numeric AS b, 2.0::float8 AS c, 3 AS d, '2025-11-01'::text AS e, 1 AS f,
        TIMESTAMPTZ '2025-11-01 01:00:00+01' AS g, 'NaN'::float8 AS h, array[1]::int4[] AS i"""
    columns = {"a": "BIGINT", "b": "DOUBLE", "c": "BIGINT", "d": "VARCHAR", "e": "DATE", "f": "BOOLEAN"} | {
        "g": "VARCHAR",
        "h": {"type": "DOUBLE", "missing": 0},
        "i": "BIGINT[]",
    }
    (row,) = read(tmp_path, consdb, {"query": query, "columns": columns}).rows("t")
    assert math.isnan(row.pop("h"))
    assert list(row.values()) == [
        *(7, 1.25, 2, "3", datetime.date(2025, 11, 1), True, "2025-11-01T00:00:00+00:00", [1])
    ]


@pytest.mark.server
def test_rows_with_values_that_do_not_fit_are_set_aside_and_the_others_go_on(tmp_path: Path, consdb: str) -> None:
    query = """SELECT * FROM (VALUES ('1', TIMESTAMP '2025-11-01 12:00:00'), ('x', '2025-11-01 12:00:00'),
        ('3', 'infinity'), ('4', NULL), (NULL, '-infinity')) AS v (n, at)"""
    columns = {"n": "BIGINT", "at": {"type": "TIMESTAMP", "scale": "tai"}}
    tables = read(tmp_path, consdb, {"query": query, "columns": columns})
    assert tables.rows("t") == [
        {"n": 1, "at": datetime.datetime(2025, 11, 1, 11, 59, 23)},
        {"n": 4, "at": None},
    ]
    assert [(record["n"], reason) for _, record, reason in tables.aside] == [
        ("x", "column 'n' is 'x', which is not a BIGINT"),
        ("3", "column 'at' is 'infinity', which is not a TIMESTAMP: out of range"),
        (None, "column 'at' is 'infinity', which is not a TIMESTAMP: out of range"),
    ]


@pytest.mark.server
def test_a_time_with_a_zone_is_not_tai(tmp_path: Path, consdb: str) -> None:
    columns = {"at": {"type": "TIMESTAMP", "scale": "tai"}}
    tables = read(tmp_path, consdb, {"query": "SELECT TIMESTAMPTZ '2025-11-01 00:00+00' AS at", "columns": columns})
    assert tables.rows("t") == []
    assert "declared TAI" in tables.aside[0][2]


@pytest.mark.server
def test_a_table_is_read_by_its_name(tmp_path: Path, consdb: str) -> None:
    assert read(tmp_path, consdb, {"table": "cdb.exposure"}).table("t").num_rows == 4
    execute(consdb, 'CREATE TABLE IF NOT EXISTS "odd {Name}" ("a ""b" int); INSERT INTO "odd {Name}" VALUES (5)')
    table = {"table": "odd {Name}", "columns": {"v": {"field": 'a "b', "type": "BIGINT"}}}
    assert read(tmp_path, consdb, table).rows("t")[-1] == {"v": 5}


@pytest.mark.server
def test_a_large_answer_comes_in_blocks_and_memory_stays_flat(tmp_path: Path, consdb: str) -> None:
    query = "SELECT g AS n, repeat('x', 100) AS s FROM generate_series(1, 300000) AS g WHERE {partition} = 'all'"
    opened = open_declared(tmp_path / "consdb", consdb, source({"query": query}))
    sizes: list[int] = []
    numbers: list[int] = []

    class Sink:
        def write(self, table: str, data: pa.RecordBatch) -> None:
            if table == "t":
                sizes.append(data.nbytes)
                numbers.append(data.num_rows)

        def set_aside(self, *_: object) -> None:
            raise AssertionError

    (partition,) = opened.partitions()
    opened.read(partition, Sink(), lambda rows: None)
    assert sum(numbers) == 300_000
    assert max(numbers) <= database_module.BLOCK_ROWS
    assert max(sizes) < 3_000_000


@pytest.mark.server
def test_all_tables_are_read_as_of_one_moment(tmp_path: Path, consdb: str) -> None:
    execute(consdb, "CREATE TABLE moment (v int); INSERT INTO moment VALUES (1)")
    long = {"query": "SELECT g FROM generate_series(1, 100000) g", "columns": {"g": "BIGINT"}}
    short = {"table": "moment", "columns": {"v": "BIGINT"}}
    opened = open_declared(tmp_path / "consdb", consdb, {"reader": "sql", "tables": {"long": long, "short": short}})
    found = {"long": 0, "short": 0, "partition_window": 0}

    class Sink:
        def write(self, table: str, data: pa.RecordBatch) -> None:
            if table == "long" and not found["long"]:
                execute(consdb, "INSERT INTO moment VALUES (2)")
            found[table] += data.num_rows

        def set_aside(self, *_: object) -> None:
            raise AssertionError

    (partition,) = opened.partitions()
    opened.read(partition, Sink(), lambda rows: None)
    assert found == {"long": 100_000, "short": 1, "partition_window": 1}


@pytest.mark.server
def test_nothing_can_be_written(tmp_path: Path, consdb: str) -> None:
    execute(
        consdb,
        "CREATE FUNCTION scribble() RETURNS int LANGUAGE sql"
        " AS 'INSERT INTO cdb.exposure (day_obs) VALUES (1) RETURNING 1'",
    )
    with pytest.raises(SourceError, match="read-only transaction"):
        read(tmp_path, consdb, {"query": "SELECT scribble() AS v", "columns": {"v": "BIGINT"}})


@pytest.mark.server
def test_a_fingerprint_changes_with_the_night_it_is_of(tmp_path: Path, consdb: str) -> None:
    fingerprint = "SELECT count(*), max(obs_start), sum(0.5) FROM cdb.exposure WHERE day_obs = {day_obs}"
    declaration = source({"table": "cdb.exposure"}, **NIGHT, fingerprint=fingerprint, first=20251101, last=20251102)
    opened = open_declared(tmp_path / "consdb", consdb, declaration)
    before = [partition.fingerprint for partition in opened.partitions()]
    assert before == [partition.fingerprint for partition in opened.partitions()]
    execute(consdb, "UPDATE cdb.exposure SET obs_start = obs_start + interval '1 s' WHERE day_obs = 20251102")
    after = [partition.fingerprint for partition in opened.partitions()]
    execute(consdb, "UPDATE cdb.exposure SET obs_start = obs_start - interval '1 s' WHERE day_obs = 20251102")
    assert after[0] == before[0]
    assert None is not after[1] != before[1]


# ---- PostgreSQL: failures --------------------------------------------------------------------------------------------


@pytest.mark.server
@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"table": "cdb.nothing", "columns": {"a": "BIGINT"}}, r'relation "cdb\.nothing" does not exist.*source\.yml'),
        ({"query": "SELEC 1", "columns": {"a": "BIGINT"}}, r"syntax error"),
        ({"query": "SELECT 1 AS b", "columns": {"a": "BIGINT"}}, r"no column 'a'.*it has b"),
        ({"query": "SELECT 1 AS b WHERE false", "columns": {"a": "BIGINT"}}, r"no column 'a'.*it has b"),
        ({"query": "SELECT pg_sleep(30) AS a", "columns": {"a": "VARCHAR"}}, r"statement timeout.*option timeout"),
        ({"query": "SELECT 1/(3-g) AS a FROM generate_series(1,5) g", "columns": {"a": "BIGINT"}}, "division by zero"),
    ],
)
def test_a_query_that_fails_is_one_clear_error(tmp_path: Path, consdb: str, table: dict[str, Any], words: str) -> None:
    with pytest.raises(SourceError, match=words) as caught:
        read(tmp_path, consdb, table, timeout=0.5)
    assert str(caught.value).startswith("postgresql://127.0.0.1:")
    assert "when asked for table 't': SELE" in str(caught.value)


@pytest.mark.server
@pytest.mark.parametrize("expression", ["'127.0.0.1'::inet", "'1 day'::interval", "'x'::bytea", "array[now()]"])
def test_a_type_without_a_counterpart_is_to_be_cast(tmp_path: Path, consdb: str, expression: str) -> None:
    with pytest.raises(MappingError, match=r"tables\.t\.columns.*column 'a'.*CAST"):
        read(tmp_path, consdb, {"query": f"SELECT {expression} AS a"})


@pytest.mark.server
def test_a_backend_that_is_killed_while_it_answers_is_one_clear_error(tmp_path: Path, consdb: str) -> None:
    opened = open_declared(
        tmp_path / "consdb", consdb, source({"query": "SELECT g FROM generate_series(1, 5000000) g"})
    )

    class Sink:
        blocks = 0

        def write(self, table: str, data: pa.RecordBatch) -> None:
            self.blocks += table == "t"
            if self.blocks == 2:
                kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'progenitor'"
                execute(consdb, kill)

        def set_aside(self, *_: object) -> None:
            raise AssertionError

    (partition,) = opened.partitions()
    with pytest.raises(SourceError, match=r"terminating connection|closed the connection"):
        opened.read(partition, Sink(), lambda rows: None)


@contextmanager
def listener(answer: bytes) -> Iterator[int]:
    """A server that sends something to whoever connects, and then keeps silent."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        kept: list[socket.socket] = []

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                kept.append(connection)
                connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            for connection in kept:
                connection.close()


@contextmanager
def stalling_proxy(port: int, limit: int) -> Iterator[int]:
    """A proxy to a server that passes on so many bytes of its answers, and then keeps silent."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        ends: list[socket.socket] = []

        def pump(source: socket.socket, target: socket.socket, most: float) -> None:
            while most > 0 and (data := source.recv(4096)):
                target.sendall(data)
                most -= len(data)

        def serve() -> None:
            connection, _ = server.accept()
            behind = socket.create_connection(("127.0.0.1", port))
            ends.extend([connection, behind])
            threading.Thread(target=pump, args=(connection, behind, float("inf")), daemon=True).start()
            pump(behind, connection, limit)

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield server.getsockname()[1]
        finally:
            for end in ends:
                end.shutdown(socket.SHUT_RDWR)
                end.close()


def test_a_server_that_accepts_and_keeps_silent_is_one_clear_error(tmp_path: Path) -> None:
    with listener(b"") as port, pytest.raises(SourceError, match=r"timeout|silent"):
        read(tmp_path, f"postgresql://mira@127.0.0.1:{port}/db", {"table": "t", "columns": {"a": "BIGINT"}}, timeout=1)


def test_a_server_of_another_kind_is_one_clear_error(tmp_path: Path) -> None:
    with listener(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port, pytest.raises(SourceError, match="libpq"):
        read(tmp_path, f"postgresql://mira@127.0.0.1:{port}/db", {"table": "t", "columns": {"a": "BIGINT"}}, timeout=1)


@pytest.mark.server
def test_a_server_that_falls_silent_in_its_answer_is_one_clear_error(
    tmp_path: Path, consdb: str, postgresql: Server
) -> None:
    query = "SELECT repeat('x', 1000) AS s FROM generate_series(1, 100000)"
    with stalling_proxy(postgresql.port, 1_000_000) as port:
        location = f"postgresql://{consdb.split('//')[1].replace(str(postgresql.port), str(port))}?sslmode=disable"
        begun = time.monotonic()
        with pytest.raises(SourceError, match=r"kept silent for more than 0\.5 s.*alive"):
            read(tmp_path, location, {"query": query, "columns": {"s": "VARCHAR"}}, timeout=0.5)
        assert time.monotonic() - begun < 30


def test_a_server_that_is_not_there_is_one_clear_error(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
    with pytest.raises(SourceError, match=r"refused"):
        read(tmp_path, f"postgresql://mira@127.0.0.1:{port}/db", {"table": "t", "columns": {"a": "BIGINT"}})


@pytest.mark.parametrize(
    ("user", "database", "words"),
    [
        ("", "nowhere", "is the name of the database in the URL right"),
        ("nobody@", "consdb", "is the user in the URL right"),
    ],
)
def test_what_the_url_says_wrongly_is_told(tmp_path: Path, consdb: str, user: str, database: str, words: str) -> None:
    known, _, rest = consdb.removeprefix("postgresql://").rpartition("@")
    server = rest.partition("/")[0]
    location = f"postgresql://{user or f'{known}@'}{server}/{database}"
    with pytest.raises(SourceError, match=words):
        read(tmp_path, location, {"table": "t", "columns": {"a": "BIGINT"}})


def test_a_password_is_in_the_environment_and_in_no_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = {"table": "t", "columns": {"a": "BIGINT"}}
    with pytest.raises(ConfigurationError, match="holds a password") as caught:
        read(tmp_path, "postgresql://mira:s3cret@127.0.0.1/db", table)
    assert "s3cret" not in str(caught.value)
    for location in ("host=127.0.0.1 password=s3cret", "postgresql://127.0.0.1/db?password=s3cret"):
        with pytest.raises(ConfigurationError, match="holds a password") as caught:
            read(tmp_path, location, table)
        assert "s3cret" not in str(caught.value)
    monkeypatch.setenv("CONSDB_PASSWORD", "s3cr%t:@/ &")
    repeated = b"SFATAL\x00C28P01\x00Mnot with s3cr%t:@/ &\x00\x00"
    message = b"E" + (len(repeated) + 4).to_bytes(4, "big") + repeated
    with listener(message) as port, pytest.raises(SourceError, match=r"not with \*\*\*") as refused:
        location = f"postgresql://mira@127.0.0.1:{port}/db?sslmode=disable"
        read(tmp_path, location, table, timeout=1, password_env="CONSDB_PASSWORD")
    assert "s3cr" not in str(refused.value)


@pytest.mark.server
def test_a_password_of_any_characters_reaches_the_server(
    tmp_path: Path, consdb: str, postgresql: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    from progenitor.sources.sql.postgresql import Postgresql

    monkeypatch.setenv("CONSDB_PASSWORD", "s3cr%t:@/ &=?'")
    database = Postgresql(consdb, "CONSDB_PASSWORD", 5)
    with psycopg.connect(database._uri) as connection:
        assert connection.info.password == "s3cr%t:@/ &=?'"


# ---- SQLite ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def sqlite(tmp_path: Path) -> Path:
    path = tmp_path / "small #1.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            """CREATE TABLE note (day_obs INTEGER, n, at TEXT);
            INSERT INTO note VALUES (20251101, 1, '2025-11-01 12:00:00'), (20251101, 'x', NULL), (20251101, 2.5, NULL),
                (20251101, '4', '2025-11-01T13:00:00Z'), (20251102, 5, NULL),
                (20251101, NULL, CAST(x'ff41' AS TEXT));"""
        )
    return path


NOTES = {
    "query": "SELECT * FROM note WHERE day_obs = {day_obs} AND {partition_start} = '2025-11-01 11:59:23'",
    "columns": {"n": "BIGINT", "at": "TIMESTAMP"},
}


@pytest.mark.parametrize("form", ["{}", "sqlite:///{}"])
def test_an_sqlite_file_is_read(tmp_path: Path, sqlite: Path, form: str) -> None:
    tables = read(tmp_path, form.format(sqlite), NOTES, "20251101", **NIGHT)
    assert tables.rows("t") == [
        {"n": 1, "at": datetime.datetime(2025, 11, 1, 12, 0)},
        {"n": 4, "at": datetime.datetime(2025, 11, 1, 13, 0)},
    ]
    assert [(record["n"], record["at"]) for _, record, _ in tables.aside] == [
        ("x", None),
        (2.5, None),
        (None, "\\udcffA"),
    ]
    assert tables.report.evidence.startswith("SQLite, ")


def test_sqlite_gives_many_rows_in_blocks_and_an_empty_table_none(tmp_path: Path, sqlite: Path) -> None:
    many = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 40000) SELECT x FROM c"
    table = {"query": many, "columns": {"x": "BIGINT"}}
    assert read(tmp_path, str(sqlite), table).table("t")["x"].to_pylist() == list(range(1, 40_001))
    assert read(tmp_path, str(sqlite), {"table": "note", "columns": {"n": "VARCHAR"}}).table("t").num_rows == 6
    nothing = {"query": "SELECT n FROM note WHERE false", "columns": {"n": "VARCHAR"}}
    assert read(tmp_path, str(sqlite), nothing).rows("t") == []


def test_the_timeout_is_for_each_block_and_not_for_whoever_takes_it(tmp_path: Path, sqlite: Path) -> None:
    many = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 200000) SELECT x FROM c"
    table = {"query": many, "columns": {"x": "BIGINT"}}
    opened = open_declared(tmp_path / "consdb", str(sqlite), source(table), timeout=1)
    rows: list[int] = []

    class Sink:
        def write(self, table: str, data: pa.RecordBatch) -> None:
            if table == "t":
                rows.append(data.num_rows)
                time.sleep(1.5 * (len(rows) == 1))

        def set_aside(self, *_: object) -> None:
            raise AssertionError

    (partition,) = opened.partitions()
    opened.read(partition, Sink(), lambda rows: None)
    assert sum(rows) == 200_000


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"table": "nothing", "columns": {"a": "BIGINT"}}, "no such table: nothing"),
        ({"table": "note", "columns": {"a": "BIGINT"}}, "no such column|no column 'a'"),
        ({"query": "SELECT 1 AS b", "columns": {"a": "BIGINT"}}, r"no column 'a'.*it has b"),
        ({"query": "DELETE FROM note RETURNING n", "columns": {"n": "BIGINT"}}, "readonly database"),
        (
            {
                "query": "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x FROM c) SELECT count(*) AS a FROM c",
                "columns": {"a": "BIGINT"},
            },
            r"no rows within 0\.1 s.*option timeout",
        ),
    ],
)
def test_a_query_that_fails_on_sqlite_is_one_clear_error(
    tmp_path: Path, sqlite: Path, table: dict[str, Any], words: str
) -> None:
    with pytest.raises(SourceError, match=words):
        read(tmp_path, str(sqlite), table, timeout=0.1)


def test_what_is_no_database_is_one_clear_error(tmp_path: Path) -> None:
    table = {"table": "note", "columns": {"n": "VARCHAR"}}
    with pytest.raises(SourceError, match="no such database"):
        read(tmp_path, f"sqlite:///{tmp_path}/nowhere.db", table)
    (tmp_path / "text.db").write_text("no database, but long enough to be looked at as one" * 50)
    with pytest.raises(SourceError, match="file is not a database"):
        read(tmp_path, str(tmp_path / "text.db"), table)


def test_columns_of_sqlite_must_be_declared(tmp_path: Path, sqlite: Path) -> None:
    with pytest.raises(MappingError, match=r"tables\.t\.columns.*SQLite does not know"):
        read(tmp_path, str(sqlite), {"table": "note"})


# ---- declarations and the thread that reads ahead --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({}, "either query or table"),
        ({"query": "SELECT 1", "table": "t"}, "either query or table"),
        ({"query": "SELECT {day_obs}"}, "needs partition: day_obs"),
        ({"query": "SELECT '{}'"}, "placeholder"),
        ({"query": "SELECT 1", "limit": 5}, "limit"),
    ],
)
def test_a_source_that_says_what_is_not_known_is_refused(tmp_path: Path, table: dict[str, Any], words: str) -> None:
    with pytest.raises(MappingError, match=words):
        open_declared(tmp_path / "consdb", "postgresql://127.0.0.1/db", source(table))


@pytest.mark.parametrize("location", ["mysql://x/y", "nowhere.db", "http://x"])
def test_another_database_is_refused(tmp_path: Path, location: str) -> None:
    with pytest.raises(ConfigurationError, match=r"postgresql://user@host"):
        open_declared(tmp_path / "consdb", location, source({"table": "t"}))


def late() -> SourceError:
    return SourceError("late")


def test_the_thread_ahead_is_told_when_nobody_wants_more() -> None:
    ended = threading.Event()

    def produce() -> Iterator[int]:
        try:
            yield from range(10**9)
        finally:
            ended.set()

    ahead = read_ahead(produce, 5, late)
    assert [next(ahead), next(ahead)] == [0, 1]
    ahead.close()
    assert ended.wait(5)


def test_the_thread_ahead_hands_over_errors_in_their_place() -> None:
    def produce() -> Iterator[int]:
        yield 1
        raise SourceError("broken")

    ahead = read_ahead(produce, 5, late)
    assert next(ahead) == 1
    with pytest.raises(SourceError, match="broken"):
        next(ahead)


def test_a_partition_is_read_into_every_table(tmp_path: Path, sqlite: Path) -> None:
    tables = {"a": {"table": "note", "columns": {"n": "VARCHAR"}}, "b": {"table": "note", "columns": {"at": "VARCHAR"}}}
    opened = open_declared(tmp_path / "consdb", str(sqlite), {"reader": "sql", "tables": tables})
    (partition,) = opened.partitions()
    read_tables = read_into(opened, partition)
    assert (read_tables.table("a").num_rows, read_tables.table("b").num_rows) == (6, 5)
    opened.close()
