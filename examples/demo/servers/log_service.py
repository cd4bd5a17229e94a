"""exposurelog, narrativelog and nightreport as they answer over HTTP: selection, paging, edits, and refusals."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from night.logbook import LogBook, NoSuchMessageError, Record

Query = Mapping[str, list[str]]
Answer = tuple[int, Any]
"""Status and JSON; None for a body that is empty."""

_LISTED = ("site_ids", "instruments", "user_ids", "user_agents", "exposure_flags")
_CONTAINED = ("obs_id", "message_text", "summary", "weather")
_OVERLAPPING = ("tags", "urls", "cscs", "systems", "subsystems")


class RefusedError(ValueError):
    """A request that the service does not take.

    Parameters
    ----------
    status
        Of the answer.
    parameter
        What is wrong.
    message
        Why.
    """

    def __init__(self, status: int, parameter: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.detail: Any = message
        if status == 422:
            self.detail = [{"loc": ["query", parameter], "msg": message}]


class LogService:
    """A log with its HTTP interface.

    Parameters
    ----------
    book
        The messages.
    now
        Says what time it is: TAI, ISO 8601 without a zone.
    """

    def __init__(self, book: LogBook, now: Callable[[], str]) -> None:
        self.book = book
        self._now = now
        self._edits = 0

    def answer(self, method: str, id_: str | None, query: Query, body: bytes) -> Answer:
        """Answer a request for the list of messages, or for one."""
        try:
            if id_ is None:
                return (200, self._select(query)) if method == "GET" else (405, {"detail": "Method Not Allowed"})
            if method == "GET":
                return 200, self.book.get(id_)
            if method == "PATCH":
                return 200, self._edit(id_, json.loads(body or b"{}"))
            if method == "DELETE":
                self.book.delete(self._now(), id_)
                return 204, None
        except NoSuchMessageError:
            return 404, {"detail": f"Message with id={id_} not found"}
        except RefusedError as error:
            return error.status, {"detail": error.detail}
        return 405, {"detail": "Method Not Allowed"}

    def _edit(self, id_: str, changes: Record) -> Record:
        """Make a child; a field that is null or unknown is not changed, so an editor without a name is lost."""
        self._edits += 1
        child = str(uuid5(NAMESPACE_URL, f"{id_}/{self._edits}"))
        known = {name: value for name, value in changes.items() if name in self.book.kind.fields and value is not None}
        return self.book.edit(self._now(), id_, child, **known)

    def _select(self, query: Query) -> list[Record]:
        offset = _whole_number(query, "offset", default=0, least=0)
        limit = _whole_number(query, "limit", default=50, least=2)
        chosen = [record for record in self.book.records if _is_wanted(record, query)]
        for name in reversed(self._order(query)):
            field = name.removeprefix("-")
            chosen = sorted(chosen, key=partial(_orderable, field), reverse=name.startswith("-"))
        return chosen[offset : offset + limit]

    def _order(self, query: Query) -> list[str]:
        wanted = list(query.get("order_by", ["id"]))
        known = {"id", "is_valid", "date_added", "date_invalidated", *self.book.kind.fields}
        if wrong := sorted({name for name in wanted if name.removeprefix("-") not in known}):
            raise RefusedError(400, "order_by", f"Invalid order_by fields: {wrong}")
        return wanted if {"id", "-id"} & set(wanted) else [*wanted, "id"]


def _whole_number(query: Query, name: str, *, default: int, least: int) -> int:
    text = query.get(name, [str(default)])[-1]
    try:
        number = int(text)
    except ValueError:
        raise RefusedError(422, name, f"Input should be a valid integer, not {text!r}") from None
    if number < least:
        raise RefusedError(422, name, f"Input should be greater than or equal to {least}")
    return number


def _is_wanted(record: Record, query: Query) -> bool:
    """Whether a message is asked for; without being asked, invalid ones are left out."""
    return _has_validity(record, query) and all(_passes(record, name, query[name]) for name in query)


def _has_validity(record: Record, query: Query) -> bool:
    wanted = query.get("is_valid", ["true"])[-1]
    if wanted not in ("true", "false", "either"):
        raise RefusedError(422, "is_valid", "Input should be 'either', 'true' or 'false'")
    return wanted == "either" or record["is_valid"] == (wanted == "true")


def _passes(record: Record, name: str, values: list[str]) -> bool:
    """Whether a message passes one parameter; parameters that the service does not know pass everything."""
    bound, _, field = name.partition("_")
    if bound in ("min", "max") and field in record:
        return _within(record[field], bound, name, values[-1])
    if bound == "has" and field in record:
        return (record[field] is not None) == (values[-1].lower() in ("true", "1"))
    if name in _LISTED and name[:-1] in record:
        return record[name[:-1]] in values
    if name in _CONTAINED and name in record:
        return values[-1] in (record[name] or "")
    if name in _OVERLAPPING and name in record:
        return bool(set(record[name] or ()) & set(values))
    return True


def _within(value: Any, bound: str, name: str, text: str) -> bool:
    """Whether a value is not below an inclusive minimum, or below an exclusive maximum."""
    if value is None:
        return False
    limit: Any = text
    if isinstance(value, (int, float)):
        try:
            limit = float(text)
        except ValueError:
            raise RefusedError(422, name, "Input should be a valid number") from None
    return bool(value >= limit if bound == "min" else value < limit)


def _orderable(field: str, record: Record) -> tuple[bool, Any]:
    """Return what PostgreSQL orders a record by: nulls come after everything else."""
    value = record[field]
    return value is None, value if not isinstance(value, (list, dict)) else json.dumps(value)


def mounts(services: Iterable[LogService]) -> dict[str, LogService]:
    """Return services by the path of their messages, for example ``/exposurelog/messages``."""
    return {f"/{service.book.kind.name}/{service.book.kind.collection}": service for service in services}
