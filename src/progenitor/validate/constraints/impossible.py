"""What things are, and what they cannot be: typing and impossibility (Constraints 50, 51, and 53 to 56)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from progenitor.validate.constraints.read import Document, Numbers
from progenitor.validate.constraints.relations import ABSENT, Relations
from progenitor.validate.constraints.rules import IDENTIFIABLE, NO_OVERLAP
from progenitor.validate.constraints.vocabulary import IDENTIFIED, RELATIONS, Kind, Type


@dataclass(frozen=True)
class Impossibility:
    """Something that cannot be.

    Parameters
    ----------
    rule
        The constraint.
    thing
        Number of the term that it is about.
    types
        The types that it cannot have together; none where the rows alone are impossible.
    row
        The relation that is impossible; -1 where the types alone are.
    """

    rule: int
    thing: int
    types: tuple[int, ...] = ()
    row: int = ABSENT


def types_of(document: Document, relations: Relations, standing: Numbers) -> Numbers:
    """Return the types of each term, as bits (Constraint 50).

    PROV-O gives its properties a domain and a range, so what a relation implies is as good as declared.

    Parameters
    ----------
    document
        What was read.
    relations
        Merged.
    standing
        For each term what stands for it.
    """
    types = np.zeros(relations.size, np.int64)
    np.bitwise_or.at(types, standing[document.typed], document.types)
    for kind, relation in RELATIONS.items():
        rows = relations.rows(kind)
        for name, implied in zip(("subject", "object", "other"), relation.types, strict=True):
            _imply(types, relations.columns[name][rows], implied)
        if kind in IDENTIFIABLE:
            _imply(types, relations.columns["id"][rows], 1 << (IDENTIFIED + kind))
    _inherit_emptiness(types, relations)
    return types


def _imply(types: Numbers, things: Numbers, implied: int) -> None:
    """Give things a type; that a thing is named twice does no harm."""
    types[things[things != ABSENT]] |= int(implied)


def _inherit_emptiness(types: Numbers, relations: Relations) -> None:
    """Give the specializations of an empty collection its type (Inference 21)."""
    rows = relations.rows(Kind.SPECIALIZATION)
    specific, general = relations.columns["subject"][rows], relations.columns["object"][rows]
    empty = int(Type.EMPTY_COLLECTION)
    while (new := (types[general] & empty != 0) & (types[specific] & empty == 0)).any():
        types[specific[new]] |= empty


def impossibilities(relations: Relations, types: Numbers) -> Iterator[Impossibility]:
    """Yield what is impossible, by constraint, then by thing.

    Parameters
    ----------
    relations
        Merged.
    types
        Of each term.
    """
    yield from _unspecified_derivations(relations)
    yield from _overlaps(types)
    both = int(Type.ENTITY | Type.ACTIVITY)
    for thing in np.flatnonzero(types & both == both):
        yield Impossibility(55, int(thing), (int(Type.ENTITY), int(Type.ACTIVITY)))
    rows = relations.rows(Kind.MEMBERSHIP)
    collections = relations.columns["subject"][rows]
    for place in np.flatnonzero(types[collections] & int(Type.EMPTY_COLLECTION)):
        yield Impossibility(56, int(collections[place]), (int(Type.EMPTY_COLLECTION),), int(rows[place]))


def _unspecified_derivations(relations: Relations) -> Iterator[Impossibility]:
    """Yield derivations that tell a generation or a usage but not the activity (Constraint 51)."""
    rows = relations.rows(Kind.DERIVATION)
    detailed = relations.is_stated("generation", rows) | relations.is_stated("usage", rows)
    for row in rows[detailed & ~relations.is_stated("other", rows)]:
        yield Impossibility(51, int(relations.columns["id"][row]), row=int(row))


def _overlaps(types: Numbers) -> Iterator[Impossibility]:
    """Yield identifiers of relations of two kinds, and of a relation and a thing (Constraints 53 and 54)."""
    disjoint = [1 << (IDENTIFIED + kind) for kind in NO_OVERLAP]
    identifiers = np.flatnonzero(types >> IDENTIFIED)
    for thing in identifiers[_bits(types[identifiers] & sum(disjoint)) > 1]:
        there = [bit for bit in disjoint if types[thing] & bit]
        yield from (Impossibility(53, int(thing), pair) for pair in combinations(there, 2))
    objects = [int(Type.ENTITY), int(Type.ACTIVITY), int(Type.AGENT)]
    for thing in identifiers[types[identifiers] & sum(objects) != 0]:
        kind = next(kind for kind in IDENTIFIABLE if types[thing] >> (IDENTIFIED + kind) & 1)
        there = [bit for bit in objects if types[thing] & bit]
        yield from (Impossibility(54, int(thing), (bit, 1 << (IDENTIFIED + kind))) for bit in there)


def _bits(values: Numbers) -> Numbers:
    """Return how many bits are set."""
    return np.bitwise_count(values).astype(np.int64)
