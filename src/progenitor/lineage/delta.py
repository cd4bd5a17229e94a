"""The delta of an index: the nodes and edges that came after its base, and the base edges that are no more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from progenitor.errors import Place, StoreError
from progenitor.lineage.adjacency import (
    NO_EDGES,
    Adjacency,
    Edges,
    Integers,
    compress,
    join_edges,
    locate,
)
from progenitor.lineage.arrays import ArrayWriter
from progenitor.lineage.dictionary import Dictionary, concatenate
from progenitor.lineage.index import AGAINST, ALONG, DELTA, NAMES, LineageIndex
from progenitor.lineage.staging import Staging

Stage = Callable[[Sequence[Path]], AbstractContextManager[Staging]]
"""Reads the lineage edges of Parquet files."""


@dataclass(frozen=True)
class Delta:
    """What an index has beside its base.

    Parameters
    ----------
    names
        Of the nodes after the base's.
    added
        Edges that are not in the base, ordered by subject, kind, object.
    removed_along, removed_against
        Positions, ascending, of the base edges that are no more, in the base's order by subject and by object.
    """

    names: Dictionary
    added: Edges
    removed_along: Integers
    removed_against: Integers

    @property
    def size(self) -> int:
        """How many edges it adds or takes."""
        return len(self.added.rows) + len(self.removed_along)


def empty_names(first: int) -> Dictionary:
    """Return the names of no nodes."""
    hashes, nodes = np.empty(0, np.uint64), np.empty(0, np.int32)
    return Dictionary(first, hashes, hashes, nodes, np.zeros(1, np.int64), np.empty(0, np.uint8))


def empty_delta(first: int) -> Delta:
    """Return the delta of an index that has all its nodes, ``first`` of them, in the base."""
    nothing = np.empty(0, np.int64)
    return Delta(empty_names(first), NO_EDGES, nothing, nothing)


def extend_delta(index: LineageIndex, added: Path | None, removed: Path | None, stage: Stage) -> Delta:
    """Return the delta of an index with a change applied to it.

    Parameters
    ----------
    index
        The index before.
    added, removed
        Parquet files of triples; None for nothing.
    stage
        What reads them.

    Raises
    ------
    StoreError
        If an edge to remove is not in the index, so that the two do not belong together.
    """
    names, coming = _read_added(index, added, stage) if added else (index.delta_names, NO_EDGES)
    going = _read_removed(index, removed, stage) if removed else NO_EDGES
    edges, removed_along = _apply(index, coming, going)
    return Delta(names, edges, removed_along, _opposite(index, removed_along))


def write_delta(writer: ArrayWriter, delta: Delta) -> None:
    """Write a delta's arrays."""
    write_names(writer, DELTA, delta.names)
    sides = (
        (ALONG, delta.added, delta.removed_along),
        (AGAINST, delta.added.turned().ordered(), delta.removed_against),
    )
    for way, edges, removed in sides:
        rows, offsets = compress(edges.rows)
        prefix = DELTA + way
        writer.append(prefix + "removed", removed)
        writer.append(prefix + "rows", rows)
        writer.append(prefix + "offsets", offsets)
        writer.append(prefix + "ends", edges.ends.astype(node_type(delta.names.first + len(delta.names))))
        writer.append(prefix + "kinds", edges.kinds)


def write_names(writer: ArrayWriter, part: str, names: Dictionary) -> None:
    """Write a dictionary's arrays."""
    prefix = part + NAMES
    writer.append(prefix + "high", names.high)
    writer.append(prefix + "low", names.low)
    writer.append(prefix + "node", names.node)
    writer.append(prefix + "offsets", names.offsets)
    writer.append(prefix + "text", names.text)


def node_type(nodes: int) -> type[np.int32] | type[np.int64]:
    """Return the narrowest integer that can number nodes (or count edges)."""
    return np.int32 if nodes < 2**31 else np.int64


def _read_added(index: LineageIndex, file: Path, stage: Stage) -> tuple[Dictionary, Edges]:
    """Return the names after the base, the new ones included, and the edges to add."""
    with stage([file]) as staging:
        high, low, numbers = _known_numbers(index, staging)
        new = numbers < 0
        numbers[new] = index.nodes_count + np.arange(np.count_nonzero(new))
        names = concatenate(index.delta_names, _new_names(index, staging, high, low, new))
        return names, _renumbered(staging, numbers)


