"""Nights that follow one another, read from the same files: together they are one history, in which each thing is once.

Exposures are taken on both sides of noon, and one across it; a script that begins in one night takes an image in the
next.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from rdflib import OWL, RDF, Graph, URIRef

from night.clock import day_obs_of, tai_instant
from night.plan import DAY_OBS, Plan
from night.truth import Truth
from progenitor.config import Settings, SourceSettings
from progenitor.ingest import ingest
from progenitor.provenance import Progenitor
from progenitor.sources.declared import nights as day_of_observation
from progenitor.terms import PREFIXES, compact
from progenitor.validate.constraints import validate_constraints
from support.cache import CHECKOUT
from support.efd_graph import BASE, Statements, map_night
from support.mappings import read_rows
from support.night_forms import SYSTEMS, Exported, Rows, with_traps
from support.night_table import table_differences

pytestmark = pytest.mark.xdist_group("night boundary")

NIGHTS = (20251031, DAY_OBS, 20251102)
HELD = dict.fromkeys(SYSTEMS, (DAY_OBS,)) | {"efd": NIGHTS, "consdb": NIGHTS}
"""System -> the nights of which it holds something."""

SEVERAL = {
    "rdf:type",
    "prov:used",
    "prov:hadMember",
    "dcterms:hasPart",
    "pg:about",
    "pg:claim",
    "pg:configurationFile",
    "pg:crew",
    "pg:disagreement",
    "pg:gap",
    "pg:inForce",
    "pg:ingestFailure",
    "pg:linkEvidence",
    "pg:streamLabel",
    "pg:system",
    "pg:tag",
    "pg:topic",
}
"""Properties of which a thing may have several; of every other it has one, whoever tells of it."""

_OF_ONE_NIGHT = re.compile("(exposure|raw|script-run|script-request|image-request|target|fault|log|ticket|log-line)/")
"""Things that begin, or are made, in one night."""


class Batches(dict[tuple[str, int], Rows]):
    """System, night -> triples."""

    def __repr__(self) -> str:
        """Say little: a test that fails shows it."""
        return f"Batches of {', '.join(sorted({system for system, _ in self}))}"

    @property
    def together(self) -> set[tuple[str, ...]]:
        """What all of them say."""
        return {row for rows in self.values() for row in rows}


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return Exported.make(Plan(seed=1), tmp_path_factory.mktemp("night"))


@pytest.fixture(scope="module")
def store(exported: Exported, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_store(exported, tmp_path_factory.mktemp("nights"))


@pytest.fixture(scope="module")
def batches(store: Path) -> Batches:
    return read_batches(store)


def make_store(exported: Exported, work: Path) -> Path:
    """Ingest every system's nights."""
    Progenitor.create(work / "store", base=BASE).close()
    sources = [
        SourceSettings(mapping=system, location=str(exported.folder), partitions=[str(night) for night in nights])
        for system, nights in HELD.items()
    ]
    report = ingest(work / "store", sources, Settings())
    assert not report.failed
    assert len(report.kept) == sum(map(len, HELD.values()))
    assert len(report.derived) == len(NIGHTS)
    return work / "store"


def archive(store: Path) -> list[Path]:
    return sorted((store / "archive").glob("*/*/*.parquet"))


def read_batches(store: Path) -> Batches:
    return Batches(
        ((file.parent.parent.name, int(file.parent.name.replace("-", ""))), [row[:3] for row in read_rows(file)])
        for file in archive(store)
    )


