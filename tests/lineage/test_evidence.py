"""An answer along fetched inputs names the datasets at which it ends for want of evidence."""

from __future__ import annotations

from pathlib import Path

import pytest

from progenitor.lineage.evidence import without_evidence
from progenitor.lineage.index import LineageIndex
from progenitor.lineage.rules import Direction, Inputs
from progenitor.lineage.traverse import traverse
from progenitor.terms import PROV
from support.lineage import Snapshots

USED, MADE, FROM = PROV + "used", PROV + "wasGeneratedBy", PROV + "wasDerivedFrom"

TRIPLES = [
    ("coadd", MADE, "assemble"),
    ("assemble", USED, "warp1"),
    ("assemble", USED, "warp2"),
    ("coadd", FROM, "warp1"),
    ("background", MADE, "assemble"),
    ("warp1", MADE, "makeWarp"),
    ("makeWarp", USED, "raw"),
    ("raw", MADE, "exposure"),
    ("catalog", FROM, "coadd"),
]


@pytest.fixture
def index(tmp_path: Path) -> LineageIndex:
    return Snapshots(tmp_path).publish({"a": [(f"ex:{s}", p, f"ex:{o}") for s, p, o in TRIPLES]})


@pytest.mark.parametrize(
    ("start", "direction", "depth", "expected"),
    [
        ("catalog", "back", None, {"warp1"}),
        ("catalog", "back", 2, set()),
        ("raw", "back", None, set()),
        ("warp1", "forth", None, {"background"}),
        ("warp2", "forth", None, {"background"}),
        ("catalog", "forth", None, set()),
    ],
)
def test_the_border_of_the_evidence(
    index: LineageIndex, start: str, direction: Direction, depth: int | None, expected: set[str]
) -> None:
    answer = traverse(index, [index.node(f"ex:{start}")], direction, inputs="fetched", depth=depth)  # type: ignore[list-item]
    assert set(index.iris(without_evidence(answer))) == {f"ex:{name}" for name in expected}


@pytest.mark.parametrize("inputs", ["presented", "predicted"])
def test_other_inputs_need_no_such_evidence(index: LineageIndex, inputs: Inputs) -> None:
    answer = traverse(index, [index.node("ex:catalog")], "back", inputs=inputs)  # type: ignore[list-item]
    assert len(without_evidence(answer)) == 0
