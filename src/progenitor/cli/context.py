"""What every command shares: the store that is meant, the settings, and the two consoles."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from progenitor.config import Settings
    from progenitor.provenance import Progenitor


PIPE_WIDTH = 500
"""Columns of an answer that goes to a file or another program: nothing is wrapped or cut."""


@dataclass
class Context:
    """The global options of one run of the command line."""

    store: Path | None
    settings_file: Path | None
    snapshot: int | None

    @cached_property
    def settings(self) -> Settings:
        """The settings in force; logging is set up as they say."""
        from progenitor.config import load_settings
        from progenitor.logs import configure

        settings = load_settings(self.settings_file)
        configure(settings.log_level, settings.log_format)
        return settings

    def open(self) -> Progenitor:
        """Open the store that is meant.

        With ``--store`` the settings file is not read before something needs it: a question then starts faster.
        """
        from progenitor.provenance import Progenitor

        if self.store is not None and self.settings_file is None:
            return Progenitor.open(self.store, snapshot=self.snapshot)
        return Progenitor.open(self.store or self.settings.store, snapshot=self.snapshot, settings=self.settings)

    @cached_property
    def out(self) -> Console:
        """The console of answers."""
        from rich.console import Console

        wide = None if sys.stdout.isatty() or "COLUMNS" in os.environ else PIPE_WIDTH
        return Console(width=wide, highlight=False)

    @cached_property
    def err(self) -> Console:
        """The console of progress and notes."""
        from rich.console import Console

        return Console(stderr=True, highlight=False)

    def json(self, value: Any) -> None:
        """Print a value as one JSON document."""
        import orjson

        sys.stdout.buffer.write(
            orjson.dumps(value, default=str, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        )
        sys.stdout.buffer.flush()


def of(context: typer.Context) -> Context:
    """Return the `Context` of a command."""
    return cast(Context, context.obj)
