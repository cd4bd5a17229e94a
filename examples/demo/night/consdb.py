"""The rows that ConsDB has of the night: what the headers said, except where it has none or says something else."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from night.clock import mjd_tai, tai_iso
from night.observatory import Observatory
from night.shots import Shot
from night.truth import Exposure

Row = dict[str, Any]


@dataclass
class Irregular:
    """What ConsDB gets wrong, by observation id.

    Parameters
    ----------
    missing
        Exposures it does not have.
    changed
        Exposure -> columns in which it differs from the header as it was corrected later, which the Butler has.
    """

    missing: set[str] = field(default_factory=set)
    changed: dict[str, Row] = field(default_factory=dict)


@dataclass(frozen=True)
class Insert:
    """A row of a table, and when it was inserted."""

    table: str
    at: int
    row: Row


class ConsDb:
    """ConsDB, which is filled from the headers.

    Parameters
    ----------
    observatory
        Where it is.
    irregular
        What it gets wrong.
    """

    def __init__(self, observatory: Observatory, irregular: Irregular) -> None:
        self._observatory = observatory
        self._irregular = irregular
        self.inserts: list[Insert] = []

    def ingest(self, shot: Shot, exposure: Exposure) -> None:
        """Insert the rows of an exposure."""
        exposure.consdb = shot.obs_id not in self._irregular.missing
        if not exposure.consdb:
            return
        row = _exposure_row(shot, exposure)
        for column, value in self._irregular.changed.get(shot.obs_id, {}).items():
            exposure.disagreements[column] = {"butler": row[column], "consdb": value}
            row[column] = value
        schema = shot.camera.schema
        self._insert(f"{schema}.exposure", row)
        if shot.sees_sky:
            visit = {name: value for name, value in row.items() if name != "exposure_id"}
            self._insert(f"{schema}.visit1", {"visit_id": shot.id} | visit)
        for detector in range(len(shot.camera.detectors)):
            self._insert(
                f"{schema}.ccdexposure",
                {
                    "ccdexposure_id": shot.id * 1000 + detector,
                    "exposure_id": shot.id,
                    "day_obs": shot.day_obs,
                    "seq_num": shot.seq_num,
                    "detector": detector,
                    "s_region": None,
                },
            )
        number = {"obs_id": shot.id, "day_obs": shot.day_obs, "seq_num": shot.seq_num}
        for key, text in (("HEADVER", "4"), ("ROTCOORD", "sky")):
            self._insert(f"{schema}.exposure_flexdata", number | {"key": key, "value": text})

    def _insert(self, table: str, row: Row) -> None:
        self.inserts.append(Insert(table, self._observatory.now, row))


def _exposure_row(shot: Shot, exposure: Exposure) -> Row:
    middle = (shot.begin + shot.end) // 2
    ra, dec = shot.pointing or (None, None)
    zenith = shot.zenith_angle
    return {
        "exposure_id": shot.id,
        "exposure_name": shot.obs_id,
        "controller": "O",
        "day_obs": shot.day_obs,
        "seq_num": shot.seq_num,
        "physical_filter": shot.physical_filter,
        "band": shot.band,
        "s_ra": ra,
        "s_dec": dec,
        "sky_rotation": 0.0 if shot.sees_sky else None,
        "altitude": None if zenith is None else 90.0 - zenith,
        "zenith_distance": zenith,
        "airmass": None if zenith is None else round(1 / math.cos(math.radians(zenith)), 6),
        "exp_midpt": tai_iso(middle),
        "exp_midpt_mjd": mjd_tai(middle),
        "obs_start": tai_iso(shot.begin),
        "obs_start_mjd": mjd_tai(shot.begin),
        "obs_end": tai_iso(shot.end),
        "obs_end_mjd": mjd_tai(shot.end),
        "exp_time": shot.seconds,
        "shut_time": shot.seconds if shot.sees_sky else 0.0,
        "dark_time": shot.seconds,
        "group_id": exposure.group or str(shot.id),
        "cur_index": exposure.cur_index,
        "max_index": exposure.max_index,
        "img_type": shot.kind,
        "emulated": exposure.taken_by == "playlist",
        "science_program": shot.program,
        "observation_reason": shot.reason,
        "target_name": shot.target,
        "simulated": True,
        "scheduler_note": f"{shot.target}, {shot.band}" if exposure.target else None,
        "can_see_sky": shot.sees_sky,
    }


def order(insert: Insert) -> tuple[Any, ...]:
    """Return what rows are ordered by: the primary key."""
    row = insert.row
    return insert.table, row["day_obs"], row["seq_num"], row.get("detector", 0), row.get("key", "")
