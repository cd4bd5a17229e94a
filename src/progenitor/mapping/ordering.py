"""Sorting the triples of all rows without repetition, within a memory limit, into one Parquet file.

Most rows have a subject of their own: their triples are already sorted, so only the rows are. Triples of subjects that
several rows share are sorted one by one, and compared one by one only where two have the same 64-bit hash.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from progenitor.mapping.database import count_of, run
from progenitor.mapping.functions import quote_text

if TYPE_CHECKING:
    import duckdb

ROWS: Final = "_pg_rows"
"""The table that is sorted: ``s``, and ``triples``, a list of structs ``p``, ``o`` and perhaps ``g``."""


def write_sorted(connection: duckdb.DuckDBPyConnection, output: Path, *, has_graphs: bool) -> int:
    """Write the triples of `ROWS`, sorted and distinct; return how many there are.

    Parameters
    ----------
    connection
        The database of `ROWS`; every row's own list is sorted and distinct. An entry with a NULL in it is no triple.
    output
        Parquet (zstd) with VARCHAR columns ``s``, ``p``, ``o`` and, with graphs, ``g`` (NULL: the default graph).
    has_graphs
        Whether the structs have a ``g`` (empty in the default graph).
    """
    names = ("p", "o", "g") if has_graphs else ("p", "o")
    of_entry = ", ".join(f"x.{name} AS {name}" for name in names)
    whole = " AND ".join(f"{name} IS NOT NULL" for name in names)
    plain = ", ".join(names)
    # Numbers in the order of the subjects: the big sort then compares numbers, not long texts.
    run(
        connection,
        f"""CREATE TEMP TABLE _pg_subjects AS SELECT s, (row_number() OVER ())::UINTEGER AS id, rows > 1 AS shared
            FROM (SELECT s, count(*) AS rows FROM {ROWS} WHERE s IS NOT NULL GROUP BY s ORDER BY s)""",
    )
    run(
        connection,
        f"""CREATE TEMP TABLE _pg_shared AS SELECT *, hash(id, {plain}) AS h FROM (SELECT id, s, {of_entry}
            FROM (SELECT id, s, unnest(triples) AS x FROM {ROWS} JOIN _pg_subjects USING (s) WHERE shared))
            WHERE {whole}""",
    )
    run(connection, "CREATE TEMP TABLE _pg_doubtful AS SELECT h FROM _pg_shared GROUP BY h HAVING count(*) > 1")
    # A row's entries come from its list; an entry of its own brings a list of one NULL, so that unnest keeps it.
    ordered = f"""
        SELECT id, s, {", ".join(f"NULL AS {name}" for name in names)}, triples
        FROM {ROWS} JOIN _pg_subjects USING (s) WHERE NOT shared
        UNION ALL SELECT id, s, {plain}, [NULL] FROM _pg_shared WHERE h NOT IN (FROM _pg_doubtful)
        UNION ALL SELECT DISTINCT id, s, {plain}, [NULL] FROM _pg_shared WHERE h IN (FROM _pg_doubtful)
        ORDER BY id, {plain}"""
    entries = ", ".join(f"coalesce(x.{name}, {name}) AS {name}" for name in names)
    columns = "s, p::VARCHAR AS p, o" + (", nullif(g, '') AS g" if has_graphs else "")
    return count_of(
        connection,
        f"""COPY (SELECT {columns} FROM (SELECT s, {entries}
            FROM (SELECT s, {plain}, unnest(triples) AS x FROM ({ordered}))) WHERE {whole})
            TO {quote_text(str(output))} (FORMAT PARQUET, COMPRESSION ZSTD, COMPRESSION_LEVEL 1)""",
    )
