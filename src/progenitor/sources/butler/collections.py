"""The chains, tags and calibrations of a repository, with their members as they are now.

These collections are mutable, so a membership is a state of its own, named by a digest of its members: the same
members give the same bytes whenever they are read. RUN collections are partitions of their own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from lsst.daf.butler import CollectionInfo

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


def write_collections(writer: TableWriter, repository: Repository) -> None:
    """Write every collection that is not a RUN, its members and its state.

    The state is the sum of the members' digests (modulo 2^256), so that it does not depend on the order in which a
    database returns them and members need not be held.

    Raises
    ------
    SourceError
        If the registry does not answer.
    """
    for info in repository.mutable_collections():
        state = 0
        for members in batched(_members(repository, writer, info), BATCH):
            state += sum(member.digest() for member in members)
            _write_members(writer, info.name, members)
        digest = (state % 2**256).to_bytes(32).hex()
        writer.add("collection", info.name, info.type.name, info.doc or None, digest)


def _members(repository: Repository, writer: TableWriter, info: CollectionInfo) -> Iterator[_Member]:
    if info.type.name == "CHAINED":
        for position, child in enumerate(info.children):
            yield _Member(collection=child, position=position)
        return
    types = repository.dataset_types(info.name)
    write_dataset_types(writer, types)
    for dataset_type in types:
        if info.type.name == "TAGGED":
            for ref in repository.datasets(dataset_type, info.name):
                yield _Member(dataset=str(ref.id))
        else:
            for ref, timespan in repository.validities(dataset_type, info.name):
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
