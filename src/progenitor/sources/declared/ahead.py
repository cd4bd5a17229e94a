"""Reading in another thread, while this one converts and stores what came before.

It also lets this thread notice that nothing comes any more: a database driver waits in C, where neither a deadline nor
Ctrl-C reaches it.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Generator, Iterator
from threading import Event, Thread
from typing import Any, Final, TypeVar

Item = TypeVar("Item")

_POLL: Final = 0.1
"""Seconds after which a producer looks whether anyone still wants what it has."""


def read_ahead(
    produce: Callable[[], Iterator[Item]], seconds: float | None = None, late: Callable[[], Exception] = TimeoutError
) -> Generator[Item, None, None]:
    """Yield what another thread produces, one item ahead.

    Where an item does not come in time the thread is left behind: it ends when its driver comes back, or with the
    process.

    Parameters
    ----------
    produce
        Called in that thread, which runs what it returns to its end.
    seconds
        How long to wait for each item; None where the producer sees to that itself.
    late
        Makes the error for an item that did not come in time.

    Raises
    ------
    Exception
        That of ``late`` if an item does not come in time; whatever the producer raises.
    """
    items: queue.Queue[tuple[str, Any]] = queue.Queue(maxsize=1)
    unwanted = Event()
    worker = Thread(target=_work, args=(produce, items, unwanted), name="reader", daemon=True)
    worker.start()
    try:
        while True:
            try:
                kind, value = items.get(timeout=seconds)
            except queue.Empty:
                raise late() from None
            if kind == "item":
                yield value
                continue
            worker.join()
            if kind == "error":
                raise value
            return
    finally:
        unwanted.set()


def _work(produce: Callable[[], Iterator[Any]], items: queue.Queue[tuple[str, Any]], unwanted: Event) -> None:
    """Produce until the end, an error, or until nobody wants more."""

    def hand_over(kind: str, value: Any = None) -> None:
        while not unwanted.is_set():
            try:
                items.put((kind, value), timeout=_POLL)
            except queue.Full:
                continue
            return

    last: tuple[str, Any] = ("end", None)
    source = produce()
    try:
        for item in source:
            hand_over("item", item)
            if unwanted.is_set():
                break
    except BaseException as error:  # it is raised in the other thread
        last = ("error", error)
    finally:
        if hasattr(source, "close"):
            source.close()
    hand_over(*last)
