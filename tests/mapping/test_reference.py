"""docs/reference/mapping.md: the folder of its example makes the triples that the page shows."""

from __future__ import annotations

import re
from pathlib import Path

import pyoxigraph as ox
import pytest

from progenitor.identifiers import DEFAULT_BASE
from progenitor.mapping.fixture import stage_fixture
from progenitor.mapping.folder import load_folder
from progenitor.mapping.inspect import check_folder
from progenitor.mapping.keys import ALIASES
from progenitor.mapping.lexical import DATATYPES
from progenitor.mapping.run import run_mapping
from support.mappings import read_rows

PAGE = (Path(__file__).parents[2] / "docs/reference/mapping.md").read_text()
NAMED = re.compile(r"`log/(?P<name>[\w./]+)`[^`]*?:\n\n```\w+\n(?P<body>.*?)```", re.DOTALL)
SHOWN = re.compile(
    r"```yaml\n(?P<yaml>(?:(?!```).)*?mappings:.*?)```(?:(?!```yaml).)*?```turtle\n(?P<turtle>.*?)```", re.DOTALL
)


@pytest.fixture
def folder(tmp_path):
    for block in NAMED.finditer(PAGE):
        file = tmp_path / "log" / block["name"]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(block["body"])
    return tmp_path / "log"


def quads(text: str) -> set[str]:
    return {str(quad) for quad in ox.parse(text.encode(), ox.RdfFormat.TRIG)}


@pytest.mark.parametrize("number", range(2))
def test_the_page_shows_what_its_mappings_make(folder, tmp_path, number):
    shown = list(SHOWN.finditer(PAGE))[number]
    (folder / "mapping.yml").write_text(shown["yaml"])
    assert check_folder(folder, {}) == []
    loaded = load_folder(folder)
    output, dead_letter = tmp_path / "o", tmp_path / "d"
    with stage_fixture(loaded, tmp_path, {}) as staging:
        result = run_mapping(loaded, staging, base=DEFAULT_BASE, output=output, dead_letter=dead_letter)
    made = "".join(" ".join(term for term in row if term) + " .\n" for row in read_rows(output))
    assert {str(quad) for quad in ox.parse(made.encode(), ox.RdfFormat.N_QUADS)} == quads(shown["turtle"])
    assert result.set_aside == (1, 0)[number]


def test_the_page_has_as_many_examples_as_are_tested():
    assert len(list(SHOWN.finditer(PAGE))) == 2
    assert {block["name"] for block in NAMED.finditer(PAGE)} == {
        "source.yml",
        "fixture/entry.csv",
        "views.sql",
        "mapping.yml",
    }


def test_every_key_and_datatype_is_on_the_page():
    for name in [*ALIASES, "base", "prefixes", "access", "query", "type", "datatype", "language"]:
        assert name.rstrip("s") in PAGE, name
    for datatype in DATATYPES:
        assert datatype.rpartition("#")[2] in PAGE, datatype
