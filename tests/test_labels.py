"""Labels: every kind of docs/architecture.md has one that a person can read."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given

from progenitor.identifiers import mint
from progenitor.labels import label_of, labels_of
from progenitor.model import Term
from progenitor.terms import LABEL, PROV, XSD
from support.answers import BASE, coadd, iris

UUID = "0199f2b0-1234-7000-8000-abcdef012345"
DIGEST = "0123456789abcdef" * 4
ARCHITECTURE = Path(__file__).parents[1] / "docs/architecture.md"

EXAMPLES = {
    ("dataset", UUID): "dataset …abcdef012345",
    ("data", "deepCoadd", "skymap~demo~tract~0~patch~3~band~i"): "deepCoadd tract=0 patch=3 band=i",
    ("data-id", "instrument~LSSTCam~visit~2025110100010~detector~4"): "visit=2025110100010 detector=4",
    ("dataset-type", "deepCoadd"): "deepCoadd",
    ("quantum", UUID): "quantum …abcdef012345",
    ("task", "lsst.ip.isr.IsrTaskLSST"): "IsrTaskLSST",
    ("collection", "dr1", "u/me/drp"): "u/me/drp",
    ("plan", "dr1", "u/me/drp", "isr"): "isr as configured",
    ("pipeline", "dr1", "u/me/drp"): "pipeline of u/me/drp",
    ("config", "sha256", DIGEST): "configuration 01234567",
    ("software", "lsst_pipe_base", "30.0"): "lsst_pipe_base 30.0",
    ("software-environment", "sha256", DIGEST): "software environment 01234567",
    ("host", "sdfmilan001"): "sdfmilan001",
    ("agent", "me"): "me",
    ("exposure", "LSSTCam", "2025110100010"): "exposure 2025110100010",
    ("raw", "LSSTCam", "2025110100010", "4"): "raw image exposure=2025110100010 detector=4",
    ("source", "butler"): "source butler",
    ("partition", "butler", "dr1/u/me"): "partition butler dr1/u/me",
    ("mapping", "sha256", DIGEST): "mapping sha256 …456789abcdef",
    ("ingest", "butler", "dr1/u/me", "7"): "ingest dr1/u/me 7",
    ("batch", "butler", "dr1/u/me", "7"): "batch dr1/u/me 7",
    ("answer", "sha256", DIGEST): "answer sha256 …456789abcdef",
}


@pytest.mark.parametrize(("keys", "expected"), EXAMPLES.items(), ids=lambda value: str(value[0]))
def test_label_of_each_kind(keys: tuple[str, ...], expected: str) -> None:
    assert label_of(BASE, mint(BASE, *keys)) == expected


def test_every_kind_of_the_architecture_has_an_example() -> None:
    rows = [line for line in ARCHITECTURE.read_text().splitlines() if line.startswith("| `")]
    named = [name for row in rows for name in row.split("|")[1].split("`")[1::2]]
    kinds = {name.partition("/")[0] for name in named if "/" in name}
    assert kinds == {keys[0] for keys in EXAMPLES}


@pytest.mark.parametrize(
    ("iri", "expected"),
    [
        (f"{BASE}quantum/{UUID}#attempt-2", "quantum …abcdef012345 attempt 2"),
        (f"{BASE}collection/dr1/LSSTCam%2Fcalib#state-{DIGEST}", "LSSTCam/calib state …456789abcdef"),
        (f"{BASE}task/lsst.ip.isr.IsrTaskLSST#role-flat", "IsrTaskLSST role flat"),
        (f"{BASE}dataset/{UUID}#derivation-{UUID}", "dataset …abcdef012345 derivation …abcdef012345"),
        (f"{BASE}plan/dr1/run/isr#association", "association of isr"),
        (f"{BASE}config/sha256/{DIGEST}#doBias", "doBias"),
        (f"{BASE}batch/butler/dr1%2Fu/7", "batch dr1/u 7"),
        (f"{BASE}catalogue", f"{BASE}catalogue"),
        (BASE + "data-id/instrument~LSSTCam", "instrument=LSSTCam"),
        (BASE + "data-id/detector~a%257Eb", "detector=a~b"),
        (PROV + "used", "prov:used"),
        ("https://example.org/x", "https://example.org/x"),
    ],
)
def test_label_of_others(iri: str, expected: str) -> None:
    assert label_of(BASE, iri) == expected


def test_known_facts_make_a_better_label() -> None:
    dataset, data_id = mint(BASE, "dataset", UUID), mint(BASE, "data-id", "tract~0~patch~3~band~i")
    type_ = mint(BASE, "dataset-type", "deepCoadd")
    assert label_of(BASE, dataset, what=type_, data_id=data_id) == "deepCoadd tract=0 patch=3 band=i"
    assert label_of(BASE, dataset, what="deepCoadd") == "deepCoadd …abcdef012345"
    assert label_of(BASE, dataset, data_id=data_id) == "dataset …abcdef012345 tract=0 patch=3 band=i"
    assert label_of(BASE, mint(BASE, "quantum", UUID), what="isr", init=True) == "isr (init)"
    attempt = mint(BASE, "quantum", UUID) + "#attempt-0"
    assert label_of(BASE, attempt, what="isr", data_id=data_id) == "isr tract=0 patch=3 band=i attempt 0"


def test_labels_of_an_answer() -> None:
    lineage, statements = coadd(1, 1)
    labels = labels_of(BASE, statements)
    assert labels[lineage.starts[0]] == "deep_coadd tract=0 patch=3 band=i"
    assert "isr exposure=2025110100010 detector=0" in labels.values()
    assert labels_of(BASE, reversed(statements)) == labels


def test_a_given_label_wins() -> None:
    iri = mint(BASE, "dataset", UUID)
    assert labels_of(BASE, [(iri, LABEL, Term("the one", XSD + "string"))]) == {iri: "the one"}


@given(iris())
def test_any_iri_has_a_label_that_can_be_printed(iri: str) -> None:
    label = label_of(BASE, iri)
    assert label
    assert label.isprintable() or not iri.startswith(BASE)
