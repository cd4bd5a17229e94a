"""A night that is synchronised while it grows is, byte for byte, the night that is ingested once at its end."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from night import influxdb
from night.clock import tai_instant
from night.plan import Plan
from night.simulation import Night, simulate
from progenitor.config import Settings, SourceSettings
from progenitor.ingest import IngestReport
from progenitor.provenance import Progenitor
from servers.influxdb import InfluxNotFoundError, influxdb_server
from servers.influxdb import Server as InfluxServer
from servers.observatory import WebServices, create_consdb, load_consdb, load_efd, web_services
from servers.postgresql import Server as PostgresServer
from support.demo_store import ingest_options
from support.stores import triples_of

DATE = "2025-11-01"
NIGHTS = {"first": DATE, "last": "2025-11-02"}
"""The one that is simulated, and the next one, which begins with an exposure, too."""
WEB = ("exposurelog", "narrativelog", "nightreport", "jira", "machine-logs")

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def efd() -> Iterator[InfluxServer]:
    try:
        with influxdb_server() as running:
            yield running
    except InfluxNotFoundError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))


@dataclass
class Observatory:
    """The systems of the observatory, and how a store is kept up with them.

    Parameters
    ----------
    efd, consdb, services
        The servers; ``consdb`` is the URI of the database.
    butler
        A Butler repository that has some of the exposures.
    """

    efd: InfluxServer
    consdb: str
    services: WebServices
    butler: Path

    def grow(self, night: Night) -> None:
        """Let the systems hold what they hold of the night at an instant, on top of what they held before."""
        load_efd(self.efd, night)
        load_consdb(self.consdb, night)
        self.services.show(night)

    def correct(self, exposure: int, program: str) -> None:
        """Change a row of ConsDB after the fact."""
        with psycopg.connect(self.consdb) as connection:
            for table, key in (("exposure", "exposure_id"), ("visit1", "visit_id")):
                connection.execute(
                    f"UPDATE cdb_lsstcam.{table} SET science_program = %s WHERE {key} = %s", (program, exposure)
                )

    def settings(self) -> Settings:
        locations = {"efd": self.efd.url, "consdb": self.consdb} | dict.fromkeys(WEB, self.services.url)
        sources = {
            name: SourceSettings(mapping=name, location=location, options=NIGHTS)
            for name, location in locations.items()
        }
        options = ingest_options(self.butler)
        butler = SourceSettings(mapping="butler", location=str(self.butler), partitions=["dimensions"], options=options)
        return Settings(sources=sources | {"butler": butler})

    def sync(self, store: Path, names: Sequence[str] = ()) -> IngestReport:
        if not store.exists():
            Progenitor.create(store).close()
        with Progenitor.open(store, settings=self.settings()) as progenitor:
            report = progenitor.sync(*names)
        assert not report.failed, [str(error) for _, error in report.failed]
        return report


@pytest.fixture
def observatory(
    efd: InfluxServer, postgresql: PostgresServer, repository: Path, tmp_path: Path
) -> Iterator[Observatory]:
    for database in (influxdb.EFD, influxdb.OBSENV):
        efd.create_database(database)
    consdb = create_consdb(postgresql, f"grows_{tmp_path.name}", public=False)
    with web_services(simulate(Plan()).as_of(0)) as services:
        yield Observatory(efd, consdb, services, repository)


def instants(night: Night) -> list[int]:
    """Two moments at which a message came, and one after the night, before the logs are corrected."""
    delivered = [message.delivered for message in night.messages if message.delivered > tai_instant(f"{DATE}T20:00:00")]
    chosen = random.Random(night.plan.seed)
    return [*sorted(chosen.sample(delivered, 2)), tai_instant("2025-11-02T12:05:00")]


def test_a_night_that_grows_is_the_night_at_its_end(observatory: Observatory, tmp_path: Path) -> None:
    night = simulate(Plan(visits=12))
    grown, made = tmp_path / "grown", tmp_path / "made"
    sizes = []
    for number, until in enumerate(instants(night)):
        observatory.grow(night.as_of(until))
        # The Butler's first exposures are processed while others are still being taken.
        report = observatory.sync(grown, () if number else ("efd", "consdb", *WEB))
        sizes.append(len(triples_of(grown)))
        assert report.snapshot
    assert sizes == sorted(set(sizes)), "there was more each time"

    observatory.grow(night)
    (stale,) = [e for e in night.truth.exposures if "science_program" in e.disagreements and e.butler]
    observatory.correct(stale.id, stale.program)
    report = observatory.sync(grown)
    assert {record.partition.source for record in report.kept} >= {"consdb", "exposurelog"}
    assert [record.partition.batch for record in report.derived] == [f"exposures/{DATE}"]
    assert f"{stale.id}#disagreement-scienceProgram".encode() not in triples_of(grown)
    observatory.sync(made)
    assert triples_of(grown) == triples_of(made)

    load_efd(observatory.efd, night)
    again = observatory.sync(grown, ["efd"])
    assert not again.kept and again.snapshot is None, "messages that come twice change nothing"
