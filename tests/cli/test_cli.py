"""The command line as a person meets it: answers, exit statuses, and one clear line for every mistake."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest

COADD = "deepCoadd tract=0 patch=3 band=i run=u/demo/drp"

pytestmark = [pytest.mark.butler, pytest.mark.xdist_group("demo")]


@pytest.fixture
def run(demo_store, tmp_path):
    """Run progenitor in an empty folder, on the demo store unless told otherwise."""

    def run(*arguments: str, store: object = demo_store) -> subprocess.CompletedProcess[str]:
        dropped = ("PROGENITOR_", "COLUMNS")
        clean = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
        options = ["--store", str(store)] if store else []
        command = [sys.executable, "-c", "from progenitor.cli import main; main()", *options, *arguments]
        return subprocess.run(command, cwd=tmp_path, env=clean, capture_output=True, text=True, timeout=120)

    return run


def fails(done: subprocess.CompletedProcess[str], status: int, *words: str) -> None:
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith(("error: ", "Usage", "usage")), done.stderr
    for word in words:
        assert word in done.stderr


def test_ancestors_draws_a_tree(run):
    done = run("ancestors", COADD, "--depth", "4")
    assert done.returncode == 0
    assert "assembleDeepCoadd" in done.stdout
    assert "├── " in done.stdout
    assert "cut at the depth" in done.stderr


def test_ancestors_as_json_say_what_bounds_them(run):
    answer = json.loads(run("ancestors", COADD, "--depth", "2", "--json").stdout)
    assert answer["direction"] == "back"
    assert answer["truncated"] == "depth"
    assert answer["nodes"][0] == {"iri": answer["starts"][0], "depth": 0}
    assert answer["rules"]


def test_ids_are_one_a_line(run):
    lines = run("ancestors", COADD, "--ids").stdout.splitlines()
    assert len(lines) == len(set(lines)) > 10
    assert all(line.startswith("https://") for line in lines)


def test_descendants_of_an_exposure(run):
    done = run("descendants", "exposure 2025110100010")
    assert done.returncode == 0
    assert "objectTable_tract" in done.stdout


@pytest.mark.parametrize(
    "identifier",
    [
        "{uuid}",
        "ivo://org.rubinobs/usdac/dp1?repo=dp1&id={uuid}",
        "butler://demo/{uuid}",
        "id:dataset/{uuid}",
        "<{iri}>",
    ],
)
def test_every_form_of_an_identifier_means_the_same(run, identifier):
    iri = json.loads(run("show", COADD, "--json").stdout)["iri"]
    given = identifier.format(uuid=iri.rpartition("/")[2], iri=iri)
    assert json.loads(run("show", given, "--json").stdout)["iri"] == iri


def test_show_says_a_sentence(run):
    done = run("show", COADD)
    assert "was made by assembleDeepCoadd in the run u/demo/drp from 3 deepCoadd_directWarp" in done.stdout


def test_query_prints_a_table_and_json(run):
    query = "SELECT (COUNT(*) AS ?quanta) WHERE { ?q a prov:Activity ; pg:status 'SUCCESSFUL' }"
    assert "quanta" in run("query", query).stdout
    rows = json.loads(run("query", query, "--format", "json").stdout)["results"]["bindings"]
    assert int(rows[0]["quanta"]["value"]) > 100


def test_export_to_a_file_takes_the_format_from_its_name(run, tmp_path):
    assert run("export", COADD, "-o", "coadd.prov.json").returncode == 0
    document = json.loads((tmp_path / "coadd.prov.json").read_text())
    assert len(document["entity"]) > 10
    assert document["used"]


def test_who_says_names_the_batch(run):
    said = json.loads(run("who-says", COADD, "--json").stdout)
    assert {row["batch"] for row in said} >= {"butler/demo/u/demo/drp"}


def test_snapshots_and_doctor(run):
    assert [row["number"] for row in json.loads(run("snapshots", "list", "--json").stdout)] == [1]
    done = run("doctor")
    assert done.returncode == 0, done.stdout


def test_nothing_by_that_name(run):
    fails(run("show", "00000000-0000-4000-8000-000000000000"), 5, "00000000-0000-4000-8000-000000000000")
    fails(run("ancestors", "deepCoadd tract=77 patch=3 band=i"), 5, "tract=77")
    fails(run("show", "noSuchType visit=3"), 5, "noSuchType")


def test_ambiguous_words_list_the_candidates(run):
    done = run("show", "deepCoadd tract=0 patch=3 band=i")
    fails(done, 6, "run=u/demo/drp", "run=u/demo/drp-deep")
    assert len(done.stderr.splitlines()) == 3


def test_a_dimension_that_is_no_number(run):
    fails(run("show", "deepCoadd tract=zero"), 9, "tract=zero")


def test_a_dead_repository(run, demo_store, tmp_path):
    shutil.copytree(demo_store, tmp_path / "copy")
    fails(run("ingest", "butler", str(tmp_path / "nowhere"), store=tmp_path / "copy"), 4, "nowhere")
    assert len(json.loads(run("snapshots", "list", "--json", store=tmp_path / "copy").stdout)) == 1


def test_no_store(run, tmp_path):
    fails(run("snapshots", "list", store=tmp_path / "missing"), 7, "missing")
    fails(run("snapshots", "list", store=None), 2, "progenitor init")


def test_a_store_of_another_version(run, tmp_path):
    assert run("init", "made", store=None).returncode == 0
    settings = tmp_path / "made" / "store.toml"
    settings.write_text(settings.read_text().replace("1", "99", 1))
    fails(run("show", COADD, store=tmp_path / "made"), 7, "99")


def test_a_store_without_a_snapshot(run, tmp_path):
    assert run("init", "made", store=None).returncode == 0
    fails(run("show", COADD, store=tmp_path / "made"), 5, "no snapshot")


def test_init_refuses_what_is_there(run, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine")
    fails(run("init", "full", store=None), 7, "full")
    assert (tmp_path / "full" / "file").read_text() == "mine"


def test_init_refuses_a_base_that_is_no_base(run):
    done = run("init", "made", "--base", "not a base", store=None)
    assert done.returncode in {2, 7}
    assert "not a base" in done.stderr


def test_a_query_that_is_malformed_or_not_allowed(run):
    fails(run("query", "SELECT * WHERE { ?s ?p"), 9, "query:1:")
    fails(run("query", "DELETE WHERE { ?s ?p ?o }"), 9)
    fails(run("query", "SELECT * WHERE { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }"), 9, "SERVICE")


def test_a_query_that_takes_too_long_is_stopped(run, demo_store, tmp_path):
    (tmp_path / "progenitor.toml").write_text(f"store = '{demo_store}'\nquery_timeout = 1\n")
    cross = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    fails(run("query", cross, store=None), 9, "stopped after 1 seconds", "query_timeout")


def test_an_unknown_format(run):
    fails(run("export", COADD, "--format", "docx"), 10, "docx", "prov-json")


def test_an_unknown_setting(run, demo_store, tmp_path):
    (tmp_path / "progenitor.toml").write_text(f"store = '{demo_store}'\nspeed = 'high'\n")
    fails(run("show", COADD, store=None), 2, "speed", "progenitor.toml")


def test_what_failed_is_told_as_it_was_said_and_what_is_set_aside_is_where_it_is_said(run, tmp_path):
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "source.yml").write_text("reader: files\ntables:\n  note: {path: '*.csv'}\n")
    (folder / "mapping.yml").write_text(
        "prefixes: {prov: 'http://www.w3.org/ns/prov#'}\nmappings:\n  note:\n    sources: [note]\n"
        "    subject: note/$(id)\n    predicateobjects:\n      - [a, prov:Entity]\n"
        "      - [prov:wasDerivedFrom, $(source)~iri]\n"
    )
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.csv").write_text("id,source\n1,no iri\n2,https://a.test/\n")
    (tmp_path / "progenitor.toml").write_text(
        "store = 'store'\nmappings = ['.']\n"
        "[sources.dead]\nmapping = 'notes'\nlocation = './no[red]where[/]'\n"
        "[sources.notes]\nmapping = 'notes'\nlocation = './data'\n"
    )
    assert run("init", "store", store=None).returncode == 0
    done = run("sync", store=None)
    assert done.returncode == 4, done.stderr
    (failed,) = done.stderr.strip().splitlines()
    assert failed.startswith("failed notes/*: ") and "no[red]where[/]" in failed
    (letter,) = (line.partition("with reasons: ")[2] for line in done.stdout.splitlines() if "set aside, with" in line)
    assert "no iri" in (tmp_path / letter).read_text()


def test_a_failed_export_leaves_no_file(run, tmp_path):
    fails(run("export", "noSuchType visit=3", "-o", "x.prov.json"), 5)
    assert list(tmp_path.iterdir()) == []


def test_a_question_imports_nothing_heavy(demo_store):
    code = (
        "import sys, progenitor.cli\n"
        f"sys.argv = ['progenitor', '--store', {str(demo_store)!r}, 'ancestors', {COADD!r}, '--depth', '3']\n"
        "try:\n    progenitor.cli.main()\nexcept SystemExit: pass\n"
        "heavy = {'duckdb', 'pyarrow', 'lsst', 'numba', 'prov', 'astropy', 'rdflib'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_a_quantum_is_named_by_words_and_its_run(run):
    done = run("show", "assembleDeepCoadd tract=0 patch=3 band=i run=u/demo/drp")
    assert done.returncode == 0, done.stderr
    assert "ran in the run u/demo/drp from" in done.stdout


def test_a_query_that_needs_too_much_memory_is_stopped(run, demo_store, tmp_path):
    (tmp_path / "progenitor.toml").write_text(f"store = '{demo_store}'\nmemory_limit = '500MB'\n")
    cross = "SELECT * WHERE { ?a ?b ?c . ?d ?e ?f } ORDER BY ?a ?d"
    done = run("query", cross, store=None)
    assert done.returncode == 9
    assert "memory_limit" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [("export", COADD, "-o", "nosuch/x.prov.json"), ("query", "@nosuch.rq"), ("query", "@.")],
    ids=["folder", "query file", "query folder"],
)
def test_a_path_that_cannot_be(run, arguments):
    fails(run(*arguments), 1)


def test_a_store_with_a_quote_in_its_name(run, tmp_path):
    assert run("init", "it's", store=None).returncode == 0
    assert json.loads(run("snapshots", "list", "--json", store=None).stdout) == []


def test_an_interrupted_ingest_says_what_is_safe(demo_store, repository, tmp_path):
    import signal

    store = tmp_path / "store"
    code = "from progenitor.cli import main; main()"
    command = [sys.executable, "-c", code, "--store", str(store)]
    subprocess.run([*command, "init", str(store)], check=True, cwd=tmp_path, capture_output=True)
    ingest = subprocess.Popen(
        [*command, "ingest", "butler", str(repository)],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    while len(list(store.glob("archive/**/*.parquet"))) < 2:  # the first of them is complete for sure
        assert ingest.poll() is None
    ingest.send_signal(signal.SIGINT)
    _, errors = ingest.communicate(timeout=60)
    assert ingest.returncode == 130
    assert "interrupted: what was complete is in snapshot 1" in errors
    assert not list((store / "work").iterdir())
