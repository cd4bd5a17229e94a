"""The DOT of a figure, in the PROV convention: origins left, effects right, arrows to the origin, for one page."""

from __future__ import annotations

import math
import re
from html import escape
from typing import Final

from progenitor.formats.drawn import AGENCY
from progenitor.formats.groups import Arrow, Box
from progenitor.formats.relations import PLANNED, STATED_FORWARD
from progenitor.terms import PROV, compact

SHAPES: Final = {
    "Entity": 'shape=ellipse fillcolor="#FFFC87" color="#8A8300"',
    "Activity": 'shape=box fillcolor="#9FB1FC" color="#3B4CA8"',
    "Agent": 'shape=house fillcolor="#FED37F" color="#94661A"',
}
"""The shapes and fills of the W3C PROV layout convention; outlines darker, so that they show in print."""

_COLOURS: Final = {PROV + "used": "#9C2A1D", PROV + "wasGeneratedBy": "#1B6B3A", PROV + "wasAssociatedWith": "#94661A"}
"""Of the relations that every figure is full of, so that they need no words but the legend's; dark enough on white."""

_OTHER_COLOUR: Final = "#5B5B5B"
_DETAIL_COLOUR: Final = "#4A4A4A"
_NOTE_COLOUR: Final = "#B00020"
_NAME_WIDTH: Final = 18
_DETAIL_WIDTH: Final = 19
"""Characters of a line in a box: narrow, since a chain of tasks is much longer than a page is wide."""

_NAME_BREAKS: Final = re.compile(r"(?<=[/_.:-])(?=\w)")
_DETAIL_BREAKS: Final = re.compile(r"(?<=/)(?=\w)")
"""Where a word may be broken; a data ID's values stay whole."""

_FONT: Final = "Liberation Sans,Arial,Helvetica,sans-serif"
"""One metric under several names, so that text laid out here fits its box wherever the SVG is opened."""

_HEAD: Final = f"""digraph lineage {{
  graph [rankdir=LR size="10.9,7.4" margin=0.2 nodesep=0.22 ranksep=0.3 bgcolor=white outputorder=edgesfirst]
  graph [fontname="{_FONT}" fontsize=13 labelloc=t labeljust=l]
  node [fontname="{_FONT}" fontsize=11 style=filled penwidth=1 margin="0.10,0.05" height=0.35]
  edge [fontname="{_FONT}" fontsize=8 dir=back arrowsize=0.65 arrowtail=vee]"""
"""Sizes in inches and points: A4 or letter, landscape."""


def to_dot(
    boxes: list[Box], arrows: list[Arrow], *, title: str, bounds: str, starts: frozenset[str] = frozenset()
) -> str:
    """Return a figure as DOT.

    Parameters
    ----------
    boxes, arrows
        See `progenitor.formats.groups.collapse`.
    title, bounds
        The two lines above the figure.
    starts
        IRIs of what was asked for; their boxes have a heavier outline.
    """
    heading = "".join(f'{line}<BR ALIGN="LEFT"/>' for line in (f"<B>{escape(title)}</B>", _small(escape(bounds))))
    identifiers = [_quote(f"{box.title} ({position})") for position, box in enumerate(boxes, start=1)]
    lines = [
        _HEAD,
        f"  label=<{heading}>",
        # Of parts that are not connected, graphviz puts the first one lowest.
        *_legend(boxes, arrows),
        *(_node(identifier, box, starts) for identifier, box in zip(identifiers, boxes, strict=True)),
        *(_edge(identifiers, arrow) for arrow in arrows),
        "}",
    ]
    return "\n".join([*lines, ""])


def _node(identifier: str, box: Box, starts: frozenset[str]) -> str:
    many = len(box.members) > 1
    name = f"{len(box.members):,}\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}{box.name}" if many else box.name
    parts = [f"<B>{_wrapped(name, _NAME_WIDTH, _NAME_BREAKS)}</B>"]
    if box.detail:
        parts.append(_small(_wrapped(box.detail, _DETAIL_WIDTH, _DETAIL_BREAKS)))
    if box.note:
        parts.append(_small(f"<B>{escape(box.note)}</B>", _NOTE_COLOUR))
    attributes = [
        f"label=<{'<BR/>'.join(parts)}>",
        SHAPES[box.element],
        f"tooltip={_quote(box.title)}",
        "peripheries=2" if many else f"URL={_quote(box.members[0])}",
    ]
    if box.is_planned:
        attributes.append('style="filled,dashed" fillcolor=white')
    if starts.intersection(box.members):
        attributes.append("penwidth=2.4")
    return f"  {identifier} [{' '.join(attributes)}]"


