import re
from itertools import pairwise
from pathlib import Path

import pytest

from progenitor.model import BatchRecord, Partition
from progenitor.store import catalogue
from progenitor.store.catalogue import catalogue_difference, catalogue_lines
from progenitor.store.manifest import Entry, Manifest
from progenitor.store.snapshot import Snapshot
from progenitor.store.who import software, user_name
from progenitor.store.writer import Writer
from progenitor.terms import PG, PROV
from support.stores import BASE, chain, keep, make_store, publish


def record(key: str, **changes: object) -> BatchRecord:
    values = {
        "partition": Partition("test", key),
        "file": Path(f"archive/test/{key}/1.parquet"),
        "digest": "1" * 64,
        "triples": 3,
        "rows": 2,
        "set_aside": 0,
        "dead_letter": None,
        "mapping_digest": "2" * 64,
        "evidence": "a test",
        "started": "2025-11-01T00:00:00Z",
        "ended": "2025-11-01T00:00:01Z",
        "agent": "vera",
        "software": "progenitor 1.0",
    }
    return BatchRecord(**{**values, **changes})


def test_it_tells_who_made_a_batch_when_from_what_and_with_which_mapping(tmp_path: Path) -> None:
    store = make_store(tmp_path / "store")
    for rows in (chain(0, 2), chain(0, 3)):
        with Writer.open(store) as writer:
            kept = keep(writer, Partition("test", "n/1", "f1"), rows, aside=["{}"])
            writer.publish()
    with Snapshot.open(store) as snapshot:
        answer = snapshot.graph.query(
            """
            SELECT ?sha ?count ?aside ?file ?old ?start ?label ?fingerprint ?mapping ?person ?version WHERE {
              GRAPH id:catalogue {
                ?batch a pg:Batch ; pg:sha256 ?sha ; pg:tripleCount ?count ; pg:setAsideCount ?aside ;
                       pg:archiveFile ?file ; prov:wasRevisionOf ?old ; prov:wasGeneratedBy ?ingest ;
                       prov:wasAttributedTo ?agent .
                ?ingest a prov:Activity ; prov:startedAtTime ?start ; prov:endedAtTime ?end ;
                        prov:used ?partition , ?plan ; prov:wasAssociatedWith ?agent , ?software .
                ?partition a pg:Partition ; rdfs:label ?label ; pg:fingerprint ?fingerprint .
                ?plan a pg:Mapping ; pg:sha256 ?mapping .
                ?agent a prov:Person ; rdfs:label ?person .
                ?software a prov:SoftwareAgent ; prov:actedOnBehalfOf ?agent ; pg:version ?version .
                FILTER(?start <= ?end)
              }
            }"""
        )
        rows = [tuple(term.value if term else None for term in row) for row in answer]
    version = software().split()[1]
    old = BASE + "batch/test/n%2F1/1"
    assert rows == [
        (kept.digest, "6", "1", str(kept.file), old, kept.started, "test/n/1", "f1", "0" * 64, user_name(), version)
    ]


def test_it_tells_only_of_the_batches_of_its_snapshot(tmp_path: Path) -> None:
    store = make_store(tmp_path / "store")
    publish(store, {"a": chain(0, 2), "b": chain(3, 5)})
    publish(store, {"a": chain(0, 3)})
    with Writer.open(store) as writer:
        writer.drop(Partition("test", "b"))
        writer.publish()
    for number, batches in ((1, {"a/1", "b/1"}), (2, {"a/2", "b/1"}), (3, {"a/2"})):
        with Snapshot.open(store, number) as snapshot:
            rows = list(snapshot.graph.query("SELECT ?b { GRAPH id:catalogue { ?b a pg:Batch } }"))
            lines = catalogue_lines(BASE, snapshot.manifest.entries.values())
            held = list(snapshot.graph.query("SELECT * { GRAPH id:catalogue { ?s ?p ?o } }"))
        assert {row[0].value for row in rows if row[0]} == {BASE + "batch/test/" + name for name in batches}
        assert len(held) == len(lines)


@pytest.mark.parametrize("agents", [("vera", "vera"), ("vera", "henrietta")])
def test_what_batches_share_stays_until_the_last_is_gone(agents: tuple[str, str]) -> None:
    a, b = (Entry(record(key, agent=agent), 1, None) for key, agent in zip("ab", agents, strict=True))
    states = [{}, {"a": a}, {"a": a, "b": b}, {"b": b}, {}]
    held: set[str] = set()
    for old, new in pairwise(states):
        added, removed = catalogue_difference(BASE, old, new)
        assert set(removed) <= held
        held = (held - set(removed)) | set(added)
        assert held == catalogue_lines(BASE, new.values())


def test_awkward_text_stays_one_line() -> None:
    entry = Entry(record("a", evidence='say "x"\\\r\n<y>', agent="o'neil é <x>"), 1, None)
    import pyoxigraph as ox

    lines = sorted(catalogue_lines(BASE, [entry]))
    quads = list(ox.parse("".join(lines), ox.RdfFormat.N_QUADS))
    assert len(quads) == len(lines)
    assert 'say "x"\\\r\n<y>' in {quad.object.value for quad in quads}


def test_the_terms_of_ours_are_listed_for_the_ontology() -> None:
    entry = Entry(record("a", dead_letter=Path("x"), partition=Partition("test", "a", "f")), 2, 1)
    used = set(re.findall(re.escape(PG) + r"(\w+)", "".join(catalogue_lines(BASE, [entry]))))
    listed = set(re.findall(r"pg:(\w+)", (catalogue.__doc__ or "").split("Terms of ours")[1]))
    assert used == listed
    assert PROV + "wasRevisionOf" in "".join(catalogue_lines(BASE, [entry]))


def test_a_batch_that_comes_again_keeps_its_place_and_counts_on() -> None:
    first = Manifest(0, "").with_changes(1, "t", {"test/a": record("a"), "test/b": record("b")}, set())
    second = first.with_changes(2, "t", {"test/c": record("c"), "test/a": record("a", triples=9)}, set())
    third = second.with_changes(3, "t", {}, {"test/b"})
    assert list(second.entries) == ["test/a", "test/b", "test/c"]
    assert [(e.since, e.revision_of) for e in second.entries.values()] == [(2, 1), (1, None), (2, None)]
    assert list(third.entries) == ["test/a", "test/c"]
