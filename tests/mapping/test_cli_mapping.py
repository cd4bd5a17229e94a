"""The commands `progenitor mapping check | explain | preview`."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from progenitor.cli.app import app
from progenitor.errors import MappingError
from support.mappings import write_folder

MAPPING = """\
prefixes: {ex: "https://example.org/ns#"}
base: https://example.org/
mappings:
  entry:
    sources: entry_v
    s: log/$(id)
    po:
      - [a, prov:Entity]
      - [prov:atLocation, $(url)~iri]
      - [rdfs:label, "[$(id)] $(text)"]
"""
VIEWS = "CREATE VIEW entry_v AS SELECT * FROM entry;\n"


@pytest.fixture
def folder(tmp_path):
    path = write_folder(tmp_path / "log", MAPPING, VIEWS, "reader: butler\n")
    (path / "fixture").mkdir()
    (path / "fixture" / "entry.csv").write_text("id,url,text\n7,https://a.b/c,first\n8,no url,second\n")
    return path


def run(*arguments):
    return CliRunner().invoke(app, ["mapping", *map(str, arguments)], env={"COLUMNS": "160"})


def test_check_of_a_right_folder(folder):
    result = run("check", folder)
    assert (result.exit_code, result.output.strip()) == (0, "✓ log: nothing is wrong")
    assert json.loads(run("check", folder, "--json").output) == []


def test_check_tells_every_problem(folder):
    (folder / "mapping.yml").write_text(MAPPING.replace("$(url)", "$(link)").replace("$(text)", "$(txt)"))
    result = run("check", folder)
    assert result.exit_code == MappingError.exit_code
    assert f"{folder}/mapping.yml:9:" in result.output
    assert "did you mean 'text'?" in result.output
    problems = json.loads(run("check", folder, "--json").output)
    assert [(problem["line"], problem["field"]) for problem in problems] == [
        (9, "mappings.entry.po[1][1]"),
        (10, "mappings.entry.po[2][1]"),
    ]


def test_check_of_an_unknown_reader(folder):
    (folder / "source.yml").write_text("reader: nope\n")
    result = run("check", folder)
    assert isinstance(result.exception, MappingError)
    assert "there is no reader 'nope'" in str(result.exception)


def test_explain_shows_the_sql_of_each_mapping(folder):
    result = run("explain", folder)
    assert result.exit_code == 0
    assert "entry from entry_v" in result.output
    assert 'rdf_iri(r."url")' in result.output
    (query,) = json.loads(run("explain", folder, "--json").output)
    assert (query["mapping"], query["source"]) == ("entry", "entry_v")


def test_preview_shows_a_record_beside_its_triples(folder):
    result = run("preview", folder, "--rows", 2)
    assert result.exit_code == 0
    for shown in (":log/7", "rdf:type prov:Entity", '"[7] first"', "set aside: prov:atLocation"):
        assert shown in result.output
    first, second = json.loads(run("preview", folder, "--rows", 2, "--json").output)
    assert first["record"] == {"id": 7, "url": "https://a.b/c", "text": "first"}
    assert len(first["triples"]) == 3
    assert second["reasons"] == ["prov:atLocation: not an absolute IRI: url"]


def test_preview_of_an_unknown_source(folder):
    result = run("preview", folder, "--table", "nope")
    assert isinstance(result.exception, MappingError)
    assert "sources: entry_v" in str(result.exception)


def test_a_folder_that_comes_with_progenitor_is_found_by_its_name():
    assert run("check", "butler").exit_code == 0


def test_check_without_any_table_says_what_it_did_not_check(tmp_path):
    path = write_folder(tmp_path / "log", MAPPING, VIEWS, "reader: files\ntables: {entry: {path: entry.csv}}\n")
    result = run("check", path)
    assert result.exit_code == 0
    assert "views and columns were not checked" in result.output


def test_the_tables_can_be_learnt_from_the_outside_system(tmp_path):
    path = write_folder(tmp_path / "log", MAPPING, VIEWS, "reader: files\ntables: {entry: {path: entry.csv}}\n")
    data = tmp_path / "data"
    data.mkdir()
    (data / "entry.csv").write_text("id,url,words\n7,https://a.b/c,first\n")
    result = run("check", path, "--location", data)
    assert result.exit_code == MappingError.exit_code
    assert "no column 'text'" in result.output
    (data / "entry.csv").write_text("id,url,text\n7,https://a.b/c,first\n")
    assert run("check", path, "--location", data).exit_code == 0
    assert 'r."url"' in run("explain", path, "--location", data).output
