"""What a person is told of a broken constraint: the rule, what is wrong, and the statements that make it so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from progenitor.terms import compact
from progenitor.validate.constraints.rules import NAMES

SHOWN: Final = 20
"""Steps of an ordering that its text has; the object has them all."""


@dataclass(frozen=True, order=True)
class Statement:
    """A triple of the input; N-Triples terms.

    Parameters
    ----------
    subject, predicate, object
        As they were read.
    """

    subject: str
    predicate: str
    object: str

    def __str__(self) -> str:
        return " ".join(map(short, (self.subject, self.predicate, self.object)))


@dataclass(frozen=True)
class Step:
    """One event before another, and why.

    Parameters
    ----------
    earlier, later
        The events, in words.
    strict
        Whether they cannot be simultaneous.
    rule
        Number of the constraint, or of the inference, that orders them.
    statements
        What was stated that the rule applies to; none where what the things are suffices (Constraints 30 and 36).
    """

    earlier: str
    later: str
    strict: bool
    rule: int
    statements: tuple[Statement, ...]

    def __str__(self) -> str:
        order = "is strictly before" if self.strict else "is not after"
        because = f": {'; '.join(map(str, self.statements))}" if self.statements else ""
        return f"{self.earlier} {order} {self.later} ({self.rule} {NAMES[self.rule]}){because}"


@dataclass(frozen=True)
class Violation:
    """A broken constraint.

    Parameters
    ----------
    rule
        Its number in PROV-CONSTRAINTS (W3C Recommendation, 30 April 2013); None for the check of the actual times.
    name
        Its name there, or ``actual-times``.
    message
        What is wrong, in one sentence.
    graph
        IRI of the named graph (bundle) that is not valid; None for the default graph. Each is checked by itself.
    steps
        Of an ordering: the events, each before the next. A cycle ends where it begins.
    statements
        The triples that contradict each other; of an ordering those of the steps, and the times.
    more
        How many further violations of the same rule are not listed. Only the last of a rule has any. Of a cycle they
        are the strict orderings that still lie on one.
    """

    rule: int | None
    name: str
    message: str
    graph: str | None
    steps: tuple[Step, ...] = ()
    statements: tuple[Statement, ...] = ()
    more: int = 0

    def __str__(self) -> str:
        head = self.name if self.rule is None else f"{self.rule} {self.name}"
        where = f" in the graph <{self.graph}>" if self.graph else ""
        lines = [f"{head}{where}: {self.message}"]
        told = {statement for step in self.steps for statement in step.statements}
        lines += [f"  {step}" for step in self.steps[:SHOWN]]
        if len(self.steps) > SHOWN:
            lines.append(f"  ... {len(self.steps) - SHOWN:,} more steps")
        lines += [f"  {statement}" for statement in self.statements if statement not in told]
        if self.more:
            lines.append(f"  and {self.more:,} more of this rule")
        return "\n".join(lines)


def short(term: str) -> str:
    """Return an N-Triples term for reading: CURIEs where a prefix is known, times without their datatype."""
    if term.startswith("<"):
        iri = term[1:-1]
        curie = compact(iri)
        return term if curie == iri else curie
    return term.split('"^^<', 1)[0] + '"' if '"^^<' in term else term
