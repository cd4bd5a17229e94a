"""What people call the things of an observing night, as SPARQL patterns or IRIs: scripts, blocks, tickets, messages."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from typing import Final

from progenitor.errors import QueryError
from progenitor.identifiers import encode, mint

LOGS: Final = ("exposurelog", "narrativelog", "nightreport")
"""The logs whose messages have UUIDs."""

SCRIPT_PAIRS: Final = frozenset({"night", "start", "queue"})
"""What may be said, as ``name=value``, of a script run: its index is given out again every night."""

_TICKET: Final = re.compile(r"[A-Z][A-Z0-9]*-[0-9]+")
_NIGHT: Final = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)")

_KEYED: Final[dict[str, tuple[str, ...]]] = {
    "block": ("block", "block-run"),
    "ticket": ("ticket",),
    "agent": ("agent",),
    "csc": ("csc",),
    "system": ("system",),
}
"""Word before a key -> the kinds of identifier that it can mean."""


def named_iris(base: str, text: str) -> list[str]:
    """Return the IRIs that a text can mean by its first word, or by its form alone; they need not be in the graph.

    Parameters
    ----------
    base
        The store's base IRI.
    text
        For example ``night 20251101``, ``block BLOCK-365``, ``OBS-20394``, ``csc ScriptQueue:1`` or ``ScriptQueue:1``.
    """
    head, _, key = text.partition(" ")
    if head == "night" and key:
        return [mint(base, "night", _date(key).strftime("%Y%m%d"))]
    if key:
        return [mint(base, kind, key) for kind in _KEYED.get(head, ())]
    kinds = ("ticket",) if _TICKET.fullmatch(text) else ("csc", "block-run")
    return [mint(base, kind, text) for kind in kinds]


def group_pattern(base: str, key: str, instrument: str | None, string: Callable[[str], str]) -> str:
    """Return the pattern of groups of exposures with a name, which several instruments may have."""
    start = f"{base}group/{encode(instrument)}/" if instrument else f"{base}group/"
    return (
        f"?it a prov:Collection FILTER(STRSTARTS(STR(?it), {string(start)})"
        f" && STRENDS(STR(?it), {string(f'/{encode(key)}')}))"
    )


def script_pattern(base: str, name: str, pairs: Mapping[str, str], string: Callable[[str], str]) -> str:
    """Return the pattern of script runs by index or label, of a night, a queue, or that began at a time.

    Parameters
    ----------
    base
        The store's base IRI.
    name
        ``script 100034``, or a label.
    pairs
        Of `SCRIPT_PAIRS`; the start is TAI, as far as it is known.
    string
        Writes a SPARQL string literal.

    Raises
    ------
    QueryError
        If the night is no date.
    """
    head, _, index = name.partition(" ")
    is_index = head == "script" and index.isdecimal()
    what = f"FILTER(STRENDS(STR(?it), {string(f'/{index}')}))" if is_index else f"?it rdfs:label {string(name)} ."
    key = f"{base}script-run/{encode(pairs['queue'])}/" if "queue" in pairs else f"{base}script-run/"
    time = f"STRBEFORE(STRAFTER(STRAFTER(STR(?it), {string(f'{base}script-run/')}), '/'), '/')"
    filters = [f"STRSTARTS(STR(?it), {string(key)})"]
    if "start" in pairs:
        filters.append(f"STRSTARTS({time}, {string(encode(pairs['start']))})")
    if "night" in pairs:
        night = _date(pairs["night"])
        noon, next_noon = (string(f"{date}T12") for date in (night, night + datetime.timedelta(days=1)))
        filters.append(f"{time} >= {noon} && {time} < {next_noon}")
    return f"?it a pg:ScriptRun . {what} FILTER({' && '.join(filters)})"


def _date(text: str) -> datetime.date:
    found = _NIGHT.fullmatch(text)
    try:
        if found:
            return datetime.date(*map(int, found.groups()))
    except ValueError:
        pass
    raise QueryError(f"{text!r} is not a night", hint="it is written 2025-11-01 or 20251101") from None
