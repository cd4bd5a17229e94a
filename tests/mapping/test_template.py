"""Templates: references, prefixes, escapes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from progenitor.errors import MappingError, Place
from progenitor.mapping.document import Reference
from progenitor.mapping.template import looks_like_iri, parse_iri, parse_literal

HERE = Place("mapping.yml", 3, 7)
PREFIXES = {"pg": "https://example.org/ns#", "": "https://example.org/empty/", "prov": "http://www.w3.org/ns/prov#"}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("plain", ("plain",)),
        ("$(a)", (Reference("a"),)),
        ("$(a)-$(b)", (Reference("a"), "-", Reference("b"))),
        (r"\$(a)", ("$(a)",)),
        (r"cost \$(a) $(b)", ("cost $(a) ", Reference("b"))),
        (r"$(a\)b)", (Reference("a)b"),)),
        (r"$(\(a\))", (Reference("(a)"),)),
        (r"$(\_a)", (Reference("_a"),)),
        ("$(a b.c)", (Reference("a b.c"),)),
        (r"C:\temp", (r"C:\temp",)),
        (r"a\:b\~c\\d", (r"a:b~c\d",)),
        ("5 $ (or so)", ("5 $ (or so)",)),
        ("", ()),
    ],
)
def test_literal_templates(text, parts):
    assert parse_literal(text, HERE).parts == parts


@pytest.mark.parametrize(
    ("text", "parts", "relative"),
    [
        ("prov:used", ("http://www.w3.org/ns/prov#used",), False),
        ("pg:x/$(id)", ("https://example.org/ns#x/", Reference("id")), False),
        (":x", ("https://example.org/empty/x",), False),
        ("quantum/$(id)", ("quantum/", Reference("id")), True),
        ("$(id)/x", (Reference("id"), "/x"), True),
        ("$(url)", (Reference("url"),), False),
        ("ivo://$(a)/x", ("ivo://", Reference("a"), "/x"), False),
        ("urn:uuid:$(id)", ("urn:uuid:", Reference("id")), False),
        (r"a\:b", ("a:b",), True),
        (r"$(id)\:\:number", (Reference("id"), "::number"), True),
    ],
)
def test_iri_templates(text, parts, relative):
    template = parse_iri(text, PREFIXES, HERE)
    assert (template.parts, template.relative) == (parts, relative)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("$(a", "no closing parenthesis"),
        ("$()", "names no column"),
        ("$(_external)", "external references are not supported"),
    ],
)
def test_wrong_references_name_the_place(text, message):
    with pytest.raises(MappingError, match=message) as caught:
        parse_literal(text, HERE)
    assert caught.value.place == HERE


def test_an_unknown_prefix_is_an_error_with_a_hint():
    with pytest.raises(MappingError, match=r"prefix 'porv' .* not declared") as caught:
        parse_iri("porv:used", PREFIXES, HERE)
    assert "prefixes" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "does"), [("prov:used", True), ("http://x", True), ("note: x", False), ("a", False), ("$(a):b", False)]
)
def test_what_looks_like_an_iri(text, does):
    assert looks_like_iri(text, PREFIXES) is does


@given(st.text())
def test_escaping_every_special_character_gives_the_text_back(text):
    escaped = "".join("\\" + character if character in "$():~_\\" else character for character in text)
    assert parse_literal(escaped, HERE).constant == text
