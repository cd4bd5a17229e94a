"""What leaves the house is valid PROV in every format, read back by other readers."""

from __future__ import annotations

import io
from pathlib import Path

import prov
import pyoxigraph as ox
import pytest

from progenitor.formats.associations import associations_of
from progenitor.formats.document import SYNTAXES as DOCUMENTS
from progenitor.model import Term
from progenitor.provenance import Progenitor
from progenitor.terms import PG, PROV
from progenitor.validate.constraints import columns_of, validate_constraints
from support.prov_columns import quads_of
from support.prov_statements import quads_of_file, quads_of_rdf

RDF = {
    "turtle": ox.RdfFormat.TURTLE,
    "n-triples": ox.RdfFormat.N_TRIPLES,
    "json-ld": ox.RdfFormat.JSON_LD,
    "rdf-xml": ox.RdfFormat.RDF_XML,
}
COADD = "deepCoadd tract=0 patch=3 band=i run=u/demo/drp"

ROOT = Path(__file__).parents[2] / "mappings"
PLANNED = [file for file in sorted(ROOT.glob("**/expected.nq")) if f"<{PG}plan>" in file.read_text()]
"""What mappings make of their fixtures, where something followed a plan."""


def of_the_demo(test):
    """Mark a test that reads the demo's store."""
    return pytest.mark.butler(pytest.mark.xdist_group("demo")(test))


def test_there_are_plans_of_quanta_and_of_scripts():
    assert {str(file.parent.relative_to(ROOT)) for file in PLANNED} >= {"butler", "efd/script-queue"}


@pytest.mark.parametrize("golden", PLANNED, ids=lambda file: str(file.parent.relative_to(ROOT)))
def test_the_associations_of_all_that_a_mapping_made_are_valid_together(golden):
    quads = quads_of_file(golden)
    links = [(s[1:-1], p[1:-1], Term(o[1:-1])) for s, p, o, _ in quads if o.startswith("<")]
    associations = [(f"<{s}>", f"<{p}>", f"<{o.value}>", None) for s, p, o in associations_of(links)]
    assert sum(p == f"<{PROV}hadPlan>" for _, p, _, _ in associations) == sum(
        p == f"<{PG}plan>" for _, p, _, _ in quads
    )
    assert [str(violation) for violation in validate_constraints(columns_of(quads + associations))] == []


@pytest.fixture(scope="module")
def progenitor(demo_store):
    with Progenitor.open(demo_store) as opened:
        yield opened


@pytest.fixture(scope="module", params=[*RDF, *DOCUMENTS])
def coadd(progenitor, request):
    """The nodes of a coadd's ancestry, and the quads of its document in a format."""
    name, stream = request.param, io.BytesIO()
    lineage = progenitor.export(COADD, name, stream)
    stream.seek(0)
    if name in RDF:
        return lineage.nodes, list(quads_of_rdf(stream, RDF[name]))
    return lineage.nodes, list(quads_of(prov.read(stream, format=DOCUMENTS[name])))


@of_the_demo
def test_the_ancestry_of_a_coadd_is_valid(coadd):
    _, quads = coadd
    assert [str(violation) for violation in validate_constraints(columns_of(quads))] == []


@of_the_demo
def test_each_quantum_has_one_association_of_its_own_with_its_agent_and_its_plan(coadd, progenitor):
    nodes, quads = coadd
    quanta = {node.iri for node in nodes if node.iri.startswith(f"{progenitor.base}quantum/")}

    def said(predicate):
        """The objects of a property, each subject having one."""
        found = [(subject, value) for subject, name, value, _ in quads if name == f"<{PROV}{predicate}>"]
        assert len(found) == len(dict(found))
        return dict(found)

    stated = {
        (subject, predicate): f"<{term.value}>"
        for subject, predicate, term in progenitor.snapshot.graph.properties(quanta)
    }
    association, agent, plan = said("qualifiedAssociation"), said("agent"), said("hadPlan")
    assert len(quanta) > 20
    for quantum in quanta:
        node = association[f"<{quantum}>"]
        assert node == f"<{quantum}#association>"
        assert (agent[node], plan[node]) == (stated[quantum, PROV + "wasAssociatedWith"], stated[quantum, PG + "plan"])
