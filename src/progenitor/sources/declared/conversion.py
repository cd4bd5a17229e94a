"""From the values of a column as a system gives them to an Arrow array of the declared type, and what does not fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from progenitor.sources.declared.columns import Column
from progenitor.sources.declared.fitting import Misfits, fit_each
from progenitor.sources.declared.scalars import FITS, fit_list
from progenitor.sources.declared.timestamps import read_times


def convert(column: Column, values: Sequence[Any]) -> tuple[pa.Array, Misfits]:
    """Make an Arrow array of a column's values.

    An exact value is taken whatever its form: a whole float or a numeric text in a BIGINT, a number in a VARCHAR. What
    would lose something (1.5 in a BIGINT, a zone in a time that is declared TAI) is a misfit.

    Parameters
    ----------
    column
        The declaration.
    values
        As JSON or a database gives them; None is null.
    """
    if column.missing is not None:
        values = [None if _is_missing(value, column.missing) else value for value in values]
    if column.type == "TIMESTAMP":
        return read_times(column, values)
    return _as_they_are(column, values) or _one_by_one(column, values)


def _is_missing(value: object, missing: object) -> bool:
    """Compare as JSON does: true is not 1."""
    return value == missing and isinstance(value, bool) == isinstance(missing, bool)


def _as_they_are(column: Column, values: Sequence[Any]) -> tuple[pa.Array, Misfits] | None:
    """Make the array at once where the values are of the type already, or None.

    Arrow infers the type first: told the type, it would make 1 of 1.5 and 1.0 of true.
    """
    if column.type in ("JSON", "DATE"):
        return None
    try:
        array = pa.array(values)
        if pa.types.is_null(array.type):
            return pa.nulls(len(values), column.arrow), {}
        if array.type == column.arrow:
            return array, {}
        if pa.types.is_integer(array.type) and not column.is_list and column.type != "VARCHAR":
            return (array.cast(column.arrow), {}) if column.type != "BOOLEAN" else None
    except (pa.ArrowException, OverflowError, TypeError, ValueError):
        return None
    return None


def _one_by_one(column: Column, values: Sequence[Any]) -> tuple[pa.Array, Misfits]:
    fit = FITS[column.element]
    fitting, misfits = fit_each(column, values, fit_list(fit) if column.is_list else fit)
    return pa.array(fitting, type=column.arrow), misfits
