"""A setting, command, option, exit status or format without documentation fails here."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import typer.main

from progenitor import errors
from progenitor.cli.app import app
from progenitor.config import Settings, SourceSettings
from progenitor.formats import FORMATS

DOCS = Path(__file__).parents[2] / "docs"


def page(name: str) -> str:
    return (DOCS / name).read_text()


@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_every_setting_is_documented_with_its_variable(name):
    text = page("reference/settings.md")
    assert f"| `{name}` | `PROGENITOR_{name.upper()}`" in text


@pytest.mark.parametrize("name", list(SourceSettings.model_fields))
def test_every_key_of_a_source_is_documented(name):
    assert f"| `{name}` |" in page("reference/settings.md")


def commands(command, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], object]]:
    if hasattr(command, "commands"):
        return [entry for name, child in command.commands.items() for entry in commands(child, (*path, name))]
    return [(path, command)]


COMMANDS = commands(typer.main.get_command(app))


@pytest.mark.parametrize(("path", "command"), COMMANDS, ids=[" ".join(path) for path, _ in COMMANDS])
def test_every_command_and_option_is_documented(path, command):
    text = page("reference/cli.md")
    group = path[0]
    headings = [line for line in text.splitlines() if line.startswith("### ")]
    group_headings = [line for line in headings if f"`{group}" in line.replace(", ", " `")]
    assert any(all(part in line for part in path[1:]) for line in group_headings), f"no section for {' '.join(path)}"
    options = [name for parameter in command.params for name in parameter.opts if name.startswith("--")]
    missing = [name for name in options if f"`{name}" not in text]
    assert not missing, f"{' '.join(path)}: {missing}"


def error_classes() -> list[type[errors.ProgenitorError]]:
    return [
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, errors.ProgenitorError)
    ]


@pytest.mark.parametrize("kind", error_classes(), ids=lambda kind: kind.__name__)
def test_every_exit_status_is_documented(kind):
    rows = [line for line in page("reference/cli.md").splitlines() if line.startswith(f"| {kind.exit_code} |")]
    assert rows
    assert kind is errors.ProgenitorError or kind.__name__ in rows[0]


def test_every_extra_that_an_error_names_exists():
    source = "\n".join(path.read_text() for path in (DOCS.parent / "src").rglob("*.py"))
    named = set(re.findall(r'MissingExtraError\("(\w+)"', source))
    declared = tomllib.loads((DOCS.parent / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert {"butler", "fast"} <= named <= declared.keys()


@pytest.mark.parametrize("name", list(FORMATS))
def test_every_format_is_documented(name):
    assert f"`{name}`" in page("reference/formats.md")
