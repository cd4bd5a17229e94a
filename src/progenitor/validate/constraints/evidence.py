"""The statements and the words behind rows, events and types: what makes a finding readable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np

from progenitor.terms import PROV, TYPE
from progenitor.validate.constraints.events import EventGraph
from progenitor.validate.constraints.read import Document, Numbers
from progenitor.validate.constraints.relations import ABSENT, Relations
from progenitor.validate.constraints.report import Statement, Step, short
from progenitor.validate.constraints.rules import IDENTIFIABLE, Event
from progenitor.validate.constraints.vocabulary import (
    CLASSES,
    GENERATION_PROPERTY,
    IDENTIFIED,
    NUMBER_OF,
    PROPERTIES,
    RELATIONS,
    TIME_PROPERTY,
    TYPE_PROPERTY,
    USAGE_PROPERTY,
    Kind,
    Type,
)

PREDICATES: Final = tuple(f"<{TYPE if name == TYPE_PROPERTY else PROV + name}>" for name in PROPERTIES)
"""The properties as N-Triples terms."""


class Evidence:
    """Looks up what was stated.

    Parameters
    ----------
    document
        What was read.
    relations
        Merged.
    standing
        For each term what stands for it.
    """

    def __init__(self, document: Document, relations: Relations, standing: Numbers) -> None:
        self._document, self._relations, self._standing = document, relations, standing

    def name(self, term: int) -> str:
        """Return a term for reading."""
        return short(self._text(term)) if term < self._relations.named else "something unnamed"

    def graph(self, term: int) -> str | None:
        """Return the IRI of the graph of a term; None for the default graph."""
        return self._document.graphs[term].as_py()[1:-1] or None

    def graph_of_row(self, row: int) -> str | None:
        """Return the IRI of the graph in which a relation is stated; None for the default graph."""
        return self.graph(int(self._relations.stated["subject"][self._relations.origin[row]]))

    def statements_of(self, rows: Iterable[int], *, with_time: bool = False) -> tuple[Statement, ...]:
        """Return the statements that make relations, each once.

        Parameters
        ----------
        rows
            The relations.
        with_time
            Also those that tell their times.
        """
        found = (triple for row in rows for triple in self._triples(int(self._relations.origin[row]), with_time))
        return tuple(self._statement(*triple) for triple in dict.fromkeys(found))

    def typing(self, thing: int, wanted: int) -> tuple[Statement, ...]:
        """Return what makes a thing have a type: a declaration if there is one, else a relation."""
        document = self._document
        declared = np.flatnonzero((self._standing[document.typed] == thing) & (document.types & wanted != 0))
        for place in declared[:1]:
            return self._declarations(int(document.typed[place]), wanted)
        for row in self._implying(thing, wanted):
            return self.statements_of([row])
        return ()

    def what(self, wanted: int) -> str:
        """Return a type in words."""
        if wanted >> IDENTIFIED:
            kind = Kind(int(wanted).bit_length() - 1 - IDENTIFIED)
            return f"the identifier of {'an' if kind.name[0] in 'AEIOU' and kind != Kind.USAGE else 'a'} {word(kind)}"
        return {Type.ENTITY: "an entity", Type.ACTIVITY: "an activity", Type.AGENT: "an agent"}[Type(wanted)]

    def event(self, graph: EventGraph, event: int) -> str:
        """Return an event in words."""
        thing, sort = graph.thing(event), graph.sort(event)
        if sort != Event.USAGE:
            return f"the {sort.name.lower()} of {self.name(thing)}"
        rows = self._relations.rows(Kind.USAGE)
        row = rows[self._relations.columns["id"][rows] == thing][0]
        used, by = (self.name(int(self._relations.columns[name][row])) for name in ("object", "subject"))
        return f"the usage of {used} by {by}"

    def steps(self, graph: EventGraph, edges: Iterable[int]) -> tuple[Step, ...]:
        """Return edges of the event graph as steps."""
        return tuple(
            Step(
                self.event(graph, int(graph.earlier[edge])),
                self.event(graph, int(graph.later[edge])),
                bool(graph.strict[edge]),
                int(graph.rules[edge]),
                self.statements_of([int(graph.rows[edge])] if graph.rows[edge] != ABSENT else []),
            )
            for edge in edges
        )

    def _text(self, term: int) -> str:
        return str(self._document.names[term].as_py())

    def _statement(self, subject: int, number: int, value: int) -> Statement:
        return Statement(self._text(subject), PREDICATES[number], self._text(value))

    def _triples(self, row: int, with_time: bool) -> Iterator[tuple[int, int, int]]:
        """Yield the statements of a row of the document that were read."""
        relation = RELATIONS[Kind(int(self._document.kinds[row]))]
        cell = {name: int(values[row]) for name, values in self._relations.stated.items()}
        subject, node = cell["subject"], cell["id"]
        looked = [
            (subject, relation.qualified, node),
            (node, relation.components, cell["object"]),
            (node, (relation.other_property,), cell["other"]),
            (node, (GENERATION_PROPERTY,), cell["generation"]),
            (node, (USAGE_PROPERTY,), cell["usage"]),
        ]
        if node == ABSENT:
            looked = [(subject, relation.shortcuts, cell["object"]), (cell["object"], relation.inverse, subject)]
        if with_time:
            looked += [(node, (TIME_PROPERTY,), cell["time"]), (subject, (relation.time,), cell["time"])]
        for start, properties, end in looked:
            if ABSENT not in (start, end):
                yield from self._stated(start, properties, end)

    def _stated(self, start: int, properties: tuple[str, ...], end: int) -> Iterator[tuple[int, int, int]]:
        subjects, predicates, objects = self._document.statements
        wanted = [NUMBER_OF[name] for name in properties if name]
        for place in range(np.searchsorted(subjects, start), np.searchsorted(subjects, start, side="right")):
            if objects[place] == end and predicates[place] in wanted:
                yield start, int(predicates[place]), end

    def _declarations(self, thing: int, wanted: int) -> tuple[Statement, ...]:
        """Return the first declaration of a thing to be of a type."""
        classes = {f"<{PROV}{name}>" for name, types in CLASSES.items() if int(types) & wanted}
        subjects, predicates, objects = self._document.statements
        for place in range(np.searchsorted(subjects, thing), np.searchsorted(subjects, thing, side="right")):
            if predicates[place] == NUMBER_OF[TYPE_PROPERTY] and self._text(int(objects[place])) in classes:
                return (self._statement(thing, int(predicates[place]), int(objects[place])),)
        return ()

    def _implying(self, thing: int, wanted: int) -> Iterator[int]:
        """Yield the first row of each relation that implies the type of a thing."""
        for kind, relation in RELATIONS.items():
            implied = dict(zip(("subject", "object", "other"), relation.types, strict=True))
            names = [name for name, types in implied.items() if types & wanted]
            if kind in IDENTIFIABLE and wanted >> IDENTIFIED == 1 << kind:
                names.append("id")
            rows = self._relations.rows(kind)
            for name in names:
                yield from rows[self._relations.columns[name][rows] == thing][:1].tolist()


def word(kind: Kind) -> str:
    """Return what a relation is called in a sentence."""
    return kind.name.lower()
