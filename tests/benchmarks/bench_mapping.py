"""How fast rows become the sorted, distinct triples of an archive file, beside morph-kgc and beside the bare writing.

Run ``python tests/benchmarks/bench_mapping.py [--quick]``; it prints a Markdown table. Wall seconds depend on what else
the machine does, CPU seconds less so.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).parents[1]))

from progenitor.mapping.folder import load_folder
from progenitor.mapping.run import run_mapping
from progenitor.mapping.staging import Staging
from support.mappings import BASE, read_rows, write_folder
from support.morph import run_morph

PREFIXES = """
prefixes: {ex: https://example.org/ns#, data: https://example.org/data/}
sources:
  quantum: {access: quantum.csv, referenceFormulation: csv}
  used: {access: used.csv, referenceFormulation: csv}
"""
NODES = """
mappings:
  quantum:
    sources: [quantum]
    s: data:quantum/$(id)
    po:
      - [a, prov:Activity]
      - [ex:number, $(number), xsd:integer]
      - [ex:weight, $(weight), xsd:double]
      - [prov:startedAtTime, $(started), xsd:dateTime]
      - [ex:ok, $(ok), xsd:boolean]
      - [ex:task, data:task/$(task)~iri]
      - [ex:output, data:dataset/$(output)~iri]
      - [rdfs:label, $(label)]
      - [ex:detector, $(detector), xsd:integer]
"""
EDGES = """
mappings:
  quantum:
    sources: [quantum]
    s: data:quantum/$(id)
    po: [[a, prov:Activity], [ex:number, $(number), xsd:integer], [rdfs:label, $(label)]]
  used:
    sources: [used]
    s: data:quantum/$(id)
    po: [[prov:used, data:dataset/$(input)~iri]]
"""
TABLES = {
    "quantum.csv": """SELECT md5(i::VARCHAR)::UUID::VARCHAR AS id, i AS number, i + 0.5::DOUBLE AS weight,
        TIMESTAMP '2025-11-01' + to_seconds(i) AS started, i % 3 = 0 AS ok, 'task' || (i % 7) AS task,
        md5('o' || i)::UUID::VARCHAR AS output, 'label of ' || i AS label, i % 189 AS detector
        FROM range({rows}) t(i)""",
    "used.csv": """SELECT md5((i % {rows})::VARCHAR)::UUID::VARCHAR AS id, md5('d' || i)::UUID::VARCHAR AS input
        FROM range({rows} * 6) t(i)""",
}


@dataclass
class Cost:
    """Seconds, and how many triples were made in them."""

    wall: float
    cpu: float
    triples: int

    def cells(self) -> str:
        rates = [f"{self.triples / seconds / 1e6:.2f}" for seconds in (self.wall, self.cpu)]
        return f"{self.triples:,} | {self.wall:.2f} | {self.cpu:.2f} | {rates[0]} | {rates[1]}"


def measured(work: Callable[[], int]) -> Cost:
    """Run something that returns a number of triples (or rows)."""
    before, started = os.times(), time.perf_counter()
    triples = work()
    after = os.times()
    cpu = after.user + after.system - before.user - before.system
    return Cost(time.perf_counter() - started, cpu, triples)


def make_tables(names: list[str], rows: int) -> dict[str, pa.Table]:
    with duckdb.connect() as connection:
        return {name: connection.sql(TABLES[name].format(rows=rows)).to_arrow_table() for name in names}


def as_text(table: pa.Table, file: Path) -> pa.Table:
    """Write a CSV file, and return its rows as it has them: text."""
    with duckdb.connect() as connection:
        connection.register("given", table)
        connection.execute(f"COPY given TO '{file}' (HEADER, TIMESTAMPFORMAT '%Y-%m-%dT%H:%M:%SZ')")
        return connection.sql(f"FROM read_csv('{file}', header = true, all_varchar = true)").to_arrow_table()


def ours(folder: Path, tables: dict[str, pa.Table], work: Path, threads: int) -> tuple[Cost, Cost, float]:
    """Stage and map; return what each cost, and the bytes of a triple in the archive."""
    output = work / "triples.parquet"
    schemas = {name: table.schema for name, table in tables.items()}
    with Staging(work, schemas, memory_limit=4 * 2**30, threads=threads) as staging:

        def stage() -> int:
            for name, table in tables.items():
                for block in table.to_batches(max_chunksize=50_000):
                    staging.write(name, block)
            return staging.rows

        def map_() -> int:
            dead = work / "dead.jsonl"
            result = run_mapping(load_folder(folder), staging, base=BASE, output=output, dead_letter=dead)
            assert result.set_aside == 0
            return result.triples

        staged, mapped = measured(stage), measured(map_)
    return staged, mapped, output.stat().st_size / mapped.triples


def bare_writing(work: Path, threads: int) -> Cost:
    """The limit: the same triples, ready and in order in memory, written to the same Parquet."""
    with duckdb.connect(config={"threads": str(threads)}) as connection:
        connection.execute(f"CREATE TABLE ready AS FROM '{work / 'triples.parquet'}'")
        copy = f"COPY ready TO '{work / 'bare.parquet'}' (FORMAT PARQUET, COMPRESSION ZSTD, COMPRESSION_LEVEL 1)"
        return measured(lambda: int(connection.execute(copy).fetchall()[0][0]))


def row(what: str, cost: Cost) -> None:
    print(f"| {what} | {cost.cells()} |", flush=True)


def alone(rows: int, threads: int, work: Path) -> None:
    """Our figures, and the limit."""
    nodes = write_folder(work / "nodes", PREFIXES + NODES)
    staged, mapped, size = ours(nodes, make_tables(["quantum.csv"], rows), work, threads)
    row(f"{rows:,} rows x 9 predicates to the archive ({size:.1f} bytes a triple)", mapped)
    row("the limit: the same triples, ready and sorted, to the same Parquet", bare_writing(work, threads))
    row("staging these rows before (counted in rows)", staged)
    edges = write_folder(work / "edges", PREFIXES + EDGES)
    _, mapped, size = ours(edges, make_tables(["quantum.csv", "used.csv"], rows // 2), work, threads)
    row(f"{rows // 2:,} subjects, each shared by 7 rows of 2 mappings ({size:.1f} bytes a triple)", mapped)


def beside_morph(rows: int, threads: int, work: Path) -> str:
    """The same mapping.yml on the same rows of text."""
    folder = write_folder(work / "peer", PREFIXES + NODES)
    table = as_text(make_tables(["quantum.csv"], rows)["quantum.csv"], folder / "quantum.csv")
    staged, mapped, _ = ours(folder, {"quantum.csv": table}, work, threads)
    both = Cost(staged.wall + mapped.wall, staged.cpu + mapped.cpu, mapped.triples)
    row(f"{rows:,} rows of text x 9 predicates, staged and mapped", both)
    morph = run_morph(folder, processes=threads)
    row(f"morph-kgc, the same mapping.yml and rows, {threads} processes", Cost(morph.wall, morph.cpu, len(morph.quads)))
    equal = {quad[:3] for quad in morph.quads} == set(read_rows(work / "triples.parquet"))
    return (
        f"morph-kgc takes {morph.wall / both.wall:.1f} times the wall time and {morph.cpu / both.cpu:.1f} times the CPU"
        f" time; its triples are {'the same' if equal else 'NOT THE SAME'}."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few seconds, smaller tables")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    rows, peer_rows = (50_000, 5_000) if options.quick else (1_000_000, 100_000)
    print(f"{options.threads} threads; load average before: {os.getloadavg()[0]:.1f}\n")
    print("| what | triples | wall s | CPU s | M a second of wall | of CPU |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as temporary:
        alone(rows, options.threads, Path(temporary))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(f"\n{beside_morph(peer_rows, options.threads, Path(temporary))}")
    print(f"Peak memory of this process before morph-kgc: {peak:.1f} GiB, the rows themselves included.")


if __name__ == "__main__":
    main()
