"""Nights from a service into a store: one that cannot be read publishes nothing, and is filled in later."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from progenitor.config import Settings, SourceSettings
from progenitor.ingest import IngestReport, ingest
from progenitor.provenance import Progenitor
from support.http_service import Asked, Reply, Service, http_service
from support.mappings import write_folder

SOURCE = """
reader: http
partition: day_obs
fingerprint: {path: /state, params: {night: "{day_obs}"}}
tables:
  message:
    path: /messages
    params: {night: "{day_obs}"}
    page: {style: offset, limit: 2}
    columns:
      id: VARCHAR
      added: {type: TIMESTAMP, scale: tai}
"""
VIEWS = """
CREATE VIEW message_v AS SELECT m.*, w.day_obs FROM message AS m, partition_window AS w
WHERE m.added >= w.starts AND m.added < w.ends;
"""
MAPPING = """
prefixes: {prov: "http://www.w3.org/ns/prov#"}
mappings:
  message:
    sources: [message_v]
    subject: message/$(id)
    predicateobjects:
      - [a, prov:Entity]
      - [prov:generatedAtTime, $(added)]
"""
OPTIONS = {"first": "2025-11-01", "last": "2025-11-02", "retries": 0, "timeout": 5}


@pytest.fixture
def service() -> Iterator[Service]:
    with http_service() as running:
        yield running


def serve(service: Service, nights: dict[str, list[dict[str, str]]]) -> None:
    def messages(asked: Asked) -> Reply:
        offset, limit = int(asked.first("offset")), int(asked.first("limit"))
        return Reply(nights.get(asked.first("night"), [])[offset : offset + limit])

    service.answers["/messages"] = messages
    service.answers["/state"] = lambda asked: Reply(len(nights.get(asked.first("night"), [])))


def run(store: Path, folder: Path, service: Service) -> IngestReport:
    source = SourceSettings(mapping=str(folder), location=service.url, options=OPTIONS)
    return ingest(store, [source], Settings(), only_changed=True)


def told(store: Path) -> dict[str, str]:
    with Progenitor.open(store) as progenitor:
        found = progenitor.snapshot.graph.query(
            "SELECT ?s ?o WHERE { ?s <http://www.w3.org/ns/prov#generatedAtTime> ?o } ORDER BY ?s"
        )
        return {subject.value.rsplit("/", 1)[1]: time.value for subject, time in found}


def test_a_night_that_breaks_off_publishes_nothing_and_is_filled_in_by_the_next_sync(
    tmp_path: Path, service: Service
) -> None:
    store, folder = tmp_path / "store", write_folder(tmp_path / "log", MAPPING, VIEWS, SOURCE)
    Progenitor.create(store).close()
    first = [{"id": "a", "added": "2025-11-01T12:00:00"}, {"id": "before", "added": "2025-11-01T11:59:59"}]
    second = [{"id": id_, "added": "2025-11-03T11:59:59.5"} for id_ in ("b", "c", "d")]
    serve(service, {"20251101": first, "20251102": second})
    healthy = service.answers["/messages"]

    def breaks_off(asked: Asked) -> Reply:
        whole = healthy(asked)
        return (
            Reply(whole.body, sent=20) if asked.first("night") == "20251102" and asked.first("offset") == "2" else whole
        )

    service.answers["/messages"] = breaks_off
    report = run(store, folder, service)
    assert [record.partition.key for record in report.kept] == ["2025-11-01"]
    ((failed, error),) = report.failed
    assert (failed.key, error.exit_code) == ("2025-11-02", 4)
    assert told(store) == {"a": "2025-11-01T11:59:23Z"}

    service.answers["/messages"] = healthy
    report = run(store, folder, service)
    assert [partition.key for partition in report.skipped] == ["2025-11-01"]
    assert [(record.partition.key, record.rows) for record in report.kept] == [("2025-11-02", 4)]
    late = "2025-11-03T11:59:22.5Z"
    assert told(store) == {"a": "2025-11-01T11:59:23Z", "b": late, "c": late, "d": late}

    second.append({"id": "e", "added": "later"})
    report = run(store, folder, service)
    (record,) = report.kept
    assert record.set_aside == 1
    assert record.dead_letter is not None
    letter = json.loads((store / record.dead_letter).read_text())
    assert letter["record"] == {"id": "e", "added": "later"}
    assert "column 'added' is 'later', which is not a TIMESTAMP" in letter["reason"]
    assert not run(store, folder, service).kept
