"""Servers that fail while several sources are read into a store: what each reader, and what `sync`, make of it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from progenitor.config import Settings, SourceSettings
from progenitor.ingest import IngestReport, ingest
from progenitor.provenance import Progenitor
from servers.influxdb import InfluxNotFoundError, influxdb_server
from servers.postgresql import PostgresNotFoundError, postgresql_server
from support.http_service import Asked, Reply, http_service
from support.line_protocol import DAY, START
from support.mappings import write_folder
from support.unreliable import Mode, Proxy, unreliable

ROWS = 1_500
"""More than the proxy gives before it fails in the middle of an answer."""

MAPPING = """
prefixes: {{prov: "http://www.w3.org/ns/prov#"}}
mappings:
  thing:
    sources: [thing]
    subject: {name}/$(id)
    predicateobjects:
      - [a, prov:Entity]
"""
INFLUXDB = """
reader: influxdb
database: efd
partition: day_obs
chunk_size: 500
fingerprint: counts
tables:
  thing:
    columns: {id: VARCHAR}
"""
HTTP = """
reader: http
partition: day_obs
fingerprint: {path: /state, params: {night: "{day_obs}"}}
tables:
  thing:
    path: /things
    params: {night: "{day_obs}"}
    rows: found
    columns: {id: VARCHAR}
"""
SQL = """
reader: sql
partition: day_obs
fingerprint: SELECT count(*) FROM thing WHERE day_obs = {day_obs}
tables:
  thing:
    query: SELECT id FROM thing WHERE day_obs = {day_obs}
    columns: {id: VARCHAR}
"""
FILES = """
reader: files
tables:
  thing: {path: "*.csv"}
