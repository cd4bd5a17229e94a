"""The ``where`` of a table, understood where no InfluxDB is there to ask: comparisons, AND, OR and parentheses."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from progenitor.sources.exports.points import Point

_TOKEN: Final = re.compile(
    r"""\s*(?:
    (?P<quoted>"(?:[^"\\]|\\.)*")
  | (?P<text>'(?:[^'\\]|\\.)*')
  | (?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?![\w.]))
  | (?P<compare>=~|!~|<>|!=|<=|>=|=|<|>)
  | (?P<regex>/(?:[^/\\]|\\.)+/)
  | (?P<mark>[()])
  | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
)""",
    re.VERBOSE,
)
_COMPARE: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_EQUALITY: Final = ("=", "!=", "<>")
_KINDS: Final[dict[type, type]] = {bool: bool, int: float, float: float, str: str}
"""What may be compared with each other."""

Names = Collection[str]
Test = Callable[[Point, Names], bool]


def matches(pattern: str, text: str) -> bool:
    """Whether a regular expression of Go's, in InfluxQL's slashes, is found in a text.

    Raises
    ------
    ValueError
        If it is none.
    """
    try:
        found = pc.match_substring_regex(pa.array([text]), pattern=pattern[1:-1].replace("\\/", "/"))
    except pa.ArrowInvalid as error:
        raise ValueError(f"{pattern} is not a regular expression: {error}") from None
    return bool(found[0].as_py())


@dataclass(frozen=True)
class Condition:
    """A condition on points.

    Parameters
    ----------
    names
        The fields and tags in it.
    holds
        Tells whether a point meets it, given the names of the fields that its measurement has.
    """

    names: frozenset[str]
    holds: Test

    @classmethod
    def parse(cls, text: str) -> Condition:
        """Read a condition of InfluxQL.

        Parameters
        ----------
        text
            Comparisons of a field or tag with a number, a text, a truth value or a regular expression, joined by
            AND, OR and parentheses.

        Raises
        ------
        ValueError
            If it is something else.
        """
        parser = _Parser(text)
        holds = parser.either()
        parser.end()
        return cls(frozenset(parser.names), holds)


class _Parser:
    def __init__(self, text: str) -> None:
        self.names: set[str] = set()
        self._text = text
        self._tokens: list[tuple[str, str]] = []
        position = 0
        while text[position:].strip():
            match = _TOKEN.match(text, position)
            if match is None:
                raise self._error(f"{text[position:].strip()[:30]!r} is not understood")
            self._tokens.append((str(match.lastgroup), match[str(match.lastgroup)]))
            position = match.end()
        self._tokens.append(("end", ""))

    def either(self) -> Test:
        tests = [self._both()]
        while self._take_word("OR"):
            tests.append(self._both())
        return tests[0] if len(tests) == 1 else lambda *given: any(test(*given) for test in tests)

    def end(self) -> None:
        if self._tokens[0][0] != "end":
            raise self._error(f"{self._tokens[0][1]!r} is not expected there")

    def _both(self) -> Test:
        tests = [self._one()]
        while self._take_word("AND"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda *given: all(test(*given) for test in tests)

    def _one(self) -> Test:
        kind, value = self._tokens.pop(0)
        if value == "(" and kind == "mark":
            test = self.either()
            if self._tokens.pop(0)[1] != ")":
                raise self._error("a parenthesis is not closed")
            return test
        if kind not in ("quoted", "word") or value.lower() in ("time", "true", "false", "and", "or"):
            raise self._error(f"{value!r} is not the name of a field or tag")
        name = _unquoted(value) if kind == "quoted" else value
        self.names.add(name)
        return self._comparison(name)

    def _comparison(self, name: str) -> Test:
        kind, sign = self._tokens.pop(0)
        if kind != "compare":
            raise self._error(f"{name!r} is compared with nothing")
        kind, value = self._tokens.pop(0)
        if sign in ("=~", "!~"):
            if kind != "regex":
                raise self._error(f"{value!r} is not a regular expression")
            return _found(name, value, wanted=sign == "=~")
        return _compared(name, sign, self._literal(kind, value))

    def _literal(self, kind: str, value: str) -> Any:
        if kind == "text":
            return _unquoted(value)
        if kind == "number":
            return int(value) if value.lstrip("+-").isdecimal() else float(value)
        if kind == "word" and value.lower() in ("true", "false"):
            return value.lower() == "true"
        raise self._error(f"{value!r} is not a number, a text in single quotes, true or false")

    def _take_word(self, word: str) -> bool:
        kind, value = self._tokens[0]
        if kind == "word" and value.upper() == word:
            del self._tokens[0]
            return True
        return False

    def _error(self, what: str) -> ValueError:
        return ValueError(f"{self._text!r} cannot be asked of exported files: {what}")


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1])


def _value(point: Point, fields: Names, name: str) -> Any:
    """Return a field or None, or a tag; to InfluxDB, what is no field is a tag, and empty where it is not there."""
    return point.fields.get(name) if name in fields else dict(point.tags).get(name, "")


def _compared(name: str, sign: str, wanted: Any) -> Test:
    compare, kind = _COMPARE[sign], _KINDS[type(wanted)]

    def test(point: Point, fields: Names) -> bool:
        value = _value(point, fields, name)
        # As in InfluxDB, a field that is not there or of another type meets no comparison, not even that it differs.
        comparable = value is not None and _KINDS[type(value)] is kind and (kind is float or sign in _EQUALITY)
        return comparable and compare(value, wanted)

    return test


def _found(name: str, pattern: str, *, wanted: bool) -> Test:
    search = lru_cache(lambda text: matches(pattern, text))
    search("")  # a wrong one is told at once

    def test(point: Point, fields: Names) -> bool:
        value = _value(point, fields, name)
        return isinstance(value, str) and search(value) is wanted

    return test
