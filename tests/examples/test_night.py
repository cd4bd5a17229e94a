"""The simulated night keeps its promises: the truth can be told from its records, and it is the demo's night."""

from __future__ import annotations

import dataclasses
import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from astropy.time import Time
from hypothesis import given
from hypothesis import strategies as st
from lsst.daf.butler import Butler

from lsst_demo.observations import EPOCHS
from night.clock import (
    DAY,
    HOUR,
    SECOND,
    day_obs_of,
    instant,
    noon,
    tai_instant,
    tai_iso,
    utc_microseconds,
)
from night.consdb_tables import rows_of
from night.files import LOGS, write_folder
from night.logbook import EXPOSURELOG, LogBook
from night.plan import MAXIMUM_VISITS, Plan, Traps
from night.simulation import Night, simulate
from support.cache import CHECKOUT
from support.night_files import contents
from support.night_records import (
    distinct,
    find_exposures,
    find_scripts,
    rows,
    tonight,
    version_at,
)

TRAPS = [trap.name for trap in dataclasses.fields(Traps)]


def test_the_same_plan_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    write_folder(simulate(), tmp_path / "again")
    assert contents(tmp_path / "again") == contents(folder)


def test_another_seed_gives_another_night(night: Night) -> None:
    other = simulate(Plan(seed=2))
    assert [e.obs_id for e in other.truth.exposures] == [e.obs_id for e in night.truth.exposures]
    assert other.truth.traps != night.truth.traps
    assert {s.key for s in other.truth.scripts}.isdisjoint(s.key for s in night.truth.scripts if s.queue == 1)


@pytest.mark.butler
@pytest.mark.parametrize("day_obs", EPOCHS)
def test_lsstcam_took_what_the_repository_holds(repository: Path, day_obs: int) -> None:
    truth = {e.id: e for e in tonight(simulate(Plan(day_obs=day_obs)))}
    with Butler.from_config(str(repository)) as butler:
        kept = butler.query_dimension_records("exposure", where=f"instrument='LSSTCam' AND day_obs={day_obs}")
    assert {e.id for e in truth.values() if e.butler} == {record.id for record in kept}
    for record in kept:
        exposure = truth[record.id]
        assert {
            "obs_id": exposure.obs_id,
            "group": exposure.group,
            "seq_num": exposure.seq_num,
            "observation_type": exposure.type,
            "observation_reason": exposure.reason,
            "science_program": exposure.program,
            "target_name": exposure.target_name,
            "physical_filter": exposure.physical_filter,
        }.items() <= record.toDict().items()
        assert instant(record.timespan.begin) == tai_instant(exposure.begin)
        assert instant(record.timespan.end) == tai_instant(exposure.end)


def test_the_truth_has_every_exposure_and_every_script(night: Night, found: dict[str, list[Any]]) -> None:
    cameras = ("MTCamera", "ATCamera")
    seen = [row["imageName"] for name in cameras for row in found[f"{name}.logevent_startIntegration"]]
    assert sorted(seen) == sorted(exposure.obs_id for exposure in night.truth.exposures)
    asked = [row["path"] for row in found["ScriptQueue.command_add"]]
    assert sorted(asked) == sorted(script.path for script in night.truth.scripts)


@pytest.mark.parametrize("seed", range(20))
def test_what_is_true_can_be_told_from_the_records(seed: int) -> None:
    night = simulate(Plan(seed=seed))
    found = rows(night)
    scripts = find_scripts(found)
    known = {(s.queue, s.process_start_tai, s.sal_index): s for s in night.truth.scripts}
    recent = [e for e in night.truth.exposures if e.day_obs > 20240101]
    links = {exposure.obs_id: exposure for exposure in find_exposures(found, scripts)}
    for true in recent:
        link = links[true.obs_id]
        script = known[link.script.key] if link.script else None
        assert (script.key if script else None) == true.script
        assert link.group == true.group
        if link.script and script:
            utc = utc_microseconds([round(link.script.key[1] * SECOND)])[0] / SECOND
            assert version_at(night.environment, script.repository, utc) == true.script_version
            assert hashlib.sha256(link.script.config.encode()).hexdigest() == true.config_sha256
            assert link.script.requester == true.requester
        shown = set()
        if link.asked_by and link.script:
            shown.add("identity")
        if link.script in link.named_by_group:
            shown.add("group" if len(link.named_by_group) == 1 else "group-time")
        assert shown == set(true.evidence)
        contradicting = [known[one.key].key for one in link.named_by_group if one is not link.script]
        assert (true.contradicted_by in contradicting) == (true.contradicted_by is not None)


def everything(night: Night) -> list[Any]:
    """What all the systems hold."""
    logs = [night.logbook(name).records for name in LOGS]
    return [[dataclasses.astuple(m) for m in night.messages], night.environment, logs, rows_of(night.inserts)]


@pytest.mark.parametrize("trap", TRAPS)
def test_every_trap_can_be_left_out(trap: str, night: Night) -> None:
    without = simulate(Plan(traps=Traps().without(trap)))
    assert trap not in without.truth.traps
    assert everything(without) != everything(night)


