"""What is derived from the archive: when it is made anew, from what, and that it is the same however it came about."""

from __future__ import annotations

import csv
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from progenitor.config import Settings
from progenitor.errors import SourceError
from progenitor.ingest import IngestReport
from progenitor.provenance import Progenitor
from progenitor.store.snapshot import Snapshot
from support.mappings import write_folder
from support.stores import triples_of

FILES = 'reader: files\npartition: file\ntables: {row: {path: "*.csv", columns: {id: BIGINT, program: VARCHAR}}}\n'
ARCHIVE = "reader: archive\nsubjects: ['exposure/LSSTCam/{day_obs}']\n"
SHIPPED = Path(__file__).parents[1] / "mappings" / "exposures"
PREFIXES = 'prefixes: {pg: "https://w3id.org/progenitor/ns#", prov: "http://www.w3.org/ns/prov#"}\n'
SAYS = """
mappings:
  row:
    sources: [row]
    subject: exposure/LSSTCam/$(id)%s
    predicateobjects:
      - [a, %s]
      - [pg:scienceProgram, $(program)]
"""
ECHO = """
mappings:
  statement:
    sources: [statement]
    subject: $(subject)/said-by/$(source)
    predicateobjects:
      - [pg:scienceProgram, $(value)]
"""

Contents = dict[tuple[str, str], dict[int, str]]
"""Source and key of its partition -> exposure id -> program."""


class World:
    """Sources that are folders of CSV files, and a store.

    Parameters
    ----------
    path
        An empty folder.
    echo
        Whether a second folder is derived from the archive, that repeats whatever it reads.
    """

    def __init__(self, path: Path, *, echo: bool = False) -> None:
        self.path = path
        self.mappings = path / "mappings"
        for name, fragment, kind in (
            ("butler", "", "pg:Exposure"),
            ("efd", "#record-camera", "pg:ExposureRecord"),
            ("consdb", "#record-consdb", "pg:ExposureRecord"),
        ):
            write_folder(self.mappings / name, PREFIXES + SAYS % (fragment, kind), source=FILES)
        mapping, views = ((SHIPPED / name).read_text() for name in ("mapping.yml", "views.sql"))
        write_folder(self.mappings / "exposures", mapping, views, ARCHIVE)
        if echo:
            write_folder(self.mappings / "echo", PREFIXES + ECHO, source=ARCHIVE)
        self.store = path / "store"
        Progenitor.create(self.store).close()

    def put(self, source: str, key: str, programs: dict[int, str]) -> None:
        """Let a source say this in one of its partitions."""
        folder = self.path / source
        folder.mkdir(exist_ok=True)
        with (folder / f"{key}.csv").open("w") as file:
            csv.writer(file).writerows([("id", "program"), *programs.items()])

    def ingest(self, source: str, *keys: str) -> IngestReport:
        with Progenitor.open(self.store, settings=Settings(mappings=[self.mappings])) as progenitor:
            report = progenitor.ingest(source, str(self.path / source), partitions=list(keys))
        assert not report.failed, report.failed
        return report

    def say(self, source: str, key: str, programs: dict[int, str]) -> IngestReport:
        self.put(source, key, programs)
        return self.ingest(source, key)

    @property
    def text(self) -> str:
        """Everything in the graph but the catalogue."""
        return triples_of(self.store).decode()

    def programs(self, exposure: int) -> set[str]:
        """The programs that the exposure itself has."""
        subject = f"/exposure/LSSTCam/{exposure}> <https://w3id.org/progenitor/ns#scienceProgram> "
        return {line.split('"')[1] for line in self.text.splitlines() if subject in line}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def nights(report: IngestReport) -> list[str]:
    return [record.partition.key for record in report.derived]


def one(exposure: int, program: str) -> dict[int, str]:
    return {exposure: program}


def test_it_is_published_with_what_it_is_made_from(world: World) -> None:
    report = world.say("efd", "2025-11-01", one(2025110100001, "BLOCK-1"))
    assert (report.snapshot, nights(report)) == (1, ["2025-11-01"])
    (record,) = report.derived
    assert (record.partition.source, record.rows) == ("exposures", 3)
    assert world.programs(2025110100001) == {"BLOCK-1"}
    again = world.ingest("efd")
    assert (again.snapshot, nights(again)) == (None, [])


def test_what_was_added_goes_when_the_butler_says_it(world: World) -> None:
    world.say("efd", "2025-11-01", one(2025110100001, "BLOCK-1"))
    report = world.say("butler", "repo", one(2025110100001, "BLOCK-2"))
    assert nights(report) == ["2025-11-01"]
    assert world.programs(2025110100001) == {"BLOCK-2"}
    assert "#disagreement-scienceProgram-camera>" in world.text
    report = world.say("butler", "repo", one(2025110100001, "BLOCK-1"))
    assert "#disagreement-" not in world.text
    assert nights(report) == [], "nothing is left to say"
    with Snapshot.open(world.store) as snapshot:
        assert "exposures/2025-11-01" not in snapshot.records


