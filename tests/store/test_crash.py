"""A writer that is killed anywhere leaves a whole snapshot, and the next ingest makes what an undisturbed one makes."""

import random
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from progenitor.store.layout import read_current
from progenitor.store.rebuild import rebuild
from progenitor.store.snapshot import Snapshot
from support.crashes import AFTER, BEFORE, Killer, Moment, build_index, ingest, killer, make_victim
from support.stores import expected, triples_of

OLD, NEW = expected(*BEFORE.values()), expected(*AFTER.values())


@dataclass(frozen=True)
class Scene:
    """A store to be copied, the program that is killed, and the events and seconds of an undisturbed ingest."""

    store: Path
    killer: Killer
    events: list[str]

    def copy(self, folder: Path) -> Path:
        return Path(shutil.copytree(self.store, folder / "store"))


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("crash")
    store = make_victim(folder / "victim")
    with killer() as program:
        undisturbed = Path(shutil.copytree(store, folder / "store"))
        status, events = program.run(undisturbed)
        assert status == 0
        assert triples_of(undisturbed) == NEW
        yield Scene(store, program, events)


def check_and_heal(store: Path) -> None:
    """Readers see one of the two states, whole; and ingesting again gives the undisturbed one."""
    current = read_current(store)
    assert triples_of(store) == (NEW if current == 2 else OLD)
    with Snapshot.open(store) as snapshot:
        assert {name: record.triples for name, record in snapshot.records.items()} == {
            f"test/{key}": len(set(rows)) for key, rows in (AFTER if current == 2 else BEFORE).items()
        }
        assert all((store / record.file).exists() for record in snapshot.records.values())
    ingest(store)
    assert read_current(store) == 2
    assert triples_of(store) == NEW
    assert list((store / "work").iterdir()) == []
    assert (store / "snapshots" / "2" / "index" / "two").read_text() == "3 batches"


STAGES = {
    "taking the lock": Moment("open", "/lock"),
    "mapping": Moment("open", "work/test/a/triples.parquet"),
    "the first archive file": Moment("os.rename", "triples.parquet"),
    "the first archive file is there": Moment("os.rename", "triples.parquet", 1),
    "the dead letters": Moment("os.rename", "dead-letter.jsonl"),
    "cloning": Moment("os.mkdir", "work/snapshot"),
    "the graph is done": Moment("os.mkdir", "work/snapshot/index"),
    "between two files of the index": Moment("open", "work/snapshot/index/two"),
    "the manifest": Moment("open", "work/snapshot/manifest.json"),
    "syncing": Moment("open", "work/snapshot/graph/CURRENT"),
    "the snapshot moves": Moment("os.rename", "work/snapshot"),
    "the snapshot is in place, not current": Moment("os.rename", "work/snapshot", 1),
    "it becomes current": Moment("os.rename", "work/current.new"),
    "it is current": Moment("os.rename", "work/current.new", 1),
    "cleaning up": Moment("os.rename", "work/current.new", 4),
}


@pytest.mark.parametrize("stage", STAGES)
def test_killed_at_a_stage(scene: Scene, tmp_path: Path, stage: str) -> None:
    store = scene.copy(tmp_path)
    status, _ = scene.killer.run(store, at=STAGES[stage])
    assert status == -signal.SIGKILL
    assert (read_current(store) == 2) == (stage in ("it is current", "cleaning up"))
    check_and_heal(store)


@pytest.mark.parametrize("seed", range(4))
def test_killed_at_a_random_moment(scene: Scene, tmp_path: Path, seed: int) -> None:
    store = scene.copy(tmp_path)
    scene.killer.run(store, after=random.Random(seed).uniform(0.0, 0.25))
    check_and_heal(store)


def test_killed_again_and_again_without_healing_in_between(scene: Scene, tmp_path: Path) -> None:
    store = scene.copy(tmp_path)
    for stage in (
        "the first archive file is there",
        "the manifest",
        "the snapshot is in place, not current",
        "syncing",
    ):
        scene.killer.run(store, at=STAGES[stage])
    check_and_heal(store)


def test_a_snapshot_that_was_in_place_becomes_current(scene: Scene, tmp_path: Path) -> None:
    store = scene.copy(tmp_path)
    scene.killer.run(store, at=STAGES["the snapshot is in place, not current"])
    with Snapshot.open(store) as snapshot:
        assert snapshot.number == 1
    assert rebuild(store, [build_index]) == 3
    assert triples_of(store) == triples_of(store, 2) == NEW


@pytest.mark.soak
def test_killed_at_every_event(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> None:
    killed = 0
    for later in range(len(scene.events)):
        store = scene.copy(tmp_path_factory.mktemp("event"))
        status, _ = scene.killer.run(store, at=Moment(later=later))
        killed += status == -signal.SIGKILL
        check_and_heal(store)
        shutil.rmtree(store.parent)
    assert killed >= 0.9 * len(scene.events), "how many files RocksDB has varies a little, and so do the events"


@pytest.mark.soak
def test_killed_at_many_random_moments(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> None:
    moments = random.Random(0)
    for _ in range(300):
        store = scene.copy(tmp_path_factory.mktemp("moment"))
        scene.killer.run(store, after=moments.uniform(0.0, 0.5))
        check_and_heal(store)
        shutil.rmtree(store.parent)
