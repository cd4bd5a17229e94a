"""A lineage as a tree in a terminal: siblings of one type are one line with a count, and nothing is drawn twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.tree import Tree

from progenitor.lineage.describe import type_name
from progenitor.lineage.ways import steps
from progenitor.terms import PROV

if TYPE_CHECKING:
    from progenitor.lineage.describe import Summary
    from progenitor.model import Edge, Lineage

STYLES = {"entity": "yellow", "activity": "blue", "agent": "dark_orange", "plan": "green", "collection": "cyan"}
"""Colour by kind, after the PROV convention; the mark before the name says the same without colour."""

MARKS = {"entity": "○", "activity": "□", "agent": "⌂", "plan": "▤", "collection": "◎"}


def lineage_tree(
    lineage: Lineage, summaries: Mapping[str, Summary], base: str, *, siblings: int = 3, without: Collection[str] = ()
) -> Tree:
    """Draw an answer from its starts.

    Parameters
    ----------
    lineage
        The answer.
    summaries
        Of every node of it.
    base
        The store's base IRI.
    siblings
        Above this many, siblings of one type are drawn as one line with their count.
    without
        Contents (`Summary.content`) that are not drawn.
    """
    drawer = _Drawer(lineage, summaries, base, siblings, without)
    root = Tree("", hide_root=True, guide_style="dim")
    for start in lineage.starts:
        drawer.draw(root, (start,))
    return root


def without_shortcuts(edges: Sequence[Edge]) -> list[Edge]:
    """Leave out each derivation that the activity between its two ends already shows."""
    used: dict[str, set[str]] = defaultdict(set)
    makers: dict[str, set[str]] = defaultdict(set)
    for edge in edges:
        if edge.relation == PROV + "used":
            used[edge.subject].add(edge.object)
        elif edge.relation == PROV + "wasGeneratedBy":
            makers[edge.subject].add(edge.object)
    return [
        edge
        for edge in edges
        if edge.relation != PROV + "wasDerivedFrom"
        or not any(edge.object in used[maker] for maker in makers[edge.subject])
    ]


class _Drawer:
    def __init__(
        self, lineage: Lineage, summaries: Mapping[str, Summary], base: str, siblings: int, without: Collection[str]
    ) -> None:
        self._summaries = summaries
        self._base = base
        self._without = without
        self._siblings = siblings
        self._drawn: set[str] = set()
        self._next: dict[str, list[str]] = defaultdict(list)
        self._name_runs = len({summary.run for summary in summaries.values() if summary.run}) > 1
        for here, there in steps(lineage, without_shortcuts(lineage.edges)):
            self._next[here].append(there)

    def draw(self, parent: Tree, group: tuple[str, ...]) -> None:
        """Draw one line for a group of nodes, and what follows from any of them below it."""
        stack = [(parent, group)]
        while stack:
            branch, nodes = stack.pop()
            fresh = tuple(node for node in nodes if node not in self._drawn)
            line = branch.add(self._line(nodes, len(fresh)))
            self._drawn.update(fresh)
            following = {
                there
                for node in fresh
                for there in self._next[node]
                if self._summaries[there].content not in self._without
            }
            groups = self._groups(following)
            stack += [(line, members) for members in reversed(groups)]

    def _groups(self, nodes: Iterable[str]) -> list[tuple[str, ...]]:
        """Put nodes of one kind and type together where they are many."""
        by_type: dict[tuple[str, str, str], list[str]] = defaultdict(list)
        for node in sorted(nodes, key=lambda node: (self._summaries[node].label, node)):
            summary = self._summaries[node]
            by_type[summary.kind, summary.type or type_name(self._base, summary), summary.run].append(node)
        groups: list[tuple[str, ...]] = []
        for members in by_type.values():
            if len(members) > self._siblings:
                groups.append(tuple(members))
            else:
                groups += [(member,) for member in members]
        return groups

    def _line(self, nodes: tuple[str, ...], fresh: int) -> str:
        first = self._summaries[nodes[0]]
        mark, style = MARKS.get(first.kind, "·"), STYLES.get(first.kind, "default")
        if len(nodes) == 1:
            name = escape(first.label)
        else:
            name = f"[bold]{len(nodes):,} ×[/] {escape(type_name(self._base, first) or first.kind)}"
        again = "" if fresh == len(nodes) else f"({len(nodes) - fresh:,} above)" if fresh else "(above)"
        run = first.run if self._name_runs else ""
        note = first.note if len(nodes) == 1 else ""
        remarks = " ".join(escape(remark) for remark in (run, note, again) if remark)
        return f"[{style}]{mark}[/] {name} [dim]{remarks}[/]" if remarks else f"[{style}]{mark}[/] {name}"
