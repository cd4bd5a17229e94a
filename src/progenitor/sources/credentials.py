"""Credentials: taken from environment variables only, and kept out of every message."""

from __future__ import annotations

import os
from urllib.parse import urlsplit, urlunsplit

from progenitor.errors import ConfigurationError, Place


def secret(variable: str, option: str) -> str:
    """Return the secret that an environment variable holds.

    Parameters
    ----------
    variable
        Its name.
    option
        The option that names it, for the message.

    Raises
    ------
    ConfigurationError
        If the variable is not set, or holds what cannot be a secret; the message never holds the value.
    """
    value = os.environ.get(variable, "").strip()
    if not value:
        raise ConfigurationError(
            f"the environment variable {variable!r} is not set",
            place=Place("environment", field=variable),
            hint=f"it is to hold the secret that the option {option} is about",
        )
    if not value.isascii() or not value.isprintable():
        raise ConfigurationError(
            f"the environment variable {variable!r} holds characters that a secret cannot have",
            place=Place("environment", field=variable),
        )
    return value


def refuse_password(location: str, option: str) -> None:
    """Refuse a location that holds a password, which would end up in shell histories, process lists and messages.

    Parameters
    ----------
    location
        A URL, or what else was given.
    option
        The option to use instead, for the message.

    Raises
    ------
    ConfigurationError
        If it holds one.
    """
    in_authority = ":" in location.partition("://")[2].partition("/")[0].rpartition("@")[0]
    if in_authority or "password=" in location.lower():
        raise ConfigurationError(
            "the location holds a password",
            place=Place(public_url(location) if "://" in location else "location"),
            hint=f"put the password into an environment variable and give its name: {option}=VARIABLE",
        )


def public_url(location: str) -> str:
    """Return a URL without user, password, query and fragment, as messages may show it."""
    try:
        parts = urlsplit(location)
    except ValueError:
        return "the URL"
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
