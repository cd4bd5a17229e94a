"""REST services as a source: questions, paging and columns as source.yml declares them, nights as partitions.

::

    reader: http
    partition: day_obs
    tables:
      message:
        path: /exposurelog/messages
        params: {is_valid: either, min_day_obs: "{day_obs}", max_day_obs: "{next_day_obs}", order_by: id}
        page: {style: offset, limit: 1000}
        columns: {id: VARCHAR, obs_id: VARCHAR, date_added: {type: TIMESTAMP, scale: tai}}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from progenitor.errors import MissingExtraError
from progenitor.model import SourceDeclaration
from progenitor.sources.declared.options import check_options, check_tables
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
    from progenitor.sources.http.questions import HttpTable

    tables = check_tables(HttpTable, declaration)
    return with_window({name: table.schema for name, table in tables.items()})


def open_reader(declaration: SourceDeclaration, location: str, options: Mapping[str, Any]) -> Reader:
    """Open a REST service; nothing is asked of it yet.

    Parameters
    ----------
    declaration
        The source.yml; its options are the defaults of those given.
    location
        URL of the service, paths in source.yml being below it; or the folder of its exports, or the only one.
    options
        See `options.HttpOptions`.

    Raises
    ------
    MappingError
        If the source.yml says of a table what this reader does not know.
    ConfigurationError
        If an option is unknown or has a value it cannot have, or a secret is not in the environment.
    MissingExtraError
        If the packages of the extra ``observatory`` are not installed.
    """
    from progenitor.sources.http.options import HttpOptions
    from progenitor.sources.http.questions import HttpTable

    tables = check_tables(HttpTable, declaration)
    chosen = check_options(HttpOptions, declaration, options)
    if (path := export_at(location)) is not None:
        from progenitor.sources.exports.http import ExportedHttp

        return ExportedHttp(declaration, tables, path, chosen)
    try:
        import httpx  # noqa: F401
    except ModuleNotFoundError:
        raise MissingExtraError("observatory", "reading an HTTP service") from None
    from progenitor.sources.http.reader import HttpReader
    from progenitor.sources.http_client.client import Client

    return HttpReader(declaration, tables, Client(location, chosen), chosen)
