"""InfluxDB 1.x as a source: measurements as tables, nights as partitions, all declared in source.yml.

::

    reader: influxdb
    database: efd
    partition: day_obs
    tables:
      script_state:
        measurement: lsst.sal.Script.logevent_state
        columns: {salIndex: BIGINT, state: BIGINT, groupId: VARCHAR}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from progenitor.errors import MappingError, MissingExtraError
from progenitor.model import SourceDeclaration
from progenitor.sources.declared.options import check_options, check_tables, table_place
from progenitor.sources.declared.window import with_window
from progenitor.sources.exports import export_at

if TYPE_CHECKING:
    from progenitor.sources.reader import Reader


def declared_schemas(declaration: SourceDeclaration) -> Mapping[str, pa.Schema]:
    """Return the tables of a source.yml without asking any server.

    Raises
    ------
    MappingError
        If the source.yml says of a table what this reader does not know.
    """
    from progenitor.sources.influxdb.tables import InfluxTable

    tables = check_tables(InfluxTable, declaration)
    return with_window({name: table.schema for name, table in tables.items()})


def open_reader(declaration: SourceDeclaration, location: str, options: Mapping[str, Any]) -> Reader:
    """Open an InfluxDB; nothing is asked of it yet.

    Parameters
    ----------
    declaration
        The source.yml; its options are the defaults of those given.
    location
        URL of the server, or path of an export: a file or folder of line protocol or of decoded Kafka messages.
    options
        See `options.InfluxOptions`.

    Raises
    ------
    MappingError
        If the source.yml says of a table what this reader does not know.
    ConfigurationError
        If an option is unknown or has a value it cannot have, or a secret is not in the environment.
    MissingExtraError
        If the packages of the extra ``observatory`` are not installed.
    """
    from progenitor.sources.influxdb.options import InfluxOptions
    from progenitor.sources.influxdb.tables import InfluxTable

    tables = check_tables(InfluxTable, declaration)
    chosen = check_options(InfluxOptions, declaration, options)
    for name, table in tables.items():
        if not chosen.by_night and table.is_around_a_night:
            raise MappingError(
                "lookback, lookahead and last_before need partition: day_obs", place=table_place(declaration, name)
            )
    if (path := export_at(location)) is not None:
        from progenitor.sources.exports.influx import ExportedInflux

        return ExportedInflux(declaration, tables, path, chosen)
    try:
        import httpx  # noqa: F401
    except ModuleNotFoundError:
        raise MissingExtraError("observatory", "reading an InfluxDB") from None
    from progenitor.sources.http_client.client import Client
    from progenitor.sources.influxdb.reader import InfluxReader

    return InfluxReader(declaration.file.parent.name, tables, Client(location, chosen), chosen)
