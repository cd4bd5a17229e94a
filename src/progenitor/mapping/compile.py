"""From a checked mapping to SQL: one SELECT for each mapping, source and subject."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from progenitor.errors import MappingError, Place
from progenitor.mapping.columns import ELEMENT, ROW, Columns
from progenitor.mapping.document import MappingDocument, ObjectTerm, SourceTable, Template, TriplesMap
from progenitor.mapping.functions import quote_name, quote_text
from progenitor.mapping.lexical import DATATYPES, is_supported
from progenitor.mapping.problems import Problems
from progenitor.mapping.terms import Term, iri, object_term
from progenitor.terms import compact

SUBJECT: Final = "_pg_subject"
TRIPLES: Final = "_pg_triples"
REASONS: Final = "_pg_reasons"
RECORD: Final = "_pg_record"
"""The columns of a compiled query; no column of a source may have these names."""


@dataclass(frozen=True)
class RowQuery:
    """What makes the triples of one mapping from one source.

    Parameters
    ----------
    mapping
        Name of the mapping.
    source
        Name of the table, view or query.
    place
        Of the mapping, for errors while it runs.
    sql
        A SELECT with one row for each row of the source, and four columns: the subject (VARCHAR; NULL where it is
        missing or cannot be written), its triples (list of structs ``p``, ``o`` and, in a document with graphs,
        ``g``; one with a NULL is no triple), what could not be written (list of VARCHAR; NULL where all could), and
        the row as JSON text where something could not.
    """

    mapping: str
    source: str
    place: Place
    sql: str


@dataclass(frozen=True)
class CompiledMapping:
    """A whole document as SQL.

    Parameters
    ----------
    queries
        In the order of the document.
    predicates
        The constant predicates as N-Triples terms in their sorted order, or None where one depends on a column.
    has_graphs
        Whether any triple is in a named graph.
    """

    queries: tuple[RowQuery, ...]
    predicates: tuple[str, ...] | None
    has_graphs: bool


def compile_document(
    document: MappingDocument,
    types: Callable[[SourceTable], Mapping[str, str]],
    base: str,
    *,
    all_records: bool = False,
    problems: Problems | None = None,
) -> CompiledMapping:
    """Compile every mapping of a document.

    Parameters
    ----------
    document
        The checked mapping.
    types
        Returns the columns of a source with their SQL types.
    base
        What relative IRIs are appended to.
    all_records
        Give ``record`` for every row, not only for those with reasons.
    problems
        Where errors of single mappings go instead of being raised.

    Raises
    ------
    MappingError
        If a column is missing or of a type without text, or a datatype is one that the store would rewrite.
    """
    gathered = problems or Problems()
    entries = [entry for mapping in document.mappings for entry in mapping.triples()]
    compiler = _Compiler(base, any(graph for *_, graph in entries), gathered, all_records=all_records)
    queries = []
    for mapping in document.mappings:
        for source in mapping.sources if mapping.predicate_objects else ():
            with gathered.gathered():
                columns = Columns(source.name, types(source))
                queries += [compiler.query(mapping, source, columns, subject) for subject in mapping.subjects]
    if problems is None:
        gathered.raise_first()
    return CompiledMapping(tuple(queries), _constant_predicates(entries, base), compiler.has_graphs)


def _constant_predicates(
    entries: Sequence[tuple[Template, ObjectTerm, Template | None]], base: str
) -> tuple[str, ...] | None:
    """Return the predicates in their sorted order, or None where one depends on a column."""
    found = set()
    for predicate, *_ in entries:
        if predicate.constant is None:
            return None
        found.add(f"<{base if predicate.relative else ''}{predicate.constant}>")
    return tuple(sorted(found))


def source_sql(source: SourceTable) -> str:
    """Return what a source is called in a FROM clause."""
    if source.query is None:
        return quote_name(source.name)
    return f"({source.query.strip().rstrip(';')}\n)"


@dataclass(frozen=True)
class _Triple:
    """One entry of the list that a row makes.

    Parameters
    ----------
    predicate, term, graph
        As SQL; no graph is the default graph.
    name
        The predicate for a message; empty where it depends on a column.
    """

    predicate: Term
    term: Term
    graph: Term | None
    name: str


class _Compiler:
    """Compiles mappings for one base IRI."""

    def __init__(self, base: str, has_graphs: bool, problems: Problems, *, all_records: bool) -> None:
        self.base = base
        self.has_graphs = has_graphs
        self.problems = problems
        self.all_records = all_records

    def query(self, mapping: TriplesMap, source: SourceTable, columns: Columns, subject: Template) -> RowQuery:
        """Compile one mapping for one source and one of its subjects.

        The inner SELECT names every term, so that each is computed once, for the triple and for its reason.
        """
        named = _Named()
        head = named.once(self._single(subject, columns))
        triples = []
        for entry in mapping.triples():
            with self.problems.gathered():
                triples.append(named.terms_of(self._triple(*entry, columns)))
        reasons = _reasons(head, triples)
        record = _record(columns) if self.all_records or reasons != "NULL" else "NULL"
        if not self.all_records and reasons != "NULL":
            record = f"CASE WHEN {REASONS} IS NOT NULL THEN {record} END"
        sql = (
            f"SELECT\n  {head.sql} AS {SUBJECT},\n  {self._list(triples)} AS {TRIPLES},\n"
            f"  {reasons} AS {REASONS},\n  {record} AS {RECORD}\n"
            f"FROM (SELECT *{named.columns()}\n  FROM {source_sql(source)} AS {ROW}) AS {ROW}"
        )
        return RowQuery(mapping.name, source.name, mapping.place, sql)

    def _single(self, template: Template, columns: Columns) -> Term:
        """Compile a subject, predicate or graph, of which a row makes only one."""
        term = iri(template, columns, self.base)
        if term.list_column:
            raise MappingError(
                f"{template.text!r} refers to the list {term.list_column!r}: only an object may",
                place=template.place,
                hint="unnest it in views.sql",
            )
        return term

    def _triple(self, predicate: Template, term: ObjectTerm, graph: Template | None, columns: Columns) -> _Triple:
        if term.datatype and not is_supported(term.datatype):
            raise MappingError(
                f"the datatype {compact(term.datatype)} is not supported: the store would rewrite its values",
                place=term.template.place,
                hint=f"supported: {', '.join(compact(name) for name in DATATYPES)}",
            )
        return _Triple(
            self._single(predicate, columns),
            object_term(term, columns, self.base),
            self._single(graph, columns) if graph else None,
            compact(f"{self.base if predicate.relative else ''}{predicate.constant}") if predicate.constant else "",
        )

    def _list(self, triples: list[_Triple]) -> str:
        """Return the list of a row's triples, sorted and without repetition.

        Where every predicate is a constant that occurs once, the order is settled here; else each row sorts its own.
        """
        ordered = sorted(triples, key=lambda triple: triple.predicate.sql.replace("''", "'"))
        single = [triple for triple in ordered if triple.term.list_column is None]
        parts = [_list_of(f"\n    {self._struct(triple)}" for triple in single)]
        for triple in ordered:
            if triple.term.list_column is not None:
                column = f"{ROW}.{quote_name(triple.term.list_column)}"
                parts.append(f"coalesce(list_transform({column}, lambda {ELEMENT}:\n    {self._struct(triple)}), [])")
        names = {triple.name for triple in single}
        if "" not in names and len(names) == len(ordered):
            return parts[0]
        return f"list_sort(list_distinct({' || '.join(parts)}))"

    def _struct(self, triple: _Triple) -> str:
        fields = f"'p': {triple.predicate.sql}, 'o': {triple.term.sql}"
        if self.has_graphs:
            fields += f", 'g': {triple.graph.sql if triple.graph else quote_text('')}"
        return f"{{{fields}}}"


class _Named:
    """The terms of a row that the inner SELECT computes, each under a name."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}

    def once(self, term: Term) -> Term:
        """Return a term that refers to the one computed; constants and elements of lists stay as they are."""
        if term.list_column is not None or term.is_constant:
            return term
        return replace(term, sql=self.names.setdefault(term.sql, f"_pg_{len(self.names) + 1}"))

    def terms_of(self, triple: _Triple) -> _Triple:
        """Return a triple whose terms refer to those computed."""
        graph = self.once(triple.graph) if triple.graph else None
        return _Triple(self.once(triple.predicate), self.once(triple.term), graph, triple.name)

    def columns(self) -> str:
        """Return the columns of the inner SELECT."""
        return "".join(f",\n    {sql} AS {name}" for sql, name in self.names.items())


