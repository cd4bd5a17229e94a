"""The http reader against a real service on loopback: paging, placeholders, credentials, and every way to fail."""

from __future__ import annotations

import datetime
import json
import math
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from progenitor.errors import ConfigurationError, MappingError, SourceError
from support.http_service import Asked, Reply, Service, http_service
from support.readers import open_declared, read_partition

QUICK = {"backoff": 0.01, "timeout": 5}
ROWS = [{"id": f"m{i}", "n": i, "tags": [str(i), "x"], "user": {"name": "mira"}} for i in range(7)]
COLUMNS = {"id": "VARCHAR", "n": "BIGINT", "tags": "VARCHAR[]", "who": {"field": "user.name", "type": "VARCHAR"}}
WANTED = [{"id": row["id"], "n": row["n"], "tags": row["tags"], "who": "mira"} for row in ROWS]


@pytest.fixture
def service() -> Iterator[Service]:
    with http_service() as running:
        yield running


def source(table: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"reader": "http", **more, "tables": {"message": {"columns": COLUMNS, **table}}}


def read(tmp_path: Path, service: Service, table: dict[str, Any], key: str = "all", **options: Any) -> Any:
    return read_partition(open_declared(tmp_path / "log", service.url, source(table), **QUICK | options), key)


OFFSET = {"path": "/messages", "page": {"style": "offset", "limit": 3}}


# ---- paging ---------------------------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(count=st.integers(0, 25), limit=st.integers(2, 12), most=st.integers(1, 12), style=st.sampled_from("ocl"))
def test_every_row_is_read_once_however_pages_are_cut(
    tmp_path: Path, service: Service, count: int, limit: int, most: int, style: str
) -> None:
    rows = [{"id": f"m{i}", "n": i} for i in range(count)]
    service.by_offset("/o", rows, most=most)
    service.by_cursor("/c", rows, size=most)
    service.by_link("/l", rows, size=most)
    table = {
        "o": {"path": "/o", "page": {"style": "offset", "limit": limit}},
        "c": {
            "path": "c",
            "rows": "issues",
            "page": {"style": "cursor", "param": "nextPageToken", "next": "nextPageToken"},
        },
        "l": {"path": "/l", "page": {"style": "link"}},
    }[style]
    assert [row["n"] for row in read(tmp_path, service, table).rows("message")] == list(range(count))


def test_nested_fields_and_lists_are_columns(tmp_path: Path, service: Service) -> None:
    service.by_offset("/messages", ROWS)
    assert read(tmp_path, service, OFFSET).rows("message") == WANTED


def test_a_key_with_dots_goes_before_a_path_and_null_is_no_rows(tmp_path: Path, service: Service) -> None:
    row = {"a.b": 1, "a": {"b": 2, "c": {"d": 3}}}
    columns = {"first": {"field": "a.b", "type": "BIGINT"}, "second": {"field": "a.c.d", "type": "BIGINT"}}
    service.answers["/x"] = lambda asked: Reply({"data": {"result": [row]}})
    service.answers["/y"] = lambda asked: Reply({"data": {"result": None}})
    table = {"path": "/x", "rows": "data.result", "columns": columns}
    assert read(tmp_path, service, table).rows("message") == [{"first": 1, "second": 3}]
    assert read(tmp_path, service, {**table, "path": "/y"}).rows("message") == []


def test_a_cursor_goes_into_the_body_of_a_post(tmp_path: Path, service: Service) -> None:
    service.by_cursor("/search", ROWS, size=4)
    page = {"style": "cursor", "param": "nextPageToken", "next": "nextPageToken"}
    table = {"path": "/search", "body": {"jql": "project = OBS"}, "rows": "issues", "page": page}
    assert read(tmp_path, service, table).rows("message") == WANTED
    assert [json.loads(asked.body) for asked in service.asked] == [
        {"jql": "project = OBS"},
        {"jql": "project = OBS", "nextPageToken": "4"},
    ]


