"""The index on disk: found by name, opened without reading, never trusted when damaged, never half there."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from progenitor.errors import StoreError
from progenitor.lineage.arrays import HEADER, VERSION
from progenitor.lineage.build import build_index
from progenitor.lineage.dictionary import Dictionary, hash_iri
from progenitor.lineage.index import FOLDER, LineageIndex
from progenitor.lineage.traverse import traverse
from progenitor.model import Change
from progenitor.terms import PROV
from support.graphs import RubinGraph, make_rubin_graph
from support.lineage import Snapshots, write_triples


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> RubinGraph:
    return make_rubin_graph(tmp_path_factory.mktemp("graph"), 90_000, batches=2)


@pytest.fixture(scope="module")
def snapshot(graph: RubinGraph, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("snapshot")
    build_index(Change(directory, None, None, None, graph.batches))
    return directory


@pytest.fixture
def index(snapshot: Path) -> LineageIndex:
    return LineageIndex.open(snapshot / FOLDER)


@pytest.fixture
def copy(snapshot: Path, tmp_path: Path) -> Path:
    directory = tmp_path / FOLDER
    directory.mkdir()
    for file in (snapshot / FOLDER).iterdir():
        (directory / file.name).write_bytes(file.read_bytes())
    return directory


@given(st.text(min_size=1))
def test_duckdb_and_python_hash_alike(iri: str) -> None:
    rows = duckdb.sql("SELECT md5_number($iri)", params={"iri": iri}).fetchall()
    high, low = hash_iri(iri)
    assert rows == [((high << 64) | low,)]


def test_every_node_is_found_by_its_name(index: LineageIndex) -> None:
    numbers = np.arange(index.nodes_count)
    names = index.iris(numbers)
    assert len(set(names)) == index.nodes_count
    assert np.array_equal(index.nodes(names), numbers)
    assert index.node(names[17]) == 17


def test_names_that_are_not_there_are_not_found(index: LineageIndex, graph: RubinGraph) -> None:
    assert index.node(graph.coadd + "x") is None
    assert index.nodes([graph.coadd, "https://example.org/none"]).tolist() == [index.node(graph.coadd), -1]
    for number in (-1, index.nodes_count):
        with pytest.raises(IndexError):
            index.iri(number)


def test_two_names_with_one_hash_are_told_apart(index: LineageIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    known = index.iri(3)
    monkeypatch.setattr("progenitor.lineage.dictionary.hash_iri", lambda iri: hash_iri(known))
    assert index.node("https://example.org/another") is None
    assert index.node(known) == 3


def test_hashes_that_share_their_upper_half_are_told_apart() -> None:
    high, low = np.array([1, 7, 7, 7, 9], np.uint64), np.array([0, 1, 2, 5, 3], np.uint64)
    node = np.array([4, 3, 2, 1, 0], np.int32)
    names = Dictionary(0, high, low, node, np.zeros(6, np.int64), np.empty(0, np.uint8))
    asked = [(7, 5), (7, 1), (7, 4), (9, 3), (9, 4), (1, 0), (0, 0), (10, 0), (7, 2)]
    halves = np.array(asked, np.uint64)
    assert names.find(halves[:, 0], halves[:, 1]).tolist() == [1, 3, -1, 0, -1, 4, -1, -1, 2]


def test_names_in_any_script_come_back_as_they_were(tmp_path: Path) -> None:
    names = ["urn:ψ", "urn:日本語", "urn:é", "urn:a", "urn:𝛙𝛚"]
    index = Snapshots(tmp_path).publish({"a": [(name, PROV + "used", names[0]) for name in names]})
    assert set(index.iris(range(index.nodes_count))) == set(names)
    assert [index.iri(number) for number in index.nodes(names)] == names


def test_only_relations_between_iris_enter(tmp_path: Path) -> None:
    triples = [
        ("urn:a", PROV + "used", "a literal"),
        ("urn:a", PROV + "value", "urn:b"),
        ("urn:c", PROV + "used", "urn:d"),
    ]
    index = Snapshots(tmp_path).publish({"a": triples})
    assert set(index.iris(range(index.nodes_count))) == {"urn:c", "urn:d"}


def test_a_traversal_agrees_with_a_recursive_query(index: LineageIndex, graph: RubinGraph) -> None:
    rows = duckdb.sql(
        """
        WITH RECURSIVE ancestor(iri) AS (
            SELECT $start UNION
            SELECT o FROM ancestor JOIN read_parquet($files) ON s = iri
            WHERE p IN ($prov || 'used>', $prov || 'wasGeneratedBy>')
        ) SELECT iri[2:-2] FROM ancestor
        """,
        params={"start": f"<{graph.objects}>", "files": [str(file) for file in graph.batches], "prov": f"<{PROV}"},
    ).fetchall()
    answer = traverse(index, [index.node(graph.objects)], "back")
    assert set(answer.iris()) == {iri for (iri,) in rows}
    assert len(answer.nodes) == len(rows) > 5000


def test_the_same_batches_give_the_same_bytes(snapshot: Path, graph: RubinGraph, tmp_path: Path) -> None:
    build_index(Change(tmp_path, None, None, None, graph.batches), threads=1)
    assert fingerprint(tmp_path / FOLDER) == fingerprint(snapshot / FOLDER)


def fingerprint(directory: Path) -> dict[str, str]:
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(directory.iterdir())}


def test_a_graph_of_many_blocks_comes_through_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("progenitor.lineage.staging._BLOCK", 10_000)
    graph = make_rubin_graph(tmp_path / "archive", 1_000_000, batches=3)
    build_index(Change(tmp_path, None, None, None, graph.batches))
    index = LineageIndex.open(tmp_path / FOLDER)
    sample = np.arange(0, index.nodes_count, 997)
    assert np.array_equal(index.nodes(index.iris(sample)), sample)
    for adjacency in (index.along, index.against):
        rows = np.repeat(np.arange(adjacency.base_nodes), np.diff(adjacency.offsets))
        keys = (rows * 256 + adjacency.kinds) * index.nodes_count + adjacency.ends
        assert (np.diff(keys) > 0).all()


def test_opening_loads_no_heavy_library(snapshot: Path, graph: RubinGraph) -> None:
    program = f"""
