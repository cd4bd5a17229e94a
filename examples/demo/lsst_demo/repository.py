"""Makes the repository: dimensions, storage classes, raws, collections."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from astropy.time import Time, TimeDelta
from lsst.daf.butler import (
    Butler,
    CollectionType,
    Config,
    DatasetIdGenEnum,
    DatasetRef,
    DatasetType,
    FileDataset,
    Timespan,
)

from lsst_demo.images import SmallImageFormatter, write_fits
from lsst_demo.instrument import LSSTCam, detector_name
from lsst_demo.observations import EPOCHS, Exposure, raw_image
from lsst_demo.sky import SKYMAP, TRACT_CENTRES, detector_box, patch_box, tract_box

RAW_RUN = "LSSTCam/raw/all"
CALIBRATION = "LSSTCam/calib/demo"
"""The CALIBRATION collection: two epochs of biases and flats."""
DEFAULTS = "LSSTCam/defaults"
"""The CHAINED collection that processing takes its inputs from."""


def create_repository(root: Path, registry: str | None) -> None:
    """Make an empty repository that knows the demo's storage classes.

    Parameters
    ----------
    root
        Where; made anew.
    registry
        SQLAlchemy URI of a PostgreSQL database for the registry; SQLite in the repository when None.
    """
    config = Config()
    config["storageClasses", "SmallImage", "pytype"] = "lsst_demo.images.SmallImage"
    config["storageClasses", "MetricBundle", "pytype"] = "lsst_demo.metrics.MetricBundle"
    config["datastore", "formatters", "MetricBundle"] = "lsst.daf.butler.formatters.json.JsonFormatter"
    config["datastore", "formatters", "SmallImage"] = "lsst_demo.images.SmallImageFormatter"
    if registry is not None:
        config["registry", "db"] = registry
    Butler.makeRepo(root, config=config)


def register_dimensions(butler: Butler, exposures: Sequence[Exposure], detectors: int) -> None:
    """Insert the instrument, the sky map and every observation.

    Parameters
    ----------
    butler
        A writeable client.
    exposures
        What was observed.
    detectors
        How many detectors the camera has.
    """
    instrument = LSSTCam()
    instrument.detectors = detectors
    instrument.register(butler.registry)
    _register_skymap(butler)
    system = {"instrument": "LSSTCam", "id": 0, "name": "one-to-one"}
    butler.registry.insertDimensionData("visit_system", system)
    for day_obs in EPOCHS:
        butler.registry.insertDimensionData("day_obs", _day_record(day_obs))
    groups = [{"instrument": "LSSTCam", "name": exposure.group} for exposure in exposures]
    butler.registry.insertDimensionData("group", *groups)
    butler.registry.insertDimensionData("exposure", *map(_exposure_record, exposures))
    for exposure in exposures:
        if exposure.pointing is not None:
            _register_visit(butler, exposure, detectors)


def _register_skymap(butler: Butler) -> None:
    record = {
        "name": SKYMAP,
        "hash": b"lsst_demo sky map 01",
        "tract_max": len(TRACT_CENTRES),
        "patch_nx_max": 2,
        "patch_ny_max": 2,
    }
    butler.registry.insertDimensionData("skymap", record)
    for tract in TRACT_CENTRES:
        region = tract_box(tract).region
        butler.registry.insertDimensionData("tract", {"skymap": SKYMAP, "id": tract, "region": region})
        patches = [
            {
                "skymap": SKYMAP,
                "tract": tract,
                "id": patch,
                "cell_x": patch % 2,
                "cell_y": patch // 2,
                "region": patch_box(tract, patch).region,
            }
            for patch in range(4)
        ]
        butler.registry.insertDimensionData("patch", *patches)


def night(day_obs: int) -> Timespan:
    """Return the timespan of an observing night: noon to noon UTC."""
    date = str(day_obs)
    noon = Time(f"{date[:4]}-{date[4:6]}-{date[6:]}T12:00:00", scale="utc")
    return Timespan(noon, noon + TimeDelta(1, format="jd"))


def _day_record(day_obs: int) -> dict[str, object]:
    return {"instrument": "LSSTCam", "id": day_obs, "timespan": night(day_obs)}


def _exposure_record(exposure: Exposure) -> dict[str, object]:
    ra, dec = exposure.pointing or (None, None)
    science = exposure.kind == "science"
    return {
        "instrument": "LSSTCam",
        "id": exposure.id,
        "obs_id": exposure.obs_id,
        "physical_filter": exposure.physical_filter,
        "group": exposure.group,
        "day_obs": exposure.day_obs,
        "exposure_time": exposure.seconds,
        "dark_time": exposure.seconds,
        "observation_type": exposure.kind,
        "observation_reason": "object" if science else exposure.kind,
        "seq_num": exposure.seq_num,
        "seq_start": exposure.seq_num,
        "seq_end": exposure.seq_num,
        "target_name": f"demo field {exposure.tract}" if science else "CALIBRATION",
        "science_program": "BLOCK-365" if science else "BLOCK-T60",
        "tracking_ra": ra,
        "tracking_dec": dec,
        "sky_angle": 0.0 if science else None,
        "azimuth": 120.0 if science else None,
        "zenith_angle": exposure.zenith_angle,
        "has_simulated": True,
        "can_see_sky": science,
        "timespan": Timespan(exposure.begin, exposure.end),
    }


def _register_visit(butler: Butler, exposure: Exposure, detectors: int) -> None:
    """Insert the one-exposure visit of a science exposure, with the sky areas of its detectors."""
    ra, dec = exposure.pointing  # type: ignore[misc]  # the caller passes science exposures only
    visit = {"instrument": "LSSTCam", "visit": exposure.id}
    record = _exposure_record(exposure)
    also_of_visits = {
        *("instrument", "id", "physical_filter", "day_obs", "seq_num", "exposure_time", "target_name", "timespan"),
        *("observation_reason", "science_program", "azimuth", "zenith_angle"),
    }
    region = detector_box(ra, dec, 0, 1).region
    butler.registry.insertDimensionData(
        "visit", {key: record[key] for key in also_of_visits} | {"name": exposure.obs_id, "region": region}
    )
    butler.registry.insertDimensionData("visit_definition", visit | {"exposure": exposure.id})
    butler.registry.insertDimensionData("visit_system_membership", visit | {"visit_system": 0})
    regions = [
        visit | {"detector": detector, "region": detector_box(ra, dec, detector, detectors).region}
        for detector in range(detectors)
    ]
    butler.registry.insertDimensionData("visit_detector_region", *regions)


def ingest_raws(butler: Butler, exposures: Sequence[Exposure], detectors: int) -> int:
    """Write every raw as FITS and ingest it as Rubin does, with a UUID that the data ID and the run determine.

    The files move into the datastore, so that the finished repository can be moved.

    Returns
    -------
    int
        How many were ingested.
    """
    raw = DatasetType("raw", butler.dimensions.conform(("instrument", "exposure", "detector")), "SmallImage")
    butler.registry.registerDatasetType(raw)
    butler.collections.register(RAW_RUN)
    datasets = []
    with TemporaryDirectory(prefix="raws-") as folder:
        for exposure in exposures:
            for detector in range(detectors):
                path = Path(folder) / f"{exposure.obs_id}_{'_'.join(detector_name(detector))}.fits"
                write_fits(raw_image(exposure, detector, detectors), str(path))
                data_id = butler.registry.expandDataId(instrument="LSSTCam", exposure=exposure.id, detector=detector)
                ref = DatasetRef(raw, data_id, run=RAW_RUN, id_generation_mode=DatasetIdGenEnum.DATAID_TYPE_RUN)
                datasets.append(FileDataset(path=str(path), refs=[ref], formatter=SmallImageFormatter))
        butler.ingest(*datasets, transfer="move")
    return len(datasets)


def define_input_chain(butler: Butler) -> None:
    """Make the calibration collection and the chain that processing reads from."""
    butler.collections.register(CALIBRATION, CollectionType.CALIBRATION)
    butler.collections.register(DEFAULTS, CollectionType.CHAINED, doc="What processing reads.")
    butler.collections.redefine_chain(DEFAULTS, [RAW_RUN, CALIBRATION])


def validity(day_obs: int) -> Timespan:
    """Return when the calibrations of an epoch hold: from their night until the next epoch's, or without end."""
    later = [other for other in EPOCHS if other > day_obs]
    end = night(later[0]).begin if later else None
    return Timespan(night(day_obs).begin, end)


def certify(butler: Butler, dataset_type: str, run: str, day_obs: int) -> None:
    """Put the calibrations of a run into the calibration collection, for the validity of their epoch."""
    refs = butler.query_datasets(dataset_type, collections=run, find_first=False, limit=None)
    butler.registry.certify(CALIBRATION, refs, validity(day_obs))
