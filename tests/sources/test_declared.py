"""What the declared readers share: nights, time scales, placeholders, and values that fit a declared type or do not."""

from __future__ import annotations

import datetime
import math
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pytest
from astropy.time import Time
from hypothesis import assume, given
from hypothesis import strategies as st

from progenitor.errors import ConfigurationError, MappingError, Place, SourceError
from progenitor.mapping.staging import Staging
from progenitor.model import Partition, SourceDeclaration
from progenitor.sources.declared.blocks import BlockWriter, storable
from progenitor.sources.declared.columns import Column
from progenitor.sources.declared.conversion import convert
from progenitor.sources.declared.fitting import fit_each
from progenitor.sources.declared.nights import Night, NightRange, utc_of
from progenitor.sources.declared.placeholders import Template
from progenitor.sources.declared.scalars import FITS
from progenitor.sources.declared.times import EPOCH, from_datetime, tai_to_utc
from progenitor.sources.declared.window import Window
from progenitor.sources.reader import READERS
from support.sinks import Tables

DATES = st.dates(datetime.date(1972, 1, 2), datetime.date(2100, 1, 1))
INSTANTS = st.datetimes(datetime.datetime(1972, 1, 2), datetime.datetime(2100, 1, 1))
NOW = datetime.datetime(2025, 11, 2, 3, 0, tzinfo=datetime.UTC)
PLACE = Place("source.yml")


# ---- nights ----------------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::erfa.ErfaWarning")  # of the reference: leap seconds of years to come
@given(INSTANTS)
def test_every_instant_lies_in_the_night_that_its_tai_names(utc: datetime.datetime) -> None:
    night = Night.at(utc)
    assert utc_of(night.start) <= utc < utc_of(night.end)
    tai = Time(utc, scale="utc").tai.datetime
    assert night.date == (tai - datetime.timedelta(hours=12)).date()


@given(DATES)
def test_nights_follow_each_other_without_gap_or_overlap(date: datetime.date) -> None:
    night = Night(date)
    assert night.end == night.next.start
    assert Night.at(utc_of(night.start)) == night
    assert Night.at(utc_of(night.start) - datetime.timedelta(microseconds=1)).next == night
    assert Night.parse(night.key) == Night.parse(str(night.day_obs)) == night


def test_a_night_rolls_at_noon_of_tai_before_and_after_a_leap_second() -> None:
    assert utc_of(Night.parse("2016-12-31").start) == datetime.datetime(2016, 12, 31, 11, 59, 24)
    assert utc_of(Night.parse("2016-12-31").end) == datetime.datetime(2017, 1, 1, 11, 59, 23)
    assert utc_of(Night.parse("20251101").start) == datetime.datetime(2025, 11, 1, 11, 59, 23)


@pytest.mark.parametrize("text", ["", "2025", "2025-13-01", "20250229", "2025-11-1", "99991231", "00010101", "x"])
def test_what_is_no_night_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="not a"):
        list(NightRange().choose([text], NOW))


def keys(wanted: list[str], **options: Any) -> list[str]:
    return [night.key for night in NightRange.model_validate(options).choose(wanted, NOW)]


def test_nights_are_named_or_matched_or_all_of_a_range() -> None:
    assert keys(["20251105", "2025-10-30", "20251030"]) == ["2025-10-30", "2025-11-05"]
    assert keys([], first="2025-10-30") == ["2025-10-30", "2025-10-31", "2025-11-01"]
    assert keys([], first="20251030", last=20251031) == ["2025-10-30", "2025-10-31"]
    assert keys([], nights=2) == ["2025-10-31", "2025-11-01"]
    assert keys(["2025-10-*", "20251101"], nights="3") == ["2025-10-30", "2025-10-31", "2025-11-01"]
    assert keys(["2025113?"], first="2025-11-01") == []
    assert keys([], first="2025-11-02", last="2025-11-01") == []


