"""What a graph says of messages in logs and of flags on exposures, held against the truth of a simulated night."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from night.clock import tai_instant, utc_iso
from night.truth import Exposure, Truth
from support.efd_graph import Statements

Differences = list[str]
Message = dict[str, Any]


def message_differences(graph: Statements, truth: Truth) -> Differences:
    """Hold what the logs' mappings say against the truth; an empty list is what is hoped for.

    Parameters
    ----------
    graph
        With the night of all three logs.
    truth
        Of the simulation.
    """
    known = {_iri(message) for message in truth.messages}
    found = graph.subjects("rdf:type", "pg:LogMessage")
    return [
        *(f"{iri}: not in the graph" for iri in sorted(known - found)),
        *(f"{iri}: nobody wrote it" for iri in sorted(found - known)),
        *(line for message in truth.messages for line in _differences_of(graph, truth, message)),
        *flag_differences(graph, truth.exposures),
    ]


def flag_differences(graph: Statements, exposures: Iterable[Exposure]) -> Differences:
    """Hold the flags that hold in the end against the truth: who raised which, when and why, and who edited it."""
    lines = []
    for exposure in exposures:
        said = sorted(_flags_of(graph, f"exposure/{exposure.instrument}/{exposure.id}"), key=repr)
        true = sorted(
            ((flag["flag"], flag["who"], flag["why"], utc(flag["when"]), flag["edited_by"]) for flag in exposure.flags),
            key=repr,
        )
        if said != true:
            lines.append(f"flags of {exposure.obs_id}: {said} instead of {true}")
    return lines


def utc(tai: str) -> str:
    """Write a time of the truth (TAI) as the graph has it."""
    text = utc_iso(tai_instant(tai), "microseconds")
    return text.rstrip("0").rstrip(".") + "Z"


def _flags_of(graph: Statements, exposure: str) -> Iterator[tuple[str | None, ...]]:
    for message in graph.subjects("pg:about", exposure):
        flag = graph.one(message, "pg:exposureFlag")
        if flag is None or graph.objects(message, "prov:invalidatedAtTime"):
            continue
        author = graph.one(message, "prov:wasAttributedTo") or ""
        edit = graph.one(message, "prov:wasGeneratedBy") or ""
        editor = graph.one(edit, "prov:wasAssociatedWith")
        yield (
            flag,
            author.removeprefix("agent/"),
            graph.one(message, "prov:value"),
            graph.one(message, "prov:generatedAtTime"),
            editor.removeprefix("agent/") if editor else None,
        )


def _differences_of(graph: Statements, truth: Truth, message: Message) -> Iterator[str]:
    iri = _iri(message)
    for predicate, wanted in _expected(truth, message).items():
        if (said := graph.objects(iri, predicate)) != wanted:
            yield f"{iri} {predicate}: {sorted(said)} instead of {sorted(wanted)}"
    edit = f"{iri}#edit"
    for predicate, wanted in _expected_of_edit(truth, message).items():
        if (said := graph.objects(edit, predicate)) != wanted:
            yield f"{edit} {predicate}: {sorted(said)} instead of {sorted(wanted)}"


def _expected(truth: Truth, message: Message) -> dict[str, set[str]]:
    exposure = truth.exposure(message["obs_id"]) if message["obs_id"] else None
    expected = {
        "prov:value": {message["text"]},
        "prov:wasAttributedTo": {f"agent/{message['by']}"},
        "prov:generatedAtTime": {utc(_made(truth, message))},
        "prov:invalidatedAtTime": {utc(message["ended_at"])} if message["ended"] else set(),
        "prov:wasInvalidatedBy": {f"{_iri(child)}#edit" for child in _last_child(truth, message)},
        "prov:wasRevisionOf": {f"log/{message['log']}/{message['parent']}"} if message["parent"] else set(),
        "prov:wasGeneratedBy": {f"{_iri(message)}#edit"} if message["parent"] else set(),
        "pg:gap": {"pg:DeleterUnknown"} if message["ended"] == "deleted" else set(),
        "pg:exposureFlag": {message["flag"]} - {None, "none"},
    }
    if exposure is not None:
        expected["pg:about"] = {f"exposure/{exposure.instrument}/{exposure.id}"}
    return expected


def _expected_of_edit(truth: Truth, message: Message) -> dict[str, set[str]]:
    if message["parent"] is None:
        return {"rdf:type": set()}
    parent = next(one for one in truth.messages if one["id"] == message["parent"])
    # Who edits his own message cannot be told from somebody who gives no name.
    known = message["edited_by"] not in (None, parent["by"])
    made = {utc(_made(truth, message))}
    return {
        "rdf:type": {"prov:Activity", "pg:Edit"},
        "prov:used": {_iri(parent)},
        "prov:startedAtTime": made,
        "prov:endedAtTime": made,
        "prov:wasAssociatedWith": {f"agent/{message['edited_by']}"} if known else set(),
        "pg:gap": set() if known else {"pg:EditorUncertain"},
    }


def _made(truth: Truth, message: Message) -> str:
    """Return when a message was made; an edited report has the date of the first one, and was made when that ended."""
    if message["log"] != "nightreport" or message["parent"] is None:
        return str(message["added"])
    siblings = Counter(one["parent"] for one in truth.messages)
    assert siblings[message["parent"]] == 1, "then nobody knows"
    return next(str(one["ended_at"]) for one in truth.messages if one["id"] == message["parent"])


def _last_child(truth: Truth, message: Message) -> list[Message]:
    """Return the edit that a message's end is of."""
    children = [one for one in truth.messages if one["parent"] == message["id"]]
    return [child for child in children if _made(truth, child) == message["ended_at"]]


def _iri(message: Message) -> str:
    return f"log/{message['log']}/{message['id']}"
