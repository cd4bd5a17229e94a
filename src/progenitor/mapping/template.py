r"""Templates: constant text with ``$(column)`` references, prefixes and escapes (YARRRML sections 4 and 6).

A backslash takes the meaning from ``$``, ``(``, ``)``, ``:``, ``~``, ``_`` and ``\``; elsewhere it is itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from progenitor.errors import MappingError, Place
from progenitor.mapping.document import Reference, Template

_ESCAPED: Final = re.compile(r"\\([$():~_\\])")
_REFERENCE: Final = re.compile(r"\$\(((?:\\.|[^\\)])*)\)")
_PREFIX: Final = re.compile(r"([A-Za-z][A-Za-z0-9_.+\-]*|):(?!\s|$)")
_SCHEMES: Final = frozenset({"ark", "did", "doi", "info", "mailto", "tag", "tel", "urn"})
"""Schemes without ``//`` that are taken for what they are; any other unknown ``name:`` is a prefix someone forgot."""


def parse_literal(text: str, place: Place) -> Template:
    """Parse the template of a literal: no prefix, no base.

    Raises
    ------
    MappingError
        If a reference is empty or not closed.
    """
    return Template(_parts(text, place), place, text)


def parse_iri(text: str, prefixes: Mapping[str, str], place: Place) -> Template:
    """Parse the template of an IRI: a prefix is expanded, what is not absolute then is relative to the base.

    Parameters
    ----------
    text
        As written.
    prefixes
        Prefix -> namespace.
    place
        Where it is written.

    Raises
    ------
    MappingError
        If a prefix is not declared, or a reference is empty or not closed.
    """
    match = _PREFIX.match(text)
    if match is None:
        parts = _parts(text, place)
        template = Template(parts, place, text)
        return template if template.bare else Template(parts, place, text, relative=True)
    prefix, rest = match[1], text[match.end() :]
    if prefix in prefixes:
        return Template(join(prefixes[prefix], *_parts(rest, place)), place, text)
    if rest.startswith("//") or prefix.lower() in _SCHEMES:
        return Template(_parts(text, place), place, text)
    raise MappingError(
        f"the prefix {prefix!r} of {text!r} is not declared",
        place=place,
        hint=rf"declare it under 'prefixes', or write '{prefix}\:' where the colon is part of the text",
    )


def looks_like_iri(text: str, prefixes: Mapping[str, str]) -> bool:
    """Whether a text begins like an IRI: with a declared prefix, or with a scheme and ``//``."""
    match = _PREFIX.match(text)
    return match is not None and (match[1] in prefixes or text.startswith("//", match.end()))


def _parts(text: str, place: Place) -> tuple[str | Reference, ...]:
    """Split a template into constants and references."""
    parts: list[str | Reference] = []
    constant, position = "", 0
    while position < len(text):
        if escaped := _ESCAPED.match(text, position):
            constant += escaped[1]
            position = escaped.end()
        elif text.startswith("$(", position):
            reference = _REFERENCE.match(text, position)
            if reference is None:
                raise MappingError(f"the reference in {text!r} has no closing parenthesis", place=place)
            parts += [constant, Reference(_column(reference[1], text, place))]
            constant, position = "", reference.end()
        else:
            constant += text[position]
            position += 1
    return join(*parts, constant)


def _column(written: str, text: str, place: Place) -> str:
    """Return the column that a reference names."""
    if written.startswith("_"):
        raise MappingError(
            f"external references are not supported: $({written})",
            place=place,
            hint=rf"write $(\{written}) for a column of that name",
        )
    column = _ESCAPED.sub(r"\1", written)
    if not column:
        raise MappingError(f"a reference in {text!r} names no column", place=place)
    return column


def join(*parts: str | Reference) -> tuple[str | Reference, ...]:
    """Join neighbouring constants and drop empty ones."""
    joined: list[str | Reference] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        elif part != "":
            joined.append(part)
    return tuple(joined)
