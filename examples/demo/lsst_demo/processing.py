"""Runs pipelines for real, and keeps of each run the evidence that its kind of campaign leaves behind."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from lsst.daf.butler import Butler, DataCoordinate, DatasetRef, DatasetType
from lsst.pipe.base import Pipeline
from lsst.pipe.base.mp_graph_executor import MPGraphExecutorError
from lsst.pipe.base.quantum_graph import PredictedQuantumGraph, PredictedQuantumGraphComponents
from lsst.pipe.base.quantum_graph.aggregator import AggregatorConfig, aggregate_graph
from lsst.pipe.base.quantum_graph.ingest_graph import ingest_graph
from lsst.pipe.base.separable_pipeline_executor import SeparablePipelineExecutor

PIPELINES = Path(__file__).parent / "pipelines"


class Evidence(Enum):
    """What a run leaves behind about how its datasets were made, besides registry and file headers."""

    IN_PROCESS = "provenance graph, written in process"
    AGGREGATED = "provenance graph, aggregated after a batch campaign"
    PREDICTED = "predicted graph"
    NONE = "nothing"


@dataclass(frozen=True)
class Run:
    """A processing run.

    Parameters
    ----------
    name
        The RUN collection.
    pipeline
        File in ``pipelines/``; may name a subset after ``#``.
    inputs
        The input collections.
    where
        The data query.
    evidence
        What it leaves behind.
    overrides
        Configuration: ``{task label: {field: value}}``.
    may_fail
        Whether failed quanta are part of the demo.
    """

    name: str
    pipeline: str
    inputs: tuple[str, ...]
    where: str
    evidence: Evidence
    overrides: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    may_fail: bool = False

    @property
    def file_stem(self) -> str:
        """What the batch system would call the run's files."""
        return self.name.replace("/", "_")

    def submit_folder(self, root: Path) -> Path:
        """Return the folder that the batch system would keep for the run, inside a repository."""
        return root / "submit" / self.name


def execute(root: Path, run: Run, *, unreadable: Path | None = None) -> int:
    """Build the quantum graph of a run, execute it, and keep its evidence.

    A run in which quanta may fail is rescued once, as operators do: what failed is tried again.

    Parameters
    ----------
    root
        The repository.
    run
        What to run.
    unreadable
        A file of the repository that cannot be read until the rescue.

    Returns
    -------
    int
        The number of quanta in the graph.

    Raises
    ------
    RuntimeError
        If quanta fail that should not, or none do where some should.
    """
    with Butler.from_config(str(root), collections=run.inputs, run=run.name, writeable=True) as butler:
        executor = SeparablePipelineExecutor(butler)
        components = _predict(executor, run)
        graph = components.assemble()
        executor.pre_execute_qgraph(graph, register_dataset_types=True)
        provenance = _provenance_ref(butler, run) if run.evidence is Evidence.IN_PROCESS else None
        with _out_of_reach(unreadable):
            succeeded = _attempt(executor, graph, provenance)
        if run.may_fail:
            rescue = SeparablePipelineExecutor(butler, clobber_output=True, skip_existing_in=[run.name])
            succeeded = _attempt(rescue, graph, None)
        if succeeded is run.may_fail:
            raise RuntimeError(f"run {run.name}: quanta {'all succeeded' if succeeded else 'failed'}, unlike planned")
    _keep_evidence(root, run, components)
    return len(graph)


def _attempt(executor: SeparablePipelineExecutor, graph: PredictedQuantumGraph, provenance: DatasetRef | None) -> bool:
    """Execute a graph as far as it goes; return whether every quantum succeeded."""
    try:
        executor.run_pipeline(graph, provenance_dataset_ref=provenance)
    except MPGraphExecutorError:
        return False
    return True


@contextmanager
def _out_of_reach(file: Path | None) -> Iterator[None]:
    """Have a file under another name for a while, as if its disk did not answer."""
    if file is None:
        yield
        return
    elsewhere = file.rename(file.with_name(f"{file.name}-away"))
    try:
        yield
    finally:
        elsewhere.rename(file)


def _predict(executor: SeparablePipelineExecutor, run: Run) -> PredictedQuantumGraphComponents:
    pipeline = Pipeline.from_uri(f"file://{PIPELINES / run.pipeline}")
    for label, fields in run.overrides.items():
        for name, value in fields.items():
            pipeline.addConfigOverride(label, name, value)
    builder = executor.make_quantum_graph_builder(pipeline, run.where)
    return builder.finish(metadata={"data_query": run.where}, attach_datastore_records=True)


def _provenance_ref(butler: Butler, run: Run) -> DatasetRef:
    """Return the dataset that the provenance graph of a run becomes."""
    dataset_type = DatasetType("run_provenance", butler.dimensions.empty, "ProvenanceQuantumGraph")
    butler.registry.registerDatasetType(dataset_type)
    return DatasetRef(dataset_type, DataCoordinate.make_empty(butler.dimensions), run=run.name)


def _keep_evidence(root: Path, run: Run, components: PredictedQuantumGraphComponents) -> None:
    if run.evidence not in (Evidence.AGGREGATED, Evidence.PREDICTED):
        return
    predicted = run.submit_folder(root) / f"{run.file_stem}.qg"
    components.write(str(predicted))
    if run.evidence is Evidence.AGGREGATED:
        # Only the aggregator records blocked quanta; a graph written in process is lost when a quantum fails.
        provenance = predicted.with_name(f"{run.file_stem}_provenance.qg")
        config = AggregatorConfig(output_path=str(provenance), defensive_ingest=True, update_output_chain=False)
        aggregate_graph(str(predicted), str(root), config)
        ingest_graph(str(root), str(provenance), transfer="move")


@contextmanager
def logging_to(path: Path) -> Iterator[None]:
    """Send what Rubin's code logs to a file instead of the terminal, and let tasks capture it too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    logger = logging.getLogger()
    level = logger.level
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)
        handler.close()
