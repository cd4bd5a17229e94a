import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from progenitor.errors import QueryError
from progenitor.store.guard import refuse_unsafe

# Oxigraph takes each of these for a SERVICE: checked against it below.
SERVICES = [
    "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
    "select*{service<http://127.0.0.1:1/>{?s ?p ?o}}",
    "SELECT * { SERVICE SILENT <http://127.0.0.1:1/> { ?s ?p ?o } }",
    "SELECT * { SERVICE ?where { ?s ?p ?o } }",
    "SELECT * { { SELECT * { OPTIONAL { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } } } } }",
    "ASK { SERVICE # <http://a.test/>\n <http://127.0.0.1:1/> { ?s ?p ?o } }",
    "SELECT * { ?s ?p 'it''s SERVICE' }" + "\nASK { SERVICE <http://127.0.0.1:1/> {} }",
    "PREFIX service: <http://a.test/> SELECT * { SERVICE:x { ?s ?p ?o } }",
    "PREFIX ex: <http://a.test/> SELECT * { SERVICEex:x { ?s ?p ?o } }",
    "SELECT * { SERVICEsilent:x { ?s ?p ?o } }",
    "SELECT * { ?s ?p trueSERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
    "SELECT * { ?s ?p 1SERVICE :x { ?s ?p ?o } }",
    "SELECT * { ?s ?p 1.e0SERVICE :x { ?s ?p ?o } }",
    "SELECT * { ?s ?p '1'@en.SERVICE :x { ?s ?p ?o } }",
    "SELECT * { ?a ?b ?c FILTER(?a<1)SERVICE#>\n:x { ?s ?p ?o } }",
    "SELECT * { ?a ?b ?c FILTER(?a<1#>'''\n)SERVICE :x { ?s ?p ?o } #'''\n}",
    "SELECT * { ?a ?b ?c FILTER(?a<'''>'''||?a>'''#''')SERVICE :x { ?s ?p ?o } }",
    "SELECT * { ?a ?b ?c FILTER(?a<'>'||?a<'>')SERVICE :x { ?s ?p ?o } }",
]

HARMLESS = [
    "SELECT * { ?s ?p ?o }",
    "# SERVICE <http://a.test/> {\n"
    "SELECT ?service { ?service ?p 'SERVICE', \"LOAD <http://a.test/>\", '''\nSERVICE <x> {''' }",
    "SELECT * { ?s a <http://www.w3.org/ns/prov#ServiceDescription> ; <http://a.test/service> ?o }",
    "SELECT $service { $service ?p 'x'@service }",
    "SELECT * { _:service ?p ?o }",
    "PREFIX service: <http://a.test/> SELECT * { ?s service:runs ?o . ?o a service:Thing }",
    "PREFIX prov: <http://www.w3.org/ns/prov#> SELECT * { ?s prov:ServiceDescription ?o }",
    "SELECT * { ?s ?p ?o FILTER(?o<5 && ?o>1) }",
    "SELECT * { ?s ?p ?o FILTER(?o<5&&?o>1) ?s <http://a.test/#frag> 'y' }",
    "PREFIX ex: <http://a.test/> SELECT * { ?s ex:insert ?o ; ex:a\\#SERVICE ?load }",
    "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }",
    "ASK {}",
    "DESCRIBE <http://a.test/o'neil#it's> # it's \"open",
]

UPDATES = [
    "INSERT DATA { <http://a.test/> <http://a.test/> 1 }",
    "delete where { ?s ?p ?o }",
    "LOAD <http://127.0.0.1:1/x>",
    "PREFIX a: <http://a.test/> # SELECT\n CLEAR ALL",
    "DROP SILENT GRAPH <http://a.test/>",
    "WITH <http://a.test/> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
    "BASE <http://a.test/select> CREATE GRAPH <g>",
]


@pytest.mark.parametrize("query", SERVICES)
def test_whatever_can_be_read_as_service_is_refused(query: str) -> None:
    with pytest.raises(QueryError, match="SERVICE is refused") as caught:
        refuse_unsafe(query)
    assert caught.value.place is not None
    assert caught.value.place.line is not None


@pytest.mark.parametrize("query", HARMLESS)
def test_the_word_alone_is_no_offence(query: str) -> None:
    refuse_unsafe(query)


@pytest.mark.parametrize("query", UPDATES)
def test_updates_are_refused_by_name(query: str) -> None:
    with pytest.raises(QueryError, match="is refused: this is a query"):
        refuse_unsafe(query)


def test_the_place_is_where_the_word_stands() -> None:
    with pytest.raises(QueryError) as caught:
        refuse_unsafe("SELECT *\n{ ?s ?p ?o .\n  SERVICE <http://a.test/> {} }")
    assert str(caught.value).startswith("query:3:3: SERVICE")


@settings(deadline=None)
@given(st.text(alphabet="?<>'\"#\\:{}()@_a1 \nSERVICE", max_size=80))
def test_any_text_is_judged_and_quickly(text: str) -> None:
    try:
        refuse_unsafe(text)
    except QueryError as error:
        assert "SERVICE" in text.upper() or error.place is not None


def test_a_long_text_of_comparisons_is_read_once() -> None:
    refuse_unsafe("SELECT * { ?s ?p ?o FILTER(" + "?o<5#>'\n&&" * 20_000 + "?o>1) }")


_WORDS = (
    "?a < > ' # SERVICE { } ( ) 1 true FILTER( ?a<1 :x service:x @en . ; SILENT #> '' && || ?a<' BIND(1<2 SERVICE:x"
)
_PHRASES = ["<http://127.0.0.1:1/>", '"', "'''", " ", "\n", "{ ?s ?p ?o }", "SERVICE :x {}", " AS ?q)", ")SERVICE:x {}"]
_PIECES = st.sampled_from(_WORDS.split(" ") + _PHRASES)


@settings(deadline=None)
@given(st.lists(_PIECES, max_size=12))
def test_what_oxigraph_takes_for_a_service_is_refused(pieces: list[str]) -> None:
    """The parser of Oxigraph is the judge: a text that it takes only because of a SERVICE in it must be refused."""
    import pyoxigraph as ox

    text = "SELECT * { ?s0 ?p0 ?o0 " + "".join(pieces) + " }"
    prefixes = {"": "http://127.0.0.1:1/", "service": "http://127.0.0.1:1/"}
    try:
        refuse_unsafe(text)
    except QueryError:
        return
    with_data = ox.Store()
    with_data.add(ox.Quad(*[ox.NamedNode("http://127.0.0.1:1/")] * 3))
    try:
        list(with_data.query(text, prefixes=prefixes))
    except (SyntaxError, RuntimeError, ValueError):
        return
    except OSError as error:
        raise AssertionError(f"it reached out: {error}") from error
