"""RDF terms as plain values, and triples written as Turtle, N-Triples, JSON-LD or RDF/XML, always the same bytes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

import pyoxigraph as ox

from progenitor.errors import FormatError
from progenitor.model import Term

RDF_FORMATS: Final[dict[str, ox.RdfFormat]] = {
    "turtle": ox.RdfFormat.TURTLE,
    "n-triples": ox.RdfFormat.N_TRIPLES,
    "json-ld": ox.RdfFormat.JSON_LD,
    "rdf-xml": ox.RdfFormat.RDF_XML,
}
"""RDF 1.1 Turtle, N-Triples, JSON-LD 1.1 (expanded form) and RDF/XML."""

_BLANK = "_:"
_XML_ROOT = re.compile(rb"<rdf:RDF(?P<namespaces>(?: xmlns:[^=]*=\"[^\"]*\")*)>")

OxigraphTerm: TypeAlias = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple


def from_oxigraph(term: OxigraphTerm) -> Term:
    """Return Oxigraph's term as a plain one.

    A blank node (nothing of ours is one, a CONSTRUCT can make some) has the value ``_:label``; a triple term of RDF 1.2
    its text.
    """
    if isinstance(term, ox.Literal):
        return Term(term.value, term.datatype.value, term.language)
    return Term(term.value if isinstance(term, ox.NamedNode) else str(term))


def to_oxigraph(term: Term) -> ox.NamedNode | ox.BlankNode | ox.Literal:
    """Return a plain term as Oxigraph's.

    Raises
    ------
    FormatError
        If the value is no IRI, or the language tag is malformed.
    """
    try:
        if term.language is not None:
            return ox.Literal(term.value, language=term.language)
        if term.datatype is not None:
            return ox.Literal(term.value, datatype=ox.NamedNode(term.datatype))
        return _resource(term.value)
    except ValueError as error:
        raise FormatError(f"{term.value!r} is not an RDF term: {error}") from None


def serialize(triples: Iterable[tuple[str, str, Term]], format: str, prefixes: Mapping[str, str]) -> bytes:
    """Write triples, sorted and each once.

    Parameters
    ----------
    triples
        Subject IRI, predicate IRI, object.
    format
        A key of `RDF_FORMATS`.
    prefixes
        Namespaces by prefix, for Turtle and RDF/XML; those that abbreviate nothing are left out.

    Raises
    ------
    FormatError
        If there is no such format, or a term is none.
    """
    if format not in RDF_FORMATS:
        raise FormatError(f"triples cannot be written as {format!r}", hint=f"formats: {', '.join(RDF_FORMATS)}")
    ordered = sorted(set(triples), key=_sort_key)
    used = _used_prefixes(ordered, prefixes)
    quads = (ox.Triple(_subject(s), _predicate(p), to_oxigraph(o)) for s, p, o in ordered)
    content = ox.serialize(quads, format=RDF_FORMATS[format], prefixes=used) or b""
    return _sort_declarations(content, format)


def _sort_key(triple: tuple[str, str, Term]) -> tuple[str, str, str, str, str]:
    subject, predicate, value = triple
    return subject, predicate, value.value, value.datatype or "", value.language or ""


def _used_prefixes(triples: Iterable[tuple[str, str, Term]], prefixes: Mapping[str, str]) -> dict[str, str]:
    """Return the prefixes whose namespace some IRI of the triples starts with."""
    left = dict(prefixes)
    used: dict[str, str] = {}
    for subject, predicate, value in triples:
        iris = (subject, predicate, value.datatype or value.value)
        for prefix in [prefix for prefix, namespace in left.items() if any(iri.startswith(namespace) for iri in iris)]:
            used[prefix] = left.pop(prefix)
        if not left:
            break
    return used


def _sort_declarations(content: bytes, format: str) -> bytes:
    """Put the namespace declarations in order: Oxigraph writes them in the order of a hash table, which changes."""
    if format == "turtle":
        lines = content.split(b"\n")
        head = next((i for i, line in enumerate(lines) if not line.startswith(b"@prefix ")), len(lines))
        return b"\n".join(sorted(lines[:head]) + lines[head:])
    if format == "rdf-xml":

        def in_order(root: re.Match[bytes]) -> bytes:
            return b"<rdf:RDF " + b" ".join(sorted(root["namespaces"].split())) + b">"

        return _XML_ROOT.sub(in_order, content, count=1)
    return content


def _resource(text: str) -> ox.NamedNode | ox.BlankNode:
    if text.startswith(_BLANK):
        return ox.BlankNode(text[len(_BLANK) :])
    return ox.NamedNode(text)


def _subject(text: str) -> ox.NamedNode | ox.BlankNode:
    try:
        return _resource(text)
    except ValueError as error:
        raise FormatError(f"{text!r} is not an RDF term: {error}") from None


def _predicate(text: str) -> ox.NamedNode:
    try:
        return ox.NamedNode(text)
    except ValueError as error:
        raise FormatError(f"{text!r} is not an IRI: {error}") from None
