"""Every mapping folder that declares private columns: hidden they are nowhere, and pseudonyms change nothing else."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa
import pytest

from progenitor.cli.mapping import reader_schemas
from progenitor.identifiers import encode
from progenitor.mapping.fixture import FIXTURE, stage_fixture
from progenitor.mapping.folder import load_folder, members_of, read_source
from progenitor.mapping.inspect import base_of
from progenitor.mapping.privacy import Privacy, Veil
from progenitor.mapping.run import run_mapping
from progenitor.mapping.staging import Staging
from support.cache import CHECKOUT
from support.mappings import read_rows

KEY = b"a key of the tests"
PSEUDONYMS = Privacy("pseudonymise", "pseudonymise", KEY)
DROPPED = Privacy("drop", "drop")

ROOT = CHECKOUT / "mappings"
FOLDERS = [
    folder
    for file in sorted(ROOT.glob("*/source.yml"))
    for folder in members_of(file.parent)
    if any((folder / FIXTURE / f"{table}.jsonl").exists() for table in read_source(file).privacy)
]


def fixture_of(folder: Path, work: Path) -> dict[str, pa.Table]:
    """The tables of a fixture, as a reader would write them."""
    loaded = load_folder(folder)
    with stage_fixture(loaded, work, reader_schemas(loaded.declaration)) as staging:
        return {table: staging.connection.table(table).to_arrow_table() for table in staging.schemas}


def mapped(folder: Path, privacy: Privacy, work: Path) -> list[tuple[str, ...]]:
    loaded = load_folder(folder)
    private, tables = loaded.declaration.privacy, fixture_of(folder, work)
    output = work / "triples.parquet"
    with Staging(work, {name: rows.schema for name, rows in tables.items()}, veil=Veil(privacy, private)) as staging:
        for table, rows in tables.items():
            staging.write(table, rows)
        result = run_mapping(loaded, staging, base=base_of(loaded), output=output, dead_letter=work / "dead.jsonl")
    assert result.set_aside == 0
    return read_rows(output)


def private_values(folder: Path, work: Path) -> dict[str, set[str]]:
    """What the fixture holds that is private, by kind: of people the login."""
    found: dict[str, set[str]] = {"people": set(), "text": set()}
    tables = fixture_of(folder, work)
    for table, columns in load_folder(folder).declaration.privacy.items():
        for name, kind in columns.items():
            for value in tables[table].column(name).to_pylist():
                values = [entry for entry in (value if isinstance(value, list) else [value]) if entry]
                if kind == "text":
                    found["text"].update(values)
                else:
                    people = [entry.partition("@")[0] for entry in values if kind == "person" or "@" in entry]
                    found["people"].update(people)
    return found


def contents(rows: list[tuple[str, ...]]) -> Iterator[str]:
    """Yield the literals, and the keys of the IRIs."""
    for row in rows:
        for term in row:
            if term is None:
                continue
            if term.startswith('"'):
                yield json.loads(term[: term.rindex('"') + 1])
            else:
                yield from map(unquote, re.split("[/#]", term[1:-1]))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
@pytest.mark.parametrize("privacy", [PSEUDONYMS, DROPPED], ids=["pseudonyms", "dropped"])
def test_nothing_private_is_in_what_a_mapping_makes(folder: Path, privacy: Privacy, tmp_path: Path) -> None:
    values = private_values(folder, tmp_path)
    assert values["people"] | values["text"]
    for content in contents(mapped(folder, privacy, tmp_path)):
        assert content not in values["people"]
        assert content not in values["text"]
        # A short text may be a word that others use.
        assert not any(text in content for text in values["text"] if len(text) > 12)


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_pseudonyms_are_names_and_change_nothing_else(folder: Path, tmp_path: Path) -> None:
    names = {
        hmac.new(KEY, login.encode(), hashlib.sha256).hexdigest(): login
        for login in private_values(folder, tmp_path)["people"]
    }

    def named(line: str) -> str:
        for pseudonym, login in names.items():
            line = line.replace(f"agent/{pseudonym}>", f"agent/{encode(login)}>").replace(pseudonym, login)
        return line

    rows = mapped(folder, Privacy("pseudonymise", "keep", KEY), tmp_path)
    lines = [named(" ".join(term for term in row if term is not None) + " .") for row in rows]
    assert sorted(lines) == (folder / "expected.nq").read_text().splitlines()


def test_there_are_such_folders() -> None:
    assert {"butler", "exposurelog", "narrativelog", "nightreport"} <= set(map(name_of, FOLDERS))
