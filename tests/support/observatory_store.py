"""The demo repository and the night in which its exposures were taken, in one store: made once, shared, and read only.

The night is read from the files that its systems export, so that no server is needed.
"""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from night.files import write_folder
from night.metrics import write_file
from night.plan import DAY_OBS
from night.simulation import simulate
from progenitor.provenance import Progenitor
from support.cache import CHECKOUT, built_once
from support.demo_store import store_digest

SYSTEMS = ("efd", "exposurelog", "narrativelog", "nightreport", "consdb", "jira", "machine-logs", "sasquatch")
"""The mapping folders of what is read night by night."""
SENT = datetime(2025, 11, 2, 11, tzinfo=UTC)
"""When the metrics were sent to Sasquatch: in the same night."""


def make_observatory_store(repository: Path, demo_store: Path) -> Path:
    """Return the store, making it on first use.

    Parameters
    ----------
    repository
        The demo repository: the default night (`night.plan.Plan`) has its exposures.
    demo_store
        A store with that repository.
    """
    digest = store_digest(repository, CHECKOUT / "examples" / "demo" / "night")
    return built_once(f"observatory-store/{digest}", lambda path: _build(path, repository, demo_store))


def _build(path: Path, repository: Path, demo_store: Path) -> None:
    partial = path.with_name(f"{path.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(demo_store, partial)
    with TemporaryDirectory() as work, Progenitor.open(partial) as progenitor:
        exports = Path(work) / "night"
        write_folder(simulate(), exports)
        write_file(exports, repository, SENT)
        report = progenitor.ingest_night(str(DAY_OBS), dict.fromkeys(SYSTEMS, str(exports)))
    assert not report.failed, report.failed
    partial.rename(path)
