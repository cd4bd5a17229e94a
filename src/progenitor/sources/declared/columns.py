"""Columns as a source.yml declares them: names, SQL types, and the time scale of what is a time.

::

    columns:
      id: BIGINT                    # the column has the name of the field
      tags: VARCHAR[]               # a list of them
      system: {field: fields.system, type: VARCHAR}
      sent: {field: private_sndStamp, type: TIMESTAMP, format: unix, scale: tai, missing: 0}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Final, Literal, Self

import pyarrow as pa
import pydantic

TYPES: Final[dict[str, pa.DataType]] = {
    "BOOLEAN": pa.bool_(),
    "INTEGER": pa.int32(),
    "BIGINT": pa.int64(),
    "UBIGINT": pa.uint64(),
    "DOUBLE": pa.float64(),
    "VARCHAR": pa.string(),
    "JSON": pa.string(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us"),
    "TIMESTAMP_NS": pa.timestamp("ns"),
}
"""SQL type -> Arrow type. JSON is any value, as JSON text; a TIMESTAMP is UTC and has no zone."""

_TIMES: Final = ("TIMESTAMP", "TIMESTAMP_NS")
_IN_LISTS: Final = ("BOOLEAN", "INTEGER", "BIGINT", "UBIGINT", "DOUBLE", "VARCHAR")

TimeFormat = Literal["iso", "unix", "unix_ms", "unix_us", "unix_ns", "mjd"]
TimeScale = Literal["utc", "tai"]


class Column(pydantic.BaseModel):
    """A declared column.

    Parameters
    ----------
    name
        Of the column.
    type
        A key of `TYPES`, with ``[]`` after it for a list.
    field
        What the outside system calls it; the name where not given.
    format
        How a time is written: ``iso`` text, seconds (milli-, micro-, nanoseconds) since 1970, or Modified Julian Date.
    scale
        Time scale of the values; what is read of them is UTC.
    missing
        A value that stands for none, such as 0 for a time that has not come.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    name: str
    type: str
    field: str = ""
    format: TimeFormat = "iso"
    scale: TimeScale = "utc"
    missing: bool | int | float | str | None = None

    @pydantic.field_validator("type")
    @classmethod
    def _known(cls, given: str) -> str:
        name = given.upper()
        element = name.removesuffix("[]")
        if element not in TYPES or (element != name and element not in _IN_LISTS):
            lists = ", ".join(f"{entry}[]" for entry in _IN_LISTS)
            raise ValueError(f"types are {', '.join(TYPES)}, {lists}")
        return name

    @pydantic.model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.type not in _TIMES and {"format", "scale"} & self.model_fields_set:
            raise ValueError(f"format and scale are for times, not for a {self.type}")
        if self.type == "TIMESTAMP_NS" and (self.format, self.scale) != ("unix_ns", "utc"):
            raise ValueError("a TIMESTAMP_NS has format unix_ns and scale utc; others are a TIMESTAMP")
        return self

    @property
    def source(self) -> str:
        """What the outside system calls it."""
        return self.field or self.name

    @property
    def is_list(self) -> bool:
        """Whether a value is a list."""
        return self.type.endswith("[]")

    @property
    def element(self) -> str:
        """The type, or that of a list's elements."""
        return self.type.removesuffix("[]")

    @property
    def arrow(self) -> pa.DataType:
        """The Arrow type."""
        plain = TYPES[self.element]
        return pa.list_(plain) if self.is_list else plain


def _named(given: object) -> object:
    """Put a column's name into what is said of it; a text alone is the type."""
    if not isinstance(given, Mapping):
        return given
    return {
        name: {"name": name, **said} if isinstance(said, Mapping) else {"name": name, "type": said}
        for name, said in given.items()
    }


Columns = Annotated[dict[str, Column], pydantic.BeforeValidator(_named)]
"""The ``columns`` of a table, in a pydantic model."""


def schema_of(columns: Iterable[Column]) -> pa.Schema:
    """Return the Arrow schema of columns."""
    return pa.schema([(column.name, column.arrow) for column in columns])
