"""The quanta of an invented survey: what the demo's pipeline would predict for any number of visits."""

from __future__ import annotations

import math
import random
import uuid
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from lsst.daf.butler import StorageClass, StorageClassFactory
from lsst.daf.butler.dimensions import DimensionUniverse
from lsst.pipe.base import Pipeline
from lsst.pipe.base.pipeline_graph import PipelineGraph
from lsst.pipe.base.quantum_graph import (
    PredictedDatasetModel,
    PredictedQuantumDatasetsModel,
    PredictedQuantumGraphComponents,
)
from lsst.utils import doImportType

from support.cache import CHECKOUT

RUN = "u/demo/large"
RAW_RUN = "LSSTCam/raw/all"
CALIBRATION_RUN = "LSSTCam/calib/demo/large"
SKYMAP = "demo_rings"
DAY_OBS = 20251101
BANDS = {"i": "i_39", "r": "r_57"}
TRACT_WIDTH = 10
"""Patches along a side of a tract."""
VISITS_PER_TRACT = 100
"""How densely the survey covers the sky; it sets how many warps a coadd has."""
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
"""When the first quantum ran."""

Values = Mapping[str, str | int]
"""A data ID with every dimension that the graph knows, required and implied."""


@dataclass(frozen=True)
class Size:
    """How large a graph is.

    Parameters
    ----------
    visits, detectors
        Of the survey.
    """

    visits: int = 1000
    detectors: int = 20


class GraphBuilder:
    """Collects quanta; gives every quantum the outputs that the pipeline says, and every node a UUID from a seed.

    Parameters
    ----------
    pipeline
        The pipeline graph, resolved.
    """

    def __init__(self, pipeline: PipelineGraph) -> None:
        self.pipeline = pipeline
        self.components = PredictedQuantumGraphComponents(pipeline_graph=pipeline)
        self._random = random.Random(DAY_OBS)
        self._clock = int(BEGIN.timestamp() * 1000)
        self._keys = {name: node.dimensions.data_coordinate_keys for name, node in pipeline.dataset_types.items()}

    def new_id(self) -> uuid.UUID:
        """Return a UUID of version 7 (RFC 9562 section 5.7) as real graphs have, but the same every time."""
        self._clock += 1
        bits = (self._clock << 80) | self._random.getrandbits(76)
        return uuid.UUID(int=(bits & ~(0xF << 76) & ~(0b11 << 62)) | (7 << 76) | (0b10 << 62))

    def dataset(self, name: str, values: Values, run: str = RUN) -> PredictedDatasetModel:
        """Return a new dataset of a type at a data ID."""
        keys = self._keys[name]
        return PredictedDatasetModel.model_construct(
            dataset_id=self.new_id() if run != RAW_RUN else uuid.uuid5(uuid.NAMESPACE_URL, f"{name}{dict(values)}"),
            dataset_type_name=name,
            data_coordinate=[values[key] for key in keys],
            run=run,
        )

    def quantum(
        self, label: str, values: Values, **inputs: Sequence[PredictedDatasetModel]
    ) -> dict[str, PredictedDatasetModel]:
        """Add a quantum with its inputs by connection name, and return its outputs by dataset type."""
        task = self.pipeline.tasks[label]
        outputs = {edge.connection_name: edge.parent_dataset_type_name for edge in task.iter_all_outputs()}
        model = PredictedQuantumDatasetsModel.model_construct(
            quantum_id=self.new_id(),
            task_label=label,
            data_coordinate=[values[key] for key in task.dimensions.data_coordinate_keys],
            inputs={connection: list(datasets) for connection, datasets in inputs.items()},
            outputs={connection: [self.dataset(name, values)] for connection, name in outputs.items()},
            datastore_records={},
        )
        self.components.quantum_datasets[model.quantum_id] = model
        return {dataset.dataset_type_name: dataset for (dataset,) in model.outputs.values()}

    def add_init_quanta(self) -> None:
        """Add what runs once per task: configurations and schemas."""
        made: dict[str, PredictedDatasetModel] = {}
        for label, task in self.pipeline.tasks.items():
            outputs = {edge.connection_name: edge.parent_dataset_type_name for edge in task.init.iter_all_outputs()}
            inputs = {edge.connection_name: edge.parent_dataset_type_name for edge in task.init.iter_all_inputs()}
            made |= {name: self.dataset(name, {}) for name in outputs.values()}
            self.components.init_quanta.root.append(
                PredictedQuantumDatasetsModel.model_construct(
                    quantum_id=self.new_id(),
                    task_label=label,
                    data_coordinate=[],
                    inputs={connection: [made[name]] for connection, name in inputs.items()},
                    outputs={connection: [made[name]] for connection, name in outputs.items()},
                    datastore_records={},
                )
            )


