"""Triples of some subjects from an archive file, without reading what cannot hold them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import reduce
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from progenitor.errors import Place, SourceError
from progenitor.sources.archive.subjects import DIGITS, Range, overlapping

_TRIPLE: Final = ("s", "p", "o")
_SCHEMA: Final = pa.schema([(name, pa.string()) for name in _TRIPLE])

Fingerprints = dict[str, frozenset[tuple[int, int]]]
"""First digits of the numbers of subjects -> what tells whether anything said of these subjects has changed."""


def read_triples(file: Path, ranges: Sequence[Range]) -> Iterator[pa.Table]:
    """Yield the triples of the default graph whose subject lies in one of some ranges: columns ``s``, ``p``, ``o``.

    A file is sorted by subject, and its footer has the least and the greatest of every row group: only those that
    overlap a range are read.

    Parameters
    ----------
    file
        An archive file (`progenitor.store.archive`).
    ranges
        What is wanted.

    Raises
    ------
    SourceError
        If it is no such file.
    """
    try:
        with pq.ParquetFile(file) as parquet:
            names = [*_TRIPLE, "g"] if "g" in parquet.schema_arrow.names else list(_TRIPLE)
            column = parquet.schema_arrow.names.index("s")
            for group in range(parquet.num_row_groups):
                statistics = parquet.metadata.row_group(group).column(column).statistics
                if (
                    statistics is None
                    or not statistics.has_min_max
                    or overlapping(ranges, statistics.min, statistics.max)
                ):
                    found = _within(parquet.read_row_group(group, names), ranges)
                    if found.num_rows:
                        yield found.select(_TRIPLE).cast(_SCHEMA)
    except (pa.ArrowInvalid, ValueError, OSError) as error:
        raise SourceError(f"not an archive file with the columns s, p, o: {error}", place=Place(file)) from error


def _within(rows: pa.Table, ranges: Sequence[Range]) -> pa.Table:
    inside = [(pc.field("s") >= each.first) & (pc.field("s") < each.end) for each in ranges]
    wanted = reduce(lambda one, other: one | other, inside)
    return rows.filter(wanted & pc.field("g").is_null() if "g" in rows.schema.names else wanted)


def fingerprints(file: Path, stems: Sequence[str]) -> Fingerprints:
    """Tell apart two states of what a file says of the subjects of every night.

    Parameters
    ----------
    file
        An archive file.
    stems
        What the IRIs of the subjects begin with; digits follow.
    """
    marks: defaultdict[str, set[tuple[int, int]]] = defaultdict(set)
    with duckdb.connect() as connection:
        for number, stem in enumerate(stems):
            blocks = (batch for table in read_triples(file, [Range.beginning(stem)]) for batch in table.to_batches())
            connection.register("triples", pa.RecordBatchReader.from_batches(_SCHEMA, blocks))
            digits = f"substr(s, {len(stem) + 2}, {DIGITS})"
            query = f"SELECT {digits}, sum(hash(s, p, o)::HUGEINT)::HUGEINT FROM triples GROUP BY ALL"
            for found, mark in connection.execute(query).fetchall():
                marks[found].add((number, mark))
    return {digits: frozenset(found) for digits, found in marks.items()}
