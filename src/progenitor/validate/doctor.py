"""The health of a store: is what readers see whole, and does it hold what the archive holds?"""

from __future__ import annotations

from dataclasses import dataclass

from progenitor.errors import ProgenitorError, StoreError
from progenitor.lineage.index import FOLDER, LineageIndex
from progenitor.store.answers import Solutions
from progenitor.store.archive import count_by_graph
from progenitor.store.catalogue import catalogue_graph
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
    if not snapshot.number:
        return [Finding("store", True, "nothing was published yet")]
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
        except Exception as error:  # whatever a damaged file makes of a library is a finding
            findings.append(Finding(name, False, f"cannot be read: {error}"))
    return findings


def _archive(snapshot: Snapshot) -> str:
    """Read every archive file and compare its digest with the catalogue's."""
    triples = 0
    for record in snapshot.records.values():
        check_file(snapshot.store, record)
        triples += record.triples
    return f"{len(snapshot.records):,} batches, {triples:,} triples, every digest as in the catalogue"


def _graph(snapshot: Snapshot) -> str:
    """Count the mapped triples of the default graph and of every named one, there and in the archive: as many."""
    counted = snapshot.graph.query(
        "SELECT ?g ?n WHERE { { SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o } }"
        " UNION { SELECT ?g (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g } }"
    )
    assert isinstance(counted, Solutions)
    held = {graph.value if graph else None: int(count.value) for graph, count in counted if count}
    held.pop(catalogue_graph(snapshot.base), None)
    archived = count_by_graph(snapshot.store / record.file for record in snapshot.records.values())
    for graph in sorted(held.keys() | archived.keys(), key=str):
        if held.get(graph, 0) != archived.get(graph, 0):
            name = f"the graph <{graph}>" if graph else "the default graph"
            raise StoreError(
                f"{name} has {held.get(graph, 0):,} triples, the archive {archived.get(graph, 0):,}",
                hint="run `progenitor rebuild`",
            )
    named = [count for graph, count in held.items() if graph]
    inside = f", {sum(named):,} of them in {len(named):,} named graphs" if named else ""
    return f"{sum(held.values()):,} triples{inside}, as many as the archive has"


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
