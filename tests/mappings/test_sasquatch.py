"""Sasquatch's metrics as mapped from a real InfluxDB that holds those of the demo's Butler repository."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsst.daf.butler import DimensionUniverse

from night.influxdb import write_points
from night.metrics import DATABASE, Bundle, metric_lines, read_bundles, write_file
from progenitor.mapping.folder import load_folder
from progenitor.mapping.staging import Staging
from progenitor.sources.butler.data_ids import DataIdFormatter
from progenitor.sources.influxdb import declared_schemas
from servers.influxdb import InfluxNotFoundError, Server, influxdb_server
from support.night_files import parse_points
from support.night_queries import ask
from support.night_services import MAPPINGS, map_source, metric_differences
from support.repository import truth_of

pytestmark = [pytest.mark.server, pytest.mark.butler, pytest.mark.xdist_group("demo")]

SENT = datetime(2025, 11, 2, 6, 30, 0, 250_000, tzinfo=UTC)
NIGHT = 20251101
RUN = "u/demo/drp"


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
def bundles(repository: Path) -> list[Bundle]:
    return list(read_bundles(repository))


@pytest.fixture(scope="module")
def sasquatch(server: Server, bundles: list[Bundle]) -> str:
    write_points(server.url, DATABASE, metric_lines(bundles, SENT))
    return server.url


def test_every_metric_of_the_repository_is_told_with_its_dataset(
    sasquatch: str, bundles: list[Bundle], tmp_path: Path
) -> None:
    mapped = map_source("sasquatch", sasquatch, tmp_path, NIGHT)
    assert mapped.set_aside == 0
    assert metric_differences(mapped, bundles, SENT) == []
    assert len({bundle.about["id"] for bundle in bundles}) >= 3


def test_the_datasets_are_those_that_the_butler_has(bundles: list[Bundle], repository: Path) -> None:
    """Values against the repository's own truth: how many objects each tract has."""
    from lsst.daf.butler import Butler

    with Butler.from_config(str(repository)) as butler:
        for bundle in bundles:
            ref = butler.get_dataset(bundle.about["id"])
            assert ref is not None
            assert (ref.run, ref.datasetType.name) == (bundle.about["run"], bundle.about["dataset_type"])
            assert str(ref.dataId["tract"]) == bundle.about["tract"]
            if bundle.action == "objectCount":
                objects = butler.get("objectTable_tract", ref.dataId, collections=ref.run)
                assert bundle.metrics == {"numObjects": float(len(objects))}
    assert RUN in {bundle.about["run"] for bundle in bundles} <= set(truth_of(repository)["runs"])


def test_the_comparison_finds_what_is_wrong(sasquatch: str, bundles: list[Bundle], tmp_path: Path) -> None:
    mapped = map_source("sasquatch", sasquatch, tmp_path, NIGHT)
    wrong = [Bundle(b.action, b.about, {name: value + 1 for name, value in b.metrics.items()}) for b in bundles]
    assert len(metric_differences(mapped, wrong, SENT)) == sum(len(bundle.metrics) for bundle in bundles)
    assert len(metric_differences(mapped, bundles[1:], SENT)) == len(bundles[0].metrics)


def test_metrics_are_of_the_night_that_they_are_filed_in(sasquatch: str, tmp_path: Path) -> None:
    assert map_source("sasquatch", sasquatch, tmp_path, NIGHT + 1).triples == set()


def test_what_is_sent_again_does_not_change_what_is_told_but_when(
    server: Server, sasquatch: str, bundles: list[Bundle], tmp_path: Path
) -> None:
    once = map_source("sasquatch", sasquatch, tmp_path, NIGHT)
    again = SENT.replace(hour=7)
    write_points(server.url, "again", [*metric_lines(bundles, SENT), *metric_lines(bundles, again)])
    twice = map_source("sasquatch", server.url, tmp_path, NIGHT, database="again")
    assert {p for _, p, _ in twice.triples - once.triples} == {"pg:filedUnder"}
    assert once.triples <= twice.triples


def test_the_file_holds_the_same_points(bundles: list[Bundle], repository: Path, tmp_path: Path) -> None:
    file = write_file(tmp_path / "night", repository, SENT)
    assert file.name == "lsst.dm.lp.gz"
    points = parse_points(file)
    assert [fields["id"] for _, fields, _ in points] == [bundle.about["id"] for bundle in bundles]
    first = file.read_bytes()
    assert write_file(tmp_path / "other", repository, SENT).read_bytes() == first


def test_the_file_says_the_same_as_the_server(sasquatch: str, repository: Path, tmp_path: Path) -> None:
    write_file(tmp_path / "exports", repository, SENT)
    exported = map_source("sasquatch", str(tmp_path / "exports"), tmp_path, NIGHT)
    assert exported.triples == map_source("sasquatch", sasquatch, tmp_path, NIGHT).triples


def test_the_query_gives_the_metrics_of_every_dataset(sasquatch: str, bundles: list[Bundle], tmp_path: Path) -> None:
    map_source("sasquatch", sasquatch, tmp_path, NIGHT)
    archives = list(tmp_path.glob("sasquatch-*.parquet"))
    for run in {b.about["run"] for b in bundles}:
        expected = [
            (f"{DATABASE}.{b.action}.{name}", value, f"dataset/{b.about['id']}")
            for b in bundles
            for name, value in b.metrics.items()
            if b.about["run"] == run
        ]
        found = ask("metrics-of-a-run", archives, instead={"u/demo/drp": run})
        assert sorted((metric, float(value), dataset) for metric, value, _, _, dataset, _ in found) == sorted(expected)


# ---- Data IDs of what has no UUID ------------------------------------------------------------------------------------

UNIVERSE = DimensionUniverse()
DIMENSIONS = {
    "band": "i",
    "instrument": "LSSTCam",
    "skymap": "lsst_cells~v2",
    "day_obs": "20251101",
    "detector": "94",
    "group": "2025-11-02T02:06:40.000",
    "physical_filter": "i_39",
    "tract": "9813",
    "exposure": "2025110100010",
    "patch": "12",
    "visit": "2025110100010",
}


@pytest.fixture(scope="module")
def views(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    folder = load_folder(MAPPINGS / "sasquatch")
    with Staging(tmp_path_factory.mktemp("views"), declared_schemas(folder.declaration)) as staging:
        for sql in folder.views.values():
            staging.connection.execute(sql)
        yield staging.connection


@given(names=st.sets(st.sampled_from(sorted(DIMENSIONS)), min_size=1), implied=st.booleans())
def test_a_data_id_is_the_one_that_the_butler_mapping_gives(views: Any, names: set[str], implied: bool) -> None:
    """Whether or not a sender tells the dimensions that others imply."""
    group = UNIVERSE.conform(names)
    told = group.names if implied else group.required
    record = {name: DIMENSIONS.get(name, "") if name in told else "" for name in DIMENSIONS}
    columns = ", ".join(f'"{name}"' for name in record)
    views.execute("DELETE FROM metric")
    views.execute(
        f"INSERT INTO metric (measurement, metric, value, id, {columns}) VALUES ('lsst.dm.x', 'y', 1, 'none'"
        f"{', ?' * len(record)})",
        list(record.values()),
    )
    (key,) = views.execute("SELECT data_id FROM point").fetchone()
    assert key == DataIdFormatter(group.required)([DIMENSIONS[name] for name in group.required])
