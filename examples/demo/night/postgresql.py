"""Writes the night's ConsDB rows into PostgreSQL, into tables that are there or that it makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from night.consdb_tables import KEYS, SCHEMAS, TABLES, rows_of
from night.simulation import Night

if TYPE_CHECKING:
    import psycopg


def create_tables(uri: str) -> None:
    """Make the few tables that are written, with ConsDB's names of schemas, tables and columns."""
    with _connect(uri) as connection:
        for schema in SCHEMAS:
            connection.execute(f"CREATE SCHEMA {schema}")
            for table, columns in TABLES.items():
                listed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
                connection.execute(f"CREATE TABLE {schema}.{table} ({listed}, PRIMARY KEY ({', '.join(KEYS[table])}))")


def write_night(uri: str, night: Night) -> int:
    """Insert the rows that are not there yet and return how many the night has.

    Raises
    ------
    psycopg.Error
        If there is no server, or a row is refused; then no row is inserted.
    """
    written = 0
    with _connect(uri) as connection, connection.cursor() as cursor:
        for schema, tables in rows_of(night.inserts).items():
            for table in TABLES:
                names = list(TABLES[table])
                places = ", ".join(["%s"] * len(names))
                rows = [[row[name] for name in names] for row in tables[table]]
                cursor.executemany(
                    f"INSERT INTO {schema}.{table} ({', '.join(names)}) VALUES ({places}) ON CONFLICT DO NOTHING", rows
                )
                written += len(rows)
    return written


def _connect(uri: str) -> psycopg.Connection[tuple[object, ...]]:
    import psycopg

    return psycopg.connect(uri)
