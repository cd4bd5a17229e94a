"""Every literal that a mapping writes is the one Oxigraph keeps: stored and read back, it is the same bytes."""

from __future__ import annotations

import datetime as dt
import decimal
import math

import duckdb
import pyarrow as pa
import pyoxigraph as ox
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from progenitor.errors import Place
from progenitor.mapping.columns import Columns
from progenitor.mapping.document import ObjectTerm
from progenitor.mapping.functions import install
from progenitor.mapping.lexical import DATATYPES
from progenitor.mapping.template import parse_literal
from progenitor.mapping.terms import Term, object_term
from progenitor.terms import XSD

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
ASTRAL = st.text(st.characters(min_codepoint=0xFFF0, exclude_categories=["Cs"]), max_size=5)
DOUBLES = st.floats(allow_nan=True, allow_infinity=True)


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect() as made:
        made.execute("SET TimeZone = 'UTC'")
        install(made)
        yield made


def literals(connection, values: pa.Array, datatype: str | None = None, language: str | None = None):
    """Return the literals of a column, and which values were there but could not be written."""
    made = pa.table({"v": values})
    connection.register("given_table", made)
    connection.execute("CREATE OR REPLACE TEMP TABLE t AS FROM given_table")
    sql_type = connection.execute("DESCRIBE t").fetchall()[0][1]
    term = ObjectTerm(parse_literal("$(v)", Place("test")), "literal", datatype, language)
    compiled = object_term(term, Columns("t", {"v": sql_type}), "https://example.org/")
    rows = connection.execute(f"SELECT {compiled.sql}, {failure_of(compiled)} FROM t AS r").fetchall()
    return [row[0] for row in rows], [row[1] for row in rows]


def failure_of(term: Term) -> str:
    """The condition that a value is there and cannot be written."""
    return f"{term.sql} IS NULL AND {term.present}" if term.present else "false"


def kept(terms: list[str]) -> list[str]:
    """Store literals in Oxigraph and return what it gives back."""
    store = ox.Store()
    lines = [f"<http://s/{number}> <http://p> {term} .\n" for number, term in enumerate(terms)]
    store.load("".join(lines).encode(), ox.RdfFormat.N_TRIPLES)
    found = {str(quad.subject): str(quad.object) for quad in store}
    return [found[f"<http://s/{number}>"] for number in range(len(terms))]


def check_kept(terms, failed) -> None:
    assert [term is None for term in terms] == [bool(failure) for failure in failed]
    written = [term for term in terms if term is not None]
    assert kept(written) == written


@given(st.lists(TEXT | ASTRAL, min_size=1))
@example([chr(code) for code in range(0x100)])
@example(["", '"', "\\", "\\n", "\n", "\r\n", "\x00", "\x7f", "\ufffe", "\uffff", "\U0010ffff", "e\u0301"])
@settings(max_examples=20, deadline=None)
def test_texts_are_kept(connection, values):
    terms, failed = literals(connection, pa.array(values, pa.string()))
    check_kept(terms, failed)
    assert [ox.Literal(value) for value in values] == [next(iter(_parsed(term))) for term in terms]


def _parsed(term: str):
    for triple in ox.parse(f"<http://s> <http://p> {term} .".encode(), ox.RdfFormat.N_TRIPLES):
        yield triple.object


@pytest.mark.parametrize("language", ["en", "en-gb", "de-ch-1996"])
def test_language_tagged_texts_are_kept(connection, language):
    check_kept(*literals(connection, pa.array(["a", 'b"\n']), language=language))


@given(st.lists(DOUBLES, min_size=1))
@example(
    [0.0, -0.0, math.inf, -math.inf, math.nan, 1e16, 1e15, 1e-4, 1e-5, 5e-324, 1.7976931348623157e308, 100.0, 1e22]
)
@example([float(10**power) for power in range(0, 309, 7)] + [float(f"1e-{power}") for power in range(0, 324, 7)])
@settings(max_examples=20, deadline=None)
def test_doubles_are_kept_and_exact(connection, values):
    terms, failed = literals(connection, pa.array(values, pa.float64()))
    check_kept(terms, failed)
    for value, term in zip(values, terms, strict=True):
        back = float(term.split('"')[1])
        assert (
            math.isnan(back)
            if math.isnan(value)
            else (back, math.copysign(1, back)) == (value, math.copysign(1, value))
        )


@given(st.lists(st.floats(width=32), min_size=1))
@example([600099968.0, 0.10000000149011612, 3.4028234663852886e38, 1e-45, 16777216.0])
@settings(max_examples=20, deadline=None)
def test_floats_are_doubles_that_give_the_float_back(connection, values):
    column = pa.array(values, pa.float32())
    terms, failed = literals(connection, column)
    check_kept(terms, failed)
    back = pa.array([float(term.split('"')[1]) for term in terms], pa.float64()).cast(pa.float32(), safe=False)
    assert str(back.to_pylist()) == str(column.to_pylist())


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1))
@settings(max_examples=20, deadline=None)
def test_integers_are_kept(connection, values):
    terms, failed = literals(connection, pa.array(values, pa.int64()))
    check_kept(terms, failed)
    assert [int(term.split('"')[1]) for term in terms] == values


