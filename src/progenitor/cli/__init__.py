"""The command line: a thin face of the façade. Start-up is kept short: commands import what they need when they run."""

from __future__ import annotations

import sys


def main() -> None:
    """Run ``progenitor``; every error a person can act on is one line on standard error and an exit code of its own."""
    from progenitor.cli.app import app
    from progenitor.errors import AmbiguousError, ProgenitorError

    try:
        app()
    except ProgenitorError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201 - the command line prints
        if isinstance(error, AmbiguousError):
            for candidate in error.candidates:
                print(f"  {candidate}", file=sys.stderr)  # noqa: T201
        sys.exit(error.exit_code)
    except (OSError, UnicodeDecodeError) as error:
        if isinstance(error, BrokenPipeError):
            sys.stderr.close()
            sys.exit(0)
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(ProgenitorError.exit_code)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)  # noqa: T201
        sys.exit(130)
