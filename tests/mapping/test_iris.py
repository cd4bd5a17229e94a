"""IRIs: encoding gives the bytes of `progenitor.identifiers`, checking accepts nothing that Oxigraph refuses."""

from __future__ import annotations

import duckdb
import pyoxigraph as ox
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from progenitor.identifiers import encode
from progenitor.mapping.functions import install
from progenitor.mapping.iri import is_absolute_iri

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
CORNERS = [
    chr(code) for code in [*range(0x180), 0xD7FF, 0xE000, 0xF8FF, 0xF900, 0xFDCF, 0xFDD0, 0xFDEF, 0xFDF0, 0xFFEF]
]
CORNERS += [chr(plane * 0x10000 + code) for plane in range(17) for code in (0xFFF0, 0xFFFD, 0xFFFE, 0xFFFF)]
CORNERS += [chr(code) for code in (0x10000, 0xE0000, 0xE0001, 0xE0FFF, 0xE1000, 0x10FFFD)]
IRI_TEXT = st.from_regex(
    r"(https?|ivo|file|urn|butler):(//)?[a-z0-9.@:\[\]]{0,8}[/?#%a-zA-Z0-9é 😀'\[\]{}<>\\^`|\"~:@!$&()*+,;=._-]{0,20}",
    fullmatch=True,
)


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect() as made:
        install(made)
        yield made


def apply(connection, function: str, values: list[str]) -> list[str | None]:
    """Return what an SQL function makes of texts."""
    query = f"SELECT list_transform($values::VARCHAR[], lambda v: {function}(v))"
    return connection.execute(query, {"values": values}).fetchall()[0][0]


def is_accepted(iri: str) -> bool:
    """Whether Oxigraph takes the IRI."""
    try:
        ox.NamedNode(iri)
    except ValueError:
        return False
    return True


@given(st.lists(TEXT, min_size=1))
@example(CORNERS)
@settings(max_examples=40, deadline=None)
def test_encoding_gives_the_bytes_of_identifiers(connection, values):
    assert apply(connection, "rdf_encode", values) == [encode(value) for value in values]


@given(st.lists(TEXT, min_size=1))
@example(CORNERS)
@settings(max_examples=40, deadline=None)
def test_an_encoded_value_is_accepted_anywhere(connection, values):
    for encoded in apply(connection, "rdf_encode", values):
        assert is_accepted(f"https://example.org/{encoded}/x?y#{encoded}")


@given(st.lists(IRI_TEXT, min_size=1, max_size=50))
@example([f"https://example.org/{corner}" for corner in CORNERS])
@example([f"https://example.org/?{corner}" for corner in CORNERS])
@example(
    [
        "a:b",
        "http://a:b/",
        "http://a:80/",
        "http://u:p@h/",
        "http://h/%zz",
        "http://h/%",
        "http://h/a#b#c",
        "x",
        "",
        "1a:b",
        "//h/x",
    ]
)
@settings(max_examples=150, deadline=None)
def test_what_is_checked_is_accepted(connection, values):
    checked = apply(connection, "rdf_iri", values)
    assert [is_absolute_iri(value) for value in values] == [found is not None for found in checked]
    for value, found in zip(values, checked, strict=True):
        assert found in (None, f"<{value}>")
        if found is not None:
            assert is_accepted(value)
        elif is_accepted(value):
            assert "[" in value, "only a host in brackets may be refused although it is valid"


@pytest.mark.parametrize(
    "iri",
    [
        "ivo://org.rubinobs/dr1?repo=main&id=019a",
        "https://example.org/é/%20?q=a#f",
        "file:///data/raw_4.fits",
        "s3://bucket@host/key",
        "urn:uuid:019a3c5e-0000-7000-8000-000000000000",
        "butler://dr1/u/me",
    ],
)
def test_the_iris_of_the_observatory_pass(connection, iri):
    assert apply(connection, "rdf_iri", [iri]) == [f"<{iri}>"]
