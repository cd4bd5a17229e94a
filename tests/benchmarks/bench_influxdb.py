"""What reading a night through the influxdb reader costs, beside the bare chunked read of the same answers.

Run as ``python tests/benchmarks/bench_influxdb.py [--quick]``; prints Markdown. The bare read asks the same server the
same questions through the same HTTP library and parses every line; it does nothing with what it has parsed.
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "examples" / "demo"))

import httpx
import orjson
import pyarrow as pa

from progenitor.mapping.staging import Staging
from progenitor.model import SourceDeclaration
from progenitor.sources.declared.nights import Night
from progenitor.sources.declared.window import Window
from progenitor.sources.influxdb.tables import InfluxTable, statements
from progenitor.sources.reader import Reader, open_reader
from servers.influxdb import Server, influxdb_server

NIGHT = Night.parse("2025-11-01")
TAI = {"type": "TIMESTAMP", "format": "unix", "scale": "tai"}
COLUMNS: dict[str, Any] = {
    "sent": {"field": "private_sndStamp", **TAI},
    "private_sndStamp": "DOUBLE",
    "private_seqNum": "BIGINT",
    "private_origin": "BIGINT",
    "private_identity": "VARCHAR",
    "salIndex": "BIGINT",
    "state": "BIGINT",
    "reason": "VARCHAR",
    "groupId": "VARCHAR",
    "blockId": "VARCHAR",
    "exposureTime": "DOUBLE",
    "isStandard": "BOOLEAN",
    **{f"value{i}": "DOUBLE" for i in range(8)},
}
"""An event of an observing night: 19 fields, one of them read twice, as the time it is."""


class Nowhere:
    """A sink that forgets."""

    rows = 0

    def write(self, table: str, data: pa.Table | pa.RecordBatch) -> None:
        self.rows += data.num_rows

    def set_aside(self, *_: object) -> None:
        raise AssertionError("every row fits")


def main() -> None:
    """Measure nights of two sizes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, a few seconds")
    quick = parser.parse_args().quick
    print("| night | bare chunked read | reader | ratio | reader into the staging database | ratio | peak memory |")
    print("|---|---|---|---|---|---|---|")
    with influxdb_server() as server:
        sizes = [(40_000, 40)] if quick else [(40_000, 40), (1_000_000, 10)]
        for samples, measurements in sizes:
            measure(server, samples, measurements, 3 if quick or samples > 100_000 else 9)


def measure(server: Server, samples: int, measurements: int, runs: int) -> None:
    """Measure one night, the three ways in turn."""
    server.create_database("efd")
    server.write("efd", points(samples, measurements))
    tables = {f"t{i}": {"measurement": f"lsst.sal.T{i}.logevent_x", "columns": COLUMNS} for i in range(measurements)}
    options = {"partition": "day_obs", "database": "efd"}
    declaration = SourceDeclaration("influxdb", tables, options, Path("bench/source.yml"))
    reader = open_reader(declaration, server.url, {})
    bare, ours, staged = [], [], []
    with httpx.Client(base_url=server.url, timeout=60) as client:
        for _ in range(runs):
            bare.append(seconds(lambda: read_bare(client, tables, samples)))
            ours.append(seconds(lambda: read_to_nowhere(reader, samples)))
            staged.append(seconds(lambda: read_to_staging(reader, samples)))
    limit, plain, full = map(statistics.median, (bare, ours, staged))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"| {samples:,} points of {measurements} measurements | {limit:.2f} s | {plain:.2f} s | {plain / limit:.2f} |"
        f" {full:.2f} s | {full / limit:.2f} | {peak:.0f} MB |"
    )
    reader.close()


def points(samples: int, measurements: int) -> Iterator[str]:
    """Write the points of a night, the same at each run."""
    draw = random.Random(1)
    start = int(NIGHT.start.timestamp()) * 10**9
    for i in range(samples):
        at = start + i * (80_000 * 10**9 // samples)
        values = ",".join(f"value{k}={draw.uniform(-1e3, 1e3)}" for k in range(8))
        yield (
            f"lsst.sal.T{i % measurements}.logevent_x private_sndStamp={at / 1e9 + 37},private_seqNum={i}i,"
            f'private_origin={draw.randrange(10**6)}i,private_identity="Script:{i // 50}",salIndex={i // 50}i,'
            f'state={i % 9}i,reason="",groupId="2025-11-01T{i % 24:02}:00:00.{i % 1000:03}",blockId="BL{i % 7}_O",'
            f"exposureTime={30 if i % 3 else 15.5},isStandard={'true' if i % 2 else 'false'},{values} {at}"
        )


def read_bare(client: httpx.Client, tables: dict[str, Any], samples: int) -> None:
    """Ask the reader's questions and parse the answers."""
    rows = 0
    for name, given in tables.items():
        (statement,) = statements(name, InfluxTable.model_validate(given), Window(NIGHT))
        form = {"db": "efd", "q": statement.text, "params": orjson.dumps(statement.params).decode()}
        form |= {"epoch": "ns", "chunked": "true", "chunk_size": "10000"}
        with client.stream("POST", "/query", data=form) as response:
            held: list[bytes] = []
            for piece in response.iter_bytes():
                held.append(piece)
                if piece.endswith(b"\n"):
                    for line in b"".join(held).splitlines():
                        rows += len(orjson.loads(line)["results"][0]["series"][0]["values"])
                    held = []
    assert rows == samples, rows


def read_to_nowhere(reader: Reader, samples: int) -> None:
    """Read the night through the reader; the rows go nowhere."""
    sink = Nowhere()
    (partition,) = reader.partitions([NIGHT.key])
    reader.read(partition, sink, lambda rows: None)
    assert sink.rows == samples + 1


def read_to_staging(reader: Reader, samples: int) -> None:
    """Read the night through the reader into the database that mapping works on."""
    (partition,) = reader.partitions([NIGHT.key])
    with tempfile.TemporaryDirectory() as folder, Staging(Path(folder), reader.schemas()) as staging:
        reader.read(partition, staging, lambda rows: None)
        assert staging.rows == samples + 1


def seconds(action: Callable[[], object]) -> float:
    """Return how long something takes."""
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
