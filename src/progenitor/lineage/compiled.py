"""The compiled kernel: the search of `progenitor.lineage.frontiers` near the speed of memory; it loads numba."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numba
import numpy as np

from progenitor.lineage.adjacency import Adjacency
from progenitor.lineage.expansion import LONG_ROW, Follow
from progenitor.lineage.frontiers import Found, Search
from progenitor.lineage.index import LineageIndex, Scratch

_UNBOUNDED: Final = np.iinfo(np.int64).max
_DAMAGED: Final = -1
"""Returned instead of a count where a number lies outside the array that it points into."""


def _compile(function: Callable[..., Any]) -> Any:
    """Compile a function on its first call, and keep the outcome on disk where there is a place to write."""
    try:
        return numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:  # neither this folder nor the user's cache can be written
        return numba.njit(nogil=True)(function)


def search_compiled(index: LineageIndex, search: Search, scratch: Scratch) -> Found:
    """Search with compiled code; see `progenitor.lineage.frontiers.search_levels`.

    Raises
    ------
    IndexError
        If the index holds a number that no sound index has.
    """
    count, sizes, more = _search(
        _side(index.along),
        _side(index.against),
        _tables(search.free),
        _tables(search.paid),
        search.starts,
        _UNBOUNDED if search.depth is None else search.depth,
        _UNBOUNDED if search.limit is None else search.limit,
        scratch.seen,
        scratch.place,
    )
    if count == _DAMAGED:
        raise IndexError
    _clear(scratch.seen, scratch.place, count)
    nodes = scratch.place[:count].copy()
    return Found(nodes, sizes.tolist(), bool(more))


def _side(adjacency: Adjacency) -> tuple[Any, ...]:
    base = (adjacency.offsets, adjacency.ends, adjacency.kinds, adjacency.removed)
    delta = (adjacency.delta_offsets, adjacency.delta_ends, adjacency.delta_kinds)
    return base, delta, adjacency.delta_slots


def _tables(follow: Follow) -> tuple[Any, ...]:
    return follow.along, bool(follow.along.any()), follow.against, bool(follow.against.any())


# What follows is compiled: arrays and numbers only, and every subscript that comes from a file is checked.


@_compile
def _search(along, against, free, paid, starts, depth, limit, seen, queue):  # type: ignore[no-untyped-def]
    """Fill the queue; return how many nodes are in it, how many at each depth, and whether more lies beyond."""
    sizes = np.zeros(16, np.int64)
    depths = 0
    count = 0
    for node in starts:
        queue[count] = node
        seen[node] = True
        count += 1
    begin = 0
    while begin < count:
        if free[1] or free[3]:
            count = _close(along, against, free, begin, queue, seen, count)
            if count == _DAMAGED:
                break
        if depths == len(sizes):
            sizes = np.append(sizes, np.zeros(depths, np.int64))
        sizes[depths] = count - begin
        depths += 1
        if count > limit:
            break
        if depths > depth:
            more = _expand(along, against, paid, begin, count, queue, seen, count, True) > count
            return count, sizes[:depths], more
        end = count
        count = _expand(along, against, paid, begin, end, queue, seen, count, False)
        begin = end
    return count, sizes[:depths], False


@_compile
def _clear(seen, queue, count):  # type: ignore[no-untyped-def]
    """Take back the marks of what is in the queue."""
    for at in range(count):
        seen[queue[at]] = False


@_compile
def _close(along, against, free, begin, queue, seen, count):  # type: ignore[no-untyped-def]
    """Append what is reached at no cost from the nodes that the queue ends with, generation by generation."""
    while begin < count:
        end = count
        count = _expand(along, against, free, begin, end, queue, seen, count, False)
        begin = end
    return count


@_compile
def _expand(along, against, tables, begin, end, queue, seen, count, only_look):  # type: ignore[no-untyped-def]
    """Append what is unseen one step from queue[begin:end]; or, only looking, return count + 1 where there is any."""
    result = count
    if tables[1]:
        result = _one_way(along, tables[0], begin, end, queue, seen, result, only_look)
    if tables[3] and result != _DAMAGED and not (only_look and result > count):
        result = _one_way(against, tables[2], begin, end, queue, seen, result, only_look)
    return result


@_compile
def _one_way(side, followed, begin, end, queue, seen, count, only_look):  # type: ignore[no-untyped-def]
    """Do `_expand` along or against: the base rows of all nodes, then their delta rows."""
    (offsets, ends, kinds, removed), (delta_offsets, delta_ends, delta_kinds), slots = side
    result = _rows(offsets, ends, kinds, removed, slots[:0], followed, begin, end, queue, seen, count, only_look)
    if len(slots) and result != _DAMAGED and not (only_look and result > count):
        none = removed[:0]
        result = _rows(
            delta_offsets, delta_ends, delta_kinds, none, slots, followed, begin, end, queue, seen, result, only_look
        )
    return result


@_compile
def _rows(offsets, ends, kinds, removed, slots, followed, begin, end, queue, seen, count, only_look):  # type: ignore[no-untyped-def]  # noqa: C901
    """Do `_expand` for rows that are found by node, or, where there are slots, by slot.

    The hot loop: a call in it that takes arrays would cost more than all the rest.
    """
    for at in range(begin, end):
        row = queue[at]
        if len(slots):
            row = slots[row] - 1 if row < len(slots) else -1
        if row < 0 or row >= len(offsets) - 1:
            continue
        position, last = offsets[row], offsets[row + 1]
        if position < 0 or last > len(ends):
            return _DAMAGED
        skip = np.searchsorted(removed, position) if len(removed) else 0
        while position < last:
            kind = kinds[position]
            if followed[kind]:
                while skip < len(removed) and removed[skip] < position:
                    skip += 1
                node = ends[position]
                if node < 0 or node >= len(seen):
                    return _DAMAGED
                if not seen[node] and not (skip < len(removed) and removed[skip] == position):
                    if only_look:
                        return count + 1
                    seen[node] = True
                    queue[count] = node
                    count += 1
            elif last - position > LONG_ROW:
                position += np.searchsorted(kinds[position:last], kind, side="right") - 1
            position += 1
    return count
