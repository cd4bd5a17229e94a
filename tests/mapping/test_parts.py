"""Systems with parts: read once, mapped together, checked and tried part by part."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from progenitor.errors import MappingError
from progenitor.mapping.folder import load_folder, members_of, read_source, system_of
from progenitor.mapping.inspect import check_folder, explain_folder
from progenitor.mapping.run import run_mapping
from progenitor.mapping.staging import Staging
from support.mappings import BASE, read_rows

SYSTEM = """\
reader: files
shared: [../names.sql]
parts: [first, second]
"""
SCHEMAS = {"a": pa.schema({"id": pa.int64()}), "b": pa.schema({"id": pa.int64()})}


def mapping(view: str, kind: str) -> str:
    return f"mappings:\n  thing: {{sources: {view}, s: {kind}/$(name), po: [[a, prov:Entity]]}}\n"


@pytest.fixture
def system(tmp_path: Path) -> Path:
    folder = tmp_path / "system"
    files = {
        "../names.sql": "CREATE MACRO named(id) AS 'n' || id;\n",
        "source.yml": SYSTEM,
        "first/source.yml": "tables:\n  a: {path: a.csv}\n",
        "first/views.sql": "CREATE VIEW one AS SELECT id, named(id) AS name FROM a;\n",
        "first/mapping.yml": mapping("one", "x"),
        "second/source.yml": "tables:\n  b: {path: b.csv}\n",
        "second/views.sql": "CREATE VIEW two AS SELECT named(b.id) AS name FROM b JOIN one USING (id);\n",
        "second/mapping.yml": mapping("two", "y"),
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def mapped(path: Path, work: Path) -> list[str]:
    """The subjects that a folder makes of ids 1 and 2 in a, and 2 and 3 in b."""
    folder = load_folder(path)
    with Staging(work, SCHEMAS) as staging:
        staging.write("a", pa.table({"id": [1, 2]}))
        staging.write("b", pa.table({"id": [2, 3]}))
        run_mapping(folder, staging, base=BASE, output=work / "o.parquet", dead_letter=work / "d")
    return [subject for subject, *_ in read_rows(work / "o.parquet")]


def test_a_system_is_mapped_as_one_and_a_part_alone(system, tmp_path):
    assert mapped(system, tmp_path / "w") == [f"<{BASE}x/n1>", f"<{BASE}x/n2>", f"<{BASE}y/n2>"]
    assert mapped(system / "second", tmp_path / "w") == [f"<{BASE}y/n2>"]


def test_a_system_has_the_tables_of_its_parts_and_a_part_belongs_to_it(system):
    assert list(read_source(system / "source.yml").tables) == ["a", "b"]
    assert members_of(system) == (system / "first", system / "second")
    assert members_of(system / "first") == (system / "first",)
    assert system_of(system / "first") == system == system_of(system)
    whole, part = load_folder(system), load_folder(system / "first")
    assert (whole.name, part.name, whole.digest == part.digest) == ("system", "system/first", True)
    assert [mapping.name for mapping in whole.document.mappings] == ["first/thing", "second/thing"]


@pytest.mark.parametrize(
    "file", ["../names.sql", "first/views.sql", "second/mapping.yml", "first/source.yml", "source.yml"]
)
def test_the_digest_is_of_every_file(system, file):
    before = load_folder(system).digest
    text = (system / file).read_text()
    (system / file).write_text(text + ("-- more\n" if file.endswith("sql") else "# more\n"))
    assert load_folder(system).digest != before


@pytest.mark.parametrize(
    ("file", "text", "place", "message"),
    [
        ("source.yml", SYSTEM.replace("second", "third"), ("source.yml", 3), "there is no 'third' beside this file"),
        ("source.yml", SYSTEM.replace("names", "nomes"), ("source.yml", 2), "there is no '../nomes.sql'"),
        ("second/source.yml", "tables:\n  a: {path: b.csv}\n", ("source.yml", 2), "has a table 'a' already"),
        ("second/source.yml", "reader: files\ntables: {}\n", ("source.yml", 1), "a part has tables, not 'reader'"),
    ],
)
def test_what_is_wrong_says_where(system, file, text, place, message):
    (system / file).write_text(text)
    with pytest.raises(MappingError, match=message) as caught:
        load_folder(system)
    assert (caught.value.place.source.name, caught.value.place.line) == place


def test_a_part_is_checked_and_explained_with_what_comes_before_it(system):
    assert check_folder(system / "second", SCHEMAS) == []
    assert [query.source for query in explain_folder(load_folder(system / "second"), SCHEMAS).queries] == ["two"]
    (system / "second" / "mapping.yml").write_text(mapping("three", "y"))
    assert [error.place.source for error in check_folder(system, SCHEMAS)] == [system / "second" / "mapping.yml"]


def test_a_view_that_several_mappings_read_is_evaluated_once(system, tmp_path):
    (system / "second" / "mapping.yml").write_text(mapping("one", "y"))
    (system / "first" / "views.sql").write_text(
        "CREATE SEQUENCE calls;\nCREATE VIEW one AS SELECT id, named(nextval('calls')) AS name FROM a;\n"
    )
    (system / "second" / "views.sql").unlink()
    subjects = mapped(system, tmp_path / "w")
    assert {subject.rpartition("/")[2] for subject in subjects if "/x/" in subject} == {
        subject.rpartition("/")[2] for subject in subjects if "/y/" in subject
    }
