"""Reading a large provenance quantum graph: Rubin's own reader, the bare stream of the models, and ours.

Run ``python tests/benchmarks/bench_butler.py`` (75 k quanta; some minutes) or with ``--quick``. Prints Markdown tables.
Each figure is measured in a process of its own, so that peak memory is its own; of what is compared the best of three
runs. Ratios are of processor time, which a busy machine changes less than the clock's. The limit is the bare stream:
every model of the graph read once, by Rubin's classes, and thrown away.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS.parent / "examples" / "demo")]

RUNS = 3
LABEL = "demo"


class Nowhere:
    """A sink that counts blocks and forgets them."""

    def write(self, table: str, data: Any) -> None:
        """Forget a block."""

    def set_aside(self, table: str, record: Any, reason: str) -> None:
        """Fail: nothing of a generated graph is set aside."""
        raise AssertionError(reason)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the seconds a piece of work took, and what it returned."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def spent(work: Callable[[], Any]) -> tuple[dict[str, float], Any]:
    """Return the time and the processor time of a piece of work in seconds, and what it returned."""
    start = time.process_time()
    seconds, result = timed(work)
    return {"seconds": seconds, "cpu": time.process_time() - start}, result


def measure_full_read(graph: Path, _: Path) -> dict[str, Any]:
    """Rubin's own read of everything, and the raws of one coadd by networkx."""
    import networkx
    from lsst.pipe.base.quantum_graph import ProvenanceQuantumGraphReader

    with ProvenanceQuantumGraphReader.open(str(graph)) as reader:
        figures, _ = spent(reader.read_full_graph)
        xgraph = reader.graph.bipartite_xgraph
        coadd = largest_coadd(reader.graph)
        question, ancestors = timed(lambda: networkx.ancestors(xgraph, coadd))
        raws = sum(1 for node in ancestors if xgraph.nodes[node].get("dataset_type_name") == "raw")
    return {**figures, "question": question, "raws": raws, "coadd": str(coadd)}


def largest_coadd(graph: Any) -> Any:
    """Return the coadd whose quantum has most inputs."""
    xgraph = graph.bipartite_xgraph
    coadds = sorted(graph.datasets_by_type["deepCoadd"].values())
    return max(coadds, key=lambda coadd: xgraph.in_degree(next(iter(xgraph.predecessors(coadd)))))


def measure_stream(graph: Path, _: Path) -> dict[str, Any]:
    """The limit: every model of datasets and quanta, read and thrown away."""
    from lsst.pipe.base.quantum_graph import (
        MultiblockReader,
        ProvenanceDatasetModel,
        ProvenanceQuantumGraphReader,
        ProvenanceQuantumModel,
    )

    models = {"datasets": ProvenanceDatasetModel, "quanta": ProvenanceQuantumModel}
    with ProvenanceQuantumGraphReader.open(str(graph)) as reader:

        def stream() -> dict[str, int]:
            counts = {}
            for member, model in models.items():
                blocks = MultiblockReader.read_all_models_in_zip(
                    reader.zf,
                    member,
                    model,
                    reader.decompressor,
                    int_size=reader.header.int_size,
                    page_size=reader.page_size,
                )
                counts[member] = sum(1 for _ in blocks)
            return counts

        figures, counts = spent(stream)
    return {**figures, **counts}


def measure_read(graph: Path, _: Path) -> dict[str, Any]:
    """Ours: the reader, into Arrow blocks that are thrown away."""
    from support.butler import open_repository

    reader = open_repository(graph, label=LABEL)
    (partition,) = reader.partitions()
    return spent(lambda: reader.read(partition, Nowhere(), lambda rows: None))[0]


def measure_archive(graph: Path, work: Path) -> dict[str, Any]:
    """Ours: read, map and write the archive file."""
    import pyarrow.parquet as pq

    from support.butler import map_partition, open_repository

    reader = open_repository(graph, label=LABEL)
    (partition,) = reader.partitions()
    figures, (archive, _, _) = spent(lambda: map_partition(reader, partition, work))
    triples = pq.read_metadata(archive).num_rows
    return {**figures, "triples": triples, "bytes": archive.stat().st_size, "archive": str(archive)}


def measure_index(archive: Path, work: Path) -> dict[str, Any]:
    """Ours: the lineage index built from the archive."""
    from progenitor.lineage.build import build_index
    from progenitor.model import Change

    change = Change(work, None, archive, None, (archive,))
    return spent(lambda: build_index(change))[0]


