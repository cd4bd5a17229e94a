"""ConsDB as mapped from a real PostgreSQL with the public schema, against the truth table."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path

import psycopg
import pytest

from night.files import write_folder
from night.plan import Plan, Traps
from night.simulation import Night, simulate
from progenitor.mapping.folder import load_folder, read_source
from progenitor.sources.reader import open_reader
from servers.observatory import create_consdb, has_public_schema, load_consdb, web_services
from servers.postgresql import Server
from support.night_services import MAPPINGS, consdb_differences, map_source

pytestmark = pytest.mark.server

NIGHTS = (20251031, 20251101, 20251102)
"""The simulated one, and those on either side: exposures are taken around both of its ends."""

night_of = cache(lambda seed: simulate(Plan(seed=seed)))


@pytest.fixture(scope="module")
def consdb(postgresql: Server) -> str:
    """The default night in a ConsDB, made from the public schema where that is installed."""
    uri = create_consdb(postgresql, "consdb_mapped")
    load_consdb(uri, night_of(1))
    return uri


def tonight(night: Night) -> list[object]:
    return [exposure for exposure in night.truth.exposures if exposure.day_obs in NIGHTS]


def test_the_tables_are_those_that_rubin_publishes() -> None:
    assert has_public_schema()


def test_the_record_of_every_exposure_is_what_consdb_says(consdb: str, tmp_path: Path) -> None:
    night = night_of(1)
    mapped = map_source("consdb", consdb, tmp_path, *NIGHTS)
    assert mapped.set_aside == 0
    assert consdb_differences(mapped, tonight(night)) == []
    assert sum(bool(exposure.disagreements) for exposure in tonight(night)) == 2
    assert sum(not exposure.consdb for exposure in tonight(night)) == 1


@pytest.mark.parametrize("plan", [Plan(seed=2), Plan(seed=3, traps=Traps.none())], ids=["seed", "no traps"])
def test_other_nights(postgresql: Server, tmp_path: Path, plan: Plan) -> None:
    night = simulate(plan)
    uri = create_consdb(postgresql, f"consdb_{plan.seed}", public=False)
    load_consdb(uri, night)
    assert consdb_differences(map_source("consdb", uri, tmp_path, *NIGHTS), tonight(night)) == []


def test_its_exported_tables_say_the_same(consdb: str, tmp_path: Path) -> None:
    write_folder(night_of(1), tmp_path / "night")
    exported = map_source("consdb", str(tmp_path / "night"), tmp_path, *NIGHTS)
    assert exported.triples == map_source("consdb", consdb, tmp_path, *NIGHTS).triples


def test_the_comparison_finds_what_is_wrong(consdb: str, tmp_path: Path) -> None:
    night = night_of(1)
    mapped = map_source("consdb", consdb, tmp_path, *NIGHTS)
    subject = ":exposure/LSSTCam/2025110100010#record-consdb"
    (reason,) = mapped.objects(subject, "pg:observationReason")
    mapped.triples -= {(subject, "pg:observationReason", reason)}
    (difference,) = consdb_differences(mapped, tonight(night))
    assert difference == f"{subject} pg:observationReason: [], not ['\"science\"']"


def test_a_record_costs_few_triples(consdb: str, tmp_path: Path) -> None:
    mapped = map_source("consdb", consdb, tmp_path, *NIGHTS)
    counts = Counter(subject for subject, _, _ in mapped.triples if subject.endswith("#record-consdb"))
    assert max(counts.values()) <= 13, "an exposure of several has its index, too"
    assert len(mapped.triples) <= 11 * len(counts) + 20


def test_the_service_says_the_same_as_the_database(consdb: str, tmp_path: Path) -> None:
    """By the source.yml that the README shows, which asks `POST /consdb/query`."""
    (shown,) = re.findall(
        r"```yaml\n(.*?)^```", (MAPPINGS / "consdb" / "README.md").read_text(), re.DOTALL | re.MULTILINE
    )
    (tmp_path / "source.yml").write_text(shown)
    declaration = read_source(tmp_path / "source.yml")
    with web_services(night_of(1), consdb=consdb) as services:
        asked = map_source("consdb", services.url, tmp_path, 20251101, declaration=declaration)
    assert asked.triples == map_source("consdb", consdb, tmp_path, 20251101).triples
    assert asked.triples


def test_a_correction_in_place_changes_the_fingerprint_of_its_night_alone(postgresql: Server) -> None:
    uri = create_consdb(postgresql, "consdb_corrected", public=False)
    load_consdb(uri, night_of(1))
    before = fingerprints(uri)
    assert fingerprints(uri) == before
    with psycopg.connect(uri) as connection:
        connection.execute("UPDATE cdb_latiss.exposure SET science_program = 'BLOCK-1' WHERE day_obs = 20251101")
    after = fingerprints(uri)
    assert [key for key in before if before[key] != after[key]] == ["2025-11-01"]
    with psycopg.connect(uri) as connection:
        connection.execute("UPDATE cdb_lsstcam.exposure_flexdata SET value = '5' WHERE day_obs = 20251102")
    assert [key for key in before if fingerprints(uri)[key] != after[key]] == ["2025-11-02"]


def fingerprints(uri: str) -> dict[str, str | None]:
    reader = open_reader(load_folder(MAPPINGS / "consdb").declaration, uri, {})
    try:
        return {partition.key: partition.fingerprint for partition in reader.partitions([str(n) for n in NIGHTS])}
    finally:
        reader.close()
