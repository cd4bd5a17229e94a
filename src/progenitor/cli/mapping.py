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
JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def check(context: typer.Context, folder: Folder, json: JsonFlag = False) -> None:
    """Say everything that is wrong with a mapping folder: file, line, and what to do."""
    from progenitor.errors import MappingError
    from progenitor.mapping.inspect import check_folder

    shared = of(context)
    path = _find(shared, folder)
    problems = check_folder(path, _schemas_of(path))
    if json:
        shared.json([_problem(problem) for problem in problems])
    else:
        for problem in problems:
            shared.out.print(f"[red]✗[/] {_escaped(str(problem))}")
        if not problems:
            shared.out.print(f"[green]✓[/] {_escaped(path.name)}: nothing is wrong")
    if problems:
        raise typer.Exit(MappingError.exit_code)


@app.command()
def explain(context: typer.Context, folder: Folder, json: JsonFlag = False) -> None:
    """Show the SQL that each mapping becomes."""
    from progenitor.mapping.folder import load_folder
    from progenitor.mapping.inspect import explain_folder

    shared = of(context)
    loaded = load_folder(_find(shared, folder))
    compiled = explain_folder(loaded, reader_schemas(loaded.declaration))
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
    from progenitor.mapping.inspect import preview_folder

    shared = of(context)
    loaded = load_folder(_find(shared, folder))
    previews = preview_folder(loaded, reader_schemas(loaded.declaration), source=table, rows=rows)
    if json:
        shared.json([vars(shown) for shown in previews])
        return
    for shown in previews:
        shared.out.print(_beside(shown))


def reader_schemas(declaration: SourceDeclaration) -> Mapping[str, pa.Schema]:
    """Return the tables that a reader declares without being opened; none where it cannot tell.

    Parameters
    ----------
    declaration
        The source.yml; the reader's module may have a function ``declared_schemas(declaration)``.

    Raises
    ------
    MappingError
        If there is no such reader.
    """
    from importlib import import_module

    from progenitor.errors import MappingError, Place
    from progenitor.sources.reader import READERS

    if declaration.reader not in READERS:
        raise MappingError(
            f"there is no reader {declaration.reader!r}",
            place=Place(declaration.file, field="reader"),
            hint=f"readers: {', '.join(sorted(READERS))}",
        )
    declared = getattr(import_module(READERS[declaration.reader]), "declared_schemas", None)
    return declared(declaration) if declared else {}


def _schemas_of(path: Path) -> Mapping[str, pa.Schema]:
    """Return the reader's tables; none where source.yml is wrong, which the check then says."""
    from progenitor.errors import MappingError
    from progenitor.mapping.folder import SOURCE, read_source

    try:
        declaration = read_source(path / SOURCE)
    except MappingError:
        return {}
    return reader_schemas(declaration)


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


def _beside(shown: Preview) -> Any:
    """Return one record beside its triples as a table."""
    from rich.table import Table

    from progenitor.terms import compact

    table = Table(title=f"{_escaped(shown.mapping)} from {_escaped(shown.source)}", title_justify="left", expand=True)
    table.add_column("record", ratio=2, overflow="fold")
    table.add_column("triples", ratio=3, overflow="fold")
    record = "\n".join(f"[cyan]{_escaped(name)}[/] {_escaped(str(value))}" for name, value in shown.record.items())
    lines = [f"[bold]{_escaped(shown.triples[0][0])}[/]"] if shown.triples else []
    for _, predicate, value, graph in shown.triples:
        name = compact(predicate[1:-1])
        text = compact(value[1:-1]) if value.startswith("<") else value
        lines.append(f"  [green]{_escaped(name)}[/] {_escaped(text)}" + (f" in {_escaped(graph)}" if graph else ""))
    lines += [f"[red]set aside:[/] {_escaped(reason)}" for reason in shown.reasons]
    table.add_row(record, "\n".join(lines))
    return table


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)
