"""SQLite, read through the standard library: values have types there, columns have none."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pyarrow as pa

from progenitor.errors import Place, SourceError
from progenitor.sources.declared.ahead import read_ahead
from progenitor.sources.sql.database import BLOCK_ROWS, Query

_STEPS: Final = 10_000
"""Instructions of SQLite's machine between two looks at the clock."""


class Sqlite:
    """A database file.

    Parameters
    ----------
    path
        The file.
    timeout
        Seconds in which each block of rows must come.

    Raises
    ------
    SourceError
        If there is no such file.
    """

    product = "SQLite"

    def __init__(self, path: str, timeout: float) -> None:
        if not Path(path).is_file():
            raise SourceError("there is no such database", place=Place(path))
        self.url = path
        self._timeout = timeout

    def mark(self, number: int) -> str:
        """Return ``?1``, ``?2`` ..."""
        return f"?{number}"

    def describe(self, query: Query) -> pa.Schema | None:
        """Return None: a column of SQLite has no type to go by."""
        return None

    def fingerprint(self) -> str | None:
        """Return None: only a query tells what has changed."""
        return None

    def blocks(self, queries: Mapping[str, Query]) -> Generator[tuple[str, dict[str, Any]], None, None]:
        """Yield the answers of queries, as of one moment.

        Raises
        ------
        SourceError
            If the file is no database, a query is wrong, or takes too long.
        """
        yield from read_ahead(lambda: self._answers(queries))

    def _answers(self, queries: Mapping[str, Query]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the answers of queries."""
        uri = f"file:{quote(str(Path(self.url).resolve()))}?mode=ro"
        query = next(iter(queries.values()))
        try:
            with closing(sqlite3.connect(uri, uri=True, isolation_level=None, timeout=self._timeout)) as connection:
                connection.text_factory = lambda text: text.decode(errors="surrogateescape")
                connection.execute("BEGIN")
                for key, query in queries.items():
                    for block in self._answer(connection, query):
                        yield key, block
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorname", "") == "SQLITE_INTERRUPT":
                raise query.failed(
                    self.url, f"gave no rows within {self._timeout:g} s", "raise the option timeout"
                ) from error
            raise query.failed(self.url, f"failed: {error}", "look at query of the table in source.yml") from error

    def _answer(self, connection: sqlite3.Connection, query: Query) -> Iterator[dict[str, Any]]:
        """Yield an answer block by block; one that is empty is a block too, so that its columns are known."""
        self._allow(connection)
        cursor = connection.execute(query.sql, [_bound(value) for value in query.values])
        names = [column[0] for column in cursor.description or ()]
        rows = cursor.fetchmany(BLOCK_ROWS)
        while True:
            yield dict(zip(names, zip(*rows, strict=True) if rows else [()] * len(names), strict=True))
            self._allow(connection)
            rows = cursor.fetchmany(BLOCK_ROWS)
            if not rows:
                return

    def _allow(self, connection: sqlite3.Connection) -> None:
        """Let the connection work until the timeout from now."""
        until = time.monotonic() + self._timeout
        connection.set_progress_handler(lambda: time.monotonic() > until, _STEPS)


def _bound(value: Any) -> Any:
    """Return a time as the ISO text that is SQLite's convention."""
    return value.isoformat(" ") if hasattr(value, "isoformat") else value
