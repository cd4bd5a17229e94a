"""An InfluxDB 1.x server of one's own: on free loopback ports, in a temporary folder, stopped by its process id."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ADMIN = ("admin", "loopback-only")
"""Who may do everything where the server asks for credentials."""

_DEADLINE = 60.0
"""Seconds after which a server that does not answer is given up."""

_LINES_A_REQUEST = 50_000

_CONFIGURATION = """
reporting-disabled = true
bind-address = "127.0.0.1:{backup}"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
  max-series-per-database = 0
[http]
  bind-address = "127.0.0.1:{port}"
  auth-enabled = {auth}
  max-row-limit = {rows}
[monitor]
  store-enabled = false
"""


class InfluxNotFoundError(RuntimeError):
    """No InfluxDB server is installed."""


@dataclass(frozen=True)
class Server:
    """A running server.

    Parameters
    ----------
    url
        Where it listens.
    pid
        Its process id.
    auth
        Whether it asks for credentials.
    """

    url: str
    pid: int
    auth: bool = False

    def query(self, text: str, **params: str) -> dict[str, Any]:
        """Ask or command something."""
        body = urllib.parse.urlencode({"q": text, **params}).encode()
        return json.loads(self._post("/query", body))

    def create_database(self, name: str) -> None:
        """Make an empty database; one of that name is dropped before."""
        self.query(f'DROP DATABASE "{name}"')
        self.query(f'CREATE DATABASE "{name}"')

    def write(self, database: str, lines: Iterable[str]) -> None:
        """Write points in line protocol, their times in nanoseconds."""
        block: list[str] = []
        for line in lines:
            block.append(line)
            if len(block) == _LINES_A_REQUEST:
                self._write(database, block)
                block = []
        if block:
            self._write(database, block)

    def _write(self, database: str, lines: list[str]) -> None:
        parameters = urllib.parse.urlencode({"db": database, "precision": "ns"})
        self._post(f"/write?{parameters}", "\n".join(lines).encode())

    def _post(self, path: str, body: bytes) -> bytes:
        request = urllib.request.Request(self.url + path, data=body)
        if self.auth:
            request.add_header("Authorization", f"Basic {b64encode(':'.join(ADMIN).encode()).decode()}")
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{path}: {error.code} {error.read().decode()}") from None


@contextmanager
def influxdb_server(*, auth: bool = False, max_rows: int = 0) -> Iterator[Server]:
    """Start a server, and stop it and remove its data on leaving.

    Parameters
    ----------
    auth
        Whether it asks for credentials; those of `ADMIN` are made.
    max_rows
        Rows it gives in an answer that is not chunked; 0 for all.

    Raises
    ------
    InfluxNotFoundError
        If none is installed.
    RuntimeError
        If it does not start; the message holds what it logged.
    """
    program = shutil.which("influxd")
    if program is None:
        raise InfluxNotFoundError("no InfluxDB 1.x server found: install Debian's package 'influxdb'")
    folder = Path(tempfile.mkdtemp(prefix="influxdb-"))
    try:
        port, backup = _free_ports(2)
        settings = {"folder": folder, "port": port, "backup": backup, "auth": str(auth).lower(), "rows": max_rows}
        (folder / "influxdb.conf").write_text(_CONFIGURATION.format(**settings))
        with (folder / "log").open("wb") as log:
            command = [program, "run", "-config", str(folder / "influxdb.conf")]
            # A session of its own: Ctrl-C reaches only us, who stop it when nobody asks it any more.
            process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, start_new_session=True)
        try:
            server = Server(f"http://127.0.0.1:{port}", process.pid, auth)
            _wait(server, process, folder / "log")
            if auth:
                name, password = ADMIN
                Server(server.url, server.pid).query(
                    f"CREATE USER \"{name}\" WITH PASSWORD '{password}' WITH ALL PRIVILEGES"
                )
            yield server
        finally:
            process.terminate()
            process.wait(_DEADLINE)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def _wait(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _DEADLINE
    while True:
        try:
            with urllib.request.urlopen(server.url + "/ping"):
                return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"InfluxDB did not start:\n{log.read_text(errors='replace')}") from None
            time.sleep(0.05)