def _list_of(items: Iterable[str]) -> str:
    return f"[{','.join(items)}]"


def _reasons(head: Term, triples: list[_Triple]) -> str:
    """Return the list of what cannot be written of a row, NULL where everything can."""
    cases: dict[str, None] = {}
    for triple in triples:
        for term in (triple.predicate, triple.term, triple.graph):
            if term is not None and term.present:
                reason = quote_text(": ".join(filter(None, (triple.name, term.reason))))
                cases[f"\n    CASE WHEN {_any_failure(term)} THEN {reason} END"] = None
    found = f"nullif(list_filter({_list_of(cases)}, lambda x: x IS NOT NULL), [])" if cases else "NULL"
    if not head.present:
        return f"CASE WHEN {head.sql} IS NOT NULL THEN {found} END" if cases else found
    reason = quote_text(f"subject: {head.reason}")
    return f"CASE WHEN {head.sql} IS NOT NULL THEN {found} WHEN {head.present} THEN [{reason}] END"


def _any_failure(term: Term) -> str:
    """Return the condition that a term, or any element of its list, cannot be written."""
    failure = f"{term.sql} IS NULL AND {term.present}"
    if term.list_column is None:
        return failure
    return f"len(list_filter({ROW}.{quote_name(term.list_column)}, lambda {ELEMENT}: {failure})) > 0"


def _record(columns: Columns) -> str:
    """Return a row as JSON text; what JSON cannot hold is given as text."""
    fields = []
    for name, sql_type in columns.types.items():
        value = f"{ROW}.{quote_name(name)}"
        if sql_type in ("DOUBLE", "FLOAT"):
            value = f"CASE WHEN isfinite({value}) THEN to_json({value}) ELSE to_json({value}::VARCHAR) END"
        elif sql_type == "BLOB":
            value = f"hex({value})"
        fields.append(f"{quote_text(name)}, {value}")
    return f"json_object({', '.join(fields)})::VARCHAR"
