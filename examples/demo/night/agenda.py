"""What happens when: actors are generators that yield the instant at which they act next."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from itertools import count

Act = Iterator[int]
"""An actor: yields instants, none before the last, and does what it does when it is resumed at each."""


class Agenda:
    """Runs actors in the order of time; those that act at the same instant act in the order they asked to."""

    def __init__(self) -> None:
        self.now = 0
        self._waiting: list[tuple[int, int, Act]] = []
        self._number = count()

    def start(self, actor: Act) -> None:
        """Let an actor run to the instant it waits for first, and take it up from there."""
        self._resume(actor)

    def run(self) -> None:
        """Run until no actor waits."""
        while self._waiting:
            self.now, _, actor = heapq.heappop(self._waiting)
            self._resume(actor)

    def _resume(self, actor: Act) -> None:
        at = next(actor, None)
        if at is None:
            return
        if at < self.now:
            raise ValueError(f"an actor cannot act at {at}: it is {self.now} already")
        heapq.heappush(self._waiting, (at, next(self._number), actor))
