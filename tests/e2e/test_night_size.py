"""An 800-visit night has at most 100 triples an exposure, over the EFD, ConsDB and their reconciliation together."""

from __future__ import annotations

from pathlib import Path

import pytest

from night.files import write_folder
from night.plan import Plan
from night.simulation import simulate
from progenitor.provenance import Progenitor

VISITS, MOST = 800, 100


def size(visits: int, work: Path) -> tuple[int, int]:
    """Return the exposures of a night, and the triples that the observatory's systems say of it."""
    night, work = simulate(Plan(visits=visits)), work / str(visits)
    work.mkdir()
    write_folder(night, work / "exported")
    with Progenitor.create(work / "store") as progenitor:
        # Without a Butler, whose words on an exposure reconciliation would not repeat.
        report = progenitor.ingest_night("20251101", dict.fromkeys(("efd", "consdb"), str(work / "exported")))
        assert not report.failed, report.failed
        triples = sum(1 for _ in progenitor.dump(catalogue=False))
    return sum(exposure.day_obs == night.plan.day_obs for exposure in night.truth.exposures), triples


def test_a_large_night_keeps_to_its_budget(tmp_path: Path) -> None:
    """Worked out from two small ones: what each further exposure costs, and what a night costs however large."""
    (few, some), (many, more) = size(12, tmp_path), size(48, tmp_path)
    each = (more - some) / (many - few)
    assert (more + each * (VISITS - many)) / VISITS <= MOST


@pytest.mark.soak
def test_a_large_night_keeps_to_its_budget_when_counted(tmp_path: Path) -> None:
    exposures, triples = size(VISITS, tmp_path)
    assert triples / exposures <= MOST
