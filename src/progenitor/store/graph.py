"""The triples of a snapshot, read with SPARQL or node by node."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Self

import pyoxigraph as ox

from progenitor.errors import Place, QueryError, StoreError
from progenitor.model import Term
from progenitor.store.answers import Answer, Boolean, Solutions, Triples
from progenitor.store.guard import refuse_unsafe
from progenitor.store.rdf import from_oxigraph
from progenitor.terms import PREFIXES

_LONGEST_REASON = 120
_TOO_MANY_CHOICES = "something else is expected here"
"""What is said in place of a list of every character that could have come."""

_SYNTAX = re.compile(r"error at (?P<line>\d+):(?P<column>\d+): (?P<reason>.*)", re.DOTALL)


class Graph:
    """A read-only view of a snapshot's triples.

    Mapped ones are in the default graph, or in the named graph that their mapping says; the catalogue is in
    ``<base>catalogue``.

    Parameters
    ----------
    store
        An Oxigraph store that is not written to.
    base
        The store's base IRI; the prefix ``id:`` of queries.
    """

    def __init__(self, store: ox.Store, base: str) -> None:
        self._store = store
        self.prefixes = {**PREFIXES, "id": base}

    @classmethod
    def open(cls, directory: Path | None, base: str) -> Self:
        """Open the triples of a snapshot.

        Parameters
        ----------
        directory
            Where Oxigraph keeps them; None for an empty graph.
        base
            The store's base IRI.

        Raises
        ------
        StoreError
            If Oxigraph cannot open them.
        """
        try:
            return cls(ox.Store.read_only(str(directory)) if directory else ox.Store(), base)
        except (OSError, RuntimeError) as error:
            raise StoreError(
                f"the triples cannot be opened: {error}",
                place=Place(directory) if directory else None,
                hint="make a new snapshot from the archive with `progenitor rebuild`",
            ) from error

    def __len__(self) -> int:
        """Return the number of triples in all graphs; counts them one by one."""
        return len(self._store)

    def query(self, sparql: str) -> Answer:
        """Ask a SPARQL 1.1 query; `PREFIXES` and ``id:`` are declared already.

        The answer is computed while it is read. There is no deadline here: run queries of strangers in a process
        that can be killed.

        Parameters
        ----------
        sparql
            SELECT, ASK, CONSTRUCT or DESCRIBE.

        Raises
        ------
        QueryError
            If the query is malformed (with line and column), an update, or calls another server (SERVICE).
        StoreError
            If the triples cannot be read.
        """
        refuse_unsafe(sparql)
        try:
            found = self._store.query(sparql, prefixes=self.prefixes)
        except SyntaxError as error:
            raise _syntax_error(error) from None
        except (RuntimeError, ValueError) as error:
            raise QueryError(f"the query cannot be evaluated: {error}") from None
        except OSError as error:
            raise StoreError(f"the triples cannot be read: {error}") from error
        if isinstance(found, ox.QuerySolutions):
            return Solutions(found)
        if isinstance(found, ox.QueryBoolean):
            return Boolean(found)
        return Triples(found, self.prefixes)

    def properties(self, iris: Iterable[str]) -> Iterator[tuple[str, str, Term]]:
        """Yield every triple of the default graph whose subject is one of the IRIs, IRI by IRI.

        Parameters
        ----------
        iris
            Absolute IRIs; one that names nothing yields nothing.

        Raises
        ------
        QueryError
            If one is no IRI.
        """
        default = ox.DefaultGraph()
        for iri in iris:
            for quad in self._store.quads_for_pattern(_node(iri), None, None, default):
                yield iri, quad.predicate.value, from_oxigraph(quad.object)

    def referrers(self, iri: str) -> Iterator[tuple[str, str]]:
        """Yield subject and predicate of every triple of the default graph whose object is the IRI.

        Raises
        ------
        QueryError
            If it is no IRI.
        """
        for quad in self._store.quads_for_pattern(None, None, _node(iri), ox.DefaultGraph()):
            yield from_oxigraph(quad.subject).value, quad.predicate.value

    def write_quads(self, output: IO[bytes]) -> None:
        """Write every triple of every graph as N-Quads (RDF 1.1 N-Quads), in the store's order."""
        self._store.dump(output, ox.RdfFormat.N_QUADS)

    def contains(self, iri: str) -> bool:
        """Whether the IRI is subject or object of a triple of the default graph."""
        node, default = _node(iri), ox.DefaultGraph()
        found = next(self._store.quads_for_pattern(node, None, None, default), None)
        return bool(found or next(self._store.quads_for_pattern(None, None, node, default), None))


def _node(iri: str) -> ox.NamedNode:
    try:
        return ox.NamedNode(iri)
    except ValueError as error:
        raise QueryError(f"{iri!r} is not an absolute IRI: {error}") from None


def _syntax_error(error: SyntaxError) -> QueryError:
    """Take the position out of Oxigraph's message."""
    text = str(error)
    match = _SYNTAX.fullmatch(text)
    if match is None:
        return QueryError(f"the query is malformed: {text}")
    place = Place("query", int(match["line"]), int(match["column"]))
    reason = match["reason"] if len(match["reason"]) <= _LONGEST_REASON else _TOO_MANY_CHOICES
    return QueryError(f"the query is malformed: {reason}", place=place)
