"""What people wrote into the logs, edited and withdrew, each change at its time, with the truth about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID

from night.clock import HOUR, MINUTE, tai_iso
from night.logbook import EXPOSURELOG, NARRATIVELOG, NIGHTREPORT, LogBook
from night.observatory import Observatory
from night.truth import Exposure, Truth

LOVE = "LOVE"
OBSERVER, SPECIALIST, LEAD = "ahopper", "cperalta", "mvaldes"


@dataclass(frozen=True)
class Change:
    """A change of a log at a time."""

    at: int
    log: str
    apply: Callable[[LogBook], object]


class Writing:
    """Everything that was written into the logs about a night.

    Parameters
    ----------
    observatory
        The night.
    """

    def __init__(self, observatory: Observatory) -> None:
        self.truth: Truth = observatory.truth
        self._random: Random = observatory.random("logs")
        self.changes: list[Change] = []

    def add(self, log: str, at: int, user: str, **fields: Any) -> str:
        """Add a message and return its id."""
        id_ = str(UUID(int=self._random.getrandbits(128), version=4))
        given = {"user_id": user, "user_agent": LOVE} | fields
        self.changes.append(Change(at, log, lambda book: book.add(tai_iso(at), id_, **given)))
        self.truth.messages.append(
            {
                "id": id_,
                "log": log,
                "parent": None,
                "obs_id": fields.get("obs_id"),
                "flag": fields.get("exposure_flag"),
                "text": fields.get("message_text") or fields.get("summary"),
                "by": user,
                "added": tai_iso(at),
                "edited_by": None,
                "ended": None,
                "ended_at": None,
            }
        )
        return id_

    def edit(self, at: int, id_: str, user: str | None, **changes: Any) -> str:
        """Edit a message and return the new one's id; without a user, nothing will tell who did."""
        parent = self._message(id_)
        child = str(UUID(int=self._random.getrandbits(128), version=4))
        given = changes | ({"user_id": user} if user else {})
        self.changes.append(Change(at, parent["log"], lambda book: book.edit(tai_iso(at), id_, child, **given)))
        self.truth.messages.append(
            parent
            | {
                "id": child,
                "parent": id_,
                "flag": changes.get("exposure_flag", parent["flag"]),
                "text": changes.get("message_text", changes.get("summary", parent["text"])),
                "by": user or parent["by"],
                "added": tai_iso(at) if parent["log"] != NIGHTREPORT.name else parent["added"],
                "edited_by": user,
                "ended": None,
                "ended_at": None,
            }
        )
        parent |= {"ended": "edited", "ended_at": tai_iso(at)}
        return child

    def delete(self, at: int, id_: str) -> None:
        """Delete a message; nothing will tell who did."""
        message = self._message(id_)
        self.changes.append(Change(at, message["log"], lambda book: book.delete(tai_iso(at), id_)))
        message |= {"ended": "deleted", "ended_at": tai_iso(at)}

    def _message(self, id_: str) -> dict[str, Any]:
        return next(message for message in self.truth.messages if message["id"] == id_)

    def write_flags(self) -> None:
        """Say on each exposure which flags hold in the end."""
        exposures = {exposure.obs_id: exposure for exposure in self.truth.exposures}
        for message in self.truth.messages:
            if message["log"] == EXPOSURELOG.name and message["ended"] is None and message["flag"] != "none":
                exposures[message["obs_id"]].flags.append(
                    {
                        "flag": message["flag"],
                        "who": message["by"],
                        "why": message["text"],
                        "when": message["added"],
                        "message": message["id"],
                        "edited_by": message["edited_by"],
                        "edit_of": message["parent"],
                    }
                )


def write_comment(writing: Writing, exposure: Exposure, at: int, flag: str, text: str, user: str = OBSERVER) -> str:
    """Write a message about an exposure and return its id."""
    return writing.add(
        EXPOSURELOG.name,
        at,
        user,
        obs_id=exposure.obs_id,
        instrument=exposure.instrument,
        day_obs=exposure.day_obs,
        seq_num=exposure.seq_num,
        message_text=text,
        exposure_flag=flag,
        tags=["junk"] if flag == "junk" else [],
    )


