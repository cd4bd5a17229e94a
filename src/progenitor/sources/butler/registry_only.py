"""Evidence (c): no quantum graph, only the registry, the task metadata and logs in it, and the headers of the files.

A header names the quantum that wrote the file and what was read for it; the task metadata names the task and the
outputs. Together they give back the quanta, without the inputs that were presented but never read.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lsst.daf.butler import DatasetRef
from lsst.pipe.base.quantum_graph import PredictedDatasetModel, PredictedQuantumDatasetsModel
from lsst.resources import ResourcePath

from progenitor.errors import Place
from progenitor.sources.butler.artifacts import read_file
from progenitor.sources.butler.configs import parse_config
from progenitor.sources.butler.headers import HeaderProvenance
from progenitor.sources.butler.pipeline import write_config
from progenitor.sources.butler.registered import Stored
from progenitor.sources.butler.scans import LOG, METADATA, QuantumFiles, Scan, scan_quanta
from progenitor.sources.butler.tables import TableWriter

SUFFIXES = {"TaskMetadata": METADATA, "ButlerLogRecords": LOG, "Config": "_config"}
"""Storage class of a dataset that the middleware writes for every task -> how the name of its type ends."""


@dataclass
class _Processing:
    """The metadata and log of one quantum."""

    label: str
    data_id: str | None
    coordinate: tuple[int | str, ...]
    refs: dict[str, DatasetRef] = field(default_factory=dict)
    files: dict[str, ResourcePath] = field(default_factory=dict)


class Bookkeeping:
    """Gathers what the middleware stored about the tasks of a RUN, then writes the quanta.

    Parameters
    ----------
    writer
        Where to.
    """

    def __init__(self, writer: TableWriter) -> None:
        self._writer = writer
        self._quanta: dict[tuple[str, str | None], _Processing] = {}
        self._configs: dict[str, ResourcePath] = {}
        self._quantum_of: dict[str, str] = {}

    @property
    def has_metadata(self) -> bool:
        """Whether the RUN has metadata or logs of tasks."""
        return bool(self._quanta)

    def note(self, stored: Stored) -> None:
        """Remember a dataset of the RUN if it is the metadata, log or configuration of a task."""
        suffix = SUFFIXES.get(stored.ref.datasetType.storageClass_name)
        name = stored.ref.datasetType.name
        if suffix is None or not name.endswith(suffix) or not stored.artifacts:
            return
        label = name.removesuffix(suffix)
        location = stored.artifacts[0].location
        if suffix == "_config":
            self._configs[label] = location
            return
        coordinate = tuple(stored.ref.dataId.required_values)
        quantum = self._quanta.setdefault((label, stored.data_id), _Processing(label, stored.data_id, coordinate))
        quantum.refs[suffix] = stored.ref
        quantum.files[suffix] = location

    def hear(self, dataset: str, header: HeaderProvenance) -> None:
        """Take what a header says: who wrote the dataset, and which inputs were read, hence presented, for it."""
        if header.quantum is not None:
            self._quantum_of[dataset] = header.quantum
            self._writer.extend("quantum_input", ((header.quantum, entry.dataset, None) for entry in header.inputs))
        self._writer.extend(
            "dataset", ((entry.dataset, entry.dataset_type, None, entry.run, True, None) for entry in header.inputs)
        )

    def write(self) -> None:
        """Write tasks, configurations and quanta, once everything was noted and heard."""
        self._write_tasks()
        seen: set[str] = set()
        for scan in scan_quanta((_as_predicted(quantum) for quantum in self._quanta.values()), self._writer):
            identifier = _identify(scan, self._quantum_of)
            seen.add(identifier)
            scan.write(self._writer, identifier)
            self._writer.extend("dataset", (_generation(dataset, identifier) for dataset in scan.written))
        for identifier in sorted(set(self._quantum_of.values()) - seen):
            self._writer.add("quantum", identifier, None, None, False, None, None, 1, None, None, None, None)
        self._writer.extend("dataset", (_generation(dataset, quantum) for dataset, quantum in self._quantum_of.items()))

    def _write_tasks(self) -> None:
        written: set[str] = set()
        for label in sorted({quantum.label for quantum in self._quanta.values()} | set(self._configs)):
            location = self._configs.get(label)
            if location is None or location.getExtension() != ".py":
                self._writer.add("task", label, None, None, None)
                continue
            config = parse_config(read_file(location, bytes.decode), Place(location.geturl()))
            self._writer.add("task", label, None, config.digest, config.config_class)
            write_config(self._writer, config, written)


def _generation(dataset: str, quantum: str) -> tuple[str | bool | None, ...]:
    """Return a row of `dataset` that only tells who wrote it; the registry's row tells the rest."""
    return (dataset, None, None, None, True, quantum)


def _as_predicted(processing: _Processing) -> QuantumFiles:
    """Return the quantum as if it had been planned with what the registry has of it."""
    outputs = {}
    for connection in (METADATA, LOG):
        ref = processing.refs.get(connection)
        identifier = ref.id if ref is not None else uuid.UUID(int=0)
        outputs[connection] = [
            PredictedDatasetModel.model_construct(
                dataset_id=identifier, dataset_type_name=processing.label + connection, data_coordinate=[], run=""
            )
        ]
    quantum = PredictedQuantumDatasetsModel.model_construct(
        quantum_id=uuid.UUID(int=0),
        task_label=processing.label,
        data_coordinate=list(processing.coordinate),
        inputs={},
        outputs=outputs,
    )
    return QuantumFiles(quantum, processing.data_id, processing.files.get(METADATA), processing.files.get(LOG))


def _identify(scan: Scan, quantum_of: Mapping[str, str]) -> str:
    """Return the quantum's UUID from the header of an output, or one made from its metadata or log.

    No dataset of a quantum without readable headers tells its UUID. The one made (RFC 9562 version 5) is the same
    every time, and gives way to the true one when better evidence replaces the batch.
    """
    for dataset in scan.written:
        if dataset in quantum_of:
            return quantum_of[dataset]
    outputs: Iterable[list[PredictedDatasetModel]] = scan.files.quantum.outputs.values()
    known = next(dataset.dataset_id for datasets in outputs for dataset in datasets if dataset.dataset_id.int)
    return str(uuid.uuid5(known, "quantum"))
