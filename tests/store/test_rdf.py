import random
import subprocess
import sys

import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib.compare import isomorphic

from progenitor.errors import FormatError
from progenitor.model import Term
from progenitor.store.rdf import RDF_FORMATS, serialize
from progenitor.terms import PREFIXES, PROV, XSD

TRIPLES = [
    ("https://a.test/x", PROV + "used", Term("https://a.test/y")),
    ("https://a.test/x", PROV + "value", Term("1", XSD + "integer")),
    ("https://a.test/x", PROV + "value", Term("1", XSD + "string")),
    ("https://a.test/b", "http://purl.org/dc/terms/title", Term('é "q" \n <&>', XSD + "string")),
    ("https://a.test/b", "http://www.w3.org/2000/01/rdf-schema#label", Term("b", None, "en")),
]
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")
RDFLIB = {"turtle": "turtle", "n-triples": "nt", "json-ld": "json-ld", "rdf-xml": "xml"}
LITERALS = st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn", "Co"]), max_size=20)


def read(content: bytes, format: str) -> rdflib.Graph:
    return rdflib.Graph().parse(data=content, format=RDFLIB[format])


@pytest.mark.parametrize("format", RDF_FORMATS)
def test_another_reader_finds_the_same_triples(format: str) -> None:
    graph = read(serialize(TRIPLES, format, PREFIXES), format)
    assert len(graph) == len(TRIPLES)
    assert isomorphic(graph, read(serialize(TRIPLES, "n-triples", {}), "n-triples"))


@pytest.mark.parametrize("format", RDF_FORMATS)
def test_order_and_repetition_do_not_show(format: str) -> None:
    shuffled = [*TRIPLES, *TRIPLES]
    random.Random(1).shuffle(shuffled)
    assert serialize(shuffled, format, PREFIXES) == serialize(TRIPLES, format, PREFIXES)


@pytest.mark.parametrize("format", ["turtle", "rdf-xml"])
def test_every_process_writes_the_same_bytes(format: str) -> None:
    """Hash tables are ordered anew in every process."""
    script = (
        "import sys; from progenitor.store.rdf import serialize; from progenitor.model import Term\n"
        "from progenitor.terms import PREFIXES\n"
        "rows = [('https://a.test/x', n + 'p', Term(n + 'o')) for n in PREFIXES.values()]\n"
        f"sys.stdout.buffer.write(serialize(rows, {format!r}, PREFIXES))"
    )
    outputs = {subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout for _ in range(3)}
    assert len(outputs) == 1
    assert outputs.pop().count(b"prov") >= 2


def test_only_prefixes_that_shorten_something_are_declared() -> None:
    head = serialize(TRIPLES[:1], "turtle", PREFIXES).split(b"\n")
    assert head[0] == b"@prefix prov: <http://www.w3.org/ns/prov#> ."
    assert not head[1].startswith(b"@prefix")


@pytest.mark.parametrize("format", RDF_FORMATS)
@settings(deadline=None)
@given(text=LITERALS)
def test_any_text_comes_back(format: str, text: str) -> None:
    content = serialize([("https://a.test/x", PROV + "value", Term(text, XSD + "string"))], format, PREFIXES)
    assert [str(value) for value in read(content, format).objects()] == [text]


def test_what_is_no_term_or_no_format_is_refused() -> None:
    with pytest.raises(FormatError, match=r"'n3'.*formats: turtle"):
        serialize(TRIPLES, "n3", {})
    for triple in [
        ("no iri", PROV + "used", Term("https://a.test/")),
        ("https://a.test/", "p q", Term("https://a.test/")),
    ]:
        with pytest.raises(FormatError, match=triple[0] if " " in triple[0] else triple[1]):
            serialize([triple], "turtle", {})
    with pytest.raises(FormatError, match="not an RDF term"):
        serialize([("https://a.test/", PROV + "value", Term("x", None, "no language"))], "turtle", {})
