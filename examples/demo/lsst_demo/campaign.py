"""The demo's campaign: which runs there are, in order, and the collections that follow from them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml
from lsst.daf.butler import Butler, CollectionType

from lsst_demo.observations import EPOCHS, Exposure, survey
from lsst_demo.processing import Evidence, Run, execute, logging_to
from lsst_demo.repository import (
    DEFAULTS,
    RAW_RUN,
    certify,
    create_repository,
    define_input_chain,
    ingest_raws,
    register_dimensions,
    validity,
)
from lsst_demo.sky import SKYMAP
from lsst_demo.truth import write_truth

DRP = "u/demo/drp"
DEEP = "u/demo/drp-deep"
QUICKLOOK = "u/demo/quicklook"
CHAIN = "u/demo/all"
"""CHAINED: everything that was processed, the newest first."""
TAGGED = "u/demo/high"
"""TAGGED: the visit images of the first run that were seen high in the sky."""
SECRET = {"DEMO_SECRET_TOKEN": "hunter2-must-never-leave-the-submit-folder"}
"""Set while the pipelines run and dumped as BPS dumps it; nothing made from the repository may contain it."""


def calibration_runs(day_obs: int) -> list[tuple[str, Run]]:
    """Return the runs that make the calibrations of an epoch, each with the dataset type it makes."""

    def run(kind: str) -> Run:
        return Run(
            name=f"LSSTCam/calib/demo/{kind}Gen.{day_obs}",
            pipeline=f"cp{kind.capitalize()}.yaml",
            inputs=(DEFAULTS,),
            where=f"instrument='LSSTCam' AND exposure.observation_type='{kind}' AND exposure.day_obs={day_obs}",
            evidence=Evidence.IN_PROCESS,
        )

    return [("bias", run("bias")), ("flat", run("flat"))]


def science_runs(exposures: list[Exposure]) -> list[Run]:
    """Return the runs over science data: one of each kind of evidence, the first two over the same data IDs."""
    where = f"instrument='LSSTCam' AND skymap='{SKYMAP}'"
    first = next(exposure for exposure in exposures if exposure.kind == "science")
    # Without a demand for stars the cloudy detector passes, and every warp is good enough to be added up.
    deep = {"calibrateImage": {"minimumStars": 0}, "assembleDeepCoadd": {"maximumZenithAngle": 90.0}}
    return [
        Run(DRP, "DRP.yaml", (DEFAULTS,), where, Evidence.AGGREGATED, may_fail=True),
        Run(DEEP, "DRP.yaml", (DEFAULTS,), where, Evidence.PREDICTED, overrides=deep),
        Run(
            QUICKLOOK,
            "DRP.yaml#singleVisit",
            (DEFAULTS,),
            f"instrument='LSSTCam' AND visit={first.id}",
            Evidence.NONE,
        ),
    ]


def build(root: Path, *, visits: int, detectors: int, registry: str | None, progress: Callable[[str], None]) -> None:
    """Make a repository and run everything in it.

    Parameters
    ----------
    root
        Where; an empty or missing folder.
    visits, detectors
        Size of the survey.
    registry
        URI of a PostgreSQL registry, or None for SQLite.
    progress
        Told what has been done, line by line.
    """
    exposures = survey(visits)
    root.mkdir(parents=True, exist_ok=True)
    with _operator_environment(), logging_to(root / "submit" / "build.log"):
        create_repository(root, registry)
        with Butler.from_config(str(root), writeable=True) as butler:
            register_dimensions(butler, exposures, detectors)
            progress(f"ingested {ingest_raws(butler, exposures, detectors)} raws")
            define_input_chain(butler)
        runs = []
        for day_obs in EPOCHS:
            for dataset_type, run in calibration_runs(day_obs):
                progress(f"{run.name}: {execute(root, run)} quanta")
                with Butler.from_config(str(root), writeable=True) as butler:
                    certify(butler, dataset_type, run.name, day_obs)
                runs.append(run)
        for run in science_runs(exposures):
            _write_submit_files(root, run)
            unreadable = _raw_file(root, exposures) if run.may_fail else None
            progress(f"{run.name}: {execute(root, run, unreadable=unreadable)} quanta")
            runs.append(run)
        _define_output_collections(root, exposures)
        write_truth(root, runs, visits=visits, detectors=detectors, epochs=_epochs(), secret=SECRET)
        progress("wrote truth.json")


def _epochs() -> list[dict[str, str | None]]:
    """Return the validity of the calibrations, TAI."""
    spans = [validity(day_obs) for day_obs in EPOCHS]
    return [{"begin": span.begin.tai.isot, "end": span.end.tai.isot if span.end else None} for span in spans]


@contextmanager
def _operator_environment() -> Iterator[None]:
    """Have the planted secret in the environment, as a careless operator would, and UTC as the local time.

    Rubin's graphs note when they were built in local time without its offset; the observatory's machines are on UTC.
    """
    variables = SECRET | {"TZ": "UTC"}
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    time.tzset()
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
        time.tzset()


def _raw_file(root: Path, exposures: list[Exposure]) -> Path:
    """Return the file of the raw of the last visit's first detector."""
    with Butler.from_config(str(root), collections=RAW_RUN) as butler:
        uri = butler.getURI("raw", instrument="LSSTCam", exposure=exposures[-1].id, detector=0)
        return Path(uri.ospath)


def _write_submit_files(root: Path, run: Run) -> None:
    """Write what BPS keeps beside a campaign's predicted graph: its configuration and its environment."""
    if run.evidence is Evidence.NONE:
        return
    folder = run.submit_folder(root)
    folder.mkdir(parents=True)
    configuration = {
        "payload": {"payloadName": "demo", "inCollection": ",".join(run.inputs), "dataQuery": run.where},
        "pipelineYaml": f"lsst_demo/pipelines/{run.pipeline}",
        "outputRun": run.name,
        "uniqProcName": run.file_stem,
    }
    (folder / f"{run.file_stem}_config.yaml").write_text(yaml.safe_dump(configuration))
    # BPS dumps every variable. The demo dumps its own only: a repository is passed on, this machine's secrets are not.
    environment = {"OMP_NUM_THREADS": "1"} | SECRET
    (folder / f"{run.file_stem}.env.info.yaml").write_text(yaml.safe_dump(environment))


def _define_output_collections(root: Path, exposures: list[Exposure]) -> None:
    high = {exposure.id for exposure in exposures if exposure.zenith_angle < 60}
    with Butler.from_config(str(root), writeable=True) as butler:
        butler.collections.register(CHAIN, CollectionType.CHAINED, doc="Everything that was processed.")
        butler.collections.redefine_chain(CHAIN, [QUICKLOOK, DEEP, DRP, DEFAULTS])
        butler.collections.register(TAGGED, CollectionType.TAGGED, doc="Visit images seen high in the sky.")
        refs = butler.query_datasets("preliminary_visit_image", collections=DRP, limit=None)
        butler.registry.associate(TAGGED, [ref for ref in refs if ref.dataId["visit"] in high])
