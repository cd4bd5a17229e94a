"""The archive of the store itself as a source: what the other sources say of the same things, night by night.

A source.yml for it::

    reader: archive
    subjects: ["exposure/LSSTCam/{day_obs}"]     # how the IRIs of a night's subjects begin, below the store's base

The one table is ``statement``: who says what of which of these subjects.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from progenitor.errors import Place, SourceError
from progenitor.model import SourceDeclaration
from progenitor.sources.archive.reader import EVIDENCE, SCHEMAS, ArchiveReader

__all__ = ["EVIDENCE", "SCHEMAS", "ArchiveReader", "open_reader"]


def open_reader(declaration: SourceDeclaration, location: str, options: Mapping[str, Any]) -> NoReturn:
    """Refuse: only who writes a store knows what its archive holds; `progenitor.derived` opens it.

    Raises
    ------
    SourceError
        Always.
    """
    raise SourceError(
        "the archive is read where a store is written, not from a location",
        place=Place(declaration.file, field="reader"),
        hint="what is derived from it is made anew by every ingest and sync that changes what it is made from",
    )
