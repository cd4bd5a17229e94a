"""The chains, tags and calibrations of a repository, with their members as they are now.

These collections are mutable, so a membership is a state of its own, named by a digest of its members, and the states
of all of them together are one partition: the same members give the same bytes whenever they are read, and what is read
later replaces nothing. RUN collections are partitions of their own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass

from lsst.daf.butler import CollectionInfo, DatasetType

from progenitor.sources.butler.artifacts import batched
from progenitor.sources.butler.registered import write_dataset_types
from progenitor.sources.butler.repository import Repository
from progenitor.sources.butler.tables import TableWriter
from progenitor.sources.butler.times import bounds, tai_text, tai_to_utc

BATCH = 10_000


@dataclass(frozen=True)
class _Member:
    """A collection at a position of a chain, or a dataset with its validity (TAI nanoseconds since 1970)."""

    collection: str | None = None
    dataset: str | None = None
    position: int | None = None
    begin: int | None = None
    end: int | None = None

    def digest(self) -> int:
        """Return a number of 256 bits that stands for the member."""
        text = f"{self.collection}\n{self.dataset}\n{self.position}\n{self.begin}\n{self.end}"
        return int.from_bytes(hashlib.sha256(text.encode()).digest())


def digest_collections(repository: Repository) -> str:
    """Return a SHA-256, in hexadecimal, of the states of every collection that is not a RUN.

    Every membership is read, since the registry keeps no date of a change of one.

    Raises
    ------
    SourceError
        If the registry does not answer.
    """
    return _read_all(repository, None)


def write_collections(writer: TableWriter, repository: Repository) -> str:
    """Write every collection that is not a RUN, its members and its state, and return the digest of what was read.

    Raises
    ------
    SourceError
        If the registry does not answer.
    """
    return _read_all(repository, writer)


def _read_all(repository: Repository, writer: TableWriter | None) -> str:
    """Digest every collection, writing it on the way where there is a writer."""
    whole = hashlib.sha256()
    for info in repository.mutable_collections():
        state = _read_members(repository, info, writer)
        row = (info.name, info.type.name, info.doc or None, state)
        whole.update(json.dumps(row).encode() + b"\n")
        if writer is not None:
            writer.add("collection", *row)
    return whole.hexdigest()


def _read_members(repository: Repository, info: CollectionInfo, writer: TableWriter | None) -> str:
    """Return the state of a collection.

    It is the sum of the members' digests (modulo 2^256), so that it does not depend on the order in which a database
    returns them and members need not be held.
    """
    state = 0
    for dataset_type, stream in _members(repository, info):
        is_empty = True
        for members in batched(stream, BATCH):
            is_empty = False
            state += sum(member.digest() for member in members)
            if writer is not None:
                _write_members(writer, info.name, members)
        # A type that only was in the collection once stays in the registry's summary; it is not part of the state.
        if writer is not None and dataset_type is not None and not is_empty:
            write_dataset_types(writer, [dataset_type])
    return (state % 2**256).to_bytes(32).hex()


def _members(repository: Repository, info: CollectionInfo) -> Iterator[tuple[DatasetType | None, Iterator[_Member]]]:
    """Return the members of a collection, by dataset type; those of a chain have none."""
    if info.type.name == "CHAINED":
        yield None, (_Member(collection=child, position=position) for position, child in enumerate(info.children))
        return
    read = _tagged if info.type.name == "TAGGED" else _certified
    for dataset_type in repository.dataset_types(info.name):
        yield dataset_type, read(repository, dataset_type, info.name)


def _tagged(repository: Repository, dataset_type: DatasetType, name: str) -> Iterator[_Member]:
    for ref in repository.datasets(dataset_type, name):
        yield _Member(dataset=str(ref.id))


def _certified(repository: Repository, dataset_type: DatasetType, name: str) -> Iterator[_Member]:
    for ref, timespan in repository.validities(dataset_type, name):
        begin, end = bounds(timespan)
        yield _Member(dataset=str(ref.id), begin=begin, end=end)


def _write_members(writer: TableWriter, name: str, members: list[_Member]) -> None:
    begins = tai_to_utc([member.begin for member in members])
    ends = tai_to_utc([member.end for member in members])
    for member, begin, end in zip(members, begins, ends, strict=True):
        writer.add(
            "member",
            name,
            member.collection,
            member.dataset,
            member.position,
            begin,
            end,
            tai_text(member.begin),
            tai_text(member.end),
        )
