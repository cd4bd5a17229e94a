"""The invented graph is one that Rubin's own reader takes for real."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import pytest
from lsst.daf.butler import Butler
from lsst.pipe.base import QuantumAttemptStatus
from lsst.pipe.base.quantum_graph import ProvenanceQuantumGraph, ProvenanceQuantumGraphReader

from support.large_graph import ingest_large_graph, write_large_graph
from support.large_survey import RUN, Size
from support.repository import copy_repository


@pytest.fixture(scope="module")
def graph_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "graph.qg"
    write_large_graph(path, Size(visits=20, detectors=9))
    return path


@pytest.fixture(scope="module")
def graph(graph_file: Path) -> ProvenanceQuantumGraph:
    with ProvenanceQuantumGraphReader.open(str(graph_file)) as reader:
        reader.read_full_graph()
        return reader.graph


def test_counts_agree_with_the_header(graph: ProvenanceQuantumGraph) -> None:
    counts = {label: len(quanta) for label, quanta in graph.quanta_by_task.items() if quanta}
    assert counts == graph.header.n_task_quanta
    assert counts["isr"] == counts["calibrateImage"] == 20 * 9
    assert counts["makeDirectWarp"] == 20 * 16
    datasets = [node for _, node in graph.bipartite_xgraph.nodes(data=True) if "dataset_type_name" in node]
    assert len(datasets) == graph.header.n_datasets


def test_every_quantum_has_a_status_metadata_and_log(graph_file: Path, graph: ProvenanceQuantumGraph) -> None:
    quanta = list(graph.quantum_only_xgraph)
    assert {graph.bipartite_xgraph.nodes[id_]["status"] for id_ in quanta} == {QuantumAttemptStatus.SUCCESSFUL}
    with ProvenanceQuantumGraphReader.open(str(graph_file)) as reader:
        metadata = reader.fetch_metadata(quanta[:50])
        logs = reader.fetch_logs(quanta[:50])
    assert all(attempts[-1]["quantum"]["nodeName"].startswith("sdfrome") for attempts in metadata.values())
    assert all(len(attempts[-1]) == 3 for attempts in logs.values())


def test_a_coadd_comes_from_the_raws_of_its_band_only(graph: ProvenanceQuantumGraph) -> None:
    nodes = graph.bipartite_xgraph.nodes
    for data_id, coadd in graph.datasets_by_type["deepCoadd"].items():
        raws = [nodes[id_] for id_ in nx.ancestors(graph.bipartite_xgraph, coadd)]
        bands = {node["data_id"]["band"] for node in raws if node.get("dataset_type_name") == "raw"}
        assert bands == {data_id["band"]}


def test_the_same_size_gives_the_same_nodes(graph: ProvenanceQuantumGraph, tmp_path: Path) -> None:
    components = write_large_graph(tmp_path / "again.qg", Size(visits=20, detectors=9))
    assert set(components.quantum_datasets) == set(graph.quantum_only_xgraph)
    assert not list(tmp_path.glob("unfinished*"))


@pytest.mark.butler
def test_it_can_be_the_provenance_of_a_run(repository: Path, graph_file: Path, tmp_path: Path) -> None:
    copy = copy_repository(repository, tmp_path / "repository")
    ingest_large_graph(copy, graph_file)
    with Butler.from_config(str(copy), collections=RUN) as butler:
        assert butler.get("run_provenance").header.output_run == RUN
