"""Small stores for tests: triples from short tuples, batches, snapshots, dumps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from progenitor.model import BatchRecord, Partition
from progenitor.store.dump import dump
from progenitor.store.layout import create_store
from progenitor.store.snapshot import Snapshot
from progenitor.store.writer import Writer

BASE = "https://provenance.test/"
STARTED = "2025-11-01T03:04:05Z"
PROV = "http://www.w3.org/ns/prov#"

Rows = Iterable[tuple[str, str, str] | tuple[str, str, str, str | None]]
"""Triples, or quads; None for the default graph."""


def iri(path: str) -> str:
    """Return an IRI under the test base as an N-Triples term."""
    return f"<{BASE}{path}>"


def edge(subject: str, target: str) -> tuple[str, str, str]:
    """Return a derivation between two datasets."""
    return iri(f"dataset/{subject}"), f"<{PROV}wasDerivedFrom>", iri(f"dataset/{target}")


def chain(first: int, last: int) -> list[tuple[str, str, str]]:
    """Return datasets that derive each from the one before, with labels."""
    rows = []
    for number in range(first, last):
        rows.append(edge(f"{number + 1:05d}", f"{number:05d}"))
        rows.append(
            (iri(f"dataset/{number:05d}"), "<http://www.w3.org/2000/01/rdf-schema#label>", f'"dataset {number}"')
        )
    return rows


def line(row: tuple[str | None, ...]) -> str:
    """Return a triple or quad as a line of N-Quads."""
    return " ".join(filter(None, row)) + " .\n"


def write_rows(file: Path, rows: Rows, *, ordered: bool = True) -> Path:
    """Write triples as an archive file, sorted and distinct unless told otherwise; with ``g`` where some are quads."""
    given = [row for _, row in sorted({line(row): row for row in rows}.items())] if ordered else list(rows)
    names = "spog"[: max(map(len, given), default=3)]
    columns = {
        name: pa.array([row[i] if i < len(row) else None for row in given], pa.string()) for i, name in enumerate(names)
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), file, compression="zstd")
    return file


def make_store(directory: Path) -> Path:
    """Make an empty store."""
    create_store(directory, BASE)
    return directory


def keep(
    writer: Writer, partition: Partition | str, rows: Rows, *, aside: Sequence[str] = (), ordered: bool = True
) -> BatchRecord:
    """Keep triples as the batch of a partition of the source ``test``."""
    if isinstance(partition, str):
        partition = Partition("test", partition)
    workspace = writer.workspace(partition)
    dead_letter = None
    if aside:
        dead_letter = workspace / "dead-letter.jsonl"
        dead_letter.write_text("".join(f"{line}\n" for line in aside))
    return writer.keep(
        partition,
        triples=write_rows(workspace / "triples.parquet", rows, ordered=ordered),
        dead_letter=dead_letter,
        rows=7,
        set_aside=len(aside),
        mapping_digest="0" * 64,
        evidence="a test",
        started=STARTED,
    )


def publish(directory: Path, batches: dict[str, Rows]) -> int | None:
    """Keep batches by key and publish them in one snapshot."""
    with Writer.open(directory) as writer:
        for key, rows in batches.items():
            keep(writer, key, rows)
        return writer.publish()


def triples_of(directory: Path, number: int | None = None) -> bytes:
    """Return the sorted mapped triples of a snapshot."""
    with Snapshot.open(directory, number) as snapshot:
        return b"".join(dump(snapshot, catalogue=False))


def expected(*batches: Rows) -> bytes:
    """Return what `triples_of` gives for the union of batches."""
    return "".join(sorted({line(row) for rows in batches for row in rows})).encode()
