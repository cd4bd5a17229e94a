"""RDF: another reader (rdflib) finds the same triples in every syntax, and no more than the answer bounds."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rdflib import Graph, Literal, URIRef
from rdflib.compare import isomorphic

from progenitor.formats import gather, render
from progenitor.formats.selection import Statement, answer_iri, select
from progenitor.model import Lineage, Term
from progenitor.terms import PG, PROV, TYPE, XSD
from support.answers import BASE, AnswerBuilder, answers, coadd

SYNTAXES = {"turtle": "turtle", "json-ld": "json-ld", "rdf-xml": "xml"}


def expected(lineage: Lineage, statements: list[Statement]) -> Graph:
    graph = Graph()
    graph.parse(data=render(lineage, statements, "n-triples", base=BASE), format="nt")
    return graph


@pytest.mark.parametrize("name", SYNTAXES)
def test_every_syntax_holds_the_same_triples(name: str) -> None:
    lineage, statements = coadd(1, 2)
    graph = Graph()
    graph.parse(data=render(lineage, statements, name, base=BASE), format=SYNTAXES[name])
    assert isomorphic(graph, expected(lineage, statements))


def test_n_triples_hold_exactly_the_selected_statements() -> None:
    lineage, statements = coadd(1, 2)
    chosen = {(URIRef(s), URIRef(p), _term(o)) for s, p, o in select(lineage, statements, BASE)}
    assert set(expected(lineage, statements)) == chosen


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(answers(), st.sampled_from(["turtle", "json-ld"]))
def test_any_answer_is_the_same_in_another_syntax(answer: tuple, name: str) -> None:
    lineage, statements = answer
    graph = Graph()
    graph.parse(data=render(lineage, statements, name, base=BASE), format=SYNTAXES[name])
    assert isomorphic(graph, expected(lineage, statements))


def test_json_ld_is_compact_and_brings_its_context() -> None:
    lineage, statements = coadd(1, 1)
    document = json.loads(render(lineage, statements, "json-ld", base=BASE))
    assert document["@context"]["dataset"] == f"{BASE}dataset/"
    quantum = next(node for node in document["@graph"] if node["@id"].startswith("quantum:") and "prov:used" in node)
    assert quantum["@type"] == "prov:Activity"
    assert quantum["pg:maxRss"] == "123456789"
    assert str(quantum["prov:used"]).lstrip("['").startswith("dataset:")


def test_turtle_declares_the_kinds_it_uses() -> None:
    lineage, statements = coadd(1, 1)
    text = render(lineage, statements, "turtle", base=BASE).decode()
    assert f"@prefix dataset: <{BASE}dataset/>" in text
    assert "@prefix dcterms:" not in text


def test_an_answer_has_one_iri_and_another_answer_another() -> None:
    lineage, _ = coadd(1, 1)
    other, _ = coadd(1, 2)
    assert answer_iri(lineage, BASE) == answer_iri(lineage, BASE) != answer_iri(other, BASE)


def test_gather_fetches_companions_and_stops() -> None:
    answer = AnswerBuilder()
    image = answer.dataset("post_isr_image", "detector~1", 0)
    answer.quantum("isr", "detector~1", 1, [], [image])
    asked: list[list[str]] = []

    def properties(iris: list[str]) -> list[Statement]:
        asked.append(iris)
        return [statement for statement in answer.statements if statement[0] in set(iris)]

    found = gather(answer.lineage(image), properties)
    assert asked[0] == list(answer.nodes)
    subjects = {subject.removeprefix(BASE).partition("/")[0] for subject, _, _ in found}
    assert {"dataset", "quantum", "plan", "data", "software-environment"} <= subjects
    assert len({iri for round_ in asked for iri in round_}) == sum(len(round_) for round_ in asked)
    assert (image, PG + "start", Term("x")) not in found


def test_members_of_a_collection_beyond_the_answer_are_left_out() -> None:
    answer = AnswerBuilder()
    image = answer.dataset("post_isr_image", "detector~1", 0)
    run = f"{BASE}collection/demo/u%2Fdemo%2Fdrp"
    answer.nodes[run] = 1
    answer.say(run, PROV + "hadMember", BASE + "dataset/other")
    chosen = select(answer.lineage(image), answer.statements, BASE)
    assert [term.value for subject, predicate, term in chosen if predicate == PROV + "hadMember"] == [image]
    assert any(predicate == TYPE and term.value == PG + "Answer" for _, predicate, term in chosen)


def _term(term: Term) -> URIRef | Literal:
    if term.is_iri:
        return URIRef(term.value)
    # rdflib reads a simple literal, which is an xsd:string (RDF 1.1 Concepts, 3.3), as one without a datatype.
    plain = term.language or term.datatype == XSD + "string"
    return Literal(term.value, datatype=None if plain else URIRef(term.datatype or ""), lang=term.language)
