"""What is asked of the logs in examples/queries, answered as the truth table has it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from night.plan import DAY_OBS, Plan
from night.simulation import Night, simulate
from progenitor.config import Settings, SourceSettings
from progenitor.ingest import ingest
from progenitor.provenance import Progenitor
from servers.observatory import WebServices, web_services
from support.efd_graph import BASE
from support.night_messages import utc
from support.night_queries import answers

LOGS = ("exposurelog", "narrativelog", "nightreport")


@pytest.fixture(scope="module")
def night() -> Night:
    return simulate(Plan())


@pytest.fixture(scope="module")
def services(night: Night) -> Iterator[WebServices]:
    with web_services(night) as running:
        yield running


@pytest.fixture(scope="module")
def store(night: Night, services: WebServices, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Progenitor]:
    directory = tmp_path_factory.mktemp("logs") / "store"
    Progenitor.create(directory, base=BASE).close()
    sources = [SourceSettings(mapping=log, location=services.url, partitions=[str(DAY_OBS)]) for log in LOGS]
    assert not ingest(directory, sources, Settings()).failed
    with Progenitor.open(directory) as opened:
        yield opened


def test_the_flags_that_hold_are_one_question(store: Progenitor, night: Night) -> None:
    flagged = [exposure for exposure in night.truth.exposures if exposure.flags]
    assert len(flagged) > 3
    for exposure in night.truth.exposures:
        # The logs alone do not know what an exposure is called.
        iri = f"<{BASE}exposure/{exposure.instrument}/{exposure.id}>"
        other = {'?exposure rdfs:label "MC_O_20251101_000010"': f"VALUES ?exposure {{ {iri} }}"}
        rows = answers(store, "flags-of-an-exposure", other)
        said = [(row["flag"], row["who"], row["why"], row["when"]) for row in rows]
        true = [(flag["flag"], flag["who"], flag["why"], utc(flag["when"])) for flag in exposure.flags]
        assert sorted(said) == sorted(true)


def test_junk_of_a_night(store: Progenitor, night: Night) -> None:
    said = {row["exposure"] for row in answers(store, "junk-exposures-of-a-night")}
    true = {
        f"exposure/{exposure.instrument}/{exposure.id}"
        for exposure in night.truth.exposures
        if any(flag["flag"] == "junk" for flag in exposure.flags)
    }
    assert said == true
    assert true


def test_withdrawn_flags(store: Progenitor, night: Night) -> None:
    rows = answers(store, "withdrawn-flags")
    true = [one for one in night.truth.messages if one["ended"] and one["flag"] not in (None, "none")]
    assert sorted((row["flag"], row["withdrawn"]) for row in rows) == sorted(
        (one["flag"], utc(one["ended_at"])) for one in true
    )
    gaps = {row["gap"].rpartition("#")[2] for row in rows if row["gap"]}
    assert gaps == {"DeleterUnknown", "EditorUncertain"}


def test_edited_messages(store: Progenitor, night: Night) -> None:
    rows = answers(store, "edited-messages")
    edits = [one for one in night.truth.messages if one["parent"]]
    assert len(rows) == len(edits)
    assert {(row["who"], row["after"]) for row in rows} == {(one["edited_by"], one["text"]) for one in edits}


def test_time_lost_and_the_report(store: Progenitor, night: Night) -> None:
    (lost,) = answers(store, "time-lost-in-a-night")
    assert (lost["hours"], lost["type"], lost["system"]) == ("0.3", "fault", "Simonyi/MTMount")
    assert lost["ticket"] == f"ticket/{night.truth.tickets[0]['key']}"
    rows = answers(store, "report-of-a-night")
    assert [row["crew"] for row in rows] == ["ahopper", "cperalta"]


def test_what_is_asked_again_is_not_read_again(store: Progenitor, services: WebServices, night: Night) -> None:
    source = SourceSettings(mapping="exposurelog", location=services.url, partitions=[str(DAY_OBS)])
    report = ingest(store.directory, [source], Settings(), only_changed=True)
    assert [partition.key for partition in report.skipped] == ["2025-11-01"]
