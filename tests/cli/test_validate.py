"""`progenitor validate`: what it prints, and its exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from progenitor.cli.app import app
from progenitor.errors import NotFoundError
from progenitor.model import Partition
from progenitor.store.writer import Writer
from support.prov_statements import quads
from support.stores import keep, make_store


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Two sources that contradict each other, one of which is wrong in itself."""
    store = make_store(tmp_path / "store")
    said = {
        "one": ":e prov:wasDerivedFrom :f . :a prov:used :e .",
        "other": ":f prov:wasDerivedFrom :e . :a a prov:Entity, prov:Activity . :b a prov:Entity, prov:Activity .",
    }
    with Writer.open(store) as writer:
        for source, statements in said.items():
            keep(writer, Partition(source, "all"), [quad[:3] for quad in quads(statements)])
        writer.publish()
    return store


def run(store: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["--store", str(store), "validate", *arguments])


def test_what_is_valid_is_so_silently(store):
    done = run(store, "--source", "one")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "0 violations" in done.stderr


def test_sources_are_checked_together(store):
    done = run(store)
    assert done.exit_code == 1
    assert done.stdout.startswith("42 derivation-generation-generation-ordering: ")
    assert "55 entity-activity-disjoint: " in done.stdout
    assert "3 violations" in done.stderr
    assert run(store, "--source", "one", "--source", "other").stdout == done.stdout
    assert "42 " not in run(store, "--source", "other").stdout


def test_what_is_not_listed_is_counted(store):
    done = run(store, "--limit", "1")
    assert "and 1 more of this rule" in done.stdout
    assert "3 violations" in done.stderr


def test_as_json(store):
    cycle, *_ = json.loads(run(store, "--json").stdout)
    assert cycle["rule"] == 42
    assert [step["rule"] for step in cycle["steps"]] == [42, 42]
    assert cycle["statements"][0].keys() == {"subject", "predicate", "object"}


def test_a_source_that_is_not_there(store):
    error = run(store, "--source", "third").exception
    assert isinstance(error, NotFoundError)
    assert "one, other" in str(error)


def test_a_store_without_anything_is_valid(tmp_path):
    assert run(make_store(tmp_path / "empty")).exit_code == 0