def _edge(identifiers: list[str], arrow: Arrow) -> str:
    """Draw a relation from left to right in time; the arrow's head is at the earlier end, as PROV has it."""
    relation = compact(arrow.relation)
    attributes = [
        _colour(arrow.relation),
        f"penwidth={0.9 + 0.5 * math.log10(arrow.count):.2f}",
        f"edgetooltip={_quote(f'{arrow.count:,} × {relation}' if arrow.count > 1 else relation)}",
    ]
    if arrow.relation not in _COLOURS.keys() | PLANNED:
        attributes.append(f"label={_quote(relation.partition(':')[2] or relation)}")
    if arrow.relation in PLANNED:
        attributes.append("style=dashed")
    if arrow.relation in AGENCY:
        # An agent stands beside what it answers for, without a place in time.
        attributes.append("style=dotted constraint=false")
    earlier, later = arrow.object, arrow.subject
    if arrow.relation in STATED_FORWARD:
        earlier, later = later, earlier
    return f"  {identifiers[earlier]} -> {identifiers[later]} [{' '.join(attributes)}]"


def _legend(boxes: list[Box], arrows: list[Arrow]) -> list[str]:
    """Draw one example of each shape and of each coloured relation that the figure has."""
    relations = {arrow.relation for arrow in arrows}
    shown = {box.element for box in boxes}
    lines = [
        "  subgraph cluster_legend {",
        f'    label=Legend labeljust=l fontsize=9 fontcolor="{_DETAIL_COLOUR}" color="#C8C8C8" style=rounded margin=8',
        '    node [fontsize=9 height=0.25 margin="0.06,0.03"]',
    ]
    lines += [f"    legend_{name} [label={name.lower()} {shape}]" for name, shape in SHAPES.items() if name in shown]
    if PROV + "used" in relations:
        lines.append(f"    legend_Entity -> legend_Activity [label=used {_colour(PROV + 'used')}]")
    if PROV + "wasGeneratedBy" in relations:
        lines.append(f"    legend_made [label=entity {SHAPES['Entity']}]")
        colour = _colour(PROV + "wasGeneratedBy")
        lines.append(f"    legend_Activity -> legend_made [label=wasGeneratedBy {colour}]")
    if PROV + "wasAssociatedWith" in relations:
        colour = _colour(PROV + "wasAssociatedWith")
        lines.append(f"    legend_Agent -> legend_Activity [style=dotted label=wasAssociatedWith {colour}]")
    if any(box.is_planned for box in boxes):
        lines.append('    legend_planned [label="only planned" shape=box style="filled,dashed" fillcolor=white]')
    if any(len(box.members) > 1 for box in boxes):
        lines.append(
            '    legend_many [label="several, counted" shape=box peripheries=2 fillcolor=white color="#808080"]'
        )
    return [*lines, "  }"]


def _colour(relation: str) -> str:
    colour = _COLOURS.get(relation, _OTHER_COLOUR)
    return f'color="{colour}" fontcolor="{colour}"'


def _small(text: str, colour: str = _DETAIL_COLOUR) -> str:
    return f'<FONT POINT-SIZE="9" COLOR="{colour}">{text}</FONT>'


def _wrapped(text: str, width: int, breaks: re.Pattern[str]) -> str:
    """Break a text into lines that a box can hold, escaped."""
    lines = [""]
    for word in text.split(" "):
        glue = " " if lines[-1] else ""
        for part in breaks.split(word):
            if lines[-1] and len(lines[-1] + glue + part) > width:
                lines.append(part)
            else:
                lines[-1] += glue + part
            glue = ""
    return "<BR/>".join(escape(line) for line in lines)


def _quote(text: str) -> str:
    """Write a DOT string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped}"'
