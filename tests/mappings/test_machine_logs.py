"""Machine logs as mapped from Loki's query_range over HTTP, against the lines of the simulated night."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest

from night.clock import SECOND, tai_instant
from night.files import write_folder
from night.machine_logs import Line
from night.plan import Plan, Traps
from night.simulation import Night, simulate
from progenitor.mapping.folder import load_folder
from progenitor.mapping.staging import Staging
from servers.observatory import web_services
from support.butler import Mapped
from support.night_queries import ask, exposures_in_turtle
from support.night_services import MAPPINGS, log_differences, map_source

pytestmark = pytest.mark.server

NIGHT = 20251101
FOLDER = MAPPINGS / "machine-logs"
night_of = cache(lambda seed: simulate(Plan(seed=seed)))


def mapped_from(night: Night, work: Path) -> Mapped:
    with web_services(night) as services:
        return map_source("machine-logs", services.url, work, NIGHT)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_line_is_told_with_its_time_in_utc_and_what_it_names(tmp_path: Path, seed: int) -> None:
    night = night_of(seed)
    mapped = mapped_from(night, tmp_path)
    assert mapped.set_aside == 0
    assert log_differences(mapped, night) == []
    assert {line["zone"] for line in night.truth.log_lines} == {"Z", "local", "unsaid"}


def test_exported_lines_say_the_same(tmp_path: Path) -> None:
    night = night_of(1)
    more = Line(night.lines[0].at, night.lines[0].labels, "nothing of ours")
    night = replace(night, lines=[*night.lines, more])
    write_folder(night, tmp_path / "night")
    exported = map_source("machine-logs", str(tmp_path / "night"), tmp_path, NIGHT)
    assert exported.triples == mapped_from(night, tmp_path).triples
    assert map_source("machine-logs", str(tmp_path / "night"), tmp_path, NIGHT + 1).triples == set()


def test_a_night_without_traps(tmp_path: Path) -> None:
    night = simulate(Plan(traps=Traps.none()))
    assert log_differences(mapped_from(night, tmp_path), night) == []


def test_the_comparison_finds_what_is_wrong(tmp_path: Path) -> None:
    night = night_of(1)
    mapped = mapped_from(night, tmp_path)
    mapped.triples = {
        (s, p, o) for s, p, o in mapped.triples if (p, o) != ("pg:about", ":exposure/LSSTCam/2025110100012")
    }
    (difference,) = log_differences(mapped, night)
    assert "pg:about: [], not [':exposure/LSSTCam/2025110100012']" in difference


def test_only_lines_that_cite_something_or_are_errors_are_kept(tmp_path: Path) -> None:
    night = night_of(1)
    at = tai_instant("2025-11-02T05:00:00")
    labels = night.lines[0].labels
    kept = [
        Line(at, labels, "Script:100001 says hello"),
        Line(at, labels | {"severity": "critical"}, "no name in it"),
        Line(at, labels, "wrote AT_O_20251101_000001.fits"),
    ]
    left = [
        Line(at, labels, "nothing of ours: 100001, AT_20251101, exposure 17"),
        Line(at, labels, "ERROR in words only"),
    ]
    mapped = mapped_from(replace(night, lines=[*kept, *left]), tmp_path)
    values = {o for _, p, o in mapped.triples if p == "prov:value"}
    assert values == {f'"{line.text}"' for line in kept}


def test_lines_of_one_instant_at_the_edge_of_a_page_are_neither_lost_nor_doubled(tmp_path: Path) -> None:
    """Loki gives 5000 lines at most: here many pages, whose edges cut instants of 700 lines in two streams."""
    night = night_of(1)
    first = tai_instant("2025-11-02T05:00:00")
    labels = night.lines[0].labels
    lines = [
        Line(first + instant * SECOND, labels | {"pod": f"p-{number % 2}"}, f"{number} took MC_O_20251101_{number:06d}")
        for instant in range(17)
        for number in range(700)
    ]
    mapped = mapped_from(replace(night, lines=lines), tmp_path)
    told = Counter((o for _, p, o in mapped.triples if p == "prov:generatedAtTime"))
    assert len(mapped.subjects("rdf:type", "pg:LogLine")) == len(lines)
    assert set(told.values()) == {700}
    assert len(told) == 17


def test_the_query_gives_the_lines_that_name_an_exposure(tmp_path: Path) -> None:
    night = night_of(1)
    mapped_from(night, tmp_path)
    exposures = [e for e in night.truth.exposures if e.day_obs == NIGHT]
    told, archives = exposures_in_turtle(exposures), list(tmp_path.glob("machine-logs-*.parquet"))
    lines = [line["line"] for line in night.truth.log_lines]
    for e in exposures:
        found = ask("log-lines-of-an-exposure", archives, told, {"MC_O_20251101_000010": e.obs_id})
        assert [row[2:] for row in found] == [("INFO", "summit", line) for line in lines if e.obs_id in line]
    assert any("took" in line for line in lines)


# ---- Times in lines --------------------------------------------------------------------------------------------------


@pytest.fixture
def views(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The views of the folder, over empty tables."""
    folder = load_folder(FOLDER)
    from progenitor.sources.http import declared_schemas

    with Staging(tmp_path, declared_schemas(folder.declaration)) as staging:
        for sql in folder.views.values():
            staging.connection.execute(sql)
        staging.connection.execute("INSERT INTO partition_window VALUES ('all', NULL, NULL, NULL)")
        yield staging.connection


