"""A message as the archive has it: SAL's private fields beside the public ones, in Avro's shape or InfluxDB's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from night.bus import REVISION, Message
from night.clock import MILLISECOND, SECOND, tai_seconds, utc_microseconds

Record = dict[str, Any]


def topic_name(message: Message) -> str:
    """Return the name of the Kafka topic, which is the InfluxDB measurement's, too."""
    return f"lsst.sal.{message.topic}"


def records(messages: Sequence[Message]) -> Iterator[tuple[Message, int, Record]]:
    """Yield each message with its time in the archive (UTC, microseconds: when it was sent) and its fields.

    Times in the fields: ``private_sndStamp`` and ``private_kafkaStamp`` TAI, ``private_efdStamp`` UTC, in seconds.
    The sender sets all of them, by its clock: nothing in a message tells that it came late, or twice.
    """
    times = utc_microseconds([message.sent for message in messages])
    for message, time in zip(messages, times, strict=True):
        private: Record = {
            "private_sndStamp": tai_seconds(message.sent),
            "private_efdStamp": time / SECOND,
            "private_kafkaStamp": tai_seconds(message.sent + MILLISECOND),
            "private_seqNum": message.sequence,
            "private_origin": message.origin,
            "private_identity": message.identity,
            "private_revCode": REVISION,
        }
        if message.index is not None:
            private["salIndex"] = message.index
        yield message, time, private | message.fields


def flat(record: Record) -> Record:
    """Return a record without arrays: their elements are fields, numbered from 0."""
    fields: Record = {}
    for name, value in record.items():
        if isinstance(value, list):
            fields |= {f"{name}{number}": element for number, element in enumerate(value)}
        else:
            fields[name] = value
    return fields
