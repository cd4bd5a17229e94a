"""From a source to a published snapshot: read, map and keep partition by partition, then publish."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import structlog

from progenitor.config import Settings, SourceSettings, find_mapping_folder
from progenitor.derived import ARCHIVE, check_location, derived_folders, open_archive, stale_nights
from progenitor.errors import ConfigurationError, MappingError, Place, ProgenitorError, SourceError
from progenitor.lineage.build import build_index
from progenitor.mapping.folder import MappingFolder, load_folder
from progenitor.mapping.privacy import Privacy, Veil, check_private
from progenitor.mapping.run import run_mapping
from progenitor.mapping.staging import Staging
from progenitor.model import BatchRecord, Change, Partition
from progenitor.sources.credentials import secret
from progenitor.sources.reader import Reader, open_reader
from progenitor.store.who import utc_now
from progenitor.store.writer import Writer

log = structlog.get_logger(__name__)


def builders(settings: Settings) -> tuple[Callable[[Change], None], ...]:
    """Return what builds the indexes of a snapshot beside the graph."""
    return (partial(build_index, memory_limit=settings.memory_limit, threads=settings.threads),)


PUBLISH_EVERY = 5_000_000
"""Triples kept before they are published: what a killed ingest of many partitions can lose at most."""


SHORTEST_KEY = 16
"""Characters of a key of pseudonyms: who guesses a shorter one knows everybody."""


class IngestProgress(Protocol):
    """What is told of an ingest while it runs."""

    def partition_started(self, partition: Partition) -> None:
        """Say that a partition is being read."""

    def rows_read(self, rows: int) -> None:
        """Count further rows of that partition."""

    def partition_mapping(self, partition: Partition) -> None:
        """Say that all rows are read and triples are being made."""

    def partition_kept(self, record: BatchRecord) -> None:
        """Say that the partition's batch is in the archive."""

    def publishing(self) -> None:
        """Say that a snapshot is being made."""


class Silent:
    """An `IngestProgress` that says nothing."""

    def partition_started(self, partition: Partition) -> None:
        """Ignore it."""

    def rows_read(self, rows: int) -> None:
        """Ignore it."""

    def partition_mapping(self, partition: Partition) -> None:
        """Ignore it."""

    def partition_kept(self, record: BatchRecord) -> None:
        """Ignore it."""

    def publishing(self) -> None:
        """Ignore it."""


@dataclass
class IngestReport:
    """What an ingest has done.

    Parameters
    ----------
    kept
        The batches that were made, in order.
    skipped
        Partitions whose fingerprint the catalogue already had.
    failed
        Partitions that could not be read or mapped, each with the reason; nothing of them was published.
    derived
        The batches that were made from those of the sources, for the nights of which these say something new.
    snapshot
        The newest snapshot that was published, or None where nothing changed.
    """

    kept: list[BatchRecord] = field(default_factory=list)
    skipped: list[Partition] = field(default_factory=list)
    failed: list[tuple[Partition, ProgenitorError]] = field(default_factory=list)
    derived: list[BatchRecord] = field(default_factory=list)
    snapshot: int | None = None


def ingest(
    directory: Path,
    sources: Sequence[SourceSettings],
    settings: Settings,
    *,
    only_changed: bool = False,
    progress: IngestProgress | None = None,
) -> IngestReport:
    """Read sources into a store and publish what came of it.

    A partition that fails is reported and leaves its last batch as it was; the others go on. On Ctrl-C the partitions
    that are complete are published before the interrupt goes on.

    Parameters
    ----------
    directory
        The store.
    sources
        What to read.
    settings
        Memory, threads and mapping folders.
    only_changed
        Skip the partitions whose fingerprint is that of their last ingest with the same mapping.
    progress
        Who is told.

    Raises
    ------
    LockedError
        If another writer holds the store.
    SourceError, ConfigurationError, MappingError
        If the only source cannot be opened or has no partition of the names asked for; of several, it is reported.
    """
    report = IngestReport()
    privacy = read_privacy(settings)
    limits = {"threads": settings.threads, "memory_limit": settings.memory_limit}
    with Writer.open(directory, builders(settings), **limits) as writer:
        run = _Run(writer, settings, privacy, progress or Silent(), report)
        try:
            for source in sources:
                try:
                    run.source(source, only_changed=only_changed)
                except (SourceError, ConfigurationError, MappingError) as error:
                    if len(sources) == 1:
                        raise
                    # One system that is dead, or wrongly configured, is no reason to miss what the others have; the
                    # next sync fills the gap.
                    report.failed.append((Partition(source.mapping, "*"), error))
        finally:
            run.publish()
    return report


