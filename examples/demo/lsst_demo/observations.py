"""What was observed: the list of exposures, and the pixels each detector would have seen."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from astropy.time import Time, TimeDelta

from lsst_demo.images import SmallImage
from lsst_demo.instrument import PHYSICAL_FILTERS
from lsst_demo.sky import SATURATED_RADIUS, TRACT_CENTRES, Box, detector_box, stars_in

EPOCHS = (20251101, 20251108)
"""The nights on which calibrations were taken; the products of each hold until the next."""
MINIMUM_VISITS = 5
"""Fewer would miss one of the faults that the demo shows."""
CLOUDY_VISIT = 3
"""The visit whose last detector sees no stars, so that its calibration fails."""
GRAZING_VISIT = 2
"""The visit that meets patch 0 of tract 0 only where the brightest star saturates it, so that a warp finds no work."""
LOW_VISIT = 4
"""This visit and every eighth after it are low in the sky, so that a coadd is given their warps and rejects them."""
SPECIAL_OFFSETS = {GRAZING_VISIT: (0.08, 0.08), CLOUDY_VISIT: (0.004, 0.004)}
"""Pointings that make the two faults, from the tract's centre, degrees; the last detector of the cloudy visit meets
only the far patches of its tract."""

DETECTOR_PIXELS = 48
BIAS_LEVEL = 1000.0
FLAT_LEVEL = 20000.0
SKY_LEVEL = 500.0
READ_NOISE = 5.0
SATURATION = 60000.0


@dataclass(frozen=True)
class Exposure:
    """One exposure of the camera.

    Parameters
    ----------
    day_obs, seq_num
        Night and counter within it; they make the id, as for LSSTCam.
    kind
        The observation type: ``bias``, ``flat`` or ``science``.
    physical_filter
        The filter in the beam.
    tract
        The tract it points at; None for calibrations.
    offset
        Of the pointing from the tract's centre, degrees.
    zenith_angle
        Of the pointing, degrees; the further down, the wider the stars.
    cloudy
        Whether the last detector sees no stars.
    """

    day_obs: int
    seq_num: int
    kind: str
    physical_filter: str
    tract: int | None = None
    offset: tuple[float, float] = (0.0, 0.0)
    zenith_angle: float = 30.0
    cloudy: bool = False

    @property
    def id(self) -> int:
        """Exposure id, for example 2025110100010."""
        return self.day_obs * 100000 + self.seq_num

    @property
    def obs_id(self) -> str:
        """Observation id, for example ``MC_O_20251101_000010``."""
        return f"MC_O_{self.day_obs}_{self.seq_num:06d}"

    @property
    def seeing(self) -> float:
        """Width of a star, sigma in pixels: it grows with the air mass to the power of 0.6."""
        return 1.0 / math.cos(math.radians(self.zenith_angle)) ** 0.6

    @property
    def band(self) -> str:
        """Band of the filter."""
        return PHYSICAL_FILTERS[self.physical_filter]

    @property
    def seconds(self) -> float:
        """Exposure time."""
        return {"bias": 0.0, "flat": 10.0, "science": 30.0}[self.kind]

    @property
    def pointing(self) -> tuple[float, float] | None:
        """Right ascension and declination, degrees; None for calibrations."""
        if self.tract is None:
            return None
        ra, dec = TRACT_CENTRES[self.tract]
        return ra + self.offset[0], dec + self.offset[1]

    @cached_property
    def begin(self) -> Time:
        """Start: calibrations from 20:00 UTC of the night's date, science from 02:00 UTC of the next, 40 s apart."""
        date = str(self.day_obs)
        noon = Time(f"{date[:4]}-{date[4:6]}-{date[6:]}T12:00:00", scale="utc")
        hours = 14 if self.kind == "science" else 8
        return (noon + TimeDelta(hours * 3600 + self.seq_num * 40, format="sec")).tai

    @property
    def end(self) -> Time:
        """End of the exposure; a bias takes the time of its read-out."""
        return self.begin + TimeDelta(max(self.seconds, 2.0), format="sec")

    @property
    def group(self) -> str:
        """The group id the observing script would have given: its start in UTC."""
        return str(self.begin.utc.isot)


