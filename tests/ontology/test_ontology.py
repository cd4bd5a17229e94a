"""The ontology: terms used are declared, terms declared are used or marked, and the pages made of it are current."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from rdflib import DCTERMS, OWL, RDF, RDFS, Graph, URIRef

from progenitor import terms
from progenitor.formats import render
from support.answers import BASE, coadd

ROOT = Path(__file__).parents[2]
ONTOLOGY = ROOT / "ontology"
NAMESPACES = {"pg": terms.PG, "voprov": terms.VOPROV, "prov": terms.PROV}
STATUS = URIRef("http://www.w3.org/2003/06/sw-vocab-status/ns#term_status")
KINDS = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty)

IN_CODE = re.compile(r"\b(PG|VOPROV|PROV) \+ \"([A-Za-z0-9]+)\"")
IN_TEXT = re.compile(r"(?<![\w.:/-])(pg|voprov|prov):([A-Za-z][A-Za-z0-9]*)")


def ontology(file: str) -> Graph:
    return Graph().parse(ONTOLOGY / file)


def declared(prefix: str) -> set[str]:
    if prefix == "prov":
        lines = (ONTOLOGY / "prov-o-terms.txt").read_text().splitlines()
        return {line.split()[0] for line in lines if not line.startswith("#")}
    graph = ontology("progenitor.ttl" if prefix == "pg" else "voprov.ttl")
    namespace = NAMESPACES[prefix]
    return {
        str(term).removeprefix(namespace)
        for kind in KINDS
        for term in graph.subjects(RDF.type, kind)
        if str(term).startswith(namespace)
    }


def gaps() -> set[str]:
    """The names of what can be missing: individuals of pg:Gap."""
    graph = ontology("progenitor.ttl")
    return {str(gap).removeprefix(terms.PG) for gap in graph.subjects(RDF.type, URIRef(terms.PG + "Gap"))}


def uses() -> Iterator[tuple[str, str, str]]:
    """Yield prefix, name and file of every term that mappings, shapes and code use."""
    for file in [
        *ROOT.glob("mappings/**/mapping.yml"),
        *ROOT.glob("ontology/shapes/*.ttl"),
        *ROOT.glob("examples/queries/*.rq"),
    ]:
        text = "\n".join(line.partition(" #")[0] for line in file.read_text().splitlines() if not line.startswith("#"))
        for prefix, name in IN_TEXT.findall(text):
            yield prefix, name, file.relative_to(ROOT).as_posix()
    for file in ROOT.glob("src/progenitor/**/*.py"):
        for prefix, name in IN_CODE.findall(file.read_text()):
            yield prefix.lower(), name, file.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("prefix", NAMESPACES)
def test_every_term_that_is_used_is_declared(prefix: str) -> None:
    known = declared(prefix) | (gaps() if prefix == "pg" else set())
    # What documents of PROV-DM call it, in formats only: these are attribute names and records, not terms of PROV-O.
    names = {"label", "type", "location", "role"} if prefix == "prov" else set()
    missing = {
        f"{prefix}:{name} in {file}" for used, name, file in uses() if used == prefix and name not in known | names
    }
    assert not missing


def test_the_search_for_uses_finds_them() -> None:
    found = {(prefix, name) for prefix, name, _ in uses()}
    assert {("prov", "used"), ("pg", "plannedInput"), ("voprov", "isDescribedBy"), ("pg", "tripleCount")} <= found


@pytest.mark.parametrize(("prefix", "file"), [("pg", "progenitor.ttl"), ("voprov", "voprov.ttl")])
def test_every_declared_term_is_used_or_marked(prefix: str, file: str) -> None:
    graph = ontology(file)
    marked = {str(term).removeprefix(NAMESPACES[prefix]) for term in graph.subjects(STATUS, None)}
    used = {name for used, name, where in uses() if used == prefix and not where.startswith("ontology/")}
    assert declared(prefix) - marked - used == set()


def test_every_gap_is_one_that_a_mapping_can_find() -> None:
    files = [*ROOT.glob("mappings/**/*.yml"), *ROOT.glob("mappings/**/*.sql"), *ROOT.glob("src/**/*.py")]
    texts = [file.read_text() for file in files]
    assert {gap for gap in gaps() if not any(re.search(rf"\b{gap}\b", text) for text in texts)} == set()


@pytest.mark.parametrize("file", ["progenitor.ttl", "voprov.ttl"])
def test_every_term_says_what_it_is_and_where_it_is_from(file: str) -> None:
    graph = ontology(file)
    kinds = (*KINDS, URIRef(terms.PG + "Gap"))
    for term in {term for kind in kinds for term in graph.subjects(RDF.type, kind)}:
        for predicate in (RDFS.label, RDFS.comment, RDFS.isDefinedBy, DCTERMS.source):
            assert len(set(graph.objects(term, predicate))) == 1, (term, predicate)
        assert len([kind for kind in kinds if (term, RDF.type, kind) in graph]) == 1, term


def test_datatype_properties_have_a_range_of_xsd_and_names_follow_the_convention() -> None:
    graph = ontology("progenitor.ttl")
    abstract = set(graph.subjects(STATUS, None))
    for kind in KINDS:
        for term in graph.subjects(RDF.type, kind):
            name = str(term).removeprefix(terms.PG)
            assert name[0].isupper() == (kind == OWL.Class), name
            if kind == OWL.DatatypeProperty and term not in abstract:
                assert str(graph.value(term, RDFS.range)).startswith(terms.XSD), name


def test_superclasses_and_domains_are_declared() -> None:
    graph = ontology("progenitor.ttl") + ontology("voprov.ttl")
    for predicate in (RDFS.subClassOf, RDFS.subPropertyOf, RDFS.domain, RDFS.range):
        for value in graph.objects(None, predicate):
            prefix, _, name = terms.compact(str(value)).partition(":")
            assert prefix in {"xsd", "dcterms"} or name in declared(prefix), value


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generator", ROOT / "docs/generate_ontology_reference.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_page_and_the_context_are_current() -> None:
    module = generator()
    assert module.REFERENCE.read_text() == module.reference(), "run: python docs/generate_ontology_reference.py"
    assert module.CONTEXT.read_text() == module.context(), "run: python docs/generate_ontology_reference.py"


def test_the_context_reads_a_plain_document_as_typed_triples() -> None:
    context = json.loads((ONTOLOGY / "context.jsonld").read_text())
    document = {
        **context,
        "id": BASE + "quantum/1",
        "type": "prov:Activity",
        "label": "isr",
        "prov:used": BASE + "dataset/1",
        "prov:startedAtTime": "2025-11-01T00:00:00Z",
        "pg:maxRss": "17",
        "pg:status": "FAILED",
        "voprov:isDescribedBy": BASE + "task/lsst.Isr",
    }
    found = Graph().parse(data=json.dumps(document), format="json-ld")
    expected = Graph().parse(
        data=f"""
        PREFIX pg: <{terms.PG}> PREFIX prov: <{terms.PROV}> PREFIX voprov: <{terms.VOPROV}>
        PREFIX rdfs: <{terms.RDFS}> PREFIX xsd: <{terms.XSD}>
        <{BASE}quantum/1> a prov:Activity ; rdfs:label "isr" ; prov:used <{BASE}dataset/1> ; pg:maxRss 17 ;
            prov:startedAtTime "2025-11-01T00:00:00Z"^^xsd:dateTime ; pg:status "FAILED" ;
            voprov:isDescribedBy <{BASE}task/lsst.Isr> .""",
        format="turtle",
    )
    assert set(found) == set(expected)


def test_what_is_exported_is_readable_with_the_published_context_too() -> None:
    lineage, statements = coadd(1, 1)
    exported = json.loads(render(lineage, statements, "json-ld", base=BASE))
    published = json.loads((ONTOLOGY / "context.jsonld").read_text())["@context"]
    for name, definition in exported["@context"].items():
        if isinstance(definition, dict):
            assert published[name] == definition, name
