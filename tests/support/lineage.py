"""Lineage indexes of small graphs, and the answers that they ought to give, found with networkx."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import count
from pathlib import Path

import networkx as nx
import pyarrow as pa
import pyarrow.parquet as pq

from progenitor.lineage.build import build_index
from progenitor.lineage.index import FOLDER, LineageIndex
from progenitor.lineage.rules import RELATIONS, Plan, Way
from progenitor.lineage.traverse import Traversal
from progenitor.model import Change

Triple = tuple[str, str, str]
"""IRIs without brackets."""


class Snapshots:
    """Builds one snapshot after another in a folder, as the store's writer does."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.current: Path | None = None
        self._batches: dict[str, set[Triple]] = {}
        self._files: dict[str, Path] = {}
        self._numbers = count(1)

    @property
    def triples(self) -> set[Triple]:
        """Everything that any batch asserts."""
        return set().union(*self._batches.values())

    @property
    def index(self) -> LineageIndex:
        """The current index, opened anew."""
        assert self.current is not None
        return LineageIndex.open(self.current / FOLDER)

    def publish(self, batches: dict[str, Iterable[Triple]], **options: float) -> LineageIndex:
        """Replace (or, when empty, drop) some batches and build the next snapshot."""
        before = self.triples
        for name, triples in batches.items():
            self._batches.pop(name, None)
            self._files.pop(name, None)
            if kept := set(triples):
                self._batches[name] = kept
                self._files[name] = self._write(kept)
        after = self.triples
        return self._build(self._write(after - before), self._write(before - after), self.current, options)

    def rebuild(self) -> LineageIndex:
        """Build the next snapshot from the batches alone."""
        return self._build(None, None, None, {})

    def change(self, directory: Path, added: Path | None, removed: Path | None, previous: Path | None) -> Change:
        return Change(directory, previous, added, removed, tuple(self._files.values()))

    def _build(
        self, added: Path | None, removed: Path | None, previous: Path | None, options: dict[str, float]
    ) -> LineageIndex:
        directory = self.directory / f"snapshot-{next(self._numbers)}"
        directory.mkdir()
        build_index(self.change(directory, added, removed, previous), **options)  # type: ignore[arg-type]
        self.current = directory
        return self.index

    def _write(self, triples: set[Triple]) -> Path | None:
        if not triples:
            return None
        return write_triples(self.directory / f"{next(self._numbers)}.parquet", triples)


def write_triples(file: Path, triples: Iterable[Triple]) -> Path:
    """Write an archive file; an object that is no IRI is written as a literal."""
    rows = sorted((f"<{s}>", f"<{p}>", f"<{o}>" if ":" in o else f'"{o}"') for s, p, o in triples)
    columns = zip(*rows, strict=True) if rows else ((), (), ())
    pq.write_table(pa.table({name: list(column) for name, column in zip("spo", columns, strict=True)}), file)
    return file


def edges_of(index: LineageIndex) -> set[Triple]:
    """Return every edge of an index, read through its rows along, after checking that those against say the same."""
    along = {(s, kind, o) for s, kind, o in _rows(index, "along")}
    against = {(s, kind, o) for o, kind, s in _rows(index, "against")}
    assert along == against
    assert len(along) == index.edges_count
    return {(index.iri(s), RELATIONS[kind], index.iri(o)) for s, kind, o in along}


def _rows(index: LineageIndex, way: str) -> Iterable[tuple[int, int, int]]:
    adjacency = getattr(index, way)
    removed = set(adjacency.removed.tolist())
    for row in range(adjacency.base_nodes):
        for at in range(adjacency.offsets[row], adjacency.offsets[row + 1]):
            if at not in removed:
                yield row, int(adjacency.kinds[at]), int(adjacency.ends[at])
    for number, row in enumerate(adjacency.delta_rows.tolist()):
        for at in range(adjacency.delta_offsets[number], adjacency.delta_offsets[number + 1]):
            yield row, int(adjacency.delta_kinds[at]), int(adjacency.delta_ends[at])


class Expected:
    """The answer to a question from the definition: cheapest ways in a graph of (node, whether to go on from it)."""

    def __init__(self, triples: Iterable[Triple], plan: Plan, starts: Sequence[str], depth: int | None) -> None:
        graph = nx.MultiDiGraph()
        graph.add_nodes_from((start, True) for start in starts)
        for s, relation, o in triples:
            for rule in plan.rules:
                if rule.relation == relation:
                    near, far = (s, o) if rule.way(plan.direction) is Way.ALONG else (o, s)
                    graph.add_edge((near, True), (far, not rule.stops), cost=rule.cost, triple=(s, relation, o))
        costs = nx.multi_source_dijkstra_path_length(graph, {(start, True) for start in starts}, weight="cost")
        bound = float("inf") if depth is None else depth
        self.everything = {node for node, _ in costs}
        self.depths: dict[str, int] = {}
        for (node, _), cost in costs.items():
            if cost <= bound:
                self.depths[node] = min(cost, self.depths.get(node, cost))
        self.edges = {
            data["triple"]
            for near, _, data in graph.edges(data=True)
            if near in costs and costs[near] + data["cost"] <= bound
        }


def answer_of(traversal: Traversal) -> tuple[dict[str, int], list[Triple]]:
    """Return a traversal's depths by IRI, and its edges."""
    index, edges = traversal.index, traversal.edges
    depths = dict(zip(traversal.iris(), traversal.depths.tolist(), strict=True))
    relations = (RELATIONS[kind] for kind in edges.kinds.tolist())
    return depths, list(zip(index.iris(edges.subjects), relations, index.iris(edges.objects), strict=True))
