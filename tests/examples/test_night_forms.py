"""The simulated night is the same in every form that it is written in."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow.parquet as pq
from astropy.time import Time

from night.consdb_tables import rows_of
from night.encoding import flat, records, topic_name
from night.files import LOGS
from night.simulation import Night
from support.night_files import parse_points


def test_line_protocol_and_kafka_hold_the_same_messages(night: Night, folder: Path) -> None:
    points = parse_points(folder / "efd.lp.gz")
    expected = [(topic_name(m), flat(r), time * 1000) for m, time, r in records(night.messages)]
    assert points == expected
    assert any("\n" in str(value) for _, fields, _ in points for value in fields.values())
    for path in (folder / "kafka").glob("lsst.sal.*"):
        topic = path.name.removesuffix(".jsonl.gz")
        lines = [json.loads(line) for line in gzip.decompress(path.read_bytes()).decode().splitlines()]
        assert [flat(line) for line in lines] == [fields for name, fields, _ in points if name == topic]
    assert {name for name, _, _ in points} == {
        p.name.removesuffix(".jsonl.gz") for p in (folder / "kafka").glob("lsst.sal.*")
    }


def test_the_environment_is_in_both_forms(night: Night, folder: Path) -> None:
    points = parse_points(folder / "obsenv.lp.gz")
    assert len(points) == len(night.environment)
    for name, fields, nanoseconds in points:
        path = folder / "kafka" / f"{name}.jsonl.gz"
        lines = [json.loads(line) for line in gzip.decompress(path.read_bytes()).decode().splitlines()]
        assert fields in lines
        assert fields["timestamp"] * 1_000_000 == nanoseconds


def test_point_times_are_utc_and_stamps_are_tai(folder: Path) -> None:
    for _, fields, nanoseconds in parse_points(folder / "efd.lp.gz")[::100]:
        sent = Time(fields["private_sndStamp"], format="unix_tai")
        assert abs(sent.unix - nanoseconds / 1e9) < 1e-5
        assert abs(fields["private_efdStamp"] - nanoseconds / 1e9) < 1e-5


def test_consdb_files_hold_the_rows(night: Night, folder: Path) -> None:
    for schema, tables in rows_of(night.inserts).items():
        for table, expected in tables.items():
            read = pq.read_table(folder / "consdb" / f"{schema}.{table}.parquet").to_pylist()
            times = ("exp_midpt", "obs_start", "obs_end")
            for row in read:
                row |= {name: row[name].isoformat(timespec="microseconds") for name in times if row.get(name)}
            assert read == expected


def test_logs_and_truth_are_written(night: Night, folder: Path) -> None:
    for name in LOGS:
        assert json.loads((folder / f"{name}.json").read_text()) == night.logbook(name).records
    assert json.loads((folder / "truth.json").read_text()) == json.loads(json.dumps(night.truth.as_json()))
    assert {issue["key"] for issue in json.loads((folder / "jira.json").read_text())["issues"]} == {
        ticket["key"] for ticket in night.truth.tickets
    }
