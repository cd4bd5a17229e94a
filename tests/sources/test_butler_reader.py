"""The Butler reader: what a repository is cut into, what is wrong with one, and which evidence is taken."""

from __future__ import annotations

import random
import re
import shutil
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
import pytest
from lsst.daf.butler import Butler
from lsst.pipe.base.quantum_graph import ProvenanceQuantumGraphReader

from progenitor.errors import ConfigurationError, SourceError
from progenitor.sources.butler.graph_file import open_graph
from progenitor.sources.butler.provenance_graph import write_provenance_graph
from progenitor.sources.butler.tables import SCHEMAS, TableWriter
from support.butler import map_repository, open_repository, read_partition
from support.repository import copy_repository
from support.sinks import Tables

RUN = "u/demo/drp"


@pytest.fixture(scope="module")
def graph_file(repository: Path) -> Path:
    """The provenance graph of the first run."""
    with Butler.from_config(str(repository)) as butler:
        return Path(butler.getURI("run_provenance", collections=RUN).ospath)


def read_graph(file: Path) -> Tables:
    tables = Tables(SCHEMAS)
    writer = TableWriter(tables, lambda rows: None)
    with open_graph(str(file)) as graph:
        write_provenance_graph(writer, graph)
    writer.flush()
    return tables


# What a repository is cut into -------------------------------------------------------------------------------------


def test_a_partition_for_each_run_and_two_for_the_whole(repository: Path) -> None:
    keys = [partition.key for partition in open_repository(repository, label="demo").partitions()]
    with Butler.from_config(str(repository)) as butler:
        runs = [info.name for info in butler.collections.query_info("*") if info.type.name == "RUN"]
    assert [re.sub("@[0-9a-f]{16}$", "@state", key) for key in keys] == [
        *(f"demo/{run}" for run in sorted(runs)),
        "demo/collections@state",
        "demo/dimensions",
    ]


@pytest.mark.parametrize("pattern", [RUN, f"demo/{RUN}", "*/drp", "u/demo/dr?"])
def test_a_pattern_selects_runs_with_the_label_or_without(repository: Path, pattern: str) -> None:
    (partition,) = open_repository(repository, label="demo").partitions([pattern])
    assert partition.key == f"demo/{RUN}"
    assert partition.fingerprint is not None


def test_the_label_is_the_name_of_the_folder(repository: Path) -> None:
    assert all(p.key.startswith(f"{repository.name}/") for p in open_repository(repository).partitions())
    from_file = open_repository(repository / "butler.yaml").partitions()
    assert all(p.key.startswith(f"{repository.name}/") for p in from_file)


def test_the_label_is_the_alias(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = tmp_path / "repos.yaml"
    index.write_text(f"dr7: {repository}\n")
    monkeypatch.setenv("DAF_BUTLER_REPOSITORY_INDEX", str(index))
    assert all(partition.key.startswith("dr7/") for partition in open_repository("dr7").partitions())


def test_only_the_fingerprint_of_a_run_that_changed_changes(repository: Path, tmp_path: Path) -> None:
    mine = copy_repository(repository, tmp_path / "demo")
    before = {p.key: p.fingerprint for p in open_repository(mine).partitions()}
    with Butler.from_config(str(mine), writeable=True) as butler:
        butler.removeRuns(["u/demo/quicklook"], unlink_from_chains=True)
        refs = butler.query_datasets("isr_log", collections=RUN)
        butler.pruneDatasets(refs[:1], purge=True, unstore=True, disassociate=True)
        butler.collections.register("u/demo/empty")
    after = {p.key: p.fingerprint for p in open_repository(mine).partitions()}
    gone, new = set(before) - set(after), set(after) - set(before)
    assert {key.partition("@")[0] for key in gone} == {"demo/u/demo/quicklook", "demo/collections"}, "chains held it"
    assert {key.partition("@")[0] for key in new} == {"demo/u/demo/empty", "demo/collections"}
    changed = {key for key in set(before) & set(after) if before[key] != after[key]}
    assert changed == {f"demo/{RUN}"}


def test_a_graph_that_is_given_is_part_of_the_fingerprint(repository: Path) -> None:
    (without,) = open_repository(repository).partitions(["u/demo/drp-deep"])
    (with_graph,) = open_repository(repository, graph=str(repository / "submit")).partitions(["u/demo/drp-deep"])
    assert without.fingerprint != with_graph.fingerprint


# What is wrong with one ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path / "nowhere", "no such folder"),
        (lambda path: path, "no butler.yaml"),
        (lambda path: (path / "butler.yaml").write_text("registry: [") and path, "cannot be read"),
        (lambda path: (path / "a.txt").write_text("x") and path / "a.txt", "cannot be read"),
    ],
)
def test_what_is_no_repository_is_named(tmp_path: Path, make: Any, words: str) -> None:
    location = make(tmp_path)
    with pytest.raises(SourceError, match=words) as caught:
        open_repository(location)
    assert str(location) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_database_that_does_not_answer_is_named_without_its_password(tmp_path: Path, repository: Path) -> None:
    for name in ("butler.yaml",):
        shutil.copy(repository / name, tmp_path / name)
    text = (tmp_path / "butler.yaml").read_text()
    with (tmp_path / "butler.yaml").open("w") as stream:
        stream.write(text.replace("sqlite:///<butlerRoot>/gen3.sqlite3", "postgresql://me:hunter2@127.0.0.1:1/nothing"))
    with pytest.raises(SourceError, match="does not answer") as caught:
        open_repository(tmp_path)
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_pattern_that_matches_nothing_is_named(repository: Path) -> None:
    with pytest.raises(SourceError, match=r"'u/nobody/\*'") as caught:
        list(open_repository(repository).partitions([RUN, "u/nobody/*"]))
    assert "there are" in str(caught.value)


