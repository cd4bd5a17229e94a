"""Evidence (b): a predicted quantum graph, and what the registry, the task metadata and the logs say became of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from lsst.pipe.base.quantum_graph import PredictedDatasetModel, PredictedInitQuantaModel, PredictedQuantumDatasetsModel
from lsst.resources import ResourcePath

from progenitor.sources.butler.attempts import write_init_quantum, write_quantum
from progenitor.sources.butler.graph_file import GraphFile, damage
from progenitor.sources.butler.pipeline import formatter_of, write_pipeline
from progenitor.sources.butler.scans import LOG, METADATA, QuantumFiles, Scan, scan_quanta
from progenitor.sources.butler.tables import TableWriter


@dataclass(frozen=True)
class _Unheard:
    """A quantum that left neither metadata nor log."""

    scan: Scan
    inputs: frozenset[str]
    outputs: frozenset[str]


class PredictedGraph:
    """Writes one predicted graph.

    Parameters
    ----------
    writer
        Where to.
    graph
        The open graph.
    registered
        UUID of every dataset that the registry has in the RUN -> its file, or None where it has none.
    """

    def __init__(self, writer: TableWriter, graph: GraphFile, registered: Mapping[str, ResourcePath | None]) -> None:
        self._writer = writer
        self._graph = graph
        self._registered = registered
        self._formatters = {name: formatter_of(node.dimensions) for name, node in graph.pipeline.dataset_types.items()}
        self._overall_inputs: set[str] = set()

    def write(self) -> None:
        """Write everything the graph and the files tell.

        Raises
        ------
        SourceError
            If the graph is damaged.
        """
        self._writer.add("run", self._graph.header.output_run, self._graph.header.user or None)
        write_pipeline(self._writer, self._graph.pipeline, self._graph.uri)
        self._write_init_quanta()
        unheard: list[_Unheard] = []
        lost: set[str] = set()
        for scan in scan_quanta(self._quanta(), self._writer):
            quantum = scan.files.quantum
            self._write_edges(quantum, {*scan.written})
            if scan.files.metadata is None and scan.files.log is None:
                unheard.append(_Unheard(scan, _ids(quantum.inputs.values()), _ids(quantum.outputs.values())))
                continue
            scan.write(self._writer, str(quantum.quantum_id))
            if not scan.models.attempts[-1].status.has_metadata:
                lost |= _ids(quantum.outputs.values())
        self._write_unheard(unheard, lost)

    def _quanta(self) -> Iterator[QuantumFiles]:
        tasks = self._graph.pipeline.tasks
        formatters = {label: formatter_of(task.dimensions) for label, task in tasks.items()}
        for quantum in self._graph.stream_models("quantum_datasets", PredictedQuantumDatasetsModel):
            if quantum.task_label not in tasks:
                continue  # the init quanta, which are written apart
            (metadata,) = quantum.outputs[METADATA]
            logs = quantum.outputs.get(LOG, [])
            data_id = formatters[quantum.task_label](quantum.data_coordinate)
            yield QuantumFiles(quantum, data_id, self._file(metadata), self._file(logs[0]) if logs else None)

    def _file(self, dataset: PredictedDatasetModel) -> ResourcePath | None:
        return self._registered.get(str(dataset.dataset_id))

    def _write_init_quanta(self) -> None:
        with damage(self._graph.uri):
            init_quanta = PredictedInitQuantaModel.model_validate_json(self._graph.block("init_quanta"))
        for quantum in init_quanta.root:
            if quantum.task_label:  # the one without a label writes the packages
                write_init_quantum(self._writer, str(quantum.quantum_id), quantum.task_label)
                self._write_edges(quantum, set())

    def _write_edges(self, quantum: PredictedQuantumDatasetsModel, written: set[str]) -> None:
        """Write the inputs of a quantum and its outputs, each with whether it was ever produced."""
        identifier = str(quantum.quantum_id)
        for connection, datasets in quantum.inputs.items():
            for dataset in datasets:
                key = str(dataset.dataset_id)
                self._writer.add("quantum_input", identifier, key, connection)
                if dataset.run != self._graph.header.output_run and key not in self._overall_inputs:
                    self._overall_inputs.add(key)
                    self._write_dataset(dataset, True, None)
        for datasets in quantum.outputs.values():
            for dataset in datasets:
                key = str(dataset.dataset_id)
                self._write_dataset(dataset, key in self._registered or key in written, identifier)

    def _write_dataset(self, dataset: PredictedDatasetModel, produced: bool, producer: str | None) -> None:
        name = dataset.dataset_type_name
        data_id = self._formatters[name](dataset.data_coordinate)
        self._writer.add("dataset", str(dataset.dataset_id), name, data_id, dataset.run, produced, producer)

    def _write_unheard(self, unheard: list[_Unheard], lost: set[str]) -> None:
        """Tell the quanta that were blocked, having an input that a failure left unmade, from those unknown."""
        waiting = unheard
        while True:
            blocked = [entry for entry in waiting if not entry.inputs.isdisjoint(lost)]
            if not blocked:
                break
            waiting = [entry for entry in waiting if entry.inputs.isdisjoint(lost)]
            for entry in blocked:
                lost |= entry.outputs
                files = entry.scan.files
                write_quantum(
                    self._writer, str(files.quantum.quantum_id), files.quantum.task_label, files.data_id, attempts=()
                )
        for entry in waiting:
            entry.scan.write(self._writer, str(entry.scan.files.quantum.quantum_id))


def _ids(groups: Iterable[Iterable[PredictedDatasetModel]]) -> frozenset[str]:
    return frozenset(str(dataset.dataset_id) for group in groups for dataset in group)
