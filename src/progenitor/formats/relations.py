"""PROV's relations as data: the PROV-O property of each, its record in PROV-DM, and its qualified form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from progenitor.terms import PG, PROV, VOPROV


@dataclass(frozen=True)
class Relation:
    """One relation; local names of the PROV namespace throughout.

    Parameters
    ----------
    record
        The PROV-DM record.
    subject, object
        Its first two formal attributes.
    subject_is, object_is
        The element that stands there: ``Entity``, ``Activity``, ``Agent``, or empty where it may be any.
    subtype
        The type that tells it from others with the same record, for example ``Revision``.
    """

    record: str
    subject: str
    object: str
    subject_is: str
    object_is: str
    subtype: str | None = None


def _derivation(subtype: str | None = None) -> Relation:
    return Relation("Derivation", "generatedEntity", "usedEntity", "Entity", "Entity", subtype)


RELATIONS: Final[dict[str, Relation]] = {
    PROV + name: relation
    for name, relation in {
        "used": Relation("Usage", "activity", "entity", "Activity", "Entity"),
        "wasGeneratedBy": Relation("Generation", "entity", "activity", "Entity", "Activity"),
        "wasInvalidatedBy": Relation("Invalidation", "entity", "activity", "Entity", "Activity"),
        "wasStartedBy": Relation("Start", "activity", "trigger", "Activity", "Entity"),
        "wasEndedBy": Relation("End", "activity", "trigger", "Activity", "Entity"),
        "wasInformedBy": Relation("Communication", "informed", "informant", "Activity", "Activity"),
        "wasDerivedFrom": _derivation(),
        "wasRevisionOf": _derivation("Revision"),
        "wasQuotedFrom": _derivation("Quotation"),
        "hadPrimarySource": _derivation("PrimarySource"),
        "wasAttributedTo": Relation("Attribution", "entity", "agent", "Entity", "Agent"),
        "wasAssociatedWith": Relation("Association", "activity", "agent", "Activity", "Agent"),
        "actedOnBehalfOf": Relation("Delegation", "delegate", "responsible", "Agent", "Agent"),
        "wasInfluencedBy": Relation("Influence", "influencee", "influencer", "", ""),
        "specializationOf": Relation("Specialization", "specificEntity", "generalEntity", "Entity", "Entity"),
        "alternateOf": Relation("Alternate", "alternate1", "alternate2", "Entity", "Entity"),
        "hadMember": Relation("Membership", "collection", "entity", "Entity", "Entity"),
    }.items()
}
"""PROV-O property -> its relation (PROV-O sections 3.1-3.3, PROV-DM section 5)."""

QUALIFIED: Final[dict[str, str]] = {
    PROV + qualified: PROV + plain
    for qualified, plain in {
        "qualifiedUsage": "used",
        "qualifiedGeneration": "wasGeneratedBy",
        "qualifiedInvalidation": "wasInvalidatedBy",
        "qualifiedStart": "wasStartedBy",
        "qualifiedEnd": "wasEndedBy",
        "qualifiedCommunication": "wasInformedBy",
        "qualifiedDerivation": "wasDerivedFrom",
        "qualifiedRevision": "wasRevisionOf",
        "qualifiedQuotation": "wasQuotedFrom",
        "qualifiedPrimarySource": "hadPrimarySource",
        "qualifiedAttribution": "wasAttributedTo",
        "qualifiedAssociation": "wasAssociatedWith",
        "qualifiedDelegation": "actedOnBehalfOf",
        "qualifiedInfluence": "wasInfluencedBy",
    }.items()
}
"""Qualifying property -> the property it qualifies (PROV-O table 3)."""

INFLUENCERS: Final = tuple(PROV + name for name in ("entity", "activity", "agent", "influencer"))
"""What a qualified node says the object of the relation is."""

FORMAL: Final[dict[str, dict[str, str]]] = {
    "Association": {"hadPlan": "plan"},
    "Delegation": {"hadActivity": "activity"},
    "Derivation": {"hadActivity": "activity", "hadGeneration": "generation", "hadUsage": "usage"},
    "End": {"hadActivity": "ender", "atTime": "time"},
    "Generation": {"atTime": "time"},
    "Invalidation": {"atTime": "time"},
    "Start": {"hadActivity": "starter", "atTime": "time"},
    "Usage": {"atTime": "time"},
}
"""Record -> what else a qualified node may say of it (a property of PROV) -> the formal attribute that holds it."""

PLAN: Final = PG + "plan"
"""Ours: the plan that an activity followed. PROV says it on an association (`progenitor.formats.associations`)."""

EVENT_TIMES: Final[dict[str, str]] = {
    PROV + "generatedAtTime": PROV + "wasGeneratedBy",
    PROV + "invalidatedAtTime": PROV + "wasInvalidatedBy",
}
"""Times that PROV-O states of an entity and PROV-DM of the event."""

PLANNED: Final = frozenset({PG + "plannedInput", PG + "plannedOutput"})
"""Ours: relations to what was predicted. PROV has no record for what did not happen, so they stay attributes."""

INVERSE: Final = {PROV + "generated": PROV + "wasGeneratedBy"}
"""Property -> the one that states the same from the other end."""

STATED_FORWARD: Final = frozenset({PG + "plannedOutput", *INVERSE})
"""Properties that lead from the earlier thing to the later one; all others lead back, as PROV does."""

BOUNDED: Final = (
    PLANNED
    | {
        PROV + "generated",
        PROV + "influenced",
        PROV + "invalidated",
        PROV + "mentionOf",
        VOPROV + "hadStep",
    }
    | {
        PROV + name
        for name in (
            "used",
            "wasGeneratedBy",
            "wasInvalidatedBy",
            "wasStartedBy",
            "wasEndedBy",
            "wasInformedBy",
            "wasDerivedFrom",
            "wasRevisionOf",
            "wasQuotedFrom",
            "hadPrimarySource",
            "wasInfluencedBy",
            "alternateOf",
            "hadMember",
        )
    }
)
"""Relations that a document states only between things it describes: they are what an answer's limits cut."""
