"""The lineage index, SPARQL property paths and the archive give the same answers."""

from __future__ import annotations

import pytest

from progenitor.provenance import Progenitor

pytestmark = [pytest.mark.butler, pytest.mark.xdist_group("demo")]

BACK = "(prov:used|prov:wasGeneratedBy|prov:wasDerivedFrom|prov:wasInformedBy)"


@pytest.fixture(scope="module")
def progenitor(demo_store):
    with Progenitor.open(demo_store) as opened:
        yield opened


def iris(answer) -> set[str]:
    return {term.value for (term,) in answer}


@pytest.mark.parametrize("dataset_type", ["deepCoadd", "objectTable_tract", "flat", "preliminary_visit_summary"])
def test_ancestors_and_descendants_equal_sparql(progenitor, dataset_type):
    query = (
        f"SELECT ?d WHERE {{ ?d voprov:isDescribedBy <{progenitor.base}dataset-type/{dataset_type}> ; a prov:Entity }}"
    )
    some = sorted(iris(progenitor.query(query)))
    assert some
    for iri in some[:5]:
        back = {node.iri for node in progenitor.ancestors(iri).nodes} - {iri}
        assert back == iris(progenitor.query(f"SELECT DISTINCT ?x WHERE {{ <{iri}> {BACK}+ ?x }}"))
        forth = {node.iri for node in progenitor.descendants(iri).nodes} - {iri}
        assert forth == iris(progenitor.query(f"SELECT DISTINCT ?x WHERE {{ <{iri}> (^{BACK})+ ?x }}"))


def test_who_says_gives_the_triples_of_the_graph(progenitor):
    iri = progenitor.resolve("deepCoadd tract=0 patch=3 band=i run=u/demo/drp")
    said = {triple for triple, _ in progenitor.who_says(iri)}
    outgoing = sum(1 for _ in progenitor.snapshot.graph.properties([iri]))
    incoming = sum(1 for _ in progenitor.snapshot.graph.referrers(iri))
    assert len(said) == outgoing + incoming


def test_rebuild_gives_equal_dumps(demo_store, tmp_path):
    import shutil

    copy = tmp_path / "store"
    shutil.copytree(demo_store, copy)
    with Progenitor.open(copy) as progenitor:
        before = b"".join(progenitor.dump())
        progenitor.rebuild()
        assert b"".join(progenitor.dump()) == before
