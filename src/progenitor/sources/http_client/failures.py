"""What went wrong with a request, in words a person can act on, and whether repeating it may help."""

from __future__ import annotations

import email.utils
import time
from typing import Final

import httpx

REPEATED: Final = frozenset({429, 502, 503, 504})
"""Statuses that may be others a moment later."""

_NAMED: Final = {401: "refused the credentials", 403: "refused access", 404: "knows no such path"}
_HINTS: Final = {
    401: "give user and password_env, or token_env",
    403: "does this account have the right to read it?",
    404: "is the URL of the server right, and the path in source.yml?",
    400: "look at what the table asks for in source.yml",
    413: "ask for less at a time",
    422: "look at what the table asks for in source.yml",
    429: "ask later, or for less",
}
_EXCERPT: Final = 300
"""Characters of an answer that a message quotes."""


class PassingError(Exception):
    """A failure that may be over when the request is repeated.

    Parameters
    ----------
    what
        What went wrong.
    hint
        What to do when it stays.
    wait
        Seconds after which the server wants to be asked again.
    """

    def __init__(self, what: str, hint: str | None = None, wait: float | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint
        self.wait = wait


def passing(error: httpx.TransportError | httpx.DecodingError, timeout: float) -> PassingError:
    """Return what a failure of the connection means.

    Parameters
    ----------
    error
        As the client raised it.
    timeout
        Seconds that were waited.
    """
    if "WRONG_VERSION_NUMBER" in str(error):
        return PassingError(f"does not speak https: {error}", "is the URL to begin with http:// ?")
    if isinstance(error, httpx.ConnectTimeout | httpx.ConnectError):
        return PassingError(f"cannot be reached: {error or 'no connection'}", "is the server up, and its URL right?")
    if isinstance(error, httpx.TimeoutException):
        return PassingError(f"gave no answer within {timeout:g} s", "ask later, or raise the option timeout")
    if isinstance(error, httpx.DecodingError):
        return PassingError(f"broke off its answer: {error}", "look into the log of the server")
    return PassingError(f"closed the connection before its answer was complete: {error}", "look into the server's log")


def refusal(response: httpx.Response, body: str) -> tuple[str, str | None]:
    """Return what a status says, with the beginning of the answer, and what to do.

    Parameters
    ----------
    response
        Its status is not one of success.
    body
        The beginning of the answer.
    """
    status = response.status_code
    if response.is_redirect:
        return f"answered {status}: moved to {response.headers.get('location')!r}", "give the new URL"
    said = " ".join(body.split())
    excerpt = f": {said[:_EXCERPT]}{'…' if len(said) > _EXCERPT else ''}" if said else ""
    return f"{_NAMED.get(status, 'answered')} ({status} {response.reason_phrase}){excerpt}", _HINTS.get(status)


def retry_after(response: httpx.Response) -> float | None:
    """Return the seconds that a server asks to be left alone (RFC 9110 section 10.2.3), or None."""
    given = response.headers.get("retry-after", "").strip()
    if given.isdecimal():
        return float(given)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(given).timestamp() - time.time())
    except ValueError:
        return None
