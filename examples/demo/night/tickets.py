"""Jira: faults that observers report, and work orders, as its REST interface shows them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from night.clock import utc_iso

SITE = "https://rubinobs.atlassian.net"


@dataclass
class Ticket:
    """A ticket.

    Parameters
    ----------
    key
        Project and number: ``OBS-...`` for a fault, ``MAINT-...`` for a work order.
    number
        Jira's own id.
    type, summary, creator, systems
        What it says.
    created
        When.
    hours_lost
        Time lost, hours; None for a work order.
    moves
        When it was moved to which status, by whom, in order.
    """

    key: str
    number: int
    type: str
    summary: str
    creator: str
    systems: list[str]
    created: int
    hours_lost: float | None = None
    moves: list[tuple[int, str, str]] = field(default_factory=list)

    def as_issue(self, until: int) -> dict[str, Any]:
        """Return the issue as it stood at an instant, in the shape of ``/rest/api/latest/search/jql``."""
        done = [move for move in self.moves if move[0] <= until]
        statuses = ["OPEN", *[status for _, _, status in done]]
        history = [
            {
                "id": str(self.number * 100 + number),
                "author": {"displayName": who},
                "created": _jira_time(at),
                "items": [{"field": "status", "fromString": before, "toString": status}],
            }
            for number, ((at, who, status), before) in enumerate(zip(done, statuses, strict=False))
        ]
        return {
            "id": str(self.number),
            "key": self.key,
            "self": f"{SITE}/rest/api/latest/issue/{self.number}",
            "fields": {
                "summary": self.summary,
                "issuetype": {"name": self.type},
                "status": {"name": statuses[-1]},
                "creator": {"displayName": self.creator},
                "created": _jira_time(self.created),
                "updated": _jira_time(done[-1][0] if done else self.created),
                "customfield_10476": {"selection": [[{"name": name} for name in self.systems]]},
                "customfield_10106": self.hours_lost,
            },
            "changelog": {"histories": history},
        }


def _jira_time(at: int) -> str:
    return f"{utc_iso(at)}+0000"
