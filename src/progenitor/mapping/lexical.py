"""From a column's SQL type to the lexical form and the datatype of its literals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from progenitor.terms import XSD

_INTEGERS: Final = frozenset(
    {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"}
    | {"BIGNUM", "VARINT"}
)
_TEXTS: Final = frozenset({"VARCHAR", "UUID", "JSON", '"NULL"'})


@dataclass(frozen=True)
class Lexical:
    """How a value is written.

    Parameters
    ----------
    sql
        An expression of type VARCHAR; NULL where the value is NULL or has no such form.
    datatype
        IRI; None for a plain string.
    fails
        Whether a value that is not NULL may have no such form.
    plain
        Whether the text can hold only letters, digits and ``+-.:``, so that nothing in it needs an escape in a literal.
    unreserved
        Whether it can hold only letters, digits and ``-._~``, so that nothing in it needs an escape in an IRI.
    """

    sql: str
    datatype: str | None = None
    fails: bool = False
    plain: bool = True
    unreserved: bool = False


def natural(column: str, sql_type: str) -> Lexical | None:
    """Return how R2RML's natural mapping (section 10.2) writes a column, or None for a type that has no text.

    Parameters
    ----------
    column
        The expression of the value.
    sql_type
        Its type, as DuckDB's DESCRIBE names it.
    """
    name = sql_type.partition("(")[0]
    if name in _INTEGERS:
        return Lexical(f"{column}::VARCHAR", XSD + "integer", unreserved=True)
    if name == "UUID":
        return Lexical(f"{column}::VARCHAR", unreserved=True)
    if name in _TEXTS:
        return Lexical(f"{column}::VARCHAR" if name != "VARCHAR" else column, plain=False)
    if name == "ENUM":
        return Lexical(f"{column}::VARCHAR", plain=False)
    return _FORMS[name](column) if name in _FORMS else None


_FORMS = {
    "BOOLEAN": lambda v: Lexical(f"{v}::VARCHAR", XSD + "boolean", unreserved=True),
    "DOUBLE": lambda v: Lexical(f"rdf_double({v})", XSD + "double", unreserved=True),
    "FLOAT": lambda v: Lexical(f"rdf_double({v})", XSD + "double", unreserved=True),
    "DECIMAL": lambda v: Lexical(f"rdf_decimal({v}::VARCHAR)", XSD + "decimal", unreserved=True),
    "DATE": lambda v: Lexical(f"rdf_date({v})", XSD + "date", fails=True, unreserved=True),
    "TIME": lambda v: Lexical(f"rdf_time({v})", XSD + "time"),
    "TIMESTAMP": lambda v: Lexical(f"rdf_datetime({v})", XSD + "dateTime", fails=True),
    "TIMESTAMP_S": lambda v: Lexical(f"rdf_datetime({v}::TIMESTAMP)", XSD + "dateTime", fails=True),
    "TIMESTAMP_MS": lambda v: Lexical(f"rdf_datetime({v}::TIMESTAMP)", XSD + "dateTime", fails=True),
    "TIMESTAMP_NS": lambda v: Lexical(f"rdf_datetime_ns({v})", XSD + "dateTime", fails=True),
    "TIMESTAMP WITH TIME ZONE": lambda v: Lexical(f"rdf_datetime_zoned({v})", XSD + "dateTime", fails=True),
}

_FROM_TEXT: Final = {
    XSD + "boolean": "rdf_boolean(trim({}))",
    XSD + "integer": "rdf_integer(trim({}))",
    XSD + "decimal": "rdf_decimal(trim({}))",
    XSD + "double": "rdf_double_text(trim({}))",
    XSD + "date": "rdf_date_text(trim({}))",
    XSD + "time": "rdf_time_text(trim({}))",
    XSD + "dateTime": "rdf_datetime_text(trim({}))",
}
_VERBATIM: Final = frozenset({XSD + "anyURI", XSD + "hexBinary", XSD + "base64Binary"})

DATATYPES: Final = tuple(sorted([*_FROM_TEXT, *_VERBATIM, XSD + "string"]))
"""Datatypes of XML Schema that a mapping may demand; any datatype of another namespace is taken as it is."""


def is_supported(datatype: str) -> bool:
    """Whether a mapping may demand the datatype: the store would rewrite the others."""
    return datatype in DATATYPES or not datatype.startswith(XSD)


def demand(value: Lexical, datatype: str, sql_type: str, column: str) -> Lexical:
    """Return how a value is written under a datatype that the mapping demands.

    Parameters
    ----------
    value
        Its natural form.
    datatype
        IRI; `is_supported`.
    sql_type, column
        Type and expression of the column, for the conversions that need no text; both empty for a template.
    """
    if datatype == value.datatype:
        return value
    if datatype == XSD + "string":
        return Lexical(value.sql, None, value.fails, value.plain)
    name = sql_type.partition("(")[0]
    if datatype == XSD + "double" and (name in _INTEGERS or name == "DECIMAL"):
        return Lexical(f"rdf_double({column}::DOUBLE)", datatype)
    if datatype == XSD + "date" and name == "TIMESTAMP":
        return Lexical(f"rdf_date({column}::DATE)", datatype, fails=True)
    if datatype in _FROM_TEXT:
        return Lexical(_FROM_TEXT[datatype].format(value.sql), datatype, fails=True)
    return Lexical(value.sql, datatype, value.fails, value.plain)
