"""Instrument signature removal: a raw becomes an image in units of the light that came in."""

# Connections, configuration fields and methods have the names that Rubin's have.
# ruff: noqa: N803, N815

from __future__ import annotations

from typing import Any

import numpy as np
from lsst.pex.config import Field
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct
from lsst.pipe.base.connectionTypes import Input, Output, PrerequisiteInput

from lsst_demo.images import SmallImage
from lsst_demo.observations import SATURATION


class IsrConnections(
    PipelineTaskConnections,
    dimensions=("instrument", "exposure", "detector"),
    defaultTemplates={"outputName": "post_isr_image"},
):
    """One raw and its calibrations in, one corrected image out."""

    ccdExposure = Input(
        doc="The raw image.",
        name="raw",
        storageClass="SmallImage",
        dimensions=("instrument", "exposure", "detector"),
    )
    bias = PrerequisiteInput(
        doc="The bias that holds at the time of the exposure.",
        name="bias",
        storageClass="SmallImage",
        dimensions=("instrument", "detector"),
        isCalibration=True,
    )
    flat = PrerequisiteInput(
        doc="The flat of the filter that holds at the time of the exposure.",
        name="flat",
        storageClass="SmallImage",
        dimensions=("instrument", "detector", "physical_filter"),
        isCalibration=True,
    )
    outputExposure = Output(
        doc="The corrected image.",
        name="{outputName}",
        storageClass="SmallImage",
        dimensions=("instrument", "exposure", "detector"),
    )

    def __init__(self, *, config: IsrConfig | None = None):
        super().__init__(config=config)
        if config is not None and not config.doBias:
            del self.bias
        if config is not None and not config.doFlat:
            del self.flat


class IsrConfig(PipelineTaskConfig, pipelineConnections=IsrConnections):
    """Which corrections are made."""

    doBias = Field[bool](doc="Subtract the bias?", default=True)
    doFlat = Field[bool](doc="Divide by the flat?", default=True)
    doSaturation = Field[bool](doc="Mask saturated pixels?", default=True)
    saturation = Field[float](doc="Level from which a pixel is saturated, electrons.", default=SATURATION)


class IsrTask(PipelineTask):
    """Mask saturated pixels, subtract the bias, divide by the flat."""

    ConfigClass = IsrConfig
    _DefaultName = "isr"
    config: IsrConfig

    def run(self, ccdExposure: SmallImage, bias: SmallImage | None = None, flat: SmallImage | None = None) -> Struct:
        """Return the corrected image as ``outputExposure``."""
        array: np.ndarray[Any, Any] = ccdExposure.array.astype(float)
        if self.config.doSaturation:
            array = np.where(array >= self.config.saturation, np.nan, array)
        if bias is not None:
            array = array - bias.array
        if flat is not None:
            array = array / flat.array
        self.metadata["numSaturated"] = int(np.isnan(array).sum())
        self.log.info("%d of %d pixels are saturated", self.metadata["numSaturated"], array.size)
        return Struct(outputExposure=SmallImage(array, ccdExposure.box, ccdExposure.header))
