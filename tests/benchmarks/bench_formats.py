"""What writing an answer costs in each format: CPU seconds, memory, bytes.

Run as ``python tests/benchmarks/bench_formats.py [--quick]``; prints Markdown. Beside our figure stand, of the same
run: for PROV documents the `prov` package alone, from records that are made already; for the others the limit, which
is the same statements dumped bare by orjson. Every format is written in a process of its own.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import orjson

from progenitor.formats import FORMATS, render
from progenitor.formats.document import document_of, serialize
from progenitor.formats.records import records_of
from progenitor.formats.selection import select
from support.answers import BASE, coadd

DETECTORS = 20


def main() -> None:
    """Measure every format."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small answer, a few seconds")
    visits = 10 if parser.parse_args().quick else 200
    lineage, statements = coadd(visits, DETECTORS)
    size = f"{len(lineage.nodes):,} nodes, {len(lineage.edges):,} relations, {len(set(statements)):,} statements"
    print(f"\n## An answer of {size}\n")
    print("| format | ours, CPU s | beside it, CPU s | what | ratio | MB of document | peak MB |")
    print("|---|---|---|---|---|---|---|")
    for name in FORMATS:
        ours, size_of_document, peak = in_a_process(write, visits, name)
        other, _, _ = in_a_process(peer if name.startswith("prov-") else limit, visits, name)
        what = "prov alone" if name.startswith("prov-") else "orjson, bare"
        megabytes = size_of_document / 1e6
        print(f"| {name} | {ours:.2f} | {other:.2f} | {what} | {ours / other:.1f} | {megabytes:.1f} | {peak:.0f} |")


def in_a_process(work: Callable[[int, str], tuple[float, int]], visits: int, name: str) -> tuple[float, int, float]:
    """Return CPU seconds, bytes written, and the most memory of the process in MB."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(measure, (work, visits, name))


def measure(work: Callable[[int, str], tuple[float, int]], visits: int, name: str) -> tuple[float, int, float]:
    """Run one measurement."""
    seconds, size = work(visits, name)
    return seconds, size, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def write(visits: int, name: str) -> tuple[float, int]:
    """Write an answer; a picture's layout is graphviz's, in a child process, and counted too."""
    lineage, statements = coadd(visits, DETECTORS)
    begin = cpu()
    content = render(lineage, statements, name, base=BASE)
    return cpu() - begin, len(content)


def peer(visits: int, name: str) -> tuple[float, int]:
    """Let the prov package build and write the document."""
    lineage, statements = coadd(visits, DETECTORS)
    records = records_of(select(lineage, statements, BASE))
    begin = cpu()
    content = serialize(document_of(records, BASE), name)
    return cpu() - begin, len(content)


def limit(visits: int, name: str) -> tuple[float, int]:
    """Dump the bare statements."""
    lineage, statements = coadd(visits, DETECTORS)
    begin = cpu()
    rows = sorted({(s, p, o.value, o.datatype or "") for s, p, o in statements})
    content = orjson.dumps([lineage.nodes, lineage.edges, rows])
    return cpu() - begin, len(content)


def cpu() -> float:
    """Return the CPU seconds of this process and its children."""
    return time.process_time() + sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])


if __name__ == "__main__":
    main()
