"""The options of a source that is read from InfluxDB 1.x, or from exports of one."""

from __future__ import annotations

from typing import Literal

import pydantic

from progenitor.sources.http_client.options import WebOptions


class InfluxOptions(WebOptions):
    """The options of the source.

    Parameters
    ----------
    database
        The database of every table that names none.
    chunk_size
        Points of a chunk that the server sends.
    fingerprint
        ``counts``: a partition has changed when the number of values of a field has, or the last point before those
        that are counted. A value that replaced another one is not seen so. None: only reading tells.
    """

    database: str
    chunk_size: int = pydantic.Field(10_000, ge=1)
    fingerprint: Literal["counts"] | None = None
