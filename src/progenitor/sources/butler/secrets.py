"""What must not enter the graph: credentials inside texts that are wanted."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

_CREDENTIALS = re.compile(r"://[^/@\s]*@")


def mask_credentials(text: str) -> str:
    """Mask user name and password of every URL in a text."""
    return _CREDENTIALS.sub("://***@", text)


def without_credentials(url: str) -> str:
    """Return a URL without user name and password."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
