"""What a node is at a glance: label, kind, type; and the records of a full description."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from progenitor.identifiers import ParsedIri, mint, parse
from progenitor.labels import label_of
from progenitor.model import Term
from progenitor.terms import DCTERMS, LABEL, PG, PROV, TYPE, VOPROV

DESCRIBED_BY: Final = VOPROV + "isDescribedBy"
SPECIALIZATION_OF: Final = PROV + "specializationOf"
DATA_ID: Final = PG + "dataId"
PLAN: Final = PG + "plan"
PLANNED_BY: Final = PG + "plannedBy"
STATUS: Final = PG + "status"
CONTENT_KIND: Final = PG + "contentKind"
GENERATED: Final = PROV + "wasGeneratedBy"
PART_OF: Final = DCTERMS + "isPartOf"
ATTEMPT: Final = PG + "Attempt"
INIT_QUANTUM: Final = PG + "InitQuantum"
SUCCESSFUL: Final = "SUCCESSFUL"

KINDS: Final[dict[str, str]] = {
    PROV + "Collection": "collection",
    PROV + "Bundle": "collection",
    PROV + "Plan": "plan",
    PROV + "Activity": "activity",
    PG + "PlannedQuantum": "plan",
    PROV + "Agent": "agent",
    PROV + "SoftwareAgent": "agent",
    PROV + "Person": "agent",
    PROV + "Organization": "agent",
    PROV + "Entity": "entity",
}
"""Type -> the kind that a node is drawn as; of several types the first listed here decides."""


SHORT_KINDS: Final = {"script": "script-run"}
"""What people call a kind of identifier -> its name in docs/architecture.md."""


class Properties(Protocol):
    """The part of the graph that describing needs."""

    def properties(self, iris: Iterable[str]) -> Iterator[tuple[str, str, Term]]:
        """Yield the outgoing triples of IRIs as (subject, predicate, object)."""

    def referrers(self, iri: str) -> Iterator[tuple[str, str]]:
        """Yield the incoming triples of an IRI as (subject, predicate)."""


@dataclass(frozen=True)
class Summary:
    """A node in a list or a tree.

    Parameters
    ----------
    iri
        What it is.
    label
        A short name, for example ``isr visit=... detector=4``.
    kind
        ``entity``, ``activity``, ``agent``, ``plan``, ``collection`` or ``thing``.
    type
        IRI of what describes it: the dataset type of a dataset, the task of a quantum; else None.
    type_label
        Its short name.
    run
        The RUN collection that a quantum belongs to; else empty.
    note
        What a reader must not overlook, for example a status other than success; else empty.
    content
        What datasets of the type hold, where the type says so (``pg:contentKind``): ``data``, ``log``, ``metadata`` ...
    """

    iri: str
    label: str
    kind: str
    type: str | None
    type_label: str
    run: str
    note: str
    content: str


def type_name(base: str, summary: Summary) -> str:
    """Return what a node is one of: the label of its type, else the kind of its identifier, else nothing."""
    parsed = parse(base, summary.iri)
    return summary.type_label or (parsed.kind if parsed else "")


def is_of_type(base: str, summary: Summary, wanted: str) -> bool:
    """Whether a node is one of what a person names: a kind of identifier, a dataset type, or the label of a task."""
    parsed = parse(base, summary.iri)
    return wanted == summary.type_label or (
        parsed is not None and not parsed.fragment and parsed.kind == SHORT_KINDS.get(wanted, wanted)
    )


@dataclass(frozen=True)
class Fact:
    """One property of a node, readable.

    Parameters
    ----------
    name
        CURIE of the property.
    value
        Its value, or the label of the node it leads to.
    iri
        That node's IRI, or None for a literal.
    """

    name: str
    value: str
    iri: str | None


@dataclass(frozen=True)
class Description:
    """Everything `progenitor show` prints.

    Parameters
    ----------
    iri, label, kind, type
        As in `Summary`.
    sentence
        Where it came from, in words.
    facts
        Its properties, but for the inputs.
    inputs
        What it was made from, counted by type: for an activity what it used, for an entity what its activity used.
    outputs
        What has come of it, counted by type: for an activity what it generated, for an entity what used it.
    related
        What else belongs to it: the relation (``datasets``, ``quanta``, ``runs`` ...) -> counts by type.
    """

    iri: str
    label: str
    kind: str
    type: str | None
    sentence: str
    facts: tuple[Fact, ...]
    inputs: dict[str, int]
    outputs: dict[str, int]
    related: dict[str, dict[str, int]] = field(default_factory=dict)


Record = dict[str, list[Term]]
"""Predicate IRI -> the objects, of one node."""


def records(graph: Properties, iris: Iterable[str]) -> dict[str, Record]:
    """Fetch the outgoing triples of nodes, grouped."""
    found: dict[str, Record] = {iri: {} for iri in iris}
    for subject, predicate, value in graph.properties(list(found)):
        found[subject].setdefault(predicate, []).append(value)
    return found


def first(record: Record, predicate: str) -> str | None:
    """Return the first value of a property, or None."""
    values = record.get(predicate)
    return values[0].value if values else None


def kind_of(record: Record) -> str:
    """Return the kind that a node is drawn as."""
    types = _types(record)
    return next((kind for iri, kind in KINDS.items() if iri in types), "thing")


def summarize(graph: Properties, base: str, iris: Sequence[str]) -> dict[str, Summary]:
    """Summarize nodes: one look-up each, and one for the quantum where only that has a data ID.

    Parameters
    ----------
    graph
        The snapshot's.
    base
        The store's base IRI.
    iris
        The nodes.
    """
    found = records(graph, iris)
    types = {kind for record in found.values() if (kind := first(record, DESCRIBED_BY))}
    contents = {kind: first(record, CONTENT_KIND) or "" for kind, record in records(graph, types).items()}
    hops = {iri: quantum for iri, record in found.items() if (quantum := _told_by(base, record))}
    quanta = records(graph, dict.fromkeys(hops.values()))
    return {
        iri: _summary(base, iri, record, contents, quanta.get(hops.get(iri, ""), {})) for iri, record in found.items()
    }


def _told_by(base: str, record: Record) -> str | None:
    """Return the quantum that a node is labelled by: an attempt's own, or the maker of a dataset without a data ID."""
    if LABEL in record or _data_id(base, record):
        return None
    return first(record, PART_OF) if ATTEMPT in _types(record) else first(record, GENERATED)


