"""Strongly connected components by Tarjan's algorithm (SIAM Journal on Computing 1, 1972), without recursion."""

from __future__ import annotations


def strong_components(starts: list[int], ends: list[int]) -> list[int]:
    """Return the component of each node, numbered so that an edge leads to the same or a lower number.

    Parameters
    ----------
    starts
        Where in `ends` the edges of each node begin, and after the last node where they end.
    ends
        The nodes to which the edges lead.
    """
    search = _Search(starts, ends)
    for node in range(len(starts) - 1):
        if not search.index[node]:
            search.visit(node)
    return search.label


class _Search:
    def __init__(self, starts: list[int], ends: list[int]) -> None:
        count = len(starts) - 1
        self._starts, self._ends, self._next = starts, ends, starts[:count]
        self.index, self._low = [0] * count, [0] * count
        self.label = [-1] * count
        self._stack: list[int] = []
        self._visited = self._components = 0

    def visit(self, root: int) -> None:
        """Walk over everything that a node leads to and that was not visited."""
        way = [root]
        self._enter(root)
        while way:
            node = way[-1]
            if self._next[node] == self._starts[node + 1]:
                self._leave(way)
                continue
            end = self._ends[self._next[node]]
            self._next[node] += 1
            if not self.index[end]:
                self._enter(end)
                way.append(end)
            elif self.label[end] < 0:
                self._low[node] = min(self._low[node], self.index[end])

    def _enter(self, node: int) -> None:
        self._visited += 1
        self.index[node] = self._low[node] = self._visited
        self._stack.append(node)

    def _leave(self, way: list[int]) -> None:
        """Go back from the last node of a way; where nothing before it was reached, its component is whole."""
        node = way.pop()
        if way:
            self._low[way[-1]] = min(self._low[way[-1]], self._low[node])
        if self._low[node] == self.index[node]:
            while self.label[node] < 0:
                self.label[self._stack.pop()] = self._components
            self._components += 1
