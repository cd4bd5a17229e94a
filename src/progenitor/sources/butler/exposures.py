"""The exposures of a repository, which raws come from and visits are made of."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from progenitor.sources.butler.artifacts import batched
from progenitor.sources.butler.repository import Repository
from progenitor.sources.butler.tables import TableWriter
from progenitor.sources.butler.times import bounds, tai_to_utc

BATCH = 10_000


def write_exposures(writer: TableWriter, repository: Repository) -> None:
    """Write every exposure with the visits that it belongs to.

    Raises
    ------
    SourceError
        If the registry does not answer.
    """
    visits: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    for record in repository.dimension_records("visit_definition"):
        visits[record.instrument, record.exposure].append(record.visit)
    for records in batched(repository.dimension_records("exposure"), BATCH):
        spans = [bounds(record.timespan) for record in records]
        begins = tai_to_utc([begin for begin, _ in spans])
        ends = tai_to_utc([end for _, end in spans])
        for record, begin, end in zip(records, begins, ends, strict=True):
            fields = record.toDict()
            writer.add(
                "exposure",
                record.instrument,
                record.id,
                *(fields.get(name) for name in _FIELDS),
                begin,
                end,
                _group(fields),
                sorted(visits.get((record.instrument, record.id), ())),
            )


_FIELDS = (
    "obs_id",
    "day_obs",
    "seq_num",
    "physical_filter",
    "observation_type",
    "observation_reason",
    "science_program",
    "target_name",
    "exposure_time",
)


def _group(fields: dict[str, Any]) -> str | None:
    """Return the group, a dimension since version 6 of the dimension universe and a plain field before."""
    group = fields.get("group", fields.get("group_name"))
    return None if group is None else str(group)
