from pathlib import Path

import pytest

from progenitor.errors import NotFoundError, StoreError
from progenitor.model import Change, Partition
from progenitor.store.dump import dump
from progenitor.store.rebuild import rebuild
from progenitor.store.snapshot import Snapshot
from progenitor.store.writer import Writer
from support.stores import chain, edge, expected, make_store, publish, triples_of


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store with some history: batches that overlap, were replaced, and dropped."""
    store = make_store(tmp_path / "store")
    publish(store, {"a": chain(0, 40), "b": chain(30, 60)})
    publish(store, {"a": chain(5, 35), "c": [edge("1", "0")]})
    with Writer.open(store) as writer:
        writer.drop(Partition("test", "b"))
        writer.publish()
    return store


def test_the_rebuilt_snapshot_is_byte_equal(store: Path) -> None:
    with Snapshot.open(store) as snapshot:
        before = b"".join(dump(snapshot))
    seen: list[Change] = []
    assert rebuild(store, [seen.append]) == 4
    with Snapshot.open(store) as snapshot:
        assert snapshot.number == 4
        assert b"".join(dump(snapshot)) == before
    assert (seen[0].previous, seen[0].added, seen[0].removed, len(seen[0].batches)) == (None, None, None, 2)
    assert publish(store, {"d": chain(90, 92)}) == 5
    assert triples_of(store) == expected(chain(5, 35), [edge("1", "0")], chain(90, 92))


def test_a_damaged_graph_is_healed(store: Path) -> None:
    before = triples_of(store)
    (store / "snapshots" / "3" / "graph" / "CURRENT").write_text("nonsense")
    with pytest.raises(StoreError, match="progenitor rebuild"):
        publish(store, {"d": chain(90, 92)})
    rebuild(store)
    assert triples_of(store) == before


def test_a_damaged_archive_is_named_and_nothing_is_published(store: Path) -> None:
    with Snapshot.open(store) as snapshot:
        file = store / snapshot.records["test/a"].file
        other = store / snapshot.records["test/c"].file
    file.write_bytes(other.read_bytes())
    with pytest.raises(StoreError, match=r"test/a is not what was ingested"):
        rebuild(store)
    file.unlink()
    with pytest.raises(StoreError, match="not an archive file"):
        rebuild(store)
    with Snapshot.open(store) as snapshot:
        assert snapshot.number == 3


def test_an_empty_store_has_nothing_to_rebuild(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="nothing to rebuild"):
        rebuild(make_store(tmp_path / "store"))


def test_a_long_dump_is_sorted_over_its_pieces(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Snapshot.open(store) as snapshot:
        whole = list(dump(snapshot))
        monkeypatch.setattr("progenitor.store.dump._LINES_IN_MEMORY", 7)
        assert list(dump(snapshot)) == whole == sorted(whole)
        assert any(line.endswith(b"catalogue> .\n") for line in whole)
        assert not any(line.endswith(b"catalogue> .\n") for line in dump(snapshot, catalogue=False))
