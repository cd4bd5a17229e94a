"""Walk the lineage index: what lies behind some nodes, or before them, and by which edges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from progenitor.errors import QueryError
from progenitor.lineage.adjacency import Integers
from progenitor.lineage.ends import Reached, add_ends
from progenitor.lineage.expansion import Follow
from progenitor.lineage.frontiers import Search
from progenitor.lineage.gather import Relations, gather
from progenitor.lineage.index import LineageIndex
from progenitor.lineage.kernels import search
from progenitor.lineage.rules import Agents, Direction, Inputs, Plan, make_plan


@dataclass(frozen=True)
class Traversal:
    """What a traversal found.

    Parameters
    ----------
    index
        Where.
    plan
        The rules that were followed.
    depth
        The limit that was asked for, or None.
    nodes
        In breadth-first order, the starts first; shape (nodes,).
    depths
        The depth of each, ascending; shape (nodes,).
    truncated
        Which bound left something out, or None where the answer is whole.
    """

    index: LineageIndex
    plan: Plan
    depth: int | None
    nodes: Integers
    depths: NDArray[np.int32]
    truncated: Literal["depth", "limit"] | None
    _reach: NDArray[np.int32] = field(repr=False)

    @cached_property
    def edges(self) -> Relations:
        """Every followed edge between the nodes, each once, also those to a node that was already visited."""
        relations = gather(self.index, self.plan, self.nodes, self._reach, self.depth)
        if self.truncated == "limit":
            both = np.isin(relations.subjects, self.nodes) & np.isin(relations.objects, self.nodes)
            relations = relations.take(both)
        return relations

    def iris(self) -> list[str]:
        """Return the IRIs of the nodes, in their order."""
        return self.index.iris(self.nodes)


def traverse(
    index: LineageIndex,
    starts: Sequence[int] | Integers,
    direction: Direction,
    *,
    depth: int | None = None,
    inputs: Inputs = "presented",
    context: bool = False,
    agents: Agents = "stop",
    members: bool = False,
    steps: bool = False,
    limit: int | None = None,
) -> Traversal:
    """Find all that lies behind some nodes, or before them, breadth first, as ProvDAL defines it.

    Parameters
    ----------
    index
        Where.
    starts
        Node numbers; a repeated one counts once.
    direction
        ``back`` towards origins, ``forth`` towards effects.
    depth
        How many relations to follow at most; None for all.
    inputs
        Which evidence of inputs to follow: as ``presented`` to the quantum, as ``predicted`` by the graph, or as
        ``fetched``, which follows derivations alone.
    context
        Also go from a member to its collections, from a step to its flow, and to agents, locations, plans, and what a
        thing specializes.
    agents
        ``none``: leave agents out; ``stop``: take in those to whom something is attributed, with context also those who
        were associated with an activity, and end there; ``through``: take them in, and go on to all that they are
        responsible for.
    members
        Also go from a collection to its members.
    steps
        Also go from a flow to its steps.
    limit
        The greatest number of nodes to return: the first ones in breadth-first order.

    Raises
    ------
    QueryError
        If a word is none of those allowed, the depth or the limit is negative, or there is no such node.
    """
    plan = make_plan(direction, inputs, context=context, agents=agents, members=members, steps=steps)
    for name, bound in (("depth", depth), ("limit", limit)):
        if bound is not None and bound < 0:
            raise QueryError(f"{name} is {bound}", hint="give a whole number from 0, or none for no bound")
    question = Search(
        starts=_distinct(index, starts),
        free=Follow.of(plan, cost=0, stops=False),
        paid=Follow.of(plan, cost=1, stops=False),
        depth=depth,
        limit=limit,
    )
    found = search(index, question)
    depths = np.repeat(np.arange(len(found.sizes), dtype=np.int32), found.sizes)
    reached = Reached(found.nodes, depths, reach=depths, more=found.more)
    if Follow.of(plan, stops=True).anything:
        reached = add_ends(index, plan, reached, depth)
    return _bounded(index, plan, reached, depth, limit)


def _distinct(index: LineageIndex, starts: Sequence[int] | Integers) -> Integers:
    """Return the start nodes as an array, each once, in the order given."""
    nodes = np.asarray(starts, dtype=np.int64).reshape(-1)
    wrong = nodes[(nodes < 0) | (nodes >= index.nodes_count)]
    if len(wrong):
        raise QueryError(f"there is no node {wrong[0]} in the index", hint=f"it has {index.nodes_count} nodes")
    _, firsts = np.unique(nodes, return_index=True)
    return nodes[np.sort(firsts)]


def _bounded(index: LineageIndex, plan: Plan, reached: Reached, depth: int | None, limit: int | None) -> Traversal:
    """Cut what was reached to the limit, and say what is missing."""
    nodes, depths, reach, more = reached
    truncated: Literal["depth", "limit"] | None = "depth" if more else None
    if limit is not None and len(nodes) > limit:
        nodes, depths, reach, truncated = nodes[:limit], depths[:limit], reach[:limit], "limit"
    return Traversal(index, plan, depth, nodes, depths, truncated, reach)
