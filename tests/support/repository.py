"""The demo repository for tests: built once, shared, and read only."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from support.cache import CHECKOUT, built_once, digest_of

DEMO = CHECKOUT / "examples" / "demo"


def demo_repository(visits: int = 5, detectors: int = 2) -> Path:
    """Return a demo repository of a given size, building it on first use.

    Nobody may write to it: take `copy_repository` for that.
    """
    from build_repository import build_repository

    digest = digest_of([DEMO / "lsst_demo", DEMO / "build_repository.py"])
    name = f"demo-repository/{digest}-{visits}x{detectors}"
    return built_once(name, lambda path: build_repository(path, visits=visits, detectors=detectors))


def copy_repository(repository: Path, target: Path) -> Path:
    """Copy a repository to a place of one's own and return it."""
    shutil.copytree(repository, target)
    return target


def truth_of(repository: Path) -> dict[str, Any]:
    """Return what is known to be true of a demo repository, as `lsst_demo.truth` wrote it."""
    truth: dict[str, Any] = json.loads((repository / "truth.json").read_text())
    return truth
