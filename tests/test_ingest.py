"""From files to snapshots: what lands, what is set aside, what a failure and an interrupt leave."""

from __future__ import annotations

import pytest

from progenitor.errors import ConfigurationError, LockedError, SourceError
from progenitor.ingest import Silent
from progenitor.provenance import Progenitor

MAPPING = """
prefixes:
  prov: "http://www.w3.org/ns/prov#"
  rdfs: "http://www.w3.org/2000/01/rdf-schema#"
mappings:
  note:
    sources: [note]
    subject: note/$(id)
    predicateobjects:
      - [a, prov:Entity]
      - [rdfs:label, $(text)]
      - [prov:wasDerivedFrom, $(source)~iri]
"""


@pytest.fixture
def folder(tmp_path):
    """A mapping folder, data in two files (a partition each), and settings that name them."""
    mapping = tmp_path / "mappings" / "notes"
    mapping.mkdir(parents=True)
    (mapping / "source.yml").write_text("reader: files\npartition: file\ntables:\n  note: {path: '*.csv'}\n")
    (mapping / "mapping.yml").write_text(MAPPING)
    data = tmp_path / "data"
    data.mkdir()
    (data / "monday.csv").write_text("id,text,source\n1,one,https://a.test/1\n2,two,not an iri\n")
    (data / "tuesday.csv").write_text("id,text,source\n3,three,https://a.test/1\n")
    (tmp_path / "progenitor.toml").write_text(
        "store = 'store'\nmappings = ['mappings']\n[sources.notes]\nmapping = 'notes'\nlocation = './data'\n"
    )
    return tmp_path


@pytest.fixture
def progenitor(folder, monkeypatch):
    monkeypatch.chdir(folder)
    with Progenitor.create(folder / "store") as opened:
        yield opened


def text(progenitor: Progenitor) -> str:
    return b"".join(progenitor.dump(catalogue=False)).decode()


def test_good_rows_land_and_bad_ones_are_set_aside_with_a_reason(progenitor, folder):
    report = progenitor.ingest("notes", str(folder / "data"))
    assert [record.partition.key for record in report.kept] == ["monday", "tuesday"]
    assert report.snapshot == 1
    monday = report.kept[0]
    assert monday.set_aside == 1
    letter = (folder / "store" / monday.dead_letter).read_text()
    assert "not an iri" in letter
    assert '"two"' in text(progenitor)
    assert "not an iri" not in text(progenitor)


def test_reading_again_makes_no_snapshot_and_a_change_replaces_the_batch(progenitor, folder):
    progenitor.ingest("notes", str(folder / "data"))
    assert progenitor.ingest("notes", str(folder / "data")).snapshot is None
    (folder / "data" / "tuesday.csv").write_text("id,text,source\n3,drei,https://a.test/1\n")
    assert progenitor.ingest("notes", str(folder / "data"), partitions=["tues*"]).snapshot == 2
    assert '"drei"' in text(progenitor)
    assert '"three"' not in text(progenitor)
    assert '"one"' in text(progenitor)


def test_sync_takes_what_is_new_or_changed(progenitor, folder):
    assert len(progenitor.sync().kept) == 2
    again = progenitor.sync("notes")
    assert again.kept == [] and len(again.skipped) == 2 and again.snapshot is None
    (folder / "data" / "wednesday.csv").write_text("id,text,source\n4,four,https://a.test/2\n")
    (folder / "data" / "monday.csv").write_text("id,text,source\n1,uno,https://a.test/1\n")
    third = progenitor.sync()
    assert [record.partition.key for record in third.kept] == ["monday", "wednesday"]


def test_sync_reads_again_what_a_changed_mapping_means(progenitor, folder):
    progenitor.sync()
    mapping = folder / "mappings" / "notes" / "mapping.yml"
    mapping.write_text(mapping.read_text().replace("rdfs:label, $(text)", 'rdfs:label, "note $(text)"'))
    assert len(progenitor.sync().kept) == 2
    assert '"note one"' in text(progenitor)


def test_a_partition_that_fails_leaves_the_others_and_its_own_last_batch(progenitor, folder):
    progenitor.ingest("notes", str(folder / "data"))
    (folder / "data" / "monday.csv").write_text('id,text,source\n1,"unclosed,2\n')
    (folder / "data" / "tuesday.csv").write_text("id,text,source\n3,drei,https://a.test/1\n")
    report = progenitor.ingest("notes", str(folder / "data"))
    assert [partition.key for partition, _ in report.failed] == ["monday"]
    assert "monday.csv" in str(report.failed[0][1])
    assert '"one"' in text(progenitor) and '"drei"' in text(progenitor)


