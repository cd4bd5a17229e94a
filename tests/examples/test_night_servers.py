"""Real servers hold the simulated night as its files do, and the web services behave as the observatory's."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import psycopg
import pytest

from night.clock import utc_microseconds
from night.consdb_tables import rows_of
from night.encoding import topic_name
from night.files import loki_entries
from night.influxdb import RefusedError, write_night
from night.simulation import Night
from servers.influxdb import InfluxNotFoundError, influxdb_server
from servers.influxdb import Server as InfluxServer
from servers.observatory import (
    WebServices,
    create_consdb,
    efd_server,
    has_public_schema,
    load_consdb,
    load_efd,
    web_services,
)
from servers.postgresql import Server as PostgresServer

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def efd(night: Night) -> Iterator[InfluxServer]:
    try:
        with efd_server(night) as server:
            yield server
    except InfluxNotFoundError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))


@pytest.fixture
def services(night: Night) -> Iterator[WebServices]:
    with web_services(night) as running:
        yield running


def ask(url: str, method: str = "GET", body: Any = None, **query: Any) -> tuple[int, Any]:
    """Send a request and return the status and the JSON of the answer."""
    address = f"{url}?{urlencode(query, doseq=True)}" if query else url
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(address, data=data, method=method)) as answer:
            content = answer.read()
            return answer.status, json.loads(content) if content else None
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def counts(server: InfluxServer, database: str) -> dict[str, int]:
    """Return the number of points of every measurement."""
    answer = server.query("SELECT count(*) FROM /.*/", db=database, epoch="ns")
    return {series["name"]: max(n or 0 for n in series["values"][0][1:]) for series in answer["results"][0]["series"]}


def test_influxdb_holds_every_message_once(efd: InfluxServer, night: Night) -> None:
    times = utc_microseconds([message.sent for message in night.messages])
    points = {(topic_name(message), time) for message, time in zip(night.messages, times, strict=True)}
    assert counts(efd, "efd") == Counter(name for name, _ in points)
    assert counts(efd, "lsst.obsenv") == Counter(record.measurement for record in night.environment)


def test_a_point_has_the_fields_of_its_message(efd: InfluxServer, night: Night) -> None:
    message = next(m for m in night.messages if m.topic == "ScriptQueue.command_add" and m.index == 1)
    (time,) = utc_microseconds([message.sent])
    query = f'SELECT * FROM "lsst.sal.ScriptQueue.command_add" WHERE time = {time * 1000}'
    (series,) = efd.query(query, db="efd", epoch="ns")["results"][0]["series"]
    point = dict(zip(series["columns"], series["values"][0], strict=True))
    assert "\n" in message.fields["config"]
    assert point["config"] == message.fields["config"]
    assert point["private_seqNum"] == message.sequence
    assert point["private_identity"] == message.identity
    assert point["salIndex"] == message.index


def test_writing_the_night_as_it_grows_ends_in_the_same_points(efd: InfluxServer, night: Night) -> None:
    with influxdb_server() as server:
        middle = night.messages[len(night.messages) // 2].delivered
        load_efd(server, night.as_of(middle))
        assert sum(counts(server, "efd").values()) < sum(counts(efd, "efd").values())
        load_efd(server, night)
        assert counts(server, "efd") == counts(efd, "efd")


def test_influxdb_refuses_who_it_does_not_know(night: Night) -> None:
    try:
        with influxdb_server(auth=True) as server, pytest.raises(RefusedError, match="401"):
            write_night(server.url, night, user="nobody", password="wrong")
    except InfluxNotFoundError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("public", [True, False])
def test_postgresql_holds_the_rows_of_consdb(postgresql: PostgresServer, night: Night, public: bool) -> None:
    if public and not has_public_schema():
        pytest.skip("lsst-sdm-schemas and lsst-felis are not installed")
    uri = create_consdb(postgresql, f"consdb_{public}".lower(), public=public)
    load_consdb(uri, night)
    load_consdb(uri, night)  # a second time changes nothing
    with psycopg.connect(uri) as connection:
        for schema, tables in rows_of(night.inserts).items():
            for table, rows in tables.items():
                count = connection.execute(f"SELECT count(*) FROM {schema}.{table}").fetchone()
                assert count == (len(rows),)
        stored = connection.execute(
            "SELECT exposure_id, group_id, obs_start, science_program FROM cdb_lsstcam.exposure ORDER BY exposure_id"
        ).fetchall()
    expected = rows_of(night.inserts)["cdb_lsstcam"]["exposure"]
    assert [
        (id_, group, start.isoformat(timespec="microseconds"), program) for id_, group, start, program in stored
    ] == [(row["exposure_id"], row["group_id"], row["obs_start"], row["science_program"]) for row in expected]


def test_the_consdb_service_answers_queries(postgresql: PostgresServer, night: Night) -> None:
    uri = create_consdb(postgresql, "consdb_service", public=False)
    load_consdb(uri, night)
    with web_services(night, consdb=uri) as services:
        statement = "SELECT exposure_id, obs_start FROM cdb_latiss.exposure ORDER BY 1 LIMIT 1"
        status, answer = ask(f"{services.url}/consdb/query", "POST", {"query": statement})
        assert (status, answer["columns"]) == (200, ["exposure_id", "obs_start"])
        assert answer["data"] == [[2025110100001, "2025-11-02T03:00:45"]]
        assert ask(f"{services.url}/consdb/query", "POST", {"query": "DROP SCHEMA cdb_latiss CASCADE"})[0] == 500


@pytest.mark.parametrize("path", ["exposurelog/messages", "narrativelog/messages", "nightreport/reports"])
def test_invalid_messages_are_left_out_unless_asked_for(services: WebServices, night: Night, path: str) -> None:
    records = night.logbook(path.partition("/")[0]).records
    valid = [record for record in records if record["is_valid"]]
    assert 0 < len(valid) < len(records)
    url = f"{services.url}/{path}"
    assert ask(url) == ask(url, is_valid="true") == (200, valid)
    assert ask(url, is_valid="either") == (200, records)
    assert ask(url, is_valid="false") == (200, [record for record in records if not record["is_valid"]])


def test_messages_come_in_pages(services: WebServices, night: Night) -> None:
    url, records = f"{services.url}/exposurelog/messages", night.logbook("exposurelog").records
    pages = [ask(url, is_valid="either", offset=offset, limit=5)[1] for offset in range(0, len(records) + 5, 5)]
    assert [record for page in pages for record in page] == records
    assert pages[-1] == []


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"limit": 1}, 422),
        ({"limit": "many"}, 422),
        ({"offset": -1}, 422),
        ({"is_valid": "yes"}, 422),
        ({"min_day_obs": "today"}, 422),
        ({"order_by": "mood"}, 400),
    ],
)
def test_what_the_log_does_not_understand_is_refused(services: WebServices, query: dict[str, Any], status: int) -> None:
    assert ask(f"{services.url}/exposurelog/messages", **query)[0] == status


def test_a_minimum_is_inclusive_and_a_maximum_exclusive(services: WebServices, night: Night) -> None:
    url, day = f"{services.url}/exposurelog/messages", night.plan.day_obs
    everything = ask(url, is_valid="either")[1]
    assert ask(url, is_valid="either", min_day_obs=day, max_day_obs=day + 1)[1] == everything
    assert ask(url, is_valid="either", max_day_obs=day)[1] == []
    dates = sorted(record["date_added"] for record in everything)
    since = ask(url, is_valid="either", min_date_added=dates[2], max_date_added=dates[4])[1]
    assert sorted(record["date_added"] for record in since) == [date for date in dates if dates[2] <= date < dates[4]]
    chosen = ask(url, is_valid="either", instruments="LATISS", has_parent_id="false")[1]
    assert [record["instrument"] for record in chosen] == ["LATISS"]
    flagged = ask(url, is_valid="either", exposure_flags=["junk"], order_by=["-seq_num"])[1]
    assert [r["seq_num"] for r in flagged] == sorted((r["seq_num"] for r in flagged), reverse=True)


def test_an_edit_makes_a_child_and_a_deletion_names_nobody(services: WebServices) -> None:
    url = f"{services.url}/exposurelog/messages"
    parent = next(record for record in ask(url)[1] if record["parent_id"] is None)
    services.now = lambda: "2025-11-03T08:00:00.000000"
    status, child = ask(f"{url}/{parent['id']}", "PATCH", {"message_text": "seen again", "user_id": None})
    assert status == 200
    assert (child["parent_id"], child["user_id"], child["is_valid"]) == (parent["id"], parent["user_id"], True)
    assert ask(f"{url}/{parent['id']}")[1]["date_invalidated"] == child["date_added"] == services.now()
    services.now = lambda: "2025-11-03T09:00:00.000000"
    fork = ask(f"{url}/{parent['id']}", "PATCH", {"level": 30, "user_id": "other"})[1]
    assert ask(f"{url}/{parent['id']}")[1]["date_invalidated"] == fork["date_added"] != child["date_added"]
    services.now = lambda: "2025-11-03T10:00:00.000000"
    assert ask(f"{url}/{child['id']}", "DELETE") == (204, None)
    deleted = ask(f"{url}/{child['id']}")[1]
    assert (deleted["is_valid"], deleted["date_invalidated"], deleted["user_id"]) == (
        False,
        services.now(),
        parent["user_id"],
    )
    services.now = lambda: "2025-11-03T11:00:00.000000"
    ask(f"{url}/{child['id']}", "DELETE")
    assert ask(f"{url}/{child['id']}")[1] == deleted, "what is invalid is not deleted again"
    assert ask(f"{url}/no-such-message", "DELETE")[0] == ask(f"{url}/no-such-message")[0] == 404


def test_a_service_can_show_the_night_as_it_stood(services: WebServices, night: Night) -> None:
    url = f"{services.url}/exposurelog/messages"
    first = min(change.at for change in night.changes if change.log == "exposurelog")
    services.show(night.as_of(first))
    assert 0 < len(ask(url, is_valid="either")[1]) < len(night.logbook("exposurelog").records)
    services.show(night)
    assert ask(url, is_valid="either")[1] == night.logbook("exposurelog").records


def test_jira_gives_a_token_for_the_next_page(services: WebServices, night: Night) -> None:
    fault, order = (ticket["key"] for ticket in night.truth.tickets)
    url = f"{services.url}/rest/api/latest/search/jql"
    first = ask(url, maxResults=1)[1]
    second = ask(url, maxResults=1, nextPageToken=first["nextPageToken"])[1]
    assert [issue["key"] for page in (first, second) for issue in page["issues"]] == [fault, order]
    assert (first["isLast"], second["isLast"]) == (False, True)
    jql = 'project = OBS AND created >= "2025-11-01 12:00" AND created < "2025-11-02 12:00" ORDER BY created'
    assert [issue["key"] for issue in ask(url, jql=jql)[1]["issues"]] == [fault]
    assert ask(url, jql='created >= "2025-11-03"')[1]["issues"] == []
    assert ask(url, jql="mood = good")[0] == 400


def test_loki_gives_streams_of_a_window(services: WebServices, night: Night) -> None:
    url, entries = f"{services.url}/loki/api/v1/query_range", loki_entries(night)
    status, answer = ask(url, query='{app=~".+"}', direction="forward")
    values = sorted(
        (*value, stream["stream"]["app"]) for stream in answer["data"]["result"] for value in stream["values"]
    )
    assert status == 200
    assert values == sorted((entry["ns"], entry["line"], entry["labels"]["app"]) for entry in entries)
    window = {"start": entries[1]["ns"], "end": entries[3]["ns"]}
    answer = ask(url, query='{app="scriptqueue"}', direction="forward", **window)[1]
    assert [value[0] for stream in answer["data"]["result"] for value in stream["values"]] == [
        entry["ns"] for entry in entries[1:3]
    ]
    assert ask(url, query="")[0] == 400
