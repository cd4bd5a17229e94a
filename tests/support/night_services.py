"""What ConsDB, Jira, the machine logs and Sasquatch have become, held against what is true of a simulated night.

Each comparison takes what was mapped and what is true, and returns the differences: one line each, none where all is
as it should be.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from astropy.time import Time

from night.clock import utc_iso
from night.files import loki_entries
from night.metrics import DATABASE, Bundle
from night.simulation import Night
from night.truth import Exposure
from progenitor.identifiers import encode
from progenitor.mapping.folder import load_folder
from progenitor.mapping.run import run_mapping
from progenitor.mapping.staging import Staging
from progenitor.model import SourceDeclaration
from progenitor.sources.reader import open_reader
from progenitor.terms import PREFIXES
from support.butler import BASE, Mapped, triples_of
from support.cache import CHECKOUT

MAPPINGS = CHECKOUT / "mappings"
XSD = PREFIXES["xsd"]
_EXPOSURES = re.compile(r"\b((?:MC|AT)_O_\d{8}_\d{6})\b")


def map_source(
    name: str, location: str, work: Path, *nights: int, declaration: SourceDeclaration | None = None, **options: Any
) -> Mapped:
    """Read and map nights of a source with its mapping folder.

    Parameters
    ----------
    name
        Of the folder in ``mappings``.
    location
        Of the source.
    work
        A private folder.
    nights
        Which.
    declaration
        Another source.yml for the same tables.
    options
        Of the reader.
    """
    folder = load_folder(MAPPINGS / name)
    mapped = Mapped()
    reader = open_reader(declaration or folder.declaration, location, options)
    try:
        for partition in reader.partitions([str(night) for night in nights]):
            output, letters = work / f"{name}-{partition.key}.parquet", work / f"{name}-{partition.key}.jsonl"
            with Staging(work, reader.schemas()) as staging:
                reader.read(partition, staging, lambda rows: None)
                result = run_mapping(folder, staging, base=BASE, output=output, dead_letter=letters)
            mapped.set_aside += result.set_aside
            mapped.triples.update(triples_of(output))
    finally:
        reader.close()
    return mapped


def text(value: str | None) -> str | None:
    """Return a string as N-Triples has it."""
    if value is None:
        return None
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def typed(value: float | bool | str, kind: str) -> str:
    """Return a literal of an XSD type as it is kept."""
    if isinstance(value, bool):
        value = str(value).lower()
    elif isinstance(value, float):
        value = repr(value).removesuffix(".0")
    return f'"{value}"^^<{XSD}{kind}>'


def moment(utc: str) -> str:
    """Return a UTC time, ISO 8601 without a zone, as a literal: without zeros at the end of its fraction."""
    whole, _, fraction = utc.partition(".")
    fraction = fraction.rstrip("0")
    return typed(f"{whole}.{fraction}Z" if fraction else f"{whole}Z", "dateTime")


def utc_of(tai: str) -> str:
    """Return a time of TAI, ISO 8601, in UTC."""
    time: str = Time(tai, scale="tai", precision=6).utc.isot
    return time


def _compare(mapped: Mapped, subject: str, expected: Iterable[tuple[str, str | None]]) -> Iterator[str]:
    """Yield in what a node differs from the properties that it should have; None: it should have none of them."""
    wanted: dict[str, set[str]] = {}
    for name, value in expected:
        wanted.setdefault(name, set()).update([] if value is None else [value])
    for name, values in wanted.items():
        found = mapped.objects(subject, name)
        if found != values:
            yield f"{subject} {name}: {sorted(found)}, not {sorted(values)}"


def _unexpected(mapped: Mapped, kind: str, expected: Iterable[str]) -> Iterator[str]:
    """Yield the nodes of a type that should not be there, and those that should and are not."""
    found, wanted = mapped.subjects("rdf:type", kind), set(expected)
    yield from (f"{subject} should not be there" for subject in sorted(found - wanted))
    yield from (f"{subject} is missing" for subject in sorted(wanted - found))


# ---- ConsDB ---------------------------------------------------------------------------------------------------------


def consdb_differences(mapped: Mapped, exposures: Sequence[Exposure]) -> list[str]:
    """Compare the records of ConsDB with the exposures of a night."""
    known = {f":exposure/{e.instrument}/{e.id}#record-consdb": e for e in exposures if e.consdb}
    found = list(_unexpected(mapped, "pg:ExposureRecord", known))
    for subject, exposure in known.items():
        found.extend(_compare(mapped, subject, _consdb_facts(exposure)))
    return found


def _consdb_facts(exposure: Exposure) -> list[tuple[str, str | None]]:
    said = {
        "observation_reason": exposure.reason,
        "science_program": exposure.program,
        "target_name": exposure.target_name,
    } | {name: values["consdb"] for name, values in exposure.disagreements.items()}
    several = exposure.max_index > 1
    return [
        ("pg:about", f":exposure/{exposure.instrument}/{exposure.id}"),
        ("pg:observationType", text(exposure.type)),
        ("pg:observationReason", text(said["observation_reason"] or None)),
        ("pg:scienceProgram", text(said["science_program"] or None)),
        ("pg:targetName", text(said["target_name"] or None)),
        ("pg:physicalFilter", text(exposure.physical_filter or None)),
        ("pg:group", text(exposure.group)),
        ("pg:imageIndex", typed(str(exposure.cur_index), "integer") if several else None),
        ("pg:imagesInSequence", typed(str(exposure.max_index), "integer") if several else None),
        ("pg:obsStart", moment(utc_of(exposure.begin))),
        ("pg:obsEnd", moment(utc_of(exposure.end))),
        ("pg:headerEntries", '"HEADVER=4\\nROTCOORD=sky"'),
    ]


# ---- Jira -----------------------------------------------------------------------------------------------------------


def jira_differences(mapped: Mapped, night: Night) -> list[str]:
    """Compare tickets, their changes and what work orders left behind with those of a night."""
    found = list(_unexpected(mapped, "pg:Ticket", (f":ticket/{ticket.key}" for ticket in night.tickets)))
    changes, configurations = [], []
    for ticket in night.tickets:
        system = "/".join(ticket.systems)
        moves = list(zip(ticket.moves, ["OPEN", *(move[2] for move in ticket.moves)], strict=False))
        found.extend(
            _compare(
                mapped,
                f":ticket/{ticket.key}",
                [
                    ("dcterms:title", text(ticket.summary)),
                    ("pg:ticketType", text(ticket.type)),
                    ("pg:ticketStatus", text(ticket.moves[-1][2])),
                    ("pg:timeLost", None if ticket.hours_lost is None else typed(ticket.hours_lost, "double")),
                    ("pg:about", f":system/{encode(system)}"),
                    ("prov:generatedAtTime", moment(utc_iso(ticket.created))),
                    ("prov:wasAttributedTo", f":agent/{encode(ticket.creator)}"),
                    ("prov:atLocation", f"https://rubinobs.atlassian.net/browse/{ticket.key}"),
                ],
            )
        )
        for number, ((at, who, status), before) in enumerate(moves):
            change = f":ticket/{ticket.key}#{ticket.number * 100 + number}"
            changes.append(change)
            found.extend(
                _compare(
                    mapped,
                    change,
                    [
                        ("prov:used", f":ticket/{ticket.key}"),
                        ("prov:startedAtTime", moment(utc_iso(at))),
                        ("prov:endedAtTime", moment(utc_iso(at))),
                        ("prov:wasAssociatedWith", f":agent/{encode(who)}"),
                        ("pg:statusBefore", text(before)),
                        ("pg:statusAfter", text(status)),
                    ],
                )
            )
            if ticket.type == "Work Order" and status == "CLOSED":
                left = f":hardware-configuration/{encode(system)}/{encode(utc_iso(at) + 'Z')}"
                configurations.append(left)
                found.extend(_compare(mapped, left, [("prov:wasGeneratedBy", change)]))
    found.extend(_unexpected(mapped, "pg:TicketChange", changes))
    found.extend(_unexpected(mapped, "pg:HardwareConfiguration", configurations))
    return found


# ---- Machine logs ---------------------------------------------------------------------------------------------------


def log_differences(mapped: Mapped, night: Night) -> list[str]:
    """Compare lines of machine logs with those of a night, all of which name an exposure or are errors."""
    truth = {line["line"]: line for line in night.truth.log_lines}
    exposures = {exposure.obs_id: exposure for exposure in night.truth.exposures}
    nodes = {}
    for subject in mapped.subjects("rdf:type", "pg:LogLine"):
        for value in mapped.objects(subject, "prov:value"):
            nodes[value] = subject
    found = [f"{value} should not be there" for value in sorted(nodes.keys() - {text(line) for line in truth})]
    for entry in loki_entries(night):
        line, value = entry["line"], text(entry["line"])
        if value not in nodes:
            found.append(f"{value} is missing")
            continue
        named = [exposures[name] for name in _EXPOSURES.findall(line)]
        found.extend(
            _compare(
                mapped,
                nodes[value],
                [
                    ("pg:lineTime", moment(truth[line]["utc"])),
                    ("prov:generatedAtTime", moment(_nanoseconds(entry["ns"]))),
                    ("pg:severity", text(entry["labels"]["severity"])),
                    ("pg:sha256", text(hashlib.sha256(line.encode()).hexdigest())),
                    ("pg:gap", None),
                    ("pg:about", None),
                    *(("pg:about", f":exposure/{e.instrument}/{e.id}") for e in named),
                ],
            )
        )
        labels = {text(f"{name}={said}") for name, said in entry["labels"].items()}
        (stream,) = mapped.objects(nodes[value], "dcterms:isPartOf")
        found.extend(_compare(mapped, stream, [("pg:streamLabel", label) for label in labels]))
        found.extend(
            _compare(mapped, stream, [("pg:site", text("summit")), ("pg:retentionDays", typed("90", "integer"))])
        )
    return found


def _nanoseconds(since_1970: str) -> str:
    seconds, fraction = divmod(int(since_1970), 10**9)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{fraction:09d}"


# ---- Sasquatch ------------------------------------------------------------------------------------------------------


def metric_differences(mapped: Mapped, bundles: Iterable[Bundle], sent: datetime) -> list[str]:
    """Compare metrics with those of a Butler repository, sent at a time."""
    found, known = [], []
    for bundle in bundles:
        for metric, value in bundle.metrics.items():
            subject = f":metric/{bundle.about['id']}/{DATABASE}.{bundle.action}.{metric}"
            known.append(subject)
            found.extend(
                _compare(
                    mapped,
                    subject,
                    [
                        ("voprov:value", typed(value, "double")),
                        ("prov:wasDerivedFrom", f":dataset/{bundle.about['id']}"),
                        ("pg:datasetType", f":dataset-type/{bundle.about['dataset_type']}"),
                        ("pg:run", text(bundle.about["run"])),
                        ("pg:filedUnder", moment(f"{sent.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}")),
                        ("pg:gap", "pg:ZeroOrMissing" if value == 0 else None),
                    ],
                )
            )
    found.extend(_unexpected(mapped, "voprov:ValueEntity", known))
    return found
