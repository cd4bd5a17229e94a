"""Lineage index beside Oxigraph, DuckDB, networkx and a bare compiled loop, on generated Rubin-shaped graphs.

Run ``python tests/benchmarks/bench_lineage.py`` (1 M and 10 M triples, some minutes), with ``--quick`` (0.2 M, some
seconds), or with ``--triples N ...``. Prints Markdown tables; times are medians of repeated runs in one process, in
milliseconds unless said.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import numba
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from progenitor.lineage import kernels
from progenitor.lineage.build import MERGE_FRACTION, build_index
from progenitor.lineage.index import FOLDER, LineageIndex
from progenitor.lineage.rules import RELATIONS, Way, make_plan
from progenitor.lineage.traverse import traverse
from progenitor.model import Change
from support.graphs import RubinGraph, make_rubin_graph

NETWORKX_LIMIT = 2_000_000
"""Above this many triples networkx needs more memory than a small machine has."""

PATH = "(<http://www.w3.org/ns/prov#used>|<http://www.w3.org/ns/prov#wasGeneratedBy>)*"


def median(work: Callable[[], Any], seconds: float = 1.0) -> float:
    """Return the median time of a piece of work, in milliseconds, over at least 3 runs after a first one."""
    work()
    times: list[float] = []
    while len(times) < 3 or (sum(times) < seconds and len(times) < 200):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return statistics.median(times) * 1000


def once(work: Callable[[], Any]) -> float:
    """Return the time of a piece of work that can be done only once, in milliseconds."""
    gc.collect()
    begin = time.perf_counter()
    work()
    return (time.perf_counter() - begin) * 1000


class Bench:
    """One generated graph, and everything that is measured on it."""

    def __init__(self, directory: Path, triples: int) -> None:
        self.directory = directory
        self.graph = make_rubin_graph(directory / "archive", triples, batches=100 if triples > 5_000_000 else 20)
        self.snapshots = 0

    def build(
        self, batches: Iterable[Path], previous: Path | None = None, added: Path | None = None, **options: float
    ) -> Path:
        self.snapshots += 1
        snapshot = self.directory / f"snapshot-{self.snapshots}"
        snapshot.mkdir()
        build_index(Change(snapshot, previous, added, None, tuple(batches)), **options)  # type: ignore[arg-type]
        return snapshot

    def building(self) -> list[tuple[str, str]]:
        """Measure building, adding, opening, and the size."""
        graph = self.graph
        snapshots: list[Path] = []
        whole = once(lambda: snapshots.append(self.build(graph.batches)))
        index = LineageIndex.open(snapshots[0] / FOLDER)
        *most, last = graph.batches
        before = self.build(most)
        share = duckdb.sql(f"SELECT count(*) FROM '{last}'").fetchall()[0][0] / graph.triples
        added = once(lambda: self.build(graph.batches, before, last))
        opened = median(lambda: LineageIndex.open(snapshots[0] / FOLDER), 0.2)
        hashed = once(lambda: read_and_hash(graph))
        names = sum(record.size for name, record in index.records.items() if ".iri.text" in name)
        size = sum(record.size for record in index.records.values())
        return [
            ("triples; nodes; edges", f"{graph.triples:,}; {index.nodes_count:,}; {index.edges_count:,}"),
            ("build from the archive", f"{whole:,.0f} ms; {index.edges_count / whole / 1000:.2f} M edges/s"),
            (
                "reading and hashing the edges once (limit)",
                f"{hashed:,.0f} ms; the build takes {whole / hashed:.1f} times that",
            ),
            (f"add a batch of {share:.1%}", f"{added:,.0f} ms; {added / whole:.1%} of a build"),
            ("open", f"{opened:.2f} ms"),
            (
                "bytes per edge",
                f"{(size - names) / index.edges_count:.1f}; text of the IRIs {names / index.edges_count:.1f}",
            ),
        ]

    def asking(self, peers: Peers) -> list[list[str]]:
        """Measure the ids of a small and of a large ancestry."""
        index = LineageIndex.open(self.directory / "snapshot-1" / FOLDER)
        rows = []
        for iri in (self.graph.coadd, self.graph.objects):
            start = index.node(iri)
            assert start is not None
            kernels._compiled = None
            ours_numpy = median(lambda start=start: traverse(index, [start], "back"))
            kernels.load_compiled()
            ours = median(lambda start=start: traverse(index, [start], "back"))
            expected = len(traverse(index, [start], "back").nodes)
            timed = {name: peer(iri, start, expected) for name, peer in peers.items()}
            rows.append([f"{expected:,}", f"{ours_numpy:,.2f}", f"{ours:,.3f}"])
            rows[-1] += [f"{value:,.3f}" if value < 1 else f"{value:,.1f}" for value in timed.values()]
            rows[-1] += [f"{ours / timed['bare loop']:.1f}", f"{timed['Oxigraph'] / ours:,.0f}"]
        return rows

    def carrying(self) -> list[tuple[str, str]]:
        """Measure what growing deltas cost those who ask for the largest ancestry."""
        found = []
        for share in (0, 1 / 32, MERGE_FRACTION, 1 / 2):
            kept = round(len(self.graph.batches) / (1 + share))
            snapshot = self.build(self.graph.batches[:kept])
            added = once(lambda snapshot=snapshot, kept=kept: self._grow(snapshot, kept))
            index = LineageIndex.open(self.directory / f"snapshot-{self.snapshots}" / FOLDER)
            start = [index.node(self.graph.objects)]
            kernels._compiled = None
            slow = median(lambda index=index, start=start: traverse(index, start, "back"), 0.5)
            kernels.load_compiled()
            fast = median(lambda index=index, start=start: traverse(index, start, "back"), 0.5)
            part = len(index.along.delta_ends) / len(index.along.ends)
            found.append((f"{part:.0%} of the base", f"{slow:.1f} / {fast:.2f} ms; written in {added:,.0f} ms"))
        return found

    def _grow(self, snapshot: Path, kept: int) -> None:
        later = [f"'{file}'" for file in self.graph.batches[kept:]]
        if not later:
            return
        added = self.directory / "added.parquet"
        duckdb.sql(f"COPY (FROM read_parquet([{', '.join(later)}]) ORDER BY s, p, o) TO '{added}'")
        self.build(self.graph.batches, snapshot, added, merge_fraction=100)


def read_and_hash(graph: RubinGraph) -> None:
    relations = ", ".join(f"'<{relation}>'" for relation in RELATIONS)
    hashes = "bit_xor(md5_number_lower(s)), bit_xor(md5_number_lower(o))"
    sql = f"SELECT {hashes} FROM read_parquet($files) WHERE p IN ({relations})"
    files = [str(file) for file in graph.batches]
    duckdb.connect(config={"threads": 2}).execute(sql, {"files": files}).fetchall()


# -- peers: each is asked for the number of nodes, and must agree -----------------------------------------------

Peers = dict[str, Callable[[str, int, int], float]]


def make_peers(bench: Bench) -> Peers:
    index = LineageIndex.open(bench.directory / "snapshot-1" / FOLDER)
    rows, ends = followed_edges(index)
    peers: Peers = {
        "bare loop": bare_loop(index, rows, ends),
        "DuckDB": duckdb_recursion(rows, ends),
        "Oxigraph": oxigraph_path(bench),
    }
    if bench.graph.triples < NETWORKX_LIMIT:
        peers["networkx"] = networkx_descent(rows, ends)
    return peers


def followed_edges(index: LineageIndex) -> tuple[Any, Any]:
    """Return the edges that going back follows, as (node, node)."""
    along = index.along
    rows = np.repeat(np.arange(along.base_nodes, dtype=np.int32), np.diff(along.offsets))
    kept = make_plan("back").followed(Way.ALONG)[along.kinds]
    return rows[kept], along.ends[kept]


def bare_loop(index: LineageIndex, rows: Any, ends: Any) -> Callable[[str, int, int], float]:
    """The limit: a queue and a mark per node, over an array that holds nothing but what is followed, all in memory."""
    offsets = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=index.nodes_count))]).astype(np.int32)
    queue, seen = np.empty(index.nodes_count, np.int32), np.zeros(index.nodes_count, np.uint8)

    @numba.njit
    def run(start, offsets, ends, queue, seen):  # type: ignore[no-untyped-def]
        queue[0], seen[start], count, at = start, 1, 1, 0
        while at < count:
            node = queue[at]
            at += 1
            for position in range(offsets[node], offsets[node + 1]):
                end = ends[position]
                if seen[end] == 0:
                    seen[end] = 1
                    queue[count] = end
                    count += 1
        for at in range(count):
            seen[queue[at]] = 0
        return count

    def ask(_: str, start: int, expected: int) -> float:
        assert run(start, offsets, ends, queue, seen) == expected
        return median(lambda: run(start, offsets, ends, queue, seen))

    return ask


def duckdb_recursion(rows: Any, ends: Any) -> Callable[[str, int, int], float]:
    connection = duckdb.connect(config={"threads": 2})
    connection.register("edges", {"s": rows, "o": ends})
    connection.execute("CREATE TABLE edge AS SELECT s, o FROM edges")
    sql = """WITH RECURSIVE found(node) AS (SELECT $start::INTEGER UNION SELECT o FROM found JOIN edge ON s = node)
             SELECT count(*) FROM found"""

    def ask(_: str, start: int, expected: int) -> float:
        def run() -> None:
            assert connection.execute(sql, {"start": start}).fetchall() == [(expected,)]

        return median(run)

    return ask


def networkx_descent(rows: Any, ends: Any) -> Callable[[str, int, int], float]:
    import networkx as nx

    graph = nx.DiGraph()
    graph.add_edges_from(zip(rows.tolist(), ends.tolist(), strict=True))

    def ask(_: str, start: int, expected: int) -> float:
        def run() -> None:
            assert len(nx.descendants(graph, start)) == expected - 1

        return median(run)

    return ask


def oxigraph_path(bench: Bench) -> Callable[[str, int, int], float]:
    import pyoxigraph

    document = bench.directory / "graph.nt"
    files = ", ".join(f"'{file}'" for file in bench.graph.batches)
    duckdb.sql(
        f"COPY (SELECT s || ' ' || p || ' ' || o || ' .' FROM read_parquet([{files}])) "
        f"TO '{document}' (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\\t')"
    )
    store = pyoxigraph.Store(str(bench.directory / "oxigraph"))
    store.bulk_load(path=str(document), format=pyoxigraph.RdfFormat.N_TRIPLES)
    store.optimize()

    def ask(iri: str, _: int, expected: int) -> float:
        sparql = f"SELECT (COUNT(*) AS ?n) {{ SELECT DISTINCT ?a {{ <{iri}> {PATH} ?a }} }}"

        def run() -> None:
            (solution,) = store.query(sparql)  # type: ignore[misc]
            assert int(solution["n"].value) == expected

        return median(run)

    return ask


def print_table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    head = list(head)
    for row in (head, ["---"] * len(head), *rows):
        print(f"| {' | '.join(row)} |", flush=True)
    print()


def run(triples: int) -> None:
    with TemporaryDirectory() as directory:
        bench = Bench(Path(directory), triples)
        print_table(["work", "figure"], bench.building())
        peers = make_peers(bench)
        head = ["ancestry, nodes", "numpy", "compiled", *peers, "compiled / bare", "Oxigraph / compiled"]
        print_table(head, bench.asking(peers))
        del peers
        print_table(["delta", "largest ancestry, numpy / compiled"], bench.carrying())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--triples", type=int, nargs="+", default=[1_000_000, 10_000_000])
    arguments = parser.parse_args()
    for triples in [200_000] if arguments.quick else arguments.triples:
        run(triples)


if __name__ == "__main__":
    main()
