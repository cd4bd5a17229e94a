"""Real servers that hold a simulated night: InfluxDB with the EFD, PostgreSQL with ConsDB, and the web services."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from astropy.time import Time

from night import influxdb, postgresql
from night.consdb_tables import SCHEMAS
from night.files import LOGS, jira_issues, loki_entries
from night.simulation import Night
from servers.influxdb import Server as InfluxServer
from servers.influxdb import influxdb_server
from servers.jira_loki import query_range, search_jql
from servers.log_service import LogService, mounts
from servers.postgresql import Server as PostgresServer


@contextmanager
def efd_server(night: Night | None = None) -> Iterator[InfluxServer]:
    """Start an InfluxDB that holds a night in the databases ``efd`` and ``lsst.obsenv``.

    Raises
    ------
    servers.influxdb.InfluxNotFoundError
        If none is installed.
    """
    with influxdb_server() as server:
        if night is not None:
            load_efd(server, night)
        yield server


def load_efd(server: InfluxServer, night: Night) -> int:
    """Write a night into a running server, on top of what is there; return how many points."""
    return influxdb.write_night(server.url, night)


def create_consdb(server: PostgresServer, name: str, *, public: bool | None = None) -> str:
    """Make a database with ConsDB's empty tables for LSSTCam and LATISS, and return its URI.

    Parameters
    ----------
    server
        A running server.
    name
        Of the new database.
    public
        Whether the tables are made from the schema that Rubin publishes, all of them, with their constraints; without
        it, only the few that a night fills are. Where it is not said: if the schema is installed.
    """
    uri = server.create_database(name)
    if public is None:
        public = has_public_schema()
    if not public:
        postgresql.create_tables(uri)
        return uri
    for schema in SCHEMAS:
        declaration = files("lsst.sdm.schemas").joinpath(f"{schema}.yaml")
        engine = uri.replace("postgresql:", "postgresql+psycopg:")
        felis = str(Path(sys.executable).with_name("felis"))
        subprocess.run(
            [felis, "create", "--engine-url", engine, "--initialize", str(declaration)], check=True, capture_output=True
        )
    return uri


def has_public_schema() -> bool:
    """Whether Rubin's schema (lsst-sdm-schemas) and what makes tables of it (lsst-felis) are installed."""
    try:
        return find_spec("lsst.sdm.schemas") is not None and find_spec("felis") is not None
    except ModuleNotFoundError:
        return False


def load_consdb(uri: str, night: Night) -> int:
    """Insert a night's rows that are not there yet; return how many the night has."""
    return postgresql.write_night(uri, night)


class WebServices:
    """The observatory's web services, of one night.

    Parameters
    ----------
    night
        What they hold.
    consdb
        URI of the database that ``POST /consdb/query`` asks.

    Attributes
    ----------
    url
        Where they listen; the paths are those of the real ones, for example ``/exposurelog/messages``.
    now
        Says what time it is when a message is changed: TAI, ISO 8601.
    asked
        Every request, its method before its path.
    """

    def __init__(self, night: Night, consdb: str | None = None) -> None:
        self.url = ""
        self.now: Callable[[], str] = lambda: str(Time.now().tai.isot)
        self.asked: list[str] = []
        self._consdb = consdb
        self.show(night)

    def show(self, night: Night) -> None:
        """Hold another night, or the same one as it stands later."""
        self.logs = {name: LogService(night.logbook(name), lambda: self.now()) for name in LOGS}
        self._mounted = mounts(self.logs.values())
        self._issues = jira_issues(night)
        self._entries = loki_entries(night)

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: bytes) -> tuple[int, Any]:
        """Answer a request."""
        self.asked.append(f"{method} {path}")
        for mount, service in self._mounted.items():
            if path.rstrip("/") == mount:
                return service.answer(method, None, query, body)
            if path.startswith(f"{mount}/"):
                return service.answer(method, path.removeprefix(f"{mount}/"), query, body)
        match method, path:
            case "GET", "/rest/api/latest/search/jql":
                return search_jql(self._issues, query)
            case "GET", "/loki/api/v1/query_range":
                return query_range(self._entries, query)
            case "POST", "/consdb/query" if self._consdb:
                return _query_consdb(self._consdb, json.loads(body)["query"])
        return 404, {"detail": "Not Found"}


def _query_consdb(uri: str, statement: str) -> tuple[int, Any]:
    """Run a statement and answer as ConsDB's service does: names of columns, and rows."""
    import psycopg

    try:
        with psycopg.connect(uri) as connection:
            connection.read_only = True
            cursor = connection.execute(statement)
            columns = [column.name for column in cursor.description or ()]
            return 200, {"columns": columns, "data": json.loads(json.dumps(cursor.fetchall(), default=_as_text))}
    except psycopg.Error as error:
        return 500, {"message": str(error)}


def _as_text(value: Any) -> str:
    return str(value.isoformat())


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    services: WebServices

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        status, content = self.services.answer(self.command, parts.path, parse_qs(parts.query), body)
        encoded = b"" if content is None else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(encoded)))
        self.end_headers()
        self.wfile.write(encoded)

    do_GET = do_POST = do_PATCH = do_DELETE = _answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def web_services(night: Night, consdb: str | None = None) -> Iterator[WebServices]:
    """Start the web services of a night on a free loopback port, and stop them on leaving."""
    services = WebServices(night, consdb)
    handler = type("Handler", (_Handler,), {"services": services})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    services.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield services
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
