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
from progenitor.sources.exports.kafka import KafkaMessage

TIME: Final = Column(name="time", type="TIMESTAMP_NS", format="unix_ns")
MEASUREMENT: Final = Column(name="measurement", type="VARCHAR")
"""Columns that every table has: the time of the point, and the measurement it is from."""

_DURATION: Final = re.compile(r"(\d+)([smhdw])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def _duration(given: object) -> object:
    if isinstance(given, str) and (match := _DURATION.fullmatch(given.strip())):
        return datetime.timedelta(**{_UNITS[match[2]]: int(match[1])})
    raise ValueError("a duration is a whole number with s, m, h, d or w, for example 30d")


Duration = Annotated[datetime.timedelta, pydantic.BeforeValidator(_duration)]


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
    lookahead
        How long after the window to end, for how what had begun in it ended.
    last_before
        Whether the last point before the lookback is read too, for each measurement.
    unpivot
        How every other field becomes a row of its own.
    kafka
        Where decoded Kafka messages hold what InfluxDB's points have, for exports of them.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    measurement: str | Annotated[list[str], pydantic.Field(min_length=1)] | None = None
    columns: Columns = pydantic.Field(default_factory=dict)
    database: str | None = None
    where: str | None = None
    lookback: Duration = datetime.timedelta()
    lookahead: Duration = datetime.timedelta()
    last_before: bool = False
    unpivot: Unpivot | None = None
    kafka: KafkaMessage = KafkaMessage()

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
    def is_around_a_night(self) -> bool:
        """Whether it reads what lies outside the night, and so needs one."""
        return self.last_before or bool(self.lookback) or bool(self.lookahead)

    def span(self, window: Window) -> tuple[int, int]:
        """Return from when and until when it is read in full, for a night: nanoseconds of UTC since 1970.

        Parameters
        ----------
        window
            The night; the end is not part of the span.
        """
        return nanoseconds(window.start - self.lookback), nanoseconds(window.end + self.lookahead)

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
    inside = _inside(_select(name, table), table, window)
    return [*last_statements(name, table, window), Statement(inside.text + _group(table), inside.params)]


def last_statements(name: str, table: InfluxTable, window: Window) -> list[Statement]:
    """Return what reads the last points before a table's part of a window, where they are wanted.

    Parameters
    ----------
    name
        Of the table.
    table
        What source.yml says of it.
    window
        The partition.
    """
    if not table.last_before or window.night is None:
        return []
    start, _ = table.span(window)
    before = _select(name, table) + _conditions(table, "time < $start")
    return [Statement(f"{before}{_group(table)} ORDER BY time DESC LIMIT 1", {"start": start})]


def count_statement(name: str, table: InfluxTable, window: Window) -> Statement:
    """Return what counts the values of a table's part of a window, but for the last points before it.

    Parameters
    ----------
    name
        Of the table.
    table
        What source.yml says of it.
    window
        The partition.
    """
    what = "count(*)" if table.unpivot else ", ".join(f"count({_quoted(field)})" for field in table.fields)
    return _inside(f"SELECT {what} FROM {_from(name, table)}", table, window)


def _select(name: str, table: InfluxTable) -> str:
    return f"SELECT {'*' if table.unpivot else ', '.join(map(_quoted, table.fields))} FROM {_from(name, table)}"


def _group(table: InfluxTable) -> str:
    """Group by the tags where they are to be told from the fields."""
    return " GROUP BY *" if table.unpivot else ""


def _inside(select: str, table: InfluxTable, window: Window) -> Statement:
    if window.night is None:
        return Statement(select + _conditions(table), {})
    start, end = table.span(window)
    return Statement(select + _conditions(table, "time >= $start", "time < $end"), {"start": start, "end": end})


def _conditions(table: InfluxTable, *more: str) -> str:
    given = [f"({table.where})"] if table.where else []
    conditions = [*given, *more]
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def _from(name: str, table: InfluxTable) -> str:
    measurement = table.measurement or name
    if isinstance(measurement, list):
        return ", ".join(map(_quoted, measurement))
    return measurement if is_pattern(measurement) else _quoted(measurement)


def is_pattern(measurement: str) -> bool:
    """Whether a name of measurements is a regular expression between slashes."""
    return len(measurement) > 2 and measurement.startswith("/") and measurement.endswith("/")


def _quoted(name: str) -> str:
    """Return an identifier of InfluxQL."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
