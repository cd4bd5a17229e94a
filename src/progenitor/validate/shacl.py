"""SHACL: whether triples have the shapes that ontology/shapes says they have, in messages a person understands."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from progenitor.errors import ConfigurationError, FormatError, MissingExtraError, Place
from progenitor.terms import compact

if TYPE_CHECKING:
    from rdflib import Graph

_SH: Final = "http://www.w3.org/ns/shacl#"
_SYNTAX_OF: Final = {
    ".ttl": "turtle",
    ".nt": "nt",
    ".nq": "nquads",
    ".trig": "trig",
    ".jsonld": "json-ld",
    ".rdf": "xml",
}
_SEVERITIES: Final = ("Violation", "Warning", "Info")


@dataclass(frozen=True)
class ValidationResult:
    """One thing that has not the shape it should have (SHACL section 3.6.2).

    Parameters
    ----------
    severity
        ``Violation``, ``Warning`` or ``Info`` (SHACL section 2.1.4).
    node
        IRI of the thing.
    path
        The property, as a CURIE; None where the thing as a whole is wrong.
    value
        The offending value; None where one is missing or there are too many.
    message
        What is wrong.
    """

    severity: str
    node: str
    path: str | None
    value: str | None
    message: str

    def __str__(self) -> str:
        where = f"{self.node} {self.path}" if self.path else self.node
        value = f" (found {self.value!r})" if self.value is not None else ""
        return f"{self.severity.lower()}: {where}: {self.message}{value}"


def check_file(file: Path, *, shapes: Path | None = None) -> list[ValidationResult]:
    """Check the triples of a file, all its graphs together.

    Parameters
    ----------
    file
        RDF in Turtle, N-Triples, N-Quads, TriG, JSON-LD or RDF/XML, by its suffix.
    shapes
        A folder of shapes; the ones that come with Progenitor when not given.

    Returns
    -------
    list of ValidationResult
        The worst first, then by node.

    Raises
    ------
    FormatError
        If the file's suffix says no RDF syntax, or it is not well-formed.
    MissingExtraError
        If pyshacl is not installed.
    """
    syntax = _SYNTAX_OF.get(file.suffix.lower())
    if syntax is None:
        raise FormatError(
            f"the suffix {file.suffix!r} says no RDF syntax",
            place=Place(file),
            hint=f"suffixes: {', '.join(_SYNTAX_OF)}",
        )
    try:
        content = file.read_bytes()
    except OSError as error:
        raise FormatError(f"cannot be read: {error.strerror}", place=Place(file)) from None
    return check(content, syntax, shapes=shapes, source=file)


def check(
    content: bytes, syntax: str = "nt", *, shapes: Path | None = None, source: str | Path = "the triples"
) -> list[ValidationResult]:
    """Check triples; for small graphs, as they are held and searched in Python.

    Parameters
    ----------
    content
        RDF, UTF-8.
    syntax
        As rdflib calls it: ``nt``, ``nquads``, ``turtle``, ``trig``, ``json-ld`` or ``xml``.
    shapes
        A folder of shapes; the ones that come with Progenitor when not given.
    source
        What to call the triples in errors.

    Raises
    ------
    FormatError
        If the triples are not well-formed.
    MissingExtraError
        If pyshacl is not installed.
    """
    try:
        import pyshacl
        from rdflib import Dataset
    except ImportError:
        raise MissingExtraError("shacl", "checking shapes") from None
    dataset = Dataset(default_union=True)
    try:
        with warnings.catch_warnings():
            # rdflib 7's own parsers still use what it calls deprecated.
            warnings.simplefilter("ignore", DeprecationWarning)
            dataset.parse(data=content, format=syntax)
    except Exception as error:  # rdflib's parsers raise whatever they meet
        raise FormatError(f"not well-formed as {syntax}: {error}", place=Place(source)) from None
    _, report, _ = pyshacl.validate(
        _flat(dataset), shacl_graph=_shapes_graph(shapes or shapes_folder()), advanced=True, inference="none"
    )
    return _results(report)


def shapes_folder() -> Path:
    """Return the folder of the shapes that come with Progenitor, from the package or from a checkout."""
    package = Path(__file__).parents[1]
    for candidate in (package / "_data/ontology/shapes", package.parents[1] / "ontology/shapes"):
        if candidate.is_dir():
            return candidate
    raise ConfigurationError("the shapes that come with Progenitor are not installed", hint="reinstall progenitor")


def _flat(dataset: Any) -> Graph:
    """Return the triples of all graphs as one graph."""
    from rdflib import Graph

    graph = Graph()
    for subject, predicate, value, _ in dataset.quads():
        graph.add((subject, predicate, value))
    return graph


def _shapes_graph(folder: Path) -> Graph:
    from rdflib import Graph

    graph = Graph()
    for file in sorted(folder.glob("*.ttl")):
        graph.parse(file, format="turtle")
    return graph


def _results(report: Any) -> list[ValidationResult]:
    """Read a validation report (SHACL section 3.6)."""
    from rdflib import RDF, URIRef

    def one(result: Any, name: str) -> Any:
        return report.value(result, URIRef(_SH + name))

    found = []
    for result in report.subjects(RDF.type, URIRef(_SH + "ValidationResult")):
        path, value = one(result, "resultPath"), one(result, "value")
        node = str(one(result, "focusNode"))
        found.append(
            ValidationResult(
                severity=str(one(result, "resultSeverity")).removeprefix(_SH),
                node=node,
                path=_path(report, path) if path is not None else None,
                value=str(value) if value is not None and str(value) != node else None,
                message=" / ".join(sorted(str(text) for text in report.objects(result, URIRef(_SH + "resultMessage")))),
            )
        )
    return sorted(found, key=_order)


def _path(report: Any, path: Any) -> str:
    """Write a property path: a CURIE, with ``^`` before one that is followed backwards (SPARQL 1.1 section 9.1)."""
    from rdflib import URIRef

    inverse = report.value(path, URIRef(_SH + "inversePath"))
    return f"^{compact(str(inverse))}" if inverse is not None else compact(str(path))


def _order(result: ValidationResult) -> tuple[int, str, str, str, str]:
    severity = _SEVERITIES.index(result.severity) if result.severity in _SEVERITIES else len(_SEVERITIES)
    return severity, result.node, result.path or "", result.value or "", result.message
