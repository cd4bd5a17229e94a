"""Every query of examples/queries has a title and an answer in the demo store."""

from __future__ import annotations

from pathlib import Path

import pytest

from progenitor.provenance import Progenitor

QUERIES = sorted((Path(__file__).parents[2] / "examples" / "queries").glob("*.rq"))

pytestmark = [pytest.mark.butler, pytest.mark.xdist_group("demo")]


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_query_has_a_title_and_an_answer(path, demo_store):
    text = path.read_text()
    assert text.startswith("# ")
    assert text.splitlines()[0].rstrip(")").partition(" (")[0].endswith(("?", "."))
    with Progenitor.open(demo_store) as progenitor:
        assert list(progenitor.query(text))
