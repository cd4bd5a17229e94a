"""A figure of an answer, and the same in words."""

from __future__ import annotations

from collections.abc import Iterable

from progenitor.formats.dot import to_dot
from progenitor.formats.graphviz import add_text_alternative, run
from progenitor.formats.groups import Arrow, Box, collapse
from progenitor.formats.selection import Statement, select
from progenitor.model import Lineage
from progenitor.terms import compact

_NAMED_STARTS = 3
"""More things than this that were asked for are counted in the title."""


def draw(lineage: Lineage, properties: Iterable[Statement], format: str, *, base: str) -> bytes:
    """Return a figure of an answer.

    Parameters
    ----------
    lineage
        The answer.
    properties
        What is known of its nodes.
    format
        ``dot``, ``svg``, ``pdf`` or ``png``.
    base
        The store's base IRI.

    Raises
    ------
    FormatError
        If the program ``dot`` is not installed, or takes too long.
    """
    boxes, arrows = collapse(lineage, select(lineage, properties, base), base)
    title = title_of(lineage, boxes)
    source = to_dot(boxes, arrows, title=title, bounds=bounds_of(lineage), starts=frozenset(lineage.starts))
    if format == "dot":
        return source.encode()
    picture = run(source, format)
    return add_text_alternative(picture, title, describe(boxes, arrows)) if format == "svg" else picture


def title_of(lineage: Lineage, boxes: list[Box]) -> str:
    """Return the question in one line.

    Parameters
    ----------
    lineage
        The answer.
    boxes
        Of its figure.
    """
    names = {iri: box.title for box in boxes for iri in box.members}
    asked = ", ".join(names[start] for start in lineage.starts[:_NAMED_STARTS])
    others = len(lineage.starts) - _NAMED_STARTS
    more = f" and {others:,} more" if others > 0 else ""
    return f"{'Where it came from' if lineage.direction == 'back' else 'What has come of it'}: {asked}{more}"


def bounds_of(lineage: Lineage) -> str:
    """Return what bounds an answer in one line.

    Parameters
    ----------
    lineage
        The answer.
    """
    depth = "all depths" if lineage.depth is None else f"depth {lineage.depth}"
    cut = f" · cut at the {lineage.truncated}" if lineage.truncated else ""
    return (
        f"snapshot {lineage.snapshot} · inputs as {lineage.inputs} · {depth} · "
        f"{len(lineage.nodes):,} nodes, {len(lineage.edges):,} relations{cut}"
    )


def describe(boxes: list[Box], arrows: list[Arrow]) -> str:
    """Return what a figure shows in words: a sentence for each relation of a box.

    Parameters
    ----------
    boxes, arrows
        See `progenitor.formats.groups.collapse`.
    """
    said: dict[tuple[int, str], list[str]] = {}
    for arrow in arrows:
        said.setdefault((arrow.subject, arrow.relation), []).append(boxes[arrow.object].title)
    sentences = [
        f"{boxes[subject].title} {compact(relation)} {', '.join(titles)}."
        for (subject, relation), titles in said.items()
    ]
    return " ".join(sentences or [f"{box.title}." for box in boxes])