@pytest.mark.parametrize("options", [{}, {"first": "2025-11-01", "nights": 3}, {"last": "2025-11-01"}])
def test_a_pattern_needs_to_know_which_nights_there_are(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=r"first.*nights.*--partition"):
        keys(["2025*"], **options)


def test_an_instant_with_a_zone_is_of_the_night_of_its_utc() -> None:
    zone = datetime.timezone(datetime.timedelta(hours=14))
    assert Night.at(datetime.datetime(2025, 11, 3, 1, 59, 22, tzinfo=zone)).key == "2025-11-01"
    assert Night.at(datetime.datetime(2025, 11, 3, 1, 59, 23, tzinfo=zone)).key == "2025-11-02"


def test_the_current_night_begins_at_noon_of_tai() -> None:
    range_ = NightRange(nights=1)
    edge = datetime.datetime(2025, 11, 2, 11, 59, 23, tzinfo=datetime.UTC)
    assert [night.key for night in range_.choose([], edge)] == ["2025-11-02"]
    assert [night.key for night in range_.choose([], edge - datetime.timedelta(microseconds=1))] == ["2025-11-01"]


# ---- time scales -----------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::erfa.ErfaWarning")
@given(st.lists(INSTANTS, max_size=20))
def test_tai_becomes_the_utc_of_astropy(instants: list[datetime.datetime]) -> None:
    micro = np.array([from_datetime(tai) for tai in instants], dtype=np.int64)
    for tai, utc in zip(instants, tai_to_utc(micro).tolist(), strict=True):
        expected = Time(tai, scale="tai").utc
        assume(expected.ymdhms["second"] < 60)
        assert EPOCH + datetime.timedelta(microseconds=utc) == expected.to_datetime()


def test_a_leap_second_is_the_first_second_of_the_next_day() -> None:
    tai = [datetime.datetime(2017, 1, 1, 0, 0, second) for second in (35, 36, 37)]
    utc = tai_to_utc(np.array([from_datetime(time) for time in tai], dtype=np.int64)).tolist()
    assert [str(EPOCH + datetime.timedelta(microseconds=time)) for time in utc] == [
        "2016-12-31 23:59:59",
        "2017-01-01 00:00:00",
        "2017-01-01 00:00:00",
    ]


def times(values: list[Any], **column: Any) -> list[Any]:
    array, misfits = convert(Column(name="t", type="TIMESTAMP", **column), values)
    return [misfits.get(row) or (value and str(value)) for row, value in enumerate(array.to_pylist())]


@pytest.mark.parametrize(
    ("value", "format"),
    [
        ("2025-11-01T12:00:00.25", "iso"),
        ("2025-11-01 12:00:00.250000", "iso"),
        (datetime.datetime(2025, 11, 1, 12, 0, 0, 250_000), "iso"),
        (1761998400.25, "unix"),
        ("1761998400.25", "unix"),
        (1761998400250, "unix_ms"),
        (1761998400250000, "unix_us"),
        (1761998400249999500, "unix_ns"),
        ("1761998400250000499", "unix_ns"),
        (60980.5 + 0.25 / 86_400, "mjd"),
    ],
)
def test_one_instant_in_every_format_and_both_scales(value: Any, format: str) -> None:
    assert times([value, None], format=format, scale="utc") == ["2025-11-01 12:00:00.250000", None]
    assert times([value, None], format=format, scale="tai") == ["2025-11-01 11:59:23.250000", None]


def test_a_zone_is_taken_as_it_says_and_contradicts_tai() -> None:
    assert times(["2025-11-01T01:00:00+02:00", "2025-11-01T00:00:00Z"]) == [
        "2025-10-31 23:00:00",
        "2025-11-01 00:00:00",
    ]
    (reason,) = times(["2025-11-01T00:00:00Z"], scale="tai")
    assert reason.endswith("is not a TIMESTAMP: it has a zone, but is declared TAI")


