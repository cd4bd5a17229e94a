"""From columns of triples to numbered statements and relations, by DuckDB: no Python per triple."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from progenitor.errors import StoreError
from progenitor.mapping.database import connect, run
from progenitor.store.archive import table
from progenitor.terms import PROV, TYPE
from progenitor.validate.constraints.vocabulary import (
    CLASSES,
    GENERATION_PROPERTY,
    NUMBER_OF,
    PROPERTIES,
    RELATIONS,
    TIME_PROPERTY,
    TIMES,
    TYPE_PROPERTY,
    USAGE_PROPERTY,
)

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

Numbers: TypeAlias = NDArray[np.int64]

COLUMNS: Final = ("id", "subject", "object", "other", "generation", "usage", "time")
"""The components of a relation; -1 for one that is not stated."""

_QUAD: Final = """
CREATE TEMP TABLE quad AS
SELECT coalesce(g, '') AS g, s, number AS p, o, is_time
FROM {triples} AS triple JOIN property ON triple.p = property.iri
WHERE is_time = starts_with(o, '"') AND (number <> {type} OR o IN (SELECT iri FROM class))
"""

_TERM: Final = """
CREATE TEMP TABLE term AS
SELECT g, term, row_number() OVER (ORDER BY g, term) - 1 AS id
FROM (SELECT g, s AS term FROM quad UNION SELECT g, o FROM quad)
"""

_STATEMENT: Final = """
CREATE TEMP TABLE statement AS
SELECT DISTINCT subject.id AS s, p, object.id AS o
FROM quad
JOIN term AS subject ON subject.g = quad.g AND subject.term = quad.s
JOIN term AS object ON object.g = quad.g AND object.term = quad.o
"""

_QUALIFIED: Final = """
CREATE TEMP TABLE qualified AS
WITH relation AS (
    SELECT kind, o AS id, s AS subject FROM statement JOIN means ON property = p AND form = 'qualified'
)
SELECT DISTINCT relation.kind, relation.id, subject, main.o AS object, third.o AS other,
       generation.o AS generation, usage.o AS usage, moment.o AS time
FROM relation
LEFT JOIN (
    SELECT kind, s, o FROM statement JOIN means ON property = p AND form = 'component'
) AS main ON main.kind = relation.kind AND main.s = relation.id
LEFT JOIN (
    SELECT kind, s, o FROM statement JOIN means ON property = p AND form = 'other'
) AS third ON third.kind = relation.kind AND third.s = relation.id
LEFT JOIN statement AS generation ON generation.p = {generation} AND generation.s = relation.id
LEFT JOIN statement AS usage ON usage.p = {usage} AND usage.s = relation.id
LEFT JOIN statement AS moment ON moment.p = {time} AND moment.s = relation.id
"""
"""A component that has several values makes several rows of one identifier: they clash later (Constraint 23)."""

_SHORTCUT: Final = """
CREATE TEMP TABLE shortcut AS
SELECT kind, s AS subject, o AS object FROM statement JOIN means ON property = p AND form = 'shortcut'
UNION
SELECT kind, o, s FROM statement JOIN means ON property = p AND form = 'inverse'
"""

_RELATION: Final = """
SELECT kind, id, subject, object, other, generation, usage, time FROM qualified
UNION ALL
SELECT kind, NULL, subject, object, NULL, NULL, NULL, NULL
FROM shortcut ANTI JOIN qualified USING (kind, subject, object)
UNION ALL
SELECT kind, NULL, s, NULL, NULL, NULL, NULL, o FROM statement JOIN means ON property = p AND form = 'time'
ORDER BY ALL NULLS FIRST
"""
"""A shortcut beside its qualified form is the same relation, not a second one."""

_LEXICAL: Final = 'regexp_extract(term, \'^"(-?[0-9]{4,}-[0-9]{2}-[0-9]{2}T[^"]*)"\', 1)'
_NAME: Final = f"SELECT g, term, epoch_us(try_cast({_LEXICAL} AS TIMESTAMPTZ)) AS instant FROM term ORDER BY id"
_TYPED: Final = f"""
SELECT s, types FROM statement JOIN term ON id = o JOIN class ON iri = term WHERE p = {NUMBER_OF[TYPE_PROPERTY]}
"""


@dataclass(frozen=True)
class Document:
    """What was read: terms and statements by number, and the relations that the statements make.

    Parameters
    ----------
    names
        Text of each term (N-Triples); a term of another graph is another term. In the order of graph and text.
    graphs
        Graph of each term: its IRI in angle brackets, empty for the default graph.
    instants
        Of the terms that are times: microseconds since 1970, UTC; `UNKNOWN` for every other term.
    statements
        Subject, property (a place in `PROPERTIES`) and object, sorted.
    kinds
        Kind of each relation.
    columns
        Components of each relation, by the names of `COLUMNS`.
    typed, types
        Things that are declared to be of a type, and the types.
    """

    names: pa.ChunkedArray
    graphs: pa.ChunkedArray
    instants: Numbers
    statements: tuple[Numbers, Numbers, Numbers]
    kinds: Numbers
    columns: dict[str, Numbers]
    typed: Numbers
    types: Numbers


UNKNOWN: Final = np.iinfo(np.int64).min
"""The instant of what is no time, or no xsd:dateTime."""


def columns_of(quads: Iterable[tuple[str, str, str, str | None]]) -> pa.Table:
    """Return a few statements as columns.

    Parameters
    ----------
    quads
        Subject, predicate, object and graph as N-Triples terms; None for the default graph.
    """
    import pyarrow as pa

    columns = list(zip(*quads, strict=True)) or [()] * 4
    names = ("s", "p", "o", "g")
    return pa.table({name: pa.array(column, pa.string()) for name, column in zip(names, columns, strict=True)})


def read(triples: pa.Table | Sequence[Path], *, memory_limit: int, threads: int) -> Document:
    """Read the statements that PROV-CONSTRAINTS is about; everything else is passed over.

    Parameters
    ----------
    triples
        Columns ``s``, ``p``, ``o`` and perhaps ``g`` of N-Triples terms: a table, or the names of archive files.
    memory_limit
        Bytes that DuckDB may use before it spills to disk.
    threads
        That it may use.

    Raises
    ------
    StoreError
        If a file cannot be read, or memory or disk do not suffice.
    """
    with (
        TemporaryDirectory(prefix="progenitor-validate-") as spill,
        connect(Path(spill), memory_limit=memory_limit, threads=threads) as session,
        _explained(),
    ):
        session.execute("SET preserve_insertion_order = false")
        _declare(session)
        numbers = {"generation": GENERATION_PROPERTY, "usage": USAGE_PROPERTY, "time": TIME_PROPERTY}
        for statement in (
            _QUAD.format(triples=_source(session, triples), type=NUMBER_OF[TYPE_PROPERTY]),
            _TERM,
            _STATEMENT,
            "DROP TABLE quad",
            _QUALIFIED.format(**{form: NUMBER_OF[name] for form, name in numbers.items()}),
            _SHORTCUT,
        ):
            run(session, statement)
        return _document(session)


@contextmanager
def _explained() -> Iterator[None]:
    """Turn DuckDB's errors into ours."""
    import duckdb

    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise StoreError(f"the statements do not fit into memory: {error}", hint="raise memory_limit") from error
    except duckdb.Error as error:
        raise StoreError(
            f"the triples cannot be read: {error}", hint="`progenitor doctor` says which file is damaged"
        ) from error


