"""What an author asks of a mapping folder: is it right, what SQL does it become, which triples does a record make."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from progenitor.errors import MappingError, Place
from progenitor.identifiers import DEFAULT_BASE
from progenitor.mapping.database import explained, run
from progenitor.mapping.fixture import FIXTURE, stage_fixture
from progenitor.mapping.folder import MAPPING, SOURCE, MappingFolder, load_folder, members_of, read_source, system_of
from progenitor.mapping.privacy import check_private
from progenitor.mapping.problems import Problems
from progenitor.mapping.run import prepare
from progenitor.mapping.yarrrml import parse_mapping

if TYPE_CHECKING:
    import pyarrow as pa

    from progenitor.mapping.compile import CompiledMapping
    from progenitor.mapping.staging import Staging


@dataclass(frozen=True)
class Preview:
    """One record and what a mapping makes of it.

    Parameters
    ----------
    mapping, source
        Names of the mapping and of its table, view or query.
    record
        Column -> value, as JSON has it.
    triples
        Subject, predicate, object and graph (None: the default graph), as N-Triples terms.
    reasons
        What could not be written.
    """

    mapping: str
    source: str
    record: dict[str, Any]
    triples: tuple[tuple[str, str, str, str | None], ...]
    reasons: tuple[str, ...]


def check_folder(path: Path, schemas: Mapping[str, pa.Schema]) -> list[MappingError]:
    """Return everything that is wrong with a mapping folder.

    Parameters
    ----------
    path
        The folder.
    schemas
        The tables that the reader declares; those of the fixture are added. Where there are neither, views and columns
        are not checked: `knows_tables` tells.
    """
    problems = Problems()
    members: Sequence[Path] = (path,)
    with problems.gathered():
        read_source(system_of(path) / SOURCE)
        members = members_of(path)
    for member in members:
        with problems.gathered():
            parse_mapping(member / MAPPING, problems)
    if problems.found or not knows_tables(path, schemas):
        return problems.found
    with problems.gathered(), TemporaryDirectory() as directory:
        folder = load_folder(path)
        with stage_fixture(folder, Path(directory), schemas) as staging:
            with problems.gathered():
                check_private(folder.declaration.privacy, staging.schemas, folder.declaration.file)
            prepare(folder, staging, base_of(folder), problems=problems)
    return problems.found


def knows_tables(path: Path, schemas: Mapping[str, pa.Schema]) -> bool:
    """Whether anything tells which tables a folder's views and mappings may use."""
    return bool(schemas) or (path / FIXTURE).is_dir()


def explain_folder(folder: MappingFolder, schemas: Mapping[str, pa.Schema]) -> CompiledMapping:
    """Compile a mapping folder against the declared tables and those of its fixture.

    Raises
    ------
    MappingError
        If something is wrong with it.
    """
    with TemporaryDirectory() as directory, stage_fixture(folder, Path(directory), schemas) as staging:
        return prepare(folder, staging, base_of(folder))


def preview_folder(
    folder: MappingFolder, schemas: Mapping[str, pa.Schema], *, source: str | None = None, rows: int = 1
) -> list[Preview]:
    """Map the first rows of each source of the fixture.

    Parameters
    ----------
    folder
        The mapping folder.
    schemas
        The tables that the reader declares.
    source
        Only the mappings of this table, view or query.
    rows
        How many of each.

    Raises
    ------
    MappingError
        If something is wrong with the folder, or no mapping has this source.
    """
    with TemporaryDirectory() as directory, stage_fixture(folder, Path(directory), schemas) as staging:
        compiled = prepare(folder, staging, base_of(folder), all_records=True)
        known = list(dict.fromkeys(query.source for query in compiled.queries))
        if source is not None and source not in known:
            raise MappingError(
                f"no mapping has the source {source!r}",
                place=Place(folder.document.file),
                hint=f"sources: {', '.join(known)}",
            )
        return list(_previews(compiled, staging, source, rows))


def base_of(folder: MappingFolder) -> str:
    """Return the base IRI that is used without a store: the mapping's own, else the default."""
    return folder.document.base or DEFAULT_BASE


def _previews(compiled: CompiledMapping, staging: Staging, source: str | None, rows: int) -> Iterator[Preview]:
    for query in compiled.queries:
        if source is not None and query.source != source:
            continue
        with explained(query.place, f"mapping {query.mapping!r} from {query.source!r}", first_line=0):
            found = run(staging.connection, f"SELECT * FROM ({query.sql}) LIMIT {rows}")
        for subject, triples, reasons, record in found:
            yield Preview(
                query.mapping,
                query.source,
                json.loads(record),
                tuple(
                    (subject, triple["p"], triple["o"], triple.get("g") or None)
                    for triple in triples
                    if subject is not None and None not in triple.values()
                ),
                tuple(reasons or ()),
            )
