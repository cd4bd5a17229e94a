"""Statements of PROV-O in a few words of Turtle, as columns for the validator."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyoxigraph as ox

from progenitor.validate.constraints import Violation, columns_of, validate_constraints

PREFIXES = """
@prefix : <https://progenitor.example/> .
@prefix prov: <http://www.w3.org/ns/prov#> .
@prefix pg: <https://w3id.org/progenitor/ns#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""

Quad = tuple[str, str, str, str | None]


def quads(trig: str) -> list[Quad]:
    """The quads of TriG as N-Triples terms; prefixes are declared, the empty one is the base."""
    return list(_plain(ox.parse(PREFIXES + trig, format=ox.RdfFormat.TRIG)))


def quads_of_file(file: Path) -> list[Quad]:
    return list(_plain(ox.parse(path=str(file), format=ox.RdfFormat.N_QUADS)))


def quads_of_lines(lines: bytes) -> list[Quad]:
    return list(_plain(ox.parse(lines, format=ox.RdfFormat.N_QUADS)))


def quads_of_rdf(stream: IO[bytes], syntax: ox.RdfFormat) -> Iterator[Quad]:
    """The quads of a document in a syntax of RDF."""
    return _plain(ox.parse(stream, format=syntax))


def _plain(parsed: Iterable[ox.Quad]) -> Iterator[Quad]:
    for quad in parsed:
        graph = None if isinstance(quad.graph_name, ox.DefaultGraph) else str(quad.graph_name)
        yield str(quad.subject), str(quad.predicate), str(quad.object), graph


def columns(trig: str) -> pa.Table:
    return columns_of(quads(trig))


def violations(trig: str) -> list[Violation]:
    return validate_constraints(columns(trig))


def rules(trig: str) -> list[int | None]:
    """The numbers of the constraints that are broken; None is the check of the times."""
    return [violation.rule for violation in violations(trig)]


def at(hour: int) -> str:
    """A time, in Turtle."""
    return f'"2025-11-01T{hour:02d}:00:00Z"^^xsd:dateTime'
