r"""InfluxDB's line protocol, read as InfluxDB 1.x reads it.

A point is a line, but a text may hold line breaks, so that lines cannot be told without reading them::

    measurement,tag=value field=1i,other="a \"text\", with anything in it" 1761998400000000000

What ``influx_inspect export`` writes is understood too: one field a line, ``# CONTEXT-DATABASE`` for the lines that
follow, and a part ``# DDL`` of statements, which is passed over.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Final

from progenitor.sources.exports.points import Interest, Interests, Point, Tags, Unreadable, as_influxdb_gives

LONGEST_POINT: Final = 4 * 2**20
"""Bytes of a point at most; a text whose end is further away has none."""

_SHOWN: Final = 300
_KEY: Final = rb"(?:[^\\\n ,=]++|\\[ ,=]|\\(?![ ,=\n]))++"
_TEXT: Final = rb'"(?:[^"\\]++|\\.)*+"'
_FLOAT: Final = rb"-?(?:[0-9]++\.?+[0-9]*+|\.[0-9]++)(?:[eE][-+]?[0-9]++)?+"
_OTHER: Final = rb"(?:-?[0-9]++i|[0-9]++u|" + _FLOAT + rb"|[tT](?:rue)?|[fF](?:alse)?|TRUE|FALSE)(?=[ ,\r\n\t])"
_FIELD: Final = _KEY + rb"=(?:" + _TEXT + rb"|" + _OTHER + rb")"

_LINE: Final = re.compile(
    rb"[ \t\0]*+(?:"
    rb"(?P<comment>\#[^\n]*+)|"
    rb"(?P<measurement>(?![#,])(?:[^\\\n ,]++|\\[ ,]|\\(?![ ,\n]))++)"
    rb"(?P<tags>(?:," + _KEY + rb"=" + _KEY + rb")*+)"
    rb"[ ][ \t\0]*+(?P<fields>" + _FIELD + rb"(?:," + _FIELD + rb")*+)"
    rb"(?:[ ][ \t\0]*+(?P<time>-?[0-9]++))?+"
    rb")?+[ \t]*+\r?\n",
    re.DOTALL,
)
_FIELDS: Final = re.compile(rb"(" + _KEY + rb")=(" + _TEXT + rb"|[^,]++)", re.DOTALL)
_TAGS: Final = re.compile(rb",(" + _KEY + rb")=(" + _KEY + rb")")
_ESCAPED: Final = re.compile(rb"\\([ ,=])")
_ESCAPED_IN_TEXT: Final = re.compile(rb'\\(["\\])')
_TRUE: Final = (b"t", b"T", b"true", b"True", b"TRUE")
_FALSE: Final = (b"f", b"F", b"false", b"False", b"FALSE")
_CONTEXT: Final = re.compile(rb"#\s*CONTEXT-DATABASE:\s*(.*?)\s*")
_LATEST: Final = 2**63 - 2
"""Nanoseconds since 1970 of the earliest and the latest point that InfluxDB has."""


class LineProtocol:
    """A reader of one file.

    Parameters
    ----------
    pieces
        The bytes, cut anywhere.
    database
        That of the points before a ``# CONTEXT-DATABASE``; None where only that tells.
    interests
        What is wanted.

    Attributes
    ----------
    points
        How many lines were points so far, wanted or not.
    """

    def __init__(self, pieces: Iterable[bytes], database: str | None, interests: Interests) -> None:
        self.points = 0
        self._pieces = iter(pieces)
        self._database = database
        self._interests = interests
        self._known: dict[bytes, tuple[str, Interest] | None] = {}
        self._in_statements = False
        self._buffer = b""
        self._position = 0
        self._counted = 0
        self._line = 1

    def __iter__(self) -> Iterator[Point | Unreadable]:
        """Read points that are wanted, and lines that are no points."""
        while True:
            match = _LINE.match(self._buffer, self._position)
            if match is None:
                if self._read_on():
                    continue
                if self._position == len(self._buffer):
                    return
                if not self._in_statements:
                    yield self._unreadable(self._position, "it is not line protocol")
                self._pass_line()
                continue
            start, self._position = self._position, match.end()
            if match["measurement"] is not None:
                self.points += 1
                if (found := self._found(match, start)) is not None:
                    yield found
            elif match["comment"] is not None:
                self._comment(match["comment"])

    def _read_on(self) -> bool:
        """Take a further piece, where the point at the position may end in one; tell whether there was any."""
        if len(self._buffer) - self._position >= LONGEST_POINT:
            return False
        piece = next(self._pieces, None)
        rest = self._buffer[self._position :]
        if piece is None:
            # The last line may lack its end.
            if not rest or rest.endswith(b"\n"):
                return False
            piece = b"\n"
        self._count_to(self._position)
        self._buffer, self._position, self._counted = rest + piece, 0, 0
        return True

    def _pass_line(self) -> None:
        """Go to the next line, however far away it is."""
        while (end := self._buffer.find(b"\n", self._position)) < 0:
            self._position = len(self._buffer)
            if not self._read_on():
                return
        self._position = end + 1

    def _found(self, match: re.Match[bytes], start: int) -> Point | Unreadable | None:
        head = match["measurement"]
        if head not in self._known:
            self._known[head] = self._interest(head)
        known = self._known[head]
        if known is None or self._database is None:
            return None
        measurement, interest = known
        if match["time"] is None:
            return self._unreadable(start, "it has no time", measurement)
        time = int(match["time"])
        if not interest.covers(time):
            return None
        if abs(time) > _LATEST:
            return self._unreadable(start, "its time is out of range", measurement)
        try:
            fields = _fields(match["fields"], interest.fields)
            tags = _tags(match["tags"])
        except ValueError as error:
            return self._unreadable(start, str(error), measurement)
        return Point(self._database, measurement, tags, time, fields) if fields else None

    def _interest(self, head: bytes) -> tuple[str, Interest] | None:
        measurement = _plain(head)
        interest = self._interests(self._database, measurement) if self._database is not None else None
        return (measurement, interest) if interest else None

    def _comment(self, comment: bytes) -> None:
        """Follow what ``influx -import`` follows, too."""
        if context := _CONTEXT.fullmatch(comment):
            self._database = context[1].decode(errors="replace")
            self._known.clear()
        elif comment.strip(b"# \r") in (b"DDL", b"DML"):
            self._in_statements = comment.strip(b"# \r") == b"DDL"

    def _unreadable(self, start: int, why: str, measurement: str | None = None) -> Unreadable:
        self._count_to(start)
        text = self._buffer[start : start + _SHOWN].split(b"\n", 1)[0].decode(errors="replace").rstrip("\r")
        return Unreadable(measurement, self._line, text, why)

    def _count_to(self, position: int) -> None:
        """Count the lines up to a position of the buffer."""
        self._line += self._buffer.count(b"\n", self._counted, position)
        self._counted = position


def _fields(written: bytes, wanted: frozenset[str] | None) -> dict[str, Any]:
    """Read the fields that are wanted; of one that is there twice the last.

    Raises
    ------
    ValueError
        If a number is out of range.
    """
    fields = {}
    for key, value in _FIELDS.findall(written):
        name = _plain(key)
        if wanted is None or name in wanted:
            fields[name] = _value(value)
    return fields


def _value(written: bytes) -> Any:
    if written.startswith(b'"'):
        text = written[1:-1]
        return (_ESCAPED_IN_TEXT.sub(rb"\1", text) if b"\\" in text else text).decode(errors="replace")
    if written in _TRUE or written in _FALSE:
        return written in _TRUE
    if written.endswith((b"i", b"u")):
        whole = int(written[:-1])
        if not -(2**63) <= whole < (2**63 if written.endswith(b"i") else 2**64):
            raise ValueError(f"{written.decode()} is out of range")
        return whole
    number = float(written)
    if math.isinf(number):
        raise ValueError(f"{written.decode()} is out of range")
    return as_influxdb_gives(number)


def _tags(written: bytes) -> Tags:
    """Read tags.

    Raises
    ------
    ValueError
        If one is there twice.
    """
    tags = tuple(sorted((_plain(key), _plain(value)) for key, value in _TAGS.findall(written)))
    if len(dict(tags)) < len(tags):
        raise ValueError("a tag is there twice")
    return tags


@lru_cache(maxsize=65_536)
def _plain(written: bytes) -> str:
    """Return a name without its escapes."""
    return (_ESCAPED.sub(rb"\1", written) if b"\\" in written else written).decode(errors="replace")
