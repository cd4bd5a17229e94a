"""docs/reference/sources.md: the sources there are, and an answer or a reason for every want of DMTN-185."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.cache import CHECKOUT

PAGE = CHECKOUT / "docs" / "reference" / "sources.md"
TEXT = PAGE.read_text()
QUERIES = CHECKOUT / "examples" / "queries"
MAPPINGS = CHECKOUT / "mappings"
LINK = re.compile(r"\[(?P<name>[^\]]+)\]\((?P<path>[^)]+)\)")
COMMAND = re.compile(r"`progenitor (?P<arguments>[^`]+)`")
SECTIONS = ("4", "5", "6", "11", "12")
NUMBERED = ("4.1 (1)", "4.1 (2)", "4.1 (3)", "4.1 (4)", "4.1 (5)", "6 (1)", "6 (2)", "11.1 (1)", "11.1 (2)")
"""What DMTN-185 numbers among what it wants to know."""
RECOMMENDED = {
    "4": [f"REC-EXP-{number}" for number in (1, 2, 3)],
    "5": [f"REQ-TEL-{number:03}" for number in (1, 2, 3)],
    "6": [f"REC-SW-{number}" for number in (1, 2, 3, 4)],
    "11": [f"REC-MET-{number:03}" for number in (1, 2, 3, 4, 5)],
    "12": [f"REC-LOG-{number}" for number in (1, 2, 3)],
}
OURS = rf"({'|'.join(SECTIONS)})[. (]|" + "|".join(one for ids in RECOMMENDED.values() for one in ids)


@dataclass(frozen=True)
class Want:
    """A row of the tables of wants."""

    section: str
    asked: tuple[str, ...]
    answer: str
    sources: str
    reason: str

    def queries(self) -> list[str]:
        """Return the queries that it links, wherever it does."""
        links = LINK.finditer(f"{self.answer} {self.reason}")
        return [Path(link["path"]).stem for link in links if link["path"].endswith(".rq")]


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def table_rows(text: str) -> Iterator[list[str]]:
    """Yield the rows of the tables of a text, without their headings."""
    previous = ""
    for line in text.splitlines():
        if line.startswith("|") and previous.startswith("|") and not line.startswith("|---"):
            yield cells(line)
        previous = line


def wants() -> list[Want]:
    found = []
    for part in re.split(r"^### ", TEXT, flags=re.MULTILINE)[1:]:
        section = re.match(r".*\(section (\d+)\)", part)
        assert section
        for asked, wanted, answer, sources, reason in table_rows(part):
            assert wanted
            found.append(Want(section[1], tuple(asked.split(", ")), answer, sources, reason))
    return found


WANTS = wants()
IDS = [f"{want.asked[0]}-{number}" for number, want in enumerate(WANTS)]


# ---- what is wanted ------------------------------------------------------------------------------------------------


def test_every_section_and_every_recommendation_is_there() -> None:
    assert {want.section for want in WANTS} == set(SECTIONS)
    for section in SECTIONS:
        asked = [one for want in WANTS if want.section == section for one in want.asked]
        named = [one for one in asked if one.startswith(("REC-", "REQ-"))]
        assert named == RECOMMENDED[section]
        assert {one.partition(" ")[0].partition(".")[0] for one in asked if one not in named} == {section}
    assert set(NUMBERED) <= {one for want in WANTS for one in want.asked}


@pytest.mark.parametrize("want", WANTS, ids=IDS)
def test_every_want_has_a_query_that_is_there_or_a_reason(want: Want) -> None:
    answered = bool(LINK.search(want.answer) or COMMAND.search(want.answer))
    assert answered or want.reason
    assert bool(want.answer) == answered
    for name in want.queries():
        assert (QUERIES / f"{name}.rq").is_file()
    for link in LINK.finditer(want.answer):
        assert link["name"] == Path(link["path"]).stem
    for source in re.findall(r"`([\w/-]+)`", want.sources):
        assert (MAPPINGS / source).is_dir()
    assert bool(want.sources) == bool(want.queries()) or not answered or COMMAND.search(want.answer)


def test_what_is_said_to_be_missing_is_a_gap_of_the_ontology() -> None:
    ontology = (CHECKOUT / "ontology" / "progenitor.ttl").read_text()
    named = set(re.findall(r"`pg:([A-Z]\w+)`", TEXT))
    assert len(named) > 10
    assert {name for name in named if f"\npg:{name} a pg:Gap ;" not in ontology} == set()
    properties = set(re.findall(r"`pg:([a-z]\w+)`", TEXT))
    assert {name for name in properties if f"\npg:{name} a " not in ontology} == set()


@pytest.mark.parametrize("path", sorted(QUERIES.glob("*.rq")), ids=lambda path: path.stem)
def test_every_query_answers_the_wants_that_it_names(path: Path) -> None:
    named = re.search(r"\(DMTN-185 (.*)\)$", path.read_text().splitlines()[0])
    ours = [one for one in (named[1].split(", ") if named else []) if re.match(OURS, one)]
    answered = {one for want in WANTS if path.stem in want.queries() for one in want.asked}
    assert set(ours) <= answered


@pytest.mark.butler
@pytest.mark.xdist_group("demo")
@pytest.mark.parametrize(
    "arguments", sorted({found["arguments"] for found in COMMAND.finditer(TEXT) if '"' in found[0]})
)
def test_every_command_answers(arguments: str, observatory_store: Path, tmp_path: Path) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PROGENITOR_")}
    command = [sys.executable, "-c", "from progenitor.cli import main; main()", "--store", str(observatory_store)]
    done = subprocess.run(
        [*command, *shlex.split(arguments)], cwd=tmp_path, env=clean, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) > 3


# ---- what is read --------------------------------------------------------------------------------------------------


def declared(folder: str) -> dict[str, Any]:
    path = MAPPINGS / folder / "source.yml"
    return dict(yaml.safe_load(path.read_text())) if path.exists() else {}


def listed(heading: str) -> dict[str, list[str]]:
    """Return the rows of the table after a heading, by the folder that they link."""
    part = TEXT.split(f"| {heading} |", 1)[1].split("\n\n", 1)[0]
    return {str(LINK.match(row[0])["name"]).strip("`"): row for row in table_rows(f"| {heading} |{part}")}  # type: ignore[index]


FOLDERS = sorted(path.parent.name for path in MAPPINGS.glob("*/source.yml"))
SOURCES, PARTS = listed("folder"), listed("part")


def private(declaration: dict[str, Any]) -> set[str]:
    return {f"{table}.{column}" for table, columns in declaration.get("privacy", {}).items() for column in columns}


def test_every_mapping_folder_is_listed() -> None:
    assert sorted(SOURCES) == FOLDERS
    assert list(PARTS) == declared("efd")["parts"]


@pytest.mark.parametrize("name", FOLDERS)
def test_a_source_is_what_its_declaration_says(name: str) -> None:
    _, tells, reader, partition, change, columns = SOURCES[name]
    declaration = declared(name)
    assert tells
    assert reader == f"`{declaration['reader']}`"
    assert (partition == "a night") == (declaration.get("partition") == "day_obs" or declaration["reader"] == "archive")
    no_fingerprint = "fingerprint" not in declaration and declaration["reader"] in ("http", "influxdb", "sql")
    assert change.startswith("none") == no_fingerprint
    assert set(re.findall(r"`([\w.]+)`", columns)) == private(declaration)


@pytest.mark.parametrize("name", list(PARTS))
def test_a_part_of_the_efd_is_what_its_declaration_says(name: str) -> None:
    _, tells, columns = PARTS[name]
    assert tells
    assert set(re.findall(r"`([\w.]+)`", columns)) == private(declared(f"efd/{name}"))


def test_every_link_leads_somewhere() -> None:
    for link in LINK.finditer(TEXT):
        assert (PAGE.parent / link["path"].partition("#")[0]).resolve().is_file(), link["path"]
