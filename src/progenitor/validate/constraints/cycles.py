"""The shortest ways in which an event would come strictly before itself."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from progenitor.validate.constraints.components import Order, order_of
from progenitor.validate.constraints.read import Numbers

PATIENCE: Final = 2_000_000
"""Edges looked at in search of a shorter cycle; then the shortest one so far will do."""


@dataclass(frozen=True)
class Cycles:
    """Cycles of a graph that have a strict edge.

    Parameters
    ----------
    found
        Of each: its edges in their order, a strict one first.
    left
        How many strict edges are still on a cycle that is not among them.
    """

    found: list[list[int]]
    left: int


def find_cycles(sources: Numbers, targets: Numbers, strict: NDArray[np.bool_], order: Order, limit: int) -> Cycles:
    """Find cycles that have a strict edge, no two with a strict edge in common, the shortest of each component first.

    Parameters
    ----------
    sources, targets
        The edges.
    strict
        Which of them are strict.
    order
        The components of the graph.
    limit
        How many cycles to find at most.
    """
    inside = np.flatnonzero(order.component[sources] == order.component[targets])
    waiting = deque(_with_strict(inside, order.component[sources[inside]], strict))
    found: list[list[int]] = []
    while waiting and len(found) < limit:
        edges = waiting.popleft()
        cycle = _shortest(edges, sources, targets, strict)
        found.append(cycle)
        rest = np.setdiff1d(edges, [edge for edge in cycle if strict[edge]])
        _, places = np.unique(np.concatenate((sources[rest], targets[rest])), return_inverse=True)
        one, other = places[: len(rest)], places[len(rest) :]
        component = order_of(int(places.max(initial=-1)) + 1, one, other).component
        closed = component[one] == component[other]
        waiting.extend(_with_strict(rest[closed], component[one[closed]], strict))
    return Cycles(found, int(sum(strict[edges].sum() for edges in waiting)))


def _with_strict(edges: Numbers, labels: Numbers, strict: NDArray[np.bool_]) -> Iterator[Numbers]:
    """Yield the edges of each component that has a strict one, in the order of the labels."""
    wanted = np.unique(labels[strict[edges]])
    kept = np.isin(labels, wanted)
    edges, labels = edges[kept], labels[kept]
    by_label = np.argsort(labels, kind="stable")
    yield from np.split(edges[by_label], np.searchsorted(labels[by_label], wanted)[1:]) if len(wanted) else ()


def _shortest(edges: Numbers, sources: Numbers, targets: Numbers, strict: NDArray[np.bool_]) -> list[int]:
    """Return the shortest cycle with a strict edge among the edges of one component; of equals, the first."""
    leaving: dict[int, list[tuple[int, int]]] = {}
    numbers = edges.tolist()
    for edge, source, target in zip(numbers, sources[edges].tolist(), targets[edges].tolist(), strict=True):
        leaving.setdefault(source, []).append((edge, target))
    best: list[int] = []
    looked = 0
    for edge in edges[strict[edges]].tolist():
        way, steps = _way(leaving, int(targets[edge]), int(sources[edge]), len(best) - 2 if best else len(numbers))
        looked += steps
        if way is not None:
            best = [edge, *way]
        if len(best) == 1 or looked > PATIENCE:
            break
    return best


def _way(
    leaving: dict[int, list[tuple[int, int]]], start: int, goal: int, longest: int
) -> tuple[list[int] | None, int]:
    """Return the shortest way between two nodes, if it is no longer than a limit, and how many edges were seen."""
    if start == goal:
        return [], 0
    came: dict[int, tuple[int, int]] = {start: (-1, start)}
    level, length, looked = [start], 0, 0
    while level and length < longest:
        length += 1
        following = []
        for node in level:
            for edge, end in leaving[node]:
                looked += 1
                if end not in came:
                    came[end] = (edge, node)
                    following.append(end)
        if goal in came:
            return _back(came, start, goal), looked
        level = following
    return None, looked


def _back(came: dict[int, tuple[int, int]], start: int, goal: int) -> list[int]:
    way: list[int] = []
    while goal != start:
        edge, goal = came[goal]
        way.append(edge)
    return way[::-1]
