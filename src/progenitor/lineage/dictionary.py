"""IRI <-> node number: 128-bit hashes in order for the one way, offsets into a text for the other."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

UINT64 = np.uint64


def hash_iri(iri: str) -> tuple[int, int]:
    """Return the two halves (high, low) of the 128-bit number under which an IRI is filed.

    It is the MD5 digest read as a little-endian number, as DuckDB's ``md5_number`` has it: both can compute it,
    DuckDB for millions. It spreads IRIs evenly and protects nothing.
    """
    number = int.from_bytes(hashlib.md5(iri.encode(), usedforsecurity=False).digest(), "little")
    return number >> 64, number & 0xFFFF_FFFF_FFFF_FFFF


@dataclass(frozen=True)
class Dictionary:
    """The names of a run of nodes.

    Parameters
    ----------
    first
        Number of the first node; the others follow.
    high, low
        The halves of every node's hash, ascending as 128-bit numbers; shape (nodes,).
    node
        The node of each hash; shape (nodes,).
    offsets
        Where in the text each node's IRI begins, and where the last ends; shape (nodes + 1,).
    text
        UTF-8 bytes of all IRIs, in the order of the nodes.
    """

    first: int
    high: NDArray[np.uint64]
    low: NDArray[np.uint64]
    node: NDArray[Any]
    offsets: NDArray[np.int64]
    text: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.node)

    def iri(self, node: int) -> str:
        """Return the IRI of a node."""
        position = node - self.first
        return self.text[self.offsets[position] : self.offsets[position + 1]].tobytes().decode()

    def iris(self, nodes: NDArray[Any]) -> list[str]:
        """Return the IRIs of nodes."""
        positions = np.asarray(nodes, dtype=np.int64) - self.first
        begins, ends = self.offsets[positions].tolist(), self.offsets[positions + 1].tolist()
        text = self.text.data
        return [str(text[begin:end], "utf-8") for begin, end in zip(begins, ends, strict=True)]

    def find(self, high: NDArray[np.uint64], low: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return the nodes filed under hashes, -1 where there is none.

        Parameters
        ----------
        high, low
            The halves of each hash.
        """
        found = np.full(len(high), -1, dtype=np.int64)
        if not len(self):
            return found
        positions = np.searchsorted(self.high, high)
        open_ = np.arange(len(high))
        while open_.size:  # one turn, but for hashes that share their upper half
            open_ = open_[positions[open_] < len(self)]
            open_ = open_[self.high[positions[open_]] == high[open_]]
            hit = self.low[positions[open_]] == low[open_]
            found[open_[hit]] = self.node[positions[open_[hit]]]
            open_ = open_[~hit]
            positions[open_] += 1
        return found

    def node_of(self, iri: str) -> int | None:
        """Return the node of an IRI, compared letter by letter, or None."""
        high, low = hash_iri(iri)
        node = int(self.find(np.array([high], dtype=UINT64), np.array([low], dtype=UINT64))[0])
        return node if node >= 0 and self.iri(node) == iri else None


def hash_iris(iris: Sequence[str]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return the halves (high, low) of the hashes of IRIs."""
    halves = np.array([hash_iri(iri) for iri in iris], dtype=UINT64).reshape(-1, 2)
    return halves[:, 0].copy(), halves[:, 1].copy()


def concatenate(earlier: Dictionary, later: Dictionary) -> Dictionary:
    """Return one dictionary of two runs of nodes of which the later follows the earlier."""
    high = np.concatenate([earlier.high, later.high])
    low = np.concatenate([earlier.low, later.low])
    order = np.lexsort((low, high))
    return Dictionary(
        first=earlier.first,
        high=high[order],
        low=low[order],
        node=np.concatenate([earlier.node, later.node])[order],
        offsets=np.concatenate([earlier.offsets, earlier.offsets[-1] + later.offsets[1:]]),
        text=np.concatenate([earlier.text, later.text]),
    )