def test_a_night_without_traps_is_plain() -> None:
    night = simulate(Plan(traps=Traps.none()))
    assert not night.truth.traps
    assert len(distinct(night.messages)) == len(night.messages)
    assert all(e.evidence == ["group", "identity"] for e in night.truth.exposures)
    assert all(e.consdb and e.end_readout and not e.disagreements for e in night.truth.exposures)
    assert {s.process_state for s in night.truth.scripts} == {"DONE"}


def test_a_night_grows(night: Night) -> None:
    middle = noon(night.plan.day_obs) + 14 * HOUR + 15 * 60 * SECOND
    half = night.as_of(middle)
    assert half.messages == night.messages[: len(half.messages)]
    assert 0 < len(half.messages) < len(night.messages)
    late = [m for m in night.messages[len(half.messages) :] if m.sent < middle - 15 * SECOND]
    assert late, "what is late was already sent"
    assert 0 < len(half.inserts) < len(night.inserts)
    edited = night.truth.traps["edited"][0]
    before = night.as_of(noon(night.plan.day_obs) + 20 * HOUR).logbook("exposurelog")
    parent = next(m["parent"] for m in night.truth.messages if m["id"] == edited)
    assert before.get(parent)["is_valid"]
    assert not night.logbook("exposurelog").get(parent)["is_valid"]


def test_a_full_night_has_about_fifty_messages_an_exposure() -> None:
    night = simulate(Plan(visits=800))
    assert len(tonight(night)) > 800
    assert 45 <= len(night.messages) / len(night.truth.exposures) <= 55


def test_the_longest_night_ends_before_the_next_day() -> None:
    night = simulate(Plan(visits=MAXIMUM_VISITS))
    exposures = [e for e in night.truth.exposures if e.instrument == "LSSTCam"]
    assert all(day_obs_of(tai_instant(e.begin)) == e.day_obs for e in exposures)
    assert [e.begin for e in exposures] == sorted(e.begin for e in exposures)


@pytest.mark.parametrize("visits", [0, 11, MAXIMUM_VISITS + 1])
def test_a_night_of_no_sensible_size_is_refused(visits: int) -> None:
    with pytest.raises(ValueError, match=str(visits)):
        Plan(visits=visits)


def run_build(*arguments: object) -> subprocess.CompletedProcess[str]:
    script = CHECKOUT / "examples" / "demo" / "build_night.py"
    return subprocess.run(
        [sys.executable, str(script), *map(str, arguments)], capture_output=True, text=True, check=False
    )


def test_the_script_builds_a_night_once(tmp_path: Path, folder: Path) -> None:
    target = tmp_path / "built"
    first = run_build(target)
    assert first.returncode == 0, first.stderr
    assert "is complete" in first.stdout
    assert contents(target) == contents(folder)
    assert "already there" in run_build(target).stdout
    other = run_build(target, "--seed", 2)
    assert other.returncode == 2
    assert str(target) in other.stderr
    assert contents(target) == contents(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["built"]


@given(st.integers(tai_instant("2016-01-01T00:00:00"), tai_instant("2027-01-01T00:00:00")))
def test_times_agree_with_astropy(at: int) -> None:
    time = Time(tai_iso(at), scale="tai", precision=6)
    assert instant(time) == at
    (utc,) = utc_microseconds([at])
    # A leap second has no unix time of its own: astropy stretches the one beside it.
    assert abs(utc - time.unix * SECOND) < 2 or time.utc.strftime("%S") == "60"


@given(st.integers(0, DAY - 1))
def test_a_day_of_observation_lasts_from_noon_to_noon(part: int) -> None:
    assert day_obs_of(noon(20251101) + part) == 20251101


operations = st.lists(st.tuples(st.sampled_from(["add", "edit", "delete"]), st.integers(0, 5)), max_size=20)


@given(operations)
def test_a_log_forgets_nothing_but_a_date(steps: list[tuple[str, int]]) -> None:
    book = LogBook(EXPOSURELOG)
    book.add(tai_iso(0), "0", message_text="first", user_id="author")
    count = 1
    for number, (step, choice) in enumerate(steps, start=1):
        at, id_ = tai_iso(number * SECOND), str(choice % count)
        before = {record["id"]: dict(record) for record in book.records}
        if step == "delete":
            book.delete(at, id_)
        else:
            book.add(at, str(count)) if step == "add" else book.edit(at, id_, str(count), level=30)
            count += 1
        for old_id, old in before.items():
            now = book.get(old_id)
            changed = {name for name in old if old[name] != now[name]}
            assert changed <= ({"is_valid", "date_invalidated"} if old_id == id_ else set())
            if step == "delete" and not old["is_valid"]:
                assert not changed
    for record in book.records:
        assert record["is_valid"] == (record["date_invalidated"] is None)
        if record["parent_id"] is not None:
            assert not book.get(record["parent_id"])["is_valid"]
            assert record["user_id"] == book.get(record["parent_id"])["user_id"]
