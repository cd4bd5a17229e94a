"""Every command, query and snippet of README.md, docs/ and examples/ is run here as a reader would run it.

A ``console`` block holds commands (after ``$ ``) and what they print; ``...`` in the output stands for anything. Blocks
of one page share a folder. A block that names a file in the line before it (`like/this.yml`) is that file.
"""

from __future__ import annotations

import doctest
import os
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"(?P<lead>[^\n]*)\n*^```(?P<language>\w+)\n(?P<body>.*?)^```", re.MULTILINE | re.DOTALL)
NAMED_FILE = re.compile(r"`(?P<name>[\w./-]+\.\w+)`")
NOT_RUN = {"text", "mermaid"}
"""Languages that say nothing a machine could check."""


@dataclass
class Block:
    page: Path
    line: int
    language: str
    body: str
    file: str | None


def blocks(page: Path) -> list[Block]:
    text = page.read_text()
    found = []
    for match in FENCE.finditer(text):
        lead = text[: match.start("language")].rsplit("```", 1)[0].rstrip().rsplit("\n\n", 1)[-1]
        named = NAMED_FILE.search(lead)
        line = text.count("\n", 0, match.start("language")) + 1
        found.append(Block(page, line, match["language"], match["body"], named["name"] if named else None))
    return found


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def environment(folder: Path) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PROGENITOR_")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{clean['PATH']}"
    return clean | {"PATH": path, "COLUMNS": "160", "HOME": str(folder)}


def run_console(block: Block, folder: Path) -> None:
    command, expected = None, []
    steps: list[tuple[str, list[str]]] = []
    for line in block.body.splitlines():
        if line.startswith("$ "):
            command, expected = line[2:], []
            steps.append((command, expected))
        elif line.startswith("> ") and command is not None:
            steps[-1] = (steps[-1][0] + "\n" + line[2:], expected)
        else:
            expected.append(line)
    for command, wanted in steps:
        done = subprocess.run(
            command, shell=True, cwd=folder, env=environment(folder), capture_output=True, text=True, timeout=300
        )
        place = f"{block.page.name}:{block.line}: $ {command}"
        assert done.returncode == 0, f"{place}\n{done.stdout}\n{done.stderr}"
        if wanted:
            got = "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines())
            want = "".join(f"{line.rstrip()}\n" for line in wanted)
            matches = doctest.OutputChecker().check_output(want, got, doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
            assert matches, f"{place}\nexpected:\n{want}\ngot:\n{got}"


@pytest.fixture
def folder(tmp_path, demo_store, repository):
    """A folder as a reader has it: the demo repository, and its store unless the page makes one."""
    (tmp_path / "repository").symlink_to(repository)
    return tmp_path


@pytest.mark.butler
@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page)], ids=name_of)
def test_every_block_of_a_page_runs(page, folder, demo_store):
    found = blocks(page)
    if not any("progenitor init" in block.body for block in found):
        shutil.copytree(demo_store, folder / "store", copy_function=os.link)
        (folder / "progenitor.toml").write_text("store = 'store'\n")
    for block in found:
        if block.language == "console":
            run_console(block, folder)
        elif block.language == "toml":
            tomllib.loads(block.body)
        elif block.language == "python":
            done = subprocess.run(
                [sys.executable, "-c", block.body],
                cwd=folder,
                env=environment(folder),
                capture_output=True,
                text=True,
                timeout=300,
            )
            assert done.returncode == 0, f"{page.name}:{block.line}\n{done.stderr}"
        elif block.language == "sparql":
            done = subprocess.run(
                ["progenitor", "query", "-"],
                input=block.body,
                cwd=folder,
                env=environment(folder),
                capture_output=True,
                text=True,
                timeout=300,
            )
            assert done.returncode == 0, f"{page.name}:{block.line}\n{done.stderr}"
        elif block.file:
            path = folder / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.body)
        else:
            assert block.language in NOT_RUN | {"sql", "yaml", "turtle", "json", "sh"}, (
                f"{page.name}:{block.line}: {block.language} is not run"
            )


def test_blocks_are_found():
    assert {block.language for page in PAGES for block in blocks(page)} >= {"console", "yaml", "toml"}
