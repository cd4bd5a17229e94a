"""Builds a simulated observing night: ``python examples/demo/build_night.py FOLDER [--seed N] [--visits N]``.

LSSTCam's exposures are those of the demo repository (``build_repository.py``), and some more. The folder holds what
every system of the observatory recorded, and ``truth.json``: what happened. `night` says how it is simulated.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import fields
from pathlib import Path
from urllib.error import URLError

from build_repository import DEFAULT_VISITS as REPOSITORY_VISITS
from build_repository import RefusedError
from night import influxdb, postgresql
from night.files import TRUTH, write_folder
from night.plan import DAY_OBS, DEFAULT_VISITS, Plan, Traps
from night.simulation import Night, simulate


def build_night(target: Path, plan: Plan) -> tuple[Night, bool]:
    """Simulate a night and write it into a folder.

    Parameters
    ----------
    target
        The folder; nothing is written where the same night is there already.
    plan
        The night.

    Returns
    -------
    tuple
        The night, and whether it was written.

    Raises
    ------
    RefusedError
        If something else is in the folder.
    """
    night = simulate(plan)
    if target.exists():
        if not _is_there(target, night):
            raise RefusedError(f"{target} exists and is not this night: remove it or name another folder")
        return night, False
    write_folder(night, target)
    return night, True


def _is_there(target: Path, night: Night) -> bool:
    try:
        there = json.loads((target / TRUTH).read_text())
    except (OSError, ValueError):
        return False
    return bool(there == json.loads(json.dumps(night.truth.as_json())))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where the night will be")
    parser.add_argument("--seed", type=int, default=1, help="decides what is left to chance (%(default)s)")
    parser.add_argument("--visits", type=int, default=DEFAULT_VISITS, help="science visits (%(default)s)")
    parser.add_argument("--day-obs", type=int, default=DAY_OBS, help="day of observation (%(default)s)")
    parser.add_argument(
        "--repository-visits", type=int, default=REPOSITORY_VISITS, help="--visits of the repository (%(default)s)"
    )
    parser.add_argument("--detectors", type=int, default=2, help="LSSTCam's detectors (%(default)s)")
    traps = [trap.name for trap in fields(Traps)]
    parser.add_argument(
        "--without", action="append", default=[], choices=traps, metavar="TRAP", help=f"leave out: {', '.join(traps)}"
    )
    parser.add_argument("--influxdb", metavar="URL", help="write the EFD into this InfluxDB 1.x, too")
    parser.add_argument(
        "--postgresql", metavar="URI", help="write ConsDB into this PostgreSQL, too: tables as they are"
    )
    return parser.parse_args()


def main() -> int:
    """Run the command line."""
    options = _options()
    try:
        plan = Plan(
            day_obs=options.day_obs,
            visits=options.visits,
            seed=options.seed,
            repository_visits=options.repository_visits,
            detectors=options.detectors,
            traps=Traps().without(*options.without),
        )
        night, built = build_night(options.folder.absolute(), plan)
        if options.influxdb:
            print(f"{influxdb.write_night(options.influxdb, night)} points written to InfluxDB")
        if options.postgresql:
            print(f"{postgresql.write_night(options.postgresql, night)} rows written to PostgreSQL")
    except (RefusedError, influxdb.RefusedError, URLError, ValueError) as error:
        print(f"build_night: {error}", file=sys.stderr)
        return 2
    print(f"{options.folder} {'is complete' if built else 'was already there'}: {len(night.truth.exposures)} exposures")
    return 0


if __name__ == "__main__":
    sys.exit(main())
