"""Visits of earlier years, recorded as it was done then: fields have had other names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from night import episodes
from night.bus import Message
from night.clock import HOUR, noon
from night.plan import Plan, Traps
from night.stage import Stage
from night.truth import Truth

_BLOCK_FIELDS = (
    "block",
    "blockSize",
    "startBlock",
    "executionId",
    "blockId",
    "scriptBlockIndex",
    "dayObs",
    "blockExecution",
)
_OPEN_SPLICE = "6.10.4"
"""softwareVersions had it until September 2025."""

Era = Callable[[Message], Message]


def earlier_visits(plan: Plan) -> tuple[list[Message], Truth]:
    """Return a LATISS sequence of 2021 and one of 2023 with the truth about them."""
    messages, truth = [], Truth({})
    for day_obs, era, numbering in ((20211116, before_2022, "+"), (20230615, before_2024, "#")):
        stage = Stage(replace(plan, day_obs=day_obs, traps=Traps.none()), numbering)
        agenda, start = stage.observatory.agenda, noon(day_obs)
        agenda.start(stage.fleet.start_all(start - HOUR))
        episodes.at_the_auxiliary_telescope(stage, start + 15 * HOUR)
        agenda.run()
        messages += [era(message) for message in stage.observatory.bus.messages]
        past = stage.observatory.truth
        for script in past.scripts:
            script.block = script.block_run = None
        for exposure in past.exposures:
            exposure.block = exposure.block_run = None
            exposure.consdb = False
        truth.exposures += past.exposures
        truth.scripts += past.scripts
        truth.csc_runs |= past.csc_runs
        truth.csc_configurations |= past.csc_configurations
    return messages, truth


def before_2024(message: Message) -> Message:
    """Write a message as it was before January 2024: nothing of blocks."""
    fields = {name: value for name, value in message.fields.items() if name not in _BLOCK_FIELDS}
    if message.topic.endswith("softwareVersions"):
        fields["openSpliceVersion"] = _OPEN_SPLICE
    return replace(message, fields=fields)


def before_2022(message: Message) -> Message:
    """Write a message as it was before May 2022: a script's index was ``salIndex``, the component's ``<CSC>ID``."""
    message = before_2024(message)
    component = message.topic.partition(".")[0]
    fields: dict[str, Any] = {
        "salIndex" if name == "scriptSalIndex" else name: value for name, value in message.fields.items()
    }
    if message.index is None:
        return replace(message, fields=fields)
    return replace(message, index=None, fields=fields | {f"{component}ID": message.index})
