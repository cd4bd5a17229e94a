"""Writes a provenance quantum graph of any size, without running anything, in Rubin's own on-disk format.

The quanta are invented (`support.large_survey`); the pipeline is the demo's, and the file is written by Rubin's own
writer, so that whatever reads real graphs reads it. Run it as
``PYTHONPATH=tests:examples/demo python -m support.large_graph FILE``.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from contextlib import ExitStack
from datetime import timedelta
from logging import getLogger
from pathlib import Path

import zstandard
from lsst.daf.butler import Butler, DataCoordinate, DatasetRef, DatasetType, FileDataset
from lsst.pipe.base.log_on_close import LogOnClose
from lsst.pipe.base.quantum_graph import PredictedQuantumGraphComponents, ProvenanceQuantumGraphWriter
from lsst.pipe.base.quantum_graph.formatter import ProvenanceFormatter

from support.cache import CHECKOUT, built_once, digest_of
from support.large_survey import BEGIN, RUN, Size, build_quanta
from support.quantum_records import log_records, task_metadata

DEFAULT = Size()
_DICTIONARY_SAMPLES = 512
"""As many as Rubin's aggregator trains its compression dictionary with."""


def write_large_graph(path: Path, size: Size = DEFAULT) -> PredictedQuantumGraphComponents:
    """Write a provenance graph in which every quantum succeeded.

    Parameters
    ----------
    path
        The file; its suffix is ``.qg``.
    size
        How large.

    Returns
    -------
    PredictedQuantumGraphComponents
        The graph it was written from.
    """
    components = build_quanta(size)
    unfinished = path.with_name(f"unfinished-{path.name}")
    with ExitStack() as stack:
        writer = ProvenanceQuantumGraphWriter(
            str(unfinished),
            exit_stack=stack,
            log_on_close=LogOnClose(getLogger(__name__).log),
            predicted=components,
            zstd_level=3,
            cdict_data=_compression_dictionary(components),
        )
        for number, quantum in enumerate(components.quantum_datasets.values()):
            begin = BEGIN + timedelta(seconds=number)
            outputs = [dataset.dataset_id for (dataset,) in quantum.outputs.values()]
            metadata = task_metadata(quantum.task_label, number, begin, outputs)
            writer.write_quantum_provenance(quantum.quantum_id, metadata, log_records(quantum.task_label, begin))
        writer.write_overall_inputs()
        writer.write_packages()
        writer.write_init_outputs(assume_existence=True)
    unfinished.rename(path)
    return components


def _compression_dictionary(components: PredictedQuantumGraphComponents) -> bytes | None:
    """Return a dictionary as Rubin's tools train it, or None for a graph that is too small for one."""
    quanta = list(components.quantum_datasets.values())
    if len(quanta) < _DICTIONARY_SAMPLES:
        return None
    chosen = random.Random(0).sample(quanta, _DICTIONARY_SAMPLES)
    samples = [quantum.model_dump_json().encode() for quantum in chosen]
    return zstandard.train_dictionary(32768, samples).as_bytes()


def large_graph(size: Size = DEFAULT) -> Path:
    """Return a large graph from the cache, written on first use; read only."""
    support = CHECKOUT / "tests" / "support"
    sources = [CHECKOUT / "examples" / "demo", *support.glob("large_*.py"), support / "quantum_records.py"]
    name = f"large-graph/{digest_of(sources)}-{size.visits}x{size.detectors}.qg"
    return built_once(name, lambda path: write_large_graph(path, size))


def ingest_large_graph(repository: Path, graph: Path) -> None:
    """Make a graph the ``run_provenance`` of a run in a repository of one's own, without the datasets it tells of.

    Parameters
    ----------
    repository
        A copy of the demo repository; written to.
    graph
        The file; stays where it is.
    """
    with Butler.from_config(str(repository), run=RUN, writeable=True) as butler:
        dataset_type = DatasetType("run_provenance", butler.dimensions.empty, "ProvenanceQuantumGraph")
        ref = DatasetRef(dataset_type, DataCoordinate.make_empty(butler.dimensions), run=RUN)
        butler.ingest(FileDataset(refs=[ref], path=str(graph), formatter=ProvenanceFormatter), transfer="symlink")


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--visits", type=int, default=Size.visits)
    parser.add_argument("--detectors", type=int, default=Size.detectors)
    options = parser.parse_args()
    start = time.monotonic()
    components = write_large_graph(options.file.absolute(), Size(options.visits, options.detectors))
    quanta = components.quantum_datasets.values()
    edges = sum(len(list(quantum.iter_dataset_ids())) for quantum in quanta)
    print(
        f"{options.file}: {len(quanta):,} quanta, {components.header.n_datasets:,} datasets, {edges:,} edges, "
        f"{options.file.stat().st_size / 1e6:.0f} MB in {time.monotonic() - start:.0f} s"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
