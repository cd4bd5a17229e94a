"""Telemetry while the survey's visits are exposed: a few samples of what would be thousands."""

from __future__ import annotations

from collections.abc import Sequence

from night.agenda import Act
from night.clock import SECOND, tai_seconds
from night.shots import Shot
from night.stage import Stage

_EVERY = 10 * SECOND


def sample(stage: Stage, shots: Sequence[Shot]) -> Act:
    """Publish where the mount and the rotator are, from the beginning of each exposure to its end."""
    mount, rotator = stage.fleet["MTMount"], stage.fleet["MTRotator"]
    for shot in shots:
        elevation = 90.0 - (shot.zenith_angle or 0.0)
        for at in range(shot.begin, shot.end + 1, _EVERY):
            yield at
            now = tai_seconds(mount.process.reading)
            tracked = {"actualVelocity": 0.0038, "demandVelocity": 0.0038, "timestamp": now}
            mount.process.telemetry("elevation", actualPosition=elevation, demandPosition=elevation, **tracked)
            rotator.process.telemetry("rotation", actualPosition=0.0, demandPosition=0.0, timestamp=now)
