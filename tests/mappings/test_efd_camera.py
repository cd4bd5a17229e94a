"""Exposures, headers and their ingest as mapped from a real InfluxDB, against the truth table."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Collection, Iterator
from itertools import combinations
from pathlib import Path

import pyarrow as pa
import pytest
from rdflib import RDF, Graph, URIRef

from night import influxdb
from night.plan import DAY_OBS, Plan, Traps
from night.simulation import Night, simulate
from progenitor.mapping.folder import load_folder
from progenitor.mapping.run import run_mapping
from progenitor.mapping.staging import Staging
from progenitor.sources.reader import open_reader
from progenitor.terms import PG, PREFIXES
from servers.influxdb import InfluxNotFoundError, Server, influxdb_server
from support.cache import CHECKOUT
from support.efd_graph import BASE, FOLDER, Statements, map_night
from support.mappings import read_rows
from support.night_exposures import exposure_differences
from support.sinks import Tables

PARTS = ("camera", "header-service", "oods")
NIGHTS = (20211116, 20230615, 20251031, DAY_OBS, 20251102)
"""The simulated night with those on either side of it, and those of earlier years."""

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


def show(server: Server, night: Night) -> None:
    """Have the server hold one night and nothing else."""
    for database in (influxdb.EFD, influxdb.OBSENV):
        server.create_database(database)
    influxdb.write_night(server.url, night)


def mapped(server: Server, work: Path, nights: Collection[int]) -> dict[int, Rows]:
    """Map nights, each as a partition of its own."""
    return {day_obs: map_night(server.url, day_obs, work / str(day_obs)) for day_obs in nights}


def together(rows: dict[int, Rows]) -> Statements:
    return Statements(row for night in rows.values() for row in night)


@pytest.fixture(scope="module")
def night() -> Night:
    return simulate(Plan(seed=1))


@pytest.fixture(scope="module")
def graph(server: Server, night: Night, tmp_path_factory: pytest.TempPathFactory) -> dict[int, Rows]:
    show(server, night)
    return mapped(server, tmp_path_factory.mktemp("efd"), NIGHTS)


@pytest.fixture(scope="module")
def tables(server: Server, night: Night) -> dict[str, pa.Table]:
    """What was read of the simulated night."""
    show(server, night)
    reader = open_reader(load_folder(FOLDER).declaration, server.url, {})
    found = Tables(reader.schemas())
    (partition,) = reader.partitions([str(DAY_OBS)])
    reader.read(partition, found, lambda rows: None)
    reader.close()
    return {name: found.table(name) for name in reader.schemas()}


def map_tables(tables: dict[str, pa.Table], work: Path, *, without: Collection[str] = ()) -> Rows:
    """Map what was read, or what is left of it without some tables."""
    output = work / "triples.parquet"
    with Staging(work, {name: table.schema for name, table in tables.items()}) as staging:
        for name in tables.keys() - set(without):
            staging.write(name, tables[name])
        run_mapping(load_folder(FOLDER), staging, base=BASE, output=output, dead_letter=work / "dead.jsonl")
    return read_rows(output)


def shuffled(tables: dict[str, pa.Table], seed: int) -> dict[str, pa.Table]:
    """Return the tables in another order, a third of their rows twice."""
    chance = random.Random(seed)

    def shuffle(table: pa.Table) -> pa.Table:
        rows = [*range(len(table)), *chance.sample(range(len(table)), k=len(table) // 3)]
        chance.shuffle(rows)
        return table.take(pa.array(rows, pa.int64()))

    return {name: table if name == "partition_window" else shuffle(table) for name, table in sorted(tables.items())}


# ---- the truth table -------------------------------------------------------------------------------------------------


def test_every_exposure_is_what_the_truth_says(graph: dict[int, Rows], night: Night) -> None:
    assert exposure_differences(together(graph), night.truth, NIGHTS) == []


@pytest.mark.parametrize("plan", [Plan(seed=2), Plan(seed=3, traps=Traps.none())], ids=["2", "none"])
def test_another_seed_and_a_night_without_traps(plan: Plan, server: Server, tmp_path: Path) -> None:
    other = simulate(plan)
    show(server, other)
    graph = mapped(server, tmp_path, [DAY_OBS])
    assert exposure_differences(together(graph), other.truth, [DAY_OBS]) == []


def test_the_nights_hold_what_makes_them_hard(night: Night) -> None:
    exposures = night.truth.exposures
    assert {exposure.taken_by for exposure in exposures} == {"script", "notebook", "playlist"}
    evidence = {tuple(exposure.evidence) for exposure in exposures if exposure.script}
    assert evidence == {("group", "identity"), ("group-time", "identity"), ("group-time",), ("identity",)}
    assert {exposure.group_kind for exposure in exposures} == {"time", "numbered", "block", "none"}
    assert any(exposure.contradicted_by for exposure in exposures)
    assert any(exposure.max_index > 1 for exposure in exposures)
    assert not all(exposure.end_readout for exposure in exposures)
    assert any(set(exposure.oods.values()) == {0, 1} for exposure in exposures)


def test_the_comparison_sees_whatever_is_missing(graph: dict[int, Rows], night: Night) -> None:
    traps = ("by_hand", "borrowed_group", "missing_end_readout")
    shown = {f"{BASE}exposure/LSSTCam/{night.truth.exposure(night.truth.traps[trap][0]).id}" for trap in traps}
    unseen = {"type", "label", "used", "detectorsRead", "claimedBy"}
    unseen |= {"disputed", "qualifiedStart", "entity", "observatoryState", "telemetry"}
    told = [
        row
        for row in graph[DAY_OBS]
        if re.split("[<#>]", row[0])[1] in shown
        and re.split("[#/>]", row[1])[-2] not in unseen
        and not (row[1].endswith("#linkEvidence>") and "#start" in row[0])
    ]
    assert len(told) > 40
    for row in told:
        rest = Statements(other for other in graph[DAY_OBS] if other is not row)
        assert exposure_differences(rest, night.truth, [DAY_OBS]), row


def test_an_exposure_is_told_of_by_one_night_alone(graph: dict[int, Rows]) -> None:
    told = {night: {s for s, *_ in rows if "/exposure/" in s or "/raw/" in s} for night, rows in graph.items()}
    assert all(told.values())
    for one, another in combinations(told.values(), 2):
        assert not one & another


def test_a_header_has_what_the_header_service_published(graph: dict[int, Rows], night: Night) -> None:
    statements = together(graph)
    events = {
        message.fields["url"]: message.fields
        for message in night.messages
        if message.topic.endswith("HeaderService.logevent_largeFileObjectAvailable")
    }
    assert events
    for url, fields in events.items():
        assert statements.one(url, "pg:size") == str(fields["byteSize"])
        assert statements.one(url, "pg:md5") == fields["checkSum"]


def test_every_image_of_the_camera_used_its_focal_plane(graph: dict[int, Rows], night: Night) -> None:
    statements = Statements(graph[DAY_OBS])
    (plane,) = statements.subjects("rdf:type", "pg:FocalPlane")
    users = statements.subjects("prov:used", plane)
    assert {iri.split("/")[1] for iri in users} == {"LSSTCam"}
    assert len(users) > night.plan.visits
    parts = statements.objects(plane, "dcterms:hasPart")
    assert len(parts) == night.plan.detectors
    assert {statements.one(part, "pg:ccdSerialNumber") for part in parts} == {"15001-05-02", "15002-05-02"}


def test_the_triples_of_an_exposure_are_few(graph: dict[int, Rows], night: Night) -> None:
    of_these = ("/exposure/", "/raw/", "/group/", "HeaderService_header_")
    told = [row for row in graph[DAY_OBS] if any(part in row[0] for part in of_these)]
    exposures = Statements(graph[DAY_OBS]).subjects("rdf:type", "pg:Exposure")
    assert len(told) / len(exposures) < 35


# ---- what is missing, and what comes otherwise -----------------------------------------------------------------------


def test_order_and_duplicates_of_messages_change_nothing(tables: dict[str, pa.Table], tmp_path: Path) -> None:
    assert map_tables(tables, tmp_path / "as-read") == map_tables(shuffled(tables, 1), tmp_path / "shuffled")


def test_without_answers_the_group_and_the_clocks_find_the_same_commands(
    tables: dict[str, pa.Table], night: Night, tmp_path: Path
) -> None:
    rows = map_tables(tables, tmp_path, without=["camera_ack"])
    assert exposure_differences(Statements(rows), night.truth, [DAY_OBS]) == []
    found = {statement[2] for statement in rows if "#start" in statement[0] and "linkEvidence" in statement[1]}
    assert found >= {'"group"', '"time"'}


def test_without_commands_their_answers_tell_who_sent_them(
    tables: dict[str, pa.Table], night: Night, tmp_path: Path
) -> None:
    rows = map_tables(tables, tmp_path, without=["take_images"])
    differences = exposure_differences(Statements(rows), night.truth, [DAY_OBS])
    by_hand = [exposure for exposure in night.truth.exposures if exposure.script is None]
    assert len(differences) == len(by_hand)
    assert all("sender of the command is []" in difference for difference in differences)


def test_without_either_no_script_is_made_up(tables: dict[str, pa.Table], night: Night, tmp_path: Path) -> None:
    statements = Statements(map_tables(tables, tmp_path, without=["take_images", "camera_ack"]))
    exposures = [exposure for exposure in night.truth.exposures if exposure.day_obs == DAY_OBS]
    for exposure in exposures:
        iri = f"exposure/{exposure.instrument}/{exposure.id}"
        found = statements.objects(iri, "prov:wasInformedBy")
        if exposure.group is None or exposure.script is None:
            assert not found
            assert "pg:ScriptUnknown" in statements.objects(iri, "pg:gap")
        else:
            assert found == {f"script-run/{exposure.script}"}
            assert statements.objects(f"{iri}#communication", "pg:linkEvidence") == set(exposure.evidence) - {
                "identity"
            }
        assert "pg:NoCommand" in statements.objects(iri, "pg:gap")
    assert not list(statements.pairs("pg:disagreement"))


def test_without_scripts_it_is_said_that_the_script_is_unknown(
    tables: dict[str, pa.Table], night: Night, tmp_path: Path
) -> None:
    statements = Statements(map_tables(tables, tmp_path, without=["queue_script"]))
    for exposure in night.truth.exposures:
        if exposure.day_obs == DAY_OBS:
            gap = "pg:ScriptUnknown" if exposure.script else "pg:NoScript"
            assert gap in statements.objects(f"exposure/{exposure.instrument}/{exposure.id}", "pg:gap")
    assert not list(statements.pairs("prov:qualifiedCommunication"))


def test_a_name_that_is_withheld_is_still_no_script(tables: dict[str, pa.Table], night: Night, tmp_path: Path) -> None:
    by_hand = {f"{BASE}exposure/LSSTCam/{e.id}" for e in night.truth.exposures if e.script is None}
    rows = map_tables(_without_people(tables), tmp_path)
    assert {s[1:-1] for s, p, o in rows if p.endswith("ns#gap>") and o.endswith("#NoScript>")} == by_hand
    assert not [row for row in rows if re.search("/(exposure|image-request)/", row[0]) and "/agent/" in row[2]]


def _without_people(tables: dict[str, pa.Table]) -> dict[str, pa.Table]:
    """Return what is read where people are dropped (docs/how-to/privacy.md)."""

    def veil(table: pa.Table, column: str) -> pa.Table:
        kept = [None if who is not None and "@" in who else who for who in table[column].to_pylist()]
        return table.set_column(table.schema.get_field_index(column), column, pa.array(kept, pa.string()))

    named = {"take_images": "identity", "play": "identity", "camera_ack": "command_identity"}
    return tables | {name: veil(tables[name], column) for name, column in named.items()}


# ---- the golden files ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", PARTS)
def test_every_predicate_of_the_mapping_is_in_the_golden_file(part: str) -> None:
    text = (FOLDER / part / "mapping.yml").read_text()
    golden = (FOLDER / part / "expected.nq").read_text()
    for name in set(re.findall(r"\b(?:pg|prov|dcterms|rdfs):\w+", text.split("mappings:", 1)[1])):
        prefix, local = name.split(":")
        assert f"<{PREFIXES[prefix]}{local}>" in golden, name


def test_every_gap_is_declared() -> None:
    ontology = Graph().parse(CHECKOUT / "ontology" / "progenitor.ttl")
    golden = (FOLDER / "camera" / "expected.nq").read_text()
    gaps = set(re.findall(rf"<{PG}gap> <({PG}\w+)>", golden))
    assert {gap.removeprefix(PG) for gap in gaps} == {"NoScript", "ScriptUnknown", "NoCommand", "NoEndReadout"}
    for gap in gaps:
        assert (URIRef(gap), RDF.type, URIRef(PG + "Gap")) in ontology
