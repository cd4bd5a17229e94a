"""A store made of real services under each setting of privacy: nothing that is to be hidden is anywhere in it."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from night.plan import DAY_OBS, Plan
from night.simulation import Night, simulate
from night.writing import Change
from progenitor.config import PrivacySettings, Settings, SourceSettings
from progenitor.errors import ConfigurationError
from progenitor.ingest import IngestReport, ingest
from progenitor.mapping.privacy import WITHHELD
from progenitor.provenance import Progenitor
from servers.observatory import WebServices, web_services
from support.efd_graph import BASE
from support.mappings import read_rows, write_folder

LOGS = ("exposurelog", "narrativelog", "nightreport")
VARIABLE, KEY = "OUR_KEY", "correct horse battery staple"
PEOPLE = ("ahopper", "cperalta", "mvaldes", "unfit-person")
UNFIT = "words that are no text"
PSEUDONYMS = PrivacySettings(people="pseudonymise", text="pseudonymise", key_env=VARIABLE)
DROPPED = PrivacySettings(people="drop", text="drop")


@pytest.fixture(scope="module")
def night() -> Night:
    """A night, with a message whose text is no text and whose author is no name."""
    fields = {"obs_id": "MC_O_20251101_000010", "instrument": "LSSTCam", "day_obs": DAY_OBS}
    unfit = {"message_text": {"said": UNFIT}, "user_id": ["unfit-person"], "level": "high"}
    night = simulate(Plan(visits=12))
    message = Change(0, "exposurelog", lambda log: log.add("2025-11-02T02:00:00", "unfit", **fields, **unfit))
    return replace(night, changes=[message, *night.changes])


@pytest.fixture(scope="module")
def services(night: Night) -> Iterator[WebServices]:
    with web_services(night) as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Path:
    Progenitor.create(tmp_path / "store", base=BASE).close()
    return tmp_path / "store"


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, KEY)


def read(store: Path, services: WebServices, privacy: PrivacySettings, *logs: str) -> IngestReport:
    sources = [SourceSettings(mapping=log, location=services.url, partitions=[str(DAY_OBS)]) for log in logs or LOGS]
    report = ingest(store, sources, Settings(privacy=privacy), only_changed=True)
    assert not report.failed
    return report


def dump(store: Path, *, catalogue: bool = False) -> bytes:
    with Progenitor.open(store) as progenitor:
        return b"".join(progenitor.dump(catalogue=catalogue))


def everything(store: Path) -> str:
    """All that is in a store: the bytes of every file, the rows of the archive, the graph with its catalogue."""
    files = [file for file in store.rglob("*") if file.is_file()]
    assert any(file.suffix == ".jsonl" for file in files)
    texts = [file.read_bytes().decode("latin-1") for file in files]
    texts += [str(row) for file in files if file.suffix == ".parquet" for row in read_rows(file)]
    return "\n".join([*texts, dump(store, catalogue=True).decode()])


def texts_of(night: Night) -> set[str]:
    return {str(message["text"]) for message in night.truth.messages} | {UNFIT}


def pseudonym(value: str, key: str = KEY) -> str:
    return hmac.new(key.encode(), value.encode(), hashlib.sha256).hexdigest()


def test_as_it_comes_everything_is_kept(store: Path, services: WebServices, night: Night) -> None:
    read(store, services, PrivacySettings())
    kept = everything(store)
    assert all(value in kept for value in {*PEOPLE, *texts_of(night)})


@pytest.mark.parametrize("privacy", [PSEUDONYMS, DROPPED], ids=["pseudonyms", "dropped"])
def test_nothing_private_is_anywhere_in_the_store(
    privacy: PrivacySettings, store: Path, services: WebServices, night: Night
) -> None:
    report = read(store, services, privacy)
    assert [record.set_aside for record in report.kept] == [1, 0, 0]
    kept = everything(store)
    assert [value for value in {*PEOPLE, *texts_of(night), KEY} if value in kept] == []
    (letter,) = [json.loads(line) for file in store.rglob("*.jsonl") for line in file.read_text().splitlines()]
    assert letter["reason"] == WITHHELD
    assert (letter["record"]["obs_id"], letter["record"]["level"]) == ("MC_O_20251101_000010", "high")


@pytest.mark.parametrize("privacy", [PSEUDONYMS, DROPPED], ids=["pseudonyms", "dropped"])
def test_a_store_that_was_open_is_made_private(
    privacy: PrivacySettings, store: Path, services: WebServices, night: Night
) -> None:
    read(store, services, PrivacySettings())
    assert len(read(store, services, privacy).kept) == len(LOGS)
    with Progenitor.open(store) as progenitor:
        progenitor.rebuild()
        progenitor.prune(1)
    kept = everything(store)
    assert [value for value in {*PEOPLE, *texts_of(night)} if value in kept] == []


def test_what_is_asked_of_people_is_answered_by_pseudonyms(store: Path, services: WebServices, night: Night) -> None:
    read(store, services, PSEUDONYMS)
    with Progenitor.open(store) as progenitor:
        rows = progenitor.query("SELECT ?who (COUNT(?m) AS ?n) WHERE { ?m prov:wasAttributedTo ?who } GROUP BY ?who")
        found = {who.value: int(count.value) for who, count in rows}
    written = [message["by"] for message in night.truth.messages]
    assert found == {f"{BASE}agent/{pseudonym(login)}": written.count(login) for login in set(written)}


def test_a_dropped_person_leaves_no_gap_and_an_unknown_one_does(store: Path, services: WebServices) -> None:
    asked = "SELECT ?gap WHERE { ?x pg:gap ?gap } GROUP BY ?gap"
    read(store, services, DROPPED)
    with Progenitor.open(store) as progenitor:
        assert {gap.value.rpartition("#")[2] for (gap,) in progenitor.query(asked)} == {"DeleterUnknown"}
        assert not list(progenitor.query("SELECT ?x WHERE { ?x prov:wasAttributedTo ?who }"))


def test_a_changed_setting_or_key_is_mapped_again_and_the_same_is_not(
    store: Path, services: WebServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kept(privacy: PrivacySettings) -> int:
        return len(read(store, services, privacy, "exposurelog").kept)

    assert kept(PrivacySettings()) == 1
    first = dump(store)
    assert kept(PrivacySettings()) == 0
    assert kept(PSEUDONYMS) == 1
    mine = dump(store)
    assert kept(PSEUDONYMS) == 0
    monkeypatch.setenv(VARIABLE, f"{KEY}, and another")
    assert kept(PSEUDONYMS) == 1
    assert dump(store) != mine
    assert kept(DROPPED) == 1
    assert kept(PrivacySettings()) == 1
    assert dump(store) == first


def test_one_person_has_one_pseudonym_in_every_source(store: Path, services: WebServices, tmp_path: Path) -> None:
    queue = write_folder(
        tmp_path / "queue",
        """
        prefixes: {prov: "http://www.w3.org/ns/prov#"}
        mappings:
          request:
            sources: [request_v]
            subject: request/$(id)
            predicateobjects: [[prov:wasAttributedTo, "agent/$(login)~iri"]]
        """,
        "CREATE VIEW request_v AS"
        " SELECT id, split_part(identity, '@', 1) AS login FROM request WHERE identity LIKE '%@%';",
        "reader: files\nprivacy: {request: {identity: identity}}\ntables: {request: {path: request.csv}}\n",
    )
    folder = tmp_path / "requests"
    folder.mkdir()
    (folder / "request.csv").write_text("id,identity\n1,ahopper@summit-notebook\n2,Scheduler:1\n")
    read(store, services, PSEUDONYMS)
    ingest(store, [SourceSettings(mapping=str(queue), location=str(folder))], Settings(privacy=PSEUDONYMS))
    with Progenitor.open(store) as progenitor:
        found = progenitor.query(f"SELECT ?x WHERE {{ ?x prov:wasAttributedTo <{BASE}agent/{pseudonym('ahopper')}> }}")
        kinds = {thing.value.removeprefix(BASE).split("/")[0] for (thing,) in found}
    assert kinds == {"request", "log"}
    assert "summit-notebook" not in everything(store)


@pytest.mark.parametrize(("value", "words"), [(None, "is not set"), ("", "is not set"), ("short", "fewer than 16")])
@pytest.mark.parametrize("privacy", [PSEUDONYMS, PrivacySettings(text="pseudonymise", key_env=VARIABLE)])
def test_pseudonyms_need_a_key(
    privacy: PrivacySettings,
    value: str | None,
    words: str,
    store: Path,
    services: WebServices,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(VARIABLE) if value is None else monkeypatch.setenv(VARIABLE, value)
    services.asked.clear()
    with pytest.raises(ConfigurationError, match=words) as caught:
        read(store, services, privacy)
    assert VARIABLE in str(caught.value)
    assert not value or value not in str(caught.value)
    assert not services.asked


def test_a_column_that_is_not_there_stops_the_source_before_anything_is_read(
    store: Path, services: WebServices, tmp_path: Path
) -> None:
    source = """
        reader: http
        privacy: {message: {user: person}}
        tables:
          message: {path: /exposurelog/messages, columns: {id: VARCHAR, user_id: VARCHAR}}
    """
    folder = write_folder(
        tmp_path / "log",
        "mappings: {m: {sources: [message], subject: log/$(id), predicateobjects: [[a, prov:Entity]]}}",
        source=source,
    )
    services.asked.clear()
    report = ingest(store, [SourceSettings(mapping=str(folder), location=services.url)], Settings())
    ((_, error),) = report.failed
    assert "has no column 'user'" in str(error)
    assert not services.asked
