"""A mapping folder as a whole: source.yml, the digest, and what a check tells."""

from __future__ import annotations

import pyarrow as pa
import pytest

from progenitor.errors import MappingError
from progenitor.mapping.fixture import stage_fixture
from progenitor.mapping.folder import load_folder
from progenitor.mapping.inspect import check_folder, preview_folder
from support.mappings import write_folder

MAPPING = """\
mappings:
  one:
    sources: v
    s: x/$(id)
    po:
      - [rdfs:label, $(name)]
      - [a, prov:Entity]
"""
VIEWS = "CREATE VIEW v AS SELECT id, name FROM t;\n"


def test_source_yml_is_split_into_reader_tables_and_options(tmp_path):
    source = "reader: http\npartition: 2025-11-01\ntables:\n  t: {path: /x, pages: 2}\n  u:\nretries: 3\n"
    folder = load_folder(write_folder(tmp_path / "log", MAPPING, VIEWS, source))
    declaration = folder.declaration
    assert (folder.name, declaration.reader) == ("log", "http")
    assert declaration.tables == {"t": {"path": "/x", "pages": 2}, "u": {}}
    assert declaration.options == {"partition": "2025-11-01", "retries": 3}
    assert declaration.file == tmp_path / "log" / "source.yml"


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        ("tables: {}\n", 1, "no key 'reader'"),
        ("reader: x\ntables: [a]\n", 2, "expected keys and values, found a list"),
        ("reader: x\ntables: {t: 5}\n", 2, "expected keys and values, found '5'"),
        ("reader: x\nreader: y\n", 2, "occurs twice"),
        ("reader: {a: b}\n", 1, "expected a text"),
        ("reader: x\nodd: !!python/name:os.system\n", 2, "not a plain YAML value"),
    ],
)
def test_a_wrong_source_yml_names_its_line(tmp_path, source, line, message):
    with pytest.raises(MappingError, match=message) as caught:
        load_folder(write_folder(tmp_path, MAPPING, VIEWS, source))
    assert (caught.value.place.source, caught.value.place.line) == (tmp_path / "source.yml", line)


def test_a_missing_folder_or_file_is_named(tmp_path):
    with pytest.raises(MappingError, match="no such mapping folder"):
        load_folder(tmp_path / "nowhere")
    (tmp_path / "source.yml").write_text("reader: x\n")
    with pytest.raises(MappingError, match="cannot be read: No such file") as caught:
        load_folder(tmp_path)
    assert caught.value.place.source == tmp_path / "mapping.yml"


def test_the_digest_tells_the_files_apart(tmp_path):
    def digest(name, **texts):
        return load_folder(write_folder(tmp_path / name, **texts)).digest

    first = digest("a", mapping=MAPPING, views=VIEWS)
    assert digest("b", mapping=MAPPING, views=VIEWS) == first
    others = {
        first,
        digest("c", mapping=MAPPING),
        digest("d", mapping=MAPPING + "# more\n", views=VIEWS),
        digest("e", mapping=MAPPING, views=VIEWS + "\n"),
        digest("f", mapping=MAPPING, views=VIEWS, source="reader: files\n\n"),
    }
    assert len(others) == 5


@pytest.fixture
def folder(tmp_path):
    path = write_folder(tmp_path / "f", MAPPING, VIEWS)
    (path / "fixture").mkdir()
    (path / "fixture" / "t.csv").write_text("id,name\n1,first\n2,\n")
    return path


def test_a_right_folder_has_no_problems(folder):
    assert check_folder(folder, {}) == []


def test_a_check_tells_every_problem_with_its_line(folder):
    (folder / "mapping.yml").write_text(
        MAPPING.replace("name", "nmae").replace("[a, prov:Entity]", "[rdfs:comment, $(name), xsd:int]")
        + "  two:\n    sources: gone\n    s: x/$(ident)\n    po: [[a, prov:Entity]]\n"
    )
    assert [(error.place.line, error.message[:20]) for error in check_folder(folder, {})] == [
        (6, "'v' has no column 'n"),
        (7, "the datatype xsd:int"),
        (9, "reading the columns "),
    ]
    (folder / "mapping.yml").write_text("mappings:\n  one: {sources: v}\n  two: {s: x}\n")
    (folder / "source.yml").write_text("tables: {}\n")
    assert [error.place.source.name for error in check_folder(folder, {})] == [
        "source.yml",
        "mapping.yml",
        "mapping.yml",
    ]


def test_declared_tables_give_the_fixture_its_types_and_exist_without_files(folder):
    schemas = {
        "t": pa.schema({"id": pa.string(), "name": pa.string(), "n": pa.float64()}),
        "u": pa.schema({"a": pa.int64()}),
    }
    with stage_fixture(load_folder(folder), folder / "work", schemas) as staging:
        assert staging.connection.execute("SELECT typeof(id), id, name, n FROM t").fetchall() == [
            ("VARCHAR", "1", "first", None),
            ("VARCHAR", "2", None, None),
        ]
        assert staging.connection.execute("SELECT count(*) FROM u").fetchall() == [(0,)]
        assert staging.rows == 2


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.json", '[{"id": "1", "tags": ["a"]}]'),
        ("t.jsonl", '{"id": "1", "tags": ["a"]}\n{"id": "2", "tags": null}\n'),
    ],
)
def test_fixtures_of_json(folder, name, content):
    (folder / "fixture" / "t.csv").unlink()
    (folder / "fixture" / name).write_text(content)
    schema = {"t": pa.schema({"id": pa.string(), "tags": pa.list_(pa.string())})}
    with stage_fixture(load_folder(folder), folder / "work", schema) as staging:
        assert staging.connection.execute("SELECT id, tags FROM t").fetchall()[0] == ("1", ["a"])


def test_wrong_fixtures_are_named(folder):
    (folder / "fixture" / "t.csv").write_text("id,colour\n1,red\n")
    (problem,) = check_folder(folder, {"t": pa.schema({"id": pa.string()})})
    assert "no column colour" in str(problem)
    (folder / "fixture" / "x.xml").write_text("<x/>")
    (problem,) = check_folder(folder, {})
    assert problem.place.source.name == "x.xml"


def test_a_preview_shows_records_beside_their_triples(folder):
    shown = preview_folder(load_folder(folder), {}, source="v", rows=5)
    assert [(preview.record, len(preview.triples)) for preview in shown] == [
        ({"id": 1, "name": "first"}, 2),
        ({"id": 2, "name": None}, 1),
    ]
    with pytest.raises(MappingError, match="no mapping has the source 'w'"):
        preview_folder(load_folder(folder), {}, source="w")
