"""Siblings of a figure put together: five hundred quanta of one task in one run are drawn as one node."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from progenitor.formats.drawn import drawn_edges
from progenitor.formats.facts import Facts, facts_of
from progenitor.formats.selection import Statement
from progenitor.model import Lineage

SIBLINGS: Final = 4
"""More siblings than this are one node."""

FULL_PAGE: Final = 36
"""Above this many nodes every sibling is put together: the text would be too small on a page."""


@dataclass(frozen=True)
class Box:
    """A node of the figure: one thing, or siblings.

    Parameters
    ----------
    element
        ``Entity``, ``Activity`` or ``Agent``.
    name
        The first line: dataset type, task, or a label.
    detail
        The second line: the data ID of one thing, the run of many; may be empty.
    note
        What a reader must not overlook, for example ``FAILED``; may be empty.
    members
        The IRIs, in the order of the answer.
    is_planned
        Whether it was only planned: nothing of it came to be.
    """

    element: str
    name: str
    detail: str
    note: str
    members: tuple[str, ...]
    is_planned: bool = False

    @property
    def title(self) -> str:
        """The box in one line."""
        count = f"{len(self.members):,} × " if len(self.members) > 1 else ""
        return " ".join(part for part in (f"{count}{self.name}", self.detail, self.note) if part)


@dataclass(frozen=True)
class Arrow:
    """Relations between two boxes, as PROV states them: from the later box to the earlier one.

    Parameters
    ----------
    subject, object
        Positions in the list of boxes.
    relation
        IRI of the property.
    count
        How many relations it stands for.
    """

    subject: int
    object: int
    relation: str
    count: int


def collapse(lineage: Lineage, statements: Iterable[Statement], base: str) -> tuple[list[Box], list[Arrow]]:
    """Return the boxes and arrows of a figure; the things that were asked for are never put together.

    Parameters
    ----------
    lineage
        The answer.
    statements
        What is known of its nodes; see `progenitor.formats.selection.select`.
    base
        The store's base IRI.
    """
    edges = drawn_edges(lineage)
    ends = {iri for edge in edges for iri in (edge.subject, edge.object)} | set(lineage.starts)
    nodes = [node.iri for node in lineage.nodes if node.iri in ends]
    facts = facts_of(statements, nodes, base)
    starts = frozenset(lineage.starts)
    boxes = _boxes(nodes, facts, starts, SIBLINGS)
    if len(boxes) > FULL_PAGE:
        boxes = _boxes(nodes, facts, starts, 1)
    place = {iri: position for position, box in enumerate(boxes) for iri in box.members}
    counts = Counter((place[edge.subject], place[edge.object], edge.relation) for edge in edges)
    return boxes, [
        Arrow(subject, object_, relation, count) for (subject, object_, relation), count in sorted(counts.items())
    ]


def _boxes(nodes: list[str], facts: dict[str, Facts], starts: frozenset[str], siblings: int) -> list[Box]:
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for iri in nodes:
        known = facts[iri]
        name = known.what or known.kind
        alone = iri in starts or not name
        groups[(iri,) if alone else (known.element, name, known.run, known.status)].append(iri)
    boxes: list[Box] = []
    for members in groups.values():
        if len(members) > siblings:
            boxes.append(_shared(members, facts))
        else:
            boxes += [_single(iri, facts[iri]) for iri in members]
    return boxes


def _shared(members: list[str], facts: dict[str, Facts]) -> Box:
    known = facts[members[0]]
    return Box(known.element, known.what or known.kind, known.run, known.status, tuple(members), known.is_planned)


def _single(iri: str, known: Facts) -> Box:
    name = known.what or known.label
    detail = known.label.removeprefix(name).strip() if known.label.startswith(name) else known.label
    return Box(known.element, name, detail, known.status, (iri,), known.is_planned)
