"""Triples in named graphs: kept, published by difference, removed, rebuilt, counted; and what graphs leave alone."""

from __future__ import annotations

import hashlib
import itertools
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from progenitor.errors import StoreError
from progenitor.lineage.build import build_index
from progenitor.lineage.index import FOLDER, LineageIndex
from progenitor.model import Change, Partition
from progenitor.store.archive import read_blocks, read_content, who_says
from progenitor.store.difference import connect, sort_file
from progenitor.store.dump import dump
from progenitor.store.loading import GraphWriter
from progenitor.store.rebuild import rebuild
from progenitor.store.snapshot import GRAPH, Snapshot
from progenitor.store.writer import Writer
from progenitor.validate.doctor import examine
from support.lineage import edges_of
from support.stores import BASE, PROV, Rows, edge, expected, iri, keep, line, make_store, triples_of, write_rows

NIGHT, OTHER = iri("graph/night"), iri("graph/other")
Row = tuple[str, ...]


def inside(graph: str | None, *rows: Row) -> list[tuple[str, str, str, str | None]]:
    """Return triples as quads."""
    return [(s, p, o, graph) for s, p, o in rows]  # type: ignore[misc]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return make_store(tmp_path / "store")


def publish(store: Path, kept: dict[str, Rows], *dropped: str) -> None:
    """Keep and drop batches, and publish them with their lineage."""
    with Writer.open(store, [build_index]) as writer:
        for key, rows in kept.items():
            keep(writer, key, rows)
        for key in dropped:
            writer.drop(Partition("test", key))
        assert writer.publish() is not None


def relations(store: Path) -> set[Row]:
    """Return the relations of the newest lineage index, as N-Triples terms."""
    with Snapshot.open(store) as snapshot:
        index = LineageIndex.open(snapshot.directory / FOLDER)
        return {(f"<{s}>", f"<{p}>", f"<{o}>") for s, p, o in edges_of(index)}


def test_a_triple_is_where_its_batch_puts_it(store: Path) -> None:
    rows = [*inside(NIGHT, edge("1", "0")), *inside(OTHER, edge("1", "0")), *inside(None, edge("2", "1"))]
    publish(store, {"a": rows, "b": [edge("3", "2")]})
    assert triples_of(store) == expected(rows, [edge("3", "2")])
    with Snapshot.open(store) as snapshot:
        found = snapshot.graph.query("SELECT ?s { GRAPH <" + NIGHT[1:-1] + "> { ?s prov:wasDerivedFrom ?o } }")
        assert [row[0].value for row in found] == [BASE + "dataset/1"]  # type: ignore[union-attr]
        default = {row[0].value for row in snapshot.graph.query("SELECT ?s { ?s ?p ?o }")}  # type: ignore[union-attr]
        assert default == {BASE + "dataset/2", BASE + "dataset/3"}
        assert snapshot.records["test/a"].triples == 3


def test_reading_again_changes_only_the_difference(store: Path) -> None:
    stays = [*inside(None, edge("1", "0")), *inside(OTHER, edge("2", "0"))]
    publish(store, {"a": [*stays, *inside(NIGHT, edge("1", "0"), edge("9", "0"))]})
    changed = [*stays, *inside(OTHER, edge("1", "0")), *inside(None, edge("2", "0"))]
    seen: list[list[bytes]] = []

    def see(change: Change) -> None:
        assert change.added is not None and change.removed is not None
        seen.extend(
            sorted(b"".join(map(bytes, read_blocks(file))).splitlines(keepends=True))
            for file in (change.added, change.removed)
        )

    with Writer.open(store, [see]) as writer:
        keep(writer, "a", changed)
        writer.publish()
    added, removed = seen
    # What left one graph and stays in another is there too, for whoever knows no graphs.
    came = [*changed[2:], *inside(None, edge("1", "0")), *inside(OTHER, edge("1", "0"))]
    assert b"".join(dict.fromkeys(added)) == expected(came)
    assert b"".join(removed) == expected(inside(NIGHT, edge("1", "0"), edge("9", "0")))
    assert triples_of(store) == expected(changed)


