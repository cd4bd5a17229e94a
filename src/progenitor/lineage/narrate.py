"""The full description of one node: its sentence, its facts, and what lies one step away, counted by type."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from progenitor.identifiers import parse
from progenitor.labels import label_of
from progenitor.lineage.describe import (
    ATTEMPT,
    GENERATED,
    SPECIALIZATION_OF,
    STATUS,
    Description,
    Fact,
    Record,
    Summary,
    first,
    plan_of,
    records,
    summarize,
)
from progenitor.lineage.nouns import NOUNS, in_words, number, period, second
from progenitor.lineage.parts import parts
from progenitor.lineage.related import Askable, related, rows
from progenitor.terms import DCTERMS, PG, PROV, TYPE, compact

USED: Final = PROV + "used"
LINK_EVIDENCE: Final = PG + "linkEvidence"
INFORMED: Final = PROV + "wasInformedBy"
PLANNED_OUTPUT: Final = PG + "plannedOutput"
PLANNED_INPUT: Final = PG + "plannedInput"

QUALIFIED: Final = (
    "Association",
    "Attribution",
    "Communication",
    "Derivation",
    "End",
    "Generation",
    "Start",
    "Usage",
)
"""Relations of PROV that have a qualified form, which says more of a relation that is told anyway."""

_NOT_FACTS: Final = frozenset(
    {
        USED,
        PLANNED_INPUT,
        PROV + "hadMember",
        *(PROV + f"qualified{name}" for name in QUALIFIED),
        DCTERMS + "hasPart",
        PG + "qualifiedMembership",
        PG + "plannedOutput",
    }
)
"""Properties that may have thousands of values, or only repeat another: counted or left out, not listed."""

_PARTS: Final = {"field": "fields", "package": "packages"}
"""Listed parts that a sentence counts."""

_REASONS: Final = {
    "BLOCKED": "but was BLOCKED by a failure before it and never ran",
    "FAILED": "but FAILED",
    "NO_WORK": "but found no work to do (NO_WORK)",
    "ABORTED": "but was ABORTED",
}
"""Status of a quantum -> why what it was to make is not there."""

_COUNTED_AS: Final = {"raw": "raw image", "config": "configuration", "csc run": "run of a component"}
"""Kind of identifier -> what its things are counted as, where that is another word."""

_PERIOD: Final = """SELECT (MIN(?started) AS ?first) (MAX(?ended) AS ?last) WHERE {
    {this} pg:pipeline ?pipeline . ?plan dcterms:isPartOf ?pipeline .
    ?quantum pg:plan ?plan ; prov:startedAtTime ?started ; prov:endedAtTime ?ended }"""


def describe(graph: Askable, base: str, iri: str) -> Description:
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
    others = related(graph, base, iri)
    listed = parts(graph, base, iri)
    inputs: dict[str, int] = {}
    outputs: dict[str, int] = {}
    if teller.noun(iri):
        sentence = teller.other(summary.label, iri, record, others, listed)
    else:
        sentence, inputs, outputs = teller.step(summary, record)
    return Description(
        iri=iri,
        label=summary.label,
        kind=summary.kind,
        type=summary.type,
        sentence=sentence,
        facts=teller.facts(record) + teller.period(iri) + listed,
        inputs=inputs,
        outputs=outputs,
        related=others,
    )


@dataclass(frozen=True)
class _Teller:
    graph: Askable
    base: str

    def step(self, summary: Summary, record: Record) -> tuple[str, dict[str, int], dict[str, int]]:
        """Say what a step of a lineage is, with its inputs and its outputs."""
        iri, name = summary.iri, summary.label
        if summary.kind in {"activity", "plan"}:
            inputs, outputs = self.inputs(iri), self.outputs(iri)
            return self.activity(name, iri, record, inputs, outputs), dict(inputs), dict(outputs)
        generated = first(record, GENERATED)
        planner = None if generated else self.planner(iri)
        if summary.kind != "entity" and planner is None:
            return self.unknown(name, record), {}, {}
        inputs, outputs = self.inputs(generated or planner), self.outputs(iri)
        if planner:
            return self.planned(name, planner, inputs, outputs), dict(inputs), dict(outputs)
        return self.entity(name, generated, inputs, outputs), dict(inputs), dict(outputs)

    def inputs(self, activity: str | None) -> Counter[str]:
        """Count what an activity used, or was planned to use, by type."""
        if activity is None:
            return Counter()
        record = records(self.graph, [activity])[activity]
        return self.count(term.value for predicate in (USED, PLANNED_INPUT) for term in record.get(predicate, ()))

    def outputs(self, iri: str) -> Counter[str]:
        """Count what used an entity (or was planned to), or was generated by an activity, by type."""
        lead = {GENERATED, USED, PLANNED_INPUT, INFORMED}
        things = [iri]
        if self._kind(iri) == "raw":
            # Quanta use the datasets that hold the image, one in each repository.
            things += [subject for subject, predicate in self.graph.referrers(iri) if predicate == SPECIALIZATION_OF]
        made = (subject for thing in things for subject, predicate in self.graph.referrers(thing) if predicate in lead)
        return self.count(made)

    def planner(self, iri: str) -> str | None:
        """Return the quantum that was planned to make a dataset."""
        found = (subject for subject, predicate in self.graph.referrers(iri) if predicate == PLANNED_OUTPUT)
        return min(found, default=None)

    def count(self, iris: object) -> Counter[str]:
        """Count nodes by the label of their type."""
        summaries = summarize(self.graph, self.base, list(dict.fromkeys(iris)))  # type: ignore[call-overload]
        counts = Counter(summary.type_label or self._thing(summary) for summary in summaries.values())
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
        return f"{origin}; {in_words('used by', outputs) or 'nothing in this store used it'}."

    def activity(
        self, name: str, iri: str, record: Record, inputs: Mapping[str, int], outputs: Mapping[str, int]
    ) -> str:
        """Say what an activity did."""
        status = first(record, STATUS)
        if status == "BLOCKED":
            return f"{name} was planned and never ran: BLOCKED by a failure before it."
        verb = "was taken" if self._kind(iri) == "exposure" else "ran"
        ran = f"{name} {verb}{self._occasion(record)}{self._circumstances(iri, record, inputs)}"
        # What an attempt made is its quantum's.
        attempt = any(term.value == ATTEMPT for term in record.get(TYPE, ()))
        made = "" if attempt or self._kind(iri) == "script run" else f"; {in_words('made', outputs) or 'made nothing'}"
        return f"{ran}{made}{f'; it ended as {status}' if status else ''}."

    def planned(self, name: str, maker: str, inputs: Mapping[str, int], outputs: Mapping[str, int]) -> str:
        """Say why a planned dataset never came."""
        record = records(self.graph, [maker])[maker]
        by = summarize(self.graph, self.base, [maker])[maker]
        run = f" in the run {by.run}" if by.run else ""
        reason = _REASONS.get(first(record, STATUS) or "", "and nothing in this store says why not")
        waiting = in_words("planned as input of", outputs)
        return f"{name} was planned and never came: {by.label}{run} was to make it, {reason}" + (
            f"; {waiting}." if waiting else "."
        )

    def noun(self, iri: str) -> str:
        """Return what a sentence calls a thing that is no step of a lineage; else nothing."""
        parsed = parse(self.base, iri)
        return NOUNS.get(parsed.kind, "") if parsed and not parsed.fragment else ""

    def other(
        self, name: str, iri: str, record: Record, others: Mapping[str, Mapping[str, int]], listed: Sequence[Fact]
    ) -> str:
        """Say what kind of thing anything else is and what belongs to it."""
        known = [number(sum(counts.values()), relation) for relation, counts in others.items()]
        names = Counter(fact.name for fact in listed if fact.iri and fact.name in _PARTS)
        # A list that was cut ends with a line that leads nowhere.
        more = "more than " if listed and listed[-1].iri is None else ""
        known += [more + number(many, _PARTS[part]) for part, many in names.items()]
        noun = self.noun(iri)
        told = name if noun.partition(" ")[2] in name else f"{name} is {noun}"
        told += self._origin(name, record)
        if known:
            return f"{told}: {', '.join(known)}."
        referred = next(iter(self.graph.referrers(iri)), None)
        return f"{told}." if referred else f"{told}, and nothing in this store refers to it."

    def _origin(self, name: str, record: Record) -> str:
        """Say whose a thing is, when it came to be, and until when it held."""
        who = [term.value for term in record.get(PROV + "wasAttributedTo", ())]
        by = ", ".join(sorted(summary.label for summary in summarize(self.graph, self.base, who).values()))
        made, ended = first(record, PROV + "generatedAtTime"), first(record, PROV + "invalidatedAtTime")
        start, end = first(record, PROV + "startedAtTime"), first(record, PROV + "endedAtTime")
        whose = f" by {by}" if by else ""
        since = f" of {second(made)}" if made and second(made) not in name else ""
        during = f", {period(start, end)}" if start and end else ""
        return whose + since + during + (f", no longer valid since {second(ended)}" if ended else "")

    def unknown(self, name: str, record: Record) -> str:
        """Say the types of a thing of no kind that a sentence knows."""
        types = [compact(term.value) for term in record.get(TYPE, ())]
        return f"{name} is a {' and '.join(types)}." if types else f"{name} is only named in this store."

    def period(self, iri: str) -> tuple[Fact, ...]:
        """Return when the first quantum of a run started and its last one ended."""
        parsed = parse(self.base, iri)
        if parsed is None or parsed.kind != "collection" or parsed.fragment:
            return ()
        ((start, end),) = rows(self.graph, _PERIOD.replace("{this}", f"<{iri}>"))
        named = (("first quantum started", start), ("last quantum ended", end))
        return tuple(Fact(name, term.value, None) for name, term in named if term)

    def _circumstances(self, activity: str, record: Record, inputs: Mapping[str, int]) -> str:
        """Say in which run, from what, where and when an activity ran."""
        plan = plan_of(self.base, record)
        run = f" in the run {plan.keys[1]}" if plan else ""
        start, end = first(record, PROV + "startedAtTime"), first(record, PROV + "endedAtTime")
        when = f", {period(start, end)}" if start and end else ""
        where = first(record, PROV + "atLocation")
        host = f", on {label_of(self.base, where)}" if where else ""
        listed = in_words("from", inputs)
        return f"{run}{' ' + listed if listed else ''}{host}{when}"

    def _thing(self, summary: Summary) -> str:
        """Return what a thing without a type is counted as."""
        kind = self._kind(summary.iri)
        return _COUNTED_AS.get(kind, kind) or ("file" if summary.kind == "entity" else summary.kind)

    def _occasion(self, record: Record) -> str:
        """Say in the course of what an activity ran, and who asked for it."""
        informants = [term.value for term in record.get(INFORMED, ())]
        triggers = [term.value for term in record.get(PROV + "wasStartedBy", ())]
        asked = records(self.graph, triggers).values()
        who = [term.value for request in asked for term in request.get(PROV + "wasAttributedTo", ())]
        labels = summarize(self.graph, self.base, [*informants, *who])
        links = [term.value for term in record.get(PROV + "qualifiedCommunication", ())]
        shown = {term.value for link in records(self.graph, links).values() for term in link.get(LINK_EVIDENCE, ())}
        within = ", ".join(sorted({labels[iri].label for iri in informants}))
        if shown:
            within += f" (shown by {', '.join(sorted(shown))})"
        by = ", ".join(sorted({labels[iri].label for iri in who}))
        return f"{f' in the course of {within}' if within else ''}{f', asked for by {by},' if by else ''}"

    def _kind(self, iri: str) -> str:
        """Return the kind that an IRI of ours names; nothing for any other."""
        parsed = parse(self.base, iri)
        return parsed.kind.replace("-", " ") if parsed else ""

    def facts(self, record: Record) -> tuple[Fact, ...]:
        """List the properties of a node, labels in place of IRIs of ours; where another IRI leads is worth knowing."""
        terms = [(p, term) for p, values in record.items() if p not in _NOT_FACTS for term in values]
        summaries = summarize(self.graph, self.base, [term.value for _, term in terms if term.is_iri])
        facts = (
            Fact(
                compact(predicate),
                (summaries[term.value].label if term.value.startswith(self.base) else compact(term.value))
                if term.is_iri
                else term.value,
                term.value if term.is_iri else None,
            )
            for predicate, term in terms
        )
        return tuple(sorted(facts, key=lambda fact: (fact.name != "rdf:type", fact.name, fact.value)))
