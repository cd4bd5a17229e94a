"""The same repository behind a PostgreSQL registry gives the same triples."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsst.daf.butler import Butler
from lsst.daf.butler.registry import CollectionType

from lsst_demo.repository import create_repository
from progenitor.errors import SourceError
from servers.postgresql import Server
from support.butler import Mapped, Triple, map_repository, open_repository

CALIBRATION = "LSSTCam/calib/demo"
RUNS = ("LSSTCam/calib/demo/biasGen.20251101", "LSSTCam/raw/all", "u/demo/quicklook")


@pytest.fixture(scope="module")
def twin(repository: Path, postgresql: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a PostgreSQL registry and copies of some runs of the demo repository."""
    root = tmp_path_factory.mktemp("postgresql") / "demo"
    create_repository(root, registry=postgresql.create_database("twin"))
    with Butler.from_config(str(repository)) as source, Butler.from_config(str(root), writeable=True) as target:
        refs = [ref for run in RUNS for ref in source.query_all_datasets(run, find_first=False, limit=None)]
        target.transfer_from(source, refs, transfer="copy", register_dataset_types=True, transfer_dimensions=True)
        target.collections.register(CALIBRATION, CollectionType.CALIBRATION)
        for association in source.registry.queryDatasetAssociations("bias", CALIBRATION):
            if association.ref.run in RUNS:
                target.registry.certify(CALIBRATION, [association.ref], association.timespan)
    return root


def without_locations(mapped: Mapped) -> set[Triple]:
    return {(s, p, o) for s, p, o in mapped.triples if p != "prov:atLocation" or o.startswith(":host/")}


@pytest.mark.server
def test_a_postgresql_registry_gives_the_same_triples(repository: Path, twin: Path, tmp_path: Path) -> None:
    mapped = []
    for name, location in (("sqlite", repository), ("postgresql", twin)):
        (tmp_path / name).mkdir()
        mapped.append(map_repository(location, tmp_path / name, [*RUNS], label="demo"))
    assert mapped[0].evidence == mapped[1].evidence
    assert without_locations(mapped[0]) == without_locations(mapped[1])
    assert len(mapped[0].triples) > 500


@pytest.mark.server
def test_validities_and_exposures_come_from_postgresql_too(repository: Path, twin: Path, tmp_path: Path) -> None:
    whole = ["collections", "dimensions"]
    (tmp_path / "sqlite").mkdir()
    (tmp_path / "postgresql").mkdir()
    here = map_repository(twin, tmp_path / "postgresql", whole, label="demo")
    there = map_repository(repository, tmp_path / "sqlite", whole, label="demo")
    for kind in ("pg:Membership", "pg:Exposure"):
        nodes = here.subjects("rdf:type", kind)
        assert nodes
        assert {t for t in here.triples if t[0] in nodes} <= there.triples


@pytest.mark.server
def test_fingerprints_come_from_postgresql_too(twin: Path) -> None:
    found = {partition.key: partition.fingerprint for partition in open_repository(twin, label="demo").partitions()}
    assert all(found[f"demo/{run}"] and "datasets, last" in str(found[f"demo/{run}"]) for run in RUNS)


@pytest.mark.server
def test_a_server_that_stopped_is_one_clear_error(twin: Path, postgresql: Server, tmp_path: Path) -> None:
    reader = open_repository(twin, label="demo")
    text = (twin / "butler.yaml").read_text()
    (tmp_path / "butler.yaml").write_text(text.replace(f":{postgresql.port}/", ":1/"))
    with pytest.raises(SourceError, match="does not answer"):
        open_repository(tmp_path)
    reader.close()
