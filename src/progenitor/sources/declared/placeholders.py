"""Placeholders in what is asked of a system: ``{day_obs}``, ``{partition_start:tai}``; ``{{`` and ``}}`` are braces."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from string import Formatter
from typing import Final, Self

from progenitor.errors import MappingError, Place
from progenitor.sources.declared.times import EPOCH
from progenitor.sources.declared.window import Window

Value = str | int | float | datetime.datetime

_INSTANTS: Final = ("partition_start", "partition_end")
NAMES: Final = ("partition", "day_obs", "next_day_obs", *_INSTANTS)
_SCALES: Final = ("utc", "tai")
_FORMATS: Final = ("iso", "naive", "unix", "unix_ms", "unix_us", "unix_ns", "mjd")
_MJD_OF_1970: Final = 40_587
_MICROSECOND: Final = datetime.timedelta(microseconds=1)
_DIVISORS: Final = {"unix": 10**6, "unix_ms": 10**3, "unix_us": 1}


@dataclass(frozen=True)
class Placeholder:
    """One placeholder.

    Parameters
    ----------
    name
        One of `NAMES`.
    scale
        ``utc`` or ``tai``, for an instant.
    format
        How an instant is written; None to let the system decide: a time where it takes times, else ``iso``.
    """

    name: str
    scale: str = "utc"
    format: str | None = None

    def value(self, window: Window) -> Value:
        """Return what it stands for; an instant without a format is a time without a zone, of its scale."""
        night = window.night
        if self.name == "partition" or night is None:
            return window.key
        if self.name == "day_obs":
            return night.day_obs
        if self.name == "next_day_obs":
            return night.next.day_obs
        starts = self.name == "partition_start"
        if self.scale == "tai":
            return _written(night.start if starts else night.end, self.format, zone="")
        return _written(window.start if starts else window.end, self.format, zone="Z")

    def text(self, window: Window) -> str:
        """Return what it stands for as text."""
        value = self.value(window)
        if isinstance(value, datetime.datetime):
            return value.isoformat() + ("Z" if self.scale == "utc" else "")
        return str(value)


def _written(time: datetime.datetime, format: str | None, zone: str) -> Value:
    """Write a time in a format."""
    microseconds = (time - EPOCH) // _MICROSECOND
    match format:
        case None:
            return time
        case "iso":
            return time.isoformat() + zone
        case "naive":
            return time.isoformat()
        case "mjd":
            return _MJD_OF_1970 + microseconds / 86_400_000_000
        case "unix_ns":
            return microseconds * 1000
        case _:
            divisor = _DIVISORS[format]
            return microseconds / divisor if microseconds % divisor else microseconds // divisor


@dataclass(frozen=True)
class Template:
    """A text with placeholders.

    Parameters
    ----------
    pieces
        Texts and placeholders, in order.
    """

    pieces: tuple[str | Placeholder, ...]

    @classmethod
    def parse(cls, text: str, place: Place, *, by_night: bool) -> Self:
        """Read a text.

        Parameters
        ----------
        text
            As source.yml has it.
        place
            Where that is, for the message.
        by_night
            Whether partitions are nights; the whole source has only ``{partition}``.

        Raises
        ------
        MappingError
            If a placeholder is unknown, or a brace stands alone.
        """
        pieces: list[str | Placeholder] = []
        try:
            for literal, name, spec, conversion in Formatter().parse(text):
                if literal:
                    pieces.append(literal)
                if name is not None:
                    pieces.append(_placeholder(name, spec or "", conversion, by_night=by_night))
        except ValueError as error:
            raise MappingError(
                f"{text!r}: {error}", place=place, hint=f"placeholders: {', '.join(NAMES)}; {{{{ is a brace"
            ) from None
        return cls(tuple(pieces))

    def fill(self, window: Window) -> str:
        """Return the text for a partition."""
        return "".join(piece if isinstance(piece, str) else piece.text(window) for piece in self.pieces)

    def value(self, window: Window) -> str | int | float:
        """Return the text for a partition; the number where the whole text is a placeholder for a number."""
        if len(self.pieces) == 1 and isinstance(self.pieces[0], Placeholder):
            alone = self.pieces[0].value(window)
            if isinstance(alone, int | float):
                return alone
        return self.fill(window)

    def marked(self, mark: Callable[[int], str]) -> str:
        """Return the text with marks instead of placeholders, for what takes parameters.

        Parameters
        ----------
        mark
            Returns the mark of the n-th parameter, counted from 1.
        """
        numbers = count(1)
        return "".join(piece if isinstance(piece, str) else mark(next(numbers)) for piece in self.pieces)

    def values(self, window: Window) -> list[Value]:
        """Return the values of those parameters for a partition."""
        return [piece.value(window) for piece in self.pieces if not isinstance(piece, str)]


def _placeholder(name: str, spec: str, conversion: str | None, *, by_night: bool) -> Placeholder:
    if conversion or name not in NAMES:
        raise ValueError(f"there is no placeholder {{{name}}}")
    if not by_night and name != "partition":
        raise ValueError(f"{{{name}}} needs partition: day_obs")
    words = [word.strip() for word in spec.split(",")] if spec else []
    if words and name not in _INSTANTS:
        raise ValueError(f"{{{name}}} takes no {spec!r}")
    scales = [word for word in words if word in _SCALES]
    formats = [word for word in words if word in _FORMATS]
    if len(scales) > 1 or len(formats) > 1 or len(scales) + len(formats) < len(words):
        raise ValueError(
            f"after the colon of {{{name}}} may be one of {', '.join(_SCALES)}, one of {', '.join(_FORMATS)}"
        )
    return Placeholder(name, scales[0] if scales else "utc", formats[0] if formats else None)
