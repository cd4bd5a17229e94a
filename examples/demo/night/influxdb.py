"""Writes the night into a running InfluxDB 1.x, as the archive has it: over HTTP, ``/query`` and ``/write``."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from itertools import islice
from urllib.parse import urlencode

from night.lineprotocol import environment_lines, lines
from night.simulation import Night

EFD = "efd"
OBSENV = "lsst.obsenv"
"""Names of the two databases."""
_LINES_AT_A_TIME = 5_000


class RefusedError(RuntimeError):
    """InfluxDB did not do what it was asked, and says why."""


def write_night(url: str, night: Night, *, user: str | None = None, password: str | None = None) -> int:
    """Make the databases where they are missing, write every point, and return how many.

    Raises
    ------
    RefusedError
        If the server refuses a statement or a point.
    urllib.error.URLError
        If there is no server.
    """
    parts = ((EFD, lines(night.messages)), (OBSENV, environment_lines(night.environment)))
    return sum(write_points(url, database, points, user=user, password=password) for database, points in parts)


def write_points(
    url: str, database: str, points: Iterable[str], *, user: str | None = None, password: str | None = None
) -> int:
    """Make a database where it is missing, write points of line protocol into it, and return how many.

    Raises
    ------
    RefusedError
        If the server refuses a statement or a point.
    urllib.error.URLError
        If there is no server.
    """
    written = 0
    _create(url, database, user, password)
    query = urlencode({"db": database, "precision": "ns"})
    for batch in _batches(points):
        _post(f"{url}/write?{query}", "\n".join(batch).encode(), user, password)
        written += len(batch)
    return written


def _batches(points: Iterable[str]) -> Iterator[list[str]]:
    source = iter(points)
    while batch := list(islice(source, _LINES_AT_A_TIME)):
        yield batch


def _create(url: str, database: str, user: str | None, password: str | None) -> None:
    answer = _post(f"{url}/query", urlencode({"q": f'CREATE DATABASE "{database}"'}).encode(), user, password)
    # A statement that failed is answered with 200 and an error inside.
    for result in json.loads(answer).get("results", []):
        if "error" in result:
            raise RefusedError(f"CREATE DATABASE {database}: {result['error']}")


def _post(url: str, body: bytes, user: str | None, password: str | None) -> bytes:
    request = urllib.request.Request(url, data=body)
    if user is not None:
        token = base64.b64encode(f"{user}:{password or ''}".encode()).decode()
        request.add_header("Authorization", f"Basic {token}")
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            answer: bytes = response.read()
            return answer
    except urllib.error.HTTPError as error:
        raise RefusedError(f"{error.code}: {error.read().decode(errors='replace').strip()}") from None
