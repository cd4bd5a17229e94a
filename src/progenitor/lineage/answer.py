"""A traversal's numbers as an answer of names: what the façade returns."""

from __future__ import annotations

from collections.abc import Sequence

from progenitor.lineage.evidence import without_evidence
from progenitor.lineage.index import LineageIndex
from progenitor.lineage.rules import RELATIONS, Direction, Inputs, rule_lines
from progenitor.lineage.traverse import traverse
from progenitor.model import Edge, Lineage, Node


def answer(
    index: LineageIndex,
    starts: Sequence[str],
    *,
    direction: Direction,
    depth: int | None,
    inputs: Inputs,
    context: bool,
    limit: int | None,
    snapshot: int,
) -> Lineage:
    """Walk from things that are named by IRI.

    Parameters
    ----------
    index
        Of the snapshot.
    starts
        IRIs; one that no relation names is its own whole lineage.
    direction, depth, inputs, context, limit
        As in `progenitor.lineage.traverse.traverse`.
    snapshot
        Number of the snapshot, for the record.
    """
    numbers = index.nodes(starts)
    walk = traverse(index, numbers[numbers >= 0], direction, depth=depth, inputs=inputs, context=context, limit=limit)
    alone = [Node(iri, 0) for iri, number in zip(starts, numbers.tolist(), strict=True) if number < 0]
    found = [Node(iri, depth) for iri, depth in zip(walk.iris(), walk.depths.tolist(), strict=True)]
    edges = walk.edges
    relations = [RELATIONS[kind] for kind in edges.kinds.tolist()]
    named = zip(index.iris(edges.subjects), relations, index.iris(edges.objects), strict=True)
    return Lineage(
        starts=tuple(starts),
        direction=direction,
        inputs=inputs,
        depth=depth,
        nodes=(*alone, *found),
        edges=tuple(Edge(*edge) for edge in named),
        truncated=walk.truncated,
        unrecorded=tuple(index.iris(without_evidence(walk))),
        snapshot=snapshot,
        rules=rule_lines(walk.plan.rules),
    )
