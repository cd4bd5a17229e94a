"""Qualified names: one way to cut an IRI in two that PROV-N, PROV-JSON and PROV-XML readers all put together again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from progenitor.terms import PREFIXES

BASE_PREFIX: Final = "id"
"""The prefix of the base itself, for what lies under it without a kind; the same as in SPARQL."""

_LETTERS: Final = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
"""PN_CHARS_BASE of PROV-N (section 3.7.1), which are XML's NameStartChar too."""

_LOCAL: Final = re.compile(rf"(?:[{_LETTERS}0-9_\-./@~&+*?#$!='(),:;\[\]]|%[0-9A-Fa-f]{{2}})*\Z")
"""What PROV-N can write as a local part, escaped where it must be. Combining characters are left out: they may not
come first, and no IRI of ours has any after its percent-encoding."""

_PREFIX: Final = re.compile(r"(?!xml)[a-z][a-z0-9-]*")
_RESERVED: Final = frozenset({*PREFIXES, "xsi", BASE_PREFIX})


class Namespaces:
    """Cuts IRIs into a namespace and a local part, and hands out prefixes in the order they are first needed.

    The local part of one of ours is what follows its kind, so that documents read ``quantum:0199...``. An IRI of a
    known vocabulary is cut as everyone cuts it. Any other is cut after its last ``#`` or ``/``, or further to the
    right where a character comes that a local part cannot have.

    Parameters
    ----------
    base
        The store's base IRI.
    known
        Prefix to namespace, of vocabularies.
    """

    def __init__(self, base: str, known: Mapping[str, str] = PREFIXES) -> None:
        self._base = base
        self._known = sorted(((uri, prefix) for prefix, uri in known.items()), key=lambda pair: -len(pair[0]))
        self._prefix_of: dict[str, str] = {}
        self._cuts: dict[str, tuple[str, str, str]] = {}
        self._generated = 0

    @property
    def used(self) -> dict[str, str]:
        """Prefix to namespace, of those handed out so far."""
        return {prefix: namespace for namespace, prefix in self._prefix_of.items()}

    def covers(self, iri: str) -> bool:
        """Whether an IRI is one of ours or of a known vocabulary."""
        return iri.startswith(self._base) or any(iri.startswith(namespace) for namespace, _ in self._known)

    def cut(self, iri: str) -> tuple[str, str, str]:
        """Return prefix, namespace and local part; the last two joined are the IRI."""
        cut = self._cuts.get(iri)
        if cut is None:
            namespace, wanted = self._namespace(iri)
            prefix = self._prefix_of.get(namespace)
            if prefix is None:
                prefix = self._prefix_of[namespace] = wanted or self._generate()
            cut = self._cuts[iri] = (prefix, namespace, iri[len(namespace) :])
        return cut

    def _namespace(self, iri: str) -> tuple[str, str | None]:
        """Find the namespace, and the prefix it should have if that matters."""
        for namespace, prefix in self._known:
            if iri.startswith(namespace) and _is_local(iri[len(namespace) :]):
                return namespace, prefix
        if iri.startswith(self._base):
            kind, slash, rest = iri[len(self._base) :].partition("/")
            if slash and rest and _is_local(rest) and _PREFIX.fullmatch(kind) and kind not in _RESERVED:
                return f"{self._base}{kind}/", kind
            if _is_local(kind) and not slash and kind:
                return self._base, BASE_PREFIX
        return iri[: _cut_anywhere(iri)], None

    def _generate(self) -> str:
        self._generated += 1
        return f"ns{self._generated}"


def _is_local(text: str) -> bool:
    return _LOCAL.match(text) is not None


def _cut_anywhere(iri: str) -> int:
    """Return where the local part of a stranger's IRI begins."""
    found = _LOCAL.search(iri)
    earliest = max(1, found.start() if found else len(iri))
    for separator in "#/:":
        position = iri.rfind(separator, 0, len(iri) - 1) + 1
        if position >= earliest:
            return position
    return earliest
