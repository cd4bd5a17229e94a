"""views.sql: the statements that tidy a reader's tables into what mapping.yml names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from progenitor.errors import MappingError, Place
from progenitor.mapping.database import explained, run

if TYPE_CHECKING:
    import duckdb


def create_views(connection: duckdb.DuckDBPyConnection, sql: str, file: Path) -> None:
    """Run the statements of a views.sql.

    Parameters
    ----------
    connection
        Where the tables are.
    sql
        DuckDB SQL that creates views, tables and macros, and nothing else.
    file
        Where it was read from, for errors.

    Raises
    ------
    MappingError
        If a statement is wrong or is not a CREATE; it names file and line.
    """
    with explained(Place(file), "reading the views"):
        statements = connection.extract_statements(sql)
    position = 0
    for statement in statements:
        text = statement.query
        start = sql.index(text, position)
        position = start + len(text)
        leading = len(text) - len(text.lstrip())
        line = sql.count("\n", 0, start) + 1
        place = Place(file, line + text.count("\n", 0, leading))
        if statement.type.name != "CREATE":
            raise MappingError(
                f"views.sql may only create views, tables and macros, not {statement.type.name}", place=place
            )
        with explained(place, "creating a view", first_line=line):
            run(connection, text)
