"""The edges of an answer: gathered after its nodes are known, for those who ask."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from progenitor.lineage.adjacency import Edges, Integers
from progenitor.lineage.expansion import Follow, expand
from progenitor.lineage.index import LineageIndex
from progenitor.lineage.rules import Plan


class Relations(NamedTuple):
    """Edges as PROV states them.

    Parameters
    ----------
    subjects, objects
        Node numbers.
    kinds
        Numbers of the relations, as in `progenitor.lineage.rules.RELATIONS`.
    """

    subjects: Integers
    kinds: NDArray[np.uint8]
    objects: Integers

    def take(self, which: NDArray[np.bool_] | Integers) -> Relations:
        """Return some of them, by mask or by position."""
        return Relations(self.subjects[which], self.kinds[which], self.objects[which])


def gather(index: LineageIndex, plan: Plan, nodes: Integers, reach: NDArray[np.int32], depth: int | None) -> Relations:
    """Return the edges that were followed from nodes, each once, in the order of the nodes.

    Parameters
    ----------
    index
        The index.
    plan
        The rules that were followed.
    nodes
        Those of the answer.
    reach
        The depth at which each was gone on from; -1 where it was not.
    depth
        The limit on the depth, or None.
    """
    found = []
    for cost in (0, 1):
        near = reach >= 0
        if depth is not None:
            near &= reach + cost <= depth
        found.append(_followed(index, nodes[near], Follow.of(plan, cost=cost)))
    relations = Relations(*(np.concatenate(column) for column in zip(*found, strict=True)))
    follow = Follow.of(plan)
    return _each_once(relations) if (follow.along & follow.against).any() else relations


def _followed(index: LineageIndex, near: Integers, follow: Follow) -> Relations:
    along, against = expand(index, near, follow)
    if not along and not against:
        return Relations(near[:0], np.empty(0, np.uint8), near[:0])
    parts = [Relations(near[part.rows], part.kinds, part.ends) for part in along]
    parts += [Relations(part.ends, part.kinds, near[part.rows]) for part in against]
    order = np.argsort(np.concatenate([part.rows for part in (*along, *against)]), kind="stable")
    return Relations(*(np.concatenate(column) for column in zip(*parts, strict=True))).take(order)


def _each_once(relations: Relations) -> Relations:
    """Drop what was followed from both of its ends a second time."""
    edges = Edges(*relations)
    order = edges.order()
    again = edges.take(order).repeats()
    kept = np.ones(len(order), dtype=np.bool_)
    kept[order[again]] = False
    return relations.take(kept)