def test_an_interrupt_publishes_what_is_complete(progenitor, folder):
    class Interrupting(Silent):
        def partition_started(self, partition):
            if partition.key == "tuesday":
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        progenitor.ingest("notes", str(folder / "data"), progress=Interrupting())
    progenitor.refresh()
    assert progenitor.snapshot.number == 1
    assert '"one"' in text(progenitor) and '"three"' not in text(progenitor)
    assert progenitor.ingest("notes", str(folder / "data")).snapshot == 2


def test_a_pattern_that_matches_nothing(progenitor, folder):
    with pytest.raises(SourceError, match="sunday"):
        progenitor.ingest("notes", str(folder / "data"), partitions=["sunday*"])


def test_a_name_that_is_not_configured(progenitor):
    with pytest.raises(ConfigurationError, match="configured: notes"):
        progenitor.sync("diary")


def test_a_dead_source_does_not_stop_the_others(progenitor, folder):
    settings = folder / "progenitor.toml"
    dead = "[sources.dead]\nmapping = 'notes'\nlocation = './nowhere'\n"
    settings.write_text(settings.read_text().replace("[sources.notes]", f"{dead}[sources.notes]"))
    report = progenitor.sync()
    assert next(str(error) for _, error in report.failed).startswith(str(folder / "nowhere"))
    assert len(report.kept) == 2 and report.snapshot == 1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("mapping = 'diary'\nlocation = './data'\n", "no mapping folder 'diary'"),
        ("mapping = 'notes'\nlocation = './data'\noptions = { partitoin = 'file' }\n", "partitoin"),
        ("mapping = 'notes'\nlocation = ' '\n", "the location of notes is empty"),
    ],
)
def test_a_source_that_is_configured_wrongly_does_not_stop_the_others(progenitor, folder, wrong, words):
    settings = folder / "progenitor.toml"
    settings.write_text(settings.read_text().replace("[sources.notes]", f"[sources.first]\n{wrong}[sources.notes]"))
    report = progenitor.sync()
    ((_, error),) = report.failed
    assert words in str(error) and error.exit_code == ConfigurationError.exit_code
    assert len(report.kept) == 2 and report.snapshot == 1
    with pytest.raises(ConfigurationError, match=words):
        progenitor.sync("first")


def test_a_second_writer_is_told_who_holds_the_store(progenitor, folder):
    class Second(Silent):
        def partition_started(self, partition):
            with Progenitor.open(folder / "store") as other, pytest.raises(LockedError, match=r"pid|process"):
                other.ingest("notes", str(folder / "data"))

    assert progenitor.ingest("notes", str(folder / "data"), progress=Second()).snapshot == 1


def test_the_catalogue_says_who_and_from_what(progenitor, folder):
    progenitor.ingest("notes", str(folder / "data"))
    graph = f"<{progenitor.base}catalogue>"
    rows = progenitor.query(
        f"SELECT ?a ?who WHERE {{ GRAPH {graph} {{ ?a a prov:Activity ; prov:wasAssociatedWith ?who }} }}"
    )
    assert len(list(rows)) >= 2


def test_a_mapping_puts_triples_into_named_graphs(progenitor, folder):
    mapping = folder / "mappings" / "notes" / "mapping.yml"
    mapping.write_text(MAPPING + "      - {p: rdfs:seeAlso, o: $(source)~iri, g: graph/$(day)}\n")
    data = folder / "data"
    (data / "monday.csv").write_text("id,text,source,day\n1,one,https://a.test/1,mon\n2,two,https://a.test/1,\n")
    (data / "tuesday.csv").write_text("id,text,source,day\n1,one,https://a.test/1,tue\n")
    progenitor.ingest("notes", str(data))
    ask = "SELECT ?g ?s { GRAPH ?g { ?s rdfs:seeAlso <https://a.test/1> } } ORDER BY ?g"
    base = progenitor.base
    found = [(graph.value, note.value) for graph, note in progenitor.query(ask)]
    assert found == [(base + "graph/mon", base + "note/1"), (base + "graph/tue", base + "note/1")]
    assert not list(progenitor.query("SELECT * { ?s rdfs:seeAlso ?o }"))
    assert all(finding.ok for finding in progenitor.check())
    before = text(progenitor)
    progenitor.rebuild()
    assert text(progenitor) == before
    (data / "tuesday.csv").write_text("id,text,source,day\n1,one,https://a.test/1,\n")
    progenitor.ingest("notes", str(data), partitions=["tues*"])
    assert [graph.value for graph, _ in progenitor.query(ask)] == [base + "graph/mon"]
    assert len(progenitor.ancestors(base + "note/1").nodes) > 1
