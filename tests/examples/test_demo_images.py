"""The demo's images, stars and exposures are what they claim to be."""

from __future__ import annotations

import math
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from astropy.io import fits
from astropy.time import TimeDelta
from astropy.wcs import WCS
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lsst_demo.images import SmallImage, read_fits, write_fits
from lsst_demo.observations import CLOUDY_VISIT, SATURATION, raw_image, survey
from lsst_demo.sky import TRACT_CENTRES, Box, detector_box, stars_in
from lsst_demo.tasks.detection import find_peaks, psf_sigma

SCIENCE = [exposure for exposure in survey(5) if exposure.kind == "science"]
BOXES = st.builds(
    lambda ra, dec, width, height: Box(ra, dec, ra + width, dec + height),
    st.floats(149, 152),
    st.floats(-1, 1),
    st.floats(0.05, 0.5),
    st.floats(0.05, 0.5),
)


@given(arrays(np.float32, (3, 5), elements=st.floats(-1e6, 1e6, width=32) | st.just(np.nan)), BOXES)
def test_fits_gives_back_pixels_and_place(array: np.ndarray, box: Box) -> None:
    with TemporaryDirectory() as folder:
        path = str(Path(folder) / "image.fits")
        write_fits(SmallImage(array, box, {"OBSID": "MC_O_1"}), path)
        back = read_fits(path)
        sky = WCS(fits.getheader(path)).pixel_to_world(np.arange(5), np.zeros(5, dtype=int))
    np.testing.assert_array_equal(back.array, array)
    assert back.header["OBSID"] == "MC_O_1"
    assert back.box is not None
    for name in ("ra_min", "dec_min", "ra_max", "dec_max"):
        assert getattr(back.box, name) == pytest.approx(getattr(box, name), abs=1e-9)
    np.testing.assert_allclose(sky.ra.deg, back.pixel_grid()[0], atol=1e-9)
    np.testing.assert_allclose(sky.dec.deg, back.pixel_grid()[1][0], atol=1e-9)


def test_sampling_takes_the_nearest_pixel_and_nothing_outside() -> None:
    image = SmallImage(np.array([[1.0, 2.0], [3.0, 4.0]]), Box(0, 0, 2, 2))
    sampled = image.sample(np.array([-0.1, 0.5, 1.9, 2.1]), np.array([0.5, 1.2]))
    np.testing.assert_array_equal(sampled, [[np.nan, 1, 2, np.nan], [np.nan, 3, 4, np.nan]])


@pytest.mark.parametrize("sigma", [1.0, 1.5, 2.0])
def test_the_width_of_a_star_is_measured_wherever_it_is_centred(sigma: float) -> None:
    y, x = np.mgrid[:21, :21]
    array = 1000 * np.exp(-((x - 10.3) ** 2 + (y - 9.8) ** 2) / (2 * sigma**2))
    peaks = find_peaks(array + np.random.default_rng(1).normal(0, 0.1, array.shape), 50)
    np.testing.assert_array_equal(peaks, [[10, 10]])
    assert psf_sigma(array, peaks) == pytest.approx(sigma)


def test_nothing_is_found_where_nothing_is_good() -> None:
    assert find_peaks(np.full((9, 9), np.nan), 5).shape == (0, 2)
    assert math.isnan(psf_sigma(np.zeros((9, 9)), np.empty((0, 2), dtype=int)))


@pytest.mark.parametrize("exposure", survey(8), ids=lambda exposure: exposure.obs_id)
def test_an_exposure_lies_in_its_night(exposure) -> None:
    assert str(exposure.id).startswith(str(exposure.day_obs))
    night = (exposure.begin - TimeDelta(0.5, format="jd")).utc.isot[:10].replace("-", "")
    assert night == str(exposure.day_obs)
    assert exposure.begin < exposure.end


@pytest.mark.parametrize("detectors", [2, 4, 9])
def test_detectors_tile_the_camera(detectors: int) -> None:
    boxes = [detector_box(150.0, 0.0, number, detectors) for number in range(detectors)]
    area = sum((box.ra_max - box.ra_min) * (box.dec_max - box.dec_min) for box in boxes)
    assert area == pytest.approx(0.18**2)


def test_the_cloudy_detector_sees_no_stars_and_its_neighbour_does() -> None:
    cloudy = SCIENCE[CLOUDY_VISIT]
    blind, seeing = raw_image(cloudy, 1, 2), raw_image(cloudy, 0, 2)
    assert np.ptp(blind.array) < 400 < np.ptp(seeing.array)
    assert any(stars_in(blind.box))


def test_the_brightest_star_saturates_the_centre_of_its_tract() -> None:
    raws = [raw_image(SCIENCE[0], detector, 2) for detector in range(2)]
    ra, dec = TRACT_CENTRES[0]
    centre = [raw.sample(np.array([ra]), np.array([dec]))[0, 0] for raw in raws]
    assert np.nanmax(centre) == SATURATION
