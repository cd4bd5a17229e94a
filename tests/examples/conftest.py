"""A simulated night that its tests share: simulated once, and written once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from night.files import write_folder
from night.simulation import Night, simulate
from support.night_records import rows


@pytest.fixture(scope="session")
def night() -> Night:
    """The default night, with every trap; nobody may change it."""
    return simulate()


@pytest.fixture(scope="session")
def found(night: Night) -> dict[str, list[dict[str, Any]]]:
    """The rows of every topic of the night."""
    return rows(night)


@pytest.fixture(scope="session")
def folder(night: Night, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The night, written; read only."""
    target = tmp_path_factory.mktemp("night") / "night"
    write_folder(night, target)
    return target
