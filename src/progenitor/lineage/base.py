"""The base of an index: written from staged batches, or from an older base and its delta."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from progenitor.lineage.adjacency import Adjacency, Edges, Integers, locate
from progenitor.lineage.arrays import ArrayWriter
from progenitor.lineage.delta import Delta, empty_names, node_type, write_names
from progenitor.lineage.dictionary import concatenate
from progenitor.lineage.index import AGAINST, ALONG, BASE, NAMES, LineageIndex
from progenitor.lineage.staging import Staging


def write_base(writer: ArrayWriter, staging: Staging) -> None:
    """Write the base of an index of everything staged; memory grows by 8 bytes a node, nothing by the edge."""
    _write_staged_names(writer, staging)
    _write_rows(writer, ALONG, staging.edges_along(), staging)
    _write_rows(writer, AGAINST, staging.edges_against(), staging)


def _write_staged_names(writer: ArrayWriter, staging: Staging) -> None:
    prefix = BASE + NAMES
    write_names(writer, BASE, empty_names(0))
    for high, low, node in staging.hashes():
        writer.append(prefix + "high", high)
        writer.append(prefix + "low", low)
        writer.append(prefix + "node", node)
    written = 0
    for lengths, text in staging.names():
        writer.append(prefix + "offsets", written + np.cumsum(lengths))
        writer.append(prefix + "text", text)
        written += len(text)


def _write_rows(writer: ArrayWriter, way: str, blocks: Iterable[Edges], staging: Staging) -> None:
    """Write one way's rows from edges that come in order."""
    prefix = BASE + way
    degrees = np.zeros(staging.nodes, dtype=np.int64)
    writer.append(prefix + "ends", np.empty(0, node_type(staging.nodes)))
    writer.append(prefix + "kinds", np.empty(0, np.uint8))
    for block in blocks:
        first = block.rows[0]
        counts = np.bincount(block.rows - first)
        degrees[first : first + len(counts)] += counts
        writer.append(prefix + "ends", block.ends)
        writer.append(prefix + "kinds", block.kinds)
    _write_offsets(writer, prefix, degrees)


def _write_offsets(writer: ArrayWriter, prefix: str, degrees: Integers) -> None:
    offsets = np.concatenate([[0], np.cumsum(degrees)])
    writer.append(prefix + "offsets", offsets.astype(node_type(int(offsets[-1]))))


def write_merged(writer: ArrayWriter, index: LineageIndex, delta: Delta) -> None:
    """Write the base of an index that has a delta in it; the nodes keep their numbers.

    Parameters
    ----------
    writer
        Of the new index.
    index
        Whose base is taken.
    delta
        What is beside that base.
    """
    write_names(writer, BASE, concatenate(index.base_names, delta.names))
    nodes = len(index.base_names) + len(delta.names)
    _write_merged_rows(writer, ALONG, index.along, delta.added, delta.removed_along, nodes)
    _write_merged_rows(writer, AGAINST, index.against, delta.added.turned().ordered(), delta.removed_against, nodes)


def _write_merged_rows(
    writer: ArrayWriter, way: str, base: Adjacency, added: Edges, removed: Integers, nodes: int
) -> None:
    """Write one way's rows: those of the base without the removed edges, each added one inserted at its place."""
    bounds = base.base_bounds(added.rows)
    places, _ = locate(bounds, base.kinds, base.ends, added)
    places = np.where(added.rows < base.base_nodes, places, len(base.ends))
    places -= np.searchsorted(removed, places)
    prefix = BASE + way
    writer.append(
        prefix + "ends", np.insert(np.delete(base.ends, removed), places, added.ends).astype(node_type(nodes))
    )
    writer.append(prefix + "kinds", np.insert(np.delete(base.kinds, removed), places, added.kinds))
    degrees = np.bincount(added.rows, minlength=nodes)
    degrees[: base.base_nodes] += np.diff(base.offsets)
    rows_of_removed = np.searchsorted(base.offsets, removed, side="right") - 1
    degrees -= np.bincount(rows_of_removed, minlength=nodes)
    _write_offsets(writer, prefix, degrees)
