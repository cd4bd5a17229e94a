"""The night as decoded Kafka messages: JSON lines, a file a topic, in the order of delivery."""

from __future__ import annotations

import json
from collections.abc import Sequence

from night.bus import Message
from night.encoding import records, topic_name
from night.environment import Record


def topics(messages: Sequence[Message], environment: Sequence[Record]) -> dict[str, list[str]]:
    """Return the lines of every topic; arrays stay arrays."""
    found: dict[str, list[str]] = {}
    for message, _, record in records(messages):
        found.setdefault(topic_name(message), []).append(json.dumps(record))
    for entry in environment:
        found.setdefault(entry.measurement, []).append(json.dumps({"timestamp": entry.timestamp} | entry.fields))
    return found