@pytest.mark.parametrize(
    "table",
    [
        {"path": "/x", "page": {"style": "offset", "limit": 2}},
        {"path": "/x", "rows": "issues", "page": {"style": "cursor", "param": "token", "next": "next"}},
        {"path": "/x", "page": {"style": "link"}},
    ],
)
def test_a_service_that_gives_the_same_page_again_is_an_error(
    tmp_path: Path, service: Service, table: dict[str, Any]
) -> None:
    page = {"issues": [], "next": "1"} if "rows" in table else ROWS[:2]
    service.answers["/x"] = lambda asked: Reply(page, headers={"Link": '</x>; rel="next"'})
    with pytest.raises(SourceError, match="same page twice"):
        read(tmp_path, service, table)


def test_a_link_to_another_server_gets_no_credentials(
    tmp_path: Path, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "very-secret")
    with http_service() as other:
        other.answers["/x"] = lambda asked: Reply([])
        service.answers["/x"] = lambda asked: Reply(ROWS, headers={"Link": f'<{other.url}/x>; rel="next"'})
        with pytest.raises(SourceError, match="is not of the server"):
            read(tmp_path, service, {"path": "/x", "page": {"style": "link"}}, token_env="TOKEN")
        assert other.asked == []


def serve_log(service: Service, entries: list[tuple[int, str, str]]) -> None:
    """Serve entries of (nanoseconds, stream, line) as Loki does: oldest first, cut at the limit, grouped by stream."""

    def answer(asked: Asked) -> Reply:
        assert asked.first("direction") == "forward"
        start, end, limit = (int(asked.first(name)) for name in ("start", "end", "limit"))
        chosen = sorted((entry for entry in entries if start <= entry[0] < end), key=lambda entry: entry[0])[:limit]
        streams = [
            {"stream": {"app": app}, "values": [[str(ns), line] for ns, of, line in chosen if of == app]}
            for app in sorted({app for _, app, _ in chosen})
        ]
        return Reply({"data": {"result": streams}})

    service.answers["/log"] = answer


def log_table(limit: int) -> dict[str, Any]:
    return {
        "path": "/log",
        "params": {"start": 0, "end": 10**19},
        "rows": [
            {"at": "data.result", "name": "stream"},
            {"at": "values", "name": "entry", "elements": ["ns", "line"]},
        ],
        "page": {"style": "time", "time": "entry.ns", "limit": limit},
        "columns": {
            "n": {"field": "entry.ns", "type": "BIGINT"},
            "app": {"field": "stream.stream.app", "type": "VARCHAR"},
            "line": {"field": "entry.line", "type": "VARCHAR"},
        },
    }


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    entries=st.lists(st.tuples(st.integers(1, 6), st.sampled_from("ab"), st.sampled_from("xy")), max_size=25),
    limit=st.integers(2, 12),
)
def test_pages_by_time_give_every_row_once_wherever_an_instant_is_cut(
    tmp_path: Path, service: Service, entries: list[tuple[int, str, str]], limit: int
) -> None:
    entries = [(1_762_049_232_100_000_000 + ns, app, line) for ns, app, line in entries]
    serve_log(service, entries)
    at_one_instant = Counter(ns for ns, _, _ in entries)
    if max(at_one_instant.values(), default=0) >= limit:
        with pytest.raises(SourceError, match=r"rows of one instant \(17620492321\d+\) or more.*raise limit"):
            read(tmp_path, service, log_table(limit))
        return
    found = read(tmp_path, service, log_table(limit)).rows("message")
    assert sorted((row["n"], row["app"], row["line"]) for row in found) == sorted(entries)


def test_a_row_of_a_nested_list_that_has_another_form_is_set_aside(tmp_path: Path, service: Service) -> None:
    result = [{"stream": {"app": "a"}, "values": [["1", "x"], ["2"], "y"]}, {"stream": None, "values": None}]
    service.answers["/log"] = lambda asked: Reply({"data": {"result": result}})
    tables = read(tmp_path, service, log_table(5) | {"page": None})
    assert tables.rows("message") == [{"n": 1, "app": "a", "line": "x"}]
    assert [reason for _, _, reason in tables.aside] == ["the row is not an object"] * 2


