"""Commands for authors of mapping folders: check, explain, preview."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from progenitor.cli.context import Context, of

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from progenitor.errors import MappingError
    from progenitor.mapping.inspect import Preview
    from progenitor.model import SourceDeclaration

app = typer.Typer(no_args_is_help=True, help="Check a mapping folder, show its SQL, try it on its fixture.")

Folder = Annotated[str, typer.Argument(help="Name or path of the mapping folder, for example butler.")]
Location = Annotated[
    str | None, typer.Option("--location", help="Path or URL of the outside system, to learn its tables from it.")
]
JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def check(context: typer.Context, folder: Folder, location: Location = None, json: JsonFlag = False) -> None:
    """Say everything that is wrong with a mapping folder: file, line, and what to do."""
    from progenitor.errors import MappingError
    from progenitor.mapping.inspect import check_folder, knows_tables

    shared = of(context)
    path = _find(shared, folder)
    schemas = _schemas_of(path, location)
    problems = check_folder(path, schemas)
    if json:
        shared.json([_problem(problem) for problem in problems])
    else:
        for problem in problems:
            shared.out.print(f"[red]✗[/] {_escaped(str(problem))}", soft_wrap=True)
        if not problems:
            shared.out.print(f"[green]✓[/] {_escaped(path.name)}: nothing is wrong")
            if not knows_tables(path, schemas):
                note = "views and columns were not checked: add a fixture/ with a few rows, or give --location"
                shared.out.print(f"[yellow]![/] {note}", soft_wrap=True)
    if problems:
        raise typer.Exit(MappingError.exit_code)


@app.command()
def explain(context: typer.Context, folder: Folder, location: Location = None, json: JsonFlag = False) -> None:
    """Show the SQL that each mapping becomes."""
    from progenitor.mapping.folder import load_folder
    from progenitor.mapping.inspect import explain_folder

    shared = of(context)
    loaded = load_folder(_find(shared, folder))
    compiled = explain_folder(loaded, reader_schemas(loaded.declaration, location))
    if json:
        shared.json(
            [{"mapping": query.mapping, "source": query.source, "sql": query.sql} for query in compiled.queries]
        )
        return
    from rich.syntax import Syntax

    for query in compiled.queries:
        shared.out.rule(f"{_escaped(query.mapping)} from {_escaped(query.source)}")
        shared.out.print(Syntax(query.sql, "sql", background_color="default", word_wrap=True))


@app.command()
def preview(
    context: typer.Context,
    folder: Folder,
    table: Annotated[str | None, typer.Option(help="Only the mappings of this table, view or query.")] = None,
    rows: Annotated[int, typer.Option(min=1, help="Records of each mapping.")] = 1,
    json: JsonFlag = False,
) -> None:
    """Show records of the fixture beside the triples they make."""
    from progenitor.mapping.folder import load_folder
    from progenitor.mapping.inspect import base_of, preview_folder

    shared = of(context)
    loaded = load_folder(_find(shared, folder))
    previews = preview_folder(loaded, reader_schemas(loaded.declaration), source=table, rows=rows)
    if json:
        shared.json([vars(shown) for shown in previews])
        return
    for shown in previews:
        shared.out.print(_beside(shown, base_of(loaded)))


def reader_schemas(declaration: SourceDeclaration, location: str | None = None) -> Mapping[str, pa.Schema]:
    """Return the tables that a reader declares.

    Parameters
    ----------
    declaration
        The source.yml.
    location
        The outside system, which is opened to ask it; without one, only a reader whose module has ``declared_schemas``
        (source.yml says its columns) or ``SCHEMAS`` (its tables are always the same) declares any.

    Raises
    ------
    MappingError
        If there is no such reader.
    SourceError
        If the system cannot be opened.
    """
    from importlib import import_module

    from progenitor.errors import MappingError, Place
    from progenitor.sources.reader import READERS, open_reader

    if location is not None:
        reader = open_reader(declaration, location, declaration.options)
        try:
            return reader.schemas()
        finally:
            reader.close()
    if declaration.reader not in READERS:
        raise MappingError(
            f"there is no reader {declaration.reader!r}",
            place=Place(declaration.file, field="reader"),
            hint=f"readers: {', '.join(sorted(READERS))}",
        )
    module = import_module(READERS[declaration.reader])
    declared = getattr(module, "declared_schemas", None)
    schemas: Mapping[str, pa.Schema] = declared(declaration) if declared else getattr(module, "SCHEMAS", {})
    return schemas


def _schemas_of(path: Path, location: str | None) -> Mapping[str, pa.Schema]:
    """Return the reader's tables; none where source.yml is wrong, which the check then says."""
    from progenitor.errors import MappingError
    from progenitor.mapping.folder import SOURCE, read_source, system_of

    try:
        declaration = read_source(system_of(path) / SOURCE)
    except MappingError:
        return {}
    return reader_schemas(declaration, location)


def _find(context: Context, folder: str) -> Path:
    from progenitor.config import find_mapping_folder

    return find_mapping_folder(folder, context.settings)


def _problem(error: MappingError) -> dict[str, Any]:
    """Return an error as JSON has it."""
    place = error.place
    return {
        "message": error.message,
        "hint": error.hint,
        "file": str(place.source) if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "field": place.field if place else None,
    }


def _beside(shown: Preview, base: str) -> Any:
    """Return one record beside its triples as a table; ``:`` stands for the base."""
    from rich.table import Table

    from progenitor.terms import PREFIXES, compact

    prefixes = PREFIXES | {"": base}

    def short(term: str) -> str:
        return _escaped(compact(term[1:-1], prefixes) if term.startswith("<") else term)

    table = Table(title=f"{_escaped(shown.mapping)} from {_escaped(shown.source)}", title_justify="left", expand=True)
    table.add_column("record", ratio=2, overflow="fold")
    table.add_column("triples", ratio=3, overflow="fold")
    record = "\n".join(f"[cyan]{_escaped(name)}[/] {_value(value)}" for name, value in shown.record.items())
    lines = [f"[bold]{short(shown.triples[0][0])}[/]"] if shown.triples else []
    for _, predicate, value, graph in shown.triples:
        lines.append(f"  [green]{short(predicate)}[/] {short(value)}" + (f" in {short(graph)}" if graph else ""))
    lines += [f"[red]set aside:[/] {_escaped(reason)}" for reason in shown.reasons]
    table.add_row(record, "\n".join(lines))
    return table


def _value(value: Any) -> str:
    return "[dim]null[/]" if value is None else _escaped(str(value))


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)
