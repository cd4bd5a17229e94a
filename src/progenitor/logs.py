"""Structured logging to standard error, set up once by whoever owns the process."""

from __future__ import annotations

import logging
import sys

import structlog


def configure(level: str, style: str) -> None:
    """Set up structlog.

    Parameters
    ----------
    level
        The least severe level that is written: ``debug``, ``info``, ``warning`` or ``error``.
    style
        ``console`` for people, ``json`` for machines. Times are UTC.
    """
    renderer = structlog.processors.JSONRenderer() if style == "json" else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        # Looked up at each use: whoever replaces standard error (a test, a notebook) gets the messages.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )
