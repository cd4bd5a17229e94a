"""Strongly connected components, and an order of them, of large graphs that have hardly any cycles.

What cannot lie on a cycle is taken away level by level, from both ends, with arrays. Only what is left, mostly nothing,
goes to Tarjan's algorithm, in Python.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from progenitor.validate.constraints.read import Numbers
from progenitor.validate.constraints.tarjan import strong_components

LEVELS: Final = 5_000
"""After so many levels the rest goes to Tarjan's algorithm, to which a long chain is as good as any other graph."""


@dataclass(frozen=True)
class Order:
    """The components of a graph.

    Parameters
    ----------
    component
        Of each node: the component it is in.
    rank
        Of each node: an edge from one component to another leads to a higher rank. All of a component have one rank.
    """

    component: Numbers
    rank: Numbers


class Adjacency:
    """The edges of a graph by the node that they leave.

    Parameters
    ----------
    count
        How many nodes there are.
    sources, targets
        The edges.
    """

    def __init__(self, count: int, sources: Numbers, targets: Numbers) -> None:
        self.edges = np.argsort(sources, kind="stable")
        self.ends = targets[self.edges]
        self.offsets = np.zeros(count + 1, np.int64)
        np.cumsum(np.bincount(sources, minlength=count), out=self.offsets[1:])

    def places(self, nodes: Numbers) -> Numbers:
        """Return where in `edges` and `ends` the edges that leave some nodes are."""
        lengths = self.offsets[nodes + 1] - self.offsets[nodes]
        begins = np.cumsum(lengths) - lengths
        places: Numbers = np.arange(int(lengths.sum())) + np.repeat(self.offsets[nodes] - begins, lengths)
        return places


def order_of(count: int, sources: Numbers, targets: Numbers) -> Order:
    """Return the components of a graph and their order.

    Parameters
    ----------
    count
        How many nodes there are.
    sources, targets
        The edges.
    """
    along = Adjacency(count, sources, targets)
    left = np.ones(count, bool)
    rank = np.zeros(count, np.int64)
    above = _peel(along, np.bincount(targets, minlength=count), left, rank, 1)
    component = np.arange(count)
    if not left.any():
        return Order(component, rank)
    inside = left[sources] & left[targets]
    against = Adjacency(count, targets[inside], sources[inside])
    below = _peel(against, np.bincount(sources[inside], minlength=count), left, rank, -1)
    core = np.flatnonzero(left)
    labels = _labels(along, core)
    component[core] = core[_first_of_each(labels)]
    # Tarjan numbers a component before those that lead to it: the last one comes first.
    rank[core] = above + 1 + labels.max(initial=0) - labels
    lower = np.flatnonzero(rank < 0)
    rank[lower] += above + 2 + labels.max(initial=0) - below
    return Order(component, rank)


def _peel(edges: Adjacency, degree: Numbers, left: NDArray[np.bool_], rank: Numbers, step: int) -> int:
    """Take away, level by level, the nodes into which no edge leads; rank them from `step` on, and return the last."""
    nodes = np.flatnonzero(left & (degree == 0))
    level = 0
    while len(nodes) and abs(level) < LEVELS:
        level += step
        left[nodes] = False
        rank[nodes] = level
        ends = edges.ends[edges.places(nodes)]
        np.subtract.at(degree, ends, 1)
        nodes = np.unique(ends[degree[ends] == 0])
    return level


def _first_of_each(labels: Numbers) -> Numbers:
    """Return for each place the first place with the same label."""
    _, first, group = np.unique(labels, return_index=True, return_inverse=True)
    return first[group]


def _labels(along: Adjacency, nodes: Numbers) -> Numbers:
    """Return the component of each of some nodes, by the edges among them, numbered as Tarjan's algorithm does."""
    place = np.full(len(along.offsets) - 1, -1)
    place[nodes] = np.arange(len(nodes))
    source = np.repeat(np.arange(len(nodes)), along.offsets[nodes + 1] - along.offsets[nodes])
    end = place[along.ends[along.places(nodes)]]
    source, end = source[end >= 0], end[end >= 0]
    starts = np.searchsorted(source, np.arange(len(nodes) + 1))
    return np.array(strong_components(starts.tolist(), end.tolist()), np.int64)
