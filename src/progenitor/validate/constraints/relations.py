"""The relations of a document, and those that the inferences of PROV-CONSTRAINTS add and constraints build on.

Inferences 7 and 8 (every entity is generated and invalidated, every activity starts and ends) are in the event graph,
whose nodes these events are; 19 and 21 are where Constraints 52 and 56 are checked. Left out are the inferences from
which no constraint can conclude anything new: 5 and 6 (what they order, Constraints 33 to 37 order too), 12, 16 to 18
and 20 (alternates are only typed), 13 (nothing is before the start of the activity that it supposes).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from progenitor.validate.constraints.read import COLUMNS, UNKNOWN, Document, Numbers
from progenitor.validate.constraints.rules import EVENT_OF, IDENTIFIABLE
from progenitor.validate.constraints.vocabulary import RELATIONS, Kind

ABSENT: Final = -1


@dataclass(frozen=True)
class Relations:
    """Relations by row: first those of the document, then the inferred ones.

    Parameters
    ----------
    kinds
        Kind of each.
    columns
        Components of each, by the names of `COLUMNS`. A component that exists but that nobody stated is an existential
        variable: a number from `named` on. -1 where the relation has no such component.
    stated
        The components of the rows of the document; -1 for what nobody stated.
    origin
        For each row the row of the document that states it, or that it is inferred from.
    named
        How many terms the document has.
    size
        How many terms and variables there are.
    """

    kinds: Numbers
    columns: dict[str, Numbers]
    stated: dict[str, Numbers]
    origin: Numbers
    named: int
    size: int

    def rows(self, *kinds: Kind) -> Numbers:
        """Return the rows of some kinds, in order."""
        return np.flatnonzero(np.isin(self.kinds, kinds))

    def is_stated(self, name: str, rows: Numbers) -> NDArray[np.bool_]:
        """Whether a component is stated in the rows of the document from which some rows are."""
        there: NDArray[np.bool_] = self.stated[name][self.origin[rows]] != ABSENT
        return there


def relations_of(document: Document) -> Relations:
    """Return the relations of a document with their inferences.

    Parameters
    ----------
    document
        What was read.
    """
    named = len(document.names)
    kinds, stated = document.kinds, document.columns
    columns = {name: values.copy() for name, values in stated.items()}
    columns["time"] = _first_of_instant(document)
    size = _suppose(kinds, columns, named)
    inferred = _inferred(kinds, columns, stated)
    new_kinds = np.concatenate([np.full(len(rows), kind) for kind, _, rows in inferred])
    new = {name: np.concatenate([_column(part, name, columns) for part in inferred]) for name in COLUMNS}
    size = _suppose(new_kinds, new, size)
    return Relations(
        kinds=np.concatenate((kinds, new_kinds)),
        columns={name: np.concatenate((columns[name], new[name])) for name in COLUMNS},
        stated=stated,
        origin=np.concatenate((np.arange(len(kinds)), *(rows for _, _, rows in inferred))),
        named=named,
        size=size,
    )


def _first_of_instant(document: Document) -> Numbers:
    """Return the time of each relation, as the first term that is the same instant."""
    times = document.columns["time"].copy()
    known = np.flatnonzero(times != ABSENT)
    known = known[document.instants[times[known]] != UNKNOWN]
    if len(known):
        _, first, group = np.unique(document.instants[times[known]], return_index=True, return_inverse=True)
        times[known] = times[known][first][group]
    return times


def _components(kind: Kind) -> set[str]:
    """Return the components that a relation of PROV-DM has, whether stated or not."""
    relation = RELATIONS[kind]
    there = {
        "id": kind in IDENTIFIABLE,
        "object": bool(relation.object),
        "other": bool(relation.other),
        "generation": kind == Kind.DERIVATION,
        "usage": kind == Kind.DERIVATION,
        "time": kind in EVENT_OF,
    }
    return {name for name, exists in there.items() if exists}


def _suppose(kinds: Numbers, columns: dict[str, Numbers], size: int) -> int:
    """Put a new variable for each component that exists but is not stated; return how many terms there are then."""
    for name, values in columns.items():
        having = [kind for kind in Kind if name in _components(kind)]
        missing = np.flatnonzero((values == ABSENT) & np.isin(kinds, having))
        values[missing] = np.arange(size, size + len(missing))
        size += len(missing)
    return size


_Inferred = tuple[Kind, dict[str, str], Numbers]
"""A kind, its components (-> the column they are taken from), and the rows it is inferred from."""


def _inferred(kinds: Numbers, columns: dict[str, Numbers], stated: dict[str, Numbers]) -> list[_Inferred]:
    """Return what the Inferences 9, 10, 11, 14 and 15 add."""

    def with_third(*of: Kind) -> Numbers:
        return np.flatnonzero(np.isin(kinds, of) & (stated["other"] != ABSENT))

    started, derived, delegated = (
        with_third(Kind.START, Kind.END),
        with_third(Kind.DERIVATION),
        with_third(Kind.DELEGATION),
    )
    influences = columns["id"][(kinds == Kind.INFLUENCE)]
    specific = np.flatnonzero((kinds < Kind.INFLUENCE) & np.isin(columns["id"], influences))
    return [
        (Kind.GENERATION, {"subject": "object", "object": "other"}, started),
        (Kind.USAGE, {"id": "usage", "subject": "other", "object": "object"}, derived),
        (Kind.GENERATION, {"id": "generation", "subject": "subject", "object": "other"}, derived),
        (Kind.ASSOCIATION, {"subject": "other", "object": "subject"}, delegated),
        (Kind.ASSOCIATION, {"subject": "other", "object": "object"}, delegated),
        (Kind.INFLUENCE, {"id": "id", "subject": "subject", "object": "object"}, specific),
    ]


def _column(part: _Inferred, name: str, columns: dict[str, Numbers]) -> Numbers:
    _, components, rows = part
    return columns[components[name]][rows] if name in components else np.full(len(rows), ABSENT)
