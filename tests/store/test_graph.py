import csv
import io
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from progenitor.errors import FormatError, QueryError
from progenitor.model import Term
from progenitor.store.answers import Boolean, Solutions, Triples
from progenitor.store.graph import Graph
from progenitor.store.snapshot import Snapshot
from progenitor.terms import RDFS, XSD
from support.stores import BASE, PROV, chain, edge, iri, make_store, publish

LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"
ROWS = [
    edge("2", "1"),
    (iri("dataset/2"), LABEL, '"two"'),
    (iri("dataset/2"), LABEL, '"deux"@fr'),
    (iri("dataset/2"), f"<{PROV}generatedAtTime>", f'"2025-11-01T03:04:05Z"^^<{XSD}dateTime>'),
]


@pytest.fixture
def graph(tmp_path: Path) -> Graph:
    store = make_store(tmp_path / "store")
    publish(store, {"a": ROWS})
    return Snapshot.open(store).graph


def test_rows_are_plain_terms_in_the_order_of_the_variables(graph: Graph) -> None:
    answer = graph.query("SELECT ?p ?o ?none { id:dataset\\/2 ?p ?o } ORDER BY ?p ?o")
    assert isinstance(answer, Solutions)
    assert answer.variables == ("p", "o", "none")
    assert list(answer) == [
        (Term(RDFS + "label"), Term("deux", "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString", "fr"), None),
        (Term(RDFS + "label"), Term("two", XSD + "string"), None),
        (Term(PROV + "generatedAtTime"), Term("2025-11-01T03:04:05Z", XSD + "dateTime"), None),
        (Term(PROV + "wasDerivedFrom"), Term(BASE + "dataset/1"), None),
    ]


def test_yes_and_no(graph: Graph) -> None:
    answer = graph.query("ASK { ?s prov:wasDerivedFrom id:dataset\\/1 }")
    assert isinstance(answer, Boolean)
    assert answer
    assert not graph.query("ASK { ?s prov:wasDerivedFrom id:dataset\\/7 }")
    assert json.loads(answer.serialize("json"))["boolean"] is True


@pytest.mark.parametrize("form", ["CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }", f"DESCRIBE <{BASE}dataset/2>"])
def test_triples(graph: Graph, form: str) -> None:
    answer = graph.query(form)
    assert isinstance(answer, Triples)
    assert (BASE + "dataset/2", PROV + "wasDerivedFrom", Term(BASE + "dataset/1")) in list(answer)


def test_the_catalogue_is_a_graph_of_its_own(graph: Graph) -> None:
    assert not graph.query("ASK { ?b a pg:Batch }")
    assert graph.query("ASK { GRAPH id:catalogue { ?b a pg:Batch } }")


def test_rows_in_the_formats_of_sparql(graph: Graph) -> None:
    query = "SELECT ?o { id:dataset\\/2 rdfs:label ?o } ORDER BY ?o"
    rows = json.loads(graph.query(query).serialize("json"))["results"]["bindings"]
    assert [row["o"]["value"] for row in rows] == ["deux", "two"]
    assert list(csv.reader(io.StringIO(graph.query(query).serialize("csv").decode()))) == [["o"], ["deux"], ["two"]]
    assert graph.query(query).serialize("tsv").splitlines() == [b"?o", b'"deux"@fr', b'"two"']
    root = ElementTree.fromstring(graph.query(query).serialize("xml"))
    assert len(root.findall(".//{http://www.w3.org/2005/sparql-results#}result")) == 2
    output = io.BytesIO()
    graph.query(query).serialize("tsv", output)
    assert output.getvalue() == graph.query(query).serialize("tsv")


@pytest.mark.parametrize(("query", "format"), [("SELECT * {}", "turtle"), ("ASK {}", "docx"), ("DESCRIBE id:x", "csv")])
def test_a_format_that_does_not_fit_is_refused_with_those_that_do(graph: Graph, query: str, format: str) -> None:
    with pytest.raises(FormatError, match=f"'{format}'.*formats: "):
        graph.query(query).serialize(format)


@pytest.mark.parametrize(
    ("query", "place"),
    [("SELECT * WHERE { ?s ?p }", "query:1:25"), ("SELECT *\nWHERE {\n ?s nope:x ?o }", "query:3:"), ("", "query:1:1")],
)
def test_a_malformed_query_tells_line_and_column(graph: Graph, query: str, place: str) -> None:
    with pytest.raises(QueryError, match="malformed") as caught:
        graph.query(query)
    assert str(caught.value).startswith(place)


def test_what_cannot_be_evaluated_is_an_error_of_the_query(graph: Graph) -> None:
    with pytest.raises(QueryError, match="not supported"):
        graph.query("SELECT * { BIND(<http://a.test/f>(1) AS ?x) }")


def test_updates_and_services_are_refused(graph: Graph) -> None:
    for query in ("INSERT DATA { id:a id:b id:c }", "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }"):
        with pytest.raises(QueryError, match="is refused"):
            graph.query(query)


def test_properties_and_referrers(graph: Graph) -> None:
    two, one = BASE + "dataset/2", BASE + "dataset/1"
    found = list(graph.properties([two, BASE + "nothing"]))
    assert {subject for subject, _, _ in found} == {two}
    assert sorted(predicate for _, predicate, _ in found) == sorted(row[1][1:-1] for row in ROWS)
    assert list(graph.referrers(one)) == [(two, PROV + "wasDerivedFrom")]
    assert graph.contains(one)
    assert graph.contains(two)
    assert not graph.contains(BASE + "nothing")
    with pytest.raises(QueryError, match="'no iri' is not an absolute IRI"):
        list(graph.properties(["no iri"]))


def test_the_catalogue_is_not_among_the_properties(graph: Graph) -> None:
    rows = list(graph.query("SELECT ?b { GRAPH id:catalogue { ?b a pg:Batch } }"))
    assert list(graph.properties([rows[0][0].value])) == []


def test_a_closed_snapshot_lets_the_graph_go(tmp_path: Path) -> None:
    store = make_store(tmp_path / "store")
    publish(store, {"a": chain(0, 3)})
    snapshot = Snapshot.open(store)
    assert snapshot.graph is snapshot.graph
    snapshot.close()
    snapshot.close()
