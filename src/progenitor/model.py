"""The plain records that rooms hand to each other: partitions, batches, nodes, edges, answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

PrivateKind = Literal["person", "identity", "text"]
"""What a private column holds: a person's login or name; a SAL identity, which is a person's where it has an ``@``;
free text that somebody wrote."""

PrivateColumns = dict[str, dict[str, PrivateKind]]
"""Table -> private column -> what it holds."""


@dataclass(frozen=True, order=True)
class Partition:
    """The part of a source that is read, mapped and replaced as one.

    Parameters
    ----------
    source
        Name of the mapping folder, for example ``butler``.
    key
        Which part, for example ``dr1/u/me/drp`` or ``2025-11-01``; unique within the source.
    fingerprint
        What changes when the outside system's content does, where the reader can tell cheaply (``sync`` skips
        a partition whose fingerprint the catalogue already has); None where only reading tells.
    """

    source: str
    key: str
    fingerprint: str | None = field(default=None, compare=False)

    @property
    def batch(self) -> str:
        """Name of the batch that holds this partition: ``source/key``."""
        return f"{self.source}/{self.key}"


@dataclass(frozen=True)
class BatchRecord:
    """What the catalogue knows of a batch; times are UTC, ISO 8601 with ``Z``.

    Parameters
    ----------
    partition
        What was read.
    file
        The archive file, relative to the store.
    digest
        SHA-256 of the triples in their order (not of the Parquet bytes, which change with the Parquet writer).
    triples
        Distinct triples in the file.
    rows
        Source rows read.
    set_aside
        Rows (or records) in the dead-letter file.
    dead_letter
        That file, relative to the store, or None where nothing was set aside.
    mapping_digest
        SHA-256 of the mapping folder's files (source.yml, views.sql, mapping.yml), and of the settings of privacy where
        they changed what was mapped.
    evidence
        What the source was read from, as it says itself (for example ``provenance graph``).
    started, ended
        Of the ingest activity, UTC.
    agent
        Who ran it (login name).
    software
        Name and version of the program that did.
    """

    partition: Partition
    file: Path
    digest: str
    triples: int
    rows: int
    set_aside: int
    dead_letter: Path | None
    mapping_digest: str
    evidence: str
    started: str
    ended: str
    agent: str
    software: str


@dataclass(frozen=True)
class Node:
    """A node of an answer.

    Parameters
    ----------
    iri
        What it is.
    depth
        Relations between the start and it along the cheapest way (ProvDAL DEPTH); 0 for the start.
    """

    iri: str
    depth: int


@dataclass(frozen=True)
class Edge:
    """An edge of an answer, as PROV states it: from the later thing to the earlier one.

    Parameters
    ----------
    subject, object
        IRIs.
    relation
        IRI of the property.
    """

    subject: str
    relation: str
    object: str


@dataclass(frozen=True)
class Lineage:
    """What a traversal found, and what bounds it.

    Parameters
    ----------
    starts
        The IRIs it began with.
    direction
        ``back`` (towards origins) or ``forth`` (towards effects).
    inputs
        Which input relation was followed: ``presented``, ``predicted`` or ``fetched``.
    depth
        The limit asked for, None where there was none.
    nodes
        In breadth-first order, the starts first.
    edges
        Every followed edge between them, also those to a node that was already visited.
    truncated
        Why nodes may be missing (``depth``, ``limit``), or None where the answer is whole.
    unrecorded
        IRIs at which an answer by *fetched* inputs ends because nobody recorded what was read for them.
    snapshot
        Number of the snapshot that was asked.
    rules
        The rules that were followed, one line each, as ``progenitor rules`` prints them.
    """

    starts: tuple[str, ...]
    direction: str
    inputs: str
    depth: int | None
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    truncated: str | None
    unrecorded: tuple[str, ...]
    snapshot: int
    rules: tuple[str, ...]


@dataclass(frozen=True)
class Term:
    """An RDF term as plain strings.

    Parameters
    ----------
    value
        The IRI, or the lexical form of the literal.
    datatype
        IRI of the literal's datatype; None for an IRI.
    language
        Language tag of a language-tagged string.
    """

    value: str
    datatype: str | None = None
    language: str | None = None

    @property
    def is_iri(self) -> bool:
        """Whether the term is an IRI (nothing of ours is a blank node)."""
        return self.datatype is None


@dataclass(frozen=True)
class SourceDeclaration:
    """What a mapping folder's ``source.yml`` says.

    Parameters
    ----------
    reader
        Name of the reader in `progenitor.sources`, for example ``butler`` or ``files``.
    tables
        Per table, the reader's own options for it.
    options
        Every other key of the file: the reader's options for the source as a whole.
    file
        Where it was read from.
    privacy
        Which columns are private.
    """

    reader: str
    tables: dict[str, dict[str, Any]]
    options: dict[str, Any]
    file: Path
    privacy: PrivateColumns = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """What a snapshot under construction adds to and takes from the one before it.

    Parameters
    ----------
    directory
        The new snapshot, not yet published; whoever builds an index writes below it.
    previous
        The snapshot before, or None for the first one and for a rebuild; then all there is is in `batches`.
    added, removed
        Parquet files with columns ``s``, ``p``, ``o`` (N-Triples terms) and perhaps ``g`` (the named graph, NULL for
        the default graph); None where nothing was, or nothing was before. A triple in ``added`` may be there twice, or
        be asserted by another batch already. One that leaves a graph and stays in another is in both, so an index that
        knows no graphs removes first and then adds.
    batches
        The archive files of every batch of the new snapshot, in ingest order.
    """

    directory: Path
    previous: Path | None
    added: Path | None
    removed: Path | None
    batches: tuple[Path, ...]
