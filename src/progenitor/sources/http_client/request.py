"""What is asked of a server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Request:
    """A request that only reads, so that it may be repeated.

    Parameters
    ----------
    path
        Below the server's URL, or a whole URL of the same server.
    method
        ``GET`` or ``POST``.
    params
        Of the query string.
    form
        The body, as the fields of a form.
    json
        The body, as JSON.
    about
        What it asks for, in messages.
    """

    path: str
    method: str = "GET"
    params: Mapping[str, Any] = field(default_factory=dict)
    form: Mapping[str, str] | None = None
    json: Any = None
    about: str = ""
