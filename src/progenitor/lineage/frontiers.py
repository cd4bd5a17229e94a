"""The kernel that needs nothing but numpy: breadth first, a whole level at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from progenitor.lineage.adjacency import Integers
from progenitor.lineage.expansion import Follow, expand
from progenitor.lineage.index import LineageIndex, Scratch


class Search(NamedTuple):
    """What a kernel is asked.

    Parameters
    ----------
    starts
        Distinct nodes.
    free, paid
        What is followed without adding to the depth, and what adds 1.
    depth
        The greatest depth to reach, or None.
    limit
        The search may end once it has found more nodes than this; None for no limit.
    """

    starts: Integers
    free: Follow
    paid: Follow
    depth: int | None
    limit: int | None


class Found(NamedTuple):
    """What a kernel answers; both kernels give the same arrays.

    Parameters
    ----------
    nodes
        In breadth-first order: by depth, and within a depth in the order in which the level before leads to them
        (base edges along, delta edges along, base edges against, delta edges against).
    sizes
        How many nodes there are at each depth.
    more
        Whether a followed edge leads on from the greatest depth allowed to a node that was not found.
    """

    nodes: Integers
    sizes: list[int]
    more: bool


def search_levels(
    index: LineageIndex, search: Search, scratch: Scratch, tired: Callable[[int], bool] = lambda edges: False
) -> Found | None:
    """Search with numpy.

    Parameters
    ----------
    index
        The index.
    search
        The question.
    scratch
        Working memory; its marks are cleared when this returns.
    tired
        Asked after each level, with the edges followed so far, whether to give up.

    Returns
    -------
    Found or None
        None where it gave up.
    """
    levels: list[Integers] = []
    try:
        more = _run(index, search, scratch, tired, levels)
    finally:
        for level in levels:
            scratch.seen[level] = False
    return None if more is None else Found(np.concatenate([scratch.place[:0], *levels]), list(map(len, levels)), more)


def _run(
    index: LineageIndex, search: Search, scratch: Scratch, tired: Callable[[int], bool], levels: list[Integers]
) -> bool | None:
    """Fill in the levels; return whether more lies beyond the last of them, or None where it gave up."""
    edges = total = 0
    level = search.starts.astype(scratch.place.dtype)
    scratch.seen[level] = True
    while len(level):
        levels.append(level)
        if search.free.anything:
            level = levels[-1] = _close(index, level, search.free, scratch)
        total += len(level)
        if search.limit is not None and total > search.limit:
            return False
        ends = _ends(index, level, search.paid)
        edges += len(ends)
        if search.depth is not None and len(levels) > search.depth:
            return not scratch.seen[ends].all()
        if tired(edges):
            return None
        level = _fresh(ends, scratch)
    return False


def _close(index: LineageIndex, level: Integers, free: Follow, scratch: Scratch) -> Integers:
    """Return a level with all that is reached from it at no cost."""
    parts = [level]
    while len(parts[-1]):
        parts.append(_fresh(_ends(index, parts[-1], free), scratch))
    return np.concatenate(parts)


def _ends(index: LineageIndex, nodes: Integers, follow: Follow) -> Integers:
    along, against = expand(index, nodes, follow)
    parts = [part.ends for part in (*along, *against)]
    return np.concatenate(parts) if parts else nodes[:0]


def _fresh(ends: Integers, scratch: Scratch) -> Integers:
    """Return the nodes not seen before, each once, in the order of their first mention; they are seen from now on."""
    unseen = ends[~scratch.seen[ends]]
    order = np.arange(len(unseen), dtype=scratch.place.dtype)
    scratch.place[unseen[::-1]] = order[::-1]  # of several mentions the first is written last, and stays
    fresh: Integers = unseen[scratch.place[unseen] == order]
    scratch.seen[fresh] = True
    return fresh
