"""The Butler mapping on the demo repository, against what Rubin's own graph says; tests/mapping has the golden file."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from lsst.daf.butler import Butler
from lsst.resources import ResourcePath

from progenitor.errors import Place
from progenitor.sources.butler.configs import parse_config
from progenitor.terms import PREFIXES
from support.butler import FOLDER, Mapped, map_partition, map_repository, open_repository
from support.repository import truth_of

EVIDENCE = {
    "LSSTCam/raw/all": "registry",
    "LSSTCam/calib/demo/biasGen.20251101": "provenance graph and file headers",
    "u/demo/drp": "provenance graph and file headers",
    "u/demo/drp-deep": "predicted graph, registry, metadata and file headers",
    "u/demo/quicklook": "registry, metadata and file headers",
    "collections": "registry",
    "dimensions": "registry",
}


@pytest.fixture(scope="module")
def mapped(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapped:
    work = tmp_path_factory.mktemp("butler")
    return map_repository(repository, work, label="demo", graph=str(repository / "submit"))


@pytest.fixture(scope="module")
def truth(repository: Path) -> dict[str, Any]:
    return truth_of(repository)


def test_every_predicate_of_the_mapping_is_in_the_golden_file() -> None:
    text = (FOLDER / "mapping.yml").read_text()
    golden = (FOLDER / "expected.nq").read_text()
    used = set(re.findall(r"\b(?:pg|prov|voprov|dcterms|rdfs):\w+", text.split("mappings:", 1)[1]))
    for name in used:
        prefix, local = name.split(":")
        assert f"<{PREFIXES[prefix]}{local}>" in golden, name


def test_each_run_is_read_from_the_best_evidence(mapped: Mapped) -> None:
    found = {key.removeprefix("demo/").partition("@")[0]: value for key, value in mapped.evidence.items()}
    assert found.items() >= EVIDENCE.items()
    assert mapped.set_aside == 0


@pytest.mark.parametrize(
    ("relation", "follow", "inverse"),
    [
        ("presented", {"prov:used", "prov:wasGeneratedBy"}, set()),
        ("predicted", {"prov:used", "prov:wasGeneratedBy", "pg:plannedInput"}, {"pg:plannedOutput"}),
        ("fetched", {"prov:wasDerivedFrom"}, set()),
    ],
)
def test_the_raws_of_every_coadd_are_those_of_rubins_own_graph(
    mapped: Mapped, truth: dict[str, Any], relation: str, follow: set[str], inverse: set[str]
) -> None:
    raws = mapped.subjects("voprov:isDescribedBy", ":dataset-type/raw")
    assert len(truth["coadds"]) >= 10
    for coadd in truth["coadds"]:
        ancestors = mapped.ancestors(f":dataset/{coadd['id']}", follow, inverse)
        found = {iri.removeprefix(":dataset/") for iri in ancestors & raws}
        assert found == set(coadd["raws"][relation]), (coadd["run"], coadd["data_id"])


def test_the_three_relations_of_some_coadd_differ(truth: dict[str, Any]) -> None:
    counts = {
        tuple(len(coadd["raws"][name]) for name in ("predicted", "presented", "fetched")) for coadd in truth["coadds"]
    }
    assert any(predicted > presented for predicted, presented, _ in counts)
    assert any(presented > fetched for _, presented, fetched in counts)


def test_the_weights_of_every_coadd(mapped: Mapped, truth: dict[str, Any]) -> None:
    for coadd in truth["coadds"]:
        for warp, weight in coadd["weights"].items():
            derivation = f":dataset/{coadd['id']}#derivation-{warp}"
            assert derivation in mapped.objects(f":dataset/{coadd['id']}", "prov:qualifiedDerivation")
            (literal,) = mapped.objects(derivation, "pg:weight")
            assert float(literal.split('"')[1]) == pytest.approx(weight, rel=1e-15)


def test_the_status_of_every_quantum(mapped: Mapped, truth: dict[str, Any]) -> None:
    for run, known in truth["runs"].items():
        if "quanta" not in known:
            continue
        counted: Counter[tuple[str, str]] = Counter()
        for entry in known["quanta"]:
            if entry["status"] != "INIT":
                counted[entry["task"], entry["status"]] += entry["count"]
        found = Counter(_quanta_of(mapped, run))
        by_task = {(task, "SUCCESSFUL" if status == "NO_WORK" else status): 0 for task, status in found}
        for (task, status), count in found.items():
            by_task[task, "SUCCESSFUL" if status == "NO_WORK" else status] += count
        assert by_task == dict(counted), run


def _quanta_of(mapped: Mapped, run: str) -> list[tuple[str, str]]:
    plan = f":plan/demo/{run.replace('/', '%2F')}/"
    pairs = []
    for s, p, o in mapped.triples:
        if p in ("pg:plan", "pg:plannedBy") and o.startswith(plan):
            status = mapped.objects(s, "pg:status")
            if status:  # an init quantum has none
                pairs.append((o.removeprefix(plan), status.pop().strip('"')))
    return pairs


def test_what_failed_was_blocked_or_found_no_work(mapped: Mapped, truth: dict[str, Any]) -> None:
    seen = Counter()
    for known in truth["runs"].values():
        for status, key in (("FAILED", "failed"), ("BLOCKED", "blocked"), ("NO_WORK", "no_work")):
            for entry in known.get(key, ()):
                seen[status] += 1
                quantum = f":quantum/{entry['id']}"
                kind = "pg:PlannedQuantum" if status == "BLOCKED" else "prov:Activity"
                assert mapped.objects(quantum, "rdf:type") == {kind}
                assert mapped.objects(quantum, "pg:status") == {f'"{status}"'}
                outputs = mapped.subjects("prov:wasGeneratedBy", quantum)
                kinds = {next(iter(mapped.objects(output, "voprov:isDescribedBy"))) for output in outputs}
                assert all(kind.endswith(("_log", "_metadata")) for kind in kinds), "nothing but records came of it"
                if status == "BLOCKED":
                    assert not outputs
                    assert not mapped.objects(quantum, "prov:used")
                    assert mapped.objects(quantum, "pg:plannedInput")
    assert min(seen.values()) > 0
    assert set(seen) == {"FAILED", "BLOCKED", "NO_WORK"}


def test_every_attempt_of_a_quantum_that_was_tried_again(mapped: Mapped, truth: dict[str, Any]) -> None:
    retried = [entry for known in truth["runs"].values() for entry in known.get("retried", ())]
    for entry in retried:
        for number, status in enumerate(entry["attempts"]):
            attempt = f":quantum/{entry['id']}#attempt-{number}"
            assert mapped.objects(attempt, "pg:status") == {f'"{status}"'}
            assert mapped.objects(attempt, "dcterms:isPartOf") == {f":quantum/{entry['id']}"}


def test_a_predicted_input_that_was_never_made_is_only_planned(mapped: Mapped, truth: dict[str, Any]) -> None:
    missing = [entry for known in truth["runs"].values() for entry in known.get("missing_inputs", ())]
    assert missing
    for entry in missing:
        quantum, dataset = f":quantum/{entry['quantum']}", f":dataset/{entry['dataset']}"
        assert dataset in mapped.objects(quantum, "pg:plannedInput")
        assert dataset not in mapped.objects(quantum, "prov:used")
        assert mapped.objects(dataset, "rdf:type") == {"pg:PlannedDataset"}


def test_an_entity_has_at_most_one_generating_activity(mapped: Mapped) -> None:
    generated = Counter(s for s, p, _ in mapped.triples if p == "prov:wasGeneratedBy")
    assert set(generated.values()) == {1}


def test_nothing_is_both_planned_and_real(mapped: Mapped) -> None:
    for planned, real in (("pg:PlannedQuantum", "prov:Activity"), ("pg:PlannedDataset", "prov:Entity")):
        assert mapped.subjects("rdf:type", planned)
        assert not mapped.subjects("rdf:type", planned) & mapped.subjects("rdf:type", real)


def test_the_validity_of_calibrations_is_utc_with_the_tai_original(mapped: Mapped, truth: dict[str, Any]) -> None:
    (state,) = mapped.subjects("prov:specializationOf", ":collection/demo/LSSTCam%2Fcalib%2Fdemo")
    memberships = mapped.objects(state, "pg:qualifiedMembership")
    begins = {literal for node in memberships for literal in mapped.objects(node, "pg:validFromTai")}
    assert begins == {f'"{epoch["begin"]}"' for epoch in truth["epochs"]}
    utc = {literal for node in memberships for literal in mapped.objects(node, "pg:validFrom")}
    assert '"2025-11-01T12:00:00Z"^^<http://www.w3.org/2001/XMLSchema#dateTime>' in utc


def test_a_chain_keeps_its_order_and_a_raw_its_exposure(mapped: Mapped) -> None:
    chain = [
        (mapped.objects(node, "pg:position").pop(), mapped.objects(node, "pg:member").pop())
        for node in mapped.subjects("rdf:type", "pg:Membership")
        if node.startswith(":collection/demo/LSSTCam%2Fdefaults#")
    ]
    assert [member for _, member in sorted(chain)] == [
        ":collection/demo/LSSTCam%2Fraw%2Fall",
        ":collection/demo/LSSTCam%2Fcalib%2Fdemo",
    ]
    raws = mapped.subjects("voprov:isDescribedBy", ":dataset-type/raw")
    assert raws
    for raw in raws:
        (exposure,) = mapped.objects(raw, "prov:wasGeneratedBy")
        assert mapped.objects(exposure, "rdf:type") == {"prov:Activity", "pg:Exposure"}
        assert any(thing.startswith(":raw/LSSTCam/") for thing in mapped.objects(raw, "prov:specializationOf"))


def test_the_same_data_of_two_runs_share_one_entity(mapped: Mapped) -> None:
    datasets = Counter(
        o
        for s, p, o in mapped.triples
        if p == "prov:specializationOf" and o.startswith(":data/preliminary_visit_image/")
    )
    assert max(datasets.values()) == 3


def test_logs_and_metadata_are_kept_by_reference(mapped: Mapped) -> None:
    logs = mapped.subjects("voprov:isDescribedBy", ":dataset-type/isr_log")
    assert logs
    for log in logs:
        assert mapped.objects(log, "prov:wasGeneratedBy")
        assert not mapped.objects(log, "prov:specializationOf")
        assert not mapped.objects(log, "pg:size")


@pytest.mark.parametrize("kind", ["log", "metadata"])
def test_a_log_or_metadata_is_located_where_it_has_a_file_of_its_own(
    mapped: Mapped, repository: Path, kind: str
) -> None:
    located = {}
    for run in ("u/demo/drp", "u/demo/quicklook"):
        members = mapped.objects(f":collection/demo/{run.replace('/', '%2F')}", "prov:hadMember")
        records = members & mapped.subjects("voprov:isDescribedBy", f":dataset-type/isr_{kind}")
        located[run] = [mapped.objects(record, "prov:atLocation") for record in records]
    assert located["u/demo/drp"]
    assert not any(located["u/demo/drp"]), "butler ingest-graph moved them into the graph file"
    assert located["u/demo/quicklook"]
    for (uri,) in located["u/demo/quicklook"]:
        assert Path(uri.removeprefix("file://")).is_relative_to(repository)
        assert uri.endswith(".json")


def test_a_field_of_a_configuration_has_one_value_of_the_type_python_gives_it(mapped: Mapped, repository: Path) -> None:
    """Against the values that Python itself reads out of the file the Butler wrote."""
    with Butler.from_config(str(repository)) as butler:
        text = ResourcePath(butler.getURI("isr_config", collections="u/demo/quicklook")).read().decode()
    fields = dict(parse_config(text, Place("isr_config")).fields)
    (config,) = mapped.objects(":plan/demo/u%2Fdemo%2Fquicklook/isr", "pg:configuration")
    found = {}
    for field in mapped.objects(config, "dcterms:hasPart"):
        (name,), (value,) = mapped.objects(field, "voprov:name"), mapped.objects(field, "voprov:value")
        found[name.strip('"')] = value
    assert found == {name: _literal(value) for name, value in fields.items()}
    assert any("boolean" in value for value in found.values())


def _literal(expression: str) -> str:
    try:
        value = ast.literal_eval(expression)
    except ValueError:
        value = None
    if isinstance(value, bool):
        return f'"{str(value).lower()}"^^<{PREFIXES["xsd"]}boolean>'
    if isinstance(value, int):
        return f'"{value}"^^<{PREFIXES["xsd"]}integer>'
    if isinstance(value, float):
        return f'"{value:g}"^^<{PREFIXES["xsd"]}double>'
    return f'"{value if isinstance(value, str) else expression}"'


def test_configurations_differ_between_the_two_runs_and_keep_their_fields(mapped: Mapped) -> None:
    configs = [
        mapped.objects(f":plan/demo/u%2Fdemo%2F{run}/assembleDeepCoadd", "pg:configuration")
        for run in ("drp", "drp-deep")
    ]
    assert configs[0] != configs[1]
    for (config,) in configs:
        fields = mapped.objects(config, "dcterms:hasPart")
        names = {literal.strip('"') for field in fields for literal in mapped.objects(field, "voprov:name")}
        assert "saveLogOutput" in names


def test_the_same_configuration_is_the_same_whatever_the_evidence(mapped: Mapped) -> None:
    from_graph = mapped.objects(":plan/demo/u%2Fdemo%2Fdrp/consolidateVisitSummary", "pg:configuration")
    from_file = mapped.objects(":plan/demo/u%2Fdemo%2Fquicklook/consolidateVisitSummary", "pg:configuration")
    assert from_graph == from_file


def test_no_secret_enters(mapped: Mapped, truth: dict[str, Any]) -> None:
    (secret,) = truth["secret"].values()
    (name,) = truth["secret"]
    for triple in mapped.triples:
        assert not any(secret in term or name in term for term in triple)


def test_read_twice_gives_the_same_bytes(repository: Path, tmp_path: Path) -> None:

    reader = open_repository(repository, label="demo")
    (partition,) = reader.partitions(["u/demo/drp"])
    archives = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        archives.append(map_partition(reader, partition, tmp_path / name)[0].read_bytes())
    assert archives[0] == archives[1]
