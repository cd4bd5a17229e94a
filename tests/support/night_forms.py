"""A simulated night mapped from what its systems export, and all in which the result is not what is true of it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from night.files import write_folder
from night.influxdb import EFD, OBSENV, write_night
from night.plan import Plan
from night.simulation import Night, simulate
from night.truth import Truth
from servers.influxdb import Server
from support.butler import Mapped, shorten
from support.efd_graph import Statements, map_night
from support.night_components import component_differences
from support.night_exposures import exposure_differences
from support.night_messages import message_differences
from support.night_services import MAPPINGS, consdb_differences, jira_differences, log_differences
from support.night_table import table_differences, tonight
from support.night_truth import environment_differences, script_differences

SYSTEMS: Final = ("efd", "consdb", "exposurelog", "narrativelog", "nightreport", "jira", "machine-logs")
OF_THE_TABLE: Final = ("efd", "exposurelog")
"""The systems from which the table of exposures comes."""

Rows = list[tuple[str, ...]]
MappedNights = dict[int, dict[str, Rows]]
"""Night -> system -> triples."""


@dataclass(frozen=True)
class Exported:
    """A night, and the folder into which its systems have exported what they hold of it."""

    night: Night = field(repr=False)
    folder: Path

    @classmethod
    def make(cls, night: Night | Plan, work: Path) -> Exported:
        """Export a night, or the one that is simulated by a plan, to a new folder."""
        exported = cls(simulate(night) if isinstance(night, Plan) else night, work / "exported")
        write_folder(exported.night, exported.folder)
        return exported

    @property
    def kafka(self) -> Path:
        """The folder of the control system's messages as decoded from Kafka; beside it is their line protocol."""
        return self.folder / "kafka"

    def map(
        self, nights: Iterable[int], work: Path, systems: Collection[str] = SYSTEMS, *, efd: Path | str | None = None
    ) -> MappedNights:
        """Map nights.

        Parameters
        ----------
        nights
            Which.
        work
            A private folder.
        systems
            Which.
        efd
            From where to read the messages of the control system; from their line protocol where it is not said.
        """
        locations = {"efd": str(efd or self.folder)}
        return {
            day_obs: {
                system: map_night(
                    locations.get(system, str(self.folder)), day_obs, work / system, folder=MAPPINGS / system
                )
                for system in systems
            }
            for day_obs in nights
        }


def show(server: Server, night: Night) -> None:
    """Have an InfluxDB hold one night and nothing else."""
    for database in (EFD, OBSENV):
        server.create_database(database)
    write_night(server.url, night)


def night_differences(night: Night, mapped: Mapping[int, Mapping[str, Rows]]) -> list[str]:
    """Hold everything that is said of some nights against everything that is true of them.

    Parameters
    ----------
    night
        The simulation.
    mapped
        What systems have become: the EFD of every night, and `exposurelog` of the plan's. Of the others, ConsDB is
        compared for the nights of which it is there, and the logs where all systems of the plan's night are.

    Returns
    -------
    list of str
        What is not as it should be, one line each, with the exposures and the traps that it touches.
    """
    truth, nights = night.truth, list(mapped)
    rows = {system: [row for those in mapped.values() for row in those.get(system, ())] for system in SYSTEMS}
    graph = Statements(row for those in rows.values() for row in those)
    found = [
        *table_differences(graph, truth, nights),
        *script_differences(graph, truth, nights),
        *exposure_differences(graph, truth, nights),
    ]
    for day_obs, systems in mapped.items():
        found += component_differences(Statements(systems["efd"]), truth, day_obs)
    if night.plan.day_obs in nights:
        found += environment_differences(graph, truth)
    consdb = [night for night, systems in mapped.items() if "consdb" in systems]
    found += consdb_differences(_shortened(rows["consdb"]), tonight(truth, consdb))
    if mapped.get(night.plan.day_obs, {}).keys() == set(SYSTEMS):
        found += message_differences(graph, truth)
        found += jira_differences(_shortened(rows["jira"]), night)
        found += log_differences(_shortened(rows["machine-logs"]), night)
    return list(with_traps(found, truth))


def _shortened(rows: Rows) -> Mapped:
    return Mapped(triples={(shorten(s), shorten(p), shorten(o)) for s, p, o, *_ in rows})


def with_traps(lines: Iterable[str], truth: Truth) -> Iterator[str]:
    """Add to each line the exposures that it is about, also through their scripts, and the traps that they show."""
    named = {exposure.obs_id: [exposure.obs_id] for exposure in truth.exposures}
    named |= {f"exposure/{exposure.instrument}/{exposure.id}": [exposure.obs_id] for exposure in truth.exposures}
    named |= {script.key: script.exposures for script in truth.scripts}
    shown = {(trap, str(example)) for trap, examples in truth.traps.items() for example in examples}
    for line in lines:
        exposures = {obs_id for name, those in named.items() if _mentions(line, name) for obs_id in those}
        traps = {trap for trap, example in shown if example in exposures or _mentions(line, example)}
        yield f"{line} [{', '.join([*sorted(exposures), *sorted(traps)]) or 'no exposure, no trap'}]"


def _mentions(line: str, name: str) -> bool:
    return re.search(rf"{re.escape(name)}(?!\d)", line) is not None
