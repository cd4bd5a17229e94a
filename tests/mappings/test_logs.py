"""What people wrote about a night, as mapped from the real services of the logs, against the truth table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from night.files import write_folder
from night.logbook import LogBook
from night.plan import DAY_OBS, Plan, Traps
from night.simulation import Night, simulate
from night.writing import Change
from progenitor.config import Settings, SourceSettings
from progenitor.ingest import ingest
from progenitor.provenance import Progenitor
from servers.observatory import WebServices, web_services
from support.cache import CHECKOUT
from support.efd_graph import BASE, Statements, map_night
from support.night_messages import flag_differences, message_differences, utc

LOGS = ("exposurelog", "narrativelog", "nightreport")
TONIGHT, THE_NEXT = DAY_OBS, DAY_OBS + 1


@pytest.fixture(scope="module")
def night() -> Night:
    return simulate(Plan())


@pytest.fixture(scope="module")
def services(night: Night) -> Iterator[WebServices]:
    with web_services(night) as running:
        yield running


def graph_of(services: WebServices, work: Path, *logs: str, day_obs: int = TONIGHT) -> Statements:
    rows = []
    for log in logs or LOGS:
        folder = CHECKOUT / "mappings" / log
        rows += map_night(services.url, day_obs, work / log, folder=folder)
    return Statements(rows)


def written(*changes: Change) -> Night:
    """A night about which only this was written."""
    return replace(quiet_night(), changes=list(changes))


@cache
def quiet_night() -> Night:
    return simulate(Plan(visits=12, traps=Traps.none()))


@pytest.mark.parametrize("seed", [1, 2, 3, 5])
def test_a_night_says_what_was_written(seed: int, services: WebServices, tmp_path: Path) -> None:
    night = simulate(Plan(seed=seed, visits=12))
    services.show(night)
    assert message_differences(graph_of(services, tmp_path), night.truth) == []


def test_exports_say_what_the_services_say(services: WebServices, night: Night, tmp_path: Path) -> None:
    services.show(night)
    write_folder(night, tmp_path / "exported")
    for log in LOGS:
        folder = CHECKOUT / "mappings" / log
        asked = map_night(services.url, TONIGHT, tmp_path / log / "asked", folder=folder)
        assert asked
        assert map_night(str(tmp_path / "exported"), TONIGHT, tmp_path / log / "read", folder=folder) == asked
        assert map_night(str(tmp_path / "exported"), THE_NEXT, tmp_path / log / "next", folder=folder) == []


def test_a_night_in_which_nothing_was_edited(services: WebServices, tmp_path: Path) -> None:
    night = quiet_night()
    services.show(night)
    graph = graph_of(services, tmp_path)
    assert message_differences(graph, night.truth) == []
    assert not graph.subjects("rdf:type", "pg:Edit")


def test_a_difference_is_seen(services: WebServices, night: Night, tmp_path: Path) -> None:
    services.show(night.as_of(night.changes[-1].at - 1))
    graph = graph_of(services, tmp_path)
    assert message_differences(graph, night.truth)
    assert flag_differences(graph, night.truth.exposures)


def test_a_night_that_is_read_while_it_goes_on(services: WebServices, night: Night, tmp_path: Path) -> None:
    changes = sorted(change.at for change in night.changes if change.log == "exposurelog")
    for at in changes[::2]:
        services.show(night.as_of(at))
        graph = graph_of(services, tmp_path / str(at), "exposurelog")
        valid = {record["id"] for record in services.logs["exposurelog"].book.records if record["is_valid"]}
        messages = graph.subjects("rdf:type", "pg:LogMessage")
        holding = {iri.rpartition("/")[2] for iri in messages if not graph.objects(iri, "prov:invalidatedAtTime")}
        assert holding == valid


def narrative(id_: str, at: str, begin: str | None, **fields: object) -> Change:
    given = {"user_id": "ahopper@love.example.org", "user_agent": "LOVE", "message_text": id_, "date_begin": begin}
    return Change(0, "narrativelog", lambda log: log.add(at, id_, **given | fields))


def test_a_message_that_is_moved_to_another_night_was_edited_and_not_deleted(
    services: WebServices, tmp_path: Path
) -> None:
    moved = Change(
        1,
        "narrativelog",
        lambda log: log.edit("2025-11-03T10:00:00", "wrong", "right", date_begin="2025-11-03T02:00:00"),
    )
    night = written(narrative("wrong", "2025-11-02T02:00:00", "2025-11-02T01:50:00"), moved)
    services.show(night)
    first = graph_of(services, tmp_path / "1", "narrativelog")
    assert first.subjects("rdf:type", "pg:LogMessage") == {"log/narrativelog/wrong"}
    assert first.objects("log/narrativelog/wrong", "prov:wasInvalidatedBy") == {"log/narrativelog/right#edit"}
    assert first.one("log/narrativelog/wrong", "prov:invalidatedAtTime") == utc("2025-11-03T10:00:00")
    assert not first.objects("log/narrativelog/wrong", "pg:gap")
    second = graph_of(services, tmp_path / "2", "narrativelog", day_obs=THE_NEXT)
    assert second.subjects("rdf:type", "pg:LogMessage") == {"log/narrativelog/right"}
    assert second.one("log/narrativelog/right", "prov:wasRevisionOf") == "log/narrativelog/wrong"
    assert second.one("log/narrativelog/right#edit", "prov:startedAtTime") == utc("2025-11-03T10:00:00")
    # Whether the editor is another one cannot be told in this night: nothing is said.
    assert not second.objects("log/narrativelog/right#edit", "pg:gap")
    assert not second.objects("log/narrativelog/right#edit", "prov:wasAssociatedWith")


def test_the_night_of_a_message_is_that_of_what_it_tells(services: WebServices, tmp_path: Path) -> None:
    services.show(
        written(
            narrative("before", "2025-11-01T12:30:00", "2025-11-01T11:59:59.999999"),
            narrative("first", "2025-11-03T12:30:00", "2025-11-01T12:00:00"),
            narrative("last", "2025-11-03T12:30:00", "2025-11-02T11:59:59.999999"),
            narrative("after", "2025-11-02T03:00:00", "2025-11-02T12:00:00"),
            narrative("undated", "2025-11-02T11:59:59", None),
            narrative("undated, later", "2025-11-02T12:00:00", None),
        )
    )
    graph = graph_of(services, tmp_path, "narrativelog")
    messages = {iri.removeprefix("log/narrativelog/") for iri in graph.subjects("rdf:type", "pg:LogMessage")}
    assert messages == {"first", "last", "undated"}
    assert graph.one("log/narrativelog/undated", "pg:dayObs") == str(TONIGHT)


@pytest.mark.parametrize(
    ("agent", "lost", "hours"),
    [
        ("LOVE", 0.25, "0.25"),
        ("LOVE", "PT0.25S", "0.25"),
        ("monitor", 5400, "1.5"),
        ("monitor", "PT1H30M", "1.5"),
        ("monitor", "P1DT0S", "24"),
        ("LOVE", 0, None),
        ("LOVE", "PT0S", None),
        ("LOVE", None, None),
    ],
)
def test_time_lost_is_in_hours_however_it_is_given(
    agent: str, lost: object, hours: str | None, services: WebServices, tmp_path: Path
) -> None:
    at = "2025-11-02T02:00:00"
    fields = {"user_agent": agent, "time_lost": lost, "time_lost_type": "fault"}
    services.show(written(narrative("x", at, at, **fields)))
    graph = graph_of(services, tmp_path, "narrativelog")
    assert graph.one("log/narrativelog/x", "pg:timeLost") == hours
    assert graph.one("log/narrativelog/x", "pg:timeLostType") == ("fault" if hours else None)


@pytest.mark.parametrize(
    ("components", "systems"),
    [
        ({"name": "Simonyi"}, {"Simonyi"}),
        ({"name": "Simonyi", "children": []}, {"Simonyi"}),
        ({"name": "Simonyi", "children": None}, {"Simonyi"}),
        ({"name": "A", "children": [{"name": "B", "children": [{"name": "C"}]}, {"name": "D"}]}, {"A/B/C", "A/D"}),
        ({}, {"old"}),
        (None, {"old"}),
        ({"systems": ["Simonyi"]}, {"old"}),
    ],
)
def test_systems_are_paths_and_the_old_lists_count_where_there_is_no_tree(
    components: object, systems: set[str], services: WebServices, tmp_path: Path
) -> None:
    at = "2025-11-02T02:00:00"
    services.show(
        written(narrative("x", at, at, components_json=components, systems=["old"], cscs=["MTMount", "Test:7"]))
    )
    graph = graph_of(services, tmp_path, "narrativelog")
    assert graph.objects("log/narrativelog/x", "pg:system") == systems
    assert graph.objects("log/narrativelog/x", "pg:about") == {"csc/MTMount", "csc/Test:7"}


def test_links_are_to_tickets_where_jira_shows_one(services: WebServices, tmp_path: Path) -> None:
    urls = [
        "https://rubinobs.atlassian.net/browse/OBS-7?focusedCommentId=1",
        "https://rubinobs.atlassian.net/browse/FRACAS_2-12/",
        "https://rubinobs.atlassian.net/wiki/spaces/X",
        "https://elsewhere.example.org/browse/OBS-8",
        "",
    ]
    services.show(written(narrative("x", "2025-11-02T02:00:00", "2025-11-02T02:00:00", urls=urls)))
    graph = graph_of(services, tmp_path, "narrativelog")
    tickets = {"ticket/OBS-7", "ticket/FRACAS_2-12"}
    assert graph.objects("log/narrativelog/x", "dcterms:references") == tickets | set(urls[2:4])


def test_a_url_that_is_none_is_set_aside_and_the_message_stays(services: WebServices, tmp_path: Path) -> None:
    at = "2025-11-02T02:00:00"
    services.show(written(narrative("x", at, at, urls=["see the channel", "https://example.org/"])))
    Progenitor.create(tmp_path / "store", base=BASE).close()
    source = SourceSettings(mapping="narrativelog", location=services.url, partitions=[str(TONIGHT)])
    (record,) = ingest(tmp_path / "store", [source], Settings()).kept
    assert record.dead_letter is not None
    assert "see the channel" in (tmp_path / "store" / record.dead_letter).read_text()
    with Progenitor.open(tmp_path / "store") as opened:
        (row,) = opened.query("SELECT ?page WHERE { ?x a pg:LogMessage ; dcterms:references ?page }")
        assert row[0].value == "https://example.org/"


def test_a_report_that_was_edited_twice_over_does_not_tell_when(services: WebServices, tmp_path: Path) -> None:
    def add(log: LogBook) -> object:
        return log.add("2025-11-02T11:00:00", "a", day_obs=TONIGHT, user_id="ahopper", summary="fine")

    edits = [
        Change(1, "nightreport", lambda log: log.edit("2025-11-02T11:10:00", "a", "b", user_id="mvaldes")),
        Change(2, "nightreport", lambda log: log.edit("2025-11-02T11:20:00", "b", "c", summary="better")),
        Change(3, "nightreport", lambda log: log.edit("2025-11-02T11:30:00", "b", "d", summary="worse")),
    ]
    services.show(written(Change(0, "nightreport", add), *edits))
    graph = graph_of(services, tmp_path, "nightreport")
    assert graph.one("log/nightreport/b", "prov:generatedAtTime") == utc("2025-11-02T11:10:00")
    assert graph.one("log/nightreport/b", "prov:invalidatedAtTime") == utc("2025-11-02T11:30:00")
    assert not graph.objects("log/nightreport/b", "prov:wasInvalidatedBy")
    for id_ in "cd":
        assert not graph.objects(f"log/nightreport/{id_}", "prov:generatedAtTime")
        assert graph.objects(f"log/nightreport/{id_}#edit", "pg:gap") == {"pg:EditTimeUnknown", "pg:EditorUncertain"}


def test_an_observation_id_of_another_form_names_no_exposure(services: WebServices, tmp_path: Path) -> None:
    fields = {"instrument": "LSSTCam", "day_obs": TONIGHT, "user_id": "", "exposure_flag": "junk"}
    ids = ["MC_O_20251101_000007", "MC_S_20251101_000007", "MC_O_20251101_7", "HSCA90333400", ""]

    def add(obs_id: str) -> Change:
        at = "2025-11-02T02:00:00"
        return Change(0, "exposurelog", lambda log: log.add(at, f"x{ids.index(obs_id)}", obs_id=obs_id, **fields))

    services.show(written(*map(add, ids)))
    graph = graph_of(services, tmp_path, "exposurelog")
    about = [graph.one(f"log/exposurelog/x{number}", "pg:about") for number in range(len(ids))]
    assert about == ["exposure/LSSTCam/2025110100007", "exposure/LSSTCam/7025110100007", None, None, None]
    for number in (2, 3, 4):
        assert graph.objects(f"log/exposurelog/x{number}", "pg:gap") == {"pg:ExposureUnidentified"}
        assert graph.one(f"log/exposurelog/x{number}", "pg:obsId") == ids[number]


def test_more_messages_than_a_page_has(services: WebServices, tmp_path: Path) -> None:
    def add(number: int) -> Change:
        fields = {"obs_id": f"MC_O_20251101_{number:06d}", "instrument": "LSSTCam", "day_obs": TONIGHT}
        return Change(0, "exposurelog", lambda log: log.add("2025-11-02T02:00:00", f"{number:06d}", **fields))

    services.show(written(*map(add, range(2001))))
    services.asked.clear()
    graph = graph_of(services, tmp_path, "exposurelog")
    assert len(graph.subjects("rdf:type", "pg:LogMessage")) == 2001
    assert len(services.asked) >= 4


def test_an_edit_by_patch_and_a_deletion_as_the_service_makes_them(services: WebServices, tmp_path: Path) -> None:
    import httpx

    fields = {"obs_id": "MC_O_20251101_000007", "instrument": "LSSTCam", "day_obs": TONIGHT}

    def add(id_: str) -> Change:
        return Change(0, "exposurelog", lambda log: log.add("2025-11-02T02:00:00", id_, user_id="ahopper", **fields))

    services.show(written(add("edited"), add("deleted")))
    services.now = lambda: "2025-11-02T03:00:00.123456"
    url = f"{services.url}/exposurelog/messages"
    child = httpx.patch(f"{url}/edited", json={"message_text": "other", "user_id": "mvaldes"}).json()["id"]
    assert httpx.delete(f"{url}/deleted").status_code == 204
    graph = graph_of(services, tmp_path, "exposurelog")
    assert graph.one(f"log/exposurelog/{child}#edit", "prov:wasAssociatedWith") == "agent/mvaldes"
    assert graph.one("log/exposurelog/edited", "prov:wasInvalidatedBy") == f"log/exposurelog/{child}#edit"
    assert graph.objects("log/exposurelog/deleted", "pg:gap") == {"pg:DeleterUnknown"}
    assert graph.one("log/exposurelog/deleted", "prov:invalidatedAtTime") == utc("2025-11-02T03:00:00.123456")
