"""What becomes of people and of their words between a reader and the staged tables: kept, pseudonymised or dropped."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

import pyarrow as pa

from progenitor.config import PrivacyChoice
from progenitor.errors import MappingError, Place
from progenitor.model import PrivateColumns, PrivateKind

Data = TypeVar("Data", pa.Table, pa.RecordBatch)

WITHHELD: Final = "(withheld: it may hold what is private)"
"""Stands in a dead letter for what cannot be told from a private value."""

_PLACES: Final = frozenset({"file", "line"})
"""Keys by which a reader says where a record stands, rather than what is in it."""


@dataclass(frozen=True)
class Privacy:
    """What is to become of private values.

    Parameters
    ----------
    people, text
        What to do with people, and with what they wrote.
    key
        Of the pseudonyms.
    """

    people: PrivacyChoice = "keep"
    text: PrivacyChoice = "keep"
    key: bytes = field(default=b"", repr=False)

    def choice(self, kind: PrivateKind) -> PrivacyChoice:
        """Return what is done with values of a kind."""
        return self.text if kind == "text" else self.people

    def pseudonym(self, value: str) -> str:
        """Return the HMAC-SHA-256 (RFC 2104) of a value under the key, in hexadecimal."""
        return hmac.digest(self.key, value.encode(), "sha256").hex()

    def changed(self, kind: PrivateKind, value: str) -> str | None:
        """Return what stands for a value, None where nothing does; an empty text and a component hold nobody."""
        choice = self.choice(kind)
        if choice == "keep" or not value or (kind == "identity" and "@" not in value):
            return value
        if choice == "drop":
            return None
        if kind == "text":
            return self.pseudonym(value)
        # The same person in every system: some write user@host.
        person = self.pseudonym(value.partition("@")[0])
        return f"{person}@" if kind == "identity" else person

    def digest(self, mapping: str, private: PrivateColumns) -> str:
        """Return the digest of a mapping as it is applied: its own, where nothing of what it reads is changed.

        Parameters
        ----------
        mapping
            Digest of the mapping folder.
        private
            What it declares to be private.
        """
        kinds = {kind for columns in private.values() for kind in columns.values() if self.choice(kind) != "keep"}
        if not kinds:
            return mapping
        words = [mapping, *(f"{kind} {self.choice(kind)}" for kind in sorted(kinds))]
        if any(self.choice(kind) == "pseudonymise" for kind in kinds):
            words.append(self.pseudonym("the key of the pseudonyms"))
        return hashlib.sha256("\n".join(words).encode()).hexdigest()


class Veil:
    """Hides the private columns of a source.

    Parameters
    ----------
    privacy
        What is to become of them.
    private
        Which they are; as `check_private` has found them to be right.
    """

    def __init__(self, privacy: Privacy, private: PrivateColumns) -> None:
        self._privacy = privacy
        self._kinds = {
            table: hidden
            for table, columns in private.items()
            if (hidden := {name: kind for name, kind in columns.items() if privacy.choice(kind) != "keep"})
        }

    def hide(self, table: str, data: Data) -> Data:
        """Return rows with their private values changed."""
        for name, kind in self._kinds.get(table, {}).items():
            place = data.schema.get_field_index(name)
            if place >= 0:
                data = data.set_column(place, data.schema.field(place), self._column(kind, data.column(place)))
        return data

    def hide_record(
        self, table: str, record: Mapping[str, Any], reason: str, columns: pa.Schema
    ) -> tuple[dict[str, Any], str]:
        """Return a record that is set aside, and the reason, without private values.

        A reason quotes the value that does not fit. Where that may be a private one, or the record has more than the
        columns (a line that could not be read may be of any table), the reason is withheld.

        Parameters
        ----------
        table, record, reason
            What is set aside, and why.
        columns
            The table's.
        """
        if not self._kinds:
            return dict(record), reason
        kinds = self._kinds.get(table, {})
        shown: dict[str, Any] = {}
        for name, value in record.items():
            if name in kinds:
                shown[name] = self._changed_if_text(kinds[name], value, is_list=_is_list(columns.field(name).type))
            else:
                shown[name] = value if name in columns.names or name in _PLACES else WITHHELD
        return shown, WITHHELD if WITHHELD in shown.values() else reason

    def _changed_if_text(self, kind: PrivateKind, value: Any, *, is_list: bool) -> Any:
        if value is None:
            return None
        if not is_list:
            return self._privacy.changed(kind, value) if _is_text(value) else WITHHELD
        if not isinstance(value, list) or not all(map(_is_text, value)):
            return WITHHELD
        return _without_none(self._privacy.changed(kind, entry) for entry in value)

    def _column(self, kind: PrivateKind, column: pa.Array | pa.ChunkedArray) -> pa.Array:
        """Change a column; each of its distinct values once."""
        array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column

        def change(value: str) -> str | None:
            return self._privacy.changed(kind, value)

        if not _is_list(array.type):
            return _by_distinct(array, change)
        rows = array.to_pylist()
        return pa.array([None if row is None else _without_none(map(change, row)) for row in rows], array.type)


def check_private(private: PrivateColumns, schemas: Mapping[str, pa.Schema], file: Path) -> None:
    """Check that what is declared to be private is there, and is text.

    Parameters
    ----------
    private
        Table -> column -> what it holds.
    schemas
        The tables of the reader.
    file
        The source.yml.

    Raises
    ------
    MappingError
        If a table or column is not there, or is no text.
    """
    for table, columns in private.items():
        if table not in schemas:
            raise MappingError(
                f"there is no table {table!r}",
                place=Place(file, field=f"privacy.{table}"),
                hint=f"tables: {', '.join(sorted(schemas))}",
            )
        for name in columns:
            place = Place(file, field=f"privacy.{table}.{name}")
            if name not in schemas[table].names:
                hint = f"columns: {', '.join(schemas[table].names)}"
                raise MappingError(f"the table {table!r} has no column {name!r}", place=place, hint=hint)
            kind = schemas[table].field(name).type
            element = kind.value_type if _is_list(kind) else kind
            if not (pa.types.is_string(element) or pa.types.is_large_string(element)):
                hint = "only texts and lists of texts can be private"
                raise MappingError(f"the column {name!r} is {kind}, not text", place=place, hint=hint)


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))


def _is_text(value: object) -> bool:
    """Whether a value of a record is a text that fits a column, so that no reason quotes it."""
    return isinstance(value, str) and value.encode("utf-8", "ignore").decode() == value


def _by_distinct(array: pa.Array, change: Callable[[str], str | None]) -> pa.Array:
    encoded = array.dictionary_encode()
    return pa.array(map(change, encoded.dictionary.to_pylist()), array.type).take(encoded.indices)


def _without_none(values: Iterable[str | None]) -> list[str]:
    return [value for value in values if value is not None]
