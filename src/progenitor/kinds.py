"""What a thing of each kind is called by its identifier alone: docs/architecture.md lists the kinds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from progenitor.identifiers import UUID_PATTERN, ParsedIri

_UNSAID: Final = frozenset({"instrument", "skymap"})
"""Dimensions left out beside more telling ones: one value of them fills a whole repository."""

_LONG: Final = re.compile(rf"{UUID_PATTERN.pattern}|[0-9a-f]{{32,}}", re.IGNORECASE)
"""UUIDs and digests, which say nothing to a person."""

_ISO_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?")


def name_of_kind(parsed: ParsedIri) -> str:
    """Return what a thing is called, as far as its kind and keys say it.

    Parameters
    ----------
    parsed
        Its IRI, which has keys; the fragment is told too.

    Returns
    -------
    str
        For example ``exposure 2025110100010``, ``target 12 of Scheduler:1``, ``fault of MTMount, 2025-11-02T02:40:56
        TAI report``.
    """
    text = _KINDS.get(parsed.kind, _anything)(parsed) or _anything(parsed)
    return text if parsed.kind in _NAMED_BY_FRAGMENT else with_fragment(text, parsed)


def with_fragment(text: str, parsed: ParsedIri) -> str:
    """Add to what a thing is called which part of it is meant: its fragment, ``part-key``."""
    if not parsed.fragment:
        return text
    part, _, key = parsed.fragment.partition("-")
    return f"{text} {part} {short(key)}".rstrip()


def short(key: str) -> str:
    """Shorten the UUIDs and digests in a key to their ends: the beginning of one is a time, alike among siblings."""
    return _LONG.sub(lambda found: f"…{found[0][-12:]}", key)


def class_name(parsed: ParsedIri) -> str:
    """Return the name of a task class without its module."""
    return parsed.keys[-1].rpartition(".")[2]


def dimensions(key: str) -> Iterator[tuple[str, str]]:
    """Yield the dimension names and values of a data ID's key.

    Parameters
    ----------
    key
        Percent-decoded: names and values alternating, joined by ``~``; a ``~`` inside a value is ``%7E``.
    """
    parts = [part.replace("%7E", "~") for part in key.split("~")]
    return zip(parts[::2], parts[1::2], strict=False)


def _data_id(key: str) -> str:
    """Write a data ID as people do: ``visit=2025110100010 detector=4``."""
    pairs = list(dimensions(key))
    telling = [pair for pair in pairs if pair[0] not in _UNSAID] or pairs
    return " ".join(f"{name}={value}" for name, value in telling) or key


def _data(parsed: ParsedIri) -> str:
    return f"{parsed.keys[0]} {_data_id(parsed.keys[-1])}" if len(parsed.keys) > 1 else parsed.keys[0]


def _raw(parsed: ParsedIri) -> str:
    named = zip(("exposure", "detector"), parsed.keys[1:], strict=False)
    return " ".join(["raw image", *(f"{name}={key}" for name, key in named)])


def _telemetry(parsed: ParsedIri) -> str:
    if parsed.keys[0] == "sha256":
        return f"telemetry topics {parsed.keys[-1][:8]}"
    if len(parsed.keys) < 3:
        return _anything(parsed)
    return f"telemetry of {parsed.keys[0]}, {_second(parsed.keys[1])} TAI"


def _ticket(parsed: ParsedIri) -> str:
    return f"{parsed.keys[-1]} change {parsed.fragment}" if parsed.fragment else parsed.keys[-1]


def _anything(parsed: ParsedIri) -> str:
    """Name the kind and the last keys."""
    words = [_words(parsed), *(short(key) for key in parsed.keys[-2:])]
    return " ".join(word for word in words if word)


def _last_key(parsed: ParsedIri) -> str:
    return parsed.keys[-1]


def _one_key(parsed: ParsedIri) -> str:
    """Name the kind and the last key: ``group 2025-11-02T02:06:40.000``, ``dataset …abcdef012345``."""
    return f"{_words(parsed)} {short(parsed.keys[-1])}"


def _by_digest(parsed: ParsedIri) -> str:
    """Name the kind and the beginning of its digest, as people write digests."""
    return f"{_words(parsed)} {parsed.keys[-1][:8]}"


def _since(parsed: ParsedIri) -> str:
    """Name the kind and the time of a key in milliseconds since 1970, UTC."""
    try:
        time = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(parsed.keys[-1]))
    except (ValueError, OverflowError):
        return _one_key(parsed)
    return f"{_words(parsed)} {time:%Y-%m-%dT%H:%M:%S}Z"


def _numbered(what: str, component: str = "") -> Callable[[ParsedIri], str]:
    """Name what has a number that is given out again: the number, the component, the second; keys in another order."""

    def name(parsed: ParsedIri) -> str:
        if len(parsed.keys) < 3:
            return _anything(parsed)
        of, time, number = parsed.keys[:3]
        return f"{what} {number} of {component}{of}, {_second(time)} TAI"

    return name


def _of_component(what: str) -> Callable[[ParsedIri], str]:
    """Name something of a component by the component and the second in which it began."""

    def name(parsed: ParsedIri) -> str:
        if len(parsed.keys) < 2:
            return _anything(parsed)
        component, time = parsed.keys[:2]
        return f"{what} of {component}, {_second(time)} TAI"

    return name


def _second(time: str) -> str:
    """Return a time to the second; whatever is no time as it is."""
    found = _ISO_TIME.fullmatch(time)
    return found[1] if found else time


def _words(parsed: ParsedIri) -> str:
    return parsed.kind.replace("-", " ")


_KINDS: Final[dict[str, Callable[[ParsedIri], str]]] = {
    "dataset": _one_key,
    "data": _data,
    "data-id": lambda parsed: _data_id(parsed.keys[-1]),
    "dataset-type": _last_key,
    "quantum": _one_key,
    "task": class_name,
    "collection": _last_key,
    "plan": lambda parsed: f"{parsed.keys[-1]} as configured",
    "pipeline": lambda parsed: f"pipeline of {parsed.keys[-1]}",
    "config": lambda parsed: parsed.fragment or f"configuration {parsed.keys[-1][:8]}",
    "software": lambda parsed: " ".join(parsed.keys),
    "software-environment": _by_digest,
    "host": _last_key,
    "agent": _last_key,
    "exposure": _one_key,
    "raw": _raw,
    "group": _one_key,
    "script-run": _numbered("script", "ScriptQueue:"),
    "script-request": _numbered("script request", "ScriptQueue:"),
    "image-request": _numbered("image request"),
    "script": _last_key,
    "block": _last_key,
    "block-run": _last_key,
    "target": lambda parsed: f"target {parsed.keys[-1]} of Scheduler:{parsed.keys[0]}",
    "csc": _last_key,
    "csc-run": _of_component("run"),
    "csc-configuration": _of_component("configuration"),
    "observatory-state": _by_digest,
    "fault": _of_component("fault"),
    "observing-environment": _since,
    "observing-environment-action": _since,
    "telemetry": _telemetry,
    "focal-plane": _by_digest,
    "log": lambda parsed: f"{parsed.keys[0]} message {short(parsed.keys[-1])}",
    "ticket": _ticket,
    "system": _last_key,
    "hardware-configuration": lambda parsed: " since ".join(parsed.keys),
    "header-key": _one_key,
    "log-line": _by_digest,
    "log-stream": _by_digest,
    "metric": lambda parsed: f"{parsed.keys[-1]} of dataset {short(parsed.keys[0])}",
    "metric-description": _last_key,
    "mapping": _by_digest,
    "answer": _by_digest,
}
"""How each kind is named; others by `_anything`."""

_NAMED_BY_FRAGMENT: Final = frozenset({"config", "ticket"})
"""Kinds whose names have the fragment in them; that of others is a part of theirs and is told after them."""
