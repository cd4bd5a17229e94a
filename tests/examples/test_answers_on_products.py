"""The queries of examples/queries that lead from the night to products and metrics, and back, answer what is true."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from night.metrics import DATABASE, Bundle, read_bundles
from night.simulation import Night
from progenitor.provenance import Progenitor
from support.night_queries import answers
from support.repository import truth_of

pytestmark = [pytest.mark.butler, pytest.mark.xdist_group("demo")]

RUN, OTHER = "u/demo/drp", "u/demo/drp-deep"
METRIC = "lsst.dm.objectCount.numObjects"


@pytest.fixture(scope="module")
def store(observatory_store: Path) -> Iterator[Progenitor]:
    with Progenitor.open(observatory_store) as opened:
        yield opened


@pytest.fixture(scope="module")
def bundles(repository: Path) -> list[Bundle]:
    return list(read_bundles(repository))


def metrics_of(bundles: list[Bundle], run: str) -> dict[str, float]:
    """Return the metrics of a run, of which there is one tract."""
    return {
        f"{DATABASE}.{bundle.action}.{name}": value
        for bundle in bundles
        if bundle.about["run"] == run and bundle.about["tract"] == "0"
        for name, value in bundle.metrics.items()
    }


def test_the_scripts_of_a_coadd(store: Progenitor, repository: Path, night: Night) -> None:
    truth = {e.obs_id: e for e in night.truth.exposures}
    coadds = [coadd for coadd in truth_of(repository)["coadds"] if coadd["run"] == RUN]
    assert len(coadds) > 3
    known: set[str] = set()
    for coadd in coadds:
        at = coadd["data_id"]
        about = {
            "pg:tract 0": f"pg:tract {at['tract']}",
            "pg:patch 0": f"pg:patch {at['patch']}",
            'pg:band "i"': f'pg:band "{at["band"]}"',
        }
        rows = answers(store, "scripts-of-a-coadd", about)
        assert {row["obsId"] for row in rows} == {exposure_of(store, raw) for raw in coadd["raws"]["presented"]}
        for row in rows:
            exposure = truth.get(str(row["obsId"]))
            # The night in which the other half of the exposures were taken is not in the store.
            assert (row["script"], row["requester"]) == (
                (exposure.script_path, str(exposure.requester).partition("@")[0]) if exposure else (None, None)
            )
            assert row["version"] is None or str(row["version"]).endswith(f" {exposure and exposure.script_version}")
        known |= {str(row["obsId"]) for row in rows if row["script"]}
    assert len(known) > 3


def exposure_of(store: Progenitor, raw: str) -> str:
    sparql = f"SELECT ?o {{ <{store.base}dataset/{raw}> prov:specializationOf/prov:wasGeneratedBy/rdfs:label ?o }}"
    ((name,),) = store.query(sparql)
    return str(name.value)


def test_the_products_of_flagged_exposures(store: Progenitor, night: Night) -> None:
    flagged = {(e.obs_id, flag["flag"]) for e in night.truth.exposures if e.butler for flag in e.flags}
    rows = answers(store, "products-of-flagged-exposures")
    assert {(row["obsId"], row["flag"]) for row in rows} == flagged
    for name, _ in flagged:
        lineage = store.descendants(f"exposure {name}")
        summaries = store.summaries([node.iri for node in lineage.nodes])
        for row in rows:
            if row["obsId"] == name:
                made = answers_of_type(store, summaries, str(row["type"]), str(row["run"]))
                assert made == int(row["products"] or 0), row


def answers_of_type(store: Progenitor, iris: dict[str, object], dataset_type: str, run: str) -> int:
    """Count the datasets of a type and run among things."""
    sparql = f'SELECT ?d {{ ?run rdfs:label "{run}" ; pg:collectionType "RUN" ; prov:hadMember ?d .'
    members = store.query(f'{sparql} ?d voprov:isDescribedBy/rdfs:label "{dataset_type}" }}')
    return sum(str(row[0].value) in iris for row in members if row[0] is not None)


def test_the_flats_of_a_master_flat(store: Progenitor, night: Night) -> None:
    flats = [e for e in night.truth.exposures if e.type == "flat" and e.butler]
    assert flats
    assert [
        (row["obsId"], row["group"], row["execution"], row["script"])
        for row in answers(store, "exposures-of-a-master-flat")
    ] == [(e.obs_id, e.group, f"block-run/{e.block_run}", e.script_path) for e in flats]


def test_the_metrics_of_a_run(store: Progenitor, bundles: list[Bundle]) -> None:
    for run in (RUN, OTHER):
        rows = answers(store, "metrics-of-a-run", {RUN: run})
        true = {
            (f"{DATABASE}.{bundle.action}.{name}", value, f"dataset/{bundle.about['id']}")
            for bundle in bundles
            if bundle.about["run"] == run
            for name, value in bundle.metrics.items()
        }
        assert {(row["metric"], float(row["value"] or 0), row["dataset"]) for row in rows} == true
        assert {row["data"] for row in rows} <= {f"data-id/skymap~demo_rings~tract~{tract}" for tract in (0, 1)}


def test_the_metrics_of_a_data_id_and_how_runs_differ(store: Progenitor, bundles: list[Bundle]) -> None:
    first, second = metrics_of(bundles, RUN), metrics_of(bundles, OTHER)
    rows = answers(store, "metrics-of-a-data-id")
    assert {row["metric"]: float(row["value"] or 0) for row in rows if row["run"] == RUN} == first
    assert {row["metric"]: float(row["value"] or 0) for row in rows if row["run"] == OTHER} == second
    compared = answers(store, "metrics-compared-between-runs")
    assert {row["metric"] for row in compared} == first.keys() & second.keys()
    for row in compared:
        metric = str(row["metric"])
        assert (float(row["first"] or 0), float(row["second"] or 0)) == (first[metric], second[metric])
        assert float(row["difference"] or 0) == pytest.approx(second[metric] - first[metric])


def test_the_job_of_a_metric(store: Progenitor, bundles: list[Bundle]) -> None:
    for run in (RUN, OTHER):
        rows = answers(store, "job-of-a-metric", {RUN: run})
        assert {float(row["value"] or 0) for row in rows} == {
            bundle.metrics["numObjects"]
            for bundle in bundles
            if bundle.about["run"] == run and bundle.action == "objectCount"
        }
        for row in rows:
            assert row["run"] == run
            assert str(row["quantum"]).startswith("quantum/")
            assert row["task"] == "analyzeObjectTableCore"
            assert row["configuration"]
            assert row["who"]


def test_the_exposures_behind_a_metric(store: Progenitor, repository: Path) -> None:
    rows = [row for row in answers(store, "exposures-behind-a-metric") if row["metric"] == METRIC]
    coadds = [c for c in truth_of(repository)["coadds"] if c["run"] == RUN and c["data_id"]["tract"] == 0]
    raws = {raw for coadd in coadds for raw in coadd["raws"]["presented"]}
    taken = {exposure_of(store, raw) for raw in raws}
    sparql = 'SELECT ?o ?f { ?e pg:observationType "science" ; rdfs:label ?o ; pg:physicalFilter ?f ; a pg:Exposure }'
    filters = {str(row[0].value): str(row[1].value) for row in store.query(sparql) if row[0] and row[1]}
    true: dict[str, int] = {}
    for name in taken & filters.keys():
        true[filters[name]] = true.get(filters[name], 0) + 1
    assert {row["filter"]: int(row["exposures"] or 0) for row in rows} == true
    assert {row["instrument"] for row in rows} == {"LSSTCam"}


def test_what_metrics_there_are_and_what_they_single_out(store: Progenitor, bundles: list[Bundle]) -> None:
    known = {f"{DATABASE}.{bundle.action}.{name}" for bundle in bundles for name in bundle.metrics}
    rows = answers(store, "metrics-there-are")
    assert {row["metric"] for row in rows} == known
    assert {str(row["gap"]).rpartition("#")[2] for row in rows} == {"NoUnit"}
    number = metrics_of(bundles, RUN)[METRIC]
    assert {float(row["value"] or 0) for row in answers(store, "data-by-a-metric")} == {number}
    assert answers(store, "data-by-a-metric", {"?value > 100": f"?value > {number}"}) == []


def test_the_machine_of_a_coadd(store: Progenitor) -> None:
    (row,) = answers(store, "machines-of-a-coadd")
    assert row["task"] == "assembleDeepCoadd"
    assert all(row.values())


def test_logs_are_kept_as_long_as_is_declared(store: Progenitor, night: Night) -> None:
    rows = answers(store, "log-retention")
    assert {(row["site"], row["days"], row["gap"]) for row in rows} == {("summit", "90", None)}
    apps = {line.labels["app"] for line in night.lines}
    assert {label for row in rows for label in str(row["labels"]).split(", ") if label.startswith("app=")} == {
        f"app={app}" for app in apps
    }
