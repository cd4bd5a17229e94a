"""What always holds: a history that happened is valid, a contradiction is found; how graphs are searched."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from progenitor.validate.constraints import columns_of, components, validate_constraints
from progenitor.validate.constraints.components import order_of
from progenitor.validate.constraints.cycles import find_cycles
from progenitor.validate.constraints.events import EventGraph
from progenitor.validate.constraints.times import Stamps, find_disorders
from support.prov_statements import Quad

PROV = "http://www.w3.org/ns/prov#"
LAST = 12
"""The history is over at this hour."""


@dataclass
class History:
    """Things with the hours of their events, and statements that hold of them."""

    activities: dict[str, tuple[int, int]]
    entities: dict[str, tuple[int, int]]
    quads: list[Quad] = field(default_factory=list)

    def say(self, subject: str, predicate: str, value: str) -> None:
        self.quads.append((iri(subject), f"<{PROV}{predicate}>", value, None))

    def relate(self, subject: str, shortcut: str, component: str, value: str, form: int, **more: str) -> None:
        """State a relation as shortcut (0), in qualified form (1, 2), or both (2)."""
        if form != 1:
            self.say(subject, shortcut, iri(value))
        if form:
            node = f"{subject}-{shortcut}-{value}"
            self.say(subject, QUALIFIED[shortcut], iri(node))
            self.say(node, component, iri(value))
            for predicate, content in more.items():
                self.say(node, predicate, content)


QUALIFIED = {
    "used": "qualifiedUsage",
    "wasGeneratedBy": "qualifiedGeneration",
    "wasStartedBy": "qualifiedStart",
    "wasEndedBy": "qualifiedEnd",
    "wasInformedBy": "qualifiedCommunication",
    "wasDerivedFrom": "qualifiedDerivation",
}


def iri(name: str) -> str:
    return f"<https://progenitor.example/{name}>"


def time(hour: int) -> str:
    return f'"2025-11-01T{hour:02d}:00:00Z"^^<http://www.w3.org/2001/XMLSchema#dateTime>'


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Activities and entities at hours, and some of the relations that these hours allow."""
    spans = st.tuples(st.integers(0, LAST), st.integers(0, LAST)).map(lambda span: (min(span), max(span)))
    history = History(
        {f"a{n}": span for n, span in enumerate(draw(st.lists(spans, min_size=1, max_size=4)))},
        {f"e{n}": span for n, span in enumerate(draw(st.lists(spans, min_size=2, max_size=6)))},
    )
    forms = st.sampled_from([None, None, 0, 1, 2])
    _say_times(history, draw(st.sets(st.sampled_from(sorted((*history.activities, *history.entities))))))
    for entity, (made, gone) in history.entities.items():
        for activity, (begun, ended) in history.activities.items():
            if begun <= made <= ended and (form := draw(forms)) is not None:
                history.relate(entity, "wasGeneratedBy", "activity", activity, form, atTime=time(made))
            if max(begun, made) <= min(ended, gone) and (form := draw(forms)) is not None:
                hour = draw(st.integers(max(begun, made), min(ended, gone)))
                history.relate(activity, "used", "entity", entity, form, atTime=time(hour))
            if made <= begun <= gone and (form := draw(forms)) is not None:
                history.relate(activity, "wasStartedBy", "entity", entity, form, atTime=time(begun))
            if made <= ended <= gone and (form := draw(forms)) is not None:
                history.relate(activity, "wasEndedBy", "entity", entity, form, atTime=time(ended))
    _relate_alike(draw, history, forms)
    _associate(draw, history)
    return history


def _say_times(history: History, timed: set[str]) -> None:
    for things, first, last in (
        (history.activities, "startedAtTime", "endedAtTime"),
        (history.entities, "generatedAtTime", "invalidatedAtTime"),
    ):
        for name, (begun, ended) in things.items():
            if name in timed:
                history.say(name, first, time(begun))
                history.say(name, last, time(ended))


def _relate_alike(draw: st.DrawFn, history: History, forms: st.SearchStrategy[int | None]) -> None:
    """Relate entities to entities and activities to activities."""
    for later, (made, gone) in history.entities.items():
        for earlier, (before, until) in history.entities.items():
            if before < made and (form := draw(forms)) is not None:
                history.relate(later, "wasDerivedFrom", "entity", earlier, form)
            if later > earlier and before <= made and gone <= until and draw(st.booleans()):
                history.say(later, "specializationOf", iri(earlier))
    for informed, (_, ended) in history.activities.items():
        for informant, (begun, _) in history.activities.items():
            if begun <= ended and (form := draw(forms)) is not None:
                history.relate(informed, "wasInformedBy", "activity", informant, form)


def _associate(draw: st.DrawFn, history: History) -> None:
    """Associate activities with agents, some of which are activities."""
    agents = {**history.activities, "g": (0, LAST)}
    for activity, (begun, ended) in history.activities.items():
        for agent, (first, last) in agents.items():
            if begun <= last and first <= ended and draw(st.booleans()):
                history.say(activity, "wasAssociatedWith", iri(agent))


def rules(quads: list[Quad]) -> set[int | None]:
    return {violation.rule for violation in validate_constraints(columns_of(quads))}


@settings(max_examples=60)
@given(histories())
def test_a_history_that_happened_is_valid(history):
    assert rules(history.quads) == set()


def backwards(history: History, draw: st.DrawFn) -> int | None:
    """Something is derived, along a way, from what is derived from it."""
    names = draw(st.permutations(sorted(history.entities)))
    way = names[: draw(st.integers(1, len(names)))]
    for one, other in pairwise([*way, way[0]]):
        history.say(one, "wasDerivedFrom", iri(other))
    return 42


