"""Line protocol is read as InfluxDB reads it: every escape, texts over several lines, and what is no point."""

from __future__ import annotations

import json
import os
import urllib.parse
from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from progenitor.sources.exports import lineprotocol
from progenitor.sources.exports.lineprotocol import LineProtocol
from progenitor.sources.exports.merging import PointStore
from progenitor.sources.exports.points import Interest, Point, Unreadable, as_influxdb_gives
from servers.influxdb import InfluxNotFoundError, Server, influxdb_server
from support.line_protocol import START, Written, points

EVERYTHING = Interest(None)


def parse(*pieces: bytes, database: str | None = "d", interest: Interest | None = EVERYTHING) -> list[Any]:
    return list(LineProtocol(pieces, database, lambda database, measurement: interest))


def as_read(written: Written) -> Point:
    fields = {
        name: as_influxdb_gives(value) if isinstance(value, float) else value for name, value in written.fields.items()
    }
    return Point("d", written.measurement, tuple(sorted(written.tags.items())), written.time, fields)


# ---- what is written is read -----------------------------------------------------------------------------------------


@given(st.lists(points(), max_size=5), st.data())
def test_what_is_written_is_read_wherever_it_is_cut(written: list[Written], data: st.DataObject) -> None:
    body = "\n".join(point.line for point in written).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=6)))
    pieces = [body[a:b] for a, b in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    assert parse(*pieces) == [as_read(point) for point in written]


_BAD = [
    "nothing",
    "m v",
    "m v=",
    "m v=1 2 3",
    'm v="no end 1',
    "m,a v=1 1",
    "m,a= v=1 1",
    "m v=1.5i 1",
    "m v=yes 1",
    ",a=b v=1 1",
    "m v=1, w=2 1",
    "m v=9223372036854775808i 1",
    "m v=1e999 1",
    "m v=1 9223372036854775807",
    "m,a=b,a=c v=1 1",
    "m v=1",
]


@given(st.lists(st.one_of(points(), st.sampled_from(_BAD)), max_size=8))
@example([Written("m", {"v": "x"}, START), 'm v="no end 1', Written("m", {"v": 'y"'}, START)])
def test_a_line_that_is_no_point_costs_only_itself(given: list[Written | str]) -> None:
    line, expected = 1, []
    for entry in given:
        text = entry if isinstance(entry, str) else entry.line
        expected.append((line, entry) if isinstance(entry, str) else as_read(entry))
        line += text.count("\n") + 1
    body = "".join(f"{entry if isinstance(entry, str) else entry.line}\n" for entry in given).encode()
    found = [(entry.line, entry.text) if isinstance(entry, Unreadable) else entry for entry in parse(body)]
    assert found == expected


@pytest.mark.parametrize("line", _BAD)
def test_what_is_wrong_is_said(line: str) -> None:
    ((_, number, text, why),) = parse(b"# a comment\n\n" + line.encode())
    assert (number, text) == (3, line)
    assert why


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ('m a="x, y=1 \\"q\\" \\\\",b=1i 5', {"a": 'x, y=1 "q" \\', "b": 1}),
        ('m a="one\nm b=2 7\nthree" 5', {"a": "one\nm b=2 7\nthree"}),
        (r'm a="\n \q" 5', {"a": r"\n \q"}),
        ("m a=t,b=T,c=true,d=True,e=TRUE 5", dict.fromkeys("abcde", True)),
        ("m a=f,b=F,c=false,d=False,e=FALSE 5", dict.fromkeys("abcde", False)),
        ("m a=-1i,b=.5,c=2.,d=1E-3,e=3u 5", {"a": -1, "b": 0.5, "c": 2, "d": 0.001, "e": 3}),
        (r"m a\ b=1i,c\,d=2i,e\=f=3i 5", {"a b": 1, "c,d": 2, "e=f": 3}),
        ("m a=1i,a=2i 5", {"a": 2}),
        ("  m  a=1i  5 \r", {"a": 1}),
        ("m a=5e-324,b=1.7976931348623157e308 5", {"a": 5e-324, "b": 1.7976931348623157e308}),
    ],
)
def test_every_form_of_a_field_is_read(line: str, fields: dict[str, Any]) -> None:
    assert parse(f"{line}\n".encode()) == [Point("d", "m", (), 5, fields)]


