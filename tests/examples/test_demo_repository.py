"""The demo repository holds what it promises, as Rubin's own tools see it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from astropy.io import fits
from lsst.daf.butler import Butler, CollectionType, DatasetRef
from lsst.pipe.base import QuantumAttemptStatus, QuantumSuccessCaveats
from lsst.pipe.base.quantum_graph import PredictedQuantumGraph, ProvenanceQuantumGraph

import build_repository as builder
from build_repository import RefusedError, build_repository
from lsst_demo.campaign import CHAIN, DEEP, DRP, QUICKLOOK, SECRET, TAGGED
from lsst_demo.observations import CLOUDY_VISIT, EPOCHS, GRAZING_VISIT, Exposure, survey
from lsst_demo.repository import CALIBRATION, DEFAULTS, RAW_RUN
from lsst_demo.sky import detector_box, patch_box
from servers.postgresql import Server
from support.repository import copy_repository, truth_of

pytestmark = pytest.mark.butler

SCIENCE = [exposure for exposure in survey(5) if exposure.kind == "science"]


@pytest.fixture(scope="module")
def butler(repository: Path) -> Iterator[Butler]:
    with Butler.from_config(str(repository)) as client:
        yield client


@pytest.fixture(scope="module")
def graph(butler: Butler) -> ProvenanceQuantumGraph:
    found: ProvenanceQuantumGraph = butler.get("run_provenance", collections=DRP)
    return found


@pytest.fixture(scope="module")
def truth(repository: Path) -> dict[str, Any]:
    return truth_of(repository)


def all_datasets(butler: Butler, collections: str = "*") -> list[DatasetRef]:
    return butler.query_all_datasets(collections, find_first=False, limit=None)


def quanta(graph: ProvenanceQuantumGraph, status: QuantumAttemptStatus) -> Counter[str]:
    nodes = graph.bipartite_xgraph.nodes
    return Counter(nodes[id_]["task_label"] for id_ in graph.quantum_only_xgraph if nodes[id_]["status"] is status)


def test_there_is_a_collection_of_every_type(butler: Butler) -> None:
    types = {info.name: info.type for info in butler.collections.query_info("*")}
    assert types[RAW_RUN] is types[DRP] is types[DEEP] is types[QUICKLOOK] is CollectionType.RUN
    assert types[DEFAULTS] is types[CHAIN] is CollectionType.CHAINED
    assert types[CALIBRATION] is CollectionType.CALIBRATION
    assert types[TAGGED] is CollectionType.TAGGED
    assert {ref.run for ref in all_datasets(butler, TAGGED)} == {DRP}


def test_calibrations_hold_for_two_epochs_without_a_gap(butler: Butler) -> None:
    associations = list(butler.registry.queryDatasetAssociations("flat", collections=CALIBRATION))
    assert len(associations) == len(EPOCHS) * 2 * 2  # detectors, filters
    first, second = sorted({association.timespan for association in associations}, key=lambda span: span.begin)
    assert first.end == second.begin
    assert second.end is None
    for exposure in SCIENCE:
        used = butler.get("post_isr_image", exposure=exposure.id, detector=0, instrument="LSSTCam", collections=DRP)
        assert used.header["DAYOBS"] == exposure.day_obs
        ref = butler.find_dataset("flat", _flat_id(exposure), collections=CALIBRATION, timespan=_span(exposure))
        assert ref is not None
        assert ref.run.endswith(str(exposure.day_obs))


def _flat_id(exposure: Exposure) -> dict[str, Any]:
    return {"instrument": "LSSTCam", "detector": 0, "physical_filter": exposure.physical_filter}


def _span(exposure: Exposure) -> Any:
    from lsst.daf.butler import Timespan

    return Timespan(exposure.begin, exposure.end)


def test_exactly_one_quantum_failed_and_blocks_what_follows(graph: ProvenanceQuantumGraph) -> None:
    nodes = graph.bipartite_xgraph.nodes
    assert quanta(graph, QuantumAttemptStatus.FAILED) == {"calibrateImage": 1}
    (failed,) = [id_ for id_ in graph.quantum_only_xgraph if nodes[id_]["status"] is QuantumAttemptStatus.FAILED]
    assert nodes[failed]["data_id"]["visit"] == SCIENCE[CLOUDY_VISIT].id
    assert nodes[failed]["exception"].type_name == "lsst_demo.tasks.visits.InsufficientSourcesError"
    blocked = quanta(graph, QuantumAttemptStatus.BLOCKED)
    assert blocked["makeDirectWarp"] == blocked["assembleDeepCoadd"] == 2
    assert set(nodes[failed]["data_id"].dimensions.required) == {"instrument", "visit", "detector"}


def test_what_failed_was_tried_again(graph: ProvenanceQuantumGraph, truth: dict[str, Any]) -> None:
    nodes = graph.bipartite_xgraph.nodes
    attempts = {
        nodes[id_]["task_label"]: [attempt.status.name for attempt in nodes[id_]["attempts"]]
        for id_ in graph.quantum_only_xgraph
        if len(nodes[id_]["attempts"]) > 1
    }
    assert attempts == {"isr": ["FAILED", "SUCCESSFUL"], "calibrateImage": ["FAILED", "FAILED"]}
    assert {row["task"]: row["attempts"] for row in truth["runs"][DRP]["retried"]} == attempts


def test_exactly_one_quantum_found_no_work(graph: ProvenanceQuantumGraph) -> None:
    nodes = graph.bipartite_xgraph.nodes
    idle = [
        nodes[id_]
        for id_ in graph.quantum_only_xgraph
        if nodes[id_]["caveats"] and nodes[id_]["caveats"] & QuantumSuccessCaveats.NO_WORK
    ]
    assert [node["task_label"] for node in idle] == ["makeDirectWarp"]
    assert idle[0]["data_id"]["visit"] == SCIENCE[GRAZING_VISIT].id


def test_a_predicted_warp_was_never_produced(graph: ProvenanceQuantumGraph, butler: Butler) -> None:
    nodes = graph.bipartite_xgraph.nodes
    coadd = butler.find_dataset("deepCoadd", _coadd_id(0), collections=DRP)
    assert coadd is not None
    (quantum,) = graph.bipartite_xgraph.predecessors(coadd.id)
    missing = [id_ for id_ in graph.bipartite_xgraph.predecessors(quantum) if not nodes[id_]["produced"]]
    assert [nodes[id_]["data_id"]["visit"] for id_ in missing] == [SCIENCE[GRAZING_VISIT].id]
    assert butler.get_dataset(missing[0]) is None


def _coadd_id(patch: int, band: str = "i") -> dict[str, Any]:
    return {"skymap": "demo_rings", "tract": 0, "patch": patch, "band": band}


def test_a_coadd_is_given_warps_that_it_does_not_read(graph: ProvenanceQuantumGraph, butler: Butler) -> None:
    coadd = butler.find_dataset("deepCoadd", _coadd_id(3), collections=DRP)
    assert coadd is not None
    header = fits.getheader(butler.getURI(coadd).ospath)
    (quantum,) = graph.bipartite_xgraph.predecessors(coadd.id)
    assert header["LSST BUTLER QUANTUM"] == str(quantum)
    numbers = range(header["LSST BUTLER N_INPUTS"])
    fetched = {UUID(header[f"LSST BUTLER INPUT {number} ID"]) for number in numbers}
    presented = set(graph.bipartite_xgraph.predecessors(quantum))
    rejected = [graph.bipartite_xgraph.nodes[id_]["data_id"]["visit"] for id_ in presented - fetched]
    assert fetched < presented
    assert rejected == [exposure.id for exposure in SCIENCE if exposure.zenith_angle > 60]
    assert sum(header[f"LSST BUTLER INPUT {number} WEIGHT"] for number in numbers) == pytest.approx(1)


def test_two_runs_process_the_same_data_ids_with_other_configurations(butler: Butler) -> None:
    coadds = {run: {ref.dataId for ref in butler.query_datasets("deepCoadd", collections=run)} for run in (DRP, DEEP)}
    assert coadds[DRP] < coadds[DEEP]
    configs = [butler.get("assembleDeepCoadd_config", collections=run) for run in (DRP, DEEP)]
    assert [config.maximumZenithAngle for config in configs] == [60.0, 90.0]


def test_each_run_leaves_its_own_evidence(repository: Path, butler: Butler, truth: dict[str, Any]) -> None:
    ingested = {ref.run for ref in all_datasets(butler) if ref.datasetType.name == "run_provenance"}
    assert DRP in ingested
    assert not ingested & {DEEP, QUICKLOOK}
    predicted = repository / truth["runs"][DEEP]["predicted_graph"]
    with PredictedQuantumGraph.open(str(predicted)) as reader:
        assert reader.header.output_run == DEEP
    assert not (repository / "submit" / QUICKLOOK).exists()
    assert butler.get("isr_metadata", _raw_id(SCIENCE[0]), collections=QUICKLOOK)["quantum"]["caveats"] == 0


def _raw_id(exposure: Exposure) -> dict[str, Any]:
    return {"instrument": "LSSTCam", "exposure": exposure.id, "detector": 0}


def test_science_raws_of_every_coadd_follow_from_the_pointings(butler: Butler, truth: dict[str, Any]) -> None:
    """The graphs' answer beside one that knows only where the telescope pointed."""
    raws = {str(ref.id): ref.dataId for ref in all_datasets(butler, RAW_RUN)}
    science = {exposure.id for exposure in SCIENCE}
    checked = 0
    for coadd in truth["coadds"]:
        found = {(raws[id_]["exposure"], raws[id_]["detector"]) for id_ in coadd["raws"]["predicted"]}
        expected = set(_pointed_at(**coadd["data_id"]))
        assert {key for key in found if key[0] in science} == expected
        assert set(coadd["raws"]["fetched"]) <= set(coadd["raws"]["presented"]) <= set(coadd["raws"]["predicted"])
        checked += coadd["raws"]["fetched"] != coadd["raws"]["presented"] != coadd["raws"]["predicted"]
    assert checked, "no coadd tells the three relations apart"


