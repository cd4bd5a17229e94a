"""Which absolute IRIs an RDF store accepts: RFC 3987 section 2.2 as one regular expression, for Python and for SQL."""

from __future__ import annotations

import re
from typing import Final


def _ranges(*bounds: tuple[int, int]) -> str:
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in bounds)


_PLANES = tuple((plane * 0x10000, plane * 0x10000 + 0xFFFD) for plane in range(1, 0xE))
UCSCHAR: Final = _ranges((0xA0, 0xD7FF), (0xF900, 0xFDCF), (0xFDF0, 0xFFEF), *_PLANES, (0xE1000, 0xEFFFD))
"""The characters beyond ASCII that may stand for themselves, as the inside of a character class."""

_PRIVATE = _ranges((0xE000, 0xF8FF), (0xF0000, 0xFFFFD), (0x100000, 0x10FFFD))
_NAME = rf"A-Za-z0-9._~!$&'()*+,;=\-{UCSCHAR}"
_ESCAPE = "%[0-9A-Fa-f]{2}"

ABSOLUTE_IRI: Final = (
    r"[A-Za-z][A-Za-z0-9+.\-]*:"
    rf"(?://(?:(?:[{_NAME}:]|{_ESCAPE})*@)?(?:[{_NAME}]|{_ESCAPE})*(?::[0-9]*)?(?:/(?:[{_NAME}:@/]|{_ESCAPE})*)?"
    rf"|/?(?:(?:[{_NAME}:@]|{_ESCAPE})(?:[{_NAME}:@/]|{_ESCAPE})*)?)"
    rf"(?:\?(?:[{_NAME}:@/?{_PRIVATE}]|{_ESCAPE})*)?"
    rf"(?:#(?:[{_NAME}:@/?]|{_ESCAPE})*)?"
)
"""An absolute IRI, but for hosts in brackets (IP literals)."""

_COMPILED = re.compile(ABSOLUTE_IRI)


def is_absolute_iri(text: str) -> bool:
    """Whether a string is an absolute IRI without excluded characters or broken percent escapes."""
    return _COMPILED.fullmatch(text) is not None
