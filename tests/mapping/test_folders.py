"""Every folder of mappings/ is tested the same way: it checks, and its fixture gives the triples of expected.nq."""

from __future__ import annotations

from pathlib import Path

import pytest

from progenitor.cli.mapping import reader_schemas
from progenitor.mapping.fixture import stage_fixture
from progenitor.mapping.folder import load_folder, members_of
from progenitor.mapping.inspect import base_of, check_folder, explain_folder, preview_folder
from progenitor.mapping.run import run_mapping
from support.mappings import read_rows

ROOT = Path(__file__).parents[2] / "mappings"
SYSTEMS = sorted(file.parent for file in ROOT.glob("*/source.yml"))
FOLDERS = [folder for system in SYSTEMS for folder in members_of(system)]


def schemas_of(path):
    return reader_schemas(load_folder(path).declaration)


def mapped(path, work):
    """The fixture's quads as sorted lines, and the Parquet bytes."""
    folder = load_folder(path)
    output = work / "triples.parquet"
    with stage_fixture(folder, work, schemas_of(path)) as staging:
        result = run_mapping(folder, staging, base=base_of(folder), output=output, dead_letter=work / "dead.jsonl")
    lines = sorted(" ".join(term for term in row if term is not None) + " .\n" for row in read_rows(output))
    assert len(lines) == result.triples
    return "".join(lines), output.read_bytes(), result.set_aside


def test_there_are_folders():
    assert FOLDERS


@pytest.mark.parametrize("path", FOLDERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_folder_is_right_and_its_fixture_gives_the_golden_triples(path, tmp_path, request):
    assert check_folder(path, schemas_of(path)) == []
    text, first, set_aside = mapped(path, tmp_path)
    assert set_aside == 0
    if request.config.getoption("--update-goldens"):
        (path / "expected.nq").write_text(text)
    assert text == (path / "expected.nq").read_text()
    assert mapped(path, tmp_path)[1] == first


@pytest.mark.parametrize("path", FOLDERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_mapping_of_a_folder_makes_something_of_its_fixture(path):
    folder = load_folder(path)
    compiled = explain_folder(folder, schemas_of(path))
    shown = preview_folder(folder, schemas_of(path), rows=100_000)
    silent = {query.mapping for query in compiled.queries} - {preview.mapping for preview in shown if preview.triples}
    assert silent == set(), "the fixture shows nothing of these mappings"
