"""PROV-JSON, PROV-N and PROV-XML, written through the `prov` package."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from progenitor.errors import FormatError
from progenitor.formats.names import Namespaces
from progenitor.formats.records import Record
from progenitor.model import Term
from progenitor.terms import PREFIXES, PROV, XSD

if TYPE_CHECKING:
    from prov.identifier import QualifiedName
    from prov.model import ProvDocument

SYNTAXES: Final = {"prov-json": "json", "prov-n": "provn", "prov-xml": "xml"}
"""Our name -> the `prov` package's."""


def document_of(records: Iterable[Record], base: str, prefixes: Mapping[str, str] = PREFIXES) -> ProvDocument:
    """Build the `prov` package's document; it declares the namespaces that it uses and no others.

    Parameters
    ----------
    records
        In the order they are to be written.
    base
        The store's base IRI.
    prefixes
        Prefixes of known vocabularies.
    """
    from prov.model import ProvDocument

    document = ProvDocument()
    values = _Values(Namespaces(base, prefixes))
    for record in records:
        document.new_record(
            values.name(PROV + record.kind),
            values.name(record.identifier) if record.identifier else None,
            [(values.name(PROV + name), values.value(term)) for name, term in record.formal],
            [(values.name(name), values.attribute(name, term)) for name, term in record.attributes],
        )
    return document


def serialize(document: ProvDocument, name: str) -> bytes:
    """Return the document as bytes, UTF-8.

    Parameters
    ----------
    document
        See `document_of`.
    name
        ``prov-json``, ``prov-n`` or ``prov-xml``.

    Raises
    ------
    FormatError
        If PROV-XML cannot hold a value: XML 1.0 has no control characters.
    """
    options: dict[str, Any] = {"ensure_ascii": False, "indent": 1} if name == "prov-json" else {}
    content = io.BytesIO()
    try:
        document.serialize(content, format=SYNTAXES[name], **options)
    except ValueError as error:
        raise FormatError(
            f"a value cannot be written as {name}: {error}", hint="prov-json and prov-n can hold any character"
        ) from None
    return content.getvalue()


class _Values:
    """Turns our terms into the `prov` package's values."""

    def __init__(self, namespaces: Namespaces) -> None:
        from prov.identifier import Namespace

        self._namespaces = namespaces
        self._namespace = Namespace
        self._known: dict[str, Any] = {}

    def name(self, iri: str) -> QualifiedName:
        """Return an IRI as a qualified name."""
        prefix, namespace, local = self._namespaces.cut(iri)
        known = self._known.get(prefix)
        if known is None:
            known = self._known[prefix] = self._namespace(prefix, namespace)
        return known[local]

    def attribute(self, name: str, term: Term) -> Any:
        """Return a term as the value of an attribute: the address of something elsewhere is an xsd:anyURI."""
        if term.is_iri and name != PROV + "type" and not self._namespaces.covers(term.value):
            return self.value(Term(term.value, XSD + "anyURI"))
        return self.value(term)

    def value(self, term: Term) -> Any:
        """Return a term as an attribute's value: a qualified name, a string or a typed literal."""
        from prov.model import Literal

        if term.is_iri:
            return self.name(term.value)
        if term.language:
            return Literal(term.value, langtag=term.language)
        if term.datatype == XSD + "string":
            return term.value
        return Literal(term.value, self.name(term.datatype or XSD + "string"))