def test_levels_may_be_several_deep(tmp_path: Path, service: Service) -> None:
    issues = [
        {"key": "A-1", "log": {"histories": [{"by": "mira", "items": [{"to": "x"}, {"to": "y"}]}]}},
        {"key": "A-2", "log": {"histories": []}},
        {"key": "A-3", "log": {"histories": [{"by": "tomo", "items": [{"to": "z"}]}, {"by": "mira", "items": None}]}},
    ]
    service.by_cursor("/search", issues, size=2)
    table = {
        "path": "/search",
        "rows": [
            {"at": "issues", "name": "issue"},
            {"at": "log.histories", "name": "change"},
            {"at": "items", "name": "item"},
        ],
        "page": {"style": "cursor", "param": "nextPageToken", "next": "nextPageToken"},
        "columns": {
            name: {"field": field, "type": "VARCHAR"}
            for name, field in {"key": "issue.key", "by": "change.by", "to": "item.to"}.items()
        },
    }
    found = [tuple(row.values()) for row in read(tmp_path, service, table).rows("message")]
    assert found == [("A-1", "mira", "x"), ("A-1", "mira", "y"), ("A-3", "tomo", "z")]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([["1", "x"], ["soon", "y"]], "has 'soon' at 'entry.ns' where its time should be"),
        ([["1", "x"], [None, "y"]], "has None at 'entry.ns'"),
        ("x", "no list at 'values'"),
    ],
)
def test_pages_by_time_need_a_time_in_every_row(tmp_path: Path, service: Service, values: Any, words: str) -> None:
    service.answers["/log"] = lambda asked: Reply({"data": {"result": [{"stream": {}, "values": values}]}})
    with pytest.raises(SourceError, match=words):
        read(tmp_path, service, log_table(5))


def test_a_service_that_does_not_know_the_start_is_an_error(tmp_path: Path, service: Service) -> None:
    values = [[str(ns), "x"] for ns in range(5)]
    service.answers["/log"] = lambda asked: Reply({"data": {"result": [{"stream": {}, "values": values}]}})
    with pytest.raises(SourceError, match=r"same page twice.*'start'"):
        read(tmp_path, service, log_table(5))


# ---- forms of answers ------------------------------------------------------------------------------------------------


def test_columns_and_data_are_rows_too(tmp_path: Path, service: Service) -> None:
    def answer(asked: Asked) -> Reply:
        assert json.loads(asked.body) == {"query": "SELECT 1 WHERE day_obs = 20251101", "day": 20251101}
        return Reply({"columns": ["n", "id", "other"], "data": [[1, "a", 0], [2, "b", 0], [3], "x"]})

    service.answers["/consdb/query"] = answer
    declaration = source(
        {
            "path": "/query",
            "body": {"query": "SELECT 1 WHERE day_obs = {day_obs}", "day": "{day_obs}"},
            "rows": {"names": "columns", "values": "data"},
            "columns": {"id": "VARCHAR", "n": "DOUBLE"},
        },
        partition="day_obs",
    )
    tables = read_partition(open_declared(tmp_path / "c", service.url + "/consdb/", declaration, **QUICK), "20251101")
    assert tables.rows("message") == [{"id": "a", "n": 1.0}, {"id": "b", "n": 2.0}]
    assert [reason for _, _, reason in tables.aside] == ["the row is not a list of 3 values"] * 2


def test_a_matrix_without_a_declared_column_is_an_error(tmp_path: Path, service: Service) -> None:
    service.answers["/q"] = lambda asked: Reply({"columns": ["n"], "data": []})
    table = {"path": "/q", "rows": {"names": "columns", "values": "data"}, "columns": {"id": "VARCHAR"}}
    with pytest.raises(SourceError, match=r"has no column 'id'.*it has n"):
        read(tmp_path, service, table)


def test_what_python_writes_as_json_is_read(tmp_path: Path, service: Service) -> None:
    service.answers["/x"] = lambda asked: Reply(b'[{"v": NaN, "t": "a"}, {"v": -Infinity, "t": "\\ud800"}, "\\ud800"]')
    tables = read(tmp_path, service, {"path": "/x", "columns": {"v": "DOUBLE", "t": "VARCHAR"}})
    (row,) = tables.rows("message")
    assert math.isnan(row["v"])
    # As a file of JSON can hold them, too.
    assert [record for _, record, _ in tables.aside] == [{"row": "\\ud800"}, {"v": -math.inf, "t": "\\ud800"}]


