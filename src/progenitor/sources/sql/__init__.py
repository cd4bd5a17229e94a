"""Databases as a source: PostgreSQL and SQLite; queries as source.yml declares them, nights as partitions.

::

    reader: sql
    partition: day_obs
    tables:
      exposure:
        query: SELECT * FROM cdb_lsstcam.exposure WHERE day_obs = {day_obs}
        columns:
          exposure_id: BIGINT
          obs_start: {type: TIMESTAMP, scale: tai}
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from progenitor.errors import ConfigurationError, MissingExtraError, Place
from progenitor.model import SourceDeclaration
from progenitor.sources.credentials import public_url, refuse_password
from progenitor.sources.declared.columns import schema_of
from progenitor.sources.declared.options import check_options, check_tables
from progenitor.sources.declared.window import with_window
from progenitor.sources.exports import export_at
from progenitor.sources.exports.files import bare_name
from progenitor.sources.file_scan import FORMATS

if TYPE_CHECKING:
    from progenitor.sources.reader import Reader
    from progenitor.sources.sql.database import Database
    from progenitor.sources.sql.tables import SqlOptions

_SQLITE: Final = "sqlite:///"


def declared_schemas(declaration: SourceDeclaration) -> Mapping[str, pa.Schema]:
    """Return the tables of a source.yml whose columns are declared, without asking any database.

    Raises
    ------
    MappingError
        If the source.yml says of a table what this reader does not know.
    """
    from progenitor.sources.sql.tables import SqlTable

    tables = check_tables(SqlTable, declaration)
    return with_window({name: schema_of(table.columns.values()) for name, table in tables.items() if table.columns})


def open_reader(declaration: SourceDeclaration, location: str, options: Mapping[str, Any]) -> Reader:
    """Open a database; it is not connected to yet.

    Parameters
    ----------
    declaration
        The source.yml; its options are the defaults of those given.
    location
        ``postgresql://user@host:port/database``; ``sqlite:///relative/path``, ``sqlite:////absolute/path`` or the path
        of a file; or the folder of exported tables, or the only one.
    options
        See `tables.SqlOptions`.

    Raises
    ------
    MappingError
        If the source.yml says of a table what this reader does not know.
    ConfigurationError
        If an option is unknown or has a value it cannot have, the URL is of another database or holds a password, or
        a secret is not in the environment.
    MissingExtraError
        If the packages of the extra ``observatory`` are not installed.
    SourceError
        If there is no such file.
    """
    from progenitor.sources.sql.reader import SqlReader
    from progenitor.sources.sql.tables import SqlOptions, SqlTable

    tables = check_tables(SqlTable, declaration)
    chosen = check_options(SqlOptions, declaration, options)
    path = export_at(location)
    if path is not None and (path.is_dir() or bare_name(path)[1] in FORMATS):
        from progenitor.sources.exports.database import ExportedTables

        exported = {name: table.exported for name, table in tables.items()}
        return SqlReader(declaration, exported, ExportedTables(path), chosen)
    return SqlReader(declaration, tables, _database(location, chosen), chosen)


def _database(location: str, options: SqlOptions) -> Database:
    refuse_password(location, "password_env")
    scheme = location.partition("://")[0] if "://" in location else ""
    if scheme in ("postgresql", "postgres"):
        if find_spec("adbc_driver_postgresql") is None:
            raise MissingExtraError("observatory", "reading PostgreSQL")
        from progenitor.sources.sql.postgresql import Postgresql

        return Postgresql(location, options.password_env, options.timeout)
    if location.startswith(_SQLITE) or (not scheme and Path(location).exists()):
        from progenitor.sources.sql.sqlite import Sqlite

        return Sqlite(location.removeprefix(_SQLITE), options.timeout)
    raise ConfigurationError(
        "is not a database that can be read" if scheme else "there is no such file or folder",
        place=Place(public_url(location)),
        hint="postgresql://user@host:port/database, or the path of an SQLite file or of exported tables",
    )