@pytest.mark.parametrize(
    "datatype", [pa.int8(), pa.uint8(), pa.int16(), pa.uint16(), pa.int32(), pa.uint32(), pa.uint64()]
)
def test_every_width_of_integer_is_an_integer(connection, datatype):
    terms, failed = literals(connection, pa.array([0, 7, None], datatype))
    check_kept(terms[:2], failed[:2])
    assert terms == ['"0"^^<' + XSD + "integer>", '"7"^^<' + XSD + "integer>", None]


@given(
    st.lists(
        st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**12), max_value=10**12), min_size=1
    )
)
@example(
    [
        decimal.Decimal("0.500000"),
        decimal.Decimal("-0.5"),
        decimal.Decimal(0),
        decimal.Decimal("-0.000001"),
        decimal.Decimal(100),
    ]
)
@settings(max_examples=20, deadline=None)
def test_decimals_are_kept(connection, values):
    terms, failed = literals(connection, pa.array(values, pa.decimal128(38, 6)))
    check_kept(terms, failed)
    assert [decimal.Decimal(term.split('"')[1]) for term in terms] == values


def test_a_decimal_without_digits_before_the_point(connection):
    column = pa.array([decimal.Decimal("0.25"), decimal.Decimal("-0.25"), decimal.Decimal(0)], pa.decimal128(18, 18))
    terms, failed = literals(connection, column)
    check_kept(terms, failed)
    assert [term.split('"')[1] for term in terms] == ["0.25", "-0.25", "0"]


@given(st.lists(st.datetimes(dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59, 999999)), min_size=1))
@example([dt.datetime(2025, 1, 1, microsecond=120000), dt.datetime(2025, 1, 1), dt.datetime(999, 1, 1)])
@settings(max_examples=20, deadline=None)
def test_timestamps_are_kept_and_utc(connection, values):
    naive = literals(connection, pa.array(values, pa.timestamp("us")))
    check_kept(*naive)
    zoned = literals(connection, pa.array(values, pa.timestamp("us", tz="UTC")))
    assert zoned == naive
    assert [_moment(term) for term in naive[0]] == values


def _moment(term: str) -> dt.datetime:
    return dt.datetime.fromisoformat(term.split('"')[1]).replace(tzinfo=None)


@pytest.mark.parametrize("unit", ["s", "ms", "ns"])
def test_timestamps_of_every_precision_are_kept(connection, unit):
    values = pa.array([0, 1_500, -1, None], pa.timestamp(unit))
    terms, failed = literals(connection, values)
    check_kept(terms[:3], failed[:3])
    assert terms[3] is None and not failed[3]


def test_nanoseconds_are_not_rounded(connection):
    terms, _ = literals(connection, pa.array([1_762_000_000_123_456_789], pa.timestamp("ns")))
    assert terms == ['"2025-11-01T12:26:40.123456789Z"^^<' + XSD + "dateTime>"]


def test_moments_outside_the_calendar_are_set_aside(connection):
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE odd AS SELECT unnest(['infinity'::TIMESTAMP, '-infinity',"
        " '0044-03-15 (BC) 00:00:00', '12025-01-01 00:00:00']) AS v"
    )
    for kind in ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "DATE"):
        term = object_term(ObjectTerm(parse_literal("$(v)", Place("test")), "literal"), Columns("odd", {"v": kind}), "")
        rows = connection.execute(
            f"SELECT {term.sql}, {failure_of(term)} FROM (SELECT v::{kind} AS v FROM odd) AS r"
        ).fetchall()
        assert [(row[0] is None, row[1]) for row in rows] == [(True, True)] * 3 + [(False, False)]
        assert kept([rows[3][0]]) == [rows[3][0]]


@given(st.lists(st.dates(), min_size=1), st.lists(st.times(), min_size=1), st.lists(st.booleans(), min_size=1))
@settings(max_examples=20, deadline=None)
def test_dates_times_and_booleans_are_kept(connection, dates, times, booleans):
    check_kept(*literals(connection, pa.array(dates, pa.date32())))
    check_kept(*literals(connection, pa.array(times, pa.time64("us"))))
    check_kept(*literals(connection, pa.array(booleans)))


