"""What an identifier means: any form that people have, to the one IRI of ours (docs/reference/identifiers.md)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol, cast

from progenitor.errors import AmbiguousError, NotFoundError, QueryError
from progenitor.identifiers import UUID_PATTERN, encode, is_valid_iri, mint, parse
from progenitor.lineage.night_names import LOGS, SCRIPT_PAIRS, group_pattern, named_iris, script_pattern
from progenitor.model import Term
from progenitor.terms import PREFIXES

MOST_CANDIDATES: Final = 20
"""Candidates that an ambiguous identifier lists."""

DIMENSIONS: Final[dict[str, str]] = {
    "instrument": "instrument",
    "detector": "detector",
    "exposure": "exposure",
    "visit": "visit",
    "day_obs": "dayObs",
    "group": "group",
    "physical_filter": "physicalFilter",
    "band": "band",
    "skymap": "skymap",
    "tract": "tract",
    "patch": "patch",
}
"""Butler dimension -> local name of the property that holds its value; others are in ``pg:otherDimension``."""

_INTEGERS: Final = frozenset({"detector", "exposure", "visit", "day_obs", "tract", "patch"})

_EXPOSURE: Final = re.compile("20[0-9]{11}")
"""The number of an exposure: day of observation and sequence number, 2025110100010."""

_PAIR: Final = re.compile(r"(?P<name>\w+)=(?P<value>\S+)")


class Queryable(Protocol):
    """The part of the graph that resolving needs."""

    def contains(self, iri: str) -> bool:
        """Whether a triple has the IRI as subject or object."""

    def query(self, sparql: str) -> object:
        """Ask SPARQL; a SELECT gives an iterable of rows of terms."""


def resolve(graph: Queryable, base: str, identifier: str) -> str:
    """Return the IRI that an identifier means.

    Parameters
    ----------
    graph
        The snapshot's.
    base
        The store's base IRI.
    identifier
        In any of the forms of docs/reference/identifiers.md.

    Raises
    ------
    NotFoundError
        If it names nothing.
    AmbiguousError
        If it names several things; carries the candidates.
    """
    text = identifier.strip().removeprefix("<").removesuffix(">")
    resolver = _Resolver(graph, base)
    candidates = resolver.candidates(text)
    if not candidates:
        raise NotFoundError(
            f"nothing in this snapshot is {identifier!r}",
            hint="docs/reference/identifiers.md lists the forms; `progenitor snapshots list` says what was ingested",
        )
    if len(candidates) > 1:
        raise resolver.ambiguous(identifier, candidates)
    return candidates[0]


@dataclass(frozen=True)
class _Resolver:
    graph: Queryable
    base: str

    def candidates(self, text: str) -> list[str]:
        """Return what a text can mean, by the first of the forms that it has."""
        if uuid := _uuid_of(text):
            kinds = [("dataset",), ("quantum",), *(("log", log) for log in LOGS)]
            return self._known(mint(self.base, *kind, uuid) for kind in kinds)
        if " " not in text and "=" not in text.partition(":")[0] and ":" in text:
            return self._known(self._absolute(text)) or self._known(named_iris(self.base, text))
        return self._by_words(text) or self._known(named_iris(self.base, text))

    def _known(self, iris: Iterable[str]) -> list[str]:
        return [iri for iri in iris if is_valid_iri(iri) and self.graph.contains(iri)]

    def _absolute(self, text: str) -> list[str]:
        """Expand a CURIE of a known prefix; anything else is an IRI as it stands."""
        prefix, _, local = text.partition(":")
        namespace = {**PREFIXES, "id": self.base}.get(prefix)
        return [namespace + local] if namespace and not local.startswith("//") else [text]

    def _by_words(self, text: str) -> list[str]:
        """Take words apart: a name, and ``dimension=value`` pairs."""
        pairs = {match["name"]: match["value"] for match in _PAIR.finditer(text)}
        name = " ".join(_PAIR.sub("", text).split())
        head, _, rest = name.partition(" ")
        if head == "exposure" and rest and pairs.keys() <= {"instrument"}:
            return self._exposures(rest, pairs.get("instrument"))
        if head == "group" and rest and pairs.keys() <= {"instrument"}:
            return self._select(group_pattern(self.base, rest, pairs.get("instrument"), _string))
        if ((head == "script" and rest.isdecimal()) or pairs) and pairs.keys() <= SCRIPT_PAIRS:
            return self._select(script_pattern(self.base, name, pairs, _string))
        if head in {"run", "collection"} and rest and not pairs:
            return self._select(f"?it rdfs:label {_string(rest)} ; pg:collectionType ?kind .")
        if not pairs:
            named = self._select(f"?it rdfs:label {_string(text)} .")
            if not named and _EXPOSURE.fullmatch(name):
                return self._exposures(name, None)
            return named or ([] if " " in name else self._datasets(name, {}, None))
        if not name or " " in name:
            return []
        run = pairs.pop("run", None)
        return self._datasets(name, pairs, run) or self._quanta(name, pairs, run)

    def _exposures(self, key: str, instrument: str | None) -> list[str]:
        """Find exposures by number, or by the name that the camera gave."""
        taken_with = f"; pg:instrument {_string(instrument)}" if instrument else ""
        if not key.isdecimal():
            return self._select(f"?it rdfs:label {_string(key)} ; a pg:Exposure {taken_with} .")
        # Where no Butler has it, an exposure has no data ID; its number ends with that of the day's sequence.
        numbered = f"?it pg:seqNum {int(key) % 100_000} ; a pg:Exposure {taken_with} ; pg:dayObs ?day ."
        return self._select(
            f"{{ ?id pg:exposure {key} . ?it pg:dataId ?id ; a pg:Exposure {taken_with} }} UNION"
            f" {{ {numbered} FILTER(STRENDS(STR(?it), {_string(f'/{key}')})) }}"
        )

    def _datasets(self, name: str, pairs: Mapping[str, str], run: str | None) -> list[str]:
        """Find datasets of a type: by what they specialize, else (logs and the like) by their quantum's data ID."""
        dataset_type = mint(self.base, "dataset-type", name)
        if not self.graph.contains(dataset_type):
            return []
        member = f"?run rdfs:label {_string(run)} ; prov:hadMember ?it ." if run else ""
        kind = f"?it voprov:isDescribedBy <{dataset_type}> ."
        if not pairs:
            return self._select(f"{member} {kind}")
        where = _dimension_patterns(pairs)
        return self._select(
            f"{where} ?data pg:dataId ?id . ?it prov:specializationOf ?data . {kind} {member}"
        ) or self._select(f"{where} ?quantum pg:dataId ?id . ?it prov:wasGeneratedBy ?quantum . {kind} {member}")

    def _quanta(self, label: str, pairs: Mapping[str, str], run: str | None) -> list[str]:
        """Find quanta of a task, those that never ran too."""
        plan = f"?plan rdfs:label {_string(label)} ."
        if run:
            plan += f" FILTER(CONTAINS(STR(?plan), {_string(f'/{encode(run)}/')}))"
        return self._select(f"{_dimension_patterns(pairs)} ?it pg:dataId ?id ; pg:plan|pg:plannedBy ?plan . {plan}")

    def _select(self, patterns: str) -> list[str]:
        rows = cast(
            "Iterable[tuple[Term | None, ...]]",
            self.graph.query(f"SELECT DISTINCT ?it WHERE {{ {patterns} }} LIMIT {MOST_CANDIDATES + 1}"),
        )
        return sorted(term.value for (term,) in rows if term is not None)

    def ambiguous(self, identifier: str, candidates: list[str]) -> AmbiguousError:
        """Say what an identifier could mean, and how to tell its meanings apart."""
        more = len(candidates) > MOST_CANDIDATES
        listed = candidates[:MOST_CANDIDATES]
        values = " ".join(f"<{iri}>" for iri in listed)
        runs = cast(
            "Iterable[tuple[Term | None, ...]]",
            self.graph.query(
                "SELECT DISTINCT ?name WHERE { VALUES ?it { " + values + " } ?run prov:hadMember ?it ;"
                ' pg:collectionType "RUN" ; rdfs:label ?name }'
            ),
        )
        names = sorted(term.value for (term,) in runs if term is not None)
        parts = [parsed for iri in listed if (parsed := parse(self.base, iri)) and not parsed.fragment]
        instruments = sorted({parsed.keys[0] for parsed in parts if parsed.kind in ("exposure", "group")})
        starts = sorted({parsed.keys[1] for parsed in parts if parsed.kind == "script-run"})
        ways = (
            [f"run={name}" for name in names]
            or [f"instrument={name}" for name in instruments]
            or [f"start={start}" for start in starts]
        )
        hint = f"add one of: {', '.join(ways)}" if len(ways) > 1 else "say more of its data ID"
        count = f"more than {MOST_CANDIDATES}" if more else str(len(listed))
        return AmbiguousError(f"{identifier!r} names {count} things", listed, hint=hint)


def _uuid_of(text: str) -> str | None:
    """Return the UUID of a bare UUID, an ``ivo://`` or a ``butler://`` identifier, lower-case."""
    if UUID_PATTERN.fullmatch(text):
        return text.lower()
    if text.startswith(("ivo://", "butler://")):
        found = UUID_PATTERN.findall(text)
        return cast(str, found[-1]).lower() if found else None
    return None


def _dimension_patterns(pairs: Mapping[str, str]) -> str:
    """Write ``dimension=value`` pairs as triple patterns on the data ID ``?id``."""
    patterns = []
    for name, value in pairs.items():
        local = DIMENSIONS.get(name)
        if name in _INTEGERS and not value.isdecimal():
            raise QueryError(f"{name}={value}: not a whole number", hint="data IDs are written as dimension=value")
        if local is None:
            patterns.append(f"?id pg:otherDimension {_string(f'{name}={value}')} .")
        else:
            patterns.append(f"?id pg:{local} {int(value) if name in _INTEGERS else _string(value)} .")
    return " ".join(patterns)


def _string(text: str) -> str:
    """Write a SPARQL string literal."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'