def _science(index: int, visits: int) -> Exposure:
    """Return one science exposure: three of four look at tract 0, and every eighth is low in the sky."""
    generator = np.random.default_rng(index)
    dither = generator.uniform(-0.008, 0.008, 2)
    offset = SPECIAL_OFFSETS.get(index, (float(dither[0]), float(dither[1])))
    tract = 1 if index % 4 == CLOUDY_VISIT else 0
    red = index % 8 == CLOUDY_VISIT if tract else index % 2 == 1
    first_night = index < (visits + 1) // 2
    return Exposure(
        day_obs=EPOCHS[0] if first_night else EPOCHS[1],
        seq_num=10 + index,
        kind="science",
        physical_filter="r_57" if red else "i_39",
        tract=tract,
        offset=offset,
        zenith_angle=65.0 if index % 8 == LOW_VISIT else 30.0,
        cloudy=index == CLOUDY_VISIT,
    )


def survey(visits: int) -> list[Exposure]:
    """Return every exposure of the demo: per epoch two biases and two flats a filter, and the science visits.

    Raises
    ------
    ValueError
        If there are fewer than `MINIMUM_VISITS` visits.
    """
    if visits < MINIMUM_VISITS:
        raise ValueError(f"{visits} visits are too few: the faults that the demo shows need {MINIMUM_VISITS}")
    exposures = []
    for day_obs in EPOCHS:
        kinds = [("bias", "i_39"), *(("flat", name) for name in PHYSICAL_FILTERS)]
        taken = [(kind, name) for kind, name in kinds for _ in range(2)]
        exposures += [Exposure(day_obs, number, kind, name) for number, (kind, name) in enumerate(taken, start=1)]
    return exposures + [_science(index, visits) for index in range(visits)]


def raw_image(exposure: Exposure, detector: int, detectors: int) -> SmallImage:
    """Return what a detector reads out: bias level, illumination, stars, noise, saturation."""
    generator = np.random.default_rng((exposure.id, detector))
    shape = (DETECTOR_PIXELS, DETECTOR_PIXELS)
    image = SmallImage(np.zeros(shape), header=_cards(exposure, detector))
    if exposure.kind == "flat":
        image.array += FLAT_LEVEL
    if exposure.pointing is not None:
        image.box = detector_box(*exposure.pointing, detector, detectors)
        image.array += SKY_LEVEL
        if not (exposure.cloudy and detector == detectors - 1):
            _add_stars(image, exposure.seeing)
    image.array *= vignetting(shape)
    image.array = generator.poisson(image.array) + generator.normal(BIAS_LEVEL + detector, READ_NOISE, shape)
    if image.box is not None:
        _saturate(image)
    image.array = np.minimum(image.array, SATURATION).round()
    return image


def vignetting(shape: tuple[int, int]) -> np.ndarray:
    """Return the fraction of light that reaches each pixel."""
    rows, columns = (np.linspace(-1, 1, size) for size in shape)
    return 1.0 - 0.1 * (rows[:, None] ** 2 + columns[None, :] ** 2)


def _cards(exposure: Exposure, detector: int) -> dict[str, str | int | float]:
    return {
        "INSTRUME": "LSSTCam",
        "OBSID": exposure.obs_id,
        "DAYOBS": exposure.day_obs,
        "SEQNUM": exposure.seq_num,
        "IMGTYPE": exposure.kind.upper(),
        "FILTER": exposure.physical_filter,
        "DETECTOR": detector,
        "EXPTIME": exposure.seconds,
        "TIMESYS": "TAI",
        "DATE-BEG": exposure.begin.isot,
        "DATE-END": exposure.end.isot,
    }


def _add_stars(image: SmallImage, sigma: float) -> None:
    box: Box = image.box  # type: ignore[assignment]  # set by the caller
    rows, columns = image.array.shape
    y, x = np.arange(rows)[:, None] + 0.5, np.arange(columns)[None, :] + 0.5
    for star in stars_in(box):
        column = (star.ra - box.ra_min) / (box.ra_max - box.ra_min) * columns
        row = (star.dec - box.dec_min) / (box.dec_max - box.dec_min) * rows
        profile = np.exp(-((x - column) ** 2 + (y - row) ** 2) / (2 * sigma**2))
        image.array += star.flux * profile / (2 * np.pi * sigma**2)


def _saturate(image: SmallImage) -> None:
    """Fill the pixels near the brightest star, which is at the centre of tract 0."""
    ra, dec = image.pixel_grid()
    centre = TRACT_CENTRES[0]
    near = (ra[None, :] - centre[0]) ** 2 + (dec[:, None] - centre[1]) ** 2 < SATURATED_RADIUS**2
    image.array[near] = SATURATION
