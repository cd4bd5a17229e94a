"""Mapping folders made in a test, and what comes of tables under them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from progenitor.mapping.folder import load_folder
from progenitor.mapping.run import run_mapping
from progenitor.mapping.staging import Staging

BASE = "https://example.org/"


def write_folder(path: Path, mapping: str, views: str = "", source: str = "reader: files\n") -> Path:
    """Write a mapping folder of these texts."""
    path.mkdir(parents=True, exist_ok=True)
    (path / "source.yml").write_text(source)
    (path / "mapping.yml").write_text(mapping)
    if views:
        (path / "views.sql").write_text(views)
    return path


@dataclass
class Mapped:
    """What a mapping made: triples (or quads, where it uses graphs) in their order, and the dead letters."""

    triples: list[tuple[str, ...]]
    dead_letters: list[dict[str, Any]]
    output: Path
    count: int

    def objects(self, predicate: str) -> list[str]:
        """The objects of a predicate, given its IRI."""
        return [row[2] for row in self.triples if row[1] == f"<{predicate}>"]


def read_rows(file: Path) -> list[tuple[str, ...]]:
    """The rows of a Parquet file in their order."""
    return list(zip(*(column.to_pylist() for column in pq.read_table(file).columns), strict=True))


def map_tables(
    path: Path, tables: dict[str, pa.Table], *, base: str = BASE, memory_limit: int = 2**29, threads: int = 2
) -> Mapped:
    """Map tables with the folder at a path."""
    work = path / "work"
    output, dead_letter = work / "triples.parquet", work / "dead-letter.jsonl"
    schemas = {name: table.schema for name, table in tables.items()}
    with Staging(work, schemas, memory_limit=memory_limit, threads=threads) as staging:
        for name, table in tables.items():
            staging.write(name, table)
        result = run_mapping(load_folder(path), staging, base=base, output=output, dead_letter=dead_letter)
    assert sorted(file.name for file in work.iterdir()) == sorted(
        [output.name] + [dead_letter.name] * (result.set_aside > 0)
    )
    letters = [json.loads(line) for line in dead_letter.read_text().splitlines()] if result.set_aside else []
    assert len(letters) == result.set_aside
    return Mapped(read_rows(output), letters, output, result.triples)
