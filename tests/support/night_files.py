"""The files of a night, read back: line protocol, and what a folder holds."""

from __future__ import annotations

import gzip
import hashlib
import re
from pathlib import Path
from typing import Any


def contents(folder: Path) -> dict[str, str]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def parse_line(line: str) -> tuple[str, dict[str, Any], int]:
    """Read a point of line protocol."""
    measurement, _, rest = line.partition(" ")
    fields: dict[str, Any] = {}
    end = 0
    for match in re.finditer(r'([^=,]+)=("(?:[^"\\]|\\.)*"|[^,\s]+)(,|\s)', rest):
        name, text = match[1], match[2]
        if text.startswith('"'):
            fields[name] = re.sub(r"\\(.)", r"\1", text[1:-1])
        elif text in ("true", "false"):
            fields[name] = text == "true"
        else:
            fields[name] = int(text[:-1]) if text.endswith("i") else float(text)
        end = match.end()
    return measurement, fields, int(rest[end:])


def parse_points(path: Path) -> list[tuple[str, dict[str, Any], int]]:
    text = gzip.decompress(path.read_bytes()).decode()
    return [parse_line(line) for line in re.split(r"(?<=\d)\n(?=lsst\.|$)", text) if line]
