"""The formats a provenance answer can be written in, and how one is chosen."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from progenitor.errors import FormatError


@dataclass(frozen=True)
class Format:
    """One format.

    Parameters
    ----------
    name
        What people call it; the value of ``--format``.
    media_type
        As registered with IANA where it is; PROV-JSON is not, so it goes as JSON.
    suffixes
        File suffixes that mean it, the usual one first.
    is_text
        Whether the bytes are UTF-8 text that may go to a terminal.
    about
        One line for the reference page and the help text.
    """

    name: str
    media_type: str
    suffixes: tuple[str, ...]
    is_text: bool
    about: str


FORMATS: Final[dict[str, Format]] = {
    format_.name: format_
    for format_ in (
        Format("prov-json", "application/json", (".provjson", ".prov.json"), True, "PROV-JSON, W3C submission 2013"),
        Format("prov-n", "text/provenance-notation", (".provn",), True, "PROV-N, W3C Recommendation 2013"),
        Format("prov-xml", "application/provenance+xml", (".provx", ".prov.xml"), True, "PROV-XML, W3C Note 2013"),
        Format("turtle", "text/turtle", (".ttl",), True, "PROV-O as RDF 1.1 Turtle"),
        Format("n-triples", "application/n-triples", (".nt",), True, "PROV-O as RDF 1.1 N-Triples"),
        Format("json-ld", "application/ld+json", (".jsonld",), True, "PROV-O as JSON-LD 1.1"),
        Format("rdf-xml", "application/rdf+xml", (".rdf", ".owl"), True, "PROV-O as RDF 1.1 XML"),
        Format("json", "application/vnd.progenitor.lineage+json", (".json",), True, "nodes and edges, for programs"),
        Format("dot", "text/vnd.graphviz", (".gv", ".dot"), True, "the figure's source, for graphviz"),
        Format("svg", "image/svg+xml", (".svg",), True, "a figure with links and a text alternative"),
        Format("pdf", "application/pdf", (".pdf",), False, "a figure for print"),
        Format("png", "image/png", (".png",), False, "a figure at 200 dots per inch"),
    )
}
"""Every format by its name."""


def format_of(name: str | None = None, path: str | Path | None = None) -> str:
    """Return the name of the format that is meant.

    Parameters
    ----------
    name
        A format's name, or None to go by the file's suffix.
    path
        The file to be written; PROV-JSON is meant where there is neither.

    Raises
    ------
    FormatError
        If there is no such format, or the suffix says nothing.
    """
    if name is not None:
        if name.lower() not in FORMATS:
            raise FormatError(f"there is no format {name!r}", hint=f"formats: {', '.join(FORMATS)}")
        return name.lower()
    if path is None:
        return "prov-json"
    file = Path(path).name.lower()
    fitting = [
        (len(suffix), format_.name)
        for format_ in FORMATS.values()
        for suffix in format_.suffixes
        if file.endswith(suffix)
    ]
    if not fitting:
        raise FormatError(f"the name {file!r} does not say the format", hint=f"formats: {', '.join(FORMATS)}")
    return max(fitting)[1]
