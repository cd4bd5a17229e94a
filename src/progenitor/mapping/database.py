"""DuckDB connections for mapping, and its errors in words a person can act on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

import duckdb

from progenitor.errors import MappingError, Place, ProgenitorError, StoreError

_LINE: Final = re.compile(r"\n\s*LINE (\d+):")
_DISK: Final = re.compile(r"no space left|disk full|file too large|could not write|quota exceeded", re.IGNORECASE)


def connect(spill: Path | None = None, *, memory_limit: int = 2**30, threads: int = 1) -> duckdb.DuckDBPyConnection:
    """Open a private database that never downloads an extension and never looks at Python variables.

    Parameters
    ----------
    spill
        The folder to which it spills what does not fit; None for small data, which never spills.
    memory_limit
        Bytes of memory it may use.
    threads
        How many it may use.
    """
    connection = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": f"{memory_limit}B",
            "threads": str(threads),
            "temp_directory": str(spill or ""),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "python_enable_replacements": "false",
        },
    )
    connection.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
    return connection


def run(connection: duckdb.DuckDBPyConnection, statement: str) -> list[tuple[Any, ...]]:
    """Run a statement to its end so that Ctrl-C stops it, and return its rows.

    DuckDB does not look for signals while it works: it works in another thread, and this one waits for it.
    """
    done = _workers().submit(lambda: connection.execute(statement).fetchall())
    try:
        return done.result()
    except BaseException:
        while not done.done():
            connection.interrupt()
            wait([done], 0.02)
        raise


@cache
def _workers() -> ThreadPoolExecutor:
    """Return the threads in which single statements run: starting one for each would cost more than a small one."""
    return ThreadPoolExecutor(thread_name_prefix="duckdb")


def count_of(connection: duckdb.DuckDBPyConnection, statement: str) -> int:
    """Run an INSERT or COPY and return how many rows it wrote."""
    return int(run(connection, statement)[0][0])


@contextmanager
def explained(place: Place, doing: str, *, first_line: int = 1) -> Iterator[None]:
    """Turn DuckDB's errors into ours.

    Parameters
    ----------
    place
        Where the SQL was written, or what it was compiled from; its line is replaced where DuckDB tells a better one.
    doing
        What was being done, for the message.
    first_line
        The line of the file at which the SQL begins.

    Raises
    ------
    MappingError
        If the SQL is wrong, or does not fit into the memory limit.
    StoreError
        If the disk is full.
    """
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise MappingError(
            f"{doing} does not fit into the memory limit: {_first_line(error)}",
            place=place,
            hint="raise memory_limit, or split the work of the view",
        ) from error
    except duckdb.IOException as error:
        raise disk_error(error, place, doing) from error
    except duckdb.Error as error:
        line = _LINE.search(str(error))
        if line is not None and first_line:
            place = Place(place.source, first_line + int(line[1]) - 1, field=place.field)
        raise MappingError(f"{doing} failed: {_first_line(error)}", place=place) from error


def disk_error(error: duckdb.IOException, place: Place, doing: str) -> ProgenitorError:
    """Return what an input or output error of DuckDB means."""
    if _DISK.search(str(error)):
        return StoreError(f"no space left on the device while {doing}: {_first_line(error)}", hint="free some space")
    return MappingError(f"{doing} failed: {_first_line(error)}", place=place)


def _first_line(error: duckdb.Error) -> str:
    """Return the first line of DuckDB's message, which holds the cause."""
    return str(error).strip().split("\n", 1)[0]
