"""``manifest.json``: what a snapshot holds, batch by batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson

from progenitor.errors import Place, StoreError
from progenitor.model import BatchRecord, Partition

FILE_NAME = "manifest.json"


@dataclass(frozen=True)
class Entry:
    """A batch of a snapshot.

    Parameters
    ----------
    record
        What the catalogue knows of it.
    since
        Number of the snapshot that first held it; together with the partition it names the ingest for ever.
    revision_of
        ``since`` of the batch that it replaced, or None for the first one.
    """

    record: BatchRecord
    since: int
    revision_of: int | None


@dataclass(frozen=True)
class Manifest:
    """What a snapshot holds.

    Parameters
    ----------
    number
        The snapshot's number.
    created
        When it was made; UTC, ISO 8601.
    entries
        By batch name, in the order in which the batches first came.
    """

    number: int
    created: str
    entries: Mapping[str, Entry] = field(default_factory=dict)

    def records(self) -> dict[str, BatchRecord]:
        """Return what the catalogue knows of every batch, by its name, in the order in which they first came."""
        return {name: entry.record for name, entry in self.entries.items()}

    def with_changes(self, number: int, created: str, kept: Mapping[str, BatchRecord], dropped: set[str]) -> Manifest:
        """Return the manifest of the next snapshot.

        Parameters
        ----------
        number, created
            Of the next snapshot.
        kept
            New records by batch name; a batch that is replaced keeps its place in the order.
        dropped
            Names of batches that go.
        """
        entries = {name: entry for name, entry in self.entries.items() if name not in dropped}
        for name, record in kept.items():
            old = entries.get(name)
            entries[name] = Entry(record, number, old.since if old else None)
        return replace(self, number=number, created=created, entries=entries)


def write_manifest(directory: Path, manifest: Manifest) -> None:
    """Write the manifest of a snapshot under construction."""
    content = {
        "number": manifest.number,
        "created": manifest.created,
        "batches": [_entry_to_json(entry) for entry in manifest.entries.values()],
    }
    (directory / FILE_NAME).write_bytes(orjson.dumps(content, option=orjson.OPT_APPEND_NEWLINE))


def read_manifest(directory: Path) -> Manifest:
    """Read the manifest of a snapshot.

    Raises
    ------
    StoreError
        If it is missing or damaged.
    """
    file = directory / FILE_NAME
    try:
        content = orjson.loads(file.read_bytes())
        entries = [_entry_from_json(item) for item in content["batches"]]
        by_name = {entry.record.partition.batch: entry for entry in entries}
        return Manifest(content["number"], content["created"], by_name)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(
            f"the snapshot's manifest is missing or damaged: {error}",
            place=Place(file),
            hint="ask another snapshot with --snapshot; to go on from an older one, move this one out of snapshots/",
        ) from error


def _entry_to_json(entry: Entry) -> dict[str, Any]:
    record = entry.record
    partition = record.partition
    return {
        "source": partition.source,
        "key": partition.key,
        "fingerprint": partition.fingerprint,
        "since": entry.since,
        "revision_of": entry.revision_of,
        "file": record.file.as_posix(),
        "digest": record.digest,
        "triples": record.triples,
        "rows": record.rows,
        "set_aside": record.set_aside,
        "dead_letter": record.dead_letter.as_posix() if record.dead_letter else None,
        "mapping_digest": record.mapping_digest,
        "evidence": record.evidence,
        "started": record.started,
        "ended": record.ended,
        "agent": record.agent,
        "software": record.software,
    }


def _entry_from_json(item: dict[str, Any]) -> Entry:
    partition = Partition(item.pop("source"), item.pop("key"), item.pop("fingerprint"))
    since, revision_of = item.pop("since"), item.pop("revision_of")
    file, dead_letter = Path(item.pop("file")), item.pop("dead_letter")
    record = BatchRecord(partition, file, dead_letter=Path(dead_letter) if dead_letter else None, **item)
    return Entry(record, since, revision_of)
