"""The part scheduler of the EFD's mapping: targets, blocks and software, on a simulated night and on made-up ones."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from progenitor.cli.mapping import reader_schemas
from progenitor.mapping.folder import load_folder
from progenitor.mapping.run import run_mapping
from progenitor.mapping.staging import Staging
from servers.influxdb import InfluxNotFoundError
from support import night_components
from support.efd_graph import BASE, FOLDER, MappedNight, Statements, mapped_night
from support.mappings import read_rows

TONIGHT = 20251101
STARTS = datetime(2025, 11, 1, 11, 59, 23)
SCRIPT = "maintel/track_target_and_take_image_lsstcam.py"
Row = dict[str, Any]
_MAPPING = load_folder(FOLDER / "scheduler")
_SCHEMAS = reader_schemas(_MAPPING.declaration)


@pytest.fixture(scope="module")
def mapped() -> MappedNight:
    try:
        return mapped_night(1, TONIGHT)
    except InfluxNotFoundError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))


@pytest.mark.server
def test_targets_and_blocks_are_those_of_the_truth(mapped: MappedNight) -> None:
    statements, truth = mapped.statements(), mapped.night.truth
    assert len({key.rpartition("/")[0] for key in truth.targets}) == 2, "the scheduler was restarted"
    assert len({key.rpartition("/")[2] for key in truth.targets}) < len(truth.targets), "a number is there twice"
    assert night_components.wanted(statements, truth.targets) == []
    assert truth.blocks
    assert night_components.blocks(statements, truth, TONIGHT) == []


@pytest.mark.server
def test_each_exposure_leads_to_its_target_and_no_other(mapped: MappedNight) -> None:
    statements, truth = mapped.statements(), mapped.night.truth
    for script in truth.scripts:
        used = {
            name for name in statements.objects(f"script-run/{script.key}", "prov:used") if name.startswith("target/")
        }
        wanted = {key for key, target in truth.targets.items() if target["script"] == script.key}
        assert used == {f"target/1/{key}" for key in wanted}, script.key


@pytest.mark.server
def test_only_a_scheduler_that_was_not_restarted_since_reports_an_observation(mapped: MappedNight) -> None:
    statements, truth = mapped.statements(), mapped.night.truth
    observed = {name for name, _ in statements.pairs("pg:observedAtTime")}
    missed = statements.subjects("pg:gap", "pg:NoObservation")
    assert observed | missed == {f"target/1/{key}" for key in truth.targets}
    assert not observed & missed
    first, second = sorted({key.rpartition("/")[0] for key in truth.targets})
    # Targets of the first scheduler are forgotten from the start of the second on.
    late = {
        f"target/1/{key}"
        for key, target in truth.targets.items()
        if target["scheduler"] == first and any(truth.exposure(name).end > second for name in target["exposures"])
    }
    assert late
    assert missed == late


@pytest.mark.server
def test_a_run_of_the_scheduler_used_what_it_depends_on(mapped: MappedNight) -> None:
    statements = mapped.statements()
    (name, *_) = {run for run, _ in statements.pairs("prov:used") if run.startswith("csc-run/Scheduler:1/")}
    used = statements.objects(name, "prov:used")
    assert {"software/rubin_scheduler/3.14.1", "software/seeingModel/4.1.1", "software/Scheduler/2.9.1"} <= used
    assert not {
        text for text in used if "private_" in text or text.startswith(("software/version", "software/scheduler/"))
    }


def seconds(at: datetime) -> float:
    return (at - datetime(1970, 1, 1)).total_seconds()


def begun(at: datetime) -> Row:
    """Return the message with which a scheduler begins."""
    return {"sent": at, "sent_seconds": seconds(at), "sal_index": 1, "field": "seeingModel", "version": "4.1.1"}


def target(at: datetime, number: int, script: int) -> Row:
    place = {"ra": 10.0, "dec": -30.0, "band": "r", "name": "field", "note": "", "snapshot": ""}
    return {"sent": at, "sal_index": 1, "target_id": number, "first_script": script} | place


def queued(at: datetime, number: int, identity: str = "Scheduler:1") -> Row:
    row = {"sent": at, "sent_seconds": seconds(at), "number": number, "identity": identity, "path": SCRIPT}
    return row | {"is_standard": True, "config": "", "description": "", "block": "BLOCK-365", "sal_index": 1}


def started(at: datetime, number: int, script: int) -> Row:
    row = {"sent": at, "command_number": number, "path": SCRIPT, "is_standard": True, "process_state": 1}
    row |= {"script_state": 0, "sal_index": 1, "script_sal_index": script}
    return row | {"process_start": at, "process_start_seconds": seconds(at)}


def restarted(at: datetime) -> Row:
    """Return the message with which the script queue starts."""
    row = {"measurement": "lsst.sal.ScriptQueue.logevent_softwareVersions", "sent": at, "sent_seconds": seconds(at)}
    return row | {"number": 1, "identity": "ScriptQueue:1", "sal_index": 1, "version": "2.20.0"}


def graph(work: Path, tables: dict[str, Sequence[Row]]) -> Statements:
    """Map a night of these rows."""
    window = {"partition": "2025-11-01", "day_obs": TONIGHT, "starts": STARTS, "ends": STARTS + timedelta(days=1)}
    with Staging(work, _SCHEMAS) as staging:
        for table, rows in {"partition_window": [window], **tables}.items():
            staging.write(table, pa.Table.from_pylist(list(rows), schema=_SCHEMAS[table]))
        output = work / "triples.parquet"
        result = run_mapping(_MAPPING, staging, base=BASE, output=output, dead_letter=work / "dead.jsonl")
    assert result.set_aside == 0
    return Statements(read_rows(output))


def scripts_of(statements: Statements) -> set[tuple[str, str]]:
    """Return which script index, started when, used which target."""
    return {
        ("/".join(script.split("/")[2:]), name.partition("/")[2])
        for script, name in statements.pairs("prov:used")
        if name.startswith("target/")
    }


NINE = STARTS + timedelta(hours=9)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("case", "rows", "found"),
    [
        ("the queue's clock is ahead", {"queue_script": [started(NINE + 20 * SECOND, 1, 100001)]}, True),
        ("the queue's clock is behind", {"queue_script": [started(NINE - 9 * SECOND, 1, 100001)]}, True),
        ("a run of the same index hours before", {"queue_script": [started(NINE - 3600 * SECOND, 1, 100001)]}, False),
        ("somebody else queued it", {"queue_add": [queued(NINE - SECOND, 1, "ada@love.cp")]}, False),
        ("the queue was restarted before it came", {"software_versions": [restarted(NINE + 18 * SECOND)]}, False),
        ("the queue had been restarted before", {"software_versions": [restarted(NINE - 60 * SECOND)]}, True),
        ("another target has the index", {"scheduler_target": [target(NINE + 1 * SECOND, 2, 100001)]}, True),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_target_is_of_the_next_run_of_its_index_that_its_scheduler_queued(
    case: str, rows: dict[str, list[Row]], found: bool, tmp_path: Path
) -> None:
    tables: dict[str, list[Row]] = {
        "scheduler_dependency": [begun(NINE - timedelta(hours=1))],
        "scheduler_target": [target(NINE, 1, 100001)],
        "queue_add": [queued(NINE - timedelta(hours=2), 1)],
        "queue_script": [started(NINE + 20 * SECOND, 1, 100001)],
    }
    tables |= {table: [*tables[table], *more] if table == "scheduler_target" else more for table, more in rows.items()}
    assert bool(scripts_of(graph(tmp_path, tables))) == found, case


@settings(max_examples=4)
@given(st.data())
def test_any_scheduler_counts_its_targets_for_itself(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Whatever restarts come between: a target is of the scheduler as it had begun last, and of its own script."""
    restarts = sorted(data.draw(st.sets(st.integers(1, 20), max_size=4)) | {0})
    sent = sorted(data.draw(st.sets(st.integers(0, 20), min_size=1, max_size=8)))
    tables: dict[str, list[Row]] = {
        "scheduler_dependency": [begun(NINE + timedelta(minutes=at)) for at in restarts],
        "scheduler_target": [],
        "queue_add": [],
        "queue_script": [],
    }
    expected, numbers = set(), dict.fromkeys(restarts, 0)
    for place, minute in enumerate(sent, start=1):
        at = NINE + timedelta(minutes=minute, seconds=30)
        since = max(restart for restart in restarts if restart <= minute)
        numbers[since] += 1
        process = at + 6 * SECOND
        tables["scheduler_target"].append(target(at, numbers[since], 100000 + place))
        tables["queue_add"].append(queued(at - SECOND, place))
        tables["queue_script"].append(started(process, place, 100000 + place))
        script = f"{process.isoformat(timespec='microseconds')}/{100000 + place}"
        scheduler = (NINE + timedelta(minutes=since)).isoformat(timespec="microseconds")
        expected.add((script, f"1/{scheduler}/{numbers[since]}"))
    for table, rows in tables.items():
        tables[table] = data.draw(st.permutations(rows + rows[:2]))
    assert scripts_of(graph(tmp_path_factory.mktemp("made-up"), tables)) == expected


def test_a_target_of_a_scheduler_whose_begin_nobody_recorded_is_not_told_of(tmp_path: Path) -> None:
    tables = {"scheduler_target": [target(NINE, 1, 100001)]}
    assert list(graph(tmp_path, tables).pairs("pg:rightAscension")) == []
