"""Attempts to run a quantum, as rows: the same whether a provenance graph or the metadata and logs tell of them."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any, Protocol

from lsst.pipe.base import QuantumAttemptStatus, QuantumSuccessCaveats

from progenitor.sources.butler.secrets import mask_credentials
from progenitor.sources.butler.tables import TableWriter

_Time = datetime.datetime | None


class ResourceUsage(Protocol):
    """What is read of ``lsst.pipe.base.QuantumResourceUsage``: bytes, UTC and seconds."""

    memory: float
    start: datetime.datetime
    prep_time: float
    init_time: float
    run_time: float
    run_time_cpu: float


class ExceptionInfo(Protocol):
    """What is read of ``lsst.pipe.base.ExceptionInfo``."""

    type_name: str
    message: str


class Attempt(Protocol):
    """What is read of an attempt model of a provenance quantum graph."""

    status: QuantumAttemptStatus
    caveats: QuantumSuccessCaveats | None
    exception: ExceptionInfo | None
    resource_usage: ResourceUsage | None


def write_quantum(
    writer: TableWriter, quantum: str, task_label: str, data_id: str | None, attempts: Sequence[Any]
) -> None:
    """Write a quantum's row, and rows of its attempts where they have more to say.

    Parameters
    ----------
    writer
        Where to.
    quantum, task_label, data_id
        Identity of the quantum.
    attempts
        Every attempt, first to last; none for a quantum that was blocked by an earlier failure.
    """
    if not attempts:
        writer.add("quantum", quantum, task_label, data_id, False, "BLOCKED", None, 0, None, None, None, None)
        return
    last: Attempt = attempts[-1]
    writer.add(
        "quantum",
        quantum,
        task_label,
        data_id,
        False,
        _status(last),
        _caveats(last),
        len(attempts),
        *_usage(last.resource_usage),
    )
    if len(attempts) > 1 or last.exception is not None:
        for number, attempt in enumerate(attempts):
            exception = attempt.exception
            writer.add(
                "attempt",
                quantum,
                number,
                _status(attempt),
                exception.type_name if exception else None,
                mask_credentials(exception.message) if exception else None,
                *_usage(attempt.resource_usage),
            )


def write_init_quantum(writer: TableWriter, quantum: str, task_label: str) -> None:
    """Write the row of an init quantum, which writes what a task makes before any data: its configuration and schemas.

    Parameters
    ----------
    writer
        Where to.
    quantum, task_label
        Identity of the quantum.
    """
    writer.add("quantum", quantum, task_label, None, True, None, None, 1, None, None, None, None)


def _status(attempt: Attempt) -> str:
    """Return the status, where success without work is a status of its own."""
    succeeded = attempt.status is QuantumAttemptStatus.SUCCESSFUL
    if succeeded and attempt.caveats is not None and QuantumSuccessCaveats.NO_WORK in attempt.caveats:
        return "NO_WORK"
    return attempt.status.name


def _caveats(attempt: Attempt) -> str | None:
    """Return the names of the caveats, separated by spaces, or None where there is none."""
    if not attempt.caveats:
        return None
    return " ".join(flag.name for flag in attempt.caveats if flag.name)


def _usage(usage: ResourceUsage | None) -> tuple[_Time, _Time, int | None, float | None]:
    """Return start and end (UTC, naive), maximum resident set size (bytes) and CPU time (seconds)."""
    if usage is None:
        return None, None, None, None
    start = usage.start
    if start.tzinfo is not None:
        start = start.astimezone(datetime.UTC).replace(tzinfo=None)
    wall = datetime.timedelta(seconds=usage.prep_time + usage.init_time + usage.run_time)
    return start, start + wall, int(usage.memory), usage.run_time_cpu
