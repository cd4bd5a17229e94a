"""Invented task metadata and log records of a quantum, in the shape Rubin's executor writes them."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from lsst.daf.butler.logging import ButlerLogRecord, ButlerLogRecords
from lsst.pipe.base import TaskMetadata

_PHASES = {"prep": 0.0, "init": 0.2, "start": 0.3, "end": 20.3}
"""Seconds from the beginning of a quantum to each time its executor takes note of resources."""
_COUNTERS = (
    "MaxResidentSetSize",
    "MinorPageFaults",
    "MajorPageFaults",
    "BlockInputs",
    "BlockOutputs",
    "VoluntaryContextSwitches",
    "InvoluntaryContextSwitches",
)


def task_metadata(label: str, number: int, begin: datetime, outputs: list[UUID]) -> TaskMetadata:
    """Return the metadata of a successful quantum.

    Parameters
    ----------
    label
        Task label.
    number
        Counts the quanta; makes the figures differ.
    begin
        When it began, UTC.
    outputs
        What it wrote.
    """
    arrays: dict[str, list[object]] = {"outputs": [str(output) for output in outputs]}
    for phase, seconds in _PHASES.items():
        arrays[f"{phase}Utc"] = [(begin + timedelta(seconds=seconds)).isoformat()]
        for share, clock in ((0.9, "CpuTime"), (0.8, "UserTime"), (0.1, "SystemTime")):
            arrays[f"{phase}{clock}"] = [seconds * share]
        for place, counter in enumerate(_COUNTERS):
            arrays[f"{phase}{counter}"] = [229_000_000 // (10 ** (place % 4)) + number % 9973]
    butler = {"time_in_put": 0.01, "time_in_get": 0.02, "n_get": number % 7, "n_put": len(outputs)}
    return _metadata(
        nested={
            label: _metadata(scalars={"numStars": number % 997}),
            "quantum": _metadata(
                scalars={"__version__": 1, "nodeName": f"sdfrome{number % 40:03d}", "caveats": 0},
                arrays=arrays,
                nested={"butler_metrics": _metadata(scalars=butler)},
            ),
        }
    )


def _metadata(
    scalars: dict[str, object] | None = None,
    arrays: dict[str, list[object]] | None = None,
    nested: dict[str, TaskMetadata] | None = None,
) -> TaskMetadata:
    return TaskMetadata.model_construct(scalars=scalars or {}, arrays=arrays or {}, metadata=nested or {})


def log_records(label: str, begin: datetime) -> ButlerLogRecords:
    """Return what a quantum logged, three lines as a rule."""
    messages = {
        0.0: f"Preparing execution of quantum for label={label}.",
        0.3: f"Constructing task and executing quantum for label={label}.",
        20.3: f"Execution of task '{label}' on quantum took 20.300 seconds",
    }
    records = [
        ButlerLogRecord.model_construct(
            name="lsst.pipe.base.single_quantum_executor",
            asctime=begin + timedelta(seconds=seconds),
            message=message,
            levelno=20,
            levelname="INFO",
            filename="single_quantum_executor.py",
            pathname="lsst/pipe/base/single_quantum_executor.py",
            lineno=227,
            funcName="_execute_with_limited_butler",
            process=1000,
            processName="MainProcess",
            exc_info=None,
            MDC={},
        )
        for seconds, message in messages.items()
    ]
    return ButlerLogRecords.from_records(records)
