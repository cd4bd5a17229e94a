"""PROV-DM records from PROV-O statements: one record per relation, with times and roles where PROV-DM has them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeAlias

from progenitor.formats.elements import ELEMENTS, elements_of
from progenitor.formats.relations import (
    EVENT_TIMES,
    FORMAL,
    INFLUENCERS,
    INVERSE,
    PLAN,
    QUALIFIED,
    RELATIONS,
    Relation,
)
from progenitor.formats.selection import Statement
from progenitor.model import Term
from progenitor.terms import LABEL, PROV, RDF, TYPE, XSD

Attributes: TypeAlias = tuple[tuple[str, Term], ...]

_HAD_ROLE: Final = PROV + "hadRole"
_RENAMED: Final = {
    LABEL: PROV + "label",
    TYPE: PROV + "type",
    PROV + "atLocation": PROV + "location",
    _HAD_ROLE: PROV + "role",
}
"""Property -> the attribute that PROV-DM has for it (section 5.7.2)."""

_TEXT: Final = frozenset({XSD + "string", RDF + "langString"})
_ACTIVITY_TIMES: Final = {PROV + "startedAtTime": "startTime", PROV + "endedAtTime": "endTime"}
_ORDER: Final = {
    kind: position
    for position, kind in enumerate(dict.fromkeys((*ELEMENTS, *(relation.record for relation in RELATIONS.values()))))
}


@dataclass(frozen=True)
class Record:
    """A PROV-DM record.

    Parameters
    ----------
    kind
        Its name: ``Entity``, ``Usage`` ...
    identifier
        IRI; None where a relation has none.
    formal
        The formal attributes by their local names, but for an element's identifier.
    attributes
        The others by their IRIs.
    """

    kind: str
    identifier: str | None
    formal: Attributes
    attributes: Attributes


def records_of(
    statements: Iterable[Statement],
    *,
    things: Iterable[str] = (),
    labels: Mapping[str, str] | None = None,
    roles: Mapping[tuple[str, str, str], str] | None = None,
) -> list[Record]:
    """Read PROV-O statements as PROV-DM records, in an order that depends on nothing but them.

    Whatever is described and is neither an activity nor an agent is an entity: PROV-DM has no other way to speak of
    it. A relation becomes one record: from its qualified node where it has one, else from the bare property.

    Parameters
    ----------
    statements
        Sorted and distinct; see `progenitor.formats.selection.select`.
    things
        IRIs that get a record even where nothing is said of them: the nodes of an answer.
    labels
        ``prov:label`` of elements that have no ``rdfs:label``.
    roles
        ``prov:role`` of a relation (subject, property, object) that has no qualified node.
    """
    graph = _Graph(statements, things)
    relations = _attach_event_times(graph, list(_relations(graph, roles or {})))
    return sorted([*_elements(graph, labels or {}), *relations], key=_sort_key)


class _Graph:
    """The statements by subject, and which nodes only qualify a relation."""

    def __init__(self, statements: Iterable[Statement], things: Iterable[str]) -> None:
        known = list(statements)
        self.elements = elements_of(known, things)
        self.about: dict[str, list[tuple[str, Term]]] = defaultdict(list)
        for subject, predicate, term in known:
            self.about[subject].append((predicate, term))
        self.bare = [
            (subject, predicate, term.value)
            for subject, predicate, term in known
            if predicate in RELATIONS and term.is_iri
        ]
        self.bare += [
            (term.value, INVERSE[predicate], subject) for subject, predicate, term in known if predicate in INVERSE
        ]
        self.qualified = [
            (subject, QUALIFIED[predicate], term.value)
            for subject, predicate, term in known
            if predicate in QUALIFIED and term.value in self.about
        ]
        self.qualifies = Counter(node for _, _, node in self.qualified)
        # PROV-DM has roles only as values; one whose name is known needs no record of its own.
        self.roles = {
            term.value for _, predicate, term in known if predicate == _HAD_ROLE and self.value(term.value, LABEL)
        }

    def value(self, subject: str, *predicates: str) -> Term | None:
        """Return the first value of the first of the properties that has one."""
        known = self.about.get(subject, ())
        return next((term for wanted in predicates for predicate, term in known if predicate == wanted), None)

    def role_name(self, role: Term) -> Term:
        """Return the name of a role, or the role itself where it has none."""
        return (self.value(role.value, LABEL) or role) if role.is_iri else role


def _relations(graph: _Graph, roles: Mapping[tuple[str, str, str], str]) -> Iterator[Record]:
    """Yield a record for each relation, the qualified ones first."""
    stated: set[tuple[str, str, str, str | None]] = set()
    for subject, predicate, node in graph.qualified:
        record, target = _qualified_record(graph, subject, RELATIONS[predicate], node)
        yield record
        stated |= {(record.kind, subject, target, subtype) for subtype in (None, RELATIONS[predicate].subtype)}
    # A revision says more than the derivation it implies: subtypes come before the bare derivation of the same pair.
    for subject, predicate, target in sorted(graph.bare, key=lambda bare: RELATIONS[bare[1]].subtype is None):
        relation = RELATIONS[predicate]
        if (relation.record, subject, target, relation.subtype) in stated:
            continue
        stated.add((relation.record, subject, target, None))
        role = roles.get((subject, predicate, target))
        said = [(PROV + "role", Term(role, XSD + "string"))] if role else []
        formal = ((relation.subject, Term(subject)), (relation.object, Term(target)))
        yield Record(relation.record, None, formal, (*_subtype(relation), *said))


def _qualified_record(graph: _Graph, subject: str, relation: Relation, node: str) -> tuple[Record, str]:
    """Make the record of a qualified node, and return it with the relation's object (empty where none is said)."""
    influencer = graph.value(node, *INFLUENCERS)
    formal = {relation.subject: Term(subject)}
    if influencer is not None:
        formal[relation.object] = influencer
    attributes: list[tuple[str, Term]] = list(_subtype(relation))
    for predicate, term in graph.about[node]:
        place = FORMAL.get(relation.record, {}).get(predicate.removeprefix(PROV))
        if place and place not in formal and (place != "time" or _is_time(term)):
            formal[place] = term
        elif predicate not in INFLUENCERS and term.value not in {PROV + relation.record, f"{PROV}{relation.subtype}"}:
            attributes.append((_attribute(predicate, term), graph.role_name(term) if predicate == _HAD_ROLE else term))
    # A record's identifier is its own: a node that qualifies several relations cannot lend them its IRI
    # (PROV-CONSTRAINTS 23).
    own = graph.qualifies[node] == 1
    return Record(relation.record, node if own else None, tuple(formal.items()), tuple(attributes)), (
        influencer.value if influencer else ""
    )


