"""Which subjects are of which night: their IRIs begin with a number that tells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from progenitor.errors import MappingError, Place
from progenitor.sources.declared.nights import Night

DIGITS: Final = 8
"""Of a day_obs."""

_DECLARED: Final = re.compile(r"[^{}]+\{day_obs\}")
_CONTROLLERS: Final = "234567"
"""First digits: the ids of each controller but O are a thousand years later (mappings/shared/exposures.sql)."""


@dataclass(frozen=True)
class Range:
    """Subjects from one, included, to another one, not included; N-Triples terms, by code points."""

    first: str
    end: str

    @classmethod
    def beginning(cls, iri: str) -> Self:
        """Return the range of all IRIs that begin so."""
        return cls(f"<{iri}", f"<{iri[:-1]}{chr(ord(iri[-1]) + 1)}")


@dataclass(frozen=True)
class Subjects:
    """The subjects that a source.yml declares.

    Parameters
    ----------
    stems
        What their IRIs begin with; the number of the night follows.
    """

    stems: tuple[str, ...]

    @classmethod
    def parse(cls, declared: object, base: str, place: Place) -> Self:
        """Read the option ``subjects``.

        Parameters
        ----------
        declared
            A list of texts that end in ``{day_obs}``.
        base
            The store's base IRI.
        place
            Of the option.

        Raises
        ------
        MappingError
            If it is no such list.
        """
        if (
            not isinstance(declared, list)
            or not declared
            or not all(isinstance(text, str) and _DECLARED.fullmatch(text) for text in declared)
        ):
            raise MappingError(
                f"subjects is {declared!r}",
                place=place,
                hint="a list of how their IRIs begin below the base, for example 'exposure/LSSTCam/{day_obs}'",
            )
        return cls(tuple(base + text.partition("{")[0] for text in declared))

    def ranges_of(self, night: Night) -> list[Range]:
        """Return where the subjects of a night lie, whichever controller took them."""
        number = str(night.day_obs)[1:]
        return [Range.beginning(f"{stem}{digit}{number}") for stem in self.stems for digit in _CONTROLLERS]


def night_of(digits: str) -> Night | None:
    """Return the night of the first digits of a number, or None where they are of none."""
    if len(digits) != DIGITS or digits[0] not in _CONTROLLERS or not digits.isascii() or not digits.isdigit():
        return None
    try:
        return Night.parse("2" + digits[1:])
    except ValueError:
        return None


def overlapping(ranges: Sequence[Range], first: str, last: str) -> bool:
    """Whether any range has something of what lies from one subject to another, both included."""
    return any(first < each.end and each.first <= last for each in ranges)
