"""The SQL functions that write RDF terms: percent-encoding, escaping, canonical lexical forms.

They are DuckDB macros, so that `progenitor mapping explain` shows short SQL and nothing runs in Python per row. Every
lexical form is the one that Oxigraph keeps unchanged (it rewrites others when they are stored). A function returns
NULL where the value has no such form; a NULL value gives NULL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from progenitor.mapping.iri import ABSOLUTE_IRI, UCSCHAR

if TYPE_CHECKING:
    import duckdb


def quote_text(text: str) -> str:
    """Return an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def quote_name(name: str) -> str:
    """Return an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


_INTEGER: Final = "[+-]?[0-9]+"
_DECIMAL: Final = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)"
_TIME: Final = (
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,18}))?(Z|[+-][0-9]{2}:[0-9]{2})?"
)
_KEPT_TIME: Final = r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{0,17}[1-9])?Z"

MACROS: Final[dict[str, str]] = {
    # R2RML section 7.3: everything but RFC 3987's iunreserved characters, byte by byte.
    "rdf_encode(v)": f"""CASE WHEN strlen(v) = length(v) THEN url_encode(v)
        ELSE list_aggregate(list_transform(regexp_extract_all(v, '(?s).'),
            lambda c: CASE WHEN regexp_full_match(c, '[{UCSCHAR}]') THEN c ELSE url_encode(c) END),
            'string_agg', '') END""",
    "rdf_iri(v)": f"CASE WHEN regexp_full_match(v, {quote_text(ABSOLUTE_IRI)}) THEN '<' || v || '>' END",
    # The canonical form of N-Triples: what JSON escapes, and three more characters. Few and plain expressions: DuckDB
    # plans each of the hundreds that a mapping has.
    "rdf_escape(v)": r"""CASE
        WHEN regexp_matches(v, '[\x00-\x1F\x7F"\\]') OR contains(v, chr(65534)) OR contains(v, chr(65535))
        THEN replace(replace(replace((to_json(v)::VARCHAR)[2:-2],
            chr(127), '\u007F'), chr(65534), '\uFFFE'), chr(65535), '\uFFFF')
        ELSE v END""",
    "rdf_double_digits(parts)": r"""(CASE WHEN TRY_CAST(parts.e AS INTEGER) < 0
        THEN parts.s || '0.' || repeat('0', -1 - TRY_CAST(parts.e AS INTEGER)) || parts.i || parts.f
        ELSE parts.s || rpad(parts.i || parts.f, TRY_CAST(parts.e AS INTEGER) + 1, '0') END)""",
    # Oxigraph writes doubles without exponent and without a trailing '.0'.
    "rdf_double(v)": r"""CASE
        WHEN isnan(v) THEN 'NaN'
        WHEN isinf(v) THEN CASE WHEN v > 0 THEN 'INF' ELSE '-INF' END
        WHEN contains(v::VARCHAR, 'e') THEN rdf_double_digits(regexp_extract(v::VARCHAR,
            '^(-?)([0-9])(?:\.([0-9]+))?e([+-][0-9]+)$', ['s', 'i', 'f', 'e']))
        WHEN ends_with(v::VARCHAR, '.0') THEN left(v::VARCHAR, -2)
        ELSE v::VARCHAR END""",
    "rdf_decimal_digits(parts)": r"""(CASE WHEN parts.s = '-' AND (parts.i || parts.f) <> '' THEN '-' ELSE '' END
        || CASE WHEN parts.i = '' THEN '0' ELSE parts.i END
        || CASE WHEN parts.f = '' THEN '' ELSE '.' || parts.f END)""",
    "rdf_decimal(v)": rf"""CASE WHEN regexp_full_match(v, '{_DECIMAL}') THEN rdf_decimal_digits(
        regexp_extract(v, '^([+-]?)0*([0-9]*)(?:\.([0-9]*?)0*)?$', ['s', 'i', 'f'])) END""",
    # The texts of numbers and moments are mostly in the form that is kept: that is looked for first.
    "rdf_integer(v)": f"""CASE WHEN regexp_full_match(v, '0|-?[1-9][0-9]*') THEN v
        WHEN regexp_full_match(v, '{_INTEGER}') THEN rdf_decimal(v) END""",
    "rdf_number(v)": rf"""CASE WHEN regexp_full_match(v, '{_DECIMAL}([eE][+-]?[0-9]+)?') THEN v
        WHEN v IN ('INF', '+INF', '-INF', 'NaN') THEN v END""",
    # A double keeps 15 digits.
    "rdf_double_text(v)": r"""CASE
        WHEN strlen(v) <= 15 AND regexp_full_match(v, '-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?') THEN v
        ELSE rdf_double(TRY_CAST(rdf_number(v) AS DOUBLE)) END""",
    "rdf_boolean(v)": "CASE WHEN v IN ('true', '1') THEN 'true' WHEN v IN ('false', '0') THEN 'false' END",
    "rdf_date(v)": "CASE WHEN v >= DATE '0001-01-01' AND v < DATE 'infinity' THEN v::VARCHAR END",
    "rdf_date_text(v)": """CASE WHEN regexp_full_match(v, '[0-9]{4,}-[0-9]{2}-[0-9]{2}')
        THEN rdf_date(TRY_CAST(v AS DATE)) END""",
    "rdf_time(v)": "CASE WHEN v < TIME '24:00:00' THEN v::VARCHAR ELSE '00:00:00' END",
    "rdf_time_text(v)": r"""CASE WHEN regexp_full_match(v, '[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?')
        THEN rdf_time(TRY_CAST(v AS TIME)) END""",
    # A timestamp without a zone is UTC.
    "rdf_datetime(v)": """CASE WHEN v >= TIMESTAMP '0001-01-01' AND v < TIMESTAMP 'infinity'
        THEN replace(v::VARCHAR, ' ', 'T') || 'Z' END""",
    "rdf_datetime_ns(v)": """CASE WHEN v::VARCHAR NOT IN ('infinity', '-infinity')
        THEN replace(v::VARCHAR, ' ', 'T') || 'Z' END""",
    "rdf_datetime_zoned(v)": """CASE WHEN v >= TIMESTAMPTZ '0001-01-01 00:00:00+00' AND v < TIMESTAMPTZ 'infinity'
        THEN rdf_datetime(make_timestamp(epoch_us(v))) END""",
    # The fraction is carried over as text: a timestamp holds six digits.
    "rdf_datetime_parts(parts)": """(left(rdf_datetime_zoned(TRY_CAST(
            parts.d || ' ' || parts.t ||
            CASE WHEN parts.z IN ('', 'Z') THEN '+00' ELSE parts.z END AS TIMESTAMPTZ)), -1)
        || CASE WHEN rtrim(parts.f, '0') = '' THEN '' ELSE '.' || rtrim(parts.f, '0') END || 'Z')""",
    "rdf_datetime_text(v)": f"""CASE
        WHEN regexp_full_match(v, '{_KEPT_TIME}') AND TRY_CAST(left(v, 19) AS TIMESTAMP) IS NOT NULL THEN v
        WHEN regexp_full_match(v, '{_TIME}')
        THEN rdf_datetime_parts(regexp_extract(v, '^{_TIME}$', ['d', 't', 'f', 'z'])) END""",
}
"""Signature -> body; later ones use earlier ones."""


def install(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the functions in a database; views.sql may use them too."""
    for signature, body in MACROS.items():
        connection.execute(f"CREATE OR REPLACE TEMP MACRO {signature} AS {body}")
