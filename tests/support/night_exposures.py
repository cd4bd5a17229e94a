"""What a graph says of a night's exposures, their headers and their ingest, held against the truth table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

from astropy.time import Time

from night.clock import day_obs_of, tai_instant
from night.truth import Exposure, Truth
from support.efd_graph import Statements

Facts = dict[str, set[str]]

_RECORD = "#record-camera"
_WORDS = {
    "program": "pg:scienceProgram",
    "type": "pg:observationType",
    "reason": "pg:observationReason",
    "group": "pg:group",
    "shutter opened": "pg:obsStart",
    "shutter closed": "pg:obsEnd",
    "index": "pg:imageIndex",
    "images": "pg:imagesInSequence",
}
"""What is compared of the camera's words, and the properties that have it."""


def exposure_differences(statements: Statements, truth: Truth, nights: Collection[int]) -> list[str]:
    """Compare every exposure whose integration began in some nights with the truth.

    Parameters
    ----------
    statements
        The graph of those nights; an exposure's script may have begun in the night before.
    truth
        What happened.
    nights
        Days of observation.

    Returns
    -------
    list of str
        What is not as it should be, one line each.
    """
    images = Counter((exposure.instrument, exposure.group) for exposure in truth.exposures)
    expected = {
        f"exposure/{exposure.instrument}/{exposure.id}": _true(exposure, images[exposure.instrument, exposure.group])
        for exposure in truth.exposures
        if day_obs_of(tai_instant(exposure.begin)) in nights
    }
    records = {record for record, _ in statements.pairs("pg:about") if record.endswith(_RECORD)}
    found = {record.removesuffix(_RECORD) for record in records}
    differences = [f"{iri}: is not in the graph" for iri in sorted(expected.keys() - found)]
    differences += [f"{iri}: is not of these nights" for iri in sorted(found - expected.keys())]
    for iri in sorted(found & expected.keys()):
        told = _found(statements, iri)
        differences += [
            f"{iri}: {name} is {sorted(told[name])}, not {sorted(true)}"
            for name, true in expected[iri].items()
            if told[name] != true
        ]
    return differences


def _true(exposure: Exposure, images: int) -> Facts:
    """Return what a graph has to say of an exposure whose group has so many images."""
    asked_by = set() if exposure.script else {f"agent/{_login(exposure.identity)}"}
    several = exposure.max_index > 1
    return {
        "kind": {"prov:Activity", "pg:Exposure"},
        "label": {exposure.obs_id},
        "instrument": {exposure.instrument},
        "day": {str(exposure.day_obs)},
        "number": {str(exposure.seq_num)},
        "script": _given("script-run", exposure.script),
        "script that is qualified": _given("script-run", exposure.script),
        "evidence": set(exposure.evidence),
        "block": _given("block", exposure.block),
        "block run": _given("block-run", exposure.block_run),
        "requester": _given("agent", _login(exposure.requester)) if _is_person(exposure.requester) else set(),
        "asked by": asked_by,
        "sender of the command": asked_by,
        "sender of the playlist": asked_by if exposure.taken_by == "playlist" else set(),
        "gaps": _true_gaps(exposure),
        "contradicted by": _given("script-run", exposure.contradicted_by),
        "claims": {str(exposure.group), str(_login(exposure.identity))} if exposure.contradicted_by else set(),
        "raw image": {f"raw/{exposure.instrument}/{exposure.id}"},
        "collection": _given(f"group/{exposure.instrument}", exposure.group) if images > 1 else set(),
        "program": {exposure.program},
        "type": {exposure.type},
        "reason": {exposure.reason},
        "group": {exposure.group} if exposure.group else set(),
        "shutter opened": {_utc(exposure.begin)},
        "shutter closed": {_utc(exposure.end)},
        "index": {str(exposure.cur_index)} if several else set(),
        "images": {str(exposure.max_index)} if several else set(),
        "header": {exposure.header} if exposure.header else set(),
        "ingested": {str(list(exposure.oods.values()).count(0))},
        "not ingested": {f"{detector} {status}" for detector, status in exposure.oods.items() if status},
    }