def test_rows_with_values_that_do_not_fit_are_set_aside_and_the_others_go_on(tmp_path: Path, service: Service) -> None:
    rows = [{"n": 1}, {"n": "abc"}, {"n": 2.5}, 7, {}, {"n": True}, {"n": "4"}, {"n": 10**30}]
    service.answers["/x"] = lambda asked: Reply(rows)
    tables = read(tmp_path, service, {"path": "/x", "columns": {"n": "BIGINT"}})
    assert [row["n"] for row in tables.rows("message")] == [1, None, 4]
    assert [(record, reason) for _, record, reason in tables.aside] == [
        ({"row": 7}, "the row is not an object"),
        ({"n": "abc"}, "column 'n' is 'abc', which is not a BIGINT"),
        ({"n": 2.5}, "column 'n' is 2.5, which is not a BIGINT"),
        ({"n": True}, "column 'n' is True, which is not a BIGINT"),
        ({"n": 1e30}, "column 'n' is 1e+30, which is not a BIGINT: out of range"),
    ]


@pytest.mark.parametrize(
    ("body", "table", "words"),
    [
        ({"detail": []}, {}, r"is not a list.*keys detail"),
        ({"a": {"b": 1}}, {"rows": "a.b"}, r"no list at 'a\.b'"),
        (b"<html>hello</html>", {}, r"not JSON.*<html>"),
        (b'[{"id": "x"', {}, "not JSON"),
    ],
)
def test_an_answer_of_another_form_is_an_error(
    tmp_path: Path, service: Service, body: Any, table: dict[str, Any], words: str
) -> None:
    service.answers["/x"] = lambda asked: Reply(body)
    with pytest.raises(SourceError, match=words) as caught:
        read(tmp_path, service, {"path": "/x", **table})
    assert f"{service.url}/x" in str(caught.value)
    assert "table 'message'" in str(caught.value)


# ---- nights and placeholders -----------------------------------------------------------------------------------------


def test_placeholders_are_what_each_service_wants(tmp_path: Path, service: Service) -> None:
    service.answers["/x/2025-11-01"] = lambda asked: Reply([])
    params = {
        "min_day_obs": "{day_obs}",
        "max_day_obs": "{next_day_obs}",
        "from": "{partition_start}",
        "tai": "{partition_start:tai}",
        "naive": "{partition_end:naive}",
        "ns": "{partition_start:unix_ns}",
        "ms": "{partition_end:unix_ms}",
        "tai_s": "{partition_start:tai,unix}",
        "mjd": "{partition_start:tai,mjd}",
        "many": ["a", "{{b}}"],
        "valid": True,
    }
    declaration = source({"path": "/x/{partition}", "params": params}, partition="day_obs")
    read_partition(open_declared(tmp_path / "log", service.url, declaration, **QUICK), "20251101")
    assert service.asked[0].params == {
        "min_day_obs": ["20251101"],
        "max_day_obs": ["20251102"],
        "from": ["2025-11-01T11:59:23Z"],
        "tai": ["2025-11-01T12:00:00"],
        "naive": ["2025-11-02T11:59:23"],
        "ns": ["1761998363000000000"],
        "ms": ["1762084763000"],
        "tai_s": ["1761998400"],
        "mjd": ["60980.5"],
        "many": ["a", "{b}"],
        "valid": ["true"],
    }


def test_a_partition_tells_its_window(tmp_path: Path, service: Service) -> None:
    service.answers["/x"] = lambda asked: Reply([])
    opened = open_declared(tmp_path / "log", service.url, source({"path": "/x"}, partition="day_obs"))
    assert read_partition(opened, "2025-11-01").rows("partition_window") == [
        {
            "partition": "2025-11-01",
            "day_obs": 20251101,
            "starts": datetime.datetime(2025, 11, 1, 11, 59, 23),
            "ends": datetime.datetime(2025, 11, 2, 11, 59, 23),
        }
    ]


def test_the_whole_source_has_no_window(tmp_path: Path, service: Service) -> None:
    service.answers["/x"] = lambda asked: Reply([])
    (row,) = read(tmp_path, service, {"path": "/x"}).rows("partition_window")
    assert row == {"partition": "all", "day_obs": None, "starts": None, "ends": None}


