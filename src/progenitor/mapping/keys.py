"""The keys of YARRRML: their short spellings, and those that are not supported."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NoReturn

from progenitor.mapping.nodes import Node

ALIASES: Final = {
    "mappings": ("mappings", "mapping", "m"),
    "sources": ("sources", "source"),
    "authors": ("authors", "author", "a"),
    "subjects": ("subjects", "subject", "s"),
    "graphs": ("graphs", "graph", "g"),
    "predicateobjects": ("predicateobjects", "predicateobject", "po"),
    "predicates": ("predicates", "predicate", "p"),
    "objects": ("objects", "object", "o"),
    "value": ("value", "v"),
}
"""YARRRML's short spellings of its keys."""

_UNSUPPORTED: Final = {
    "external": "external references",
    "targets": "targets",
    "target": "targets",
    "t": "targets",
    "function": "functions",
    "fn": "functions",
    "f": "functions",
    "condition": "conditions",
    "conditions": "conditions",
    "c": "conditions",
    "mapping": "references to other mappings (joins)",
    "mappings": "references to other mappings (joins)",
    "m": "references to other mappings (joins)",
    "inversepredicates": "inverse predicates",
    "inversepredicate": "inverse predicates",
    "i": "inverse predicates",
    "iv": "inverse predicates",
    "quoted": "quoted triples (RML-star)",
    "quotedNonAsserted": "quoted triples (RML-star)",
    "changeDetection": "change detection",
}


def read_keys(node: Node, allowed: Sequence[str]) -> dict[str, Node]:
    """Return the values of a collection by the long spelling of their keys.

    Parameters
    ----------
    node
        The collection.
    allowed
        Long spellings of the keys it may have.

    Raises
    ------
    MappingError
        If a key is unknown, not supported, or given twice in two spellings.
    """
    spelled = {alias: name for name in allowed for alias in ALIASES.get(name, (name,))}
    found: dict[str, Node] = {}
    for key, value in node.entries().items():
        if key not in spelled:
            _refuse(key, value, allowed)
        if spelled[key] in found:
            raise value.error(f"{key!r} is given twice, once as another spelling of {spelled[key]!r}")
        found[spelled[key]] = value
    return found


def _refuse(key: str, value: Node, allowed: Sequence[str]) -> NoReturn:
    if key in _UNSUPPORTED:
        raise value.error(f"{_UNSUPPORTED[key]} are not supported: {key!r}", hint="prepare the rows in views.sql")
    raise value.error(f"unknown key {key!r}", hint=f"known here: {', '.join(allowed)}")
