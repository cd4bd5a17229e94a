"""Namespaces and the terms that code (not only mappings) must know by name."""

from __future__ import annotations

from typing import Final

PROV: Final = "http://www.w3.org/ns/prov#"
RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"
DCTERMS: Final = "http://purl.org/dc/terms/"
VOPROV: Final = "http://www.ivoa.net/documents/ProvenanceDM/index.html#"
"""IVOA ProvenanceDM 1.0, in the spelling that W3C readers of voprov documents accept."""
PG: Final = "https://w3id.org/progenitor/ns#"
"""Our own ontology (ontology/progenitor.ttl): only what neither PROV-O nor the IVOA model has."""

PREFIXES: Final[dict[str, str]] = {
    "dcterms": DCTERMS,
    "pg": PG,
    "prov": PROV,
    "rdf": RDF,
    "rdfs": RDFS,
    "voprov": VOPROV,
    "xsd": XSD,
}
"""Predeclared wherever a person may write a CURIE: mappings, SPARQL, the command line."""

TYPE: Final = RDF + "type"
LABEL: Final = RDFS + "label"


def compact(iri: str, prefixes: dict[str, str] = PREFIXES) -> str:
    """Return the CURIE of an IRI, or the IRI itself where no prefix covers it."""
    for prefix, namespace in prefixes.items():
        if iri.startswith(namespace) and len(iri) > len(namespace):
            return f"{prefix}:{iri[len(namespace) :]}"
    return iri