def test_a_fingerprint_is_asked_for_each_night(tmp_path: Path, service: Service) -> None:
    counts = {"20251101": 3, "20251102": 4}
    service.answers["/count"] = lambda asked: Reply({"n": counts[asked.first("day")]})
    declaration = source(
        {"path": "/x"}, partition="day_obs", fingerprint={"path": "/count", "params": {"day": "{day_obs}"}}
    )
    opened = open_declared(tmp_path / "log", service.url, declaration, first="2025-11-01", last=20251102)
    before = {partition.key: partition.fingerprint for partition in opened.partitions()}
    counts["20251102"] = 5
    after = {partition.key: partition.fingerprint for partition in opened.partitions()}
    assert before["2025-11-01"] == after["2025-11-01"]
    assert None is not before["2025-11-02"] != after["2025-11-02"]


# ---- credentials -----------------------------------------------------------------------------------------------------


def test_a_token_or_a_password_comes_from_the_environment(
    tmp_path: Path, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.by_offset("/messages", ROWS)
    monkeypatch.setenv("A_SECRET", "s3cret\n")
    service.require_token("s3cret")
    assert read(tmp_path, service, OFFSET, token_env="A_SECRET").rows("message") == WANTED
    service.require_password("mira", "s3cret")
    assert read(tmp_path, service, OFFSET, user="mira", password_env="A_SECRET").rows("message") == WANTED


def test_a_refused_secret_is_in_no_message(
    tmp_path: Path, service: Service, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    service.require_token("right")
    monkeypatch.setenv("A_SECRET", "wr0ng-s3cret")
    caplog.set_level("DEBUG")
    with pytest.raises(SourceError, match="refused the credentials") as caught:
        read(tmp_path, service, OFFSET, token_env="A_SECRET")
    assert "no access with Bearer ***" in str(caught.value)
    assert "wr0ng" not in repr(caught.value) + caplog.text


@pytest.mark.parametrize("value", [None, "", "two\nlines", "ümlaut"])
def test_a_secret_that_is_not_there_or_no_header_can_hold_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    monkeypatch.delenv("A_SECRET", raising=False)
    if value is not None:
        monkeypatch.setenv("A_SECRET", value)
    with pytest.raises(ConfigurationError, match="A_SECRET") as caught:
        open_declared(tmp_path / "log", "http://127.0.0.1", source(OFFSET), token_env="A_SECRET")
    assert not value or value not in str(caught.value)


def test_a_password_in_the_url_is_refused_and_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="holds a password") as caught:
        open_declared(tmp_path / "log", "http://mira:s3cret@127.0.0.1/log", source(OFFSET))
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "options", [{"user": "mira"}, {"password_env": "X"}, {"user": "m", "password_env": "X", "token_env": "X"}]
)
def test_half_or_two_credentials_are_refused(tmp_path: Path, options: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="password_env"):
        open_declared(tmp_path / "log", "http://127.0.0.1", source(OFFSET), **options)


# ---- failures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_may_pass_is_asked_again(tmp_path: Path, service: Service, status: int) -> None:
    service.by_offset("/messages", ROWS)
    service.fail(Reply({}, status), Reply(reset=True), Reply(ROWS, sent=10), Reply([], status, {"Retry-After": "0"}))
    assert read(tmp_path, service, OFFSET).rows("message") == WANTED
    assert [asked.first("offset") for asked in service.asked] == ["0"] * 5 + ["3", "6", "7"]


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply({}, 503), r"503 Service Unavailable\).*asked 3 times"),
        (Reply(reset=True), r"closed the connection before its answer was complete.*asked 3 times"),
        (Reply(ROWS, sent=10), r"closed the connection before its answer was complete.*asked 3 times"),
        (Reply(pause=30), r"no answer within 0\.2 s.*raise the option timeout"),
        (Reply(ROWS, pause=30), r"no answer within 0\.2 s"),
        (Reply(b"\x1f\x8b\x08junk", headers={"Content-Encoding": "gzip"}), "broke off its answer"),
    ],
    ids=["busy", "reset", "half", "silent", "stalls", "bad gzip"],
)
def test_a_server_that_keeps_failing_is_one_clear_error(
    tmp_path: Path, service: Service, reply: Reply, words: str
) -> None:
    service.fail(*[reply] * 3)
    with pytest.raises(SourceError, match=words) as caught:
        read(tmp_path, service, OFFSET, retries=2, timeout=0.2)
    assert str(caught.value).startswith(f"{service.url}/messages: ")
    assert "table 'message'" in str(caught.value)
    assert len(service.asked) == 3


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply({"detail": [{"loc": ["query", "limit"]}]}, 422), r"422 .*\"limit\""),
        (Reply({"detail": "Traceback: boom"}, 500), r"500 Internal Server Error\): .*boom"),
        (Reply("no", 404), r"knows no such path \(404"),
        (Reply("", 301, {"Location": "http://elsewhere/"}), r"moved to 'http://elsewhere/'"),
        (Reply({}, 429, {"Retry-After": "3600"}), r"left alone for 3600 s"),
        (Reply({}, 503, {"Retry-After": "Fri, 31 Dec 2199 23:59:59 GMT"}), r"left alone for \d+ s"),
        (Reply(b"[" + b"1," * 40_000 + b"1]"), r"larger than 64\.0KiB.*largest_answer"),
        (Reply(b"[" + b" " * 5000 + b"]", pause=0.1), r"not complete after 0\.15 s"),
    ],
    ids=["422", "500", "404", "moved", "later", "much later", "large", "slow"],
)
def test_what_does_not_pass_is_not_asked_again(tmp_path: Path, service: Service, reply: Reply, words: str) -> None:
    service.fail(reply)
    limits = {"largest_answer": "64KiB", "deadline": 0.15 if reply.pause else 60}
    with pytest.raises(SourceError, match=words):
        read(tmp_path, service, OFFSET, **limits)
    assert len(service.asked) == 1


