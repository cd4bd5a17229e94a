"""Traversals are compared with the definition (networkx) over every option, and with the worked example of ProvDAL."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from progenitor.errors import MissingExtraError, QueryError, StoreError
from progenitor.lineage import adjacency, expansion, kernels
from progenitor.lineage.index import FOLDER, LineageIndex
from progenitor.lineage.rules import RELATIONS, Agents, Direction, Inputs, make_plan
from progenitor.lineage.traverse import Traversal, traverse
from progenitor.terms import PG, PROV, VOPROV
from support.lineage import Expected, Snapshots, Triple, answer_of

QUESTIONS: list[dict[str, Any]] = [
    {"direction": direction, "inputs": inputs, "context": context, "agents": agents, "members": members, "steps": steps}
    for direction, inputs, context, agents, members, steps in product(
        get_args(Direction), get_args(Inputs), (False, True), get_args(Agents), (False, True), (False, True)
    )
]

KERNELS = ("numpy", "compiled")


def use_kernel(name: str) -> Any:
    """Make every question go to one kernel."""
    return patch.object(kernels, "_compiled", kernels.load_compiled() if name == "compiled" else None)


@pytest.fixture(params=KERNELS)
def kernel(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "compiled":
        pytest.importorskip("numba")
    with use_kernel(request.param):
        yield request.param


def iri(number: int) -> str:
    return f"https://example.org/{number}"


nodes = st.integers(0, 14).map(iri)
triples = st.sets(st.tuples(nodes, st.sampled_from(RELATIONS), nodes), min_size=1, max_size=60)
bounds = st.one_of(st.none(), st.integers(0, 6))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(first=triples, second=triples, dropped=triples, seed=st.integers(0, 2**32))
def test_answers_are_those_of_the_definition(
    first: set[Triple], second: set[Triple], dropped: set[Triple], seed: int
) -> None:
    chance = random.Random(seed)
    with TemporaryDirectory() as directory, pytest.MonkeyPatch.context() as monkey:
        snapshots = Snapshots(Path(directory))
        snapshots.publish({"first": first, "dropped": dropped})
        index = snapshots.publish({"second": second, "dropped": []}, merge_fraction=chance.choice([0, 100]))
        everything = index.iris(range(index.nodes_count))
        for _ in range(60):
            monkey.setattr(adjacency, "_FEW", chance.choice([0, 4096]))
            monkey.setattr(expansion, "LONG_ROW", chance.choice([1, 256]))
            starts = chance.sample(everything, min(len(everything), chance.choice([1, 1, 2, 5])))
            depth = chance.choice([None, None, 0, 1, 2, 3])
            limit = chance.choice([None, None, 0, 1, 3, 8])
            check(index, snapshots.triples, starts, depth, limit, chance.choice(QUESTIONS))


def check(
    index: LineageIndex,
    triples: set[Triple],
    starts: list[str],
    depth: int | None,
    limit: int | None,
    question: dict[str, Any],
) -> None:
    expected = Expected(triples, make_plan(**question), starts, depth)
    with use_kernel("numpy"):
        ours = traverse(index, index.nodes(starts), depth=depth, limit=limit, **question)
    depths, edges = answer_of(ours)
    assert len(edges) == len(set(edges))
    assert ours.iris()[: len(starts)] == starts[:limit]
    assert ours.depths.tolist() == sorted(ours.depths)
    if limit is not None and len(expected.depths) > limit:
        assert ours.truncated == "limit"
        assert len(depths) == limit
        assert max(depths.values(), default=0) <= min(
            [at for node, at in expected.depths.items() if node not in depths]
        )
        assert depths.items() <= expected.depths.items()
        assert set(edges) == {edge for edge in expected.edges if edge[0] in depths and edge[2] in depths}
    else:
        assert depths == expected.depths
        assert set(edges) == expected.edges
        whole = expected.everything == set(expected.depths)
        assert whole or ours.truncated == "depth"
        assert not whole or ours.truncated is None or question["agents"] == "stop"
    compare_kernels(index, starts, depth, limit, question, ours)


def compare_kernels(
    index: LineageIndex,
    starts: list[str],
    depth: int | None,
    limit: int | None,
    question: dict[str, Any],
    ours: Traversal,
) -> None:
    with use_kernel("compiled"):
        theirs = traverse(index, index.nodes(starts), depth=depth, limit=limit, **question)
    assert np.array_equal(ours.nodes, theirs.nodes)
    assert np.array_equal(ours.depths, theirs.depths)
    assert ours.truncated == theirs.truncated
    for ours_edges, their_edges in zip(ours.edges, theirs.edges, strict=True):
        assert np.array_equal(ours_edges, their_edges)


# After the example of the IVOA working draft of 2017-09-21 (ProvDAL): E6 was made by A4 from E5, and derived from E2.
PROVDAL = [
    ("E6", PROV + "wasDerivedFrom", "E2"),
    ("E6", PROV + "wasGeneratedBy", "A4"),
    ("C2", PROV + "hadMember", "E6"),
    ("E6", PROV + "wasAttributedTo", "Ag3"),
    ("A4", PROV + "used", "E5"),
    ("A4", PROV + "wasAssociatedWith", "Ag2"),
    ("E2", PROV + "wasGeneratedBy", "A1"),
    ("E7", PROV + "wasDerivedFrom", "E6"),
    ("E9", PROV + "wasAttributedTo", "Ag3"),
    ("Ag3", PROV + "actedOnBehalfOf", "Ag9"),
    ("C2", PROV + "hadMember", "E8"),
]


@pytest.fixture
def provdal(tmp_path: Path) -> LineageIndex:
    named = [(f"ex:{s}", p, f"ex:{o}") for s, p, o in PROVDAL]
    return Snapshots(tmp_path).publish({"figure": named})


@pytest.mark.parametrize(
    ("start", "options", "expected"),
    [
        ("E6", {"depth": 1}, "E6 E2 A4 C2 Ag3"),
        ("E6", {"depth": 2}, "E6 E2 A4 C2 Ag3 A1 E5 Ag2"),
        ("E6", {"depth": 0}, "E6"),
        ("E6", {"depth": 1, "agents": "none"}, "E6 E2 A4 C2"),
        ("E6", {"depth": 2, "agents": "through"}, "E6 E2 A4 C2 Ag3 A1 E5 Ag2 E9 Ag9"),
        ("E6", {"depth": 2, "members": True}, "E6 E2 A4 C2 Ag3 A1 E5 Ag2 E8"),
        ("E6", {"depth": 1, "direction": "forth"}, "E6 E7 C2 Ag3"),
        ("E6", {"depth": 1, "context": False}, "E6 E2 A4 Ag3"),
        ("E6", {"depth": 1, "context": False, "agents": "none"}, "E6 E2 A4"),
        ("E6", {"depth": 1, "context": False, "direction": "forth"}, "E6 E7"),
        ("Ag3", {}, "Ag3"),
    ],
)
def test_the_example_of_provdal(
    provdal: LineageIndex, kernel: str, start: str, options: dict[str, Any], expected: str
) -> None:
    question = {"direction": "back", "context": True} | options
    answer = traverse(provdal, [provdal.node(f"ex:{start}")], **question)
    assert {name.removeprefix("ex:") for name in answer.iris()} == set(expected.split())


def test_each_evidence_of_inputs_is_followed_alone(tmp_path: Path, kernel: str) -> None:
    triples = [
        ("ex:coadd", PROV + "wasGeneratedBy", "ex:quantum"),
        ("ex:quantum", PROV + "used", "ex:presented"),
        ("ex:quantum", PG + "plannedInput", "ex:missing"),
        ("ex:coadd", PROV + "wasDerivedFrom", "ex:fetched"),
        ("ex:blocked", PG + "plannedOutput", "ex:never"),
        ("ex:blocked", PG + "plannedInput", "ex:missing"),
    ]
    index = Snapshots(tmp_path).publish({"a": triples})

    def found(start: str, **options: Any) -> set[str]:
        return {name.removeprefix("ex:") for name in traverse(index, [index.node(f"ex:{start}")], **options).iris()}

    assert found("coadd", direction="back") == {"coadd", "quantum", "presented", "fetched"}
    assert found("coadd", direction="back", inputs="predicted") == {
        "coadd",
        "quantum",
        "presented",
        "fetched",
        "missing",
    }
    assert found("coadd", direction="back", inputs="fetched") == {"coadd", "fetched"}
    assert found("never", direction="back", inputs="predicted") == {"never", "blocked", "missing"}
    assert found("missing", direction="forth", inputs="predicted") == {
        "missing",
        "quantum",
        "coadd",
        "blocked",
        "never",
    }
    assert found("missing", direction="forth") == {"missing"}


@pytest.mark.parametrize("association", [set(), {"ex:association"}], ids=["ours", "imported"])
def test_what_came_of_a_configuration_is_found_but_not_what_shares_it(
    tmp_path: Path, kernel: str, association: set[str]
) -> None:
    triples = [
        ("ex:plan", PG + "configuration", "ex:config"),
        *((node, PROV + "hadPlan", "ex:plan") for node in association),
        *((f"ex:quantum{n}", PROV + "qualifiedAssociation", node) for n in (1, 2) for node in association),
        *((f"ex:quantum{n}", PG + "plan", "ex:plan") for n in (1, 2) if not association),
        *((f"ex:image{n}", PROV + "wasGeneratedBy", f"ex:quantum{n}") for n in (1, 2)),
        *((f"ex:quantum{n}", PROV + "used", f"ex:raw{n}") for n in (1, 2)),
    ]
    index = Snapshots(tmp_path).publish({"a": triples})
    of_config = answer_of(traverse(index, [index.node("ex:config")], "forth"))[0]
    assert (of_config["ex:quantum1"], of_config["ex:image2"]) == (2, 3)
    of_raw = answer_of(traverse(index, [index.node("ex:raw1")], "forth", context=True))[0]
    assert of_raw.keys() == {"ex:raw1", "ex:quantum1", "ex:image1"}
    of_image = answer_of(traverse(index, [index.node("ex:image1")], "back", context=True))[0]
    assert of_image.keys() == {"ex:image1", "ex:quantum1", "ex:raw1", "ex:plan", "ex:config"} | association


def test_an_agent_that_is_also_an_origin_keeps_the_lesser_depth_and_is_gone_on_from(
    tmp_path: Path, kernel: str
) -> None:
    triples = [
        ("ex:image", PROV + "wasAttributedTo", "ex:pipeline"),
        ("ex:image", PROV + "wasGeneratedBy", "ex:quantum"),
        ("ex:quantum", PROV + "used", "ex:pipeline"),
        ("ex:pipeline", PROV + "wasDerivedFrom", "ex:source"),
    ]
    index = Snapshots(tmp_path).publish({"a": triples})
    start = [index.node("ex:image")]
    depths, edges = answer_of(traverse(index, start, "back", context=True))
    assert depths == {"ex:image": 0, "ex:quantum": 1, "ex:pipeline": 1, "ex:source": 3}
    assert sorted(edges) == sorted(triples)
    shallow = traverse(index, start, "back", context=True, depth=1)
    assert set(shallow.iris()) == {"ex:image", "ex:quantum", "ex:pipeline"}
    assert shallow.truncated == "depth"


def test_long_rows_are_cut_to_what_is_followed(tmp_path: Path, kernel: str) -> None:
    members = [("ex:run", PROV + "hadMember", f"ex:member{n}") for n in range(2000)]
    uses = [(f"ex:quantum{n}", PROV + "used", "ex:bias") for n in range(1500)]
    triples = [
        *members,
        *uses,
        ("ex:run", PROV + "wasGeneratedBy", "ex:campaign"),
        ("ex:chain", PROV + "hadMember", "ex:run"),
        ("ex:run", VOPROV + "wasConfiguredBy", "ex:config"),
        ("ex:copy", PROV + "wasDerivedFrom", "ex:bias"),
        ("ex:chain", PROV + "hadMember", "ex:bias"),
    ]
    snapshots = Snapshots(tmp_path)
    snapshots.publish({"a": triples[::2], "b": triples[1::2]})
    snapshots.publish({"b": triples[1::4]})
    index = snapshots.publish({"b": triples[1::2]}, merge_fraction=100)
    for start, direction, options in (
        ("ex:run", "back", {"context": True}),
        ("ex:run", "back", {"members": True, "depth": 1}),
        ("ex:bias", "forth", {}),
        ("ex:bias", "forth", {"inputs": "fetched", "context": True}),
    ):
        plan = make_plan(direction, **{name: value for name, value in options.items() if name != "depth"})
        expected = Expected(triples, plan, [start], options.get("depth"))
        depths, edges = answer_of(traverse(index, [index.node(start)], direction, **options))
        assert depths == expected.depths
        assert sorted(edges) == sorted(expected.edges)


def test_a_repeated_start_counts_once(provdal: LineageIndex, kernel: str) -> None:
    e6, e2 = provdal.nodes(["ex:E6", "ex:E2"]).tolist()
    answer = traverse(provdal, [e2, e6, e2], "back", depth=0)
    assert answer.nodes.tolist() == [e2, e6]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"direction": "up"}, "direction is 'up'"),
        ({"inputs": "all"}, "inputs is 'all'"),
        ({"agents": "maybe"}, "agents is 'maybe'"),
        ({"depth": -1}, "depth is -1"),
        ({"limit": -5}, "limit is -5"),
        ({"starts": [-1]}, "there is no node -1"),
        ({"starts": [10_000]}, "there is no node 10000"),
    ],
)
def test_malformed_questions_are_refused(provdal: LineageIndex, options: dict[str, Any], message: str) -> None:
    question = {"starts": [0], "direction": "back"} | options
    with pytest.raises(QueryError, match=message):
        traverse(provdal, **question)


def test_a_grown_question_goes_over_to_the_compiled_kernel(provdal: LineageIndex) -> None:
    pytest.importorskip("numba")
    start = [provdal.node("ex:E6")]
    with use_kernel("numpy"):
        by_numpy = traverse(provdal, start, "back", context=True)
        assert kernels._compiled is None
        with patch.object(kernels, "PATIENCE", 0):
            compiled = traverse(provdal, start, "back", context=True)
        assert kernels._compiled is not None
    assert compiled.nodes.tolist() == by_numpy.nodes.tolist()


def test_without_numba_numpy_goes_on_and_loading_names_the_extra(provdal: LineageIndex) -> None:
    with (
        use_kernel("numpy"),
        patch.object(kernels, "find_spec", return_value=None),
        patch.object(kernels, "PATIENCE", 0),
    ):
        assert len(traverse(provdal, [provdal.node("ex:E6")], "back").nodes) == 6
        with pytest.raises(MissingExtraError, match="fast"):
            kernels.load_compiled()


def test_a_number_out_of_range_in_a_file_is_an_error_not_a_crash(tmp_path: Path, kernel: str) -> None:
    snapshots = Snapshots(tmp_path)
    snapshots.publish({"a": [(iri(1), PROV + "used", iri(2))]})
    assert snapshots.current is not None
    np.array([10**6], np.int32).tofile(snapshots.current / FOLDER / "base.along.ends")
    with pytest.raises(StoreError, match="damaged"):
        traverse(snapshots.index, [0], "back")
