"""Every trap of the archive is in the records of the simulated night."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from night.clock import (
    DAY,
    SECOND,
    noon,
    tai_instant,
    utc_iso,
)
from night.files import LOGS
from night.simulation import Night
from support.night_records import (
    distinct,
    find_scripts,
    image_keys,
    split,
    tonight,
)


def test_going_by_the_clock_gives_a_visit_to_the_script_before(night: Night, found: dict[str, list[Any]]) -> None:
    scripts = [script for script in find_scripts(found) if script.key[0] == 1 and script.run_start]
    keys = {s.obs_id: s.script for s in night.truth.exposures}
    truth = {(s.queue, s.process_start_tai, s.sal_index): s.key for s in night.truth.scripts}
    wrong = 0
    for row in found["MTCamera.logevent_startIntegration"]:
        before = [script for script in scripts if script.run_start <= row["private_sndStamp"]]
        naive = max(before, key=lambda script: script.run_start, default=None)
        wrong += naive is not None and keys[row["imageName"]] not in (None, truth[naive.key])
    assert wrong > night.plan.visits // 2


def test_scripts_repeat_their_index_after_the_queue_was_restarted(night: Night) -> None:
    indices = Counter(s.sal_index for s in night.truth.scripts if s.queue == 1)
    assert indices[100_001] == 2
    assert len({s.key for s in night.truth.scripts}) == len(night.truth.scripts)


def test_commands_repeat_their_sequence_number(found: dict[str, list[Any]]) -> None:
    adds = [row for row in found["ScriptQueue.command_add"] if row.get("salIndex") == 1]
    senders = {}
    for row in adds:
        senders.setdefault(row["private_seqNum"], set()).add((row["private_identity"], row["private_origin"]))
    assert any(len({identity for identity, _ in who}) > 1 for who in senders.values())
    schedulers = [{origin for identity, origin in who if identity == "Scheduler:1"} for who in senders.values()]
    assert any(len(origins) > 1 for origins in schedulers)


def test_messages_come_twice_late_and_out_of_order(night: Night) -> None:
    assert len(distinct(night.messages)) < len(night.messages)
    assert [m.delivered for m in night.messages] == sorted(m.delivered for m in night.messages)
    starts = [m for m in night.messages if m.topic == "Script.logevent_state"]
    assert [m.sent for m in starts] != sorted(m.sent for m in starts)
    assert any(m.delivered - m.sent > 10 * 60 * SECOND for m in night.messages)


def test_the_day_rolls_over_at_noon_tai(night: Night) -> None:
    end = noon(night.plan.day_obs) + DAY
    exposures = [night.truth.exposure(name) for name in night.truth.traps["rollover"]]
    across, before, after = sorted(exposures, key=lambda exposure: exposure.begin)
    assert tai_instant(across.begin) < noon(night.plan.day_obs) < tai_instant(across.end)
    assert (across.day_obs, before.day_obs, after.day_obs) == (20251031, 20251101, 20251102)
    assert tai_instant(before.begin) < end < tai_instant(after.begin)
    assert utc_iso(tai_instant(after.begin)) < "2025-11-02T12:00:00"
    assert before.script == after.script


def test_an_end_readout_is_missing(night: Night, found: dict[str, list[Any]]) -> None:
    ended = {row["imageName"] for row in found["MTCamera.logevent_endReadout"]}
    assert [e.obs_id for e in tonight(night) if e.obs_id not in ended] == night.truth.traps["missing_end_readout"]


def test_the_scheduler_repeats_its_targets(night: Night, found: dict[str, list[Any]]) -> None:
    counts = Counter(row["targetId"] for row in found["Scheduler.logevent_target"])
    assert counts[1] == 2
    observed = [e for e in tonight(night) if e.target]
    assert len({e.target for e in observed}) == len(observed) == night.plan.visits
    assert all(night.truth.targets[e.target]["script"] == e.script for e in observed if e.target)


def test_versions_change_between_two_visits(night: Night) -> None:
    last, first = (night.truth.exposure(name) for name in night.truth.traps["version_change"])
    assert last.seq_num + 1 == first.seq_num
    assert (last.script_version, first.script_version) == ("v0.3.1", "v0.4.0")
    measurements = {record.measurement for record in night.environment}
    assert measurements == {"lsst.obsenv.summary", "lsst.obsenv.action", "lsst.obsenv.run_branch"}


def test_a_csc_is_upgraded_and_another_configuration_applied(night: Night) -> None:
    used = {e.cscs["MTAOS"] for e in tonight(night)}
    assert {night.truth.csc_runs[key]["version"] for key in used} == {"0.21.1", "0.21.2"}
    assert len({e.csc_configurations["MTAOS"] for e in tonight(night)}) > 2


def test_groups_are_of_four_kinds(night: Night, found: dict[str, list[Any]]) -> None:
    assert {e.group_kind for e in tonight(night)} == {"time", "numbered", "block", "none"}
    groups = {row["imageName"]: image_keys(row).get("groupId") for row in found["MTCamera.logevent_startIntegration"]}
    patterns = {
        "time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}",
        "numbered": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}#\d",
        "block": r"B[LT]\d+_O_20251101_\d{6}",
    }
    for exposure in tonight(night):
        given_group = groups[exposure.obs_id]
        assert given_group == exposure.group
        assert given_group is None or re.fullmatch(patterns[exposure.group_kind], given_group)
    consdb = {
        insert.row["exposure_id"]: insert.row for insert in night.inserts if insert.table.endswith("lsstcam.exposure")
    }
    assert all(consdb[e.id]["group_id"] == str(e.id) for e in tonight(night) if e.group_kind == "none")


def test_colons_in_values_are_escaped(found: dict[str, list[Any]]) -> None:
    row = next(r for r in found["MTCamera.logevent_startIntegration"] if r["imageName"] == "MC_O_20251101_000010")
    assert r"2025-11-02T02\:06\:40.000" in row["additionalValues"]
    assert len(row["additionalValues"].split(":")) > len(split(row["additionalValues"]))


def test_some_exposures_have_no_script(night: Night) -> None:
    by_hand = {e.obs_id: (e.taken_by, e.identity) for e in night.truth.exposures if e.script is None}
    assert {kind for kind, _ in by_hand.values()} == {"notebook", "playlist"}
    assert all(re.fullmatch(r"\w+@[\w.-]+", identity) for _, identity in by_hand.values())


def test_a_command_is_lost_where_the_group_names_several(night: Night, found: dict[str, list[Any]]) -> None:
    (name,) = night.truth.traps["lost_command"]
    exposure = night.truth.exposure(name)
    assert exposure.evidence == ["group-time"]
    assert sum(s.group == exposure.group for s in night.truth.scripts) == 3
    commands = [r for r in found["MTCamera.command_takeImages"] if str(exposure.group) in r["keyValueMap"]]
    assert len(commands) == sum(e.group == exposure.group for e in night.truth.exposures) - 1


def test_scripts_end_in_every_way(night: Night, found: dict[str, list[Any]]) -> None:
    ends = {(s.process_state, s.script_state) for s in night.truth.scripts}
    assert ends == {
        ("DONE", "DONE"),
        ("DONE", "FAILED"),
        ("LOADFAILED", "UNKNOWN"),
        ("CONFIGURE_FAILED", "CONFIGURE_FAILED"),
        ("TERMINATED", "CONFIGURED"),
    }
    (failed,) = [s for s in night.truth.scripts if s.script_state == "FAILED"]
    (fault,) = night.truth.faults
    assert failed.ended_by == fault["key"]
    assert fault["ended"] == failed.key
    codes = [row["errorCode"] for row in found["MTMount.logevent_errorCode"]]
    assert codes == [fault["code"], 0]
    assert [row["summaryState"] for row in found["MTMount.logevent_summaryState"]][-4:] == [3, 5, 1, 2]
    (cancelled,) = found["ScriptQueue.logevent_nextVisitCanceled"]
    assert cancelled["groupId"] in {s.group for s in night.truth.scripts if s.visit == "cancelled"}


def test_the_queue_leaves_the_block_to_the_script(found: dict[str, list[Any]]) -> None:
    recent = [row for row in found["ScriptQueue.logevent_script"] if "blockId" in row]
    assert recent
    assert all((row["blockId"], row["executionId"], row["blockSize"]) == ("", "", 0) for row in recent)
    assert any(row["blockId"].startswith("BL365_O_") for row in found["Script.logevent_state"] if "blockId" in row)


def test_fields_had_other_names_in_the_past(night: Night, found: dict[str, list[Any]]) -> None:
    scripts = found["ScriptQueue.logevent_script"]
    oldest = [row for row in scripts if "ScriptQueueID" in row]
    older = [row for row in scripts if "scriptSalIndex" in row and "blockId" not in row]
    assert {(row["ScriptQueueID"], row["salIndex"]) for row in oldest} == {(2, 200_001)}
    assert {(row["salIndex"], row["scriptSalIndex"]) for row in older} == {(2, 200_001)}
    past = [night.truth.exposure(name) for name in night.truth.traps["renamed_fields"]]
    assert all(e.block is None and e.script and e.script_version is None for e in past)
    assert {str(e.group)[-2] for e in past} == {"+", "#"}


def test_latiss_exposures_have_the_numbers_of_lsstcams(night: Night) -> None:
    assert {e.id for e in tonight(night, "LATISS")} <= {e.id for e in tonight(night)}
    assert {script.repository for script in night.truth.scripts} == {
        "ts_standardscripts",
        "ts_maintel_standardscripts",
        "ts_auxtel_standardscripts",
        "ts_externalscripts",
    }


def test_consdb_has_gaps_and_disagrees(night: Night) -> None:
    rows_by_id = {i.row["exposure_id"]: i.row for i in night.inserts if i.table == "cdb_lsstcam.exposure"}
    missing = [e for e in tonight(night) if e.id not in rows_by_id]
    assert [e.obs_id for e in missing] == [e.obs_id for e in tonight(night) if not e.consdb]
    assert len(missing) == 1
    disagreeing = [e for e in tonight(night) if e.disagreements]
    assert len(disagreeing) == 2
    for exposure in disagreeing:
        assert exposure.butler
        for column, values in exposure.disagreements.items():
            assert rows_by_id[exposure.id][column] == values["consdb"] != values["butler"]


def test_the_summit_could_not_ingest_a_detector(night: Night, found: dict[str, list[Any]]) -> None:
    failed = [
        (r["obsid"], f"{r['raft']}_{r['sensor']}") for r in found["MTOODS.logevent_imageInOODS"] if r["statusCode"]
    ]
    assert len(failed) == 1
    assert failed == [(e.obs_id, name) for e in night.truth.exposures for name, code in e.oods.items() if code]


def test_headers_are_in_the_large_file_annex(night: Night, found: dict[str, list[Any]]) -> None:
    urls = {r["id"]: r["url"] for r in found["MTHeaderService.logevent_largeFileObjectAvailable"]}
    assert urls == {e.obs_id: e.header for e in night.truth.exposures if e.instrument == "LSSTCam"}


def test_messages_of_the_logs_tell_edits_from_deletions_as_they_can(night: Night) -> None:
    truth = {message["id"]: message for message in night.truth.messages}
    held = {record["id"]: record for name in LOGS for record in night.logbook(name).records}
    assert held.keys() == truth.keys()
    for id_, record in held.items():
        true = truth[id_]
        assert (record["parent_id"], record["user_id"]) == (true["parent"], true["by"])
        assert (record["date_added"], record["date_invalidated"]) == (true["added"], true["ended_at"])
        children = [other for other in held.values() if other["parent_id"] == id_]
        if true["log"] == "nightreport":  # an edited report keeps its parent's date
            assert bool(children) == (true["ended"] == "edited")
        else:
            edited = record["date_invalidated"] in {child["date_added"] for child in children}
            assert ("edited" if edited else "deleted" if record["date_invalidated"] else None) == true["ended"]
    lost = truth[night.truth.traps["editor_lost"][0]]
    assert lost["edited_by"] is None
    assert lost["by"] == truth[lost["parent"]]["by"]
    forks = [truth[id_] for id_ in night.truth.traps["forked"]]
    assert len({fork["parent"] for fork in forks}) == 1
    assert truth[forks[0]["parent"]]["ended_at"] == forks[1]["added"] != forks[0]["added"]


def test_flags_are_those_of_the_valid_messages(night: Night) -> None:
    valid = [r for r in night.logbook("exposurelog").records if r["is_valid"] and r["exposure_flag"] != "none"]
    shown = [flag["message"] for exposure in night.truth.exposures for flag in exposure.flags]
    assert sorted(shown) == sorted(record["id"] for record in valid)
    assert any(len(exposure.flags) == 2 for exposure in night.truth.exposures)


def test_lines_of_logs_name_their_zone_or_none(night: Night) -> None:
    assert {line["zone"] for line in night.truth.log_lines} == {"Z", "local", "unsaid"}
