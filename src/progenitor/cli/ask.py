"""Commands that ask: show, ancestors, descendants, query, export, who-says, rules."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from progenitor.cli.context import Context, of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from progenitor.lineage.describe import Description, Summary
    from progenitor.model import Lineage
    from progenitor.provenance import Direction, Inputs, Progenitor

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Identifier = Annotated[
    str, typer.Argument(help="UUID, IRI, ivo://, butler://, or words: 'deepCoadd tract=0 patch=3 band=i'.")
]
Identifiers = Annotated[list[str], typer.Argument(help="One or several identifiers; quote those with blanks.")]
Depth = Annotated[str, typer.Option(help="Relations to follow, as ProvDAL counts them, or 'all'.", metavar="N|all")]
InputsOption = Annotated[
    str, typer.Option("--inputs", help="Which inputs: presented, predicted or fetched.", metavar="RELATION")
]
ContextFlag = Annotated[bool, typer.Option("--context", help="Also collections, agents and plans.")]
To = Annotated[
    str | None, typer.Option("--to", help="Only the ways to things of a type: script, raw ...", metavar="TYPE")
]
Limit = Annotated[int | None, typer.Option(min=1, help="Return at most this many nodes.")]

RECORDS = frozenset({"log", "metadata"})
"""Contents of datasets that are neither drawn nor listed: every quantum makes them, and they lead nowhere."""

TREE_LIMIT = 20_000
"""Nodes above which a tree is not drawn: the counts by type say more, and describing the nodes takes seconds."""


def show(context: typer.Context, identifier: Identifier, json: JsonFlag = False) -> None:
    """Say what a thing is, where it came from and what has come of it, in a sentence and its facts."""
    with of(context).open() as progenitor:
        description = progenitor.show(identifier)
    if json:
        of(context).json(description)
    else:
        _print_description(of(context), description)


def ancestors(
    context: typer.Context,
    identifiers: Identifiers,
    depth: Depth = "all",
    inputs: InputsOption = "presented",
    with_context: ContextFlag = False,
    to: To = None,
    limit: Limit = None,
    ids: Annotated[bool, typer.Option("--ids", help="Print IRIs only, one a line.")] = False,
    json: JsonFlag = False,
) -> None:
    """Show where it came from: a tree of everything it was made from."""
    _lineage(of(context), "back", identifiers, depth, inputs, with_context, to, limit, ids, json)


def descendants(
    context: typer.Context,
    identifiers: Identifiers,
    depth: Depth = "all",
    inputs: InputsOption = "presented",
    with_context: ContextFlag = False,
    to: To = None,
    limit: Limit = None,
    ids: Annotated[bool, typer.Option("--ids", help="Print IRIs only, one a line.")] = False,
    json: JsonFlag = False,
) -> None:
    """Show what has come of it: a tree of everything that was made of it."""
    _lineage(of(context), "forth", identifiers, depth, inputs, with_context, to, limit, ids, json)


def query(
    context: typer.Context,
    sparql: Annotated[str, typer.Argument(help="A SPARQL query, or @FILE, or - for standard input.")],
    format: Annotated[
        str | None, typer.Option(help="table, json, csv, tsv, xml; turtle, n-triples, json-ld, rdf-xml.")
    ] = None,
) -> None:
    """Ask SPARQL 1.1, read-only; prefixes prov, voprov, pg, rdf, rdfs, xsd, dcterms and id (the base) are declared."""
    from progenitor.cli.results import print_results

    text = sys.stdin.read() if sparql == "-" else Path(sparql[1:]).read_text() if sparql.startswith("@") else sparql
    print_results(of(context), text, format)


def export(
    context: typer.Context,
    identifier: Identifier,
    format: Annotated[
        str | None,
        typer.Option(help="One of the formats of docs/reference/formats.md; by default from the file's suffix."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file; standard output when not given.")
    ] = None,
    depth: Depth = "all",
    direction: Annotated[str, typer.Option(help="back or forth.")] = "back",
    inputs: InputsOption = "presented",
    with_context: Annotated[
        bool, typer.Option("--context/--no-context", help="With collections, agents and plans.")
    ] = True,
    limit: Limit = None,
) -> None:
    """Write the provenance of a thing as a document or a figure."""
    from progenitor.formats import format_of

    chosen = format_of(format, output)
    with of(context).open() as progenitor:
        options: dict[str, Any] = {
            "direction": _choice(direction, "direction", ("back", "forth")),
            "depth": _depth(depth),
            "inputs": _choice(inputs, "inputs", ("presented", "predicted", "fetched")),
            "context": with_context,
            "limit": limit,
        }
        if output is None:
            progenitor.export(identifier, chosen, sys.stdout.buffer, **options)
            return
        lineage = _export_to_file(progenitor, identifier, chosen, output, options)
    of(context).out.print(f"wrote {output}: {len(lineage.nodes):,} nodes, {len(lineage.edges):,} relations")


def who_says(context: typer.Context, identifier: Identifier, json: JsonFlag = False) -> None:
    """Name the batch that asserts each triple about a thing: asked of the archive."""
    with of(context).open() as progenitor:
        said = list(progenitor.who_says(identifier))
    if json:
        of(context).json([{"triple": triple, "batch": record.partition.batch} for triple, record in said])
        return
    for triple, record in said:
        of(context).out.print(triple, markup=False, end="  ")
        of(context).out.print(f"[dim]{record.partition.batch}[/]")


def rules(context: typer.Context, json: JsonFlag = False) -> None:
    """Print the rules of lineage: which relation is followed which way, at what cost."""
    from progenitor.lineage.rules import rules_table

    rows = rules_table()
    if json:
        of(context).json(rows)
        return
    from rich.table import Table

    table = Table(*rows[0], box=None)
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    of(context).out.print(table)


def register(app: typer.Typer) -> None:
    """Mount the commands of this file."""
    for command in (show, ancestors, descendants, query, export, who_says, rules):
        app.command()(command)


# -- how answers are printed ------------------------------------------------------------------------------------


def _lineage(
    context: Context,
    direction: Direction,
    identifiers: list[str],
    depth: str,
    inputs: str,
    with_context: bool,
    to: str | None,
    limit: int | None,
    ids: bool,
    json: bool,
) -> None:
    relation: Inputs = _choice(inputs, "inputs", ("presented", "predicted", "fetched"))  # type: ignore[assignment]
    with context.open() as progenitor:
        ask = progenitor.ancestors if direction == "back" else progenitor.descendants
        answer = ask(*identifiers, depth=_depth(depth), inputs=relation, context=with_context, to=to, limit=limit)
        if json:
            context.json(answer)
        elif ids:
            sys.stdout.write("".join(f"{node.iri}\n" for node in answer.nodes))
        else:
            _print_lineage(context, progenitor, answer)


def _print_lineage(context: Context, progenitor: Progenitor, answer: Lineage) -> None:
    """Draw a tree, or count by type where a tree would be too large; then say what bounds the answer."""
    undrawn = ""
    if len(answer.nodes) <= TREE_LIMIT:
        from progenitor.cli.tree import lineage_tree

        summaries = progenitor.summaries([node.iri for node in answer.nodes])
        context.out.print(lineage_tree(answer, summaries, progenitor.base, without=RECORDS))
        _print_counts(context, answer, summaries)
        records = sum(summary.content in RECORDS for summary in summaries.values())
        undrawn = f", {records:,} of them logs and metadata, not drawn" if records else ""
    count = f"{len(answer.nodes) - len(answer.starts):,}"
    if answer.unrecorded:
        undrawn += f", {len(answer.unrecorded):,} with no record of what was read for them"
    word = "ancestors" if answer.direction == "back" else "descendants"
    bounds = f"inputs as {answer.inputs}; snapshot {answer.snapshot}"
    if answer.depth is not None:
        bounds = f"depth {answer.depth}; {bounds}"
    cut = f"; [yellow]cut at the {answer.truncated}[/]" if answer.truncated else ""
    context.err.print(f"[dim]{count} {word}{undrawn} ({bounds}{cut})[/]")


def _print_counts(context: Context, answer: Lineage, summaries: Mapping[str, Summary]) -> None:
    """Say how many entities of each type there are: what a long tree comes down to."""
    from collections import Counter

    counts = Counter(
        summary.type_label
        for iri, summary in summaries.items()
        if summary.kind == "entity" and summary.type and summary.content not in RECORDS and iri not in answer.starts
    )
    if counts:
        listed = ", ".join(f"{number:,} {name}" for name, number in sorted(counts.items(), key=lambda c: (-c[1], c[0])))
        context.out.print(listed, markup=False)


def _print_description(context: Context, description: Description) -> None:
    from rich.markup import escape
    from rich.table import Table

    context.out.print(f"[bold]{escape(description.label)}[/]")
    context.out.print(escape(description.sentence))
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for fact in description.facts:
        table.add_row(f"[dim]{escape(fact.name)}[/]", escape(fact.value))
    context.out.print(table)
    lines = (("from", description.inputs), ("of it came", description.outputs), *description.related.items())
    for title, counts in lines:
        if counts:
            listed = ", ".join(f"{number:,} {name}" for name, number in counts.items())
            context.out.print(f"[dim]{title}[/]  {escape(listed)}")


def _export_to_file(
    progenitor: Progenitor, identifier: str, chosen: str, output: Path, options: dict[str, Any]
) -> Lineage:
    """Write beside the file and rename, so that a failed export leaves no half document."""
    partial = output.with_name(f".{output.name}.partial")
    try:
        with partial.open("wb") as stream:
            lineage = progenitor.export(identifier, chosen, stream, **options)
        partial.replace(output)
    finally:
        partial.unlink(missing_ok=True)
    return lineage


def _depth(text: str) -> int | None:
    """Read a depth."""
    if text.lower() == "all":
        return None
    if not text.isdecimal():
        raise typer.BadParameter(f"{text!r} is neither a number nor 'all'", param_hint="--depth")
    return int(text)


def _choice(value: str, name: str, choices: tuple[str, ...]) -> str:
    """Refuse a value that is not among the choices."""
    if value not in choices:
        raise typer.BadParameter(f"{value!r} is not one of {', '.join(choices)}", param_hint=f"--{name}")
    return value