@pytest.mark.parametrize("options", [{"headers": "sometimes"}, {"colour": "red"}, {"label": "a/b"}])
def test_options_are_checked(repository: Path, options: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(options))):
        open_repository(repository, **options)


def test_a_folder_without_graphs_is_named(repository: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"\*\.qg"):
        open_repository(repository, graph=str(tmp_path))
    with pytest.raises(SourceError, match="no such quantum graph"):
        open_repository(repository, graph=str(tmp_path / "nothing.qg"))


def test_a_damaged_graph_is_one_clear_error(graph_file: Path, tmp_path: Path) -> None:
    data = graph_file.read_bytes()
    rng = random.Random(20251101)
    wrong = tmp_path / "wrong.qg"
    refused = 0
    for number in range(60):
        if number % 2:
            wrong.write_bytes(data[: rng.randrange(len(data))])
        else:
            start = rng.randrange(len(data))
            wrong.write_bytes(data[:start] + rng.randbytes(40) + data[start + 40 :])
        try:
            read_graph(wrong)
        except SourceError as error:
            refused += 1
            assert "wrong.qg" in str(error)
            assert "\n" not in str(error)
    assert refused > 30


def test_a_graph_of_another_version_is_refused(graph_file: Path, tmp_path: Path) -> None:
    import zstandard

    wrong = tmp_path / "newer.qg"
    with zipfile.ZipFile(graph_file) as old, zipfile.ZipFile(wrong, "w") as new:
        dictionary = (
            zstandard.ZstdCompressionDict(old.read("compression_dict"))
            if "compression_dict" in old.namelist()
            else None
        )
        for name in old.namelist():
            data = old.read(name)
            if name == "header.json.zst":
                text = zstandard.ZstdDecompressor(dictionary).decompress(data).replace(b'"version":1', b'"version":99')
                data = zstandard.ZstdCompressor(dict_data=dictionary).compress(text)
            new.writestr(name, data)
    with pytest.raises(SourceError, match="version 99"):
        read_graph(wrong)


def test_a_predicted_graph_alone_is_refused(repository: Path) -> None:
    file = repository / "submit" / "u" / "demo" / "drp-deep" / "u_demo_drp-deep.qg"
    with pytest.raises(SourceError, match="what became of the plan"):
        open_repository(file, label="demo")
    with pytest.raises(ConfigurationError, match="label"):
        open_repository(file)


def test_files_that_cannot_be_read_are_set_aside_and_the_others_go_on(repository: Path, tmp_path: Path) -> None:
    mine = copy_repository(repository, tmp_path / "demo")
    with Butler.from_config(str(mine)) as butler:
        files = {
            name: Path(butler.getURI(butler.query_datasets(name, collections="u/demo/quicklook")[0]).ospath)
            for name in ("post_isr_image", "single_visit_star", "calibrateImage_metadata")
        }
    whole, _ = read_partition(open_repository(mine), "u/demo/quicklook")
    files["post_isr_image"].write_bytes(b"rubbish")
    files["single_visit_star"].unlink()
    files["calibrateImage_metadata"].write_text('{"scalars": 3}')
    tables, _ = read_partition(open_repository(mine), "u/demo/quicklook")
    assert Counter(table for table, *_ in tables.aside) == {"fetched": 2, "quantum": 1}
    assert {str(file) for file in files.values()} <= {
        part.removeprefix("file://") for _, _, reason in tables.aside for part in reason.replace(": ", " ").split()
    }
    assert tables.table("quantum").num_rows >= whole.table("quantum").num_rows - 1


