import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from progenitor.errors import NotFoundError, StoreError
from progenitor.model import Change, Partition
from progenitor.store.dump import dump
from progenitor.store.layout import read_current, snapshot_numbers
from progenitor.store.snapshot import Snapshot
from progenitor.store.writer import Writer
from support.stores import chain, edge, expected, iri, keep, make_store, publish, triples_of


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return make_store(tmp_path / "store")


def test_a_batch_is_seen_when_it_is_published_and_not_before(store: Path) -> None:
    with Writer.open(store) as writer:
        record = keep(writer, "night/1", chain(0, 20))
        assert read_current(store) is None
        assert writer.publish() == 1
    assert triples_of(store) == expected(chain(0, 20))
    assert record.triples == len(chain(0, 20))
    with Snapshot.open(store) as snapshot:
        assert snapshot.records == {"test/night/1": record}


def test_what_is_upcoming_is_what_will_be_published(store: Path) -> None:
    publish(store, {"a": chain(0, 3), "b": chain(3, 6)})
    with Writer.open(store) as writer:
        assert writer.upcoming() == writer.records
        writer.drop(Partition("test", "a"))
        changed = keep(writer, "b", chain(3, 9))
        added = keep(writer, "c", chain(9, 12))
        keep(writer, "d", chain(12, 15))
        writer.drop(Partition("test", "d"))
        upcoming = writer.upcoming()
        assert upcoming == {"test/b": changed, "test/c": added}
        writer.publish()
        assert upcoming == writer.upcoming() == writer.records


def test_leaving_without_publishing_leaves_nothing(store: Path) -> None:
    publish(store, {"a": chain(0, 3)})
    with pytest.raises(KeyboardInterrupt), Writer.open(store) as writer:
        keep(writer, "b", chain(5, 9))
        raise KeyboardInterrupt
    assert snapshot_numbers(store) == [1]
    assert list((store / "work").iterdir()) == []
    with Writer.open(store) as writer:
        assert list(writer.records) == ["test/a"]


def test_reading_the_same_again_publishes_nothing_and_keeps_the_earlier_record(store: Path) -> None:
    publish(store, {"a": chain(0, 9)})
    with Writer.open(store) as writer:
        first = writer.records["test/a"]
        keep(writer, "a", chain(0, 9))
        assert writer.publish() is None
        assert writer.records["test/a"] is first
    assert snapshot_numbers(store) == [1]


def test_a_new_fingerprint_alone_is_worth_a_snapshot(store: Path) -> None:
    for number, fingerprint in enumerate("xy", start=1):
        with Writer.open(store) as writer:
            keep(writer, Partition("test", "a", fingerprint), chain(0, 2))
            assert writer.publish() == number
            assert writer.records["test/a"].partition.fingerprint == fingerprint


def test_a_triple_that_another_batch_asserts_stays(store: Path) -> None:
    shared, mine = edge("2", "1"), edge("3", "2")
    publish(store, {"a": [shared, mine], "b": [shared]})
    publish(store, {"a": [edge("9", "8")]})
    assert triples_of(store) == expected([shared, edge("9", "8")])
    publish(store, {"b": []})
    assert triples_of(store) == expected([edge("9", "8")])


def test_a_triple_that_moves_from_one_batch_to_another_stays(store: Path) -> None:
    publish(store, {"a": [edge("2", "1")], "b": [edge("5", "4")]})
    publish(store, {"a": [edge("5", "4")], "b": [edge("2", "1")]})
    assert triples_of(store) == expected([edge("2", "1"), edge("5", "4")])


def test_dropping_takes_what_no_other_batch_asserts(store: Path) -> None:
    publish(store, {"a": chain(0, 5), "b": chain(3, 8)})
    with Writer.open(store) as writer:
        writer.drop(Partition("test", "a"))
        assert writer.publish() == 2
        assert list(writer.records) == ["test/b"]
        with pytest.raises(NotFoundError, match="'test/a'"):
            writer.drop(Partition("test", "a"))
    assert triples_of(store) == expected(chain(3, 8))
    assert triples_of(store, 1) == expected(chain(0, 5), chain(3, 8))


def test_dropping_what_was_kept_a_moment_ago(store: Path) -> None:
    with Writer.open(store) as writer:
        keep(writer, "a", chain(0, 5))
        writer.drop(Partition("test", "a"))
        assert writer.publish() is None


def test_unsorted_rows_with_repetitions_are_the_same_batch(store: Path, tmp_path: Path) -> None:
    rows = chain(0, 50)
    with Writer.open(store) as writer:
        tidy = keep(writer, "a", rows)
        untidy = keep(writer, "b", [*reversed(rows), *rows], ordered=False)
    assert (tidy.digest, tidy.triples) == (untidy.digest, untidy.triples)


@pytest.mark.parametrize(
    "bad",
    [
        ("https://a.test/", "<https://a.test/p>", "<https://a.test/o>"),
        ("<relative>", "<https://a.test/p>", "<https://a.test/o>"),
        ("<https://a.test/a b>", "<https://a.test/p>", "<https://a.test/o>"),
        ("<https://a.test/s>", '"p"', "<https://a.test/o>"),
        ("<https://a.test/s>", "<https://a.test/p>", '"a"b"'),
        ("<https://a.test/s>", "<https://a.test/p>", '"a\nb"'),
        ("<https://a.test/s>", "<https://a.test/p>", '"a"^^<>'),
        ("<https://a.test/s>", "<https://a.test/p>", "_:blank"),
        ("<https://a.test/s>", "<https://a.test/p>", None),
    ],
)
def test_what_is_no_triple_never_reaches_the_archive(store: Path, bad: tuple[str, str, str]) -> None:
    with Writer.open(store) as writer:
        with pytest.raises(StoreError, match="not an N-Triples term") as caught:
            keep(writer, "a", [*chain(0, 3), bad], ordered=False)
        assert any(repr(value) in str(caught.value) for value in bad)
        assert writer.publish() is None
    assert not list((store / "archive").rglob("*.parquet"))


