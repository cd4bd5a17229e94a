"""The columns of one source: their types, and how templates refer to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from progenitor.errors import MappingError
from progenitor.mapping.document import Template
from progenitor.mapping.functions import quote_name
from progenitor.mapping.lexical import Lexical, natural

ROW: Final = "r"
"""The alias of a source in compiled SQL."""
ELEMENT: Final = "element"
"""The lambda parameter that stands for one value of a list column."""


@dataclass(frozen=True)
class Value:
    """A column's value as a template uses it.

    Parameters
    ----------
    sql
        Its expression.
    sql_type
        Its type; that of the elements for a list.
    form
        Its natural lexical form.
    """

    sql: str
    sql_type: str
    form: Lexical


class Columns:
    """The columns of one source.

    Parameters
    ----------
    source
        Its name, for messages.
    types
        Column -> SQL type.
    """

    def __init__(self, source: str, types: Mapping[str, str]) -> None:
        self.source = source
        self.types = types

    def value(self, column: str, template: Template) -> Value:
        """Return the value of a column; for a list, that of one element.

        Raises
        ------
        MappingError
            If there is no such column, or its type has no text.
        """
        sql_type = self._type(column, template)
        sql = f"{ROW}.{quote_name(column)}"
        if _is_list(sql_type):
            sql, sql_type = ELEMENT, sql_type[: sql_type.rindex("[")]
        form = natural(sql, sql_type)
        if form is None:
            raise MappingError(
                f"the column {column!r} of {self.source!r} is {sql_type}, which has no text in RDF",
                place=template.place,
                hint="turn it into a text, a number or a time in views.sql",
            )
        return Value(sql, sql_type, form)

    def list_column(self, template: Template) -> str | None:
        """Return the list column that a template refers to, if any.

        Raises
        ------
        MappingError
            If there are two.
        """
        lists = [column for column in template.columns if _is_list(self._type(column, template))]
        if len(lists) > 1:
            raise MappingError(
                f"{template.text!r} refers to two lists: {', '.join(lists)}",
                place=template.place,
                hint="unnest them in views.sql",
            )
        return lists[0] if lists else None

    def _type(self, column: str, template: Template) -> str:
        if column in self.types:
            return self.types[column]
        folded = {name.casefold(): name for name in self.types}
        close = get_close_matches(column.casefold(), folded, n=1)
        raise MappingError(
            f"{self.source!r} has no column {column!r}",
            place=template.place,
            hint=f"did you mean {folded[close[0]]!r}?" if close else f"columns: {', '.join(self.types)}",
        )


def _is_list(sql_type: str) -> bool:
    return sql_type.endswith("]")
