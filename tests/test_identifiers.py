"""IRIs: minted, escaped as R2RML does, and read back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from progenitor.identifiers import encode, is_valid_iri, mint, parse

BASE = "https://provenance.test/"
KEYS = st.text(st.characters(blacklist_categories=("Cs",)), min_size=1)


@pytest.mark.parametrize(
    ("value", "safe"),
    [
        ("42", "42"),
        ("Hello World!", "Hello%20World%21"),
        ("2011-08-23T22:17:00Z", "2011-08-23T22%3A17%3A00Z"),
        ("~A_17.1-2", "~A_17.1-2"),
        ("葉篤正", "葉篤正"),
    ],
)
def test_the_examples_of_r2rml(value, safe):
    """R2RML section 7.3."""
    assert encode(value) == safe


@given(st.lists(KEYS, min_size=1, max_size=4))
def test_what_is_minted_is_valid_and_parses_back(keys):
    iri = mint(BASE, "thing", *keys)
    assert is_valid_iri(iri)
    parsed = parse(BASE, iri)
    assert parsed is not None
    assert parsed.kind == "thing"
    assert parsed.keys == tuple(keys)


@given(st.text())
def test_different_keys_make_different_iris(key):
    assert mint(BASE, "a", key, "b") != mint(BASE, "a", key + "b", "b")


def test_an_iri_of_elsewhere_is_not_parsed():
    assert parse(BASE, "https://elsewhere.test/dataset/1") is None


@pytest.mark.parametrize(
    "iri", ["", "dataset/1", "http://a b", "http://a/<", "http://a/{x}", "http://a\\b", "http://a/\n"]
)
def test_what_is_no_absolute_iri(iri):
    assert not is_valid_iri(iri)
