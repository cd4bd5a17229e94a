"""Associations of activities with their plans, made when a document is written: one for each activity and agent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from progenitor.formats.relations import PLAN
from progenitor.model import Term
from progenitor.terms import PROV, TYPE

if TYPE_CHECKING:
    from progenitor.formats.selection import Statement

_WITH: Final = PROV + "wasAssociatedWith"
_QUALIFIED: Final = PROV + "qualifiedAssociation"
_AGENT: Final = PROV + "agent"
_HAD_PLAN: Final = PROV + "hadPlan"
_NOBODY: Final = ""
"""Stands for the agent where none is recorded."""


def associations_of(statements: Iterable[Statement]) -> list[Statement]:
    """Return the qualified associations of activities that followed a plan (``pg:plan``).

    An association is of one activity and one agent (PROV-CONSTRAINTS 23), so a graph in which thousands of activities
    followed one plan states the plan of each, and the associations are made when a document is.

    Parameters
    ----------
    statements
        Those of a document. What a qualified association says already is not said again.

    Returns
    -------
    list of Statement
        ``<activity>#association`` with its agent and plan; where several agents followed it, one for each,
        ``#association-1`` and so on in the order of their IRIs.
    """
    known: dict[str, dict[str, set[str]]] = {
        predicate: defaultdict(set) for predicate in (PLAN, _WITH, _QUALIFIED, _AGENT, _HAD_PLAN)
    }
    for subject, predicate, term in statements:
        if predicate in known and term.is_iri:
            known[predicate][subject].add(term.value)
    found: list[Statement] = []
    for activity in known[PLAN]:
        missing = _missing(known, activity)
        for name, (agent, plan) in zip(_names(activity, len(missing)), missing, strict=True):
            found += _association(activity, name, agent, plan)
    return found


def _missing(known: dict[str, dict[str, set[str]]], activity: str) -> list[tuple[str, str]]:
    """Return the agents and plans of an activity that no qualified association says together."""
    nodes = known[_QUALIFIED].get(activity, set())
    of_nodes = {node: known[_AGENT].get(node, {_NOBODY}) for node in nodes}
    said = {(agent, plan) for node in nodes for agent in of_nodes[node] for plan in known[_HAD_PLAN].get(node, ())}
    agents = known[_WITH].get(activity, set()).union(*of_nodes.values()) - {_NOBODY}
    return sorted({(agent, plan) for agent in agents or {_NOBODY} for plan in known[PLAN][activity]} - said)


def _names(activity: str, number: int) -> Iterator[str]:
    """Yield as many IRIs of associations."""
    # An IRI has one fragment: that of a part of a thing goes on.
    first = f"{activity}{'-' if '#' in activity else '#'}association"
    return iter([first]) if number == 1 else (f"{first}-{position}" for position in range(1, number + 1))


def _association(activity: str, name: str, agent: str, plan: str) -> Iterator[Statement]:
    yield activity, _QUALIFIED, Term(name)
    yield name, TYPE, Term(PROV + "Association")
    yield name, _HAD_PLAN, Term(plan)
    if agent != _NOBODY:
        yield name, _AGENT, Term(agent)