# Which evidence is taken ---------------------------------------------------------------------------------------------


def test_a_provenance_graph_tells_what_rubins_own_reader_tells(graph_file: Path) -> None:
    with ProvenanceQuantumGraphReader.open(str(graph_file)) as reader:
        reader.read_full_graph()
        graph = reader.graph
    nodes = graph.bipartite_xgraph.nodes
    quanta = {str(key) for quanta in graph.quanta_by_task.values() for key in quanta.values()}
    init_quanta = {str(key) for key in graph.init_quanta.values() if key}
    tables = read_graph(graph_file)
    assert {row["id"] for row in tables.rows("quantum")} == quanta | init_quanta
    expected = {
        (str(consumer), str(dataset))
        for dataset, consumer, data in graph.bipartite_xgraph.edges(data=True)
        if data["is_read"]
    }
    assert {(row["quantum"], row["dataset"]) for row in tables.rows("quantum_input")} == expected
    for row in tables.rows("dataset"):
        node = nodes[next(key for key in nodes if str(key) == row["id"])]
        assert row["dataset_type"] == node["dataset_type_name"]
        assert row["produced"] == node["produced"]
        assert row["run"] == node["run"]
        required = node["data_id"].required
        assert row["data_id"] == ("~".join(f"{k}~{v}" for k, v in required.items()) or None)


def test_the_graph_alone_gives_the_quanta_that_the_repository_gives(
    repository: Path, graph_file: Path, tmp_path: Path
) -> None:
    lone = tmp_path / "lone.qg"
    shutil.copy(graph_file, lone)
    alone, evidence = read_partition(open_repository(lone, label="demo"), RUN)
    with_repository, _ = read_partition(open_repository(repository, label="demo"), RUN)
    assert evidence == "provenance graph"
    for table in ("quantum", "attempt", "host", "quantum_input", "task", "connection", "config_field"):
        assert alone.rows(table) == with_repository.rows(table)


def test_without_the_graph_the_same_quanta_are_found(repository: Path, tmp_path: Path) -> None:
    """Those with a header to name them have their true UUID; the others a made one, of version 5."""
    for name in ("graph", "registry"):
        (tmp_path / name).mkdir()
    run, submit = ["u/demo/drp-deep"], str(repository / "submit")
    best = map_repository(repository, tmp_path / "graph", run, label="demo", graph=submit).triples
    registry = map_repository(repository, tmp_path / "registry", run, label="demo").triples
    ended = {s: o for s, p, o in registry if p == "prov:endedAtTime"}
    assert sorted(ended.values()) == sorted(o for _, p, o in best if p == "prov:endedAtTime")
    named = {quantum for quantum in ended if UUID(quantum.removeprefix(":quantum/")).version != 5}
    assert len(named) > len(ended) / 2
    for predicate in ("prov:endedAtTime", "prov:used", "prov:atLocation", "pg:status"):
        assert {t for t in registry if t[1] == predicate and t[0] in named} <= best
    for predicate in ("prov:wasDerivedFrom", "prov:hadMember"):
        assert {t for t in registry if t[1] == predicate} <= best
    assert {t for t in registry if t[1] == "prov:wasGeneratedBy" and t[2] in named} <= best
    assert any(t[1] == "prov:used" for t in registry)


def test_headers_are_read_only_when_wanted(repository: Path) -> None:
    tables, evidence = read_partition(open_repository(repository, headers="never"), RUN)
    assert evidence == "provenance graph"
    assert tables.table("fetched").num_rows == 0


def test_no_task_class_is_imported(repository: Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys; from support.butler import *;"
        "reader = open_repository(sys.argv[1], graph=sys.argv[1] + '/submit');"
        "[reader.read(p, Tables(reader.schemas()), lambda n: None) for p in reader.partitions()];"
        "assert not [m for m in sys.modules if m.startswith('lsst_demo.tasks')]"
    )
    tests = str(Path(__file__).parents[1])
    subprocess.run([sys.executable, "-c", code, str(repository)], check=True, env={"PYTHONPATH": tests, "PATH": ""})


def test_tables_have_the_declared_columns(repository: Path) -> None:
    reader = open_repository(repository)
    assert reader.schemas() is SCHEMAS
    assert all(isinstance(schema, pa.Schema) for schema in SCHEMAS.values())
    rows = 0

    def progress(count: int) -> None:
        nonlocal rows
        rows += count

    tables = Tables(SCHEMAS)
    for partition in reader.partitions():
        reader.read(partition, tables, progress)
    assert rows == sum(tables.table(table).num_rows for table in SCHEMAS)
    assert all(tables.table(table).num_rows for table in SCHEMAS), "the demo repository fills every table"
