"""From the JSON of a page to the values of the declared columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from progenitor.errors import SourceError
from progenitor.sources.declared.columns import Column
from progenitor.sources.http.questions import Level, Matrix, Rows

Broken = Callable[[str, str | None], SourceError]
"""Makes the error of what is wrong and a hint."""

Aside = Callable[[Mapping[str, Any], str], None]
"""Sets a record aside for a reason."""

MISSING: Final = object()
"""What is at a path that leads nowhere."""


def at_path(value: Any, path: str) -> Any:
    """Return what is at a dotted path, or `MISSING`; a key that has dots in it goes first."""
    if isinstance(value, Mapping) and path in value:
        return value[path]
    for key in path.split("."):
        if not isinstance(value, Mapping) or key not in value:
            return MISSING
        value = value[key]
    return value


def find_rows(answer: Any, where: Rows, broken: Broken) -> list[Any]:
    """Return the rows of an answer; null is no rows.

    Raises
    ------
    SourceError
        If there is no list.
    """
    if isinstance(where, list):
        return _nested(answer, {}, where, broken)
    path = where.values if isinstance(where, Matrix) else where
    return _list_at(answer, path, broken)


def _nested(outer: Any, above: Mapping[str, Any], levels: Sequence[Level], broken: Broken) -> list[Any]:
    """Return the elements of the innermost list, each with what those that it is in say besides.

    An element that has not the form that is declared is a row by itself: it will be set aside.
    """
    level, *deeper = levels
    rows: list[Any] = []
    for element in _list_at(outer, level.at, broken):
        named = element
        if level.elements is not None:
            if not isinstance(element, list) or len(element) != len(level.elements):
                rows.append(element)
                continue
            named = dict(zip(level.elements, element, strict=True))
        if deeper:
            row = {**above, level.name: _without(named, deeper[0].at)}
            rows.extend(_nested(named, row, deeper, broken))
        else:
            rows.append({**above, level.name: named})
    return rows


def _without(value: Any, path: str) -> Any:
    """Return an object without what is at a dotted path."""
    if not isinstance(value, Mapping):
        return value
    first, _, rest = (path, "", "") if path in value else path.partition(".")
    kept = {key: entry for key, entry in value.items() if key != first}
    return kept | {first: _without(value[first], rest)} if rest and first in value else kept


def _list_at(answer: Any, path: str | None, broken: Broken) -> list[Any]:
    found = answer if path is None else at_path(answer, path)
    if found is None:
        return []
    if isinstance(found, list):
        return found
    place = "the answer is not a list" if path is None else f"the answer has no list at {path!r}"
    keys = f"it has the keys {', '.join(map(str, answer))}; " if isinstance(answer, Mapping) else ""
    raise broken(place, f"{keys}rows of the table in source.yml tells where the list is")


def columns_of(
    answer: Any,
    rows: Sequence[Any],
    where: Rows,
    columns: Sequence[Column],
    broken: Broken,
    aside: Aside,
) -> list[list[Any]]:
    """Return the values of the declared columns; a row that is not of the right form is set aside.

    Raises
    ------
    SourceError
        If the names of a matrix do not hold a declared column.
    """
    if isinstance(where, Matrix):
        return _of_matrix(_list_at(answer, where.names, broken), rows, columns, broken, aside)
    records = []
    for row in rows:
        if isinstance(row, Mapping):
            records.append(row)
        else:
            aside({"row": row}, "the row is not an object")
    return [[_or_null(at_path(record, column.source)) for record in records] for column in columns]


def _of_matrix(
    names: Sequence[Any], rows: Sequence[Any], columns: Sequence[Column], broken: Broken, aside: Aside
) -> list[list[Any]]:
    if absent := [column.source for column in columns if column.source not in names]:
        raise broken(f"the answer has no column {absent[0]!r}", f"it has {', '.join(map(str, names))}")
    places = [names.index(column.source) for column in columns]
    whole = []
    for row in rows:
        if isinstance(row, list) and len(row) == len(names):
            whole.append(row)
        else:
            aside({"row": row}, f"the row is not a list of {len(names)} values")
    return [[row[place] for row in whole] for place in places]


def _or_null(value: Any) -> Any:
    return None if value is MISSING else value
