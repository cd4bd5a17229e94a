"""Writes docs/reference/ontology.md and ontology/context.jsonld from the ontology; a test checks they are current.

Run ``python docs/generate_ontology_reference.py`` after a change of ontology/*.ttl.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from rdflib import DCTERMS, OWL, RDF, RDFS, XSD, Graph, URIRef
from rdflib.term import Node

from progenitor.terms import LABEL, PG, PREFIXES, PROV, VOPROV, compact

ROOT = Path(__file__).parents[1]
ONTOLOGY = ROOT / "ontology"
REFERENCE = ROOT / "docs/reference/ontology.md"
CONTEXT = ONTOLOGY / "context.jsonld"
STATUS = URIRef("http://www.w3.org/2003/06/sw-vocab-status/ns#term_status")

HEAD = """# Ontology

<!-- Made by docs/generate_ontology_reference.py from ontology/progenitor.ttl and ontology/voprov.ttl: change those. -->

W3C PROV-O comes first, the IVOA provenance model beside it, and terms of our own only where neither has one.
`ontology/shapes/` says as SHACL what each kind of thing must have; `ontology/context.jsonld` is the JSON-LD context
of all these terms.
"""


def reference() -> str:
    """Return the reference page."""
    own = Graph().parse(ONTOLOGY / "progenitor.ttl")
    ivoa = Graph().parse(ONTOLOGY / "voprov.ttl")
    parts = [
        HEAD,
        f"## Our own terms\n\nNamespace `{PG}`, prefix `pg:`.\n",
        *_tables(own, PG),
        f"## Terms of the IVOA model\n\nNamespace `{VOPROV}`, prefix `voprov:`; defined in IVOA ProvenanceDM 1.0.\n",
        *_tables(ivoa, VOPROV),
    ]
    return "\n".join(parts)


def context() -> str:
    """Return the JSON-LD context: prefixes, and for each property what its values are."""
    terms: dict[str, object] = dict(sorted(PREFIXES.items()))
    terms |= {"id": "@id", "type": "@type", "label": LABEL}
    for name, kind in _prov_terms():
        if kind != "class":
            terms[f"prov:{name}"] = _coercion(PROV + name, "@id" if kind == "object" else kind)
    for file in ("progenitor.ttl", "voprov.ttl"):
        graph = Graph().parse(ONTOLOGY / file)
        for term in _sorted(graph, OWL.ObjectProperty):
            terms[compact(str(term))] = _coercion(str(term), "@id")
        for term in _sorted(graph, OWL.DatatypeProperty):
            range_ = graph.value(term, RDFS.range)
            datatype = str(range_).removeprefix(str(XSD)) if range_ is not None else "literal"
            terms[compact(str(term))] = _coercion(str(term), datatype)
    return json.dumps({"@context": {"@version": 1.1, **terms}}, indent=2) + "\n"


def _coercion(iri: str, kind: str) -> dict[str, str]:
    """Say how a property's values are read; strings and untyped literals need no coercion."""
    if kind in {"string", "literal"}:
        return {"@id": iri}
    return {"@id": iri, "@type": kind if kind == "@id" else f"xsd:{kind}"}


def _prov_terms() -> Iterator[tuple[str, str]]:
    for line in (ONTOLOGY / "prov-o-terms.txt").read_text().splitlines():
        if not line.startswith("#"):
            name, kind = line.split()
            yield name, kind


def _tables(graph: Graph, namespace: str) -> Iterator[str]:
    classes = _sorted(graph, OWL.Class, namespace)
    yield "### Classes\n\n| class | is a | meaning | source |\n|---|---|---|---|\n" + "".join(
        f"| {_name(graph, term)} | {_list(graph, term, RDFS.subClassOf)} | {_text(graph, term, RDFS.comment)} "
        f"| {_text(graph, term, DCTERMS.source)} |\n"
        for term in classes
    )
    properties = _sorted(graph, OWL.ObjectProperty, namespace) + _sorted(graph, OWL.DatatypeProperty, namespace)
    yield "### Properties\n\n| property | of | to | meaning | source |\n|---|---|---|---|---|\n" + "".join(
        f"| {_name(graph, term)} | {_list(graph, term, RDFS.domain)} | {_list(graph, term, RDFS.range)} "
        f"| {_text(graph, term, RDFS.comment)} | {_text(graph, term, DCTERMS.source)} |\n"
        for term in sorted(properties)
    )


def _sorted(graph: Graph, kind: Node, namespace: str = "") -> list[Node]:
    return sorted(term for term in set(graph.subjects(RDF.type, kind)) if str(term).startswith(namespace))


def _name(graph: Graph, term: Node) -> str:
    status = graph.value(term, STATUS)
    return f"`{compact(str(term))}`" + (f" ({status})" if status else "")


def _list(graph: Graph, term: Node, predicate: Node) -> str:
    return ", ".join(f"`{compact(str(value))}`" for value in sorted(graph.objects(term, predicate)))


def _text(graph: Graph, term: Node, predicate: Node) -> str:
    return str(graph.value(term, predicate) or "").replace("|", "\\|")


if __name__ == "__main__":
    REFERENCE.write_text(reference())
    CONTEXT.write_text(context())
