"""A DuckDB of one's own, in memory: it installs nothing, shows nothing, and its times are UTC."""

from __future__ import annotations

import duckdb


def scratch_database(**settings: str | int) -> duckdb.DuckDBPyConnection:
    """Open an empty database.

    Parameters
    ----------
    settings
        Of DuckDB, besides those that every one has here.
    """
    fixed: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }
    connection = duckdb.connect(config=fixed | settings)
    connection.execute("SET enable_progress_bar = false")
    connection.execute("SET TimeZone = 'UTC'")
    return connection
