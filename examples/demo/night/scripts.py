"""Scripts: what is asked for, and what a script's own process publishes while it lives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from night.agenda import Act
from night.bus import Message, Process
from night.clock import SECOND, day_obs_of, tai_seconds
from night.truth import Script

SCRIPT_STATES = {
    "UNKNOWN": 0,
    "UNCONFIGURED": 1,
    "CONFIGURED": 2,
    "RUNNING": 3,
    "DONE": 8,
    "STOPPED": 9,
    "FAILED": 10,
    "CONFIGURE_FAILED": 11,
}
_QUEUED_AHEAD = 153 * SECOND
"""A script is queued while a few others run before it."""


class ScriptFailedError(Exception):
    """A script's body met something it cannot go on with.

    Parameters
    ----------
    reason
        What the script reports.
    fault
        Key of the fault that it was.
    """

    def __init__(self, reason: str, fault: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.fault = fault


@dataclass(frozen=True)
class Request:
    """A script to be queued, and when what happens to it.

    Parameters
    ----------
    path, is_standard, config, description
        What is to run, and why.
    requester
        The process that queues it.
    run_at
        When it can run; everything before follows from that.
    body
        What it does while it runs.
    group
        A group id to give it instead of one made from the time.
    shares_group
        Whether other scripts get the same.
    grouped_at
        When it gets its group.
    images
        How many images it announces; 0 for a script that takes none.
    block, block_run, block_size, starts_block, execution
        The block's name, the uid of its execution, how many scripts that has, whether this is its first, and the
        scheduler's id of it.
    program, instrument, position
        What its visit is announced for, and where it will point.
    outcome
        ``LOADFAILED``, ``CONFIGURE_FAILED`` and ``TERMINATED`` scripts never come to their body.
    on_queued
        Told when the queue has accepted it.
    """

    path: str
    config: str
    description: str
    requester: Process
    run_at: int
    body: Callable[[Run], Act] | None = None
    is_standard: bool = True
    group: str | None = None
    shares_group: bool = False
    grouped_at: int | None = None
    images: int = 0
    block: str | None = None
    block_run: str | None = None
    block_size: int = 1
    starts_block: bool = True
    execution: str = ""
    program: str = ""
    instrument: str = "LSSTCam"
    position: tuple[float, float] = (0.0, 0.0)
    outcome: str = "DONE"
    on_queued: Callable[[Run], None] | None = None

    @property
    def queued_at(self) -> int:
        """When it is queued."""
        return self.run_at - _QUEUED_AHEAD


@dataclass
class Run:
    """A run of a script.

    Parameters
    ----------
    request
        What was asked for.
    script
        What is true of it.
    process
        Its process.
    command
        The command that queued it.
    stamps
        Its times in the queue's events, TAI seconds; 0 until they come.
    """

    request: Request
    script: Script
    process: Process
    command: Message
    stamps: dict[str, float] = field(
        default_factory=lambda: dict.fromkeys(
            ("ProcessStart", "ConfigureStart", "ConfigureEnd", "RunStart", "ProcessEnd"), 0.0
        )
    )

    def describe(self) -> None:
        """Publish what the script is."""
        name = self.request.path.rpartition("/")[2].removesuffix(".py")
        self.process.event(
            "description",
            classname="".join(word.capitalize() for word in name.split("_")),
            description=self.request.description,
            help="",
            remotes="ATCamera,ATMCS" if self.request.instrument == "LATISS" else "MTCamera,MTMount",
        )

    def prepare(self) -> None:
        """Publish what it is going to do, once it is configured."""
        self.process.event("metadata", **self.metadata())
        self.process.event("checkpoints", pause="", stop="")

    def metadata(self) -> dict[str, Any]:
        """Return what it announces of its visit."""
        request = self.request
        return {
            "coordinateSystem": 2,
            "position": list(request.position),
            "rotationSystem": 2,
            "cameraAngle": 0.0,
            "filters": "",
            "dome": 2,
            "duration": 32.4 * request.images,
            "nimages": request.images,
            "instrument": request.instrument,
            "survey": request.program,
            "totalCheckpoints": 1,
        }

    def report(self, state: str, *, reason: str = "") -> None:
        """Publish its state, with its group and its block."""
        self.script.script_state = state
        uid = self.request.block_run or ""
        self.process.event(
            "state",
            state=SCRIPT_STATES[state],
            reason=reason,
            groupId=self.script.group or "",
            lastCheckpoint="",
            numCheckpoints=0,
            blockId=uid,
            dayObs=day_obs_of(self.process.reading) if uid else 0,
            blockExecution=int(uid.rpartition("_")[2]) if uid else 0,
            executionId=self.request.execution,
        )

    def log(self, message: str, *, level: int = 20) -> None:
        """Publish a log message."""
        self.process.event(
            "logMessage",
            name=self.process.component,
            level=level,
            message=message,
            traceback="",
            filePath="base_script.py",
            functionName="do_run",
            lineNumber=912,
            process=self.process.origin,
            timestamp=tai_seconds(self.process.reading),
        )
