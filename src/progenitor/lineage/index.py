"""The lineage index of a snapshot: every relation of the rules, both ways, by node number, memory-mapped."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from progenitor.lineage.adjacency import Adjacency
from progenitor.lineage.arrays import ArrayRecord, check_arrays, open_array, read_header
from progenitor.lineage.dictionary import Dictionary, hash_iris
from progenitor.lineage.rules import RELATIONS

FOLDER: Final = "lineage"
"""Where in a snapshot the index lies."""

BASE: Final = "base."
DELTA: Final = "delta."
ALONG: Final = "along."
AGAINST: Final = "against."
NAMES: Final = "iri."


class LineageIndex:
    """An index that is open for reading; make one with `open`.

    Nodes are numbered from 0 in the order in which the batches first name them, so what was made together lies
    together. Several threads and any number of processes may read one index at a time.

    Attributes
    ----------
    along
        The edges by subject: from it to the objects.
    against
        The same edges by object: from it to the subjects.
    """

    def __init__(self, directory: Path, records: dict[str, ArrayRecord]) -> None:
        self.directory = directory
        self.records = records
        self._dictionaries = self._open_dictionaries()
        self.along = self._open_adjacency(ALONG)
        self.against = self._open_adjacency(AGAINST)
        self._scratch: list[Scratch] = []
        self._lock = threading.Lock()

    @classmethod
    def open(cls, directory: Path) -> LineageIndex:
        """Open the index in a folder.

        Parameters
        ----------
        directory
            The folder ``lineage`` of a snapshot.

        Raises
        ------
        StoreError
            If there is none, or it is damaged, or made by another version or for other rules: make it anew from the
            archive.
        """
        return cls(directory, read_header(directory, RELATIONS))

    def verify(self) -> None:
        """Read every file and compare its checksum.

        Raises
        ------
        StoreError
            If one differs.
        """
        check_arrays(self.directory, self.records)

    @property
    def nodes_count(self) -> int:
        """How many nodes there are."""
        return sum(map(len, self._dictionaries))

    @property
    def edges_count(self) -> int:
        """How many edges there are, each counted once."""
        return self.along.edges

    @property
    def base_names(self) -> Dictionary:
        """The names of the base's nodes."""
        return self._dictionaries[0]

    @property
    def delta_names(self) -> Dictionary:
        """The names of the nodes that came after the base."""
        return self._dictionaries[1]

    def node(self, iri: str) -> int | None:
        """Return the number of a node, or None where no relation of the index names the IRI."""
        for dictionary in self._dictionaries:
            node = dictionary.node_of(iri)
            if node is not None:
                return node
        return None

    def nodes(self, iris: Sequence[str]) -> NDArray[np.int64]:
        """Return the numbers of nodes, -1 for each IRI that the index does not name."""
        return self.find(*hash_iris(iris))

    def find(self, high: NDArray[np.uint64], low: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return the numbers of nodes by their hashes, -1 where there is none."""
        base, delta = self._dictionaries
        return np.maximum(base.find(high, low), delta.find(high, low))

    def iri(self, node: int) -> str:
        """Return the IRI of a node; raise IndexError where there is no node of that number."""
        return self.iris([node])[0]

    def iris(self, nodes: Sequence[int] | NDArray[Any]) -> list[str]:
        """Return the IRIs of nodes, in their order; raise IndexError where there is no node of a number."""
        numbers = np.asarray(nodes, dtype=np.int64)
        base, delta = self._dictionaries
        if numbers.size and not 0 <= numbers.min() <= numbers.max() < self.nodes_count:
            raise IndexError(f"the index has nodes 0 to {self.nodes_count - 1}")
        later = numbers >= delta.first
        if not later.any():
            return base.iris(numbers)
        names = np.empty(len(numbers), dtype=object)
        names[~later] = base.iris(numbers[~later])
        names[later] = delta.iris(numbers[later])
        listed: list[str] = names.tolist()
        return listed

    def borrow_scratch(self) -> Scratch:
        """Take working memory for one traversal; give it back with `return_scratch`."""
        with self._lock:
            return self._scratch.pop() if self._scratch else Scratch(self.nodes_count, self.edges_count)

    def return_scratch(self, scratch: Scratch) -> None:
        """Give working memory back, its marks cleared."""
        with self._lock:
            self._scratch.append(scratch)

    def _array(self, name: str) -> NDArray[Any]:
        return open_array(self.directory, name, self.records[name])

    def _open_dictionaries(self) -> tuple[Dictionary, Dictionary]:
        base = self._open_dictionary(BASE, 0)
        return base, self._open_dictionary(DELTA, len(base))

    def _open_dictionary(self, part: str, first: int) -> Dictionary:
        fields = ("high", "low", "node", "offsets", "text")
        return Dictionary(first, *(self._array(f"{part}{NAMES}{field}") for field in fields))

    def _open_adjacency(self, way: str) -> Adjacency:
        base = (self._array(f"{BASE}{way}{field}") for field in ("offsets", "ends", "kinds"))
        delta = (self._array(f"{DELTA}{way}{field}") for field in ("removed", "rows", "offsets", "ends", "kinds"))
        return Adjacency(*base, *delta)


class Scratch:
    """Working memory of one traversal, as long as the graph has nodes.

    The operating system gives a page only where it is touched, and a traversal clears its marks by walking what it
    found: a small question touches little, however large the graph.

    Attributes
    ----------
    seen
        All False between traversals.
    place
        Of any content.
    """

    def __init__(self, nodes: int, edges: int) -> None:
        self.seen = np.zeros(nodes, dtype=np.bool_)
        self.place = np.empty(nodes, dtype=np.int32 if max(nodes, edges) < 2**31 else np.int64)
