"""Every query of examples/queries is a readable page with a title, listed in the index, and has an answer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from progenitor.provenance import Progenitor
from support.cache import CHECKOUT
from support.night_queries import answers

FOLDER = CHECKOUT / "examples" / "queries"
QUERIES = sorted(path.stem for path in FOLDER.glob("*.rq"))
TITLE = re.compile(r"# (?P<question>[^?]+\?)(?P<more>.*)")
LISTED = re.compile(
    r"^\| \[`(?P<name>[\w-]+)`\]\((?P=name)\.rq\) \| (?P<question>[^|]+) \|(?P<asked>[^|]*)\|$", re.MULTILINE
)

NEVER = {
    "flags-of-an-exposure": {"gap"},
    "log-retention": {"gap"},
    "metrics-of-a-run": {"gap"},
    "repositories-of-a-script": {"branch"},
    "state-of-the-observatory": {"simulated"},
}
"""What these ask and the demo has nothing to tell of."""


def title(name: str) -> re.Match[str]:
    found = TITLE.fullmatch((FOLDER / f"{name}.rq").read_text().splitlines()[0])
    assert found, "the first line is a question"
    return found


@pytest.mark.parametrize("name", QUERIES)
def test_query_is_one_question_on_a_short_page(name: str) -> None:
    lines = (FOLDER / f"{name}.rq").read_text().splitlines()
    assert re.fullmatch(r"|( \(DMTN-185 [^)].*\))|( \([^)]+\))", title(name)["more"])
    assert len(lines) < 25
    assert max(map(len, lines)) <= 120


@pytest.mark.butler
@pytest.mark.xdist_group("demo")
@pytest.mark.parametrize("name", QUERIES)
def test_query_has_an_answer(name: str, observatory_store: Path) -> None:
    with Progenitor.open(observatory_store) as progenitor:
        rows = answers(progenitor, name)
    assert rows
    for variable in rows[0]:
        assert any(row[variable] is not None for row in rows) or variable in NEVER.get(name, ()), f"?{variable}"


def test_the_index_lists_every_query_once_by_its_question() -> None:
    text = (FOLDER / "README.md").read_text()
    listed = [(row["name"], row["question"]) for row in LISTED.finditer(text)]
    assert sorted(listed) == [(name, title(name)["question"]) for name in QUERIES]


def test_the_index_says_where_each_question_is_asked() -> None:
    text = (FOLDER / "README.md").read_text()
    asked = {row["name"]: row["asked"].strip() for row in LISTED.finditer(text)}
    for name in QUERIES:
        more = title(name)["more"].strip()
        assert asked[name] == (more.removeprefix("(DMTN-185 ").removesuffix(")") if "DMTN-185" in more else "")
