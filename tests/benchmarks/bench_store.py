"""What the store costs: loading, publishing batches of several sizes, reading after many of them, look-ups.

Run as ``python tests/benchmarks/bench_store.py [--quick]``; prints Markdown. Beside our figure stands the limit of the
same run: bare Oxigraph, without catalogue, snapshots or archive.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import duckdb
import pyoxigraph as ox

from progenitor.model import Partition
from progenitor.store.archive import count_triples, read_blocks, who_says
from progenitor.store.dump import dump
from progenitor.store.layout import create_store
from progenitor.store.loading import clone_graph
from progenitor.store.manifest import read_manifest, write_manifest
from progenitor.store.rebuild import rebuild
from progenitor.store.snapshot import Snapshot
from progenitor.store.writer import Writer
from support.graphs import BASE, make_rubin_graph


def main() -> None:
    """Run every measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, a few seconds")
    quick = parser.parse_args().quick
    with tempfile.TemporaryDirectory(prefix="bench-store-") as folder:
        for millions in [0.1] if quick else [1, 10]:
            measure_store(Path(folder, f"{millions}"), int(millions * 1e6), quick)
        measure_many_batches(Path(folder), 100 if quick else 10_000)


def measure_store(folder: Path, size: int, quick: bool) -> None:
    """Measure one store of a size."""
    graph = make_rubin_graph(folder / "graph", size, batches=2 if quick else 10)
    store = folder / "store"
    create_store(store, BASE)
    print(f"\n## A store of {graph.triples / 1e6:.1f} M triples in {len(graph.batches)} batches\n")
    print("| what | ours | bare Oxigraph | ratio |\n|---|---|---|---|")
    files = [Path(shutil.copy(file, folder / f"copy-{file.name}")) for file in graph.batches]
    ours = seconds(lambda: ingest(store, {f"field/{i}": file for i, file in enumerate(files)}))
    bare = seconds(lambda: load_bare(folder / "bare", graph.batches))
    rate = graph.triples / ours / 1e3
    row("first publishing (check, archive, load, sync)", ours, bare, f" ({rate:.0f} k triples/s)")
    print(f"| disk: archive and snapshot | {sizes(store)} bytes a triple | | |")
    measure_publishing(folder, store, size, quick)
    measure_replacing(folder, store, graph.batches[0])
    with Snapshot.open(store) as snapshot:
        measure_lookups(snapshot, graph.coadd)
        ours = seconds(lambda: sum(1 for _ in dump(snapshot)))
        with tempfile.TemporaryFile() as output:
            row("sorted dump", ours, seconds(lambda: snapshot.graph.write_quads(output)))
        files = [store / record.file for record in snapshot.records.values()]
    ours = seconds(lambda: rebuild(store))
    row("rebuild", ours, seconds(lambda: load_bare(folder / "bare", files)))


def measure_publishing(folder: Path, store: Path, size: int, quick: bool) -> None:
    """Publish many batches of each size; then compare reads with an optimised copy."""
    more = make_rubin_graph(folder / "more", size + (0 if quick else 4_000_000), batches=2 if quick else 20)
    for batch, count in [(1_000, 50), (10_000, 50), (100_000, 20)][: 2 if quick else 3]:
        times, limits = [], []
        for number, file in enumerate(slices(folder, more.batches[-1], batch, 5 if quick else count)):
            limits.append(seconds(partial(extend_bare, store, folder / "clone", file)))
            times.append(seconds(partial(ingest, store, {f"more/{batch}/{number}": file})))
        median = statistics.median
        worst = f" (mean {statistics.mean(times):.2f}, worst {max(times):.2f})"
        row(f"publish {batch:,} triples, median of {len(times)}", median(times), median(limits), worst)
        measure_reads(folder, store, f"reads after {len(times)} batches of {batch:,}")


