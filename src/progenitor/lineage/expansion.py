"""From a set of nodes to the followed edges that leave it: the step that every question about lineage repeats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from progenitor.lineage.adjacency import Adjacency, Edges, Integers
from progenitor.lineage.index import LineageIndex
from progenitor.lineage.rules import Plan, Way

LONG_ROW: Final = 256
"""A longer row is first cut to the kinds that are followed.

A collection's million members are not read to find its maker.
"""


@dataclass(frozen=True)
class Follow:
    """Which kinds of edges are followed along, and which against; tables by kind, as `Plan.followed` makes them."""

    along: NDArray[np.bool_]
    against: NDArray[np.bool_]

    @classmethod
    def of(cls, plan: Plan, *, cost: int | None = None, stops: bool | None = None) -> Follow:
        """Make the tables of a plan's rules, or only of those with that cost, that stop or do not."""
        return cls(plan.followed(Way.ALONG, cost=cost, stops=stops), plan.followed(Way.AGAINST, cost=cost, stops=stops))

    @property
    def anything(self) -> bool:
        """Whether any kind is followed at all."""
        return bool(self.along.any() or self.against.any())


def expand(index: LineageIndex, nodes: Integers, follow: Follow) -> tuple[list[Edges], list[Edges]]:
    """Return the followed edges of nodes, along and against.

    Parameters
    ----------
    index
        The index.
    nodes
        Node numbers.
    follow
        What to follow.

    Returns
    -------
    tuple
        The parts along (from the base, then from the delta), and the parts against. `Edges.rows` are positions in
        ``nodes``, ascending; the edges of one node come in the order of its row.
    """
    return (
        _expand_one_way(index.along, nodes, follow.along),
        _expand_one_way(index.against, nodes, follow.against),
    )


def _expand_one_way(adjacency: Adjacency, nodes: Integers, followed: NDArray[np.bool_]) -> list[Edges]:
    if not followed.any():
        return []
    begins, ends = adjacency.base_bounds(nodes)
    rows, positions = _followed_positions(begins, ends, adjacency.kinds, followed)
    if len(adjacency.removed):
        kept = ~_contains(adjacency.removed, positions)
        rows, positions = rows[kept], positions[kept]
    parts = [Edges(rows, adjacency.kinds[positions], adjacency.ends[positions])]
    if len(adjacency.delta_rows):
        begins, ends = adjacency.delta_bounds(nodes)
        rows, positions = _followed_positions(begins, ends, adjacency.delta_kinds, followed)
        parts.append(Edges(rows, adjacency.delta_kinds[positions], adjacency.delta_ends[positions]))
    return parts


def _followed_positions(
    begins: Integers, ends: Integers, kinds: NDArray[np.uint8], followed: NDArray[np.bool_]
) -> tuple[Integers, Integers]:
    """Return, of the edges of a followed kind in ranges, the number of the range and the position."""
    lengths = ends - begins
    rows = np.arange(len(lengths))
    if lengths.size and lengths.max() > LONG_ROW:
        rows, begins, lengths = _cut_long_ranges(begins, ends, kinds, followed)
    shifts = begins - np.cumsum(lengths) + lengths
    positions = np.repeat(shifts, lengths) + np.arange(lengths.sum())
    kept = followed[kinds[positions]]
    return np.repeat(rows, lengths)[kept], positions[kept]


def _cut_long_ranges(
    begins: Integers, ends: Integers, kinds: NDArray[np.uint8], followed: NDArray[np.bool_]
) -> tuple[Integers, Integers, Integers]:
    """Replace each long range by one for each followed kind; return row, begin and length of every range."""
    long = np.flatnonzero(ends - begins > LONG_ROW)
    wanted = np.flatnonzero(followed).astype(np.uint8)
    pieces = [np.delete(np.stack([np.arange(len(begins)), begins, ends]), long, axis=1)]
    for row in long.tolist():
        row_kinds = kinds[begins[row] : ends[row]]
        firsts = np.searchsorted(row_kinds, wanted) + begins[row]
        lasts = np.searchsorted(row_kinds, wanted, side="right") + begins[row]
        pieces.append(np.stack([np.full(len(wanted), row), firsts, lasts]))
    rows, begins, ends = np.concatenate(pieces, axis=1)
    order = np.argsort(rows, kind="stable")
    return rows[order], begins[order], (ends - begins)[order]


def _contains(ascending: Integers, values: Integers) -> NDArray[np.bool_]:
    """Return which values are in an ascending array that is not empty."""
    at = np.minimum(np.searchsorted(ascending, values), len(ascending) - 1)
    found: NDArray[np.bool_] = ascending[at] == values
    return found
