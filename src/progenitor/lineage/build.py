"""Build the lineage index of a snapshot: from the batches, or from the index before it and what has changed."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

import duckdb
import structlog

from progenitor.errors import Place, StoreError
from progenitor.lineage.arrays import ArrayWriter
from progenitor.lineage.base import write_base, write_merged
from progenitor.lineage.delta import Delta, Stage, empty_delta, extend_delta, write_delta
from progenitor.lineage.index import BASE, FOLDER, LineageIndex
from progenitor.lineage.rules import RELATIONS
from progenitor.lineage.staging import open_staging
from progenitor.model import Change

log = structlog.get_logger(__name__)

MEMORY_LIMIT: Final = 4 * 1024**3
"""Bytes that reading the batches may use before it spills to disk."""

THREADS: Final = 2

MERGE_FRACTION: Final = 1 / 8
"""Where merging costs less in the long run than carrying the delta along (docs/explanation/lineage.md)."""


def build_index(
    change: Change,
    *,
    memory_limit: int = MEMORY_LIMIT,
    threads: int = THREADS,
    merge_fraction: float = MERGE_FRACTION,
) -> None:
    """Build the index of a snapshot under construction, in ``lineage`` in its folder.

    Where the snapshot before has a valid index, it is extended by the change, at a cost that grows with the change and
    with what was added since the last merge; otherwise the index is made from all batches.

    Parameters
    ----------
    change
        What the snapshot adds and removes.
    memory_limit
        Bytes that reading Parquet may use before it spills to disk.
    threads
        That reading Parquet may use.
    merge_fraction
        The delta becomes part of the base when it has more than this share of the base's edges.

    Raises
    ------
    StoreError
        If a batch cannot be read or the index not be written; nothing outside the change's folder was touched.
    """
    directory = change.directory / FOLDER
    stage = partial(open_staging, spill=change.directory, memory_limit=memory_limit, threads=threads)
    try:
        previous = _open_previous(change)
        delta = _extended(previous, change, stage) if previous else None
        if previous is None or delta is None:
            _write_new(directory, change.batches, stage)
        elif delta.size > merge_fraction * len(previous.along.ends):
            _write_merged(directory, previous, delta)
        else:
            _write_extended(directory, previous, delta)
    except (OSError, duckdb.Error) as error:
        raise StoreError(
            f"the lineage index cannot be written: {error}",
            place=Place(directory),
            hint="the last snapshot is untouched; see to the disk or the archive, then ingest again",
        ) from error


def _open_previous(change: Change) -> LineageIndex | None:
    """Open the index that can be extended, or say why it is made anew."""
    if change.previous is None:
        return None
    try:
        return LineageIndex.open(change.previous / FOLDER)
    except StoreError as error:
        log.warning("the lineage index is made anew from the archive", reason=str(error))
        return None


def _extended(previous: LineageIndex, change: Change, stage: Stage) -> Delta | None:
    """Return the delta of the new index, or None, and say why, where index and change do not fit each other."""
    try:
        return extend_delta(previous, change.added, change.removed, stage)
    except StoreError as error:
        log.warning("the lineage index is made anew from the archive", reason=str(error))
        return None


def _write_new(directory: Path, batches: tuple[Path, ...], stage: Stage) -> None:
    with stage(batches) as staging, ArrayWriter(directory, RELATIONS) as writer:
        write_base(writer, staging)
        write_delta(writer, empty_delta(staging.nodes))


def _write_merged(directory: Path, previous: LineageIndex, delta: Delta) -> None:
    with ArrayWriter(directory, RELATIONS) as writer:
        write_merged(writer, previous, delta)
        write_delta(writer, empty_delta(delta.names.first + len(delta.names)))


def _write_extended(directory: Path, previous: LineageIndex, delta: Delta) -> None:
    base = {name: record for name, record in previous.records.items() if name.startswith(BASE)}
    with ArrayWriter(directory, RELATIONS) as writer:
        writer.link(previous.directory, base)
        write_delta(writer, delta)
