"""From the YARRRML of a mapping.yml to a `MappingDocument`; what is not supported is an error, never ignored."""

from __future__ import annotations

from pathlib import Path

from progenitor.mapping.document import MappingDocument, SourceTable
from progenitor.mapping.iri import is_absolute_iri
from progenitor.mapping.keys import read_keys
from progenitor.mapping.nodes import Node, read_yaml
from progenitor.mapping.prefixes import PREDEFINED
from progenitor.mapping.problems import Problems
from progenitor.mapping.triples_map import TriplesMapReader, read_source_table


def read_mapping(file: Path) -> MappingDocument:
    """Read and check a mapping.yml.

    Parameters
    ----------
    file
        YARRRML, https://rml.io/yarrrml/spec/.

    Raises
    ------
    MappingError
        If the file is not YAML, not YARRRML, or uses what is not supported: the first thing that is wrong.
    """
    problems = Problems()
    document = parse_mapping(file, problems)
    problems.raise_first()
    return document


def parse_mapping(file: Path, problems: Problems) -> MappingDocument:
    """Read a mapping.yml, gathering what is wrong with single mappings and their parts.

    Parameters
    ----------
    file
        YARRRML.
    problems
        Where errors go; if there are any, the document returned lacks what they are about.

    Raises
    ------
    MappingError
        If the file as a whole cannot be read.
    """
    root = read_yaml(file)
    keys = read_keys(root, ("prefixes", "base", "sources", "mappings", "authors"))
    if "mappings" not in keys:
        raise root.error("there is no key 'mappings'")
    base = keys["base"].text() if "base" in keys else None
    if base is not None and not is_absolute_iri(base):
        raise keys["base"].error(f"the base {base!r} is not an absolute IRI")
    prefixes = {**PREDEFINED, **_prefixes(keys.get("prefixes"))}
    reader = TriplesMapReader(prefixes, _named_sources(keys.get("sources")), problems)
    mappings = []
    for name, node in keys["mappings"].entries().items():
        with problems.gathered():
            mappings.append(reader.triples_map(name, node))
    return MappingDocument(file, base, tuple(mappings))


def _prefixes(node: Node | None) -> dict[str, str]:
    """Return the declared prefixes."""
    if node is None:
        return {}
    declared = {}
    for prefix, value in node.entries().items():
        declared[prefix] = value.text()
        if not is_absolute_iri(declared[prefix]):
            raise value.error(f"the namespace {declared[prefix]!r} of the prefix {prefix!r} is not an absolute IRI")
    return declared


def _named_sources(node: Node | None) -> dict[str, SourceTable]:
    """Return the document's ``sources``."""
    if node is None:
        return {}
    return {name: read_source_table(child, name) for name, child in node.entries().items()}
