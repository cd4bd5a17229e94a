"""An answer that is cut to the ways to some ends: nothing beside them, nothing behind them, nothing lost."""

from __future__ import annotations

import networkx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from progenitor.errors import NotFoundError
from progenitor.lineage.describe import is_of_type
from progenitor.lineage.ways import steps, towards
from progenitor.model import Edge, Lineage, Node
from progenitor.provenance import Progenitor
from progenitor.terms import PROV

COADD = "deepCoadd tract=0 patch=3 band=i run=u/demo/drp"


def lineage_of(pairs: list[tuple[int, int]]) -> Lineage:
    """An acyclic answer from 0: each pair is a derivation of the smaller number from the larger."""
    graph = networkx.DiGraph()
    graph.add_node(0)
    graph.add_edges_from((min(pair), max(pair)) for pair in pairs if pair[0] != pair[1])
    depth = networkx.single_source_shortest_path_length(graph, 0)
    edges = [Edge(str(a), PROV + "wasDerivedFrom", str(b)) for a, b in graph.edges if a in depth]
    nodes = tuple(Node(str(node), distance) for node, distance in depth.items())
    return Lineage(("0",), "back", "presented", None, nodes, tuple(edges), None, (), 1, ())


numbers = st.integers(0, 12)


@given(st.lists(st.tuples(numbers, numbers), max_size=40), st.sets(numbers))
def test_what_is_kept_is_what_lies_on_a_way_that_meets_no_other_end_first(pairs, ends):
    lineage = lineage_of(pairs)
    ends = {str(end) for end in ends} - {"0"}
    graph = networkx.DiGraph(steps(lineage))
    graph.add_node("0")
    expected = {"0"}
    for end in ends & {node.iri for node in lineage.nodes}:
        allowed = graph.subgraph(set(graph) - (ends - {end}))
        for path in networkx.all_simple_paths(allowed, "0", end):
            expected.update(path)
    cut = towards(lineage, ends)
    assert {node.iri for node in cut.nodes} == expected
    assert {edge.subject for edge in cut.edges} | {edge.object for edge in cut.edges} <= expected


@pytest.mark.butler
@pytest.mark.xdist_group("demo")
def test_a_type_is_a_kind_of_identifier_a_dataset_type_or_a_task(demo_store):
    with Progenitor.open(demo_store) as progenitor:
        for wanted in ("exposure", "post_isr_image", "calibrateImage"):
            answer = progenitor.ancestors(COADD, to=wanted)
            ends = sorted({node.iri for node in answer.nodes} - {edge.subject for edge in answer.edges})
            assert ends
            summaries = progenitor.summaries(ends).values()
            assert all(is_of_type(progenitor.base, summary, wanted) for summary in summaries)
        with pytest.raises(NotFoundError, match="deepCoad'"):
            progenitor.ancestors(COADD, to="deepCoad")
