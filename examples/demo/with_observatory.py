"""Runs a command beside the observatory: ``python examples/demo/with_observatory.py FOLDER COMMAND...``.

FOLDER has the demo's Butler repository in ``repository``. The night that fits it is simulated, and servers hold it
while the command runs: InfluxDB (the EFD, Sasquatch), PostgreSQL (ConsDB), and the web services. Environment variables
say where each system is: EFD, CONSDB, SASQUATCH, EXPOSURELOG, NARRATIVELOG, NIGHTREPORT, JIRA, MACHINE_LOGS. ``night``
holds what the systems export besides; where a server is not installed, its variables say that folder.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from build_night import build_night
from build_repository import RefusedError
from lsst_demo.truth import FILE_NAME
from night.influxdb import write_points
from night.metrics import DATABASE, SENT, write_file
from night.plan import Plan
from night.simulation import Night
from servers.influxdb import InfluxNotFoundError, influxdb_server
from servers.observatory import create_consdb, load_consdb, load_efd, web_services
from servers.postgresql import PostgresNotFoundError, postgresql_server

WEB = ("EXPOSURELOG", "NARRATIVELOG", "NIGHTREPORT", "JIRA", "MACHINE_LOGS")
SYSTEMS = ("EFD", "CONSDB", "SASQUATCH", *WEB)
_LAST_WORDS = 10.0
"""Seconds that the command has after Ctrl-C."""

Progress = Callable[[str], None]


@contextmanager
def observatory(
    folder: Path, *, servers: bool = True, progress: Progress = lambda line: None
) -> Iterator[dict[str, str]]:
    """Simulate the night of a repository, let servers hold it, and stop them on leaving.

    Parameters
    ----------
    folder
        Has the repository, and gets the night's exports.
    servers
        Whether there are servers; exports only where not.
    progress
        Told what has been done, line by line.

    Yields
    ------
    dict
        Each of `SYSTEMS` -> URL of its server, or path of its exports.

    Raises
    ------
    RefusedError
        If there is no repository, or another night in the folder.
    """
    repository, exports = folder / "repository", folder / "night"
    night, _ = build_night(exports, _plan(repository))
    metrics = write_file(exports, repository, SENT)
    progress(f"the night is simulated: {len(night.truth.exposures)} exposures, {len(night.truth.scripts)} scripts")
    locations = dict.fromkeys(SYSTEMS, str(exports))
    with ExitStack() as running:
        if servers:
            locations |= _influxdb(running, night, metrics, progress)
            locations |= _postgresql(running, night, exports, progress)
            locations |= dict.fromkeys(WEB, running.enter_context(web_services(night)).url)
            progress("web services hold the logs, the tickets and the machine logs")
        yield locations


def _plan(repository: Path) -> Plan:
    """Return the night that has the exposures of a repository."""
    try:
        built = json.loads((repository / FILE_NAME).read_text())
    except OSError:
        raise RefusedError(f"{repository} is no demo repository: build_repository.py builds one") from None
    return Plan(repository_visits=built["visits"], detectors=built["detectors"])


def _influxdb(running: ExitStack, night: Night, metrics: Path, progress: Progress) -> dict[str, str]:
    try:
        server = running.enter_context(influxdb_server())
    except InfluxNotFoundError as error:
        progress(f"{error}; the EFD and Sasquatch are read from {metrics.parent}")
        return {}
    points = load_efd(server, night)
    with gzip.open(metrics, "rt") as lines:
        sent = write_points(server.url, DATABASE, map(str.rstrip, lines))
    progress(f"InfluxDB holds {points:,} points of the EFD and {sent} of Sasquatch")
    return {"EFD": server.url, "SASQUATCH": server.url}


def _postgresql(running: ExitStack, night: Night, exports: Path, progress: Progress) -> dict[str, str]:
    try:
        server = running.enter_context(postgresql_server())
    except PostgresNotFoundError as error:
        progress(f"{error}; ConsDB is read from {exports}")
        return {}
    uri = create_consdb(server, "consdb")
    rows = load_consdb(uri, night)
    progress(f"PostgreSQL holds {rows} rows of ConsDB")
    return {"CONSDB": uri}


def run(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a command and return its exit status, as a shell does; what asks us to end asks the command."""
    try:
        process = subprocess.Popen(command, env=environment)
    except OSError as error:
        print(f"with_observatory: {command[0]}: {error.strerror}", file=sys.stderr)
        return 127
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    try:
        status = _wait(process)
    except KeyboardInterrupt:  # which has reached the command, too
        with suppress(subprocess.TimeoutExpired):
            process.wait(_LAST_WORDS)
        process.terminate()
        _wait(process)
        raise
    return status if status >= 0 else 128 - status


def _wait(process: subprocess.Popen[bytes]) -> int:
    """Wait for the end, awake now and then: a signal that comes just before a long wait would be seen after it only."""
    while True:
        with suppress(subprocess.TimeoutExpired):
            return process.wait(1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--exports", action="store_true", help="start no server: every system is read from its exports")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="has the demo's Butler repository; gets the night")
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="COMMAND", help="what to run, with its arguments")
    options = parser.parse_args()
    if not options.command:
        parser.error("a COMMAND is needed")
    return options


def main() -> int:
    """Run the command line."""
    options = _options()
    start = time.monotonic()

    def progress(line: str) -> None:
        print(f"{time.monotonic() - start:6.1f} s  {line}", flush=True)

    # Leave through every `finally`, which stops the servers.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        with observatory(options.folder, servers=not options.exports, progress=progress) as locations:
            return run(options.command, os.environ | locations)
    except RefusedError as error:
        print(f"with_observatory: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
