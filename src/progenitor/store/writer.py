"""The one writer of a store: takes batches in, and publishes them as the next snapshot."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from progenitor.errors import NotFoundError, Place
from progenitor.model import BatchRecord, Change, Partition
from progenitor.store.archive import Content, read_content
from progenitor.store.catalogue import catalogue_graph
from progenitor.store.difference import Session, connect, sort_file, write_added, write_removed
from progenitor.store.disk import move_file, writing
from progenitor.store.layout import Layout, folder_name, read_current, read_store_settings
from progenitor.store.manifest import Manifest, read_manifest
from progenitor.store.publishing import DRAFT, Builder, Draft, claim, clear_folder, publish_draft
from progenitor.store.who import software, user_name, utc_now

DEFAULT_MEMORY = 4 * 1024**3


class Writer:
    """Keeps batches and publishes them; use `open`.

    Nothing that was kept is seen by readers until `publish` returns; what was not published when the writer closes, or
    dies, is as if it had never been.

    Parameters
    ----------
    layout
        The store, claimed.
    base
        Its base IRI.
    builders
        Called with every `progenitor.model.Change` before it is published.
    threads, memory_limit
        What comparing batches may use; bytes.
    """

    def __init__(self, layout: Layout, base: str, builders: Sequence[Builder], threads: int, memory_limit: int) -> None:
        self._layout = layout
        self._builders = tuple(builders)
        self._threads = threads
        self._memory_limit = memory_limit
        self.base = base
        self.directory = layout.directory
        self._manifest = _newest_manifest(layout)
        self.records = self._manifest.records()
        """What the catalogue knows of every published batch, by the batch's name."""
        self._kept: dict[str, BatchRecord] = {}
        self._dropped: set[str] = set()

    @classmethod
    @contextmanager
    def open(
        cls,
        directory: Path,
        builders: Sequence[Builder] = (),
        *,
        threads: int = 2,
        memory_limit: int = DEFAULT_MEMORY,
    ) -> Iterator[Self]:
        """Be the store's writer for a while.

        Parameters
        ----------
        directory
            The store.
        builders
            Called with every `progenitor.model.Change` before it is published.
        threads, memory_limit
            What comparing batches may use; bytes.

        Raises
        ------
        StoreError
            If there is no store, or it is damaged or of another version.
        LockedError
            If another writer has it; says who.
        """
        base = read_store_settings(directory).base
        layout = Layout(directory)
        with claim(layout):
            yield cls(layout, base, builders, threads, memory_limit)

    def upcoming(self) -> dict[str, BatchRecord]:
        """Return what the catalogue will know of every batch once what was kept and dropped is published."""
        published = {name: record for name, record in self.records.items() if name not in self._dropped}
        return published | self._kept

    def workspace(self, partition: Partition) -> Path:
        """Return an empty private folder for the work on a partition; it is gone after `publish` or the end."""
        folder = self._layout.work / folder_name(partition.source) / folder_name(partition.key)
        folder.parent.mkdir(parents=True, exist_ok=True)
        clear_folder(folder)
        return folder

    def keep(
        self,
        partition: Partition,
        *,
        triples: Path,
        dead_letter: Path | None = None,
        rows: int,
        set_aside: int,
        mapping_digest: str,
        evidence: str,
        started: str,
    ) -> BatchRecord:
        """Take a batch into the archive; it waits there for `publish`.

        Parameters
        ----------
        partition
            What was read; the batch replaces the one it had before.
        triples
            Parquet file with the columns ``s``, ``p``, ``o`` (N-Triples terms) and perhaps ``g`` (the named graph, NULL
            for the default graph); it is moved. Best sorted and distinct; else it is made so.
        dead_letter
            What was set aside, as JSON lines; it is moved.
        rows, set_aside, mapping_digest, evidence, started
            As in `progenitor.model.BatchRecord`.

        Returns
        -------
        BatchRecord
            What the catalogue will know of it.

        Raises
        ------
        StoreError
            If the file holds what is no triple, or a triple in the catalogue's graph; or the disk is full. Nothing is
            kept then.
        """
        with writing(f"the batch {partition.batch}", self._layout.directory):
            content = self._read(triples) or self._sort(triples)
            file = self._layout.batch(partition, content.digest)
            move_file(triples, file)
            aside = self._keep_dead_letter(partition, dead_letter) if dead_letter and set_aside else None
        record = BatchRecord(
            partition=partition,
            file=file.relative_to(self._layout.directory),
            digest=content.digest,
            triples=content.triples,
            rows=rows,
            set_aside=set_aside,
            dead_letter=aside,
            mapping_digest=mapping_digest,
            evidence=evidence,
            started=started,
            ended=utc_now(),
            agent=user_name(),
            software=software(),
        )
        self._kept[partition.batch] = record
        self._dropped.discard(partition.batch)
        return record

    def drop(self, partition: Partition) -> None:
        """Take a batch out of the next snapshot; its triples go unless another batch asserts them.

        Raises
        ------
        NotFoundError
            If there is no such batch.
        """
        name = partition.batch
        if name not in self._manifest.entries and name not in self._kept:
            raise NotFoundError(f"the store has no batch {name!r}", place=Place(self._layout.directory))
        self._kept.pop(name, None)
        self._dropped.add(name)

    def publish(self) -> int | None:
        """Make what was kept and dropped the next snapshot.

        Returns
        -------
        int or None
            Its number; None where nothing changed, and then the catalogue goes on to tell of the earlier ingest.

        Raises
        ------
        StoreError
            If the disk is full or a batch cannot be loaded; the last snapshot serves on, and what was kept still waits.
        """
        old = self._manifest
        kept = {name: record for name, record in self._kept.items() if not self._is_same(name, record)}
        dropped = self._dropped & old.entries.keys()
        if kept or dropped:
            manifest = old.with_changes(old.number + 1, utc_now(), kept, dropped)
            with writing(f"snapshot {manifest.number}", self._layout.directory):
                draft = Draft(self.base, old, manifest, self._find_change(manifest))
            publish_draft(self._layout, draft, self._builders)
            self._manifest = manifest
            self.records = self._manifest.records()
        self._kept, self._dropped = {}, set()
        clear_folder(self._layout.work)
        return self._manifest.number if kept or dropped else None

    def _read(self, triples: Path) -> Content | None:
        return read_content(triples, reserved=catalogue_graph(self.base))

    def _sort(self, triples: Path) -> Content:
        """Sort a file in its place."""
        target = triples.with_name(f"{triples.name}.sorted")
        with self._session() as session:
            sort_file(session, triples, target)
        target.replace(triples)
        content = self._read(triples)
        assert content is not None, "it was just sorted"
        return content

    def _keep_dead_letter(self, partition: Partition, file: Path) -> Path:
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        target = self._layout.set_aside(partition, digest)
        move_file(file, target)
        return target.relative_to(self._layout.directory)

    def _is_same(self, name: str, record: BatchRecord) -> bool:
        """Whether the catalogue would say nothing new of a batch but who read it again, and when."""
        entry = self._manifest.entries.get(name)
        return entry is not None and _content(entry.record) == _content(record)

    def _find_change(self, manifest: Manifest) -> Change:
        """Compare the files of two manifests."""
        before, after = _files(self._layout, self._manifest), _files(self._layout, manifest)
        previous = self._layout.snapshot(self._manifest.number) if self._manifest.number else None
        if previous is None:
            return Change(self._layout.work / DRAFT, None, None, None, tuple(after.values()))
        come = [(file, before.get(name)) for name, file in after.items() if before.get(name) != file]
        gone = [file for name, file in before.items() if after.get(name) != file]
        untouched = [file for name, file in after.items() if before.get(name) == file]
        folder = self._layout.work
        with self._session() as session:
            removed, elsewhere = write_removed(session, gone, [new for new, _ in come], untouched, folder)
            added = write_added(session, come, folder / "added.parquet", elsewhere)
        return Change(folder / DRAFT, previous, added, removed, tuple(after.values()))

    @contextmanager
    def _session(self) -> Iterator[Session]:
        folder = self._layout.work / "duckdb"
        session = connect(self._threads, self._memory_limit, folder)
        try:
            yield session
        finally:
            session.close()
            shutil.rmtree(folder, ignore_errors=True)


def _newest_manifest(layout: Layout) -> Manifest:
    number = read_current(layout.directory)
    return Manifest(0, "") if number is None else read_manifest(layout.snapshot(number))


def _files(layout: Layout, manifest: Manifest) -> dict[str, Path]:
    return {name: layout.directory / entry.record.file for name, entry in manifest.entries.items()}


def _content(record: BatchRecord) -> tuple[object, ...]:
    """Return what two ingests of the same thing have in common."""
    return record.digest, record.mapping_digest, record.set_aside, record.evidence, record.partition.fingerprint
