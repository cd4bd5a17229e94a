"""Files that are whole or absent after a crash, and one clear error when the disk is full."""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from progenitor.errors import Place, ProgenitorError, StoreError

_FULL = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}
_FULL_TEXT = re.compile(
    "|".join(re.escape(os.strerror(code)) for code in sorted(_FULL))
    + "|not enough (disk )?space|max_temp_directory_size",
    re.IGNORECASE,
)
"""DuckDB and RocksDB hand the operating system's reason on as text only."""


class DiskFullError(StoreError):
    """A disk, a quota or a file size limit that is exhausted."""


def is_disk_full(error: BaseException) -> bool:
    """Whether an error says that the disk, the quota or the file size limit is exhausted.

    The message of an error of ours may quote a source, so only what caused it counts.
    """
    if isinstance(error, ProgenitorError):
        return error.__cause__ is not None and is_disk_full(error.__cause__)
    if isinstance(error, OSError) and error.errno in _FULL:
        return True
    return bool(_FULL_TEXT.search(str(error)))


@contextmanager
def writing(what: str, directory: Path) -> Iterator[None]:
    """Turn a full disk below into one `StoreError`; every other error passes.

    Parameters
    ----------
    what
        What is being written, for the message.
    directory
        Where; tells how much is free.

    Raises
    ------
    StoreError
        If the disk, the quota or the file size limit is exhausted, however the library below says it.
    """
    try:
        yield
    except DiskFullError:
        raise
    except Exception as error:
        if not is_disk_full(error):
            raise
        free = shutil.disk_usage(directory).free
        raise DiskFullError(
            f"no space left to write {what}: {free / 1e6:.1f} MB are free",
            place=Place(directory),
            hint="the last snapshot serves on; make room, for example by `progenitor snapshots prune`, and run again",
        ) from error


def sync(path: Path) -> None:
    """Have the operating system put a file, or a folder's list of names, on the disk (fsync)."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_tree(directory: Path) -> None:
    """`sync` every file and folder below a folder, and the folder itself.

    A file that has further names (hard links) was synced under the first of them, and is not written any more.
    """
    for root, _, files in os.walk(directory):
        for name in files:
            if Path(root, name).stat().st_nlink == 1:
                sync(Path(root, name))
        sync(Path(root))


def replace_file(path: Path, content: bytes, scratch: Path) -> None:
    """Write a small file so that a reader or a crash sees either the old content or the new.

    Parameters
    ----------
    path
        The file.
    content
        What it is to hold.
    scratch
        A folder of the same file system, where a crash may leave debris.
    """
    temporary = scratch / f"{path.name}.new"
    try:
        temporary.write_bytes(content)
        sync(temporary)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync(path.parent)


def move_file(source: Path, target: Path) -> None:
    """Move a finished file to its place for good; where the target exists, it stays and the source goes.

    Parameters
    ----------
    source
        A file on the same file system, or on another one.
    target
        Named by its content, so a target that exists is the same.
    """
    if target.exists():
        source.unlink()
        return
    make_folder(target.parent)
    sync(source)
    try:
        source.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copy_file(source, target)
        source.unlink()
    sync(target.parent)


def make_folder(directory: Path) -> None:
    """Make a folder with the ones above it, all of them synced."""
    if directory.is_dir():
        return
    make_folder(directory.parent)
    directory.mkdir(exist_ok=True)
    sync(directory.parent)


def _copy_file(source: Path, target: Path) -> None:
    """Copy across file systems under a temporary name first."""
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        shutil.copyfile(source, temporary)
        sync(temporary)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
