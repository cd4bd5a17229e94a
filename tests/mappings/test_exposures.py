"""Exposures of a night reconciled over the Butler, a real InfluxDB and a real ConsDB, against the truth table."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from night import influxdb
from night.plan import Plan, Traps
from night.simulation import Night, simulate
from progenitor.provenance import Progenitor
from servers.influxdb import InfluxNotFoundError, Server, influxdb_server
from servers.observatory import create_consdb, load_consdb
from servers.postgresql import Server as PostgresServer
from support.demo_store import ingest_options
from support.efd_graph import BASE, Statements
from support.night_reconciled import reconciled_differences
from support.stores import triples_of

NIGHT = "2025-11-01"

Rows = list[tuple[str, ...]]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    try:
        with influxdb_server() as running:
            yield running
    except InfluxNotFoundError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def sources(server: Server, postgresql: PostgresServer, repository: Path) -> Any:
    """Return what lets the servers hold a night and nothing else, and gives the arguments of three ingests."""
    numbers = count()

    def show(night: Night) -> dict[str, tuple[str, list[str], dict[str, str]]]:
        for database in (influxdb.EFD, influxdb.OBSENV):
            server.create_database(database)
        influxdb.write_night(server.url, night)
        consdb = create_consdb(postgresql, f"exposures_{next(numbers)}", public=False)
        load_consdb(consdb, night)
        return {
            "butler": (str(repository), ["dimensions"], ingest_options(repository)),
            "efd": (server.url, [NIGHT], {}),
            "consdb": (consdb, [NIGHT], {}),
        }

    return show


def ingest(store: Path, sources: dict[str, tuple[str, list[str], dict[str, str]]], *names: str) -> None:
    if not store.exists():
        Progenitor.create(store, base=BASE).close()
    with Progenitor.open(store) as progenitor:
        for name in names:
            location, partitions, options = sources[name]
            report = progenitor.ingest(name, location, partitions=partitions, options=options)
            assert not report.failed, report.failed


def rows_of(store: Path) -> Rows:
    lines = triples_of(store).decode().splitlines()
    return [tuple(line.removesuffix(" .").split(" ", 2)) for line in lines]


@pytest.fixture(scope="module")
def night() -> Night:
    return simulate(Plan(seed=1))


@pytest.fixture(scope="module")
def graph(sources: Any, night: Night, tmp_path_factory: pytest.TempPathFactory) -> Rows:
    store = tmp_path_factory.mktemp("reconciled") / "store"
    ingest(store, sources(night), "butler", "efd", "consdb")
    return rows_of(store)


def test_every_exposure_is_what_the_truth_says(graph: Rows, night: Night) -> None:
    assert reconciled_differences(Statements(graph), night.truth, night.plan.day_obs) == []


def test_the_order_in_which_sources_are_read_does_not_matter(
    graph: Rows, night: Night, sources: Any, tmp_path: Path
) -> None:
    ingest(tmp_path / "store", sources(night), "consdb", "efd", "butler")
    assert rows_of(tmp_path / "store") == graph


def test_a_night_without_traps(sources: Any, tmp_path: Path) -> None:
    night = simulate(Plan(seed=3, traps=Traps.none()))
    ingest(tmp_path / "store", sources(night), "butler", "consdb", "efd")
    statements = Statements(rows_of(tmp_path / "store"))
    assert reconciled_differences(statements, night.truth, night.plan.day_obs) == []
    assert not statements.subjects("rdf:type", "pg:Disagreement")


def test_the_night_has_what_makes_it_hard(night: Night) -> None:
    tonight = [exposure for exposure in night.truth.exposures if exposure.day_obs == night.plan.day_obs]
    assert {exposure.instrument for exposure in tonight} == {"LSSTCam", "LATISS"}
    assert {(e.butler, e.consdb) for e in tonight if e.instrument == "LSSTCam"} == {
        (True, True),
        (False, True),
        (False, False),
    }
    assert sum(bool(exposure.disagreements) for exposure in tonight) == 2
    assert any(exposure.group is None for exposure in tonight)


def test_the_comparison_sees_whatever_is_missing_or_wrong(graph: Rows, night: Night) -> None:
    about = [row for row in graph if "disagreement-" in row[0] or "NotIn" in row[2] or "#scienceProgram>" in row[1]]
    of_the_night = [
        row for row in about if "/20251101" in row[0] and "#record-" not in row[0] and "label" not in row[1]
    ]
    assert len(of_the_night) > 60
    of_records = ("wasInformedBy", "Claim>", "Disagreement>", "-camera")
    checked = [row for row in of_the_night if not any(word in " ".join(row) for word in of_records)]
    for row in checked[::9]:
        rest = Statements(other for other in graph if other != row)
        assert reconciled_differences(rest, night.truth, night.plan.day_obs), row


def test_one_system_alone(sources: Any, night: Night, tmp_path: Path) -> None:
    shown = sources(night)
    for name in ("efd", "consdb"):
        ingest(tmp_path / name, shown, name)
    efd = triples_of(tmp_path / "efd").decode()
    assert "#record-camera>" in efd
    assert "#NotInButler>" not in efd and "#NotInConsDB>" not in efd, "nobody asked them"

    statements = Statements(rows_of(tmp_path / "consdb"))
    for exposure in night.truth.exposures:
        if exposure.day_obs == night.plan.day_obs and exposure.consdb:
            subject = f"exposure/{exposure.instrument}/{exposure.id}"
            said = {column: values["consdb"] for column, values in exposure.disagreements.items()}
            assert statements.objects(subject, "rdf:type") == {"prov:Activity", "pg:Exposure"}
            assert statements.one(subject, "rdfs:label")
            assert statements.one(subject, "pg:seqNum") == str(exposure.seq_num)
            assert statements.one(subject, "pg:scienceProgram") == said.get("science_program", exposure.program)