def test_a_server_that_is_not_there_is_one_clear_error(tmp_path: Path) -> None:
    with http_service() as gone:
        pass
    with pytest.raises(SourceError, match=r"cannot be reached.*refused.*is the server up"):
        read(tmp_path, gone, OFFSET, retries=1)


def test_repetitions_wait_twice_as_long_each_time(
    tmp_path: Path, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    service.by_offset("/messages", ROWS)
    service.fail(Reply({}, 503), Reply({}, 503), Reply({}, 503, {"Retry-After": "7"}), Reply({}, 503))
    read(tmp_path, service, OFFSET, backoff=0.5)
    assert waited == [0.5, 1.0, 7.0, 4.0]


# ---- declarations ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({}, r"tables\.message\.path.*missing"),
        ({"path": "/x", "colour": "red"}, r"'colour' is not known.*path, params"),
        ({"path": "/x?limit=5"}, r"tables\.message\.path"),
        ({"path": "/x", "columns": {}}, r"tables\.message\.columns"),
        ({"path": "/x", "columns": {"a": "INT"}}, r"columns\.a\.type.*BIGINT"),
        ({"path": "/x", "columns": {"a": "TIMESTAMP[]"}}, r"columns\.a\.type"),
        ({"path": "/x", "columns": {"a": {"type": "VARCHAR", "scale": "tai"}}}, "for times"),
        ({"path": "/x", "columns": {"a": "TIMESTAMP_NS"}}, "unix_ns"),
        ({"path": "/x", "page": {"style": "offset", "limit": 1}}, "limit"),
        ({"path": "/x", "page": {"style": "number"}}, "page"),
        ({"path": "/x", "params": {"a": "{nigth}"}}, r"no placeholder \{nigth\}.*partition_start"),
        ({"path": "/x", "params": {"a": "{day_obs}"}}, r"needs partition: day_obs"),
        ({"path": "/x", "body": {"a": ["{"]}}, r"tables\.message"),
    ],
)
def test_a_source_that_says_what_is_not_known_is_refused(tmp_path: Path, table: dict[str, Any], words: str) -> None:
    with pytest.raises(MappingError, match=words) as caught:
        open_declared(tmp_path / "log", "http://127.0.0.1", source(table))
    assert "source.yml" in str(caught.value)


@pytest.mark.parametrize(
    ("location", "options", "words"),
    [
        ("ftp://x", {}, "not the URL of a server"),
        ("exposurelog", {}, "neither a file or folder nor the URL of a server"),
        ("http://x", {"colour": "red"}, "colour"),
        ("http://x", {"timeout": "soon"}, "timeout"),
        ("http://x", {"partition": "week"}, "partition"),
        ("http://x", {"first": "yesterday"}, "yesterday"),
    ],
)
def test_a_location_or_option_that_cannot_be_is_refused(
    tmp_path: Path, location: str, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigurationError, match=words):
        open_declared(tmp_path / "log", location, source(OFFSET), **options)
