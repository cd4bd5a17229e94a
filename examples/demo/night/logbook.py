"""A log of messages as exposurelog, narrativelog and nightreport keep it: nothing is overwritten but one date."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Record = dict[str, Any]


class NoSuchMessageError(KeyError):
    """No message has that id."""


@dataclass(frozen=True)
class Kind:
    """What tells the three logs apart.

    Parameters
    ----------
    name
        Of the service.
    collection
        What its messages are called in a URL.
    fields
        Field -> value where a message does not give one.
    redates_edits
        Whether an edited message has a date_added of its own; a night report keeps its parent's.
    """

    name: str
    collection: str
    fields: dict[str, Any]
    redates_edits: bool = True


_COMMON: dict[str, Any] = {"site_id": "summit", "user_id": "", "user_agent": "", "parent_id": None}
EXPOSURELOG = Kind(
    "exposurelog",
    "messages",
    _COMMON
    | {
        "obs_id": "",
        "instrument": "",
        "day_obs": 0,
        "seq_num": 0,
        "message_text": "",
        "level": 20,
        "tags": [],
        "urls": [],
        "is_human": True,
        "exposure_flag": "none",
    },
)
NARRATIVELOG = Kind(
    "narrativelog",
    "messages",
    _COMMON
    | {
        "message_text": "",
        "level": 0,
        "tags": [],
        "urls": [],
        "time_lost": 0.0,
        "date_begin": None,
        "date_end": None,
        "is_human": True,
        "systems": [],
        "subsystems": [],
        "cscs": [],
        "components": [],
        "primary_software_components": [],
        "primary_hardware_components": [],
        "category": None,
        "time_lost_type": None,
        "components_json": None,
    },
)
NIGHTREPORT = Kind(
    "nightreport",
    "reports",
    _COMMON
    | {
        "day_obs": 0,
        "summary": "",
        "weather": None,
        "maintel_summary": None,
        "auxtel_summary": None,
        "confluence_url": "",
        "observers_crew": [],
        "date_sent": None,
    },
    redates_edits=False,
)


class LogBook:
    """The messages of one log.

    Parameters
    ----------
    kind
        Which log.
    """

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self._records: dict[str, Record] = {}

    @property
    def records(self) -> list[Record]:
        """Every message, in the order of the services' answers: by id."""
        return [self._records[id_] for id_ in sorted(self._records)]

    def load(self, records: list[Record]) -> None:
        """Take over the messages of another log of the kind."""
        self._records |= {record["id"]: dict(record) for record in records}

    def get(self, id_: str) -> Record:
        """Return a message.

        Raises
        ------
        NoSuchMessageError
            If there is none.
        """
        if id_ not in self._records:
            raise NoSuchMessageError(id_)
        return self._records[id_]

    def add(self, at: str, id_: str, **fields: Any) -> Record:
        """Add a message; times are TAI, ISO 8601 without a zone.

        Raises
        ------
        ValueError
            If the log has no such field.
        """
        if unknown := fields.keys() - self.kind.fields.keys():
            raise ValueError(f"{self.kind.name} has no field {min(unknown)!r}")
        record = {"id": id_} | self.kind.fields | fields
        self._records[id_] = record | {"is_valid": True, "date_added": at, "date_invalidated": None}
        return self._records[id_]

    def edit(self, at: str, id_: str, child: str, **changes: Any) -> Record:
        """Replace a message by an edited one, whether or not it has been invalidated before.

        The parent's date_invalidated is written again each time. Who edits is known only where the changes say it.
        """
        parent = self.get(id_)
        kept = {name: parent[name] for name in self.kind.fields}
        record = self.add(at, child, **kept | changes | {"parent_id": id_})
        if not self.kind.redates_edits:
            record["date_added"] = parent["date_added"]
        parent |= {"is_valid": False, "date_invalidated": at}
        return record

    def delete(self, at: str, id_: str) -> None:
        """Invalidate a message; nothing happens to one that is invalid already, and nobody is named."""
        record = self.get(id_)
        if record["is_valid"]:
            record |= {"is_valid": False, "date_invalidated": at}
