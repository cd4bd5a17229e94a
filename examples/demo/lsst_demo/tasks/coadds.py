"""Warps and coadds: the images of visits laid over patches of the sky, and added up."""

# Connections, configuration fields and methods have the names that Rubin's have.
# ruff: noqa: N802, N803, N815

from __future__ import annotations

from typing import Any

import numpy as np
from lsst.pex.config import Field
from lsst.pipe.base import NoWorkFound, PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct
from lsst.pipe.base.connectionTypes import Input, Output

from lsst_demo.images import SmallImage
from lsst_demo.sky import patch_box

PATCH_PIXELS = 40


class MakeDirectWarpConnections(
    PipelineTaskConnections, dimensions=("skymap", "tract", "patch", "instrument", "visit")
):
    """The detectors of a visit that meet a patch in, their warp out."""

    calexp_list = Input(
        doc="Calibrated images of the visit.",
        name="preliminary_visit_image",
        storageClass="SmallImage",
        dimensions=("instrument", "visit", "detector"),
        multiple=True,
    )
    warp = Output(
        doc="The images on the pixels of the patch.",
        name="deepCoadd_directWarp",
        storageClass="SmallImage",
        dimensions=("skymap", "tract", "patch", "instrument", "visit"),
    )


class MakeDirectWarpConfig(PipelineTaskConfig, pipelineConnections=MakeDirectWarpConnections):
    """What makes a warp worth writing."""

    minimumPixels = Field[int](doc="A warp with fewer good pixels is not written.", default=1)


class MakeDirectWarpTask(PipelineTask):
    """Resample images of a visit to a patch."""

    ConfigClass = MakeDirectWarpConfig
    _DefaultName = "makeDirectWarp"
    config: MakeDirectWarpConfig

    def runQuantum(self, butlerQC: Any, inputRefs: Any, outputRefs: Any) -> None:
        """Warp every detector; record how many pixels each one gave.

        Raises
        ------
        lsst.pipe.base.NoWorkFound
            If no good pixel falls on the patch.
        """
        box = patch_box(butlerQC.quantum.dataId["tract"], butlerQC.quantum.dataId["patch"])
        warp = SmallImage(np.full((PATCH_PIXELS, PATCH_PIXELS), np.nan), box)
        ra, dec = warp.pixel_grid()
        for ref in inputRefs.calexp_list:
            sampled = butlerQC.get(ref).sample(ra, dec)
            good = np.isfinite(sampled)
            warp.array = np.where(good, sampled, warp.array)
            butlerQC.add_additional_provenance(ref, {"numPixels": int(good.sum())})
        good_pixels = int(np.isfinite(warp.array).sum())
        self.metadata["numGoodPixels"] = good_pixels
        if good_pixels < self.config.minimumPixels:
            raise NoWorkFound(f"only {good_pixels} good pixels of the visit fall on the patch")
        butlerQC.put(Struct(warp=warp), outputRefs)


class AssembleDeepCoaddConnections(PipelineTaskConnections, dimensions=("skymap", "tract", "patch", "band")):
    """The warps of a patch in one band in, their coadd out."""

    inputWarps = Input(
        doc="Warps, of which those seen high enough in the sky are read.",
        name="deepCoadd_directWarp",
        storageClass="SmallImage",
        dimensions=("skymap", "tract", "patch", "instrument", "visit"),
        multiple=True,
    )
    coaddExposure = Output(
        doc="The coadd.",
        name="deepCoadd",
        storageClass="SmallImage",
        dimensions=("skymap", "tract", "patch", "band"),
    )


class AssembleDeepCoaddConfig(PipelineTaskConfig, pipelineConnections=AssembleDeepCoaddConnections):
    """Which warps are added up."""

    maximumZenithAngle = Field[float](
        doc="Warps of visits further from the zenith are left out, degrees.", default=60.0
    )


class AssembleDeepCoaddTask(PipelineTask):
    """Add up the warps seen through little air, weighted by their noise."""

    ConfigClass = AssembleDeepCoaddConfig
    _DefaultName = "assembleDeepCoadd"
    config: AssembleDeepCoaddConfig

    def runQuantum(self, butlerQC: Any, inputRefs: Any, outputRefs: Any) -> None:
        """Select warps by where the telescope pointed, read only those, and record the weight of each.

        Raises
        ------
        lsst.pipe.base.NoWorkFound
            If no warp is selected.
        """
        limit = self.config.maximumZenithAngle
        selected = [ref for ref in inputRefs.inputWarps if ref.dataId.records["visit"].zenith_angle <= limit]
        if not selected:
            raise NoWorkFound(f"no warp was seen within {limit} degrees of the zenith")
        self.metadata["numWarpsRejected"] = len(inputRefs.inputWarps) - len(selected)
        self.log.info("%d of %d warps selected", len(selected), len(inputRefs.inputWarps))
        warps = [butlerQC.get(ref) for ref in selected]
        weights = [1.0 / max(float(np.nanvar(warp.array)), 1e-6) for warp in warps]
        for ref, weight in zip(selected, weights, strict=True):
            butlerQC.add_additional_provenance(ref, {"weight": weight / sum(weights)})
        butlerQC.put(Struct(coaddExposure=SmallImage(_weighted_mean(warps, weights), warps[0].box)), outputRefs)


def _weighted_mean(warps: list[SmallImage], weights: list[float]) -> np.ndarray:
    """Return the mean over good pixels; not-a-number where no warp has one."""
    stack = np.array([warp.array for warp in warps])
    weight = np.isfinite(stack) * np.array(weights)[:, None, None]
    total = weight.sum(axis=0)
    with np.errstate(invalid="ignore"):
        return np.where(total > 0, np.nansum(stack * weight, axis=0) / total, np.nan)
