"""One RUN collection, read from the best evidence there is of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass

from lsst.pipe.base.automatic_connection_constants import PROVENANCE_DATASET_TYPE_NAME
from lsst.resources import ResourcePath

from progenitor.errors import SourceError
from progenitor.sources.butler.artifacts import batched
from progenitor.sources.butler.graph_file import GraphFile, open_graph
from progenitor.sources.butler.headers import HeaderProvenance, has_header, read_header
from progenitor.sources.butler.options import HeaderMode
from progenitor.sources.butler.predicted_graph import PredictedGraph
from progenitor.sources.butler.provenance_graph import write_provenance_graph
from progenitor.sources.butler.registered import (
    BY_REFERENCE,
    Stored,
    read_datasets,
    write_dataset_types,
    write_packages,
    write_stored,
)
from progenitor.sources.butler.registry_only import Bookkeeping
from progenitor.sources.butler.repository import Repository
from progenitor.sources.butler.scans import THREADS
from progenitor.sources.butler.tables import TableWriter

Product = tuple[str, ResourcePath]
"""UUID of a data product and one of its files."""


@dataclass(frozen=True, order=True)
class GivenGraph:
    """A quantum graph file that was given, with the UUID in its header; a provenance graph ranks first."""

    is_provenance: bool
    uri: str
    identity: str


@dataclass(frozen=True)
class RunReader:
    """Reads RUN collections.

    Parameters
    ----------
    repository
        The open repository.
    graphs
        RUN -> quantum graph file given for it, and whether it is a provenance graph. A predicted one is only read
        where the RUN holds no provenance graph.
    headers
        Whether file headers are read: ``always``, ``never``, or ``auto``: of files on this machine, and of remote
        ones only where no quantum graph tells of the RUN.
    """

    repository: Repository
    graphs: Mapping[str, GivenGraph]
    headers: HeaderMode

    def read(self, run: str, writer: TableWriter) -> str:
        """Write the rows of a RUN and return what they were read from.

        Raises
        ------
        SourceError
            If the repository or a graph cannot be read.
        """
        uri = self._best_graph(run)
        write_packages(writer, self.repository, run)
        write_dataset_types(writer, self.repository.dataset_types(run))
        with open_graph(uri) if uri else nullcontext() as graph:
            if graph is None:
                return self._read_without_graph(run, writer)
            if graph.kind == "provenance":
                write_provenance_graph(writer, graph)
                headers = self._read_registry(run, writer, remote=False)
                return _spell("provenance graph", headers and "file headers")
            return self._read_predicted(run, writer, graph)

    def _read_predicted(self, run: str, writer: TableWriter, graph: GraphFile) -> str:
        registered: dict[str, ResourcePath | None] = {}

        def note(stored: Stored) -> None:
            registered[str(stored.ref.id)] = stored.artifacts[0].location if stored.artifacts else None

        headers = self._read_registry(run, writer, remote=False, note=note)
        PredictedGraph(writer, graph, registered).write()
        return _spell("predicted graph", "registry", "metadata", headers and "file headers")

    def _read_without_graph(self, run: str, writer: TableWriter) -> str:
        bookkeeping = Bookkeeping(writer)
        writer.add("run", run, None)
        headers = self._read_registry(run, writer, remote=True, note=bookkeeping.note, heard=bookkeeping.hear)
        bookkeeping.write()
        return _spell("registry", bookkeeping.has_metadata and "metadata", headers and "file headers")

    def _best_graph(self, run: str) -> str | None:
        """Return a given provenance graph, else the one that was ingested into the RUN, else a given predicted one."""
        given = self.graphs.get(run)
        if given is not None and given.is_provenance:
            return given.uri
        return self._ingested_graph(run) or (given.uri if given is not None else None)

    def _ingested_graph(self, run: str) -> str | None:
        ref = self.repository.find(PROVENANCE_DATASET_TYPE_NAME, run)
        if ref is None:
            return None
        ((_, artifacts),) = self.repository.artifacts([ref])
        return artifacts[0].location.geturl() if artifacts else None

    def _read_registry(
        self,
        run: str,
        writer: TableWriter,
        *,
        remote: bool,
        note: Callable[[Stored], None] = lambda stored: None,
        heard: Callable[[str, HeaderProvenance], None] = lambda dataset, header: None,
    ) -> bool:
        """Write the datasets of the registry and what their headers say; return whether any header said anything."""

        def products() -> Iterator[Product]:
            for stored in read_datasets(self.repository, run):
                write_stored(writer, stored)
                note(stored)
                if self.headers != "never" and _is_product(stored):
                    for artifact in stored.artifacts:
                        if has_header(artifact.location) and (remote or self._wants(artifact.location)):
                            yield str(stored.ref.id), artifact.location

        any_heard = False
        for dataset, header in _read_headers(products(), writer):
            any_heard = True
            heard(dataset, header)
            for entry in header.inputs:
                writer.add("fetched", dataset, entry.dataset, *_extras(entry.extras))
        return any_heard

    def _wants(self, location: ResourcePath) -> bool:
        return self.headers == "always" or location.isLocal


def _is_product(stored: Stored) -> bool:
    """Whether the header may tell of processing: raws were made by the camera, not by a quantum."""
    dataset_type = stored.ref.datasetType
    return dataset_type.name != "raw" and dataset_type.storageClass_name not in BY_REFERENCE


def _read_headers(products: Iterable[Product], writer: TableWriter) -> Iterator[tuple[str, HeaderProvenance]]:
    """Read the headers of files, several at a time; one that cannot be read is set aside."""
    with ThreadPoolExecutor(THREADS) as pool:
        for batch in batched(products, THREADS * 64):
            for (dataset, location), header in zip(batch, pool.map(_try_header, batch), strict=True):
                if isinstance(header, SourceError):
                    writer.sink.set_aside("fetched", {"dataset": dataset, "uri": location.geturl()}, str(header))
                elif header is not None:
                    yield dataset, header


def _try_header(product: Product) -> HeaderProvenance | SourceError | None:
    try:
        return read_header(product[1])
    except SourceError as error:
        return error


def _extras(extras: Mapping[str, object]) -> tuple[float | None, list[str]]:
    """Return the weight of an input and its other extras as ``name=value``."""
    weight = extras.get("weight")
    others = [f"{name}={value}" for name, value in extras.items() if name != "weight"]
    return (float(weight) if isinstance(weight, (int, float)) else None), others


def _spell(*parts: str | bool) -> str:
    """Return ``a, b and c``, leaving out what is false."""
    given = [part for part in parts if isinstance(part, str)]
    return given[0] if len(given) == 1 else f"{', '.join(given[:-1])} and {given[-1]}"
