"""The errors a person can act on: what is wrong, with which value, where, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Place:
    """Where in the input something is wrong.

    Parameters
    ----------
    source
        A file, a URL, a table, or another name a person can find.
    line, column
        Counted from 1.
    field
        The field, key or column of the record, dotted where it is nested.
    """

    source: str | Path
    line: int | None = None
    column: int | None = None
    field: str | None = None

    def __str__(self) -> str:
        text = str(self.source)
        if self.line is not None:
            text += f":{self.line}"
            if self.column is not None:
                text += f":{self.column}"
        return f"{text} ({self.field})" if self.field else text


class ProgenitorError(Exception):
    """Anything Progenitor refuses or cannot do, in one clear line.

    Parameters
    ----------
    message
        What is wrong; names the bad value.
    place
        Where it was met.
    hint
        What to do next.

    Notes
    -----
    `exit_code` is what the command line returns for the class; docs/reference/cli.md lists them.
    """

    exit_code = 1

    def __init__(self, message: str, *, place: Place | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.place = place
        self.hint = hint

    def __str__(self) -> str:
        text = f"{self.place}: {self.message}" if self.place else self.message
        return f"{text} ({self.hint})" if self.hint else text


class ConfigurationError(ProgenitorError):
    """A setting, option or configuration file that cannot be used."""

    exit_code = 2


class MissingExtraError(ProgenitorError):
    """A feature whose optional dependencies are not installed.

    Parameters
    ----------
    extra
        The extra that brings them.
    feature
        What was asked for.
    """

    exit_code = 2

    def __init__(self, extra: str, feature: str) -> None:
        super().__init__(
            f"{feature} needs the optional packages of the extra '{extra}'",
            hint=f"pip install 'progenitor[{extra}]'",
        )
        self.extra = extra


class MappingError(ProgenitorError):
    """A mapping folder that is wrong or asks for what is not supported."""

    exit_code = 3


class SourceError(ProgenitorError):
    """An outside system that cannot be read: missing, dead, slow, or not what it should be."""

    exit_code = 4


class NotFoundError(ProgenitorError):
    """An identifier that names nothing in the snapshot."""

    exit_code = 5


class AmbiguousError(ProgenitorError):
    """An identifier that names several things.

    Parameters
    ----------
    message
        What was asked for.
    candidates
        The IRIs it could mean.
    """

    exit_code = 6

    def __init__(self, message: str, candidates: list[str], *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.candidates = candidates


class StoreError(ProgenitorError):
    """A store that is missing, damaged, of another version, or that the disk refused to extend."""

    exit_code = 7


class LockedError(StoreError):
    """A store that another writer holds."""

    exit_code = 8


class QueryError(ProgenitorError):
    """A SPARQL query or a question that is malformed or not allowed."""

    exit_code = 9


class FormatError(ProgenitorError):
    """A document that cannot be written or read in the format asked for."""

    exit_code = 10
