"""IRIs: how they are minted under a store's base, escaped, and read back for a person.

Every IRI of ours is ``<base><kind>/<key>...``; `KINDS` lists the kinds. Keys are percent-encoded as RML
encodes template values (R2RML section 7.3: everything but RFC 3987's *iunreserved* characters), so that a mapping
and this module mint the same bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

DEFAULT_BASE: Final = "https://progenitor.example/"
"""Base IRI of a store that was made without ``--base``: RFC 2606 reserves the name, so it can collide with nobody's."""

UUID_PATTERN: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)

_FORBIDDEN_IN_IRI: Final = re.compile(r"[\x00-\x20<>\"{}|\\^`]")
"""RFC 3987 excludes these; an RDF parser refuses them."""

_ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:.+", re.DOTALL)


def _is_iunreserved(character: str) -> bool:
    """Whether RFC 3987 section 2.2 lets the character stand for itself in any part of an IRI."""
    if character.isascii():
        return character.isalnum() or character in "-._~"
    code = ord(character)
    return (
        0xA0 <= code <= 0xD7FF
        or 0xF900 <= code <= 0xFDCF
        or 0xFDF0 <= code <= 0xFFEF
        or (0x10000 <= code <= 0xDFFFD and code & 0xFFFE != 0xFFFE)
        or 0xE1000 <= code <= 0xEFFFD
    )


def encode(value: str) -> str:
    """Percent-encode a template value as R2RML section 7.3 does (the *IRI-safe version* of a string).

    Parameters
    ----------
    value
        The value as the source has it.
    """
    return "".join(
        character if _is_iunreserved(character) else "".join(f"%{byte:02X}" for byte in character.encode())
        for character in value
    )


def is_valid_iri(iri: str) -> bool:
    """Whether a string is an absolute IRI that an RDF parser accepts (RFC 3987, no excluded characters)."""
    return bool(_ABSOLUTE.fullmatch(iri)) and not _FORBIDDEN_IN_IRI.search(iri)


def mint(base: str, kind: str, *keys: str | int) -> str:
    """Return ``<base><kind>/<key>...`` with every key percent-encoded.

    Parameters
    ----------
    base
        The store's base IRI; ends in ``/`` or ``#``.
    kind
        The first path segment, for example ``dataset``.
    keys
        What identifies the thing among its kind.
    """
    return base + "/".join([kind, *(encode(str(key)) for key in keys)])


@dataclass(frozen=True)
class ParsedIri:
    """The parts of an IRI of ours: kind, decoded keys, fragment."""

    kind: str
    keys: tuple[str, ...]
    fragment: str | None = None


def parse(base: str, iri: str) -> ParsedIri | None:
    """Take an IRI of ours apart, or return None where it does not lie under the base."""
    if not iri.startswith(base):
        return None
    path, _, fragment = iri[len(base) :].partition("#")
    kind, *keys = path.split("/")
    return ParsedIri(kind, tuple(unquote(key) for key in keys), unquote(fragment) or None)
