"""The small tables of a mapping folder's fixture/: what it is checked, previewed and tested with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from progenitor.errors import MappingError, Place
from progenitor.mapping.database import connect, count_of, explained
from progenitor.mapping.functions import quote_name, quote_text
from progenitor.mapping.staging import Staging

if TYPE_CHECKING:
    from progenitor.mapping.folder import MappingFolder

FIXTURE: Final = "fixture"
_READERS: Final = {
    ".csv": "read_csv({file}, header = true{types})",
    ".json": "read_json({file}, format = 'array'{types})",
    ".jsonl": "read_json({file}, format = 'newline_delimited'{types})",
    ".parquet": "read_parquet({file})",
}


def stage_fixture(folder: MappingFolder, directory: Path, schemas: Mapping[str, pa.Schema]) -> Staging:
    """Make the tables of a folder's fixture.

    Parameters
    ----------
    folder
        Its ``fixture/<table>.csv``, ``.json`` (one array), ``.jsonl`` or ``.parquet``.
    directory
        A private folder for the database.
    schemas
        What the reader declares: these tables exist, empty where the fixture has no file, and give the files their
        types. A table that is not among them has the types that its file suggests.

    Raises
    ------
    MappingError
        If a file cannot be read, is of an unknown format, or does not fit the declared columns.
    """
    files = {file.stem: file for file in sorted((folder.path / FIXTURE).glob("*.*"))}
    known = dict(schemas)
    for table, file in files.items():
        if file.suffix not in _READERS:
            raise MappingError(f"a fixture is one of {', '.join(_READERS)}, not {file.suffix}", place=Place(file))
        if table not in known:
            known[table] = _suggested(file)
    staging = Staging(directory, known, memory_limit=2**30, threads=2)
    try:
        for table, file in files.items():
            _load(staging, table, file)
    except BaseException:
        staging.close()
        raise
    return staging


def _scan(file: Path, types: str = "") -> str:
    """Return the SQL that reads a file."""
    return _READERS[file.suffix].format(file=quote_text(str(file)), types=types)


def _suggested(file: Path) -> pa.Schema:
    with connect() as connection, explained(Place(file), "reading the fixture", first_line=0):
        return connection.sql(f"SELECT * FROM {_scan(file)} LIMIT 0").to_arrow_table().schema


def _load(staging: Staging, table: str, file: Path) -> None:
    """Fill a table with a file, read as the types that the table has."""
    execute = staging.connection.execute
    with explained(Place(file), "reading the fixture", first_line=0):
        columns = {name: kind for name, kind, *_ in execute(f"DESCRIBE {quote_name(table)}").fetchall()}
        found = [name for name, *_ in execute(f"DESCRIBE SELECT * FROM {_scan(file)}").fetchall()]
        if unknown := [name for name in found if name not in columns]:
            raise MappingError(
                f"the table {table!r} has no column {', '.join(unknown)}",
                place=Place(file),
                hint=f"columns: {', '.join(columns)}",
            )
        types = ", ".join(f"{quote_text(name)}: {quote_text(columns[name])}" for name in found)
        argument = "types" if file.suffix == ".csv" else "columns"
        scan = _scan(file, f", {argument} = {{{types}}}")
        insert = f"INSERT INTO {quote_name(table)} BY NAME SELECT * FROM {scan}"
        staging.rows += count_of(staging.connection, insert)
