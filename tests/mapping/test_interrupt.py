"""Ctrl-C while rows are mapped: the query stops and nothing is left."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap

from support.mappings import write_folder

SCRIPT = """
import sys
from pathlib import Path
import pyarrow as pa
from progenitor.mapping.folder import load_folder
from progenitor.mapping.run import run_mapping
from progenitor.mapping.staging import Staging

work = Path(sys.argv[2])
with Staging(work, {"t": pa.schema({"id": pa.int64()})}, memory_limit=2**28, threads=2) as staging:
    staging.write("t", pa.table({"id": range(1000)}))
    print("mapping", flush=True)
    folder = load_folder(Path(sys.argv[1]))
    run_mapping(folder, staging, base="https://example.org/", output=work / "o", dead_letter=work / "d")
"""


def test_an_interrupt_stops_the_query_and_leaves_nothing(tmp_path):
    endless = "CREATE VIEW v AS SELECT a.id FROM t a, t b, t c, t d WHERE hash(a.id, b.id, c.id, d.id) = 0;\n"
    mapping = "mappings:\n  one: {sources: v, s: x/$(id), po: [[a, prov:Entity]]}\n"
    folder = write_folder(tmp_path / "folder", mapping, endless)
    work = tmp_path / "work"
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(SCRIPT), str(folder), str(work)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout.readline() == "mapping\n"
        try:
            process.wait(1)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    finally:
        process.kill()
    assert "KeyboardInterrupt" in errors
    assert list(work.iterdir()) == []
