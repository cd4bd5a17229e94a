"""What source.yml may say of the questions to an HTTP service: path, parameters, body, paging, and where rows are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

import pyarrow as pa
import pydantic

from progenitor.errors import Place
from progenitor.sources.declared.columns import Columns, schema_of
from progenitor.sources.declared.placeholders import Template
from progenitor.sources.declared.window import Window
from progenitor.sources.exports.declared import FileExport
from progenitor.sources.http_client.request import Request

Scalar = bool | int | float | str


class Question(pydantic.BaseModel):
    """A request with placeholders.

    Parameters
    ----------
    path
        Below the URL of the service.
    params
        Of the query string; a list gives a parameter several times.
    body
        A JSON body; what has one is a POST.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    path: str = pydantic.Field(pattern=r"^[^?#]*$")
    params: dict[str, Scalar | list[Scalar]] = pydantic.Field(default_factory=dict)
    body: dict[str, Any] | None = None


class OffsetPages(pydantic.BaseModel):
    """Pages by offset and limit, until one is empty (a server may give fewer rows than were asked for).

    Parameters
    ----------
    limit
        Rows to ask for.
    limit_param, offset_param
        What the service calls the two.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    style: Literal["offset"]
    limit: int = pydantic.Field(1000, ge=2)
    limit_param: str = "limit"
    offset_param: str = "offset"


class CursorPages(pydantic.BaseModel):
    """Pages by a cursor that each page gives for the next one, until one gives none.

    Parameters
    ----------
    param
        What the service calls it in a request.
    next
        Where it is in an answer, dotted.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    style: Literal["cursor"]
    param: str
    next: str


class LinkPages(pydantic.BaseModel):
    """Pages by a ``Link`` header with ``rel="next"`` (RFC 8288), until one has none."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    style: Literal["link"]


class TimePages(pydantic.BaseModel):
    """Pages by time, oldest rows first: each begins at the newest instant of the one before, until one adds nothing.

    Parameters
    ----------
    time
        Where a row has its time, dotted: a whole number, as the service takes it for the start.
    limit
        Rows to ask for, at most what the service grants. More rows of one instant than that cannot be read.
    limit_param, start_param
        What the service calls the number of rows and the first instant; the first page begins where ``params`` says.
    order_param, order
        What asks for the oldest rows first.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    style: Literal["time"]
    time: str
    limit: int = pydantic.Field(5000, ge=2)
    limit_param: str = "limit"
    start_param: str = "start"
    order_param: str = "direction"
    order: str = "forward"


class Matrix(pydantic.BaseModel):
    """Rows that are lists of values beside a list of names.

    Parameters
    ----------
    names, values
        Where the two lists are in an answer, dotted.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    names: str
    values: str


class Level(pydantic.BaseModel):
    """One of several lists that are nested in each other; a row is an element of the innermost one.

    Parameters
    ----------
    at
        Where the list is in an element of the level above, or in the answer; dotted.
    name
        Under which a row has the element.
    elements
        Names of the values of an element that is a list itself.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    at: str
    name: str
    elements: list[str] | None = None


Rows = str | Matrix | Annotated[list[Level], pydantic.Field(min_length=1)] | None
"""Where the rows are in an answer: at a dotted path, in a matrix or in nested lists; None: the answer is the list."""


class HttpTable(Question):
    """A table.

    Parameters
    ----------
    columns
        What to take of each row; the field of a column may be a dotted path.
    rows
        Where the rows are in an answer.
    page
        How the service gives many rows; all at once where not given.
    export
        Where the rows are in exports of the service.
    """

    columns: Columns = pydantic.Field(min_length=1)
    rows: Rows = None
    page: Annotated[OffsetPages | CursorPages | LinkPages | TimePages, pydantic.Field(discriminator="style")] | None = (
        None
    )

    export: FileExport = FileExport()

    @property
    def schema(self) -> pa.Schema:
        """The columns as Arrow has them."""
        return schema_of(self.columns.values())


@dataclass(frozen=True)
class Prepared:
    """A question whose placeholders are checked.

    Parameters
    ----------
    path, params, body
        Of the question, texts being templates.
    about
        What it asks for, in messages.
    """

    path: Template
    params: Any
    body: Any
    about: str

    @classmethod
    def of(cls, question: Question, about: str, place: Place, *, by_night: bool) -> Self:
        """Check the placeholders of a question.

        Parameters
        ----------
        question
            What source.yml says.
        about
            What it asks for, in messages.
        place
            Where source.yml says it.
        by_night
            Whether partitions are nights.

        Raises
        ------
        MappingError
            If a placeholder is unknown, or a brace stands alone.
        """

        def parsed(value: Any) -> Any:
            if isinstance(value, str):
                return Template.parse(value, place, by_night=by_night)
            if isinstance(value, Mapping):
                return {name: parsed(entry) for name, entry in value.items()}
            return [parsed(entry) for entry in value] if isinstance(value, list) else value

        return cls(parsed(question.path), parsed(question.params), parsed(question.body), about)

    def request(self, window: Window, extra: Mapping[str, Any]) -> Request:
        """Return the request for a window.

        Parameters
        ----------
        window
            The partition.
        extra
            Further parameters, of the query string or, where there is one, of the body.
        """
        params, body = _filled(self.params, window), _filled(self.body, window)
        path = self.path.fill(window)
        if body is None:
            return Request(path, params=params | extra, about=self.about)
        return Request(path, "POST", params=params, json=body | extra, about=self.about)


def _filled(value: Any, window: Window) -> Any:
    """Fill the templates of a structure."""
    if isinstance(value, Template):
        return value.value(window)
    if isinstance(value, dict):
        return {name: _filled(entry, window) for name, entry in value.items()}
    return [_filled(entry, window) for entry in value] if isinstance(value, list) else value
