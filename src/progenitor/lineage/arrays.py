"""Arrays on disk, one file each, memory-mapped; a header beside them says what they are and carries their checksums."""

from __future__ import annotations

import json
import mmap
import os
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

import numpy as np
from numpy.typing import NDArray

from progenitor.errors import Place, StoreError

HEADER: Final = "index.json"
FORMAT: Final = "progenitor lineage index"
VERSION: Final = 1
REBUILD: Final = "run `progenitor rebuild`: the index is made anew from the archive"

_BLOCK: Final = 1 << 24
"""Bytes read at a time when a file is checked."""


@dataclass(frozen=True)
class ArrayRecord:
    """What the header says of one array.

    Parameters
    ----------
    dtype
        As numpy names it, byte order included.
    count
        Number of elements.
    crc32
        Of the file's bytes.
    """

    dtype: str
    count: int
    crc32: int

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self.count * np.dtype(self.dtype).itemsize


class ArrayWriter:
    """Writes arrays into a folder piece by piece, several at a time, and their records at the end.

    Use it as a context manager: the header is written last and only if nothing failed, so a folder without a header
    is debris.

    Parameters
    ----------
    directory
        The folder; made where it is missing.
    relations
        IRIs of the relations whose numbers the arrays hold.
    """

    def __init__(self, directory: Path, relations: Iterable[str]) -> None:
        self.directory = directory
        self._relations = list(relations)
        self._records: dict[str, ArrayRecord] = {}
        self._streams: dict[str, BinaryIO] = {}
        directory.mkdir(parents=True, exist_ok=True)

    def append(self, name: str, values: NDArray[Any]) -> None:
        """Write further elements of an array; the first call fixes its type."""
        if name not in self._streams:
            self._streams[name] = (self.directory / name).open("xb")
            self._records[name] = ArrayRecord(values.dtype.newbyteorder("<").str, 0, 0)
        record = self._records[name]
        data = np.ascontiguousarray(values, dtype=record.dtype).view(np.uint8).data
        self._streams[name].write(data)
        self._records[name] = ArrayRecord(record.dtype, record.count + len(values), zlib.crc32(data, record.crc32))

    def link(self, previous: Path, records: Mapping[str, ArrayRecord]) -> None:
        """Take arrays over from another index by hard links: they are immutable."""
        for name, record in records.items():
            os.link(previous / name, self.directory / name)
            self._records[name] = record

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for stream in self._streams.values():
            stream.close()
        if kind is None:
            self._write_header()

    def _write_header(self) -> None:
        content = {
            "format": FORMAT,
            "version": VERSION,
            "relations": self._relations,
            "arrays": {name: asdict(record) for name, record in sorted(self._records.items())},
        }
        text = json.dumps({"crc32": _crc32_of(content), "content": content}, indent=1) + "\n"
        partial = self.directory / f"{HEADER}.partial"
        partial.write_text(text, encoding="utf-8")
        partial.replace(self.directory / HEADER)


def _crc32_of(content: dict[str, Any]) -> int:
    return zlib.crc32(json.dumps(content, sort_keys=True).encode())


def read_header(directory: Path, relations: Iterable[str]) -> dict[str, ArrayRecord]:
    """Read what an index holds, and check all that can be checked without reading the arrays.

    Parameters
    ----------
    directory
        The folder of the index.
    relations
        The relations that the reader knows; an index with others is refused.

    Raises
    ------
    StoreError
        If there is no index, it is of another version or other relations, or a file has not the size it should have.
    """
    place = Place(directory / HEADER)
    try:
        document = json.loads(place.source.read_bytes() if isinstance(place.source, Path) else b"")
        content = document["content"]
        intact = document["crc32"] == _crc32_of(content) and content["format"] == FORMAT
    except FileNotFoundError:
        raise StoreError("there is no lineage index", place=place, hint=REBUILD) from None
    except (ValueError, KeyError, TypeError):
        intact = False
    if not intact:
        raise StoreError("the header of the lineage index is damaged", place=place, hint=REBUILD)
    if content["version"] != VERSION:
        raise StoreError(
            f"the lineage index is of version {content['version']}, this program reads {VERSION}",
            place=place,
            hint=REBUILD,
        )
    if content["relations"] != list(relations):
        raise StoreError("the lineage index was made for other relations", place=place, hint=REBUILD)
    records = {name: ArrayRecord(**record) for name, record in content["arrays"].items()}
    for name, record in records.items():
        _check_size(directory / name, record)
    return records


def _check_size(file: Path, record: ArrayRecord) -> None:
    try:
        size = file.stat().st_size
    except FileNotFoundError:
        raise StoreError("a file of the lineage index is missing", place=Place(file), hint=REBUILD) from None
    if size != record.size:
        raise StoreError(
            f"a file of the lineage index has {size} bytes instead of {record.size}", place=Place(file), hint=REBUILD
        )


def open_array(directory: Path, name: str, record: ArrayRecord) -> NDArray[Any]:
    """Map one array into memory, read-only; nothing is read before it is touched."""
    if record.count == 0:
        array: NDArray[Any] = np.empty(0, dtype=record.dtype)
        array.flags.writeable = False
        return array
    with (directory / name).open("rb") as stream:
        mapped = mmap.mmap(stream.fileno(), record.size, access=mmap.ACCESS_READ)
    return np.frombuffer(mapped, dtype=record.dtype)


def check_arrays(directory: Path, records: Mapping[str, ArrayRecord]) -> None:
    """Read every array and compare its checksum.

    Raises
    ------
    StoreError
        If one differs; names the file.
    """
    for name, record in records.items():
        crc32 = 0
        with (directory / name).open("rb") as stream:
            while block := stream.read(_BLOCK):
                crc32 = zlib.crc32(block, crc32)
        if crc32 != record.crc32:
            raise StoreError(
                "the checksum of a lineage index file differs", place=Place(directory / name), hint=REBUILD
            )
