"""Fixtures that every room shares."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# What a shell starts in the background ignores Ctrl-C, and so would whatever the tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN and threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)


settings.register_profile("progenitor", deadline=None, print_blob=True)
settings.load_profile("progenitor")
"""Timings never fail a test; a failure prints what makes it again."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-goldens", action="store_true", help="write the golden files anew from what the tests find"
    )


@pytest.fixture(scope="session")
def repository() -> Path:
    """A real Butler repository with every kind of evidence; read only."""
    from support.repository import demo_repository

    return demo_repository()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[object]:
    """A PostgreSQL server (`servers.postgresql.Server`); each test makes its own database in it."""
    from servers.postgresql import PostgresNotFoundError, postgresql_server

    try:
        with postgresql_server() as server:
            yield server
    except PostgresNotFoundError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def demo_store(repository: Path) -> Path:
    """A store into which the demo repository was ingested, all its runs; read only."""
    from support.demo_store import make_demo_store

    return make_demo_store(repository)


@pytest.fixture(scope="session")
def observatory_store(repository: Path, demo_store: Path) -> Path:
    """A store with the demo repository and all that was recorded of the night of its exposures; read only."""
    from support.observatory_store import make_observatory_store

    return make_observatory_store(repository, demo_store)
