"""Script runs, requests and the observing environment as mapped from a real InfluxDB, against the truth table."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from night import influxdb
from night.environment import repository_of
from night.plan import Plan, Traps
from night.simulation import Night, simulate
from night.stage import block_uid
from progenitor.mapping.folder import load_folder
from progenitor.mapping.run import run_mapping
from progenitor.mapping.staging import Staging
from progenitor.sources.reader import open_reader
from progenitor.terms import PG, PROV
from servers.influxdb import InfluxNotFoundError, Server, influxdb_server
from support.efd_graph import BASE, FOLDER, Statements, map_night
from support.mappings import read_rows
from support.night_truth import environment_differences, script_differences
from support.sinks import Tables

TONIGHT = 20251101
NIGHTS = (20211116, 20230615, 20251031, TONIGHT)
"""Two of earlier years, when fields had other names; the one of the first exposure; the night itself."""

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


def mapped(server: Server, work: Path, nights: Sequence[int]) -> dict[int, Rows]:
    """Map nights, each as a partition of its own."""
    return {day_obs: map_night(server.url, day_obs, work) for day_obs in nights}


def together(rows: dict[int, Rows]) -> Statements:
    return Statements(row for night in rows.values() for row in night)


@pytest.fixture(scope="module")
def night() -> Night:
    return simulate(Plan(seed=1))


@pytest.fixture(scope="module")
def graph(server: Server, night: Night, tmp_path_factory: pytest.TempPathFactory) -> dict[int, Rows]:
    show(server, night)
    return mapped(server, tmp_path_factory.mktemp("efd"), NIGHTS)


def test_every_script_is_what_the_truth_says(graph: dict[int, Rows], night: Night) -> None:
    assert script_differences(together(graph), night.truth, NIGHTS) == []
    assert environment_differences(together(graph), night.truth) == []


@pytest.mark.parametrize("plan", [Plan(seed=2), Plan(seed=3), Plan(seed=4, traps=Traps.none())], ids=["2", "3", "none"])
def test_other_seeds_and_a_night_without_traps(plan: Plan, server: Server, tmp_path: Path) -> None:
    other = simulate(plan)
    show(server, other)
    statements = together(mapped(server, tmp_path, [TONIGHT]))
    assert script_differences(statements, other.truth, [TONIGHT]) == []
    assert environment_differences(statements, other.truth) == []


def test_the_nights_hold_what_makes_them_hard(night: Night) -> None:
    scripts = night.truth.scripts
    assert len({(script.queue, script.sal_index) for script in scripts}) < len(scripts), "an index is used again"
    assert {None, "v0.3.1", "v0.4.0"} <= {script.version for script in scripts}
    assert {script.process_state for script in scripts} >= {"DONE", "LOADFAILED", "CONFIGURE_FAILED", "TERMINATED"}
    assert ("DONE", "FAILED") in {(script.process_state, script.script_state) for script in scripts}
    assert {script.visit for script in scripts} == {None, "announced", "cancelled"}


def test_the_comparison_sees_what_is_missing(graph: dict[int, Rows], night: Night) -> None:
    rows = [row for rows in graph.values() for row in rows]
    run = next(s for s, p, o in rows if p == f"<{PG}status>" and o == '"FAILED"')
    compared = {PROV + name for name in ("startedAtTime", "wasStartedBy", "wasAssociatedWith")}
    compared |= {PG + name for name in ("status", "group", "visitAnnouncedAtTime", "plan")}
    compared |= {PG + name for name in ("requestEvidence", "versionEvidence")}
    about = [row for row in rows if row[0] == run and row[1][1:-1] in compared]
    about += [row for row in rows if row[0] == run and row[2].startswith((f"<{BASE}software/", f"<{BASE}block/"))]
    assert {row[1][1:-1] for row in about} == compared | {PROV + "used"}
    for row in [*about, *(row for row in rows if row[1] == f"<{PG}scriptState>")]:
        rest = Statements(other for other in rows if other != row)
        assert script_differences(rest, night.truth, NIGHTS), row


def test_a_run_is_told_of_by_one_night_alone(graph: dict[int, Rows]) -> None:
    told = {
        night: {s for s, *_ in rows if "/script-run/" in s or "/script-request/" in s} for night, rows in graph.items()
    }
    assert all(told.values())
    for one, another in combinations(told.values(), 2):
        assert not one & another


def test_a_failed_script_says_why(graph: dict[int, Rows]) -> None:
    statements = together(graph)
    reasons = {
        statements.one(run, "pg:reason")
        for status in ("FAILED", "CONFIGURE_FAILED")
        for run in statements.subjects("pg:status", status)
    }
    assert reasons == {"MTMount is in FAULT", "config failed validation: 'filter' is not a property"}


def test_who_changed_the_environment_and_what(graph: dict[int, Rows], night: Night) -> None:
    statements = together(graph)
    (action,) = statements.subjects("rdf:type", "pg:ObservingEnvironmentAction")
    assert statements.one(action, "rdfs:label") == "checkout_branch ts_maintel_standardscripts v0.4.0"
    assert statements.one(action, "prov:wasAssociatedWith") == "agent/mvaldes"
    (environment,) = statements.subjects("prov:wasGeneratedBy", action)
    assert "software/ts_maintel_standardscripts/v0.4.0" in statements.objects(environment, "dcterms:hasPart")
    assert statements.one(environment, "pg:runBranch") == "v0.4.0"


def test_order_and_duplicates_of_messages_change_nothing(server: Server, night: Night, tmp_path: Path) -> None:
    show(server, night)
    folder = load_folder(FOLDER / "script-queue")
    reader = open_reader(folder.declaration, server.url, {})
    tables = Tables(reader.schemas())
    (partition,) = reader.partitions([str(TONIGHT)])
    reader.read(partition, tables, lambda rows: None)
    reader.close()
    made = []
    for seed in range(2):
        work, chance = tmp_path / str(seed), random.Random(seed)
        output = work / "triples.parquet"
        with Staging(work, reader.schemas()) as staging:
            for name in reader.schemas():
                table = tables.table(name)
                rows = [*range(len(table)), *chance.sample(range(len(table)), k=len(table) // 3)] if seed else None
                if rows and name != "partition_window":
                    chance.shuffle(rows)
                    table = table.take(pa.array(rows))
                staging.write(name, table)
            run_mapping(folder, staging, base=BASE, output=output, dead_letter=work / "dead.jsonl")
        made.append(output.read_bytes())
        assert read_rows(output)
    assert made[0] == made[1]


@pytest.fixture(scope="module")
def macros() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        text = (FOLDER / "script-queue" / "views.sql").read_text()
        for statement in connection.extract_statements(text):
            if "CREATE MACRO" in statement.query:
                connection.execute(statement)
        yield connection


def ask(connection: duckdb.DuckDBPyConnection, expression: str, *values: object) -> object:
    (found,) = connection.execute(f"SELECT {expression}", values).fetchall()
    return found[0]


@given(
    number=st.integers(1, 99_999),
    is_test=st.booleans(),
    day_obs=st.integers(20_200_101, 20_991_231),
    execution=st.integers(1, 999_999),
)
def test_the_uid_of_an_execution_names_its_block(
    macros: duckdb.DuckDBPyConnection, number: int, is_test: bool, day_obs: int, execution: int
) -> None:
    block = f"BLOCK-{'T' * is_test}{number}"
    assert ask(macros, "block_of(?)", block_uid(block, day_obs, execution)) == block


@given(uid=st.text())
def test_what_is_no_uid_names_no_block(macros: duckdb.DuckDBPyConnection, uid: str) -> None:
    assert ask(macros, "block_of(?)", uid) is None


@given(
    path=st.from_regex(r"(maintel/|auxtel/|maintel|auxtel_|test/maintel/)?[a-z_]{1,9}\.py", fullmatch=True),
    is_standard=st.booleans(),
)
def test_a_path_and_a_flag_name_the_repository(macros: duckdb.DuckDBPyConnection, path: str, is_standard: bool) -> None:
    assert ask(macros, "repository_of(?, ?)", path, is_standard) == repository_of(path, is_standard=is_standard)


def test_a_script_of_which_nobody_knows_whether_it_is_standard_has_no_repository(
    macros: duckdb.DuckDBPyConnection,
) -> None:
    assert ask(macros, "repository_of(?, NULL::BOOLEAN)", "maintel/take_image_lsstcam.py") is None
