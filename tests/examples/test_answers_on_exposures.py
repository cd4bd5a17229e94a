"""The queries of examples/queries that are about exposures and scripts answer what is true of the simulated night."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from night.clock import HOUR, day_obs_of, tai_instant
from night.plan import DAY_OBS
from night.simulation import Night
from night.truth import Exposure, Script
from progenitor.identifiers import encode
from progenitor.provenance import Progenitor
from support.night_queries import answers
from support.night_services import utc_of

pytestmark = [pytest.mark.butler, pytest.mark.xdist_group("demo")]

ONE = "MC_O_20251101_000010"
"""What the queries about one exposure ask about."""


@pytest.fixture(scope="module")
def store(observatory_store: Path) -> Iterator[Progenitor]:
    with Progenitor.open(observatory_store) as opened:
        yield opened


@pytest.fixture(scope="module")
def tonight(night: Night) -> list[Exposure]:
    return [exposure for exposure in night.truth.exposures if exposure.day_obs == DAY_OBS]


@pytest.fixture(scope="module")
def runs(night: Night) -> dict[str, Script]:
    """The runs whose process began in the night: others are told of by their own."""
    scripts = (script for script in night.truth.scripts if script.process_start)
    return {script.key: script for script in scripts if day_obs_of(tai_instant(script.process_start or "")) == DAY_OBS}


def who(identity: str | None) -> str | None:
    """Return a SAL identity as the graph calls it: the login of a person, or the component."""
    return identity and identity.partition("@")[0]


def version_of(run: Script) -> str:
    return f"{run.repository} {run.version}"


def names(exposures: Iterable[Exposure]) -> set[str]:
    return {exposure.obs_id for exposure in exposures}


def seconds(tai: str) -> str:
    return utc_of(tai).partition(".")[0]


def test_every_exposure_of_the_night_with_its_script_and_who_asked(
    store: Progenitor, tonight: list[Exposure], runs: dict[str, Script]
) -> None:
    true = [
        {
            "obsId": e.obs_id,
            "program": e.program,
            # The camera tells no target, so that it is lost where neither the Butler nor ConsDB has the exposure.
            "field": e.target_name if e.butler or e.consdb else None,
            "script": e.script_path,
            "version": version_of(runs[e.script]) if e.script else None,
            "requester": who(e.requester),
            "block": e.block,
            "flags": {flag["flag"] for flag in e.flags},
        }
        for e in sorted(tonight, key=lambda e: e.obs_id)
    ]
    said = [row | {"flags": set((row["flags"] or "").split())} for row in answers(store, "exposures-of-a-night")]
    assert said == true


def test_the_script_of_an_exposure(store: Progenitor, tonight: list[Exposure], runs: dict[str, Script]) -> None:
    for e in tonight:
        rows = answers(store, "script-of-an-exposure", {ONE: e.obs_id})
        if e.script is None:
            assert rows == []
            continue
        run, (row,) = runs[e.script], rows
        assert row == {
            "script": run.path,
            "version": version_of(run),
            "configuration": run.config,
            "requester": who(run.requester),
            "why": run.description or None,
            "status": "FAILED" if run.script_state == "FAILED" else "SUCCESSFUL",
            "request": row["request"],
            "evidence": row["evidence"],
        }
        assert sorted((row["evidence"] or "").split()) == sorted(e.evidence)


def test_the_block_of_an_exposure(store: Progenitor, tonight: list[Exposure], night: Night) -> None:
    for e in tonight:
        rows = answers(store, "block-of-an-exposure", {ONE: e.obs_id})
        assert [row["block"] for row in rows] == [e.block] * (e.block is not None)
        for row in rows:
            assert row["execution"] == (f"block-run/{e.block_run}" if e.block_run else None)
            defined = night.truth.blocks.get(e.block or "") if e.requester == "Scheduler:1" else None
            assert (row["hash"], row["definition"]) == (
                (defined["hash"], defined["definition"]) if defined else (None, None)
            )


def test_the_target_of_an_exposure(store: Progenitor, tonight: list[Exposure]) -> None:
    for e in tonight:
        rows = answers(store, "target-of-an-exposure", {ONE: e.obs_id})
        assert [row["field"] for row in rows] == ([e.target_name] if e.target else [])
        if e.target:
            begin, number = e.target.split("/")
            assert rows[0]["target"] == f"target/1/{encode(begin)}/{number}"
            assert rows[0]["band"] == e.physical_filter[0]
    assert sum(e.target is not None for e in tonight) > 20


def test_the_exposures_of_a_script_version(store: Progenitor, tonight: list[Exposure], runs: dict[str, Script]) -> None:
    versions = {e.obs_id: version_of(runs[e.script]) for e in tonight if e.script}
    assert len(set(versions.values())) > 3
    for version in set(versions.values()):
        rows = answers(store, "exposures-of-a-script-version", {"ts_maintel_standardscripts v0.4.0": version})
        true = {name for name, used in versions.items() if used == version}
        assert {row["obsId"] for row in rows} & names(tonight) == true


def test_the_exposures_that_somebody_asked_for(store: Progenitor, tonight: list[Exposure]) -> None:
    people = {who(e.requester or e.identity) for e in tonight}
    assert len(people) > 3
    for person in people:
        rows = answers(store, "exposures-queued-by-a-person", {'"ahopper"': f'"{person}"'})
        true = {e.obs_id: e.script_path for e in tonight if who(e.requester or e.identity) == person}
        # Those of the next day are told of, too.
        assert {row["obsId"]: row["script"] for row in rows if row["obsId"] in names(tonight)} == true


def test_the_exposures_of_a_program_a_field_and_a_block(store: Progenitor, tonight: list[Exposure]) -> None:
    asked = {
        "exposures-of-a-program": ("BLOCK-365", lambda e: e.program),
        "exposures-of-a-field": ("demo field 1", lambda e: e.target_name if e.butler or e.consdb else None),
        "exposures-of-a-block": ("BLOCK-T60", lambda e: e.block),
    }
    for query, (example, value) in asked.items():
        for one in {value(e) for e in tonight} - {None}:
            said = {row["obsId"] for row in answers(store, query, {f'"{example}"': f'"{one}"'})}
            assert said & names(tonight) == names(e for e in tonight if value(e) == one), (query, one)


def test_the_images_of_a_group(store: Progenitor, tonight: list[Exposure]) -> None:
    for e in tonight:
        rows = answers(store, "images-of-a-group", {"MC_O_20251101_000038": e.obs_id})
        same = [o for o in tonight if e.group and (o.group, o.instrument) == (e.group, e.instrument)]
        true = [(o.obs_id, *((str(o.cur_index), str(o.max_index)) if o.max_index > 1 else (None, None))) for o in same]
        assert [(row["obsId"], row["index"], row["of"]) for row in rows] == sorted(true)


def test_what_no_script_took(store: Progenitor, tonight: list[Exposure]) -> None:
    rows = answers(store, "exposures-without-a-script")
    by_hand = [e for e in tonight if e.script is None]
    assert [(row["obsId"], row["who"]) for row in rows] == [(e.obs_id, who(e.identity)) for e in by_hand]
    contradicted = {e.obs_id: f"script-run/{encode_key(e.contradicted_by)}" for e in by_hand if e.contradicted_by}
    assert {row["obsId"]: row["groupOf"] for row in rows if row["groupOf"]} == contradicted
    assert contradicted


def encode_key(key: str) -> str:
    return "/".join(encode(part) for part in key.split("/"))


def test_scripts_that_failed_and_the_fault_that_ended_one(
    store: Progenitor, night: Night, runs: dict[str, Script]
) -> None:
    failed = {
        f"{Path(run.path).name} {run.sal_index}": run
        for run in runs.values()
        if run.process_state != "DONE" or run.script_state != "DONE"
    }
    rows = answers(store, "scripts-that-failed")
    assert {row["run"] for row in rows} == set(failed)
    assert len(failed) > 3
    (fault,) = night.truth.faults
    ended = [run for run in failed.values() if run.ended_by]
    assert [run.key for run in ended] == [fault["ended"]]
    assert {row["run"]: row["fault"] for row in rows if row["fault"]} == {
        f"{Path(run.path).name} {run.sal_index}": f"{fault['csc']}, error {fault['code']}: {fault['report']}"
        for run in ended
    }


def test_faults_and_the_errors_logged_around_them(store: Progenitor, night: Night) -> None:
    (fault,) = night.truth.faults
    (row,) = answers(store, "faults-of-a-night")
    assert (row["component"], row["code"], row["report"]) == (fault["csc"], str(fault["code"]), fault["report"])
    assert (row["from"] or "").rstrip("Z") == seconds(fault["at"])
    (line,) = answers(store, "log-lines-around-a-fault")
    assert fault["report"] in str(line["line"])


def test_notes_about_the_time_of_an_exposure(store: Progenitor, night: Night, tonight: list[Exposure]) -> None:
    (fault,) = night.truth.faults
    ended = next(script for script in night.truth.scripts if script.key == fault["ended"])
    for name in ended.exposures:
        (row,) = answers(store, "notes-during-an-exposure", {"MC_O_20251101_000044": name})
        assert row["ticket"] == f"ticket/{night.truth.tickets[0]['key']}"
        assert (row["from"] or "").rstrip("Z") == seconds(fault["at"])
    long_before = next(e for e in tonight if tai_instant(e.end) < tai_instant(fault["at"]) - HOUR)
    assert answers(store, "notes-during-an-exposure", {"MC_O_20251101_000044": long_before.obs_id}) == []


def test_what_was_never_recorded_is_counted(store: Progenitor, tonight: list[Exposure]) -> None:
    counted = {local_name(row["gap"]): int(row["things"] or 0) for row in answers(store, "gaps-of-a-night")}
    true = {
        "NoScript": sum(e.script is None for e in tonight),
        "NoCommand": sum(bool(e.script) and "identity" not in e.evidence for e in tonight),
        "NoEndReadout": sum(not e.end_readout for e in tonight),
        "NotInConsDB": sum(not e.consdb for e in tonight),
        "NotInButler": sum(not e.butler and e.instrument == "LSSTCam" for e in tonight),
    }
    assert {gap: counted.get(gap) for gap in true} == true
    assert counted.keys() - true.keys() == {"NoObservation", "EditorUncertain", "DeleterUnknown"}


COLUMNS = {"observation_reason": "observationReason", "science_program": "scienceProgram", "target_name": "targetName"}
"""Columns of ConsDB that the truth table has disagreements of, and the properties that they are."""


def test_what_the_systems_contradict_each_other_in(store: Progenitor, tonight: list[Exposure]) -> None:
    true = {
        (e.obs_id, COLUMNS[column], system, said[system])
        for e in tonight
        for column, said in e.disagreements.items()
        for system in ("butler", "consdb")
    }
    rows = [
        (row["obsId"], local_name(row["property"]), row["system"], row["says"])
        for row in answers(store, "disagreements-of-a-night")
    ]
    assert {row for row in rows if row[1] in COLUMNS.values() and row[2] != "camera"} == true
    assert {row[0] for row in rows if row[1] == "wasInformedBy"} == names(e for e in tonight if e.contradicted_by)


def test_what_each_system_says_of_an_exposure(store: Progenitor, tonight: list[Exposure]) -> None:
    for e in tonight:
        rows = answers(store, "what-the-systems-say-of-an-exposure", {ONE: e.obs_id})
        assert {row["system"] for row in rows} == {"camera", "consdb"} - ({"consdb"} if not e.consdb else set())
        programs = {row["system"]: row["says"] for row in rows if local_name(row["property"]) == "scienceProgram"}
        assert programs.get("consdb") == (disputed(e, "science_program") or e.program if e.consdb else None)
        assert programs["camera"] == e.program


def disputed(exposure: Exposure, column: str) -> str | None:
    """Return what ConsDB says of an exposure where the Butler says something else."""
    said: str | None = exposure.disagreements.get(column, {}).get("consdb")
    return said


def local_name(iri: str | None) -> str:
    return (iri or "").rpartition("#")[2]


def test_raws_that_were_not_ingested(store: Progenitor, tonight: list[Exposure]) -> None:
    true = [(e.obs_id, place, str(status)) for e in tonight for place, status in e.oods.items() if status]
    rows = answers(store, "ingest-failures-of-a-night")
    assert [(row["obsId"], row["detector"], row["status"]) for row in rows] == sorted(true)
    assert true
