"""Jira's search and Loki's query_range, as far as a reader of one night asks them, over records held in memory."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

Query = Mapping[str, list[str]]
Answer = tuple[int, Any]

_PAGE = 50
_MOST_ENTRIES = 5000
_CLAUSE = re.compile(
    r"""project\s*=\s*(?P<project>\w+)
      | project\s+in\s*\((?P<projects>[^)]*)\)
      | (?P<field>created|updated)\s*(?P<operator>>=|<)\s*(?:"(?P<time>[^"]*)"|(?P<milliseconds>\d+))""",
    re.VERBOSE | re.IGNORECASE,
)


def search_jql(issues: Sequence[Mapping[str, Any]], query: Query) -> Answer:
    """Answer ``/rest/api/latest/search/jql``: pages with a token for the next; the account's time zone is UTC."""
    text = re.split(r"\border\s+by\b", _first(query, "jql", ""), flags=re.IGNORECASE)[0].strip()
    clauses = [clause.strip() for clause in re.split(r"\band\b", text, flags=re.IGNORECASE)] if text else []
    matches = [_CLAUSE.fullmatch(clause) for clause in clauses]
    if None in matches:
        return 400, {"errorMessages": [f"Error in the JQL Query: {clauses[matches.index(None)]!r}"], "errors": {}}
    chosen = [issue for issue in issues if all(_matches(issue, match) for match in matches if match)]
    start, size = int(_first(query, "nextPageToken", "0")), int(_first(query, "maxResults", str(_PAGE)))
    page: dict[str, Any] = {"issues": chosen[start : start + size], "isLast": start + size >= len(chosen)}
    if not page["isLast"]:
        page["nextPageToken"] = str(start + size)
    return 200, page


def _matches(issue: Mapping[str, Any], clause: re.Match[str]) -> bool:
    project = issue["key"].partition("-")[0]
    if clause["project"]:
        return bool(project == clause["project"])
    if clause["projects"]:
        return project in [name.strip() for name in clause["projects"].split(",")]
    at = datetime.strptime(issue["fields"][clause["field"].lower()], "%Y-%m-%dT%H:%M:%S.%f%z")
    if clause["milliseconds"]:
        bound = datetime.fromtimestamp(int(clause["milliseconds"]) / 1000, UTC)
    else:
        bound = datetime.fromisoformat(clause["time"]).replace(tzinfo=UTC)
    return at >= bound if clause["operator"] == ">=" else at < bound


def query_range(entries: Sequence[Mapping[str, Any]], query: Query) -> Answer:
    """Answer ``/loki/api/v1/query_range``: streams of the lines of a selector, from start until before end."""
    selector, _, filters = _first(query, "query", "").partition("}")
    wanted = re.findall(r'(\w+)\s*(=~?)\s*"([^"]*)"', selector)
    if not wanted:
        return 400, "parse error : queries require at least one regexp or equality matcher"
    limit = int(_first(query, "limit", "100"))
    if limit > _MOST_ENTRIES:
        return 400, f"max entries limit per query exceeded, limit > max_entries_limit ({limit} > {_MOST_ENTRIES})"
    start, end = int(_first(query, "start", "0")), int(_first(query, "end", str(2**63)))
    tests: dict[str, Callable[[str, str], bool]] = {
        "=": lambda value, given: value == given,
        "=~": lambda value, given: re.fullmatch(given, value) is not None,
    }
    chosen = [
        entry
        for entry in entries
        if start <= int(entry["ns"]) < end
        and all(tests[operator](entry["labels"].get(label, ""), value) for label, operator, value in wanted)
        and all(re.search(pattern, entry["line"]) for pattern in re.findall(r'\|~\s*"([^"]*)"', filters))
    ]
    chosen.sort(key=lambda entry: int(entry["ns"]), reverse=_first(query, "direction", "backward") == "backward")
    streams: dict[tuple[tuple[str, str], ...], list[list[str]]] = {}
    for entry in chosen[:limit]:
        streams.setdefault(tuple(entry["labels"].items()), []).append([entry["ns"], entry["line"]])
    result = [{"stream": dict(labels), "values": values} for labels, values in streams.items()]
    return 200, {"status": "success", "data": {"resultType": "streams", "result": result}}


def _first(query: Query, name: str, default: str) -> str:
    return query.get(name, [default])[0]
