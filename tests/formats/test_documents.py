"""PROV-JSON, PROV-N and PROV-XML: read back equal, one record a relation, the same bytes for the same answer."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

import prov
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prov.model import ProvDocument

from progenitor.errors import FormatError
from progenitor.formats import render
from progenitor.formats.document import SYNTAXES, document_of
from progenitor.formats.records import Record, records_of
from progenitor.formats.selection import select
from progenitor.model import Term
from progenitor.terms import LABEL, PG, PROV, TYPE, VOPROV, XSD
from support.answers import BASE, AnswerBuilder, answers, coadd

XML_NAMESPACE = re.compile(r"(?:[!-$&-~]|%[0-9A-F]{2})+")
"""Namespaces that XML tools take: URIs, so without the letters that IRIs may have besides."""

pytestmark = pytest.mark.filterwarnings("error")


def read(content: bytes, name: str) -> ProvDocument:
    document = prov.read(io.BytesIO(content), format=SYNTAXES[name])
    assert document is not None
    return document


def records(kind: str, found: list[Record]) -> list[Record]:
    return [record for record in found if record.kind == kind]


@pytest.mark.parametrize("name", SYNTAXES)
def test_a_coadd_reads_back_equal(name: str) -> None:
    lineage, statements = coadd()
    expected = document_of(records_of(select(lineage, statements, BASE)), BASE)
    read_back = read(render(lineage, statements, name, base=BASE), name)
    # The labels that a document adds for people are not in the graph.
    without_labels = ProvDocument()
    for record in read_back.get_records():
        attributes = [pair for pair in record.attributes if str(pair[0]) != "prov:label" or "lineage" in str(pair[1])]
        without_labels.new_record(record.get_type(), record.identifier, attributes)
    assert without_labels == expected
    assert len(list(read_back.get_records())) > len(lineage.nodes) + len(lineage.edges)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(answers())
def test_any_answer_reads_back_the_same_from_every_format(answer: tuple) -> None:
    lineage, statements = answer
    built = list(built_from(answer).get_records())
    documents = [read(render(lineage, statements, name, base=BASE), name) for name in writable(answer)]
    assert all(document == documents[0] for document in documents)
    found = list(documents[0].get_records())
    assert [(r.get_type(), r.identifier) for r in found] == [(r.get_type(), r.identifier) for r in built]


def built_from(answer: tuple) -> ProvDocument:
    lineage, statements = answer
    return document_of(records_of(select(lineage, statements, BASE), things=[node.iri for node in lineage.nodes]), BASE)


def writable(answer: tuple) -> list[str]:
    """Return the formats that can hold an answer; that XML refuses others is asserted here."""
    lineage, statements = answer
    document = built_from(answer)
    if all(XML_NAMESPACE.fullmatch(namespace.uri) for namespace in document.namespaces):
        return list(SYNTAXES)
    with pytest.raises(FormatError, match="prov-xml"):
        render(lineage, statements, "prov-xml", base=BASE)
    return ["prov-json", "prov-n"]


@settings(max_examples=40, deadline=None)
@given(answers(), st.randoms())
def test_equal_answers_give_equal_bytes_whatever_the_order(answer: tuple, random: object) -> None:
    lineage, statements = answer
    shuffled = list(statements)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    for name in writable(answer):
        assert render(lineage, statements, name, base=BASE) == render(lineage, shuffled, name, base=BASE)


def test_bytes_do_not_depend_on_the_hash_seed() -> None:
    script = (
        "import sys, hashlib; from support.answers import BASE, coadd; from progenitor.formats import render;"
        "a, s = coadd(); print([hashlib.sha256(render(a, s, n, base=BASE)).hexdigest() for n in"
        " ('prov-json', 'prov-n', 'prov-xml', 'json', 'dot')])"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": "tests"},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


def test_a_control_character_is_refused_by_xml_with_a_hint_and_kept_by_the_others() -> None:
    answer = AnswerBuilder()
    thing = answer.dataset("x", "detector~1", 0)
    answer.say(thing, PG + "note", "bell\x07", XSD + "string")
    lineage = answer.lineage(thing)
    with pytest.raises(FormatError, match=r"prov-xml.*prov-json"):
        render(lineage, answer.statements, "prov-xml", base=BASE)
    for name in ("prov-json", "prov-n"):
        document = read(render(lineage, answer.statements, name, base=BASE), name)
        assert any(value == "bell\x07" for record in document.get_records() for _, value in record.attributes)


def test_a_qualified_relation_is_one_record_and_hides_the_shortcut() -> None:
    derivation = BASE + "derivation/1"
    found = records_of(
        [
            (BASE + "dataset/b", PROV + "qualifiedDerivation", Term(derivation)),
            (BASE + "dataset/b", PROV + "wasDerivedFrom", Term(BASE + "dataset/a")),
            (BASE + "dataset/b", PROV + "wasDerivedFrom", Term(BASE + "dataset/c")),
            (derivation, PG + "weight", Term("0.25", XSD + "double")),
            (derivation, PROV + "entity", Term(BASE + "dataset/a")),
            (derivation, TYPE, Term(PROV + "Derivation")),
        ]
    )
    bare, qualified = records("Derivation", found)
    assert qualified.identifier == derivation
    assert dict(qualified.formal)["usedEntity"] == Term(BASE + "dataset/a")
    assert qualified.attributes == ((PG + "weight", Term("0.25", XSD + "double")),)
    assert (bare.identifier, dict(bare.formal)["usedEntity"]) == (None, Term(BASE + "dataset/c"))


def test_each_quantum_has_an_association_of_its_own_with_its_agent_and_its_plan() -> None:
    lineage, statements = coadd(2, 1)
    chosen = records_of(select(lineage, statements, BASE))
    found = records("Association", chosen)
    quanta = {record.identifier for record in records("Activity", chosen)}
    assert len(found) == len(quanta) == 7
    assert {record.identifier for record in found} == {f"{quantum}#association" for quantum in quanta}
    assert {dict(record.formal)["activity"].value for record in found} == quanta
    assert all({"activity", "agent", "plan"} == dict(record.formal).keys() for record in found)
    assert not any(name == PG + "plan" for record in chosen for name, _ in record.attributes)


def test_a_node_that_qualifies_two_relations_lends_neither_its_iri() -> None:
    usage = BASE + "usage/1"
    found = records_of(
        [
            (BASE + "quantum/1", PROV + "qualifiedUsage", Term(usage)),
            (BASE + "quantum/2", PROV + "qualifiedUsage", Term(usage)),
            (usage, PROV + "entity", Term(BASE + "dataset/a")),
        ]
    )
    assert [record.identifier for record in records("Usage", found)] == [None, None]


def test_a_revision_is_not_said_again_as_a_derivation() -> None:
    found = records_of(
        [
            (BASE + "batch/2", PROV + "wasDerivedFrom", Term(BASE + "batch/1")),
            (BASE + "batch/2", PROV + "wasRevisionOf", Term(BASE + "batch/1")),
        ]
    )
    (revision,) = records("Derivation", found)
    assert revision.attributes == ((PROV + "type", Term(PROV + "Revision")),)


def test_generation_time_goes_to_the_generation_or_makes_one() -> None:
    time = Term("2025-11-01T00:00:00Z", XSD + "dateTime")
    known = [
        (BASE + "dataset/a", PROV + "generatedAtTime", time),
        (BASE + "dataset/a", PROV + "wasGeneratedBy", Term(BASE + "quantum/1")),
        (BASE + "dataset/b", PROV + "generatedAtTime", time),
    ]
    with_activity, alone = records("Generation", records_of(known))
    assert with_activity.formal == (
        ("entity", Term(BASE + "dataset/a")),
        ("activity", Term(BASE + "quantum/1")),
        ("time", time),
    )
    assert alone.formal == (("entity", Term(BASE + "dataset/b")), ("time", time))


def test_a_time_that_is_none_stays_an_attribute() -> None:
    odd = Term("yesterday", XSD + "dateTime")
    found = records_of([(BASE + "dataset/a", PROV + "generatedAtTime", odd)])
    assert found == [Record("Entity", BASE + "dataset/a", (), ((PROV + "generatedAtTime", odd),))]


def test_the_inverse_of_a_generation_is_a_generation() -> None:
    (generation,) = records(
        "Generation", records_of([(BASE + "quantum/1", PROV + "generated", Term(BASE + "dataset/a"))])
    )
    assert generation.formal == (("entity", Term(BASE + "dataset/a")), ("activity", Term(BASE + "quantum/1")))


def test_roles_come_back_from_the_descriptions_of_the_task() -> None:
    answer = AnswerBuilder()
    raw, flat, other = (answer.dataset(name, "detector~1", 1) for name in ("raw", "flat", "other"))
    image = answer.dataset("post_isr_image", "detector~1", 0)
    answer.quantum("isr", "detector~1", 1, [raw, flat, other], [image])
    task = next(
        term.value for _, p, term in answer.statements if p == VOPROV + "isDescribedBy" and "/task/" in term.value
    )
    for kind, role, dataset_type in (
        ("usageDescription", "ccdExposure", "raw"),
        ("usageDescription", "flat", "flat"),
        ("usageDescription", "first", "other"),
        ("usageDescription", "second", "other"),
        ("generationDescription", "outputExposure", "post_isr_image"),
    ):
        description = f"{task}#{role}"
        answer.say(task, VOPROV + kind, description)
        answer.say(description, VOPROV + "role", role, XSD + "string")
        answer.say(description, VOPROV + "entityDescription", f"{BASE}dataset-type/{dataset_type}")
    document = read(render(answer.lineage(image), answer.statements, "prov-json", base=BASE), "prov-json")
    roles = {
        str(value): [str(role) for name, role in record.attributes if str(name) == "prov:role"]
        for record in document.get_records()
        if record.get_type().localpart in {"Usage", "Generation"}
        for name, value in record.formal_attributes
        if str(name) == "prov:entity"
    }
    found = {iri.rpartition(":")[2]: role for iri, role in roles.items()}
    assert [found[iri.rpartition("/")[2]] for iri in (raw, flat, other, image)] == [
        ["ccdExposure"],
        ["flat"],
        [],
        ["outputExposure"],
    ]


def test_a_qualified_usage_says_its_role_by_name() -> None:
    usage, role = BASE + "quantum/1#usage-flat", BASE + "task/a.B#role-flat"
    found = records_of(
        [
            (BASE + "quantum/1", PROV + "used", Term(BASE + "dataset/a")),
            (BASE + "quantum/1", PROV + "qualifiedUsage", Term(usage)),
            (usage, PROV + "entity", Term(BASE + "dataset/a")),
            (usage, PROV + "hadRole", Term(role)),
            (role, TYPE, Term(PROV + "Role")),
            (role, LABEL, Term("flat", XSD + "string")),
        ]
    )
    assert [record.kind for record in found] == ["Entity", "Activity", "Usage"]
    assert found[-1].attributes == ((PROV + "role", Term("flat", XSD + "string")),)


def test_the_document_says_what_bounds_it() -> None:
    answer = AnswerBuilder()
    thing = answer.dataset("x", "detector~1", 0)
    lineage = answer.lineage(thing, depth=2, truncated="limit")
    document = read(render(lineage, answer.statements, "prov-n", base=BASE), "prov-n")
    (bundle,) = [r for r in document.get_records() if any(str(v) == "pg:Answer" for _, v in r.attributes)]
    said = {str(name): getattr(value, "value", value) for name, value in bundle.attributes}
    assert (said["pg:depth"], said["pg:truncatedBy"], said["pg:snapshot"]) == ("2", "limit", "12")
    assert str(said["pg:start"]).endswith(thing.rpartition("/")[2])


def test_a_node_of_which_nothing_is_known_is_in_the_document() -> None:
    answer = AnswerBuilder()
    answer.nodes[BASE + "quantum/forgotten"] = 0
    document = read(render(answer.lineage(BASE + "quantum/forgotten"), [], "prov-json", base=BASE), "prov-json")
    assert document.get_record("quantum:forgotten")


def test_relations_beyond_the_bounds_are_left_out() -> None:
    answer = AnswerBuilder()
    image = answer.dataset("post_isr_image", "detector~1", 0)
    quantum = answer.quantum("isr", "detector~1", 1, [], [image])
    answer.say(quantum, PROV + "used", BASE + "dataset/beyond")
    found = records_of(select(answer.lineage(image, depth=1), answer.statements, BASE))
    assert not records("Usage", found)
    assert not any(record.identifier == BASE + "dataset/beyond" for record in found)