def _true_gaps(exposure: Exposure) -> set[str]:
    gaps = set() if exposure.end_readout else {"pg:NoEndReadout"}
    if exposure.script is None:
        return gaps | {"pg:NoScript"}
    return gaps if "identity" in exposure.evidence else gaps | {"pg:NoCommand"}


def _found(statements: Statements, iri: str) -> Facts:
    """Return what a graph says of an exposure."""
    record = f"{iri}{_RECORD}"
    made = statements.subjects("prov:wasGeneratedBy", iri)
    raws = {entity for entity in made if entity.startswith("raw/")}
    return {
        "kind": statements.objects(iri, "rdf:type"),
        "label": statements.objects(iri, "rdfs:label"),
        "instrument": statements.objects(iri, "pg:instrument"),
        "day": statements.objects(iri, "pg:dayObs"),
        "number": statements.objects(iri, "pg:seqNum"),
        "gaps": statements.objects(iri, "pg:gap"),
        "raw image": {raw for raw in raws if raw.count("/") == iri.count("/")},
        "collection": {group for raw in raws for group in statements.subjects("prov:hadMember", raw)},
        "header": made - raws,
        **{name: statements.objects(record, prefixed) for name, prefixed in _WORDS.items()},
        **_found_commander(statements, iri),
        **_found_ingest(statements, raws),
    }


def _found_commander(statements: Statements, iri: str) -> Facts:
    """Return what took an exposure, and what shows it."""
    runs = statements.objects(iri, "prov:wasInformedBy")
    communications = statements.objects(iri, "prov:qualifiedCommunication")
    played = statements.objects(iri, "prov:used") & statements.subjects("rdf:type", "pg:ImageRequest")
    executions = _follow(statements, runs, "prov:wasInformedBy")
    blocks = _follow(statements, runs | executions, "prov:used")
    requests = _follow(statements, runs, "prov:wasStartedBy")
    claims = _follow(statements, statements.objects(iri, "pg:disagreement"), "pg:claim")
    return {
        "script": runs,
        "script that is qualified": _follow(statements, communications, "prov:activity"),
        "evidence": _follow(statements, communications, "pg:linkEvidence"),
        "block": {block for block in blocks if block.startswith("block/")},
        "block run": executions,
        "requester": set(filter(_is_agent, _follow(statements, requests, "prov:wasAttributedTo"))),
        "asked by": statements.objects(iri, "prov:wasAssociatedWith"),
        "sender of the command": _follow(
            statements, statements.objects(iri, "prov:wasStartedBy"), "prov:wasAttributedTo"
        ),
        "sender of the playlist": _follow(statements, played, "prov:wasAttributedTo"),
        "contradicted by": _follow(statements, claims, "pg:about") - runs,
        "claims": _follow(statements, claims, "prov:value"),
    }


def _found_ingest(statements: Statements, raws: Iterable[str]) -> Facts:
    failures = _follow(statements, raws, "pg:ingestFailure")
    return {
        "ingested": _follow(statements, raws, "pg:ingestedDetectors"),
        "not ingested": {
            f"{failure.partition('#ingest-')[2]} {status}"
            for failure in failures
            for status in statements.objects(failure, "pg:statusCode")
        },
    }


def _follow(statements: Statements, subjects: Iterable[str], predicate: str) -> set[str]:
    return {value for subject in subjects for value in statements.objects(subject, predicate)}


def _given(kind: str, key: str | None) -> set[str]:
    return {f"{kind}/{key}"} if key else set()


def _is_person(identity: str | None) -> bool:
    return identity is not None and "@" in identity


def _is_agent(iri: str) -> bool:
    return iri.startswith("agent/")


def _login(identity: str | None) -> str | None:
    return identity and identity.partition("@")[0]


def _utc(tai: str) -> str:
    """Return a time of the truth table, TAI, as a graph writes it."""
    text = str(Time(tai, scale="tai", precision=6).utc.isot)
    return text.rstrip("0").rstrip(".") + "Z"