@dataclass
class _Run:
    """One ingest while it goes on."""

    writer: Writer
    settings: Settings
    privacy: Privacy
    progress: IngestProgress
    report: IngestReport
    pending: int = 0

    def source(self, source: SourceSettings, *, only_changed: bool) -> None:
        """Read every wanted partition of one source."""
        if not source.location.strip():
            # As a path it would be the current folder.
            raise ConfigurationError(
                f"the location of {source.mapping} is empty", hint="give the URL of its server, or a path"
            )
        folder = load_folder(find_mapping_folder(source.mapping, self.settings))
        if folder.declaration.reader == ARCHIVE:
            check_location(folder, source.location, self.writer)
            self._derive(folder.path, source.partitions or ["*"])
            return
        reader = open_reader(folder.declaration, source.location, _reader_options(folder, source.options))
        try:
            partitions = list(reader.partitions(source.partitions))
            if not partitions:
                raise SourceError(
                    f"{source.location} has no partition that matches {' '.join(source.partitions) or '*'}",
                    hint="the pattern is a glob on the whole name, for example 'u/*/drp'",
                )
            for partition in partitions:
                if only_changed and self._is_known(partition, folder):
                    self.report.skipped.append(partition)
                else:
                    self._partition(reader, folder, partition)
        finally:
            reader.close()

    def publish(self) -> None:
        """Publish what has been kept since the last time, with what is derived from it."""
        for path in derived_folders(self.settings):
            self._derive(path)
        if self.pending:
            self.progress.publishing()
            self.report.snapshot = self.writer.publish() or self.report.snapshot
            self.pending = 0

    def _derive(self, path: Path, wanted: Sequence[str] = ()) -> None:
        """Make anew what a mapping folder makes of the archive, for the nights that are to change, or are wanted."""
        try:
            folder = load_folder(path)
            reader = open_archive(folder, self.writer)
            digest = self.privacy.digest(folder.digest, folder.declaration.privacy)
            stale = partial(stale_nights, folder.name, digest, reader, self.writer)
            for partition in reader.partitions(wanted) if wanted else stale():
                self._derive_night(reader, folder, partition)
        except (ConfigurationError, SourceError, MappingError) as error:
            self.report.failed.append((Partition(path.name, "*"), error))

    def _derive_night(self, reader: Reader, folder: MappingFolder, partition: Partition) -> None:
        self.progress.partition_started(partition)
        try:
            record = self._keep(reader, folder, partition)
        except (SourceError, MappingError) as error:
            self.report.failed.append((partition, error))
            return
        if record.triples or record.set_aside:
            self.report.derived.append(record)
        else:
            self.writer.drop(partition)
        self.progress.partition_kept(record)
        self.pending += 1

    def _is_known(self, partition: Partition, folder: MappingFolder) -> bool:
        record = self.writer.records.get(partition.batch)
        return (
            record is not None
            and partition.fingerprint is not None
            and record.partition.fingerprint == partition.fingerprint
            and record.mapping_digest == self.privacy.digest(folder.digest, folder.declaration.privacy)
        )

    def _partition(self, reader: Reader, folder: MappingFolder, partition: Partition) -> None:
        self.progress.partition_started(partition)
        try:
            record = self._keep(reader, folder, partition)
        except (SourceError, MappingError) as error:
            log.info("partition failed", partition=partition.batch, reason=str(error))
            self.report.failed.append((partition, error))
            return
        self.report.kept.append(record)
        self.progress.partition_kept(record)
        self.pending += max(1, record.triples)
        if self.pending >= PUBLISH_EVERY:
            self.publish()

    def _keep(self, reader: Reader, folder: MappingFolder, partition: Partition) -> BatchRecord:
        started = utc_now()
        workspace = self.writer.workspace(partition)
        output, dead_letter = workspace / "triples.parquet", workspace / "dead-letter.jsonl"
        schemas, private = reader.schemas(), folder.declaration.privacy
        check_private(private, schemas, folder.declaration.file)
        limits = {"memory_limit": self.settings.memory_limit, "threads": self.settings.threads}
        with Staging(workspace, schemas, veil=Veil(self.privacy, private), **limits) as staging:
            read = reader.read(partition, staging, self.progress.rows_read)
            self.progress.partition_mapping(partition)
            result = run_mapping(folder, staging, base=self.writer.base, output=output, dead_letter=dead_letter)
            rows = staging.rows
        return self.writer.keep(
            partition,
            triples=output,
            dead_letter=dead_letter if result.set_aside else None,
            rows=rows,
            set_aside=result.set_aside,
            mapping_digest=self.privacy.digest(folder.digest, private),
            evidence=read.evidence,
            started=started,
        )


def read_privacy(settings: Settings) -> Privacy:
    """Return what is to become of people and their words, with the key where it is needed.

    Raises
    ------
    ConfigurationError
        If people or text are to be pseudonymised, and the environment has no key, or one that is too short.
    """
    chosen = settings.privacy
    if "pseudonymise" not in (chosen.people, chosen.text):
        return Privacy(chosen.people, chosen.text)
    key = secret(chosen.key_env, "privacy.key_env")
    if len(key) < SHORTEST_KEY:
        raise ConfigurationError(
            f"the key of the pseudonyms has fewer than {SHORTEST_KEY} characters",
            place=Place("environment", field=chosen.key_env),
            hint="for example the output of: openssl rand -hex 32",
        )
    return Privacy(chosen.people, chosen.text, key.encode())


def _reader_options(folder: MappingFolder, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of the folder, those of the command line over them."""
    return {**folder.declaration.options, **options}
