"""What a SPARQL query gives: rows, yes or no, or triples; as plain terms or written in a standard format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import IO, Final, TypeAlias

import pyoxigraph as ox

from progenitor.errors import FormatError
from progenitor.model import Term
from progenitor.store.rdf import from_oxigraph, serialize

RESULT_FORMATS: Final[dict[str, ox.QueryResultsFormat]] = {
    "json": ox.QueryResultsFormat.JSON,
    "csv": ox.QueryResultsFormat.CSV,
    "tsv": ox.QueryResultsFormat.TSV,
    "xml": ox.QueryResultsFormat.XML,
}
"""SPARQL 1.1 Query Results JSON, CSV, TSV and XML."""


class Solutions:
    """The rows of a SELECT query; read once, each row as it is computed.

    Parameters
    ----------
    found
        From Oxigraph.
    """

    def __init__(self, found: ox.QuerySolutions) -> None:
        self._found = found
        self.variables: tuple[str, ...] = tuple(variable.value for variable in found.variables)

    def __iter__(self) -> Iterator[tuple[Term | None, ...]]:
        for solution in self._found:
            yield tuple(None if value is None else from_oxigraph(value) for value in solution)

    def serialize(self, format: str, output: IO[bytes] | None = None) -> bytes:
        """Write all rows.

        Parameters
        ----------
        format
            A key of `RESULT_FORMATS`.
        output
            Where to write; without one the bytes are returned.

        Raises
        ------
        FormatError
            If there is no such format.
        """
        return self._found.serialize(output, format=_result_format(format)) or b""


class Boolean:
    """The answer of an ASK query.

    Parameters
    ----------
    found
        From Oxigraph.
    """

    def __init__(self, found: ox.QueryBoolean) -> None:
        self._found = found

    def __bool__(self) -> bool:
        return bool(self._found)

    def serialize(self, format: str, output: IO[bytes] | None = None) -> bytes:
        """Write it; as `Solutions.serialize`."""
        return self._found.serialize(output, format=_result_format(format)) or b""


class Triples:
    """The triples of a CONSTRUCT or DESCRIBE query; read once.

    Parameters
    ----------
    found
        From Oxigraph.
    prefixes
        For the formats that abbreviate.
    """

    def __init__(self, found: ox.QueryTriples, prefixes: Mapping[str, str]) -> None:
        self._found = found
        self._prefixes = prefixes

    def __iter__(self) -> Iterator[tuple[str, str, Term]]:
        for triple in self._found:
            yield from_oxigraph(triple.subject).value, triple.predicate.value, from_oxigraph(triple.object)

    def serialize(self, format: str, output: IO[bytes] | None = None) -> bytes:
        """Write them, sorted and each once.

        Parameters
        ----------
        format
            A key of `progenitor.store.rdf.RDF_FORMATS`.
        output
            Where to write; without one the bytes are returned.

        Raises
        ------
        FormatError
            If there is no such format.
        """
        content = serialize(self, format, self._prefixes)
        if output is None:
            return content
        output.write(content)
        return b""


Answer: TypeAlias = Solutions | Boolean | Triples


def _result_format(name: str) -> ox.QueryResultsFormat:
    if name not in RESULT_FORMATS:
        raise FormatError(f"rows cannot be written as {name!r}", hint=f"formats: {', '.join(RESULT_FORMATS)}")
    return RESULT_FORMATS[name]
