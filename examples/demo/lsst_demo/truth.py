"""What is known to be true of the demo repository, by Rubin's own graphs and files, for tests to compare with.

Everything here goes through Rubin's readers and networkx; nothing of it is what Progenitor itself would do.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import astropy.io.fits
import networkx as nx
import pyarrow.parquet
import yaml
from lsst.daf.butler import Butler, DatasetProvenance
from lsst.pipe.base import QuantumSuccessCaveats
from lsst.pipe.base.quantum_graph import PredictedQuantumGraph

from lsst_demo.processing import Evidence, Run

FILE_NAME = "truth.json"


def write_truth(root: Path, runs: Sequence[Run], **facts: Any) -> None:
    """Write ``truth.json`` into a repository.

    Parameters
    ----------
    root
        The repository, completely processed.
    runs
        Every run in it that has quanta, calibrations included.
    facts
        What the builder knows besides: sizes, names of collections, the planted secret.
    """
    with Butler.from_config(str(root)) as butler:
        graphs = {run.name: _run_graph(root, butler, run) for run in runs if run.evidence is not Evidence.NONE}
        everything = nx.compose_all(graphs.values())
        fetched = _fetched_graph(butler, [run.name for run in runs])
        truth = {
            **facts,
            "runs": {run.name: _describe_run(root, run, graphs.get(run.name)) for run in runs},
            "coadds": _describe_coadds(everything, fetched),
        }
    (root / FILE_NAME).write_text(json.dumps(truth, indent=1) + "\n")


def _run_graph(root: Path, butler: Butler, run: Run) -> nx.DiGraph:
    """Return the quanta and datasets of a run, an edge from each to what follows from it."""
    if run.evidence is not Evidence.PREDICTED:
        graph = butler.get("run_provenance", collections=run.name).bipartite_xgraph
        return _simplify(graph, lambda _, node: node["produced"], lambda _, node: _recorded_outcome(node))
    with PredictedQuantumGraph.open(str(predicted_file(root, run))) as reader:
        reader.read_all()
    existing = {ref.id for ref in butler.query_all_datasets(run.name, find_first=False, limit=None)}
    graph = reader.finish().bipartite_xgraph
    return _simplify(
        graph,
        lambda id_, node: node["run"] != run.name or id_ in existing,
        lambda id_, node: _inferred_outcome(butler, run.name, graph, existing, id_, node),
    )


def predicted_file(root: Path, run: Run) -> Path:
    """Return where the predicted graph of a run is kept."""
    return run.submit_folder(root) / f"{run.file_stem}.qg"


@dataclass(frozen=True)
class Outcome:
    """What became of a quantum: its status (``INIT`` for one that runs once a task) and that of every attempt."""

    status: str
    no_work: bool = False
    attempts: tuple[str, ...] = ()


def _recorded_outcome(node: Mapping[str, Any]) -> Outcome:
    """Return what a provenance graph says became of a quantum."""
    if "status" not in node:
        return Outcome("INIT")
    attempts = tuple(attempt.status.name for attempt in node["attempts"])
    return Outcome(node["status"].name, _found_no_work(node["caveats"]), attempts)


def _found_no_work(caveats: QuantumSuccessCaveats | None) -> bool:
    return caveats is not None and QuantumSuccessCaveats.NO_WORK in caveats


def _inferred_outcome(
    butler: Butler, run: str, graph: nx.DiGraph, existing: set[UUID], quantum: UUID, node: Mapping[str, Any]
) -> Outcome:
    """Return what became of a quantum as its metadata and log datasets tell."""
    label = node["task_label"]
    outputs = {graph.nodes[output]["dataset_type_name"]: output for output in graph.successors(quantum)}
    if f"{label}_metadata" not in outputs:
        return Outcome("INIT")
    if outputs[f"{label}_metadata"] in existing:
        metadata = butler.get(f"{label}_metadata", node["data_id"], collections=run)
        caveats = QuantumSuccessCaveats(int(metadata["quantum"]["caveats"]))
        return Outcome("SUCCESSFUL", _found_no_work(caveats))
    return Outcome("FAILED" if outputs[f"{label}_log"] in existing else "BLOCKED")


def _simplify(
    graph: nx.DiGraph,
    produced: Callable[[UUID, Mapping[str, Any]], bool],
    outcome: Callable[[UUID, Mapping[str, Any]], Outcome],
) -> nx.DiGraph:
    """Return the graph with the few attributes that the truth is told in."""
    simple = nx.DiGraph()
    simple.add_edges_from((str(start), str(end)) for start, end in graph.edges())
    for id_, node in graph.nodes(data=True):
        data_id = dict(node["data_id"].required)
        if "task_label" in node:
            simple.add_node(str(id_), task=node["task_label"], data_id=data_id, **asdict(outcome(id_, node)))
        else:
            attributes = {"type": node["dataset_type_name"], "run": node["run"], "data_id": data_id}
            simple.add_node(str(id_), produced=produced(id_, node), **attributes)
    return simple


def _fetched_graph(butler: Butler, runs: Iterable[str]) -> nx.DiGraph:
    """Return the datasets of runs, an edge to each from what its file says was read for it."""
    graph = nx.DiGraph()
    for run in runs:
        for ref in butler.query_all_datasets(run, find_first=False, limit=None):
            header = _header(butler.getURI(ref).ospath)
            if header is None:
                continue
            provenance, _ = DatasetProvenance.from_flat_dict(header, butler)
            graph.add_node(str(ref.id))
            for given in provenance.inputs:
                graph.add_edge(str(given.id), str(ref.id), **provenance.extras.get(given.id, {}))
    return graph


def _header(path: str) -> dict[str, Any] | None:
    """Return what a file says of itself; None for formats in which Rubin records nothing."""
    if path.endswith(".fits"):
        return dict(astropy.io.fits.getheader(path))
    if path.endswith(".parq"):
        text = pyarrow.parquet.read_metadata(path).metadata[b"table_meta_yaml"].decode()
        pairs = yaml.safe_load(text.replace("!!omap", ""))["meta"]
        return {key: value for pair in pairs for key, value in pair.items()}
    return None


def _describe_run(root: Path, run: Run, graph: nx.DiGraph | None) -> dict[str, Any]:
    description: dict[str, Any] = {"evidence": run.evidence.name.lower(), "predicted_graph": None}
    if predicted_file(root, run).exists():
        description["predicted_graph"] = str(predicted_file(root, run).relative_to(root))
    if graph is None:
        return description
    quanta = {id_: node for id_, node in graph.nodes(data=True) if node.get("status", "INIT") != "INIT"}
    counts = Counter((node["task"], node["status"]) for node in quanta.values())

    def select(wanted: Callable[[Mapping[str, Any]], bool]) -> list[dict[str, Any]]:
        chosen = [
            {"id": id_, "task": node["task"], "data_id": node["data_id"]}
            for id_, node in quanta.items()
            if wanted(node)
        ]
        return sorted(chosen, key=lambda quantum: quantum["id"])

    return description | {
        "quanta": [{"task": task, "status": status, "count": n} for (task, status), n in sorted(counts.items())],
        "failed": select(lambda node: node["status"] == "FAILED"),
        "blocked": select(lambda node: node["status"] == "BLOCKED"),
        "no_work": select(lambda node: node["no_work"]),
        "retried": [
            {**quantum, "attempts": quanta[quantum["id"]]["attempts"]}
            for quantum in select(lambda node: len(node["attempts"]) > 1)
        ],
        "missing_inputs": _missing_inputs(graph),
    }


def _missing_inputs(graph: nx.DiGraph) -> list[dict[str, str]]:
    """Return the inputs of executed quanta that were predicted and never produced."""
    return [
        {"quantum": quantum, "dataset": dataset}
        for dataset, quantum in sorted(graph.edges())
        if graph.nodes[quantum].get("status") not in (None, "BLOCKED") and not graph.nodes[dataset]["produced"]
    ]


def _describe_coadds(everything: nx.DiGraph, fetched: nx.DiGraph) -> list[dict[str, Any]]:
    """Return every coadd that exists, with the raws it came from along each of the three relations."""
    unproduced = [id_ for id_, node in everything.nodes(data=True) if node.get("produced") is False]
    presented = everything.copy()
    presented.remove_nodes_from(unproduced)
    coadds = [
        (id_, node) for id_, node in everything.nodes(data=True) if node.get("type") == "deepCoadd" and node["produced"]
    ]

    def raws(graph: nx.DiGraph, coadd: str) -> list[str]:
        return sorted(id_ for id_ in nx.ancestors(graph, coadd) if everything.nodes[id_].get("type") == "raw")

    return [
        {
            "id": coadd,
            "run": node["run"],
            "data_id": node["data_id"],
            "raws": {
                "predicted": raws(everything, coadd),
                "presented": raws(presented, coadd),
                "fetched": raws(fetched, coadd),
            },
            "weights": {warp: edge["WEIGHT"] for warp, _, edge in fetched.in_edges(coadd, data=True)},
        }
        for coadd, node in sorted(coadds)
    ]
