"""The root command: global options, and one file a command group."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from progenitor import __version__
from progenitor.cli import ask, ingest, mapping, store, validate
from progenitor.cli.context import Context

app = typer.Typer(
    name="progenitor",
    help="Where did this come from, and what has come of it? Provenance for the Vera C. Rubin Observatory.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"progenitor {__version__}")
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
    store_path: Annotated[
        Path | None,
        typer.Option("--store", help="The store; by default the setting 'store' of progenitor.toml."),
    ] = None,
    settings_file: Annotated[
        Path | None, typer.Option("--settings", help="A settings file instead of the nearest progenitor.toml.")
    ] = None,
    snapshot: Annotated[int | None, typer.Option("--snapshot", help="Ask this snapshot instead of the newest.")] = None,
) -> None:
    """Hold what every command needs."""
    context.obj = Context(store_path, settings_file, snapshot)


for group in (store, ingest, ask, validate):
    group.register(app)
app.add_typer(mapping.app, name="mapping")