def resolved_pipeline() -> PipelineGraph:
    """Return the pipeline graph of the demo's DRP pipeline, resolved without a repository."""
    factory = StorageClassFactory()
    for name, python_type in {
        "SmallImage": "lsst_demo.images.SmallImage",
        "MetricBundle": "lsst_demo.metrics.MetricBundle",
    }.items():
        if name not in factory:
            factory.registerStorageClass(StorageClass(name, pytype=doImportType(python_type)))
    file = CHECKOUT / "examples" / "demo" / "lsst_demo" / "pipelines" / "DRP.yaml"
    graph = Pipeline.from_uri(f"file://{file}").to_graph()
    graph.resolve(dimensions=DimensionUniverse(), dataset_types={})
    return graph


def build_quanta(size: Size) -> PredictedQuantumGraphComponents:
    """Return the predicted graph of a survey."""
    builder = GraphBuilder(resolved_pipeline())
    builder.add_init_quanta()
    warps: dict[tuple[int, int, str], list[PredictedDatasetModel]] = defaultdict(list)
    calibrations = _calibrations(builder, size)
    for number in range(size.visits):
        visit = _visit_values(number)
        images = _visit_quanta(builder, visit, size, calibrations)
        for values, given in _overlaps(number, visit, images):
            warp = builder.quantum("makeDirectWarp", values, calexp_list=given)["deepCoadd_directWarp"]
            warps[int(values["tract"]), int(values["patch"]), str(values["band"])].append(warp)
    _coadd_quanta(builder, warps)
    _finish_header(builder.components)
    return builder.components


def _calibrations(builder: GraphBuilder, size: Size) -> dict[str, list[PredictedDatasetModel]]:
    """Return bias and flats per detector: ``bias`` and the bands to a list over detectors."""
    detectors = [{"instrument": "LSSTCam", "detector": detector} for detector in range(size.detectors)]
    found = {"bias": [builder.dataset("bias", values, CALIBRATION_RUN) for values in detectors]}
    for band, name in BANDS.items():
        more = {"physical_filter": name, "band": band}
        found[band] = [builder.dataset("flat", values | more, CALIBRATION_RUN) for values in detectors]
    return found


def _visit_values(number: int) -> dict[str, str | int]:
    band = "ir"[number % 2]
    night, seq_num = divmod(number, 1000)
    day_obs = DAY_OBS + night
    identifier = day_obs * 100000 + seq_num + 1
    return {
        "instrument": "LSSTCam",
        "skymap": SKYMAP,
        "visit": identifier,
        "exposure": identifier,
        "band": band,
        "physical_filter": BANDS[band],
        "day_obs": day_obs,
        "group": str(identifier),
    }


