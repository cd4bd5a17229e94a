"""Lines of machine logs as Loki keeps them; the time within a line is in a zone that the line does not always name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from night.clock import HOUR, utc_iso, utc_microseconds
from night.observatory import Observatory

CHILE_SUMMER = -3 * HOUR
"""What the site's clocks show beside UTC in November."""


@dataclass(frozen=True)
class Line:
    """A line of a log.

    Parameters
    ----------
    at
        When Loki received it.
    labels
        Of its stream.
    text
        The line.
    """

    at: int
    labels: dict[str, str]
    text: str

    @property
    def nanoseconds(self) -> str:
        """UTC unix time as Loki writes it."""
        return f"{utc_microseconds([self.at])[0]}000"


class MachineLogs:
    """The lines of a night."""

    def __init__(self, observatory: Observatory) -> None:
        self._observatory = observatory
        self.lines: list[Line] = []

    def write(self, pod: str, severity: str, message: str, *, zone: str) -> None:
        """Write a line whose own time is in a zone: ``Z``, ``local`` with its offset, or ``unsaid`` UTC."""
        now = self._observatory.now
        utc = datetime(1970, 1, 1) + timedelta(microseconds=utc_microseconds([now])[0])
        if zone == "local":
            time = (utc + timedelta(microseconds=CHILE_SUMMER)).isoformat(timespec="milliseconds") + "-03:00"
        elif zone == "Z":
            time = utc.isoformat(timespec="milliseconds") + "Z"
        else:
            time = utc.isoformat(sep=" ", timespec="milliseconds").replace(".", ",")
        app = pod.rpartition("-")[0]
        labels = {
            "cluster": "yagan",
            "namespace": app,
            "pod": pod,
            "container": app,
            "app": app,
            "job": f"{app}/{app}",
            "severity": severity,
        }
        text = f"{time} {severity} {message}"
        self.lines.append(Line(now + 200_000, labels, text))
        self._observatory.truth.log_lines.append({"line": text, "utc": utc_iso(now), "zone": zone})
