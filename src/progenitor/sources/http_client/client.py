"""A client of one HTTP server: it repeats requests where that can help, and bounds how long and large an answer is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import TypeVar

import httpx

from progenitor.errors import ConfigurationError, Place, SourceError
from progenitor.sources.credentials import public_url, refuse_password, secret
from progenitor.sources.http_client.failures import REPEATED, PassingError, passing, refusal, retry_after
from progenitor.sources.http_client.options import WebOptions
from progenitor.sources.http_client.request import Request

Result = TypeVar("Result")


@dataclass(frozen=True)
class Answer:
    """A whole answer.

    Parameters
    ----------
    body
        What came.
    next
        The URL that its ``Link`` header calls the next one (RFC 8288), or None.
    """

    body: bytes
    next: str | None


class Client:
    """A client of one server.

    Parameters
    ----------
    location
        The server's URL.
    options
        How it is asked.

    Raises
    ------
    ConfigurationError
        If the location is not a URL of HTTP or holds a password, or a secret is not in the environment.
    """

    def __init__(self, location: str, options: WebOptions) -> None:
        refuse_password(location, "user=NAME and password_env")
        self.url = public_url(location).rstrip("/")
        if self._origin(self.url) is None:
            is_path = "://" not in location
            raise ConfigurationError(
                "is neither a file or folder nor the URL of a server" if is_path else "is not the URL of a server",
                place=Place(self.url or location),
                hint="a URL is written http://host:port; or give the path of exports, which must exist",
            )
        self._options = options
        self._secrets: list[str] = []
        headers = {"User-Agent": f"progenitor/{version('progenitor')}"}
        auth = None
        if options.token_env:
            headers["Authorization"] = f"Bearer {self._secret(options.token_env, 'token_env')}"
        elif options.user is not None and options.password_env:
            auth = httpx.BasicAuth(options.user, self._secret(options.password_env, "password_env"))
        self._client = httpx.Client(auth=auth, headers=headers, timeout=options.timeout)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def fetch(self, request: Request) -> Answer:
        """Return a whole answer.

        Raises
        ------
        SourceError
            If the server is not there, refuses, or does not answer wholly, however often it was asked.
        """

        def once() -> Answer:
            response = self._open(request)
            try:
                body = self._whole(request, response)
                following = response.links.get("next", {}).get("url")
                return Answer(body, str(response.url.join(following)) if following else None)
            finally:
                response.close()

        return self._repeat(request, once)

    @contextmanager
    def stream(self, request: Request) -> Iterator[tuple[Iterator[bytes], httpx.Headers]]:
        """Yield the body of an answer piece by piece, and its headers.

        The request is repeated until an answer begins, and not after: what was read of it may have been used.

        Raises
        ------
        SourceError
            If the server is not there, refuses, or does not answer wholly.
        """
        response = self._repeat(request, lambda: self._open(request))

        def pieces() -> Iterator[bytes]:
            try:
                yield from self._pieces(request, response)
            except PassingError as error:
                raise self.broken(request, error.what, error.hint) from error

        try:
            yield pieces(), response.headers
        finally:
            response.close()

    def broken(self, request: Request, what: str, hint: str | None = None) -> SourceError:
        """Return the error that a server or its answer is not what it should be.

        Parameters
        ----------
        request
            What was asked.
        what
            What is wrong.
        hint
            What to do next.
        """
        asked = f", when asked for {request.about}" if request.about else ""
        return SourceError(self._masked(what) + asked, place=Place(public_url(self._address(request))), hint=hint)

    def _address(self, request: Request) -> str:
        return request.path if "://" in request.path else f"{self.url}/{request.path.lstrip('/')}".rstrip("/")

    def _open(self, request: Request) -> httpx.Response:
        """Send a request and return the answer, of which nothing is read yet; its status is one of success."""
        address = self._address(request)
        if self._origin(address) != self._origin(self.url):
            raise self.broken(request, f"is not of the server {self.url}, and gets no credentials")
        built = self._client.build_request(
            request.method, address, params=request.params or None, data=request.form, json=request.json
        )
        try:
            response = self._client.send(built, stream=True)
        except httpx.TransportError as error:
            raise passing(error, self._options.timeout) from error
        if response.is_success:
            return response
        try:
            raise self._refused(request, response)
        finally:
            response.close()

    def _refused(self, request: Request, response: httpx.Response) -> Exception:
        """Return the error of an answer that is no success."""
        try:
            body = next(response.iter_text(4096), "")
        except (httpx.TransportError, httpx.DecodingError):
            body = ""
        what, hint = refusal(response, body)
        if response.status_code not in REPEATED:
            return self.broken(request, what, hint)
        wait = retry_after(response)
        if wait is not None and wait > self._options.longest_wait:
            return self.broken(request, f"asks to be left alone for {wait:.0f} s ({what})", "run it again after that")
        return PassingError(what, hint, wait)

    def _whole(self, request: Request, response: httpx.Response) -> bytes:
        body = bytearray()
        for piece in self._pieces(request, response):
            body += piece
            if len(body) > self._options.largest_answer:
                raise self.broken(
                    request,
                    f"its answer is larger than {self._options.largest_answer.human_readable()}",
                    "ask for fewer rows at a time (page.limit), or raise the option largest_answer",
                )
        return bytes(body)

    def _pieces(self, request: Request, response: httpx.Response) -> Iterator[bytes]:
        """Read an answer until its end, or until more time than the deadline was spent waiting for it."""
        waited = 0.0
        pieces = response.iter_bytes()
        try:
            while True:
                begun = time.monotonic()
                piece = next(pieces, None)
                if piece is None:
                    return
                waited += time.monotonic() - begun
                if waited > self._options.deadline:
                    raise self.broken(
                        request,
                        f"its answer was not complete after {self._options.deadline:g} s",
                        "ask later or for less at a time, or raise the option deadline",
                    )
                yield piece
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise passing(error, self._options.timeout) from error

    def _repeat(self, request: Request, once: Callable[[], Result]) -> Result:
        """Do something until it succeeds, fails for good, or was done as often as it may be."""
        pause = self._options.backoff
        for _ in range(self._options.retries):
            try:
                return once()
            except PassingError as error:
                time.sleep(pause if error.wait is None else error.wait)
                pause *= 2
        try:
            return once()
        except PassingError as error:
            times = f" (asked {self._options.retries + 1} times)" if self._options.retries else ""
            raise self.broken(request, error.what + times, error.hint) from error

    def _secret(self, variable: str, option: str) -> str:
        self._secrets.append(secret(variable, option))
        return self._secrets[-1]

    def _masked(self, text: str) -> str:
        """Mask the secrets, should a server send them back."""
        for value in self._secrets:
            text = text.replace(value, "***")
        return text

    @staticmethod
    def _origin(address: str) -> tuple[str, str, int | None] | None:
        """Return scheme, host and port of a URL of HTTP, or None."""
        try:
            url = httpx.URL(address)
        except httpx.InvalidURL:
            return None
        return (url.scheme, url.host, url.port) if url.scheme in ("http", "https") and url.host else None
