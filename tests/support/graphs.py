"""Rubin-shaped graphs of any size as archive Parquet, for tests and benchmarks.

A field has `VISITS` visits of `DETECTORS` images; every image goes raw -> isr (with calibrations) -> calibrateImage
(with reference shards); four images of a visit make the warp of a patch, the warps of all visits its coadd, and the
coadds of a tract's `FIELDS` fields its object table. Collections, agents, data IDs, types and labels stand beside the
lineage, so that about half of the triples are relations, as in an ingested repository. Everything is integer
arithmetic in SQL: the same size gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import duckdb

BASE = "https://progenitor.example/"
DETECTORS = 12
VISITS = 75
FIELDS = 44
TRIPLES_OF_A_FIELD = 44_800
PATCHES = DETECTORS // 4

_MACROS = """
CREATE MACRO iri(path) AS '<{base}' || path || '>';
CREATE MACRO prov(name) AS '<http://www.w3.org/ns/prov#' || name || '>';
CREATE MACRO uuid(step, field, number) AS {uuid};
CREATE MACRO dataset(step, field, number) AS iri('dataset/' || uuid(step, field, number));
CREATE MACRO quantum(step, field, number) AS iri('quantum/' || uuid(step, field, number));
CREATE MACRO calibration(name, detector) AS iri('dataset/' || md5(name || detector)::UUID);
CREATE MACRO raw(visit, detector) AS iri('raw/LSSTCam/' || (2025110100000 + visit) || '/' || detector);
CREATE MACRO exposure(visit) AS iri('exposure/LSSTCam/' || (2025110100000 + visit));
CREATE MACRO run(field) AS iri('collection/demo/' || 'u%2Fdrp%2F' || field);
"""

_TIME_ORDERED = "printf('%08x-%04x-7000-8000-%012x', (field << 8) | step, number & 65535, number)"
"""Like the UUIDv7 that a graph builder mints: in the order of the tasks and their quanta."""

_SHUFFLED = "md5(step || '/' || field || '/' || number)::UUID"

_STEPS = {"isr": 1, "calibrateImage": 2, "makeDirectWarp": 3, "assembleDeepCoadd": 4, "detect": 5}
_OUTPUTS = {
    "post_isr_image": ("isr", 17, "image"),
    "preliminary_visit_image": ("calibrateImage", 18, "image"),
    "single_visit_star": ("calibrateImage", 19, "image"),
    "preliminary_visit_image_background": ("calibrateImage", 20, "image"),
    "direct_warp": ("makeDirectWarp", 21, "warp"),
    "deep_coadd": ("assembleDeepCoadd", 22, "coadd"),
    "object": ("detect", 23, "objects"),
}
"""Dataset type -> the task that makes it, its number in a UUID, the table that has a row for each."""

_CALIBRATIONS = ("bias", "dark", "flat", "defects", "bfk", "crosstalk")

_TABLES = """
CREATE OR REPLACE TABLE image AS
  SELECT f AS field, n AS number, f * {visits} + n // {detectors} AS visit, n % {detectors} AS detector,
         (n // {detectors}) * {patches} + (n % {detectors}) // 4 AS warp
  FROM range({first}, {last}) AS fields(f), range({visits} * {detectors}) AS images(n);
CREATE OR REPLACE TABLE warp AS
  SELECT f AS field, n AS number, n % {patches} AS patch
  FROM range({first}, {last}) AS fields(f), range({visits} * {patches}) AS warps(n);
CREATE OR REPLACE TABLE coadd AS
  SELECT f AS field, n AS number FROM range({first}, {last}) AS fields(f), range({patches}) AS patches(n);
CREATE OR REPLACE TABLE objects AS
  SELECT f AS field, 0 AS number FROM range({first}, {last}) AS fields(f)
  WHERE f % {fields} = {fields} - 1 OR f = {total} - 1;
"""


@dataclass(frozen=True)
class RubinGraph:
    """What was generated.

    Parameters
    ----------
    batches
        Parquet files with columns s, p, o, sorted and distinct, in ingest order.
    triples
        In all of them.
    coadd
        IRI whose ancestry is about 2,000 nodes, whatever the size of the graph.
    objects
        IRI of the first tract's object table: the largest ancestry there is, about 260,000 nodes where the graph has
        2 M triples or more.
    bias
        IRI of a calibration from which a twelfth of all images descend.
    """

    batches: tuple[Path, ...]
    triples: int
    coadd: str
    objects: str
    bias: str


def make_rubin_graph(directory: Path, triples: int, *, batches: int = 1, shuffled: bool = False) -> RubinGraph:
    """Generate a graph.

    Parameters
    ----------
    directory
        Where the files go; made where it is missing.
    triples
        About how many; at least one field's `TRIPLES_OF_A_FIELD`.
    batches
        Into how many files they are split, field by field.
    shuffled
        Mint UUIDs in random order rather than in that of the tasks: the worst case for the locality of an index.
    """
    directory.mkdir(parents=True, exist_ok=True)
    total = max(1, batches, round(triples / TRIPLES_OF_A_FIELD))
    connection = duckdb.connect()
    connection.execute(f"SET temp_directory = '{directory / 'spill'}'")
    connection.execute("SET preserve_insertion_order = false")
    uuid = _SHUFFLED if shuffled else _TIME_ORDERED
    connection.execute(_MACROS.format(base=BASE, uuid=uuid))
    bounds = [total * batch // batches for batch in range(batches + 1)]
    files, written = [], 0
    for number, (first, last) in enumerate(pairwise(bounds)):
        files.append(directory / f"batch-{number:04d}.parquet")
        written += _write_batch(connection, files[-1], first, last, total)
    coadd, objects, bias = _landmarks(connection, min(FIELDS, total) - 1)
    connection.close()
    return RubinGraph(tuple(files), written, coadd, objects, bias)


def _write_batch(connection: duckdb.DuckDBPyConnection, file: Path, first: int, last: int, total: int) -> int:
    sizes = {"visits": VISITS, "detectors": DETECTORS, "patches": PATCHES, "fields": FIELDS}
    connection.execute(_TABLES.format(first=first, last=last, total=total, **sizes))
    statements = _statements()
    parts = " UNION ALL ".join(f"SELECT {s} AS s, {p} AS p, {o} AS o FROM {table}" for table, s, p, o in statements)
    connection.execute(f"COPY (SELECT DISTINCT s, p, o FROM ({parts}) ORDER BY s, p, o) TO '{file}' (COMPRESSION zstd)")
    row = connection.execute(f"SELECT count(*) FROM '{file}'").fetchone()
    assert row is not None
    return int(row[0])


def _statements() -> list[tuple[str, str, str, str]]:
    """Return (table, s, p, o) as SQL expressions, one for each kind of triple."""
    tract = f"range({PATCHES}) AS patches(n), range({FIELDS}) AS steps(back) WHERE back <= field % {FIELDS}"
    rows = [
        ("image", "raw(visit, detector)", "prov('wasGeneratedBy')", "exposure(visit)"),
        ("image", _quantum("isr"), "prov('used')", "raw(visit, detector)"),
        ("image", _quantum("calibrateImage"), "prov('used')", _dataset("post_isr_image")),
        ("image", _quantum("makeDirectWarp", "warp"), "prov('used')", _dataset("preliminary_visit_image")),
        ("image", _quantum("makeDirectWarp", "warp"), "prov('used')", _dataset("preliminary_visit_image_background")),
        ("warp", _quantum("assembleDeepCoadd", "patch"), "prov('used')", _dataset("direct_warp")),
        (f"objects, {tract}", "quantum(5, field, 0)", "prov('used')", "dataset(22, field - back, n)"),
    ]
    isr, calibrate = _quantum("isr"), _quantum("calibrateImage")
    rows += [("image", isr, "prov('used')", f"calibration('{name}', detector)") for name in _CALIBRATIONS]
    rows += [("image", calibrate, "prov('used')", f"calibration('shard{n}', field)") for n in range(4)]
    for name, (task, _, table) in _OUTPUTS.items():
        rows.append((table, _dataset(name), "prov('wasGeneratedBy')", _quantum(task)))
        rows += _dataset_context(name, table)
    tables = {task: table for task, _, table in _OUTPUTS.values()}
    for task, table in tables.items():
        rows += _quantum_context(task, table)
    return rows


def _dataset_context(name: str, table: str) -> list[tuple[str, str, str, str]]:
    data = f"iri('data/{name}/field~' || {table}.field || '~number~' || {table}.number)"
    return [
        (table, "run(field)", "prov('hadMember')", _dataset(name)),
        (table, _dataset(name), "prov('specializationOf')", data),
        (table, _dataset(name), "'<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>'", "prov('Entity')"),
        (table, _dataset(name), "'<https://w3id.org/progenitor/ns#size>'", "'\"' || (number * 977 + 4096) || '\"'"),
        (table, data, "'<https://w3id.org/progenitor/ns#dataId>'", f"iri('data-id/number~' || {table}.number)"),
    ]


def _quantum_context(task: str, table: str) -> list[tuple[str, str, str, str]]:
    quantum = _quantum(task)
    return [
        (table, quantum, "prov('wasAssociatedWith')", "iri('software-environment/sha256/' || sha256('' || field))"),
        (table, quantum, "prov('atLocation')", "iri('host/sdfmilan' || (number % 100))"),
        (table, quantum, "'<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>'", "prov('Activity')"),
        (table, quantum, "'<http://www.w3.org/2000/01/rdf-schema#label>'", f"'\"{task} ' || number || '\"'"),
    ]


def _quantum(task: str, number: str = "number") -> str:
    return f"quantum({_STEPS[task]}, field, {number})"


def _dataset(name: str) -> str:
    return f"dataset({_OUTPUTS[name][1]}, field, number)"


def _landmarks(connection: duckdb.DuckDBPyConnection, tract_end: int) -> tuple[str, str, str]:
    row = connection.execute(
        f"SELECT dataset(22, 0, 1), dataset(23, {tract_end}, 0), calibration('bias', 4)"
    ).fetchone()
    assert row is not None
    coadd, objects, bias = (term[1:-1] for term in row)
    return coadd, objects, bias
