"""A quantum graph file (``.qg``): opened, checked, and streamed block by block."""

from __future__ import annotations

import io
import sys
import uuid
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import orjson
import pydantic
import zstandard
from lsst.pipe.base.pipeline_graph import PipelineGraph, TaskImportMode
from lsst.pipe.base.quantum_graph import (
    HeaderModel,
    InvalidQuantumGraphFileError,
    PredictedQuantumGraphReader,
    ProvenanceQuantumGraphReader,
)
from lsst.resources import ResourcePath

from progenitor.errors import Place, SourceError

Model = TypeVar("Model", bound=pydantic.BaseModel)

NEWEST_VERSION: int = HeaderModel.model_fields["version"].default
"""The file format that the installed lsst-pipe-base writes."""

_DAMAGE = (
    zipfile.BadZipFile,
    zstandard.ZstdError,
    pydantic.ValidationError,
    InvalidQuantumGraphFileError,
    LookupError,
    EOFError,
    TypeError,
    ValueError,
    OSError,
    NotImplementedError,
)
"""What reading a truncated or overwritten file may raise, according to which byte is wrong."""

_READERS: dict[str, Any] = {"provenance": ProvenanceQuantumGraphReader, "predicted": PredictedQuantumGraphReader}


@dataclass(frozen=True)
class GraphFile:
    """An open quantum graph file.

    Parameters
    ----------
    uri
        Where it is.
    header
        Its header.
    pipeline
        Its tasks and dataset types; no task class is imported.
    """

    uri: str
    header: HeaderModel
    pipeline: PipelineGraph
    _reader: Any

    @property
    def kind(self) -> str:
        """``provenance`` or ``predicted``."""
        return str(self.header.graph_type)

    def stream(self, member: str) -> Iterator[dict[str, Any]]:
        """Read the JSON objects of a multi-block member, one after the other.

        Raises
        ------
        SourceError
            If the member is damaged.
        """
        with damage(self.uri):
            decompress = self._reader.decompressor.decompress
            for data in self._compressed(member):
                yield orjson.loads(decompress(data))

    def stream_models(self, member: str, model: type[Model]) -> Iterator[Model]:
        """Read the objects of a multi-block member as models.

        Raises
        ------
        SourceError
            If the member is damaged or holds something else.
        """
        with damage(self.uri):
            decompress = self._reader.decompressor.decompress
            for data in self._compressed(member):
                yield model.model_validate_json(decompress(data))

    def stream_owned(self, member: str, address: int, owner_address: int) -> Iterator[tuple[str, bytes]]:
        """Read the JSON blocks of a member that do not say whose they are, each with the UUID of its owner.

        Parameters
        ----------
        member
            The multi-block member.
        address
            Which of a node's addresses points into it.
        owner_address
            Of the nodes that share a block, the owner is the one that also has this address.

        Raises
        ------
        SourceError
            If the file is damaged or its addresses do not fit its blocks.
        """
        with damage(self.uri):
            owners, offsets = read_addresses(
                self._reader.zf.read("nodes.addr"), self.header.int_size, address, owner_address
            )
            decompress = self._reader.decompressor.decompress
            offset = 0
            for number, data in enumerate(self._compressed(member)):
                if number >= len(offsets) or offsets[number] != offset:
                    raise InvalidQuantumGraphFileError(f"no address points at block {number + 1} of {member!r}")
                yield str(uuid.UUID(bytes=owners[number].tobytes())), decompress(data)
                offset += len(data) + self.header.int_size

    def _compressed(self, member: str) -> Iterator[bytes]:
        """Read the blocks of a member, each preceded by its size, a megabyte of the file at a time."""
        int_size = self.header.int_size
        with self._reader.zf.open(f"{member}.mb") as raw, io.BufferedReader(raw, 2**20) as stream:
            while size := stream.read(int_size):
                data = stream.read(int.from_bytes(size))
                if len(data) != int.from_bytes(size):
                    raise InvalidQuantumGraphFileError(f"{member!r} ends in the middle of a block")
                yield data

    def block(self, name: str) -> bytes:
        """Read a member that is one block of JSON."""
        with damage(self.uri):
            return bytes(self._reader.decompressor.decompress(self._reader.zf.read(f"{name}.json.zst")))


