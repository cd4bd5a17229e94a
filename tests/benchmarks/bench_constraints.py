"""How long a whole store takes to be checked against PROV-CONSTRAINTS, valid and with one contradiction in it.

Run ``python tests/benchmarks/bench_constraints.py`` (1 M and 10 M triples, a minute or two) or with ``--quick`` (1 M).
Prints a Markdown table. Wall seconds depend on what else the machine does, CPU seconds less so; the peak of memory is
that of all runs so far.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).parents[1]))

from progenitor.validate.constraints import validate_constraints
from support.graphs import RubinGraph, make_rubin_graph


def contradiction(graph: RubinGraph, file: Path) -> Path:
    """Write that a calibration and what descends from it were derived from each other."""
    ends = [f"<{graph.bias}>", f"<{graph.coadd}>"]
    pq.write_table(
        pa.table({"s": ends, "p": ["<http://www.w3.org/ns/prov#wasDerivedFrom>"] * 2, "o": ends[::-1]}), file
    )
    return file


def measure(name: str, files: list[Path], triples: int) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    found = validate_constraints(files, memory_limit=4 * 2**30)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"| {triples:,} triples, {name} | {len(found)} | {wall:.1f} s | {cpu:.1f} s | {peak:.1f} GiB |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="1 M triples only")
    sizes = [1_000_000] if parser.parse_args().quick else [1_000_000, 10_000_000]
    print("| what | violations | wall | CPU | peak memory |\n|---|---|---|---|---|")
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            graph = make_rubin_graph(Path(folder), size, batches=4)
            files = list(graph.batches)
            measure("valid", files, graph.triples)
            measure(
                "one contradiction", [*files, contradiction(graph, Path(folder) / "more.parquet")], graph.triples + 2
            )


if __name__ == "__main__":
    main()
