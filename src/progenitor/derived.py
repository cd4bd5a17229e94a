"""What is derived from the archive itself: by which mapping folders, and which of its nights must be made anew."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from progenitor.config import Settings, shipped
from progenitor.errors import Place, SourceError
from progenitor.mapping.folder import SOURCE, MappingFolder
from progenitor.model import Partition
from progenitor.sources.archive import ArchiveReader
from progenitor.store.writer import Writer

ARCHIVE: Final = "archive"
"""The reader of what is derived."""

_DECLARED: Final = re.compile(rf"^reader:\s*{ARCHIVE}\b", re.MULTILINE)


def derived_folders(settings: Settings) -> Iterator[Path]:
    """List the mapping folders whose reader is the archive, by name; of several with one name the first that is found.

    Parameters
    ----------
    settings
        Where mapping folders are.
    """
    roots = [*settings.mappings, shipped("mappings")]
    found = {file.parent.name: file for root in reversed(roots) for file in sorted(root.glob(f"*/{SOURCE}"))}
    for _, file in sorted(found.items()):
        if _DECLARED.search(file.read_text(encoding="utf-8", errors="replace")):
            yield file.parent


def check_location(folder: MappingFolder, location: str, writer: Writer) -> None:
    """Refuse to derive from anything but the store that is written.

    Raises
    ------
    SourceError
        If the location is not that store.
    """
    if Path(location).resolve() != writer.directory.resolve():
        raise SourceError(
            f"{folder.name} is derived from the archive of the store that is written, not from {location}",
            place=Place(folder.declaration.file, field="reader"),
            hint=f"the location is {writer.directory}",
        )


def open_archive(folder: MappingFolder, writer: Writer) -> ArchiveReader:
    """Open the archive as it will be when what the writer has kept is published.

    Parameters
    ----------
    folder
        Whose reader is the archive.
    writer
        The store's writer.

    Raises
    ------
    MappingError
        If its source.yml is wrong.
    """
    return ArchiveReader(folder.declaration, writer.directory, writer.base, writer.records, writer.upcoming())


def stale_nights(source: str, digest: str, reader: ArchiveReader, writer: Writer) -> Sequence[Partition]:
    """Return the nights that must be made anew: what they are made from has changed, or the mapping has.

    Parameters
    ----------
    source
        Name of the mapping folder.
    digest
        What the catalogue will have for the digest of the mapping.
    reader
        From `open_archive`.
    writer
        The store's writer.
    """
    outdated = {
        record.partition
        for record in writer.upcoming().values()
        if record.partition.source == source and record.mapping_digest != digest
    }
    return sorted(outdated | set(reader.changed()))
