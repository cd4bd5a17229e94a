"""docs/reference/readers.md: every option and key is on it, and every source.yml of it is one that a reader takes."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pydantic
import pytest

from progenitor.errors import MissingExtraError
from progenitor.sources.declared.columns import TYPES, Column
from progenitor.sources.declared.placeholders import NAMES
from progenitor.sources.exports.declared import FileExport, QueryExport
from progenitor.sources.exports.kafka import KafkaMessage
from progenitor.sources.http.options import HttpOptions
from progenitor.sources.http.questions import CursorPages, HttpTable, Level, LinkPages, Matrix, OffsetPages, TimePages
from progenitor.sources.influxdb.options import InfluxOptions
from progenitor.sources.influxdb.tables import InfluxTable, Unpivot
from progenitor.sources.reader import READERS
from progenitor.sources.sql.tables import SqlOptions, SqlTable
from support.readers import open_declared

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "readers.md").read_text()
SOURCES = dict(re.findall(r"^`(\w+)/source\.yml`:\n\n```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))
LOCATIONS = {
    "efd": "http://127.0.0.1:8086",
    "exposurelog": "http://127.0.0.1",
    "consdb": "postgresql://127.0.0.1/consdb",
}


def section(reader: str) -> str:
    """What the page says of a reader, and of all of them."""
    common, *parts = re.split(r"^## (?=`)", PAGE, flags=re.MULTILINE)
    return common + next(part for part in parts if part.startswith(f"`{reader}`"))


@pytest.mark.parametrize("reader", READERS)
def test_every_reader_is_on_the_page(reader: str) -> None:
    assert f"| `{reader}` |" in PAGE


@pytest.mark.parametrize(
    ("reader", "model"),
    [
        ("http", HttpOptions),
        ("http", HttpTable),
        ("http", Matrix),
        ("http", OffsetPages),
        ("http", CursorPages),
        ("http", LinkPages),
        ("http", TimePages),
        ("http", Level),
        ("http", FileExport),
        ("influxdb", InfluxOptions),
        ("influxdb", InfluxTable),
        ("influxdb", Unpivot),
        ("influxdb", KafkaMessage),
        ("sql", SqlOptions),
        ("sql", SqlTable),
        ("sql", QueryExport),
    ],
)
def test_every_option_and_key_is_on_the_page(reader: str, model: type[pydantic.BaseModel]) -> None:
    text = section(reader)
    missing = [name for name in model.model_fields if f"`{name}`" not in text and f"`{name}: " not in text]
    assert not missing


@pytest.mark.parametrize("name", [name for name in Column.model_fields if name != "name"])
def test_every_key_of_a_column_is_on_the_page(name: str) -> None:
    assert f"| `{name}` |" in PAGE


@pytest.mark.parametrize("name", [*TYPES, *(f"{{{name}}}" for name in NAMES)])
def test_every_type_and_placeholder_is_on_the_page(name: str) -> None:
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize(("reader", "model"), [("http", HttpOptions), ("influxdb", InfluxOptions), ("sql", SqlOptions)])
def test_the_defaults_on_the_page_are_the_defaults(reader: str, model: type[pydantic.BaseModel]) -> None:
    said = dict(re.findall(r"^\| `(\w+)` \| `([^`]+)` \|", section(reader), re.MULTILINE))
    defaults = {
        name: field
        for name, field in model.model_fields.items()
        if field.default not in (None, "all") and not field.is_required()
    }
    assert defaults
    for name, field in defaults.items():
        assert pydantic.TypeAdapter(field.annotation).validate_python(said[name]) == field.default, name


def test_there_are_snippets_for_every_declared_reader() -> None:
    assert set(SOURCES) == set(LOCATIONS)


@pytest.mark.parametrize("name", LOCATIONS)
def test_every_snippet_is_a_source_that_a_reader_takes(tmp_path: Path, name: str) -> None:
    opened = open_declared(tmp_path / name, LOCATIONS[name], SOURCES[name])
    if name != "consdb":  # one of its tables has the columns that the database tells
        assert set(opened.schemas()) > {"partition_window"}
    opened.close()


@pytest.mark.parametrize(
    ("name", "package"), [("efd", "httpx"), ("exposurelog", "httpx"), ("consdb", "adbc_driver_postgresql")]
)
def test_a_package_that_is_not_installed_is_named_by_its_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=r"progenitor\[observatory\]"):
        open_declared(tmp_path / name, LOCATIONS[name], SOURCES[name])
