"""Commands that read sources: ingest, sync; and how they show progress."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from progenitor.cli.context import Context, of
from progenitor.errors import ConfigurationError

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from progenitor.ingest import IngestReport
    from progenitor.model import BatchRecord, Partition
    from progenitor.provenance import Progenitor

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class RichProgress:
    """An `IngestProgress` as one line a partition on standard error."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._task: TaskID | None = None

    def partition_started(self, partition: Partition) -> None:
        """Begin a line."""
        self._bar.start()
        self._task = self._bar.add_task(partition.batch, total=None, stage="reading")

    def rows_read(self, rows: int) -> None:
        """Count rows on the line."""
        if self._task is not None:
            self._bar.advance(self._task, rows)

    def partition_mapping(self, partition: Partition) -> None:
        """Say that triples are made."""
        if self._task is not None:
            self._bar.update(self._task, stage="mapping")

    def partition_kept(self, record: BatchRecord) -> None:
        """End the line."""
        if self._task is not None:
            self._bar.update(self._task, total=record.rows, completed=record.rows, stage=f"{record.triples:,} triples")

    def publishing(self) -> None:
        """Say that a snapshot is made."""
        self._bar.start()
        self._task = self._bar.add_task("snapshot", total=None, stage="publishing")


class SourceFirst(TyperGroup):
    """A group whose first command is meant where no other is named: ``ingest butler REPO``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put ``source`` before arguments that name no command."""
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["source", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=SourceFirst,
    no_args_is_help=True,
    help="Read a source (`ingest MAPPING LOCATION`), or the records of a night (`ingest night DAY_OBS`).",
)


@app.command(name="source")
def source(
    context: typer.Context,
    mapping: Annotated[str, typer.Argument(help="Name or path of the mapping folder, for example butler.")],
    location: Annotated[str, typer.Argument(help="Path or URL of the outside system.")],
    run: Annotated[
        list[str] | None,
        typer.Option("--run", "--partition", help="Glob pattern of the partitions to take (Butler: RUN collections)."),
    ] = None,
    option: Annotated[
        list[str] | None, typer.Option("--option", "-o", help="An option of the reader, as name=value.")
    ] = None,
    json: JsonFlag = False,
) -> None:
    """Read a source into the store and publish a snapshot; the word `source` may be left out."""
    options = _options(option or [])
    with _writing(of(context)) as (progenitor, progress):
        report = progenitor.ingest(mapping, location, partitions=run or [], options=options, progress=progress)
    _print_report(of(context), progenitor.directory, report, json)


Location = Annotated[str | None, typer.Option(metavar="LOCATION", show_default=False)]


@app.command()
def night(
    context: typer.Context,
    day_obs: Annotated[str, typer.Argument(help="The night, 20251101 or 2025-11-01: it begins at 12:00 TAI.")],
    efd: Location = None,
    exposurelog: Location = None,
    narrativelog: Location = None,
    nightreport: Location = None,
    consdb: Location = None,
    jira: Location = None,
    machine_logs: Location = None,
    sasquatch: Location = None,
    json: JsonFlag = False,
) -> None:
    """Read what the systems of the observatory recorded of a night; without locations, from the configured sources.

    A LOCATION is the URL of the server, or the path of what was exported from it.
    """
    given = {
        "efd": efd,
        "exposurelog": exposurelog,
        "narrativelog": narrativelog,
        "nightreport": nightreport,
        "consdb": consdb,
        "jira": jira,
        "machine-logs": machine_logs,
        "sasquatch": sasquatch,
    }
    locations = {mapping: location for mapping, location in given.items() if location is not None}
    with _writing(of(context)) as (progenitor, progress):
        report = progenitor.ingest_night(day_obs, locations, progress=progress)
    _print_report(of(context), progenitor.directory, report, json)


def sync(
    context: typer.Context,
    names: Annotated[
        list[str] | None, typer.Argument(help="Configured sources (\\[sources.NAME]); all when none is named.")
    ] = None,
    json: JsonFlag = False,
) -> None:
    """Take what is new or changed in the configured sources."""
    with _writing(of(context)) as (progenitor, progress):
        report = progenitor.sync(*(names or []), progress=progress)
    _print_report(of(context), progenitor.directory, report, json)


