"""The states of chains, tags and calibrations: each a partition of its own, which later ones do not replace."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsst.daf.butler import Butler, Timespan
from lsst.daf.butler.registry import CollectionType

from progenitor.errors import SourceError
from progenitor.provenance import Progenitor
from support.butler import open_repository
from support.repository import copy_repository
from support.sinks import Tables

RUN = "u/demo/drp"


@pytest.mark.parametrize(
    "pattern", ["collections", "demo/collections", "coll*", "collections@*", "{key}", "demo/{key}"]
)
def test_a_pattern_selects_the_collections_with_their_state_or_without(repository: Path, pattern: str) -> None:
    reader = open_repository(repository, label="demo")
    (listed,) = (p for p in reader.partitions(["*"]) if p.key.startswith("demo/collections"))
    assert listed.fingerprint is not None
    assert listed.key == f"demo/collections@{listed.fingerprint[:16]}"
    (found,) = reader.partitions([pattern.format(key=listed.key.removeprefix("demo/"))])
    assert (found, found.fingerprint) == (listed, listed.fingerprint)


def test_a_state_that_has_passed_is_named(repository: Path) -> None:
    reader = open_repository(repository, label="demo")
    with pytest.raises(SourceError, match="collections@0123456789abcdef"):
        list(reader.partitions(["collections@0123456789abcdef"]))


def test_collections_are_only_read_when_asked_for(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = open_repository(repository, label="demo")

    def refuse(repository: object) -> str:
        raise AssertionError("the collections were read")

    monkeypatch.setattr("progenitor.sources.butler.reader.digest_collections", refuse)
    assert [p.key for p in reader.partitions([RUN, "dimensions"])] == [f"demo/{RUN}", "demo/dimensions"]


def _retag(root: Path, *, member: bool) -> None:
    """Take a dataset from the tagged collection, or put it back."""
    with Butler.from_config(str(root), writeable=True) as butler:
        (name,) = butler.collections.query("*", collection_types={CollectionType.TAGGED})
        refs = sorted(butler.query_datasets("preliminary_visit_image", collections=RUN), key=lambda ref: ref.id)
        if member:
            butler.registry.associate(name, refs[:1])
        else:
            butler.registry.disassociate(name, refs[:1])


def test_each_state_of_the_collections_is_a_partition_of_its_own(repository: Path, tmp_path: Path) -> None:
    mine = copy_repository(repository, tmp_path / "demo")
    found = []
    for member in (True, False, True):
        _retag(mine, member=member)
        (partition,) = open_repository(mine, label="demo").partitions(["collections"])
        found.append((partition.key, partition.fingerprint))
    assert found[0] == found[2]
    assert found[0] != found[1]


@pytest.mark.parametrize("change", ["chain", "documentation", "validity"])
def test_whatever_changes_in_a_collection_changes_the_state(repository: Path, tmp_path: Path, change: str) -> None:
    mine = copy_repository(repository, tmp_path / "demo")
    (before,) = open_repository(mine, label="demo").partitions(["collections"])
    with Butler.from_config(str(mine), writeable=True) as butler:
        if change == "validity":
            butler.registry.decertify("LSSTCam/calib/demo", "flat", Timespan(None, None))
        elif change == "chain":
            children = butler.collections.get_info("LSSTCam/defaults").children
            butler.collections.redefine_chain("LSSTCam/defaults", children[::-1])
        else:
            butler.registry.setCollectionDocumentation("LSSTCam/defaults", "What processing once read.")
    (after,) = open_repository(mine, label="demo").partitions(["collections"])
    assert before.key != after.key


def test_collections_that_change_before_they_are_read_are_not_taken_for_the_state(
    repository: Path, tmp_path: Path
) -> None:
    mine = copy_repository(repository, tmp_path / "demo")
    _retag(mine, member=True)
    reader = open_repository(mine, label="demo")
    (partition,) = reader.partitions(["collections"])
    _retag(mine, member=False)
    with pytest.raises(SourceError, match="no longer in the state"):
        reader.read(partition, Tables(reader.schemas()), lambda rows: None)


def test_an_old_state_of_the_collections_stays_in_the_store(repository: Path, tmp_path: Path) -> None:
    mine = copy_repository(repository, tmp_path / "demo")
    keys = []
    with Progenitor.create(tmp_path / "store") as progenitor:
        for member in (True, False, True):
            _retag(mine, member=member)
            report = progenitor.ingest("butler", str(mine), partitions=["collections"], options={"label": "demo"})
            keys.append({record.partition.key for record in report.kept})
        rows = progenitor.query(
            "SELECT ?state (COUNT(?dataset) AS ?members) WHERE { ?tag pg:collectionType 'TAGGED' . "
            "?state prov:specializationOf ?tag ; prov:hadMember ?dataset } GROUP BY ?state"
        )
        counts = sorted(int(members.value) for _, members in rows)
    assert keys[0] == keys[2]
    assert len(counts) == 2
    assert counts[1] == counts[0] + 1
    assert report.snapshot is None, "the first state was still there"
