"""Builds the demo repository: ``python examples/demo/build_repository.py REPO [--visits N] [--detectors M]``.

A real Butler repository of a small LSSTCam-like survey: raws, calibrations in two epochs, and three processing runs,
each of which leaves another kind of evidence behind. `lsst_demo.campaign` says what is in it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

from lsst_demo.campaign import build
from lsst_demo.observations import MINIMUM_VISITS
from lsst_demo.truth import FILE_NAME

DEFAULT_VISITS = 5
DEFAULT_DETECTORS = 2


class RefusedError(RuntimeError):
    """A folder or a size that a repository cannot be built with."""


def build_repository(
    target: Path,
    *,
    visits: int = DEFAULT_VISITS,
    detectors: int = DEFAULT_DETECTORS,
    registry: str | None = None,
    progress: Callable[[str], None] = lambda line: None,
) -> bool:
    """Build the demo repository beside its place and move it there when it is complete.

    Parameters
    ----------
    target
        Where the repository will be.
    visits, detectors
        Size of the survey.
    registry
        SQLAlchemy URI of an empty PostgreSQL database with the extension ``btree_gist``; SQLite when None.
    progress
        Told what has been done, line by line.

    Returns
    -------
    bool
        Whether anything was built: False where the same repository is already there.

    Raises
    ------
    RefusedError
        If something else is there, or the size is out of range.
    """
    if visits < MINIMUM_VISITS or detectors < 2:
        raise RefusedError(f"at least {MINIMUM_VISITS} visits and 2 detectors, not {visits} and {detectors}")
    if _is_there(target, {"visits": visits, "detectors": detectors}):
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    # No dot, and so no hidden folder: the Butler takes what follows a dot for a file type.
    unfinished = target.parent / f"unfinished-repository-{os.getpid()}"
    try:
        build(unfinished, visits=visits, detectors=detectors, registry=registry, progress=progress)
        unfinished.rename(target)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return True


def _is_there(target: Path, size: dict[str, int]) -> bool:
    """Return whether the repository is at its place already; refuse anything else that is, but an empty folder."""
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return False
    try:
        truth = json.loads((target / FILE_NAME).read_text())
    except (OSError, ValueError):
        raise RefusedError(f"{target} exists and is not a demo repository: name another folder") from None
    there = {name: truth[name] for name in size}
    if there != size:
        raise RefusedError(f"{target} is a demo repository with {there}, not {size}: remove it or name another folder")
    return True


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("repository", type=Path, metavar="REPO", help="where the repository will be")
    parser.add_argument("--visits", type=int, default=DEFAULT_VISITS, help="science visits (%(default)s)")
    parser.add_argument("--detectors", type=int, default=DEFAULT_DETECTORS, help="detectors (%(default)s)")
    parser.add_argument("--registry", metavar="URI", help="PostgreSQL database for the registry, instead of SQLite")
    options = parser.parse_args()
    start = time.monotonic()

    def progress(line: str) -> None:
        print(f"{time.monotonic() - start:6.1f} s  {line}", flush=True)

    try:
        built = build_repository(
            options.repository.absolute(),
            visits=options.visits,
            detectors=options.detectors,
            registry=options.registry,
            progress=progress,
        )
    except RefusedError as error:
        print(f"build_repository: {error}", file=sys.stderr)
        return 2
    progress(f"{options.repository} {'is complete' if built else 'was already there'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
