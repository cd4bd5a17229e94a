"""Commands on the store itself: init, rebuild, snapshots, doctor."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from progenitor.cli.context import of
from progenitor.identifiers import DEFAULT_BASE

snapshots_app = typer.Typer(help="The snapshots of the store.", no_args_is_help=True)

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def init(
    context: typer.Context,
    store: Annotated[Path, typer.Argument(help="A folder that does not exist or is empty.")],
    base: Annotated[
        str, typer.Option(help="Base of every IRI minted in the store; cannot be changed later.")
    ] = DEFAULT_BASE,
) -> None:
    """Make an empty store, and a progenitor.toml here that names it unless there is one."""
    from progenitor.config import FILE_NAME
    from progenitor.provenance import Progenitor

    Progenitor.create(store, base=base).close()
    # A JSON string is a TOML basic string.
    from json import dumps as json_string

    out = of(context).out
    out.print(f"made the store {store} with base {base}")
    if base == DEFAULT_BASE:
        out.print("(the default base resolves to nothing: use --base for a store whose IRIs you will publish)")
    settings = Path(FILE_NAME)
    if not settings.exists():
        settings.write_text(f"store = {json_string(str(store))}\n")
        out.print(f"wrote {FILE_NAME}: commands run in this folder use the store")


def rebuild(context: typer.Context, json: JsonFlag = False) -> None:
    """Make the graph and the lineage index anew from the archive, as a new snapshot."""
    with of(context).open() as progenitor, of(context).err.status("rebuilding from the archive"):
        number = progenitor.rebuild()
    if json:
        of(context).json({"snapshot": number})
    else:
        of(context).out.print(f"rebuilt: snapshot {number}")


@snapshots_app.command("list")
def list_(context: typer.Context, json: JsonFlag = False) -> None:
    """List the snapshots, newest first."""
    with of(context).open() as progenitor:
        rows = progenitor.snapshots()[::-1]
    if json:
        of(context).json(rows)
        return
    from rich.table import Table

    table = Table("snapshot", "created (UTC)", box=None)
    table.add_column("batches", justify="right")
    table.add_column("triples", justify="right")
    for row in rows:
        table.add_row(str(row.number), row.created, f"{row.batches:,}", f"{row.triples:,}")
    of(context).out.print(table)


@snapshots_app.command("prune")
def prune(
    context: typer.Context,
    keep: Annotated[int | None, typer.Option(min=1, help="How many to keep; the setting keep_snapshots.")] = None,
    json: JsonFlag = False,
) -> None:
    """Remove the oldest snapshots; never the newest, nor one that a reader holds."""
    with of(context).open() as progenitor:
        removed = progenitor.prune(keep)
    if json:
        of(context).json({"removed": removed})
    else:
        of(context).out.print(
            f"removed {len(removed)}: {', '.join(map(str, removed))}" if removed else "nothing to remove"
        )


def dump(
    context: typer.Context,
    catalogue: Annotated[
        bool, typer.Option("--catalogue/--no-catalogue", help="With who ingested what, and when.")
    ] = True,
) -> None:
    """Print every triple as N-Quads, sorted: the same triples give the same bytes."""
    with of(context).open() as progenitor:
        sys.stdout.buffer.writelines(progenitor.dump(catalogue=catalogue))


def doctor(context: typer.Context, json: JsonFlag = False) -> None:
    """Look for damage and for what is missing; exit status 1 where something is wrong."""
    with of(context).open() as progenitor:
        findings = progenitor.check()
    if json:
        of(context).json([{"check": f.check, "ok": f.ok, "detail": f.detail} for f in findings])
    else:
        from rich.table import Table

        table = Table("", "check", "detail", box=None, show_header=False)
        for finding in findings:
            table.add_row("[green]ok[/]" if finding.ok else "[red]bad[/]", finding.check, finding.detail)
        of(context).out.print(table)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


def register(app: typer.Typer) -> None:
    """Mount the commands of this file."""
    app.command()(init)
    app.command()(rebuild)
    app.command()(dump)
    app.command()(doctor)
    app.add_typer(snapshots_app, name="snapshots")