def test_a_text_may_be_as_long_as_a_point_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lineprotocol, "LONGEST_POINT", 1000)
    for length, readable in ((900, True), (2000, False)):
        body = f'm v="{"x" * length}" 5\nm w=1i 6\n'.encode()
        first, second = parse(*(body[at : at + 100] for at in range(0, len(body), 100)))
        assert isinstance(first, Point) is readable
        assert second == Point("d", "m", (), 6, {"w": 1})


def test_a_text_that_never_ends_leaves_the_lines_after_it_readable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lineprotocol, "LONGEST_POINT", 1000)
    body = b'm v="never 5\n' + b"".join(b"m w=1i %d\n" % time for time in range(500))
    wrong, *good = parse(*(body[at : at + 100] for at in range(0, len(body), 100)))
    assert isinstance(wrong, Unreadable)
    assert [point.time for point in good] == list(range(500))


def test_only_what_is_wanted_is_read() -> None:
    body = b"m a=1i,b=2i 5\nn a=1i 5\nm b=1i 6\nm a=3i 9\n"

    def interest(database: str, measurement: str) -> Interest | None:
        return Interest(frozenset({"a"}), 5, 9) if measurement == "m" else None

    reader = LineProtocol([body], "d", interest)
    assert list(reader) == [Point("d", "m", (), 5, {"a": 1})]
    assert reader.points == 4


def test_an_export_of_influx_inspect_tells_its_databases() -> None:
    body = (
        b"# INFLUXDB EXPORT: 1677-09-21T00:12:43Z - 2262-04-11T23:47:16Z\n"
        b"# DDL\nCREATE DATABASE efd WITH NAME autogen\n"
        b"# DML\n# CONTEXT-DATABASE:efd\n# CONTEXT-RETENTION-POLICY:autogen\n# writing tsm data\nm a=1i 5\nm b=2i 5\n"
        b"# CONTEXT-DATABASE:lsst.obsenv\nm a=3i 5\n"
    )
    assert parse(body, database=None) == [
        Point("efd", "m", (), 5, {"a": 1}),
        Point("efd", "m", (), 5, {"b": 2}),
        Point("lsst.obsenv", "m", (), 5, {"a": 3}),
    ]


# ---- what InfluxDB makes of the same lines ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def influx() -> Iterator[Server]:
    try:
        with influxdb_server() as server:
            server.create_database("d")
            yield server
    except InfluxNotFoundError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))


def merged(lines: Iterable[Any]) -> set[str]:
    with PointStore() as store:
        for point in lines:
            store.add(point)
        return {
            json.dumps([point.measurement, sorted(point.tags), point.time, sorted(point.fields.items())])
            for point in store.merged()
        }


def asked(server: Server, prefix: str) -> set[str]:
    form = {"q": f"SELECT * FROM /^{prefix}/ GROUP BY *", "db": "d", "epoch": "ns"}
    answer = json.loads(server._post("/query", urllib.parse.urlencode(form).encode()))
    found = set()
    for series in answer["results"][0].get("series", ()):
        tags = sorted([name, value] for name, value in series.get("tags", {}).items() if value)
        for time, *values in series["values"]:
            named = zip(series["columns"][1:], values, strict=True)
            fields = sorted([name, value] for name, value in named if value is not None)
            found.add(json.dumps([series["name"], tags, time, fields]))
    return found


_SAME_TYPE = points(st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False)) | st.builds(
    Written,
    st.sampled_from(["m", "n"]),
    st.dictionaries(st.sampled_from("ab"), st.integers(-(2**53), 2**53).map(float), min_size=1),
    st.integers(START, START + 3),
    st.dictionaries(st.sampled_from("tu"), st.sampled_from("xy")),
)
"""A field has one type in all of them, as InfluxDB demands; many say something of the same point."""

_NUMBER = count()


@pytest.mark.server
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_SAME_TYPE, max_size=12) | points().map(lambda point: [point]))
def test_the_points_are_those_that_influxdb_has(influx: Server, written: list[Written]) -> None:
    prefix = f"number{next(_NUMBER)}_"  # measurements of their own cost less than a database
    lines = [f"{prefix}{point.line}" for point in written]
    if lines:
        influx.write("d", lines)
    assert merged(parse("\n".join(lines).encode())) == asked(influx, prefix)


@pytest.mark.server
@pytest.mark.parametrize("line", [line for line in _BAD if line != "m v=1"])
def test_what_is_no_point_is_none_for_influxdb_either(influx: Server, line: str) -> None:
    with pytest.raises(RuntimeError, match="400"):
        influx.write("d", [line])
