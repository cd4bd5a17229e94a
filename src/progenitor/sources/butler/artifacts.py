"""The files of datasets, as the datastore records them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from lsst.resources import ResourcePath

from progenitor.errors import Place, SourceError
from progenitor.sources.butler.secrets import without_credentials

Item = TypeVar("Item")
Content = TypeVar("Content")


@dataclass(frozen=True)
class Artifact:
    """A file of a dataset, or the file of one of its components.

    Parameters
    ----------
    location
        Where it is.
    size
        Bytes, or None where the datastore does not know.
    """

    location: ResourcePath
    size: int | None

    @classmethod
    def from_record(cls, record: Any) -> Artifact:
        """Make one of a ``FileTransferRecord`` of ``lsst.daf.butler``."""
        size = record.file_info.file_size
        return cls(record.location.uri, size if size is not None and size >= 0 else None)

    @property
    def uri(self) -> str:
        """The location without user name and password, which a WebDAV URL may carry."""
        return without_credentials(self.location.geturl())


def batched(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Cut a stream into lists of at most ``size`` items."""
    iterator = iter(items)
    while batch := list(itertools.islice(iterator, size)):
        yield batch


def read_file(location: ResourcePath, parse: Callable[[bytes], Content]) -> Content:
    """Read a small file and parse it.

    Raises
    ------
    SourceError
        If it is missing or the parser refuses it.
    """
    try:
        return parse(location.read())
    except (OSError, ValueError) as error:
        detail = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise SourceError(f"cannot be read: {detail}", place=Place(location.geturl())) from error