@pytest.mark.parametrize("elsewhere", [None, OTHER])
@pytest.mark.parametrize("whole", [False, True], ids=["dropped", "replaced"])
def test_a_triple_goes_from_its_graph_alone(store: Path, elsewhere: str | None, whole: bool) -> None:
    other = inside(elsewhere, edge("1", "0"))
    publish(store, {"a": inside(NIGHT, edge("1", "0"), edge("2", "1")), "b": other})
    if whole:
        publish(store, {"a": []})
    else:
        publish(store, {}, "a")
    assert triples_of(store) == expected(other)
    assert relations(store) == {edge("1", "0")}


def test_a_triple_that_leaves_the_default_graph_of_a_file_without_graphs(store: Path) -> None:
    publish(store, {"a": [edge("1", "0"), edge("2", "0")], "b": inside(NIGHT, edge("1", "0"))})
    publish(store, {"a": [edge("2", "0")]})
    assert triples_of(store) == expected([edge("2", "0")], inside(NIGHT, edge("1", "0")))
    assert relations(store) == {edge("1", "0"), edge("2", "0")}


def test_a_triple_that_another_batch_asserts_in_the_same_graph_stays(store: Path) -> None:
    both = [*inside(NIGHT, edge("1", "0")), *inside(None, edge("2", "0"))]
    publish(store, {"a": [*both, *inside(NIGHT, edge("3", "0"))], "b": both, "c": [edge("2", "0")]})
    publish(store, {}, "a")
    assert triples_of(store) == expected(both)
    publish(store, {}, "b")
    assert triples_of(store) == expected([edge("2", "0")])


_PLACES = st.tuples(st.integers(0, 2), st.integers(0, 1), st.sampled_from([None, NIGHT, OTHER]))
_BATCHES = st.dictionaries(st.sampled_from("abc"), st.sets(_PLACES, max_size=6) | st.none(), max_size=3)


@settings(max_examples=6, deadline=None)
@given(steps=st.lists(_BATCHES, min_size=2, max_size=5))
def test_any_history_of_quads_is_their_union(tmp_path_factory: pytest.TempPathFactory, steps: list[dict]) -> None:
    store = make_store(tmp_path_factory.mktemp("history") / "store")
    state: dict[str, list[Row]] = {}
    with Writer.open(store, [build_index]) as writer:
        for step in steps:
            for key, places in step.items():
                if places is not None:
                    # A file whose triples are all in the default graph has no column g.
                    quads = any(graph for _, _, graph in places)
                    triples = [(edge(str(a), str(b)), graph) for a, b, graph in places]
                    state[key] = [(*triple, graph) if quads else triple for triple, graph in triples]
                    keep(writer, key, state[key])
                elif state.pop(key, None) is not None:
                    writer.drop(Partition("test", key))
            if writer.publish() is not None:
                assert triples_of(store) == expected(*state.values())
                assert relations(store) == {row[:3] for rows in state.values() for row in rows}


def test_the_rebuilt_snapshot_is_byte_equal(store: Path) -> None:
    publish(store, {"a": inside(NIGHT, edge("1", "0")), "b": [edge("1", "0")]})
    publish(store, {"a": [*inside(OTHER, edge("1", "0")), *inside(None, edge("4", "0"))]})
    before = triples_of(store)
    rebuild(store, [build_index])
    assert triples_of(store) == before
    assert relations(store) == {edge("1", "0"), edge("4", "0")}


def test_who_says_names_the_graph(store: Path) -> None:
    publish(store, {"a": [*inside(NIGHT, edge("1", "0")), *inside(None, edge("1", "0"))], "b": [edge("1", "0")]})
    with Snapshot.open(store) as snapshot:
        said = [(text, record.partition.key) for text, record in who_says(snapshot, BASE + "dataset/1")]
    plain, named = (line(row).rstrip("\n") for row in (edge("1", "0"), (*edge("1", "0"), NIGHT)))
    assert said == [(plain, "a"), (named, "a"), (plain, "b")]


