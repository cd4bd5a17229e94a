"""The same declarations read from exports: files in the place of an InfluxDB, a web service or a database."""

from __future__ import annotations

from pathlib import Path


def export_at(location: str) -> Path | None:
    """Return the file or folder that a location is, or None where it is none, such as a URL."""
    path = Path(location)
    return path if "://" not in location and path.exists() else None
