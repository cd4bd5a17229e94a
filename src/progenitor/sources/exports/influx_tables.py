"""The tables of a source of an InfluxDB, made from points instead of asked for: the same rows in the same columns."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from progenitor.sources.declared.blocks import BlockWriter
from progenitor.sources.declared.window import Window
from progenitor.sources.exports.conditions import Condition, matches
from progenitor.sources.exports.kafka import KafkaMessage
from progenitor.sources.exports.points import Interest, Point, Tags
from progenitor.sources.influxdb.tables import InfluxTable, is_pattern


class PointTable:
    """A table for one partition.

    Parameters
    ----------
    name
        Of the table.
    table
        What source.yml says of it.
    database
        Where its points are.
    condition
        That of the table.
    window
        The partition.
    writer
        Where its rows go.
    """

    def __init__(
        self,
        name: str,
        table: InfluxTable,
        database: str,
        condition: Condition | None,
        window: Window,
        writer: BlockWriter,
    ) -> None:
        self.name = name
        self.database = database
        self._table = table
        self._writer = writer
        self._measurement = table.measurement or name
        self._fields = frozenset(table.fields)
        self._condition = condition
        self._start: int | None = None
        self._end: int | None = None
        if window.night is not None:
            self._start, self._end = table.span(window)
        self._last: dict[Tags, Point] = {}

    def reads(self, database: str, measurement: str) -> bool:
        """Whether it has the points of a measurement."""
        return database == self.database and _is_among(measurement, self._measurement)

    @property
    def message(self) -> KafkaMessage:
        """Where Kafka messages hold what its points have."""
        return self._table.kafka

    @property
    def interest(self) -> Interest:
        """What it wants of a measurement that it reads."""
        since = None if self._table.last_before else self._start
        if self._table.unpivot:
            return Interest(None, since, self._end)
        return Interest(self._fields | (self._condition.names if self._condition else frozenset()), since, self._end)

    def add(self, points: Iterable[Point], fields: Collection[str]) -> None:
        """Take merged points of a measurement, by time.

        Parameters
        ----------
        points
            Some of them.
        fields
            Names of the fields that the measurement has.
        """
        inside = []
        for point in points:
            if not self._is_row(point, fields) or (self._end is not None and point.time >= self._end):
                continue
            if self._start is None or point.time >= self._start:
                inside.append(point)
            elif self._table.last_before:
                self._last[point.tags if self._table.unpivot else ()] = point
        self._write(inside)

    def end_measurement(self) -> None:
        """Write the last points before the span of the measurement that is complete now."""
        self._write(list(self._last.values()))
        self._last.clear()
        self._writer.flush()

    def _is_row(self, point: Point, fields: Collection[str]) -> bool:
        """Whether it has a field that is asked for, and meets the condition."""
        asked_for = self._table.unpivot is not None or not self._fields.isdisjoint(point.fields)
        return asked_for and (self._condition is None or self._condition.holds(point, fields))

    def _write(self, points: Sequence[Point]) -> None:
        if self._table.unpivot is None:
            self._writer.add(self._columns(points))
            return
        rows = [
            (point, name, value)
            for point in points
            for name, value in sorted(point.fields.items())
            if name not in self._fields
        ]
        columns = self._columns([point for point, _, _ in rows])
        self._writer.add([*columns, [name for _, name, _ in rows], [value for _, _, value in rows]])

    def _columns(self, points: Sequence[Point]) -> list[list[Any]]:
        declared = [_values(points, column.source) for column in self._table.columns.values()]
        return [[point.time for point in points], [point.measurement for point in points], *declared]


def combined(interests: Sequence[Interest]) -> Interest | None:
    """Return the interest of several tables in one measurement; None where none has any."""
    if not interests:
        return None
    fields = [interest.fields for interest in interests if interest.fields is not None]
    starts = [interest.since for interest in interests if interest.since is not None]
    ends = [interest.until for interest in interests if interest.until is not None]
    return Interest(
        frozenset().union(*fields) if len(fields) == len(interests) else None,
        min(starts) if len(starts) == len(interests) else None,
        max(ends) if len(ends) == len(interests) else None,
    )


def _is_among(measurement: str, wanted: str | list[str]) -> bool:
    if isinstance(wanted, list):
        return measurement in wanted
    return matches(wanted, measurement) if is_pattern(wanted) else measurement == wanted


def _values(points: Sequence[Point], name: str) -> list[Any]:
    """Return a field of points, or where they have none of that name, a tag."""
    return [
        point.fields[name] if name in point.fields else dict(point.tags).get(name) if point.tags else None
        for point in points
    ]
