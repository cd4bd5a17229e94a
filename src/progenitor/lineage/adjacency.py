"""The edges of one way, by node: the rows of the base, and what the delta adds to them and takes from them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[Any]
"""Node numbers or positions: int32, or int64 where the graph needs it."""


_FEW: Final = 4096
"""Up to so many nodes are searched for one by one; for more it pays to have a slot for each node of the graph."""


@dataclass(frozen=True)
class Adjacency:
    """The edges of every node, one way.

    A row is sorted by kind, then by far end. An edge of the graph is in the base and not removed, or in the delta,
    never in both.

    Parameters
    ----------
    offsets
        Where in the base each of its nodes' rows begins, and where the last ends; shape (base nodes + 1,).
    ends
        The far end of each base edge.
    kinds
        The kind of each base edge.
    removed
        Positions, ascending, of base edges that are no more.
    delta_rows
        The nodes, ascending, that have edges in the delta.
    delta_offsets
        Where in the delta each of those rows begins, and where the last ends; shape (delta rows + 1,).
    delta_ends, delta_kinds
        As `ends` and `kinds`.
    """

    offsets: Integers
    ends: Integers
    kinds: NDArray[np.uint8]
    removed: Integers
    delta_rows: Integers
    delta_offsets: Integers
    delta_ends: Integers
    delta_kinds: NDArray[np.uint8]

    @property
    def base_nodes(self) -> int:
        """How many nodes have a row in the base."""
        return len(self.offsets) - 1

    @property
    def edges(self) -> int:
        """How many edges there are."""
        return len(self.ends) - len(self.removed) + len(self.delta_ends)

    @cached_property
    def delta_slots(self) -> NDArray[np.int32]:
        """Of each node, up to the last that has a row in the delta: 0, or 1 + the number of that row."""
        slots = np.zeros(int(self.delta_rows[-1]) + 1 if len(self.delta_rows) else 0, dtype=np.int32)
        slots[self.delta_rows] = np.arange(1, len(self.delta_rows) + 1)
        return slots

    def base_bounds(self, nodes: Integers) -> tuple[Integers, Integers]:
        """Return where the base rows of nodes begin and end; a node without one has an empty row."""
        if not self.base_nodes:
            return np.zeros(len(nodes), np.int64), np.zeros(len(nodes), np.int64)
        known = nodes < self.base_nodes
        inside = np.where(known, nodes, 0)
        begins = self.offsets[inside].astype(np.int64)
        return begins, np.where(known, self.offsets[inside + 1], begins)

    def delta_bounds(self, nodes: Integers) -> tuple[Integers, Integers]:
        """Return where the delta rows of nodes begin and end; a node without one has an empty row."""
        if not len(self.delta_rows):
            return np.zeros(len(nodes), np.int64), np.zeros(len(nodes), np.int64)
        rows = self._delta_rows_of(nodes)
        begins = self.delta_offsets[rows].astype(np.int64)
        return begins, np.where(rows >= 0, self.delta_offsets[rows + 1], begins)

    def _delta_rows_of(self, nodes: Integers) -> Integers:
        """Return the number of each node's row in the delta, -1 where it has none."""
        if len(nodes) < _FEW:
            rows = np.minimum(np.searchsorted(self.delta_rows, nodes), len(self.delta_rows) - 1)
            return np.where(self.delta_rows[rows] == nodes, rows, -1)
        slots = self.delta_slots
        known = nodes < len(slots)
        return np.where(known, slots[np.where(known, nodes, 0)], 0) - 1


class Edges(NamedTuple):
    """Edges as three arrays of one length; ``rows`` are the near ends of the way they are looked at."""

    rows: NDArray[np.int64]
    kinds: NDArray[np.uint8]
    ends: NDArray[np.int64]

    def turned(self) -> Edges:
        """Return the same edges looked at from the other side."""
        return Edges(self.ends, self.kinds, self.rows)

    def take(self, which: NDArray[Any]) -> Edges:
        """Return some of them, by mask or by position."""
        return Edges(self.rows[which], self.kinds[which], self.ends[which])

    def order(self) -> NDArray[np.int64]:
        """Return the positions of the edges by row, kind, end; equal edges in the order they have."""
        return np.lexsort((self.ends, self.kinds, self.rows))

    def repeats(self) -> NDArray[np.bool_]:
        """Return which edges of an ordered set equal the one before."""
        same = np.zeros(len(self.rows), dtype=np.bool_)
        same[1:] = (
            (self.rows[1:] == self.rows[:-1]) & (self.kinds[1:] == self.kinds[:-1]) & (self.ends[1:] == self.ends[:-1])
        )
        return same

    def ordered(self) -> Edges:
        """Return them by row, kind, end, each once."""
        edges = self.take(self.order())
        return edges.take(~edges.repeats())


NO_EDGES = Edges(np.empty(0, np.int64), np.empty(0, np.uint8), np.empty(0, np.int64))


def join_edges(*parts: Edges) -> Edges:
    """Return all edges of several sets, in order, duplicates kept."""
    return Edges(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def compress(rows: Integers) -> tuple[Integers, Integers]:
    """Return the distinct rows of an ascending array, and where each begins (with the end of the last)."""
    distinct, begins = np.unique(rows, return_index=True)
    return distinct, np.append(begins, len(rows))


def locate(
    bounds: tuple[Integers, Integers], kinds: NDArray[np.uint8], ends: Integers, edges: Edges
) -> tuple[Integers, NDArray[np.bool_]]:
    """Find edges in sorted rows: where each is, or would have to be inserted, and whether it is there.

    Parameters
    ----------
    bounds
        Where each edge's row begins and ends.
    kinds, ends
        Of all rows.
    edges
        What to find.
    """
    low, high = (bound.astype(np.int64) for bound in bounds)
    limit = high.copy()
    while (searching := low < high).any():
        middle = np.where(searching, (low + high) // 2, 0)
        kind, end = kinds[middle], ends[middle]
        before = (kind < edges.kinds) | ((kind == edges.kinds) & (end < edges.ends))
        low = np.where(searching & before, middle + 1, low)
        high = np.where(searching & ~before, middle, high)
    inside = low < limit
    at = np.where(inside, low, 0)
    if not len(ends):
        return low, inside
    return low, inside & (kinds[at] == edges.kinds) & (ends[at] == edges.ends)
