"""From a template to the SQL expression of an N-Triples term, given the types of a source's columns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from progenitor.errors import MappingError
from progenitor.mapping.columns import Columns, Value
from progenitor.mapping.document import ObjectTerm, Reference, Template
from progenitor.mapping.functions import quote_text
from progenitor.mapping.iri import is_absolute_iri
from progenitor.mapping.lexical import Lexical, demand
from progenitor.mapping.template import join
from progenitor.terms import compact


@dataclass(frozen=True)
class Term:
    """An N-Triples term as SQL.

    Parameters
    ----------
    sql
        An expression of type VARCHAR; NULL where a value is missing or cannot be written.
    present
        The condition that every value is there, so that a NULL is a failure; empty where that cannot happen.
    reason
        What is wrong then, for the dead-letter file.
    list_column
        The list column whose elements each make a term; `sql` and `present` then speak of one element.
    is_constant
        Whether it is the same for every row.
    """

    sql: str
    present: str = ""
    reason: str = ""
    list_column: str | None = None
    is_constant: bool = False


def iri(template: Template, columns: Columns, base: str) -> Term:
    """Return the SQL of an IRI.

    A bare reference is checked, every other value is percent-encoded; an empty value makes no IRI.

    Parameters
    ----------
    template
        Of an IRI.
    columns
        Of the source.
    base
        What relative templates are appended to.

    Raises
    ------
    MappingError
        If the constant part cannot be part of an IRI, or a column is missing or of a type without text.
    """
    if template.bare:
        return _checked_iri(template.bare, template, columns)
    prefix = base if template.relative else ""
    sample = prefix + "".join("x" if isinstance(part, Reference) else part for part in template.parts)
    if not is_absolute_iri(sample):
        raise MappingError(f"{template.text!r} makes no valid IRI: {sample}", place=template.place)
    values = {column: columns.value(column, template) for column in template.columns}
    failing = [column for column, value in values.items() if value.form.fails or not value.form.plain]
    parts = join(f"<{prefix}", *template.parts, ">")
    return Term(
        " || ".join(quote_text(part) if isinstance(part, str) else _encoded(values[part.column]) for part in parts),
        _all_present(values.values()) if failing else "",
        f"empty or not usable in an IRI: {', '.join(failing)}",
        columns.list_column(template),
        is_constant=not values,
    )


def _encoded(value: Value) -> str:
    """Return the SQL of a value inside an IRI."""
    if value.form.unreserved:
        return value.form.sql
    text = value.form.sql if value.form.plain else f"nullif({value.form.sql}, '')"
    return f"rdf_encode({text})"


def _checked_iri(column: str, template: Template, columns: Columns) -> Term:
    """Return the SQL of an IRI that a column holds as it is."""
    value = columns.value(column, template)
    reason = f"not an absolute IRI: {column}"
    return Term(f"rdf_iri({value.form.sql})", _all_present([value]), reason, columns.list_column(template))


def object_term(term: ObjectTerm, columns: Columns, base: str) -> Term:
    """Return the SQL of an object.

    Raises
    ------
    MappingError
        As `iri`.
    """
    if term.kind == "iri":
        return iri(term.template, columns, base)
    template = term.template
    values = {column: columns.value(column, template) for column in template.columns}
    form = _literal_form(term, values)
    datatype = None if term.language else form.datatype
    text = form.sql if form.plain else f"rdf_escape({form.sql})"
    suffix = f"@{term.language}" if term.language else f"^^<{datatype}>" if datatype else ""
    return Term(
        f"""'"' || {text} || {quote_text('"' + suffix)}""",
        _all_present(values.values()) if form.fails else "",
        f"not {compact(datatype) if datatype else 'a text'}: {', '.join(values) or template.text}",
        columns.list_column(template),
    )


def _literal_form(term: ObjectTerm, values: dict[str, Value]) -> Lexical:
    """Return the lexical form of a literal."""
    template = term.template
    if template.bare:
        value = values[template.bare]
        return demand(value.form, term.datatype, value.sql_type, value.sql) if term.datatype else value.form
    parts = [quote_text(part) if isinstance(part, str) else values[part.column].form.sql for part in template.parts]
    fails = any(value.form.fails for value in values.values())
    text = Lexical(f"({' || '.join(parts) or quote_text('')})", None, fails, plain=False)
    return demand(text, term.datatype, "", "") if term.datatype else text


def _all_present(values: Iterable[Value]) -> str:
    return " AND ".join(f"{value.sql} IS NOT NULL" for value in values) or "true"
