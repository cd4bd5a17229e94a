"""Runs graphviz: DOT in, a picture out."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from html import escape
from typing import Final

from progenitor.errors import FormatError

TIMEOUT: Final = 60.0
"""Seconds; a figure that fits a page takes well below one."""

_OPTIONS: Final = {"svg": ["-Tsvg"], "pdf": ["-Tpdf:cairo"], "png": ["-Tpng", "-Gdpi=200"]}
_CREATED: Final = re.compile(rb"/CreationDate \(D:[0-9]{14}Z\)")
_EPOCH: Final = b"/CreationDate (D:19700101000000Z)"
"""Of the same length, so that the offsets of the PDF's cross-reference table stay true."""

_OPENING: Final = re.compile(r"<svg\b")


def run(source: str, format: str) -> bytes:
    """Lay a graph out and return the picture.

    Parameters
    ----------
    source
        DOT.
    format
        ``svg``, ``pdf`` or ``png``.

    Raises
    ------
    FormatError
        If ``dot`` is not installed, refuses the source or takes too long.
    """
    program = shutil.which("dot")
    if program is None:
        raise FormatError(
            f"a figure as {format} needs graphviz's program dot, which is not installed",
            hint="install graphviz (apt-get install graphviz), or use the format dot and draw it elsewhere",
        )
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and the source goes through standard input
            [program, *_OPTIONS[format]],
            input=source.encode(),
            capture_output=True,
            timeout=TIMEOUT,
            env={**os.environ, "TZ": "UTC"},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise FormatError(
            f"graphviz did not lay the figure out within {TIMEOUT:.0f} s", hint="ask for a smaller --depth"
        ) from None
    if done.returncode != 0:
        raise FormatError(f"graphviz failed: {done.stderr.decode(errors='replace').strip()[:300]}")
    # cairo writes the time of making into a PDF; without it equal questions give equal bytes.
    return _CREATED.sub(_EPOCH, done.stdout) if format == "pdf" else done.stdout


def add_text_alternative(svg: bytes, title: str, description: str) -> bytes:
    """Give an SVG the title and description that a screen reader reads instead of it (WCAG 2.2, 1.1.1).

    Parameters
    ----------
    svg
        As graphviz writes it.
    title
        One line.
    description
        What the picture shows, in words.
    """
    text = svg.decode()
    opening = _OPENING.search(text)
    if opening is None:
        raise FormatError("graphviz wrote no SVG")
    end = text.index(">", opening.start())
    inserted = (
        f'{text[opening.start() : end]} role="img" aria-labelledby="figure-title figure-description">\n'
        f'<title id="figure-title">{escape(title)}</title>\n'
        f'<desc id="figure-description">{escape(description)}</desc>'
    )
    return (text[: opening.start()] + inserted + text[end + 1 :]).encode()
