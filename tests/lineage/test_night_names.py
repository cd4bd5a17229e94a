"""What people call the things of a night, and what `show` then says of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from progenitor.errors import NotFoundError, QueryError
from progenitor.model import Term
from progenitor.provenance import Progenitor

pytestmark = [pytest.mark.butler, pytest.mark.xdist_group("demo")]


@pytest.fixture(scope="module")
def progenitor(observatory_store: Path) -> Iterator[Progenitor]:
    with Progenitor.open(observatory_store) as opened:
        yield opened


def least(progenitor: Progenitor, pattern: str) -> str:
    """Return the least ``?it`` that fits a pattern."""
    ((term,),) = progenitor.query(f"SELECT ?it WHERE {{ {pattern} }} ORDER BY ?it LIMIT 1")  # type: ignore[misc]
    assert isinstance(term, Term)
    return term.value


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("2025110100010", "exposure/LSSTCam/2025110100010"),
        ("night 20251101", "night/20251101"),
        ("night 2025-11-01", "night/20251101"),
        ("block BLOCK-365", "block/BLOCK-365"),
        ("BL365_O_20251101_000001", "block-run/BL365_O_20251101_000001"),
        ("MAINT-20394", "ticket/MAINT-20394"),
        ("ticket OBS-20394", "ticket/OBS-20394"),
        ("agent ahopper", "agent/ahopper"),
        ("ScriptQueue:1", "csc/ScriptQueue%3A1"),
        ("csc MTMount", "csc/MTMount"),
        ("system Simonyi/MTMount", "system/Simonyi%2FMTMount"),
        ("group 2025-11-02T02:30:33.000", "group/LSSTCam/2025-11-02T02%3A30%3A33.000"),
        ("group 2025-11-02T02:30:33.000 instrument=LSSTCam", "group/LSSTCam/2025-11-02T02%3A30%3A33.000"),
    ],
)
def test_a_name_of_each_kind(progenitor: Progenitor, text: str, path: str) -> None:
    assert progenitor.show(text).iri == progenitor.base + path


def test_a_message_by_its_uuid(progenitor: Progenitor) -> None:
    for log in ("exposurelog", "narrativelog", "nightreport"):
        message = least(progenitor, f"?it a pg:LogMessage FILTER(CONTAINS(STR(?it), '/log/{log}/'))")
        assert progenitor.show(message.rpartition("/")[2].upper()).iri == message


@pytest.mark.parametrize("told", ["script 100001", "track_target_and_take_image_lsstcam.py 100001"])
@pytest.mark.parametrize(
    "more", ["night=20251101", "night=2025-11-01", "start=2025-11-02T02:04", "queue=1 night=20251101"]
)
def test_a_script_run_by_its_index_and_its_night(progenitor: Progenitor, told: str, more: str) -> None:
    found = progenitor.show(f"{told} {more}").iri
    assert found.startswith(f"{progenitor.base}script-run/1/2025-11-02T02%3A04") and found.endswith("/100001")


@pytest.mark.parametrize("more", ["night=20251102", "night=20251031", "start=2024", "queue=3"])
def test_a_script_run_of_another_night(progenitor: Progenitor, more: str) -> None:
    with pytest.raises(NotFoundError):
        progenitor.show(f"script 100001 {more}")


@pytest.mark.parametrize("text", ["night today", "night 20251301", "script 100001 night=yesterday"])
def test_a_night_that_is_none(progenitor: Progenitor, text: str) -> None:
    with pytest.raises(QueryError, match="is not a night"):
        progenitor.show(text)


def related(progenitor: Progenitor, text: str, relation: str) -> int:
    return sum(progenitor.show(text).related.get(relation, {}).values())


def test_what_is_related_is_counted(progenitor: Progenitor) -> None:
    def count(pattern: str) -> int:
        ((term,),) = progenitor.query(f"SELECT (COUNT(DISTINCT ?it) AS ?n) WHERE {{ {pattern} }}")  # type: ignore[misc]
        assert isinstance(term, Term)
        return int(term.value)

    person, block = f"<{progenitor.base}agent/ahopper>", f"<{progenitor.base}block/BLOCK-365>"
    expected = {
        ("night 20251101", "exposures"): count("?it a pg:Exposure ; pg:dayObs 20251101"),
        ("agent ahopper", "script runs asked for"): count(
            f"?request prov:wasAttributedTo {person} . ?it prov:wasStartedBy ?request ; a pg:ScriptRun"
        ),
        ("BLOCK-365", "exposures"): count(
            f"?block prov:used {block} . ?run prov:wasInformedBy ?block . ?it prov:wasInformedBy ?run"
        ),
    }
    for (text, relation), number in expected.items():
        assert related(progenitor, text, relation) == number > 0, (text, relation)


def test_a_sentence_says_what_a_thing_is_and_whose(progenitor: Progenitor) -> None:
    assert progenitor.show("MAINT-20394").sentence.startswith(
        "MAINT-20394: Replace fan of elevation drive 3 is a ticket by Mara Valdes of 2025-11-02 06:43:23 UTC"
    )
    edited = least(progenitor, "?it a pg:LogMessage ; prov:invalidatedAtTime ?time")
    assert "is a log message by" in progenitor.show(edited).sentence
    assert "no longer valid since" in progenitor.show(edited).sentence
    for text in ("BLOCK-365", "csc MTMount", "night 20251101", "script 100001 night=20251101"):
        sentence = progenitor.show(text).sentence
        assert "nothing" not in sentence, sentence
