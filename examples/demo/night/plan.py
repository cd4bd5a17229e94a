"""How large the night is and which of the archive's traps it holds."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace

DAY_OBS = 20251101
DEFAULT_VISITS = 24
MINIMUM_VISITS = 12
"""Fewer would not leave a visit to each trap."""
MAXIMUM_VISITS = 820
"""More would not leave the morning to the exposures after the survey."""


@dataclass(frozen=True)
class Traps:
    """What makes a real night hard to read; each can be left out.

    Parameters
    ----------
    clock_skew
        The script queue and its scripts are seconds ahead of the camera.
    late_delivery
        Some messages arrive up to an hour late, so out of order.
    duplicates
        Some messages arrive twice.
    rollover
        Exposures on both sides of 12:00 TAI, and one across it. Nights that follow one another need it left out:
        the first exposure of the next day would be there twice.
    queue_restart
        The script queue is restarted and counts its scripts from the beginning again.
    scheduler_restart
        The scheduler is restarted and counts its targets and commands from the beginning again.
    version_change
        The script repositories are moved to other versions in the middle of the night.
    csc_restart
        A CSC is upgraded, and configured anew, in the middle of the night.
    by_hand
        Exposures taken from a notebook and from a playlist, without a script.
    group_kinds
        Numbered groups, a block's uid as the group of several scripts, and an image without a group.
    borrowed_group
        An exposure taken from a notebook with the group of a script that has ended; needs ``group_kinds``.
    lost_command
        A takeImages that the archive does not have, where the group names several scripts; needs ``group_kinds``.
    missing_end_readout
        An exposure whose endReadout never came.
    failed_scripts
        Scripts that could not be loaded or configured, that failed by a fault, and that were terminated after their
        visit was announced.
    consdb_gaps
        An exposure that ConsDB does not have, and two of which it says something else than the Butler.
    log_edits
        Log messages that were edited, edited twice, edited by someone who gave no name, deleted, or edited after that.
    auxtel
        LATISS exposures with the same numbers as LSSTCam's.
    renamed_fields
        Two visits of earlier years, when fields had other names.
    """

    clock_skew: bool = True
    late_delivery: bool = True
    duplicates: bool = True
    rollover: bool = True
    queue_restart: bool = True
    scheduler_restart: bool = True
    version_change: bool = True
    csc_restart: bool = True
    by_hand: bool = True
    group_kinds: bool = True
    borrowed_group: bool = True
    lost_command: bool = True
    missing_end_readout: bool = True
    failed_scripts: bool = True
    consdb_gaps: bool = True
    log_edits: bool = True
    auxtel: bool = True
    renamed_fields: bool = True

    @classmethod
    def none(cls) -> Traps:
        """Return no traps at all."""
        return replace(cls(), **{trap.name: False for trap in fields(cls)})

    def without(self, *names: str) -> Traps:
        """Return these traps without the ones named."""
        return replace(self, **dict.fromkeys(names, False))


@dataclass(frozen=True)
class Plan:
    """A night to simulate.

    Parameters
    ----------
    day_obs
        The day of observation.
    visits
        How many science visits LSSTCam makes, one every 40 s from 02:00 UTC.
    seed
        Decides what is left to chance.
    repository_visits
        Size of the demo's Butler repository (``build_repository.py --visits``): which exposures it holds.
    detectors
        How many detectors LSSTCam has there.
    traps
        What the night holds besides.
    """

    day_obs: int = DAY_OBS
    visits: int = DEFAULT_VISITS
    seed: int = 1
    repository_visits: int = 5
    detectors: int = 2
    traps: Traps = field(default_factory=Traps)

    def __post_init__(self) -> None:
        if not MINIMUM_VISITS <= self.visits <= MAXIMUM_VISITS:
            raise ValueError(f"{MINIMUM_VISITS} to {MAXIMUM_VISITS} visits fit into a night, not {self.visits}")