def test_the_doctor_counts_every_graph(store: Path) -> None:
    rows = [*inside(NIGHT, edge("1", "0")), *inside(OTHER, edge("1", "0")), *inside(None, edge("2", "0"))]
    publish(store, {"a": rows, "b": [edge("2", "0")]})
    with Snapshot.open(store) as snapshot:
        findings = {finding.check: finding for finding in examine(snapshot)}
        assert all(finding.ok for finding in findings.values())
        assert findings["graph"].detail == "3 triples, 2 of them in 2 named graphs, as many as the archive has"
        graph = snapshot.directory / GRAPH
    with GraphWriter(graph) as writer:  # as many triples as before, but not where they were
        writer.remove([line(rows[0]).encode()], store)
        writer.add([line((*edge("5", "0"), OTHER)).encode()], store)
        writer.finish()
    with Snapshot.open(store) as snapshot:
        findings = {finding.check: finding for finding in examine(snapshot)}
    assert not findings["graph"].ok
    assert f"the graph {NIGHT} has 0 triples, the archive 1" in findings["graph"].detail


@pytest.mark.parametrize("ordered", [True, False])
def test_the_graph_of_the_catalogue_is_refused(store: Path, ordered: bool) -> None:
    rows = [*inside(None, edge("1", "0")), *inside(NIGHT, edge("0", "0")), *inside(iri("catalogue"), edge("0", "0"))]
    given = sorted(rows, key=line) if ordered else rows
    with Writer.open(store) as writer:
        with pytest.raises(StoreError, match=r"catalogue> is the store's own") as caught:
            keep(writer, "a", given, ordered=False)
        assert caught.value.place is not None
        assert caught.value.place.field == "g"
        assert writer.publish() is None
    assert not list((store / "archive").rglob("*.parquet"))


@pytest.mark.parametrize("bad", ['"night"', "night", "<night>", "_:night", "", "<a:b> <c:d>"])
def test_a_graph_is_named_by_an_iri(store: Path, bad: str) -> None:
    with Writer.open(store) as writer, pytest.raises(StoreError, match="not an N-Triples term") as caught:
        keep(writer, "a", inside(bad, edge("1", "0")))
    assert caught.value.place is not None
    assert caught.value.place.field == "g"


def test_a_column_of_graphs_that_is_not_text_is_refused(tmp_path: Path) -> None:
    columns = {name: [term] for name, term in zip("spo", edge("1", "0"), strict=True)}
    pq.write_table(pa.table({**columns, "g": [1]}), tmp_path / "a")
    with pytest.raises(StoreError, match="s, p, o, g are not strings"):
        read_content(tmp_path / "a")


def test_the_digest_is_of_the_n_quads_lines(tmp_path: Path) -> None:
    rows = [*inside(NIGHT, edge("1", "0")), *inside(None, edge("1", "0"), edge("0", "0"))]
    content = read_content(write_rows(tmp_path / "a", rows))
    assert content is not None
    assert (content.digest, content.triples) == (hashlib.sha256(expected(rows)).hexdigest(), 3)


def test_an_empty_column_of_graphs_is_as_none(tmp_path: Path) -> None:
    with_column = write_rows(tmp_path / "a", inside(None, edge("1", "0"), edge("2", "0")))
    without = write_rows(tmp_path / "b", [edge("1", "0"), edge("2", "0")])
    assert pq.read_schema(with_column).names == ["s", "p", "o", "g"]
    assert pq.read_schema(without).names == ["s", "p", "o"]
    assert read_content(with_column) == read_content(without)


OBJECTS = ['"x"', '"x"@en', '"x"@en-gb', f'"x"^^{iri("type")}', '"x y"', '"x.y"', iri("x"), iri("xy"), iri("x.y")]


def test_sorting_is_by_the_lines_whatever_the_object(tmp_path: Path) -> None:
    rows = [(iri("s"), iri("p"), value, graph) for value, graph in itertools.product(OBJECTS, [OTHER, None, NIGHT])]
    with connect(1, 10**9, tmp_path) as session:
        sort_file(session, write_rows(tmp_path / "a", rows[::-1] + rows, ordered=False), tmp_path / "b")
    content = read_content(tmp_path / "b")
    assert content is not None
    assert content.triples == len(rows)
    assert b"".join(map(bytes, read_blocks(tmp_path / "b"))) == expected(rows)


def test_a_dump_without_catalogue_keeps_what_only_speaks_of_it(store: Path) -> None:
    rows = [(iri("dataset/1"), f"<{PROV}wasDerivedFrom>", iri("catalogue"))]
    publish(store, {"a": rows})
    assert triples_of(store) == expected(rows)
    with Snapshot.open(store) as snapshot:
        assert b"".join(dump(snapshot)).count(f"{iri('catalogue')} .\n".encode()) > 20
