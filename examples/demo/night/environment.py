"""The observing environment: which version of each script repository is checked out, and who changed it."""

from __future__ import annotations

from dataclasses import dataclass

from night.clock import MILLISECOND, SECOND, tai_iso, utc_microseconds
from night.observatory import Observatory

FIRST_VERSIONS = {
    "ts_config_ocs": "v0.28.4",
    "ts_externalscripts": "v0.31.0-2-g7be1f00",
    "ts_observatory_control": "v0.40.1",
    "ts_observing_utilities": "v0.5.0",
    "ts_standardscripts": "v1.42.0",
    "ts_maintel_standardscripts": "v0.3.1",
    "ts_auxtel_standardscripts": "v0.2.4-1-g90ab12c",
    "ts_wep": "v14.1.0",
}


@dataclass(frozen=True)
class Record:
    """A record of the database ``lsst.obsenv``; its time is written in whole milliseconds of UTC.

    Parameters
    ----------
    measurement
        ``lsst.obsenv.summary``, ``.action`` or ``.run_branch``.
    at
        When.
    fields
        The strings it holds.
    """

    measurement: str
    at: int
    fields: dict[str, str]

    @property
    def timestamp(self) -> int:
        """UTC, milliseconds."""
        return utc_microseconds([self.at])[0] // MILLISECOND


class Environment:
    """The checked-out repositories and the record of what was done to them."""

    def __init__(self, observatory: Observatory) -> None:
        self._observatory = observatory
        self.records: list[Record] = []

    def summarise(self, versions: dict[str, str]) -> None:
        """Check out versions and publish all of them."""
        observatory = self._observatory
        observatory.versions |= versions
        at = observatory.now - observatory.now % MILLISECOND
        self.records.append(Record("lsst.obsenv.summary", at, dict(observatory.versions)))
        observatory.truth.environment.append({"from": tai_iso(at), "versions": dict(observatory.versions)})

    def check_out(self, user: str, repository: str, branch: str) -> None:
        """Record that somebody checked out a branch."""
        at = self._observatory.now - SECOND
        fields = {"action": "checkout_branch", "repository": repository, "branch_name": branch, "user": user}
        self.records.append(Record("lsst.obsenv.action", at - at % MILLISECOND, fields))

    def set_run_branch(self, branch: str) -> None:
        """Record which branch the observing run uses."""
        at = self._observatory.now - self._observatory.now % MILLISECOND
        self.records.append(Record("lsst.obsenv.run_branch", at, {"branch_name": branch}))


def repository_of(path: str, *, is_standard: bool) -> str:
    """Return the repository that a script comes from."""
    if not is_standard:
        return "ts_externalscripts"
    folder = path.split("/")[0]
    return {"maintel": "ts_maintel_standardscripts", "auxtel": "ts_auxtel_standardscripts"}.get(
        folder, "ts_standardscripts"
    )
