"""What the reader needs of a database, whichever it is."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import pyarrow as pa

from progenitor.errors import Place, SourceError

BLOCK_ROWS: Final = 16_384
"""Rows that are asked of a database at a time."""

_SHOWN: Final = 200


@dataclass(frozen=True)
class Query:
    """A query with its parameters bound.

    Parameters
    ----------
    about
        What it asks for, in messages.
    sql
        The query, with the marks of the database.
    values
        Of the parameters.
    """

    about: str
    sql: str
    values: Sequence[Any] = ()

    def failed(self, url: str, what: str, hint: str | None = None) -> SourceError:
        """Return the error that it could not be answered."""
        asked = f"when asked for {self.about}: {' '.join(self.sql.split())[:_SHOWN]}"
        return SourceError(f"{what}, {asked}", place=Place(url), hint=hint)


class Database(Protocol):
    """An open database."""

    url: str
    """What messages call it; without credentials."""

    product: str
    """Its name, for the catalogue."""

    def mark(self, number: int) -> str:
        """Return the mark of a query's n-th parameter, counted from 1."""

    def describe(self, query: Query) -> pa.Schema | None:
        """Return the columns of a query's answer with their types, or None where the database does not know types."""

    def fingerprint(self) -> str | None:
        """Return what changes when the content does, where that is known without a query."""

    def blocks(self, queries: Mapping[str, Query]) -> Generator[tuple[str, dict[str, Any]], None, None]:
        """Yield the answers of queries in order, as of one moment: the query's key, and columns by name.

        Columns are Arrow arrays, or sequences of values where the database does not know types.

        Raises
        ------
        SourceError
            If the database is not there, refuses, or breaks off.
        """
