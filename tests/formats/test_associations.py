"""An activity that followed a plan has an association of its own, for each agent, whatever else is said of it."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from progenitor.formats.associations import associations_of
from progenitor.formats.records import records_of
from progenitor.formats.selection import Statement
from progenitor.model import Term
from progenitor.terms import PG, PROV, TYPE, XSD
from progenitor.validate.constraints import columns_of, validate_constraints

PLAN = PG + "plan"
WITH = PROV + "wasAssociatedWith"
RUN, ISR, ONE, OTHER = (f"https://example.org/{name}" for name in ("run", "isr", "agent-a", "agent-b"))


def said(*triples: tuple[str, str, str]) -> list[Statement]:
    return [(subject, predicate, Term(value)) for subject, predicate, value in triples]


def association(
    node: str, *, agent: str | None = None, plan: str | None = None, activity: str = RUN
) -> list[Statement]:
    triples = [(activity, PROV + "qualifiedAssociation", node), (node, TYPE, PROV + "Association")]
    triples += [(node, PROV + "hadPlan", plan)] if plan else []
    triples += [(node, PROV + "agent", agent)] if agent else []
    return said(*triples)


OF_RUN = f"{RUN}#association"

CASES = {
    "agent and plan": ([(RUN, PLAN, ISR), (RUN, WITH, ONE)], association(OF_RUN, agent=ONE, plan=ISR)),
    "an agent that nobody recorded": ([(RUN, PLAN, ISR)], association(OF_RUN, plan=ISR)),
    "no plan": ([(RUN, WITH, ONE)], []),
    "two agents": (
        [(RUN, PLAN, ISR), (RUN, WITH, OTHER), (RUN, WITH, ONE)],
        association(f"{OF_RUN}-1", agent=ONE, plan=ISR) + association(f"{OF_RUN}-2", agent=OTHER, plan=ISR),
    ),
    "a part of a thing": (
        [(f"{RUN}#attempt-0", PLAN, ISR)],
        association(f"{RUN}#attempt-0-association", plan=ISR, activity=f"{RUN}#attempt-0"),
    ),
}


@pytest.mark.parametrize(("stated", "expected"), CASES.values(), ids=CASES)
def test_an_association_for_each_agent(stated: list[tuple[str, str, str]], expected: list[Statement]) -> None:
    for statements in permutations(said(*stated)):
        assert sorted(associations_of(statements), key=str) == sorted(expected, key=str)


@pytest.mark.parametrize("bare", [True, False])
def test_what_a_qualified_association_says_is_not_said_again(bare: bool) -> None:
    stated = said((RUN, PLAN, ISR), *([(RUN, WITH, ONE)] if bare else []))
    assert associations_of([*stated, *association("urn:x", agent=ONE, plan=ISR)]) == []
    # One without the plan says less.
    assert set(associations_of([*stated, *association("urn:x", agent=ONE)])) == set(
        association(OF_RUN, agent=ONE, plan=ISR)
    )


def test_a_plan_that_is_no_thing_is_left_alone() -> None:
    assert associations_of([(RUN, PLAN, Term("isr", XSD + "string"))]) == []


def test_a_document_has_one_record_for_an_activity_its_agent_and_its_plan() -> None:
    stated = said((RUN, PLAN, ISR), (RUN, WITH, ONE))
    (record,) = (record for record in records_of([*stated, *associations_of(stated)]) if record.kind == "Association")
    assert (record.identifier, dict(record.formal)) == (
        OF_RUN,
        {"activity": Term(RUN), "agent": Term(ONE), "plan": Term(ISR)},
    )


_THINGS = st.sampled_from(["a", "b", "c"]).map("urn:activity:{}".format)
_PLANNED = st.tuples(_THINGS, st.just(PLAN), st.sampled_from([ISR, "urn:plan:2"]))
_AGENTS = st.tuples(_THINGS, st.just(WITH), st.sampled_from([ONE, OTHER, "urn:agent:3"]))


@settings(max_examples=25)
@given(st.sets(_PLANNED | _AGENTS))
def test_any_activities_plans_and_agents_are_valid_together(stated: set[tuple[str, str, str]]) -> None:
    statements = said(*sorted(stated))
    document = [*statements, *associations_of(statements)]
    quads = [(f"<{subject}>", f"<{predicate}>", f"<{term.value}>", None) for subject, predicate, term in document]
    assert [str(violation) for violation in validate_constraints(columns_of(quads))] == []
