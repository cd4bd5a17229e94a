"""N-Triples terms (RDF 1.1 N-Triples, section 2) as plain values, column by column."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import pyarrow as pa

from progenitor.terms import RDF, XSD, compact

_LITERAL: Final = re.compile(r'"(?P<value>.*)"(?:\^\^<(?P<datatype>.*)>|@(?P<language>[^"]*))?', re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")
_ESCAPED: Final = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}


def resources(terms: pa.ChunkedArray, base: str) -> pa.Array:
    """Return IRIs in short: what follows the base where they begin with it, else the prefixed name if there is one.

    Parameters
    ----------
    terms
        N-Triples terms, all IRIs.
    base
        The store's base IRI.
    """
    return _by_value(terms, lambda term: _short(term[1:-1], base))


def values(terms: pa.ChunkedArray, base: str) -> pa.Array:
    """Return IRIs as `resources` does, and of literals the lexical form, without escapes."""

    def value(term: str) -> str:
        literal = _LITERAL.fullmatch(term)
        return _ESCAPE.sub(_unescaped, literal["value"]) if literal else _short(term[1:-1], base)

    return _by_value(terms, value)


def datatypes(terms: pa.ChunkedArray) -> pa.Array:
    """Return the datatypes of literals as prefixed names; None for IRIs."""

    def datatype(term: str) -> str | None:
        literal = _LITERAL.fullmatch(term)
        if literal is None:
            return None
        return compact(literal["datatype"] or (RDF + "langString" if literal["language"] else XSD + "string"))

    return _by_value(terms, datatype)


def _by_value(terms: pa.ChunkedArray, convert: Callable[[str], str | None]) -> pa.Array:
    """Convert every distinct value once."""
    encoded = terms.combine_chunks().dictionary_encode()
    return pa.array([convert(term) for term in encoded.dictionary.to_pylist()], pa.string()).take(encoded.indices)


def _short(iri: str, base: str) -> str:
    return iri.removeprefix(base) if iri.startswith(base) and iri != base else compact(iri)


def _unescaped(match: re.Match[str]) -> str:
    short, long, letter = match.groups()
    return _ESCAPED.get(letter, letter) if letter else chr(int(short or long, 16))