def write_exposurelog(writing: Writing, exposures: list[Exposure], ends: list[int], *, edits: bool) -> None:
    """Comment on exposures, and edit and delete comments in every way that makes a history hard to read.

    Parameters
    ----------
    writing
        Where to.
    exposures, ends
        Six exposures, and when each of them ended.
    edits
        Whether anything is edited or deleted.
    """

    def flag(number: int, kind: str, text: str, user: str = OBSERVER) -> str:
        return write_comment(writing, exposures[number], ends[number] + 2 * MINUTE, kind, text, user)

    trailed = flag(0, "junk", "mount oscillation, stars are trailed")
    flag(0, "none", "clouds coming in from the west", SPECIALIST)
    flag(5, "none", "first light of the new filter", SPECIALIST)
    if not edits:
        return
    show = writing.truth.show
    the_next_day = ends[0] + 10 * HOUR
    measured = "mount oscillation, trailed by two pixels"
    show("edited", writing.edit(the_next_day, trailed, LEAD, message_text=measured, exposure_flag="questionable"))
    focus = flag(1, "questionable", "focus may be off")
    show("editor_lost", writing.edit(ends[1] + HOUR, focus, None, message_text="is fine", exposure_flag="none"))
    mistaken = flag(2, "junk", "wrong exposure")
    writing.delete(ends[2] + 5 * MINUTE, mistaken)
    show("deleted", mistaken)
    trail = flag(3, "questionable", "satellite trail")
    show("forked", writing.edit(ends[3] + 6 * MINUTE, trail, SPECIALIST, message_text="two satellite trails"))
    bright = {"message_text": "bright satellite trail", "exposure_flag": "junk"}
    show("forked", writing.edit(ends[3] + 9 * MINUTE, trail, LEAD, **bright))
    stuck = flag(4, "junk", "shutter stuck")
    writing.delete(ends[4] + 3 * MINUTE, stuck)
    show("deletion_lost", writing.edit(ends[4] + 30 * MINUTE, stuck, LEAD, message_text="shutter was slow"))


def write_night_report(writing: Writing, day_obs: int, end: int, *, edits: bool) -> None:
    """Report on the night; an edited report keeps the date of the first."""
    report = writing.add(
        NIGHTREPORT.name,
        end - HOUR,
        OBSERVER,
        day_obs=day_obs,
        summary="Survey observations through the night, some clouds.",
        weather="Clear, then thin clouds",
        maintel_summary="Survey; one fault of the mount.",
        auxtel_summary="Spectrophotometric standards.",
        confluence_url=f"https://rubinobs.atlassian.net/wiki/spaces/LSSTOps/night-report-{day_obs}",
        observers_crew=[OBSERVER, SPECIALIST],
    )
    if edits:
        writing.edit(end - HOUR // 2, report, None, date_sent=tai_iso(end - HOUR // 2))


def write_narrative(writing: Writing, at: int, csc: str, ticket: str, *, edits: bool) -> None:
    """Tell of a fault; LOVE writes the time lost in hours, where the service says seconds."""
    message = writing.add(
        NARRATIVELOG.name,
        at + 10 * MINUTE,
        OBSERVER,
        message_text=f"{csc} went to fault during a visit; recovered.",
        time_lost=0.25,
        time_lost_type="fault",
        date_begin=tai_iso(at),
        date_end=tai_iso(at + 15 * MINUTE),
        category="",
        urls=[f"https://rubinobs.atlassian.net/browse/{ticket}"],
        components_json={"name": "Simonyi", "children": [{"name": csc}]},
    )
    if edits:
        writing.edit(at + HOUR, message, SPECIALIST, time_lost=0.3)
