"""Points for tests of line protocol: any that InfluxDB can hold, and the lines that write them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

START = 1_761_998_363_000_000_000
"""Nanoseconds of UTC since 1970 at which the night 2025-11-01 begins: 12:00 TAI."""
DAY = 86_400 * 10**9


@dataclass(frozen=True)
class Written:
    """A point to write."""

    measurement: str
    fields: dict[str, Any]
    time: int
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def line(self) -> str:
        """The line that writes it."""
        tags = "".join(f",{_key(name)}={_key(value)}" for name, value in self.tags.items())
        fields = ",".join(f"{_key(name)}={_value(value)}" for name, value in self.fields.items())
        return f"{_escaped('[ ,]', self.measurement)}{tags} {fields} {self.time}"


def _escaped(characters: str, text: str) -> str:
    return re.sub(f"({characters})", r"\\\1", text)


def _key(text: str) -> str:
    return _escaped("[ ,=]", text)


def _value(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return f"{value}i"
        case float():
            return repr(value)
        case _:
            return '"' + _escaped(r'["\\]', value) + '"'


_names = st.text(st.sampled_from(list("abz.09_ ,='\"/#é🔭")), min_size=1, max_size=6)
"""Backslashes are left out: InfluxDB cannot tell one at the end of a name from an escape."""
_measurements = st.text(st.sampled_from(list("abz.09_ ,'\"/é🔭")), min_size=1, max_size=6)
_texts = st.text(
    st.one_of(
        st.sampled_from(list('\n\\" ,=#\r\t')), st.characters(exclude_categories=["Cs"], exclude_characters="\0")
    ),
    max_size=12,
)
_numbers = st.floats(allow_nan=False, allow_infinity=False)
_values = st.one_of(st.booleans(), st.integers(-(2**63), 2**63 - 1), _numbers, _texts)


def points(values: st.SearchStrategy[Any] = _values) -> st.SearchStrategy[Written]:
    """Any point, its values among those given."""
    return st.builds(
        Written,
        _measurements,
        st.dictionaries(_names, values, min_size=1, max_size=4),
        st.integers(START, START + 50),
        st.dictionaries(_names, _names, max_size=2),
    )
