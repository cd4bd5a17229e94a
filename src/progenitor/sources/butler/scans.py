"""What the task metadata and logs of a RUN tell of its quanta, read from their files, several at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from lsst.daf.butler.logging import ButlerLogRecords
from lsst.pipe.base import TaskMetadata
from lsst.pipe.base.automatic_connection_constants import LOG_OUTPUT_CONNECTION_NAME, METADATA_OUTPUT_CONNECTION_NAME
from lsst.pipe.base.quantum_graph import PredictedQuantumDatasetsModel, ProvenanceQuantumScanModels
from lsst.resources import ResourcePath

from progenitor.errors import SourceError
from progenitor.sources.butler.artifacts import batched, read_file
from progenitor.sources.butler.attempts import write_quantum
from progenitor.sources.butler.tables import TableWriter

METADATA = METADATA_OUTPUT_CONNECTION_NAME
LOG = LOG_OUTPUT_CONNECTION_NAME

THREADS = 8
"""Files read at once: they are small, and on an object store each costs a round trip."""


@dataclass(frozen=True)
class QuantumFiles:
    """A quantum, and the files that tell what became of it.

    Parameters
    ----------
    quantum
        Task label and outputs as planned; at least those of metadata and log.
    data_id
        Key of its data ID.
    metadata, log
        The files, or None where the registry has none.
    """

    quantum: PredictedQuantumDatasetsModel
    data_id: str | None
    metadata: ResourcePath | None
    log: ResourcePath | None


@dataclass(frozen=True)
class Scan:
    """What the files of one quantum say.

    Parameters
    ----------
    files
        The quantum.
    models
        Attempts and outputs, reconciled as Rubin's own aggregator does.
    """

    files: QuantumFiles
    models: ProvenanceQuantumScanModels

    @property
    def written(self) -> list[str]:
        """UUIDs of the datasets that the quantum is known to have written."""
        return [str(dataset) for dataset, exists in self.models.output_existence.items() if exists]

    def write(self, writer: TableWriter, quantum: str) -> None:
        """Write the rows of the quantum under the given UUID."""
        write_quantum(writer, quantum, self.files.quantum.task_label, self.files.data_id, self.models.attempts)
        for number, metadata in enumerate(self.models.metadata.attempts):
            section = metadata.metadata.get("quantum") if metadata is not None else None
            if section is not None and "nodeName" in section.scalars:
                writer.add("host", quantum, number, str(section.scalars["nodeName"]))


def scan_quanta(quanta: Iterable[QuantumFiles], writer: TableWriter) -> Iterator[Scan]:
    """Read the metadata and logs of quanta, in their order.

    Parameters
    ----------
    quanta
        The quanta.
    writer
        Told of a quantum whose files cannot be read, which is then left out.
    """
    with ThreadPoolExecutor(THREADS) as pool:
        for batch in batched(quanta, THREADS * 64):
            for files, scanned in zip(batch, pool.map(_scan, batch), strict=True):
                if isinstance(scanned, SourceError):
                    record = {"task_label": files.quantum.task_label, "data_id": files.data_id}
                    writer.sink.set_aside("quantum", record, str(scanned))
                else:
                    yield scanned


def _scan(files: QuantumFiles) -> Scan | SourceError:
    try:
        metadata = read_file(files.metadata, TaskMetadata.model_validate_json) if files.metadata else None
        log = read_file(files.log, ButlerLogRecords.from_raw) if files.log else None
    except SourceError as error:
        return error
    return Scan(files, ProvenanceQuantumScanModels.from_metadata_and_logs(files.quantum, metadata, log))
