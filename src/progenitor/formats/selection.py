"""Which statements a document makes: what is known of an answer's nodes within its bounds, and those bounds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

from progenitor.formats.associations import associations_of
from progenitor.formats.relations import BOUNDED, PLAN, QUALIFIED
from progenitor.identifiers import mint
from progenitor.model import Lineage, Term
from progenitor.terms import LABEL, PG, PROV, TYPE, VOPROV, XSD

Statement: TypeAlias = tuple[str, str, Term]
"""Subject IRI, predicate IRI, object."""

COMPANIONS: Final = frozenset(QUALIFIED) | {
    PROV + "wasAssociatedWith",
    PROV + "wasAttributedTo",
    PROV + "actedOnBehalfOf",
    PROV + "agent",
    PROV + "hadPlan",
    PROV + "hadRole",
    PLAN,
    PG + "plannedBy",
    PROV + "atLocation",
    PROV + "specializationOf",
    VOPROV + "isDescribedBy",
    VOPROV + "usageDescription",
    VOPROV + "generationDescription",
    PG + "dataId",
}
"""Properties whose objects a document describes too: without them a node cannot be understood."""

_ROUNDS: Final = 4
"""How far from a node its companions are: activity, association (of an imported graph), plan, task."""


def gather(lineage: Lineage, properties: Callable[[list[str]], Iterable[Statement]]) -> list[Statement]:
    """Fetch what is known of the nodes of an answer and of their companions (qualified nodes, plans, agents ...).

    Parameters
    ----------
    lineage
        The answer.
    properties
        Yields the outgoing triples of IRIs, as `progenitor.store.graph.Graph.properties` does.
    """
    wanted = [node.iri for node in lineage.nodes]
    asked = set(wanted)
    found: list[Statement] = []
    for _ in range(_ROUNDS):
        fresh = list(properties(wanted))
        found += fresh
        companions = {term.value for _, predicate, term in fresh if predicate in COMPANIONS and term.is_iri}
        wanted = sorted(companions - asked)
        if not wanted:
            break
        asked.update(wanted)
    return found


def select(lineage: Lineage, properties: Iterable[Statement], base: str) -> list[Statement]:
    """Return the statements of a document: sorted, distinct, bounded by the answer, and saying what bounds it.

    Parameters
    ----------
    lineage
        The answer.
    properties
        What is known of its nodes and their companions; see `gather`.
    base
        The store's base IRI.
    """
    known = list(properties)
    described = {node.iri for node in lineage.nodes} | {subject for subject, _, _ in known}
    stated = [
        *(statement for statement in known if statement[1] not in BOUNDED or statement[2].value in described),
        *((edge.subject, edge.relation, Term(edge.object)) for edge in lineage.edges),
        *answer_statements(lineage, base),
    ]
    stated += associations_of(stated)
    # Keyed by plain strings, which sort four times faster than terms by a key function.
    by_text = {_order(statement): statement for statement in stated}
    return [by_text[text] for text in sorted(by_text)]


def answer_iri(lineage: Lineage, base: str) -> str:
    """Return the IRI of an answer: the same question with the same answer has the same one."""
    content = json.dumps(
        [
            lineage.starts,
            lineage.direction,
            lineage.inputs,
            lineage.depth,
            lineage.truncated,
            lineage.snapshot,
            lineage.rules,
            [node.iri for node in lineage.nodes],
        ]
    )
    return mint(base, "answer", "sha256", hashlib.sha256(content.encode()).hexdigest())


def answer_statements(lineage: Lineage, base: str) -> list[Statement]:
    """Describe an answer as a prov:Bundle: how it was asked, of which snapshot, and what bounds it."""
    iri = answer_iri(lineage, base)
    depth = "all depths" if lineage.depth is None else f"depth {lineage.depth}"
    values = [
        (
            LABEL,
            _text(f"lineage {lineage.direction} from {len(lineage.starts):,}, {depth}, snapshot {lineage.snapshot}"),
        ),
        (TYPE, Term(PROV + "Bundle")),
        (TYPE, Term(PROV + "Entity")),
        (TYPE, Term(PG + "Answer")),
        *((PG + "start", Term(start)) for start in lineage.starts),
        (PG + "direction", _text(lineage.direction)),
        (PG + "inputs", _text(lineage.inputs)),
        *([(PG + "depth", _number(lineage.depth))] if lineage.depth is not None else []),
        *([(PG + "truncatedBy", _text(lineage.truncated))] if lineage.truncated else []),
        (PG + "snapshot", _number(lineage.snapshot)),
        *((PG + "rule", _text(rule)) for rule in lineage.rules),
        (PG + "nodeCount", _number(len(lineage.nodes))),
        (PG + "relationCount", _number(len(lineage.edges))),
    ]
    return [(iri, predicate, term) for predicate, term in values]


def _text(value: str) -> Term:
    return Term(value, XSD + "string")


def _number(value: int) -> Term:
    return Term(str(value), XSD + "integer")


def _order(statement: Statement) -> tuple[str, str, str, str, str]:
    subject, predicate, term = statement
    return subject, predicate, term.value, term.datatype or "", term.language or ""
