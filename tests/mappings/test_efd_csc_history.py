"""The views of the EFD's part csc on any history of components, held against plain Python."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from progenitor.cli.mapping import reader_schemas
from progenitor.mapping.folder import load_folder
from progenitor.mapping.staging import Staging
from progenitor.mapping.views import create_views
from support.efd_graph import FOLDER

Row = dict[str, Any]
NIGHT = timedelta(days=1)
STARTS = datetime(2025, 11, 1, 11, 59, 23)
COMPONENTS = ("MTMount", "ESS:1", "ESS:2", "ATMCS")
TOPICS = {
    "software_versions": "softwareVersions",
    "configuration_applied": "configurationApplied",
    "simulation_mode": "simulationMode",
    "summary_state": "summaryState",
    "error_code": "errorCode",
}
OTHERS = {
    "image": pa.schema(
        {"instrument": pa.string(), "exposure": pa.int64(), "begun": pa.timestamp("us"), "own": pa.bool_()}
    ),
    "script_run": pa.schema(
        {"queue": pa.int64(), "process_start_tai": pa.string(), "sal_index": pa.int64(), "own": pa.bool_()}
        | {"run_start": pa.timestamp("us"), "process_end": pa.timestamp("us")}
        | {"script_state": pa.string(), "reason": pa.string()}
    ),
}
"""What other parts make, as far as this one uses it."""
_FOLDER = load_folder(FOLDER / "csc")
_SCHEMAS = reader_schemas(_FOLDER.declaration)
SCHEMAS = {name: _SCHEMAS[name] for name in (*TOPICS, "partition_window")} | OTHERS


def message(table: str, csc: str, hours: float, number: int, **fields: Any) -> Row:
    """Return a message, sent some hours after the first night began."""
    name, _, index = csc.partition(":")
    sent = STARTS + timedelta(hours=hours)
    row = {"measurement": f"lsst.sal.{name}.logevent_{TOPICS[table]}", "sent": sent, "number": number, "identity": csc}
    if "sent_seconds" in _SCHEMAS[table].names:
        row["sent_seconds"] = (sent - datetime(1970, 1, 1)).total_seconds()
    return row | ({"sal_index": int(index)} if index else {}) | fields


Tables = dict[str, list[Row]]


def read_night(history: Mapping[str, Iterable[Row]], number: int) -> Tables:
    """Return what the reader reads of a history for a night, counted from the first: as source.yml declares it."""
    starts, ends = STARTS + number * NIGHT, STARTS + (number + 1) * NIGHT
    window = {"partition": str(number), "day_obs": 20251101 + number, "starts": starts, "ends": ends}
    tables: Tables = {"partition_window": [window]}
    for table, rows in history.items():
        options = _FOLDER.declaration.tables.get(table, {})
        since = starts - timedelta(days=int(options.get("lookback", "0d").rstrip("d")))
        until = ends + timedelta(hours=int(options.get("lookahead", "0h").rstrip("h")))
        tables[table] = [row for row in rows if since <= row["sent"] < until]
        if options.get("last_before"):
            earlier = sorted((row for row in rows if row["sent"] < since), key=lambda row: row["sent"])
            tables[table] += {row["measurement"]: row for row in earlier}.values()
    return tables


@contextmanager
def tidied(tables: Mapping[str, Sequence[Row]]) -> Iterator[duckdb.DuckDBPyConnection]:
    """Make the views of the part on some tables."""
    with TemporaryDirectory() as work, Staging(Path(work), SCHEMAS) as staging:
        for table, rows in tables.items():
            staging.write(table, pa.Table.from_pylist(list(rows), schema=SCHEMAS[table]))
        connection = staging.connection
        connection.execute("CREATE MACRO clocks_apart() AS INTERVAL 15 SECONDS")
        for file in (FOLDER.parent / "shared" / "exposures.sql", FOLDER / "csc" / "views.sql"):
            create_views(connection, file.read_text(), file)
        yield connection


HOURS = st.integers(-20 * 24, 3 * 24 - 1).map(float) | st.integers(-12, 3 * 24 - 1).map(float)
MOMENTS = st.tuples(st.sampled_from(COMPONENTS), HOURS)
STATES = st.sampled_from([1, 2, 3, 4, 5])


@st.composite
def histories(draw: st.DrawFn) -> dict[str, list[Row]]:
    """Draw what some components sent, at different times, in any order, some of it twice."""

    def drawn(table: str, offset: float, **fields: st.SearchStrategy[Any]) -> list[Row]:
        moments = draw(st.lists(MOMENTS, max_size=16, unique=True))
        rows = [
            message(table, csc, hours + offset, place, **{name: draw(value) for name, value in fields.items()})
            for place, (csc, hours) in enumerate(moments)
        ]
        again = draw(st.lists(st.sampled_from(rows), max_size=2)) if rows else []
        return draw(st.permutations(rows + again))

    return {
        "software_versions": drawn("software_versions", 0.0, version=st.sampled_from(["1", "2"])),
        "configuration_applied": drawn("configuration_applied", 0.1, files=st.just("_init.yaml")),
        "simulation_mode": drawn("simulation_mode", 0.2, mode=st.sampled_from([0, 0, 1])),
        "summary_state": drawn("summary_state", 0.3, state=STATES),
        "error_code": drawn("error_code", 0.4, code=st.sampled_from([0, 5, 6])),
    }


def sent_by(history: Mapping[str, Sequence[Row]], table: str, csc: str) -> list[Row]:
    """Return what a component sent on a topic, in order, each message once."""
    rows = {row["sent"]: row for row in history[table] if row["identity"] == csc}
    return [rows[sent] for sent in sorted(rows)]


def last(rows: Sequence[Row], at: datetime) -> Row | None:
    """Return the last message at or before an instant."""
    place = bisect_right([row["sent"] for row in rows], at)
    return rows[place - 1] if place else None


@settings(max_examples=6)
@given(histories())
def test_every_run_and_fault_ends_once_in_the_night_of_its_end(history: dict[str, list[Row]]) -> None:
    ends, fault_ends = Counter[tuple[str, datetime, datetime]](), Counter[tuple[str, datetime]]()
    for number in range(3):
        with tidied(read_night(history, number)) as connection:
            query = "SELECT csc, started, ended FROM csc_run_end JOIN csc_run USING (csc, stamp, ended)"
            ends.update(connection.execute(query).fetchall())
            fault_ends.update(connection.execute("SELECT csc, ended FROM csc_fault_end").fetchall())
    expected, expected_faults = Counter[tuple[str, datetime, datetime]](), Counter[tuple[str, datetime]]()
    for csc in COMPONENTS:
        starts, states = sent_by(history, "software_versions", csc), sent_by(history, "summary_state", csc)
        for row, following in pairwise(starts):
            if following["sent"] >= STARTS:
                before = last(states, following["sent"])
                went = before["sent"] if before and before["state"] == 4 and before["sent"] > row["sent"] else None
                expected[csc, row["sent"], went or following["sent"]] += 1
        errors = sent_by(history, "error_code", csc)
        cleared = [row["sent"] for row in errors if row["code"] == 0]
        cleared += [row["sent"] for before, row in pairwise(states) if before["state"] == 3 and row["state"] != 3]
        for row in errors:
            ended = min((at for at in cleared if at > row["sent"]), default=None)
            if row["code"] and ended and ended >= STARTS:
                expected_faults[csc, ended] += 1
    assert ends == expected
    assert fault_ends == expected_faults


@settings(max_examples=6)
@given(
    histories(),
    st.lists(st.tuples(st.sampled_from(["LSSTCam", "LATISS"]), HOURS.filter(lambda at: at >= 0)), max_size=6),
)
def test_what_is_in_force_for_an_exposure_is_the_last_of_each_component(
    history: dict[str, list[Row]], exposures: list[tuple[str, float]]
) -> None:
    begun = {
        number: (instrument, STARTS + timedelta(hours=at + 0.5)) for number, (instrument, at) in enumerate(exposures)
    }
    found: dict[int, set[tuple[str, str]]] = {number: set() for number in begun}
    for night in range(3):
        tables = read_night(history, night)
        (window,) = tables["partition_window"]
        tables["image"] = [
            {"instrument": instrument, "exposure": number, "begun": at, "own": window["starts"] <= at < window["ends"]}
            for number, (instrument, at) in begun.items()
        ]
        with tidied(tables) as connection:
            query = """
                SELECT exposure, csc, run, configuration, simulated
                FROM exposure_state JOIN state_member USING (state)
            """
            for number, csc, run, configuration, simulated in connection.execute(query).fetchall():
                found[number] |= {(csc, f"run {run}")} if run else set()
                found[number] |= {(csc, f"configuration {configuration}")} if configuration else set()
                found[number] |= {(csc, simulated)} if simulated else set()
    assert found == {number: in_force(history, *exposure) for number, exposure in begun.items()}


def in_force(history: Mapping[str, Sequence[Row]], instrument: str, at: datetime) -> set[tuple[str, str]]:
    """Return what is in force at an instant, by plain Python."""
    found = set()
    elsewhere = "ATMCS" if instrument == "LSSTCam" else "MTMount"
    for csc in set(COMPONENTS) - {elsewhere}:
        state = last(sent_by(history, "summary_state", csc), at)
        run = last(sent_by(history, "software_versions", csc), at)
        configuration = last(sent_by(history, "configuration_applied", csc), at)
        mode = last(sent_by(history, "simulation_mode", csc), at)
        if state and state["state"] == 4:
            continue
        found |= {(csc, f"run {row['sent'].isoformat(timespec='microseconds')}") for row in [run] if row}
        if configuration:
            found.add((csc, f"configuration {configuration['sent'].isoformat(timespec='microseconds')}"))
        if mode and mode["mode"] and (run or configuration):
            found.add((csc, f"{csc}={mode['mode']}"))
    return found


def test_a_run_is_told_the_same_however_old_it_is() -> None:
    history = {"software_versions": [message("software_versions", "MTMount", -90 * 24, 1, version="0.32.0")]}
    told = []
    for number in (0, 1, 40):
        with tidied(read_night(history, number)) as connection:
            told.append(connection.execute("SELECT * FROM csc_run_v").fetchall())
    assert len(told[0]) == 1
    assert told[0] == told[1] == told[2]


@pytest.mark.parametrize(
    ("reason", "fault_after", "ended"),
    [
        ("MTMount is in FAULT", 30, True),
        ("MTMount is in FAULT", -30, False),
        ("MTMount is in FAULT", 80, False),
        ("MTMount is not ENABLED", 30, False),
        ("MTMountX is in FAULT", 30, False),
        ("a fault", 30, False),
        ("state of MTMount: FAULT (3)", 70, True),
    ],
)
def test_a_script_was_ended_by_a_fault_only_where_its_reason_and_the_time_say_so(
    reason: str, fault_after: float, ended: bool
) -> None:
    started = STARTS + timedelta(hours=5)
    run = {"queue": 1, "process_start_tai": "2025-11-01T17:00:00.000000", "sal_index": 100001, "own": True}
    run |= {"run_start": started, "process_end": started + timedelta(seconds=60)}
    tables = {
        "partition_window": read_night({}, 0)["partition_window"],
        "script_run": [run | {"script_state": "FAILED", "reason": reason}],
        "error_code": [message("error_code", "MTMount", 5 + fault_after / 3600, 1, code=6051)],
    }
    with tidied(tables) as connection:
        found = connection.execute("SELECT sal_index, csc FROM ended_by_fault").fetchall()
    assert found == ([(100001, "MTMount")] if ended else [])


def test_subsystems_are_read_whatever_stands_between_them() -> None:
    versions = " ts_wep = 14.2.0,,nothing, odd=a=b ,=1,empty="
    row = message("software_versions", "MTAOS", 1, 1, version="0.21.1", subsystem_versions=versions)
    with tidied(read_night({"software_versions": [row]}, 0)) as connection:
        found = set(connection.execute("SELECT name, version FROM csc_software").fetchall())
    assert found == {("MTAOS", "0.21.1"), ("ts_wep", "14.2.0"), ("odd", "a=b")}


def test_components_are_those_of_their_telescope_or_of_both() -> None:
    names = ["MTMount", "CCCamera", "ATMCS", "ScriptQueue:1", "ScriptQueue:2", "ScriptQueue:3", "Scheduler:2", "DIMM:1"]
    rows = [message("software_versions", name, 1, 1) for name in [*names, "Script:100001"]]
    with tidied(read_night({"software_versions": rows}, 0)) as connection:
        pairs = connection.execute("SELECT telescope, csc FROM telescope_csc").fetchall()
    assert {csc for telescope, csc in pairs if telescope == "Simonyi"} == {
        "MTMount", "CCCamera", "ScriptQueue:1", "ScriptQueue:3", "DIMM:1"
    }  # fmt: skip
    assert {csc for telescope, csc in pairs if telescope == "auxiliary"} == {
        "ATMCS", "ScriptQueue:2", "Scheduler:2", "ScriptQueue:3", "DIMM:1"
    }  # fmt: skip
