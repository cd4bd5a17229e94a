"""Evidence (a): a provenance quantum graph, streamed into rows.

Rubin's own models make UUID objects of what is wanted as text, and of much that is not wanted (the consumers of a
dataset; the quanta that ran before in the same process, a list that grows quadratically), so the JSON is read as it is;
the types of the columns check it. Members are read one after the other, each to its end.
"""

from __future__ import annotations

import datetime
from typing import Final

import orjson
import pydantic
from lsst.pipe.base import QuantumAttemptStatus, QuantumSuccessCaveats

from progenitor.sources.butler.artifacts import batched
from progenitor.sources.butler.attempts import write_init_quantum, write_quantum
from progenitor.sources.butler.graph_file import GraphFile, damage
from progenitor.sources.butler.pipeline import formatter_of, write_pipeline
from progenitor.sources.butler.tables import TableWriter

QUANTUM_ADDRESS: Final = 1
METADATA_ADDRESS: Final = 3
"""Positions of the members ``quanta`` and ``metadata`` among the addresses of a node (``nodes.addr``)."""

_NODE_NAME: Final = b'"nodeName":"'

BATCH: Final = 128
"""Objects that are alive at once: few enough that they die before the garbage collector looks at them."""


class _ResourceUsage(pydantic.BaseModel):
    memory: float
    start: datetime.datetime
    prep_time: float
    init_time: float
    run_time: float
    run_time_cpu: float


class _Exception(pydantic.BaseModel):
    type_name: str
    message: str


class _Attempt(pydantic.BaseModel):
    status: QuantumAttemptStatus
    caveats: QuantumSuccessCaveats | None = None
    exception: _Exception | None = None
    resource_usage: _ResourceUsage | None = None


_ATTEMPTS: Final = pydantic.TypeAdapter(list[_Attempt])


class _InitQuantum(pydantic.BaseModel):
    quantum_id: str
    task_label: str
    inputs: dict[str, str]


class _InitQuanta(pydantic.RootModel[list[_InitQuantum]]):
    pass


def write_provenance_graph(writer: TableWriter, graph: GraphFile) -> None:
    """Write everything a provenance quantum graph tells.

    Parameters
    ----------
    writer
        Where to.
    graph
        The open graph.

    Raises
    ------
    SourceError
        If the file is damaged.
    """
    writer.add("run", graph.header.output_run, graph.header.user or None)
    write_pipeline(writer, graph.pipeline, graph.uri)
    _write_datasets(writer, graph)
    many_attempts = _write_quanta(writer, graph)
    _write_init_quanta(writer, graph)
    _write_hosts(writer, graph, many_attempts)


def _write_datasets(writer: TableWriter, graph: GraphFile) -> None:
    formatters = {name: formatter_of(node.dimensions) for name, node in graph.pipeline.dataset_types.items()}
    with damage(graph.uri):
        for datasets in batched(graph.stream("datasets"), BATCH):
            writer.extend_columns(
                "dataset",
                [dataset["dataset_id"] for dataset in datasets],
                [dataset["dataset_type_name"] for dataset in datasets],
                [formatters[dataset["dataset_type_name"]](dataset["data_coordinate"]) for dataset in datasets],
                [dataset["run"] for dataset in datasets],
                [dataset["produced"] for dataset in datasets],
                [dataset["producer"] for dataset in datasets],
            )


def _write_quanta(writer: TableWriter, graph: GraphFile) -> set[str]:
    """Write the quanta and return those that were not attempted exactly once."""
    formatters = {label: formatter_of(task.dimensions) for label, task in graph.pipeline.tasks.items()}
    others: set[str] = set()
    with damage(graph.uri):
        for quantum in graph.stream("quanta"):
            identifier, label = quantum["quantum_id"], quantum["task_label"]
            attempts = _ATTEMPTS.validate_python(quantum["attempts"])
            if len(attempts) != 1:
                others.add(identifier)
            write_quantum(writer, identifier, label, formatters[label](quantum["data_coordinate"]), attempts)
            for connection, datasets in quantum["inputs"].items():
                count = len(datasets)
                writer.extend_columns("quantum_input", [identifier] * count, datasets, [connection] * count)
    return others


def _write_init_quanta(writer: TableWriter, graph: GraphFile) -> None:
    with damage(graph.uri):
        for quantum in orjson.loads(graph.block("init_quanta")):
            identifier = quantum["quantum_id"]
            write_init_quantum(writer, identifier, quantum["task_label"])
            for connection, dataset in quantum["inputs"].items():
                writer.add("quantum_input", identifier, dataset, connection)


def _write_hosts(writer: TableWriter, graph: GraphFile, many_attempts: set[str]) -> None:
    """Write where each attempt ran, which only the task metadata tells."""
    with damage(graph.uri):
        for quantum, block in graph.stream_owned("metadata", METADATA_ADDRESS, QUANTUM_ADDRESS):
            hosts = _hosts(block) if quantum in many_attempts else [_host(block)]
            for number, host in enumerate(hosts):
                if host is not None:
                    writer.add("host", quantum, number, host)


def _host(block: bytes) -> str | None:
    """Return the host of a single attempt, without decoding what may be megabytes of task metadata.

    The executor's section comes last. Sections of the task itself, timed methods for example, name the same host.
    """
    start = block.rfind(_NODE_NAME)
    if start < 0:
        return None
    start += len(_NODE_NAME)
    return block[start : block.index(b'"', start)].decode()


def _hosts(block: bytes) -> list[str | None]:
    """Return the host of each attempt; None for one that left no metadata."""
    sections = [attempt["metadata"].get("quantum") if attempt else None for attempt in orjson.loads(block)["attempts"]]
    return [section["scalars"].get("nodeName") if section else None for section in sections]
