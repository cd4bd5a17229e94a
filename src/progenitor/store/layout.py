"""A store on disk: its folders, its settings file, and how it is made."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path

from progenitor.errors import ConfigurationError, Place, StoreError
from progenitor.identifiers import encode, is_valid_iri
from progenitor.model import Partition
from progenitor.store.disk import replace_file, writing

FORMAT_VERSION = 1
"""Version of the layout below; a program refuses a store of another one."""

_LONGEST_NAME = 200
"""Bytes of a folder name that every file system holds, with room for our suffixes."""


@dataclass(frozen=True)
class StoreSettings:
    """What ``store.toml`` says: the version of the layout and the base of every IRI of ours."""

    version: int
    base: str


@dataclass(frozen=True)
class Layout:
    """Where things are in a store.

    Parameters
    ----------
    directory
        The store.
    """

    directory: Path

    @property
    def settings(self) -> Path:
        """``store.toml``, written once."""
        return self.directory / "store.toml"

    @property
    def lock(self) -> Path:
        """The file that the one writer holds."""
        return self.directory / "lock"

    @property
    def archive(self) -> Path:
        """The batches, the source of truth."""
        return self.directory / "archive"

    @property
    def dead_letter(self) -> Path:
        """What was set aside."""
        return self.directory / "dead-letter"

    @property
    def snapshots(self) -> Path:
        """The numbered snapshots."""
        return self.directory / "snapshots"

    @property
    def current(self) -> Path:
        """The file with the number of the newest snapshot."""
        return self.directory / "current"

    @property
    def work(self) -> Path:
        """The writer's private folder."""
        return self.directory / "work"

    def snapshot(self, number: int) -> Path:
        """Return the folder of a snapshot."""
        return self.snapshots / str(number)

    def batch(self, partition: Partition, digest: str) -> Path:
        """Return the archive file of a partition's triples."""
        return self.archive / folder_name(partition.source) / folder_name(partition.key) / f"{digest}.parquet"

    def set_aside(self, partition: Partition, digest: str) -> Path:
        """Return the dead-letter file of a partition."""
        return self.dead_letter / folder_name(partition.source) / folder_name(partition.key) / f"{digest}.jsonl"


def folder_name(key: str) -> str:
    """Return a partition's key as one folder name: percent-encoded, never hidden, shortened by a digest if too long."""
    name = encode(key)
    if name.startswith("."):
        name = "%2E" + name[1:]
    encoded = name.encode()
    if len(encoded) <= _LONGEST_NAME:
        return name
    digest = hashlib.sha256(encoded).hexdigest()[:16]
    return encoded[: _LONGEST_NAME - 17].decode(errors="ignore") + "~" + digest


def create_store(directory: Path, base: str) -> StoreSettings:
    """Make an empty store.

    Parameters
    ----------
    directory
        A folder that does not exist yet or is empty.
    base
        The base of every IRI of ours: an absolute IRI that ends in ``/`` or ``#``.

    Raises
    ------
    ConfigurationError
        If the base is not such an IRI.
    StoreError
        If the folder is a store, or not empty, or cannot be written.
    """
    if not is_valid_iri(base) or base[-1] not in "/#":
        raise ConfigurationError(
            f"base {base!r} is not an absolute IRI that ends in '/' or '#'",
            hint="for example https://provenance.example.org/",
        )
    layout = Layout(directory)
    if layout.settings.exists():
        raise StoreError(
            "this is a store already", place=Place(directory), hint="use it as it is, or name another folder"
        )
    try:
        if directory.exists() and any(directory.iterdir()):
            raise StoreError("the folder is not empty", place=Place(directory), hint="name a new folder")
        with writing("a new store", directory.parent):
            _write_layout(layout, base)
    except OSError as error:
        raise StoreError(f"cannot make a store: {error.strerror or error}", place=Place(directory)) from error
    return StoreSettings(FORMAT_VERSION, base)


def _write_layout(layout: Layout, base: str) -> None:
    """Write the folders first and ``store.toml`` last: it is what makes the folder a store."""
    for folder in (layout.archive, layout.dead_letter, layout.snapshots, layout.work):
        folder.mkdir(parents=True)
    text = f'# A Progenitor store; do not edit.\nversion = {FORMAT_VERSION}\nbase = "{base}"\n'
    replace_file(layout.settings, text.encode(), layout.work)


def read_store_settings(directory: Path) -> StoreSettings:
    """Read ``store.toml``.

    Parameters
    ----------
    directory
        The store.

    Raises
    ------
    StoreError
        If there is no store, its settings are damaged, or it is of another version.
    """
    file = Layout(directory).settings
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
        version, base = content["version"], content["base"]
    except (FileNotFoundError, NotADirectoryError):
        raise StoreError(
            "there is no store here", place=Place(directory), hint=f"make one with `progenitor init {directory}`"
        ) from None
    except OSError as error:
        raise StoreError(f"cannot be read: {error.strerror}", place=Place(file)) from error
    except (ValueError, KeyError) as error:
        raise _damaged(file, str(error)) from None
    if version != FORMAT_VERSION:
        raise StoreError(
            f"the store has version {version}, this program reads version {FORMAT_VERSION}",
            place=Place(file, field="version"),
            hint="use the release of Progenitor that wrote it, or ingest into a new store",
        )
    if not isinstance(base, str) or not is_valid_iri(base) or base[-1] not in "/#":
        raise _damaged(file, f"base is {base!r}")
    return StoreSettings(version, base)


def _damaged(file: Path, reason: str) -> StoreError:
    return StoreError(
        f"damaged: {reason}",
        place=Place(file),
        hint="put back a copy, or write `version` and `base` again; the base is the start of every IRI in the archive",
    )


def read_current(directory: Path) -> int | None:
    """Return the number of the newest snapshot, or None where nothing was published yet.

    A snapshot is complete before it is put in its place, so where the file that names the newest is lost, the largest
    number that is there is the newest.

    Raises
    ------
    StoreError
        If the file is damaged.
    """
    file = Layout(directory).current
    try:
        text = file.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return max(_numbers(Layout(directory)), default=None)
    if not text.isascii() or not text.isdigit():
        raise StoreError(
            f"damaged: {text[:40]!r} is not a snapshot's number",
            place=Place(file),
            hint="remove the file: the largest number that snapshots/ has is taken then",
        )
    return int(text)


def snapshot_numbers(directory: Path) -> list[int]:
    """Return the numbers of the published snapshots, oldest first.

    A folder above `read_current` is complete too, left by a writer killed before it said so; the next writer does.
    """
    current = read_current(directory)
    if current is None:
        return []
    return sorted(number for number in _numbers(Layout(directory)) if number <= current)


def _numbers(layout: Layout) -> list[int]:
    """Return the numbers of the folders in ``snapshots/``."""
    if not layout.snapshots.is_dir():
        return []
    return [int(entry.name) for entry in layout.snapshots.iterdir() if entry.name.isdigit()]
