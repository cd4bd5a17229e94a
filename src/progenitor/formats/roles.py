"""Roles of inputs and outputs, put back on each relation from the descriptions that hold them once per task."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from progenitor.formats.selection import Statement
from progenitor.terms import PROV, VOPROV

_DESCRIBED_BY: Final = VOPROV + "isDescribedBy"
_ROLE: Final = VOPROV + "role"
_ENTITY_DESCRIPTION: Final = VOPROV + "entityDescription"
_DESCRIPTIONS: Final = {
    VOPROV + "usageDescription": PROV + "used",
    VOPROV + "generationDescription": PROV + "wasGeneratedBy",
}
"""Property of an activity's description (IVOA ProvenanceDM 1.0, section 3.2) -> the relation it describes."""


def roles_of(statements: Iterable[Statement]) -> dict[tuple[str, str, str], str]:
    """Return the role of each usage and generation whose task has one description for that dataset type.

    Parameters
    ----------
    statements
        Relations, ``voprov:isDescribedBy`` of their ends, and the descriptions.

    Returns
    -------
    dict
        (subject, property, object) of the relation -> its role. Where two descriptions of a task fit a dataset type,
        neither is given: such relations have qualified nodes of their own.
    """
    described_by: dict[str, set[str]] = defaultdict(set)
    role: dict[str, str] = {}
    about: dict[str, set[str]] = defaultdict(set)
    holds: list[tuple[str, str, str]] = []
    relations: list[tuple[str, str, str]] = []
    for subject, predicate, term in statements:
        if predicate == _DESCRIBED_BY:
            described_by[subject].add(term.value)
        elif predicate == _ROLE:
            role[subject] = term.value
        elif predicate == _ENTITY_DESCRIPTION:
            about[subject].add(term.value)
        elif predicate in _DESCRIPTIONS:
            holds.append((subject, _DESCRIPTIONS[predicate], term.value))
        elif predicate in _DESCRIPTIONS.values():
            relations.append((subject, predicate, term.value))
    fitting: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for task, relation, description in holds:
        for type_ in about[description]:
            if description in role:
                fitting[task, relation, type_].add(role[description])
    found = {
        (subject, predicate, target): _roles(fitting, described_by, subject, predicate, target)
        for subject, predicate, target in relations
    }
    return {relation: next(iter(names)) for relation, names in found.items() if len(names) == 1}


def _roles(
    fitting: dict[tuple[str, str, str], set[str]],
    described_by: dict[str, set[str]],
    subject: str,
    predicate: str,
    target: str,
) -> set[str]:
    """Return the roles that the descriptions of either end allow."""
    activity, entity = (subject, target) if predicate == PROV + "used" else (target, subject)
    return {
        name
        for task in described_by.get(activity, ())
        for type_ in described_by.get(entity, ())
        for name in fitting.get((task, predicate, type_), ())
    }
