"""Per visit: find the stars of a detector, measure them, and summarise the visit."""

# Connections, configuration fields and methods have the names that Rubin's have.
# ruff: noqa: N802, N803, N815

from __future__ import annotations

from typing import Any

import numpy as np
from astropy.table import Table, vstack
from lsst.pex.config import Field
from lsst.pipe.base import AlgorithmError, PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct
from lsst.pipe.base.connectionTypes import Input, Output

from lsst_demo.images import SmallImage
from lsst_demo.tasks.detection import find_peaks, psf_sigma


class InsufficientSourcesError(AlgorithmError):
    """An image with too few stars to calibrate it.

    Parameters
    ----------
    found
        Stars there are.
    needed
        Stars it takes.
    """

    def __init__(self, found: int, needed: int) -> None:
        super().__init__(f"only {found} stars, at least {needed} are needed")
        self.found = found
        self.needed = needed

    @property
    def metadata(self) -> dict[str, int]:
        """What the task's metadata keeps of the failure."""
        return {"found": self.found, "needed": self.needed}


class CalibrateImageConnections(PipelineTaskConnections, dimensions=("instrument", "visit", "detector")):
    """The exposures of a visit in; a calibrated image and its stars out."""

    exposures = Input(
        doc="The corrected images of the visit's snaps.",
        name="post_isr_image",
        storageClass="SmallImage",
        dimensions=("instrument", "exposure", "detector"),
        multiple=True,
    )
    exposure = Output(
        doc="The image with its background removed.",
        name="preliminary_visit_image",
        storageClass="SmallImage",
        dimensions=("instrument", "visit", "detector"),
    )
    stars = Output(
        doc="The stars that were measured.",
        name="single_visit_star",
        storageClass="ArrowAstropy",
        dimensions=("instrument", "visit", "detector"),
    )


class CalibrateImageConfig(PipelineTaskConfig, pipelineConnections=CalibrateImageConnections):
    """How stars are found, and how many it takes."""

    detectionThreshold = Field[float](doc="Peaks above this many times the noise are stars.", default=5.0)
    minimumStars = Field[int](doc="Fewer stars are an error.", default=3)
    doSubtractBackground = Field[bool](doc="Remove the median level?", default=True)


class CalibrateImageTask(PipelineTask):
    """Average the snaps, remove the background, find and measure stars."""

    ConfigClass = CalibrateImageConfig
    _DefaultName = "calibrateImage"
    config: CalibrateImageConfig

    def run(self, exposures: list[SmallImage]) -> Struct:
        """Return ``exposure`` and ``stars``.

        Raises
        ------
        InsufficientSourcesError
            If there are too few stars.
        """
        array = np.mean([image.array for image in exposures], axis=0)
        if self.config.doSubtractBackground:
            array = array - np.nanmedian(array)
        image = SmallImage(array, exposures[0].box, exposures[0].header)
        peaks = find_peaks(array, self.config.detectionThreshold)
        if len(peaks) < self.config.minimumStars:
            raise InsufficientSourcesError(len(peaks), self.config.minimumStars)
        self.metadata["numStars"] = len(peaks)
        self.log.info("found %d stars", len(peaks))
        ra, dec = image.pixel_grid()
        stars = Table(
            {
                "sourceId": np.arange(len(peaks), dtype=np.int64),
                "coord_ra": ra[peaks[:, 1]],
                "coord_dec": dec[peaks[:, 0]],
                "peak": array[peaks[:, 0], peaks[:, 1]],
                "psfSigma": np.full(len(peaks), psf_sigma(array, peaks)),
            }
        )
        return Struct(exposure=image, stars=stars)


class ConsolidateVisitSummaryConnections(PipelineTaskConnections, dimensions=("instrument", "visit")):
    """The star tables of a visit in, one row per detector out."""

    stars = Input(
        doc="The stars of every detector.",
        name="single_visit_star",
        storageClass="ArrowAstropy",
        dimensions=("instrument", "visit", "detector"),
        multiple=True,
    )
    visitSummary = Output(
        doc="A row per detector: how many stars, how wide.",
        name="preliminary_visit_summary",
        storageClass="ArrowAstropy",
        dimensions=("instrument", "visit"),
    )


class ConsolidateVisitSummaryConfig(PipelineTaskConfig, pipelineConnections=ConsolidateVisitSummaryConnections):
    """Nothing to choose."""


class ConsolidateVisitSummaryTask(PipelineTask):
    """Summarise the detectors of a visit."""

    ConfigClass = ConsolidateVisitSummaryConfig
    _DefaultName = "consolidateVisitSummary"

    def runQuantum(self, butlerQC: Any, inputRefs: Any, outputRefs: Any) -> None:
        """Read the stars detector by detector and write the table."""
        rows = []
        for ref in inputRefs.stars:
            stars = butlerQC.get(ref)
            sigma = float(np.median(stars["psfSigma"])) if len(stars) else np.nan
            rows.append(Table({"detector": [ref.dataId["detector"]], "nStars": [len(stars)], "psfSigma": [sigma]}))
        butlerQC.put(Struct(visitSummary=vstack(rows)), outputRefs)