def both(history: History, draw: st.DrawFn) -> int | None:
    """An entity is used as an activity."""
    entity = draw(st.sampled_from(sorted(history.entities)))
    history.say(entity, "used", iri("something"))
    history.say("something-else", "wasDerivedFrom", iri(entity))
    return 55


def early(history: History, draw: st.DrawFn) -> int | None:
    """An entity is generated by an activity that began later, as their times say."""
    history.say("new", "wasGeneratedBy", iri("late"))
    history.say("new", "generatedAtTime", time(3))
    history.say("late", "startedAtTime", time(draw(st.integers(4, LAST))))
    return None


def twice(history: History, draw: st.DrawFn) -> int | None:
    """One activity generates an entity in two identified generations."""
    for node in ("one", "other"):
        history.say("new", "qualifiedGeneration", iri(node))
        history.say(node, "activity", iri("maker"))
    return 24


def itself(history: History, draw: st.DrawFn) -> int | None:
    """An entity is, along a way, a specialization of itself."""
    names = draw(st.permutations(sorted(history.entities)))
    way = names[: draw(st.integers(1, len(names)))]
    for one, other in pairwise([*way, way[0]]):
        history.say(one, "specializationOf", iri(other))
    return 52


@pytest.mark.parametrize("contradiction", [backwards, both, early, twice, itself], ids=lambda make: make.__name__)
@settings(max_examples=15)
@given(history=histories(), data=st.data())
def test_a_contradiction_in_a_history_is_found(contradiction, history, data):
    expected = contradiction(history, data.draw)
    assert expected in rules(history.quads)


# -- graphs -----------------------------------------------------------------------------------------------------

edges = st.integers(1, 12).flatmap(
    lambda count: st.tuples(
        st.just(count),
        st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1), st.booleans()), max_size=30),
    )
)


def arrays(listed: list[tuple[int, int, bool]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    sources, targets, strict = zip(*listed, strict=True) if listed else ((), (), ())
    return np.array(sources, np.int64), np.array(targets, np.int64), np.array(strict, bool)


@pytest.mark.parametrize("levels", [0, 1, 5_000])
@settings(max_examples=150)
@given(graph=edges)
def test_components_and_their_order(levels, graph):
    count, listed = graph
    sources, targets, _ = arrays(listed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(components, "LEVELS", levels)
        order = order_of(count, sources, targets)
    whole = nx.MultiDiGraph((source, target) for source, target, _ in listed)
    whole.add_nodes_from(range(count))
    expected = {frozenset(nodes) for nodes in nx.strongly_connected_components(whole)}
    found: dict[int, set[int]] = {}
    for node in range(count):
        found.setdefault(int(order.component[node]), set()).add(node)
    assert {frozenset(nodes) for nodes in found.values()} == expected
    for source, target, _ in listed:
        if order.component[source] != order.component[target]:
            assert order.rank[source] < order.rank[target]
        else:
            assert order.rank[source] == order.rank[target]


@settings(max_examples=150)
@given(edges)
def test_cycles_are_cycles_and_none_is_missed(graph):
    count, listed = graph
    sources, targets, strict = arrays(listed)
    found = find_cycles(sources, targets, strict, order_of(count, sources, targets), 100)
    assert found.left == 0
    for cycle in found.found:
        assert strict[cycle[0]]
        for one, other in pairwise([*cycle, cycle[0]]):
            assert targets[one] == sources[other]
    told = {edge for cycle in found.found for edge in cycle if strict[edge]}
    assert len(told) == sum(1 for cycle in found.found for edge in cycle if strict[edge])
    rest = nx.MultiDiGraph((listed[edge][:2]) for edge in range(len(listed)) if edge not in told)
    rest.add_nodes_from(range(count))
    for edge in np.flatnonzero(strict):
        if edge not in told:
            assert not nx.has_path(rest, targets[edge], sources[edge])


@settings(max_examples=150)
@given(edges)
def test_the_first_cycle_is_the_shortest(graph):
    count, listed = graph
    sources, targets, strict = arrays(listed)
    found = find_cycles(sources, targets, strict, order_of(count, sources, targets), 100)
    whole = nx.MultiDiGraph((source, target) for source, target, _ in listed)
    whole.add_nodes_from(range(count))
    lengths = [
        1 + nx.shortest_path_length(whole, target, source)
        for source, target, is_strict in listed
        if is_strict and nx.has_path(whole, target, source)
    ]
    assert min(lengths, default=0) == min(map(len, found.found), default=0)


@settings(max_examples=150)
@given(edges, st.data())
def test_a_time_is_wrong_where_an_event_comes_after_a_later_one(graph, data):
    count, listed = graph
    sources, targets, strict = arrays(listed)
    marks = data.draw(st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, 5)), max_size=8))
    nodes, hours = (np.array(column, np.int64) for column in (zip(*marks, strict=True) if marks else ((), ())))
    rows = np.arange(len(marks))
    events = EventGraph(np.arange(count), sources, targets, strict, np.zeros(len(listed), np.int64), sources)
    order = order_of(count, sources, targets)
    found, more = find_disorders(events, order, Stamps(nodes, hours, rows), 100)
    assert more == 0
    whole = nx.MultiDiGraph((source, target) for source, target, _ in listed)
    whole.add_nodes_from(range(count))
    wrong = any(
        later > earlier and nx.has_path(whole, first, second) for first, later in marks for second, earlier in marks
    )
    assert bool(found) == wrong
    for disorder in found:
        first, second = disorder.rows
        assert hours[first] > hours[second]
        way = [*(sources[edge] for edge in disorder.way), nodes[second]]
        assert way[0] == nodes[first]
        assert [targets[edge] for edge in disorder.way] == way[1:]
