"""What the registry and the datastore know of a RUN: its datasets, when they came, their files, its packages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lsst.daf.butler import DatasetRef, DatasetType
from lsst.utils.packages import Packages

from progenitor.errors import Place, SourceError
from progenitor.sources.butler.artifacts import Artifact, read_file
from progenitor.sources.butler.pipeline import formatter_of
from progenitor.sources.butler.repository import Repository
from progenitor.sources.butler.tables import TableWriter

BY_REFERENCE = frozenset(
    {"TaskMetadata", "PropertySet", "ButlerLogRecords", "Config", "Packages", "ProvenanceQuantumGraph"}
)
"""Storage classes of the datasets that tell of the processing rather than of the sky."""

POINTED_AT = frozenset({"TaskMetadata", "PropertySet", "ButlerLogRecords"})
"""Those of metadata and logs, whose contents stay outside the graph, which says where they are."""


@dataclass(frozen=True)
class Stored:
    """A dataset of the RUN with its files."""

    ref: DatasetRef
    data_id: str | None
    artifacts: list[Artifact]


def read_datasets(repository: Repository, run: str) -> Iterator[Stored]:
    """Read the datasets of a RUN, type by type, with their files."""
    for dataset_type in repository.dataset_types(run):
        write_data_id = formatter_of(dataset_type.dimensions)
        for ref, artifacts in repository.artifacts(repository.datasets(dataset_type, run)):
            yield Stored(ref, write_data_id(ref.dataId.required_values), artifacts)


def write_dataset_types(writer: TableWriter, types: list[DatasetType]) -> None:
    """Write the dataset types of a collection."""
    for dataset_type in types:
        dimensions = " ".join(dataset_type.dimensions.required)
        writer.add(
            "dataset_type",
            dataset_type.name,
            dataset_type.storageClass_name,
            dimensions,
            dataset_type.isCalibration(),
        )


def write_stored(writer: TableWriter, stored: Stored) -> None:
    """Write a dataset and its files: of a data product with their sizes, of metadata and logs where they are."""
    ref = stored.ref
    identifier = str(ref.id)
    storage_class = ref.datasetType.storageClass_name
    writer.add("dataset", identifier, ref.datasetType.name, stored.data_id, ref.run, True, None)
    if storage_class not in BY_REFERENCE:
        writer.extend("artifact", ((identifier, artifact.uri, artifact.size) for artifact in stored.artifacts))
    elif storage_class in POINTED_AT:
        # `butler ingest-graph` moves them all into one graph file, whose address tells nothing of any of them.
        own = (artifact for artifact in stored.artifacts if artifact.location.getExtension() != ".qg")
        writer.extend("artifact", ((identifier, artifact.uri, None) for artifact in own))


def write_packages(writer: TableWriter, repository: Repository, run: str) -> None:
    """Write the software versions of a RUN, from its ``packages`` dataset.

    Raises
    ------
    SourceError
        If the dataset is there but cannot be read.
    """
    ref = repository.find("packages", run)
    if ref is None:
        return
    ((_, artifacts),) = repository.artifacts([ref])
    for artifact in artifacts:
        for name, version in sorted(_read_packages(artifact).items()):
            writer.add("package", name, version)


def _read_packages(artifact: Artifact) -> dict[str, str]:
    """Read name -> version. A pickle is refused: reading it would run what it holds."""
    extension = artifact.location.getExtension()
    formats = {".json": "json", ".yaml": "yaml", ".yml": "yaml"}
    if extension not in formats:
        raise SourceError(f"package versions in a {extension!r} file are not read", place=Place(artifact.uri))
    return dict(read_file(artifact.location, lambda data: Packages.fromBytes(data, formats[extension])))
