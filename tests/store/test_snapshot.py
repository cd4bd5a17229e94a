import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from progenitor.errors import ConfigurationError, NotFoundError, StoreError
from progenitor.store.layout import snapshot_numbers
from progenitor.store.snapshot import Snapshot, list_snapshots, prune_snapshots
from support.stores import BASE, chain, expected, make_store, publish, triples_of


@pytest.fixture(scope="module")
def five_snapshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with five snapshots, each of one batch more."""
    store = make_store(tmp_path_factory.mktemp("five") / "store")
    for number in range(5):
        publish(store, {f"k{number}": chain(10 * number, 10 * number + 3)})
    return store


@pytest.fixture
def store(five_snapshots: Path, tmp_path: Path) -> Path:
    """A copy of it: a store does not know where it lies."""
    return Path(shutil.copytree(five_snapshots, tmp_path / "store"))


def test_an_empty_store_opens_as_snapshot_0(tmp_path: Path) -> None:
    with Snapshot.open(make_store(tmp_path / "store")) as snapshot:
        assert (snapshot.number, snapshot.base, dict(snapshot.records), len(snapshot.graph)) == (0, BASE, {}, 0)


def test_a_number_that_is_not_there_lists_those_that_are(store: Path) -> None:
    with pytest.raises(NotFoundError, match=r"no snapshot 9 .*1, 2, 3, 4, 5"):
        Snapshot.open(store, 9)
    with pytest.raises(NotFoundError, match="no snapshot 0"):
        Snapshot.open(store, 0)


def test_an_old_snapshot_stays_what_it_was(store: Path) -> None:
    assert triples_of(store, 1) == expected(chain(0, 3))
    assert triples_of(store, 2) == expected(chain(0, 3), chain(10, 13))


def test_the_list_tells_batches_and_triples(store: Path) -> None:
    rows = list_snapshots(store)
    assert [(row.number, row.batches, row.triples) for row in rows] == [(n, n, 6 * n) for n in range(1, 6)]
    assert [row.created for row in rows] == sorted(row.created for row in rows)


def test_pruning_keeps_the_newest_and_their_archive_files(store: Path) -> None:
    publish(store, {"k0": chain(100, 103)})
    assert prune_snapshots(store, 2) == [1, 2, 3, 4]
    assert snapshot_numbers(store) == [5, 6]
    assert triples_of(store, 5) == expected(*(chain(10 * n, 10 * n + 3) for n in range(5)))
    assert len(list((store / "archive").rglob("*.parquet"))) == 6
    assert prune_snapshots(store, 1) == [5]
    assert len(list((store / "archive").rglob("*.parquet"))) == 5
    assert prune_snapshots(store, 1) == []
    assert list((store / "work").iterdir()) == []


def test_pruning_leaves_what_a_reader_has_open(store: Path) -> None:
    with Snapshot.open(store, 2) as pinned:
        assert prune_snapshots(store, 1) == [1, 3, 4]
        assert triples_of(store, 2) == expected(chain(0, 3), chain(10, 13))
        assert len(pinned.graph) > 0
    assert prune_snapshots(store, 1) == [2]


def test_a_reader_that_opened_its_graph_reads_on_whatever_is_removed(store: Path) -> None:
    with Snapshot.open(store, 1) as snapshot:
        count = len(snapshot.graph)
        graph = snapshot.graph
    prune_snapshots(store, 1)
    assert len(graph) == count


def test_pruning_everything_is_refused(store: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot keep 0"):
        prune_snapshots(store, 0)
    assert snapshot_numbers(store) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("content", [b"{", b'{"number": 5}', b"[]", None])
def test_a_damaged_manifest_is_named(store: Path, content: bytes | None) -> None:
    file = store / "snapshots" / "5" / "manifest.json"
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(StoreError, match=r"snapshots/5/manifest\.json"), Snapshot.open(store) as snapshot:
        len(snapshot.records)


def test_a_damaged_graph_is_named(store: Path) -> None:
    (store / "snapshots" / "5" / "graph" / "CURRENT").write_text("nonsense")
    with Snapshot.open(store) as snapshot, pytest.raises(StoreError, match=r"cannot be opened.*progenitor rebuild"):
        len(snapshot.graph)


def test_opening_and_asking_imports_nothing_heavy(store: Path) -> None:
    script = """
import sys
from pathlib import Path
from progenitor.store.snapshot import Snapshot
with Snapshot.open(Path(sys.argv[1])) as snapshot:
    assert len(list(snapshot.graph.query("SELECT * { ?s ?p ?o } LIMIT 1"))) == 1
    assert len(snapshot.records) == 5
print(*sorted({"duckdb", "pyarrow", "numpy", "astropy", "prov", "lsst", "pydantic"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", script, str(store)], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
