"""The table of rules says what it does, in words and in tables that agree."""

from __future__ import annotations

import pytest

from progenitor.lineage.rules import KINDS, RELATIONS, RULES, Way, make_plan, rule_lines, rules_table
from progenitor.terms import PG, PROV


def relations(**options: object) -> set[str]:
    """Return the relations that going back follows."""
    plan = make_plan("back", **options)  # type: ignore[arg-type]
    return {rule.relation.removeprefix(PROV).removeprefix(PG) for rule in plan.rules}


DERIVATIONS = {"wasDerivedFrom", "wasRevisionOf", "wasQuotedFrom", "hadPrimarySource"}
PRESENTED = DERIVATIONS | {"used", "wasGeneratedBy", "generated", "wasInformedBy", "wasStartedBy", "wasEndedBy"}
PRESENTED |= {"observatoryState", "inForce"}
WHO = {"wasAttributedTo"}


def test_each_mode_has_its_relations() -> None:
    assert relations() == PRESENTED | WHO
    assert relations(inputs="predicted") == PRESENTED | WHO | {"plannedInput", "plannedOutput"}
    assert relations(inputs="fetched") == DERIVATIONS | WHO


def test_context_is_followed_only_when_asked() -> None:
    around = relations(context=True) - relations()
    assert {"hadMember", "wasAssociatedWith", "specializationOf"} <= around
    assert relations(context=True, agents="none") == relations(context=True) - {"wasAssociatedWith", "wasAttributedTo"}
    assert relations() - relations(agents="none") == {"wasAttributedTo"}
    assert relations(members=True) - relations() == {"hadMember"}


def test_relations_stated_from_the_origin_are_turned() -> None:
    back, forth = make_plan("back", "predicted"), make_plan("forth", "predicted")
    for relation, turned in ((PROV + "used", False), (PROV + "generated", True), (PG + "plannedOutput", True)):
        assert back.followed(Way.AGAINST)[KINDS[relation]] == turned
        assert back.followed(Way.ALONG)[KINDS[relation]] != turned
        assert forth.followed(Way.AGAINST)[KINDS[relation]] != turned


@pytest.mark.parametrize("direction", ["back", "forth"])
@pytest.mark.parametrize("inputs", ["presented", "predicted", "fetched"])
def test_no_question_climbs_to_a_collection_and_comes_down_again_unasked(direction: str, inputs: str) -> None:
    plan = make_plan(direction, inputs, context=True)  # type: ignore[arg-type]
    both = plan.followed(Way.ALONG) & plan.followed(Way.AGAINST)
    assert not both.any()


def test_rules_that_stop_and_rules_that_go_on_exclude_each_other() -> None:
    for agents in ("stop", "through"):
        plan = make_plan("back", context=True, agents=agents)
        stopping = plan.followed(Way.ALONG, stops=True)
        assert stopping.any() == (agents == "stop")
        assert not (stopping & plan.followed(Way.ALONG, stops=False)).any()


def test_a_kind_fits_a_byte_and_names_one_relation() -> None:
    assert len(RELATIONS) < 256
    assert [KINDS[relation] for relation in RELATIONS] == list(range(len(RELATIONS)))


def test_the_table_names_every_rule_in_words() -> None:
    rows = rules_table()
    assert len(rows) == len(RULES) == len(set(rule_lines()))
    assert rows[0] == {
        "relation": "prov:used",
        "when": "presented, predicted",
        "back": "subject to object",
        "forth": "object to subject",
        "cost": "depth +1",
    }
    assert (
        "prov:wasAssociatedWith; agents-stop; back subject to object; forth subject to object; depth +1, ends there"
        in (rule_lines())
    )