def contradictions(rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Yield every property of which a thing has several values and should have one."""
    values = defaultdict(set)
    for subject, predicate, value in rows:
        values[subject, compact(predicate[1:-1])].add(value)
    for (subject, name), said in sorted(values.items()):
        if name not in SEVERAL and len(said) > 1:
            yield f"{subject} {name}: {sorted(said)}"


def misplaced(batches: Batches, truth: Truth) -> Iterator[str]:
    """Yield what is described by another night than that in which it begins, or by several of one system."""
    begin = {f"script-run/{script.key}": script.process_start for script in truth.scripts if script.process_start}
    for exposure in truth.exposures:
        for kind in ("exposure", "raw"):
            begin[f"{kind}/{exposure.instrument}/{exposure.id}"] = exposure.begin
    told = defaultdict(set)
    for (system, night), rows in batches.items():
        for subject, _ in Statements(rows).pairs("rdf:type"):
            told[system, subject.partition("#")[0]].add(night)
    for (system, thing), nights in sorted(told.items()):
        own = {day_obs_of(tai_instant(begin[thing]))} if thing in begin else set()
        if _OF_ONE_NIGHT.match(thing) and (len(nights) > 1 or (own and nights != own)):
            yield f"{thing} begins in {own or 'one night'}; {system} describes it in {sorted(nights)}"


def test_nights_do_not_contradict_each_other(exported: Exported, batches: Batches) -> None:
    assert list(with_traps(contradictions(batches.together), exported.night.truth)) == []


def test_a_thing_is_described_by_the_night_in_which_it_begins(exported: Exported, batches: Batches) -> None:
    assert list(with_traps(misplaced(batches, exported.night.truth), exported.night.truth)) == []


def test_nights_together_are_valid_prov(store: Path) -> None:
    assert [str(violation) for violation in validate_constraints(archive(store))] == []


def test_what_nights_say_together_is_true(exported: Exported, batches: Batches) -> None:
    truth = exported.night.truth
    assert list(with_traps(table_differences(Statements(batches.together), truth, NIGHTS), truth)) == []


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 8))
def test_nights_of_other_seeds(seed: int, tmp_path: Path) -> None:
    exported = Exported.make(Plan(seed=seed), tmp_path)
    store = make_store(exported, tmp_path)
    batches = read_batches(store)
    test_nights_do_not_contradict_each_other(exported, batches)
    test_a_thing_is_described_by_the_night_in_which_it_begins(exported, batches)
    test_nights_together_are_valid_prov(store)
    test_what_nights_say_together_is_true(exported, batches)


# ---- wherever the night is cut ---------------------------------------------------------------------------------------


WHILE_OBSERVING = st.times(time(1, 55), time(2, 50))
"""TAI."""

WITHOUT_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
"""An example takes seconds, and one is as simple as another."""


def check_cut(noon: time, exported: Exported, batches: Batches) -> None:
    """Let nights begin at another time: two that share what was one night say the same of it, and nothing else."""
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as work:
        patch.setattr(day_of_observation, "_NOON", noon)
        parts = [set(map_night(str(exported.folder), night, Path(work))) for night in (DAY_OBS, 20251102)]
    one, before, after = (set(batches["efd", night]) for night in (DAY_OBS, 20251031, 20251102))
    assert parts[0] - parts[1] and parts[1] - parts[0]
    assert sorted(one - parts[0] - parts[1]) == []
    assert sorted((parts[0] | parts[1]) - one - before - after) == []


@settings(max_examples=2, phases=WITHOUT_SHRINKING)
@given(noon=WHILE_OBSERVING)
def test_a_night_may_be_cut_anywhere(noon: time, exported: Exported, batches: Batches) -> None:
    check_cut(noon, exported, batches)


@pytest.mark.soak
@settings(max_examples=60, phases=WITHOUT_SHRINKING)
@given(noon=WHILE_OBSERVING)
def test_a_night_may_be_cut_at_many_places(noon: time, exported: Exported, batches: Batches) -> None:
    check_cut(noon, exported, batches)


# ---- the checks themselves -------------------------------------------------------------------------------------------


def test_the_nights_hold_what_makes_them_hard(exported: Exported, batches: Batches) -> None:
    rollover = [exported.night.truth.exposure(name) for name in exported.night.truth.traps["rollover"]]
    assert {day_obs_of(tai_instant(exposure.begin)) for exposure in rollover} == set(NIGHTS)
    assert all(batches["efd", night] and batches["consdb", night] for night in NIGHTS)


def test_what_may_be_several_is_not_declared_to_be_one() -> None:
    ontology = Graph().parse(CHECKOUT / "ontology" / "progenitor.ttl")
    functional = {compact(str(name)) for name in ontology.subjects(RDF.type, OWL.FunctionalProperty)}
    assert functional
    assert not functional & SEVERAL
    declared = {compact(str(name)) for name in ontology.subjects(RDF.type, None) if isinstance(name, URIRef)}
    assert {name for name in SEVERAL if name.startswith("pg:")} <= declared


def test_a_contradiction_and_a_thing_in_two_nights_are_seen(exported: Exported, batches: Batches) -> None:
    rows = batches["efd", DAY_OBS]
    run = next(row for row in rows if row[1] == f"<{PREFIXES['pg']}status>")
    (line,) = contradictions([*rows, (run[0], run[1], '"LOST"')])
    assert line.startswith(f"{run[0]} pg:status: ") and '"LOST"' in line
    later = Batches(batches | {("efd", 20251102): [*batches["efd", 20251102], *rows]})
    assert any("script-run/" in line for line in misplaced(later, exported.night.truth))
    assert any("exposure/" in line for line in misplaced(later, exported.night.truth))
