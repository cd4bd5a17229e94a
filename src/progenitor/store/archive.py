"""The archive: one Parquet file of triples a batch; checked when it comes in, streamed, and asked who says what.

A file has the columns ``s``, ``p``, ``o``: N-Triples terms (RDF 1.1 N-Triples, section 2). It may have a column ``g``:
the IRI of the named graph, NULL for the default graph; without it all triples are in the default graph. A triple is
once in a graph, and the file is sorted by the code points of its N-Quads lines. Literals have the lexical forms that
Oxigraph keeps as they are, so that equal text means equal triple.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from progenitor.errors import Place, QueryError, StoreError
from progenitor.identifiers import is_valid_iri
from progenitor.model import BatchRecord
from progenitor.store.snapshot import Snapshot

COLUMNS = ("s", "p", "o")
GRAPH = "g"
ROW_GROUP = 65_536
"""Rows whose least and greatest values a file records together: what a look-up by subject has to read."""

_IRI = r"<[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|^`\\]*>"
_LITERAL = r'"(?:[^"\\\n\r]|\\[tbnrf"\'\\]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*"'
_TERMS = {
    "s": f"^{_IRI}$",
    "p": f"^{_IRI}$",
    "o": rf"^(?:{_IRI}|{_LITERAL}(?:@[a-zA-Z]+(?:-[a-zA-Z0-9]+)*|\^\^{_IRI})?)$",
    GRAPH: f"^{_IRI}$",
}
_COLUMN = "'{0}': {{'name': '{0}', 'type': 'VARCHAR', 'default_value': NULL}}"
_SCHEMA = f"MAP {{{', '.join(map(_COLUMN.format, (*COLUMNS, GRAPH)))}}}"


@dataclass(frozen=True)
class Content:
    """What an archive file holds: SHA-256 of its N-Quads lines in their order, and how many they are."""

    digest: str
    triples: int


def read_blocks(file: Path) -> Iterator[pa.Buffer]:
    """Yield a file as blocks of N-Quads lines (RDF 1.1 N-Quads), UTF-8, in its order."""
    for batch in _read_batches(file):
        yield _text(_join(batch))


def read_content(file: Path, reserved: str | None = None) -> Content | None:
    """Check a file and digest it, or return None where its triples are not sorted or not distinct.

    Parameters
    ----------
    file
        A Parquet file with the columns ``s``, ``p``, ``o`` and perhaps ``g``.
    reserved
        IRI of a graph that it may not use.

    Raises
    ------
    StoreError
        If it is no such file, a value is no N-Triples term, or a triple is in the reserved graph; names the value.
    """
    digest, count, last = hashlib.sha256(), 0, None
    for batch in _read_batches(file):
        _check_terms(file, batch)
        if reserved is not None:
            _refuse_graph(file, batch, reserved)
        lines = _join(batch)
        ordered = pc.all(pc.less(lines.slice(0, len(lines) - 1), lines.slice(1))).as_py()
        if ordered is False or (last is not None and not last < lines[0].as_py()):
            return None
        digest.update(_text(lines))
        count, last = count + len(lines), lines[-1].as_py()
    return Content(digest.hexdigest(), count)


def count_triples(file: Path) -> int:
    """Return how many triples a file has, from its footer."""
    return int(pq.read_metadata(file).num_rows)


def has_graphs(file: Path) -> bool:
    """Whether a file has the column ``g``, from its footer."""
    return GRAPH in pq.read_schema(file).names


def count_by_graph(files: Iterable[Path | str]) -> dict[str | None, int]:
    """Return how many triples files have together in each graph, one that several have counted once.

    Parameters
    ----------
    files
        Archive files.

    Returns
    -------
    dict
        By the graph's IRI; None for the default graph. A graph without triples is not there.
    """
    if not (names := list(files)):
        return {}
    with duckdb.connect() as session:
        rows = session.execute(
            f"SELECT g[2:-2], count(*) FROM (SELECT DISTINCT s, p, o, g FROM {table(names)}) GROUP BY g"
        ).fetchall()
    return {graph: int(count) for graph, count in rows}


def table(files: Iterable[Path | str], option: str = "") -> str:
    """Return the table function with which DuckDB reads archive files: columns ``s``, ``p``, ``o``, ``g``.

    Parameters
    ----------
    files
        One or more; their names are quoted, and what would be a pattern in them is taken literally.
    option
        A further argument of DuckDB's ``read_parquet``.
    """
    literal = (re.sub(r"[*?[]", r"[\g<0>]", str(file)).replace("'", "''") for file in files)
    names = ", ".join(f"'{name}'" for name in literal)
    return f"read_parquet([{names}], schema = {_SCHEMA}{', ' + option if option else ''})"


def who_says(snapshot: Snapshot, iri: str, *, as_object: bool = True) -> Iterator[tuple[str, BatchRecord]]:
    """Yield every triple about an IRI, as an N-Quads line, with a batch that asserts it; by batch, then triple.

    Parameters
    ----------
    snapshot
        Whose batches to ask.
    iri
        Subject or object of the triples.
    as_object
        Also where it is the object. The files are sorted by subject: only row groups that may hold a subject are read,
        but all of them for an object.

    Raises
    ------
    QueryError
        If it is no IRI.
    """
    if not is_valid_iri(iri):
        raise QueryError(f"{iri!r} is not an absolute IRI")
    records = {str(snapshot.store / record.file): record for record in snapshot.records.values()}
    if not records:
        return
    condition = "s = $1 OR o = $1" if as_object else "s = $1"
    with duckdb.connect() as session:
        session.execute(
            f"SELECT filename, concat_ws(' ', s, p, o, g, '.') FROM {table(records, 'filename = true')}"
            f" WHERE {condition} ORDER BY filename, s, p, o, g NULLS FIRST",
            [f"<{iri}>"],
        )
        while rows := session.fetchmany(1000):
            for name, line in rows:
                yield line, records[name]


def _read_batches(file: Path) -> Iterator[pa.RecordBatch]:
    try:
        parquet = pq.ParquetFile(file)
        names = [*COLUMNS, GRAPH] if GRAPH in parquet.schema_arrow.names else list(COLUMNS)
        columns = [parquet.schema_arrow.field(name).type for name in names]
    except (pa.ArrowInvalid, KeyError, OSError) as error:
        raise StoreError(f"not an archive file with the columns s, p, o: {error}", place=Place(file)) from error
    if not all(pa.types.is_string(kind) or pa.types.is_large_string(kind) for kind in columns):
        raise StoreError(f"the columns {', '.join(names)} are not strings but {columns}", place=Place(file))
    with parquet:
        for batch in parquet.iter_batches(ROW_GROUP, columns=names):
            if len(batch):
                yield batch


def _join(batch: pa.RecordBatch) -> pa.LargeStringArray:
    """Render a block as N-Quads lines; an absent term makes an absent line, an absent graph the default graph."""
    large = pa.large_string()
    columns = [batch[name].cast(large) for name in COLUMNS]
    end, space = pa.scalar(".\n", large), pa.scalar(" ", large)
    if _has_named(batch):
        end = pc.coalesce(pc.binary_join_element_wise(batch[GRAPH].cast(large), end, space), end)
    return pc.binary_join_element_wise(*columns, end, space)


def _has_named(batch: pa.RecordBatch) -> bool:
    """Whether a triple of a block is in a named graph."""
    return GRAPH in batch.schema.names and batch[GRAPH].null_count < len(batch)


def _text(lines: pa.LargeStringArray) -> pa.Buffer:
    """Return the characters of lines that `_join` has just made: they fill the buffer from its start, without gaps."""
    return lines.buffers()[2]


def _check_terms(file: Path, batch: pa.RecordBatch) -> None:
    """Refuse what is no N-Triples term, before it can reach the archive."""
    for name in batch.schema.names:
        good = pc.fill_null(pc.match_substring_regex(batch[name], _TERMS[name]), name == GRAPH)
        if not pc.all(good).as_py():
            wrong = batch[name][pc.index(good, False).as_py()].as_py()
            raise StoreError(
                f"{wrong!r} is not an N-Triples term that can stand there",
                place=Place(file, field=name),
                hint="nothing of this batch was kept; the mapping that made it is at fault",
            )


def _refuse_graph(file: Path, batch: pa.RecordBatch, reserved: str) -> None:
    """Refuse triples in a graph that is not a mapping's to fill."""
    if _has_named(batch) and pc.any(pc.equal(batch[GRAPH], f"<{reserved}>")).as_py():
        raise StoreError(
            f"the graph <{reserved}> is the store's own: no mapping may use it",
            place=Place(file, field=GRAPH),
            hint="nothing of this batch was kept; give the graph another IRI in the mapping",
        )