import sys
from pathlib import Path
from progenitor.lineage.index import LineageIndex
from progenitor.lineage.traverse import traverse
index = LineageIndex.open(Path({str(snapshot / FOLDER)!r}))
answer = traverse(index, [index.node({graph.coadd!r})], "back", context=True)
answer.edges, answer.iris()
print(*sorted({{"duckdb", "pyarrow", "numba", "structlog", "pyoxigraph"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_threads_share_an_index(index: LineageIndex, graph: RubinGraph) -> None:
    starts = [[index.node(graph.coadd)], [index.node(graph.objects)], [index.node(graph.bias)]] * 8
    alone = [traverse(index, start, "back").nodes.tolist() for start in starts]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda start: traverse(index, start, "back").nodes.tolist(), starts))
    assert together == alone


# -- damage -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["base.along.ends", "base.against.kinds", "base.iri.text", "base.iri.high"])
def test_a_changed_byte_is_found_when_the_files_are_checked(copy: Path, name: str) -> None:
    LineageIndex.open(copy).verify()
    data = bytearray((copy / name).read_bytes())
    data[len(data) // 2] ^= 1
    (copy / name).write_bytes(data)
    with pytest.raises(StoreError, match=f"{name}.*checksum"):
        LineageIndex.open(copy).verify()


@pytest.mark.parametrize("name", ["base.along.offsets", "delta.iri.offsets"])
def test_a_shortened_or_missing_file_is_found_when_opening(copy: Path, name: str) -> None:
    (copy / name).write_bytes((copy / name).read_bytes()[:-1])
    with pytest.raises(StoreError, match=name):
        LineageIndex.open(copy)
    (copy / name).unlink()
    with pytest.raises(StoreError, match="missing"):
        LineageIndex.open(copy)


def test_a_missing_header_says_how_to_get_one(copy: Path) -> None:
    (copy / HEADER).unlink()
    with pytest.raises(StoreError, match=r"no lineage index.*progenitor rebuild"):
        LineageIndex.open(copy)


@pytest.mark.parametrize("position", [0, 0.3, 0.6, 0.9, -1])
def test_a_damaged_header_is_refused(copy: Path, position: float) -> None:
    data = bytearray((copy / HEADER).read_bytes())
    at = int(position * len(data)) if position >= 0 else len(data) // 2
    other = b"8" if data[at : at + 1] == b"7" else b"7"
    data = data[:at] if position == -1 else data[:at] + other + data[at + 1 :]
    (copy / HEADER).write_bytes(data)
    try:
        LineageIndex.open(copy)
    except StoreError as error:
        assert "damaged" in str(error)
    else:
        pytest.fail("a damaged header was accepted")


@pytest.mark.parametrize(
    ("key", "value", "message"), [("version", VERSION + 1, "version"), ("relations", [], "relations")]
)
def test_an_index_of_another_kind_is_refused(copy: Path, key: str, value: object, message: str) -> None:
    from progenitor.lineage.arrays import _crc32_of

    document = json.loads((copy / HEADER).read_bytes())
    document["content"][key] = value
    document["crc32"] = _crc32_of(document["content"])
    (copy / HEADER).write_text(json.dumps(document))
    with pytest.raises(StoreError, match=message):
        LineageIndex.open(copy)


# -- builds that fail -------------------------------------------------------------------------------------------

BUILD = """
import sys
from pathlib import Path
from progenitor.lineage.build import build_index
from progenitor.model import Change
directory, previous, added, *batches = map(Path, sys.argv[1:])
print("ready", flush=True)
build_index(Change(directory, previous, added, None, tuple(batches)))
print("done", flush=True)
"""


@pytest.fixture
def change(snapshot: Path, graph: RubinGraph, tmp_path: Path) -> Iterator[tuple[Path, list[str]]]:
    triples = [(f"urn:new{n}", PROV + "used", graph.coadd) for n in range(20_000)]
    added = write_triples(tmp_path / "added.parquet", triples)
    before = fingerprint(snapshot / FOLDER)
    yield added, [str(snapshot), str(added), *map(str, graph.batches)]
    assert fingerprint(snapshot / FOLDER) == before
    assert [entry.name for entry in snapshot.iterdir()] == [FOLDER]


def test_a_killed_build_leaves_the_index_before_and_the_next_one_heals(
    change: tuple[Path, list[str]], snapshot: Path, tmp_path: Path
) -> None:
    added, arguments = change
    killed = 0
    for attempt in range(8):
        directory = tmp_path / f"attempt-{attempt}"
        directory.mkdir()
        process = subprocess.Popen(
            [sys.executable, "-c", BUILD, str(directory), *arguments], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.03 * attempt)
        process.send_signal(signal.SIGKILL)
        killed += "done" not in process.stdout.read()
        process.stdout.close()
        process.wait()
        LineageIndex.open(snapshot / FOLDER).verify()
    assert killed
    directory = tmp_path / "healed"
    directory.mkdir()
    build_index(Change(directory, snapshot, added, None, ()))
    assert (
        LineageIndex.open(directory / FOLDER).edges_count == LineageIndex.open(snapshot / FOLDER).edges_count + 20_000
    )


def test_a_full_disk_is_one_clear_error(change: tuple[Path, list[str]], tmp_path: Path) -> None:
    directory = tmp_path / "full"
    directory.mkdir()
    limited = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
    limited += "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
    done = subprocess.run(
        [sys.executable, "-c", limited + BUILD, str(directory), *change[1]], capture_output=True, text=True, check=False
    )
    assert "StoreError" in done.stderr
    assert "File too large" in done.stderr
    assert not (directory / FOLDER / HEADER).exists()


def test_a_batch_that_cannot_be_read_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 nothing of the kind PAR1")
    with pytest.raises(StoreError, match=r"broken\.parquet"):
        build_index(Change(tmp_path, None, None, None, (tmp_path / "broken.parquet",)))
    assert not (tmp_path / FOLDER / HEADER).exists()
