"""Who runs this program, which one it is, and what time it is: what the lock and the catalogue say of an ingest."""

from __future__ import annotations

import getpass
import os
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version


@cache
def software() -> str:
    """Return name and version of this program, as a `progenitor.model.BatchRecord` has it."""
    return f"progenitor {version('progenitor')}"


def user_name() -> str:
    """Return the login name of who runs this process; the numeric id where the system knows no name."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return str(os.getuid())


def utc_now() -> str:
    """Return the time as ISO 8601 UTC with ``Z``, to the microsecond, without trailing zeros (Oxigraph drops them)."""
    now = datetime.now(UTC)
    text = now.strftime("%Y-%m-%dT%H:%M:%S")
    return text + (f".{now.microsecond:06d}".rstrip("0") if now.microsecond else "") + "Z"