def measure_question(work: Path, coadd: str) -> dict[str, Any]:
    """Ours: the raws of the coadd, from opening the index on."""
    import pyarrow.parquet as pq

    from progenitor.lineage.index import FOLDER, LineageIndex
    from progenitor.lineage.traverse import traverse
    from support.butler import BASE

    # Which datasets are raws is a question to the graph, not to the index; the archive stands in for it here.
    described = pq.read_table(
        next(work.glob("*.parquet")),
        columns=["s"],
        filters=[
            ("o", "=", f"<{BASE}dataset-type/raw>"),
            ("s", ">=", f"<{BASE}dataset/"),
            ("s", "<", f"<{BASE}dataset0"),
        ],
    )
    raws = {term[1:-1] for term in described.column("s").to_pylist()}

    def ask() -> tuple[float, set[str]]:
        index = LineageIndex.open(work / FOLDER)
        start = index.node(f"{BASE}dataset/{coadd}")
        assert start is not None
        seconds, found = timed(lambda: traverse(index, [start], "back", inputs="presented"))
        return seconds, set(index.iris(found.nodes)) & raws

    seconds, (traversal, found) = timed(ask)
    return {"seconds": seconds, "traversal": traversal, "raws": len(found)}


def peak_memory() -> int:
    """Return the largest resident set of this program in bytes; ``getrusage`` would count what started it."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise OSError("the kernel does not tell VmHWM")


MEASURES: dict[str, Callable[..., dict[str, Any]]] = {
    name.removeprefix("measure_"): function for name, function in dict(globals()).items() if name.startswith("measure_")
}


def in_process(name: str, *arguments: object) -> dict[str, Any]:
    """Run one measurement in a process of its own and return its figures with its peak memory."""
    command = [sys.executable, __file__, "--measure", name, *map(str, arguments)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def best_of(name: str, *arguments: object) -> dict[str, Any]:
    """Return the fastest of several runs."""
    return min((in_process(name, *arguments) for _ in range(RUNS)), key=lambda figures: figures["cpu"])


def report(graph: Path, work: Path) -> None:
    """Measure everything and print the tables."""
    stream, read = best_of("stream", graph, work), best_of("read", graph, work)
    full = in_process("full_read", graph, work)
    archive = in_process("archive", graph, work)
    index = in_process("index", archive["archive"], work)
    question = in_process("question", work, full["coadd"])
    assert question["raws"] == full["raws"], "ours and Rubin's own graph differ"

    def row(what: str, figures: dict[str, Any]) -> None:
        ratio = figures["cpu"] / stream["cpu"]
        times = f"{figures['seconds']:.2f} s | {figures['cpu']:.2f} s | {ratio:.2f}"
        print(f"| {what} | {times} | {figures['rss'] / 1e6:.0f} MB |")

    print(f"{stream['quanta']:,} quanta, {stream['datasets']:,} datasets, {graph.stat().st_size / 1e6:.0f} MB\n")
    print("| what | time | processor | to the stream | peak memory |\n|---|---|---|---|---|")
    row("Rubin's own full read", full)
    row("bare stream of the models (the limit)", stream)
    row("ours: read into Arrow", read)
    row("ours: read, map, archive", archive)
    row("ours: lineage index of the archive", index)
    print("\n| raws of one coadd | load | question |\n|---|---|---|")
    print(
        f"| Rubin's graph, networkx ({full['raws']:,} raws) "
        f"| {full['seconds']:.1f} s | {full['question'] * 1e3:.0f} ms |"
    )
    load = question["seconds"] - question["traversal"]
    print(f"| ours: open index, name the answer | {load * 1e3:.0f} ms | {question['traversal'] * 1e3:.1f} ms |")
    per_quantum = archive["triples"] / stream["quanta"]
    print("\n| archive | |\n|---|---|")
    print(f"| triples | {archive['triples']:,} |\n| triples per quantum (limit 40) | {per_quantum:.1f} |")
    print(f"| bytes per triple | {archive['bytes'] / archive['triples']:.1f} |")


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a small graph; some seconds")
    parser.add_argument("--measure", nargs=3, metavar=("NAME", "INPUT", "WORK"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        name, source, work = options.measure
        figures = MEASURES[name](Path(source), work if name == "question" else Path(work))
        figures["rss"] = peak_memory()
        print(json.dumps(figures))
        return 0
    from support.large_graph import Size, large_graph

    graph = large_graph(Size(visits=10, detectors=4)) if options.quick else large_graph()
    with TemporaryDirectory() as work:
        report(graph, Path(work))
    return 0


if __name__ == "__main__":
    sys.exit(main())
