"""What a graph says of a night's exposures themselves once its sources are reconciled, held against the truth table."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from night.clock import tai_instant, utc_microseconds
from night.truth import Exposure, Truth
from support.efd_graph import Statements

Facts = dict[str, Any]

_COLUMNS = {
    "observation_reason": "pg:observationReason",
    "science_program": "pg:scienceProgram",
    "target_name": "pg:targetName",
}
"""Columns of ConsDB that the truth table has disagreements of, and what they are in the graph."""


def reconciled_differences(statements: Statements, truth: Truth, day_obs: int) -> list[str]:
    """Compare the exposures of a night with the truth, once the Butler, the EFD and ConsDB were all read.

    Parameters
    ----------
    statements
        The graph.
    truth
        What happened; the Butler has the exposures that it says, all of LSSTCam.
    day_obs
        The night.

    Returns
    -------
    list of str
        What is not as it should be, one line each.
    """
    differences = []
    for exposure in truth.exposures:
        if exposure.day_obs == day_obs:
            subject = f"exposure/{exposure.instrument}/{exposure.id}"
            found, true = _found(statements, subject), _true(exposure)
            differences += [
                f"{subject}: {name} is {found[name]!r}, not {true[name]!r}"
                for name in true
                if found[name] != true[name]
            ]
    return differences


def _found(statements: Statements, subject: str) -> Facts:
    gaps = statements.objects(subject, "pg:gap") & {"pg:NotInButler", "pg:NotInConsDB"}
    facts: Facts = {name: statements.one(subject, name) for name in _FACTS}
    facts["kinds"] = statements.objects(subject, "rdf:type")
    facts["gaps"] = gaps
    facts["disagreements"] = _disagreements(statements, subject)
    return facts


_FACTS = (
    "pg:observationType",
    "pg:observationReason",
    "pg:scienceProgram",
    "pg:targetName",
    "pg:physicalFilter",
    "pg:group",
    "prov:startedAtTime",
    "prov:endedAtTime",
)


def _true(exposure: Exposure) -> Facts:
    described = exposure.butler or exposure.consdb  # the camera tells neither of filters nor of targets
    begin, end = (_utc(time) for time in (exposure.begin, exposure.end))
    gaps = {"pg:NotInConsDB"} if not exposure.consdb else set()
    if exposure.instrument == "LSSTCam" and not exposure.butler:
        gaps.add("pg:NotInButler")
    return {
        "kinds": {"prov:Activity", "pg:Exposure"},
        "pg:observationType": exposure.type,
        "pg:observationReason": exposure.reason,
        "pg:scienceProgram": exposure.program,
        "pg:targetName": exposure.target_name if described else None,
        "pg:physicalFilter": exposure.physical_filter if described else None,
        "pg:group": exposure.group,
        "prov:startedAtTime": begin,
        "prov:endedAtTime": end,
        "gaps": gaps,
        "disagreements": {
            _COLUMNS[column]: {("butler", said["butler"]), ("consdb", said["consdb"])}
            for column, said in exposure.disagreements.items()
            if exposure.butler
        },
    }


def _disagreements(statements: Statements, subject: str) -> dict[str | None, set[tuple[str | None, str | None]]]:
    """Return what each system claims, by property; the camera, which agrees with the Butler, is left out if it does."""
    found: dict[str | None, set[tuple[str | None, str | None]]] = {}
    for disagreement in statements.objects(subject, "pg:disagreement"):
        disputed = statements.one(disagreement, "pg:disputed")
        if disputed in _FACTS:
            claims = {
                statements.one(claim, "pg:claimedBy"): statements.one(claim, "prov:value")
                for claim in statements.objects(disagreement, "pg:claim")
            }
            if claims.get("camera") == claims.get("butler"):
                claims.pop("camera", None)
            found[disputed] = set(claims.items())
    return found


def _utc(tai: str) -> str:
    """Write an instant of TAI as the graph has it."""
    (microseconds,) = utc_microseconds([tai_instant(tai)])
    text = (datetime(1970, 1, 1) + timedelta(microseconds=int(microseconds))).isoformat()
    return (text.rstrip("0").rstrip(".") if "." in text else text) + "Z"
