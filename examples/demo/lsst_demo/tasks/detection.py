"""Peaks in an image, and how wide stars are."""

from __future__ import annotations

import numpy as np


def find_peaks(array: np.ndarray, threshold: float) -> np.ndarray:
    """Return the rows and columns (n, 2) of local maxima above a threshold, brightest first.

    Parameters
    ----------
    array
        An image without background; not-a-number where a pixel is bad.
    threshold
        In units of the noise, which is taken from the pixels fainter than the median, where stars add least.
    """
    good = array[np.isfinite(array)]
    if good.size == 0:
        return np.empty((0, 2), dtype=int)
    noise = max(float(np.median(good) - np.percentile(good, 16)), 1e-6)
    filled = np.where(np.isfinite(array), array, -np.inf)
    centre = filled[1:-1, 1:-1]
    peak = centre > threshold * noise
    rows, columns = filled.shape
    for dy, dx in ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)):
        peak &= centre >= filled[1 + dy : rows - 1 + dy, 1 + dx : columns - 1 + dx]
    found = np.argwhere(peak) + 1
    order = np.argsort(-filled[found[:, 0], found[:, 1]], kind="stable")
    return found[order]


def psf_sigma(array: np.ndarray, peaks: np.ndarray) -> float:
    """Return the width of stars, sigma in pixels, as the median over peaks; not-a-number where none can be measured.

    Notes
    -----
    For a Gaussian the logarithm of a pixel squared over the product of its two neighbours in a row is one over sigma
    squared, wherever in the pixel the star is centred.
    """
    if len(peaks) == 0:
        return float("nan")
    row, column = peaks[:20].T
    with np.errstate(invalid="ignore", divide="ignore"):
        curvature = np.log(array[row, column] ** 2 / (array[row, column - 1] * array[row, column + 1]))
    curvature = curvature[np.isfinite(curvature) & (curvature > 0)]
    return float(1 / np.sqrt(np.median(curvature))) if curvature.size else float("nan")
