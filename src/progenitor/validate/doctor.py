"""The health of a store: is what readers see whole, and does it hold what the archive holds?"""

from __future__ import annotations

from dataclasses import dataclass

from progenitor.errors import ProgenitorError, StoreError
from progenitor.lineage.index import FOLDER, LineageIndex
from progenitor.store.answers import Solutions
from progenitor.store.archive import count_distinct
from progenitor.store.rebuild import check_file
from progenitor.store.snapshot import Snapshot


@dataclass(frozen=True)
class Finding:
    """The outcome of one check.

    Parameters
    ----------
    check
        What was looked at.
    ok
        Whether it is as it should be.
    detail
        What was found; where something is wrong, also what to do.
    """

    check: str
    ok: bool
    detail: str


def examine(snapshot: Snapshot) -> list[Finding]:
    """Run every check on a snapshot and on the archive behind it.

    Parameters
    ----------
    snapshot
        The snapshot.
    """
    findings: list[Finding] = []
    for name, check in (
        ("archive", _archive),
        ("graph", _graph),
        ("lineage index", _index),
        ("dead letters", _dead_letters),
    ):
        try:
            findings.append(Finding(name, True, check(snapshot)))
        except ProgenitorError as error:
            findings.append(Finding(name, False, str(error)))
    return findings


def _archive(snapshot: Snapshot) -> str:
    """Read every archive file and compare its digest with the catalogue's."""
    triples = 0
    for record in snapshot.records.values():
        check_file(snapshot.store, record)
        triples += record.triples
    return f"{len(snapshot.records):,} batches, {triples:,} triples, every digest as in the catalogue"


def _graph(snapshot: Snapshot) -> str:
    """Count the mapped triples of the graph and of the archive: they are the same."""
    counted = snapshot.graph.query("SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }")
    assert isinstance(counted, Solutions)
    held = int(next(term.value for (term,) in counted if term))
    archived = count_distinct(snapshot.store / record.file for record in snapshot.records.values())
    if held != archived:
        raise StoreError(f"the graph has {held:,} triples, the archive {archived:,}", hint="run `progenitor rebuild`")
    return f"{held:,} triples, as many as the archive has"


def _index(snapshot: Snapshot) -> str:
    """Compare every checksum of the lineage index."""
    index = LineageIndex.open(snapshot.directory / FOLDER)
    index.verify()
    return f"{index.nodes_count:,} nodes, {index.edges_count:,} edges, every checksum right"


def _dead_letters(snapshot: Snapshot) -> str:
    """Say where rows were set aside; they wait for someone to look at them."""
    aside = {name: record.set_aside for name, record in snapshot.records.items() if record.set_aside}
    listed = ", ".join(f"{name} {count:,}" for name, count in aside.items())
    return f"rows set aside: {listed}" if aside else "nothing is set aside"
