"""A full disk while mapping: one clear error, and neither file is there."""

from __future__ import annotations

import subprocess
import sys

from support.mappings import write_folder

SCRIPT = """
import resource, sys
from pathlib import Path
import pyarrow as pa
from progenitor.errors import StoreError
from progenitor.mapping.folder import load_folder
from progenitor.mapping.run import run_mapping
from progenitor.mapping.staging import Staging

resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
work = Path(sys.argv[2])
with Staging(work, {"t": pa.schema({"id": pa.int64()})}) as staging:
    staging.write("t", pa.table({"id": range(100_000)}))
    folder = load_folder(Path(sys.argv[1]))
    try:
        run_mapping(folder, staging, base="https://example.org/", output=work / "o", dead_letter=work / "d")
    except StoreError as error:
        print(error)
"""


def test_a_full_disk_is_a_clear_error(tmp_path):
    mapping = "mappings:\n  one: {sources: t, s: x/$(id), po: [[rdfs:label, $(id)]]}\n"
    folder = write_folder(tmp_path / "folder", mapping)
    work = tmp_path / "work"
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(folder), str(work)], capture_output=True, text=True, timeout=120
    )
    assert done.stderr == ""
    assert done.stdout.startswith("no space left on the device while sorting the triples")
    assert list(work.iterdir()) == []
