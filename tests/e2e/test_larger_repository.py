"""A repository of 20 visits: twice the same bytes, and the raws of every coadd as Rubin's own graphs have them."""

from __future__ import annotations

import pytest

from progenitor.provenance import Progenitor
from support.demo_store import ingest_options
from support.repository import demo_repository, truth_of

pytestmark = [pytest.mark.butler, pytest.mark.xdist_group("larger")]


def test_twenty_visits_twice(tmp_path):
    repository = demo_repository(visits=20)
    options = ingest_options(repository)
    with Progenitor.create(tmp_path / "one") as one, Progenitor.create(tmp_path / "two") as two:
        assert one.ingest("butler", str(repository), options=options).failed == []
        two.ingest("butler", str(repository), partitions=["u/*"], options=options)
        two.ingest("butler", str(repository), options=options)
        assert b"".join(one.dump(catalogue=False)) == b"".join(two.dump(catalogue=False))
        assert one.ingest("butler", str(repository), options=options).snapshot is None
        raw = f"{one.base}dataset-type/raw"
        coadds = truth_of(repository)["coadds"]
        assert len(coadds) > 22
        for coadd in coadds:
            for inputs, expected in coadd["raws"].items():
                lineage = one.ancestors(coadd["id"], inputs=inputs)
                summaries = one.summaries([node.iri for node in lineage.nodes])
                raws = {iri.rpartition("/")[2] for iri, summary in summaries.items() if summary.type == raw}
                assert raws == set(expected), (coadd["id"], inputs)
