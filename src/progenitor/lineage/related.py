"""What belongs to a node beyond its lineage, counted by SPARQL: members by type, quanta by task and status, runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Protocol, cast

from progenitor.identifiers import parse
from progenitor.labels import label_of, name_of
from progenitor.lineage.describe import Properties
from progenitor.model import Term

Row = tuple[Term | None, ...]


class Askable(Properties, Protocol):
    """The part of the graph that describing needs, with SPARQL."""

    def query(self, sparql: str) -> object:
        """Ask SPARQL; a SELECT gives an iterable of rows of terms."""


def _quanta_of(plan: str, found_by: str = "") -> str:
    """Return the pattern of the quanta of plans, run or only planned, with their status or that they are init quanta.

    What finds the plans is in both branches, so that neither is evaluated for every plan of the store.
    """
    return f"""
        {{ {found_by} ?quantum pg:plan {plan} }}
        UNION {{ {found_by} ?quantum pg:plannedBy {plan} }}
        OPTIONAL {{ ?quantum pg:status ?status }} OPTIONAL {{ ?quantum a ?init FILTER(?init = pg:InitQuantum) }}"""


_QUANTA_BY_PLAN: Final = "OPTIONAL { ?quantum pg:plan|pg:plannedBy ?what }"

_QUESTIONS: Final[dict[str, dict[str, str]]] = {
    "collection": {
        "datasets": "{this} prov:hadMember ?thing . ?thing voprov:isDescribedBy ?what",
        "members": """?state prov:specializationOf {this} ; prov:hadMember ?thing .
            OPTIONAL { ?thing voprov:isDescribedBy ?type } OPTIONAL { ?thing pg:collectionType ?collection }
            BIND(COALESCE(?type, CONCAT(?collection, " collection"), "not in this store") AS ?what)""",
        "quanta": _quanta_of("?what", "{this} pg:pipeline ?pipeline . ?what dcterms:isPartOf ?pipeline ."),
        "tasks run with": """{ SELECT DISTINCT ?plan ?what WHERE {
            {this} pg:pipeline ?pipeline . ?plan dcterms:isPartOf ?pipeline .
            ?quantum pg:plan ?plan ; prov:wasAssociatedWith ?what } }""",
        "in collections": "?state prov:hadMember {this} ; prov:specializationOf ?what",
    },
    "pipeline": {"quanta": _quanta_of("?what", "?what dcterms:isPartOf {this} .")},
    "plan": {"quanta": _quanta_of("{this}")},
    "task": {
        "quanta": _quanta_of("?what", "?what voprov:isDescribedBy {this} ; a prov:Plan ."),
        "runs": """?plan voprov:isDescribedBy {this} ; dcterms:isPartOf ?pipeline . ?what pg:pipeline ?pipeline""",
    },
    "config": {
        "plans": "?what pg:configuration {this}",
        "datasets": "?thing prov:specializationOf {this} ; voprov:isDescribedBy ?what",
    },
    "software-environment": {"quanta": "?quantum prov:wasAssociatedWith {this} ." + _QUANTA_BY_PLAN},
    "software": {"software environments": "?what dcterms:hasPart {this}"},
    "host": {
        "quanta": "?quantum prov:atLocation {this} FILTER NOT EXISTS { ?quantum a pg:Attempt }" + _QUANTA_BY_PLAN,
        "attempts": "?quantum prov:atLocation {this} ; a pg:Attempt ; pg:status ?what",
    },
    "agent": {
        "collections": "?what prov:wasAttributedTo {this}",
        "quanta": "?quantum prov:wasAssociatedWith {this} ." + _QUANTA_BY_PLAN,
    },
    "dataset-type": {
        "datasets": "?thing voprov:isDescribedBy {this} . ?what prov:hadMember ?thing ; pg:collectionType 'RUN'",
        "planned datasets": """?thing voprov:isDescribedBy {this} ; a pg:PlannedDataset .
            ?quantum pg:plannedOutput ?thing ; pg:plannedBy ?what""",
    },
    "data": {"datasets": "?thing prov:specializationOf {this} . ?what prov:hadMember ?thing ; pg:collectionType 'RUN'"},
    "data-id": {
        "datasets": """?data pg:dataId {this} . ?thing prov:specializationOf ?data ; voprov:isDescribedBy ?what""",
        "runs": """?data pg:dataId {this} . ?thing prov:specializationOf ?data .
            ?what prov:hadMember ?thing ; pg:collectionType 'RUN'""",
        "planned datasets": "?thing pg:dataId {this} ; a pg:PlannedDataset ; voprov:isDescribedBy ?what",
        "quanta": "?quantum pg:dataId {this} ; pg:plan|pg:plannedBy ?what",
        "exposures": "?exposure pg:dataId {this} ; a pg:Exposure BIND('exposure' AS ?what)",
    },
    "quantum": {"planned outputs": "{this} pg:plannedOutput ?thing . ?thing voprov:isDescribedBy ?what"},
    "raw": {"datasets": "?thing prov:specializationOf {this} ; voprov:isDescribedBy ?what"},
}
"""Kind of IRI -> relation -> the SPARQL pattern that finds ``?what`` is counted, and perhaps its ``?status``."""

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
    questions: Mapping[str, str] = _QUESTIONS.get(parsed.kind, {}) if parsed and not parsed.fragment else {}
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