def _visit_quanta(
    builder: GraphBuilder,
    visit: dict[str, str | int],
    size: Size,
    calibrations: Mapping[str, Sequence[PredictedDatasetModel]],
) -> list[PredictedDatasetModel]:
    """Add the quanta per detector and visit, and return the images by detector."""
    images, stars = [], []
    for detector in range(size.detectors):
        values = visit | {"detector": detector}
        corrected = builder.quantum(
            "isr",
            values,
            ccdExposure=[builder.dataset("raw", values, RAW_RUN)],
            bias=[calibrations["bias"][detector]],
            flat=[calibrations[str(visit["band"])][detector]],
        )
        calibrated = builder.quantum("calibrateImage", values, exposures=[corrected["post_isr_image"]])
        images.append(calibrated["preliminary_visit_image"])
        stars.append(calibrated["single_visit_star"])
    builder.quantum("consolidateVisitSummary", visit, stars=stars)
    return images


def _overlaps(
    number: int, visit: dict[str, str | int], images: Sequence[PredictedDatasetModel]
) -> list[tuple[dict[str, str | int], list[PredictedDatasetModel]]]:
    """Return the patches that a visit meets, each with the images on it: every detector lies across four patches."""
    columns = math.ceil(math.sqrt(len(images)))
    left, bottom = (number * 7) % TRACT_WIDTH, (number * 3) % TRACT_WIDTH
    met: dict[tuple[int, int], list[PredictedDatasetModel]] = defaultdict(list)
    for detector, image in enumerate(images):
        row, column = divmod(detector, columns)
        for y in (row, row + 1):
            for x in (column, column + 1):
                met[y, x].append(image)
    tract = {"tract": number // VISITS_PER_TRACT}
    return [
        (visit | tract | {"patch": (bottom + y) % TRACT_WIDTH * TRACT_WIDTH + (left + x) % TRACT_WIDTH}, given)
        for (y, x), given in met.items()
        if y <= TRACT_WIDTH - 1 and x <= TRACT_WIDTH - 1
    ]


def _coadd_quanta(builder: GraphBuilder, warps: Mapping[tuple[int, int, str], Sequence[PredictedDatasetModel]]) -> None:
    coadds: dict[tuple[int, int], list[dict[str, PredictedDatasetModel]]] = defaultdict(list)
    for (tract, patch, band), given in sorted(warps.items()):
        values = {"skymap": SKYMAP, "tract": tract, "patch": patch, "band": band}
        made = builder.quantum("assembleDeepCoadd", values, inputWarps=given)
        made |= builder.quantum("detectDeepCoadd", values, exposure=[made["deepCoadd"]])
        coadds[tract, patch].append(made)
    tables: dict[int, list[PredictedDatasetModel]] = defaultdict(list)
    for (tract, patch), bands in coadds.items():
        values = {"skymap": SKYMAP, "tract": tract, "patch": patch}
        given_coadds, detections = ([made[name] for made in bands] for name in ("deepCoadd", "deepCoadd_det"))
        objects = builder.quantum("measureObjects", values, coadds=given_coadds, detections=detections)
        tables[tract].append(objects["objectTable"])
    for tract, catalogs in tables.items():
        values = {"skymap": SKYMAP, "tract": tract}
        joined = builder.quantum("consolidateObjectTable", values, inputCatalogs=catalogs)
        builder.quantum("analyzeObjectTableCore", values, data=[joined["objectTable_tract"]])


def _finish_header(components: PredictedQuantumGraphComponents) -> None:
    header = components.header
    header.inputs, header.output, header.output_run = ["LSSTCam/defaults"], None, RUN
    header.user, header.command, header.timestamp = "demo", "large_graph", BEGIN.replace(tzinfo=None)
    header.provenance_dataset_id = uuid.uuid5(uuid.NAMESPACE_URL, RUN)
    header.n_task_quanta = dict(Counter(quantum.task_label for quantum in components.quantum_datasets.values()))
    header.n_quanta = len(components.quantum_datasets)
    quanta = [*components.quantum_datasets.values(), *components.init_quanta.root]
    header.n_datasets = len({dataset for quantum in quanta for dataset in quantum.iter_dataset_ids()})
