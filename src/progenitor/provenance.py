"""The façade: every use case of Progenitor, one method each.

The command line, the web face and notebooks call these methods and nothing below them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, Self

from progenitor.errors import ConfigurationError, NotFoundError
from progenitor.identifiers import DEFAULT_BASE
from progenitor.store.snapshot import Snapshot, SnapshotSummary, list_snapshots, prune_snapshots

if TYPE_CHECKING:
    from progenitor.config import Settings
    from progenitor.ingest import IngestProgress, IngestReport
    from progenitor.lineage.describe import Description, Summary
    from progenitor.lineage.index import LineageIndex
    from progenitor.model import BatchRecord, Lineage
    from progenitor.store.answers import Answer
    from progenitor.validate.constraints import Violation
    from progenitor.validate.doctor import Finding

Inputs = Literal["presented", "predicted", "fetched"]
Direction = Literal["back", "forth"]


class Progenitor:
    """A store of provenance, read at one snapshot until `refresh`.

    Use it as a context manager, or call `close`.

    Parameters
    ----------
    directory
        The store.
    number
        Of the snapshot to read; the newest when not given. A store that has none yet can be ingested into.
    settings
        Limits and mapping folders; read from the environment and ``progenitor.toml`` when not given.

    Examples
    --------
    >>> with Progenitor.open("store") as progenitor:  # doctest: +SKIP
    ...     lineage = progenitor.ancestors("deepCoadd tract=0 patch=3 band=i", depth=2)
    """

    def __init__(self, directory: Path, number: int | None = None, settings: Settings | None = None) -> None:
        self.directory = directory
        self._settings = settings
        self.snapshot = Snapshot.open(directory, number)
        self.base = self.snapshot.base
        self._index: LineageIndex | None = None

    # -- opening and closing ------------------------------------------------------------------------------------

    @classmethod
    def open(
        cls, store: str | Path | None = None, *, snapshot: int | None = None, settings: Settings | None = None
    ) -> Self:
        """Open a store at its newest snapshot, or at the one named.

        Parameters
        ----------
        store
            Path of the store; the setting ``store`` when not given.
        snapshot
            Number of the snapshot.
        settings
            See the class.

        Raises
        ------
        ConfigurationError
            If no store is named anywhere.
        StoreError
            If there is no store at the path, or it is of another version.
        NotFoundError
            If there is no such snapshot.
        """
        return cls(_directory(store, settings), snapshot, settings)

    @classmethod
    def create(cls, store: str | Path, *, base: str = DEFAULT_BASE) -> Self:
        """Make an empty store and open it.

        Parameters
        ----------
        store
            A folder that does not exist or is empty.
        base
            The base of every IRI that will be minted in it; cannot be changed later.

        Raises
        ------
        StoreError
            If there is something at the path already, or the base is not an absolute IRI that ends in ``/`` or ``#``.
        """
        from progenitor.store.layout import create_store

        create_store(Path(store), base)
        return cls.open(store)

    def close(self) -> None:
        """Let go of the snapshot."""
        self._index = None
        self.snapshot.close()

    def refresh(self) -> None:
        """Move on to the newest snapshot."""
        self.close()
        self.snapshot = Snapshot.open(self.directory)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        if self._settings is None:
            from progenitor.config import load_settings

            self._settings = load_settings()
        return self._settings

    @property
    def index(self) -> LineageIndex:
        """The lineage index of the snapshot, opened on first use."""
        if self._index is None:
            from progenitor.lineage.index import LineageIndex

            self._index = LineageIndex.open(self.snapshot.directory / "lineage")
        return self._index

    # -- asking -------------------------------------------------------------------------------------------------

    def resolve(self, identifier: str) -> str:
        """Return the IRI that an identifier in any form people have means.

        Parameters
        ----------
        identifier
            See docs/reference/identifiers.md.

        Raises
        ------
        NotFoundError
            If it names nothing in the snapshot.
        AmbiguousError
            If it names several things; carries the candidates.
        """
        from progenitor.lineage.resolve import resolve

        if not self.snapshot.number:
            raise NotFoundError("the store has no snapshot yet", hint="`progenitor ingest` publishes the first one")
        return resolve(self.snapshot.graph, self.base, identifier)

    def show(self, identifier: str) -> Description:
        """Describe one thing: a sentence, its facts, and what it was made from and what was made of it, counted.

        Parameters
        ----------
        identifier
            In any form `resolve` takes.
        """
        from progenitor.lineage.narrate import describe

        return describe(self.snapshot.graph, self.base, self.resolve(identifier))

    def summaries(self, iris: Sequence[str]) -> dict[str, Summary]:
        """Return the label, the kind and the type of each IRI, for lists and trees.

        Parameters
        ----------
        iris
            As an answer has them.
        """
        from progenitor.lineage.describe import summarize

        return summarize(self.snapshot.graph, self.base, iris)

    def ancestors(
        self,
        *identifiers: str,
        depth: int | None = None,
        inputs: Inputs = "presented",
        context: bool = False,
        to: str | None = None,
        limit: int | None = None,
    ) -> Lineage:
        """Find where things came from.

        Parameters
        ----------
        identifiers
            One or several, in any form `resolve` takes.
        depth
            Relations to follow, counted as ProvDAL counts DEPTH; None for all.
        inputs
            Which input relation to follow (docs/explanation/lineage.md).
        context
            Also follow collections, agents and plans.
        to
            Only the ways that lead to things of this type, and stop there: a kind of identifier (``script-run``, also
            ``script``; ``exposure``, ``quantum`` ...), a dataset type, or the label of a task.
        limit
            The largest number of nodes to return; an answer that would be larger says so. With ``to`` it bounds the
            answer that is then cut.

        Raises
        ------
        NotFoundError
            If an identifier names nothing, or nothing in the answer is of the type that ``to`` names.
        """
        return self._lineage("back", identifiers, depth, inputs, context, to, limit)

    def descendants(
        self,
        *identifiers: str,
        depth: int | None = None,
        inputs: Inputs = "presented",
        context: bool = False,
        to: str | None = None,
        limit: int | None = None,
    ) -> Lineage:
        """Find what has come of things; the parameters are those of `ancestors`."""
        return self._lineage("forth", identifiers, depth, inputs, context, to, limit)

    def _lineage(
        self,
        direction: Direction,
        identifiers: Sequence[str],
        depth: int | None,
        inputs: Inputs,
        context: bool,
        to: str | None,
        limit: int | None,
    ) -> Lineage:
        from progenitor.lineage.answer import answer

        starts = [self.resolve(identifier) for identifier in identifiers]
        found = answer(
            self.index,
            starts,
            direction=direction,
            depth=depth,
            inputs=inputs,
            context=context,
            limit=limit,
            snapshot=self.snapshot.number,
        )
        return found if to is None else self._towards(found, to)

    def _towards(self, lineage: Lineage, wanted: str) -> Lineage:
        from progenitor.lineage.describe import is_of_type, type_name
        from progenitor.lineage.ways import towards

        summaries = self.summaries([node.iri for node in lineage.nodes if node.iri not in lineage.starts])
        ends = [iri for iri, summary in summaries.items() if is_of_type(self.base, summary, wanted)]
        if not ends:
            types = sorted({type_name(self.base, summary) for summary in summaries.values()} - {""})
            raise NotFoundError(
                f"nothing in this answer is of the type {wanted!r}", hint=f"types in it: {', '.join(types) or 'none'}"
            )
        return towards(lineage, ends)

    def query(self, sparql: str) -> Answer:
        """Ask a read-only SPARQL 1.1 query.

        Parameters
        ----------
        sparql
            The query; the prefixes of `progenitor.terms.PREFIXES` and ``id:`` (the base) are declared.

        Raises
        ------
        QueryError
            If it is malformed, or asks for an update or for another server.
        """
        return self.snapshot.graph.query(sparql)

    def export(
        self,
        identifier: str,
        format: str,
        stream: BinaryIO,
        *,
        direction: Direction = "back",
        depth: int | None = None,
        inputs: Inputs = "presented",
        context: bool = True,
        limit: int | None = None,
    ) -> Lineage:
        """Write the provenance of one thing as a document or a figure, and return what it holds.

        Parameters
        ----------
        identifier
            In any form `resolve` takes.
        format
            One of `progenitor.formats.FORMATS`.
        stream
            Where to write.
        direction, depth, inputs, context, limit
            As in `ancestors`; ``forth`` exports what has come of it.
        """
        from progenitor.formats import gather, write

        lineage = self._lineage(direction, [identifier], depth, inputs, context, None, limit)
        write(lineage, gather(lineage, self.snapshot.graph.properties), format, stream, base=self.base)
        return lineage

    def who_says(self, identifier: str) -> Iterator[tuple[str, BatchRecord]]:
        """Yield each triple about a thing, as N-Quads, with the batch that asserts it; read from the archive.

        Parameters
        ----------
        identifier
            In any form `resolve` takes.
        """
        from progenitor.store.archive import who_says

        return who_says(self.snapshot, self.resolve(identifier))

    def snapshots(self) -> list[SnapshotSummary]:
        """Describe the snapshots of the store, the oldest first."""
        return list_snapshots(self.directory)

    # -- writing ------------------------------------------------------------------------------------------------

    def ingest(
        self,
        mapping: str,
        location: str,
        *,
        partitions: Sequence[str] = (),
        options: dict[str, Any] | None = None,
        progress: IngestProgress | None = None,
    ) -> IngestReport:
        """Read a source into the store, publish, and move on to the new snapshot.

        Parameters
        ----------
        mapping
            Name or path of the mapping folder, for example ``butler``.
        location
            Path or URL of the outside system.
        partitions
            Glob patterns of the partitions to take; all of them when none is given.
        options
            Options of the reader.
        progress
            Who is told how far it is.
        """
        from progenitor.config import SourceSettings

        source = SourceSettings(mapping=mapping, location=location, partitions=list(partitions), options=options or {})
        return self._ingest([source], only_changed=False, progress=progress)

    def ingest_night(
        self, night: str, locations: Mapping[str, str] | None = None, *, progress: IngestProgress | None = None
    ) -> IngestReport:
        """Read what the systems of the observatory recorded of a night, and publish a snapshot.

        Parameters
        ----------
        night
            ``20251101`` or ``2025-11-01``: it begins at 12:00 TAI.
        locations
            Mapping folder (``efd``, ``exposurelog``, ``consdb`` ...) -> where its system is; when not given, the
            configured sources that are read by night.
        progress
            Who is told how far it is.

        Raises
        ------
        ConfigurationError
            If there is no such mapping folder or no such night, or nothing says where its records are.
        """
        from progenitor.night import night_sources

        sources = night_sources(night, locations or {}, self.settings)
        return self._ingest(sources, only_changed=False, progress=progress)

    def sync(self, *names: str, progress: IngestProgress | None = None) -> IngestReport:
        """Take what is new or changed in the configured sources (``[sources.<name>]`` of the settings).

        Parameters
        ----------
        names
            Which of them; all when none is given.
        progress
            Who is told how far it is.

        Raises
        ------
        ConfigurationError
            If a name is not configured, or nothing is.
        """
        configured = self.settings.sources
        unknown = [name for name in names if name not in configured]
        if unknown or not configured:
            raise ConfigurationError(
                f"there is no source {unknown[0]!r}" if unknown else "no source is configured",
                hint=f"configured: {', '.join(configured) or 'none'}; add a table [sources.<name>] to progenitor.toml",
            )
        chosen = [configured[name] for name in (names or configured)]
        return self._ingest(chosen, only_changed=True, progress=progress)

    def _ingest(self, sources: Sequence[Any], *, only_changed: bool, progress: IngestProgress | None) -> IngestReport:
        from progenitor.ingest import ingest

        report = ingest(self.directory, sources, self.settings, only_changed=only_changed, progress=progress)
        self.refresh()
        return report

    def rebuild(self) -> int:
        """Make the graph and the lineage index anew from the archive, as a new snapshot; return its number."""
        from progenitor.ingest import builders
        from progenitor.store.rebuild import rebuild

        number = rebuild(self.directory, builders(self.settings))
        self.refresh()
        return number

    def dump(self, *, catalogue: bool = True) -> Iterator[bytes]:
        """Yield every triple as a line of N-Quads, sorted: the same triples give the same bytes.

        Parameters
        ----------
        catalogue
            Also the catalogue (who ingested what, and when).
        """
        from progenitor.store.dump import dump

        return dump(self.snapshot, catalogue=catalogue)

    def prune(self, keep: int | None = None) -> list[int]:
        """Remove the oldest snapshots and return their numbers; never the newest, nor one that a reader holds.

        Parameters
        ----------
        keep
            How many stay; the setting ``keep_snapshots`` when not given.
        """
        return prune_snapshots(self.directory, keep if keep is not None else self.settings.keep_snapshots)

    def check(self) -> list[Finding]:
        """Look for damage and for what is missing; see `progenitor.validate.doctor`."""
        from progenitor.validate.doctor import examine

        return examine(self.snapshot)

    def validate(self, sources: Sequence[str] = (), *, limit: int = 100) -> list[Violation]:
        """Check what was ingested against PROV-CONSTRAINTS, and its times; see `progenitor.validate.constraints`.

        Parameters
        ----------
        sources
            Names of sources, to check only their batches; all batches of the snapshot, taken together, when none is
            given.
        limit
            How many violations of each rule to list.

        Raises
        ------
        NotFoundError
            If nothing of a source is in the snapshot.
        """
        from progenitor.validate.constraints import validate_constraints

        records = self.snapshot.records.values()
        there = {record.partition.source for record in records}
        if missing := sorted(set(sources) - there):
            raise NotFoundError(
                f"nothing of the source {missing[0]!r} is in the snapshot",
                hint=f"sources in it: {', '.join(sorted(there)) or 'none'}",
            )
        wanted = [record for record in records if not sources or record.partition.source in sources]
        return validate_constraints(
            [self.directory / record.file for record in wanted],
            limit=limit,
            memory_limit=self.settings.memory_limit,
            threads=self.settings.threads,
        )


def _directory(store: str | Path | None, settings: Settings | None) -> Path:
    """Return the folder of the store that is meant."""
    if store is not None:
        return Path(store)
    if settings is None:
        from progenitor.config import load_settings

        settings = load_settings()
    if settings.store is None:
        raise ConfigurationError(
            "no store is named",
            hint="use --store, set PROGENITOR_STORE, or run `progenitor init STORE` here",
        )
    return settings.store