def _pointed_at(tract: int, patch: int, band: str, skymap: str) -> Iterator[tuple[int, int]]:
    region = patch_box(tract, patch).region
    for exposure in SCIENCE:
        for detector in range(2):
            ra, dec = exposure.pointing or (0.0, 0.0)
            if exposure.band == band and region.intersects(detector_box(ra, dec, detector, 2).region):
                yield exposure.id, detector


def test_the_truth_counts_every_quantum(graph: ProvenanceQuantumGraph, truth: dict[str, Any]) -> None:
    counted = {(row["task"], row["status"]): row["count"] for row in truth["runs"][DRP]["quanta"]}
    for status in QuantumAttemptStatus:
        expected = {(task, status.name): count for task, count in quanta(graph, status).items()}
        assert {key: count for key, count in counted.items() if key[1] == status.name} == expected
    deep = truth["runs"][DEEP]
    assert (len(deep["failed"]), len(deep["blocked"]), len(deep["no_work"])) == (0, 0, 1)
    assert sum(row["count"] for row in deep["quanta"]) == sum(row["count"] for row in truth["runs"][DRP]["quanta"])


def test_the_secret_is_only_where_the_batch_system_dumps_it(repository: Path) -> None:
    (token,) = SECRET.values()
    holders = {path.name for path in repository.rglob("*") if path.is_file() and token.encode() in path.read_bytes()}
    assert holders == {"truth.json", "u_demo_drp.env.info.yaml", "u_demo_drp-deep.env.info.yaml"}


