"""How an answer leaves the house: PROV documents, RDF, plain JSON and figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import BinaryIO

from progenitor.errors import FormatError
from progenitor.formats.selection import Statement, gather, select
from progenitor.formats.table import FORMATS, Format, format_of
from progenitor.model import Lineage
from progenitor.terms import PREFIXES

__all__ = ["FORMATS", "Format", "FormatError", "Statement", "format_of", "gather", "render", "write"]


def write(
    lineage: Lineage,
    properties: Iterable[Statement],
    format: str,
    stream: BinaryIO,
    *,
    base: str,
    prefixes: Mapping[str, str] = PREFIXES,
) -> None:
    """Write an answer in a format; nothing is written where it cannot be written whole.

    Parameters
    ----------
    lineage
        The answer.
    properties
        What is known of its nodes and their companions (`gather` fetches both); any order.
    format
        A name in `FORMATS`.
    stream
        Where to write.
    base
        The store's base IRI.
    prefixes
        Prefixes of known vocabularies; only those used are declared.

    Raises
    ------
    FormatError
        If there is no such format, or it cannot hold the answer, or ``dot`` is missing or too slow.
    """
    stream.write(render(lineage, properties, format, base=base, prefixes=prefixes))


def render(
    lineage: Lineage,
    properties: Iterable[Statement],
    format: str,
    *,
    base: str,
    prefixes: Mapping[str, str] = PREFIXES,
) -> bytes:
    """Return what `write` writes."""
    name = format_of(format)
    if name == "json":
        from progenitor.formats.plain import to_json

        return to_json(lineage, properties, base, prefixes)
    if name in {"dot", "svg", "pdf", "png"}:
        from progenitor.formats.figure import draw

        return draw(lineage, properties, name, base=base)
    statements = select(lineage, properties, base)
    if name.startswith("prov-"):
        return _prov(statements, [node.iri for node in lineage.nodes], name, base, prefixes)
    if name == "json-ld":
        from progenitor.formats.jsonld import to_jsonld

        return to_jsonld(statements, base, prefixes)
    from progenitor.formats.rdf import serialize

    return serialize(statements, name, base, prefixes)


def _prov(statements: list[Statement], nodes: list[str], name: str, base: str, prefixes: Mapping[str, str]) -> bytes:
    from progenitor.formats.document import document_of, serialize
    from progenitor.formats.records import records_of
    from progenitor.formats.roles import roles_of
    from progenitor.labels import labels_of

    records = records_of(statements, things=nodes, labels=labels_of(base, statements), roles=roles_of(statements))
    return serialize(document_of(records, base, prefixes), name)
