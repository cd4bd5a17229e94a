"""The checked content of a mapping.yml, as plain records that know where they were written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from progenitor.errors import Place

TermKind = Literal["iri", "literal"]


@dataclass(frozen=True)
class Reference:
    """A ``$(column)`` in a template."""

    column: str


@dataclass(frozen=True)
class Template:
    """Constant text and references in turn, prefixes expanded and escapes resolved.

    Parameters
    ----------
    parts
        Neighbouring constants are joined, so that no two constants follow each other.
    place
        Where it is written.
    text
        How it is written there.
    relative
        Whether the base IRI goes before it (only ever true of an IRI).
    """

    parts: tuple[str | Reference, ...]
    place: Place
    text: str
    relative: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it refers to, each once."""
        return tuple(dict.fromkeys(part.column for part in self.parts if isinstance(part, Reference)))

    @property
    def bare(self) -> str | None:
        """The column, where the template is one reference and nothing else."""
        first = self.parts[0] if len(self.parts) == 1 else None
        return first.column if isinstance(first, Reference) else None

    @property
    def constant(self) -> str | None:
        """The text, where the template has no reference."""
        return None if self.columns else "".join(part for part in self.parts if isinstance(part, str))


@dataclass(frozen=True)
class ObjectTerm:
    """What an object is made of.

    Parameters
    ----------
    template
        The IRI, or the lexical form of the literal.
    kind
        Which of the two.
    datatype
        IRI of the datatype that the mapping demands; None lets the column's type decide.
    language
        Language tag, in lower case.
    """

    template: Template
    kind: TermKind
    datatype: str | None = None
    language: str | None = None


@dataclass(frozen=True)
class PredicateObjects:
    """Every predicate with every object, in every graph (in those of the mapping where it names none)."""

    predicates: tuple[Template, ...]
    objects: tuple[ObjectTerm, ...]
    graphs: tuple[Template, ...]


@dataclass(frozen=True)
class SourceTable:
    """Where a mapping's rows come from.

    Parameters
    ----------
    name
        The table or view; for a query the name of the source, or ``query``.
    query
        The SQL of a query source; None for a table or view.
    place
        Where the mapping (or the sources section) names it.
    """

    name: str
    query: str | None
    place: Place


@dataclass(frozen=True)
class TriplesMap:
    """One entry of ``mappings``: what triples are made of each row of its sources."""

    name: str
    place: Place
    sources: tuple[SourceTable, ...]
    subjects: tuple[Template, ...]
    graphs: tuple[Template, ...]
    predicate_objects: tuple[PredicateObjects, ...]

    def triples(self) -> Iterator[tuple[Template, ObjectTerm, Template | None]]:
        """Yield predicate, object and graph of every triple that a row can make (graph None: the default graph)."""
        for entry in self.predicate_objects:
            graphs = self.graphs + entry.graphs
            for predicate in entry.predicates:
                for term in entry.objects:
                    for graph in graphs or (None,):
                        yield predicate, term, graph


@dataclass(frozen=True)
class MappingDocument:
    """A whole mapping.yml.

    Parameters
    ----------
    file
        Where it was read from.
    base
        Its own base IRI, for use without a store; None where it has none.
    mappings
        In the order of the file.
    """

    file: Path
    base: str | None
    mappings: tuple[TriplesMap, ...]
