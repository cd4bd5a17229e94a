"""What the store answers is what Rubin's own graphs and files say, for every coadd and quantum of the demo."""

from __future__ import annotations

import pytest

from progenitor.provenance import Progenitor
from support.repository import truth_of

pytestmark = [pytest.mark.butler, pytest.mark.xdist_group("demo")]

RAW = "dataset-type/raw"


@pytest.fixture(scope="module")
def truth(repository):
    return truth_of(repository)


@pytest.fixture(scope="module")
def progenitor(demo_store):
    with Progenitor.open(demo_store) as opened:
        yield opened


def raws_of(progenitor: Progenitor, uuid: str, inputs: str) -> set[str]:
    lineage = progenitor.ancestors(uuid, inputs=inputs)
    summaries = progenitor.summaries([node.iri for node in lineage.nodes])
    found = [iri for iri, summary in summaries.items() if summary.type == progenitor.base + RAW]
    return {iri.rpartition("/")[2] for iri in found}


@pytest.mark.parametrize("inputs", ["predicted", "presented", "fetched"])
def test_the_raws_of_every_coadd(progenitor, truth, inputs):
    assert truth["coadds"]
    for coadd in truth["coadds"]:
        assert raws_of(progenitor, coadd["id"], inputs) == set(coadd["raws"][inputs]), coadd


def test_the_three_input_relations_really_differ(truth):
    counts = [
        tuple(len(coadd["raws"][inputs]) for inputs in ("predicted", "presented", "fetched"))
        for coadd in truth["coadds"]
    ]
    assert any(predicted > presented for predicted, presented, _ in counts)
    assert any(presented > fetched for _, presented, fetched in counts)


def test_weights_of_what_was_fetched(progenitor, truth):
    query = (
        "SELECT ?input ?weight WHERE {{ <{}> prov:qualifiedDerivation ?d . ?d prov:entity ?input ; pg:weight ?weight }}"
    )
    for coadd in truth["coadds"]:
        rows = progenitor.query(query.format(progenitor.resolve(coadd["id"])))
        found = {source.value.rpartition("/")[2]: float(weight.value) for source, weight in rows}
        assert found == pytest.approx(coadd["weights"])


def test_the_status_of_every_quantum_that_is_not_a_success(progenitor, truth):
    for run in truth["runs"].values():
        for status, listed in (
            ("FAILED", run.get("failed", [])),
            ("BLOCKED", run.get("blocked", [])),
            ("NO_WORK", run.get("no_work", [])),
        ):
            for quantum in listed:
                facts = {fact.name: fact.value for fact in progenitor.show(quantum["id"]).facts}
                assert facts["pg:status"] == status, quantum


def test_a_blocked_quantum_is_a_plan_and_no_activity(progenitor, truth):
    blocked = [quantum["id"] for run in truth["runs"].values() for quantum in run.get("blocked", [])]
    assert blocked
    for quantum in blocked:
        description = progenitor.show(quantum)
        assert description.kind == "plan"
        assert "never ran" in description.sentence


def test_attempts_of_retried_quanta(progenitor, truth):
    query = (
        "SELECT ?n ?status WHERE {{ ?a dcterms:isPartOf <{}> ; pg:attemptNumber ?n ; pg:status ?status }} ORDER BY ?n"
    )
    retried = [quantum for run in truth["runs"].values() for quantum in run.get("retried", [])]
    assert retried
    for quantum in retried:
        rows = progenitor.query(query.format(progenitor.resolve(quantum["id"])))
        statuses = [status.value for _, status in rows]
        assert statuses and set(statuses) <= set(quantum["attempts"])


def test_no_secret_is_in_the_store(demo_store, truth):
    secrets = [secret.encode() for secret in truth["secret"].values()]
    with Progenitor.open(demo_store) as progenitor:
        content = b"".join(progenitor.dump())
    assert content
    assert not any(secret in content for secret in secrets)


def test_twice_is_the_same(demo_store, repository, tmp_path):
    """A second ingest of everything changes nothing, and another store has the same bytes."""
    from support.demo_store import ingest_options

    with Progenitor.create(tmp_path / "other") as other, Progenitor.open(demo_store) as progenitor:
        first = other.ingest("butler", str(repository), options=ingest_options(repository))
        again = other.ingest("butler", str(repository), options=ingest_options(repository))
        assert first.snapshot == 1
        assert again.snapshot is None
        assert b"".join(other.dump(catalogue=False)) == b"".join(progenitor.dump(catalogue=False))


def test_sync_takes_only_what_is_new(repository, tmp_path, monkeypatch):
    from support.demo_store import ingest_options

    monkeypatch.chdir(tmp_path)
    options = "\n".join(f'{name} = "{value}"' for name, value in ingest_options(repository).items())
    (tmp_path / "progenitor.toml").write_text(
        f"[sources.demo]\nmapping = 'butler'\nlocation = '{repository}'\n[sources.demo.options]\n{options}\n"
    )
    with Progenitor.create(tmp_path / "store") as progenitor:
        progenitor.ingest("butler", str(repository), partitions=["u/demo/*"], options=ingest_options(repository))
        report = progenitor.sync()
        assert {partition.key for partition in report.skipped} >= {"demo/u/demo/drp", "demo/u/demo/quicklook"}
        assert {record.partition.key for record in report.kept} >= {"demo/LSSTCam/raw/all", "demo/dimensions"}
        assert progenitor.sync().snapshot is None
