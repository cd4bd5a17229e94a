"""The sky of the demo: two tracts of two by two patches, a camera footprint, and the stars in the field."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from lsst.sphgeom import ConvexPolygon, LonLat, UnitVector3d

SKYMAP = "demo_rings"
PATCH_SIZE = 0.1
"""Side of a patch, degrees; a tract is two patches wide."""
TRACT_CENTRES = {0: (150.0, 0.0), 1: (151.0, 0.0)}
"""Right ascension and declination of each tract, degrees; on the equator, where a plate carree is close to flat."""
CAMERA_WIDTH = 0.18
"""Side of the camera's field of view, degrees, however many detectors share it."""
SATURATED_RADIUS = 0.02
"""The brightest star sits at the centre of tract 0 and saturates everything this near to it, degrees."""


@dataclass(frozen=True)
class Box:
    """A rectangle on the sky, degrees."""

    ra_min: float
    dec_min: float
    ra_max: float
    dec_max: float

    @property
    def region(self) -> ConvexPolygon:
        """The box as the registry keeps regions."""
        corners = [
            (self.ra_min, self.dec_min),
            (self.ra_max, self.dec_min),
            (self.ra_max, self.dec_max),
            (self.ra_min, self.dec_max),
        ]
        return ConvexPolygon([UnitVector3d(LonLat.fromDegrees(ra, dec)) for ra, dec in corners])


def patch_box(tract: int, patch: int) -> Box:
    """Return the sky area of a patch; patches count along right ascension first."""
    ra, dec = TRACT_CENTRES[tract]
    left = ra + (patch % 2 - 1) * PATCH_SIZE
    bottom = dec + (patch // 2 - 1) * PATCH_SIZE
    return Box(left, bottom, left + PATCH_SIZE, bottom + PATCH_SIZE)


def tract_box(tract: int) -> Box:
    """Return the sky area of a tract."""
    ra, dec = TRACT_CENTRES[tract]
    return Box(ra - PATCH_SIZE, dec - PATCH_SIZE, ra + PATCH_SIZE, dec + PATCH_SIZE)


def detector_box(ra: float, dec: float, detector: int, detectors: int) -> Box:
    """Return the sky area of one of the camera's detectors, which form a grid, for a pointing in degrees."""
    columns = math.ceil(math.sqrt(detectors))
    rows = math.ceil(detectors / columns)
    width, height = CAMERA_WIDTH / columns, CAMERA_WIDTH / rows
    left = ra - CAMERA_WIDTH / 2 + (detector % columns) * width
    bottom = dec - CAMERA_WIDTH / 2 + (detector // columns) * height
    return Box(left, bottom, left + width, bottom + height)


@dataclass(frozen=True)
class Star:
    """A star: position in degrees, flux in electrons per visit."""

    ra: float
    dec: float
    flux: float


@cache
def stars(tract: int) -> tuple[Star, ...]:
    """Return the stars in and around a tract; always the same ones."""
    generator = np.random.default_rng(20251101 + tract)
    ra, dec = TRACT_CENTRES[tract]
    reach = PATCH_SIZE + CAMERA_WIDTH
    count = 500
    return tuple(
        Star(ra + x, dec + y, flux)
        for x, y, flux in zip(
            generator.uniform(-reach, reach, count),
            generator.uniform(-reach, reach, count),
            10 ** generator.uniform(4.0, 5.0, count),
            strict=True,
        )
    )


def stars_in(box: Box) -> Iterator[Star]:
    """Yield the stars inside a box."""
    for tract in TRACT_CENTRES:
        for star in stars(tract):
            if box.ra_min <= star.ra < box.ra_max and box.dec_min <= star.dec < box.dec_max:
                yield star
