"""What a node consists of or is a member of, listed up to a limit: fields, packages, members, validity."""

from __future__ import annotations

from typing import Final

from progenitor.identifiers import mint, parse
from progenitor.lineage.describe import Fact, summarize
from progenitor.lineage.related import Askable, Row, rows
from progenitor.model import Term

MOST_FIELDS: Final = 40
MOST_PACKAGES: Final = 60
MOST_MEMBERS: Final = 40
MOST_MEMBERSHIPS: Final = 20

_MEMBERS: Final = """?state prov:specializationOf {this} ; prov:hadMember ?member .
    OPTIONAL { ?membership pg:member ?member . ?state pg:qualifiedMembership ?membership
        OPTIONAL { ?membership pg:position ?position }
        OPTIONAL { ?membership pg:validFrom ?from } OPTIONAL { ?membership pg:validUntil ?until } }"""
_MEMBERSHIPS: Final = """?membership pg:member {this} . OPTIONAL { ?membership pg:position ?position }
    OPTIONAL { ?membership pg:validFrom ?from } OPTIONAL { ?membership pg:validUntil ?until }"""
_FIELDS: Final = "{this} dcterms:hasPart ?field . ?field voprov:name ?name . OPTIONAL { ?field voprov:value ?value }"
_PACKAGES: Final = "{this} dcterms:hasPart ?package . ?package voprov:name ?name ; voprov:version ?version"


def parts(graph: Askable, base: str, iri: str) -> tuple[Fact, ...]:
    """List the fields of a configuration, the packages of a software environment, or the members of a collection.

    For a dataset it lists the collections that have it as a member, with its validity. No list is longer than its
    limit; its last line then says how many more there are.
    """
    parsed = parse(base, iri)
    if parsed is None or parsed.fragment:
        return ()
    if parsed.kind == "config":
        return _named(graph, iri, "field", "?field ?name ?value", _FIELDS, MOST_FIELDS)
    if parsed.kind == "software-environment":
        return _named(graph, iri, "package", "?package ?name ?version", _PACKAGES, MOST_PACKAGES)
    if parsed.kind == "collection":
        return _members(graph, base, iri)
    if parsed.kind in {"dataset", "raw"}:
        return _memberships(graph, base, iri)
    return ()


def _named(graph: Askable, iri: str, name: str, variables: str, pattern: str, most: int) -> tuple[Fact, ...]:
    """List parts that have a name and a value."""
    where = pattern.replace("{this}", f"<{iri}>")
    found = rows(graph, f"SELECT {variables} WHERE {{ {where} }} ORDER BY ?name LIMIT {most}")
    facts = tuple(
        Fact(name, " ".join(_value(term) for term in (key, value) if term), _value(part)) for part, key, value in found
    )
    return facts + _more(graph, name, where, len(found), most)


def _members(graph: Askable, base: str, iri: str) -> tuple[Fact, ...]:
    """List the members of a collection in its search order, or by type, data ID and validity."""
    where = _MEMBERS.replace("{this}", f"<{iri}>")
    found = rows(
        graph,
        "SELECT ?member ?position ?from ?until WHERE { "
        f"{where} }} ORDER BY ?position ?from ?until ?member LIMIT {MOST_MEMBERS}",
    )
    summaries = summarize(graph, base, [_value(row[0]) for row in found])
    facts = [Fact("member", _validity(summaries[_value(row[0])].label, row), _value(row[0])) for row in found]
    if not any(row[1] for row in found):
        facts.sort(key=lambda fact: fact.value)
    return tuple(facts) + _more(graph, "member", where, len(found), MOST_MEMBERS)


def _memberships(graph: Askable, base: str, iri: str) -> tuple[Fact, ...]:
    """List the collections that have a dataset as a member of their own, with its validity in them."""
    where = _MEMBERSHIPS.replace("{this}", f"<{iri}>")
    found = rows(
        graph,
        "SELECT ?membership ?position ?from ?until WHERE { "
        f"{where} }} ORDER BY ?from ?membership LIMIT {MOST_MEMBERSHIPS}",
    )
    facts = []
    for row in found:
        parsed = parse(base, _value(row[0]))
        if parsed is None or parsed.kind != "collection":
            continue
        collection = mint(base, "collection", *parsed.keys)
        validity = _validity("", row)
        facts.append(Fact("valid" if validity else "member of", _placed(validity, parsed.keys[-1]), collection))
    return tuple(facts) + _more(graph, "member of", where, len(found), MOST_MEMBERSHIPS)


def _placed(validity: str, collection: str) -> str:
    return f"{validity} in {collection}" if validity else collection


def _validity(name: str, row: Row) -> str:
    """Write a name with the half-open UTC interval that a membership is valid in."""
    start, end = row[2], row[3]
    begun = f"from {_value(start)}" if start else "from the beginning" if end else ""
    ended = f"until {_value(end)}" if end else "without end" if start else ""
    return " ".join(word for word in (name, begun, ended) if word)


def _more(graph: Askable, name: str, where: str, listed: int, most: int) -> tuple[Fact, ...]:
    if listed < most:
        return ()
    ((number,),) = rows(graph, f"SELECT (COUNT(*) AS ?number) WHERE {{ {where} }}")
    rest = int(_value(number)) - listed
    return (Fact(name, f"… and {rest:,} more", None),) if rest > 0 else ()


def _value(term: Term | None) -> str:
    return term.value if term else ""