def _attach_event_times(graph: _Graph, relations: list[Record]) -> list[Record]:
    """Move the times that PROV-O states of an entity to the event: to its only record, or to one of their own."""
    by_subject: dict[tuple[str, str], list[int]] = defaultdict(list)
    for position, record in enumerate(relations):
        by_subject[record.kind, record.formal[0][1].value].append(position)
    for subject, known in graph.about.items():
        for predicate, term in known:
            if predicate not in EVENT_TIMES or not _is_time(term):
                continue
            relation = RELATIONS[EVENT_TIMES[predicate]]
            events = by_subject[relation.record, subject]
            if len(events) == 1 and "time" not in dict(relations[events[0]].formal):
                record = relations[events[0]]
                relations[events[0]] = replace(record, formal=(*record.formal, ("time", term)))
            elif not any(("time", term) in relations[position].formal for position in events):
                events.append(len(relations))
                formal = ((relation.subject, Term(subject)), ("time", term))
                relations.append(Record(relation.record, None, formal, ()))
    return relations


def _elements(graph: _Graph, labels: Mapping[str, str]) -> Iterator[Record]:
    """Yield the records of entities, activities and agents; a thing may be both entity and agent."""
    for iri in sorted(graph.elements.keys() - graph.qualifies.keys() - graph.roles):
        kinds = graph.elements[iri]
        formal, attributes = _element_attributes(graph, iri, "Activity" in kinds)
        if iri in labels and not any(name == PROV + "label" for name, _ in attributes):
            attributes.insert(0, (PROV + "label", Term(labels[iri], XSD + "string")))
        yield Record(kinds[0], iri, formal, tuple(attributes))
        yield from (Record(kind, iri, (), ()) for kind in kinds[1:])


def _element_attributes(graph: _Graph, iri: str, is_activity: bool) -> tuple[Attributes, list[tuple[str, Term]]]:
    """Return the formal attributes and the others of an element."""
    formal: dict[str, Term] = {}
    attributes: list[tuple[str, Term]] = []
    for predicate, term in graph.about.get(iri, ()):
        time = _ACTIVITY_TIMES.get(predicate) if is_activity else None
        if time and time not in formal and _is_time(term):
            formal[time] = term
        elif not _said_elsewhere(graph, predicate, term):
            attributes.append((_attribute(predicate, term), term))
    return tuple(sorted(formal.items(), reverse=True)), attributes


def _said_elsewhere(graph: _Graph, predicate: str, term: Term) -> bool:
    """Whether a statement is a record, an event's time or an element's kind, so that it is no attribute."""
    return (
        (predicate in RELATIONS and term.is_iri)
        or predicate in INVERSE
        or predicate == PLAN
        or (predicate in QUALIFIED and term.value in graph.qualifies)
        or (predicate in EVENT_TIMES and _is_time(term))
        or (predicate == TYPE and term.value in {PROV + "Entity", PROV + "Activity", PROV + "Agent"})
    )


def _attribute(predicate: str, term: Term) -> str:
    """Return the attribute's IRI; a label that is no text cannot be a ``prov:label``."""
    if predicate == LABEL and term.datatype not in _TEXT:
        return predicate
    return _RENAMED.get(predicate, predicate)


def _subtype(relation: Relation) -> Attributes:
    return ((PROV + "type", Term(PROV + relation.subtype)),) if relation.subtype else ()


def _is_time(term: Term) -> bool:
    """Whether the term is an xsd:dateTime that Python can hold (years 1 to 9999)."""
    if term.datatype != XSD + "dateTime":
        return False
    try:
        datetime.fromisoformat(term.value)
    except ValueError:
        return False
    return True


def _sort_key(record: Record) -> tuple[int, str, tuple[str, ...]]:
    return _ORDER[record.kind], record.identifier or "", tuple(f"{name} {term.value}" for name, term in record.formal)
