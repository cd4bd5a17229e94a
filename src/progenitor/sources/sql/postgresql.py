"""PostgreSQL, read through ADBC: cursors on the server, Arrow blocks, one transaction that only reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import pyarrow as pa

from progenitor.errors import SourceError
from progenitor.sources.credentials import public_url, secret
from progenitor.sources.declared.ahead import read_ahead
from progenitor.sources.sql.database import BLOCK_ROWS, Query

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection

_CURSOR: Final = "progenitor_rows"
_HINTS: Final = {
    "57014": "raise the option timeout, or make the query cheaper",
    "42P01": "look at query or table in source.yml",
    "42703": "look at the columns of the table in source.yml",
    "42601": "look at query in source.yml",
    "42501": "does this account have the right to read it?",
    "28P01": "give password_env, or a password in ~/.pgpass",
    "3D000": "is the name of the database in the URL right?",
}
"""SQLSTATE (appendix A of PostgreSQL's manual) -> what to do."""

_UNREACHED: Final = {
    "database": "is the name of the database in the URL right?",
    "role": "is the user in the URL right?",
    "password": "give password_env, or a password in ~/.pgpass",
    "": "is the server up, and its URL right?",
}
"""What a message of a connection that failed, which has no SQLSTATE, says is wrong -> what to do."""

_FATAL: Final = re.compile(r"FATAL: .*?(database|role|password)")


class Postgresql:
    """A database of a PostgreSQL server; it is connected to for each partition.

    Parameters
    ----------
    location
        Its URL, ``postgresql://user@host:port/database``.
    password_env
        The environment variable that holds the password.
    timeout
        Seconds in which the connection, and then each block of rows, must come.

    Raises
    ------
    ConfigurationError
        If the variable is not set.
    """

    product = "PostgreSQL"

    def __init__(self, location: str, password_env: str | None, timeout: float) -> None:
        self.url = public_url(location)
        self._password = secret(password_env, "password_env") if password_env else None
        self._timeout = timeout
        self._uri = _uri(location, self._password, timeout)

    def mark(self, number: int) -> str:
        """Return ``$1``, ``$2`` ..."""
        return f"${number}"

    def describe(self, query: Query) -> pa.Schema | None:
        """Return the columns of a query's answer.

        Raises
        ------
        SourceError
            If the server is not there or refuses, or the query is wrong.
        """

        def produce() -> Iterator[pa.Schema]:
            with self._connected(query) as connection, closing(connection.cursor()) as cursor, self._explained(query):
                yield cursor.adbc_execute_schema(query.sql)

        (schema,) = self._in_time(query, produce)
        return schema

    def fingerprint(self) -> str | None:
        """Return None: only a query tells what has changed."""
        return None

    def blocks(self, queries: Mapping[str, Query]) -> Generator[tuple[str, dict[str, Any]], None, None]:
        """Yield the answers of queries, as of one moment.

        Raises
        ------
        SourceError
            If the server is not there, refuses, breaks off, or keeps silent for longer than the timeout.
        """

        def produce() -> Iterator[tuple[str, dict[str, Any]]]:
            with self._connected(first) as connection:
                for key, query in queries.items():
                    with self._explained(query):
                        for block in _answer(connection, query):
                            yield key, block

        first = next(iter(queries.values()))
        yield from self._in_time(first, produce)

    def _in_time(self, query: Query, produce: Callable[[], Iterator[Any]]) -> Iterator[Any]:
        # The server ends a statement by itself at the timeout: only where it does not either is it given up here.
        return read_ahead(
            produce,
            self._timeout * 1.5 + 1,
            lambda: query.failed(self.url, f"kept silent for more than {self._timeout:g} s", "is the server alive?"),
        )

    @contextmanager
    def _connected(self, query: Query) -> Iterator[Connection]:
        from adbc_driver_postgresql import dbapi  # type: ignore[import-untyped,unused-ignore]

        with self._explained(query):
            connection = dbapi.connect(self._uri)
        with closing(connection):
            with self._explained(query), closing(connection.cursor()) as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                cursor.execute(f"SET LOCAL statement_timeout = {max(1, round(self._timeout * 1000))}")
                cursor.execute("SET LOCAL TimeZone = 'UTC'")
            yield connection

    @contextmanager
    def _explained(self, query: Query) -> Iterator[None]:
        """Turn the driver's errors into ours."""
        from adbc_driver_manager import Error

        try:
            yield
        except Error as error:
            raise self._error(query, error) from None

    def _error(self, query: Query, error: Exception) -> SourceError:
        text = " ".join(str(error).split()).removesuffix(".")
        if self._password:
            text = text.replace(self._password, "***")
        state = getattr(error, "sqlstate", None) or ""
        return query.failed(self.url, text, _HINTS.get(state) if state else _hint_without_state(text))


def _hint_without_state(text: str) -> str:
    """Return what to do about an error that the server did not number: of the connection, or of an answer cut off."""
    if "Failed to connect" not in text:
        return "look into the log of the server"
    fatal = _FATAL.search(text)
    return _UNREACHED[fatal[1] if fatal else ""]


def _answer(connection: Connection, query: Query) -> Iterator[dict[str, Any]]:
    """Yield an answer block by block; one that is empty is a block too, so that its columns are known."""
    with closing(connection.cursor()) as cursor:
        # Only a cursor gives the rows of a query with bound parameters in blocks.
        cursor.adbc_statement.set_options(**{"adbc.postgresql.use_copy": "false"})
        cursor.execute(f"DECLARE {_CURSOR} NO SCROLL CURSOR FOR {query.sql}", list(query.values) or None)
        first = True
        while True:
            cursor.execute(f"FETCH {BLOCK_ROWS} FROM {_CURSOR}")
            table = cursor.fetch_arrow_table()
            if not first and not table.num_rows:
                break
            yield {name: table.column(name).combine_chunks() for name in table.schema.names}
            first = False
        cursor.execute(f"CLOSE {_CURSOR}")


def _uri(location: str, password: str | None, timeout: float) -> str:
    """Return the URI for libpq."""
    parts = urlsplit(location)
    given = dict(parse_qsl(parts.query))
    given.setdefault("connect_timeout", str(max(2, round(timeout))))
    given.setdefault("application_name", "progenitor")
    if password is not None:
        given["password"] = password
    return urlunsplit(parts._replace(query=urlencode(given, quote_via=quote)))