def test_a_finished_repository_can_be_moved(repository: Path, tmp_path: Path) -> None:
    moved = copy_repository(repository, tmp_path / "elsewhere")
    with Butler.from_config(str(moved)) as butler:
        refs = all_datasets(butler)
        for ref in refs:
            path = Path(butler.getURI(ref).ospath)
            assert path.is_relative_to(moved)
            assert path.is_file()
        for name in ("raw", "deepCoadd", "run_provenance", "objectTable", "isr_metadata", "isr_log"):
            assert butler.get(next(ref for ref in refs if ref.datasetType.name == name)) is not None


def test_building_again_does_nothing(repository: Path) -> None:
    before = (repository / "butler.yaml").stat().st_mtime_ns
    assert build_repository(repository) is False
    assert (repository / "butler.yaml").stat().st_mtime_ns == before


def test_another_size_or_a_foreign_folder_is_refused(repository: Path, tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match=r"'visits': 5, .* not .*'visits': 6"):
        build_repository(repository, visits=6)
    (tmp_path / "thesis.tex").write_text("do not lose me")
    with pytest.raises(RefusedError, match="not a demo repository"):
        build_repository(tmp_path)
    with pytest.raises(RefusedError, match="at least 5 visits and 2 detectors, not 4 and 2"):
        build_repository(tmp_path / "small", visits=4)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_failed_build_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_off(root: Path, **_: Any) -> None:
        root.mkdir()
        (root / "butler.yaml").write_text("half")
        raise OSError("no space left on device")

    monkeypatch.setattr(builder, "build", break_off)
    with pytest.raises(OSError, match="no space"):
        build_repository(tmp_path / "repository")
    assert not list(tmp_path.iterdir())


@pytest.mark.server
def test_a_postgresql_registry_holds_the_same(
    postgresql: Server, repository: Path, butler: Butler, tmp_path: Path
) -> None:
    build_repository(tmp_path / "repository", registry=postgresql.create_database("demo"))
    with Butler.from_config(str(tmp_path / "repository")) as other:
        counts = [
            Counter((ref.run, ref.datasetType.name) for ref in all_datasets(client)) for client in (butler, other)
        ]
        assert counts[0] == counts[1]
        raws = [{ref.id for ref in all_datasets(client, RAW_RUN)} for client in (butler, other)]
        assert raws[0] == raws[1]
    sizes = [json.loads((root / "truth.json").read_text())["visits"] for root in (repository, tmp_path / "repository")]
    assert sizes[0] == sizes[1]