def measure_reads(folder: Path, store: Path, title: str) -> None:
    """Time look-ups in the newest snapshot, and in an optimised copy of it."""
    with Snapshot.open(store) as snapshot:
        iris = [row[0].value for row in snapshot.graph.query("SELECT ?s { ?s rdfs:label ?l } LIMIT 3000") if row[0]]
        clone_graph(snapshot.directory / "graph", folder / "optimised")
    optimised = ox.Store(str(folder / "optimised"))
    optimised.optimize()
    del optimised
    with Snapshot.open(store) as snapshot:
        times = [
            best_read(ox.Store.read_only(str(path)), iris)
            for path in (snapshot.directory / "graph", folder / "optimised")
        ]
    shutil.rmtree(folder / "optimised")
    row(title + " / optimised, per node", times[0], times[1])


def best_read(store: ox.Store, iris: list[str]) -> float:
    """Return the seconds that all triples of a node take, both ways, at best."""
    nodes, default = [ox.NamedNode(iri) for iri in iris], ox.DefaultGraph()

    def read() -> None:
        for node in nodes:
            list(store.quads_for_pattern(node, None, None, default))
            list(store.quads_for_pattern(None, None, node, default))

    return min(seconds(read) for _ in range(4)) / len(nodes)


def measure_replacing(folder: Path, store: Path, first: Path) -> None:
    """Read a batch again of which a hundredth has changed."""
    changed, again = folder / "changed.parquet", folder / "again.parquet"
    value = "CASE WHEN hash(s, p, o) % 100 = 0 THEN '\"' || hash(o) || '\"' ELSE o END"
    duckdb.sql(
        f"COPY (SELECT * FROM (SELECT s, p, {value} AS o FROM '{first}') ORDER BY s, p, o)"
        f" TO '{changed}' (COMPRESSION zstd)"
    )
    count = count_triples(changed)
    shutil.copy(first, again)
    took = seconds(lambda: ingest(store, {"field/0": changed}))
    print(f"| read a batch of {count:,} again, a hundredth changed | {took:.2f} s | | |")
    took = seconds(lambda: ingest(store, {"field/0": again}))
    shutil.copy(first, again)
    took = seconds(lambda: ingest(store, {"field/0": again}))
    print(f"| read it again, nothing changed | {took:.2f} s | | |")


def measure_lookups(snapshot: Snapshot, iri: str) -> None:
    """Ask who says something of a node."""
    list(who_says(snapshot, iri, as_object=False))
    subject = seconds(lambda: list(who_says(snapshot, iri, as_object=False)))
    either = seconds(lambda: list(who_says(snapshot, iri)))
    print(f"| who-says of a subject ({len(snapshot.records)} batches) | {subject:.3f} s | | |")
    print(f"| who-says of a subject or object | {either:.3f} s | | |")
    script = (
        "import sys; from pathlib import Path; from progenitor.store.snapshot import Snapshot\n"
        "print(len(list(Snapshot.open(Path(sys.argv[1])).graph.query('SELECT * { ?s ?p ?o } LIMIT 1'))))"
    )
    command = [sys.executable, "-c", script, str(snapshot.store)]
    ours = min(seconds(lambda: subprocess.run(command, check=True, capture_output=True)) for _ in range(5))
    nothing = min(seconds(lambda: subprocess.run([sys.executable, "-c", ""], check=True)) for _ in range(5))
    print(f"| process start, open, one row | {ours:.3f} s | Python alone {nothing:.3f} s | {ours / nothing:.1f} |")


