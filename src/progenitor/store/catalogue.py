"""The catalogue: which ingest made which batch, from what and by whom, as PROV in the named graph ``<base>catalogue``.

It tells of the batches of one snapshot, and is a function of the snapshot's manifest: the snapshots before tell of what
was replaced. For the batch of source S and key K that first came in snapshot N::

    <base>source/S            prov:Entity, pg:Source; rdfs:label
    <base>partition/S/K       prov:Entity, pg:Partition; rdfs:label, pg:partOfSource <source>, pg:fingerprint
    <base>ingest/S/K/N        prov:Activity, pg:Ingest; prov:startedAtTime, prov:endedAtTime,
                              prov:used <partition>, <mapping>, prov:wasAssociatedWith <agent>, <software>,
                              pg:evidence, pg:sourceRows
    <base>batch/S/K/N         prov:Entity, pg:Batch; prov:wasGeneratedBy <ingest>, prov:generatedAtTime,
                              prov:wasDerivedFrom <partition>, prov:wasAttributedTo <agent>,
                              prov:wasRevisionOf <base>batch/S/K/M (the one it replaced),
                              pg:sha256, pg:tripleCount, pg:setAsideCount, pg:archiveFile, pg:deadLetterFile
    <base>mapping/sha256/D    prov:Entity, prov:Plan, pg:Mapping; pg:sha256
    <base>agent/LOGIN         prov:Agent, prov:Person; rdfs:label
    <base>software/NAME/V     prov:Agent, prov:SoftwareAgent; rdfs:label, pg:version, prov:actedOnBehalfOf <agent>

Terms of ours, to be declared in ontology/progenitor.ttl: classes pg:Source, pg:Partition, pg:Ingest, pg:Batch,
pg:Mapping; properties pg:partOfSource, pg:fingerprint, pg:evidence, pg:sourceRows, pg:sha256, pg:tripleCount,
pg:setAsideCount, pg:archiveFile, pg:deadLetterFile, pg:version.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from progenitor.identifiers import mint
from progenitor.store.manifest import Entry
from progenitor.terms import LABEL, PG, PROV, TYPE, XSD

_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n", "\r": r"\r"})


def catalogue_graph(base: str) -> str:
    """Return the IRI of the named graph."""
    return base + "catalogue"


def catalogue_lines(base: str, entries: Iterable[Entry]) -> set[str]:
    """Return the N-Quads lines that tell of batches.

    Parameters
    ----------
    base
        The store's base IRI.
    entries
        From a manifest.
    """
    return {_line(base, triple) for entry in entries for triple in _describe(base, entry)}


def catalogue_difference(base: str, old: Mapping[str, Entry], new: Mapping[str, Entry]) -> tuple[list[str], list[str]]:
    """Return the N-Quads lines that one manifest adds to and takes from another, sorted.

    Parameters
    ----------
    base
        The store's base IRI.
    old, new
        Entries by batch name.
    """
    came = [entry for name, entry in new.items() if old.get(name) != entry]
    gone = [entry for name, entry in old.items() if new.get(name) != entry]
    added = catalogue_lines(base, came)
    removed = catalogue_lines(base, gone) - added
    if removed:
        # Agents, sources and mappings are shared with batches that did not change.
        removed -= {_line(base, triple) for entry in new.values() for triple in _describe_shared(base, entry)}
    return sorted(added), sorted(removed)


def _line(base: str, triple: tuple[str, str, str]) -> str:
    subject, predicate, value = triple
    return f"<{subject}> <{predicate}> {value} <{catalogue_graph(base)}> .\n"


def _describe(base: str, entry: Entry) -> Iterator[tuple[str, str, str]]:
    yield from _describe_batch(base, entry)
    yield from _describe_ingest(base, entry)
    yield from _describe_shared(base, entry)


def _describe_batch(base: str, entry: Entry) -> Iterator[tuple[str, str, str]]:
    record, partition = entry.record, entry.record.partition
    batch = mint(base, "batch", partition.source, partition.key, entry.since)
    yield batch, TYPE, _iri(PROV + "Entity")
    yield batch, TYPE, _iri(PG + "Batch")
    yield batch, PROV + "wasGeneratedBy", _iri(_ingest_iri(base, entry))
    yield batch, PROV + "generatedAtTime", _time(record.ended)
    yield batch, PROV + "wasDerivedFrom", _iri(_partition_iri(base, entry))
    yield batch, PROV + "wasAttributedTo", _iri(mint(base, "agent", record.agent))
    yield batch, PG + "sha256", _text(record.digest)
    yield batch, PG + "tripleCount", _integer(record.triples)
    yield batch, PG + "setAsideCount", _integer(record.set_aside)
    yield batch, PG + "archiveFile", _text(record.file.as_posix())
    if record.dead_letter is not None:
        yield batch, PG + "deadLetterFile", _text(record.dead_letter.as_posix())
    if entry.revision_of is not None:
        replaced = mint(base, "batch", partition.source, partition.key, entry.revision_of)
        yield batch, PROV + "wasRevisionOf", _iri(replaced)


def _describe_ingest(base: str, entry: Entry) -> Iterator[tuple[str, str, str]]:
    record, partition = entry.record, entry.record.partition
    ingest, read = _ingest_iri(base, entry), _partition_iri(base, entry)
    yield ingest, TYPE, _iri(PROV + "Activity")
    yield ingest, TYPE, _iri(PG + "Ingest")
    yield ingest, PROV + "startedAtTime", _time(record.started)
    yield ingest, PROV + "endedAtTime", _time(record.ended)
    yield ingest, PROV + "used", _iri(read)
    yield ingest, PROV + "used", _iri(_mapping_iri(base, entry))
    yield ingest, PROV + "wasAssociatedWith", _iri(mint(base, "agent", record.agent))
    yield ingest, PROV + "wasAssociatedWith", _iri(_software_iri(base, entry))
    yield ingest, PG + "evidence", _text(record.evidence)
    yield ingest, PG + "sourceRows", _integer(record.rows)
    yield read, TYPE, _iri(PROV + "Entity")
    yield read, TYPE, _iri(PG + "Partition")
    yield read, LABEL, _text(partition.batch)
    yield read, PG + "partOfSource", _iri(mint(base, "source", partition.source))
    if partition.fingerprint is not None:
        yield read, PG + "fingerprint", _text(partition.fingerprint)


def _describe_shared(base: str, entry: Entry) -> Iterator[tuple[str, str, str]]:
    """Describe what several batches have in common."""
    record = entry.record
    agent, software = mint(base, "agent", record.agent), _software_iri(base, entry)
    source, mapping = mint(base, "source", record.partition.source), _mapping_iri(base, entry)
    yield source, TYPE, _iri(PROV + "Entity")
    yield source, TYPE, _iri(PG + "Source")
    yield source, LABEL, _text(record.partition.source)
    yield mapping, TYPE, _iri(PROV + "Entity")
    yield mapping, TYPE, _iri(PROV + "Plan")
    yield mapping, TYPE, _iri(PG + "Mapping")
    yield mapping, PG + "sha256", _text(record.mapping_digest)
    yield agent, TYPE, _iri(PROV + "Agent")
    yield agent, TYPE, _iri(PROV + "Person")
    yield agent, LABEL, _text(record.agent)
    yield software, TYPE, _iri(PROV + "Agent")
    yield software, TYPE, _iri(PROV + "SoftwareAgent")
    yield software, LABEL, _text(record.software)
    yield software, PG + "version", _text(record.software.rpartition(" ")[2])
    yield software, PROV + "actedOnBehalfOf", _iri(agent)


def _partition_iri(base: str, entry: Entry) -> str:
    return mint(base, "partition", entry.record.partition.source, entry.record.partition.key)


def _ingest_iri(base: str, entry: Entry) -> str:
    return mint(base, "ingest", entry.record.partition.source, entry.record.partition.key, entry.since)


def _mapping_iri(base: str, entry: Entry) -> str:
    return mint(base, "mapping", "sha256", entry.record.mapping_digest)


def _software_iri(base: str, entry: Entry) -> str:
    name, _, version = entry.record.software.rpartition(" ")
    return mint(base, "software", name, version)


def _iri(iri: str) -> str:
    return f"<{iri}>"


def _text(value: str) -> str:
    return f'"{value.translate(_ESCAPES)}"'


def _integer(value: int) -> str:
    return f'"{value}"^^<{XSD}integer>'


def _time(value: str) -> str:
    return f'"{value}"^^<{XSD}dateTime>'
