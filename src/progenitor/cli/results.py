"""SPARQL answers on a terminal; the query runs in a process of its own, so that a deadline or Ctrl-C really ends it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from progenitor.cli.context import Context
from progenitor.errors import ProgenitorError, QueryError, StoreError
from progenitor.model import Term
from progenitor.store.answers import Answer, Boolean, Solutions
from progenitor.terms import compact

POLL: Final = 0.01
"""Seconds between two looks at whether the query is done."""


def print_results(context: Context, sparql: str, format: str | None) -> None:
    """Ask a query and print what it gives.

    Parameters
    ----------
    context
        Of the command.
    sparql
        The query.
    format
        ``table`` or one of the formats of the answer; a table, or Turtle for triples, when not given.

    Raises
    ------
    QueryError
        If the query takes longer than the setting ``query_timeout``.
    """

    def work() -> None:
        with context.open() as progenitor:
            _print(context, progenitor.query(sparql), format, progenitor.snapshot.graph.prefixes)

    code = run_bounded(work, context.settings.query_timeout, context.settings.memory_limit)
    if code < 0:
        raise QueryError(
            f"the query was ended by signal {-code}: probably it needed more memory than the setting memory_limit",
            hint="ask for less: LIMIT, no ORDER BY over everything, no cross product",
        )
    if code:
        sys.exit(code)


def run_bounded(work: Callable[[], None], seconds: float, memory: int) -> int:
    """Run something in a child process and return its exit status; kill it when it takes too long.

    Oxigraph computes inside one call that no signal and no deadline interrupts, so a process is what can be stopped.

    Parameters
    ----------
    work
        What to do; prints its own output, and its own error.
    seconds
        How long it may take.
    memory
        Bytes of address space it may add to what this process has.

    Returns
    -------
    int
        The exit status; the negative number of the signal that ended it.
    """
    sys.stdout.flush()
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        _end_with(parent)
        _limit_memory(memory)
        os._exit(_exit_code(work))
    deadline = time.monotonic() + seconds
    try:
        while time.monotonic() < deadline:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status)
            time.sleep(POLL)
    except BaseException:
        _kill(child)
        raise
    _kill(child)
    raise QueryError(
        f"the query was stopped after {seconds:g} seconds",
        hint="ask for less (LIMIT, a sub-SELECT around a path), or raise the setting query_timeout",
    )


def _end_with(parent: int) -> None:
    """Have this process ended when its parent is, however that comes; Linux only, elsewhere it runs to its deadline."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    if os.getppid() != parent:
        os._exit(1)


def _limit_memory(size: int) -> None:
    """Refuse this process further memory above a limit."""
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if Path("/proc/self/statm").exists() else 0
    limit = pages * resource.getpagesize() + size
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _kill(child: int) -> None:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def _exit_code(work: Callable[[], None]) -> int:
    """Do the work in the child; Ctrl-C is the parent's to handle."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        work()
        sys.stdout.flush()
    except ProgenitorError as error:
        print(f"error: {error}", file=sys.stderr, flush=True)  # noqa: T201 - the command line prints
        return error.exit_code
    except (OSError, RuntimeError) as error:  # what Oxigraph makes of damaged files, or of a pipe that was closed
        if isinstance(error, BrokenPipeError):
            return 0
        message = f"error: the triples cannot be read: {error} (`progenitor rebuild` makes them anew)"
        print(message, file=sys.stderr, flush=True)  # noqa: T201
        return StoreError.exit_code
    return 0


def _print(context: Context, answer: Answer, format: str | None, prefixes: dict[str, str]) -> None:
    if format and format != "table":
        answer.serialize(format, sys.stdout.buffer)
        sys.stdout.buffer.flush()
    elif isinstance(answer, Boolean):
        context.out.print("yes" if answer else "no")
    elif isinstance(answer, Solutions):
        _print_table(context, answer, prefixes)
    else:
        answer.serialize("turtle", sys.stdout.buffer)
        sys.stdout.buffer.flush()


def _print_table(context: Context, rows: Solutions, prefixes: dict[str, str]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(*rows.variables, box=None)
    count = 0
    for row in rows:
        table.add_row(*(Text(_cell(term, prefixes)) for term in row))
        count += 1
    context.out.print(table)
    context.err.print(f"[dim]{count:,} rows[/]")


def _cell(term: Term | None, prefixes: dict[str, str]) -> str:
    if term is None:
        return ""
    return compact(term.value, prefixes) if term.is_iri else term.value
