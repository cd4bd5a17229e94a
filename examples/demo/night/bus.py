"""The messages of the control system: who sent what when, by whose clock, and when it was delivered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import Any

from night.agenda import Agenda
from night.clock import HOUR, MILLISECOND, SECOND

REVISION = "1f2e3d4c"
"""What SAL writes as ``private_revCode``."""


@dataclass(frozen=True)
class Message:
    """A SAL message.

    Parameters
    ----------
    topic
        Component and topic, for example ``MTCamera.logevent_startIntegration``.
    index
        SAL index of the component; None for one that is not indexed.
    origin
        Process id of the sender.
    identity
        The sender: ``CSC``, ``CSC:index`` or ``user@host``.
    sequence
        Counts the sender's messages of the topic; for an acknowledgement, that of the command.
    sent
        By the sender's clock.
    delivered
        To the broker, by a clock that is right.
    fields
        The public fields; lists are arrays.
    """

    topic: str
    index: int | None
    origin: int
    identity: str
    sequence: int
    sent: int
    delivered: int
    fields: dict[str, Any]


class Bus:
    """Carries messages, some of them late or twice.

    Parameters
    ----------
    agenda
        Says what time it is.
    random
        Decides delays, duplicates and process ids.
    late, duplicates
        Whether there are any.
    """

    def __init__(self, agenda: Agenda, random: Random, *, late: bool, duplicates: bool) -> None:
        self.agenda = agenda
        self.random = random
        self.messages: list[Message] = []
        self._late = late
        self._duplicates = duplicates
        self._stamps: set[tuple[str, int]] = set()

    def carry(self, message: Message) -> None:
        """Deliver a message, perhaps late, perhaps twice."""
        late = self._late and self.random.random() < 0.02
        delay = self.random.randrange(30 * SECOND, HOUR) if late else self.random.randrange(5, 60) * MILLISECOND
        first = replace(message, delivered=self.agenda.now + delay)
        self.messages.append(first)
        if self._duplicates and self.random.random() < 0.01:
            again = first.delivered + self.random.randrange(1, 120) * SECOND
            self.messages.append(replace(first, delivered=again))

    def stamp(self, topic: str, reading: int) -> int:
        """Return a send time that no other message of the topic has: InfluxDB keeps one point per time."""
        while (topic, reading) in self._stamps:
            reading += 1
        self._stamps.add((topic, reading))
        return reading


class Process:
    """A process that sends messages: a CSC, a script, or a person's session.

    Parameters
    ----------
    bus
        What it sends on.
    identity
        As SAL writes it; ``name:index`` for an indexed component.
    skew
        How far its clock is ahead, microseconds.
    """

    def __init__(self, bus: Bus, identity: str, skew: int = 0) -> None:
        self._bus = bus
        self.identity = identity
        self.skew = skew
        self.origin = bus.random.randrange(100, 99_999)
        self._sequences: dict[str, int] = {}
        name, _, index = identity.partition(":")
        self.component = name
        self.index = int(index) if index else None

    @property
    def reading(self) -> int:
        """What its clock shows."""
        return self._bus.agenda.now + self.skew

    def event(self, name: str, /, **fields: Any) -> Message:
        """Send an event of its own component, for example ``summaryState``."""
        return self._send(f"{self.component}.logevent_{name}", self.index, fields)

    def telemetry(self, name: str, /, **fields: Any) -> Message:
        """Send a sample of its own component."""
        return self._send(f"{self.component}.{name}", self.index, fields)

    def command(self, to: str, name: str, /, *, lost: bool = False, **fields: Any) -> Message:
        """Send a command.

        Parameters
        ----------
        to
            The component, with its index where it has one.
        name
            The command, for example ``takeImages``.
        lost
            Whether the component gets it and the archive does not, its acknowledgements neither.
        fields
            Its parameters.
        """
        component, _, index = to.partition(":")
        return self._send(f"{component}.command_{name}", int(index) if index else None, fields, lost=lost)

    def acknowledge(self, command: Message, ack: int, result: str = "", *, lost: bool = False) -> None:
        """Answer a command; SAL repeats the commander's sequence number, identity and process id."""
        fields = {
            "ack": ack,
            "error": 0 if ack != FAILED else 1,
            "result": result,
            "identity": command.identity,
            "origin": command.origin,
            "timeout": 0.0,
        }
        self._send(f"{self.component}.ackcmd", self.index, fields, sequence=command.sequence, lost=lost)

    def _send(
        self, topic: str, index: int | None, fields: dict[str, Any], *, sequence: int | None = None, lost: bool = False
    ) -> Message:
        if sequence is None:
            sequence = self._sequences[topic] = self._sequences.get(topic, 0) + 1
        sent = self._bus.stamp(topic, self.reading)
        message = Message(topic, index, self.origin, self.identity, sequence, sent, sent, fields)
        if not lost:
            self._bus.carry(message)
        return message


IN_PROGRESS = 301
COMPLETE = 303
FAILED = -302
"""Codes of an acknowledgement (SAL)."""
