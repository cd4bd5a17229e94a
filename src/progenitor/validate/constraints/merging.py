"""Uniqueness: relations that agree in a key are one, so their components are equal (Constraints 22 to 29).

Terms that must be equal are put into one class (union-find); what becomes equal may make further keys agree, so this
goes on until nothing changes. Two different constants in one class are the contradiction. They are then left apart, so
that one contradiction does not make others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from progenitor.validate.constraints.read import Numbers
from progenitor.validate.constraints.relations import Relations
from progenitor.validate.constraints.rules import KEYS, SAME_TIME


class Difference(NamedTuple):
    """A component in which two rows differ that one constraint makes one relation.

    Parameters
    ----------
    rule
        The constraint.
    key
        The terms by which they are one.
    component
        In which they differ.
    rows
        The two relations.
    values
        Their different components.
    """

    rule: int
    key: tuple[int, ...]
    component: str
    rows: tuple[int, int]
    values: tuple[int, int]


@dataclass(frozen=True)
class Clash:
    """A difference that cannot be: both components are constants.

    Parameters
    ----------
    difference
        Where it was met.
    because
        What was made equal before, so that the rows became one relation, or their components these constants.
    others
        How many further different constants the same relation has.
    """

    difference: Difference
    because: tuple[Difference, ...]
    others: int = 0

    @property
    def rule(self) -> int:
        """The constraint that is broken."""
        return self.difference.rule

    @property
    def rows(self) -> tuple[int, ...]:
        """The relations that contradict each other, and those by which they do."""
        chained = (reason.rows for reason in (self.difference, *self.because))
        return tuple(dict.fromkeys(chain.from_iterable(chained)))


class Classes:
    """Classes of equal terms (union-find), each with what made it.

    Parameters
    ----------
    is_constant
        Of each term: whether it is a name or a value; all others are variables.
    """

    def __init__(self, is_constant: NDArray[np.bool_]) -> None:
        self._is_constant = is_constant
        self._parent: dict[int, int] = {}
        self._reason: dict[int, Difference] = {}

    def find(self, term: int) -> int:
        """Return the term that stands for the class: its constant, if it has one."""
        while term in self._parent:
            term = self._parent[term]
        return term

    def unite(self, difference: Difference) -> bool | None:
        """Make two components equal; False if they are already, None if they are different constants."""
        one, other = self.find(difference.values[0]), self.find(difference.values[1])
        if one == other:
            return False
        one, other = min(one, other), max(one, other)
        if self._is_constant[other]:
            if self._is_constant[one]:
                return None
            one, other = other, one
        self._parent[other] = one
        self._reason[other] = difference
        return True

    def reasons(self, term: int) -> Iterator[Difference]:
        """Yield what made a term equal to the one that stands for its class."""
        while term in self._parent:
            yield self._reason[term]
            term = self._parent[term]

    def representatives(self, size: int) -> Numbers:
        """Return for each term what stands for its class."""
        standing = np.arange(size)
        for term in self._parent:
            standing[term] = self.find(term)
        return standing


def merge(relations: Relations, is_constant: NDArray[np.bool_]) -> tuple[Relations, list[Clash], Numbers]:
    """Merge relations by their keys.

    Parameters
    ----------
    relations
        With their inferences.
    is_constant
        Of each term.

    Returns
    -------
    tuple
        The relations with equal terms written alike; the contradictions; and for each term what stands for it.
    """
    classes = Classes(is_constant)
    merged, united = relations, True
    while united:
        outcomes = [(difference, classes.unite(difference)) for difference in _differences(merged)]
        united = any(outcome for _, outcome in outcomes)
        standing = classes.representatives(relations.size)
        columns = {name: np.where(values < 0, values, standing[values]) for name, values in merged.columns.items()}
        merged = replace(merged, columns=columns)
    impossible = [difference for difference, outcome in outcomes if outcome is None]
    return merged, _clashes(impossible, classes, relations), standing


def _differences(relations: Relations) -> Iterator[Difference]:
    """Yield what must be equal and is not yet."""
    columns = relations.columns
    for key in KEYS:
        for kind in key.kinds:
            rows = relations.rows(kind)
            values = [columns[name][rows] for name in key.components]
            order = np.lexsort(values[::-1])
            same = np.all([column[order][1:] == column[order][:-1] for column in values], axis=0)
            first, second = rows[order][:-1][same], rows[order][1:][same]
            yield from _compare(key.rule, key.components, key.determines, columns, first, second)
    for rule, activity, event in SAME_TIME:
        rows = relations.rows(activity, event)
        subjects = columns["subject"][rows]
        order = np.lexsort((relations.kinds[rows] != activity, subjects))
        rows, subjects = rows[order], subjects[order]
        _, start, group = np.unique(subjects, return_index=True, return_inverse=True)
        head = rows[start][group]
        timed = (relations.kinds[head] == activity) & (relations.kinds[rows] == event)
        yield from _compare(rule, ("subject",), ("time",), columns, head[timed], rows[timed])


def _compare(
    rule: int,
    key: tuple[str, ...],
    names: tuple[str, ...],
    columns: dict[str, Numbers],
    first: Numbers,
    second: Numbers,
) -> Iterator[Difference]:
    for name in names:
        one, other = columns[name][first], columns[name][second]
        for place in np.flatnonzero(one != other):
            rows = int(first[place]), int(second[place])
            of = tuple(int(columns[part][rows[0]]) for part in key)
            yield Difference(rule, of, name, rows, (int(one[place]), int(other[place])))


def _clashes(differences: list[Difference], classes: Classes, relations: Relations) -> list[Clash]:
    """Return one contradiction for each relation and component, with what led to it."""
    groups: dict[tuple[int, tuple[int, ...], str], list[Difference]] = {}
    for difference in differences:
        groups.setdefault((difference.rule, difference.key, difference.component), []).append(difference)
    clashes = []
    for (rule, _, component), group in groups.items():
        first = group[0]
        names = next((key.components for key in KEYS if key.rule == rule), ("subject",))
        cells = [int(relations.columns[name][row]) for row in first.rows for name in (*names, component)]
        because = dict.fromkeys(chain.from_iterable(map(classes.reasons, cells)))
        values = {value for difference in group for value in difference.values}
        clashes.append(Clash(first, tuple(because), len(values) - 2))
    return clashes
