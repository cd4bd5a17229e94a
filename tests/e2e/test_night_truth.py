"""Every exposure of a simulated night has what the truth table says of it, from whichever form the night is read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import pytest

from night.plan import DAY_OBS, Plan, Traps
from servers.influxdb import InfluxNotFoundError, Server, influxdb_server
from support.efd_graph import Statements
from support.night_forms import OF_THE_TABLE, Exported, MappedNights, night_differences, show
from support.night_table import table_differences, tonight

pytestmark = pytest.mark.xdist_group("night truth")

BESIDE, EARLIER = (20251031, 20251102), (20211116, 20230615)
"""The nights on either side of the simulated one, which have an exposure each, and those of earlier years."""
NEEDED = {"borrowed_group": ("group_kinds",), "lost_command": ("group_kinds",)}
"""Traps without which another one cannot be."""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    try:
        with influxdb_server() as running:
            yield running
    except InfluxNotFoundError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return Exported.make(Plan(seed=1), tmp_path_factory.mktemp("night"))


@pytest.fixture(scope="module")
def mapped(exported: Exported, tmp_path_factory: pytest.TempPathFactory) -> MappedNights:
    return exported.map([DAY_OBS], tmp_path_factory.mktemp("mapped"))


def test_everything_that_is_said_of_a_night_is_true(exported: Exported, mapped: MappedNights) -> None:
    assert night_differences(exported.night, mapped) == []


@pytest.mark.server
@pytest.mark.parametrize(
    ("seed", "form"), [(2, "InfluxDB"), (3, "Kafka"), (4, "line protocol"), (5, "InfluxDB"), (6, "Kafka")]
)
def test_every_exposure_is_what_the_truth_says(
    seed: int, form: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    exported = Exported.make(Plan(seed=seed), tmp_path)
    efd: Path | str = exported.kafka if form == "Kafka" else exported.folder
    if form == "InfluxDB":
        server = request.getfixturevalue("server")
        show(server, exported.night)
        efd = server.url
    mapped = exported.map([DAY_OBS], tmp_path, OF_THE_TABLE, efd=efd)
    assert night_differences(exported.night, mapped) == []


@pytest.mark.server
def test_every_form_gives_the_same_triples(
    exported: Exported, mapped: MappedNights, server: Server, tmp_path: Path
) -> None:
    check_forms(exported, mapped, server, tmp_path)


def check_forms(exported: Exported, mapped: MappedNights, server: Server, work: Path) -> None:
    """Messages of Kafka and an InfluxDB say of each night what its line protocol says."""
    show(server, exported.night)
    for efd in (exported.kafka, server.url):
        for day_obs, again in exported.map(mapped, work, ["efd"], efd=efd).items():
            assert again["efd"]
            assert again["efd"] == mapped[day_obs]["efd"]


def test_a_night_without_any_trap(tmp_path: Path) -> None:
    exported = Exported.make(Plan(visits=12, traps=Traps.none()), tmp_path)
    assert night_differences(exported.night, exported.map([DAY_OBS], tmp_path, OF_THE_TABLE)) == []


# ---- the long form ---------------------------------------------------------------------------------------------------


@pytest.mark.soak
@pytest.mark.server
@pytest.mark.parametrize("seed", range(1, 21))
def test_twenty_nights_with_those_beside_them_in_every_form(seed: int, server: Server, tmp_path: Path) -> None:
    exported = Exported.make(Plan(seed=seed), tmp_path)
    mapped = exported.map([DAY_OBS], tmp_path) | exported.map(BESIDE, tmp_path, ("efd", "consdb"))
    mapped |= exported.map(EARLIER, tmp_path, ["efd"])
    assert night_differences(exported.night, mapped) == []
    check_forms(exported, mapped, server, tmp_path)


def differences(plan: Plan, work: Path) -> list[str]:
    """Simulate a night, map all that its systems export of it, and compare."""
    exported = Exported.make(plan, work)
    return night_differences(exported.night, exported.map([plan.day_obs], work))


def with_only(trap: str) -> Traps:
    return replace(Traps.none(), **dict.fromkeys([trap, *NEEDED.get(trap, ())], True))


@pytest.mark.soak
@pytest.mark.parametrize("trap", [trap.name for trap in fields(Traps)])
def test_each_trap_alone(trap: str, tmp_path: Path) -> None:
    assert differences(Plan(visits=12, traps=with_only(trap)), tmp_path) == []


@pytest.mark.soak
@pytest.mark.parametrize(
    "plan",
    [
        Plan(visits=12),
        Plan(visits=200),
        Plan(visits=30, repository_visits=9, detectors=5),
        Plan(day_obs=20240228),
        Plan(day_obs=20251231),
    ],
    ids=["smallest", "large", "another repository", "before a leap day", "over New Year"],
)
def test_nights_of_other_sizes_and_dates(plan: Plan, tmp_path: Path) -> None:
    assert differences(plan, tmp_path) == []


# ---- the comparison itself -------------------------------------------------------------------------------------------


def test_the_table_has_what_makes_it_hard(exported: Exported) -> None:
    exposures = tonight(exported.night.truth, [DAY_OBS])
    assert {exposure.taken_by for exposure in exposures} == {"script", "notebook", "playlist"}
    assert {None, "v0.3.1", "v0.4.0"} <= {exposure.script_version for exposure in exposures}
    assert len({exposure.config_sha256 for exposure in exposures}) > 10
    assert len({exposure.requester for exposure in exposures if exposure.script}) > 1
    assert {flag["flag"] for exposure in exposures for flag in exposure.flags} == {"junk", "questionable"}


@pytest.mark.parametrize(
    "relation",
    [
        "prov:wasInformedBy",
        "voprov:isDescribedBy",
        "pg:plan",
        "prov:used",
        "prov:wasStartedBy",
        "prov:wasAttributedTo",
        "prov:wasAssociatedWith",
        "pg:scienceProgram",
        "pg:exposureFlag",
        "pg:gap",
    ],
)
def test_a_cell_that_is_empty_is_seen(relation: str, exported: Exported, mapped: MappedNights) -> None:
    truth, graph = exported.night.truth, Statements(row for those in mapped[DAY_OBS].values() for row in those)
    assert table_differences(graph, truth, [DAY_OBS]) == []

    class Without(Statements):
        def objects(self, subject: str, predicate: str) -> set[str]:
            return set() if predicate == relation else graph.objects(subject, predicate)

        def subjects(self, predicate: str, value: str) -> set[str]:
            return set() if predicate == relation else graph.subjects(predicate, value)

    assert table_differences(Without([]), truth, [DAY_OBS])


def test_a_difference_is_told_with_the_exposure_and_its_traps(exported: Exported, mapped: MappedNights) -> None:
    taken = exported.night.truth.exposure("MC_O_20251101_000010")
    efd = [
        row
        for row in mapped[DAY_OBS]["efd"]
        if not (row[0].endswith(f"/{taken.id}>") and row[1].endswith("InformedBy>"))
    ]
    lines = night_differences(exported.night, {DAY_OBS: {"efd": efd, "exposurelog": mapped[DAY_OBS]["exposurelog"]}})
    (line,) = [line for line in lines if line.startswith(f"exposure/LSSTCam/{taken.id}: script run is []")]
    assert line.endswith(f"not ['script-run/{taken.script}'] [{taken.obs_id}, consdb_gaps, queue_restart]")