def read_addresses(
    data: bytes, int_size: int, address: int, owner_address: int, addresses: int = 4
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Find who owns the blocks of a multi-block member, in the order of the blocks.

    Rubin's own reader makes five objects of every row; here the rows stay one array.

    Parameters
    ----------
    data
        An address file: size of an integer (one byte), number of rows, number of addresses, then the rows: UUID,
        index, and per address an offset and a size. Big-endian.
    int_size
        Size of an integer as the header of the graph has it.
    address, owner_address, addresses
        Which address points at the member, which one an owner must have, and how many there are.

    Returns
    -------
    owners
        UUIDs as bytes, shape (blocks, 16).
    offsets
        Offsets of the blocks, ascending.

    Raises
    ------
    lsst.pipe.base.quantum_graph.InvalidQuantumGraphFileError
        If the addresses are not as expected.
    """
    integer = np.dtype(f">u{int_size}")
    row = np.dtype([("key", np.uint8, 16), ("index", integer), ("address", integer, (addresses, 2))])
    start = 1 + 2 * int_size
    if not data or data[0] != int_size or int.from_bytes(data[1 + int_size : start]) != addresses:
        raise InvalidQuantumGraphFileError("the address file does not fit the header")
    rows = np.frombuffer(data, dtype=row, offset=start, count=int.from_bytes(data[1 : 1 + int_size]))
    table = rows["address"]
    owned = rows[(table[:, address, 1] > 0) & (table[:, owner_address, 1] > 0)]
    offsets = owned["address"][:, address, 0].astype(np.int64)
    order = np.argsort(offsets, kind="stable")
    return owned["key"][order], offsets[order]


@contextmanager
def damage(uri: str) -> Iterator[None]:
    """Turn what a damaged quantum graph file raises into one `SourceError`."""
    try:
        yield
    except FileNotFoundError:
        raise SourceError("there is no such quantum graph file", place=Place(uri)) from None
    except PermissionError:
        raise SourceError("the quantum graph file may not be read", place=Place(uri)) from None
    except _DAMAGE as error:
        detail = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise SourceError(
            f"the quantum graph file is damaged or is something else: {detail}",
            place=Place(uri),
            hint="write it again with `butler aggregate-graph`, or ingest without it",
        ) from error


def read_header(uri: str) -> HeaderModel:
    """Read just the header of a quantum graph file.

    Raises
    ------
    SourceError
        If there is no such file, it is damaged, or it was written by a newer release.
    """
    check_interpreter()
    with damage(uri), ResourcePath(uri).open("rb") as stream, zipfile.ZipFile(stream) as archive:
        has_dictionary = "compression_dict" in archive.namelist()
        dictionary = zstandard.ZstdCompressionDict(archive.read("compression_dict")) if has_dictionary else None
        decompressor = zstandard.ZstdDecompressor(dictionary)
        header = HeaderModel.model_validate_json(decompressor.decompress(archive.read("header.json.zst")))
    if header.graph_type not in _READERS:
        raise SourceError(f"the quantum graph is of the unknown type {header.graph_type!r}", place=Place(uri))
    if not 1 <= header.version <= NEWEST_VERSION:
        raise SourceError(
            f"the quantum graph is of format version {header.version}; versions 1 to {NEWEST_VERSION} can be read",
            place=Place(uri),
            hint="install the release of lsst-pipe-base that wrote it",
        )
    return header


@contextmanager
def open_graph(uri: str) -> Iterator[GraphFile]:
    """Open a quantum graph file of either kind.

    Raises
    ------
    SourceError
        If there is no such file, it is damaged, or it was written by a newer release.
    """
    header = read_header(uri)
    with ExitStack() as stack:
        with damage(uri):
            reader = stack.enter_context(
                _READERS[header.graph_type].open(ResourcePath(uri), import_mode=TaskImportMode.DO_NOT_IMPORT)
            )
        yield GraphFile(uri, reader.header, reader.pipeline_graph, reader)


def check_interpreter(version: tuple[int, int, int] = sys.version_info[:3]) -> None:
    """Refuse the CPython releases that misread stored zip members (gh-127847).

    Raises
    ------
    SourceError
        On 3.12.0 to 3.12.8 and 3.13.0 to 3.13.1.
    """
    if (3, 12, 0) <= version < (3, 12, 9) or (3, 13, 0) <= version < (3, 13, 2):
        running = ".".join(str(part) for part in version)
        raise SourceError(
            f"CPython {running} misreads quantum graph files (gh-127847)",
            hint="use CPython 3.11, or 3.12.9, 3.13.2 and later",
        )
