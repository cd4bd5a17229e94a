"""The answers of a service to the question of a table, page by page."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from progenitor.errors import SourceError
from progenitor.sources.declared.json_text import read_json
from progenitor.sources.declared.window import Window
from progenitor.sources.http.questions import CursorPages, HttpTable, LinkPages, OffsetPages, Prepared, TimePages
from progenitor.sources.http.records import MISSING, at_path, find_rows
from progenitor.sources.http_client.client import Answer, Client
from progenitor.sources.http_client.request import Request


@dataclass(frozen=True)
class Page:
    """One page.

    Parameters
    ----------
    request
        What was asked.
    answer
        The JSON of the answer.
    rows
        The rows in it.
    """

    request: Request
    answer: Any
    rows: list[Any]


@dataclass(frozen=True)
class Pages:
    """Asks for the pages of a table.

    Parameters
    ----------
    client
        Of the service.
    table
        What source.yml says of the table.
    question
        Its question, checked.
    window
        The partition.
    """

    client: Client
    table: HttpTable
    question: Prepared
    window: Window

    def read(self) -> Iterator[Page]:
        """Yield page after page.

        Raises
        ------
        SourceError
            If the service is not there, refuses, gives what is not JSON or has no rows where they should be, or
            gives the same page again.
        """
        match self.table.page:
            case OffsetPages() as style:
                return self._by_offset(style)
            case CursorPages() as style:
                return self._by_cursor(style)
            case LinkPages():
                return self._by_link()
            case TimePages() as style:
                return self._by_time(style)
            case None:
                return iter([self._page(self.question.request(self.window, {}))[0]])

    def _by_offset(self, style: OffsetPages) -> Iterator[Page]:
        offset, last = 0, b""
        while True:
            request = self.question.request(self.window, {style.limit_param: style.limit, style.offset_param: offset})
            page, answer = self._page(request)
            digest = hashlib.sha256(answer.body).digest()
            if not page.rows:
                return
            if digest == last:
                raise self._again(request, f"it does not know the parameter {style.offset_param!r}")
            yield page
            offset, last = offset + len(page.rows), digest

    def _by_cursor(self, style: CursorPages) -> Iterator[Page]:
        extra: dict[str, Any] = {}
        seen = set()
        while True:
            request = self.question.request(self.window, extra)
            page, _ = self._page(request)
            yield page
            cursor = at_path(page.answer, style.next)
            if cursor is MISSING or cursor in (None, "", False):
                return
            if str(cursor) in seen:
                raise self._again(request, f"it does not know the parameter {style.param!r}")
            seen.add(str(cursor))
            extra = {style.param: cursor}

    def _by_link(self) -> Iterator[Page]:
        request = self.question.request(self.window, {})
        seen = set()
        while True:
            page, answer = self._page(request)
            yield page
            if answer.next is None:
                return
            if answer.next in seen:
                raise self._again(request, "its Link header leads in a circle")
            seen.add(answer.next)
            request = Request(answer.next, about=request.about)

    def _by_time(self, style: TimePages) -> Iterator[Page]:
        extra: dict[str, Any] = {style.limit_param: style.limit, style.order_param: style.order}
        edge: int | None = None
        told: Counter[bytes] = Counter()
        while True:
            page, _ = self._page(self.question.request(self.window, extra))
            times = [self._time(page, row, style.time) for row in page.rows]
            if not times:
                return
            if edge is not None and min(times) < edge:
                raise self._again(page.request, f"it does not know the parameter {style.start_param!r}")
            yield replace(page, rows=_untold(page.rows, times, edge, told))
            newest = max(times)
            if newest == edge:
                if len(times) >= style.limit:
                    what = f"has {len(times)} rows of one instant ({newest}) or more"
                    raise self.client.broken(page.request, what, "raise limit, or ask for fewer rows in params")
                return
            told = Counter(_text(row) for row, time in zip(page.rows, times, strict=True) if time == newest)
            edge, extra = newest, extra | {style.start_param: newest}

    def _time(self, page: Page, row: Any, path: str) -> int:
        value = at_path(row, path)
        try:
            return int(value)
        except (TypeError, ValueError):
            found = "nothing" if value is MISSING else repr(value)
            what = f"gave a row that has {found} at {path!r} where its time should be, a whole number"
            raise self.client.broken(page.request, what, "look at page of the table") from None

    def _page(self, request: Request) -> tuple[Page, Answer]:
        answer = self.client.fetch(request)
        try:
            document = read_json(answer.body)
        except ValueError as error:
            start = answer.body[:80].decode(errors="replace")
            raise self.client.broken(request, f"gave an answer that is not JSON ({error}): {start!r}") from None
        rows = find_rows(document, self.table.rows, lambda what, hint: self.client.broken(request, what, hint))
        return Page(request, document, rows), answer

    def _again(self, request: Request, why: str) -> SourceError:
        return self.client.broken(request, "gave the same page twice", f"{why}? look at page of the table")


def _untold(rows: Sequence[Any], times: Sequence[int], edge: int | None, told: Counter[bytes]) -> list[Any]:
    """Return the rows without those of the instant at the edge that the page before had, each as often as it had it."""
    known = told.copy()
    fresh = []
    for row, time in zip(rows, times, strict=True):
        if time == edge and known[text := _text(row)] > 0:
            known[text] -= 1
        else:
            fresh.append(row)
    return fresh


def _text(row: Any) -> bytes:
    """Write a row so that the same row gives the same bytes."""
    return json.dumps(row, sort_keys=True).encode()
