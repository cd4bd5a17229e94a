"""Every line of a tree hangs from what it is really related to, by a relation that is followed that way."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from progenitor.cli.tree import lineage_tree
from progenitor.identifiers import DEFAULT_BASE
from progenitor.provenance import Progenitor

pytestmark = [pytest.mark.butler, pytest.mark.xdist_group("demo")]

COADD = "deepCoadd tract=0 patch=3 band=i run=u/demo/drp"


def pairs(lineage, summaries) -> set[tuple[str, str]]:
    """Return (line, line below it) of the printed tree."""
    console = Console(width=400, record=True, file=io.StringIO())
    console.print(lineage_tree(lineage, summaries, DEFAULT_BASE, siblings=1000))
    found, path = set(), []
    for line in console.export_text().splitlines():
        match = re.match(
            r"(?P<guides>(?:│   |    |├── |└── )*)(?P<mark>\S) (?P<name>.*?)(?: [^\s=]+/[^\s=]+)?(?: \(above\))?\s*$",
            line,
        )
        level = len(match["guides"]) // 4
        del path[level:]
        if path:
            found.add((path[-1], match["name"]))
        path.append(match["name"])
    return found


@pytest.mark.parametrize("direction", ["ancestors", "descendants"])
@pytest.mark.parametrize(
    "start", [COADD, "flat detector=1 physical_filter=r_57 run=LSSTCam/calib/demo/flatGen.20251101"]
)
def test_each_line_hangs_from_what_it_came_from(demo_store, direction, start):
    with Progenitor.open(demo_store) as progenitor:
        lineage = getattr(progenitor, direction)(start)
        summaries = progenitor.summaries([node.iri for node in lineage.nodes])
    label = {iri: summary.label for iri, summary in summaries.items()}
    true = {(label[edge.subject], label[edge.object]) for edge in lineage.edges}
    drawn = pairs(lineage, summaries)
    assert drawn
    if direction == "descendants":
        drawn = {(below, above) for above, below in drawn}
    assert drawn <= true
