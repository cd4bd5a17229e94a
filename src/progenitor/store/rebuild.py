"""Making everything that is derived anew from the archive, as one more snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from progenitor.errors import NotFoundError, Place, StoreError
from progenitor.model import BatchRecord, Change
from progenitor.store.archive import read_content
from progenitor.store.layout import Layout, read_current, read_store_settings
from progenitor.store.manifest import Manifest, read_manifest
from progenitor.store.publishing import DRAFT, Builder, Draft, claim, publish_draft
from progenitor.store.who import utc_now


def rebuild(directory: Path, builders: Sequence[Builder] = ()) -> int:
    """Build the triples and the indexes anew from the archive, and publish them as the next snapshot.

    Parameters
    ----------
    directory
        The store.
    builders
        As for `progenitor.store.writer.Writer.open`; called with a `progenitor.model.Change` that has no `previous`.

    Returns
    -------
    int
        Number of the new snapshot; it holds the batches of the one before.

    Raises
    ------
    NotFoundError
        If nothing was published yet.
    LockedError
        If a writer has the store.
    StoreError
        If an archive file is missing, damaged, or not what the catalogue says; or the disk is full.
    """
    base = read_store_settings(directory).base
    layout = Layout(directory)
    with claim(layout):
        number = read_current(directory)
        if number is None:
            raise NotFoundError("the store has no snapshot yet: there is nothing to rebuild", place=Place(directory))
        before = read_manifest(layout.snapshot(number))
        records = [entry.record for entry in before.entries.values()]
        for record in records:
            check_file(directory, record)
        batches = tuple(directory / record.file for record in records)
        change = Change(layout.work / DRAFT, None, None, None, batches)
        manifest = replace(before, number=number + 1, created=utc_now())
        publish_draft(layout, Draft(base, Manifest(0, ""), manifest, change), builders)
        return manifest.number


def check_file(directory: Path, record: BatchRecord) -> None:
    """Compare an archive file with what the catalogue says of it."""
    file = directory / record.file
    content = read_content(file)
    if content is None or (content.digest, content.triples) != (record.digest, record.triples):
        raise StoreError(
            f"the archive file of the batch {record.partition.batch} is not what was ingested",
            place=Place(file),
            hint="put back a copy, or ingest the batch again",
        )
