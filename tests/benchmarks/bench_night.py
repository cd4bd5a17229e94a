"""What a night of the observatory costs, beside the bare read and the bare load of the same things.

Run as ``python tests/benchmarks/bench_night.py [--quick]``; prints Markdown. The bare read asks that server the same
questions through the same HTTP library and parses every line; the bare load is Oxigraph's bulk loader on the same
triples, as N-Quads in memory, into an empty store. Nothing else of the work is in either.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2] / "examples" / "demo"))

import httpx
import orjson
import pyarrow as pa
import pyoxigraph as ox

from night.plan import Plan, Traps
from night.simulation import simulate
from progenitor.config import Settings, SourceSettings, shipped
from progenitor.ingest import ingest
from progenitor.mapping.folder import MappingFolder, load_folder
from progenitor.model import Partition
from progenitor.provenance import Progenitor
from progenitor.sources.declared.nights import Night
from progenitor.sources.declared.window import Window
from progenitor.sources.influxdb.tables import InfluxTable, statements
from progenitor.sources.reader import open_reader
from servers.influxdb import Server, influxdb_server
from servers.observatory import load_efd

SETTINGS = Settings()
FIRST = date(2025, 11, 1)


class Nowhere:
    """A sink that forgets."""

    rows = 0

    def write(self, table: str, data: pa.Table | pa.RecordBatch) -> None:
        self.rows += data.num_rows

    def set_aside(self, *_: object) -> None:
        raise AssertionError("every row fits")


def main() -> None:
    """Measure one large night, then many."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, some seconds")
    quick = parser.parse_args().quick
    folder = load_folder(shipped("mappings") / "efd")
    with influxdb_server() as server, tempfile.TemporaryDirectory() as scratch:
        one_night(server, folder, Path(scratch), visits=100 if quick else 800, runs=3 if quick else 5)
    with influxdb_server() as server, tempfile.TemporaryDirectory() as scratch:
        many_nights(server, Path(scratch), nights=6 if quick else 100, visits=12)


def one_night(server: Server, folder: MappingFolder, scratch: Path, *, visits: int, runs: int) -> None:
    """Print what a night costs beside the bare read and the bare load."""
    night = simulate(Plan(visits=visits))
    samples = load_efd(server, night)
    window = Window(Night.parse("2025-11-01"))
    bare, read, load, whole = [], [], [], []
    with httpx.Client(base_url=server.url, timeout=60) as client:
        for run in range(runs):
            store = new_store(scratch, run)
            bare.append(seconds(partial(read_bare, client, folder, window)))
            read.append(seconds(partial(read_to_nowhere, server, folder)))
            whole.append(seconds(partial(ingest_night, store, server, FIRST)))
            triples = b"".join(dump(store))
            load.append(seconds(partial(load_bare, scratch / f"bare-{run}", triples)))
    exposures = sum(1 for exposure in night.truth.exposures if exposure.day_obs == night.plan.day_obs)
    count = triples.count(b"\n")
    limit, reader, loading, total = map(statistics.median, (bare, read, load, whole))
    print(f"A night of {visits} visits: {exposures:,} exposures, {samples:,} samples, {count:,} triples.\n")
    print("| what | time | to the limit |\n|---|---|---|")
    both = limit + loading
    print(f"| bare chunked read (the limit of reading) | {limit:.2f} s | 1.00 |")
    print(f"| ours: read | {reader:.2f} s | {reader / limit:.2f} |")
    print(f"| the bare read and the bare bulk load of the triples, {loading:.2f} s (the limit) | {both:.2f} s | 1.00 |")
    print(f"| ours: read, shape, map, load, publish | {total:.2f} s | {total / both:.2f} |")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\n{count / exposures:.1f} triples an exposure; peak memory, the simulation in it, {peak:.0f} MB.")


def many_nights(server: Server, scratch: Path, *, nights: int, visits: int) -> None:
    """Print what a night costs when the store holds few and many."""
    traps = Traps().without("rollover", "renamed_fields")
    store = new_store(scratch, "many")
    took = []
    for number in range(nights):
        day = FIRST + timedelta(days=number)
        load_efd(server, simulate(Plan(day_obs=int(day.strftime("%Y%m%d")), visits=visits, traps=traps)))
        took.append(seconds(partial(ingest_night, store, server, day)))
    tenth = max(2, nights // 10)
    few, many = statistics.median(took[1 : tenth + 1]), statistics.median(took[-tenth:])
    print("\n| nights in the store | cost of one more | ratio |\n|---|---|---|")
    print(f"| the first {tenth} | {few:.2f} s | 1.00 |")
    print(f"| {nights - tenth} to {nights} | {many:.2f} s | {many / few:.2f} |")


def new_store(scratch: Path, name: object) -> Path:
    store = scratch / f"store-{name}"
    Progenitor.create(store).close()
    return store


def ingest_night(store: Path, server: Server, day: date) -> None:
    report = ingest(store, [SourceSettings(mapping="efd", location=server.url, partitions=[str(day)])], SETTINGS)
    assert not report.failed, report.failed


def dump(store: Path) -> list[bytes]:
    with Progenitor.open(store) as progenitor:
        return list(progenitor.dump(catalogue=False))


def load_bare(directory: Path, triples: bytes) -> None:
    ox.Store(str(directory)).bulk_load(triples, ox.RdfFormat.N_QUADS)


def read_bare(client: httpx.Client, folder: MappingFolder, window: Window) -> None:
    """Ask the reader's questions and parse the answers."""
    database = folder.declaration.options["database"]
    for name, given in folder.declaration.tables.items():
        table = InfluxTable.model_validate(given)
        for statement in statements(name, table, window):
            form = {"db": table.database or database, "q": statement.text, "epoch": "ns", "chunked": "true"}
            form |= {"params": orjson.dumps(statement.params).decode(), "chunk_size": "10000"}
            with client.stream("POST", "/query", data=form) as response:
                for line in b"".join(response.iter_bytes()).splitlines():
                    assert "error" not in orjson.loads(line)["results"][0]


def read_to_nowhere(server: Server, folder: MappingFolder) -> None:
    """Read the night through the reader; the rows go nowhere."""
    options: dict[str, Any] = folder.declaration.options
    reader = open_reader(folder.declaration, server.url, options)
    reader.read(Partition(folder.name, "2025-11-01"), Nowhere(), lambda rows: None)
    reader.close()


def seconds(action: Callable[[], object]) -> float:
    """Return how long something takes."""
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
