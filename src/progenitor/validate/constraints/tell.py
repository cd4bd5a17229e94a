"""Each sort of finding as a violation in words."""

from __future__ import annotations

from collections.abc import Sequence

from progenitor.validate.constraints.events import EventGraph
from progenitor.validate.constraints.evidence import Evidence, word
from progenitor.validate.constraints.impossible import Impossibility
from progenitor.validate.constraints.merging import Clash
from progenitor.validate.constraints.relations import ABSENT, Relations
from progenitor.validate.constraints.report import Statement, Step, Violation
from progenitor.validate.constraints.rules import ACTUAL_TIMES, NAMES, SIMULTANEOUS
from progenitor.validate.constraints.times import Disorder
from progenitor.validate.constraints.vocabulary import RELATIONS, Kind


class Teller:
    """Tells what is wrong.

    Parameters
    ----------
    relations
        Merged.
    evidence
        What was stated.
    """

    def __init__(self, relations: Relations, evidence: Evidence) -> None:
        self._relations, self._evidence = relations, evidence

    def clash(self, clash: Clash) -> Violation:
        """Tell of relations that are one and differ (Constraints 22 to 29)."""
        rule, row = clash.rule, clash.difference.rows[1]
        one, other = map(self._evidence.name, clash.difference.values)
        kind = Kind(int(self._relations.kinds[row]))
        subject = self._evidence.name(int(self._relations.columns["subject"][row]))
        if rule == 22:
            message = f"{subject} has {word(kind)} at more than one time: {one} and {other}"
        elif rule in (28, 29):
            activity = Kind.STARTED if rule == 28 else Kind.ENDED
            message = f"{subject} has {word(activity)} at {one}, its {word(kind)} is at {other}"
        elif rule == 23:
            message = f"{self._one(clash, kind)} has more than one {_component(kind, clash)}: {one} and {other}"
        else:
            by = self._evidence.name(clash.difference.key[1])
            message = f"{subject} has more than one {word(kind)} by {by}: {one} and {other}"
        if clash.others:
            message += f", and {clash.others:,} more"
        statements = self._evidence.statements_of(clash.rows, with_time=True)
        return Violation(rule, NAMES[rule], message, self._evidence.graph_of_row(row), statements=statements)

    def _one(self, clash: Clash, kind: Kind) -> str:
        """Return what is one relation, and by which constraint where it is not by its identifier."""
        name = self._evidence.name(clash.difference.key[0])
        by = sorted({reason.rule for reason in clash.because if reason.component == "id"})
        return f"the {word(kind)} {name}" + "".join(f" ({rule} {NAMES[rule]})" for rule in by)

    def impossibility(self, wrong: Impossibility) -> Violation:
        """Tell of what cannot be (Constraints 51, and 53 to 56)."""
        name = self._evidence.name(wrong.thing)
        if wrong.rule == 51:
            message = f"the derivation {name} names a generation or a usage, but not the activity that they are of"
        elif wrong.rule == 56:
            message = f"{name} is an empty collection and has a member"
        else:
            message = f"{name} is {' and '.join(map(self._evidence.what, wrong.types))}"
        statements = [statement for bits in wrong.types for statement in self._evidence.typing(wrong.thing, bits)]
        statements += self._evidence.statements_of([wrong.row] if wrong.row != ABSENT else [])
        graph = self._evidence.graph(wrong.thing)
        return Violation(wrong.rule, NAMES[wrong.rule], message, graph, statements=tuple(dict.fromkeys(statements)))

    def specialization(self, rows: Sequence[int]) -> Violation:
        """Tell of an entity that would be a specialization of itself (Constraint 52, by Inference 19)."""
        name = self._evidence.name(int(self._relations.columns["object"][rows[0]]))
        message = f"{name} is a specialization of itself"
        graph, statements = self._evidence.graph_of_row(rows[0]), self._evidence.statements_of(rows)
        return Violation(52, NAMES[52], message, graph, statements=statements)

    def cycle(self, events: EventGraph, edges: Sequence[int]) -> Violation:
        """Tell of an event that would come before itself (Constraints 30 to 49)."""
        steps = self._evidence.steps(events, edges)
        rule = steps[0].rule
        message = f"{steps[0].earlier} is before itself"
        graph = self._evidence.graph_of_row(int(events.rows[edges[0]]))
        return Violation(rule, NAMES[rule], message, graph, steps, _statements(steps))

    def disorder(self, events: EventGraph, wrong: Disorder) -> Violation:
        """Tell of an event whose time is before that of one that cannot be later."""
        steps = self._evidence.steps(events, wrong.way)
        later = self._evidence.event(events, wrong.event)
        stated = self._relations.stated["time"]
        first, second = (self._evidence.name(int(stated[row])) for row in wrong.rows)
        if steps:
            message = f"{later} is at {second}, before {steps[0].earlier} at {first}, which cannot be later"
        else:
            rule = SIMULTANEOUS[events.sort(wrong.event)]
            message = f"{later} is at {second} and at {first}, but happens once ({rule} {NAMES[rule]})"
        statements = (*_statements(steps), *self._evidence.statements_of(wrong.rows, with_time=True))
        graph = self._evidence.graph_of_row(wrong.rows[1])
        return Violation(None, ACTUAL_TIMES, message, graph, steps, tuple(dict.fromkeys(statements)))


def _component(kind: Kind, clash: Clash) -> str:
    """Return what PROV-DM calls the component in which relations differ."""
    relation, name = RELATIONS[kind], clash.difference.component
    return {"subject": relation.subject, "object": relation.object, "other": relation.other}.get(name, name)


def _statements(steps: Sequence[Step]) -> tuple[Statement, ...]:
    return tuple(dict.fromkeys(statement for step in steps for statement in step.statements))
