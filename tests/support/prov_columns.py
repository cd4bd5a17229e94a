"""PROV documents of the `prov` package as PROV-O quads, written from PROV-O alone: input for the validator's tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from prov.model import ProvBundle, ProvDocument, ProvElement, ProvRecord

Quad: TypeAlias = tuple[str, str, str, str | None]

PROV = "http://www.w3.org/ns/prov#"
RDF_TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"

# Record -> shortcut property, qualified property; formal attribute -> property of the qualified node.
RELATIONS = {
    "Usage": ("used", "qualifiedUsage", {"entity": "entity", "time": "atTime"}),
    "Generation": ("wasGeneratedBy", "qualifiedGeneration", {"activity": "activity", "time": "atTime"}),
    "Invalidation": ("wasInvalidatedBy", "qualifiedInvalidation", {"activity": "activity", "time": "atTime"}),
    "Start": ("wasStartedBy", "qualifiedStart", {"trigger": "entity", "starter": "hadActivity", "time": "atTime"}),
    "End": ("wasEndedBy", "qualifiedEnd", {"trigger": "entity", "ender": "hadActivity", "time": "atTime"}),
    "Communication": ("wasInformedBy", "qualifiedCommunication", {"informant": "activity"}),
    "Derivation": (
        "wasDerivedFrom",
        "qualifiedDerivation",
        {"usedEntity": "entity", "activity": "hadActivity", "generation": "hadGeneration", "usage": "hadUsage"},
    ),
    "Attribution": ("wasAttributedTo", "qualifiedAttribution", {"agent": "agent"}),
    "Association": ("wasAssociatedWith", "qualifiedAssociation", {"agent": "agent", "plan": "hadPlan"}),
    "Delegation": ("actedOnBehalfOf", "qualifiedDelegation", {"responsible": "agent", "activity": "hadActivity"}),
    "Influence": ("wasInfluencedBy", "qualifiedInfluence", {"influencer": "influencer"}),
    "Specialization": ("specializationOf", "", {}),
    "Alternate": ("alternateOf", "", {}),
    "Membership": ("hadMember", "", {}),
    "Mention": ("mentionOf", "", {}),
}


def quads_of(document: ProvDocument) -> Iterator[Quad]:
    """Yield a document as quads; a bundle is a named graph."""
    for place, bundle in enumerate((document, *document.bundles)):
        graph = f"<{bundle.identifier.uri}>" if bundle.is_bundle() else None
        for number, record in enumerate(bundle.get_records()):
            blank = f"_:b{place}r{number}"
            for triple in _element(record) if isinstance(record, ProvElement) else _relation(bundle, record, blank):
                yield *triple, graph


def _element(record: ProvElement) -> Iterator[tuple[str, str, str]]:
    subject = f"<{record.identifier.uri}>"
    yield subject, RDF_TYPE, f"<{record.get_type().uri}>"
    for kind in record.get_asserted_types():
        if hasattr(kind, "uri"):
            yield subject, RDF_TYPE, f"<{kind.uri}>"
    for attribute, value in record.formal_attributes:
        if value is not None:
            yield (
                subject,
                f"<{PROV}{'startedAtTime' if attribute.localpart == 'startTime' else 'endedAtTime'}>",
                _term(value),
            )


def _relation(bundle: ProvBundle, record: ProvRecord, blank: str) -> Iterator[tuple[str, str, str]]:
    shortcut, qualified, components = RELATIONS[record.get_type().localpart]
    given = [(attribute.localpart, _term(value)) for attribute, value in record.formal_attributes if value is not None]
    first = record.FORMAL_ATTRIBUTES[0].localpart
    if not given or given[0][0] != first:
        return  # a mandatory argument is missing: PROV-O has no way to say so
    subject, second = given[0][1], record.FORMAL_ATTRIBUTES[1].localpart
    if not qualified or (record.identifier is None and {name for name, _ in given} == {first, second}):
        yield from ((subject, f"<{PROV}{shortcut}>", value) for name, value in given[1:2])
        return
    node = f"<{record.identifier.uri}>" if record.identifier is not None else blank
    yield subject, f"<{PROV}{qualified}>", node
    for name, value in given[1:]:
        yield node, f"<{PROV}{components[name]}>", value


def _term(value: object) -> str:
    if hasattr(value, "uri"):
        return f"<{value.uri}>"
    return f'"{value.isoformat()}"^^<http://www.w3.org/2001/XMLSchema#dateTime>'  # type: ignore[attr-defined]
