"""Which relations lineage follows, which way, at what cost: one table, and nothing else decides.

PROV states a relation from the later thing to the earlier one (``image wasGeneratedBy exposure``), so going *back*
mostly means going from subject to object. The few relations that are stated the other way round say so in their row.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from progenitor.errors import QueryError
from progenitor.terms import DCTERMS, PG, PROV, VOPROV, compact

Direction = Literal["back", "forth"]
"""``back`` towards origins, ``forth`` towards effects (ProvDAL DIRECTION)."""

Inputs = Literal["presented", "predicted", "fetched"]
"""Which evidence of a quantum's inputs is followed (docs/explanation/lineage.md)."""

Agents = Literal["none", "stop", "through"]
"""Leave agents out, end at them, or go on to all that they are responsible for (ProvDAL AGENT)."""

Switch = Literal[
    "presented",
    "predicted",
    "fetched",
    "attribution",
    "context",
    "agents-stop",
    "agents-through",
    "members",
    "steps",
]
"""What a question can ask for; a rule is in force where any of its switches is on."""


class Way(StrEnum):
    """How an edge is followed."""

    ALONG = "subject to object"
    AGAINST = "object to subject"


@dataclass(frozen=True)
class Rule:
    """How one relation is followed.

    Parameters
    ----------
    relation
        IRI of the property.
    when
        The switches of which any brings the rule into force.
    back, forth
        The way it is followed in that direction; None where it is not.
    cost
        What it adds to the depth: 1 as ProvDAL counts, 0 for a step that only the notation needs.
    stops
        Whether the far end is taken into the answer without going on from it.
    """

    relation: str
    when: frozenset[Switch]
    back: Way | None
    forth: Way | None
    cost: Literal[0, 1] = 1
    stops: bool = False

    def way(self, direction: Direction) -> Way | None:
        """Return how the relation is followed in a direction."""
        return self.back if direction == "back" else self.forth

    def __str__(self) -> str:
        row = rule_row(self)
        return "; ".join([row["relation"], row["when"], f"back {row['back']}", f"forth {row['forth']}", row["cost"]])


_EVIDENCE_OF_USE: Final[tuple[Switch, ...]] = ("presented", "predicted")
_ALL_INPUTS: Final[tuple[Switch, ...]] = get_args(Inputs)


def _origin(relation: str, *when: Switch) -> Rule:
    """Make the rule of a relation that leads from an effect to its origin."""
    return Rule(relation, frozenset(when), back=Way.ALONG, forth=Way.AGAINST)


def _effect(relation: str, *when: Switch) -> Rule:
    """Make the rule of a relation that is stated from an origin to its effect."""
    return Rule(relation, frozenset(when), back=Way.AGAINST, forth=Way.ALONG)


def _around(relation: str, *when: Switch, way: Way = Way.ALONG, cost: Literal[0, 1] = 1, stops: bool = False) -> Rule:
    """Make the rule of a relation that is followed the same way whatever the direction."""
    return Rule(relation, frozenset(when), back=way, forth=way, cost=cost, stops=stops)


def _setting(relation: str, *when: Switch, cost: Literal[0, 1] = 1) -> tuple[Rule, Rule]:
    """Make the rules of a relation that leads to how something was done: its context, and an origin of its effects.

    Going forth it is not followed towards the setting, or one image would lead to all that were made with the same.
    """
    return (
        Rule(relation, frozenset({"context"}), back=Way.ALONG, forth=None, cost=cost),
        Rule(relation, frozenset(when), back=None, forth=Way.AGAINST, cost=cost),
    )


