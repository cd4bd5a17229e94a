"""One entry of ``mappings``: sources, subjects, graphs, predicates and objects, in short and in long form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from progenitor.mapping.document import ObjectTerm, PredicateObjects, SourceTable, Template, TermKind, TriplesMap
from progenitor.mapping.keys import read_keys
from progenitor.mapping.nodes import Node
from progenitor.mapping.problems import Problems
from progenitor.mapping.template import looks_like_iri, parse_iri, parse_literal
from progenitor.terms import RDF, TYPE

_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_FORMULATIONS: Final = {"queryFormulation": ("sql2008", "sql2011", "sql2016"), "referenceFormulation": ("csv",)}
"""SQL over rows with columns: all there is."""
_LANG_SUFFIX: Final = "~lang"
_IRI_SUFFIX: Final = "~iri"


def read_source_table(node: Node, name: str | None = None) -> SourceTable:
    """Read one source: ``view``, ``[view]``, ``{access: view}`` or ``{query: SELECT ...}``."""
    if node.is_collection:
        keys = read_keys(node, ("access", "query", "queryFormulation", "referenceFormulation"))
        for key, supported in _FORMULATIONS.items():
            if key in keys and keys[key].text() not in supported:
                raise keys[key].error(f"the {key} {keys[key].text()!r} is not supported: {' or '.join(supported)}")
        if ("access" in keys) == ("query" in keys):
            raise node.error("a source has either 'access' (a table or view) or 'query' (SQL)")
        if "query" in keys:
            return SourceTable(name or "query", keys["query"].text(), keys["query"].place)
        node = keys["access"]
    items = list(node.items())
    if len(items) != 1:
        raise node.error(
            "a source is one table or view; iterators are not supported",
            hint="unnest nested records in views.sql",
        )
    access = items[0].text().removesuffix("~csv")
    if "~" in access:
        raise items[0].error(
            f"files and reference formulations are not supported: {access!r}",
            hint="name a table of source.yml or a view of views.sql",
        )
    return SourceTable(access, None, items[0].place)


class TriplesMapReader:
    """Reads mappings, given the prefixes and named sources of their document."""

    def __init__(self, prefixes: Mapping[str, str], sources: Mapping[str, SourceTable], problems: Problems) -> None:
        self.prefixes = prefixes
        self.sources = sources
        self.problems = problems

    def triples_map(self, name: str, node: Node) -> TriplesMap:
        """Read one mapping."""
        keys = read_keys(node, ("sources", "subjects", "graphs", "predicateobjects"))
        if "sources" not in keys:
            raise node.error(f"mapping {name!r} has no 'sources'")
        if "subjects" not in keys or keys["subjects"].is_null:
            raise node.error(f"mapping {name!r} has no subject", hint="blank nodes are not made: name an IRI")
        entries = []
        for entry in keys["predicateobjects"].items() if "predicateobjects" in keys else ():
            with self.problems.gathered():
                entries.append(self._predicate_objects(entry))
        return TriplesMap(
            name,
            node.place,
            tuple(self._sources(keys["sources"])),
            tuple(self._iri(item) for item in keys["subjects"].items()),
            self._graphs(keys.get("graphs")),
            tuple(entries),
        )

    def _sources(self, node: Node) -> list[SourceTable]:
        found = []
        for item in node.items():
            source = read_source_table(item)
            named = self.sources.get(source.name) if source.query is None else None
            found.append(named or source)
        if not found:
            raise node.error("'sources' is empty")
        return found

    def _graphs(self, node: Node | None) -> tuple[Template, ...]:
        return () if node is None else tuple(self._iri(item) for item in node.items())

    def _iri(self, node: Node) -> Template:
        """Read the template of a subject, predicate or graph: short, or long with ``value``."""
        if node.is_collection:
            keys = read_keys(node, ("value", "type"))
            if "value" not in keys:
                raise node.error("there is no 'value'")
            if "type" in keys and keys["type"].text() != "iri":
                raise keys["type"].error(f"the type {keys['type'].text()!r} is not supported here: only iri")
            node = keys["value"]
        return parse_iri(node.text().removesuffix(_IRI_SUFFIX), self.prefixes, node.place)

    def _predicate(self, node: Node) -> Template:
        if not node.is_collection and node.text() == "a":
            return Template((TYPE,), node.place, "a")
        return self._iri(node)

    def _predicate_objects(self, node: Node) -> PredicateObjects:
        """Read ``[predicates, objects, datatype or language~lang]`` or the same with keys."""
        kind: Node | None = None
        datatype: Node | None = None
        language: Node | None = None
        graphs: tuple[Template, ...] = ()
        if node.is_list:
            items = list(node.items())
            if len(items) not in (2, 3):
                raise node.error(f"expected [predicate, object] or [predicate, object, datatype], found {len(items)}")
            first, second = items[:2]
            if len(items) == 3:
                datatype, language = _datatype_or_language(items[2])
        else:
            keys = read_keys(node, ("predicates", "objects", "graphs", "datatype", "language", "type"))
            for required in ("predicates", "objects"):
                if required not in keys:
                    raise node.error(f"there is no {required!r}")
            first, second = keys["predicates"], keys["objects"]
            kind, datatype, language = keys.get("type"), keys.get("datatype"), keys.get("language")
            graphs = self._graphs(keys.get("graphs"))
        predicates = tuple(self._predicate(item) for item in first.items())
        is_type = any(predicate.constant == TYPE for predicate in predicates)
        objects = tuple(self._object(item, kind, datatype, language, is_type=is_type) for item in second.items())
        if not predicates or not objects:
            raise node.error("there is no predicate or no object")
        return PredicateObjects(predicates, objects, graphs)

    def _object(
        self, node: Node, kind: Node | None, datatype: Node | None, language: Node | None, *, is_type: bool
    ) -> ObjectTerm:
        """Read one object; what its predicate says of type, datatype and language holds where it says nothing."""
        if node.is_collection:
            keys = read_keys(node, ("value", "type", "datatype", "language"))
            if "value" not in keys:
                raise node.error("there is no 'value'")
            value = keys["value"]
            kind = keys.get("type", kind)
            if "datatype" in keys or "language" in keys:
                datatype, language = keys.get("datatype"), keys.get("language")
        elif node.is_list:
            items = list(node.items())
            if len(items) not in (1, 2):
                raise node.error(f"expected [value] or [value, datatype or language~lang], found {len(items)} items")
            value = items[0]
            if len(items) == 2:
                datatype, language = _datatype_or_language(items[1])
        else:
            value = node
        return self._term(value, kind, datatype, language, is_type=is_type)

    def _term(
        self, node: Node, kind: Node | None, datatype: Node | None, language: Node | None, *, is_type: bool
    ) -> ObjectTerm:
        text = node.text()
        if text.endswith(_IRI_SUFFIX) and not text.endswith("\\" + _IRI_SUFFIX):
            text, term_kind = text.removesuffix(_IRI_SUFFIX), _kind(kind, "iri")
            if term_kind != "iri":
                raise node.error(f"{node.text()!r} is an IRI, yet its type is literal")
        else:
            term_kind = _kind(kind, "iri" if is_type else "literal")
        if term_kind == "iri":
            if datatype or language:
                raise (datatype or language or node).error(f"{text!r} is an IRI: it has no datatype and no language")
            return ObjectTerm(parse_iri(text, self.prefixes, node.place), "iri")
        if looks_like_iri(text, self.prefixes) and not (kind or datatype or language):
            prefix = text.partition(":")[0]
            raise node.error(
                f"{text!r} may be an IRI or a text",
                hint=rf"write '{text}~iri' for the IRI; '{prefix}\:...' or a datatype for the text",
            )
        if datatype and language:
            raise language.error("a literal has a datatype or a language, not both")
        return ObjectTerm(
            parse_literal(text, node.place),
            "literal",
            self._datatype(datatype) if datatype else None,
            _language(language) if language else None,
        )

    def _datatype(self, node: Node) -> str:
        template = self._iri(node)
        if template.constant is None or template.relative:
            raise node.error(f"the datatype {node.text()!r} is not a constant absolute IRI")
        if template.constant == RDF + "langString":
            raise node.error("rdf:langString needs a language", hint="write en~lang instead of the datatype")
        return template.constant


def _datatype_or_language(node: Node) -> tuple[Node | None, Node | None]:
    """Return what a third item is: a datatype, or a language written ``en~lang``."""
    return (None, node) if node.text().endswith(_LANG_SUFFIX) else (node, None)


def _language(node: Node) -> str:
    tag = node.text().removesuffix(_LANG_SUFFIX)
    if not _LANGUAGE.fullmatch(tag):
        raise node.error(f"{tag!r} is not a language tag (BCP 47)", hint="languages from columns are not supported")
    return tag.lower()


def _kind(node: Node | None, default: TermKind) -> TermKind:
    """Return the kind of term that ``type`` asks for."""
    if node is None:
        return default
    text = node.text()
    if text not in ("iri", "literal"):
        raise node.error(f"the type {text!r} is not supported: iri or literal")
    return "iri" if text == "iri" else "literal"
