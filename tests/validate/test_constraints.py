"""Every constraint both ways: statements that can be a history, and statements that cannot."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from progenitor.errors import StoreError
from progenitor.provenance import Progenitor
from progenitor.validate.constraints import Statement, columns_of, validate_constraints
from progenitor.validate.constraints.read import read
from progenitor.validate.constraints.rules import NAMES, PRECEDENCES
from progenitor.validate.constraints.vocabulary import Kind
from support.prov_statements import at, columns, quads, quads_of_file, quads_of_lines, rules, violations

ROOT = Path(__file__).parents[2] / "mappings"
GOLDENS = sorted([*ROOT.glob("*/expected.nq"), *ROOT.glob("*/*/expected.nq")])

# Events of things, in Turtle, at a time.
GENERATION = ":{0} prov:generatedAtTime {1} ."
INVALIDATION = ":{0} prov:invalidatedAtTime {1} ."
START = ":{0} prov:startedAtTime {1} ."
END = ":{0} prov:endedAtTime {1} ."
USAGE = ":{0} prov:atTime {1} ."

ORDERED = {
    "30 an activity": (30, ":a a prov:Activity .", (START, "a"), (END, "a")),
    "33 start, usage": (33, ":a prov:qualifiedUsage :u . :u prov:entity :e .", (START, "a"), (USAGE, "u")),
    "33 usage, end": (33, ":a prov:qualifiedUsage :u . :u prov:entity :e .", (USAGE, "u"), (END, "a")),
    "34 start, generation": (34, ":e prov:wasGeneratedBy :a .", (START, "a"), (GENERATION, "e")),
    "34 generation, end": (34, ":a prov:generated :e .", (GENERATION, "e"), (END, "a")),
    "35 communication": (35, ":b prov:wasInformedBy :a .", (START, "a"), (END, "b")),
    "36 an entity": (36, ":e a prov:Entity .", (GENERATION, "e"), (INVALIDATION, "e")),
    "37 generation, usage": (37, ":a prov:qualifiedUsage :u . :u prov:entity :e .", (GENERATION, "e"), (USAGE, "u")),
    "38 usage, invalidation": (
        38,
        ":a prov:qualifiedUsage :u . :u prov:entity :e .",
        (USAGE, "u"),
        (INVALIDATION, "e"),
    ),
    "41 a derivation's usage": (
        41,
        """:f prov:qualifiedDerivation :d . :d prov:entity :e ; prov:hadActivity :a ; prov:hadUsage :u .
        :a prov:qualifiedUsage :u . :u prov:entity :e .""",
        (USAGE, "u"),
        (GENERATION, "f"),
    ),
    "42 derivation": (42, ":f prov:wasDerivedFrom :e .", (GENERATION, "e"), (GENERATION, "f")),
    "42 revision": (42, ":f prov:wasRevisionOf :e .", (GENERATION, "e"), (GENERATION, "f")),
    "43 trigger made": (43, ":a prov:wasStartedBy :e .", (GENERATION, "e"), (START, "a")),
    "43 trigger gone": (43, ":a prov:wasStartedBy :e .", (START, "a"), (INVALIDATION, "e")),
    "44 trigger made": (44, ":a prov:wasEndedBy :e .", (GENERATION, "e"), (END, "a")),
    "44 trigger gone": (44, ":a prov:wasEndedBy :e .", (END, "a"), (INVALIDATION, "e")),
    "45 specialization": (45, ":f prov:specializationOf :e .", (GENERATION, "e"), (GENERATION, "f")),
    "45 mention": (45, ":f prov:mentionOf :e .", (GENERATION, "e"), (GENERATION, "f")),
    "46 specialization": (46, ":f prov:specializationOf :e .", (INVALIDATION, "f"), (INVALIDATION, "e")),
    "47 agent gone": (47, ":a prov:wasAssociatedWith :g .", (START, "a"), (INVALIDATION, "g")),
    "47 agent made": (47, ":a prov:wasAssociatedWith :g .", (GENERATION, "g"), (END, "a")),
    "47 agent ended": (47, ":a prov:wasAssociatedWith :g .", (START, "a"), (END, "g")),
    "47 agent started": (47, ":a prov:wasAssociatedWith :g .", (START, "g"), (END, "a")),
    "48 agent made": (48, ":e prov:wasAttributedTo :g .", (GENERATION, "g"), (GENERATION, "e")),
    "48 agent started": (48, ":e prov:wasAttributedTo :g .", (START, "g"), (GENERATION, "e")),
    "49 agents made": (49, ":h prov:actedOnBehalfOf :g .", (GENERATION, "g"), (INVALIDATION, "h")),
    "49 agents active": (49, ":h prov:actedOnBehalfOf :g .", (START, "g"), (END, "h")),
}
"""Constraint, a statement, and two events of which it puts the first before the second."""


def timed(statement, earlier, later, first, second):
    (one, thing), (two, other) = earlier, later
    return "\n".join((statement, one.format(thing, at(first)), two.format(other, at(second))))


@pytest.mark.parametrize("case", ORDERED)
def test_an_event_that_is_ordered_before_another_has_no_later_time(case):
    rule, statement, earlier, later = ORDERED[case]
    assert violations(timed(statement, earlier, later, 3, 4)) == []
    assert violations(timed(statement, earlier, later, 4, 4)) == []
    (violation,) = violations(timed(statement, earlier, later, 5, 4))
    assert (violation.rule, violation.name) == (None, "actual-times")
    assert [step.rule for step in violation.steps] == [rule]
    assert violation.steps[0].strict == (rule == 42)
    assert set(violation.statements) <= {Statement(*quad[:3]) for quad in quads(timed(statement, earlier, later, 5, 4))}


def test_every_ordering_constraint_has_a_case():
    assert {rule for rule, *_ in ORDERED.values()} == {30, 36, *(precedence.rule for precedence in PRECEDENCES)}


@pytest.mark.parametrize(
    ("rule", "event"), [(39, GENERATION), (40, INVALIDATION), (31, "start {1}"), (32, "end {1}")], ids=lambda x: str(x)
)
def test_what_happens_once_has_one_time(rule, event):
    if rule in (31, 32):
        name = "Start" if rule == 31 else "End"
        event = f":a prov:qualified{name} [ prov:entity :t{{1}} ; prov:atTime {{0}} ] ."
        both = event.format(at(1), 1) + event.format(at(2), 2)
        once = event.format(at(1), 1) + event.format(at(1), 2)
    else:
        both, once = event.format("e", at(1)) + event.format("e", at(2)), event.format("e", at(1))
    assert violations(once) == []
    (violation,) = violations(both)
    assert violation.rule is None
    assert f"({rule} {NAMES[rule]})" in violation.message


UNIQUE = {
    22: (
        f":a prov:startedAtTime {at(1)}, '2025-11-01T02:00:00+01:00'^^xsd:dateTime .",
        f":a prov:startedAtTime {at(1)}, {at(2)} .",
    ),
    23: (
        ":a prov:qualifiedAssociation :x . :x prov:agent :g ; prov:hadPlan :p .",
        ":a prov:qualifiedAssociation :x . :b prov:qualifiedAssociation :x . :x prov:agent :g .",
    ),
    24: (
        ":e prov:qualifiedGeneration :x, :y . :x prov:activity :a . :y prov:activity :b .",
        ":e prov:qualifiedGeneration :x, :y . :x prov:activity :a . :y prov:activity :a .",
    ),
    25: (
        ":e prov:qualifiedInvalidation :x, :y . :x prov:activity :a . :y prov:activity :b .",
        ":e prov:qualifiedInvalidation :x, :y . :x prov:activity :a . :y prov:activity :a .",
    ),
    26: (
        ":a prov:qualifiedStart :x, :y . :x prov:hadActivity :b . :y prov:hadActivity :c .",
        ":a prov:qualifiedStart :x, :y . :x prov:hadActivity :b . :y prov:hadActivity :b .",
    ),
    27: (
        ":a prov:qualifiedEnd :x, :y . :x prov:hadActivity :b . :y prov:hadActivity :c .",
        ":a prov:qualifiedEnd :x, :y . :x prov:hadActivity :b . :y prov:hadActivity :b .",
    ),
    28: (
        f":a prov:startedAtTime {at(1)} ; prov:qualifiedStart [ prov:entity :t ; prov:atTime {at(1)} ] .",
        f":a prov:startedAtTime {at(1)} ; prov:qualifiedStart [ prov:entity :t ; prov:atTime {at(2)} ] .",
    ),
    29: (
        f":a prov:endedAtTime {at(1)} ; prov:qualifiedEnd [ prov:entity :t ; prov:atTime {at(1)} ] .",
        f":a prov:endedAtTime {at(1)} ; prov:qualifiedEnd [ prov:entity :t ; prov:atTime {at(2)} ] .",
    ),
    42: (
        ":f prov:wasDerivedFrom :e . :g prov:wasDerivedFrom :f, :e .",
        ":f prov:wasDerivedFrom :e . :e prov:wasDerivedFrom :f .",
    ),
    51: (
        ":f prov:qualifiedDerivation :d . :d prov:entity :e ; prov:hadUsage :u ; prov:hadActivity :a .",
        ":f prov:qualifiedDerivation :d . :d prov:entity :e ; prov:hadUsage :u .",
    ),
    52: (
        ":e prov:specializationOf :f . :f prov:specializationOf :g . :e prov:specializationOf :g .",
        ":e prov:specializationOf :f . :f prov:specializationOf :g . :g prov:mentionOf :e .",
    ),
    53: (
        ":a prov:qualifiedUsage :u . :u prov:entity :e . :a prov:qualifiedInfluence :u . :u prov:influencer :e .",
        ":a prov:qualifiedUsage :u . :u prov:entity :e . :f prov:qualifiedGeneration :u . :u prov:activity :a .",
    ),
    54: (
        ":a prov:qualifiedUsage :u . :u a prov:Usage ; prov:entity :e .",
        ":a prov:qualifiedUsage :u . :u a prov:Usage ; prov:entity :e . :b prov:used :u .",
    ),
    55: (
        ":g a prov:SoftwareAgent, prov:Entity . :h a prov:Agent, prov:Activity .",
        ":a prov:used :e . :e prov:wasInformedBy :a .",
    ),
    56: (
        ":c a prov:Collection ; prov:hadMember :e . :d a prov:EmptyCollection .",
        ":c a prov:EmptyCollection ; prov:hadMember :e .",
    ),
}
"""Constraint -> statements that keep it, and statements that break it."""


@pytest.mark.parametrize("rule", UNIQUE)
def test_a_constraint_is_kept_and_broken(rule):
    kept, broken = UNIQUE[rule]
    assert violations(kept) == []
    stated = quads(broken)
    (violation,) = validate_constraints(columns_of(stated))
    assert (violation.rule, violation.name) == (rule, NAMES[rule])
    assert violation.statements
    assert set(violation.statements) <= {Statement(*quad[:3]) for quad in stated}


def test_every_constraint_that_can_be_broken_has_a_case():
    simultaneous = {31, 32, 39, 40}
    assert set(NAMES) == {50} | simultaneous | set(UNIQUE) | {rule for rule, *_ in ORDERED.values()}


STRICT_CYCLES = {
    "a thing derived from itself": (":e prov:wasDerivedFrom :e .", [42]),
    "through an activity": (
        ":a prov:used :f . :e prov:wasGeneratedBy :a . :f prov:wasDerivedFrom :e .",
        None,
    ),
    "through a usage that a derivation names": (
        """:e prov:qualifiedDerivation :d . :d prov:entity :f ; prov:hadActivity :a ; prov:hadUsage :u .
        :f prov:wasDerivedFrom :e .""",
        [42, 42],
    ),
    "through a general entity": (":f prov:specializationOf :e . :e prov:wasDerivedFrom :f .", [42, 45]),
    "through triggers": (
        """:f prov:wasDerivedFrom :e . :a prov:wasStartedBy :f . :e prov:wasGeneratedBy :a .""",
        [42, 43, 34],
    ),
    "through a starter, which generates the trigger": (
        """:a prov:qualifiedStart [ prov:entity :e ; prov:hadActivity :b ] . :b prov:wasStartedBy :f .
        :f prov:wasDerivedFrom :e .""",
        [42, 43, 34],
    ),
    "through an agent": (":e prov:wasAttributedTo :g . :g prov:wasDerivedFrom :e .", [42, 48]),
    "through an activity that is an agent": (
        ":e prov:wasAttributedTo :a . :a prov:wasStartedBy :f . :f prov:wasDerivedFrom :e .",
        [42, 43, 48],
    ),
}


@pytest.mark.parametrize("case", STRICT_CYCLES)
def test_a_cycle_with_a_strict_ordering_is_told_event_by_event(case):
    statements, expected = STRICT_CYCLES[case]
    found = violations(statements)
    if expected is None:  # an activity may use, after it generated something, what is derived from that
        assert found == []
        return
    (violation,) = found
    assert violation.rule == 42
    assert [step.rule for step in violation.steps] == expected
    ends = [(step.earlier, step.later) for step in violation.steps]
    assert [later for _, later in ends] == [earlier for earlier, _ in ends[1:]] + [ends[0][0]]


def test_a_cycle_without_a_strict_ordering_is_simultaneity():
    bootstrap = """
        :a prov:wasStartedBy :e . :e prov:wasGeneratedBy :b .
        :b prov:wasStartedBy :f . :f prov:wasGeneratedBy :a .
    """
    assert violations(bootstrap) == []
    assert violations(bootstrap + START.format("a", at(1)) + START.format("b", at(1))) == []
    (violation,) = violations(bootstrap + START.format("a", at(1)) + START.format("b", at(2)))
    assert violation.rule is None


def test_the_shortest_cycle_is_told_and_each_contradiction_once():
    ring = " ".join(f":e{n} prov:wasDerivedFrom :e{(n + 1) % 9} ." for n in range(9))
    pair = ":x prov:wasDerivedFrom :y . :y prov:wasDerivedFrom :x ."
    chord = ":e4 prov:wasDerivedFrom :e3 ."
    lengths = sorted(len(violation.steps) for violation in violations(ring + pair + chord))
    assert lengths == [2, 2]
    assert sorted(len(violation.steps) for violation in violations(ring + pair)) == [2, 9]


def test_the_report_names_the_rule_the_events_and_the_statements():
    (violation,) = violations(":f prov:wasDerivedFrom :e . :e prov:wasRevisionOf :f .")
    e, f = "<https://progenitor.example/e>", "<https://progenitor.example/f>"
    assert str(violation) == (
        f"42 derivation-generation-generation-ordering: the generation of {f} is before itself\n"
        f"  the generation of {f} is strictly before the generation of {e} "
        f"(42 derivation-generation-generation-ordering): {e} prov:wasRevisionOf {f}\n"
        f"  the generation of {e} is strictly before the generation of {f} "
        f"(42 derivation-generation-generation-ordering): {f} prov:wasDerivedFrom {e}"
    )


def test_the_text_of_a_long_cycle_is_cut_the_object_is_not():
    (violation,) = violations(" ".join(f":e{n} prov:wasDerivedFrom :e{(n + 1) % 25} ." for n in range(25)))
    assert len(violation.steps) == len(violation.statements) == 25
    assert str(violation).count("is strictly before") == 20
    assert str(violation).endswith("... 5 more steps")


# -- one relation, in several forms ------------------------------------------------------------------------------


def test_a_shortcut_beside_its_qualified_form_is_the_same_relation():
    both = """
        :e prov:wasGeneratedBy :a ; prov:qualifiedGeneration :x . :x prov:activity :a .
        :a prov:used :f ; prov:qualifiedUsage :u . :u prov:entity :f .
        :a prov:wasStartedBy :t ; prov:qualifiedStart :s . :s prov:entity :t ; prov:hadActivity :b .
    """
    assert violations(both) == []
    assert sorted(read(columns(both), memory_limit=2**30, threads=1).kinds) == [Kind.USAGE, Kind.GENERATION, Kind.START]
    assert rules(both + ":e prov:qualifiedGeneration :y . :y prov:activity :a .") == [24]


def test_a_component_that_is_not_stated_is_unknown_and_may_be_found():
    """The activity of the generation that a derivation names is that of the derivation (Inference 11)."""
    known = """
        :f prov:qualifiedGeneration :x, :y . :y prov:activity :a .
        :f prov:qualifiedDerivation :d . :d prov:entity :e ; prov:hadGeneration :x ; prov:hadActivity :{0} .
    """
    assert violations(known.format("b")) == []
    (violation,) = violations(known.format("a"))
    assert violation.rule == 24
    assert any("hadGeneration" in statement.predicate for statement in violation.statements)


def test_blank_nodes_are_unknown_and_may_be_the_same():
    assert violations(":e prov:qualifiedGeneration [ prov:activity :a ], [ prov:activity :a ] .") == []
    times = f":e prov:qualifiedGeneration [ prov:activity :a ; prov:atTime {at(1)} ]"
    assert violations(f"{times}, [ prov:activity :a ; prov:atTime {at(1)} ] .") == []
    (violation,) = violations(f"{times}, [ prov:activity :a ; prov:atTime {at(2)} ] .")
    assert violation.rule == 23
    assert "(24 unique-generation) has more than one time" in violation.message


def test_a_usage_happens_as_often_as_it_is_stated():
    use = "prov:qualifiedUsage [ prov:entity :e ; prov:atTime {0} ]"
    assert violations(f":a {use.format(at(1))} ; {use.format(at(2))} .") == []


def test_an_identifier_of_an_influence_is_that_of_the_relation_it_is():
    same = ":a prov:qualifiedUsage :u . :u prov:entity :e . :{0} prov:qualifiedInfluence :u ."
    assert violations(same.format("a")) == []
    assert rules(same.format("b")) == [23]


@pytest.mark.parametrize("agent", ["g", "h"])
def test_delegation_is_within_the_activity(agent):
    """Both agents are associated with it (Inference 14)."""
    delegation = (
        ":h prov:qualifiedDelegation [ prov:agent :g ; prov:hadActivity :a ] . :g a prov:Entity . :h a prov:Plan ."
    )
    assert violations(delegation + GENERATION.format(agent, at(2)) + END.format("a", at(2))) == []
    (violation,) = violations(delegation + GENERATION.format(agent, at(3)) + END.format("a", at(2)))
    assert [step.rule for step in violation.steps] == [47]


def test_a_derivation_by_an_activity_is_a_usage_of_it():
    """The usage that nobody stated is in the activity, and before the entity is gone (Inference 11)."""
    derivation = ":f prov:qualifiedDerivation [ prov:entity :e ; prov:hadActivity :a ] ."
    assert violations(derivation + START.format("a", at(2)) + INVALIDATION.format("e", at(2))) == []
    (violation,) = violations(derivation + START.format("a", at(3)) + INVALIDATION.format("e", at(2)))
    assert [step.rule for step in violation.steps] == [33, 38]
    assert all("qualifiedDerivation" in step.statements[0].predicate for step in violation.steps)


def test_the_usage_that_a_derivation_names_is_of_its_activity_and_entity():
    derivation = """:f prov:qualifiedDerivation :d . :d prov:entity :e ; prov:hadActivity :a ; prov:hadUsage :u .
        :{0} prov:qualifiedUsage :u . :u prov:entity :{1} ."""
    assert rules(derivation.format("a", "e")) == []
    assert rules(derivation.format("b", "e")) == [23]
    assert rules(derivation.format("a", "g")) == [23]


def test_a_specialization_of_an_empty_collection_is_empty():
    assert rules(":d prov:specializationOf :c ; prov:hadMember :e . :c a prov:EmptyCollection .") == [56]


def test_an_identifier_may_be_that_of_a_derivation_and_of_a_generation():
    shared = ":e prov:qualifiedGeneration :x . :e prov:qualifiedDerivation :x . :x prov:activity :a ; prov:entity :f ."
    assert violations(shared) == []


def test_a_declared_class_of_relations_counts():
    assert rules(":u a prov:Usage, prov:Generation .") == [53]
    assert rules(":u a prov:Revision, prov:Agent .") == [54]


# -- times ----------------------------------------------------------------------------------------------------------


def test_times_are_compared_through_events_without_a_time():
    chain = ":e2 prov:wasDerivedFrom :e1 . :e3 prov:wasDerivedFrom :e2 . :a prov:used :e3 ."
    assert violations(chain + GENERATION.format("e1", at(1)) + END.format("a", at(1))) == []
    (violation,) = violations(chain + GENERATION.format("e1", at(2)) + END.format("a", at(1)))
    assert [step.rule for step in violation.steps] == [42, 42, 37, 33]
    assert {statement.object for statement in violation.statements} >= {
        quad[2] for quad in quads(f":a prov:endedAtTime {at(1)}, {at(2)} .")
    }


def test_one_wrong_time_is_one_finding():
    chain = "".join(f":e{n + 1} prov:wasDerivedFrom :e{n} ." for n in range(9))
    times = "".join(GENERATION.format(f"e{n}", at(n)) for n in range(9) if n != 4)
    assert violations(chain + times) == []
    assert len(violations(chain + times + GENERATION.format("e4", at(20)))) == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("2025-11-01T01:00:00Z", "2025-11-01T02:00:00+01:00"),
        ("2025-11-01T01:00:00Z", "2025-11-01T01:00:00.000"),
        ("2025-11-01T24:00:00Z", "2025-11-02T00:00:00Z"),
    ],
)
def test_equal_instants_are_equal_times(first, second):
    assert violations(f":a prov:startedAtTime '{first}'^^xsd:dateTime, '{second}'^^xsd:dateTime .") == []


def test_what_is_no_time_is_not_compared():
    assert violations(":a prov:startedAtTime '2025-11-02'^^xsd:date ; prov:endedAtTime 'yesterday' .") == []


# -- what is checked ------------------------------------------------------------------------------------------------


def test_every_graph_is_checked_by_itself():
    one, other = ":f prov:wasDerivedFrom :e .", ":e prov:wasDerivedFrom :f ."
    assert violations(f"GRAPH :b1 {{ {one} }} GRAPH :b2 {{ {other} }} :e a prov:Activity .") == []
    (violation,) = violations(f"GRAPH :b1 {{ {one} {other} }} {one}")
    assert violation.graph == "https://progenitor.example/b1"
    assert "in the graph <https://progenitor.example/b1>" in str(violation)


def test_terms_of_others_are_passed_over():
    assert violations(":e pg:wasDerivedFrom :e ; pg:used :e . :a prov:used 'a literal' . :a a pg:Thing .") == []


def test_nothing_is_valid():
    assert validate_constraints(columns_of([])) == []
    assert validate_constraints([]) == []


def test_columns_without_graph_are_the_default_graph():
    table = columns(":e prov:wasDerivedFrom :e .").drop_columns(["g"])
    assert [violation.graph for violation in validate_constraints(table)] == [None]


def test_files_are_taken_together(tmp_path):
    for number, statement in enumerate((":e prov:wasDerivedFrom :f .", ":f prov:wasDerivedFrom :e .")):
        pq.write_table(columns(statement).drop_columns(["g"]), tmp_path / f"it's {number} [a].parquet")
    files = sorted(tmp_path.iterdir())
    assert [violation.rule for violation in validate_constraints(files)] == [42]
    assert validate_constraints(files[:1]) == []


def test_a_file_that_is_none_is_an_error_with_its_name(tmp_path):
    (tmp_path / "damaged.parquet").write_bytes(b"PAR1 and so on")
    with pytest.raises(StoreError, match=r"damaged\.parquet.*doctor"):
        validate_constraints([tmp_path / "damaged.parquet"])


def test_the_rest_of_a_long_list_is_counted():
    many = " ".join(f":e{n} prov:wasDerivedFrom :e{n} . :x{n} a prov:Entity, prov:Activity ." for n in range(5))
    found = validate_constraints(columns(many), limit=2)
    assert [(violation.rule, violation.more) for violation in found] == [(42, 0), (42, 3), (55, 0), (55, 3)]
    assert "and 3 more of this rule" in str(found[1])
    late = " ".join(f":a{n} prov:startedAtTime {at(2)} ; prov:endedAtTime {at(1)} ." for n in range(5))
    assert [violation.more for violation in validate_constraints(columns(late), limit=2)] == [0, 3]


def test_the_order_of_rows_never_matters():
    everything = [quad for _, broken in UNIQUE.values() for quad in quads(broken)]
    expected = validate_constraints(columns_of(everything))
    assert len(expected) > 5
    for seed in range(5):
        shuffled = everything + everything[::3]
        random.Random(seed).shuffle(shuffled)
        assert validate_constraints(columns_of(shuffled)) == expected


# -- our own graphs -------------------------------------------------------------------------------------------------


def test_there_are_goldens():
    assert GOLDENS


@pytest.mark.parametrize("golden", GOLDENS, ids=lambda file: str(file.parent.relative_to(ROOT)))
def test_the_golden_triples_of_a_mapping_are_valid(golden):
    assert [str(violation) for violation in validate_constraints(columns_of(quads_of_file(golden)))] == []


@pytest.mark.butler
def test_the_demo_store_is_valid_catalogue_and_all(demo_store):
    with Progenitor.open(demo_store) as progenitor:
        table = columns_of(quads_of_lines(b"".join(progenitor.dump())))
        found = validate_constraints(table)
        files = [progenitor.directory / record.file for record in progenitor.snapshot.records.values()]
        assert [str(violation) for violation in validate_constraints(files)] == [str(violation) for violation in found]
    assert isinstance(table, pa.Table)
    assert [str(violation) for violation in found] == []
