"""The full description of one node: its sentence, its facts, and what lies one step away, counted by type."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from progenitor.identifiers import parse
from progenitor.labels import label_of
from progenitor.lineage.describe import (
    STATUS,
    Description,
    Fact,
    Properties,
    Record,
    first,
    plan_of,
    records,
    summarize,
)
from progenitor.terms import DCTERMS, PG, PROV, TYPE, compact

USED: Final = PROV + "used"
GENERATED: Final = PROV + "wasGeneratedBy"
PLANNED_INPUT: Final = PG + "plannedInput"

_NOT_FACTS: Final = frozenset(
    {
        USED,
        PLANNED_INPUT,
        PROV + "hadMember",
        PROV + "qualifiedDerivation",
        PROV + "qualifiedUsage",
        DCTERMS + "hasPart",
    }
)
"""Properties that may have thousands of values, or only repeat another: counted or left out, not listed."""

NAMED_TYPES: Final = 6
"""Types that a sentence names before it says "and others"."""


def describe(graph: Properties, base: str, iri: str) -> Description:
    """Describe one node.

    Parameters
    ----------
    graph
        The snapshot's.
    base
        The store's base IRI.
    iri
        The node; one that the graph does not know gets a description that says so.
    """
    teller = _Teller(graph, base)
    record = records(graph, [iri])[iri]
    summary = summarize(graph, base, [iri])[iri]
    maker = iri if summary.kind in {"activity", "plan"} else first(record, GENERATED)
    inputs = teller.inputs(maker)
    outputs = teller.count(subject for subject, predicate in graph.referrers(iri) if predicate in {GENERATED, USED})
    if summary.kind == "activity" or (TYPE in record and summary.kind == "plan"):
        sentence = teller.activity(summary.label, iri, record, inputs, outputs)
    elif summary.kind == "entity":
        sentence = teller.entity(summary.label, maker, inputs, outputs)
    else:
        sentence = teller.other(summary.label, record)
    return Description(
        iri=iri,
        label=summary.label,
        kind=summary.kind,
        type=summary.type,
        sentence=sentence,
        facts=teller.facts(record),
        inputs=dict(inputs),
        outputs=dict(outputs),
    )


@dataclass(frozen=True)
class _Teller:
    graph: Properties
    base: str

    def inputs(self, activity: str | None) -> Counter[str]:
        """Count what an activity used, or was planned to use, by type."""
        if activity is None:
            return Counter()
        record = records(self.graph, [activity])[activity]
        return self.count(term.value for predicate in (USED, PLANNED_INPUT) for term in record.get(predicate, ()))

    def count(self, iris: object) -> Counter[str]:
        """Count nodes by the label of their type."""
        summaries = summarize(self.graph, self.base, list(dict.fromkeys(iris)))  # type: ignore[call-overload]
        counts = Counter(summary.type_label or self._kind(summary.iri) for summary in summaries.values())
        return Counter(dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))))

    def entity(self, name: str, maker: str | None, inputs: Mapping[str, int], outputs: Mapping[str, int]) -> str:
        """Say where an entity came from."""
        if maker is None:
            origin = f"{name}: nothing in this store says what made it"
        else:
            record = records(self.graph, [maker])[maker]
            by = summarize(self.graph, self.base, [maker])[maker]
            verb = "was taken by" if self._kind(maker) == "exposure" else "was made by"
            origin = f"{name} {verb} {by.type_label or by.label}{self._circumstances(maker, record, inputs)}"
        return f"{origin}; {_listed('used by', outputs) or 'nothing in this store used it'}."

    def activity(
        self, name: str, iri: str, record: Record, inputs: Mapping[str, int], outputs: Mapping[str, int]
    ) -> str:
        """Say what an activity did."""
        status = first(record, STATUS)
        if status == "BLOCKED":
            return f"{name} was planned and never ran: BLOCKED by a failure before it."
        ran = f"{name} ran{self._circumstances(iri, record, inputs)}"
        made = _listed("made", outputs) or "made nothing"
        return f"{ran}; {made}{f'; it ended as {status}' if status else ''}."

    def other(self, name: str, record: Record) -> str:
        """Say what kind of thing anything else is."""
        types = [compact(term.value) for term in record.get(TYPE, ())]
        return f"{name} is a {' and '.join(types)}." if types else f"{name} is only named in this store."

    def _circumstances(self, activity: str, record: Record, inputs: Mapping[str, int]) -> str:
        """Say in which run, from what, where and when an activity ran."""
        plan = plan_of(self.base, record)
        run = f" in the run {plan.keys[1]}" if plan else ""
        start, end = first(record, PROV + "startedAtTime"), first(record, PROV + "endedAtTime")
        when = f", {_when(start, end)}" if start and end else ""
        where = first(record, PROV + "atLocation")
        host = f", on {label_of(self.base, where)}" if where else ""
        listed = _listed("from", inputs)
        return f"{run}{' ' + listed if listed else ''}{host}{when}"

    def _kind(self, iri: str) -> str:
        """Return the kind that an IRI of ours names."""
        parsed = parse(self.base, iri)
        return parsed.kind.replace("-", " ") if parsed else "thing"

    def facts(self, record: Record) -> tuple[Fact, ...]:
        """List the properties of a node, the labels of the nodes they lead to in place of IRIs."""
        terms = [(p, term) for p, values in record.items() if p not in _NOT_FACTS for term in values]
        summaries = summarize(self.graph, self.base, [term.value for _, term in terms if term.is_iri])
        facts = (
            Fact(
                compact(predicate),
                (summaries[term.value].label if predicate != TYPE else compact(term.value))
                if term.is_iri
                else term.value,
                term.value if term.is_iri else None,
            )
            for predicate, term in terms
        )
        return tuple(sorted(facts, key=lambda fact: (fact.name != "rdf:type", fact.name, fact.value)))


def _when(start: str, end: str) -> str:
    """Write two xsd:dateTime in UTC as a time and a duration."""
    began, ended = datetime.fromisoformat(start), datetime.fromisoformat(end)
    return f"at {began:%Y-%m-%d %H:%M:%S} UTC for {(ended - began).total_seconds():,.3g} s"


def _listed(word: str, counts: Mapping[str, int]) -> str:
    """Join counts in words: ``from 4 warp and 1 skyMap``."""
    if not counts:
        return ""
    named = [f"{number:,} {name}" for name, number in list(counts.items())[:NAMED_TYPES]]
    rest = len(counts) - NAMED_TYPES
    if rest > 0:
        named.append(f"{rest} other types")
    return f"{word} {named[0] if len(named) == 1 else ', '.join(named[:-1]) + ' and ' + named[-1]}"