def test_a_file_without_triples_in_it_is_refused(store: Path, tmp_path: Path) -> None:
    (tmp_path / "x.parquet").write_bytes(b"PAR1 not really")
    partition = Partition("test", "a")
    details = {"rows": 0, "set_aside": 0, "mapping_digest": "", "evidence": "", "started": "2025-01-01T00:00:00Z"}
    with Writer.open(store) as writer, pytest.raises(StoreError, match=r"x\.parquet: not an archive file"):
        writer.keep(partition, triples=tmp_path / "x.parquet", **details)


def test_an_empty_batch_is_a_batch(store: Path) -> None:
    assert publish(store, {"a": []}) == 1
    assert triples_of(store) == b""
    with Snapshot.open(store) as snapshot:
        assert snapshot.records["test/a"].triples == 0


def test_what_was_set_aside_stays_with_the_snapshot_that_says_so(store: Path) -> None:
    records = []
    for line in ('{"row": 1}', '{"row": 2}'):
        with Writer.open(store) as writer:
            records.append(keep(writer, "a", chain(0, 2), aside=[line, line]))
            writer.publish()
    contents = [(store / record.dead_letter).read_text() for record in records if record.dead_letter]
    assert [json.loads(content.splitlines()[0])["row"] for content in contents] == [1, 2]
    assert all(record.set_aside == 2 for record in records)


def test_builders_see_what_came_and_what_went(store: Path) -> None:
    seen: list[tuple[Change, bytes, bytes]] = []

    def build(change: Change) -> None:
        from progenitor.store.archive import read_blocks

        added, removed = (
            b"".join(map(bytes, read_blocks(file))) if file else b"" for file in (change.added, change.removed)
        )
        (change.directory / "index").write_text("built")
        seen.append((change, added, removed))

    for rows in (chain(0, 4), chain(2, 6)):
        with Writer.open(store, [build]) as writer:
            keep(writer, "a", rows)
            writer.publish()
    first, second = seen
    assert first[0].previous is None
    assert [file.exists() for file in first[0].batches] == [True]
    assert second[0].previous == store / "snapshots" / "1"
    assert second[1] == expected(set(chain(2, 6)) - set(chain(0, 4)))
    assert second[2] == expected(set(chain(0, 4)) - set(chain(2, 6)))
    assert (store / "snapshots" / "2" / "index").read_text() == "built"


def test_a_builder_that_fails_publishes_nothing_and_the_batch_can_be_published_later(store: Path) -> None:
    publish(store, {"a": chain(0, 4)})

    def fail(change: Change) -> None:
        raise RuntimeError("no index today")

    with pytest.raises(RuntimeError, match="no index today"), Writer.open(store, [fail]) as writer:
        keep(writer, "b", chain(9, 12))
        writer.publish()
    assert snapshot_numbers(store) == [1]
    assert triples_of(store) == expected(chain(0, 4))
    assert publish(store, {"b": chain(9, 12)}) == 2


@pytest.mark.parametrize("pointer", [None, "1\n"], ids=["lost", "too low"])
def test_a_lost_pointer_never_costs_snapshots(store: Path, pointer: str | None) -> None:
    publish(store, {"a": chain(0, 4)})
    publish(store, {"b": chain(5, 9)})
    (store / "current").unlink()
    if pointer:
        (store / "current").write_text(pointer)
    assert triples_of(store) == (expected(chain(0, 4)) if pointer else expected(chain(0, 4), chain(5, 9)))
    assert publish(store, {"c": chain(10, 12)}) == 3
    assert triples_of(store) == expected(chain(0, 4), chain(5, 9), chain(10, 12))
    assert triples_of(store, 2) == expected(chain(0, 4), chain(5, 9))


def test_unusual_characters_in_keys_and_literals(store: Path) -> None:
    rows = [(iri("dataset/é"), "<http://www.w3.org/2000/01/rdf-schema#label>", '"a \\"b\\" \\\\ \\n ü 🔭"@en')]
    for key in ("u/é ../x", "..", "a'b\"c", "k" * 400):
        publish(store, {key: rows})
    assert triples_of(store) == expected(rows)
    with Snapshot.open(store) as snapshot:
        assert {record.partition.key for record in snapshot.records.values()} >= {"..", "a'b\"c"}
        assert b"a'b\\\"c" in b"".join(dump(snapshot))


_BATCHES = st.dictionaries(
    st.sampled_from("abc"),
    st.sets(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=8) | st.none(),
    max_size=3,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(_BATCHES, min_size=1, max_size=5))
def test_any_history_of_batches_is_their_union(tmp_path_factory: pytest.TempPathFactory, steps: list[dict]) -> None:
    store = make_store(tmp_path_factory.mktemp("history") / "store")
    state: dict[str, list[tuple[str, str, str]]] = {}
    with Writer.open(store) as writer:
        for step in steps:
            for key, edges in step.items():
                if edges is not None:
                    state[key] = [edge(str(a), str(b)) for a, b in edges]
                    keep(writer, key, state[key])
                elif state.pop(key, None) is not None:
                    writer.drop(Partition("test", key))
            writer.publish()
            assert triples_of(store) == expected(*state.values())
