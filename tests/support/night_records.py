"""A night read back from its records alone, by the join rules of the archive: what the truth can be held against."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from night.bus import Message
from night.encoding import records
from night.environment import Record
from night.simulation import Night
from night.truth import Exposure

Row = dict[str, Any]

_NUMBERED = re.compile(r"[#+]\d+$")
_CLOCKS_APART = 15.0
"""Clocks differ by less than this, seconds; exposures without a group are further apart."""


def rows(night: Night) -> dict[str, list[Row]]:
    """Return the distinct rows of every topic, as the archive has them, by send time."""
    seen: dict[tuple[Any, ...], Row] = {}
    for message, _, row in records(night.messages):
        key = (message.topic, message.index, message.origin, message.sequence, message.sent)
        seen.setdefault(key, {"topic": message.topic} | row)
    found: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(seen.values(), key=lambda row: row["private_sndStamp"]):
        found[row["topic"]].append(row)
    return found


def split(text: str) -> list[str]:
    """Split the camera's keys or values at the colons that are not escaped."""
    return [part.replace("\\:", ":") for part in re.split(r"(?<!\\):", text)]


def image_keys(row: Row) -> dict[str, str]:
    """Return the keys and values that whoever asked for an image gave it."""
    return dict(zip(split(row["additionalKeys"]), split(row["additionalValues"]), strict=True))


@dataclass
class FoundScript:
    """A script as the records tell of it."""

    key: tuple[int, float, int]
    path: str
    is_standard: bool
    run_start: float
    process_end: float
    config: str
    requester: str
    groups: set[str] = field(default_factory=set)


def find_scripts(found: dict[str, list[Row]]) -> list[FoundScript]:
    """Return every script whose process was started, by queue, start and index."""
    last: dict[tuple[int, float, int], Row] = {}
    for row in found["ScriptQueue.logevent_script"]:
        if "scriptSalIndex" in row and row["timestampProcessStart"]:
            last[row["salIndex"], row["timestampProcessStart"], row["scriptSalIndex"]] = row
    scripts = []
    for key, row in last.items():
        added = [
            command
            for command in found["ScriptQueue.command_add"]
            if command.get("salIndex") == key[0]
            and command["private_seqNum"] == row["cmdId"]
            and command["private_sndStamp"] <= key[1]
        ][-1]
        scripts.append(
            FoundScript(
                key,
                row["path"],
                row["isStandard"],
                row["timestampRunStart"],
                row["timestampProcessEnd"],
                added["config"],
                added["private_identity"],
            )
        )
    for row in found["Script.logevent_state"]:
        if row["groupId"] and (script := _script_at(scripts, row.get("salIndex"), row["private_sndStamp"])):
            script.groups.add(row["groupId"])
    return scripts


def _script_at(scripts: Sequence[FoundScript], sal_index: int | None, at: float) -> FoundScript | None:
    """Return the script of an index at a time: the one that was started last."""
    started = [script for script in scripts if script.key[2] == sal_index and script.key[1] <= at + _CLOCKS_APART]
    return max(started, key=lambda script: script.key[1], default=None)


@dataclass(frozen=True)
class FoundExposure:
    """An exposure as the records tell of it."""

    obs_id: str
    group: str | None
    asked_by: str | None
    script: FoundScript | None
    named_by_group: list[FoundScript]


def find_exposures(found: dict[str, list[Row]], scripts: Sequence[FoundScript]) -> Iterator[FoundExposure]:
    """Yield every exposure, with its script where the group or the commander names one."""
    for camera in ("MTCamera", "ATCamera"):
        commands = found[f"{camera}.command_takeImages"]
        for row in found[f"{camera}.logevent_startIntegration"]:
            group = image_keys(row).get("groupId")
            command = _command_of(commands, row, group)
            base = _NUMBERED.sub("", group) if group else None
            named = [script for script in scripts if base in script.groups]
            asked_by = command["private_identity"] if command else None
            at = row["private_sndStamp"]
            if asked_by and asked_by.startswith("Script:"):
                script = _script_at(scripts, int(asked_by.partition(":")[2]), at)
            elif asked_by:
                script = None
            else:
                script = next((one for one in named if one.run_start <= at < one.process_end), None)
            yield FoundExposure(row["imageName"], group, asked_by, script, named)


def _command_of(commands: Sequence[Row], image: Row, group: str | None) -> Row | None:
    """Return the command that asked for an image: the nearest one that gives the same group."""
    at = image["private_sndStamp"]
    before = 0 if image["imageIndex"] == 1 else 120
    alike = [
        command
        for command in commands
        if _group_of(command) == group and -_CLOCKS_APART - before <= command["private_sndStamp"] - at <= _CLOCKS_APART
    ]
    return min(alike, key=lambda command: abs(command["private_sndStamp"] - at), default=None)


def _group_of(command: Row) -> str | None:
    pairs = dict(pair.split(": ", 1) for pair in command["keyValueMap"].split(", "))
    return pairs.get("groupId")


def version_at(environment: Sequence[Record], repository: str, utc: float) -> str | None:
    """Return the version of a repository in the last summary at or before a time.

    Parameters
    ----------
    environment
        The records.
    repository
        Which.
    utc
        The time, seconds.
    """
    summaries = [record for record in environment if record.measurement == "lsst.obsenv.summary"]
    held = [record for record in summaries if record.timestamp <= utc * 1000]
    return max(held, key=lambda record: record.timestamp).fields[repository] if held else None


def distinct(messages: Sequence[Message]) -> set[tuple[Any, ...]]:
    """Return what tells messages apart: topic, index, process, sequence number, send time."""
    return {(m.topic, m.index, m.origin, m.sequence, m.sent) for m in messages}


def tonight(night: Night, instrument: str = "LSSTCam") -> list[Exposure]:
    """Return the exposures of the plan's day and an instrument."""
    return [e for e in night.truth.exposures if e.day_obs == night.plan.day_obs and e.instrument == instrument]
