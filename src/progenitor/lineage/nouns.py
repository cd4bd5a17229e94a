"""What a sentence calls things, and how it writes counts and times."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

NAMED_TYPES: Final = 6
"""Types that a sentence names before it says "and others"."""

NOUNS: Final = {
    "agent": "an agent",
    "block": "an observing block",
    "block-run": "a run of an observing block",
    "collection": "a collection",
    "config": "a configuration",
    "csc": "a component of the control system",
    "csc-configuration": "a configuration of a component of the control system",
    "csc-run": "a run of a component of the control system",
    "data": "data whichever run made it",
    "data-id": "a data ID",
    "dataset-type": "a dataset type",
    "fault": "a fault",
    "focal-plane": "a configuration of the focal plane",
    "group": "the images of a group",
    "header-key": "a key of headers",
    "host": "a host",
    "image-request": "a request for images",
    "log": "a log message",
    "log-line": "a line of a machine's log",
    "log-stream": "a machine's log",
    "night": "an observing night",
    "observatory-state": "what was in force in the control system",
    "observing-environment": "the versions of scripts in force",
    "pipeline": "the pipeline of a run",
    "plan": "a task as configured in a run",
    "script": "a script",
    "script-request": "a request to run a script",
    "software": "a software package",
    "software-environment": "a software environment",
    "system": "a system of the observatory",
    "target": "a target of the scheduler",
    "task": "a task",
    "telemetry": "the telemetry of a time",
    "ticket": "a ticket",
}
"""Kinds that are no step of a lineage -> what a sentence calls them."""

_SINGULAR: Final = {
    "quanta": "quantum",
    "tasks run with": "task run with it",
    "in collections": "collection it is in",
    "script runs asked for": "script run asked for",
    "exposures asked for": "exposure asked for",
}
_PLURAL: Final = {"tasks run with": "tasks run with it", "in collections": "collections it is in"}


def number(count: int, things: str) -> str:
    """Write a number with its noun: ``1 dataset``, ``2 datasets``.

    Parameters
    ----------
    count
        How many.
    things
        The relation that they are counted for, a plural.
    """
    return f"{count:,} {_PLURAL.get(things, things) if count != 1 else _SINGULAR.get(things, things.removesuffix('s'))}"


def second(time: str) -> str:
    """Write an xsd:dateTime in UTC to the second."""
    return f"{datetime.fromisoformat(time):%Y-%m-%d %H:%M:%S} UTC"


def period(start: str, end: str) -> str:
    """Write two xsd:dateTime in UTC as a time and a duration."""
    began, ended = datetime.fromisoformat(start), datetime.fromisoformat(end)
    return f"at {began:%Y-%m-%d %H:%M:%S} UTC for {(ended - began).total_seconds():,.3g} s"


def in_words(word: str, counts: Mapping[str, int]) -> str:
    """Join counts in words: ``from 4 warp and 1 skyMap``."""
    if not counts:
        return ""
    named = [f"{many:,} {name}" for name, many in list(counts.items())[:NAMED_TYPES]]
    rest = len(counts) - NAMED_TYPES
    if rest > 0:
        named.append(f"{rest} other types")
    return f"{word} {named[0] if len(named) == 1 else ', '.join(named[:-1]) + ' and ' + named[-1]}"
