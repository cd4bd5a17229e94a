"""From a template to the SQL expression of an N-Triples term, given the types of a source's columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from progenitor.errors import MappingError
from progenitor.mapping.document import ObjectTerm, Reference, Template
from progenitor.mapping.functions import quote_name, quote_text
from progenitor.mapping.iri import is_absolute_iri
from progenitor.mapping.lexical import Lexical, demand, natural
from progenitor.terms import compact

ELEMENT: Final = "element"
"""The lambda parameter that stands for one value of a list column."""


@dataclass(frozen=True)
class Term:
    """An N-Triples term as SQL.

    Parameters
    ----------
    sql
        An expression of type VARCHAR; NULL where a value is missing or cannot be written.
    failure
        A condition that is true where a value is there but cannot be written; None where that cannot happen.
    reason
        What is wrong then, for the dead-letter file.
    list_column
        The list column whose elements each make a term; `sql` and `failure` then speak of one ``element``.
    """

    sql: str
    failure: str | None = None
    reason: str = ""
    list_column: str | None = None


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

    def value(self, column: str, template: Template) -> tuple[str, str, bool]:
        """Return the expression of a column's value, its type, and whether it is the element of a list.

        Raises
        ------
        MappingError
            If the source has no such column.
        """
        if column not in self.types:
            folded = {name.casefold(): name for name in self.types}
            close = get_close_matches(column.casefold(), folded, n=1)
            raise MappingError(
                f"{self.source!r} has no column {column!r}",
                place=template.place,
                hint=f"did you mean {folded[close[0]]!r}?" if close else f"columns: {', '.join(self.types)}",
            )
        sql_type = self.types[column]
        if sql_type.endswith("]"):
            return ELEMENT, sql_type[: sql_type.rindex("[")], True
        return f"r.{quote_name(column)}", sql_type, False

    def lexical(self, column: str, template: Template) -> tuple[Lexical, str, str, bool]:
        """Return the natural form of a column with its expression, type, and whether it is the element of a list."""
        expression, sql_type, is_element = self.value(column, template)
        form = natural(expression, sql_type)
        if form is None:
            raise MappingError(
                f"the column {column!r} of {self.source!r} is {sql_type}, which has no text in RDF",
                place=template.place,
                hint="turn it into a text, a number or a time in views.sql",
            )
        return form, expression, sql_type, is_element

    def list_column(self, template: Template) -> str | None:
        """Return the one list column that a template refers to, if any."""
        lists = [column for column in template.columns if self.value(column, template)[2]]
        if len(lists) > 1:
            raise MappingError(
                f"{template.text!r} refers to two lists: {', '.join(lists)}",
                place=template.place,
                hint="unnest them in views.sql",
            )
        return lists[0] if lists else None


def iri(template: Template, columns: Columns, base: str) -> Term:
    """Return the SQL of an IRI.

    A bare reference is checked, every other value is percent-encoded; an empty value makes no IRI.

    Parameters
    ----------
    template
        Of kind IRI.
    columns
        Of the source.
    base
        What relative templates are appended to.

    Raises
    ------
    MappingError
        If the constant part cannot be part of an IRI, or a column is missing or of a type without text.
    """
    prefix = base if template.relative else ""
    sample = prefix + "".join("x" if isinstance(part, Reference) else part for part in template.parts)
    if template.bare:
        return _checked_iri(template, columns)
    if not is_absolute_iri(sample):
        raise MappingError(f"{template.text!r} makes no valid IRI: {sample}", place=template.place)
    if template.constant is not None:
        return Term(quote_text(f"<{prefix}{template.constant}>"))
    expressions, failures, failing = [quote_text(f"<{prefix}")], [], []
    for part in template.parts:
        if isinstance(part, str):
            expressions.append(quote_text(part))
            continue
        encoded, failure = _encoded(part.column, template, columns)
        expressions.append(encoded)
        if failure:
            failures.append(failure)
            failing.append(part.column)
    expressions.append(quote_text(">"))
    return Term(
        " || ".join(expressions).replace("' || '", ""),
        " OR ".join(dict.fromkeys(failures)) or None,
        f"empty or not usable in an IRI: {', '.join(dict.fromkeys(failing))}" if failing else "",
        columns.list_column(template),
    )


def _encoded(column: str, template: Template, columns: Columns) -> tuple[str, str | None]:
    """Return the SQL of a column's value inside an IRI, and when it cannot stand there."""
    form, expression, _, _ = columns.lexical(column, template)
    if form.unreserved and not form.fails:
        return form.sql, None
    if form.fails:
        return f"rdf_encode({form.sql})", f"({expression} IS NOT NULL AND {form.sql} IS NULL)"
    if form.plain:
        return f"rdf_encode({form.sql})", None
    return f"rdf_encode(nullif({form.sql}, ''))", f"{form.sql} = ''"


def _checked_iri(template: Template, columns: Columns) -> Term:
    """Return the SQL of an IRI that a column holds as it is."""
    column = template.columns[0]
    form, expression, _, is_element = columns.lexical(column, template)
    sql = f"rdf_iri({form.sql})"
    return Term(
        sql,
        f"({expression} IS NOT NULL AND {sql} IS NULL)",
        f"not an absolute IRI: {column}",
        column if is_element else None,
    )


def object_term(term: ObjectTerm, columns: Columns, base: str) -> Term:
    """Return the SQL of an object.

    Raises
    ------
    MappingError
        As `iri`.
    """
    return iri(term.template, columns, base) if term.kind == "iri" else _literal(term, columns)


def _literal(term: ObjectTerm, columns: Columns) -> Term:
    template = term.template
    form, present = _literal_form(term, columns)
    datatype = None if term.language else form.datatype
    text = form.sql if form.plain else f"rdf_escape({form.sql})"
    suffix = f"@{term.language}" if term.language else f"^^<{datatype}>" if datatype else ""
    wanted = compact(datatype) if datatype else "text"
    return Term(
        f"""'"' || {text} || {quote_text('"' + suffix)}""",
        f"({present} AND {form.sql} IS NULL)" if form.fails else None,
        f"not a {wanted}: {', '.join(template.columns) or template.text}",
        columns.list_column(template),
    )


def _literal_form(term: ObjectTerm, columns: Columns) -> tuple[Lexical, str]:
    """Return the lexical form of a literal, and the condition that its values are there."""
    template = term.template
    if template.bare:
        form, expression, sql_type, _ = columns.lexical(template.bare, template)
        if term.datatype:
            form = demand(form, term.datatype, sql_type, expression)
        return form, f"{expression} IS NOT NULL"
    expressions, present, fails = [], [], False
    for part in template.parts:
        if isinstance(part, str):
            expressions.append(quote_text(part))
            continue
        form, expression, _, _ = columns.lexical(part.column, template)
        expressions.append(form.sql)
        present.append(f"{expression} IS NOT NULL")
        fails = fails or form.fails
    text = Lexical(f"({' || '.join(expressions) or quote_text('')})", None, fails, plain=False)
    if term.datatype:
        text = demand(text, term.datatype, "", "")
    return text, " AND ".join(present) or "true"