def _read_removed(index: LineageIndex, file: Path, stage: Stage) -> Edges:
    """Return the edges to remove."""
    with stage([file]) as staging:
        _, _, numbers = _known_numbers(index, staging)
        if (numbers < 0).any():
            raise _mismatch(index)
        return _renumbered(staging, numbers)


def _mismatch(index: LineageIndex) -> StoreError:
    return StoreError(
        "a relation to be removed is not in the lineage index", place=Place(index.directory), hint="it is made anew"
    )


def _known_numbers(
    index: LineageIndex, staging: Staging
) -> tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.int64]]:
    """Return the hash halves of the staged nodes, and their numbers in the index, -1 where it does not have them."""
    high, low = np.empty(staging.nodes, np.uint64), np.empty(staging.nodes, np.uint64)
    numbers = np.empty(staging.nodes, np.int64)
    for some_high, some_low, node in staging.hashes():
        high[node], low[node] = some_high, some_low
        numbers[node] = index.find(some_high, some_low)
    return high, low, numbers


def _new_names(
    index: LineageIndex, staging: Staging, high: NDArray[np.uint64], low: NDArray[np.uint64], new: NDArray[np.bool_]
) -> Dictionary:
    """Return the names of the staged nodes that are new to the index."""
    first = index.nodes_count
    lengths, text = [np.zeros(0, np.int64)], [np.empty(0, np.uint8)]
    done = 0
    for some_lengths, some_text in staging.names():
        wanted = new[done : done + len(some_lengths)]
        lengths.append(some_lengths[wanted])
        text.append(some_text[np.repeat(wanted, some_lengths)])
        done += len(some_lengths)
    order = np.lexsort((low[new], high[new]))
    node = (first + order).astype(node_type(first + len(order)))
    offsets = np.concatenate([[0], np.cumsum(np.concatenate(lengths))])
    return Dictionary(first, high[new][order], low[new][order], node, offsets, np.concatenate(text))


def _renumbered(staging: Staging, numbers: NDArray[np.int64]) -> Edges:
    """Return the staged edges with the index's node numbers, ordered."""
    blocks = [Edges(numbers[block.rows], block.kinds, numbers[block.ends]) for block in staging.edges_along()]
    return join_edges(NO_EDGES, *blocks).ordered()


def _apply(index: LineageIndex, coming: Edges, going: Edges) -> tuple[Edges, Integers]:
    """Return the added edges and the removed base positions of the index, with a change applied."""
    along = index.along
    delta = edges_of_delta(along)
    at, in_delta = locate(along.delta_bounds(going.rows), along.delta_kinds, along.delta_ends, going)
    kept = np.ones(len(delta.rows), dtype=np.bool_)
    kept[at[in_delta]] = False
    going = going.take(~in_delta)
    at, in_base = locate(along.base_bounds(going.rows), along.kinds, along.ends, going)
    if not in_base.all() or np.isin(at, along.removed).any():
        raise _mismatch(index)
    removed = np.union1d(along.removed, at)
    at, in_base = locate(along.base_bounds(coming.rows), along.kinds, along.ends, coming)
    removed = np.setdiff1d(removed, at[in_base])
    return join_edges(delta.take(kept), coming.take(~in_base)).ordered(), removed


def edges_of_delta(adjacency: Adjacency) -> Edges:
    """Return the edges of the delta, one way."""
    rows = np.repeat(adjacency.delta_rows, np.diff(adjacency.delta_offsets))
    return Edges(rows.astype(np.int64), adjacency.delta_kinds, adjacency.delta_ends.astype(np.int64))


def _opposite(index: LineageIndex, positions: Integers) -> Integers:
    """Return where base edges, given by their positions along, are in the order against."""
    along, against = index.along, index.against
    rows = np.searchsorted(along.offsets, positions, side="right") - 1
    edges = Edges(rows, along.kinds[positions], along.ends[positions].astype(np.int64)).turned()
    at, _ = locate(against.base_bounds(edges.rows), against.kinds, against.ends, edges)
    return np.sort(at)
