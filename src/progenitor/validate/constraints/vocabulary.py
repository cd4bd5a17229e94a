"""PROV-O as the validator reads it: which property states which relation of PROV-DM, in which form.

A relation has a subject and an object, in the order of PROV-DM and of the shortcut property. Its qualified form (PROV-O
section 3.3) is a node, whose IRI is the identifier of the relation, with a property for each further component.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Final


class Kind(IntEnum):
    """A relation of PROV-DM; the last two are the times of an activity, which PROV-DM states with the activity."""

    USAGE = 0
    GENERATION = 1
    INVALIDATION = 2
    START = 3
    END = 4
    COMMUNICATION = 5
    DERIVATION = 6
    ATTRIBUTION = 7
    ASSOCIATION = 8
    DELEGATION = 9
    INFLUENCE = 10
    SPECIALIZATION = 11
    ALTERNATE = 12
    MEMBERSHIP = 13
    STARTED = 14
    ENDED = 15


class Type(IntFlag):
    """What a thing is; the types of Constraint 50, and below `IDENTIFIED` of which relations it is the identifier."""

    NONE = 0
    ENTITY = 1
    ACTIVITY = 2
    AGENT = 4
    COLLECTION = 8
    EMPTY_COLLECTION = 16


IDENTIFIED: Final = 8
"""The type of a thing that identifies a relation is ``1 << (IDENTIFIED + kind)``."""


@dataclass(frozen=True)
class Relation:
    """How PROV-O states a relation of PROV-DM.

    Parameters
    ----------
    subject, object, other
        What PROV-DM calls its components, to name them in messages; `other` is the starter or ender, the plan, or the
        activity of a derivation or delegation; empty where there is none.
    types
        Of subject, object and other (Constraint 50).
    shortcuts, inverse
        Properties from subject to object, and from object to subject, with their subproperties.
    qualified
        Properties from the subject to the node of the qualified form.
    components
        Properties from that node to the object.
    other_property
        The property from that node to the third component.
    time
        The property from the subject to the time of the relation, where there is one.
    """

    subject: str
    object: str
    types: tuple[Type, Type, Type]
    shortcuts: tuple[str, ...] = ()
    inverse: tuple[str, ...] = ()
    qualified: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    other: str = ""
    other_property: str = ""
    time: str = ""


_ENTITY, _ACTIVITY, _AGENT, _ANY = Type.ENTITY, Type.ACTIVITY, Type.AGENT, Type.NONE

RELATIONS: Final[dict[Kind, Relation]] = {
    Kind.USAGE: Relation(
        "activity", "entity", (_ACTIVITY, _ENTITY, _ANY), ("used",), (), ("qualifiedUsage",), ("entity", "influencer")
    ),
    Kind.GENERATION: Relation(
        "entity",
        "activity",
        (_ENTITY, _ACTIVITY, _ANY),
        ("wasGeneratedBy",),
        ("generated",),
        ("qualifiedGeneration",),
        ("activity", "influencer"),
        time="generatedAtTime",
    ),
    Kind.INVALIDATION: Relation(
        "entity",
        "activity",
        (_ENTITY, _ACTIVITY, _ANY),
        ("wasInvalidatedBy",),
        ("invalidated",),
        ("qualifiedInvalidation",),
        ("activity", "influencer"),
        time="invalidatedAtTime",
    ),
    Kind.START: Relation(
        "activity",
        "trigger",
        (_ACTIVITY, _ENTITY, _ACTIVITY),
        ("wasStartedBy",),
        (),
        ("qualifiedStart",),
        ("entity", "influencer"),
        "starter",
        "hadActivity",
    ),
    Kind.END: Relation(
        "activity",
        "trigger",
        (_ACTIVITY, _ENTITY, _ACTIVITY),
        ("wasEndedBy",),
        (),
        ("qualifiedEnd",),
        ("entity", "influencer"),
        "ender",
        "hadActivity",
    ),
    Kind.COMMUNICATION: Relation(
        "informed activity",
        "informant",
        (_ACTIVITY, _ACTIVITY, _ANY),
        ("wasInformedBy",),
        (),
        ("qualifiedCommunication",),
        ("activity", "influencer"),
    ),
    Kind.DERIVATION: Relation(
        "generated entity",
        "used entity",
        (_ENTITY, _ENTITY, _ACTIVITY),
        ("wasDerivedFrom", "wasRevisionOf", "wasQuotedFrom", "hadPrimarySource"),
        (),
        ("qualifiedDerivation", "qualifiedRevision", "qualifiedQuotation", "qualifiedPrimarySource"),
        ("entity", "influencer"),
        "activity",
        "hadActivity",
    ),
    Kind.ATTRIBUTION: Relation(
        "entity",
        "agent",
        (_ENTITY, _AGENT, _ANY),
        ("wasAttributedTo",),
        (),
        ("qualifiedAttribution",),
        ("agent", "influencer"),
    ),
    Kind.ASSOCIATION: Relation(
        "activity",
        "agent",
        (_ACTIVITY, _AGENT, _ENTITY),
        ("wasAssociatedWith",),
        (),
        ("qualifiedAssociation",),
        ("agent", "influencer"),
        "plan",
        "hadPlan",
    ),
    Kind.DELEGATION: Relation(
        "delegate",
        "responsible agent",
        (_AGENT, _AGENT, _ACTIVITY),
        ("actedOnBehalfOf",),
        (),
        ("qualifiedDelegation",),
        ("agent", "influencer"),
        "activity",
        "hadActivity",
    ),
    Kind.INFLUENCE: Relation(
        "influencee",
        "influencer",
        (_ANY, _ANY, _ANY),
        ("wasInfluencedBy",),
        ("influenced",),
        ("qualifiedInfluence",),
        ("influencer", "entity", "activity", "agent"),
    ),
    Kind.SPECIALIZATION: Relation(
        "specific entity", "general entity", (_ENTITY, _ENTITY, _ANY), ("specializationOf", "mentionOf")
    ),
    Kind.ALTERNATE: Relation("entity", "alternate", (_ENTITY, _ENTITY, _ANY), ("alternateOf",)),
    Kind.MEMBERSHIP: Relation("collection", "member", (_ENTITY | Type.COLLECTION, _ENTITY, _ANY), ("hadMember",)),
    Kind.STARTED: Relation("activity", "", (_ACTIVITY, _ANY, _ANY), time="startedAtTime"),
    Kind.ENDED: Relation("activity", "", (_ACTIVITY, _ANY, _ANY), time="endedAtTime"),
}

GENERATION_PROPERTY: Final = "hadGeneration"
USAGE_PROPERTY: Final = "hadUsage"
TIME_PROPERTY: Final = "atTime"
TYPE_PROPERTY: Final = "type"
"""``rdf:type``; every other property here is in the namespace of PROV."""


def _identifier(kind: Kind) -> int:
    return 1 << (IDENTIFIED + kind)


CLASSES: Final[dict[str, int]] = {
    "Entity": Type.ENTITY,
    "Plan": Type.ENTITY,
    "Bundle": Type.ENTITY,
    "Collection": Type.ENTITY | Type.COLLECTION,
    "EmptyCollection": Type.ENTITY | Type.COLLECTION | Type.EMPTY_COLLECTION,
    "Activity": Type.ACTIVITY,
    "Agent": Type.AGENT,
    "Person": Type.AGENT,
    "Organization": Type.AGENT,
    "SoftwareAgent": Type.AGENT,
    "Revision": _identifier(Kind.DERIVATION),
    "Quotation": _identifier(Kind.DERIVATION),
    "PrimarySource": _identifier(Kind.DERIVATION),
    **{kind.name.capitalize(): _identifier(kind) for kind in Kind if kind < Kind.INFLUENCE},
}
"""Class of PROV-O -> the types that its things have."""


def _properties() -> list[str]:
    """Return the local names of all properties that are read, each once."""
    names = [GENERATION_PROPERTY, USAGE_PROPERTY, TIME_PROPERTY, TYPE_PROPERTY]
    for relation in RELATIONS.values():
        names += [*relation.shortcuts, *relation.inverse, *relation.qualified, *relation.components]
        names += [relation.other_property, relation.time]
    return sorted(set(filter(None, names)))


PROPERTIES: Final = tuple(_properties())
"""A property is known by its place here."""

NUMBER_OF: Final = {name: number for number, name in enumerate(PROPERTIES)}

TIMES: Final = frozenset({TIME_PROPERTY, *(relation.time for relation in RELATIONS.values() if relation.time)})
"""The properties whose values are times."""
