"""The parts csc, scheduler and telemetry of the EFD's mapping on simulated nights in a real InfluxDB."""

from __future__ import annotations

import os
from collections import Counter
from itertools import pairwise

import pyarrow as pa
import pytest

from night.clock import day_obs_of, tai_instant
from progenitor.validate.constraints import validate_constraints
from progenitor.validate.shacl import check_file
from servers.influxdb import InfluxNotFoundError
from support.efd_graph import FOLDER, MappedNight, mapped_night
from support.night_components import component_differences

PARTS = ("csc", "scheduler", "telemetry")
TONIGHT = 20251101


@pytest.fixture(scope="module")
def mapped() -> MappedNight:
    try:
        return mapped_night(1)
    except InfluxNotFoundError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))


@pytest.mark.server
@pytest.mark.parametrize("day_obs", [TONIGHT, 20211116])
def test_a_night_alone_tells_of_everything_that_was_in_force_in_it(mapped: MappedNight, day_obs: int) -> None:
    assert component_differences(mapped.statements(day_obs), mapped.night.truth, day_obs) == []


@pytest.mark.server
@pytest.mark.parametrize("seed", [13])
def test_another_night_is_as_it_was(mapped: MappedNight, seed: int) -> None:
    another = mapped_night(seed, TONIGHT)
    assert another.night.truth.csc_runs != mapped.night.truth.csc_runs
    assert component_differences(another.statements(), another.night.truth, TONIGHT) == []


@pytest.mark.server
def test_several_nights_together_say_the_same(mapped: MappedNight) -> None:
    assert component_differences(mapped.statements(), mapped.night.truth, TONIGHT) == []


@pytest.mark.server
@pytest.mark.parametrize(
    "predicate",
    [
        "pg:observatoryState",
        "pg:inForce",
        "prov:used",
        "prov:startedAtTime",
        "pg:configurationFile",
        "prov:atLocation",
        "prov:wasEndedBy",
        "pg:errorCode",
        "prov:wasDerivedFrom",
        "prov:specializationOf",
        "pg:telemetry",
        "pg:windowEnd",
    ],
)
def test_the_comparison_notices_what_is_missing(mapped: MappedNight, predicate: str) -> None:
    full = mapped.statements(TONIGHT)

    class Without(type(full)):  # type: ignore[misc]  # the class of what is looked up
        def objects(self, subject: str, name: str) -> set[str]:
            return set() if name == predicate else full.objects(subject, name)

        def subjects(self, name: str, value: str) -> set[str]:
            return set() if name == predicate else full.subjects(name, value)

    assert component_differences(Without([]), mapped.night.truth, TONIGHT)


@pytest.mark.server
def test_exposures_between_two_changes_share_a_state(mapped: MappedNight) -> None:
    statements, truth = mapped.statements(TONIGHT), mapped.night.truth
    in_force: dict[str, set[frozenset[str]]] = {}
    for exposure in truth.exposures:
        if day_obs_of(tai_instant(exposure.begin)) == TONIGHT:
            keys = {*exposure.cscs.values(), *(f"configured {key}" for key in exposure.csc_configurations.values())}
            state = statements.one(f"exposure/{exposure.instrument}/{exposure.id}", "pg:observatoryState")
            assert state is not None
            in_force.setdefault(state, set()).add(frozenset(keys))
    assert len(in_force) > 3
    assert all(len(alike) == 1 for alike in in_force.values())
    assert len({next(iter(alike)) for alike in in_force.values()}) == len(in_force)


@pytest.mark.server
def test_whatever_is_named_by_a_night_is_told_of_by_it(mapped: MappedNight) -> None:
    statements = mapped.statements(TONIGHT)
    relations = ("pg:inForce", "pg:observatoryState", "pg:telemetry", "pg:topics", "prov:wasAttributedTo", "prov:used")
    named = {(relation, value) for relation in relations for _, value in statements.pairs(relation)}
    untold = {value for _, value in named if not statements.objects(value, "rdf:type")}
    assert Counter(relation for relation, _ in named).keys() == set(relations)
    # What a script of another system used is told of by that system.
    assert {value for value in untold if not value.startswith(("software/ts_standardscripts", "block"))} == set()


@pytest.mark.server
def test_a_later_night_says_what_an_earlier_one_says_and_perhaps_more(mapped: MappedNight) -> None:
    told: dict[tuple[str, str], dict[int, set[str]]] = {}
    for day_obs, rows in mapped.rows.items():
        for subject, predicate, value, *_ in rows:
            if any(f"/{kind}/" in subject for kind in ("csc", "csc-run", "csc-configuration", "fault", "software")):
                told.setdefault((subject, predicate), {}).setdefault(day_obs, set()).add(value)
    shared = {key: nights for key, nights in told.items() if len(nights) > 1}
    assert len(shared) > 100
    less = {
        key for key, nights in shared.items() for one, other in pairwise(sorted(nights)) if nights[one] - nights[other]
    }
    assert less == set()
    more = {predicate for (_, predicate), nights in shared.items() if len(set(map(frozenset, nights.values()))) > 1}
    assert more <= {"<http://www.w3.org/ns/prov#used>"}, "a scheduler tells later what it depends on"


@pytest.mark.server
def test_what_nights_say_together_is_valid_prov(mapped: MappedNight) -> None:
    rows = sorted({row for night in mapped.rows.values() for row in night})
    table = pa.table({name: [row[place] for row in rows] for place, name in enumerate("spo")})
    assert [str(found) for found in validate_constraints(table)] == []


@pytest.mark.parametrize("part", PARTS)
def test_what_a_part_makes_of_its_fixture_has_the_shapes(part: str) -> None:
    results = check_file(FOLDER / part / "expected.nq")
    assert [str(result) for result in results if result.severity == "Violation"] == []


@pytest.mark.server
def test_a_slice_of_telemetry_costs_few_triples(mapped: MappedNight) -> None:
    rows = mapped.rows[TONIGHT]
    about = [row for row in rows if "/telemetry/Simonyi/" in row[0] or "ns#telemetry>" in row[1]]
    exposures = {row[0] for row in rows if "ns#telemetry>" in row[1]}
    assert len(about) <= 7 * len(exposures)
