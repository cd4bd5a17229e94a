"""A Butler repository, opened for reading: its RUN collections, their datasets, and where the files are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import sqlalchemy
import yaml
from lsst.daf.butler import (
    Butler,
    CollectionInfo,
    DatasetRef,
    DatasetType,
    DimensionRecord,
    Timespan,
)
from lsst.daf.butler.registry import CollectionType  # type: ignore[attr-defined]
from lsst.resources import ResourcePath

from progenitor.errors import MissingExtraError, Place, ProgenitorError, SourceError
from progenitor.sources.butler.artifacts import Artifact, batched
from progenitor.sources.butler.secrets import mask_credentials

BATCH = 5_000
"""RUNs or datasets that one database query asks for."""


class Repository:
    """An open Butler repository.

    Parameters
    ----------
    location
        Folder, ``butler.yaml``, URL, or alias in the Butler's repository index.
    label
        How identifiers name it; the alias or the folder's name where not given.

    Raises
    ------
    SourceError
        If there is no repository, or its database does not answer.
    """

    def __init__(self, location: str, label: str | None = None) -> None:
        self.location = location
        is_alias = location in Butler.get_known_repos()
        self.label = label or (location if is_alias else _folder_name(location))
        with self._errors():
            if not is_alias:
                _check_exists(location)
            self.butler: Butler = Butler.from_config(location, writeable=False)

    def close(self) -> None:
        """Let go of the database connections."""
        self.butler.close()

    def runs(self) -> list[str]:
        """Return the names of the RUN collections, sorted."""
        with self._errors():
            return sorted(
                self.butler.collections.query("*", collection_types={CollectionType.RUN}, flatten_chains=False)
            )

    def fingerprints(self, runs: Iterable[str]) -> dict[str, str]:
        """Return for each RUN what changes when datasets come or go: their number and the last ingest date.

        One query for thousands of RUNs: the public interface counts one dataset type of one RUN at a time. A
        repository that is reached through a Butler server gives no fingerprints.
        """
        registry = getattr(self.butler, "_registry", None)
        managers = getattr(registry, "_managers", None)
        if registry is None or managers is None:
            return {}
        found: dict[str, str] = {}
        with self._errors(), registry.caching_context():
            table = managers.datasets._static.dataset
            run_column = table.columns[managers.collections.getRunForeignKeyName()]
            names = {managers.collections.find(name).key: name for name in runs}
            for keys in batched(names, BATCH):
                query = (
                    sqlalchemy.select(
                        run_column, sqlalchemy.func.count(), sqlalchemy.func.max(table.columns.ingest_date)
                    )
                    .where(run_column.in_(keys))
                    .group_by(run_column)
                )
                with registry._db.query(query) as rows:
                    counted = {key: f"{count} datasets, last {last}" for key, count, last in rows}
                found |= {names[key]: counted.get(key, "0 datasets") for key in keys}
        return found

    def dataset_types(self, collection: str) -> list[DatasetType]:
        """Return the dataset types that a collection may hold, sorted by name."""
        with self._errors():
            info = self.butler.collections.get_info(collection, include_summary=True)
            return [self.butler.get_dataset_type(name) for name in sorted(info.dataset_types or ())]

    def datasets(self, dataset_type: DatasetType, collection: str) -> Iterator[DatasetRef]:
        """Read the datasets of one type in a collection, page by page."""
        with self._errors(), self.butler.query() as query:
            yield from query.datasets(dataset_type, collection, find_first=False)

    def validities(self, dataset_type: DatasetType, collection: str) -> Iterator[tuple[DatasetRef, Timespan | None]]:
        """Read the datasets of one type in a CALIBRATION collection, once for each time they are valid."""
        with self._errors():
            for association in self.butler.registry.queryDatasetAssociations(dataset_type, collection):
                yield association.ref, association.timespan

    def mutable_collections(self) -> list[CollectionInfo]:
        """Return the CHAINED, TAGGED and CALIBRATION collections, sorted by name."""
        types = {CollectionType.CHAINED, CollectionType.TAGGED, CollectionType.CALIBRATION}
        with self._errors():
            return sorted(self.butler.collections.query_info("*", types, include_doc=True))

    def dimension_records(self, element: str) -> Iterator[DimensionRecord]:
        """Read the records of a dimension element, in the order of their data IDs."""
        with self._errors(), self.butler.query() as query:
            yield from query.dimension_records(element)

    def find(self, dataset_type: str, run: str) -> DatasetRef | None:
        """Return the dataset of a type without dimensions in a RUN, or None."""
        with self._errors():
            info = self.butler.collections.get_info(run, include_summary=True)
            if dataset_type not in (info.dataset_types or ()):
                return None
            return self.butler.find_dataset(dataset_type, collections=run)

    def artifacts(self, datasets: Iterable[DatasetRef]) -> Iterator[tuple[DatasetRef, list[Artifact]]]:
        """Look up the files of datasets, batch by batch; what was never stored has none."""
        for refs in batched(datasets, BATCH):
            with self._errors():
                source = self.butler._file_transfer_source
                records = source.get_file_info_for_transfer([ref.id for ref in refs])
            for ref in refs:
                yield ref, [Artifact.from_record(record) for record in records.get(ref.id, ())]

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn what a missing, dead or foreign repository raises into one `SourceError`."""
        try:
            yield
        except ProgenitorError:
            raise
        except sqlalchemy.exc.SQLAlchemyError as error:
            raise SourceError(
                f"the registry database of the repository does not answer: {_first_line(error)}",
                place=Place(self.location),
                hint="is the database server running, and does ~/.lsst/db-auth.yaml hold its credentials?",
            ) from error
        except ModuleNotFoundError as error:
            raise MissingExtraError("postgres", f"a registry that is reached with {error.name}") from error
        except (OSError, RuntimeError, LookupError, ValueError, TypeError, yaml.YAMLError) as error:
            raise SourceError(
                f"the Butler repository cannot be read: {_first_line(error)}", place=Place(self.location)
            ) from error


def _folder_name(location: str) -> str:
    """Return the name of a repository's folder."""
    path = ResourcePath(location, forceAbsolute=True)
    parts = [part for part in path.path.split("/") if part]
    if parts and parts[-1].endswith((".yaml", ".yml")):
        parts.pop()
    return parts[-1] if parts else "repository"


def _check_exists(location: str) -> None:
    """Raise `SourceError` where a path leads nowhere, or to something that is no repository."""
    path = ResourcePath(location, forceAbsolute=True)
    if path.scheme != "file":
        return
    if not path.exists():
        raise SourceError(
            "there is no such folder",
            place=Place(location),
            hint="give the folder of a Butler repository, or an alias of DAF_BUTLER_REPOSITORY_INDEX",
        )
    if path.isdir() and not Butler.has_repo_config(path):
        raise SourceError("not a Butler repository: it has no butler.yaml", place=Place(location))


def _first_line(error: Exception) -> str:
    """Return the first line of a message, passwords in URLs masked."""
    text = str(error).strip().splitlines()
    return mask_credentials(text[0]) if text else type(error).__name__
