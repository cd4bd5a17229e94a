"""The tables of a source that is read from InfluxDB 1.x, and the InfluxQL that reads each."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from typing import Annotated, Any, Final, Self

import pyarrow as pa
import pydantic

from progenitor.sources.declared.columns import Column, Columns, schema_of
from progenitor.sources.declared.window import Window, nanoseconds

TIME: Final = Column(name="time", type="TIMESTAMP_NS", format="unix_ns")
MEASUREMENT: Final = Column(name="measurement", type="VARCHAR")
"""Columns that every table has: the time of the point, and the measurement it is from."""

_DURATION: Final = re.compile(r"(\d+)([smhdw])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def _duration(given: object) -> object:
    if isinstance(given, str) and (match := _DURATION.fullmatch(given.strip())):
        return datetime.timedelta(**{_UNITS[match[2]]: int(match[1])})
    raise ValueError("a duration is a whole number with s, m, h, d or w, for example 30d")


class Unpivot(pydantic.BaseModel):
    """How fields that are not declared become rows.

    Parameters
    ----------
    name, value
        Columns for the name of the field and for its value.
    type
        Of the value.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    name: str
    value: str
    type: str = "DOUBLE"

    @property
    def columns(self) -> tuple[Column, Column]:
        """The two columns."""
        return Column(name=self.name, type="VARCHAR"), Column(name=self.value, type=self.type)


class InfluxTable(pydantic.BaseModel):
    """A table.

    Parameters
    ----------
    measurement
        A name, several, or a regular expression between slashes; the table's name where not given.
    columns
        Fields (and tags) to read.
    database
        Where it is not that of the source.
    where
        A condition in InfluxQL.
    lookback
        How long before the window to begin, for what was in force when it began.
    last_before
        Whether the last point before that is read too, for each measurement.
    unpivot
        How every other field becomes a row of its own.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    measurement: str | Annotated[list[str], pydantic.Field(min_length=1)] | None = None
    columns: Columns = pydantic.Field(default_factory=dict)
    database: str | None = None
    where: str | None = None
    lookback: Annotated[datetime.timedelta, pydantic.BeforeValidator(_duration)] = datetime.timedelta()
    last_before: bool = False
    unpivot: Unpivot | None = None

    @pydantic.model_validator(mode="after")
    def _readable(self) -> Self:
        if not self.columns and self.unpivot is None:
            raise ValueError("a table needs columns")
        names = [column.name for column in self.all_columns]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"two columns are called {min(twice)!r} (time and measurement are always there)")
        return self

    @property
    def all_columns(self) -> list[Column]:
        """Every column, in order."""
        return [TIME, MEASUREMENT, *self.columns.values(), *(self.unpivot.columns if self.unpivot else ())]

    @property
    def schema(self) -> pa.Schema:
        """Every column as Arrow has it."""
        return schema_of(self.all_columns)

    @property
    def fields(self) -> list[str]:
        """The fields to ask for, each once."""
        return list(dict.fromkeys(column.source for column in self.columns.values()))


@dataclass(frozen=True)
class Statement:
    """A statement of InfluxQL with bound parameters.

    Parameters
    ----------
    text
        The statement.
    params
        Name -> value.
    """

    text: str
    params: dict[str, Any]


def statements(name: str, table: InfluxTable, window: Window) -> list[Statement]:
    """Return what reads a table's part of a window.

    Parameters
    ----------
    name
        Of the table.
    table
        What source.yml says of it.
    window
        The partition.
    """
    what = "*" if table.unpivot else ", ".join(map(_quoted, table.fields))
    select = f"SELECT {what} FROM {_from(name, table)}"
    # Grouped, an answer tells the tags from the fields.
    group = " GROUP BY *" if table.unpivot else ""
    if window.night is None:
        return [Statement(select + _conditions(table) + group, {})]
    start, end = nanoseconds(window.start - table.lookback), nanoseconds(window.end)
    inside = Statement(
        select + _conditions(table, "time >= $start", "time < $end") + group, {"start": start, "end": end}
    )
    if not table.last_before:
        return [inside]
    before = select + _conditions(table, "time < $start") + f"{group} ORDER BY time DESC LIMIT 1"
    return [Statement(before, {"start": start}), inside]


def count_statement(name: str, table: InfluxTable, window: Window) -> Statement:
    """Return what counts the values of a table's part of a window."""
    what = "count(*)" if table.unpivot else ", ".join(f"count({_quoted(field)})" for field in table.fields)
    select = f"SELECT {what} FROM {_from(name, table)}"
    if window.night is None:
        return Statement(select + _conditions(table), {})
    params = {"start": nanoseconds(window.start - table.lookback), "end": nanoseconds(window.end)}
    return Statement(select + _conditions(table, "time >= $start", "time < $end"), params)


def _conditions(table: InfluxTable, *more: str) -> str:
    given = [f"({table.where})"] if table.where else []
    conditions = [*given, *more]
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def _from(name: str, table: InfluxTable) -> str:
    measurement = table.measurement or name
    if isinstance(measurement, list):
        return ", ".join(map(_quoted, measurement))
    is_pattern = len(measurement) > 2 and measurement.startswith("/") and measurement.endswith("/")
    return measurement if is_pattern else _quoted(measurement)


def _quoted(name: str) -> str:
    """Return an identifier of InfluxQL."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
