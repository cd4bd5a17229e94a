"""Fitting the values of a column one by one, and saying of each that does not fit why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from progenitor.sources.declared.columns import Column

Misfits = dict[int, str]
"""Row -> why its value cannot be of the declared type; the array has null there."""

_LONGEST: Final = 80
"""Characters of a value that a reason quotes."""


def fit_each(column: Column, values: Sequence[Any], fit: Callable[[Any], Any]) -> tuple[list[Any], Misfits]:
    """Fit every value that is not None.

    Parameters
    ----------
    column
        The declaration, for the reasons.
    values
        As the system gives them.
    fit
        Returns a value of the declared type, or raises a ValueError that may say why there is none.

    Returns
    -------
    fitting, misfits
        The values, None where there is none; and the reasons.
    """
    fitting: list[Any] = []
    misfits: Misfits = {}
    for row, value in enumerate(values):
        try:
            fitting.append(None if value is None else fit(value))
        except (ValueError, OverflowError) as error:
            misfits[row] = reason(column, value, str(error))
            fitting.append(None)
    return fitting, misfits


def reason(column: Column, value: object, why: str = "") -> str:
    """Say that a value does not fit a column."""
    shown = repr(value)
    if len(shown) > _LONGEST:
        shown = shown[: _LONGEST - 1] + "…"
    return f"column {column.name!r} is {shown}, which is not a {column.type}" + (f": {why}" if why else "")
