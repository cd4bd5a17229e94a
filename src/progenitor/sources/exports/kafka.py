"""Messages as decoded from Kafka: JSON lines, a file a topic; each is a point of the measurement of that name."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any, Final, Self

import pydantic

from progenitor.sources.declared.columns import Column, TimeFormat
from progenitor.sources.declared.json_text import read_json
from progenitor.sources.declared.timestamps import reading
from progenitor.sources.exports.points import Interest, Interests, Point, Tags, Unreadable, as_influxdb_gives

_SHOWN: Final = 300

EARLIEST_NS: Final = -(2**63) + 2
LATEST_NS: Final = 2**63 - 2
"""Nanoseconds of UTC since 1970 between which InfluxDB has points: from 1677 to 2262."""


class KafkaMessage(pydantic.BaseModel):
    """What only the message tells where InfluxDB's point has it: when it is, and what are tags.

    Parameters
    ----------
    time
        The field with the time of the point, UTC. Where not given: ``private_efdStamp`` (seconds) of what has that,
        ``timestamp`` (milliseconds) of others.
    format
        How that time is written.
    tags
        Fields that are tags of the point, and so tell it from others of the same time.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    time: str | None = None
    format: TimeFormat | None = None
    tags: list[str] = pydantic.Field(default_factory=list)

    @pydantic.model_validator(mode="after")
    def _both(self) -> Self:
        if (self.time is None) != (self.format is None):
            raise ValueError("time and format go together")
        return self

    def time_of(self, record: dict[str, Any]) -> int:
        """Return the time of a message: nanoseconds of UTC since 1970, to the microsecond that a number of seconds has.

        Raises
        ------
        ValueError
            If it has none.
        """
        name, form = self.time, self.format
        if name is None or form is None:
            name, form = ("private_efdStamp", "unix") if "private_efdStamp" in record else ("timestamp", "unix_ms")
        value = record.get(name)
        if value is None:
            raise ValueError(f"it has no time: there is no {name!r}")
        try:
            time = value if form == "unix_ns" and isinstance(value, int) else _reading(form)(value) * 1000
        except (ValueError, OverflowError):
            raise ValueError(f"{name!r} is {value!r}, which is not a time ({form})") from None
        if not EARLIEST_NS <= time <= LATEST_NS:
            raise ValueError(f"{name!r} is {value!r}, which is no time that InfluxDB has")
        return time


@cache
def _reading(form: TimeFormat) -> Callable[[Any], int]:
    return reading(Column(name="time", type="TIMESTAMP", format=form))


class KafkaMessages:
    """A reader of one file.

    Parameters
    ----------
    lines
        Of the file.
    database, topic
        Which points the messages are.
    message
        Where their time and tags are.
    interests
        What is wanted.

    Attributes
    ----------
    points
        How many lines were messages so far, wanted or not.
    """

    def __init__(
        self, lines: Iterable[bytes], database: str, topic: str, message: KafkaMessage, interests: Interests
    ) -> None:
        self.points = 0
        self._lines = lines
        self._database = database
        self._topic = topic
        self._message = message
        self._interest = interests(database, topic)

    def __iter__(self) -> Iterator[Point | Unreadable]:
        """Read messages that are wanted, and lines that are no messages."""
        if self._interest is None:
            return
        for number, line in enumerate(self._lines, start=1):
            if not line.strip():
                continue
            try:
                point = self._point(_record(line), self._interest)
            except ValueError as error:
                yield Unreadable(self._topic, number, line[:_SHOWN].decode(errors="replace"), str(error))
                continue
            self.points += 1
            if point is not None:
                yield point

    def _point(self, record: dict[str, Any], interest: Interest) -> Point | None:
        time = self._message.time_of(record)
        if not interest.covers(time):
            return None
        names = self._message.tags
        tags: Tags = tuple(sorted((name, str(record[name])) for name in names if record.get(name) is not None))
        fields = _fields(record, interest.fields, frozenset(names))
        return Point(self._database, self._topic, tags, time, fields) if fields else None


def _record(line: bytes) -> dict[str, Any]:
    record = read_json(line)
    if not isinstance(record, dict):
        raise ValueError("it is not a JSON object")  # noqa: TRY004 - whatever is wrong with a line is a ValueError
    return record


def _fields(record: dict[str, Any], wanted: frozenset[str] | None, tags: frozenset[str]) -> dict[str, Any]:
    """Return fields as InfluxDB has them: the elements of an array are fields, numbered from 0; nothing is null."""
    if wanted is None:
        given = [(name, value) for name, value in _flat(record) if name not in tags]
    else:
        given = [(name, _value(record, name)) for name in wanted if name not in tags]
    return {
        name: as_influxdb_gives(value) if isinstance(value, float) else value
        for name, value in given
        if _is_field(value)
    }


def _is_field(value: object) -> bool:
    return isinstance(value, bool | int | str) or (isinstance(value, float) and math.isfinite(value))


def _flat(record: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in record.items():
        if isinstance(value, list):
            yield from ((f"{name}{number}", element) for number, element in enumerate(value))
        else:
            yield name, value


def _value(record: dict[str, Any], name: str) -> Any:
    """Return a field, or the element of an array that a name with a number means."""
    if name in record:
        return record[name]
    for array, number in _elements(name):
        elements = record.get(array)
        if isinstance(elements, list) and number < len(elements):
            return elements[number]
    return None


@cache
def _elements(name: str) -> tuple[tuple[str, int], ...]:
    """Return the arrays and numbers of an element that a name can mean: ``a10`` is ``a`` 10 or ``a1`` 0."""
    ends = [cut for cut in range(1, len(name)) if name[cut:].isascii() and name[cut:].isdecimal()]
    return tuple((name[:cut], int(name[cut:])) for cut in ends if str(int(name[cut:])) == name[cut:])
