"""Which PROV-DM element a thing is: entity, activity or agent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from progenitor.formats.relations import INVERSE, RELATIONS
from progenitor.formats.selection import Statement
from progenitor.terms import PROV, TYPE, VOPROV

ELEMENTS: Final = ("Entity", "Activity", "Agent")

_CLASSES: Final[dict[str, str]] = {
    **{PROV + name: "Entity" for name in ("Entity", "Collection", "EmptyCollection", "Bundle", "Plan")},
    **{PROV + name: "Agent" for name in ("Agent", "Person", "Organization", "SoftwareAgent")},
    **{namespace + "Activity": "Activity" for namespace in (PROV, VOPROV)},
    VOPROV + "Entity": "Entity",
    VOPROV + "Agent": "Agent",
}
"""Class -> the element its members are; mappings state these beside any narrower class of their own."""


def elements_of(statements: Iterable[Statement], things: Iterable[str] = ()) -> dict[str, tuple[str, ...]]:
    """Return what each subject, and each thing a relation leads to, is: one element, or entity and agent both.

    Parameters
    ----------
    statements
        Subject, predicate, object.
    things
        IRIs that are wanted even where nothing is said of them.

    Returns
    -------
    dict
        IRI -> some of `ELEMENTS` in that order: as typed, else by where it stands in relations, else an entity, since
        PROV-DM has no other way to speak of a thing.
    """
    typed: dict[str, set[str]] = defaultdict(set)
    placed: dict[str, set[str]] = defaultdict(set, {iri: set() for iri in things})
    for subject, predicate, term in statements:
        placed[subject]
        if predicate == TYPE and term.value in _CLASSES:
            typed[subject].add(_CLASSES[term.value])
        elif predicate in RELATIONS and term.is_iri:
            relation = RELATIONS[predicate]
            placed[subject].add(relation.subject_is)
            placed[term.value].add(relation.object_is)
        elif predicate in INVERSE:
            relation = RELATIONS[INVERSE[predicate]]
            placed[subject].add(relation.object_is)
            placed[term.value].add(relation.subject_is)
    return {
        iri: _ordered(typed.get(iri, set())) or _ordered(places)[:1] or ("Entity",) for iri, places in placed.items()
    }


def _ordered(names: set[str]) -> tuple[str, ...]:
    return tuple(element for element in ELEMENTS if element in names)
