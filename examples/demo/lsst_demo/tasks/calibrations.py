"""Combination of calibration exposures: the bias and the flat of an epoch."""

# Connections, configuration fields and methods have the names that Rubin's have.
# ruff: noqa: N803, N815

from __future__ import annotations

from typing import ClassVar

import numpy as np
from lsst.pex.config import ChoiceField
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct
from lsst.pipe.base.connectionTypes import Input, Output

from lsst_demo.images import SmallImage


class CpBiasCombineConnections(PipelineTaskConnections, dimensions=("instrument", "detector")):
    """The biases of a detector in, their combination out."""

    inputExpHandles = Input(
        doc="Bias exposures after the first corrections.",
        name="cpBiasIsrExp",
        storageClass="SmallImage",
        dimensions=("instrument", "exposure", "detector"),
        multiple=True,
    )
    outputData = Output(
        doc="The bias.",
        name="bias",
        storageClass="SmallImage",
        dimensions=("instrument", "detector"),
        isCalibration=True,
    )


class CpCombineConfig(PipelineTaskConfig, pipelineConnections=CpBiasCombineConnections):
    """How the exposures are combined."""

    combine = ChoiceField[str](
        doc="The statistic over the exposures.",
        allowed={"MEAN": "their mean", "MEDIAN": "their median"},
        default="MEAN",
    )


class CpBiasCombineTask(PipelineTask):
    """Combine bias exposures."""

    ConfigClass: ClassVar[type[PipelineTaskConfig]] = CpCombineConfig
    _DefaultName = "cpBiasCombine"
    config: CpCombineConfig

    def run(self, inputExpHandles: list[SmallImage]) -> Struct:
        """Return the combination as ``outputData``."""
        statistic = np.mean if self.config.combine == "MEAN" else np.median
        combined = statistic([image.array for image in inputExpHandles], axis=0)
        self.metadata["numInputs"] = len(inputExpHandles)
        return Struct(outputData=SmallImage(self.normalize(combined)))

    def normalize(self, combined: np.ndarray) -> np.ndarray:
        """Return the combination as it is: a bias is in electrons."""
        return combined


class CpFlatCombineConnections(PipelineTaskConnections, dimensions=("instrument", "detector", "physical_filter")):
    """The flats of a detector in one filter in, their combination out."""

    inputExpHandles = Input(
        doc="Flat exposures, bias subtracted.",
        name="cpFlatIsrExp",
        storageClass="SmallImage",
        dimensions=("instrument", "exposure", "detector"),
        multiple=True,
    )
    outputData = Output(
        doc="The flat.",
        name="flat",
        storageClass="SmallImage",
        dimensions=("instrument", "detector", "physical_filter"),
        isCalibration=True,
    )


class CpFlatCombineConfig(CpCombineConfig, pipelineConnections=CpFlatCombineConnections):
    """How the flats are combined."""


class CpFlatCombineTask(CpBiasCombineTask):
    """Combine flat exposures and scale them to a mean of one."""

    ConfigClass: ClassVar[type[PipelineTaskConfig]] = CpFlatCombineConfig
    _DefaultName = "cpFlatCombine"

    def normalize(self, combined: np.ndarray) -> np.ndarray:
        """Return the combination divided by its mean."""
        return combined / combined.mean()
