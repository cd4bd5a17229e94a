"""Every command, query and snippet of README.md, docs/ and examples/ is run here as a reader would run it.

A ``console`` block holds commands (after ``$ ``) and what they print; ``...`` in the output stands for anything. Blocks
of one page share a folder. A block that names a file in the line before it (`like/this.yml`) is that file. Where a page
speaks of servers at ``example.org``, the demo's stand in their place, and its night in that of the last seven.
"""

from __future__ import annotations

import doctest
import os
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

import with_observatory

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"(?P<lead>[^\n]*)\n*^```(?P<language>\w+)\n(?P<body>.*?)^```", re.MULTILINE | re.DOTALL)
NAMED_FILE = re.compile(r"`(?P<name>[\w./-]+\.\w+)`")
NOT_RUN = {"text", "mermaid"}
"""Languages that say nothing a machine could check."""
SERVERS = {
    "https://efd.example.org": "EFD",
    "https://sasquatch.example.org": "SASQUATCH",
    "postgresql://reader@consdb.example.org/consdb": "CONSDB",
    "https://logs.example.org": "EXPOSURELOG",
    "https://jira.example.org": "JIRA",
    "https://loki.example.org": "MACHINE_LOGS",
}
"""What pages call the observatory's systems."""
LAST_NIGHTS = ("nights = 7", 'last = "2025-11-01", nights = 1')
SECRETS = {"EFD_PASSWORD": "read-only", "JIRA_TOKEN": "read-only"}


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
    return clean | SECRETS | {"PATH": path, "COLUMNS": "160", "HOME": str(folder)}


@pytest.fixture(scope="session")
def observatory(tmp_path_factory, repository):
    """Where the systems of the demo's night are; what has no server here is read from what it exports."""
    folder = tmp_path_factory.mktemp("observatory")
    (folder / "repository").symlink_to(repository)
    with with_observatory.observatory(folder) as locations:
        yield locations


def in_place(block: Block, locations: dict[str, str]) -> Block:
    """Return a block as a reader has it who has put his own servers and nights in."""
    body = block.body.replace(*LAST_NIGHTS)
    for server, system in SERVERS.items():
        body = body.replace(server, locations[system])
    assert "example.org" not in body, f"{block.page.name}:{block.line}: no such server"
    return replace(block, body=body)


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
def test_every_block_of_a_page_runs(page, folder, demo_store, request):
    found = blocks(page)
    if any(server in block.body for block in found for server in SERVERS):
        found = [in_place(block, request.getfixturevalue("observatory")) for block in found]
    if not any("progenitor init" in block.body for block in found):
        shutil.copytree(demo_store, folder / "store", copy_function=os.link)
        (folder / "progenitor.toml").write_text("store = 'store'\n")
    for block in found:
        if block.language == "console":
            run_console(block, folder)
        elif block.language == "toml":
            tomllib.loads(block.body)
            if block.file:
                (folder / block.file).write_text(block.body)
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
