"""From staged tables to the triples of a batch: create the views, map every row, write what came of it."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from progenitor.errors import Place
from progenitor.mapping.compile import CompiledMapping, compile_document, source_sql
from progenitor.mapping.database import count_of, explained, run
from progenitor.mapping.document import MappingDocument, SourceTable
from progenitor.mapping.folder import MappingFolder
from progenitor.mapping.functions import quote_name, quote_text
from progenitor.mapping.ordering import ROWS, write_sorted
from progenitor.mapping.problems import Problems
from progenitor.mapping.staging import Staging
from progenitor.mapping.views import create_views


@dataclass(frozen=True)
class MappingResult:
    """What a mapping has made.

    Parameters
    ----------
    triples
        Distinct triples in the output.
    set_aside
        Lines in the dead-letter file, those of the reader among them.
    """

    triples: int
    set_aside: int


def run_mapping(
    folder: MappingFolder, staging: Staging, *, base: str, output: Path, dead_letter: Path
) -> MappingResult:
    """Map the staged tables.

    Parameters
    ----------
    folder
        The mapping.
    staging
        The tables, filled.
    base
        The store's base IRI, which takes the place of the mapping's own.
    output
        Parquet (zstd) with columns ``s``, ``p``, ``o``: N-Triples terms, sorted in this order, distinct. Where the
        mapping uses graphs there is a fourth column ``g``, NULL for the default graph.
    dead_letter
        JSON lines (``source``, ``mapping``, ``record``, ``reason``): first what the reader set aside, then the rows of
        which something could not be written. Written only if there are any.

    Raises
    ------
    MappingError
        If the views or the mapping are wrong; then neither file is written.
    StoreError
        If the disk is full; then neither file is written.
    """
    compiled = prepare(folder, staging, base)
    place = Place(folder.document.file)
    _map_rows(compiled, staging)
    with _replaced(output) as triples, _replaced(dead_letter) as lines:
        with explained(place, "sorting the triples", first_line=0):
            count = write_sorted(staging.connection, triples, has_graphs=compiled.has_graphs)
        with explained(place, "writing the dead-letter file", first_line=0):
            set_aside = _write_dead_letter(staging, lines)
    return MappingResult(count, set_aside)


def prepare(
    folder: MappingFolder,
    staging: Staging,
    base: str,
    *,
    all_records: bool = False,
    problems: Problems | None = None,
) -> CompiledMapping:
    """Create the views in the staging database and compile the mapping against them.

    Parameters
    ----------
    folder, staging, base
        As for `run_mapping`; the tables may be empty.
    all_records
        Let the compiled queries give every row's record, not only those with something set aside.
    problems
        Where errors of single mappings go instead of being raised; what is returned then lacks these mappings.

    Raises
    ------
    MappingError
        If the views or the mapping are wrong.
    """
    for file, sql in folder.views.items():
        create_views(staging.connection, sql, file)
    _evaluate_shared_views(folder.document, staging)

    known = _columns(staging)

    def types(source: SourceTable) -> Mapping[str, str]:
        if source.query is None and source.name in known:
            return known[source.name]
        with explained(source.place, f"reading the columns of {source.name!r}", first_line=0):
            rows = run(staging.connection, f"DESCRIBE SELECT * FROM {source_sql(source)}")
        return {str(name): str(sql_type) for name, sql_type, *_ in rows}

    return compile_document(folder.document, types, base, all_records=all_records, problems=problems)


def _columns(staging: Staging) -> dict[str, dict[str, str]]:
    """Return the columns of every table and view with their types: one question instead of one for each source."""
    found: dict[str, dict[str, str]] = {}
    statement = (
        "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal ORDER BY column_index"
    )
    for table, column, sql_type in run(staging.connection, statement):
        found.setdefault(table, {})[column] = sql_type
    return found


def _evaluate_shared_views(document: MappingDocument, staging: Staging) -> None:
    """Evaluate each view that several mappings read once, as a table that takes its place in this session."""
    uses = Counter(source.name for mapping in document.mappings for source in mapping.sources if source.query is None)
    views = {name for (name,) in run(staging.connection, "SELECT view_name FROM duckdb_views() WHERE NOT internal")}
    places = {source.name: source.place for mapping in document.mappings for source in mapping.sources}
    for name in sorted(name for name, number in uses.items() if number > 1 and name in views):
        with explained(places[name], f"evaluating the view {name!r}", first_line=0):
            quoted = quote_name(name)
            run(staging.connection, f"CREATE TEMP TABLE {quoted} AS SELECT * FROM main.{quoted}")


def _map_rows(compiled: CompiledMapping, staging: Staging) -> None:
    """Make the table of rows: each with its subject, the list of its triples, and what could not be written of it."""
    predicate = "VARCHAR"
    if compiled.predicates:
        # A constant predicate is a number here: it sorts as its text does and takes one byte.
        predicate = "_pg_predicate"
        values = ", ".join(map(quote_text, compiled.predicates))
        staging.connection.execute(f"CREATE TYPE {predicate} AS ENUM ({values})")
    graph = ", g VARCHAR" if compiled.has_graphs else ""
    staging.connection.execute(
        f"CREATE TEMP TABLE {ROWS}(mapping VARCHAR, source VARCHAR, s VARCHAR,"
        f" triples STRUCT(p {predicate}, o VARCHAR{graph})[], reasons VARCHAR[], record VARCHAR)"
    )
    for query in compiled.queries:
        names = f"{quote_text(query.mapping)}, {quote_text(query.source)}"
        with explained(query.place, f"mapping {query.mapping!r} from {query.source!r}", first_line=0):
            run(staging.connection, f"INSERT INTO {ROWS} SELECT {names}, * FROM ({query.sql})")


def _write_dead_letter(staging: Staging, output: Path) -> int:
    """Write what was set aside by the reader, then what is in the table of rows; return the number of lines.

    Nothing is written where there is no line.
    """
    mapped = staging.directory / "mapped.jsonl"
    count = count_of(
        staging.connection,
        f"""COPY (SELECT DISTINCT source, mapping, record::JSON AS record, array_to_string(reasons, '; ') AS reason
            FROM {ROWS} WHERE reasons IS NOT NULL ORDER BY ALL) TO {quote_text(str(mapped))} (FORMAT JSON)""",
    )
    parts = [staging.set_aside_file] if staging.set_aside_rows else []
    parts += [mapped] if count else []
    if parts:
        with output.open("wb") as target:
            for part in parts:
                with part.open("rb") as source:
                    shutil.copyfileobj(source, target)
    return count + staging.set_aside_rows


@contextmanager
def _replaced(path: Path) -> Iterator[Path]:
    """Give a temporary name that becomes the real one if all goes well, and is removed if not."""
    temporary = path.with_name(path.name + ".partial")
    try:
        yield temporary
        if temporary.exists():
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