def measure_many_batches(folder: Path, count: int) -> None:
    """Measure a store of very many small batches."""
    store = folder / "many"
    create_store(store, BASE)
    work = folder / "small"
    work.mkdir()
    duckdb.sql(
        f"CREATE OR REPLACE TEMP TABLE t AS SELECT i, '<{BASE}dataset/' || i || '-' || j || '>' AS s,"
        " '<http://www.w3.org/2000/01/rdf-schema#label>' AS p, '\"x\"' AS o"
        f" FROM range({count}) a(i), range(20) b(j)"
    )
    for number in range(count):
        duckdb.sql(f"COPY (SELECT s, p, o FROM t WHERE i = {number} ORDER BY ALL) TO '{work}/{number}.parquet'")
    print(f"\n## A store of {count:,} batches of 20 triples\n\n| what | ours |\n|---|---|")
    took = seconds(lambda: ingest(store, {str(number): work / f"{number}.parquet" for number in range(count)}))
    print(f"| ingest of all in one publishing | {took:.1f} s, {took / count * 1e3:.2f} ms a batch |")
    with Snapshot.open(store) as snapshot:
        print(f"| manifest.json | {(snapshot.directory / 'manifest.json').stat().st_size / 1e6:.1f} MB |")
        print(f"| read it | {seconds(lambda: read_manifest(snapshot.directory)) * 1e3:.0f} ms |")
        manifest = read_manifest(snapshot.directory)
        print(f"| write it | {seconds(lambda: write_manifest(folder, manifest)) * 1e3:.0f} ms |")
        took = seconds(lambda: list(who_says(snapshot, BASE + "dataset/7-1", as_object=False)))
        print(f"| who-says of a subject | {took:.2f} s |")
    one = work / "one.parquet"
    duckdb.sql(f"COPY (SELECT rtrim(s, '>') || 'x>' AS s, p, o FROM t WHERE i = 0 ORDER BY ALL) TO '{one}'")
    print(f"| publish one more | {seconds(lambda: ingest(store, {'one': one})):.2f} s |")


def ingest(store: Path, files: dict[str, Path]) -> None:
    """Keep files as batches (they are moved) and publish them."""
    details = {"rows": 0, "set_aside": 0, "mapping_digest": "0" * 64, "evidence": "generated"}
    with Writer.open(store) as writer:
        for key, file in files.items():
            writer.keep(Partition("bench", key), triples=file, started="2025-11-01T00:00:00Z", **details)
        writer.publish()


def load_bare(directory: Path, files: Sequence[Path]) -> None:
    """Load a new graph with Oxigraph alone."""
    store = ox.Store(str(directory))
    for file in files:
        store.bulk_load(b"".join(map(bytes, read_blocks(file))), ox.RdfFormat.N_TRIPLES)
    store.flush()
    del store
    shutil.rmtree(directory)


def extend_bare(store: Path, target: Path, file: Path) -> None:
    """Clone the newest graph of a store and load a file with Oxigraph alone: less cannot be done."""
    with Snapshot.open(store) as snapshot:
        clone_graph(snapshot.directory / "graph", target)
    graph = ox.Store(str(target))
    graph.bulk_load(b"".join(map(bytes, read_blocks(file))), ox.RdfFormat.N_TRIPLES)
    graph.flush()
    del graph
    shutil.rmtree(target)


def slices(folder: Path, file: Path, size: int, count: int) -> Iterator[Path]:
    """Yield archive files of a size: each the head of a large one, with subjects of its own."""
    target = folder / "slice.parquet"
    for number in range(count):
        query = f"SELECT rtrim(s, '>') || '/{size}/{number}>' AS s, p, o FROM (SELECT * FROM '{file}' LIMIT {size})"
        duckdb.sql(f"COPY (SELECT * FROM ({query}) ORDER BY s, p, o) TO '{target}' (COMPRESSION zstd)")
        yield target


def sizes(store: Path) -> str:
    """Return bytes a triple of the archive and of the newest snapshot."""
    with Snapshot.open(store) as snapshot:
        triples = sum(record.triples for record in snapshot.records.values())
        parts = (store / "archive", snapshot.directory)
        return "; ".join(f"{sum(f.stat().st_size for f in p.rglob('*') if f.is_file()) / triples:.1f}" for p in parts)


def seconds(action: Callable[[], object]) -> float:
    """Return how long something takes."""
    os.sync()
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def row(what: str, ours: float, other: float, more: str = "") -> None:
    """Print a line of a table."""
    scale, unit = (1e6, "µs") if ours < 1e-3 else (1, "s")
    digits = 0 if unit == "µs" else 2
    print(
        f"| {what} | {ours * scale:.{digits}f} {unit}{more} | {other * scale:.{digits}f} {unit} | {ours / other:.2f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
