"""The options of a source that is read from a web service, or from exports of one."""

from __future__ import annotations

from progenitor.sources.http.questions import Question
from progenitor.sources.http_client.options import WebOptions


class HttpOptions(WebOptions):
    """The options of the source.

    Parameters
    ----------
    fingerprint
        A question whose answer changes when the content of the partition does; None where only reading tells.
    """

    fingerprint: Question | None = None
