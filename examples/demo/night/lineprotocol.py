"""The night as InfluxDB line protocol: one line a message, in the order of delivery, without tags."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from night.bus import Message
from night.clock import MILLISECOND
from night.encoding import flat, records, topic_name
from night.environment import Record


def lines(messages: Sequence[Message]) -> Iterator[str]:
    """Write messages; a text may go over several lines, inside its quotes."""
    for message, time, record in records(messages):
        yield _line(topic_name(message), flat(record), time * 1000)


def environment_lines(environment: Sequence[Record]) -> Iterator[str]:
    """Write records of the observing environment, which are in a database of their own."""
    for record in environment:
        fields = {"timestamp": record.timestamp} | record.fields
        yield _line(record.measurement, fields, record.timestamp * MILLISECOND * 1000)


def _line(measurement: str, fields: dict[str, Any], nanoseconds: int) -> str:
    written = ",".join(f"{name}={_value(value)}" for name, value in fields.items())
    return f"{measurement} {written} {nanoseconds}"


def _value(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return f"{value}i"
        case float():
            return repr(value)
        case _:
            escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
            return f'"{escaped}"'