@pytest.mark.parametrize(
    ("value", "format"),
    [
        ("yesterday", "iso"),
        ("2025-02-30", "iso"),
        (5, "iso"),
        (True, "unix"),
        (1e300, "unix"),
        (math.nan, "unix"),
        (math.inf, "mjd"),
        (1.5, "unix_ns"),
        ("1_000", "unix_ms"),
        (2**70, "unix_us"),
        ([1], "unix"),
    ],
)
def test_what_is_no_time_is_a_misfit(value: Any, format: str) -> None:
    good: Any = "2025-11-01" if format == "iso" else 1
    first, second = times([value, good], format=format)
    assert first.startswith(f"column 't' is {value!r}, which is not a TIMESTAMP")
    assert second is not None and "misfit" not in second


@pytest.mark.filterwarnings("error")
@given(st.floats(), st.sampled_from(["unix", "mjd"]), st.sampled_from(["utc", "tai"]))
def test_no_number_breaks_a_time_column(number: float, format: str, scale: str) -> None:
    (result,) = times([number], format=format, scale=scale)
    assert isinstance(result, str)


# ---- values and types ------------------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.integers(-3, 3)
    | st.floats()
    | st.text(st.characters(), max_size=5)
    | st.sampled_from(["1", "-2.5", "true", "2025-11-01", "\ud800", "nan", " 7 ", "1_0"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=4,
)
TYPES = st.sampled_from(
    [*(name for name in FITS if name != "TIMESTAMP_NS"), "BIGINT[]", "VARCHAR[]", "DOUBLE[]", "BOOLEAN[]"]
)


@given(TYPES, st.lists(JSON, max_size=6))
def test_a_column_at_once_is_what_its_values_are_one_by_one(sql_type: str, values: list[Any]) -> None:
    column = Column(name="c", type=sql_type)
    array, misfits = convert(column, values)
    assert array.type == column.arrow
    together = array.to_pylist()
    for row, value in enumerate(values):
        alone, alone_misfits = convert(column, [value])
        assert (row in misfits) == bool(alone_misfits)
        assert misfits.get(row) == alone_misfits.get(0)
        assert repr(together[row]) == repr(alone.to_pylist()[0])
        assert value is None or together[row] is not None or row in misfits


@given(st.sampled_from(["BOOLEAN", "INTEGER", "BIGINT", "UBIGINT", "DOUBLE", "VARCHAR"]), st.lists(JSON, max_size=6))
def test_the_quick_way_gives_what_the_careful_one_does(sql_type: str, values: list[Any]) -> None:
    column = Column(name="c", type=sql_type)
    array, misfits = convert(column, values)
    careful, careful_misfits = fit_each(column, values, FITS[sql_type])
    assert misfits == careful_misfits
    assert repr(array.to_pylist()) == repr(pa.array(careful, type=column.arrow).to_pylist())


@pytest.mark.parametrize(
    ("sql_type", "value", "expected"),
    [
        ("BIGINT", 2.0, 2),
        ("BIGINT", "-17", -17),
        ("BIGINT", 2**63 - 1, 2**63 - 1),
        ("UBIGINT", 2**64 - 1, 2**64 - 1),
        ("DOUBLE", 10**18, 1e18),
        ("DOUBLE", 2**53 + 1, float(2**53)),
        ("DOUBLE", "1e3", 1000.0),
        ("BOOLEAN", 1, True),
        ("BOOLEAN", "False", False),
        ("VARCHAR", 7, "7"),
        ("VARCHAR", True, "true"),
        ("VARCHAR", 0.5, "0.5"),
        ("JSON", {"b": 1, "a": [None]}, '{"a":[null],"b":1}'),
        ("JSON", "text", '"text"'),
        ("DATE", "2025-11-01", datetime.date(2025, 11, 1)),
        ("bigint[]", ["1", None, 2.0], [1, None, 2]),
        ("VARCHAR[]", [], []),
    ],
)
def test_an_exact_value_is_taken_whatever_its_form(sql_type: str, value: Any, expected: Any) -> None:
    array, misfits = convert(Column(name="c", type=sql_type), [value, None])
    assert (array.to_pylist(), misfits) == ([expected, None], {})


@pytest.mark.parametrize(
    ("sql_type", "missing", "expected"),
    [
        ("VARCHAR", 0, [None, "1", None, "false", "true", "", None]),
        ("VARCHAR", False, ["0", "1", "0.0", None, "true", "", None]),
        ("VARCHAR", "", ["0", "1", "0.0", "false", "true", None, None]),
    ],
)
def test_a_value_may_stand_for_none(sql_type: str, missing: Any, expected: list[Any]) -> None:
    array, misfits = convert(Column(name="c", type=sql_type, missing=missing), [0, 1, 0.0, False, True, "", None])
    assert (array.to_pylist(), misfits) == (expected, {})


@pytest.mark.parametrize(
    ("sql_type", "value"),
    [
        ("BIGINT", 1.5),
        ("BIGINT", True),
        ("BIGINT", 2**63),
        ("BIGINT", "9" * 5000),
        ("INTEGER", 2**31),
        ("UBIGINT", -1),
        ("DOUBLE", True),
        ("DOUBLE", "1_0"),
        ("DOUBLE", 10**400),
        ("BOOLEAN", 2),
        ("VARCHAR", ["a"]),
        ("VARCHAR", {"a": 1}),
        ("VARCHAR", "\ud800"),
        ("VARCHAR", b"bytes"),
        ("DATE", "2025-11-31"),
        ("BIGINT[]", "abc"),
        ("BIGINT[]", [1, "x"]),
    ],
)
def test_what_would_lose_something_is_a_misfit(sql_type: str, value: Any) -> None:
    array, misfits = convert(Column(name="c", type=sql_type), [value])
    assert array.to_pylist() == [None]
    assert misfits[0].startswith("column 'c' is ")
    assert len(misfits[0]) < 200


@given(JSON)
def test_whatever_does_not_fit_can_be_stored_as_a_dead_letter(value: Any) -> None:
    orjson.dumps(storable({"v": value}))


def test_misfits_reach_the_dead_letters_of_a_real_staging(tmp_path: Path) -> None:
    columns = [Column(name="n", type="BIGINT"), Column(name="t", type="VARCHAR")]
    schema = pa.schema([("n", pa.int64()), ("t", pa.string())])
    with Staging(tmp_path, {"x": schema}) as staging:
        writer = BlockWriter("x", columns, staging, lambda rows: None)
        writer.add([[1, 2**80, "no"], ["a", "\ud800", "c"]])
        writer.flush()
        (first, second) = map(orjson.loads, staging.set_aside_file.read_bytes().splitlines())
        assert staging.connection.execute("SELECT * FROM x").fetchall() == [(1, "a")]
    assert first["record"] == {"n": str(2**80), "t": "\\ud800"}
    assert "column 'n'" in first["reason"]
    assert "; column 't'" in first["reason"]
    assert second["reason"] == "column 'n' is 'no', which is not a BIGINT"


@given(st.lists(st.integers(0, 40), max_size=12), st.integers(1, 8))
def test_blocks_hold_every_row_once_in_order(sizes: list[int], columns: int) -> None:
    declared = [Column(name=f"c{i}", type="BIGINT") for i in range(columns)]
    sink = Tables({"x": pa.schema([(column.name, pa.int64()) for column in declared])})
    told: list[int] = []
    writer = BlockWriter("x", declared, sink, told.append)
    writer._rows = 25
    rows = 0
    for size in sizes:
        writer.add([range(rows, rows + size)] * columns)
        rows += size
    writer.flush()
    assert sink.table("x")["c0"].to_pylist() == list(range(rows))
    assert sum(told) == rows
    assert all(block < 25 + 40 for block in told)


# ---- placeholders ----------------------------------------------------------------------------------------------------


@given(st.lists(st.sampled_from(["{", "}", "a", "€", "'", "{day_obs}", "{partition}", "{partition_start:tai}"])))
def test_text_around_placeholders_stays_as_it_is(pieces: list[str]) -> None:
    window = Window(Night.parse("2025-11-01"))
    text = "".join(piece if len(piece) > 1 else piece.replace("{", "{{").replace("}", "}}") for piece in pieces)
    filled = {"{day_obs}": "20251101", "{partition}": "2025-11-01", "{partition_start:tai}": "2025-11-01T12:00:00"}
    template = Template.parse(text, PLACE, by_night=True)
    assert template.fill(window) == "".join(filled.get(piece, piece) for piece in pieces)
    assert template.marked(lambda n: f"${n}").count("$") == len(template.values(window))


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "}",
        "{}",
        "{0}",
        "{day}",
        "{day_obs!r}",
        "{day_obs:tai}",
        "{partition_start:local}",
        "{partition_start:tai,utc}",
    ],
)
def test_a_placeholder_that_is_not_known_is_refused(text: str) -> None:
    with pytest.raises(MappingError, match=r"source\.yml.*placeholders: partition, day_obs"):
        Template.parse(text, PLACE, by_night=True)


