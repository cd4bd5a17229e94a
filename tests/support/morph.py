"""morph-kgc, a public YARRRML engine, in an environment of its own: it pins an old pyoxigraph and DuckDB."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import pyoxigraph as ox

from support.cache import built_once

VERSION = "2.10.0"


class MorphNotFoundError(Exception):
    """The package cannot be fetched here."""


@dataclass(frozen=True)
class MorphResult:
    """The quads of a run (graph None: the default graph), and what it cost in seconds."""

    quads: frozenset[tuple[str, str, str, str | None]]
    wall: float
    cpu: float


def morph_python() -> Path:
    """Return the interpreter of the environment, making it the first time."""
    return (
        built_once(f"morph-kgc-{VERSION}-python{sys.version_info.major}.{sys.version_info.minor}", _make) / "bin/python"
    )


def _make(path: Path) -> None:
    unfinished = path.with_name(path.name + ".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        subprocess.run([sys.executable, "-m", "venv", unfinished], check=True, capture_output=True)
        install = [unfinished / "bin/python", "-m", "pip", "install", "--quiet", f"morph-kgc=={VERSION}"]
        subprocess.run(install, check=True, capture_output=True, text=True)
    except subprocess.CalledProcessError as error:
        raise MorphNotFoundError(f"morph-kgc {VERSION} cannot be installed: {error.stderr}") from None
    unfinished.rename(path)


def run_morph(folder: Path, *, processes: int = 1, read: bool = True) -> MorphResult:
    """Map a folder's CSV files with its mapping.yml.

    Parameters
    ----------
    folder
        Holds mapping.yml and the files that it names.
    processes
        How many it may use.
    read
        Whether to read the quads back; only the times are wanted for a benchmark.
    """
    output = folder / "morph.nq"
    config = f"[CONFIGURATION]\noutput_file: {output}\noutput_format: N-QUADS\nnumber_of_processes: {processes}\n"
    (folder / "morph.ini").write_text(config + "[source]\nmappings: mapping.yml\n")
    started, before = time.perf_counter(), os.times()
    subprocess.run(
        [morph_python(), "-m", "morph_kgc", "morph.ini"], cwd=folder, check=True, capture_output=True, timeout=3600
    )
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return MorphResult(_quads(output) if read else frozenset(), time.perf_counter() - started, cpu)


def _quads(file: Path) -> frozenset[tuple[str, str, str, str | None]]:
    default = ox.DefaultGraph()
    return frozenset(
        (
            _as_iri(str(quad.subject)),
            _as_iri(str(quad.predicate)),
            _as_iri(str(quad.object)),
            None if quad.graph_name == default else _as_iri(str(quad.graph_name)),
        )
        for quad in ox.parse(path=file, format=ox.RdfFormat.N_QUADS)
    )


def _as_iri(term: str) -> str:
    """Undo the encoding of characters beyond ASCII, which R2RML section 7.3 leaves alone and morph-kgc does not."""
    if not term.startswith("<"):
        return term
    return re.sub(r"(?:%[89A-F][0-9A-F])+", lambda escapes: unquote(escapes[0]), term)
