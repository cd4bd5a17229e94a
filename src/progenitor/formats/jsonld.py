"""PROV-O as compacted JSON-LD 1.1, with a context of its own inside: nothing has to be fetched to read it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from progenitor.formats.names import Namespaces
from progenitor.formats.selection import Statement
from progenitor.model import Term
from progenitor.terms import PREFIXES, TYPE, XSD

_STRING: Final = XSD + "string"
_MIXED: Final = "mixed"


def to_jsonld(statements: list[Statement], base: str, prefixes: Mapping[str, str] = PREFIXES) -> bytes:
    """Return statements as JSON-LD, UTF-8.

    Parameters
    ----------
    statements
        Sorted and distinct.
    base
        The store's base IRI.
    prefixes
        Prefixes of known vocabularies; only those used are declared.
    """
    import orjson

    compact = _Compactor(base, prefixes)
    kinds = _kinds(statements)
    nodes: dict[str, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for subject, predicate, term in statements:
        if predicate == TYPE and term.is_iri:
            nodes[subject]["@type"].append(compact(term.value))
        else:
            nodes[subject][compact(predicate)].append(_value(compact, term, kinds[predicate]))
    graph = [{"@id": compact(subject), **_single(properties)} for subject, properties in nodes.items()]
    terms = {
        compact(predicate): {"@id": predicate, "@type": kind if kind == "@id" else compact(kind)}
        for predicate, kind in sorted(kinds.items())
        if kind not in {_MIXED, _STRING} and predicate != TYPE
    }
    context = {"@version": 1.1, **compact.prefixes, **terms}
    document = {"@context": context, "@graph": graph}
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


class _Compactor:
    """Writes IRIs as compact IRIs where JSON-LD 1.1 section 4.1.5 reads them back as they were."""

    def __init__(self, base: str, prefixes: Mapping[str, str]) -> None:
        self._namespaces = Namespaces(base, prefixes)
        self.prefixes: dict[str, str] = {}

    def __call__(self, iri: str) -> str:
        prefix, namespace, local = self._namespaces.cut(iri)
        # Only a namespace that ends so may be a prefix by itself; and "//" would make the prefix a scheme.
        if namespace[-1] not in ":/?#[]@" or local.startswith("//"):
            return iri
        self.prefixes[prefix] = namespace
        return f"{prefix}:{local}"


def _kinds(statements: list[Statement]) -> dict[str, str]:
    """Return what the values of each property are: ``@id``, one datatype, or `_MIXED`."""
    kinds: dict[str, str] = {}
    for _, predicate, term in statements:
        kind = "@id" if term.is_iri else _MIXED if term.language else term.datatype or _STRING
        kinds[predicate] = kind if kinds.get(predicate, kind) == kind else _MIXED
    return kinds


def _value(compact: _Compactor, term: Term, kind: str) -> Any:
    """Write an object: bare where the context says what the property's values are, else in full."""
    if term.is_iri:
        return compact(term.value) if kind == "@id" else {"@id": compact(term.value)}
    if term.language:
        return {"@value": term.value, "@language": term.language}
    if term.datatype in {kind, _STRING}:
        return term.value
    return {"@value": term.value, "@type": compact(term.datatype or _STRING)}


def _single(properties: dict[str, list[Any]]) -> dict[str, Any]:
    """Write a property's only value without a list."""
    return {name: values[0] if len(values) == 1 else values for name, values in properties.items()}
