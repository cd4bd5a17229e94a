"""The EFD's mapping run on a server as an ingest does it, and what its triples say, to be looked up."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote

from night.plan import Plan
from night.simulation import Night, simulate
from progenitor.mapping.folder import load_folder
from progenitor.mapping.run import run_mapping
from progenitor.mapping.staging import Staging
from progenitor.sources.reader import open_reader
from progenitor.terms import compact
from servers.observatory import efd_server
from support.cache import CHECKOUT
from support.mappings import read_rows

BASE = "https://progenitor.example/"
FOLDER = CHECKOUT / "mappings" / "efd"
NIGHTS = (20211116, 20251030, 20251101, 20251102)


class Statements:
    """Triples, to be looked up.

    Parameters
    ----------
    rows
        N-Triples terms. Here an IRI of the base is its path, decoded; others have their prefix; a literal is its text.
    """

    def __init__(self, rows: Iterable[tuple[str, ...]]) -> None:
        self._objects: dict[tuple[str, str], set[str]] = {}
        self._subjects: dict[tuple[str, str], set[str]] = {}
        for subject, predicate, value in (map(_read, row[:3]) for row in rows):
            self._objects.setdefault((subject, predicate), set()).add(value)
            self._subjects.setdefault((predicate, value), set()).add(subject)

    def objects(self, subject: str, predicate: str) -> set[str]:
        """Return what a subject is related to."""
        return self._objects.get((subject, predicate), set())

    def subjects(self, predicate: str, value: str) -> set[str]:
        """Return what is related to an object."""
        return self._subjects.get((predicate, value), set())

    def one(self, subject: str, predicate: str) -> str | None:
        """Return the one thing that a subject is related to, None where there is nothing."""
        found = self.objects(subject, predicate)
        assert len(found) <= 1, (subject, predicate, found)
        return next(iter(found), None)

    def pairs(self, predicate: str) -> Iterator[tuple[str, str]]:
        """Yield all that a property relates."""
        for (subject, name), values in self._objects.items():
            if name == predicate:
                yield from ((subject, value) for value in values)


def _read(term: str) -> str:
    if term.startswith('"'):
        return str(json.loads(term[: term.rindex('"') + 1]))
    iri = term[1:-1]
    return unquote(iri.removeprefix(BASE)) if iri.startswith(BASE) else compact(iri)


def map_night(location: str, day_obs: int, work: Path, *, folder: Path = FOLDER) -> list[tuple[str, ...]]:
    """Read a night from a server and map it; return the triples, sorted.

    Parameters
    ----------
    location
        URL of the InfluxDB.
    day_obs
        The night.
    work
        A private folder.
    folder
        The mapping.
    """
    mapping = load_folder(folder)
    output = work / f"{day_obs}.parquet"
    reader = open_reader(mapping.declaration, location, {})
    try:
        (partition,) = reader.partitions([str(day_obs)])
        with Staging(work, reader.schemas()) as staging:
            reader.read(partition, staging, lambda rows: None)
            result = run_mapping(mapping, staging, base=BASE, output=output, dead_letter=work / f"{day_obs}.jsonl")
    finally:
        reader.close()
    assert result.set_aside == 0
    return read_rows(output)


@dataclass(frozen=True)
class MappedNight:
    """A simulated night that was read from a real InfluxDB, and what the mapping made of it.

    Parameters
    ----------
    night
        The simulation.
    rows
        Night -> its triples: the plan's night, those before in which components were started, the next one, and those
        of earlier years.
    """

    night: Night
    rows: dict[int, list[tuple[str, ...]]]

    def statements(self, *nights: int) -> Statements:
        """Return what some nights say together; all of them where none is named."""
        return Statements({row for night in nights or self.rows for row in self.rows[night]})


@cache
def mapped_night(seed: int, *nights: int) -> MappedNight:
    """Simulate a night with all its traps, write it into an InfluxDB, read it back and map it.

    Parameters
    ----------
    seed
        Of the simulation.
    nights
        Which nights to map; all that hold something where none is named.

    Raises
    ------
    servers.influxdb.InfluxNotFoundError
        If none is installed.
    """
    night = simulate(Plan(seed=seed))
    with efd_server(night) as server, TemporaryDirectory() as work:
        rows = {day_obs: map_night(server.url, day_obs, Path(work)) for day_obs in nights or NIGHTS}
    return MappedNight(night, rows)
