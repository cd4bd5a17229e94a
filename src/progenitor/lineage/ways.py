"""The ways that an answer went, step by step; and an answer cut to the ways that lead to some end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from progenitor.lineage.rules import RULES, Way
from progenitor.model import Edge, Lineage


def steps(lineage: Lineage, edges: Iterable[Edge] | None = None) -> Iterator[tuple[str, str]]:
    """Yield each followed relation as the IRI it was followed from and the one it led to.

    Parameters
    ----------
    lineage
        The answer.
    edges
        Some of its edges; all of them when not given.
    """
    depth = {node.iri: node.depth for node in lineage.nodes}
    back = lineage.direction == "back"
    ways: dict[str, set[Way | None]] = defaultdict(set)
    for rule in RULES:
        ways[rule.relation].add(rule.back if back else rule.forth)
    for edge in lineage.edges if edges is None else edges:
        possible = ways[edge.relation] - {None}
        # A relation that may be followed both ways begins at the end that was reached first.
        along = possible == {Way.ALONG} or (len(possible) > 1 and depth[edge.subject] <= depth[edge.object])
        yield (edge.subject, edge.object) if along else (edge.object, edge.subject)


def towards(lineage: Lineage, ends: Collection[str]) -> Lineage:
    """Cut an answer to the ways from its starts that lead to some ends, each stopping at the first that it meets.

    Parameters
    ----------
    lineage
        The answer.
    ends
        IRIs.

    Returns
    -------
    Lineage
        The starts, what lies between, and those of the ends that are reached.
    """
    forward: dict[str, list[str]] = defaultdict(list)
    backward: dict[str, list[str]] = defaultdict(list)
    stops = set(ends) - set(lineage.starts)
    for here, there in steps(lineage):
        if here not in stops:
            forward[here].append(there)
            backward[there].append(here)
    reached = _closure(lineage.starts, forward)
    kept = reached & (_closure(reached & stops, backward) | set(lineage.starts))
    return replace(
        lineage,
        nodes=tuple(node for node in lineage.nodes if node.iri in kept),
        edges=tuple(edge for edge in lineage.edges if edge.subject in kept and edge.object in kept),
        unrecorded=tuple(iri for iri in lineage.unrecorded if iri in kept),
    )


def _closure(starts: Iterable[str], following: Mapping[str, list[str]]) -> set[str]:
    found = set(starts)
    stack = list(found)
    while stack:
        for node in following.get(stack.pop(), ()):
            if node not in found:
                found.add(node)
                stack.append(node)
    return found
