"""Exported files: which there are, how their bytes are read, and by what it is noticed that they have changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa

from progenitor.errors import Place, SourceError
from progenitor.sources.file_scan import COMPRESSIONS

PIECE_BYTES: Final = 2**20
"""Bytes that are read of a file at a time."""


def below(location: Path) -> list[Path]:
    """Return the files of a folder and of the folders in it, by name; of a file: itself."""
    if location.is_file():
        return [location]
    return sorted(path for pattern in ("*", "*/*") for path in location.glob(pattern) if path.is_file())


def bare_name(path: Path) -> tuple[str, str]:
    """Return the name of a file without its format and compression, and the suffix of the format."""
    name = path.with_suffix("") if path.suffix.lower() in COMPRESSIONS else path
    return name.stem, name.suffix.lower()


def read_pieces(path: Path) -> Iterator[bytes]:
    """Read a file, decompressed where its name says that it is compressed.

    Raises
    ------
    SourceError
        If it cannot be read, or ends before its compressed content does.
    """
    compression = COMPRESSIONS.get(path.suffix.lower())
    try:
        with pa.input_stream(str(path), compression=compression) as stream:
            while piece := stream.read(PIECE_BYTES):
                yield piece
    except (OSError, pa.ArrowException) as error:
        raise SourceError(f"cannot be read: {error}", place=Place(path), hint="is the export complete?") from error


def read_lines(path: Path) -> Iterator[bytes]:
    """Read a file line by line; the ends of the lines are left out.

    Raises
    ------
    SourceError
        If it cannot be read.
    """
    rest = b""
    for piece in read_pieces(path):
        *lines, rest = (rest + piece).split(b"\n")
        yield from lines
    if rest:
        yield rest


def fingerprint(paths: Sequence[Path]) -> str:
    """Return a digest of names, sizes and times of change."""
    stats = ((path, path.stat()) for path in paths)
    lines = [f"{path.parent.name}/{path.name} {stat.st_size} {stat.st_mtime_ns}" for path, stat in stats]
    return f"files {hashlib.sha256(chr(10).join(lines).encode()).hexdigest()}"
