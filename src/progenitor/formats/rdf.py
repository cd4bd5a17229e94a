"""PROV-O as Turtle, N-Triples and RDF/XML, written by the store's serialiser."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from progenitor.formats.names import Namespaces
from progenitor.formats.selection import Statement
from progenitor.terms import PREFIXES

SYNTAXES: Final = {"turtle": "turtle", "n-triples": "n-triples", "rdf-xml": "rdf-xml"}
"""Our name -> the serialiser's."""


def serialize(statements: list[Statement], name: str, base: str, prefixes: Mapping[str, str] = PREFIXES) -> bytes:
    """Return statements as RDF, UTF-8, declaring the prefixes that they use.

    Parameters
    ----------
    statements
        Sorted and distinct.
    name
        One of `SYNTAXES`.
    base
        The store's base IRI.
    prefixes
        Prefixes of known vocabularies.
    """
    from progenitor.store.rdf import serialize as serialize_rdf

    return serialize_rdf(statements, SYNTAXES[name], prefixes_of(statements, base, prefixes))


def prefixes_of(statements: list[Statement], base: str, known: Mapping[str, str]) -> dict[str, str]:
    """Return the prefixes that shorten the IRIs of statements, by name; a stranger's namespace gets none."""
    namespaces = Namespaces(base, known)
    for subject, predicate, term in statements:
        for iri in (subject, predicate, term.value if term.is_iri else term.datatype or predicate):
            namespaces.cut(iri)
    return {
        prefix: namespace
        for prefix, namespace in sorted(namespaces.used.items())
        if namespace in known.values() or namespace.startswith(base)
    }
