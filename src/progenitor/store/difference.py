"""What changes between two states of the archive: triples that came, and triples that no batch asserts any more."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import duckdb

from progenitor.store.archive import ROW_GROUP, count_triples, table

Session = duckdb.DuckDBPyConnection
"""A DuckDB session, from `connect`."""


def connect(threads: int, memory_limit: int, temporary: Path) -> Session:
    """Open a DuckDB session in memory that spills into a folder.

    Parameters
    ----------
    threads
        Threads it may use.
    memory_limit
        Bytes it may use before it spills.
    temporary
        Where it spills to.
    """
    return duckdb.connect(
        config={
            "threads": threads,
            "memory_limit": f"{memory_limit}B",
            "temp_directory": str(temporary),
            "preserve_insertion_order": True,
        }
    )


def sort_file(session: Session, source: Path, target: Path) -> None:
    """Write a file's triples sorted and each once."""
    _copy(session, f"SELECT DISTINCT s, p, o FROM {table([source])} ORDER BY s, p, o", target)


def write_added(session: Session, changes: Sequence[tuple[Path, Path | None]], target: Path) -> Path | None:
    """Find the triples that are in the new file of a batch and not in its old one.

    Parameters
    ----------
    session
        From `connect`.
    changes
        New and old file of every batch that came or changed, in ingest order.
    target
        Where to write them: in ingest order, and a triple that two batches bring twice.

    Returns
    -------
    Path or None
        The file with the triples (the archive's own where it is just that), None where there are none.
    """
    if len(changes) == 1 and changes[0][1] is None:
        return changes[0][0] if count_triples(changes[0][0]) else None
    parts = []
    for is_first, group in groupby(changes, lambda change: change[1] is None):
        if is_first:
            parts.append(f"SELECT s, p, o FROM {table(new for new, _ in group)}")
            continue
        for new, old in group:
            assert old is not None, "that is how they are grouped"
            difference = f"SELECT s, p, o FROM {table([new])} EXCEPT SELECT s, p, o FROM {table([old])}"
            parts.append(f"(SELECT * FROM ({difference}) ORDER BY s, p, o)")
    return target if parts and _copy(session, " UNION ALL ".join(parts), target) else None


def write_removed(
    session: Session, gone: Sequence[Path], come: Sequence[Path], kept: Sequence[Path], target: Path
) -> Path | None:
    """Find the triples that no batch asserts any more.

    Parameters
    ----------
    session
        From `connect`.
    gone
        The old files of the batches that changed or were dropped.
    come
        The new files of those that changed or came.
    kept
        The files of all other batches; read only if something is missing from `come`.
    target
        Where to write them, sorted and each once.

    Returns
    -------
    Path or None
        `target`, or None where there are none.
    """
    if not gone:
        return None
    query = f"SELECT DISTINCT s, p, o FROM {table(gone)}"
    if come:
        query += f" EXCEPT SELECT s, p, o FROM {table(come)}"
    session.execute(f"CREATE OR REPLACE TEMP TABLE missing AS {query}")
    if kept and session.execute("SELECT 1 FROM missing LIMIT 1").fetchone():
        # The small side drives: DuckDB prunes the row groups of `kept` by the range of `missing`.
        session.execute(
            "CREATE OR REPLACE TEMP TABLE held AS"
            f" SELECT DISTINCT missing.* FROM {table(kept)} JOIN missing USING (s, p, o)"
        )
        query = "SELECT * FROM missing EXCEPT SELECT * FROM held"
    else:
        query = "SELECT * FROM missing"
    try:
        return target if _copy(session, f"{query} ORDER BY s, p, o", target) else None
    finally:
        session.execute("DROP TABLE IF EXISTS held")
        session.execute("DROP TABLE missing")


def _copy(session: Session, query: str, target: Path) -> int:
    """Write a query's rows as an archive file and return how many they are."""
    name = str(target).replace("'", "''")
    row = session.execute(
        f"COPY ({query}) TO '{name}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})"
    ).fetchone()
    return int(row[0]) if row else 0
