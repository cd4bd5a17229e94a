"""A PostgreSQL server of one's own: on a free loopback port, in a temporary folder, stopped by its process id."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SUPERUSER = "progenitor"
_DEADLINE = 60.0
"""Seconds after which a server that does not answer is given up."""


class PostgresNotFoundError(RuntimeError):
    """No PostgreSQL server is installed."""


@dataclass(frozen=True)
class Server:
    """A running server.

    Parameters
    ----------
    port
        Where it listens, on 127.0.0.1.
    pid
        Its process id.
    """

    port: int
    pid: int

    def uri(self, database: str) -> str:
        """Return the URI of a database."""
        return f"postgresql://{SUPERUSER}@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str) -> str:
        """Make an empty database with what a Butler registry needs (``btree_gist``) and return its URI."""
        self._execute("postgres", f'CREATE DATABASE "{name}"')
        self._execute(name, "CREATE EXTENSION btree_gist")
        return self.uri(name)

    def _execute(self, database: str, statement: str) -> None:
        import psycopg

        # CREATE DATABASE is refused inside a transaction.
        with psycopg.connect(self.uri(database), autocommit=True) as connection:
            connection.execute(statement)


def find_binaries() -> Path:
    """Return the folder of ``initdb`` and ``postgres``: from PATH, or the newest that Debian's packages installed.

    Raises
    ------
    PostgresNotFoundError
        If there is none.
    """
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not installed:
        raise PostgresNotFoundError("no PostgreSQL server found: install Debian's package 'postgresql'")
    return installed[-1].parent


@contextmanager
def postgresql_server() -> Iterator[Server]:
    """Start a server, and stop it and remove its data on leaving.

    Raises
    ------
    PostgresNotFoundError
        If none is installed.
    RuntimeError
        If it does not start; the message holds what it logged.
    """
    binaries = find_binaries()
    user = _unprivileged_user()
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
    try:
        if user is not None:
            os.chown(folder, user.pw_uid, user.pw_gid)
        data = folder / "data"
        command = [binaries / "initdb", "-D", data, "-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--no-locale", "-N"]
        subprocess.run(command, check=True, capture_output=True, cwd=folder, **_identity(user))
        with (folder / "log").open("wb") as log:
            port = _free_port()
            process = _start(binaries, data, port, log.fileno(), user)
            try:
                _wait(binaries, process, port, folder / "log")
                yield Server(port, process.pid)
            finally:
                process.send_signal(signal.SIGINT)  # "fast" shutdown: open connections are closed
                process.wait(_DEADLINE)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged_user() -> pwd.struct_passwd | None:
    """Return whom the server runs as: ourselves (None), unless we are root, whom PostgreSQL refuses."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return pwd.getpwnam("postgres" if "postgres" in names else "nobody")


def _identity(user: pwd.struct_passwd | None) -> dict[str, object]:
    return {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _start(binaries: Path, data: Path, port: int, log: int, user: pwd.struct_passwd | None) -> subprocess.Popen[bytes]:
    """Start the server without the durability that throw-away data does not need."""
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": "",
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
    }
    command = [binaries / "postgres", "-D", data, *(f"--{name}={value}" for name, value in settings.items())]
    # A session of its own: Ctrl-C reaches only us, who stop it when nobody asks it any more.
    return subprocess.Popen(command, stdout=log, stderr=log, cwd=data, start_new_session=True, **_identity(user))


def _wait(binaries: Path, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _DEADLINE
    probe = [binaries / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port), "-U", SUPERUSER, "-d", "postgres"]
    while subprocess.run(probe, check=False).returncode != 0:
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}")
        time.sleep(0.05)
