"""A small HTTP service on loopback: tables with paging as the log services do it, tokens, and every way to fail."""

from __future__ import annotations

import base64
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    params: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    def first(self, name: str, default: str = "") -> str:
        """The first value of a parameter."""
        return self.params.get(name, [default])[0]


@dataclass(frozen=True)
class Reply:
    """An answer.

    Parameters
    ----------
    body
        JSON, or bytes as they are.
    status, headers
        Of the answer.
    sent
        How many bytes of the body are sent before the connection is closed; all where not given.
    pause
        Seconds to wait before every further piece of the body, which is then sent in five pieces; or before the
        headers, where the body is empty.
    reset
        Whether the connection is reset before any answer.
    """

    body: Any = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    sent: int | None = None
    pause: float = 0.0
    reset: bool = False


Answerer = Callable[[Asked], Reply]


class Service:
    """A running service: what it was asked, and what it answers.

    Parameters
    ----------
    port
        Where it listens, on 127.0.0.1.
    """

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.asked: list[Asked] = []
        self.answers: dict[str, Answerer] = {}
        self.failures: list[Reply] = []
        self.authorization: str | None = None
        self.leaving = threading.Event()

    def fail(self, *replies: Reply) -> None:
        """Give these answers first, one to each request."""
        self.failures.extend(replies)

    def require_token(self, token: str) -> None:
        """Ask for a bearer token."""
        self.authorization = f"Bearer {token}"

    def require_password(self, user: str, password: str) -> None:
        """Ask for basic authentication."""
        self.authorization = f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"

    def reply(self, asked: Asked) -> Reply:
        """Answer a request."""
        self.asked.append(asked)
        if self.failures:
            return self.failures.pop(0)
        if self.authorization is not None and asked.headers.get("authorization") != self.authorization:
            # Some services repeat what they were given.
            return Reply({"detail": f"no access with {asked.headers.get('authorization')}"}, 401)
        if asked.path not in self.answers:
            return Reply({"detail": "Not Found"}, 404)
        return self.answers[asked.path](asked)

    def by_offset(self, path: str, rows: Sequence[Any], *, most: int = 1000) -> None:
        """Serve rows by offset and limit; a limit of 1 is refused, and no page has more than ``most`` rows."""

        def answer(asked: Asked) -> Reply:
            limit, offset = int(asked.first("limit", "50")), int(asked.first("offset", "0"))
            if limit < 2:
                wrong = {"loc": ["query", "limit"], "msg": "ensure this value is greater than 1"}
                return Reply({"detail": [wrong]}, 422)
            return Reply(list(rows[offset : offset + min(limit, most)]))

        self.answers[path] = answer

    def by_cursor(self, path: str, rows: Sequence[Any], *, size: int) -> None:
        """Serve rows by a cursor, of the query string or of a JSON body."""

        def answer(asked: Asked) -> Reply:
            given = json.loads(asked.body).get("nextPageToken") if asked.body else asked.first("nextPageToken")
            start = int(given) if given else 0
            page: dict[str, Any] = {"issues": list(rows[start : start + size])}
            if start + size < len(rows):
                page["nextPageToken"] = str(start + size)
            return Reply(page)

        self.answers[path] = answer

    def by_link(self, path: str, rows: Sequence[Any], *, size: int) -> None:
        """Serve rows with a Link header to the next page."""

        def answer(asked: Asked) -> Reply:
            start = int(asked.first("from", "0"))
            more = start + size < len(rows)
            headers = {"Link": f'<{path}?from={start + size}>; rel="next"'} if more else {}
            return Reply(list(rows[start : start + size]), headers=headers)

        self.answers[path] = answer


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.server.service.reply(Asked(self.command, parts.path, parse_qs(parts.query), headers, body))
        if reply.reset:
            # Closing with SO_LINGER 0 sends a reset instead of an orderly end.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
        else:
            self._send(reply)

    do_POST = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass

    def _send(self, reply: Reply) -> None:
        content = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        if reply.pause and not content:
            self.server.service.leaving.wait(reply.pause)
        self.send_response(reply.status)
        for name, value in ({"Content-Length": str(len(content))} | reply.headers).items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self._send_pieces(content[: reply.sent], 5 if reply.pause else 1, reply.pause)
        except OSError:
            self.close_connection = True
        if reply.sent is not None:
            self.close_connection = True

    def _send_pieces(self, content: bytes, pieces: int, pause: float) -> None:
        size = max(1, len(content) // pieces)
        for start in range(0, len(content), size):
            if pause and self.server.service.leaving.wait(pause):
                return
            self.wfile.write(content[start : start + size])
            self.wfile.flush()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.service = Service(self.server_address[1])

    def handle_error(self, *_: object) -> None:
        """Say nothing: broken connections are what is tested."""


@contextmanager
def http_service() -> Iterator[Service]:
    """Start a service, and stop it on leaving."""
    server = _Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.service
    finally:
        server.service.leaving.set()
        server.shutdown()
        server.server_close()
        thread.join()
