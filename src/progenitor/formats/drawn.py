"""Which relations of an answer a figure draws: what happened on the way from the starts, each thing said once."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from progenitor.formats.relations import INVERSE, PLANNED, RELATIONS, STATED_FORWARD
from progenitor.model import Edge, Lineage
from progenitor.terms import PROV

AGENCY: Final = frozenset(
    relation for relation, known in RELATIONS.items() if known.record in {"Association", "Attribution", "Delegation"}
)
"""Relations to agents, which are drawn beside what they answer for, whichever way the answer goes."""

_STATIC: Final = frozenset(PROV + name for name in ("hadMember", "specializationOf", "alternateOf"))
"""Relations that say what belongs to what, not what happened."""

_DRAWN: Final = (RELATIONS.keys() | INVERSE.keys() | PLANNED) - _STATIC


def drawn_edges(lineage: Lineage) -> list[Edge]:
    """Return the relations that a figure draws.

    Left out are membership and the like; what only they lead to; and a derivation where an activity between its ends
    is drawn, which says more.

    Parameters
    ----------
    lineage
        The answer.
    """
    edges = [edge for edge in lineage.edges if edge.relation in _DRAWN]
    steps: dict[str, list[tuple[str, Edge]]] = defaultdict(list)
    for edge in edges:
        along = edge.relation in AGENCY or (edge.relation in STATED_FORWARD) == (lineage.direction == "forth")
        here, there = (edge.subject, edge.object) if along else (edge.object, edge.subject)
        steps[here].append((there, edge))
    reached = dict.fromkeys(lineage.starts)
    waiting = list(reached)
    followed: set[Edge] = set()
    while waiting:
        for there, edge in steps[waiting.pop()]:
            followed.add(edge)
            if there not in reached:
                reached[there] = None
                waiting.append(there)
    said = _through_activities(edges)
    return [
        edge
        for edge in dict.fromkeys(edges)
        if edge in followed and not (edge.relation == PROV + "wasDerivedFrom" and (edge.subject, edge.object) in said)
    ]


def _through_activities(edges: list[Edge]) -> set[tuple[str, str]]:
    """Return the pairs of entities with an activity between them that used one and generated the other."""
    used: dict[str, list[str]] = defaultdict(list)
    for edge in edges:
        if edge.relation == PROV + "used":
            used[edge.subject].append(edge.object)
    return {
        (edge.subject, source)
        for edge in edges
        if edge.relation == PROV + "wasGeneratedBy"
        for source in used[edge.object]
    }
