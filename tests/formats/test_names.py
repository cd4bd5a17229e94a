"""Qualified names: joined again they are the IRI, and their local parts are what PROV-N can write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prov.identifier import Namespace

from progenitor.formats.names import Namespaces
from progenitor.terms import PG, PROV
from support.answers import BASE, iris


@pytest.mark.parametrize(
    ("iri", "prefix", "local"),
    [
        (BASE + "dataset/0199f2b0-0000-7000-8000-000000000001", "dataset", "0199f2b0-0000-7000-8000-000000000001"),
        (BASE + "quantum/1#attempt-2", "quantum", "1#attempt-2"),
        (BASE + "collection/demo/u%2Fme%2Fdrp", "collection", "demo/u%2Fme%2Fdrp"),
        (BASE + "data-id/tract~0~patch~3", "data-id", "tract~0~patch~3"),
        (BASE + "catalogue", "id", "catalogue"),
        (BASE + "prov/x", "ns1", "x"),
        (PROV + "used", "prov", "used"),
        (PG + "dataId", "pg", "dataId"),
        ("urn:uuid:0199", "ns1", "0199"),
        ("https://example.org/a#b/c", "ns1", "b/c"),
        ("https://example.org/a/", "ns1", "a/"),
        ("https://example.org/100%", "ns1", ""),
        ("https://example.org/été×2", "ns1", "2"),
    ],
)
def test_cut(iri: str, prefix: str, local: str) -> None:
    found = Namespaces(BASE).cut(iri)
    assert (found[0], found[2]) == (prefix, local)
    assert found[1] + found[2] == iri


@given(st.lists(iris(), max_size=8))
def test_any_iri_is_put_together_again_by_its_prefix(drawn: list[str]) -> None:
    namespaces = Namespaces(BASE)
    cut = {iri: namespaces.cut(iri) for iri in drawn}
    for iri, (prefix, _, local) in cut.items():
        assert namespaces.used[prefix] + local == iri
        assert namespaces.used[prefix]
    assert len(set(namespaces.used.values())) == len(namespaces.used)


@given(iris())
@pytest.mark.filterwarnings("error")
def test_prov_writes_the_local_part_without_changing_the_iri(iri: str) -> None:
    prefix, namespace, local = Namespaces(BASE).cut(iri)
    name = Namespace(prefix, namespace)[local]
    assert name.provn_bare_representation().replace("\\", "") == f"{prefix}:{local}"


def test_equal_questions_get_equal_prefixes() -> None:
    first, second = Namespaces(BASE), Namespaces(BASE)
    asked = ["https://a.example/x", "https://b.example/y", "https://a.example/z"]
    assert [first.cut(iri)[0] for iri in asked] == [second.cut(iri)[0] for iri in asked] == ["ns1", "ns2", "ns1"]
