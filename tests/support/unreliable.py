"""A TCP proxy on loopback before a real server, which can fail in every way that a server or a network does."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal

Mode = Literal["works", "gone", "dies", "silent", "half", "stalls"]
"""``gone``: nobody listens. ``dies``: a connection is closed at once. ``silent``: it is taken, and nothing comes.
``half``: it is closed in the middle of the answer. ``stalls``: in the middle of the answer nothing more comes."""

_POLL = 0.05
_MIDDLE = 20_000
"""Bytes of answers that a connection gives before it fails in the middle."""


class Proxy:
    """A running proxy.

    Parameters
    ----------
    target
        Port of the server, on 127.0.0.1.

    Attributes
    ----------
    port
        Where it listens; the same one after it was ``gone``.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._mode: Mode = "works"
        self._listener: socket.socket | None = None
        self._leaving = threading.Event()
        self._threads: list[threading.Thread] = []
        self.port = 0
        self._listen()

    def be(self, mode: Mode) -> None:
        """Fail in this way from now on, or work."""
        self._mode = mode
        if mode == "gone":
            self._close()
        elif self._listener is None:
            self._listen()

    def stop(self) -> None:
        """End all connections."""
        self._leaving.set()
        self._close()
        for thread in self._threads:
            thread.join()

    def _listen(self) -> None:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen()
        listener.settimeout(_POLL)
        self.port = int(listener.getsockname()[1])
        self._listener = listener
        self._start(self._accept, listener)

    def _close(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def _start(self, work: object, *given: object) -> None:
        thread = threading.Thread(target=work, args=given, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while not self._leaving.is_set() and self._listener is listener:
            try:
                client, _ = listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            if self._mode == "dies":
                client.close()
            else:
                self._start(self._serve, client, self._mode)

    def _serve(self, client: socket.socket, mode: Mode) -> None:
        with client, socket.create_connection(("127.0.0.1", self._target)) as server:
            self._start(self._pass_on, client, server)
            given = 0
            for piece in self._pieces(server):
                if mode == "silent" or (mode == "stalls" and given > _MIDDLE):
                    self._leaving.wait()
                    return
                if mode == "half" and given > _MIDDLE:
                    return
                with suppress(OSError):
                    client.sendall(piece)
                given += len(piece)

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            for piece in self._pieces(client):
                server.sendall(piece)
            server.shutdown(socket.SHUT_WR)

    def _pieces(self, sender: socket.socket) -> Iterator[bytes]:
        sender.settimeout(_POLL)
        while not self._leaving.is_set():
            try:
                piece = sender.recv(4096)
            except TimeoutError:
                continue
            except OSError:
                return
            if not piece:
                return
            yield piece


@contextmanager
def unreliable(target: int) -> Iterator[Proxy]:
    """Start a proxy before a server, and stop it on leaving.

    Parameters
    ----------
    target
        Port of the server, on 127.0.0.1.
    """
    proxy = Proxy(target)
    try:
        yield proxy
    finally:
        proxy.stop()
