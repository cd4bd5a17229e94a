"""The event graph: which event comes before which, and by what (Constraints 30 to 49)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from progenitor.validate.constraints.read import Numbers
from progenitor.validate.constraints.relations import ABSENT, Relations
from progenitor.validate.constraints.rules import PRECEDENCES, WITHIN, Event

_EVENTS: Final = len(Event)


@dataclass(frozen=True)
class EventGraph:
    """Events, and edges from earlier to later ones.

    Parameters
    ----------
    events
        The events in ascending order: the number of a term times five, plus the sort of the event.
    earlier, later
        The ends of each edge: places in `events`.
    strict
        Whether they cannot be simultaneous.
    rules
        The constraint that each edge is from.
    rows
        The relation that each edge is from; -1 where what the things are suffices.
    """

    events: Numbers
    earlier: Numbers
    later: Numbers
    strict: NDArray[np.bool_]
    rules: Numbers
    rows: Numbers

    def thing(self, event: int) -> int:
        """Return the term whose event it is."""
        return int(self.events[event]) // _EVENTS

    def sort(self, event: int) -> Event:
        """Return what sort of event it is."""
        return Event(int(self.events[event]) % _EVENTS)

    def places(self, sort: Event, things: Numbers) -> Numbers:
        """Return the places of the events of things; -1 where nothing orders an event."""
        wanted = things * _EVENTS + sort
        if not len(self.events):
            return np.full(len(things), ABSENT)
        found = np.minimum(np.searchsorted(self.events, wanted), len(self.events) - 1)
        return np.where(self.events[found] == wanted, found, ABSENT)


def event_graph(relations: Relations, types: Numbers) -> EventGraph:
    """Return the events that the constraints order.

    Parameters
    ----------
    relations
        Merged.
    types
        Of each term.
    """
    earlier, later, strict, rules, rows = [], [], [], [], []
    for precedence in PRECEDENCES:
        of = relations.rows(precedence.kind)
        if precedence.given is not None:
            of = of[relations.is_stated(precedence.given, of)]
        if precedence.only is not None:
            component, kind = precedence.only
            of = of[types[relations.columns[component][of]] & int(kind) != 0]
        earlier.append(_events(relations, of, *precedence.earlier))
        later.append(_events(relations, of, *precedence.later))
        rows.append(of)
        strict.append(np.full(len(of), precedence.strict))
        rules.append(np.full(len(of), precedence.rule))
    for rule, first, last, kind in WITHIN:
        things = np.flatnonzero(types & int(kind))
        earlier.append(things * _EVENTS + first)
        later.append(things * _EVENTS + last)
        rows.append(np.full(len(things), ABSENT))
        strict.append(np.zeros(len(things), bool))
        rules.append(np.full(len(things), rule))
    ends = np.concatenate((*earlier, *later))
    events, places = _numbered(ends, relations.size * _EVENTS)
    half = len(ends) // 2
    return EventGraph(
        events, places[:half], places[half:], np.concatenate(strict), np.concatenate(rules), np.concatenate(rows)
    )


def _events(relations: Relations, rows: Numbers, event: Event, component: str) -> Numbers:
    return relations.columns[component][rows] * _EVENTS + event


def _numbered(values: Numbers, size: int) -> tuple[Numbers, Numbers]:
    """Return the distinct values below a size, ascending, and for each value its place among them."""
    there = np.zeros(size, bool)
    there[values] = True
    distinct = np.flatnonzero(there)
    place = np.cumsum(there, dtype=np.int32)
    return distinct, place[values].astype(np.int64) - 1
