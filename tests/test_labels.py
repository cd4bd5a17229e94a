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
TAI = "2025-11-02T02:40:56.968989"
HEADER = "MTHeaderService_header_MC_O_20251101_000010.yaml"
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
    ("raw", "LSSTCam", "2025110100010"): "raw image exposure=2025110100010",
    ("group", "LSSTCam", "2025-11-02T02:06:40.000#1"): "group 2025-11-02T02:06:40.000#1",
    ("script-run", "1", TAI, "100034"): "script 100034 of ScriptQueue:1, 2025-11-02T02:40:56 TAI",
    ("script-request", "1", TAI, "12"): "script request 12 of ScriptQueue:1, 2025-11-02T02:40:56 TAI",
    ("image-request", "MTCamera", TAI, "3"): "image request 3 of MTCamera, 2025-11-02T02:40:56 TAI",
    ("script", "ts_maintel_standardscripts", "maintel/take_image_lsstcam.py"): "maintel/take_image_lsstcam.py",
    ("software", "ts_standardscripts", "v1.40.0", "slew.py"): "ts_standardscripts v1.40.0 slew.py",
    ("block", "BLOCK-365"): "BLOCK-365",
    ("block-run", "BL365_O_20251101_000012"): "BL365_O_20251101_000012",
    ("target", "1", TAI, "12"): "target 12 of Scheduler:1",
    ("csc", "MTHexapod:1"): "MTHexapod:1",
    ("csc-run", "MTMount", TAI): "run of MTMount, 2025-11-02T02:40:56 TAI",
    ("csc-configuration", "MTMount", TAI): "configuration of MTMount, 2025-11-02T02:40:56 TAI",
    ("observatory-state", "sha256", DIGEST): "observatory state 01234567",
    ("fault", "MTMount", TAI): "fault of MTMount, 2025-11-02T02:40:56 TAI",
    ("observing-environment", "1762048820000"): "observing environment 2025-11-02T02:00:20Z",
    ("observing-environment-action", "1762048820000"): "observing environment action 2025-11-02T02:00:20Z",
    ("telemetry", "Simonyi", TAI, "2025-11-02T02:41:26.968989"): "telemetry of Simonyi, 2025-11-02T02:40:56 TAI",
    ("telemetry", "sha256", DIGEST): "telemetry topics 01234567",
    ("focal-plane", "sha256", DIGEST): "focal plane 01234567",
    ("log", "exposurelog", UUID): "exposurelog message …abcdef012345",
    ("night", "20251101"): "night 20251101",
    ("ticket", "OBS-17"): "OBS-17",
    ("system", "Simonyi/TMA"): "Simonyi/TMA",
    ("hardware-configuration", "Simonyi/TMA", "2025-11-01T20:00:00Z"): "Simonyi/TMA since 2025-11-01T20:00:00Z",
    ("header-key", "LSSTCam", "HEADVER"): "header key HEADVER",
    ("log-line", DIGEST): "log line 01234567",
    ("log-stream", DIGEST): "log stream 01234567",
    ("metric", UUID, "lsst.dm.a.b"): "lsst.dm.a.b of dataset …abcdef012345",
    ("metric-description", "lsst.dm.a.b"): "lsst.dm.a.b",
    ("source", "butler"): "source butler",
    ("partition", "butler", "dr1/u/me"): "partition butler dr1/u/me",
    ("mapping", "sha256", DIGEST): "mapping 01234567",
    ("ingest", "butler", "dr1/u/me", "7"): "ingest dr1/u/me 7",
    ("batch", "butler", "dr1/u/me", "7"): "batch dr1/u/me 7",
    ("answer", "sha256", DIGEST): "answer 01234567",
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
        (f"{BASE}config/sha256/{DIGEST}#doBias", "doBias"),
        (f"{BASE}batch/butler/dr1%2Fu/7", "batch dr1/u 7"),
        (f"{BASE}catalogue", f"{BASE}catalogue"),
        (BASE + "data-id/instrument~LSSTCam", "instrument=LSSTCam"),
        (BASE + "data-id/detector~a%257Eb", "detector=a~b"),
        (PROV + "used", "prov:used"),
        (f"{BASE}exposure/LSSTCam/2025110100010#record-camera", "exposure 2025110100010 record camera"),
        (
            f"{BASE}exposure/LSSTCam/2025110100010#disagreement-observationReason-consdb",
            "exposure 2025110100010 disagreement observationReason-consdb",
        ),
        (f"{BASE}raw/LSSTCam/2025110100010#ingest-R22_S11", "raw image exposure=2025110100010 ingest R22_S11"),
        (f"{BASE}ticket/OBS-17#1701", "OBS-17 change 1701"),
        (f"{BASE}log/exposurelog/{UUID}#edit", "exposurelog message …abcdef012345 edit"),
        (f"{BASE}partition/butler/dr1%2Fu%2Fdemo%2Fdrp-deep-coadds", "partition butler dr1/u/demo/drp-deep-coadds"),
        (f"{BASE}observing-environment/long-ago", "observing environment long-ago"),
        (f"{BASE}observing-environment/{'9' * 20}", f"observing environment {'9' * 20}"),
        (f"{BASE}fault/MTMount", "fault MTMount"),
        (f"{BASE}script-run/1", "script run 1"),
        (f"{BASE}telemetry/Simonyi", "telemetry Simonyi"),
        ("https://s3.example.org/lfa/MTHeaderService_header_MC_O_20251101_000010.yaml", HEADER),
        ("file:///repo/raw%20images/x.fits", "x.fits"),
        ("https://example.org/", "https://example.org/"),
        ("https://example.org/page?id=7", "https://example.org/page?id=7"),
        ("https://example.org/terms#Thing", "https://example.org/terms#Thing"),
        ("ivo://org.rubinobs/usdac/dp1", "ivo://org.rubinobs/usdac/dp1"),
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
