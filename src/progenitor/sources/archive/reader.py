"""Reads what the batches of a store say of the subjects of a night, each statement with its source."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from progenitor.errors import ConfigurationError, MappingError, Place
from progenitor.model import BatchRecord, Partition, SourceDeclaration
from progenitor.sources.archive.scan import Fingerprints, fingerprints, read_triples
from progenitor.sources.archive.subjects import Subjects, night_of
from progenitor.sources.archive.terms import datatypes, resources, values
from progenitor.sources.declared.nights import Night
from progenitor.sources.declared.window import Window, with_window
from progenitor.sources.reader import ReadReport, TableSink

EVIDENCE: Final = "batches of the other sources"
"""What a derived batch was read from; this is how it is known, whatever its source is called."""

STATEMENT: Final = "statement"
SCHEMAS: Final = with_window(
    {STATEMENT: pa.schema([(name, pa.string()) for name in ("source", "subject", "property", "value", "datatype")])}
)

Records = Mapping[str, BatchRecord]
"""What the catalogue knows, or will know, of every batch, by its name."""


class ArchiveReader:
    """Reads the archive of a store that is being written.

    What was derived from it earlier is not read: what is made depends on the other sources alone, so that it is the
    same however often it was made before.

    Parameters
    ----------
    declaration
        The source.yml, with the options ``subjects`` and ``batches``.
    store
        The store; the files of batches are relative to it.
    base
        Its base IRI.
    before, after
        The batches before and after what is being written.

    Raises
    ------
    MappingError
        If an option is not what it should be.
    ConfigurationError
        If there is another option.
    """

    def __init__(self, declaration: SourceDeclaration, store: Path, base: str, before: Records, after: Records) -> None:
        options: dict[str, Any] = dict(declaration.options)
        self._subjects = Subjects.parse(options.pop("subjects", None), base, Place(declaration.file, field="subjects"))
        patterns = _patterns(options.pop("batches", ["*"]), Place(declaration.file, field="batches"))
        if options:
            raise ConfigurationError(
                f"option {min(options)!r} is unknown",
                place=Place(declaration.file),
                hint="options: subjects, batches",
            )
        self._source = declaration.file.parent.name
        self._store = store
        self._base = base
        self._before = _chosen(before, patterns)
        self._after = _chosen(after, patterns)
        self._by_night: defaultdict[Night | None, list[BatchRecord]] = defaultdict(list)
        for record in self._after.values():
            self._by_night[_parsed(record.partition.key)].append(record)

    def schemas(self) -> Mapping[str, pa.Schema]:
        """Return the table of statements, and that of the night."""
        return SCHEMAS

    def partitions(self, wanted: Sequence[str] = ()) -> Iterator[Partition]:
        """List the nights of the archive; of those that are wanted, the ones that are named are not looked for.

        Parameters
        ----------
        wanted
            Nights, and glob patterns for nights, in either spelling; all of them where none is given.
        """
        named = {night for name in wanted if (night := _parsed(name))}
        patterns = [name for name in wanted if not _parsed(name)]
        if patterns or not wanted:
            for night in self._differing({}):
                names = night.key, str(night.day_obs)
                if not wanted or any(fnmatchcase(name, pattern) for pattern in patterns for name in names):
                    named.add(night)
        for night in sorted(named):
            yield Partition(self._source, night.key)

    def changed(self) -> Iterator[Partition]:
        """List the nights of whose subjects the batches after say something else than those before."""
        for night in sorted(self._differing(self._before)):
            yield Partition(self._source, night.key)

    def read(self, partition: Partition, sink: TableSink, progress: Callable[[int], None]) -> ReadReport:
        """Read what all sources say of a night's subjects; nothing where no source that is read by night does.

        Raises
        ------
        SourceError
            If a file of the archive cannot be read.
        """
        night = Night.parse(partition.key)
        Window(night).write(sink)
        near = [record for each in (night.previous, night, night.next) for record in self._by_night.get(each, ())]
        if self._copy(near, night, sink, progress):
            self._copy(self._by_night.get(None, ()), night, sink, progress)
        return ReadReport(EVIDENCE)

    def close(self) -> None:
        """Nothing is held open."""

    def _copy(
        self, records: Sequence[BatchRecord], night: Night, sink: TableSink, progress: Callable[[int], None]
    ) -> int:
        """Write what batches say of a night's subjects, and return how many statements it is."""
        count = 0
        for record in records:
            for triples in read_triples(self._store / record.file, self._subjects.ranges_of(night)):
                sink.write(STATEMENT, self._statements(record.partition.source, triples))
                progress(triples.num_rows)
                count += triples.num_rows
        return count

    def _statements(self, source: str, triples: pa.Table) -> pa.Table:
        columns = {
            "source": pa.repeat(source, triples.num_rows),
            "subject": resources(triples["s"], self._base),
            "property": resources(triples["p"], self._base),
            "value": values(triples["o"], self._base),
            "datatype": datatypes(triples["o"]),
        }
        return pa.table(columns, SCHEMAS[STATEMENT])

    def _differing(self, before: Records) -> set[Night]:
        """Return the nights of whose subjects batches say something else than before."""
        digits: set[str] = set()
        for name in before.keys() | self._after.keys():
            old, new = before.get(name), self._after.get(name)
            if old is None or new is None or old.file != new.file:
                one, other = self._fingerprints(old), self._fingerprints(new)
                digits |= {text for text in one.keys() | other.keys() if one.get(text) != other.get(text)}
        nights = {night for text in digits if (night := night_of(text))}
        read = {_parsed(record.partition.key) for records in (before, self._after) for record in records.values()}
        return {night for night in nights if read & {night.previous, night, night.next}}

    def _fingerprints(self, record: BatchRecord | None) -> Fingerprints:
        return fingerprints(self._store / record.file, self._subjects.stems) if record else {}


def _patterns(declared: object, place: Place) -> list[str]:
    if not isinstance(declared, list) or not all(isinstance(pattern, str) for pattern in declared):
        raise MappingError(
            f"batches is {declared!r}", place=place, hint="a list of patterns, for example 'butler/*/dimensions'"
        )
    return declared


def _chosen(records: Records, patterns: Sequence[str]) -> Records:
    """Return the batches that were not derived, and are of a night or match a pattern."""
    return {
        name: record
        for name, record in records.items()
        if record.evidence != EVIDENCE
        and (_parsed(record.partition.key) or any(fnmatchcase(name, pattern) for pattern in patterns))
    }


def _parsed(name: str) -> Night | None:
    """Return the night of a name, or None where it is none."""
    try:
        return Night.parse(name)
    except ValueError:
        return None