@given(DATES, st.sampled_from(["utc", "tai"]))
def test_every_format_of_an_end_is_the_same_instant(date: datetime.date, scale: str) -> None:
    window = Window(Night(date))
    values = {
        format: Template.parse(f"{{partition_end:{scale},{format}}}", PLACE, by_night=True).values(window)[0]
        for format in ("iso", "naive", "unix", "unix_ms", "unix_us", "unix_ns", "mjd")
    }
    reading = window.night.end if scale == "tai" and window.night else window.end
    assert datetime.datetime.fromisoformat(values["iso"].removesuffix("Z")) == reading
    assert datetime.datetime.fromisoformat(values["naive"]) == reading
    assert values["unix_ns"] == values["unix_us"] * 1000 == from_datetime(reading) * 1000
    assert values["unix_ms"] == pytest.approx(values["unix"] * 1000, abs=1e-3)
    assert (values["mjd"] - 40_587) * 86_400 == pytest.approx(values["unix"], abs=1e-4)


# ---- what a source.yml declares --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reader", "table"),
    [
        ("influxdb", {"columns": {"a": "BIGINT"}}),
        ("http", {"path": "/x", "columns": {"a": "BIGINT"}}),
        ("sql", {"table": "x", "columns": {"a": "BIGINT"}}),
    ],
)
def test_the_tables_of_a_declaration_are_known_without_any_server(reader: str, table: dict[str, Any]) -> None:
    from importlib import import_module

    module = import_module(READERS[reader])
    declaration = SourceDeclaration(reader, {"t": table}, {"database": "x"}, Path("folder/source.yml"))
    schemas = module.declared_schemas(declaration)
    assert schemas["t"].field("a").type == pa.int64()
    assert schemas["partition_window"].names == ["partition", "day_obs", "starts", "ends"]
    with pytest.raises(MappingError, match="no tables"):
        module.declared_schemas(SourceDeclaration(reader, {}, {}, Path("folder/source.yml")))


def test_a_source_that_is_one_partition_has_no_other(tmp_path: Path) -> None:
    from support.readers import open_declared

    declaration = {"reader": "http", "tables": {"t": {"path": "/x", "columns": {"a": "BIGINT"}}}}
    opened = open_declared(tmp_path / "x", "http://127.0.0.1:1", declaration)
    assert list(opened.partitions()) == list(opened.partitions(["a*"])) == [Partition("x", "all")]
    with pytest.raises(SourceError, match=r"no partition 20251101.*day_obs in source\.yml"):
        list(opened.partitions(["20251101"]))
