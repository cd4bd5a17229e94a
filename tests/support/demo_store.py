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
    return built_once(f"demo-store/{store_digest(repository)}", lambda path: _build(path, repository))


def store_digest(repository: Path, *more: Path) -> str:
    """Return a short digest of what a store is made from: the repository, the code, the mappings, and more folders."""
    digest = hashlib.sha256(repository.name.encode())
    for folder in (CHECKOUT / "src" / "progenitor", CHECKOUT / "mappings", *more):
        for file in sorted(folder.rglob("*")):
            if file.suffix in {".py", ".yml", ".sql"}:
                digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


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
