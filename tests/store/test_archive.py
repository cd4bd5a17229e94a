from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from progenitor.errors import QueryError, StoreError
from progenitor.store.archive import read_blocks, read_content, who_says
from progenitor.store.difference import connect, sort_file, write_added, write_removed
from progenitor.store.snapshot import Snapshot
from support.stores import BASE, chain, edge, expected, iri, make_store, publish, write_rows

EDGES = st.sets(st.tuples(st.integers(0, 5), st.integers(0, 3)).map(lambda pair: edge(*map(str, pair))), max_size=12)


def test_the_digest_is_of_the_lines_and_not_of_the_file(tmp_path: Path) -> None:
    import hashlib

    import pyarrow.parquet as pq

    rows = chain(0, 300)
    file = write_rows(tmp_path / "a.parquet", rows)
    pq.write_table(pq.read_table(file), tmp_path / "b.parquet", compression="snappy", row_group_size=7)
    content = read_content(file)
    assert content == read_content(tmp_path / "b.parquet")
    assert content is not None
    assert (content.digest, content.triples) == (hashlib.sha256(expected(rows)).hexdigest(), len(rows))
    assert b"".join(map(bytes, read_blocks(file))) == expected(rows)


def test_order_is_checked_over_the_borders_of_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("progenitor.store.archive.ROW_GROUP", 2)
    rows = sorted(chain(0, 3))
    assert read_content(write_rows(tmp_path / "a.parquet", rows)) is not None
    for wrong in ([*rows[:2], *rows[1:]], [*rows[2:], *rows[:2]]):
        assert read_content(write_rows(tmp_path / "b.parquet", wrong, ordered=False)) is None


@settings(max_examples=40, deadline=None)
@given(given=st.lists(st.text(min_size=1, max_size=6), max_size=12))
def test_sorting_is_by_code_point_as_the_check_has_it(
    tmp_path_factory: pytest.TempPathFactory, given: list[str]
) -> None:
    texts = [text.translate({34: None, 92: None, 10: None, 13: None, 0: None}) for text in given]
    texts = [text.encode(errors="ignore").decode() for text in texts]
    folder = tmp_path_factory.mktemp("sort")
    rows = [(iri("x"), iri("p"), f'"{text}"') for text in texts]
    with connect(1, 10**9, folder) as session:
        sort_file(session, write_rows(folder / "a.parquet", rows, ordered=False), folder / "b.parquet")
    content = read_content(folder / "b.parquet")
    assert content is not None
    assert content.triples == len(set(rows))


@settings(max_examples=40, deadline=None)
@given(old=EDGES, new=EDGES, other=EDGES)
def test_the_difference_is_that_of_sets(
    tmp_path_factory: pytest.TempPathFactory, old: set, new: set, other: set
) -> None:
    folder = tmp_path_factory.mktemp("difference")
    files = {name: write_rows(folder / name, rows) for name, rows in {"old": old, "new": new, "other": other}.items()}

    def read(file: Path | None) -> bytes:
        return b"".join(map(bytes, read_blocks(file))) if file else b""

    with connect(1, 10**9, folder) as session:
        added = write_added(session, [(files["new"], files["old"])], folder / "added")
        removed, elsewhere = write_removed(session, [files["old"]], [files["new"]], [files["other"]], folder)
    assert read(added) == expected(new - old)
    assert read(removed) == expected(old - new - other)
    assert (added is None) == (not new - old)
    assert (removed is None) == (not old - new - other)
    assert elsewhere is None


def test_new_batches_come_in_their_order_whatever_is_between(tmp_path: Path) -> None:
    parts = {name: write_rows(tmp_path / name, [edge(name, "0")]) for name in "zyxab"}
    changes = [(parts["z"], None), (parts["y"], None), (parts["x"], parts["a"]), (parts["b"], None)]
    with connect(2, 10**9, tmp_path) as session:
        added = write_added(session, changes, tmp_path / "added")
        assert added is not None
        assert write_added(session, [], tmp_path / "none") is None
    lines = b"".join(map(bytes, read_blocks(added))).splitlines()
    assert [line.split()[0].decode()[-2] for line in lines] == list("zyxb")


def test_one_new_batch_is_not_copied(tmp_path: Path) -> None:
    file, empty = write_rows(tmp_path / "a", chain(0, 2)), write_rows(tmp_path / "b", [])
    with connect(1, 10**9, tmp_path) as session:
        assert write_added(session, [(file, None)], tmp_path / "added") == file
        assert write_added(session, [(empty, None)], tmp_path / "added") is None


def test_who_says(tmp_path: Path) -> None:
    store = make_store(tmp_path / "it's [a] store*?")
    publish(store, {"b": [edge("2", "1")], "a": [edge("2", "1"), edge("3", "2"), edge("9", "8")]})
    line = {pair: " ".join((*edge(*pair), ".")) for pair in ("21", "32", "98")}
    with Snapshot.open(store) as snapshot:
        found = [(triple, record.partition.key) for triple, record in who_says(snapshot, BASE + "dataset/2")]
        assert found == [(line["21"], "a"), (line["32"], "a"), (line["21"], "b")]
        subjects = who_says(snapshot, BASE + "dataset/2", as_object=False)
        assert [(triple, record.partition.key) for triple, record in subjects] == [(line["21"], "a"), (line["21"], "b")]
        assert list(who_says(snapshot, BASE + "nothing")) == []
        with pytest.raises(QueryError, match="not an absolute IRI"):
            list(who_says(snapshot, "nothing at all"))


def test_who_says_of_an_older_snapshot(tmp_path: Path) -> None:
    store = make_store(tmp_path / "store")
    with Snapshot.open(store) as snapshot:
        assert list(who_says(snapshot, BASE + "dataset/2")) == []
    publish(store, {"a": [edge("2", "1")]})
    publish(store, {"a": [edge("2", "0")]})
    for number, target in ((1, "1"), (2, "0")):
        with Snapshot.open(store, number) as snapshot:
            assert [triple for triple, _ in who_says(snapshot, BASE + "dataset/2")] == [
                " ".join((*edge("2", target), "."))
            ]


def test_a_column_that_is_not_text_is_refused(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"s": [1], "p": ["<a:b>"], "o": ["<a:b>"]}), tmp_path / "a")
    pq.write_table(pa.table({"s": ["<a:b>"], "o": ["<a:b>"]}), tmp_path / "b")
    for name, message in (("a", "not strings"), ("b", "columns s, p, o")):
        with pytest.raises(StoreError, match=message):
            read_content(tmp_path / name)
