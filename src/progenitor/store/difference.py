"""What changes between two states of the archive: triples that came, and triples that no batch asserts any more.

A triple that leaves one graph and stays in another is among those that came, too: whoever removes first and adds then
is right, whether or not graphs matter to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import duckdb

from progenitor.store.archive import ROW_GROUP, count_triples, has_graphs, table

Session = duckdb.DuckDBPyConnection
"""A DuckDB session, from `connect`."""

QUAD = "s, p, o, g"
ORDER = "ORDER BY s, p, o, g NULLS FIRST"
"""The order of the lines: without a graph, ``.`` follows the object, which is before ``<``."""


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
            # A join is made as it is written, its right side in memory: DuckDB does not know how large files are that
            # it reads by a schema, and would keep the archive in memory instead of what is looked for in it.
            "disabled_optimizers": "join_order,build_side_probe_side",
        }
    )


def sort_file(session: Session, source: Path, target: Path) -> None:
    """Write a file's triples sorted and each once."""
    _copy(session, f"SELECT DISTINCT {QUAD} FROM {table([source])} {ORDER}", target)


def write_added(
    session: Session, changes: Sequence[tuple[Path, Path | None]], target: Path, elsewhere: Path | None = None
) -> Path | None:
    """Find the triples that are in the new file of a batch and not in its old one.

    Parameters
    ----------
    session
        From `connect`.
    changes
        New and old file of every batch that came or changed, in ingest order.
    target
        Where to write them: in ingest order, and a triple that two batches bring twice.
    elsewhere
        From `write_removed`: written after them, so that an index that knows no graphs keeps these triples.

    Returns
    -------
    Path or None
        The file with the triples (the archive's own where it is just that), None where there are none.
    """
    if len(changes) == 1 and changes[0][1] is None and elsewhere is None:
        return changes[0][0] if count_triples(changes[0][0]) else None
    parts = []
    for is_first, group in groupby(changes, lambda change: change[1] is None):
        if is_first:
            parts.append(f"SELECT {QUAD} FROM {table(new for new, _ in group)}")
            continue
        for new, old in group:
            assert old is not None, "that is how they are grouped"
            difference = f"SELECT {QUAD} FROM {table([new])} EXCEPT SELECT {QUAD} FROM {table([old])}"
            parts.append(f"(SELECT * FROM ({difference}) {ORDER})")
    if elsewhere is not None:
        parts.append(f"SELECT {QUAD} FROM {table([elsewhere])}")
    return target if parts and _copy(session, " UNION ALL ".join(parts), target) else None


def write_removed(
    session: Session, gone: Sequence[Path], come: Sequence[Path], kept: Sequence[Path], folder: Path
) -> tuple[Path | None, Path | None]:
    """Find the triples that no batch asserts any more, graph by graph.

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
    folder
        Where to write them.

    Returns
    -------
    tuple of two (Path or None)
        The file of the triples that go, sorted and each once, and that of those among them that some batch still
        asserts in another graph, as they are there. None where there are none.
    """
    try:
        if not gone or not _find_missing(session, gone, come):
            return None, None
        # Only where there are graphs can `come` have a missing triple: in another one.
        _find_held(session, [*kept, *come] if any(map(has_graphs, [*gone, *come])) else kept)
        return _write_gone(session, folder)
    finally:
        session.execute("DROP TABLE IF EXISTS missing")
        session.execute("DROP TABLE IF EXISTS held")


def _find_missing(session: Session, gone: Sequence[Path], come: Sequence[Path]) -> bool:
    """Make the table of the triples that only `gone` has, and tell whether there are any."""
    query = f"SELECT DISTINCT {QUAD} FROM {table(gone)}"
    if come:
        query += f" EXCEPT SELECT {QUAD} FROM {table(come)}"
    session.execute(f"CREATE TEMP TABLE missing AS {query}")
    return session.execute("SELECT 1 FROM missing LIMIT 1").fetchone() is not None


def _find_held(session: Session, others: Sequence[Path]) -> None:
    """Make the table of what other files have of the missing triples, in whatever graph."""
    query = "SELECT * FROM missing LIMIT 0"
    if others:
        # The right side drives: DuckDB prunes the row groups of the others by the range of what is missing.
        query = f"SELECT DISTINCT s, p, o, others.g FROM {table(others)} AS others JOIN missing USING (s, p, o)"
    session.execute(f"CREATE TEMP TABLE held AS {query}")


def _write_gone(session: Session, folder: Path) -> tuple[Path | None, Path | None]:
    """Write what is missing and not held, and what is held of it in another graph."""
    removed, elsewhere = folder / "removed.parquet", folder / "elsewhere.parquet"
    same = " AND ".join(f"missing.{name} IS NOT DISTINCT FROM held.{name}" for name in "spog")
    if not _copy(session, f"SELECT * FROM missing ANTI JOIN held ON {same} {ORDER}", removed):
        return None, None
    stays = f"SELECT * FROM held SEMI JOIN {table([removed])} USING (s, p, o) {ORDER}"
    return removed, elsewhere if _copy(session, stays, elsewhere) else None


def _copy(session: Session, query: str, target: Path) -> int:
    """Write a query's rows as an archive file and return how many they are."""
    name = str(target).replace("'", "''")
    row = session.execute(
        f"COPY ({query}) TO '{name}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})"
    ).fetchone()
    return int(row[0]) if row else 0
