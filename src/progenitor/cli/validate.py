"""The command that says whether provenance can be true: PROV-CONSTRAINTS."""

from __future__ import annotations

from typing import Annotated

import typer

from progenitor.cli.context import of


def validate(
    context: typer.Context,
    source: Annotated[
        list[str] | None, typer.Option("--source", help="Only the batches of this source; can be repeated.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="List at most this many violations of each rule.")] = 100,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check the store against PROV-CONSTRAINTS, and its times; exit status 1 where something is wrong."""
    shared = of(context)
    with shared.open() as progenitor, shared.err.status("checking PROV-CONSTRAINTS"):
        found = progenitor.validate(source or (), limit=limit)
    if json:
        shared.json(found)
    else:
        for violation in found:
            shared.out.print(str(violation), markup=False, soft_wrap=True)
        count = sum(1 + violation.more for violation in found)
        shared.err.print(f"{count:,} violations" if count != 1 else "1 violation")
    if found:
        raise typer.Exit(1)


def register(app: typer.Typer) -> None:
    """Mount the commands of this file."""
    app.command()(validate)
