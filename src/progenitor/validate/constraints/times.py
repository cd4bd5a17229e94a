"""The actual times: an event that is ordered before another has no later time."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np

from progenitor.validate.constraints.components import Adjacency, Order
from progenitor.validate.constraints.events import EventGraph
from progenitor.validate.constraints.read import UNKNOWN, Numbers
from progenitor.validate.constraints.relations import ABSENT, Relations
from progenitor.validate.constraints.rules import EVENT_OF

_BLOCK: Final = 1 << 16
"""Edges that are handed from arrays to Python at a time."""


@dataclass(frozen=True)
class Stamps:
    """The times of events.

    Parameters
    ----------
    events
        The event that each is the time of: a place in the event graph.
    instants
        Microseconds since 1970, UTC.
    rows
        The relation that tells it.
    """

    events: Numbers
    instants: Numbers
    rows: Numbers


@dataclass(frozen=True)
class Disorder:
    """An event whose time is before that of one that comes no later.

    Parameters
    ----------
    way
        The edges from the one that comes first to the other; none where they are simultaneous for what they are.
    rows
        The relations that tell their times, the earlier event's first.
    event
        The later event.
    """

    way: tuple[int, ...]
    rows: tuple[int, int]
    event: int


def stamps_of(relations: Relations, graph: EventGraph, instants: Numbers, disputed: frozenset[int]) -> Stamps:
    """Return the times that relations tell.

    Parameters
    ----------
    relations
        Merged.
    graph
        Their events.
    instants
        Of each term of the document.
    disputed
        Rows whose time contradicts another one of the same relation: what they tell is not compared any further.
    """
    parts = []
    for kind, (event, component) in EVENT_OF.items():
        rows = relations.rows(kind)
        rows = rows[relations.origin[rows] == rows]
        rows = rows[relations.is_stated("time", rows)]
        places = graph.places(event, relations.columns[component][rows])
        when = instants[relations.stated["time"][rows]]
        kept = (places != ABSENT) & (when != UNKNOWN) & ~np.isin(rows, list(disputed))
        parts.append((places[kept], when[kept], rows[kept]))
    events, when, rows = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return Stamps(events, when, rows)


def find_disorders(graph: EventGraph, order: Order, stamps: Stamps, limit: int) -> tuple[list[Disorder], int]:
    """Find events with a time before that of an event that comes no later.

    Parameters
    ----------
    graph
        The events.
    order
        Its components.
    stamps
        The times.
    limit
        How many to describe at most.

    Returns
    -------
    tuple
        One for each event that is too early for the timed events nearest before it; and how many more there are.
    """
    latest = np.full(len(graph.events), UNKNOWN)
    earliest = np.full(len(graph.events), np.iinfo(np.int64).max)
    components = order.component[stamps.events]
    np.maximum.at(latest, components, stamps.instants)
    np.minimum.at(earliest, components, stamps.instants)
    before = np.maximum(_inherited(graph, order, latest), latest)
    wrong = np.flatnonzero(earliest < before)
    if not len(wrong):
        return [], 0
    search = _Search(graph, stamps)
    first = np.lexsort((stamps.rows, stamps.instants, components))
    chosen = first[np.searchsorted(components[first], wrong[:limit])]
    return [search.nearest_later(int(place)) for place in chosen], max(0, len(wrong) - limit)


def _inherited(graph: EventGraph, order: Order, latest: Numbers) -> Numbers:
    """Return for each component the latest time among the timed ones that lead to it without another one between."""
    between = np.flatnonzero(order.component[graph.earlier] != order.component[graph.later])
    edges = between[np.argsort(order.rank[graph.earlier[between]], kind="stable")]
    own, handed = latest.tolist(), [UNKNOWN] * len(latest)
    unknown = int(UNKNOWN)
    for begin in range(0, len(edges), _BLOCK):
        block = edges[begin : begin + _BLOCK]
        sources = order.component[graph.earlier[block]].tolist()
        targets = order.component[graph.later[block]].tolist()
        for source, target in zip(sources, targets, strict=True):
            time = own[source]
            if time == unknown:
                time = handed[source]
            if time > handed[target]:
                handed[target] = time
    return np.array(handed, np.int64)


class _Search:
    """Looks backwards from an event for the nearest one with a later time."""

    def __init__(self, graph: EventGraph, stamps: Stamps) -> None:
        self._graph, self._stamps = graph, stamps
        self._back = Adjacency(len(graph.events), graph.later, graph.earlier)
        self._latest: dict[int, int] = {}
        for place in np.lexsort((-stamps.rows, stamps.instants)).tolist():
            self._latest[int(stamps.events[place])] = place

    def nearest_later(self, place: int) -> Disorder:
        """Return the way to an event from the nearest one before it that has a later time."""
        event, time = int(self._stamps.events[place]), self._stamps.instants[place]
        came: dict[int, int] = {event: ABSENT}
        waiting = deque([event])
        while True:
            node = waiting.popleft()
            other = self._latest.get(node)
            if other is not None and self._stamps.instants[other] > time:
                rows = int(self._stamps.rows[other]), int(self._stamps.rows[place])
                return Disorder(self._way(came, node), rows, event)
            for at in range(self._back.offsets[node], self._back.offsets[node + 1]):
                if (earlier := int(self._back.ends[at])) not in came:
                    came[earlier] = int(self._back.edges[at])
                    waiting.append(earlier)

    def _way(self, came: dict[int, int], node: int) -> tuple[int, ...]:
        """Return the edges from a node to where the search began."""
        way = []
        while (edge := came[node]) != ABSENT:
            way.append(edge)
            node = int(self._graph.later[edge])
        return tuple(way)
