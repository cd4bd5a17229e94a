"""From the Arrow columns of a database to the declared ones, or to SQL types where none are declared."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa

from progenitor.sources.declared.columns import Column
from progenitor.sources.declared.conversion import convert
from progenitor.sources.declared.fitting import Misfits, reason
from progenitor.sources.declared.times import EARLIEST, LATEST, tai_to_utc

_NATURAL: Final = {
    pa.bool_(): "BOOLEAN",
    pa.int16(): "INTEGER",
    pa.int32(): "INTEGER",
    pa.int64(): "BIGINT",
    pa.float32(): "DOUBLE",
    pa.float64(): "DOUBLE",
    pa.string(): "VARCHAR",
    pa.date32(): "DATE",
}


def natural_column(field: pa.Field) -> Column | None:
    """Return the column that a field of an answer is, or None for a type that must be declared or cast.

    A number of arbitrary precision, a UUID and a JSON value are text.
    """
    kind = field.type
    is_list = pa.types.is_list(kind)
    element = _plain(kind.value_type if is_list else kind)
    if pa.types.is_timestamp(element) and not is_list:
        return Column(name=field.name, type="TIMESTAMP")
    name = _NATURAL.get(element)
    if name is None or (is_list and name == "DATE"):
        return None
    return Column(name=field.name, type=name + ("[]" if is_list else ""))


def _plain(kind: pa.DataType) -> pa.DataType:
    """Return what holds the values of an extension type; a UUID counts as text."""
    if not isinstance(kind, pa.BaseExtensionType):
        return kind
    return pa.string() if kind.extension_name == "arrow.uuid" else kind.storage_type


def convert_array(column: Column, array: pa.Array) -> tuple[pa.Array, Misfits]:
    """Make an array of the declared type; at once where Arrow can without loss, else value by value.

    Parameters
    ----------
    column
        The declaration.
    array
        As the driver gives it.
    """
    if isinstance(array, pa.ExtensionArray) and array.type.extension_name != "arrow.uuid":
        array = array.storage
    if column.missing is None:
        if column.type == "TIMESTAMP" and pa.types.is_timestamp(array.type):
            if array.type.tz is None or column.scale == "utc":
                return _times(column, array)
        elif array.type == column.arrow:
            return array, {}
        elif _widens(array.type, column.arrow):
            return array.cast(column.arrow), {}
    return convert(column, array.to_pylist())


def _widens(given: pa.DataType, wanted: pa.DataType) -> bool:
    """Whether every value of one type is one of the other."""
    if pa.types.is_signed_integer(given) and pa.types.is_signed_integer(wanted):
        return bool(given.bit_width <= wanted.bit_width)
    return bool(wanted == pa.float64() and given in (pa.int16(), pa.int32(), pa.float32()))


def _times(column: Column, array: pa.Array) -> tuple[pa.Array, Misfits]:
    """Convert times that are times already to UTC; the database's infinity is a misfit."""
    known = np.flatnonzero(~np.asarray(array.is_null()))
    micro = array.drop_null().cast(pa.timestamp("us", array.type.tz)).cast(pa.int64()).to_numpy()
    inside = (micro >= EARLIEST) & (micro <= LATEST)
    misfits = {int(row): reason(column, "infinity", "out of range") for row in known[~inside]}
    utc = tai_to_utc(micro[inside]) if column.scale == "tai" else micro[inside]
    times = np.full(len(array), np.datetime64("NaT", "us"))
    times[known[inside]] = utc.astype("datetime64[us]")
    return pa.array(times, type=column.arrow), misfits