def _source(session: duckdb.DuckDBPyConnection, triples: pa.Table | Sequence[Path]) -> str:
    """Return what to select from; the graph is NULL where there is no column for it."""
    import pyarrow as pa

    if not isinstance(triples, pa.Table):
        return table(triples) if triples else "(SELECT '' AS s, '' AS p, '' AS o, '' AS g LIMIT 0)"
    session.register("columns_given", triples)
    graph = "g" if "g" in triples.column_names else "NULL::VARCHAR AS g"
    return f"(SELECT s, p, o, {graph} FROM columns_given)"


def _declare(session: duckdb.DuckDBPyConnection) -> None:
    """Tell the database the vocabulary."""
    import pyarrow as pa

    namespaces = {TYPE_PROPERTY: TYPE}
    properties = [(f"<{namespaces.get(name, PROV + name)}>", NUMBER_OF[name], name in TIMES) for name in PROPERTIES]
    classes = [(f"<{PROV}{name}>", int(types)) for name, types in CLASSES.items()]
    tables: dict[str, dict[str, Sequence[object]]] = {
        "property": _columns(("iri", "number", "is_time"), properties),
        "class": _columns(("iri", "types"), classes),
        "means": _columns(("property", "form", "kind"), _meanings()),
    }
    for name, columns in tables.items():
        session.register(name, pa.table(columns))


def _columns(names: Sequence[str], rows: Iterable[tuple[object, ...]]) -> dict[str, Sequence[object]]:
    """Return rows as columns by name."""
    return dict(zip(names, zip(*rows, strict=True), strict=True))


def _meanings() -> list[tuple[int, str, int]]:
    """Return what each property says of each relation: (number, form, kind)."""
    rows: list[tuple[int, str, int]] = []
    for kind, relation in RELATIONS.items():
        forms = {
            "shortcut": relation.shortcuts,
            "inverse": relation.inverse,
            "qualified": relation.qualified,
            "component": relation.components,
            "other": (relation.other_property,),
            "time": (relation.time,),
        }
        rows += [(NUMBER_OF[name], form, int(kind)) for form, names in forms.items() for name in names if name]
    return rows


def _document(session: duckdb.DuckDBPyConnection) -> Document:
    session.execute("SET preserve_insertion_order = true")
    terms = session.sql(_NAME).to_arrow_table()
    statements = _numbers(session, "SELECT s, p, o FROM statement ORDER BY ALL")
    relations = _numbers(session, _RELATION)
    typed = _numbers(session, _TYPED)
    return Document(
        names=terms["term"],
        graphs=terms["g"],
        instants=terms["instant"].fill_null(UNKNOWN).to_numpy(),
        statements=(statements["s"], statements["p"], statements["o"]),
        kinds=relations.pop("kind"),
        columns={name: relations[name] for name in COLUMNS},
        typed=typed["s"],
        types=typed["types"],
    )


def _numbers(session: duckdb.DuckDBPyConnection, sql: str) -> dict[str, Numbers]:
    """Return the columns of an answer as numbers, -1 for NULL."""
    answer = session.sql(sql).to_arrow_table()
    return {
        name: answer[name].cast("int64").fill_null(-1).to_numpy().astype(np.int64, copy=False)
        for name in answer.column_names
    }
