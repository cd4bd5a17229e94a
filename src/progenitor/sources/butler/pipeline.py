"""The tasks of a pipeline graph, their connections and frozen configurations, as rows."""

from __future__ import annotations

from functools import cache

from lsst.daf.butler import DimensionGroup
from lsst.pipe.base.pipeline_graph import PipelineGraph, TaskNode

from progenitor.errors import Place
from progenitor.sources.butler.configs import FrozenConfig, parse_config
from progenitor.sources.butler.data_ids import DataIdFormatter
from progenitor.sources.butler.tables import TableWriter


def write_pipeline(writer: TableWriter, pipeline: PipelineGraph, uri: str) -> None:
    """Write tasks, connections, configurations and dataset types of a pipeline graph.

    Parameters
    ----------
    writer
        Where to.
    pipeline
        The graph; its task classes need not be importable.
    uri
        Where it is from, for messages.
    """
    written: set[str] = set()
    for label, task in pipeline.tasks.items():
        config = parse_config(task.get_config_str(), Place(uri, field=f"config of task {label!r}"))
        writer.add("task", label, task.task_class_name, config.digest, config.config_class)
        write_config(writer, config, written)
        _write_connections(writer, label, task)
    for name, node in pipeline.dataset_types.items():
        dimensions = " ".join(node.dimensions.required)
        writer.add("dataset_type", name, node.storage_class_name, dimensions, node.is_calibration)


def write_config(writer: TableWriter, config: FrozenConfig, written: set[str]) -> None:
    """Write the fields of a configuration, once for each content.

    Parameters
    ----------
    writer
        Where to.
    config
        The configuration.
    written
        Digests of what was written already; this one's is added.
    """
    if config.digest not in written:
        written.add(config.digest)
        writer.extend("config_field", ((config.digest, name, value) for name, value in config.fields))


def _write_connections(writer: TableWriter, label: str, task: TaskNode) -> None:
    groups = (
        ("input", "runtime", task.inputs.values()),
        ("input", "prerequisite", task.prerequisite_inputs.values()),
        ("output", "runtime", task.outputs.values()),
        ("input", "init", task.init.iter_all_inputs()),
        ("output", "init", task.init.iter_all_outputs()),
        ("output", "metadata", [task.metadata_output]),
        ("output", "log", [task.log_output] if task.log_output is not None else []),
    )
    for direction, kind, edges in groups:
        for edge in edges:
            writer.add(
                "connection",
                label,
                task.task_class_name,
                edge.connection_name,
                edge.parent_dataset_type_name,
                direction,
                kind,
            )


@cache
def formatter_of(dimensions: DimensionGroup) -> DataIdFormatter:
    """Return the formatter of the data IDs of a group of dimensions, the same one for equal groups."""
    return DataIdFormatter(dimensions.required)
