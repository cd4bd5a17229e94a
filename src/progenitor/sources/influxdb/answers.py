"""The answers of InfluxDB's /query: series of columns and values, chunk by chunk, and the errors inside them.

A chunked answer is one JSON document a line. An error comes with status 200: in a document of its own, in a result, and
also after chunks of good rows. ``partial`` tells that more is to come: an answer that ends with it was cut off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from progenitor.errors import SourceError

Broken = Callable[[str, str | None], SourceError]
"""Makes the error of what is wrong and a hint."""


@dataclass(frozen=True)
class Series:
    """A part of an answer.

    Parameters
    ----------
    measurement
        Where it is from.
    tags
        Tag -> value, where the statement groups by them.
    times
        Of the points; nanoseconds since 1970.
    fields
        Field -> values, one for each point.
    """

    measurement: str
    tags: dict[str, str]
    times: Sequence[int]
    fields: dict[str, Sequence[Any]]

    def values(self, name: str) -> Sequence[Any]:
        """Return the values of a field or a tag; nothing but None where there is neither."""
        return self.fields.get(name) or (self.tags.get(name),) * len(self.times)


def read_chunks(pieces: Iterable[bytes], largest: int, broken: Broken) -> Iterator[Series]:
    """Read a chunked answer to one statement.

    Parameters
    ----------
    pieces
        The body, cut anywhere.
    largest
        Bytes of the longest line that is taken.
    broken
        Makes errors.

    Raises
    ------
    SourceError
        If the answer holds an error, is not what it should be, or ends before its last chunk.
    """
    more = True
    for line in _lines(pieces, largest, broken):
        for result in results(line, broken):
            more = bool(result.get("partial"))
            for series in result.get("series", ()):
                more = more or bool(series.get("partial"))
                if series.get("values"):
                    yield _series(series, broken)
    if more:
        raise broken("broke off its answer: the last chunk did not come", "look into the log of the server")


def results(document: bytes, broken: Broken) -> list[dict[str, Any]]:
    """Return the results of a document, one for each statement.

    Raises
    ------
    SourceError
        If it is not JSON of that form, or holds an error.
    """
    try:
        answer = orjson.loads(document)
        found: list[dict[str, Any]] = [] if "error" in answer else answer["results"]
        errors = [answer["error"]] if "error" in answer else [entry["error"] for entry in found if "error" in entry]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        start = document[:80].decode(errors="replace")
        raise broken(f"gave an answer that is not InfluxDB's: {start!r}", "is this the URL of an InfluxDB?") from None
    if errors:
        raise broken(f"answered with an error: {errors[0]}", _hint(str(errors[0])))
    return found


def _lines(pieces: Iterable[bytes], largest: int, broken: Broken) -> Iterator[bytes]:
    """Cut a body into lines; the last one may lack its end."""
    rest: list[bytes] = []
    size = 0
    for piece in pieces:
        *lines, last = piece.split(b"\n")
        for line in lines:
            yield from _not_empty(b"".join([*rest, line]))
            rest, size = [], 0
        rest.append(last)
        size += len(last)
        if size > largest:
            raise broken(f"gave a chunk of more than {largest:,} bytes", "lower the option chunk_size")
    yield from _not_empty(b"".join(rest))


def _not_empty(line: bytes) -> Iterator[bytes]:
    if line.strip():
        yield line


def _series(given: dict[str, Any], broken: Broken) -> Series:
    try:
        first, *fields = given["columns"]
        times, *columns = zip(*given["values"], strict=True)
        complete = first == "time" and len(fields) == len(columns)
        series = Series(given["name"], given.get("tags", {}), times, dict(zip(fields, columns, strict=False)))
    except (KeyError, TypeError, ValueError) as error:
        raise broken(f"gave a series that is not InfluxDB's: {error!r}", None) from None
    if not complete:
        raise broken(f"gave a series whose rows do not have its columns: {given['columns']}", None)
    return series


def _hint(error: str) -> str | None:
    """Return what to do about an error of InfluxDB's."""
    if "database not found" in error:
        return "give the option database=NAME"
    if "parsing query" in error or "regexp" in error:
        return "look at measurement and where of the table in source.yml"
    if "max-select" in error or "timeout" in error or "max-row" in error:
        return "the limits of the server are reached: read shorter partitions or fewer columns"
    if "authoriz" in error or "authentication" in error:
        return "give user and password_env of an account that may read the database"
    return None
