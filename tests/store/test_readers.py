"""Readers in other processes see whole snapshots while a writer publishes and prunes."""

import subprocess
import sys
import threading
from pathlib import Path

from progenitor.store.snapshot import Snapshot, prune_snapshots
from support.stores import BASE, edge, make_store, publish, triples_of

READER = """
import sys
from pathlib import Path
from progenitor.store.snapshot import Snapshot
store, stop, root = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
seen = []
while True:
    last = stop.exists()
    with Snapshot.open(store) as snapshot:
        names = sorted(subject.rpartition("/")[2] for subject, _ in snapshot.graph.referrers(root))
        wanted = sorted(f"{key}-{snapshot.number}-{i}" for key in "ab" for i in range(snapshot.number))
        assert names == wanted, (snapshot.number, names)
        assert len(snapshot.records) == 2
        seen.append(snapshot.number)
    if last:
        break
assert seen == sorted(seen)
print(len(seen), seen[0], seen[-1])
"""

GENERATIONS = 8


def publish_generation(store: Path, number: int) -> None:
    """Replace both batches by rows that say which snapshot they are of."""
    batches = {key: [edge(f"{key}-{number}-{i}", "root") for i in range(number)] for key in "ab"}
    assert publish(store, batches) == number


def test_every_reader_sees_only_whole_snapshots(tmp_path: Path) -> None:
    store, stop = make_store(tmp_path / "store"), tmp_path / "stop"
    publish_generation(store, 1)
    command = [sys.executable, "-c", READER, str(store), str(stop), BASE + "dataset/root"]
    readers = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    try:
        for number in range(2, GENERATIONS + 1):
            publish_generation(store, number)
            prune_snapshots(store, 1)
        stop.touch()
        outputs = [reader.communicate(timeout=60) for reader in readers]
    finally:
        for reader in readers:
            reader.kill()
    for (output, errors), reader in zip(outputs, readers, strict=True):
        assert reader.returncode == 0, errors
        reads, first, last = map(int, output.split())
        assert (last, first < last, reads > 1) == (GENERATIONS, True, True)


def test_threads_share_a_snapshot(tmp_path: Path) -> None:
    store = make_store(tmp_path / "store")
    publish_generation(store, 1)
    results: list[int] = []
    with Snapshot.open(store) as snapshot:

        def read() -> None:
            for _ in range(50):
                results.append(len(list(snapshot.graph.query("SELECT * { ?s prov:wasDerivedFrom ?o }"))))

        threads = [threading.Thread(target=read) for _ in range(4)]
        for thread in threads:
            thread.start()
        publish(store, {"a": []})
        for thread in threads:
            thread.join()
    assert results == [2] * 200
    assert triples_of(store).count(b"\n") == 1
