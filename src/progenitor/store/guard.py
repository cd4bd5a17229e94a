r"""Refuses SPARQL that would reach out of the store: SERVICE, LOAD and the update forms.

Oxigraph really fetches what SERVICE names, and cannot be told not to. Its parser reads characters, not words: it takes
``SERVICE:x {`` for a SERVICE although a prefix ``SERVICE:`` may be declared, and ``trueSERVICE <u> {`` too. So the text
is cut into the tokens of SPARQL 1.1 section 19.8 here, and what could be read as SERVICE in any way is refused.

One character cannot be decided without the grammar: ``<`` opens an IRI or compares. Both readings are followed where
the difference could hide something, that is where the would-be IRI holds a ``#`` (a comment) or a ``'`` (a string).
"""

from __future__ import annotations

import re

from progenitor.errors import Place, QueryError

_TOKEN = re.compile(
    r"""
      (?P<space>[ \t\r\n]+)
    | (?P<comment>\#[^\r\n]*)
    | (?P<string>'''(?:'{0,2}(?:[^'\\]|\\.))*''' | \"\"\"(?:"{0,2}(?:[^"\\]|\\.))*\"\"\"
               | '(?:[^'\\\r\n]|\\.)*' | "(?:[^"\\\r\n]|\\.)*")
    | (?P<iri><[^<>"{}|^`\\\x00-\x20]*>)
    | (?P<variable>[?$][\w·]+)
    | (?P<blank>_:[\w·](?:[\w·.-]*[\w·-])?)
    | (?P<language>@[A-Za-z]+(?:-+[A-Za-z0-9]+)*)
    | (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<prefix>(?:[^\W\d_][\w·.-]*)?:)(?P<local>(?:[\w·:.-]|%[0-9A-Fa-f]{2}|\\[-_~.!$&'()*+,;=/?\#@%])*)
    | (?P<word>[^\W\d]\w*)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_UPDATE = re.compile(r"(INSERT|DELETE|LOAD|CLEAR|CREATE|DROP|COPY|MOVE|ADD|WITH)\Z", re.IGNORECASE)
_FORMS = re.compile(r"(SELECT|ASK|CONSTRUCT|DESCRIBE)\Z", re.IGNORECASE)


def refuse_unsafe(sparql: str) -> None:
    """Check a query before it is given to Oxigraph.

    Parameters
    ----------
    sparql
        The query.

    Raises
    ------
    QueryError
        If it holds SERVICE, or is an update; with line and column.
    """
    starts = [0]
    seen: set[int] = set()
    while starts:
        start = starts.pop()
        if start not in seen:
            _walk(sparql, start, seen, starts)


def _walk(sparql: str, start: int, seen: set[int], starts: list[int]) -> None:
    """Read tokens from a place on until the end, or until a place that was reached before."""
    position = start
    form_known = start > 0
    while position < len(sparql) and position not in seen:
        seen.add(position)
        match = _TOKEN.match(sparql, position)
        assert match is not None, "the last alternative takes any character"
        kind, text = match.lastgroup, match[0]
        if kind == "local":
            if "service" in match["prefix"].lower() and _next_is_brace(sparql, match.end()):
                raise _refusal(sparql, position, "SERVICE")
        elif kind == "word":
            if "service" in text.lower():
                raise _refusal(sparql, position, "SERVICE")
            if not form_known and _UPDATE.match(text):
                raise _refusal(sparql, position, text.upper())
            form_known = form_known or bool(_FORMS.match(text))
        elif kind == "iri":
            _follow_comparison(sparql, position, text, starts)
        position = match.end()


def _follow_comparison(sparql: str, position: int, text: str, starts: list[int]) -> None:
    """Note where reading goes on if this is no IRI but a ``<`` and what follows it."""
    hidden = re.search(r"['#]", text)
    if hidden:
        starts.append(position + hidden.start())
    # An expression ends with a bracket, so a SERVICE after it is behind one.
    _, bracket, rest = text.partition(")")
    if bracket and "service" in rest.lower():
        raise _refusal(sparql, position, "SERVICE")


def _next_is_brace(sparql: str, position: int) -> bool:
    """Whether the next token that is neither space nor comment opens a group."""
    while position < len(sparql):
        match = _TOKEN.match(sparql, position)
        assert match is not None, "the last alternative takes any character"
        if match.lastgroup not in ("space", "comment"):
            return match[0] == "{"
        position = match.end()
    return False


def _refusal(sparql: str, position: int, what: str) -> QueryError:
    before = sparql[:position]
    place = Place("query", before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1)
    if what == "SERVICE":
        return QueryError(
            "SERVICE is refused: a query reads this store only",
            place=place,
            hint="a prefix or an IRI that can be read as SERVICE is refused too: rename it",
        )
    return QueryError(
        f"{what} is refused: this is a query, and the store changes by `progenitor ingest` only",
        place=place,
        hint="use SELECT, ASK, CONSTRUCT or DESCRIBE",
    )
