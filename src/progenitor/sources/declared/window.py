"""The part of a source that one partition is: everything, or an observing night with its two ends."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Final, Literal, Self

import pyarrow as pa

from progenitor.errors import SourceError
from progenitor.model import Partition
from progenitor.sources.declared.nights import Night, NightRange, utc_of
from progenitor.sources.declared.times import EPOCH
from progenitor.sources.reader import TableSink

WHOLE: Final = "all"
"""Key of the only partition of a source that is not cut into nights."""

WINDOW_TABLE: Final = "partition_window"
WINDOW_SCHEMA: Final = pa.schema(
    [
        ("partition", pa.string()),
        ("day_obs", pa.int64()),
        ("starts", pa.timestamp("us")),
        ("ends", pa.timestamp("us")),
    ]
)
"""A table of one row, for views that must tell what lies in the night from what was read to know its beginning."""


def with_window(schemas: Mapping[str, pa.Schema]) -> dict[str, pa.Schema]:
    """Return the tables of a source with the one that every such source has beside its own.

    Parameters
    ----------
    schemas
        Table -> columns, as source.yml declares them.
    """
    return {WINDOW_TABLE: WINDOW_SCHEMA, **schemas}


@dataclass(frozen=True)
class Window:
    """A partition's part of the source.

    Parameters
    ----------
    night
        None for the whole source.
    """

    night: Night | None = None

    @classmethod
    def of(cls, partition: Partition) -> Self:
        """Return the window of a partition that `Partitions` listed."""
        return cls(None if partition.key == WHOLE else Night.parse(partition.key))

    @classmethod
    def example(cls, *, by_night: bool) -> Self:
        """Return some window, to check with what takes one.

        Parameters
        ----------
        by_night
            Whether partitions are nights.
        """
        return cls(Night(datetime.date(2000, 1, 1)) if by_night else None)

    @property
    def key(self) -> str:
        """Key of the partition."""
        return self.night.key if self.night else WHOLE

    @cached_property
    def start(self) -> datetime.datetime:
        """First instant of the night; UTC, without a zone."""
        return utc_of(self._night.start)

    @cached_property
    def end(self) -> datetime.datetime:
        """First instant after the night; UTC, without a zone."""
        return utc_of(self._night.end)

    @property
    def _night(self) -> Night:
        if self.night is None:
            raise ValueError("the whole source has no ends")
        return self.night

    def write(self, sink: TableSink) -> None:
        """Write the row of `WINDOW_TABLE`."""
        night = self.night
        row = {
            "partition": self.key,
            "day_obs": night.day_obs if night else None,
            "starts": self.start if night else None,
            "ends": self.end if night else None,
        }
        sink.write(WINDOW_TABLE, pa.RecordBatch.from_pylist([row], schema=WINDOW_SCHEMA))


def nanoseconds(utc: datetime.datetime) -> int:
    """Return nanoseconds of UTC since 1970, as POSIX counts them."""
    return (utc - EPOCH) // datetime.timedelta(microseconds=1) * 1000


class PartitionOptions(NightRange):
    """The options that cut a source into partitions.

    Parameters
    ----------
    partition
        ``all``: one partition, the whole source. ``day_obs``: one for each observing night.
    """

    partition: Literal["all", "day_obs"] = "all"

    @property
    def by_night(self) -> bool:
        """Whether partitions are nights."""
        return self.partition == "day_obs"

    def partitions(
        self, source: str, wanted: Sequence[str], fingerprint: Callable[[Window], str | None]
    ) -> Iterator[Partition]:
        """List partitions.

        Parameters
        ----------
        source
            Name of the mapping folder.
        wanted
            Names or glob patterns of partitions; all of them where none is given.
        fingerprint
            Tells the state of a window's content.

        Raises
        ------
        ConfigurationError
            If a name is no night, or it is not said which nights there are.
        SourceError
            If the source has one partition, and none of the patterns matches it.
        """
        for window in self._windows(wanted):
            yield Partition(source, window.key, fingerprint(window))

    def _windows(self, wanted: Sequence[str]) -> Iterator[Window]:
        if self.by_night:
            for night in self.choose(wanted, datetime.datetime.now(datetime.UTC)):
                yield Window(night)
        elif not wanted or any(fnmatchcase(WHOLE, pattern) for pattern in wanted):
            yield Window()
        else:
            raise SourceError(
                f"there is no partition {' '.join(wanted)}: the source is read as one, {WHOLE!r}",
                hint="partition: day_obs in source.yml cuts a source into nights",
            )
