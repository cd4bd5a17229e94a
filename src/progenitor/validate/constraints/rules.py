"""The constraints of PROV-CONSTRAINTS (W3C Recommendation, 30 April 2013) as data: their names, keys and orderings."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from progenitor.validate.constraints.vocabulary import Kind, Type

NAMES: Final[dict[int, str]] = {
    22: "key-object",
    23: "key-properties",
    24: "unique-generation",
    25: "unique-invalidation",
    26: "unique-wasStartedBy",
    27: "unique-wasEndedBy",
    28: "unique-startTime",
    29: "unique-endTime",
    30: "start-precedes-end",
    31: "start-start-ordering",
    32: "end-end-ordering",
    33: "usage-within-activity",
    34: "generation-within-activity",
    35: "wasInformedBy-ordering",
    36: "generation-precedes-invalidation",
    37: "generation-precedes-usage",
    38: "usage-precedes-invalidation",
    39: "generation-generation-ordering",
    40: "invalidation-invalidation-ordering",
    41: "derivation-usage-generation-ordering",
    42: "derivation-generation-generation-ordering",
    43: "wasStartedBy-ordering",
    44: "wasEndedBy-ordering",
    45: "specialization-generation-ordering",
    46: "specialization-invalidation-ordering",
    47: "wasAssociatedWith-ordering",
    48: "wasAttributedTo-ordering",
    49: "actedOnBehalfOf-ordering",
    50: "typing",
    51: "impossible-unspecified-derivation-generation-use",
    52: "impossible-specialization-reflexive",
    53: "impossible-property-overlap",
    54: "impossible-object-property-overlap",
    55: "entity-activity-disjoint",
    56: "membership-empty-collection",
}
"""Number of a constraint -> its name."""

ACTUAL_TIMES: Final = "actual-times"
"""Our own check, which PROV-CONSTRAINTS leaves out (section 2.2): the recorded times agree with the order of events."""


NO_OVERLAP: Final = tuple(kind for kind in Kind if kind < Kind.INFLUENCE and kind != Kind.DERIVATION)
"""Constraint 53: the relations no two of which may share an identifier; derivation and influence are not among them."""

IDENTIFIABLE: Final = tuple(kind for kind in Kind if kind <= Kind.INFLUENCE)
"""Constraint 54: the relations whose identifier is no entity, activity or agent."""


class Event(IntEnum):
    """An instantaneous event; all generations of an entity are one, and so on.

    Constraints 31, 32, 39 and 40 make the starts of an activity simultaneous, its ends, and the generations and the
    invalidations of an entity: one node of the event graph stands for all of them.
    """

    GENERATION = 0
    INVALIDATION = 1
    START = 2
    END = 3
    USAGE = 4


SIMULTANEOUS: Final = {Event.GENERATION: 39, Event.INVALIDATION: 40, Event.START: 31, Event.END: 32}
"""Event -> the constraint that makes all events of that sort of one thing simultaneous."""

EVENT_OF: Final = {
    Kind.GENERATION: (Event.GENERATION, "subject"),
    Kind.INVALIDATION: (Event.INVALIDATION, "subject"),
    Kind.START: (Event.START, "subject"),
    Kind.STARTED: (Event.START, "subject"),
    Kind.END: (Event.END, "subject"),
    Kind.ENDED: (Event.END, "subject"),
    Kind.USAGE: (Event.USAGE, "id"),
}
"""Relation -> the event that it states, and the component that it is an event of."""


@dataclass(frozen=True)
class Key:
    """Rows that agree in some components agree in others (Constraints 22 to 27).

    Parameters
    ----------
    rule
        The constraint.
    kinds
        For which relations, each by itself.
    components
        In which they agree.
    determines
        In which they then agree too.
    """

    rule: int
    kinds: tuple[Kind, ...]
    components: tuple[str, ...]
    determines: tuple[str, ...]


KEYS: Final = (
    Key(22, (Kind.STARTED, Kind.ENDED), ("subject",), ("time",)),
    Key(23, IDENTIFIABLE, ("id",), ("subject", "object", "other", "generation", "usage", "time")),
    Key(24, (Kind.GENERATION,), ("subject", "object"), ("id",)),
    Key(25, (Kind.INVALIDATION,), ("subject", "object"), ("id",)),
    Key(26, (Kind.START,), ("subject", "other"), ("id",)),
    Key(27, (Kind.END,), ("subject", "other"), ("id",)),
)

SAME_TIME: Final = ((28, Kind.STARTED, Kind.START), (29, Kind.ENDED, Kind.END))
"""Constraints 28 and 29: the time of an activity is the time of each of its starts, of each of its ends."""


@dataclass(frozen=True)
class Precedence:
    """A relation puts one event before another (Constraints 33 to 49).

    Parameters
    ----------
    rule
        The constraint.
    kind
        The relation.
    earlier, later
        The events, each with the component of the relation that it is an event of.
    strict
        Whether they cannot be simultaneous.
    only
        A component and a type that it must have for the event to exist; None where it always does.
    given
        A component that must be stated.
    """

    rule: int
    kind: Kind
    earlier: tuple[Event, str]
    later: tuple[Event, str]
    strict: bool = False
    only: tuple[str, Type] | None = None
    given: str | None = None


_GENERATION, _INVALIDATION, _START, _END, _USAGE = Event
_IS_ENTITY, _IS_ACTIVITY = ("object", Type.ENTITY), ("object", Type.ACTIVITY)

PRECEDENCES: Final = (
    Precedence(33, Kind.USAGE, (_START, "subject"), (_USAGE, "id")),
    Precedence(33, Kind.USAGE, (_USAGE, "id"), (_END, "subject")),
    Precedence(34, Kind.GENERATION, (_START, "object"), (_GENERATION, "subject")),
    Precedence(34, Kind.GENERATION, (_GENERATION, "subject"), (_END, "object")),
    Precedence(35, Kind.COMMUNICATION, (_START, "object"), (_END, "subject")),
    Precedence(37, Kind.USAGE, (_GENERATION, "object"), (_USAGE, "id")),
    Precedence(38, Kind.USAGE, (_USAGE, "id"), (_INVALIDATION, "object")),
    Precedence(41, Kind.DERIVATION, (_USAGE, "usage"), (_GENERATION, "subject"), given="other"),
    Precedence(42, Kind.DERIVATION, (_GENERATION, "object"), (_GENERATION, "subject"), strict=True),
    Precedence(43, Kind.START, (_GENERATION, "object"), (_START, "subject")),
    Precedence(43, Kind.START, (_START, "subject"), (_INVALIDATION, "object")),
    Precedence(44, Kind.END, (_GENERATION, "object"), (_END, "subject")),
    Precedence(44, Kind.END, (_END, "subject"), (_INVALIDATION, "object")),
    Precedence(45, Kind.SPECIALIZATION, (_GENERATION, "object"), (_GENERATION, "subject")),
    Precedence(46, Kind.SPECIALIZATION, (_INVALIDATION, "subject"), (_INVALIDATION, "object")),
    Precedence(47, Kind.ASSOCIATION, (_START, "subject"), (_INVALIDATION, "object"), only=_IS_ENTITY),
    Precedence(47, Kind.ASSOCIATION, (_GENERATION, "object"), (_END, "subject"), only=_IS_ENTITY),
    Precedence(47, Kind.ASSOCIATION, (_START, "subject"), (_END, "object"), only=_IS_ACTIVITY),
    Precedence(47, Kind.ASSOCIATION, (_START, "object"), (_END, "subject"), only=_IS_ACTIVITY),
    Precedence(48, Kind.ATTRIBUTION, (_GENERATION, "object"), (_GENERATION, "subject"), only=_IS_ENTITY),
    Precedence(48, Kind.ATTRIBUTION, (_START, "object"), (_GENERATION, "subject"), only=_IS_ACTIVITY),
    Precedence(49, Kind.DELEGATION, (_GENERATION, "object"), (_INVALIDATION, "subject"), only=_IS_ENTITY),
    Precedence(49, Kind.DELEGATION, (_START, "object"), (_END, "subject"), only=_IS_ACTIVITY),
)

WITHIN: Final = (
    (36, Event.GENERATION, Event.INVALIDATION, Type.ENTITY),
    (30, Event.START, Event.END, Type.ACTIVITY),
)
"""Constraints 30 and 36: what every activity and every entity has (Inferences 7 and 8) is in this order."""