"""


@dataclass
class System:
    """A real server behind a proxy.

    Parameters
    ----------
    declaration
        The source.yml that reads it.
    location
        Where, given the port of the proxy.
    proxy
        Before it.
    fill
        Puts things into a night, given their ids.
    err, heal
        Make it answer with an error in good form, and not any more.
    options
        So that nobody waits long.
    """

    declaration: str
    location: str
    proxy: Proxy
    fill: Callable[[str, list[str]], None]
    err: Callable[[], None]
    heal: Callable[[], None]
    options: dict[str, object]


def influxdb(stack: ExitStack) -> System:
    server = stack.enter_context(influxdb_server())
    server.create_database("efd")
    proxy = stack.enter_context(unreliable(int(server.url.rpartition(":")[2])))
    kept: dict[str, list[str]] = {}

    def fill(night: str, ids: list[str]) -> None:
        kept[night] = ids
        server.query("DROP MEASUREMENT thing", db="efd")
        at = START + DAY * (int(night) - 20251101)
        server.write("efd", (f'thing id="{id_}" {at + number}' for number, id_ in enumerate(ids)))

    def err() -> None:
        server.query('DROP DATABASE "efd"')

    def heal() -> None:
        server.create_database("efd")
        for night, ids in kept.items():
            fill(night, ids)

    location = f"http://127.0.0.1:{proxy.port}"
    return System(INFLUXDB, location, proxy, fill, err, heal, {"timeout": 1, "retries": 0})


def http(stack: ExitStack) -> System:
    service = stack.enter_context(http_service())
    proxy = stack.enter_context(unreliable(int(service.url.rpartition(":")[2])))
    nights: dict[str, list[str]] = {}
    wrong = False

    def things(asked: Asked) -> Reply:
        if wrong:
            return Reply({"error": "the database behind me is gone"})
        return Reply({"found": [{"id": id_} for id_ in nights.get(asked.first("night"), [])]})

    def be_wrong(now: bool) -> None:
        nonlocal wrong
        wrong = now

    service.answers["/things"] = things
    service.answers["/state"] = lambda asked: Reply(len(nights.get(asked.first("night"), [])))
    location = f"http://127.0.0.1:{proxy.port}"
    options = {"timeout": 1, "retries": 0}
    return System(
        HTTP, location, proxy, nights.__setitem__, lambda: be_wrong(True), lambda: be_wrong(False), dict(options)
    )


def sql(stack: ExitStack) -> System:
    server = stack.enter_context(postgresql_server())
    uri = server.create_database("night")
    proxy = stack.enter_context(unreliable(server.port))

    def execute(statement: str) -> None:
        with psycopg.connect(uri) as connection:
            connection.execute(statement)

    def fill(night: str, ids: list[str]) -> None:
        execute(f"DELETE FROM thing WHERE day_obs = {night}")
        with psycopg.connect(uri) as connection:
            connection.cursor().executemany(f"INSERT INTO thing VALUES (%s, {night})", [(id_,) for id_ in ids])

    execute("CREATE TABLE thing (id text, day_obs integer)")
    location = uri.replace(f":{server.port}/", f":{proxy.port}/")
    return System(
        SQL,
        location,
        proxy,
        fill,
        lambda: execute("ALTER TABLE thing RENAME TO lost"),
        lambda: execute("ALTER TABLE lost RENAME TO thing"),
        {"timeout": 1},
    )


@pytest.fixture(scope="module", params=[influxdb, http, sql], ids=["influxdb", "http", "sql"])
def system(request: pytest.FixtureRequest) -> Iterator[System]:
    with ExitStack() as stack:
        try:
            yield request.param(stack)
        except (InfluxNotFoundError, PostgresNotFoundError) as error:
            if os.environ.get("CI") == "true":
                raise
            pytest.skip(str(error))


@dataclass
class Sources:
    """The system, and another one that always works, with the store into which both are read."""

    store: Path
    sources: list[SourceSettings]

    def sync(self) -> IngestReport:
        return ingest(self.store, self.sources, Settings(), only_changed=True)

    def things(self) -> dict[str, int]:
        """How many things there are, of each source."""
        with Progenitor.open(self.store) as progenitor:
            found = progenitor.snapshot.graph.query(
                "SELECT ?s WHERE { ?s a <http://www.w3.org/ns/prov#Entity> . FILTER(!CONTAINS(STR(?s), '/batch/')) }"
            )
            names = [subject.value.split("/")[-2] for (subject,) in found]
        return {name: names.count(name) for name in ("system", "other") if name in names}


@pytest.fixture
def both(tmp_path: Path, system: System) -> Sources:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "things.csv").write_text("id\na\nb\n")
    mine = write_folder(tmp_path / "system", MAPPING.format(name="system"), "", system.declaration)
    other = write_folder(tmp_path / "other", MAPPING.format(name="other"), "", FILES)
    Progenitor.create(tmp_path / "store").close()
    nights = {"first": "2025-11-01", "last": "2025-11-01"}
    return Sources(
        tmp_path / "store",
        [
            SourceSettings(mapping=str(mine), location=system.location, options=system.options | nights),
            SourceSettings(mapping=str(other), location=str(tmp_path / "files")),
        ],
    )


def ids(count: int) -> list[str]:
    """Ids that no compression of an answer makes short."""
    return [hashlib.sha256(str(number).encode()).hexdigest() for number in range(count)]


@pytest.mark.server
@pytest.mark.parametrize("failure", ["gone", "dies", "silent", "half", "stalls", "error"])
def test_a_server_that_fails_costs_only_its_own_night_until_the_next_sync(
    system: System, both: Sources, failure: str
) -> None:
    system.fill("20251101", ids(ROWS))
    fail(system, failure)
    try:
        report = both.sync()
    finally:
        recover(system, failure)

    ((failed, error),) = report.failed
    assert failed.source.endswith("system")
    assert error.exit_code == 4
    assert "\n" not in str(error)
    assert str(system.proxy.port) in str(error)
    assert [record.partition.source for record in report.kept] == ["other"]
    assert both.things() == {"other": 2}

    report = both.sync()
    assert report.failed == []
    assert [record.partition.batch for record in report.kept] == ["system/2025-11-01"]
    assert [partition.source for partition in report.skipped] == ["other"]
    assert both.things() == {"system": ROWS, "other": 2}


@pytest.mark.server
@pytest.mark.parametrize("failure", ["half", "error"])
def test_what_was_read_before_stays_while_a_server_fails(system: System, both: Sources, failure: str) -> None:
    system.fill("20251101", ids(ROWS))
    assert both.sync().failed == []
    system.fill("20251101", ids(ROWS + 500))
    fail(system, failure)
    try:
        report = both.sync()
    finally:
        recover(system, failure)
    assert len(report.failed) == 1
    assert report.kept == []
    assert both.things() == {"system": ROWS, "other": 2}

    assert both.sync().failed == []
    assert both.things() == {"system": ROWS + 500, "other": 2}
    assert both.sync().kept == []


def fail(system: System, failure: str) -> None:
    if failure == "error":
        system.err()
    else:
        mode: Mode = failure  # type: ignore[assignment]
        system.proxy.be(mode)


def recover(system: System, failure: str) -> None:
    if failure == "error":
        system.heal()
    else:
        system.proxy.be("works")