def read_line(views: duckdb.DuckDBPyConnection, line: str, app: str = "scriptqueue") -> tuple[Any, ...]:
    """Return the time that is read from a line, as text, and the gap."""
    views.execute("DELETE FROM citing_line")
    views.execute(
        "INSERT INTO citing_line VALUES (TIMESTAMP_NS '2025-11-02 00:00:00', ?, ?)", [line, json.dumps({"app": app})]
    )
    (row,) = views.execute("SELECT CAST(line_time AS VARCHAR), gap FROM log_line").fetchall()
    return row


@pytest.mark.parametrize(
    ("line", "time"),
    [
        ("2025-11-02T02:07:51.900Z INFO x", "2025-11-02 02:07:51.9"),
        ("2025-11-01T23:07:51.900-03:00 INFO x", "2025-11-02 02:07:51.9"),
        ("2025-11-02 05:37:51,900 +0330 x", "2025-11-02 02:07:51.9"),
        ("[2025-11-02 02:07:51 UTC] x", "2025-11-02 02:07:51"),
        ("INFO: 2025-11-02 02:07:51,123456789 x", "2025-11-02 02:07:51.123456"),
        ("ERROR [2025-11-02T02:07:51] x", "2025-11-02 02:07:51"),
        ("2025-11-02 02:07:51 -12 degrees", "2025-11-02 02:07:51"),
        ("x 2025-11-02T02:07:51Z", None),
        ("group 2025-11-02T02:07:51.000", None),
        ("2025-13-41T02:07:51Z x", None),
        ("no time", None),
        ("", None),
    ],
)
def test_the_time_of_a_line_is_what_it_begins_with(views: Any, line: str, time: str | None) -> None:
    assert read_line(views, line) == (time, None)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("2025-11-01 23:07:51 x", ("2025-11-02 02:07:51", None)),
        ("2025-07-01 23:07:51 x", ("2025-07-02 03:07:51", None)),
        ("2025-07-01 23:07:51Z x", ("2025-07-01 23:07:51", None)),
        # Clocks went back at midnight of the 6th of April, and on at that of the 7th of September.
        ("2025-04-05 23:30:00 x", (None, "AmbiguousTime")),
        ("2025-09-07 00:30:00 x", (None, "AmbiguousTime")),
        ("2025-04-05 22:30:00 x", ("2025-04-06 01:30:00", None)),
        ("2025-04-06 00:30:00 x", ("2025-04-06 04:30:00", None)),
    ],
)
def test_a_time_without_a_zone_is_in_the_one_declared(views: Any, line: str, expected: tuple[Any, ...]) -> None:
    views.execute("INSERT INTO log_zone VALUES ('local', 'America/Santiago')")
    assert read_line(views, line, "local") == expected
    zoned = "Z" in line
    assert read_line(views, line, "undeclared") == ((expected[0], None) if zoned else (None, "NoTimeZone"))
