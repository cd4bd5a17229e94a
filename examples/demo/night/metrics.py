"""The metrics of a Butler repository as Sasquatch has them: a point for each bundle of metrics of a dataset.

A measurement is ``lsst.dm.`` and the name of the bundle; its fields are the metrics in it. Which dataset they are of
is told by ``id`` (its UUID), and by run, dataset type and data ID, of which Sasquatch makes tags what tells points of
one time apart. Units stay in the Butler.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from typing import TYPE_CHECKING, Any

from night.files import write_lines

if TYPE_CHECKING:
    from pathlib import Path

    from lsst.daf.butler import Butler, DatasetRef

DATABASE = "lsst.dm"
FILE = f"{DATABASE}.lp.gz"
SENT = datetime(2025, 11, 2, 11, tzinfo=UTC)
"""When the demo's metrics were sent: in the morning, still in the night of its exposures."""
_STORAGE_CLASS = "MetricBundle"
_IDENTIFIERS = (
    "detector",
    "patch",
    "skymap",
    "visit",
    "tract",
    "physical_filter",
    "instrument",
    "band",
    "exposure",
    "group",
    "day_obs",
)
_TAGS = frozenset({"dataset_tag", "run", *_IDENTIFIERS})


@dataclass(frozen=True)
class Bundle:
    """The metrics of one action, of one dataset.

    Parameters
    ----------
    action
        Which action of the task measured them.
    about
        What is told of the dataset; empty where there is nothing to tell.
    metrics
        Name -> value; one that is not a number is not sent.
    """

    action: str
    about: dict[str, str]
    metrics: dict[str, float]


def read_bundles(repository: str | Path) -> Iterator[Bundle]:
    """Read every bundle of metrics of a repository, by run, dataset type, UUID and action."""
    from lsst.daf.butler import Butler, CollectionType

    with Butler.from_config(str(repository)) as butler:
        types = sorted(t.name for t in butler.registry.queryDatasetTypes() if t.storageClass_name == _STORAGE_CLASS)
        for run in sorted(butler.collections.query("*", collection_types=CollectionType.RUN)):
            for name in types:
                refs = butler.query_datasets(name, collections=[run], find_first=False, limit=None, explain=False)
                for ref in sorted(refs, key=lambda ref: ref.id):
                    yield from _bundles_of(butler, ref)


def _bundles_of(butler: Butler, ref: DatasetRef) -> Iterator[Bundle]:
    data_id = ref.dataId.to_simple().dataId
    about = {
        "id": str(ref.id),
        "run": ref.run,
        "dataset_type": ref.datasetType.name,
        "dataset_tag": "Generic",
        "reference_package": "",
        "reference_package_version": "",
        **{name: str(data_id.get(name, "")) for name in _IDENTIFIERS},
    }
    for action, measurements in sorted(butler.get(ref).root.items()):
        yield Bundle(action, about, {each.metric: each.value for each in measurements if isfinite(each.value)})


def metric_lines(bundles: Iterable[Bundle], sent: datetime) -> Iterator[str]:
    """Write bundles as line protocol, in the order in which they come.

    Parameters
    ----------
    bundles
        The metrics.
    sent
        The time that they are filed under, with its zone.
    """
    seconds = sent.timestamp()
    nanoseconds = round(seconds * 1_000_000) * 1000
    for bundle in bundles:
        # A tag has no empty value.
        tags = {name: text for name, text in sorted(bundle.about.items()) if name in _TAGS and text}
        fields: dict[str, Any] = {name: text for name, text in bundle.about.items() if name not in _TAGS}
        fields |= {"timestamp": seconds, "run_timestamp": seconds, "reference_package_timestamp": 0.0}
        yield f"{DATABASE}.{bundle.action}{_tags(tags)} {_fields(fields | bundle.metrics)} {nanoseconds}"


def write_file(folder: Path, repository: str | Path, sent: datetime) -> Path:
    """Write the metrics of a repository into `FILE` of a folder, and return the file."""
    folder.mkdir(parents=True, exist_ok=True)
    write_lines(folder / FILE, metric_lines(read_bundles(repository), sent))
    return folder / FILE


def _tags(tags: Mapping[str, str]) -> str:
    return "".join(f",{name}={_escaped(text, ', =')}" for name, text in tags.items())


def _fields(fields: Mapping[str, str | float]) -> str:
    written = (
        f"{_escaped(name, ', =')}={value!r}"
        if isinstance(value, float)
        else f'{_escaped(name, ", =")}="{_escaped(value, chr(34) + chr(92))}"'
        for name, value in fields.items()
    )
    return ",".join(written)


def _escaped(text: str, characters: str) -> str:
    return "".join(f"\\{character}" if character in characters else character for character in text)
