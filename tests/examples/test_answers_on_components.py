"""The queries of examples/queries about components, versions and telemetry answer what is true of the night."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from night.clock import tai_instant
from night.plan import DAY_OBS
from night.simulation import Night
from night.truth import Exposure
from progenitor.provenance import Progenitor
from servers.influxdb import InfluxNotFoundError
from servers.observatory import efd_server
from support.night_queries import answers

pytestmark = [pytest.mark.butler, pytest.mark.xdist_group("demo")]

ONE = "MC_O_20251101_000010"
"""What the queries about one exposure ask about."""
BETWEEN_TAGS = re.compile(r"-\d+-g[0-9a-f]+$")


@pytest.fixture(scope="module")
def store(observatory_store: Path) -> Iterator[Progenitor]:
    with Progenitor.open(observatory_store) as opened:
        yield opened


@pytest.fixture(scope="module")
def tonight(night: Night) -> list[Exposure]:
    return [exposure for exposure in night.truth.exposures if exposure.day_obs == DAY_OBS]


def software_of(run: dict[str, Any]) -> set[str]:
    """Return name and version of all that a run of a component reported."""
    subsystems = {pair.replace("=", " ") for pair in run["subsystem_versions"].split(",") if pair}
    own = f"{run['csc'].partition(':')[0]} {run['version']}"
    return {own, f"ts_xml {run['xml_version']}", f"ts_sal {run['sal_version']}"} | subsystems


def test_the_state_of_the_observatory(store: Progenitor, night: Night, tonight: list[Exposure]) -> None:
    for e in tonight:
        said: dict[str, set[str]] = {}
        for row in answers(store, "state-of-the-observatory", {ONE: e.obs_id}):
            said.setdefault(str(row["component"]), set()).add(str(row["thing"]))
        assert said.keys() == e.cscs.keys()
        for component, key in e.cscs.items():
            true = software_of(night.truth.csc_runs[key])
            assert true <= said[component]
            more = {thing for thing in said[component] - true if not component.startswith("Scheduler")}
            key = e.csc_configurations.get(component, "")
            version = night.truth.csc_configurations[key]["version"] if key else None
            assert [thing.startswith(f"{component} {version} ") for thing in more] == [True] * bool(key) * bool(more)
            assert more or not key or component.startswith("Scheduler")


def test_the_schemas_in_force(store: Progenitor, night: Night, tonight: list[Exposure]) -> None:
    for e in tonight:
        said = {
            (row["schema"], row["version"], component)
            for row in answers(store, "schemas-in-force", {ONE: e.obs_id})
            for component in str(row["components"]).split(", ")
        }
        runs = {component: night.truth.csc_runs[key] for component, key in e.cscs.items()}
        assert said == {("ts_xml", run["xml_version"], component) for component, run in runs.items()} | {
            ("ts_sal", run["sal_version"], component) for component, run in runs.items()
        }


def test_what_would_restore_the_configurations(store: Progenitor, night: Night, tonight: list[Exposure]) -> None:
    for e in tonight:
        rows = answers(store, "configurations-to-restore", {ONE: e.obs_id})
        said = {row["component"]: (row["revision"], sorted(str(row["files"]).split(", "))) for row in rows}
        known = {component: night.truth.csc_configurations[key] for component, key in e.csc_configurations.items()}
        assert said == {
            component: (one["version"], sorted(one["configurations"].split(","))) for component, one in known.items()
        }
        for row in rows:
            assert f"/{row['repository']}/" in known[str(row["component"])]["url"]


def test_software_between_two_releases(store: Progenitor, night: Night, tonight: list[Exposure]) -> None:
    scripts = {script.key: script for script in night.truth.scripts}
    for e in tonight:
        versions = {night.truth.csc_configurations[key]["version"] for key in e.csc_configurations.values()}
        if e.script:
            versions.add(str(scripts[e.script].version))
        rows = answers(store, "software-at-no-release", {"MC_O_20251101_000034": e.obs_id})
        assert {row["version"] for row in rows} == {version for version in versions if BETWEEN_TAGS.search(version)}


def test_the_repositories_of_a_script(store: Progenitor, night: Night, tonight: list[Exposure]) -> None:
    scripts = {script.key: script for script in night.truth.scripts}
    for e in tonight:
        rows = answers(store, "repositories-of-a-script", {ONE: e.obs_id})
        if e.script is None:
            assert rows == []
            continue
        start = tai_instant(scripts[e.script].process_start or "")
        held = [one["versions"] for one in night.truth.environment if tai_instant(one["from"]) <= start]
        assert {row["repository"]: row["version"] for row in rows} == held[-1]


def test_who_changed_the_repositories(store: Progenitor, night: Night) -> None:
    before, after = (one["versions"] for one in night.truth.environment)
    said = {
        row["package"]: (row["before"], row["after"]) for row in answers(store, "changes-of-the-script-repositories")
    }
    assert said == {name: (version, after[name]) for name, version in before.items() if after[name] != version}
    assert {row["who"] for row in answers(store, "changes-of-the-script-repositories")} == {"mvaldes"}


def test_the_history_of_a_component(store: Progenitor, night: Night, tonight: list[Exposure]) -> None:
    for component in ("MTAOS", "MTCamera", "Scheduler:1"):
        rows = answers(store, "versions-of-a-component", {'"MTAOS"': f'"{component}"'})
        said = {row["version"] for row in rows if row["software"] == component.partition(":")[0]}
        known = {key for e in tonight for key in [e.cscs.get(component)] if key}
        assert said == {night.truth.csc_runs[key]["version"] for key in known}
        rows = answers(store, "configurations-of-a-component", {'"MTAOS"': f'"{component}"'})
        taken = {key for e in tonight for key in [e.csc_configurations.get(component)] if key}
        assert {row["version"] for row in rows} == {night.truth.csc_configurations[key]["version"] for key in taken}
        assert {row["where"] for row in rows} == {night.truth.csc_configurations[key]["url"] for key in taken}


def test_the_exposures_of_a_version_of_a_component(store: Progenitor, night: Night, tonight: list[Exposure]) -> None:
    used = {e.obs_id: night.truth.csc_runs[e.cscs["MTAOS"]]["version"] for e in tonight if "MTAOS" in e.cscs}
    assert len(set(used.values())) == 2
    for version in set(used.values()):
        rows = answers(store, "exposures-of-a-component-version", {"MTAOS 0.21.2": f"MTAOS {version}"})
        assert {row["obsId"] for row in rows} & used.keys() == {name for name, one in used.items() if one == version}


def test_the_components_behind_telemetry(store: Progenitor, night: Night, tonight: list[Exposure]) -> None:
    for e in tonight:
        rows = answers(store, "components-behind-telemetry", {ONE: e.obs_id})
        assert {row["topic"] for row in rows} == {row["topic"] for row in telemetry(store, e)}
        for row in rows:
            key = e.cscs.get(str(row["component"]))
            said = str(row["run"]).rpartition(" from ")[0] if row["run"] else None
            assert said == (f"{row['component']} {night.truth.csc_runs[key]['version']}" if key else None)


def telemetry(store: Progenitor, exposure: Exposure) -> list[dict[str, str | None]]:
    return answers(store, "telemetry-of-an-exposure", {ONE: exposure.obs_id})


@pytest.mark.server
def test_telemetry_is_fetched_as_the_query_says(store: Progenitor, night: Night, tonight: list[Exposure]) -> None:
    try:
        with efd_server(night) as server:
            for e in [e for e in tonight if e.target][:3]:
                found = {str(row["topic"]): points(server.url, row) for row in telemetry(store, e)}
                # Every ten seconds of thirty; nothing else is simulated.
                assert {topic: number for topic, number in found.items() if number} == {
                    "lsst.sal.MTMount.elevation": 4,
                    "lsst.sal.MTRotator.rotation": 4,
                }
    except InfluxNotFoundError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))


def points(url: str, slice_: dict[str, str | None]) -> int:
    """Fetch a topic of a slice, and return how many points there are: all in its window, of its index."""
    answer = httpx.get(f"{url}/query", params={"db": "efd", "q": str(slice_["influxql"])}).json()["results"][0]
    assert "error" not in answer
    found = [
        dict(zip(series["columns"], values, strict=True))
        for series in answer.get("series", [])
        for values in series["values"]
    ]
    begin, end = (str(slice_[name]).rstrip("Z") for name in ("begin", "end"))
    assert all(begin <= point["time"].rstrip("Z") <= f"{end}Z" for point in found)
    index = str(slice_["topic"]).partition(":")[2]
    assert {str(point["salIndex"]) for point in found if index} <= {index}
    return len(found)


def test_the_detectors_of_an_exposure(store: Progenitor, tonight: list[Exposure]) -> None:
    for e in tonight:
        rows = answers(store, "focal-plane-of-an-exposure", {ONE: e.obs_id})
        # The camera of the auxiliary telescope says nothing of its detector.
        expected = set(e.oods) if e.instrument == "LSSTCam" else set()
        assert {str(row["place"]).partition(":")[0] for row in rows} == expected
        assert all(row["serial"] and row["boardSerial"] and row["sequencer"] for row in rows)


def test_the_files_of_an_exposure(store: Progenitor, tonight: list[Exposure]) -> None:
    for e in tonight:
        rows = answers(store, "files-of-an-exposure", {ONE: e.obs_id})
        assert [row["file"] for row in rows if row["kind"] == "header"] == ([e.header] if e.header else [])
        raws = [row["file"] for row in rows if row["kind"] == "raw"]
        assert all(e.obs_id in str(file) for file in raws)
        assert len(raws) == (len(e.oods) if e.butler else 0)
