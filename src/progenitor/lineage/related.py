"""What belongs to a node beyond its lineage, counted by SPARQL: members by type, quanta by task and status, runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Protocol, cast

from progenitor.identifiers import parse
from progenitor.labels import label_of, name_of
from progenitor.lineage.describe import Properties
from progenitor.lineage.questions import QUESTIONS
from progenitor.model import Term

Row = tuple[Term | None, ...]


class Askable(Properties, Protocol):
    """The part of the graph that describing needs, with SPARQL."""

    def query(self, sparql: str) -> object:
        """Ask SPARQL; a SELECT gives an iterable of rows of terms."""


_BY_PLAN: Final = frozenset({"quanta", "planned datasets", "plans"})
"""Relations whose ``?what`` is a task in a run."""

_OF_ONE_RUN: Final = frozenset({"collection", "pipeline", "plan"})
"""Kinds that are of one run: it is not told again with each of their counts."""


def rows(graph: Askable, sparql: str) -> list[Row]:
    """Return the rows of a SELECT."""
    return list(cast("Iterable[Row]", graph.query(sparql)))


def related(graph: Askable, base: str, iri: str) -> dict[str, dict[str, int]]:
    """Count what belongs to a node.

    Parameters
    ----------
    graph
        The snapshot's.
    base
        The store's base IRI.
    iri
        The node.

    Returns
    -------
    dict
        Relation -> counts by type, task, status or run, the most frequent first; relations that lead nowhere are not in
        it.
    """
    parsed = parse(base, iri)
    questions: Mapping[str, str] = QUESTIONS.get(parsed.kind, {}) if parsed and not parsed.fragment else {}
    counts = {relation: _count(graph, base, iri, relation, pattern) for relation, pattern in questions.items()}
    return {relation: count for relation, count in counts.items() if count}


def _count(graph: Askable, base: str, iri: str, relation: str, pattern: str) -> dict[str, int]:
    parsed = parse(base, iri)
    tell_run = relation in _BY_PLAN and parsed is not None and parsed.kind not in _OF_ONE_RUN
    found = rows(
        graph,
        "SELECT ?what ?status ?init (COUNT(*) AS ?number) WHERE { "
        + pattern.replace("{this}", f"<{iri}>")
        + " } GROUP BY ?what ?status ?init",
    )
    counts: dict[str, int] = {}
    for what, status, init, number in found:
        if number is None or number.value == "0":
            continue
        run = _run(base, what) if tell_run else ""
        qualifier = "(init)" if init else status.value if status else ""
        name = " ".join(word for word in (_name(base, what, relation), qualifier, f"in {run}" if run else "") if word)
        name = name or "of no task"
        counts[name] = counts.get(name, 0) + int(number.value)
    return dict(sorted(counts.items(), key=lambda count: (-count[1], count[0])))


def _name(base: str, what: Term | None, relation: str) -> str:
    if what is None:
        return ""
    if not what.is_iri:
        return what.value
    parsed = parse(base, what.value)
    by_name = relation in _BY_PLAN or (parsed is not None and parsed.kind in {"dataset-type", "collection", "task"})
    return name_of(base, what.value) if by_name and parsed else label_of(base, what.value)


def _run(base: str, what: Term | None) -> str:
    parsed = parse(base, what.value) if what and what.is_iri else None
    return parsed.keys[1] if parsed and parsed.kind == "plan" else ""
