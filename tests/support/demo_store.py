"""The demo repository ingested into a store: made once per state of the sources, shared, and read only."""

from __future__ import annotations

import hashlib
from pathlib import Path

from progenitor.provenance import Progenitor
from support.cache import CHECKOUT, built_once

LABEL = "demo"
"""How identifiers name the repository in the store."""


def make_demo_store(repository: Path) -> Path:
    """Return the store, making it on first use; `copy` it to write into it."""
    digest = hashlib.sha256(repository.name.encode())
    for folder in (CHECKOUT / "src" / "progenitor", CHECKOUT / "mappings"):
        for file in sorted(folder.rglob("*")):
            if file.suffix in {".py", ".yml", ".sql"}:
                digest.update(file.read_bytes())
    return built_once(f"demo-store/{digest.hexdigest()[:16]}", lambda path: _build(path, repository))


def _build(path: Path, repository: Path) -> None:
    partial = path.with_name(f"{path.name}.partial")
    if partial.exists():
        import shutil

        shutil.rmtree(partial)
    with Progenitor.create(partial) as progenitor:
        report = progenitor.ingest("butler", str(repository), options=ingest_options(repository))
    assert not report.failed, report.failed
    partial.rename(path)


def ingest_options(repository: Path) -> dict[str, str]:
    """Return the reader's options: the predicted graphs lie in the submit folder."""
    return {"label": LABEL, "graph": str(repository / "submit")}
