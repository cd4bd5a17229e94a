"""From archive Parquet to numbered nodes and edges, by DuckDB: no Python loop per row, and spilling to disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from progenitor.lineage.adjacency import Edges
from progenitor.lineage.rules import RELATIONS

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_BLOCK: Final = 1 << 20
"""Rows handed from DuckDB to numpy at a time."""

_MENTIONED = """
CREATE TEMP TABLE mentioned AS
SELECT s, kind, o, (file_index::BIGINT << 40) + (file_row_number << 1) AS place
FROM {triples} JOIN relation USING (p)
WHERE starts_with(s, '<') AND starts_with(o, '<')
"""
"""`place` orders subjects and objects as the files name them, with room for 2^39 rows a file."""

_NO_TRIPLES = "(SELECT '' AS s, '' AS p, '' AS o, 0 AS file_index, 0 AS file_row_number LIMIT 0)"

_NODE = """
CREATE TEMP TABLE node AS
SELECT term, row_number() OVER (ORDER BY first) - 1 AS number, md5_number(term[2:-2]) AS hash
FROM (
    SELECT term, min(place) AS first
    FROM (SELECT s AS term, place FROM mentioned UNION ALL SELECT o, place + 1 FROM mentioned)
    GROUP BY term
)
"""

_EDGE = """
CREATE TEMP TABLE edge AS
SELECT DISTINCT subject.number AS subject, kind, object.number AS object
FROM mentioned JOIN node AS subject ON s = subject.term JOIN node AS object ON o = object.term
"""


class Staging:
    """The lineage edges of some Parquet files, their nodes numbered from 0 in the order in which the files name them.

    Make one with `open_staging`.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self.nodes = self._count("node")
        self.edges = self._count("edge")

    def _count(self, table: str) -> int:
        (row,) = self._connection.sql(f"SELECT count(*) FROM {table}").fetchall()
        return int(row[0])

    def names(self) -> Iterator[tuple[NDArray[np.int64], NDArray[np.uint8]]]:
        """Yield the IRIs in the order of the nodes, block by block: the bytes of each, and their UTF-8 text."""
        for block in self._blocks("SELECT term[2:-2] FROM node ORDER BY number"):
            yield _text_of(block.column(0))

    def hashes(self) -> Iterator[tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.int64]]]:
        """Yield the nodes in the order of their hashes, block by block: upper and lower half of the hash, node."""
        halves = "(hash >> 64)::UBIGINT, (hash & 18446744073709551615::UHUGEINT)::UBIGINT"
        for block in self._blocks(f"SELECT {halves}, number FROM node ORDER BY hash"):
            high, low, node = map(_numpy, block.columns)
            yield high, low, node

    def edges_along(self) -> Iterator[Edges]:
        """Yield the edges by subject, kind, object, block by block."""
        return self._edges("subject, kind, object")

    def edges_against(self) -> Iterator[Edges]:
        """Yield the edges by object, kind, subject, block by block, the object as the near end."""
        return self._edges("object, kind, subject")

    def _edges(self, columns: str) -> Iterator[Edges]:
        for block in self._blocks(f"SELECT {columns} FROM edge ORDER BY {columns}"):
            yield Edges(*map(_numpy, block.columns))

    def _blocks(self, sql: str) -> Iterator[pa.RecordBatch]:
        return iter(self._connection.sql(sql).to_arrow_reader(_BLOCK))


@contextmanager
def open_staging(files: Sequence[Path], spill: Path, *, memory_limit: int, threads: int) -> Iterator[Staging]:
    """Read the lineage edges of Parquet files.

    Parameters
    ----------
    files
        With columns s, p, o (N-Triples terms); the order of files and rows is the order in which nodes are numbered.
    spill
        A folder, below which a folder is made for what does not fit into memory, and removed.
    memory_limit
        Bytes that DuckDB may use before it spills.
    threads
        That it may use.
    """
    import duckdb

    with TemporaryDirectory(prefix="spill-", dir=spill) as temporary, duckdb.connect() as connection:
        connection.execute("SET temp_directory = $folder", {"folder": temporary})
        connection.execute(f"SET memory_limit = '{memory_limit}B'")
        connection.execute(f"SET threads = {threads}")
        connection.execute("SET preserve_insertion_order = false")
        connection.execute("CREATE TEMP TABLE relation (p VARCHAR, kind UTINYINT)")
        rows = [[f"<{relation}>", kind] for kind, relation in enumerate(RELATIONS)]
        connection.executemany("INSERT INTO relation VALUES (?, ?)", rows)
        if files:
            connection.execute(
                _MENTIONED.format(triples="read_parquet($files)"), {"files": [str(file) for file in files]}
            )
        else:
            connection.execute(_MENTIONED.format(triples=_NO_TRIPLES))
        connection.execute(_NODE)
        connection.execute(_EDGE)
        connection.execute("DROP TABLE mentioned")
        connection.execute("SET preserve_insertion_order = true")  # what is read from here on is read in order
        yield Staging(connection)


def _numpy(column: pa.Array) -> NDArray[Any]:
    values: NDArray[Any] = column.to_numpy(zero_copy_only=False)
    return values


def _text_of(column: pa.Array) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Return the byte lengths and the joined bytes of a column of strings, from its Arrow buffers."""
    import pyarrow as pa

    strings = column.cast(pa.large_string())
    offsets = np.frombuffer(strings.buffers()[1], dtype=np.int64)[strings.offset : strings.offset + len(strings) + 1]
    text = strings.buffers()[2]
    data = np.frombuffer(text, dtype=np.uint8) if text is not None else np.empty(0, np.uint8)
    return np.diff(offsets), data[offsets[0] : offsets[-1]]