RULES: Final[tuple[Rule, ...]] = (
    _origin(PROV + "used", *_EVIDENCE_OF_USE),
    _origin(PROV + "wasGeneratedBy", *_EVIDENCE_OF_USE),
    _effect(PROV + "generated", *_EVIDENCE_OF_USE),
    _origin(PROV + "wasInformedBy", *_EVIDENCE_OF_USE),
    _origin(PROV + "wasStartedBy", *_EVIDENCE_OF_USE),
    _origin(PROV + "wasEndedBy", *_EVIDENCE_OF_USE),
    _origin(PG + "observatoryState", *_EVIDENCE_OF_USE),
    _origin(PG + "inForce", *_EVIDENCE_OF_USE),
    _origin(PG + "plannedInput", "predicted"),
    _effect(PG + "plannedOutput", "predicted"),
    _origin(PROV + "wasDerivedFrom", *_ALL_INPUTS),
    _origin(PROV + "wasRevisionOf", *_ALL_INPUTS),
    _origin(PROV + "wasQuotedFrom", *_ALL_INPUTS),
    _origin(PROV + "hadPrimarySource", *_ALL_INPUTS),
    _around(PROV + "hadMember", "context", way=Way.AGAINST),
    _around(PROV + "hadMember", "members"),
    _around(VOPROV + "hadStep", "context", way=Way.AGAINST),
    _around(VOPROV + "hadStep", "steps"),
    _around(DCTERMS + "isPartOf", "context"),
    _around(DCTERMS + "isPartOf", "steps", way=Way.AGAINST),
    _around(PROV + "specializationOf", "context"),
    _around(PROV + "alternateOf", "context"),
    _around(PROV + "mentionOf", "context"),
    _around(PROV + "wasInfluencedBy", "context"),
    *_setting(PG + "telemetry", *_EVIDENCE_OF_USE),
    *_setting(PG + "plan", *_EVIDENCE_OF_USE),
    *_setting(PROV + "qualifiedAssociation", *_EVIDENCE_OF_USE, cost=0),
    *_setting(PROV + "hadPlan", *_EVIDENCE_OF_USE),
    *_setting(PG + "plannedBy", "predicted"),
    *_setting(PG + "configuration", *_EVIDENCE_OF_USE),
    *_setting(VOPROV + "wasConfiguredBy", *_EVIDENCE_OF_USE),
    _around(PROV + "wasAssociatedWith", "agents-stop", stops=True),
    Rule(PROV + "wasAttributedTo", frozenset({"attribution"}), back=Way.ALONG, forth=None, stops=True),
    _around(PROV + "wasAttributedTo", "agents-stop", stops=True),
    _around(PROV + "wasAssociatedWith", "agents-through"),
    _around(PROV + "wasAssociatedWith", "agents-through", way=Way.AGAINST),
    _around(PROV + "wasAttributedTo", "agents-through"),
    _around(PROV + "wasAttributedTo", "agents-through", way=Way.AGAINST),
    _around(PROV + "actedOnBehalfOf", "agents-through"),
    _around(PROV + "actedOnBehalfOf", "agents-through", way=Way.AGAINST),
)
"""Every rule."""

RELATIONS: Final[tuple[str, ...]] = tuple(dict.fromkeys(rule.relation for rule in RULES))
"""IRIs of the relations in the index; a relation's number here is the *kind* of its edges."""

KINDS: Final[dict[str, int]] = {relation: kind for kind, relation in enumerate(RELATIONS)}
"""Relation IRI -> kind."""


@dataclass(frozen=True)
class Plan:
    """The rules that one question follows.

    Parameters
    ----------
    direction, inputs
        Of the question.
    rules
        Those in force, in the order of `RULES`.
    """

    direction: Direction
    inputs: Inputs
    rules: tuple[Rule, ...]

    def followed(self, way: Way, *, cost: int | None = None, stops: bool | None = None) -> NDArray[np.bool_]:
        """Return for each kind whether its edges are followed that way; 256 of them, so that any byte is an index.

        Parameters
        ----------
        way
            Along the edges or against them.
        cost, stops
            Only the rules with that cost, that stop or do not; all of them where not given.
        """
        table = np.zeros(256, dtype=np.bool_)
        for rule in self.rules:
            if rule.way(self.direction) is way and cost in (None, rule.cost) and stops in (None, rule.stops):
                table[KINDS[rule.relation]] = True
        return table


def make_plan(
    direction: Direction,
    inputs: Inputs = "presented",
    *,
    context: bool = False,
    agents: Agents = "stop",
    members: bool = False,
    steps: bool = False,
) -> Plan:
    """Select the rules that a question follows; the parameters are those of `progenitor.lineage.traverse.traverse`.

    Raises
    ------
    QueryError
        If the direction, the inputs or the agents are none of the words allowed.
    """
    for name, value, allowed in (
        ("direction", direction, get_args(Direction)),
        ("inputs", inputs, get_args(Inputs)),
        ("agents", agents, get_args(Agents)),
    ):
        if value not in allowed:
            raise QueryError(f"{name} is {value!r}", hint=f"one of: {', '.join(allowed)}")
    asked: set[Switch] = {inputs}
    if context:
        asked.add("context")
    if agents == "through":
        asked.add("agents-through")
    elif agents == "stop":
        asked.add("agents-stop" if context else "attribution")
    if members:
        asked.add("members")
    if steps:
        asked.add("steps")
    return Plan(direction, inputs, tuple(rule for rule in RULES if rule.when & asked and rule.way(direction)))


def rule_row(rule: Rule) -> dict[str, str]:
    """Return a rule as the words of a table's row."""
    cost = f"depth +{rule.cost}" + (", ends there" if rule.stops else "")
    return {
        "relation": compact(rule.relation),
        "when": ", ".join(switch for switch in get_args(Switch) if switch in rule.when),
        "back": rule.back or "not followed",
        "forth": rule.forth or "not followed",
        "cost": cost,
    }


def rules_table() -> list[dict[str, str]]:
    """Return every rule as a row of words, for `progenitor rules`."""
    return [rule_row(rule) for rule in RULES]


def rule_lines(rules: Iterable[Rule] = RULES) -> tuple[str, ...]:
    """Return rules as lines of text, for answers that say what they followed."""
    return tuple(str(rule) for rule in rules)
