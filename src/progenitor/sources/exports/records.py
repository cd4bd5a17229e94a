"""The rows of one exported file, some at a time: JSON as a service gives it, JSON lines, CSV or TSV, or Parquet."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from progenitor.errors import Place, SourceError
from progenitor.sources.declared.json_text import read_json
from progenitor.sources.exports.files import read_lines, read_pieces
from progenitor.sources.file_scan import DataFile
from progenitor.sources.http.questions import Matrix, Rows
from progenitor.sources.http.records import find_rows

BLOCK_ROWS: Final = 5_000
"""Rows that are handed over at a time."""

_DELIMITERS: Final = {"csv": ",", "tsv": "\t"}
_SHOWN: Final = 300

Aside = Callable[[Mapping[str, Any], str], None]
Block = tuple[Any, list[Any], Rows]
"""The document that the rows are from, some of its rows, and where they are in it."""

Item = TypeVar("Item")


def read_blocks(file: DataFile, rows: Rows, largest: int, aside: Aside) -> Iterator[Block]:
    """Read a file; what is no row is set aside.

    Parameters
    ----------
    file
        The file.
    rows
        Where the rows of a JSON document are; other formats have a row a line. A document that is a list is the rows.
    largest
        Bytes of a JSON document at most, since it is taken into memory as a whole.
    aside
        Sets a record aside for a reason.

    Raises
    ------
    SourceError
        If the file cannot be read, is too large, or has no rows where they should be.
    """
    if file.format == "json":
        yield from _document(file, rows, largest)
        return
    match file.format:
        case "jsonl":
            records = _json_lines(file, aside)
        case "parquet":
            records = _parquet(file)
        case _:
            records = _separated(file, aside)
    for block in _blocks(records):
        yield None, block, None


def _document(file: DataFile, rows: Rows, largest: int) -> Iterator[Block]:
    content = bytearray()
    for piece in read_pieces(file.path):
        content += piece
        if len(content) > largest:
            raise SourceError(
                f"is a JSON document of more than {largest:,} bytes",
                place=Place(file.path),
                hint="export it as JSON lines, or raise the option largest_answer",
            )
    try:
        document = read_json(content)
    except ValueError as error:
        raise SourceError(f"is not JSON: {error}", place=Place(file.path), hint="is the export complete?") from None
    if isinstance(document, list) and not isinstance(rows, Matrix):
        rows = None
    for block in _blocks(
        find_rows(document, rows, lambda what, hint: SourceError(what, place=Place(file.path), hint=hint))
    ):
        yield document, block, rows


def _json_lines(file: DataFile, aside: Aside) -> Iterator[Any]:
    for number, line in enumerate(read_lines(file.path), start=1):
        if not line.strip():
            continue
        try:
            yield read_json(line)
        except ValueError as error:
            text = line[:_SHOWN].decode(errors="replace")
            aside({"file": str(file.path), "line": number, "text": text}, f"{Place(file.path, number)}: {error}")


def _separated(file: DataFile, aside: Aside) -> Iterator[Any]:
    """Read CSV or TSV with a header; an empty value is null."""
    lines = (line.decode("utf-8-sig", errors="replace") + "\n" for line in read_lines(file.path))
    reader = csv.reader(lines, delimiter=_DELIMITERS[file.format])
    try:
        names = next(reader, [])
        for values in reader:
            if len(values) == len(names):
                yield {name: value or None for name, value in zip(names, values, strict=True)}
            elif values:
                reason = f"it has {len(values)} values, not {len(names)}"
                record = {"file": str(file.path), "line": reader.line_num, "values": values}
                aside(record, f"{Place(file.path, reader.line_num)}: {reason}")
    except csv.Error as error:
        raise SourceError(f"cannot be read: {error}", place=Place(file.path, reader.line_num)) from None


def _parquet(file: DataFile) -> Iterator[Any]:
    try:
        with pq.ParquetFile(file.path) as parquet:
            for batch in parquet.iter_batches(BLOCK_ROWS):
                yield from batch.to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise SourceError(f"cannot be read: {error}", place=Place(file.path), hint="is the export complete?") from error


def _blocks(items: Iterable[Item]) -> Iterator[list[Item]]:
    remaining = iter(items)
    while block := list(islice(remaining, BLOCK_ROWS)):
        yield block
