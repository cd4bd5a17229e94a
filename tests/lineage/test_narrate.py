"""What `show` says of every kind of node, against the demo repository's own counts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from progenitor.identifiers import mint
from progenitor.lineage.describe import Description
from progenitor.lineage.parts import MOST_FIELDS, parts
from progenitor.model import Term
from progenitor.provenance import Progenitor

pytestmark = [pytest.mark.butler, pytest.mark.xdist_group("demo")]

RUN = "u/demo/drp"


@pytest.fixture(scope="module")
def progenitor(demo_store: Path) -> Iterator[Progenitor]:
    with Progenitor.open(demo_store) as opened:
        yield opened


def one(progenitor: Progenitor, pattern: str) -> str:
    """Return the least ``?it`` that fits a pattern."""
    ((term,),) = progenitor.query(f"SELECT ?it WHERE {{ {pattern} }} ORDER BY ?it LIMIT 1")  # type: ignore[misc]
    assert isinstance(term, Term)
    return term.value


def number(progenitor: Progenitor, pattern: str) -> int:
    """Count the solutions of a pattern."""
    ((term,),) = progenitor.query(f"SELECT (COUNT(*) AS ?n) WHERE {{ {pattern} }}")  # type: ignore[misc]
    assert isinstance(term, Term)
    return int(term.value)


def show(progenitor: Progenitor, *keys: str) -> Description:
    return progenitor.show(mint(progenitor.base, *keys))


def values(description: Description, name: str) -> list[str]:
    return [fact.value for fact in description.facts if fact.name == name]


def test_run(progenitor: Progenitor) -> None:
    description = show(progenitor, "collection", "demo", RUN)
    members = number(progenitor, f"<{description.iri}> prov:hadMember ?it")
    assert sum(description.related["datasets"].values()) == members > 0
    quanta = description.related["quanta"]
    assert quanta["calibrateImage FAILED"] == 1
    planned = number(
        progenitor, f'?it a pg:PlannedQuantum ; pg:plannedBy ?p FILTER(CONTAINS(STR(?p), "{"u%2Fdemo%2Fdrp/"}"))'
    )
    assert sum(count for name, count in quanta.items() if name.endswith("BLOCKED")) == planned > 0
    assert sum(description.related["tasks run with"].values()) > 0
    ((start,), (end,)) = values(description, "first quantum started"), values(description, "last quantum ended")
    assert start < end
    assert f"{members} datasets" in description.sentence


def test_chained_collection_lists_its_members_in_search_order(progenitor: Progenitor) -> None:
    description = show(progenitor, "collection", "demo", "u/demo/all")
    rows = progenitor.query(
        f"SELECT ?label WHERE {{ ?s prov:specializationOf <{description.iri}> ; pg:qualifiedMembership ?m ."
        " ?m pg:position ?position ; pg:member/rdfs:label ?label } ORDER BY ?position"
    )
    assert values(description, "member") == [row[0].value for row in rows]  # type: ignore[union-attr]


def test_tagged_collection_lists_its_members(progenitor: Progenitor) -> None:
    description = show(progenitor, "collection", "demo", "u/demo/high")
    listed = values(description, "member")
    assert len(listed) == sum(description.related["members"].values()) > 0
    assert listed == sorted(listed)


def test_calibration_collection_and_its_datasets_tell_validity(progenitor: Progenitor) -> None:
    calibrations = show(progenitor, "collection", "demo", "LSSTCam/calib/demo")
    assert "bias detector=0 from 2025-11-01T12:00:00Z until 2025-11-08T12:00:00Z" in values(calibrations, "member")
    assert "bias detector=0 from 2025-11-08T12:00:00Z without end" in values(calibrations, "member")
    bias = progenitor.show(one(progenitor, "?m pg:member ?it ; pg:validUntil ?u"))
    assert values(bias, "valid") == [
        "from 2025-11-01T12:00:00Z until 2025-11-08T12:00:00Z in LSSTCam/calib/demo",
    ]


def test_configuration(progenitor: Progenitor) -> None:
    iri = one(progenitor, "?it pg:configClass ?c ; dcterms:hasPart ?f")
    description = progenitor.show(iri)
    fields = number(progenitor, f"<{iri}> dcterms:hasPart ?f")
    assert len(values(description, "field")) == min(fields, MOST_FIELDS)
    assert sum(description.related["plans"].values()) == number(progenitor, f"?p pg:configuration <{iri}>") > 0
    assert "nothing" not in description.sentence


def test_a_cut_list_says_how_many_more(progenitor: Progenitor, monkeypatch: pytest.MonkeyPatch) -> None:
    iri = one(progenitor, "?it pg:configClass ?c ; dcterms:hasPart ?f, ?g FILTER(?f != ?g)")
    monkeypatch.setattr("progenitor.lineage.parts.MOST_FIELDS", 1)
    rest = number(progenitor, f"<{iri}> dcterms:hasPart ?f") - 1
    assert parts(progenitor.snapshot.graph, progenitor.base, iri)[-1].value == f"… and {rest} more"
    assert "more than 1 field" in progenitor.show(iri).sentence


def test_software_environment(progenitor: Progenitor) -> None:
    iri = one(progenitor, "?q prov:wasAssociatedWith ?it")
    description = progenitor.show(iri)
    assert any(value.startswith("numpy ") for value in values(description, "package"))
    assert sum(description.related["quanta"].values()) == number(progenitor, f"?q prov:wasAssociatedWith <{iri}>")


def test_plan_and_pipeline(progenitor: Progenitor) -> None:
    plan = show(progenitor, "plan", "demo", RUN, "isr")
    assert (
        plan.related["quanta"]["SUCCESSFUL"]
        == show(progenitor, "pipeline", "demo", RUN).related["quanta"]["isr SUCCESSFUL"]
    )
    assert "made nothing" not in plan.sentence
    assert values(plan, "pg:configuration")


def test_data_and_data_id(progenitor: Progenitor) -> None:
    data = one(
        progenitor, "?it pg:dataId ?id . ?d prov:specializationOf ?it . ?e prov:specializationOf ?it FILTER(?d != ?e)"
    )
    assert len(progenitor.show(data).related["datasets"]) > 1
    data_id = progenitor.show(one(progenitor, f"<{data}> pg:dataId ?it"))
    assert data_id.related["quanta"]
    assert data_id.related["datasets"]


def test_planned_dataset_says_why_it_never_came(progenitor: Progenitor) -> None:
    iri = one(progenitor, '?it a pg:PlannedDataset . ?q pg:plannedOutput ?it ; pg:status "BLOCKED"')
    sentence = progenitor.show(iri).sentence
    assert "planned and never came" in sentence
    assert f"in the run {RUN}" in sentence
    assert "BLOCKED" in sentence


def test_a_blocked_quantum_counts_what_it_was_to_make(progenitor: Progenitor) -> None:
    description = progenitor.show(one(progenitor, '?it pg:status "BLOCKED" ; pg:plannedOutput ?d'))
    planned = number(progenitor, f"<{description.iri}> pg:plannedOutput ?d")
    assert sum(description.related["planned outputs"].values()) == planned > 0
    assert not description.outputs


@pytest.mark.parametrize(
    ("pattern", "relation"),
    [
        ("?it a prov:Location", "quanta"),
        ("?it a prov:Person", "collections"),
        ("?it a voprov:ActivityDescription", "quanta"),
        ("?d voprov:isDescribedBy ?it . ?it a voprov:DatasetDescription", "datasets"),
        ("?e dcterms:hasPart ?it . ?it voprov:version ?v", "software environments"),
    ],
)
def test_others_count_what_refers_to_them(progenitor: Progenitor, pattern: str, relation: str) -> None:
    description = progenitor.show(one(progenitor, pattern))
    assert sum(description.related[relation].values()) > 0
    assert ":" in description.sentence


def test_a_raw_image_is_used_through_its_datasets(progenitor: Progenitor) -> None:
    iri = one(progenitor, "?d prov:specializationOf ?it . ?it prov:wasGeneratedBy ?x . ?q prov:used ?d")
    description = progenitor.show(iri)
    users = number(progenitor, f"?d prov:specializationOf <{iri}> . ?q prov:used ?d")
    assert sum(description.outputs.values()) == users > 0
    assert description.label.startswith("raw image exposure=")


@pytest.mark.parametrize(
    ("pattern", "beginning", "end"),
    [
        ("?it voprov:isDescribedBy <{base}dataset-type/isr_log>", "isr_log detector=", ""),
        ("?it a pg:Attempt ; dcterms:isPartOf/pg:status 'FAILED'", "calibrateImage detector=", ""),
        ("?it a pg:Attempt ; pg:attemptNumber 0", "", "attempt 0"),
        ("?it a pg:InitQuantum", "", " (init)"),
    ],
)
def test_labels_through_the_quantum(progenitor: Progenitor, pattern: str, beginning: str, end: str) -> None:
    label = progenitor.show(one(progenitor, pattern.replace("{base}", progenitor.base))).label
    assert label.startswith(beginning)
    assert label.endswith(end)


def test_every_kind_of_node_gets_a_sentence(progenitor: Progenitor) -> None:
    for row in progenitor.query("SELECT (MIN(?s) AS ?it) WHERE { ?s a ?type } GROUP BY ?type"):  # type: ignore[union-attr]
        description = progenitor.show(row[0].value)  # type: ignore[union-attr]
        assert description.sentence.endswith(".")
        assert "only named" not in description.sentence
