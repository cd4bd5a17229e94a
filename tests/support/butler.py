"""The Butler reader and mapping, run on a repository the way an ingest does it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from progenitor.mapping.folder import load_folder
from progenitor.mapping.run import run_mapping
from progenitor.mapping.staging import Staging
from progenitor.model import Partition
from progenitor.sources.reader import open_reader
from support.cache import CHECKOUT
from support.sinks import Tables

BASE = "https://progenitor.example/"
FOLDER = CHECKOUT / "mappings" / "butler"
PREFIXES = {
    "prov:": "http://www.w3.org/ns/prov#",
    "voprov:": "http://www.ivoa.net/documents/ProvenanceDM/index.html#",
    "pg:": "https://w3id.org/progenitor/ns#",
    "dcterms:": "http://purl.org/dc/terms/",
    "rdf:": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs:": "http://www.w3.org/2000/01/rdf-schema#",
}
Triple = tuple[str, str, str]


def open_repository(location: Path | str, **options: Any) -> Any:
    """Open a repository with the reader that the mapping folder names."""
    return open_reader(load_folder(FOLDER).declaration, str(location), options)


def read_partition(reader: Any, key: str) -> tuple[Tables, str]:
    """Read one partition into tables; return them and the evidence."""
    tables = Tables(reader.schemas())
    (partition,) = reader.partitions([key])
    return tables, reader.read(partition, tables, lambda rows: None).evidence


@dataclass
class Mapped:
    """What a repository became.

    Parameters
    ----------
    evidence
        Partition key -> from what it was read.
    triples
        Every triple, as N-Triples terms with the prefixes of `PREFIXES` and `:` for the base.
    set_aside
        How many records were set aside.
    """

    evidence: dict[str, str] = field(default_factory=dict)
    triples: set[Triple] = field(default_factory=set)
    set_aside: int = 0

    def objects(self, subject: str, predicate: str) -> set[str]:
        """Return what a subject is related to."""
        return {o for s, p, o in self.triples if s == subject and p == predicate}

    def subjects(self, predicate: str, value: str) -> set[str]:
        """Return what is related to an object."""
        return {s for s, p, o in self.triples if p == predicate and o == value}

    def ancestors(self, start: str, relations: Iterable[str], inverse: Iterable[str] = ()) -> set[str]:
        """Follow relations from a node, and some against their direction, to the end."""
        follow: dict[str, list[str]] = {}
        relations, inverse = set(relations), set(inverse)
        for s, p, o in self.triples:
            if p in relations:
                follow.setdefault(s, []).append(o)
            if p in inverse:
                follow.setdefault(o, []).append(s)
        seen, waiting = {start}, [start]
        while waiting:
            for node in follow.get(waiting.pop(), ()):
                if node not in seen:
                    seen.add(node)
                    waiting.append(node)
        return seen


def map_partition(reader: Any, partition: Partition, work: Path) -> tuple[Path, str, int]:
    """Read and map one partition; return the archive file, the evidence, and the number of records set aside."""
    output = work / f"{partition.key.replace('/', '_')}.parquet"
    with Staging(work, reader.schemas()) as staging:
        report = reader.read(partition, staging, lambda rows: None)
        folder = load_folder(FOLDER)
        result = run_mapping(folder, staging, base=BASE, output=output, dead_letter=output.with_suffix(".jsonl"))
    return output, report.evidence, result.set_aside


def map_repository(location: Path | str, work: Path, wanted: Iterable[str] = (), **options: Any) -> Mapped:
    """Read and map the partitions of a repository."""
    mapped = Mapped()
    reader = open_repository(location, **options)
    try:
        for partition in reader.partitions(list(wanted)):
            output, mapped.evidence[partition.key], aside = map_partition(reader, partition, work)
            mapped.set_aside += aside
            mapped.triples.update(triples_of(output))
    finally:
        reader.close()
    return mapped


def triples_of(archive: Path) -> Iterator[Triple]:
    """Read an archive file, its terms shortened."""
    table = pq.read_table(archive)
    for s, p, o in zip(*(table[name].to_pylist() for name in "spo"), strict=True):
        yield shorten(s), shorten(p), shorten(o)


def shorten(term: str) -> str:
    """Write an IRI with a prefix; leave a literal as it is."""
    if not term.startswith("<"):
        return term
    iri = term[1:-1]
    if iri.startswith(BASE):
        return ":" + iri[len(BASE) :]
    for prefix, namespace in PREFIXES.items():
        if iri.startswith(namespace):
            return prefix + iri[len(namespace) :]
    return iri
