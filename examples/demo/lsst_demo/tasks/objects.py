"""Objects: found on coadds, measured over bands, joined per tract, and judged by metrics."""

# Connections, configuration fields and methods have the names that Rubin's have.
# ruff: noqa: N802, N803, N815

from __future__ import annotations

from typing import Any

import numpy as np
from astropy.table import Table, vstack
from lsst.pex.config import Field
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct
from lsst.pipe.base.connectionTypes import InitInput, InitOutput, Input, Output

from lsst_demo.images import SmallImage
from lsst_demo.metrics import Measurement, MetricBundle
from lsst_demo.tasks.detection import find_peaks

_DETECTION_COLUMNS = {"coord_ra": "deg", "coord_dec": "deg", "peak": "electron"}


class DetectDeepCoaddConnections(PipelineTaskConnections, dimensions=("skymap", "tract", "patch", "band")):
    """A coadd in, its detections out."""

    exposure = Input(
        doc="The coadd.",
        name="deepCoadd",
        storageClass="SmallImage",
        dimensions=("skymap", "tract", "patch", "band"),
    )
    detectionSchema = InitOutput(
        doc="Columns and units of the detections.",
        name="deepCoadd_det_schema",
        storageClass="StructuredDataDict",
    )
    outputSources = Output(
        doc="The detections.",
        name="deepCoadd_det",
        storageClass="ArrowAstropy",
        dimensions=("skymap", "tract", "patch", "band"),
    )


class DetectDeepCoaddConfig(PipelineTaskConfig, pipelineConnections=DetectDeepCoaddConnections):
    """How deep to look."""

    detectionThreshold = Field[float](doc="Peaks above this many times the noise are objects.", default=5.0)


class DetectDeepCoaddTask(PipelineTask):
    """Find peaks on a coadd."""

    ConfigClass = DetectDeepCoaddConfig
    _DefaultName = "detectDeepCoadd"
    config: DetectDeepCoaddConfig

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.detectionSchema = dict(_DETECTION_COLUMNS)

    def run(self, exposure: SmallImage) -> Struct:
        """Return the detections as ``outputSources``."""
        array = exposure.array
        peaks = find_peaks(array, self.config.detectionThreshold)
        ra, dec = exposure.pixel_grid()
        columns = (ra[peaks[:, 1]], dec[peaks[:, 0]], array[peaks[:, 0], peaks[:, 1]])
        self.metadata["numDetections"] = len(peaks)
        return Struct(outputSources=Table(dict(zip(self.detectionSchema, columns, strict=True))))


class MeasureObjectsConnections(PipelineTaskConnections, dimensions=("skymap", "tract", "patch")):
    """The coadds and detections of a patch in every band in, its objects out."""

    detectionSchema = InitInput(
        doc="Columns and units of the detections.",
        name="deepCoadd_det_schema",
        storageClass="StructuredDataDict",
    )
    coadds = Input(
        doc="The coadds.",
        name="deepCoadd",
        storageClass="SmallImage",
        dimensions=("skymap", "tract", "patch", "band"),
        multiple=True,
    )
    detections = Input(
        doc="The detections in each band.",
        name="deepCoadd_det",
        storageClass="ArrowAstropy",
        dimensions=("skymap", "tract", "patch", "band"),
        multiple=True,
    )
    objects = Output(
        doc="A row per object, a flux per band.",
        name="objectTable",
        storageClass="ArrowAstropy",
        dimensions=("skymap", "tract", "patch"),
    )


class MeasureObjectsConfig(PipelineTaskConfig, pipelineConnections=MeasureObjectsConnections):
    """What is measured."""

    referenceBand = Field[str](doc="Detections of this band define the objects where it is there.", default="i")


