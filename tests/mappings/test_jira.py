"""Jira's tickets as mapped from its search over HTTP, against the tickets of the simulated night."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from night.clock import HOUR, MINUTE, noon, tai_instant, tai_iso
from night.files import write_folder
from night.plan import Plan, Traps
from night.simulation import Night, simulate
from night.tickets import Ticket
from progenitor.mapping.folder import load_folder
from progenitor.sources.reader import open_reader
from servers.observatory import WebServices, web_services
from support.butler import Mapped
from support.night_queries import ask, exposures_in_turtle
from support.night_services import MAPPINGS, jira_differences, map_source

pytestmark = pytest.mark.server

NIGHT = 20251101
EXPOSURE = "MC_O_20251101_000045"
"""What the queries of tickets and hardware ask about."""
night_of = cache(lambda seed: simulate(Plan(seed=seed)))


def mapped_from(night: Night, work: Path) -> Mapped:
    with web_services(night) as services:
        return map_source("jira", services.url, work, NIGHT)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_ticket_is_told_with_its_changes_and_what_it_left_behind(tmp_path: Path, seed: int) -> None:
    mapped = mapped_from(night_of(seed), tmp_path)
    assert mapped.set_aside == 0
    assert jira_differences(mapped, night_of(seed)) == []


def test_an_exported_answer_says_the_same(tmp_path: Path) -> None:
    write_folder(night_of(1), tmp_path / "night")
    exported = map_source("jira", str(tmp_path / "night"), tmp_path, NIGHT)
    assert exported.triples == mapped_from(night_of(1), tmp_path).triples
    assert map_source("jira", str(tmp_path / "night"), tmp_path, NIGHT + 1).triples == set()


def test_a_night_without_tickets(tmp_path: Path) -> None:
    night = simulate(Plan(traps=Traps.none()))
    assert night.tickets == []
    assert mapped_from(night, tmp_path).triples == set()


def test_the_comparison_finds_what_is_wrong(tmp_path: Path) -> None:
    mapped = mapped_from(night_of(1), tmp_path)
    fault = night_of(1).tickets[0].key
    mapped.triples = {
        (s, p, '"OPEN"' if (s, p) == (f":ticket/{fault}", "pg:ticketStatus") else o) for s, p, o in mapped.triples
    }
    (difference,) = jira_differences(mapped, night_of(1))
    assert difference == f":ticket/{fault} pg:ticketStatus: ['\"OPEN\"'], not ['\"CLOSED\"']"


def test_a_ticket_is_of_the_night_in_which_it_was_created_to_the_second(tmp_path: Path) -> None:
    """The night begins at 12:00 TAI, in the middle of a minute of UTC; many tickets go over several pages."""
    first, last = noon(NIGHT), noon(NIGHT + 1)
    times = [first - 1_000_000, *[first + number * MINUTE for number in range(150)], last - 1_000_000, last]
    tickets = [Ticket(f"OBS-{n}", n, "Fault", "x", "Ada Hopper", ["A"], at) for n, at in enumerate(times)]
    mapped = mapped_from(replace(night_of(1), tickets=tickets), tmp_path)
    found = {int(ticket.rpartition("-")[2]) for ticket in mapped.subjects("rdf:type", "pg:Ticket")}
    assert found == set(range(1, 152))


def test_a_display_name_is_nobody_that_another_system_names(tmp_path: Path) -> None:
    mapped = mapped_from(night_of(1), tmp_path)
    agents = {o for _, p, o in mapped.triples if p in ("prov:wasAttributedTo", "prov:wasAssociatedWith")}
    assert agents == {":agent/Ada%20Hopper", ":agent/Mara%20Valdes", ":agent/Carlos%20Peralta"}
    for agent in agents:
        assert mapped.objects(agent, "pg:gap") == {"pg:NoLogin"}


def test_what_is_changed_later_changes_the_fingerprint(tmp_path: Path) -> None:
    whole = night_of(1)
    grown = [whole.as_of(ticket.created + hours * HOUR) for ticket in whole.tickets[:1] for hours in (3, 12, 80)]
    with web_services(grown[0]) as services:
        states = []
        for night in grown:
            services.show(night)
            states.append(fingerprint(services))
        assert len(set(states)) == 3
        assert fingerprint(services) == states[-1]


def fingerprint(services: WebServices) -> str | None:
    reader = open_reader(load_folder(MAPPINGS / "jira").declaration, services.url, {})
    try:
        (partition,) = reader.partitions([str(NIGHT)])
        return partition.fingerprint
    finally:
        reader.close()


def test_the_queries_tell_what_was_open_and_what_was_done_when_an_exposure_began(tmp_path: Path) -> None:
    night = night_of(1)
    mapped_from(night, tmp_path)
    archives = list(tmp_path.glob("jira-*.parquet"))
    exposures = [e for e in night.truth.exposures if e.day_obs == NIGHT]
    told = exposures_in_turtle(exposures)
    opened, left = 0, 0
    closed_at, closed_by, _ = night.tickets[1].moves[-1]
    for e in exposures:
        at, about = tai_instant(e.begin), {EXPOSURE: e.obs_id}
        open_then = [(f"ticket/{t.key}", t.summary) for t in night.tickets if t.created <= at < t.moves[-1][0]]
        found = ask("tickets-open-during-an-exposure", archives, told, about)
        assert [row[:2] for row in found] == sorted(open_then)
        assert {row[4] for row in found} <= {"Simonyi/MTMount"}
        hardware = ask("hardware-of-an-exposure", archives, told, about)
        assert [row[3] for row in hardware] == ([closed_by] if at >= closed_at else [])
        opened, left = opened + len(found), left + len(hardware)
    assert opened
    assert left


def test_a_ticket_that_was_opened_again_is_open(tmp_path: Path) -> None:
    night = night_of(1)
    e = next(e for e in night.truth.exposures if e.obs_id == f"MC_O_{NIGHT}_000030")
    at = tai_instant(e.begin)
    moves = [(at - 40 * MINUTE, "A", "CLOSED"), (at - 20 * MINUTE, "A", "OPEN"), (at + HOUR, "A", "CLOSED")]
    ticket = Ticket("OBS-1", 1, "Fault", "x", "A", [], at - HOUR, moves=moves)
    for past, rows in ((0, 1), (10, 1), (30, 0), (50, 1), (70, 0)):
        earlier = replace(e, begin=tai_iso(at - past * MINUTE))
        mapped_from(replace(night, tickets=[ticket]), tmp_path)
        told, about = exposures_in_turtle([earlier]), {EXPOSURE: e.obs_id}
        found = ask("tickets-open-during-an-exposure", tmp_path.glob("jira-*.parquet"), told, about)
        assert len(found) == rows, past
