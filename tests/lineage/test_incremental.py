"""However a graph came about, batch by batch, its index holds it, and answers like one made at once."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from progenitor.lineage.index import FOLDER
from progenitor.lineage.rules import RELATIONS
from progenitor.lineage.traverse import traverse
from progenitor.terms import LABEL, PROV
from support.lineage import Snapshots, Triple, answer_of, edges_of

USED = PROV + "used"
MADE = PROV + "wasGeneratedBy"


def iri(number: int) -> str:
    return f"https://example.org/ψ/{number}"


triples = st.tuples(
    st.integers(0, 12).map(iri), st.sampled_from([USED, MADE, *RELATIONS, LABEL]), st.integers(0, 12).map(iri)
)
batches = st.dictionaries(st.sampled_from("abc"), st.sets(triples, max_size=14), min_size=1, max_size=3)
publications = st.lists(batches, min_size=1, max_size=5)
merge_fractions = st.sampled_from([0.0, 0.5, 100.0])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(publications, st.lists(merge_fractions, min_size=5, max_size=5))
def test_any_history_gives_the_index_of_what_is_left(
    history: list[dict[str, set[Triple]]], fractions: list[float]
) -> None:
    with TemporaryDirectory() as directory:
        snapshots = Snapshots(Path(directory))
        for changed, fraction in zip(history, fractions, strict=False):
            index = snapshots.publish(changed, merge_fraction=fraction)
            index.verify()
            assert edges_of(index) == {triple for triple in snapshots.triples if triple[1] in RELATIONS}
        rebuilt = snapshots.rebuild()
        assert edges_of(rebuilt) == edges_of(index)
        for name in rebuilt.iris(range(rebuilt.nodes_count)):
            assert index.iri(index.node(name)) == name
            ours = answer_of(traverse(index, [index.node(name)], "back", context=True))
            theirs = answer_of(traverse(rebuilt, [rebuilt.node(name)], "back", context=True))
            assert ours[0] == theirs[0]
            assert sorted(ours[1]) == sorted(theirs[1])


def test_the_base_is_shared_until_the_delta_has_grown(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path)
    snapshots.publish({"old": [(iri(n), USED, iri(n + 1)) for n in range(80)]})
    first = snapshots.current
    snapshots.publish({"new": [(iri(5), MADE, iri(100))]})
    second = snapshots.current
    snapshots.publish({"newer": [(iri(n), MADE, iri(101)) for n in range(10)]})
    third = snapshots.current
    assert first is not None and second is not None and third is not None
    inodes = [(snapshot / FOLDER / "base.along.ends").stat().st_ino for snapshot in (first, second, third)]
    assert inodes[0] == inodes[1] != inodes[2]
    assert len(snapshots.index.along.delta_ends) == 0
    assert snapshots.index.edges_count == 91


def test_an_index_that_does_not_fit_the_change_is_made_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    snapshots = Snapshots(tmp_path / "real")
    stranger = Snapshots(tmp_path / "other")
    for made in (snapshots, stranger):
        made.directory.mkdir()
    snapshots.publish({"a": [(iri(1), USED, iri(2)), (iri(2), USED, iri(3))]})
    stranger.publish({"a": [(iri(1), MADE, iri(2))]})
    snapshots.current = stranger.current
    index = snapshots.publish({"a": [(iri(1), USED, iri(2))]})
    assert edges_of(index) == {(iri(1), USED, iri(2))}
    assert "made anew" in "".join(capsys.readouterr())


def test_a_damaged_index_is_made_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    snapshots = Snapshots(tmp_path)
    snapshots.publish({"a": [(iri(1), USED, iri(2))]})
    assert snapshots.current is not None
    (snapshots.current / FOLDER / "base.iri.text").write_bytes(b"")
    index = snapshots.publish({"b": [(iri(2), USED, iri(3))]})
    assert edges_of(index) == snapshots.triples
    assert "base.iri.text" in "".join(capsys.readouterr())


def test_nodes_are_numbered_in_the_order_of_the_batches(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path)
    index = snapshots.publish({"a": [(iri(9), USED, iri(7))], "b": [(iri(1), USED, iri(7)), (iri(1), USED, iri(3))]})
    rebuilt = snapshots.rebuild()
    assert rebuilt.iris(range(4)) == [iri(9), iri(7), iri(1), iri(3)]
    index = snapshots.publish({"c": [(iri(0), USED, iri(9)), (iri(0), USED, iri(5))]}, merge_fraction=100)
    assert index.iris(range(6)) == [iri(9), iri(7), iri(1), iri(3), iri(0), iri(5)]


def test_an_empty_store_has_an_index(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path)
    index = snapshots.publish({})
    assert (index.nodes_count, index.edges_count, index.node(iri(1))) == (0, 0, None)
    assert index.nodes([iri(1)]).tolist() == [-1]
    assert len(traverse(index, [], "back").nodes) == 0
    assert edges_of(snapshots.publish({"a": [(iri(1), USED, iri(2))]})) == {(iri(1), USED, iri(2))}


def test_an_edge_that_comes_back_is_no_longer_removed(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path)
    everything = [(iri(n), USED, iri(n + 1)) for n in range(20)]
    snapshots.publish({"a": everything})
    index = snapshots.publish({"a": everything[1:]}, merge_fraction=100)
    assert (len(index.along.removed), edges_of(index)) == (1, set(everything[1:]))
    index = snapshots.publish({"a": everything}, merge_fraction=100)
    assert (len(index.along.removed), len(index.against.removed)) == (0, 0)
    assert edges_of(index) == set(everything)
    answer = answer_of(traverse(index, [index.node(iri(0))], "back"))  # type: ignore[list-item]
    assert len(answer[0]) == 21