def _summary(base: str, iri: str, record: Record, contents: Mapping[str, str], quantum: Record) -> Summary:
    described_by = first(record, DESCRIBED_BY)
    plan = plan_of(base, record) or (plan_of(base, quantum) if ATTEMPT in _types(record) else None)
    what = plan.keys[-1] if plan else described_by
    data_id = _data_id(base, record) or _data_id(base, quantum)
    init = INIT_QUANTUM in _types(record)
    name = first(record, LABEL) or label_of(base, iri, what=what, data_id=data_id, init=init)
    status = first(record, STATUS)
    return Summary(
        iri=iri,
        label=name,
        kind=kind_of(record),
        type=described_by,
        type_label=plan.keys[-1] if plan else label_of(base, described_by) if described_by else "",
        run=plan.keys[1] if plan else "",
        note=status if status and status != SUCCESSFUL else "",
        content=contents.get(described_by or "", ""),
    )


def _types(record: Record) -> set[str]:
    return {term.value for term in record.get(TYPE, ())}


def plan_of(base: str, record: Record) -> ParsedIri | None:
    """Return the plan of a quantum, taken apart: repository, run and task label are its keys."""
    iri = first(record, PLAN) or first(record, PLANNED_BY)
    parsed = parse(base, iri) if iri else None
    return parsed if parsed and parsed.kind == "plan" else None


def _data_id(base: str, record: Record) -> str | None:
    """Return the IRI of the data ID of a quantum, or of a dataset through what it specializes."""
    direct = first(record, DATA_ID)
    if direct:
        return direct
    for term in record.get(SPECIALIZATION_OF, ()):
        parsed = parse(base, term.value)
        if parsed and parsed.kind == "data":
            return mint(base, "data-id", parsed.keys[-1])
    return None
