"""The image type of the demo, and its FITS formatter, which writes the Butler's provenance into the header."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from astropy.io import fits
from lsst.daf.butler import DatasetProvenance, FormatterV2
from lsst.resources import ResourcePath

from lsst_demo.sky import Box

PROVENANCE_PREFIX = "HIERARCH LSST BUTLER"
"""What Rubin's own formatters put before the keys of `DatasetProvenance` in a FITS header."""


@dataclass
class SmallImage:
    """Pixels with a flat mapping to the sky.

    Parameters
    ----------
    array
        Pixels (rows, columns), electrons; not-a-number where a pixel is bad.
    box
        The sky area of the pixels, or None for a calibration.
    header
        Further FITS cards.
    """

    array: np.ndarray
    box: Box | None = None
    header: dict[str, Any] = field(default_factory=dict)

    def pixel_grid(self) -> tuple[np.ndarray, np.ndarray]:
        """Return right ascension of the columns and declination of the rows (centres of pixels), degrees."""
        if self.box is None:
            raise ValueError("a calibration image has no place on the sky")
        rows, columns = self.array.shape
        width = (self.box.ra_max - self.box.ra_min) / columns
        height = (self.box.dec_max - self.box.dec_min) / rows
        return (
            self.box.ra_min + (np.arange(columns) + 0.5) * width,
            self.box.dec_min + (np.arange(rows) + 0.5) * height,
        )

    def sample(self, ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
        """Return the nearest pixel at each crossing of columns ``ra`` and rows ``dec``; not-a-number outside."""
        if self.box is None:
            raise ValueError("a calibration image has no place on the sky")
        rows, columns = self.array.shape
        column = np.floor((ra - self.box.ra_min) / (self.box.ra_max - self.box.ra_min) * columns).astype(int)
        row = np.floor((dec - self.box.dec_min) / (self.box.dec_max - self.box.dec_min) * rows).astype(int)
        inside = ((row >= 0) & (row < rows))[:, None] & ((column >= 0) & (column < columns))[None, :]
        nearest = self.array[np.clip(row, 0, rows - 1)[:, None], np.clip(column, 0, columns - 1)[None, :]]
        return np.where(inside, nearest, np.nan)


def _wcs_cards(image: SmallImage) -> dict[str, Any]:
    """Return the FITS cards of a plate-carree world coordinate system (FITS WCS Paper II, section 5.2.3)."""
    if image.box is None:
        return {}
    rows, columns = image.array.shape
    return {
        "CTYPE1": "RA---CAR",
        "CTYPE2": "DEC--CAR",
        "CUNIT1": "deg",
        "CUNIT2": "deg",
        "CRVAL1": image.box.ra_min,
        "CRVAL2": 0.0,
        "CRPIX1": 0.5,
        "CRPIX2": 0.5 - image.box.dec_min * rows / (image.box.dec_max - image.box.dec_min),
        "CDELT1": (image.box.ra_max - image.box.ra_min) / columns,
        "CDELT2": (image.box.dec_max - image.box.dec_min) / rows,
    }


_STRUCTURAL = ("SIMPLE", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "EXTEND")
_WCS = ("CTYPE1", "CTYPE2", "CUNIT1", "CUNIT2", "CRVAL1", "CRVAL2", "CRPIX1", "CRPIX2", "CDELT1", "CDELT2")


def write_fits(image: SmallImage, path: str) -> None:
    """Write an image to a FITS file."""
    hdu = fits.PrimaryHDU(image.array.astype(np.float32))
    for key, value in (_wcs_cards(image) | image.header).items():
        hdu.header[key] = value
    hdu.writeto(path, overwrite=True)


def read_fits(path: str) -> SmallImage:
    """Read an image back; what belongs to its file rather than to its content (provenance, structure) is left out."""
    with fits.open(path, memmap=False) as hdus:
        array, cards = np.asarray(hdus[0].data), hdus[0].header
    box = None
    if "CRVAL1" in cards:
        rows, columns = array.shape
        bottom = (0.5 - cards["CRPIX2"]) * cards["CDELT2"]
        left = cards["CRVAL1"]
        box = Box(left, bottom, left + columns * cards["CDELT1"], bottom + rows * cards["CDELT2"])
    header = {
        key: value
        for key, value in cards.items()
        if key not in _STRUCTURAL + _WCS and not key.startswith("LSST BUTLER")
    }
    return SmallImage(array, box, header)


class SmallImageFormatter(FormatterV2):
    """Reads and writes `SmallImage` as FITS."""

    default_extension = ".fits"
    can_read_from_local_file = True

    def read_from_local_file(self, path: str, component: str | None = None, expected_size: int = -1) -> SmallImage:
        """Read the image of a local file."""
        return read_fits(path)

    def add_provenance(
        self, in_memory_dataset: SmallImage, /, *, provenance: DatasetProvenance | None = None
    ) -> SmallImage:
        """Return the image with what made it, and what was read for it, among its cards."""
        provenance = provenance or DatasetProvenance()
        cards = provenance.to_flat_dict(self.dataset_ref, prefix=PROVENANCE_PREFIX, sep=" ", simple_types=True)
        return SmallImage(in_memory_dataset.array, in_memory_dataset.box, in_memory_dataset.header | cards)

    def write_local_file(self, in_memory_dataset: SmallImage, uri: ResourcePath) -> None:
        """Write the image to a local file."""
        write_fits(in_memory_dataset, uri.ospath)
