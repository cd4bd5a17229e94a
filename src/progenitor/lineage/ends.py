"""The nodes at which a question ends (agents): taken into the answer beside what led to them, never gone on from."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from progenitor.lineage.adjacency import Integers
from progenitor.lineage.expansion import Follow, expand
from progenitor.lineage.index import LineageIndex
from progenitor.lineage.rules import Plan


class Reached(NamedTuple):
    """The nodes of an answer, in its order.

    Parameters
    ----------
    nodes
        Node numbers.
    depths
        The depth of each, ascending.
    reach
        The depth at which each was gone on from; -1 where it was not.
    more
        Whether the limit on the depth left something out.
    """

    nodes: Integers
    depths: NDArray[np.int32]
    reach: NDArray[np.int32]
    more: bool


def add_ends(index: LineageIndex, plan: Plan, reached: Reached, depth: int | None) -> Reached:
    """Add the far ends of the rules that stop; a node that is also gone on from keeps the lesser depth.

    Parameters
    ----------
    index
        The index.
    plan
        The rules; those that stop are followed here.
    reached
        What the others reach.
    depth
        The limit on the depth, or None.
    """
    ends, depths = _far_ends(index, plan, reached)
    within = np.ones(len(ends), dtype=np.bool_) if depth is None else depths <= depth
    beyond = ends[~within]
    ends, depths = ends[within], depths[within]
    nodes = np.concatenate([reached.nodes, ends])
    all_depths = np.concatenate([reached.depths, depths])
    reach = np.concatenate([reached.reach, np.full(len(ends), -1, np.int32)])
    nodes, firsts, inverse = np.unique(nodes, return_index=True, return_inverse=True)
    least = np.full(len(nodes), np.iinfo(np.int32).max, np.int32)
    np.minimum.at(least, inverse, all_depths)
    order = np.lexsort((firsts, least))
    more = reached.more or not np.isin(beyond, nodes).all()
    return Reached(nodes[order], least[order], reach[firsts][order], more)


def _far_ends(index: LineageIndex, plan: Plan, reached: Reached) -> tuple[Integers, NDArray[np.int32]]:
    """Return the distinct far ends of the rules that stop, and the least depth of each, by that depth."""
    ends, depths = [reached.nodes[:0]], [reached.depths[:0]]
    for cost in (0, 1):
        along, against = expand(index, reached.nodes, Follow.of(plan, cost=cost, stops=True))
        for part in (*along, *against):
            ends.append(part.ends)
            depths.append(reached.depths[part.rows] + np.int32(cost))
    far, depth = np.concatenate(ends), np.concatenate(depths)
    order = np.argsort(depth, kind="stable")
    _, firsts = np.unique(far[order], return_index=True)
    kept = order[np.sort(firsts)]
    return far[kept], depth[kept]