def test_uuids_and_enums_are_texts(connection):
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE u AS SELECT '00000000-0000-0000-0000-00000000000A'::UUID AS v,"
        " 'b\"'::ENUM('a', 'b\"') AS e"
    )
    types = {name: kind for name, kind, *_ in connection.execute("DESCRIBE u").fetchall()}
    columns = Columns("u", types)
    terms = [object_term(ObjectTerm(parse_literal(f"$({name})", Place("t")), "literal"), columns, "") for name in types]
    row = connection.execute(f"SELECT {', '.join(term.sql for term in terms)} FROM u AS r").fetchall()[0]
    assert row == ('"00000000-0000-0000-0000-00000000000a"', '"b\\""')


NUMERIC_TEXT = st.from_regex(r"[ ]?[+-]?[0-9]{0,25}(\.[0-9]{0,22})?([eE][+-]?[0-9]{1,3})?[ ]?", fullmatch=True)
MOMENT_TEXT = st.from_regex(
    r"(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9](\.[0-9]{1,19})?(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])?",
    fullmatch=True,
)
WORDS = st.sampled_from(
    ["true", "false", "1", "0", "INF", "+INF", "-INF", "NaN", "inf", "nan", "", "1_000", "0x1F", "1.", ".5", "."]
)


@pytest.mark.parametrize("datatype", [None, *DATATYPES, "https://example.org/unit"])
@given(values=st.lists(NUMERIC_TEXT | MOMENT_TEXT | WORDS | TEXT, min_size=1, max_size=30))
@example(
    values=[
        "2016-12-31T23:59:60Z",
        "2025-01-01T24:00:00Z",
        "2025-02-30T00:00:00Z",
        "2025-01-01T00:00:00.1234567890+02:00",
    ]
)
@example(values=["2025-02-28", "2025-02-30", "24:00:00", "01:02:03.500", "-00.50", "+007", "1e400", "-0", "1e-400"])
@settings(max_examples=20, deadline=None)
def test_texts_under_a_datatype_are_kept_or_set_aside(connection, datatype, values):
    check_kept(*literals(connection, pa.array(values, pa.string()), datatype))


@given(st.lists(MOMENT_TEXT, min_size=1))
@settings(max_examples=20, deadline=None)
def test_texts_of_moments_keep_the_moment(connection, values):
    terms, _ = literals(connection, pa.array(values, pa.string()), XSD + "dateTime")
    for value, term in zip(values, terms, strict=True):
        if term is not None and "T24:" not in value:
            zone = "" if value[-1] == "Z" or value[-6:-5] in ("+", "-") else "Z"
            wanted = dt.datetime.fromisoformat(
                value[:19]
                + value.partition(".")[2].lstrip("0123456789") * ("." in value)
                + value[19:] * ("." not in value)
                + zone
            )
            assert term.split('"')[1][:19] == wanted.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S")


@pytest.mark.parametrize(
    ("value", "datatype", "lexical"),
    [
        ("007", "integer", "7"),
        ("-0", "integer", "0"),
        ("99999999999999999999999", "integer", "99999999999999999999999"),
        ("1.5", "integer", None),
        ("1e3", "integer", None),
        ("1.50", "decimal", "1.5"),
        (".5", "decimal", "0.5"),
        ("1e3", "decimal", None),
        ("1e3", "double", "1000"),
        ("-INF", "double", "-INF"),
        ("inf", "double", None),
        ("1", "boolean", "true"),
        ("yes", "boolean", None),
        ("2025-11-01T12:00:00+02:00", "dateTime", "2025-11-01T10:00:00Z"),
        ("2025-11-01T12:00:00", "dateTime", "2025-11-01T12:00:00Z"),
        ("2025-11-01 12:00:00", "dateTime", None),
        ("2025-11-01", "date", "2025-11-01"),
        ("2025-11-31", "date", None),
    ],
)
def test_texts_are_validated_against_their_datatype(connection, value, datatype, lexical):
    terms, failed = literals(connection, pa.array([value]), XSD + datatype)
    assert terms == [None if lexical is None else f'"{lexical}"^^<{XSD}{datatype}>']
    assert failed == [lexical is None]


@pytest.mark.parametrize(
    ("values", "datatype", "lexical"),
    [
        (pa.array([3.0, 3.5]), "integer", ["3", None]),
        (pa.array([3, -4]), "double", ["3", "-4"]),
        (pa.array([2**60 + 1]), "double", ["1152921504606847000"]),
        (pa.array([1, 0, 2]), "boolean", ["true", "false", None]),
        (pa.array([dt.datetime(2025, 1, 1, 23)]), "date", ["2025-01-01"]),
        (pa.array([True]), "string", ["true"]),
        (pa.array([5]), "dateTime", [None]),
    ],
)
def test_other_columns_are_cast_to_their_datatype(connection, values, datatype, lexical):
    terms, failed = literals(connection, values, XSD + datatype)
    check_kept(terms, failed)
    assert [term and term.split('"')[1] for term in terms] == lexical
