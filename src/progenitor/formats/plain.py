"""An answer as plain JSON: nodes, edges, the rules that were followed and what bounds it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from progenitor.formats.selection import Statement, answer_iri
from progenitor.labels import labels_of
from progenitor.model import Lineage, Term
from progenitor.terms import PREFIXES, compact


def to_json(
    lineage: Lineage, properties: Iterable[Statement], base: str, prefixes: Mapping[str, str] = PREFIXES
) -> bytes:
    """Return an answer as JSON, UTF-8; docs/reference/formats.md describes every key.

    Parameters
    ----------
    lineage
        The answer.
    properties
        What is known of its nodes; properties are keyed by CURIE, and each value says whether it is an IRI or of
        which datatype.
    base
        The store's base IRI.
    prefixes
        Prefix to namespace, for the CURIEs.
    """
    import orjson

    known = list(properties)
    labels = labels_of(base, [*known, *((node.iri, "", Term("")) for node in lineage.nodes)])
    said: dict[str, dict[str, list[dict[str, str]]]] = defaultdict(lambda: defaultdict(list))
    shortened = dict(prefixes)
    for subject, predicate, term in sorted(set(known), key=lambda row: (row[0], row[1], row[2].value)):
        said[subject][compact(predicate, shortened)].append(_value(term, shortened))
    document: dict[str, Any] = {
        "id": answer_iri(lineage, base),
        "base": base,
        "starts": lineage.starts,
        "direction": lineage.direction,
        "inputs": lineage.inputs,
        "depth": lineage.depth,
        "truncated": lineage.truncated,
        "unrecorded": lineage.unrecorded,
        "snapshot": lineage.snapshot,
        "rules": lineage.rules,
        "nodes": [
            {"iri": node.iri, "depth": node.depth, "label": labels[node.iri], "properties": said.get(node.iri, {})}
            for node in lineage.nodes
        ],
        "edges": [
            {"subject": edge.subject, "relation": compact(edge.relation, shortened), "object": edge.object}
            for edge in lineage.edges
        ],
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _value(term: Term, prefixes: dict[str, str]) -> dict[str, str]:
    """Write a term as an object with ``iri``, or with ``value`` and ``datatype`` or ``language``."""
    if term.is_iri:
        return {"iri": term.value}
    if term.language:
        return {"value": term.value, "language": term.language}
    return {"value": term.value, "datatype": compact(term.datatype or "", prefixes)}