def test_only_the_nights_that_changed_are_made_anew(world: World) -> None:
    numbers = [2025110100001, 2025110200001, 2025110300001]
    for day, number in enumerate(numbers, start=1):
        world.put("efd", f"2025-11-0{day}", one(number, "BLOCK-1"))
    assert nights(world.ingest("efd")) == ["2025-11-01", "2025-11-02", "2025-11-03"]
    every = dict.fromkeys(numbers, "BLOCK-1")
    world.say("butler", "repo", every)
    report = world.say("butler", "repo", every | one(numbers[1], "BLOCK-2"))
    assert nights(report) == ["2025-11-02"]
    assert world.programs(numbers[1]) == {"BLOCK-2"}


def test_an_exposure_is_of_the_night_in_its_number(world: World) -> None:
    after_noon = world.say("efd", "2025-11-01", one(2025110200001, "BLOCK-1"))
    assert nights(after_noon) == ["2025-11-02"]
    report = world.say("consdb", "2025-11-02", one(2025110200001, "BLOCK-2"))
    assert nights(report) == ["2025-11-02"]
    assert "#disagreement-scienceProgram-camera>" in world.text
    simulated = world.say("efd", "2025-11-03", one(3025110300001, "BLOCK-1"))
    assert nights(simulated) == ["2025-11-03"], "another controller's ids are a thousand years later"


def test_a_night_that_only_the_butler_tells_of_is_nobodys_business(world: World) -> None:
    assert nights(world.say("butler", "repo", one(2025110100001, "BLOCK-1"))) == []
    world.say("efd", "2025-11-02", one(2025110200001, "BLOCK-1"))
    assert nights(world.say("butler", "repo", one(2025110100001, "BLOCK-2"))) == []


def test_it_never_reads_what_was_derived(tmp_path: Path) -> None:
    world = World(tmp_path, echo=True)
    report = world.say("efd", "2025-11-01", one(2025110100001, "BLOCK-1"))
    assert {record.partition.source: record.rows for record in report.derived} == {"echo": 3, "exposures": 3}
    report = world.say("consdb", "2025-11-01", one(2025110100001, "BLOCK-2"))
    assert {record.partition.source: record.rows for record in report.derived} == {"echo": 5, "exposures": 5}
    assert "said-by/efd" in world.text
    assert "said-by/exposures" not in world.text and "said-by/echo" not in world.text
    (world.mappings / "echo" / "source.yml").unlink()
    (world.mappings / "echo" / "mapping.yml").unlink()
    report = world.say("consdb", "2025-11-01", one(2025110100001, "BLOCK-3"))
    assert [record.rows for record in report.derived] == [5], "nor what was derived by a folder that is gone"


def test_a_changed_mapping_makes_its_nights_anew(world: World) -> None:
    world.say("efd", "2025-11-01", one(2025110100001, "BLOCK-1"))
    mapping = world.mappings / "exposures" / "mapping.yml"
    mapping.write_text(mapping.read_text().replace("[pg:scienceProgram, $(science_program)]", "[pg:band, u]"))
    report = world.ingest("efd")
    assert nights(report) == ["2025-11-01"]
    assert world.programs(2025110100001) == set() and "#band>" in world.text
    assert nights(world.ingest("efd")) == []


def test_one_that_is_wrong_is_reported_and_stops_nobody(world: World) -> None:
    own = write_folder(
        world.mappings / "exposures", PREFIXES + ECHO, "CREATE VIEW x AS SELECT nothing;", "reader: archive\n"
    )
    world.put("efd", "2025-11-01", one(2025110100001, "BLOCK-1"))
    with Progenitor.open(world.store, settings=Settings(mappings=[world.mappings])) as progenitor:
        report = progenitor.ingest("efd", str(world.path / "efd"))
        assert report.snapshot == 1
        assert "subjects" in str(report.failed[0][1])
        (own / "source.yml").write_text(ARCHIVE)
        report = progenitor.ingest("exposures", str(world.store))
        ((partition, error),) = report.failed
        assert partition.key == "2025-11-01" and "views.sql" in str(error)
        (own / "views.sql").unlink()
        report = progenitor.ingest("exposures", str(world.store), partitions=["20251101"])
        assert (nights(report), report.snapshot) == (["2025-11-01"], 2)
        with pytest.raises(SourceError, match="archive of the store that is written"):
            progenitor.ingest("exposures", str(world.path))


EXPOSURES = [2025110100001, 2025110100002, 2025110200001]
CONTENT = st.dictionaries(st.sampled_from(EXPOSURES), st.sampled_from(["BLOCK-1", "BLOCK-2", ""]), max_size=3)
PARTITIONS = [("butler", "repo"), ("efd", "2025-11-01"), ("efd", "2025-11-02"), ("consdb", "2025-11-01")]
STEPS = st.lists(st.tuples(st.sampled_from(PARTITIONS), CONTENT), min_size=2, max_size=4)


@settings(max_examples=4, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_step_by_step_is_all_at_once(steps: list[tuple[tuple[str, str], dict[int, str]]]) -> None:
    with TemporaryDirectory() as folder, TemporaryDirectory() as other:
        grown, made = World(Path(folder)), World(Path(other))
        last: Contents = {}
        for (source, key), programs in steps:
            grown.say(source, key, programs)
            last[source, key] = programs
        for (source, key), programs in last.items():
            made.put(source, key, programs)
        for source in sorted({source for source, _ in last}):
            made.ingest(source)
        assert grown.text == made.text