class MeasureObjectsTask(PipelineTask):
    """Measure the objects of a patch in every band."""

    ConfigClass = MeasureObjectsConfig
    _DefaultName = "measureObjects"
    config: MeasureObjectsConfig

    def __init__(self, *, initInputs: dict[str, Any], **kwargs: Any):
        super().__init__(initInputs=initInputs, **kwargs)
        self.units: dict[str, str] = initInputs["detectionSchema"]

    def runQuantum(self, butlerQC: Any, inputRefs: Any, outputRefs: Any) -> None:
        """Take the reference band's detections and read each band's coadd at their places."""
        detections = {ref.dataId["band"]: ref for ref in inputRefs.detections}
        reference = self.config.referenceBand
        band = reference if reference in detections else min(detections)
        table = butlerQC.get(detections[band])
        objects = Table({name: table[name] for name in ("coord_ra", "coord_dec")})
        for name in objects.colnames:
            objects[name].unit = self.units[name]
        for ref in inputRefs.coadds:
            objects[f"{ref.dataId['band']}_psfFlux"] = _peak_flux(butlerQC.get(ref), objects)
        self.metadata["numObjects"] = len(objects)
        butlerQC.put(Struct(objects=objects), outputRefs)


def _peak_flux(image: SmallImage, objects: Table) -> np.ndarray:
    """Return the image at the place of each object."""
    fluxes = [
        image.sample(np.array([ra]), np.array([dec]))[0, 0]
        for ra, dec in zip(objects["coord_ra"], objects["coord_dec"], strict=True)
    ]
    return np.array(fluxes, dtype=float)


class ConsolidateObjectTableConnections(PipelineTaskConnections, dimensions=("skymap", "tract")):
    """The objects of every patch in, those of the tract out."""

    inputCatalogs = Input(
        doc="The objects of each patch.",
        name="objectTable",
        storageClass="ArrowAstropy",
        dimensions=("skymap", "tract", "patch"),
        multiple=True,
    )
    outputCatalog = Output(
        doc="The objects of the tract.",
        name="objectTable_tract",
        storageClass="ArrowAstropy",
        dimensions=("skymap", "tract"),
    )


class ConsolidateObjectTableConfig(PipelineTaskConfig, pipelineConnections=ConsolidateObjectTableConnections):
    """Nothing to choose."""


class ConsolidateObjectTableTask(PipelineTask):
    """Join the objects of a tract."""

    ConfigClass = ConsolidateObjectTableConfig
    _DefaultName = "consolidateObjectTable"

    def run(self, inputCatalogs: list[Table]) -> Struct:
        """Return the joined table as ``outputCatalog``."""
        return Struct(outputCatalog=vstack(inputCatalogs, metadata_conflicts="silent"))


class AnalyzeObjectTableCoreConnections(PipelineTaskConnections, dimensions=("skymap", "tract")):
    """The objects of a tract in, metrics out."""

    data = Input(
        doc="The objects of the tract.",
        name="objectTable_tract",
        storageClass="ArrowAstropy",
        dimensions=("skymap", "tract"),
    )
    metrics = Output(
        doc="The metrics.",
        name="objectTableCore_metrics",
        storageClass="MetricBundle",
        dimensions=("skymap", "tract"),
    )


class AnalyzeObjectTableCoreConfig(PipelineTaskConfig, pipelineConnections=AnalyzeObjectTableCoreConnections):
    """Nothing to choose."""


class AnalyzeObjectTableCoreTask(PipelineTask):
    """Judge the objects of a tract."""

    ConfigClass = AnalyzeObjectTableCoreConfig
    _DefaultName = "analyzeObjectTableCore"

    def run(self, data: Table) -> Struct:
        """Return the metrics as ``metrics``."""
        bands = sorted(name.removesuffix("_psfFlux") for name in data.colnames if name.endswith("_psfFlux"))
        counts = [Measurement(metric="numObjects", value=float(len(data)), unit="")]
        fluxes = [
            Measurement(
                metric=f"{band}_medianPsfFlux", value=float(np.nanmedian(data[f"{band}_psfFlux"])), unit="electron"
            )
            for band in bands
        ]
        return Struct(metrics=MetricBundle({"objectCount": counts, "objectFlux": fluxes}))
