"""The exposures that are to be taken: LSSTCam's are those of the demo's Butler repository, and some more."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lsst_demo.instrument import detector_name
from lsst_demo.observations import EPOCHS, Exposure, survey
from night.clock import DAY, SECOND, instant, noon
from night.plan import Plan

SURVEY_PROGRAM = "BLOCK-365"
CALIBRATION_PROGRAM = "BLOCK-T60"


@dataclass(frozen=True)
class Camera:
    """A camera with what belongs to it.

    Parameters
    ----------
    instrument, prefix
        Its name, and how its observation ids begin.
    csc, header_service, oods
        Components that control it, write its headers, and ingest its images at the summit.
    schema
        Of its tables in ConsDB.
    queue
        Index of the script queue of its telescope.
    detectors
        Raft and sensor of each.
    """

    instrument: str
    prefix: str
    csc: str
    header_service: str
    oods: str
    schema: str
    queue: int
    detectors: tuple[tuple[str, str], ...]


def lsstcam(detectors: int) -> Camera:
    """Return the survey camera with as many detectors as the repository has."""
    names = tuple(detector_name(number) for number in range(detectors))
    return Camera("LSSTCam", "MC", "MTCamera", "MTHeaderService", "MTOODS", "cdb_lsstcam", 1, names)


LATISS = Camera("LATISS", "AT", "ATCamera", "ATHeaderService", "ATOODS", "cdb_latiss", 2, (("RXX", "S00"),))


_SKY = {"LSSTCam": ("i_39", "i", "demo field 0"), "LATISS": ("SDSSr_65mm~empty", "r", "HD 49798")}
"""Instrument -> filter, band and target of an exposure outside the survey."""


@dataclass(frozen=True)
class Shot:
    """An exposure that is to be taken.

    Parameters
    ----------
    camera
        With what.
    day_obs, seq_num
        Its number.
    kind
        The observation type: ``bias``, ``dark``, ``flat`` or ``science``.
    physical_filter, band
        The filter in the beam.
    seconds
        Exposure time.
    begin
        When.
    program, reason, target
        What it is for.
    pointing
        Right ascension and declination, degrees; None where the sky does not matter.
    zenith_angle
        Degrees.
    butler
        Whether the demo's repository holds it.
    """

    camera: Camera
    day_obs: int
    seq_num: int
    kind: str
    physical_filter: str
    band: str
    seconds: float
    begin: int
    program: str
    reason: str
    target: str
    pointing: tuple[float, float] | None = None
    zenith_angle: float | None = None
    butler: bool = False

    @property
    def id(self) -> int:
        """Exposure id."""
        return self.day_obs * 100_000 + self.seq_num

    @property
    def obs_id(self) -> str:
        """Observation id; ``O``: the observatory's control system asked for it."""
        return f"{self.camera.prefix}_O_{self.day_obs}_{self.seq_num:06d}"

    @property
    def end(self) -> int:
        """When it ends; a bias takes the time of its read-out."""
        return self.begin + round(max(self.seconds, 2.0) * SECOND)

    @property
    def sees_sky(self) -> bool:
        """Whether the dome is open for it."""
        return self.pointing is not None


def from_survey(plan: Plan) -> tuple[list[Shot], list[Shot]]:
    """Return the night's calibrations and science visits as the demo's survey has them.

    The demo's numbers, times and groups depend on the night and the visit's place in it alone, so a longer night
    begins like a shorter one, and the repository's exposures are among them.
    """
    kept = {exposure.obs_id for exposure in survey(plan.repository_visits)}
    camera = lsstcam(plan.detectors)
    tonight = [
        _shot(replace(exposure, day_obs=plan.day_obs), camera, kept)
        for exposure in survey(2 * plan.visits)
        if exposure.day_obs == EPOCHS[0]
    ]
    return [shot for shot in tonight if not shot.sees_sky], [shot for shot in tonight if shot.sees_sky]


def group_of(shot: Shot) -> str:
    """Return the group id of a survey exposure: TAI to the millisecond, when the script queue made it.

    The repository has the beginning of the exposure there, written in UTC. Read as the TAI that a group id is, it
    lies before the exposure, as it must.
    """
    return Exposure(shot.day_obs, shot.seq_num, shot.kind, shot.physical_filter).group


def dark(camera: Camera, day_obs: int, seq_num: int, begin: int, *, seconds: float = 5.0) -> Shot:
    """Return a dark for the calibration programme."""
    return Shot(
        camera, day_obs, seq_num, "dark", "i_39", "i", seconds, begin, CALIBRATION_PROGRAM, "dark", "CALIBRATION"
    )


def sky(camera: Camera, day_obs: int, seq_num: int, begin: int, *, program: str, reason: str, seconds: float) -> Shot:
    """Return an exposure of the sky outside the survey."""
    physical_filter, band, target = _SKY[camera.instrument]
    return Shot(
        camera=camera,
        day_obs=day_obs,
        seq_num=seq_num,
        kind="science",
        physical_filter=physical_filter,
        band=band,
        seconds=seconds,
        begin=begin,
        program=program,
        reason=reason,
        target=target,
        pointing=(150.0, 0.0),
        zenith_angle=30.0,
    )


def _shot(exposure: Exposure, camera: Camera, kept: set[str]) -> Shot:
    science = exposure.kind == "science"
    return Shot(
        camera=camera,
        day_obs=exposure.day_obs,
        seq_num=exposure.seq_num,
        kind=exposure.kind,
        physical_filter=exposure.physical_filter,
        band=exposure.band,
        seconds=exposure.seconds,
        begin=instant(exposure.begin),
        program=SURVEY_PROGRAM if science else CALIBRATION_PROGRAM,
        reason="object" if science else exposure.kind,
        target=f"demo field {exposure.tract}" if science else "CALIBRATION",
        pointing=exposure.pointing,
        zenith_angle=exposure.zenith_angle if science else None,
        butler=exposure.obs_id in kept,
    )


def end_of_day(day_obs: int) -> int:
    """Return when a day of observation ends: 12:00:00 TAI of the next date."""
    return noon(day_obs) + DAY
