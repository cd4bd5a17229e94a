"""What a figure says of each thing: its shape, its name, its run, and what a reader must not overlook."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from progenitor.formats.elements import elements_of
from progenitor.formats.relations import PLAN
from progenitor.formats.selection import Statement
from progenitor.identifiers import parse
from progenitor.labels import label_of, labels_of, name_of
from progenitor.terms import PG, PROV, TYPE, VOPROV

_PLANNED: Final = {PG + "PlannedQuantum": "Activity", PG + "PlannedDataset": "Entity"}
"""What a thing that was only planned would have been: it is drawn in that shape, empty."""

_UNREMARKABLE: Final = "SUCCESSFUL"


@dataclass(frozen=True)
class Facts:
    """What is known of one thing.

    Parameters
    ----------
    element
        ``Entity``, ``Activity`` or ``Agent``.
    label
        In one line.
    what
        What it is an example of: dataset type or task; empty where nothing describes it.
    kind
        Its kind among our IRIs, for example ``exposure``; empty for a stranger.
    run
        The RUN that it belongs to, where that is known.
    status
        Where it is worth saying.
    is_planned
        Whether nothing of it came to be.
    """

    element: str
    label: str
    what: str
    kind: str
    run: str
    status: str
    is_planned: bool


def facts_of(statements: Iterable[Statement], nodes: list[str], base: str) -> dict[str, Facts]:
    """Collect what is known of nodes.

    Parameters
    ----------
    statements
        See `progenitor.formats.selection.select`.
    nodes
        The IRIs that facts are wanted of.
    base
        The store's base IRI.
    """
    known = list(statements)
    elements = elements_of(known, nodes)
    labels = labels_of(base, known)
    what, run = _examples_and_runs(known, base)
    status = {s: _status(base, term.value) for s, predicate, term in known if predicate == PG + "status"}
    planned = {s: _PLANNED[term.value] for s, p, term in known if p == TYPE and term.value in _PLANNED}
    found: dict[str, Facts] = {}
    for iri in nodes:
        parsed = parse(base, iri)
        found[iri] = Facts(
            element=planned.get(iri, elements[iri][0]),
            label=labels.get(iri) or label_of(base, iri),
            what=what.get(iri, ""),
            kind=parsed.kind if parsed else "",
            run=run.get(iri, ""),
            status=status.get(iri, ""),
            is_planned=iri in planned,
        )
    return found


def _examples_and_runs(statements: list[Statement], base: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return what each thing is an example of, and its run: of its plan, else of what made it, else its collection."""
    what: dict[str, str] = {}
    run: dict[str, str] = {}
    made_by: dict[str, str] = {}
    member_of: dict[str, str] = {}
    for subject, predicate, term in statements:
        if predicate == VOPROV + "isDescribedBy":
            what.setdefault(subject, name_of(base, term.value))
        elif predicate in {PLAN, PG + "plannedBy"}:
            parsed = parse(base, term.value)
            if parsed and parsed.kind == "plan":
                what[subject], run[subject] = parsed.keys[-1], parsed.keys[-2]
        elif predicate == PROV + "wasGeneratedBy":
            made_by[subject] = term.value
        elif predicate == PG + "plannedOutput":
            made_by[term.value] = subject
        elif predicate == PROV + "hadMember" and subject.startswith(base):
            member_of.setdefault(term.value, label_of(base, subject))
    run |= {made: run[maker] for made, maker in made_by.items() if maker in run}
    return what, {**member_of, **run}


def _status(base: str, value: str) -> str:
    """Return a status that is worth saying."""
    name = label_of(base, value).rpartition(":")[2]
    return "" if name == _UNREMARKABLE else name