@contextmanager
def _writing(context: Context) -> Iterator[tuple[Progenitor, RichProgress]]:
    """Open the store to write to it, with the settings in force, and tell on standard error how it goes."""
    _ = context.settings  # which say what is logged, too
    with context.open() as progenitor, _interruptible(context, progenitor), _progress(context) as progress:
        yield progenitor, progress


@contextmanager
def _interruptible(context: Context, progenitor: Progenitor) -> Iterator[None]:
    """Say on Ctrl-C what is safe: the partitions that were complete have been published."""
    try:
        yield
    except KeyboardInterrupt:
        progenitor.refresh()
        number = progenitor.snapshot.number
        context.err.print(f"interrupted: what was complete is in snapshot {number}; run the same again for the rest")
        raise typer.Exit(130) from None


class _progress:  # noqa: N801 - reads as a function
    """A context of rich progress bars that yields an `IngestProgress`."""

    def __init__(self, context: Context) -> None:
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        self._bar = Progress(
            SpinnerColumn(finished_text="[green]✓[/]"),
            TextColumn("{task.description}"),
            TextColumn("[cyan]{task.completed:,.0f} rows"),
            TextColumn("[magenta]{task.fields[stage]}"),
            TimeElapsedColumn(),
            console=context.err,
            transient=True,
        )

    def __enter__(self) -> RichProgress:
        return RichProgress(self._bar)

    def __exit__(self, *_: object) -> None:
        for task in self._bar.tasks:
            if task.total is None:
                self._bar.remove_task(task.id)
        if self._bar.live.is_started:
            self._bar.stop()


def _options(pairs: list[str]) -> dict[str, Any]:
    """Read ``name=value`` pairs."""
    options = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator or not name:
            raise ConfigurationError(f"--option {pair!r} is not of the form name=value")
        options[name] = value
    return options


def _print_report(context: Context, store: Path, report: IngestReport, json: bool) -> None:
    """Say what was done; exit status 4 where a partition failed."""
    if json:
        context.json(
            {
                "snapshot": report.snapshot,
                "kept": [_record(record) for record in report.kept],
                "derived": [_record(record) for record in report.derived],
                "skipped": [partition.batch for partition in report.skipped],
                "failed": [{"partition": p.batch, "reason": str(error)} for p, error in report.failed],
            }
        )
    else:
        _print_table(context, store, report)
    if report.failed:
        raise typer.Exit(report.failed[0][1].exit_code)


def _record(record: BatchRecord) -> dict[str, Any]:
    return {
        "partition": record.partition.batch,
        "rows": record.rows,
        "triples": record.triples,
        "set_aside": record.set_aside,
        "dead_letter": str(record.dead_letter) if record.dead_letter else None,
        "evidence": record.evidence,
    }


def _print_table(context: Context, store: Path, report: IngestReport) -> None:
    from rich.markup import escape
    from rich.table import Table

    records = [*report.kept, *report.derived]
    if records:
        table = Table(box=None)
        table.add_column("batch", no_wrap=True, overflow="fold")
        table.add_column("evidence", ratio=1)
        for column in ("rows", "triples", "set aside"):
            table.add_column(column, justify="right")
        for record in records:
            table.add_row(
                escape(record.partition.batch),
                escape(record.evidence),
                f"{record.rows:,}",
                f"{record.triples:,}",
                f"{record.set_aside:,}",
            )
        context.out.print(table)
    for record in records:
        if record.dead_letter:
            letter = escape(str(store / record.dead_letter))
            context.out.print(f"[yellow]{record.set_aside:,} set aside[/], with reasons: {letter}", soft_wrap=True)
    for partition, error in report.failed:
        context.err.print(f"[red]failed[/] {escape(f'{partition.batch}: {error}')}", soft_wrap=True)
    if report.skipped:
        context.out.print(f"{len(report.skipped):,} unchanged")
    context.out.print(
        f"snapshot {report.snapshot}" if report.snapshot is not None else "nothing new: no snapshot was made"
    )


def register(root: typer.Typer) -> None:
    """Mount the commands of this file."""
    root.add_typer(app, name="ingest")
    root.command()(sync)
