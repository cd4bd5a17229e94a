"""The demo's night: servers and exports make the same store, and what ran beside the command ends with it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import with_observatory
from build_repository import RefusedError
from progenitor.config import load_settings
from progenitor.provenance import Progenitor
from servers.influxdb import InfluxNotFoundError
from servers.postgresql import PostgresNotFoundError
from support.cache import CHECKOUT
from support.stores import triples_of
from with_observatory import SYSTEMS, observatory

DEMO = CHECKOUT / "examples" / "demo"

pytestmark = [pytest.mark.butler, pytest.mark.xdist_group("demo")]


@pytest.fixture
def folder(tmp_path: Path, repository: Path) -> Path:
    """The demo's folder, with the repository."""
    (tmp_path / "repository").symlink_to(repository)
    return tmp_path


def mapping_of(system: str) -> str:
    return system.lower().replace("_", "-")


@contextmanager
def started(*arguments: str | Path) -> Iterator[subprocess.Popen[str]]:
    """Run the wrapper in a session of its own, as a terminal would."""
    program = [sys.executable, str(DEMO / "with_observatory.py"), *map(str, arguments)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        try:
            yield process
        finally:
            process.kill()


def servers_of(lines: Sequence[str]) -> list[tuple[str, int]]:
    """Return where the servers listen, from a print of the environment."""
    found = dict(match.groups() for line in lines if (match := re.fullmatch(r"(\w+)=(\S+)\n?", line)))
    places = [urlsplit(found[system]) for system in SYSTEMS]
    return sorted({(place.hostname, place.port) for place in places if place.hostname and place.port})


def answers(place: tuple[str, int]) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(place) == 0


@pytest.mark.server
def test_servers_and_exports_make_the_same_store(folder: Path, demo_store: Path) -> None:
    for name in ("store", "asked"):
        shutil.copytree(demo_store, folder / name)
    with observatory(folder) as locations, Progenitor.open(folder / "asked") as progenitor:
        if exported := [system for system in SYSTEMS if "://" not in locations[system]]:
            assert os.environ.get("CI") != "true", exported
            pytest.skip(f"no server is installed for {exported}")
        report = progenitor.ingest_night("20251101", {mapping_of(name): place for name, place in locations.items()})
    assert not report.failed, report.failed

    shutil.copy(DEMO / "progenitor.toml", folder)
    asked = ["sh", str(DEMO / "demo_night.sh")]
    program = [sys.executable, str(DEMO / "with_observatory.py"), "--exports", ".", *asked]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "COLUMNS": "130"}
    done = subprocess.run(program, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ts_maintel_standardscripts v0.3.1" in done.stdout
    assert "questionable" in done.stdout
    assert triples_of(folder / "store") == triples_of(folder / "asked")


def test_settings_name_every_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(DEMO)
    sources = load_settings().sources
    assert set(sources) == {"butler", *map(mapping_of, SYSTEMS)}
    assert all(name == source.mapping for name, source in sources.items())
    assert {source.location for name, source in sources.items() if name != "butler"} == {str(DEMO / "night")}


@pytest.mark.parametrize(
    ("command", "status"), [(["false"], 1), (["sh", "-c", "kill -9 $$"], 137), (["no-such-program"], 127)]
)
def test_status_is_that_of_the_command(folder: Path, command: list[str], status: int) -> None:
    with started("--exports", folder, *command) as process:
        assert process.wait() == status


@pytest.mark.server
def test_servers_end_with_the_command(folder: Path) -> None:
    with started(folder, "sh", "-c", "env; exit 7") as process:
        places = servers_of(list(process.stdout or ()))
        assert process.wait() == 7
    assert places
    assert not any(map(answers, places))


@pytest.mark.server
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_command_and_servers_end_with_us(folder: Path, number: signal.Signals, status: int) -> None:
    with started(folder, "sh", "-c", "env; echo ready; exec sleep 600") as process:
        assert process.stdout
        places = servers_of(list(iter(process.stdout.readline, "ready\n")))
        assert places and all(map(answers, places))
        if number is signal.SIGINT:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        assert process.wait(60) == status
        assert not process.stdout.read(), "nobody has it open any more"
    assert not any(map(answers, places))


def test_what_is_not_installed_is_read_from_exports(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_influxdb() -> None:
        raise InfluxNotFoundError("no InfluxDB")

    def no_postgresql() -> None:
        raise PostgresNotFoundError("no PostgreSQL")

    monkeypatch.setattr(with_observatory, "influxdb_server", no_influxdb)
    monkeypatch.setattr(with_observatory, "postgresql_server", no_postgresql)
    told: list[str] = []
    with observatory(folder, progress=told.append) as locations:
        exported = {system for system, location in locations.items() if location == str(folder / "night")}
        assert exported == {"EFD", "SASQUATCH", "CONSDB"}
        assert all(locations[system].startswith("http://") for system in set(SYSTEMS) - exported)
    assert [line for line in told if "no InfluxDB" in line or "no PostgreSQL" in line] == [
        f"no InfluxDB; the EFD and Sasquatch are read from {folder / 'night'}",
        f"no PostgreSQL; ConsDB is read from {folder / 'night'}",
    ]


def test_no_repository_no_night(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="no demo repository"), observatory(tmp_path):
        pass
    assert not (tmp_path / "night").exists()
